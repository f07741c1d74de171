"""Makes of OpenBMP's parsed messages the SQL that its consumer for PostgreSQL makes of them: values
are put between quotes as they are, without any escaping, many rows to a statement.

`python3 sql.py < MESSAGES > STATEMENTS` for a schema such as schema.sql.
"""

import re
import sys

LONG = re.compile(r"-?[0-9]+\Z")
BATCH = 1000  # rows of a statement


class Refused(Exception):
    """What the consumer's API does not read, and so loses with all that follows in the row."""


def number(text, empty=None):
    """A decimal number of 64 bits with a sign."""
    if text == "" and empty is not None:
        return str(empty)
    if not LONG.match(text) or not -(1 << 63) <= int(text) < 1 << 63:
        raise Refused(f"'{text}' is no number")
    return text


def optional(text):
    return number(text, 0)


def hexadecimal(text):
    return str(int("0x" + text, 16))


def quoted(kind=""):
    return lambda text: f"'{text}'{kind}"


def unless_short(kind, shortest):
    """NULL for what has fewer characters."""
    return lambda text: f"'{text}'{kind}" if len(text) >= shortest else f"null{kind}"


def flag(text):
    return "true" if text == "1" else "false"


def words(text):
    parts = text.split(" ")
    while len(parts) > 1 and parts[-1] == "":
        parts.pop()
    return "'{" + ",".join(f'"{part}"' for part in parts) + "}'::varchar[]"


def path(text):
    asns = [part for part in text.split(" ") if part not in ("", "{", "}")]
    return "'{" + ",".join(asns) + "}'::bigint[]"


def address_or_null(text):
    return "null::inet" if text == "::" else f"'{text}'::inet"


UUID, NO_UUID = quoted("::uuid"), unless_short("::uuid", 1)
INET, TEXT, TIME = quoted("::inet"), quoted(), quoted("::timestamp")
NO_INET = unless_short("::inet", 3)
BGP_LS = {"withdrawn": 1}


def withdrawn(text):
    return "false" if text == "add" else "true"


def is_v4(text):
    return "false" if ":" in text and text != "::" else "true"


