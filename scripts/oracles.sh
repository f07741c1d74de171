#!/usr/bin/env bash
# Installs the programs that tests/oracles.rs compares Ribcage with (tshark from the system's
# packages, os-ken into target/oracles), then runs those tests. Needs the network once.
set -euo pipefail
cd "$(dirname "$0")/.."

# The versions whose differences tests/oracles/differences.txt lists.
tshark=4.0
os_ken=4.2.2

if ! command -v tshark > /dev/null; then
    as_root=$([ "$(id -u)" -eq 0 ] || echo sudo)
    $as_root apt-get update
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install --yes --no-install-recommends tshark
fi
tshark --version 2> /dev/null | grep -q "^TShark (Wireshark) ${tshark//./\\.}\." ||
    echo "tshark is not $tshark: its test will be skipped" >&2

if [ ! -x target/oracles/bin/python ]; then
    python3 -m venv target/oracles
fi
target/oracles/bin/python -m pip install --quiet "os-ken==$os_ken"

cargo test --locked --test tests oracles -- --nocapture
