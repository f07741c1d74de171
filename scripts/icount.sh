#!/bin/sh
# Counts the instructions for each route, under callgrind: of the rooms (framing, decoding, decoding
# into each registered format, generating) and of `ribcage decode` as a whole. A count does not depend
# on what else the machine does, so it can hold a change that time cannot.
#
#   scripts/icount.sh [--baseline FILE] [--tolerance PERCENT] [--save FILE] [--binary PATH]
#                     [--rooms PATH] [--profile DIR]
#
#   --baseline FILE      compare with FILE (written by --save) and fail (exit 1) where a row of it
#                        takes more than the tolerance above it, or is no longer there
#   --tolerance PERCENT  whole per cent that a row may grow (default 3)
#   --save FILE          write the rows to FILE
#   --binary PATH        measure this program instead of building the release profile
#   --rooms PATH         measure this build of benches/icount.rs instead of building it
#   --profile DIR        keep callgrind's output there
#
# A row is the difference between a stream of 8 × 4000 prefixes and one of 8 × 1000, divided by the
# routes that the one has more: what start and end cost is not in it. Two saved files compare as long
# as the streams do: their checksum is the first line.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
baseline='' save='' binary='' rooms='' profile='' tolerance=3
while [ $# -gt 0 ]; do
    case $1 in
    --baseline) baseline=$2; shift 2 ;;
    --save) save=$2; shift 2 ;;
    --binary) binary=$2; shift 2 ;;
    --rooms) rooms=$2; shift 2 ;;
    --tolerance) tolerance=$2; shift 2 ;;
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
if [ -z "$rooms" ]; then
    rooms=$(cd "$repo" && cargo bench --bench icount --no-run 2>&1 |
        sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
    case $rooms in /*) ;; *) rooms=$repo/$rooms ;; esac
fi
[ -x "$rooms" ] || { echo "icount.sh: benches/icount.rs does not build" >&2; exit 2; }
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

checksum=$(cat "$work/small.bmp" "$work/large.bmp" | cksum | tr ' ' -)

# count NAME COMMAND…: instructions of a command.
count() {
    out="$work/callgrind.$(echo "$1" | tr -c 'a-z0-9\n' _)"
    shift
    valgrind --tool=callgrind --callgrind-out-file="$out" "$@" >"$work/stdout" 2>"$work/valgrind.log" ||
        { cat "$work/valgrind.log" >&2; exit 1; }
    [ -z "$profile" ] || { mkdir -p "$profile" && cp "$out" "$profile/"; }
    sed -n 's/^\(summary\|totals\): //p' "$out" | head -n 1
}

# measure ROW COMMAND…: writes a row; @ in the command is the stream's file.
measure() {
    row=$1
    shift
    small=$(count "$row.small" $(for word; do echo "$word" | sed "s|@|$work/small.bmp|"; done))
    large=$(count "$row.large" $(for word; do echo "$word" | sed "s|@|$work/large.bmp|"; done))
    echo "$row $(((large - small) / more_routes))" >>"$rows"
}

rows="$work/rows"
: >"$rows"
for room in $("$rooms" --list); do
    measure "$room" "$rooms" "$room" @
done
for output in 'bmp=null:' 'pmacct-json=null:?extra=none' 'pmacct-json=null:' \
    'pmacct-json=file:/dev/null'; do
    measure "$output" "$binary" decode --arrival 2026-01-02T03:04:05Z -o "$output" @
done

failed=0
if [ -n "$baseline" ] && ! grep -q "^# streams $checksum" "$baseline"; then
    echo 'icount.sh: the baseline does not tell that it was made with these streams' >&2
fi
printf '%-34s %12s %12s %8s\n' row instr/route baseline change
while read -r row now; do
    before=''
    [ -z "$baseline" ] || before=$(awk -v o="$row" '$1 == o { print $2 }' "$baseline")
    if [ -z "$before" ]; then
        printf '%-34s %12d %12s %8s\n' "$row" "$now" - -
        continue
    fi
    change=$(awk -v n="$now" -v b="$before" 'BEGIN { printf "%+.1f%%", (n / b - 1) * 100 }')
    printf '%-34s %12d %12d %8s\n' "$row" "$now" "$before" "$change"
    if [ $((now * 100)) -gt $((before * (100 + tolerance))) ]; then
        echo "icount.sh: $row takes more than $tolerance % above the baseline" >&2
        failed=1
    fi
done <"$rows"
if [ -n "$baseline" ]; then
    for row in $(awk '!/^#/ { print $1 }' "$baseline"); do
        if ! awk -v o="$row" '$1 == o { found = 1 } END { exit !found }' "$rows"; then
            echo "icount.sh: $row of the baseline is no longer measured" >&2
            failed=1
        fi
    done
fi
if [ -n "$save" ]; then
    {
        echo "# streams $checksum"
        echo "# row instructions-per-route ($(rustc --version), $(valgrind --version))"
        cat "$rows"
    } >"$save"
fi
exit "$failed"
