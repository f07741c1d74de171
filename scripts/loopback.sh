#!/bin/sh
# Measures a whole collector over loopback: a synthetic router's table comes in over TCP, and JSON goes
# to a file. Beside it stand variants of the output, the floor (a receiver that only reads and writes as
# many octets) and, where it is installed, pmacct's pmbmpd, in turns on the same machine.
#
#   scripts/loopback.sh [--routes N] [--runs N] [--keep] [--save DIR] [--binary PATH]
#
#   --routes N     prefixes over 8 peers (default 1000000)
#   --runs N       runs of each receiver (default 3); medians are shown
#   --keep         keep the working directory (streams, outputs, logs) and say where it is
#   --save DIR     write README.md, raw.csv and summary.txt to DIR, like benches/runs/DATE-MACHINE
#   --binary PATH  measure this program instead of building the release profile
#
# Loopback only. Counted is the receiver's CPU time (user and system), never the sender's; a receiver
# that did not deliver every route gets no ratio.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
binary='' keep=''
for argument; do
    case $argument in
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    --keep) keep=yes ;;
    esac
done
previous=''
for argument; do
    [ "$previous" != --binary ] || binary=$argument
    previous=$argument
done
for tool in cc python3; do
    command -v "$tool" >/dev/null || { echo "loopback.sh: $tool is needed" >&2; exit 2; }
done
if [ -z "$binary" ]; then
    (cd "$repo" && cargo build --release --quiet)
    binary=${CARGO_TARGET_DIR:-$repo/target}/release/ribcage
fi

work=$(mktemp -d)
if [ -n "$keep" ]; then
    echo "loopback.sh: everything is kept in $work" >&2
else
    trap 'rm -rf "$work"' EXIT
fi
trap 'exit 1' HUP INT TERM
cc -O2 -o "$work/receiver" "$repo/scripts/measure/receiver.c"
RIBCAGE=$binary REPO=$repo WORK=$work python3 "$repo/scripts/measure/loopback.py" "$@"
