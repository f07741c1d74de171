#!/usr/bin/env bash
# Runs the fuzz targets of tests/fuzz, each for SECONDS_EACH (60) seconds: scripts/fuzz.sh [TARGET…].
# It needs a nightly toolchain and a C++ compiler, and no cargo-fuzz: the flags are the same.
# RIBCAGE_FAMILY=evpn, say, has the target `nlri` read every list as one of that family.
# What breaks a target is left in tests/fuzz/artifacts/TARGET, what was learnt in corpus/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${SECONDS_EACH:-60}
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
    mapfile -t targets < <(sed -n '/^\[\[bin\]\]/,/^$/s/^name = "\(.*\)"$/\1/p' tests/fuzz/Cargo.toml)
fi

# Coverage for libFuzzer, and a look at every access. Build scripts stay as they are: --target.
flags=(
    --cfg fuzzing
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
    -Zsanitizer=address
)
build=(cargo +nightly build --release --manifest-path tests/fuzz/Cargo.toml --target "$host")
RUSTFLAGS="${flags[*]}" "${build[@]}" --bins
out=${CARGO_TARGET_DIR:-tests/fuzz/target}/$host/release

RIBCAGE_SEEDS="$PWD/tests/fuzz/corpus" cargo test --quiet --test tests seeds_are_written

failed=0
for target in "${targets[@]}"; do
    printf '\n+ %s, %s s\n' "$target" "$seconds"
    artifacts=tests/fuzz/artifacts/$target/
    mkdir -p "$artifacts"
    "$out/$target" -max_total_time="$seconds" -max_len=70000 -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$artifacts" -print_final_stats=1 "tests/fuzz/corpus/$target" || failed=1
done
exit "$failed"
