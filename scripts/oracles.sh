#!/usr/bin/env bash
# Installs the programs that tests/oracles.rs compares Ribcage with (tshark from the system's
# packages, os-ken into target/oracles), then runs those tests. Needs the network once.
#
#   scripts/oracles.sh [--install]
#
#   --install   only install; 1 where one of them could not be
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1-} in
'' | --install) ;;
*) echo "oracles.sh: unknown argument '$1'" >&2; exit 2 ;;
esac

# The versions whose differences tests/oracles/differences.txt lists.
tshark=4.0
os_ken=4.2.2

with_tshark() {
    if ! command -v tshark > /dev/null; then
        as_root=$([ "$(id -u)" -eq 0 ] || echo 'sudo -n')
        $as_root apt-get update -q &&
            DEBIAN_FRONTEND=noninteractive $as_root apt-get install --yes -q \
                --no-install-recommends tshark || return 1
    fi
    tshark --version 2> /dev/null | grep -q "^TShark (Wireshark) ${tshark//./\\.}\." ||
        echo "tshark is not $tshark: its tests will be skipped" >&2
}

with_os_ken() {
    [ -x target/oracles/bin/python ] || python3 -m venv target/oracles || return 1
    target/oracles/bin/python -m pip install --quiet "os-ken==$os_ken"
}

failed=0
with_tshark || { echo 'tshark could not be installed: its tests will be skipped' >&2; failed=1; }
with_os_ken || { echo 'os-ken could not be installed: its tests will be skipped' >&2; failed=1; }
[ "${1-}" != --install ] || exit "$failed"
cargo test --locked --test tests oracles -- --nocapture
