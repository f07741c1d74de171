#!/bin/sh
# Makes the stream that benches and measurements run on, unless it is there: one router, 8 peers,
# 1 000 000 prefixes, about 3.3 routes an UPDATE. Prints where it lies.
#
#   scripts/stream.sh [--routes N] [--out FILE]
#
# With the shared lab ($RIBCAGE_SHARED, or ../shared) its generator makes the stream; without it,
# `ribcage load` does, with as many prefixes but its own grouping of them, and says so.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
routes=1000000 out=''
while [ $# -gt 0 ]; do
    case $1 in
    --routes) routes=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    *) echo "stream.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
    esac
done
target=${CARGO_TARGET_DIR:-$repo/target}
out=${out:-$target/streams/routes-$routes.bmp}
if [ -s "$out" ]; then
    echo "$out"
    exit 0
fi
mkdir -p "$(dirname "$out")"
generator=${RIBCAGE_SHARED:-$repo/../shared}/lab/gen_bmp.py
part="$out.$$.bmp"
trap 'rm -f "$part" "${part%.bmp}.json"' EXIT
trap 'exit 1' HUP INT TERM
if [ -f "$generator" ] && command -v python3 >/dev/null; then
    # 5 IPv4 prefixes to 1 of IPv6, the same for each of 8 peers.
    v4=$(awk -v n="$routes" 'BEGIN { printf "%d", n / 8 / 1.2 + 0.5 }')
    python3 "$generator" -o "$part" --peers 8 --v4 "$v4" --v6-ratio 0.2 --seed 1 >&2
else
    echo "stream.sh: no generator at $generator: ribcage load makes the stream" >&2
    (cd "$repo" && cargo build --release --quiet)
    cc -O2 -o "$part.receiver" "$repo/scripts/measure/receiver.c"
    "$part.receiver" record "$part" >"$part.port" &
    receiver=$!
    until grep -q PORT "$part.port"; do sleep 0.05; done
    "$target/release/ribcage" load --quiet --routers 1 --peers 8 --prefixes $((routes / 8)) --seed 1 \
        --target "127.0.0.1:$(sed -n 's/^PORT //p' "$part.port")"
    wait "$receiver"
    rm -f "$part.receiver" "$part.port"
fi
mv "$part" "$out"
echo "$out"
