#!/bin/sh
# Shows what a new address family takes: one file, and one row of the table in src/bgp/nlri/mod.rs. A
# copy of the project gets a family that no registry knows (live/made_up.rs), is built, and then
# decodes, prints, generates and tests it like any other.
#
#   scripts/new_family.sh [--into DIR] [--keep] [--all-tests]
#
#   --into DIR   write new_family.txt to DIR
#   --keep       keep the copy and say where it is
#   --all-tests  run all tests of the library in the copy, not only those about NLRI
#
# Debug builds; what is compiled of dependencies is taken from target/debug, so it takes a minute or
# two. Ends with 1 when anything is not as it should be.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
keep='' into='' tests=nlri
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    --into) into=${2:?--into needs a directory}; shift ;;
    --keep) keep=yes ;;
    --all-tests) tests='' ;;
    *) echo "new_family.sh: unknown argument '$1'" >&2; exit 2 ;;
    esac
    shift
done
command -v python3 >/dev/null || { echo 'new_family.sh: python3 is needed' >&2; exit 2; }

work=$(mktemp -d)
if [ -n "$keep" ]; then
    echo "new_family.sh: everything is kept in $work" >&2
else
    trap 'rm -rf "$work"' EXIT
fi
trap 'exit 1' HUP INT TERM

mkdir "$work/project" "$work/target"
(cd "$repo" && git ls-files -z --cached --others --exclude-standard |
    tar --null --ignore-failed-read -cf - -T - 2>/dev/null) | tar -xf - -C "$work/project"
from=${CARGO_TARGET_DIR:-$repo/target}/debug
if [ -d "$from" ]; then
    mkdir "$work/target/debug"
    (cd "$from" && find deps build .fingerprint -mindepth 1 -maxdepth 1 \
        ! -name 'ribcage*' ! -name 'libribcage*' ! -name 'tests-*' -print0 |
        tar --null -cf - -T -) | tar -xf - -C "$work/target/debug"
fi
REPO=$repo WORK=$work TESTS=$tests python3 "$repo/scripts/live/new_family.py" >"$work/said" 2>&1 &&
    code=0 || code=$?
cat "$work/said"
if [ -n "$into" ]; then
    mkdir -p "$into"
    cp "$work/said" "$into/new_family.txt"
fi
exit "$code"
