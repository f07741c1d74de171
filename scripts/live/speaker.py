"""Plays one BGP peer: opens a session for one family, sends the UPDATEs of a file, stays until its
standard input ends.

    speaker.py LOCAL PEER AS AFI/SAFI FILE

FILE holds UPDATEs one after the other, with their BGP headers. What happens is said on standard
output, a line each: `established`, `sent N`, `notification CODE/SUBCODE DATA`, `closed`.
"""

import select
import socket
import struct
import sys
import time

from bgp import message, split

OPEN, NOTIFICATION, KEEPALIVE = 1, 3, 4
HOLD_S = 90


def opening(asn, router_id, family):
    """OPEN with multiprotocol extensions (RFC 4760 §8) and 4-octet AS numbers (RFC 6793 §3)."""
    afi, safi = family
    capabilities = struct.pack("!BBHBB", 1, 4, afi, 0, safi) + struct.pack("!BBI", 65, 4, asn)
    parameters = struct.pack("!BB", 2, len(capabilities)) + capabilities
    short = asn if asn < 1 << 16 else 23456
    return message(OPEN, struct.pack("!BHH4sB", 4, short, HOLD_S, router_id, len(parameters))
                   + parameters)


def say(*words):
    print(*words, flush=True)


def connect(local, peer):
    for _ in range(100):
        try:
            return socket.create_connection((peer, 179), timeout=20, source_address=(local, 0))
        except ConnectionRefusedError:
            time.sleep(0.1)
    sys.exit(f"{peer} takes no connection")


def main():
    local, peer, asn, family, path = sys.argv[1:]
    with open(path, "rb") as file:
        updates, rest = split(file.read())
    if rest:
        sys.exit(f"{path}: {len(rest)} octets are no message")
    connection = connect(local, peer)
    router_id = socket.inet_aton(local)
    connection.sendall(opening(int(asn), router_id, tuple(map(int, family.split("/")))))
    left, is_up = b"", False
    while True:
        ready, _, _ = select.select([connection, sys.stdin], [], [], HOLD_S / 3)
        if not ready:
            connection.sendall(message(KEEPALIVE))
        if sys.stdin in ready and not sys.stdin.read(1):
            return
        if connection not in ready:
            continue
        try:
            octets = connection.recv(65536)
        except ConnectionResetError:
            octets = b""
        if not octets:
            return say("closed")
        messages, left = split(left + octets)
        for got in messages:
            kind = got[18]
            if kind == OPEN:
                connection.sendall(message(KEEPALIVE))
            elif kind == NOTIFICATION:
                say(f"notification {got[19]}/{got[20]} {got[21:].hex()}")
            elif kind == KEEPALIVE and not is_up:
                is_up = True
                say("established")
                connection.sendall(b"".join(updates))
                say("sent", len(updates))


if __name__ == "__main__":
    main()