# For each object: the table, its key, the columns with the places of their fields (from 1) and what
# is made of these, and which of them a withdrawal leaves as they are.
ROUTES = [
    ("hash_id", 3, UUID), ("peer_hash_id", 7, UUID), ("base_attr_hash_id", 6, NO_UUID),
    ("isipv4", 13, flag), ("origin_as", 17, optional), ("prefix_len", 12, number),
    ("timestamp", 10, TIME), ("iswithdrawn", 1, withdrawn), ("path_id", 28, number),
    ("labels", 29, TEXT), ("isprepolicy", 30, flag), ("isadjribin", 31, flag),
]
STATE = [
    ("hash_id", 3, UUID), ("peer_hash_id", 7, UUID), ("base_attr_hash_id", 4, NO_UUID),
    ("seq", 2, number), ("iswithdrawn", 1, withdrawn), ("timestamp", 10, TIME),
]
TABLES = {
    "collector": ("collectors", ["hash_id"], [
        ("hash_id", 4, UUID), ("state", 1, lambda t: "'down'" if t == "stopped" else "'up'"),
        ("admin_id", 3, TEXT), ("routers", 5, TEXT), ("router_count", 6, number),
        ("timestamp", 7, TIME),
    ], ()),
    "router": ("routers", ["hash_id"], [
        ("hash_id", 4, UUID), ("name", 3, TEXT), ("ip_address", 5, INET), ("timestamp", 11, TIME),
        ("state", 1, lambda t: "'down'" if t == "term" else "'up'"),
        ("term_reason_code", 7, optional), ("term_reason_text", 8, TEXT), ("term_data", 10, TEXT),
        ("init_data", 9, TEXT), ("description", 6, TEXT),
        # Its comma after a BGP identifier makes broken SQL of the statement.
        ("bgp_id", 12, lambda t: f"'{t}'::inet," if len(t) > 2 else "null"),
    ], ("name", "description", "init_data")),
    "peer": ("bgp_peers", ["hash_id"], [
        ("hash_id", 3, UUID), ("router_hash_id", 4, UUID), ("peer_rd", 11, TEXT),
        ("isipv4", 28, flag), ("peer_addr", 10, INET), ("name", 5, TEXT),
        ("peer_bgp_id", 6, INET), ("peer_as", 9, number),
        ("state", 1, lambda t: "'up'" if t == "up" else "'down'"), ("isl3vpnpeer", 26, flag),
        ("timestamp", 8, TIME), ("isprepolicy", 27, flag), ("local_ip", 14, NO_INET),
        ("local_bgp_id", 16, NO_INET), ("local_port", 15, optional),
        ("local_hold_time", 21, optional), ("local_asn", 13, optional),
        ("remote_port", 12, optional), ("remote_hold_time", 20, optional),
        ("sent_capabilities", 18, TEXT), ("recv_capabilities", 19, TEXT),
        ("bmp_reason", 22, optional), ("bgp_err_code", 23, optional),
        ("bgp_err_subcode", 24, optional), ("error_text", 25, TEXT), ("islocrib", 29, flag),
        ("islocribfiltered", 30, flag), ("table_name", 31, TEXT),
    ], ()),
    "bmp_stat": ("stat_reports", [], [("peer_hash_id", 5, UUID), ("timestamp", 8, TIME)] + [
        (name, place, number) for place, name in enumerate((
            "prefixes_rejected", "known_dup_prefixes", "known_dup_withdraws",
            "invalid_by_cluster_list", "invalid_by_as_path_loop", "invalid_by_originator_id",
            "invalid_by_as_confed_loop", "routes_adj_rib_in", "routes_local_rib"), 9)
    ], ()),
    "base_attribute": ("base_attrs", ["hash_id"], [
        ("hash_id", 3, UUID), ("peer_hash_id", 6, UUID), ("origin", 10, TEXT),
        ("as_path", 11, path), ("origin_as", 13, optional), ("next_hop", 14, INET),
        ("med", 15, optional), ("local_pref", 16, optional), ("isatomicagg", 21, flag),
        ("aggregator", 17, TEXT), ("community_list", 18, words),
        ("ext_community_list", 19, words), ("large_community_list", 24, words),
        ("cluster_list", 20, words), ("originator_id", 23, unless_short("::inet", 1)),
        ("as_path_count", 12, optional), ("nexthop_isipv4", 22, flag), ("timestamp", 9, TIME),
    ], ()),
    "unicast_prefix": ("ip_rib", ["peer_hash_id", "hash_id"], ROUTES,
                       ("base_attr_hash_id", "origin_as")),
    "l3vpn": ("l3vpn_rib", ["peer_hash_id", "hash_id"],
              ROUTES + [("rd", 32, TEXT), ("ext_community_list", 23, words)],
              ("base_attr_hash_id", "origin_as", "ext_community_list")),
    "ls_node": ("ls_nodes", ["hash_id", "peer_hash_id"], STATE + [
        ("asn", 9, number), ("bgp_ls_id", 14, hexadecimal), ("igp_router_id", 11, TEXT),
        ("ospf_area_id", 16, TEXT), ("protocol", 18, quoted("::ls_proto")),
        ("router_id", 12, TEXT), ("isis_area_id", 17, TEXT), ("flags", 19, TEXT),
        ("name", 24, TEXT), ("mt_ids", 15, TEXT), ("sr_capabilities", 27, TEXT),
    ], ("base_attr_hash_id", "sr_capabilities")),
    "ls_link": ("ls_links", ["hash_id", "peer_hash_id"], STATE + [
        ("mt_id", 22, optional), ("interface_addr", 25, address_or_null),
        ("neighbor_addr", 26, address_or_null), ("isipv4", 25, is_v4),
        ("protocol", 17, quoted("::ls_proto")), ("local_link_id", 23, optional),
        ("remote_link_id", 24, optional), ("local_node_hash_id", 38, UUID),
        ("remote_node_hash_id", 37, UUID), ("admin_group", 28, optional),
        ("max_link_bw", 29, optional), ("max_resv_bw", 30, optional), ("unreserved_bw", 31, TEXT),
        ("te_def_metric", 32, optional), ("protection_type", 33, TEXT),
        ("mpls_proto_mask", 34, quoted("::ls_mpls_proto_mask")), ("igp_metric", 27, optional),
        ("srlg", 35, TEXT), ("name", 36, TEXT), ("local_igp_router_id", 11, TEXT),
        ("local_router_id", 12, TEXT), ("remote_igp_router_id", 39, TEXT),
        ("remote_router_id", 40, TEXT), ("local_asn", 41, number), ("remote_asn", 42, number),
        ("peer_node_sid", 43, TEXT), ("sr_adjacency_sids", 46, TEXT),
    ], ("base_attr_hash_id", "interface_addr", "neighbor_addr", "admin_group", "max_link_bw",
        "max_resv_bw", "unreserved_bw", "te_def_metric", "igp_metric", "name", "peer_node_sid",
        "sr_adjacency_sids")),
    "ls_prefix": ("ls_prefixes", ["hash_id", "peer_hash_id"], STATE + [
        ("local_node_hash_id", 22, UUID), ("mt_id", 23, optional),
        ("protocol", 17, quoted("::ls_proto")), ("prefix_len", 31, number),
        ("ospf_route_type", 24, quoted("::ospf_route_type")), ("igp_flags", 25, TEXT),
        ("isipv4", 30, is_v4), ("route_tag", 26, optional), ("ext_route_tag", 27, optional),
        ("metric", 29, optional), ("ospf_fwd_addr", 28, INET), ("sr_prefix_sids", 34, TEXT),
    ], ("base_attr_hash_id", "igp_flags", "route_tag", "metric", "sr_prefix_sids")),
}
# Numbers that the API reads though no table has them: what is none loses the rest of the row.
READ = {"ls_node": (2, 9, 13, 21, 22), "ls_link": (2, 9, 13, 19, 20),
        "ls_prefix": (2, 9, 13, 19, 20), "evpn": (2, 9, 25, 29, 30, 34, 36, 38, 39),
        "unicast_prefix": (2, 9), "l3vpn": (2, 9), "peer": (2,), "router": (2,)}
