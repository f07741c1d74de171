//! The columns of each object with what their readers do to them: the Java API's numbers, then the
//! database's types, widths and enumerations, which get them in SQL without any escaping.

use std::net::IpAddr;

use super::envelope::{Fault, want};

/// What a field has to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    /// One of these words.
    Word(&'static [&'static str]),
    /// An id: 32 hexadecimal digits.
    Hash,
    /// One, or none.
    NoHash,
    /// A decimal number, from the first to the second.
    Number(i64, i64),
    /// One, or nothing.
    NoNumber(i64, i64),
    /// A hexadecimal number.
    Hex,
    /// An address.
    Ip,
    /// One, or nothing.
    NoIp,
    /// `YYYY-MM-DD HH:MM:SS.ffffff`.
    Time,
    /// `0` or `1`.
    Flag,
    /// One, or nothing.
    NoFlag,
    /// Text of so many characters at most.
    Text(usize),
    /// Words of so many characters at most, a space between them.
    Words(usize),
    /// An AS path.
    Path,
    /// Nothing.
    Empty,
}
use Column::*;

const LONG: Column = Number(0, i64::MAX);
const NO_LONG: Column = NoNumber(0, i64::MAX);
const INT: Column = Number(0, i32::MAX as i64);
const NO_INT: Column = NoNumber(0, i32::MAX as i64);
const SMALL: Column = Number(0, i16::MAX as i64);
const NO_SMALL: Column = NoNumber(0, i16::MAX as i64);
/// A column of type `text`.
const ANY: Column = Text(usize::MAX);
const ADD: Column = Word(&["add", "del"]);
const ORIGIN: Column = Word(&["igp", "egp", "incomplete", ""]);
const PROTOCOL: Column =
    Word(&["IS-IS_L1", "IS-IS_L2", "OSPFv2", "Direct", "Static", "OSPFv3", ""]);
const ROUTE_TYPE: Column = Word(&["Intra", "Inter", "Ext-1", "Ext-2", "NSSA-1", "NSSA-2", ""]);

/// Runs of columns that several objects have.
type Columns = &'static [&'static [Column]];

/// Action, numbers, ids, peer and time of a route.
const HEAD: &[Column] = &[ADD, LONG, Hash, Hash, NoIp, NoHash, Hash, Ip, LONG, Time];
/// The same of BGP-LS, where the id of the path attributes comes earlier.
const LS_HEAD: &[Column] = &[ADD, LONG, Hash, NoHash, Hash, NoIp, Hash, Ip, LONG, Time];
/// Path attributes of a route: of a withdrawn one nothing.
const PATH: &[Column] = &[
    ORIGIN,
    Path,
    NO_SMALL,
    NO_LONG,
    NoIp,
    NO_LONG,
    NO_LONG,
    Text(64),
    Words(15),
    Words(50),
    Words(40),
    NoFlag,
    NoFlag,
    NoIp,
];
const PREFIX: &[Column] = &[Ip, SMALL, Flag];
const VIEW: &[Column] = &[Flag, Flag];
const LABELS: &[Column] = &[LONG, Text(255)];

/// The objects with their columns, and the places from 1 of the columns that tie rows together.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) columns: Columns,
    /// The row's own id, 0 where it has none.
    pub(super) hash: usize,
    pub(super) router: usize,
    pub(super) peer: usize,
    /// That of its path attributes.
    pub(super) base: usize,
}

