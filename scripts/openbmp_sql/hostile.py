"""A stream of BMP whose texts and numbers would break statements that are made without escaping, or
do not fit the columns of the database."""

import struct

TEXT = b"d'or \"x\" \\' \\\\ '; DROP TABLE routers; --\t{tab},\n{line}\r\0 :x %s $1 $$ "
TEXT += "\u2019".encode() + b"\xff\xfe\x80 invalid " + "ß字😀".encode()
PEER = bytes([192, 0, 2, 7])


def message(kind, body):
    return struct.pack("!BIB", 3, 6 + len(body), kind) + body


def tlv(kind, value):
    return struct.pack("!HH", kind, len(value)) + value


def header(kind=0, flags=0, rd=b"\0" * 8, seconds=1_700_000_000, address=PEER):
    address = address if len(address) == 16 else bytes(12) + address
    return bytes([kind, flags]) + rd + address + struct.pack("!I", 65001) + PEER + \
        struct.pack("!II", seconds, 999_999)


def bgp(kind, body):
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), kind) + body


def opened(asn, capabilities):
    parameters = b"".join(bytes([2, 2 + len(value), code, len(value)]) + value
                          for code, value in capabilities)
    return bgp(1, struct.pack("!BHH", 4, asn, 65535) + PEER + bytes([len(parameters)]) +
               parameters)


def peer_up(head, tables):
    body = bytes(12) + bytes([192, 0, 2, 9]) + struct.pack("!HH", 179, 65535)
    large = opened(23456, [(65, struct.pack("!I", 4_200_000_000))] +
                   [(200 + n, b"'") for n in range(40)])
    return message(3, head + body + large + opened(65001, [(2, b"")]) + b"".join(
        tlv(3, name) for name in tables) + tlv(0, TEXT))


def attribute(code, value, flags=0x40):
    return struct.pack("!BBH", flags | 0x10, code, len(value)) + value


def update(head, attributes, nlri=b"", withdrawn=b""):
    body = struct.pack("!H", len(withdrawn)) + withdrawn + struct.pack("!H", len(attributes)) + \
        attributes + nlri
    return message(0, head + bgp(2, body))


def path(count):
    """Sequences of AS numbers, then a set, then an empty path of a confederation."""
    asns = [struct.pack("!I", 4_294_967_295 - n) for n in range(255)]
    full = bytes([2, 255]) + b"".join(asns)
    return full * count + bytes([1, 3]) + b"".join(asns[:3]) + bytes([3, 1]) + asns[0]


def many():
    """Each list as long as an UPDATE has room for, each number as large."""
    communities = struct.pack("!I", 0xffffffff) * 300
    extended = b"".join(bytes([kind, sub]) + b"'\\\"\t\n\0" for kind in range(0, 256, 5)
                        for sub in (0, 2, 4, 6, 8, 11, 13, 255))
    return attribute(1, b"\2") + attribute(2, path(8)) + attribute(3, PEER) + \
        attribute(4, b"\xff" * 4, 0x80) + attribute(5, b"\xff" * 4) + attribute(6, b"") + \
        attribute(7, b"\xff" * 4 + PEER, 0xc0) + attribute(8, communities, 0xc0) + \
        attribute(9, PEER, 0x80) + attribute(10, PEER * 60, 0x80) + \
        attribute(16, extended, 0xc0) + attribute(32, b"\xff" * 12 * 40, 0xc0)


def labeled(count):
    """A prefix with many labels."""
    labels = b"".join(bytes([0xff, 0xff, 0xf0 | (n == count - 1)]) for n in range(count))
    return bytes([24 * count + 24]) + labels + b"\xc6\x33\x64"


def mp_reach(afi, safi, next_hop, nlri):
    return attribute(14, struct.pack("!HBB", afi, safi, len(next_hop)) + next_hop + b"\0" + nlri,
                     0x80)


def node(igp):
    return tlv(512, struct.pack("!I", 65001)) + tlv(513, b"\xff" * 4) + tlv(515, igp)


