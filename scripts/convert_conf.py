#!/usr/bin/env python3
"""Turns the configuration of pmacct's pmbmpd (`key: value`) or of OpenBMP's openbmpd (YAML) into a
file for `ribcage collect --config`.

    scripts/convert_conf.py pmbmpd.conf >ribcage.toml
    scripts/convert_conf.py openbmpd.conf >ribcage.toml

What has no equivalent stands in the file as comments, and on standard error. Look at the result with
`ribcage collect -c ribcage.toml --check`. Exit code 0, also when something has no equivalent; 2 when
the file cannot be read. Needs nothing beyond Python's standard library; with PyYAML all of YAML is
understood, without it the subset that openbmpd.conf uses.
"""

import argparse
import ipaddress
import re
import sys
from pathlib import Path


class Unreadable(Exception):
    """The file cannot be read; the text says why."""


def quoted(value):
    """A TOML value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(quoted(item) for item in value) + "]"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    escaped = "".join(c if ord(c) >= 32 and ord(c) != 127 else f"\\u{ord(c):04x}" for c in escaped)
    return f'"{escaped}"'


class Result:
    """The file that is made."""

    def __init__(self, source):
        self.source, self.keys, self.outputs, self.routers, self.missing = source, [], [], [], []

    def key(self, name, value):
        self.keys.append((name, value))

    def output(self, format_name, url, **options):
        pairs = [("format", format_name), ("url", url)]
        self.outputs.append(pairs + [(k.replace("__", "-"), v) for k, v in options.items()])
        return self.outputs[-1]

    def lacks(self, what, why):
        self.missing.append(f"{what}: {why}")

    def text(self):
        lines = [f"# From {self.source}."]
        if self.missing:
            lines += ["#", "# Without an equivalent:"] + [f"#   {line}" for line in self.missing]
        lines.append("")
        lines += [f"{name} = {quoted(value)}" for name, value in self.keys]
        for kind, tables in (("output", self.outputs), ("router", self.routers)):
            for table in tables:
                lines += ["", f"[[{kind}]]"] + [f"{k} = {quoted(v)}" for k, v in table]
        return "\n".join(lines) + "\n"


def one_line(text):
    return re.sub(r"[^\x20-\x7e]", "?", str(text))


def prefix(text):
    """A prefix without bits beyond its length."""
    return str(ipaddress.ip_network(str(text).strip(), strict=False))


def address_port(address, port, device=None):
    host = f"[{address}]" if ":" in address else address
    return f"{host}:{port}" + (f"%{device}" if device else "")


# ---------------------------------------------------------------------------- pmbmpd

# pmacct's key -> the option of `pmacct-json`: truth values, named alike.
PMACCT_FLAGS = [
    "timestamps_utc", "timestamps_rfc9557", "timestamps_rfc3339", "timestamps_since_epoch",
    "as_path_encode_as_array", "bgp_comms_encode_as_array", "bgp_comms_num",
    "tmp_bgp_daemon_origin_type_int", "bmp_daemon_set_pd", "tmp_bgp_lookup_compare_ports",
    "pre_tag_label_encode_as_map",
]
# Keys about how pmacct runs, which a service manager or nothing at all stands for.
PMACCT_NEEDLESS = {
    "daemonize": "the service manager does that",
    "pidfile": "the service manager knows the process",
    "logfile": "the log goes to standard error",
    "syslog": "the log goes to standard error; systemd passes it on",
    "core_proc_name": None,  # taken as the output's name
    "plugins": "there are none",
    "bmp_daemon": "it is the only task",
}


def read_pmacct(text):
    keys = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in "!#":
            continue
        if ":" not in line:
            raise Unreadable(f"line {number}: `{line}` is no `key: value`")
        key, value = line.split(":", 1)
        keys[key.strip()] = value.strip()
    return keys


def is_true(value):
    return value.lower() in ("true", "yes", "1", "on")


def pmacct_path(value, result):
    """A file name of pmacct's as one of ours."""
    value = value.replace("%", "%%")
    for names, part in (
        (["$bmp_router_port", "$peer_tcp_port", "$telemetry_node_port"], "{session}"),
        (["$bmp_router", "$peer_src_ip", "$telemetry_node"], "{router}"),
    ):
        for name in names:
            if name in value:
                value = value.replace(name, part)
                if part == "{session}":
                    result.lacks(name, "file names have {session}, which is new for each session")
    if "?" in value:
        result.lacks("bmp_daemon_msglog_file", "a `?` in its name would begin the URL's options")
    return value


