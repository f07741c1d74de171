#!/bin/sh
# Runs everything that the claims about speed rest on, one after the other, into one directory:
# benches/README.md tells which file shows which claim.
#
#   scripts/prove.sh --into DIR [--quick] [--baseline FILE] [--without STEP]…
#
#   --into DIR       benches/runs/DATE-MACHINE, say: made, and filled with what each step gives
#   --quick          shows in minutes that every step runs; its figures prove nothing
#   --baseline FILE  instruction counts to compare with (default: the newest of benches/runs)
#   --without STEP   leave a step out: benches scaling peers icount alloc journey latency c2c
#
# A step that fails is told, and the others run all the same; then it ends with 1. Machines that do
# something else meanwhile give figures of something else: README.md holds the load average.
set -u

repo=$(cd "$(dirname "$0")/.." && pwd)
into='' quick='' without='' baseline=''
while [ $# -gt 0 ]; do
    case $1 in
    --into) into=$2; shift 2 ;;
    --quick) quick=yes; shift ;;
    --baseline) baseline=$2; shift 2 ;;
    --without) without="$without $2"; shift 2 ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    *) echo "prove.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
    esac
done
[ -n "$into" ] || { echo 'prove.sh: --into DIR is needed; see --help' >&2; exit 2; }
mkdir -p "$into"
into=$(cd "$into" && pwd)
cd "$repo"
[ -n "$baseline" ] || baseline=$(find benches/runs -name icount.txt | sort | grep -vF "${into##*/}/" | tail -n 1)

failed=''
# step NAME FILE COMMAND…: runs a command, keeps what it prints in FILE.
step() {
    name=$1 file=$2
    shift 2
    case "$without " in *" $name "*) return ;; esac
    printf '\n+ %s: %s\n' "$name" "$*"
    # The shell of this script has no pipefail: the status goes through a file.
    { "$@" 2>&1; echo $? >"$into/.status"; } | tee "$into/$file"
    if [ "$(cat "$into/.status")" != 0 ]; then
        echo "prove.sh: the step $name has failed" >&2
        failed="$failed $name"
    fi
    rm -f "$into/.status"
}

{
    echo "# Proof of speed, $(date -u +%Y-%m-%d)"
    echo
    echo "    scripts/prove.sh --into DIR${quick:+ --quick}${without:+ --without$without}"
    echo
    echo "* Commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)$(git diff --quiet HEAD 2>/dev/null || echo ' with changes')"
    echo "* $(rustc --version); $(valgrind --version 2>/dev/null || echo 'no valgrind')"
    echo "* Linux $(uname -r); $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
    echo "* Load average before: $(cut -d' ' -f1-3 /proc/loadavg)"
    [ -z "$quick" ] || echo '* Quick: these figures prove nothing but that every step runs.'
} >"$into/README.md"

stream=$(scripts/stream.sh) || exit 1
export RIBCAGE_STREAM="$stream"
cargo build --release --quiet || exit 1

only='' check=--check rounds=9
[ -z "$quick" ] || { only=--test check=--test rounds=1; }
step benches benches.txt cargo bench --bench frame --bench decode --bench lane --bench encode \
    --bench pipeline -- $only
step scaling scaling.txt cargo bench --bench scaling -- $check
step peers peers.txt cargo run --release --quiet --locked --manifest-path benches/peers/Cargo.toml -- \
    "$stream" --rounds "$rounds" --csv "$into/peers.csv"
step icount icount.log scripts/icount.sh --save "$into/icount.txt" ${baseline:+--baseline "$baseline"}
# As built for tests: who allocates is told by the names of functions that a release inlines.
step alloc alloc.txt cargo test --test alloc -- --nocapture
step journey journey.log scripts/journey.sh ${quick:+--quick} --save "$into"
# Four routers of two peers: a table dump at half of the rate that can be kept up, five times.
step latency latency.txt target/release/ribcage bench --rate half --runs "$([ -z "$quick" ] && echo 5 || echo 1)" \
    --routers 4 --peers 2 --prefixes "$([ -z "$quick" ] && echo 200000 || echo 5000)" --json "$into/latency.json"
step c2c c2c.log scripts/c2c.sh --save "$into/c2c.txt"

{
    echo "* Load average after: $(cut -d' ' -f1-3 /proc/loadavg)"
    echo "* Steps that failed:${failed:- none}"
    [ ! -f "$into/README-journey.md" ] || { echo; sed 1,4d "$into/README-journey.md"; }
} >>"$into/README.md"
# Where this checkout lies is nobody's business.
sed -i "s#$repo/##g; s#$repo##g" "$into"/*.txt "$into"/*.csv "$into"/*.json "$into/README.md" 2>/dev/null
rm -f "$into/README-journey.md" "$into/journey.log" "$into/icount.log" "$into/c2c.log"
echo
cat "$into/README.md"
[ -z "$failed" ]
