#!/bin/sh
# Looks for cache lines that two cores fight over while the collector works: `perf c2c` on
# `ribcage collect` with a reactor and a writer on two cores, fed by `ribcage load`.
#
#   scripts/c2c.sh [--save FILE] [--binary PATH] [--seconds N]
#
# Where the host's CPU or kernel has no memory sampling (most virtual machines), it says so and ends
# with 0: then only the static asserts beside the shared types (`align_of`) hold the layout.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
save='' binary='' seconds=5
while [ $# -gt 0 ]; do
    case $1 in
    --save) save=$2; shift 2 ;;
    --binary) binary=$2; shift 2 ;;
    --seconds) seconds=$2; shift 2 ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    *) echo "c2c.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
    esac
done
tell() {
    echo "$1"
    [ -z "$save" ] || echo "$1" >"$save"
}
if ! command -v perf >/dev/null; then
    tell 'not available: perf c2c: perf is not installed'
    exit 0
fi
work=$(mktemp -d)
collector=''
trap '[ -z "$collector" ] || kill "$collector" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
if ! perf c2c record -o "$work/probe.data" -- true >"$work/probe.log" 2>&1; then
    tell "not available: perf c2c: $(grep -v '^ *$' "$work/probe.log" | tr '\n' ' ' | cut -c1-200)"
    exit 0
fi
if [ -z "$binary" ]; then
    (cd "$repo" && cargo build --release --quiet)
    binary=${CARGO_TARGET_DIR:-$repo/target}/release/ribcage
fi
"$binary" collect -l 127.0.0.1:0 --color never -o pmacct-json=null: 2>"$work/collect.log" &
collector=$!
until grep -q 'address=127' "$work/collect.log"; do sleep 0.05; done
port=$(sed -n 's/.*address=127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/collect.log" | head -n 1)
"$binary" load --quiet --target "127.0.0.1:$port" --routers 4 --peers 8 --prefixes 500000 \
    2>"$work/load.log" &
load=$!
perf c2c record -o "$work/c2c.data" -p "$collector" -- sleep "$seconds" >"$work/record.log" 2>&1 || true
kill "$load" 2>/dev/null || true
wait "$load" 2>/dev/null || true
perf c2c report -i "$work/c2c.data" --stdio 2>/dev/null | sed -n '1,120p' >"$work/report.txt"
cat "$work/report.txt"
[ -z "$save" ] || cp "$work/report.txt" "$save"
