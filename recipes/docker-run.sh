#!/bin/sh
# Docker by hand: build the image, start it, wait until it is well, and walk with curl. ENGINE=podman for Podman.
#
#   sh recipes/docker-run.sh
set -eu
cd "$(dirname "$0")/.."
engine=${ENGINE:-docker}
image=${EMULATOR_IMAGE:-fine-tuning-emulator}

if ! "$engine" image inspect "$image" >/dev/null 2>&1; then
  case $engine in
    podman) podman build --format docker --tag "$image" . ;; # its own format has no health check
    *) "$engine" build --tag "$image" . ;;
  esac
fi

# It needs nothing of the system: a root that cannot be written, no capability, 256 MB.
name=$("$engine" run --detach --rm --read-only --cap-drop ALL --security-opt no-new-privileges --memory 256m \
  --publish 127.0.0.1::8080 --env FTEMU_CLOCK=poll "$image")
trap '"$engine" stop "$name" >/dev/null' EXIT

# The image's health check, asked at once instead of every two seconds.
looks=0
until "$engine" exec "$name" ftemu health >/dev/null 2>&1; do
  looks=$((looks + 1))
  [ "$looks" -lt 60 ] || { "$engine" logs "$name" >&2 && exit 1; }
  sleep 0.5
done

OPENAI_BASE_URL=http://$("$engine" port "$name" 8080/tcp)/v1 OPENAI_API_KEY=any-key sh recipes/clients/client.sh
