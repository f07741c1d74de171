#!/bin/sh
# Real routers send BMP to `ribcage collect`, and what its records say of their routes is held, field
# by field, against what the routers' own command lines say.
#
#   scripts/live.sh [--only LAB]… [--family NAME]… [--into DIR] [--binary PATH] [--keep]
#
#   --only LAB     originated: GoBGP originates routes of every family that its command line can, and
#                  withdraws half of them; Loc-RIB view
#                  fed: a BGP speaker feeds GoBGP with the generator's routes, family by family; the
#                  views before policies and of the Loc-RIB
#                  exabgp: ExaBGP sends GoBGP what is written in its configuration, VPLS and flow
#                  specifications among it; both views
#                  frr: FRR with EVPN routes of its own, made of VXLAN devices, VPN routes, and routes
#                  of a GoBGP neighbour; view after policies
#                  (default: all of them)
#   --family NAME  of the lab `fed` only these, in the words of GoBGP's command line
#   --into DIR     write live.txt to DIR
#   --binary PATH  run this program instead of building the debug profile
#   --keep         keep configurations, logs, records and BMP, and say where they are
#
# Needs root, for two network namespaces of its own, and gobgpd, exabgp, frr and iproute2: Debian's
# packages, of which a policy-rc.d that exits with 101 keeps services from starting. Ends only
# processes that it started. Prints a line for each family: routes that the router says it has, those
# received, equal ones, different ones. Ends with 1 when there is a difference without a reason.
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
for tool in python3 ip gobgp gobgpd vtysh; do
    command -v "$tool" >/dev/null || { echo "live.sh: $tool is needed" >&2; exit 2; }
done
[ "$(id -u)" -eq 0 ] || { echo 'live.sh: network namespaces need root' >&2; exit 2; }
if [ -z "$binary" ]; then
    (cd "$repo" && cargo build --quiet)
    binary=${CARGO_TARGET_DIR:-$repo/target}/debug/ribcage
fi

work=$(mktemp -d)
if [ -n "$keep" ]; then
    echo "live.sh: everything is kept in $work" >&2
fi
RIBCAGE=$binary WORK=$work PYTHONDONTWRITEBYTECODE=1 exec python3 "$repo/scripts/live/live.py" "$@"
