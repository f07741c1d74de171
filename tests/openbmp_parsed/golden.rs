//! Message by message, `openbmp` says what OpenBMP's own collector said of the same streams: topic,
//! key, envelope, rows and fields, but for what is listed here.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use ribcage::record::CloseReason;

use super::feed::{Feed, Message};
use super::recipes::{self, Row};
use crate::util::{read, shared};

/// Where the router's hash is in a row of an object.
fn router_hash_at(object: &str) -> usize {
    match object {
        "bmp_stat" => 3,
        object if object.starts_with("ls_") => 5,
        _ => 4,
    }
}

/// What was said, by stream and object, in the order of its rows.
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

/// The messages of a recording, without the raw ones.
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

fn stream(shared: &Path, name: &str) -> Vec<u8> {
    read(&shared.join(format!("data/openbmp/golden/streams/stream-{name}.bmp")))
}

fn feed(pat_enabled: &str) -> Feed {
    Feed::new(&[
        ("admin-id", "test-collector"),
        ("pat-enabled", pat_enabled),
        ("sql-safe", "false"),
        ("heartbeat", "50s"),
    ])
}

const SECOND: Duration = Duration::from_secs(1);

/// Feeds the three streams as they came: the second was still open when the third began.
fn three_routers(shared: &Path) -> Vec<Message> {
    let mut feed = feed("true");
    feed.pass(SECOND);
    let mut session = feed.open(1, "127.0.0.2");
    feed.pass(SECOND);
    assert_eq!(feed.data(&mut session, &stream(shared, "A")), None);
    feed.close(session, CloseReason::EndOfStream);
    feed.pass(SECOND);
    let mut session_b = feed.open(2, "127.0.0.3");
    feed.pass(SECOND);
    assert_eq!(feed.data(&mut session_b, &stream(shared, "B")), None);
    let mut session_c = feed.open(3, "127.0.0.4");
    feed.pass(SECOND);
    feed.close(session_b, CloseReason::EndOfStream);
    feed.pass(SECOND);
    let reason = feed.data(&mut session_c, &stream(shared, "C"));
    feed.close(session_c, reason.expect("the third stream ends in garbage"));
    feed.pass(SECOND);
    feed.pass(50 * SECOND);
    feed.messages
}

