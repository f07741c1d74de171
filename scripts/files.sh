#!/bin/sh
# Shows that files lose, split and double no record, whatever happens to them:
#
#   a) rotation by time and size under full load, plain and compressed: all files together are
#      octet for octet the file of an output without rotation;
#   b) the collector is killed (SIGKILL) at random moments: what it had flushed can be read, in
#      whole records, and the next start goes on without touching it;
#   c) the disk is full for a while (a small tmpfs in a mount namespace; needs root).
#
#   scripts/files.sh [--into DIR] [--kills N] [--debug | --ribcage FILE] [--seed N]
#
# Writes summary.txt into DIR (default: target/files); runs a release build, or with --debug a debug
# build, or the binary FILE. Needs python3, zstd and, for c), unshare.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$repo/target}
into=$target/files kills=100 profile=release seed=1 binary=''
while [ $# -gt 0 ]; do
    case $1 in
    --into) into=$2; shift 2 ;;
    --kills) kills=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    --ribcage) binary=$2 profile=given; shift 2 ;;
    --debug) profile=debug; shift ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    *) echo "files.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
    esac
done
for tool in python3 zstd; do
    command -v $tool >/dev/null || { echo "files.sh: needs $tool" >&2; exit 2; }
done
case $profile in
release) (cd "$repo" && cargo build --release --quiet) ;;
debug) (cd "$repo" && cargo build --quiet) ;;
esac
binary=${binary:-$target/$profile/ribcage}
mkdir -p "$into"
run() {
    python3 "$repo/scripts/measure/files.py" --ribcage "$binary" --seed "$seed" "$@"
}
report() {
    case $profile in
    given) echo "scripts/files.sh: $("$binary" --version | head -n 1), a binary that was given" ;;
    *) echo "scripts/files.sh: $profile build of $(cd "$repo" && git describe --always --dirty)" ;;
    esac
    echo "$(uname -sr), $(nproc) CPUs, $(date -u +%FT%TZ)" && echo
    run rotation && echo && run kills --number "$kills" && echo || return 1
    if [ "$(id -u)" = 0 ] && command -v unshare >/dev/null; then
        unshare -m python3 "$repo/scripts/measure/files.py" \
            --ribcage "$binary" --seed "$seed" full-disk
    else
        echo "skipped: a full disk: needs root and unshare"
    fi
}
report >"$into/summary.txt.part" 2>&1 || { cat "$into/summary.txt.part"; exit 1; }
mv "$into/summary.txt.part" "$into/summary.txt"
cat "$into/summary.txt"
