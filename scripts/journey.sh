#!/bin/sh
# The whole journey of the same bytes, in one run: one router's table comes in over TCP, and
# collectors do with it what they do. Beside Ribcage's outputs stand other collectors (pmbmpd,
# arancini, rotonda: those that are there, the others are named with what is missing) and floors:
# programs that only read, and write as many octets as the output has. After them come senders into
# a receiver that discards: `ribcage load` and the lab's blast.c.
#
#   scripts/journey.sh [--runs N] [--quick] [--save DIR] [--binary PATH] [--stream FILE]
#                      [--rivals DIR] [--only WORD]
#
#   --runs N        turns (default 5); every one of a turn runs once, medians are shown
#   --quick         one turn of a tenth of the routes: shows that everything runs, proves nothing
#   --save DIR      write journey.csv, senders.csv, journey.txt and README-journey.md to DIR
#   --binary PATH   measure this program instead of building the release profile
#   --stream FILE   these bytes instead of those of scripts/stream.sh
#   --rivals DIR    where `bin/arancini` and `bin/rotonda` are (default target/rivals, made with
#                   `cargo install --locked --root target/rivals arancini rotonda`)
#   --only WORD     only rows whose name contains WORD
#
# Loopback only. Ratios compare two rows of one turn; a receiver that did not take all gets none.
# What other collectors took is asked of their own counters; limits of time: measure/journey.py.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
binary='' stream='' routes=1000000 previous=''
for argument; do
    case $argument in
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    --quick) routes=100000 ;;
    esac
    case $previous in
    --binary) binary=$argument ;;
    --stream) stream=$argument ;;
    esac
    previous=$argument
done
for tool in cc python3; do
    command -v "$tool" >/dev/null || { echo "journey.sh: $tool is needed" >&2; exit 2; }
done
target=${CARGO_TARGET_DIR:-$repo/target}
if [ -z "$binary" ]; then
    (cd "$repo" && cargo build --release --quiet)
    binary=$target/release/ribcage
fi
[ -n "$stream" ] || stream=$("$repo/scripts/stream.sh" --routes "$routes")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cc -O2 -o "$work/receiver" "$repo/scripts/measure/receiver.c"
blast=${RIBCAGE_SHARED:-$repo/../shared}/lab/blast.c
if [ -f "$blast" ]; then
    cc -O2 -pthread -o "$work/blast" "$blast"
fi
RIBCAGE=$binary REPO=$repo WORK=$work BYTES=$stream TARGET=$target \
    python3 "$repo/scripts/measure/journey.py" "$@"
