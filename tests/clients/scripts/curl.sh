#!/bin/sh
# curl: the walk of a shell script. Usage: sh curl.sh DATA
set -eu
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

ask() { # ask PATH [CURL OPTION ...]: the answer goes to a file, and its status is said
  path=$1
  shift
  curl --silent --show-error -o "$answer" -w '%{http_code}' -H "Authorization: Bearer $OPENAI_API_KEY" "$@" \
    "$OPENAI_BASE_URL$path"
}

first() { # first MEMBER: the text of the first such member of the answer
  grep -o "\"$1\": *\"[^\"]*\"" "$answer" | head -n 1 | cut -d '"' -f 4
}

data=$1
said=$(ask /files -F purpose=fine-tune -F "file=@$data;filename=données 訓練.jsonl")
file=$(first id) name=$(first filename)
said="$said $(ask /fine_tuning/jobs -H "Content-Type: application/json" -d "{\"model\": \"gpt-4o-mini\", \"training_file\": \"$file\", \"suffix\": \"walk\"}")"
job=$(first id) status=$(first status) statuses=''
while [ "$status" != succeeded ]; do
  ask "/fine_tuning/jobs/$job" >/dev/null
  status=$(first status)
  statuses="$statuses $status"
done
tuned=$(first fine_tuned_model)
said="$said $(ask "/fine_tuning/jobs/$job/events?limit=200")"
events=$(grep -c '"message": ' "$answer")
result=$(ask "/fine_tuning/jobs/$job" >/dev/null && grep -A 1 '"result_files"' "$answer" | grep -o 'file-[A-Za-z0-9]*')
said="$said $(ask "/files/$result/content")"
head=$(base64 -d <"$answer" | head -n 1)
said="$said $(ask /chat/completions -H "Content-Type: application/json" -d \
  "{\"model\": \"$tuned\", \"messages\": [{\"role\": \"user\", \"content\": \"What is 3?\"}]}")"
reply=$(first content)
said="$said $(ask "/fine_tuning/jobs/$job/cancel" -X POST) $(ask "/models/$tuned" -X DELETE) $(ask "/models/$tuned")"
said="$said $(ask "/files/$file" -X DELETE) $(ask "/files/$file")"
printf '{"said": "%s", "name": "%s", "statuses": "%s", "tuned": "%s", "events": %s, "head": "%s", "reply": "%s"}\n' \
  "$said" "$name" "$statuses" "$tuned" "$((events))" "$head" "$reply"