def link_state(head):
    """A node, links and a prefix, with large identifiers and without addresses."""
    instance = bytes([2]) + struct.pack("!Q", 0xfedc_ba98_7654_3210)
    local, remote = tlv(256, node(b"\1\2\3\4\5\6")), tlv(257, node(b"\6\5\4\3\2\1\7"))
    nlri = tlv(1, instance + local)
    for protocol in (2, 3, 7, 99):
        ids = tlv(258, b"\xff" * 8) + tlv(263, b"\x0f\xff")
        nlri += tlv(2, bytes([protocol]) + instance[1:] + local + remote + ids)
    nlri += tlv(3, bytes([3]) + instance[1:] + local + tlv(263, b"\x0a\xbc") +
                tlv(264, b"\1") + tlv(265, b"\x18\xc6\x33\x64"))
    infinite = struct.pack("!f", float("inf"))
    told = tlv(1026, TEXT * 4) + tlv(1027, b"\x49" + b"\xab" * 60) + tlv(1098, TEXT * 4) + \
        tlv(1088, b"\xff" * 4) + tlv(1089, infinite) + tlv(1090, infinite) + \
        tlv(1091, infinite * 8) + tlv(1092, b"\xff" * 4) + tlv(1095, b"\xff" * 3) + \
        tlv(1155, b"\xff" * 4) + tlv(1153, b"\xff" * 8) + \
        b"".join(tlv(1099, b"\xff\xff\0\0" + b"\xff" * 4) for _ in range(40))
    attributes = attribute(1, b"\0") + attribute(2, b"") + mp_reach(16388, 71, PEER, nlri) + \
        attribute(29, told, 0x80)
    return update(head, attributes)


def stream():
    """The conversation of one router."""
    vpn = header(kind=1, rd=b"\0\2\xff\xff\xff\xff\xff\xff")
    loc_rib = header(kind=3, flags=0x80, address=bytes(16), rd=b"\xab" * 8)
    plain = header()
    out = message(4, tlv(2, TEXT * 8) + tlv(1, TEXT * 90) + tlv(0, TEXT * 90))
    out += peer_up(plain, []) + peer_up(vpn, [TEXT * 4]) + peer_up(loc_rib, [TEXT, TEXT * 9])
    out += peer_up(header(seconds=0, address=b"\x20\x01\x0d\xb8" + bytes(12), flags=0x80), [b"\\"])
    counters = b"".join(tlv(kind, b"\xff" * 4) for kind in range(7)) + \
        tlv(7, b"\xff" * 8) + tlv(8, b"\xff" * 8)
    out += message(1, plain + struct.pack("!I", 9) + counters)
    for head in (plain, vpn, loc_rib, header(flags=0x40), header(flags=0x10)):
        out += update(head, many(), b"\x18\xc6\x33\x64\x00\x20\xc0\x00\x02\x01")
        out += update(head, attribute(1, b"\0") + attribute(2, b"") +
                      mp_reach(1, 4, PEER, labeled(9)))
        out += update(head, attribute(1, b"\0") + attribute(2, b"") + mp_reach(
            2, 1, b"\x20\1" + bytes(14), b"\x80" + b"\0" * 10 + b"\xff\xff" + PEER))
        out += update(head, b"", withdrawn=b"\x20\xc0\x00\x02\x01")
    # Its clock is ahead of the collector's: its routes have to go all the same.
    ahead = header(seconds=2_090_000_000, address=b"\x20\x01\x0d\xb8" + bytes(12), flags=0x80)
    out += update(ahead, many(), b"\x18\xc6\x33\x64")
    rds = b"".join(bytes([112]) + b"\xff\xff\xf1" + rd + b"\x0a\x01\x02" for rd in (
        b"\0\2\xff\xff\xff\xff\xff\xff", b"\0\1" + PEER + b"\xff\xff", b"''''''''"))
    out += update(plain, attribute(1, b"\0") + attribute(2, b"") +
                  mp_reach(1, 128, bytes(8) + PEER, rds) + attribute(16, b"\0\2'''\"\\\0", 0xc0))
    out += link_state(plain)
    out += message(2, plain + b"\1" + bgp(3, bytes([6, 2, 128]) + TEXT))
    out += message(2, vpn + b"\3" + bgp(3, bytes([250, 251]) + TEXT * 20))
    return out + message(5, tlv(0, TEXT * 90) + tlv(1, b"\xff\xff"))
