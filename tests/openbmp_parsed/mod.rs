//! `openbmp` says what OpenBMP's own collector says, but for listed defects.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod feed;
mod life;
mod live;
mod recipes;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use ribcage::record::CloseReason;

use crate::util::{decode, files, read, shared};
use feed::{Feed, Message};
use recipes::Row;

/// How many fields a row of each object has.
const FIELDS: &[(&str, usize)] = &[
    ("collector", 7),
    ("router", 12),
    ("peer", 31),
    ("bmp_stat", 17),
    ("base_attribute", 24),
    ("unicast_prefix", 32),
    ("l3vpn", 34),
    ("evpn", 39),
    ("ls_node", 27),
    ("ls_link", 46),
    ("ls_prefix", 34),
];

/// Where the router's hash is in a row of an object.
fn router_hash_at(object: &str) -> usize {
    match object {
        "bmp_stat" => 3,
        object if object.starts_with("ls_") => 5,
        _ => 4,
    }
}

/// What the original sent, by stream and object, in the order of its rows.
type ByStream<'m> = BTreeMap<(&'static str, String), Vec<&'m Message>>;

const ROUTER_B: &str = "07586ec2f761dbd9b4c11542e61e800e";
const ROUTER_C: &str = "56cf95f9e09b3b8c10351aa6b4ea4df7";

fn by_stream(messages: &[Message]) -> ByStream<'_> {
    let mut found = ByStream::new();
    for message in messages {
        let row = Row(&message.rows[0]);
        let stream = match row.field(router_hash_at(&message.object)) {
            _ if message.object == "collector" => "collector",
            ROUTER_B => "B",
            ROUTER_C => "C",
            _ => "A",
        };
        found.entry((stream, message.object.clone())).or_default().push(message);
    }
    // The original's records carry times of whole milliseconds, so rows tell their order.
    for list in found.values_mut() {
        list.sort_by_key(|message| Row(&message.rows[0]).field(2).parse::<u64>().unwrap());
    }
    found
}

/// The messages of the recording, without the raw ones.
fn golden(path: &Path) -> Vec<Message> {
    let text = String::from_utf8(read(path)).unwrap();
    let mut messages = Vec::new();
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = |name: &str| line[name].as_str().unwrap().to_owned();
        let topic = word("topic");
        if topic.ends_with("bmp_raw") {
            continue;
        }
        let hex = word("value_hex");
        let octets = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
        let octets: Vec<u8> = octets.map(Result::unwrap).collect();
        let message = Message::read(&mut octets.as_slice()).unwrap();
        messages.push(Message { topic, key: word("key"), ..message });
    }
    messages
}

/// Feeds the three streams as they came: the second was still open when the third began.
fn ours(shared: &Path) -> Vec<Message> {
    let [a, b, c] = ["A", "B", "C"]
        .map(|name| read(&shared.join(format!("data/openbmp/golden/streams/stream-{name}.bmp"))));
    let mut feed = Feed::new(&[
        ("admin-id", "test-collector"),
        ("pat-enabled", "true"),
        ("sql-safe", "false"),
        ("heartbeat", "50s"),
    ]);
    let second = Duration::from_secs(1);
    feed.pass(second);
    let mut session = feed.open(1, "127.0.0.2");
    feed.pass(second);
    assert_eq!(feed.data(&mut session, &a), None);
    feed.close(session, CloseReason::EndOfStream);
    feed.pass(second);
    let mut session_b = feed.open(2, "127.0.0.3");
    feed.pass(second);
    assert_eq!(feed.data(&mut session_b, &b), None);
    let mut session_c = feed.open(3, "127.0.0.4");
    feed.pass(second);
    feed.close(session_b, CloseReason::EndOfStream);
    feed.pass(second);
    let reason = feed.data(&mut session_c, &c);
    feed.close(session_c, reason.expect("the third stream ends in garbage"));
    feed.pass(second);
    feed.pass(50 * second);
    feed.messages
}