def from_pmacct(text, result):
    keys = read_pmacct(text)
    take = keys.pop
    port = take("bmp_daemon_port", "1790")
    device = take("bmp_daemon_interface", None)
    address = take("bmp_daemon_ip", None) or "::"
    result.key("listen", [address_port(address, port, device)])
    if is_true(take("bmp_daemon_ipv6_only", "false")) and address == "::":
        result.routers.append([("source", "0.0.0.0/0"), ("allow", False)])
    if "bmp_daemon_max_peers" in keys:
        result.key("max-routers", int(take("bmp_daemon_max_peers")))
    if "bmp_daemon_pipe_size" in keys:
        result.key("receive-buffer", str(int(take("bmp_daemon_pipe_size"))))
    if "bmp_daemon_ipprec" in keys:
        result.key("dscp", int(take("bmp_daemon_ipprec")) * 8)
    pmacct_batch(keys, result)
    pmacct_allow(keys, result)
    if is_true(take("debug", "false")):
        result.key("log-level", "debug")
    pmacct_output(keys, result)
    for key, why in PMACCT_NEEDLESS.items():
        if key in keys and (value := take(key)) and why:
            result.lacks(f"{key}: {value}", why)
    for key, value in keys.items():
        result.lacks(f"{key}: {value}", pmacct_why(key))


