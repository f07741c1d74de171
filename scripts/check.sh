#!/usr/bin/env bash
# Every check that a change has to pass: format, lints, tests, documentation.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
    printf '\n+ %s\n' "$*"
    "$@"
}

# Not `cargo fmt`: it does not see the files that a macro declares as modules.
mapfile -t sources < <(git ls-files --cached --others --exclude-standard -- '*.rs')
if [ "${#sources[@]}" -eq 0 ]; then
    echo 'no sources are found: this is to be run in a git checkout' >&2
    exit 1
fi
printf '+ rustfmt --check --edition 2024 (%d files)\n' "${#sources[@]}"
rustfmt --check --edition 2024 "${sources[@]}"

# What cannot be had, its tests say that they were skipped.
step timeout 300 scripts/oracles.sh --install || true
step cargo clippy --locked --all-targets -- -D warnings
step cargo test --locked
step env RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --locked

printf '\nall checks have passed\n'