/// A difference that is meant: why, in which objects, and whether a pair of fields is such.
struct Rule {
    why: &'static str,
    objects: &'static [&'static str],
    /// Place from 1, the original's row, ours.
    holds: fn(usize, Row<'_>, Row<'_>) -> bool,
}

const ROUTES: &[&str] = &["base_attribute", "unicast_prefix", "l3vpn", "evpn"];

/// The places of `ext_communities`.
fn communities_at(row: Row<'_>) -> usize {
    match row.0.len() {
        24 => 19,
        39 => 20,
        _ => 23,
    }
}

/// The places of ids that cover path attributes.
fn is_base_id(place: usize, row: Row<'_>) -> bool {
    place == if row.0.len() == 24 { 3 } else { 6 }
}

fn next_hop_at(row: Row<'_>) -> usize {
    match row.0.len() {
        24 => 14,
        39 => 15,
        _ => 18,
    }
}

/// Empty words, octets as they are, a rate that is its own bits, or cut at an octet of zero.
fn is_garbled(communities: &str) -> bool {
    let ends = ["flags=", "vpls:"];
    communities.split(' ').any(|word| word.is_empty() || ends.iter().any(|end| word.ends_with(end)))
        || communities.chars().any(|c| c < ' ')
        || communities.contains("e+09")
}

const RULES: &[Rule] = &[
    Rule {
        why: "rows are numbered apart: see `numbered`",
        objects: &[
            "router",
            "peer",
            "bmp_stat",
            "base_attribute",
            "unicast_prefix",
            "l3vpn",
            "evpn",
        ],
        holds: |place, _, _| place == 2,
    },
    Rule {
        why: "the collector's own clock",
        objects: &["collector", "router", "base_attribute", "unicast_prefix"],
        holds: |place, golden, ours| {
            let clock = golden.field(place).starts_with("2026-11-21 21:1");
            clock && ours.field(place).starts_with("2026-09-21 ")
        },
    },
    Rule {
        why: "ATOMIC_AGGREGATE is never seen",
        objects: &["base_attribute", "unicast_prefix"],
        holds: |place, golden, ours| {
            let at = if golden.0.len() == 24 { 21 } else { 25 };
            place == at && (golden.field(at), ours.field(at)) == ("0", "1")
        },
    },
    Rule {
        why: "chance bits in the octet for the view",
        objects: &["unicast_prefix"],
        holds: |place, golden, _| place == 3 && (golden.field(30), golden.field(31)) != ("1", "1"),
    },
    Rule {
        why: "extended communities: empty words, octets as they are, a rate that is its own bits",
        objects: ROUTES,
        holds: |place, golden, ours| {
            let at = communities_at(golden);
            let theirs = golden.field(at);
            let garbled = is_garbled(theirs) && theirs != ours.field(at);
            garbled && (place == at || is_base_id(place, golden))
        },
    },
    Rule {
        why: "an IPv6 next hop of an IPv4 route is cut to four octets",
        objects: &["base_attribute", "unicast_prefix"],
        holds: |place, golden, ours| {
            let at = next_hop_at(golden);
            let cut = (golden.field(at), ours.field(at)) == ("32.1.13.184", "2001:db8::1");
            let is_ipv4_at = if golden.0.len() == 24 { 22 } else { 26 };
            cut && (place == at || place == is_ipv4_at || is_base_id(place, golden))
        },
    },
    Rule {
        why: "a peer's distinguisher of type 2 has a sign",
        objects: &["peer"],
        holds: |place, golden, ours| {
            let rds = ("18446744073614584321:300", "4200000001:300");
            (place == 3 || place == 11) && (golden.field(11), ours.field(11)) == rds
        },
    },
    Rule {
        why: "numbers in an Ethernet segment identifier have a sign",
        objects: &["evpn"],
        holds: |place, golden, _| (place == 3 || place == 33) && golden.field(33).contains(" -"),
    },
    Rule {
        why: "a withdrawn EVPN route has the path attributes of the one before it",
        objects: &["evpn"],
        holds: |place, golden, ours| {
            place == 6 && golden.field(1) == "del" && ours.field(6).is_empty()
        },
    },
    Rule {
        why: "so has a withdrawn node or link",
        objects: &["ls_node", "ls_link"],
        holds: |place, golden, ours| {
            place == 4 && golden.field(1) == "del" && ours.field(4).is_empty()
        },
    },
    Rule {
        why: "the second range of a global block is read at the wrong place",
        objects: &["ls_node"],
        holds: |place, golden, ours| {
            let ranges = (golden.field(place), ours.field(place));
            place == 27 && ranges == ("IV 8000 16000, 16000", "IV 8000 16000, 1000 900000")
        },
    },
    Rule {
        why: "flags of OSPF have letters of IS-IS",
        objects: &["ls_link", "ls_prefix"],
        holds: |place, golden, ours| match (golden.field(place), ours.field(place)) {
            ("BV 5 24001", "VL 5 24001") => place == 46,
            ("N strict-SPF 99", "NP strict-SPF 99") => place == 34,
            _ => false,
        },
    },
];