PREFIXES = {"unicast_prefix": 11, "l3vpn": 11, "ls_prefix": 30}
FIELDS = {"collector": 7, "router": 12, "peer": 31, "bmp_stat": 17, "base_attribute": 24,
          "unicast_prefix": 32, "l3vpn": 34, "evpn": 39, "ls_node": 27, "ls_link": 46,
          "ls_prefix": 34}


def messages(octets):
    """Objects, ids of collectors and rows of messages that follow each other."""
    at = 0
    while at < len(octets):
        end = octets.index(b"\n\n", at)
        lines = octets[at:end].decode().split("\n")
        headers = {line.split(":")[0].strip(): line.split(":")[1].strip() for line in lines}
        begin, at = end + 2, end + 2 + int(headers["L"])
        rows = octets[begin:at].decode().split("\n")
        rows = [row.split("\t") for row in rows if len(row) > 3]
        if len(rows) != int(headers["R"]) or float(headers["V"]) != 1.7:
            raise Refused(f"{headers} before {len(rows)} rows")
        yield headers["T"], headers["C_HASH_ID"], rows


class Consumer:
    """What the consumer keeps between two messages, and where its statements go."""

    def __init__(self, write):
        self.write = write
        self.batch = {}  # rows by object and id: a statement can change a row once only
        self.connections = {}
        self.rows = {}

    def values(self, kind, collector, row):
        """One row's values."""
        if len(row) != FIELDS[kind]:
            raise Refused(f"{len(row)} fields: {row}")
        for place in READ.get(kind, ()):
            optional(row[place - 1])
        values = [convert(row[place - 1]) for _, place, convert in TABLES[kind][2]]
        if kind in PREFIXES:
            at = PREFIXES[kind]
            values.append(f"'{row[at - 1]}/{row[at]}'::inet")
        if kind == "router":
            values.append(f"'{collector}'::uuid")
        return "(" + ",".join(values) + ")"

    def insert(self, kind, values):
        """A statement for many rows."""
        table, key, columns, kept = TABLES[kind]
        names = [name for name, _, _ in columns]
        names += ["prefix"] if kind in PREFIXES else []
        names += ["collector_hash_id"] if kind == "router" else []
        self.write(f"INSERT INTO {table} ({','.join(names)}) VALUES {','.join(values)}")
        if key:
            gone = "excluded.state = 'down'" if kind == "router" else "excluded.iswithdrawn"
            change = [
                f"{name}=CASE WHEN {gone} THEN {table}.{name} ELSE excluded.{name} END"
                if name in kept else f"{name}=excluded.{name}"
                for name in names if name not in key
            ]
            if kind == "base_attribute":
                change = ["timestamp=excluded.timestamp"]
            self.write(f" ON CONFLICT ({','.join(key)}) DO UPDATE SET {','.join(change)}")
        self.write(";\n")

    def flush(self):
        """Writes what has gathered: path attributes before the routes."""
        for kind in sorted(self.batch, key=list(TABLES).index):
            self.insert(kind, self.batch.pop(kind).values())

    def read(self, kind, collector, rows):
        """One message."""
        self.rows[kind] = self.rows.get(kind, 0) + len(rows)
        if kind in ("collector", "router", "peer"):
            self.flush()
            for row in rows:
                self.insert(kind, [self.values(kind, collector, row)])
                getattr(self, kind)(row)
            return
        for row in rows:
            if kind == "evpn":  # it has no table for those
                for place in READ[kind]:
                    optional(row[place - 1])
                continue
            batch = self.batch.setdefault(kind, {})
            batch[len(batch) if kind == "bmp_stat" else row[2]] = self.values(
                kind, collector, row)
            if len(batch) >= BATCH:
                self.flush()

    def collector(self, row):
        if row[0] in ("started", "stopped"):
            self.write("UPDATE routers SET state = 'down' "
                       f"WHERE collector_hash_id = '{row[3]}';\n")

    def router(self, row):
        count = self.connections.get(row[3], 0)
        if row[0] == "term":
            self.connections[row[3]] = max(0, count - 1)
            return
        if count == 0:
            self.write(f"UPDATE bgp_peers SET state = 'down' WHERE router_hash_id = '{row[3]}'"
                       f" AND timestamp < '{row[10]}';\n")
        self.connections[row[3]] = count + 1

    def peer(self, row):
        self.write(f"DELETE FROM ip_rib WHERE peer_hash_id = '{row[2]}'"
                   f" AND timestamp < '{row[7]}';\n")


def translate(octets, write):
    """Writes the statements for all messages; how many rows each object had."""
    consumer = Consumer(write)
    for message in messages(octets):
        consumer.read(*message)
    consumer.flush()
    return consumer.rows


if __name__ == "__main__":
    translate(sys.stdin.buffer.read(), lambda text: sys.stdout.buffer.write(text.encode()))
