"""BGP and BMP messages as octets: enough to feed a router, and to hand `ribcage decode` what it was
fed with.
"""

import socket
import struct
import threading
import time

MARKER = b"\xff" * 16
UPDATE = 2


def message(kind, body=b""):
    return MARKER + struct.pack("!HB", 19 + len(body), kind) + body


def split(octets):
    """The whole BGP messages at the front, and what is left."""
    messages = []
    while len(octets) >= 19:
        length = struct.unpack("!H", octets[16:18])[0]
        if length < 19 or len(octets) < length:
            break
        messages.append(octets[:length])
        octets = octets[length:]
    return messages, octets


def monitored(update, peer, asn):
    """A Route Monitoring message, pre-policy, around an UPDATE (RFC 7854 §4.6)."""
    address = socket.inet_aton(peer)
    header = struct.pack("!BB8s12x4sI4sII", 0, 0, b"", address, asn, address, 1, 0)
    return struct.pack("!BIB", 3, 6 + len(header) + len(update), 0) + header + update


def updates_of(stream):
    """The UPDATEs inside the Route Monitoring messages of a BMP stream that announce something."""
    found = []
    while len(stream) >= 6:
        version, length, kind = struct.unpack("!BIB", stream[:6])
        if version != 3 or length < 6:
            raise ValueError("not BMP version 3")
        if kind == 0:
            found.append(stream[48:length])
        stream = stream[length:]
    return found


def attributes(update):
    """(flags, code, value) of each path attribute of an UPDATE."""
    withdrawn = struct.unpack("!H", update[19:21])[0]
    at = 21 + withdrawn
    end = at + 2 + struct.unpack("!H", update[at:at + 2])[0]
    at += 2
    while at < end:
        flags, code = update[at], update[at + 1]
        if flags & 0x10:
            length, at = struct.unpack("!H", update[at + 2:at + 4])[0], at + 4
        else:
            length, at = update[at + 2], at + 3
        yield flags, code, update[at:at + length]
        at += length


def attribute(flags, code, value):
    if len(value) > 255:
        return struct.pack("!BBH", flags | 0x10, code, len(value)) + value
    return struct.pack("!BBB", flags & ~0x10, code, len(value)) + value


def family_of(update):
    """AFI and SAFI of what an UPDATE announces; None of one that announces nothing."""
    for _, code, value in attributes(update):
        if code == 14:
            return struct.unpack("!HB", value[:3])
    withdrawn = struct.unpack("!H", update[19:21])[0]
    length = struct.unpack("!H", update[21 + withdrawn:23 + withdrawn])[0]
    return (1, 1) if len(update) > 23 + withdrawn + length else None


def nlri_of(update):
    """The octets of what MP_REACH_NLRI announces (RFC 4760 §3)."""
    for _, code, value in attributes(update):
        if code == 14:
            return value[5 + value[3]:]
    return b""


def announcing(family, next_hop, nlri, asn, others=()):
    """An UPDATE of one route; `others` are (flags, code, value) in order of codes, over 14."""
    path = struct.pack("!BBI", 2, 1, asn)
    reach = struct.pack("!HBB", *family, len(next_hop)) + next_hop + b"\0" + nlri
    octets = (attribute(0x40, 1, b"\0") + attribute(0x40, 2, path) + attribute(0x80, 14, reach)
              + b"".join(attribute(*other) for other in others))
    return message(UPDATE, b"\0\0" + struct.pack("!H", len(octets)) + octets)


def recorded(path, sender):
    """Takes connections on a free port of 127.0.0.1 while `sender(port)` runs; all octets, in the
    order of the connections. They are left in the file `path`, too.
    """
    streams = []

    def take(connection):
        octets = bytearray()
        streams.append(octets)
        with connection:
            while chunk := connection.recv(1 << 16):
                octets += chunk

    with socket.create_server(("127.0.0.1", 0)) as server:
        readers = []

        def accept():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                readers.append(threading.Thread(target=take, args=(connection,)))
                readers[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            sender(server.getsockname()[1])
            time.sleep(0.5)
        finally:
            server.shutdown(socket.SHUT_RDWR)
            acceptor.join()
        for reader in readers:
            reader.join()
    octets = b"".join(streams)
    with open(path, "wb") as file:
        file.write(octets)
    return octets


def routes_of(family, nlri):
    """The octets of each route in an NLRI list without path identifiers."""
    afi, safi = family
    while nlri:
        if safi in (70, 5):            # EVPN, MCAST-VPN: type, length in octets
            size = 2 + nlri[1]
        elif safi == 85:               # MUP: architecture, type(2), length in octets
            size = 4 + nlri[3]
        elif afi == 16388:             # BGP-LS: type(2), length(2) in octets
            size = 4 + struct.unpack("!H", nlri[2:4])[0]
        elif (afi, safi) == (25, 65):  # VPLS: length(2) in octets
            size = 2 + struct.unpack("!H", nlri[:2])[0]
        elif safi in (133, 134):       # flow specification: length(1 or 2) in octets
            long = nlri[0] >= 0xf0
            size = 2 + (struct.unpack("!H", nlri[:2])[0] & 0xfff) if long else 1 + nlri[0]
        elif afi == 16397:             # opaque: to the end
            size = len(nlri)
        else:                          # length in bits
            size = 1 + (nlri[0] + 7) // 8
        yield nlri[:size]
        nlri = nlri[size:]


def with_route(update, route, left_out=()):
    """The UPDATE with this route in place of those that its MP_REACH_NLRI has, and without
    attributes of some codes.
    """
    octets = b""
    for flags, code, value in attributes(update):
        if code in left_out:
            continue
        if code == 14:
            value = value[:5 + value[3]] + route
        octets += attribute(flags, code, value)
    return message(UPDATE, b"\0\0" + struct.pack("!H", len(octets)) + octets)