/// Why a message is on one side alone, and which ones.
type OneSided = (&'static str, fn(&Message) -> bool);

/// The original's messages that have no counterpart here.
const NOT_OURS: &[OneSided] = &[
    ("a mirrored UPDATE is no route of a RIB", |m| {
        m.object == "unicast_prefix" && m.rows[0][10] == "198.51.130.0"
    }),
    ("its path attributes", |m| m.object == "base_attribute" && m.rows[0][1] == "59"),
    ("EVPN type 5 as rows without sense", |m| m.object == "evpn" && m.rows[0][1] == "7"),
];

/// Our messages that have no counterpart there.
const NOT_THEIRS: &[OneSided] = &[
    ("peers of a router that is gone are down", |m| {
        m.object == "peer" && m.rows[0][24] == "BMP session lost"
    }),
    ("a router that goes on under another id is gone", |m| {
        m.object == "router" && m.rows[0][7] == "Router has another name"
    }),
];

/// Compares two messages; counts how often each rule was needed.
fn compare(golden: &Message, ours: &Message, used: &mut [usize]) -> Result<(), String> {
    let mut faults = Vec::new();
    let mut same = |what: &str, golden: &str, ours: &str| {
        if golden != ours {
            faults.push(format!("{what}: '{golden}' there, '{ours}' here"));
        }
    };
    same("topic", &golden.topic, &ours.topic);
    same("envelope", &golden.envelope.join("|"), &ours.envelope.join("|"));
    same("rows", &golden.rows.len().to_string(), &ours.rows.len().to_string());
    let mut excused_key = false;
    for (theirs, mine) in golden.rows.iter().zip(&ours.rows) {
        same("fields", &theirs.len().to_string(), &mine.len().to_string());
        for place in 1..=theirs.len().min(mine.len()) {
            let (theirs, mine) = (Row(theirs), Row(mine));
            if theirs.field(place) == mine.field(place) {
                continue;
            }
            let rule = RULES.iter().position(|rule| {
                rule.objects.contains(&&*golden.object) && (rule.holds)(place, theirs, mine)
            });
            match rule {
                Some(rule) => {
                    used[rule] += 1;
                    excused_key |= theirs.field(place) == golden.key;
                }
                None => same(&format!("field {place}"), theirs.field(place), mine.field(place)),
            }
        }
    }
    if !excused_key {
        same("key", &golden.key, &ours.key);
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(format!("{} {:?}\n  {}", golden.object, golden.rows[0], faults.join("\n  "))),
    }
}

#[test]
fn the_same_messages_as_the_original() {
    let Some(shared) = shared("the_same_messages_as_the_original") else { return };
    let golden = golden(&shared.join("data/openbmp/golden/messages-ABC.jsonl"));
    let ours = ours(&shared);
    let (golden, mut ours) = (by_stream(&golden), by_stream(&ours));
    let mut used = vec![0; RULES.len()];
    let (mut faults, mut compared) = (Vec::new(), 0);
    let (mut not_ours, mut not_theirs) = (vec![0; NOT_OURS.len()], vec![0; NOT_THEIRS.len()]);
    for ((stream, object), theirs) in &golden {
        let mine = ours.remove(&(stream, object.clone())).unwrap_or_default();
        let theirs = without(theirs, NOT_OURS, &mut not_ours);
        let mine = without(&mine, NOT_THEIRS, &mut not_theirs);
        if theirs.len() != mine.len() {
            let (theirs, mine) = (theirs.len(), mine.len());
            faults.push(format!("{stream} {object}: {theirs} messages there, {mine} here"));
        }
        for (theirs, mine) in theirs.iter().zip(&mine) {
            compared += 1;
            let result = compare(theirs, mine, &mut used);
            faults.extend(result.err().map(|fault| format!("{stream} {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    assert!(ours.is_empty(), "only here: {ours:?}");
    assert_eq!(compared + not_ours.iter().sum::<usize>(), 177, "parsed messages");
    for (rule, used) in RULES.iter().zip(&used) {
        assert!(*used > 0, "nothing needs the rule '{}'", rule.why);
    }
    assert!(
        not_ours.iter().chain(&not_theirs).all(|used| *used > 0),
        "{not_ours:?} {not_theirs:?}"
    );
}

/// The messages that none of `rules` takes out.
fn without<'m>(
    messages: &[&'m Message],
    rules: &[OneSided],
    used: &mut [usize],
) -> Vec<&'m Message> {
    let mut kept = messages.to_vec();
    kept.retain(|message| {
        let rule = rules.iter().position(|(_, holds)| holds(message));
        rule.inspect(|rule| used[*rule] += 1).is_none()
    });
    kept
}

#[test]
fn ids_are_what_the_rows_say_and_rows_are_numbered() {
    let Some(shared) = shared("ids_are_what_the_rows_say_and_rows_are_numbered") else { return };
    let messages = ours(&shared);
    let mut checked = BTreeMap::new();
    for message in &messages {
        for row in &message.rows {
            let Some((at, id)) = recipes::id(&message.object, Row(row)) else { continue };
            assert_eq!(row[at - 1], id, "{}: {row:?}", message.object);
            *checked.entry(message.object.as_str()).or_insert(0) += 1;
        }
    }
    assert!(checked.values().sum::<i32>() > 150 && checked.len() == 9, "{checked:?}");
    for ((stream, object), messages) in by_stream(&messages) {
        let numbers = messages.iter().flat_map(|m| &m.rows).map(|row| row[1].clone());
        let gapless: Vec<_> = (0..numbers.clone().count()).map(|n| n.to_string()).collect();
        assert_eq!(numbers.collect::<Vec<_>>(), gapless, "{stream} {object}");
    }
}

/// The widths of text columns in the database, by place.
fn widths(object: &str) -> &'static [(usize, usize)] {
    match object {
        "collector" => &[(3, 64), (5, 4096)],
        "router" => &[(3, 200), (6, 255)],
        "peer" => &[(5, 200), (11, 32), (18, 4096), (19, 4096), (25, 255), (31, 255)],
        "base_attribute" => &[(10, 16), (17, 64)],
        "unicast_prefix" => &[(14, 16), (21, 64), (29, 255)],
        "l3vpn" => &[(14, 16), (21, 64), (29, 255), (32, 128)],
        "ls_node" => &[(11, 46), (12, 46), (15, 128), (19, 20), (24, 255), (27, 255)],
        "ls_link" => &[(11, 46), (12, 46), (31, 128), (36, 255), (43, 128), (46, 255)],
        "ls_prefix" => &[(11, 46), (12, 46), (34, 255)],
        _ => &[],
    }
}

/// Reads a row as the database's reader does.
fn accept(object: &str, row: Row<'_>) {
    let count = FIELDS.iter().find(|(name, _)| *name == object).unwrap().1;
    assert_eq!(row.0.len(), count, "{object}: {row:?}", row = row.0);
    assert!(row.0.iter().all(|field| !field.contains(['\'', '\0'])), "{:?}", row.0);
    for (place, width) in widths(object) {
        assert!(row.field(*place).chars().count() <= *width, "{object} {place}: {:?}", row.0);
    }
    let id_at = match object {
        "collector" | "router" => 4,
        "bmp_stat" => 5,
        _ => 3,
    };
    let id = row.field(id_at);
    assert!(id.len() == 32 && id.bytes().all(|b| b"0123456789abcdef".contains(&b)), "{:?}", row.0);
    let number = |place| row.field(place).parse::<u64>().unwrap_or_else(|_| panic!("{:?}", row.0));
    number(2);
    match object {
        "router" => assert_eq!(row.field(12), ""),
        "peer" if row.field(1) == "up" => assert!(number(20).max(number(21)) <= 32_767),
        "unicast_prefix" | "l3vpn" => {
            assert!(number(12) <= 128);
            number(28);
        }
        _ => {}
    }
    if let "base_attribute" = object {
        for (place, width) in [(18, 15), (19, 50), (20, 40), (24, 40)] {
            let words: Vec<_> = row.field(place).trim_end().split(' ').collect();
            let one = words == [""];
            assert!(one || words.iter().all(|w| (1..=width).contains(&w.len())), "{:?}", row.0);
        }
    }
}

#[test]
fn a_reader_takes_every_row_of_every_recording() {
    let Some(shared) = shared("a_reader_takes_every_row_of_every_recording") else { return };
    let mut rows = BTreeMap::new();
    let recordings = ["captures", "openbmp", "streams"].map(|name| shared.join("data").join(name));
    for path in recordings.iter().flat_map(|folder| files(folder, ".bmp")) {
        let format = "openbmp?admin-id=c&pat-enabled=true";
        let out = decode(&["--format", format, "--router", "192.0.2.9:1"], &path).stdout;
        let (mut left, mut routers, mut last) = (&out[..], Vec::new(), String::new());
        let mut peers = Vec::new();
        while let Some(message) = Message::read(&mut left) {
            for row in message.rows.iter().map(|row| Row(row)) {
                accept(&message.object, row);
                *rows.entry(message.object.clone()).or_insert(0) += 1;
                follow(&message.object, row, &mut routers, &mut peers, &mut last);
            }
        }
        assert_eq!(last, "stopped", "{}", path.display());
        assert!(peers.is_empty(), "{}: {peers:?} are up at the end", path.display());
    }
    assert!(rows.len() >= 10, "{rows:?}");
}

/// Routes belong to peers that are up, with path attributes that were sent.
fn follow(
    object: &str,
    row: Row<'_>,
    bases: &mut Vec<String>,
    peers: &mut Vec<String>,
    last: &mut String,
) {
    let action = row.field(1);
    match object {
        "collector" => action.clone_into(last),
        "peer" => {
            peers.retain(|peer| peer != row.field(3));
            if action != "down" {
                peers.push(row.field(3).to_owned());
            }
        }
        "base_attribute" => {
            assert!(peers.iter().any(|peer| peer == row.field(6)), "{:?}", row.0);
            bases.clear();
            bases.push(row.field(3).to_owned());
        }
        "unicast_prefix" | "l3vpn" => {
            assert!(peers.iter().any(|peer| peer == row.field(7)), "{:?}", row.0);
            let base = row.field(6);
            assert!(action == "del" || base.is_empty() || bases.iter().any(|b| b == base));
        }
        _ => {}
    }
}
