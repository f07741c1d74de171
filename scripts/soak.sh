#!/bin/sh
# Keeps one collector busy for a long time and looks whether it stays as it was: memory, descriptors
# and threads flat, nothing lost, an orderly end.
#
#   scripts/soak.sh [--minutes N] [--into DIR] [--binary PATH] [--keep]
#
#   --minutes N    how long (default 20); rounds of about a minute are played until then
#   --into DIR     write README.md, samples.csv, rounds.csv, events.csv and summary.txt there
#   --binary PATH  run this program instead of building the release profile
#   --keep         keep the working directory and say where it is
#
# Each round plays three runs of `ribcage load` at once (table dumps, churn, flaps, storms of
# reconnects, a hot router, slow ones, malformed messages, all families with ADD-PATH) and ends with
# a quiet moment. The collector writes JSON to a socket, JSON to a file that is rotated by SIGHUP, BMP
# to a socket, JSON to nowhere, and JSON that may be dropped to a reader that pauses. What the
# generator sent, what the collector counted and what came out are held against each other.
# Loopback only; less than 1 GB of disk. Ends with 1 when anything is not as it should be.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
binary='' keep='' previous=''
for argument; do
    case $argument in
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    --keep) keep=yes ;;
    esac
    [ "$previous" != --binary ] || binary=$argument
    previous=$argument
done
command -v python3 >/dev/null || { echo 'soak.sh: python3 is needed' >&2; exit 2; }
if [ -z "$binary" ]; then
    (cd "$repo" && cargo build --release --quiet)
    binary=${CARGO_TARGET_DIR:-$repo/target}/release/ribcage
fi

work=$(mktemp -d)
if [ -n "$keep" ]; then
    echo "soak.sh: everything is kept in $work" >&2
else
    trap 'rm -rf "$work"' EXIT
fi
trap 'exit 1' HUP INT TERM
RIBCAGE=$binary REPO=$repo WORK=$work python3 "$repo/scripts/measure/soak.py" "$@"
