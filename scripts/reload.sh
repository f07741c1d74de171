#!/bin/sh
# Reads the configuration of a busy collector again and again, with files that differ, and looks
# whether any session or record was lost by it.
#
#   scripts/reload.sh [--seconds N] [--every MS] [--into DIR] [--binary PATH] [--keep]
#
#   --seconds N    how long (default 20)
#   --every MS     the time between two SIGHUPs (default 100)
#   --into DIR     write README.md there
#   --binary PATH  run this program instead of building the release profile
#   --keep         keep the working directory and say where it is
#
# `ribcage load` plays 40 routers with churn; the collector writes JSON and the octets as received to
# files, and its file of configuration alternates between two: other limits, allow-lists, listeners,
# names and tags of routers, filters of an output nobody reads, log levels. In the end each session
# must be one that was never closed before its router closed it, and each route that was sent must
# have its record, with gap-free numbers. Loopback only; a few hundred MB of disk. Ends with 1 when
# anything is not as it should be.
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
command -v python3 >/dev/null || { echo 'reload.sh: python3 is needed' >&2; exit 2; }
if [ -z "$binary" ]; then
    (cd "$repo" && cargo build --release --quiet)
    binary=${CARGO_TARGET_DIR:-$repo/target}/release/ribcage
fi

work=$(mktemp -d)
if [ -n "$keep" ]; then
    echo "reload.sh: everything is kept in $work" >&2
else
    trap 'rm -rf "$work"' EXIT
fi
trap 'exit 1' HUP INT TERM
RIBCAGE=$binary REPO=$repo WORK=$work python3 "$repo/scripts/measure/reload.py" "$@"
