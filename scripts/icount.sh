#!/bin/sh
# Counts the instructions that decoding takes for each route, under callgrind. A count does not depend
# on what else the machine does, so it can hold a change that time cannot.
#
#   scripts/icount.sh [--baseline FILE] [--save FILE] [--binary PATH] [--profile DIR]
#
#   --baseline FILE  compare with FILE (written by --save); more than 3 % above a row of it fails
#   --save FILE      write the rows to FILE
#   --binary PATH    measure this program instead of building the release profile
#   --profile DIR    keep callgrind's output there
#
# A row is the difference between a stream of 8 × 4000 prefixes and one of 8 × 1000, divided by the
# routes that the one has more: what start and end cost is not in it.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
baseline='' save='' binary='' profile=''
while [ $# -gt 0 ]; do
    case $1 in
    --baseline) baseline=$2; shift 2 ;;
    --save) save=$2; shift 2 ;;
    --binary) binary=$2; shift 2 ;;
    --profile) profile=$2; shift 2 ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    *) echo "icount.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
    esac
done
for tool in valgrind cc; do
    command -v "$tool" >/dev/null || { echo "icount.sh: $tool is needed" >&2; exit 2; }
done

if [ -z "$binary" ]; then
    (cd "$repo" && cargo build --release --quiet)
    binary=${CARGO_TARGET_DIR:-$repo/target}/release/ribcage
fi
work=$(mktemp -d)
receiver=''
trap '[ -z "$receiver" ] || kill "$receiver" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cc -O2 -o "$work/receiver" "$repo/scripts/measure/receiver.c"

# stream NAME PREFIXES: records what `ribcage load` sends.
stream() {
    "$work/receiver" record "$work/$1.bmp" >"$work/$1.log" &
    receiver=$!
    until grep -q PORT "$work/$1.log"; do sleep 0.05; done
    port=$(sed -n 's/^PORT //p' "$work/$1.log")
    "$binary" load --quiet --target "127.0.0.1:$port" --routers 1 --peers 8 --prefixes "$2" --seed 1 \
        2>"$work/$1.load"
    wait "$receiver"
    receiver=''
}
stream small 1000
stream large 4000
more_routes=24000

# count STREAM OUTPUT: instructions of decoding STREAM into OUTPUT.
count() {
    out="$work/callgrind.$1.$(echo "$2" | tr -c 'a-z0-9\n' _)"
    valgrind --tool=callgrind --callgrind-out-file="$out" "$binary" decode \
        --arrival 2026-01-02T03:04:05Z -o "$2" "$work/$1.bmp" 2>"$work/valgrind.log" ||
        { cat "$work/valgrind.log" >&2; exit 1; }
    [ -z "$profile" ] || { mkdir -p "$profile" && cp "$out" "$profile/"; }
    sed -n 's/^\(summary\|totals\): //p' "$out" | head -n 1
}

rows="$work/rows"
: >"$rows"
for output in 'bmp=null:' 'pmacct-json=null:?extra=none' 'pmacct-json=null:' \
    'pmacct-json=file:/dev/null'; do
    small=$(count small "$output")
    large=$(count large "$output")
    echo "$output $(((large - small) / more_routes))" >>"$rows"
done

failed=0
printf '%-32s %12s %12s %8s\n' output instr/route baseline change
while read -r output now; do
    before=''
    [ -z "$baseline" ] || before=$(awk -v o="$output" '$1 == o { print $2 }' "$baseline")
    if [ -z "$before" ]; then
        printf '%-32s %12d %12s %8s\n' "$output" "$now" - -
        continue
    fi
    change=$(awk -v n="$now" -v b="$before" 'BEGIN { printf "%+.1f%%", (n / b - 1) * 100 }')
    printf '%-32s %12d %12d %8s\n' "$output" "$now" "$before" "$change"
    if [ $((now * 100)) -gt $((before * 103)) ]; then
        echo "icount.sh: $output takes more than 3 % more instructions than the baseline" >&2
        failed=1
    fi
done <"$rows"
if [ -n "$save" ]; then
    { echo "# output instructions-per-route ($(rustc --version), $(valgrind --version))"; cat "$rows"; } >"$save"
fi
exit "$failed"