pub(super) const OBJECTS: &[Object] = &[
    Object {
        name: "collector",
        columns: &[&[
            Word(&["started", "change", "heartbeat", "stopped"]),
            LONG,
            Text(64),
            Hash,
            Text(4096),
            SMALL,
            Time,
        ]],
        hash: 4,
        router: 0,
        peer: 0,
        base: 0,
    },
    Object {
        name: "router",
        columns: &[&[
            Word(&["first", "init", "term"]),
            LONG,
            Text(200),
            Hash,
            Ip,
            Text(255),
            INT,
            Text(255),
            ANY,
            ANY,
            Time,
            Empty,
        ]],
        hash: 4,
        router: 4,
        peer: 0,
        base: 0,
    },
    Object {
        name: "peer",
        columns: &[&[
            Word(&["first", "up", "down"]),
            LONG,
            Hash,
            Hash,
            Text(200),
            Ip,
            NoIp,
            Time,
            LONG,
            Ip,
            Text(32),
            NO_INT,
            NO_LONG,
            NoIp,
            NO_INT,
            NoIp,
            ANY,
            Text(4096),
            Text(4096),
            NO_SMALL,
            NO_SMALL,
            NO_SMALL,
            NO_SMALL,
            NO_SMALL,
            Text(255),
            Flag,
            Flag,
            Flag,
            Flag,
            Flag,
            Text(255),
        ]],
        hash: 3,
        router: 4,
        peer: 3,
        base: 0,
    },
    Object {
        name: "bmp_stat",
        columns: &[
            &[Word(&["add"]), LONG, Hash, NoIp, Hash, Ip, LONG, Time],
            &[LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG],
        ],
        hash: 0,
        router: 3,
        peer: 5,
        base: 0,
    },
    Object {
        name: "base_attribute",
        columns: &[
            &[Word(&["add"]), LONG, Hash, Hash, NoIp, Hash, Ip, LONG, Time],
            &[ORIGIN, Path, SMALL, LONG, Ip, LONG, LONG, Text(64), Words(15), Words(50)],
            &[Words(40), Flag, Flag, NoIp, Words(40)],
        ],
        hash: 3,
        router: 4,
        peer: 6,
        base: 0,
    },
    Object {
        name: "unicast_prefix",
        columns: &[HEAD, PREFIX, PATH, LABELS, VIEW, &[Words(40)]],
        hash: 3,
        router: 4,
        peer: 7,
        base: 6,
    },
    Object {
        name: "l3vpn",
        columns: &[HEAD, PREFIX, PATH, LABELS, VIEW, &[Text(128), NO_INT, Words(40)]],
        hash: 3,
        router: 4,
        peer: 7,
        base: 6,
    },
    Object {
        name: "evpn",
        columns: &[
            HEAD,
            PATH,
            &[LONG],
            VIEW,
            &[Text(128), INT, INT, NoIp, Text(8), Text(64), INT, Text(17), INT, NoIp, LONG, LONG],
        ],
        hash: 3,
        router: 4,
        peer: 7,
        base: 6,
    },
    Object {
        name: "ls_node",
        columns: &[
            LS_HEAD,
            &[Text(46), Text(46), LONG, Hex, Text(128), Text(16), Text(46), PROTOCOL, Text(20)],
            &[Path, NO_LONG, NO_LONG, NoIp, Text(255)],
            VIEW,
            &[Text(255)],
        ],
        hash: 3,
        router: 5,
        peer: 7,
        base: 4,
    },
    Object {
        name: "ls_link",
        columns: &[
            LS_HEAD,
            &[Text(46), Text(46), LONG, Hex, Text(16), Text(46), PROTOCOL],
            &[Path, NO_LONG, NO_LONG, NoIp, NO_INT, NO_LONG, NO_LONG],
            // The consumer makes NULL of `::`, and broken SQL of nothing.
            &[Ip, Ip],
            &[NO_LONG, NoNumber(i32::MIN as i64, i32::MAX as i64), NO_LONG, NO_LONG, Text(128)],
            &[NO_LONG, Text(60), Word(&["LDP", "RSVP-TE", ""]), Text(128), Text(255), Hash, Hash],
            &[Text(46), Text(46), LONG, LONG, Text(128)],
            VIEW,
            &[Text(255)],
        ],
        hash: 3,
        router: 5,
        peer: 7,
        base: 4,
    },
    Object {
        name: "ls_prefix",
        columns: &[
            LS_HEAD,
            &[Text(46), Text(46), LONG, Hex, Text(16), Text(46), PROTOCOL],
            &[Path, NO_LONG, NO_LONG, NoIp, Hash, NO_INT, ROUTE_TYPE, Text(20), NO_LONG, NO_LONG],
            &[Ip, NO_LONG, Ip, SMALL],
            VIEW,
            &[Text(255)],
        ],
        hash: 3,
        router: 5,
        peer: 7,
        base: 4,
    },
];

