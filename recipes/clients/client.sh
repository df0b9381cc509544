#!/bin/sh
# A whole walk with curl: upload, create, poll to the end, events, checkpoints, download.
#
#   OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=any-key sh client.sh
set -eu
: "${OPENAI_BASE_URL:?takes the base URL of a server, such as http://127.0.0.1:8080/v1}"
: "${OPENAI_API_KEY:?takes a key; to the emulator any text is one}"
poll_s=${POLL_S:-0.2} # seconds between two looks: short for an emulator; the real service asks for 15
polls_max=300
case $poll_s in *[!0-9.]* | *.*.* | .) echo "POLL_S: got $poll_s; it takes seconds, such as 15" >&2 && exit 1 ;; esac

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

ask() { # ask PATH [CURL OPTION ...]: the answer goes to a file; a status of 400 or more is shown and ends the script
  path=$1
  shift
  rm -f "$data/answer"
  curl --silent --show-error --fail-with-body -o "$data/answer" \
    -H "Authorization: Bearer $OPENAI_API_KEY" "$@" "${OPENAI_BASE_URL%/}$path" ||
    { [ ! -f "$data/answer" ] || cat "$data/answer" >&2; exit 1; }
}

first() { # first MEMBER: the text of the first such member of the answer
  grep -o "\"$1\": *\"[^\"]*\"" "$data/answer" | head -n 1 | cut -d '"' -f 4
}

count() { # count TEXT: how often it stands in the answer
  grep -o "$1" "$data/answer" | wc -l
}

for word in one two three four five six seven eight; do
  printf '{"messages": [{"role": "user", "content": "Say %s"}, {"role": "assistant", "content": "%s"}]}\n' $word $word
done >"$data/training.jsonl"

ask /files -F purpose=fine-tune -F "file=@$data/training.jsonl"
file=$(first id)
ask /fine_tuning/jobs -H 'Content-Type: application/json' \
  -d "{\"model\": \"Qwen/Qwen3-4B\", \"training_file\": \"$file\", \"hyperparameters\": {\"lora\": true}}"
job=$(first id)

status='' polls=0
while [ "$status" != succeeded ]; do
  polls=$((polls + 1))
  ask "/fine_tuning/jobs/$job"
  status=$(first status)
  case $status in failed | cancelled) echo "the job $job has $status" >&2 && exit 1 ;; esac
  [ "$polls" -lt "$polls_max" ] || { echo "the job $job is still $status after $polls looks" >&2 && exit 1; }
  [ "$status" = succeeded ] || sleep "$poll_s"
done

ask "/fine_tuning/jobs/$job/events?limit=100"
events=$(count '"message": *"')
ask "/fine_tuning/jobs/$job/checkpoints"
checkpoints=$(count '"step_number":')
result=$(grep -o '"result_files": *\["[^"]*"' "$data/answer" | head -n 1 | cut -d '"' -f 4)
ask "/files/$result/content"
echo "$status: $((events)) events, $((checkpoints)) checkpoints, a first file of $(($(wc -c <"$data/answer"))) bytes"
