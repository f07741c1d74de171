#!/bin/sh
# Puts what `openbmp` says of recordings into a real PostgreSQL, by the statements that OpenBMP's
# consumer makes of it, and asks the database whether it holds what the routers sent.
#
#   scripts/postgres.sh [--into DIR] [--binary PATH] [--keep] [--under KIB] [FILE]…
#
#   --into DIR     write postgres.txt to DIR
#   --binary PATH  run this program instead of building the release profile
#   --under KIB    leave out recordings in larger files: those of whole tables take minutes each
#   --keep         keep data directory, messages and statements, and say where they are
#   FILE           recordings to read (default: those in $RIBCAGE_SHARED or ../shared), besides a
#                  stream of its own whose texts and numbers are made to break the statements
#
# Starts a PostgreSQL of its own (data directory in /tmp, a socket in it, no TCP) as `postgres` or
# `nobody` where it runs as root, and ends that one only. Needs python3, and PostgreSQL 13 or later:
# Debian's packages postgresql and postgresql-client. Each statement has to be taken; then, for each
# recording, the routes that are not withdrawn have to be those of `pmacct-json`, and routers and
# peers have to be up and down as it says. Ends with 1 when anything is not as it should be.
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

# Prints where a program of PostgreSQL is: Debian keeps those of the server out of PATH.
find_program() {
    command -v "$1" && return
    for program in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n -r) \
        /usr/local/bin /usr/local/pgsql/bin; do
        [ ! -x "$program/$1" ] || { echo "$program/$1"; return; }
    done
    echo "postgres.sh: no $1 in PATH, /usr/lib/postgresql/*/bin or /usr/local/bin; Debian's" \
        "packages are postgresql and postgresql-client" >&2
    return 1
}
command -v python3 >/dev/null || { echo 'postgres.sh: python3 is needed' >&2; exit 2; }
initdb=$(find_program initdb) || exit 2
pg_ctl=$(find_program pg_ctl) || exit 2
psql=$(find_program psql) || exit 2

# PostgreSQL refuses to run as root.
as_user=''
if [ "$(id -u)" -eq 0 ]; then
    user=postgres
    id postgres >/dev/null 2>&1 || user=nobody
    as_user="setpriv --reuid=$user --regid=$(id -g $user) --clear-groups"
    command -v setpriv >/dev/null || { echo 'postgres.sh: setpriv is needed' >&2; exit 2; }
fi
if [ -z "$binary" ]; then
    (cd "$repo" && cargo build --release --quiet)
    binary=${CARGO_TARGET_DIR:-$repo/target}/release/ribcage
fi

work=$(mktemp -d)
server=$work/server
end() {
    [ ! -e "$server/data/postmaster.pid" ] ||
        (cd "$server" && $as_user "$pg_ctl" -D "$server/data" -m immediate -w stop >/dev/null)
    if [ -n "$keep" ]; then
        echo "postgres.sh: everything is kept in $work" >&2
    else
        rm -rf "$work"
    fi
}
trap end EXIT
trap 'exit 1' HUP INT TERM
mkdir "$server"
chmod 711 "$work"
[ -z "$as_user" ] || chown "$user" "$server"
cd "$server"
$as_user "$initdb" -D "$server/data" -U ribcage -A trust -E UTF8 --no-locale -N \
    >"$work/initdb.log" || { cat "$work/initdb.log" >&2; exit 1; }
# Nothing here has to outlive a crash.
options="-c listen_addresses='' -c unix_socket_directories='$server' -c fsync=off"
options="$options -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=256MB"
options="$options -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=256MB"
$as_user "$pg_ctl" -D "$server/data" -l "$server/log" -w -o "$options" start >/dev/null ||
    { cat "$server/log" >&2; exit 1; }
cd "$repo"
KEEP=$keep RIBCAGE=$binary WORK=$work PGHOST=$server PGUSER=ribcage PGDATABASE=postgres PSQL=$psql \
    PYTHONDONTWRITEBYTECODE=1 python3 "$repo/scripts/openbmp_sql/check.py" "$@"