/// Reads a row as the consumer of the database does.
pub(super) fn accept(object: &Object, row: &[&str]) -> Result<(), Fault> {
    let count: usize = object.columns.iter().map(|run| run.len()).sum();
    want(row.len() == count, || format!("{} fields; expected {count}", row.len()))?;
    for (i, (column, text)) in object.columns.iter().copied().flatten().zip(row).enumerate() {
        let fault = |fault| format!("field {}, '{text}': {fault}", i + 1);
        field(*column, text).map_err(fault)?;
    }
    let prefix = match object.name {
        "unicast_prefix" | "l3vpn" => Some((row[10], row[11], Some(row[12]))),
        "ls_prefix" => Some((row[29], row[30], None)),
        _ => None,
    };
    match prefix {
        Some((address, len, is_v4)) => network(address, len, is_v4),
        None => Ok(()),
    }
}

/// A network of the database's type `inet`.
fn network(address: &str, len: &str, is_v4: Option<&str>) -> Result<(), Fault> {
    let v4 = matches!(address.parse(), Ok(IpAddr::V4(_)));
    let max = if v4 { 32 } else { 128 };
    let fits = len.parse::<u8>().is_ok_and(|len| len <= max);
    want(fits, || format!("'{address}/{len}' is no network"))?;
    want(is_v4.is_none_or(|flag| (flag == "1") == v4), || format!("{address} with {is_v4:?}"))
}

fn field(column: Column, text: &str) -> Result<(), Fault> {
    want(!text.contains('\''), || "a quote ends the SQL's text".into())?;
    want(!text.contains(['\0', '\r']), || "an octet that ends a text or a row".into())?;
    let empty = text.is_empty();
    match column {
        NoHash | NoNumber(..) | NoIp | NoFlag if empty => Ok(()),
        Word(words) => want(words.contains(&text), || format!("none of {words:?}")),
        Hash | NoHash => {
            let digits = text.bytes().all(|b| b"0123456789abcdef".contains(&b));
            want(text.len() == 32 && digits, || "not 32 hexadecimal digits".into())
        }
        Number(min, max) | NoNumber(min, max) => match text.parse::<i64>() {
            Ok(n) => want((min..=max).contains(&n), || format!("not in {min}..={max}")),
            Err(e) => Err(format!("no decimal number: {e}")),
        },
        Hex => match i64::from_str_radix(text, 16) {
            Ok(n) => want(n >= 0, || "negative".into()),
            Err(e) => Err(format!("no hexadecimal number: {e}")),
        },
        Ip | NoIp => want(text.parse::<IpAddr>().is_ok(), || "no address".into()),
        Time => time(text),
        Flag | NoFlag => want(["0", "1"].contains(&text), || "neither 0 nor 1".into()),
        Text(width) => {
            let len = text.chars().count();
            want(len <= width, || format!("{len} characters; the column has {width}"))
        }
        Words(width) => words(text, width),
        Path => path(text),
        Empty => want(empty, || "the consumer makes broken SQL of it".into()),
    }
}

/// A list that becomes an array of the database.
fn words(text: &str, width: usize) -> Result<(), Fault> {
    // Java drops empty parts at the end, and no others.
    let text = text.trim_end_matches(' ');
    for word in text.split(' ').filter(|_| !text.is_empty()) {
        let len = word.chars().count();
        want((1..=width).contains(&len), || format!("a word of {len} of {width} characters"))?;
        want(!word.contains(['"', '\\']), || "ends an array's element".into())?;
    }
    Ok(())
}

/// ` 65001 { 64500 64501 }`: AS numbers and lone braces, a space before each.
fn path(text: &str) -> Result<(), Fault> {
    want(text.is_empty() || text.starts_with(' '), || "a path begins with a space".into())?;
    let mut open = false;
    for word in text.split(' ').skip(1) {
        let (sound, now) = match word {
            "{" => (!open, true),
            "}" => (open, false),
            asn => (asn.parse::<u32>().is_ok(), open),
        };
        want(sound, || format!("'{word}' in a path"))?;
        open = now;
    }
    want(!open, || "a set without an end".into())
}

fn time(text: &str) -> Result<(), Fault> {
    let shape = text.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b });
    let sound = shape.eq(*b"0000-00-00 00:00:00.000000");
    want(sound, || "no time".into())?;
    let (day, hour) = text.split_at(10);
    let in_calendar = format!("{day}T{}Z", &hour[1..]).parse::<jiff::Timestamp>();
    want(in_calendar.is_ok(), || format!("no time: {in_calendar:?}"))
}