/// Feeds the stream of the router that was there when the collector was told to end.
fn the_end(shared: &Path) -> Vec<Message> {
    let mut feed = feed("false");
    feed.pass(SECOND);
    let mut session = feed.open(1, "127.0.0.5");
    feed.pass(SECOND);
    assert_eq!(feed.data(&mut session, &stream(shared, "B")), None);
    feed.close(session, CloseReason::Shutdown);
    feed.finish();
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

/// Empty, an octet as it is (zero ends the list), or a rate that is its own bits.
fn is_garbled(word: &str) -> bool {
    let ends = ["flags=", "vpls:"].iter().any(|end| word.ends_with(end));
    word.is_empty() || ends || word.chars().any(|c| c < ' ') || word.contains("e+09")
}

/// Whether words are garbled there and all others are here, too, in their order.
fn are_ungarbled(theirs: &str, ours: &str) -> bool {
    let mut words = ours.split(' ');
    match theirs {
        // Nothing but communities that it has no word for, or none; there are two that are not
        // transitive, which it does not look at.
        "" => words.all(|word| ["0x", "link-bw=", "cost="].iter().any(|is| word.starts_with(is))),
        _ => {
            let mut others = theirs.split(' ').filter(|word| !is_garbled(word));
            theirs.split(' ').any(is_garbled) && others.all(|word| words.any(|own| own == word))
        }
    }
}

/// A number of 32 bits that was taken for one with a sign, and is none.
fn has_lost_its_sign(theirs: &str, ours: &str) -> bool {
    let pairs = || theirs.split(' ').zip(ours.split(' '));
    theirs.contains(" -")
        && pairs().all(|(theirs, ours)| match theirs.parse::<i64>() {
            Ok(n) if n < 0 => ours.parse() == Ok(n + (1 << 32)),
            _ => theirs == ours,
        })
}

/// Whether the original's row is what it made of a route of type 5: nothing but its distinguisher.
fn is_garbage(theirs: Row<'_>) -> bool {
    theirs.0.len() == 39
        && theirs.field(1) == "add"
        && (30..=39).all(|place| ["", "0"].contains(&theirs.field(place)))
}

const RULES: &[Rule] = &[
    Rule {
        why: "rows that are here alone are numbered, too",
        objects: &["router", "peer"],
        holds: |place, golden, ours| {
            let number = |row: Row<'_>| row.field(2).parse::<u64>().unwrap();
            place == 2 && number(ours) > number(golden)
        },
    },
    Rule {
        why: "so are those that are there alone: of one EVPN route it makes three rows",
        objects: &["evpn"],
        holds: |place, golden, ours| {
            let number = |row: Row<'_>| row.field(2).parse::<u64>().unwrap();
            place == 2 && number(golden) == number(ours) + 2
        },
    },
    Rule {
        why: "the collector's own clock",
        objects: &["collector", "router"],
        holds: |place, golden, ours| {
            let clock = golden.field(place).starts_with("2026-11-21 21:1");
            clock && ours.field(place).starts_with("2026-09-21 ")
        },
    },
    Rule {
        why: "the collector's own clock beside the router's, where one message has no time",
        objects: &["base_attribute", "unicast_prefix"],
        holds: |place, golden, ours| {
            let at = if golden.0.len() == 24 { 9 } else { 10 };
            let clock = golden.field(place).starts_with("2026-11-21 21:1");
            place == at && clock && ours.field(place) == "2017-07-14 02:40:00.123456"
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
            are_ungarbled(golden.field(at), ours.field(at))
                && (place == at || is_base_id(place, golden))
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
        holds: |place, golden, ours| {
            (place == 3 || place == 33) && has_lost_its_sign(golden.field(33), ours.field(33))
        },
    },
    Rule {
        why: "an EVPN route of type 5 is rows without sense",
        objects: &["evpn"],
        holds: |place, golden, ours| {
            let route: Vec<_> = (32..=39).map(|place| ours.field(place)).collect();
            let right = ["00000ffe", "0 010203040506070809", "0", "", "24", "10.7.7.0"];
            (place == 3 || place >= 32) && is_garbage(golden) && route[..6] == right
        },
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

/// Why a message is here alone, and which ones.
type Alone = (&'static str, fn(&Message) -> bool);

const ALONE: &[Alone] = &[
    ("peers of a router that is gone are down", |m| {
        m.object == "peer" && m.rows[0][24] == "BMP session lost"
    }),
    ("a router that goes on under another id is gone", |m| {
        m.object == "router" && m.rows[0][7] == "Router has another name"
    }),
    ("a collector that is told to end says that it has", |m| {
        m.object == "collector" && m.rows[0][0] == "stopped"
    }),
];

/// What was needed to make two recordings the same.
#[derive(Default)]
struct Needed {
    rules: BTreeMap<&'static str, usize>,
    alone: BTreeMap<&'static str, usize>,
}

/// The rows of a message that stand for routes.
fn sensible(message: &Message) -> &[Vec<String>] {
    let mut rows = &message.rows[..];
    // What is left of a route of type 5 is read as more routes, of no distinguisher.
    while message.object == "evpn" && rows.len() > 1 && rows[rows.len() - 1][27] == ":" {
        rows = &rows[..rows.len() - 1];
    }
    rows
}

/// Compares two messages.
fn compare(golden: &Message, ours: &Message, needed: &mut Needed) -> Result<(), String> {
    let mut faults = Vec::new();
    let mut same = |what: &str, golden: &str, ours: &str| {
        if golden != ours {
            faults.push(format!("{what}: '{golden}' there, '{ours}' here"));
        }
    };
    same("topic", &golden.topic, &ours.topic);
    same("envelope", &golden.envelope.join("|"), &ours.envelope.join("|"));
    same("rows", &sensible(golden).len().to_string(), &ours.rows.len().to_string());
    let mut excused_key = false;
    for (theirs, mine) in sensible(golden).iter().zip(&ours.rows) {
        same("fields", &theirs.len().to_string(), &mine.len().to_string());
        for place in 1..=theirs.len().min(mine.len()) {
            let (theirs, mine) = (Row(theirs), Row(mine));
            if theirs.field(place) == mine.field(place) {
                continue;
            }
            let rule = RULES.iter().find(|rule| {
                rule.objects.contains(&&*golden.object) && (rule.holds)(place, theirs, mine)
            });
            match rule {
                Some(rule) => {
                    *needed.rules.entry(rule.why).or_default() += 1;
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

/// Compares all messages with those of a recording; returns how many those are.
fn compare_all(shared: &Path, recording: &str, ours: &[Message], needed: &mut Needed) -> usize {
    let golden = golden(&shared.join(format!("data/openbmp/golden/messages-{recording}.jsonl")));
    let mut faults = Vec::new();
    let mut ours = by_stream(ours);
    for ((stream, object), theirs) in &by_stream(&golden) {
        let mut mine = ours.remove(&(stream, object.clone())).unwrap_or_default();
        mine.retain(|message| {
            let alone = ALONE.iter().find(|(_, holds)| holds(message));
            alone.inspect(|(why, _)| *needed.alone.entry(why).or_default() += 1).is_none()
        });
        if theirs.len() != mine.len() {
            let (theirs, mine) = (theirs.len(), mine.len());
            faults.push(format!("{stream} {object}: {theirs} messages there, {mine} here"));
        }
        for (theirs, mine) in theirs.iter().zip(&mine) {
            let result = compare(theirs, mine, needed);
            faults.extend(result.err().map(|fault| format!("{stream} {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    assert!(ours.is_empty(), "only here: {ours:?}");
    golden.len()
}

#[test]
fn the_same_messages_as_the_original() {
    let Some(shared) = shared("the_same_messages_as_the_original") else { return };
    let mut needed = Needed::default();
    assert_eq!(compare_all(&shared, "ABC", &three_routers(&shared), &mut needed), 177);
    assert_eq!(compare_all(&shared, "sigterm", &the_end(&shared), &mut needed), 7);
    for why in RULES.iter().map(|rule| rule.why) {
        assert!(needed.rules.contains_key(why), "nothing needs the rule '{why}'");
    }
    assert_eq!(needed.alone.len(), ALONE.len(), "{:?}", needed.alone);
}

#[test]
fn a_difference_that_is_not_listed_is_found() {
    let Some(shared) = shared("a_difference_that_is_not_listed_is_found") else { return };
    let ours = three_routers(&shared);
    let ours = by_stream(&ours);
    let mut checked = 0;
    for messages in ours.values() {
        for message in messages {
            for (place, field) in message.rows[0].iter().enumerate() {
                let mut other = Message::clone(message);
                other.rows[0][place] = format!("{field}1");
                let result = compare(message, &other, &mut Needed::default());
                // Numbers and ids of some objects may be others.
                let may_be = match &*message.object {
                    "router" | "peer" => place == 1,
                    "unicast_prefix" => place == 2,
                    _ => false,
                };
                assert!(result.is_err() || may_be, "{place} of {:?}", message.rows[0]);
                checked += 1;
            }
        }
    }
    assert!(checked > 3000, "{checked}");
}

/// The id that the row of a router ought to have, where it has: by its BGP identifier, its name or
/// its address. The row about its end has no name.
fn router_id(row: Row<'_>, pat_enabled: bool) -> Option<(usize, String)> {
    let sources: &[usize] = if pat_enabled { &[12, 3, 5] } else { &[5] };
    let source = sources.iter().map(|place| row.field(*place)).find(|said| !said.is_empty())?;
    let id = recipes::md5(&[source.as_bytes(), recipes::md5(&[b"test-collector"]).as_bytes()]);
    (row.field(1) != "term").then_some((4, id))
}

#[test]
fn ids_are_what_the_rows_say_and_rows_are_numbered() {
    let Some(shared) = shared("ids_are_what_the_rows_say_and_rows_are_numbered") else { return };
    let mut checked = BTreeMap::new();
    for (pat_enabled, messages) in [(true, three_routers(&shared)), (false, the_end(&shared))] {
        for message in &messages {
            for row in &message.rows {
                let id = match &*message.object {
                    "router" => router_id(Row(row), pat_enabled),
                    object => recipes::id(object, Row(row)),
                };
                let Some((at, id)) = id else { continue };
                assert_eq!(row[at - 1], id, "{}: {row:?}", message.object);
                *checked.entry(message.object.clone()).or_insert(0) += 1;
            }
        }
        for ((stream, object), messages) in by_stream(&messages) {
            let numbers = messages.iter().flat_map(|m| &m.rows).map(|row| row[1].clone());
            let gapless: Vec<_> = (0..numbers.clone().count()).map(|n| n.to_string()).collect();
            assert_eq!(numbers.collect::<Vec<_>>(), gapless, "{stream} {object}");
        }
    }
    assert!(checked.values().sum::<i32>() > 150 && checked.len() == 10, "{checked:?}");
}