def pmacct_batch(keys, result):
    batch, interval = keys.pop("bmp_daemon_batch", "0"), keys.pop("bmp_daemon_batch_interval", "0")
    if int(batch) > 0:
        rate = max(1, int(batch) // max(1, int(interval)))
        result.key("accept-rate", f"{rate}/s")


def pmacct_allow(keys, result):
    path = keys.pop("bmp_daemon_allow_file", None)
    if not path:
        return
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        lines = [line.strip() for line in lines]
        allow = [prefix(line) for line in lines if line and line[0] not in "!#"]
    except (OSError, ValueError) as error:
        result.lacks(f"bmp_daemon_allow_file: {path}", f"{error}; write its lines as `allow`")
        return
    if allow:
        result.key("allow", allow)
    else:
        result.routers.append([("allow", False)])  # an empty file denies all


def pmacct_output(keys, result):
    options = {}
    if "core_proc_name" in keys:
        name = re.sub(r"[^A-Za-z0-9._-]", "-", keys["core_proc_name"])[:64]
        options["name"] = name
    for flag in PMACCT_FLAGS:
        if flag in keys and is_true(keys.pop(flag)):
            options[flag] = True
    for key in ("bmp_daemon_tag_map", "writer_id_string"):
        if key in keys:
            options[key] = keys.pop(key)
    kind = keys.pop("bmp_daemon_msglog_output", "json")
    if kind != "json":
        result.lacks(f"bmp_daemon_msglog_output: {kind}", "records are JSON")
    path = keys.pop("bmp_daemon_msglog_file", None)
    url = f"file:{pmacct_path(path, result)}" if path else "stdout:"
    result.output("pmacct-json", url, **options)


def pmacct_why(key):
    for part, why in (
        ("bmp_dump_", "there are no table dumps"),
        ("_kafka_", "there is no Kafka output yet; records go to the output named here"),
        ("_amqp_", "there is no AMQP output"),
        ("bmp_table_", "there is no table to be tuned"),
        ("proxy_header", "the PROXY protocol is not understood"),
        ("label_filter", "write `filter` on the output"),
        ("rpki_", "routes are not validated"),
        ("_ha", "there is no pair of collectors"),
        ("ebpf", "one process spreads its sessions over cores"),
        ("avro", "records are JSON"),
    ):
        if part in key:
            return why
    return "nothing like it"


# -------------------------------------------------------------------------- openbmpd

OPENBMP_OBJECTS = [
    "collector", "router", "peer", "bmp_stat", "base_attribute", "unicast_prefix", "ls_node",
    "ls_link", "ls_prefix", "l3vpn", "evpn",
]


def scalar(text):
    """A scalar of YAML."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        return [scalar(item) for item in text[1:-1].split(",") if item.strip()]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        inner = text[1:-1]
        return inner.replace("''", "'") if text[0] == "'" else inner.replace('\\\\', '\\')
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in ("true", "yes", "on"):
        return True
    if text.lower() in ("false", "no", "off"):
        return False
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else text


def without_comment(line):
    quote = None
    for at, c in enumerate(line):
        if quote:
            quote = None if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c == "#" and (at == 0 or line[at - 1].isspace()):
            return line[:at]
    return line


def split_key(text):
    """`key: value`, if it is that."""
    found = re.match(r"(?:\"([^\"]*)\"|'([^']*)'|([^\s:'\"\[{][^:]*?))\s*:(?:\s+(.*))?$", text)
    if not found:
        return None
    double, single, plain, value = found.groups()
    return next(k for k in (double, single, plain) if k is not None), value or ""


class Subset:
    """The subset of YAML that openbmpd.conf uses: maps and lists by indentation, and scalars."""

    def __init__(self, text):
        self.lines = []
        for number, line in enumerate(text.splitlines(), 1):
            line = without_comment(line).rstrip()
            if line.strip() and line.strip() != "---":
                if "\t" in line[: len(line) - len(line.lstrip())]:
                    raise Unreadable(f"line {number}: a tab in the indentation")
                self.lines.append((len(line) - len(line.lstrip()), line.strip(), number))
        self.at = 0

    def block(self, indent):
        """A map or list whose lines have this indentation."""
        is_list = self.lines[self.at][1].startswith("-")
        found = [] if is_list else {}
        while self.at < len(self.lines):
            depth, text, number = self.lines[self.at]
            if depth < indent or (depth == indent and is_list != text.startswith("-")):
                break
            if depth > indent:
                raise Unreadable(f"line {number}: indented deeper than the lines before")
            if is_list:
                self.item(found, depth, text, number)
            else:
                self.entry(found, depth, text, number)
        return found

    def item(self, found, depth, text, number):
        rest = text[1:].strip()
        if not rest:
            self.at += 1
            found.append(self.below(depth))
        elif split_key(rest) is not None:
            # A map that begins beside its dash: its other keys stand below the first.
            inner = depth + (len(text) - len(text[1:].lstrip()))
            self.lines[self.at] = (inner, rest, number)
            found.append(self.block(inner))
        else:
            self.at += 1
            found.append(scalar(rest))

    def entry(self, found, depth, text, number):
        pair = split_key(text)
        if pair is None:
            raise Unreadable(f"line {number}: `{text}` is no `key: value`; PyYAML would know more")
        key, value = pair
        self.at += 1
        if value:
            found[key] = scalar(value)
            return
        # A list may stand at its key's own indentation.
        beside = self.at < len(self.lines) and self.lines[self.at][0] == depth
        is_list = beside and self.lines[self.at][1].startswith("-")
        found[key] = self.block(depth) if is_list else self.below(depth)

    def below(self, depth):
        if self.at < len(self.lines) and self.lines[self.at][0] > depth:
            return self.block(self.lines[self.at][0])
        return None


def read_yaml(text, subset):
    if not subset:
        try:
            import yaml
        except ImportError:
            pass
        else:
            try:
                return yaml.safe_load(text)
            except yaml.YAMLError as error:
                raise Unreadable(f"this is no YAML: {error}") from error
    reader = Subset(text)
    return reader.block(reader.lines[0][0]) if reader.lines else {}


def section(tree, name):
    """A part of the tree, which is taken out of it."""
    found = tree.pop(name, None)
    if found is not None and not isinstance(found, dict):
        raise Unreadable(f"{name}: a map is expected here")
    return found or {}


def from_openbmp(text, result, subset):
    tree = read_yaml(text, subset)
    if not isinstance(tree, dict):
        raise Unreadable("a map is expected at the top")
    base, kafka = section(tree, "base"), section(tree, "kafka")
    debug, mapping = section(tree, "debug"), section(tree, "mapping")
    openbmp_listen(base, result)
    if any(debug.values()):
        result.key("log-level", "debug")
    options = {"admin__id": str(base.pop("admin_id", None) or "hostname")}
    heartbeat = section(base, "heartbeat").get("interval")
    if heartbeat:
        options["heartbeat"] = f"{heartbeat}m"
    startup = section(base, "startup")
    if startup.pop("pat_enabled", False):
        options["pat__enabled"] = True
    groups = section(mapping, "groups")
    for kind in ("router_group", "peer_group"):
        entries = openbmp_groups(kind, groups.pop(kind, None) or [], result)
        if entries:
            options[kind.replace("_", "__")] = entries
    openbmp_topics(section(kafka, "topics"), kafka, options, result)
    leftovers(result, openbmp_why, base=base, startup=startup, kafka=kafka, mapping=mapping,
              groups=groups, top=tree)


def leftovers(result, why, **sections):
    for name, found in sections.items():
        for key, value in found.items():
            what = key if name == "top" else f"{name}.{key}"
            shown = value if not isinstance(value, (dict, list)) else "..."
            result.lacks(f"{what}: {shown}", why(what))


def openbmp_listen(base, result):
    port, mode = base.pop("listen_port", None) or 5000, base.pop("listen_mode", None) or "v4"
    v4 = base.pop("listen_ipv4", None) or "0.0.0.0"
    v6 = base.pop("listen_ipv6", None) or "::"
    v4, v6 = address_port(str(v4), port), address_port(str(v6), port)
    if mode == "v4v6":
        # [::] takes IPv4, too.
        result.key("listen", [v6] if v6.startswith("[::]") else [v4, v6])
    elif mode == "v6":
        result.key("listen", [v6])
        result.routers.append([("source", "0.0.0.0/0"), ("allow", False)])
    else:
        result.key("listen", [v4])


def openbmp_groups(kind, entries, result):
    """A list as the option `router-group` or `peer-group` takes it."""
    items = []
    for entry in entries:
        name = str(entry.get("name"))
        for expression in entry.get("regexp_hostname") or []:
            if "," in str(expression):
                why = "an expression with a comma stands in a TOML file, which groups= names"
                result.lacks(f"{kind} {name}: regexp_hostname {expression}", why)
            else:
                items.append(f"{name}~{expression}")
        items += [f"{name}@{prefix(p)}" for p in entry.get("prefix_range") or []]
        items += [f"{name}#{asn}" for asn in entry.get("asn") or []]
    return items


def openbmp_topics(topics, kafka, options, result):
    variables = {"root": "openbmp", "raw": "bmp_raw", "parsed": "parsed"}
    variables.update(section(topics, "variables"))
    names = section(topics, "names")

    def expanded(template):
        """A name with the user's variables; those of a message stay."""
        return re.sub(
            r"\{(\w+)\}",
            lambda m: str(variables[m[1]]) if m[1] in variables else m[0],
            str(template or ""),
        )

    differing = []
    for item in OPENBMP_OBJECTS:
        name = expanded(names.pop(item, f"{{root}}.{{parsed}}.{item}"))
        if name != f"openbmp.parsed.{item}":
            differing.append(f"{item}:{name}")
    raw = expanded(names.pop("bmp_raw", "{root}.{raw}"))
    if differing:
        options["topics"] = differing
    size = kafka.pop("message.max.bytes", None)
    parsed = dict(options)
    if size and int(size) < 900 << 10:
        parsed["message__size"] = str(int(size))
    # openbmpd has a broker whether one is named or not.
    brokers = kafka.pop("brokers", None) or ["localhost:9092"]
    directories = ["/var/lib/ribcage/openbmp/"]
    result.output("openbmp", f"file:{directories[0]}", **parsed)
    if raw:
        directories.append("/var/lib/ribcage/openbmp-raw/")
        shared = {k: v for k, v in options.items() if k not in ("heartbeat", "topics")}
        result.output("openbmp-raw", f"file:{directories[1]}", topic=raw, **shared)
    why = f"there is no Kafka output yet; each topic is a file in {' or '.join(directories)}"
    result.lacks(f"kafka.brokers: {', '.join(map(str, brokers))}", why)
    leftovers(result, openbmp_why, topics=topics, names=names)


def openbmp_why(key):
    for part, why in (
        ("buffers", "batch-memory is the memory of all routers together"),
        ("max_concurrent_routers", "sessions are not kept waiting; accept-rate spreads their begin"),
        ("initial_router_time", "sessions are not kept waiting; accept-rate spreads their begin"),
        ("calculate_baseline", "sessions are not kept waiting; accept-rate spreads their begin"),
        ("kafka.", "there is no Kafka output yet"),
    ):
        if part in key:
            return why
    return "nothing like it"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="pmbmpd.conf or openbmpd.conf")
    parser.add_argument("--from", dest="kind", choices=["pmbmpd", "openbmpd"],
                        help="what it is (default: told by what is in it)")
    parser.add_argument("--subset", action="store_true", help="do without PyYAML")
    arguments = parser.parse_args()
    try:
        text = Path(arguments.file).read_text(encoding="utf-8")
        is_yaml = re.search(r"^(base|kafka|debug|mapping)\s*:\s*(#.*)?$", text, re.MULTILINE)
        kind = arguments.kind or ("openbmpd" if is_yaml else "pmbmpd")
        result = Result(f"{Path(arguments.file).name} ({kind})")
        if kind == "pmbmpd":
            from_pmacct(text, result)
        else:
            from_openbmp(text, result, arguments.subset)
    except (OSError, ValueError, AttributeError, Unreadable) as error:
        print(f"convert_conf.py: {arguments.file}: {error}", file=sys.stderr)
        return 2
    result.missing = [one_line(line) for line in result.missing]
    for line in result.missing:
        print(f"no equivalent: {line}", file=sys.stderr)
    sys.stdout.write(result.text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
