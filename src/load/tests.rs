//! What scenarios send is what they say, told by our own decoder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{HashMap, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use super::examples::has_prefixes;
use super::stream::{Ahead, Limit};
use super::walk::Step;
use super::{Counts, LoadConfig, Source, walk, write_router};
use crate::bgp::nlri::{self, FAMILIES};
use crate::record::{Batch, BatchLimits, Event, Section, SessionId, Update};
use crate::session::{Received, Session, SessionCounters, SessionLimits};
use crate::wire::{Family, Reader, Timestamp};

fn config(scenarios: &[&str]) -> LoadConfig {
    let source = Source::Synthetic { peers: 3, prefixes: 200 };
    LoadConfig {
        routers: 4,
        scenarios: scenarios.iter().map(|text| text.parse().unwrap()).collect(),
        ..LoadConfig::new(([127, 0, 0, 1], 1).into(), source)
    }
}

fn written(config: &LoadConfig, router: u32) -> (Vec<u8>, Counts) {
    let mut out = Vec::new();
    let counts = write_router(config, router, &mut out).unwrap();
    assert_eq!(counts.bytes, out.len() as u64);
    (out, counts)
}

/// What a collector's session counts of a stream; broken framing panics.
fn decoded(octets: &[u8]) -> SessionCounters {
    decode(octets, |_, _| ())
}

/// Hands each UPDATE with its message to `each`.
fn decode(mut octets: &[u8], mut each: impl FnMut(&Update, &[u8])) -> SessionCounters {
    let limits = SessionLimits::default();
    let mut session = Session::new(SessionId(1), ([127, 0, 0, 1], 9).into(), limits);
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let now = Timestamp::from_micros(1_760_000_000_000_000);
    session.open(now, &mut batch).unwrap();
    loop {
        let (used, received) = session.receive(now, octets, &mut batch);
        while session.take_event().is_some() {}
        octets = &octets[used..];
        for record in batch.records() {
            if let Event::RouteMonitoring(update) = &record.event {
                each(update, batch.message(record));
            }
        }
        batch.reset();
        match received {
            Received::NeedInput => {
                assert!(octets.is_empty());
                return session.take_counters();
            }
            Received::BatchFull => {}
            Received::Broken(error) => panic!("{error:?}"),
        }
    }
}

/// How often messages of each type are there.
fn types(octets: &[u8]) -> [u64; 256] {
    let mut seen = [0; 256];
    let mut left = octets;
    while let Step::Message(len, kind) = walk::step(left) {
        seen[usize::from(kind)] += 1;
        left = &left[len..];
    }
    assert!(left.is_empty());
    seen
}

#[track_caller]
fn assert_sound(scenarios: &[&str], router: u32) -> (Vec<u8>, Counts) {
    let (octets, counts) = written(&config(scenarios), router);
    let seen = decoded(&octets);
    let text = format!("{scenarios:?} router {router}");
    assert_eq!((seen.messages, seen.bytes), (counts.messages, counts.bytes), "{text}");
    assert_eq!((seen.announced, seen.withdrawn), (counts.announced, counts.withdrawn), "{text}");
    assert_eq!((seen.odd, seen.malformed, seen.unknown), (0, 0, 0), "{text}");
    (octets, counts)
}

const DUMP: u64 = 3 * 200;

#[test]
fn churn_announces_and_withdraws_at_its_rate() {
    let mut all = Counts::default();
    let (_, dump) = assert_sound(&[], 0);
    for router in 0..4 {
        let (octets, counts) = assert_sound(&["churn:rate=400/s,for=5s,withdraw=30"], router);
        let churn = counts.messages - dump.messages;
        assert_eq!(churn, 500, "a quarter of 400/s for 5 s");
        assert!(counts.withdrawn > 0 && counts.announced > DUMP);
        assert_eq!(types(&octets)[3], 3);
        all += counts;
    }
    let changed = (all.announced - 4 * DUMP) as f64;
    let share = all.withdrawn as f64 / (changed + all.withdrawn as f64);
    assert!((0.25..0.35).contains(&share), "{share}");
    let (_, only) = assert_sound(&["churn:rate=400/s,for=5s,withdraw=0"], 0);
    assert_eq!(only.withdrawn, 0);
}

#[test]
fn flapping_peers_go_down_come_up_and_announce_again() {
    let (octets, counts) = assert_sound(&["flap:every=1s,peers=2,times=6"], 1);
    let seen = types(&octets);
    assert_eq!((seen[2], seen[3]), (12, 3 + 12));
    assert_eq!(counts.announced, DUMP + 12 * 200);
    let (octets, _) = assert_sound(&["flap:every=1s,for=4s,peers=99"], 1);
    assert_eq!(types(&octets)[2], 4 * 3, "a router has three peers");
}

#[test]
fn storms_dump_again_and_the_schedule_goes_on() {
    let (once, _) = assert_sound(&[], 2);
    let (octets, _) = assert_sound(&["storm:times=2"], 2);
    let len = once.len();
    // The dumps differ in their times only.
    assert!(octets.len() == 3 * len && octets[..len] == once);
    assert!(types(&octets[len..2 * len]) == types(&once) && types(&octets[2 * len..])[4] == 1);
    let mixed = ["storm:times=2,every=2s", "churn:rate=40/s,for=7s", "flap:every=3s,times=2"];
    let (octets, counts) = assert_sound(&mixed, 2);
    let seen = types(&octets);
    assert_eq!((seen[4], seen[2], seen[3]), (3, 2, 3 * 3 + 2));
    let (_, dump) = assert_sound(&[], 2);
    let flaps = dump.messages - 1; // three peers' Peer Up, UPDATEs and End-of-RIBs
    let expected = 3 * dump.messages + 70 + 2 * (flaps / 3 + 1);
    assert_eq!(counts.messages, expected);
}

#[test]
fn a_hot_router_sends_its_factor() {
    let counts = |router| assert_sound(&["hot:factor=5", "churn:rate=800/s,for=1s"], router).1;
    let (hot, cool) = (counts(0), counts(1));
    assert_eq!(types_of_dump(hot.messages - 500), 5);
    assert_eq!(types_of_dump(cool.messages - 100), 1);
}

/// How many dumps are in so many messages.
fn types_of_dump(messages: u64) -> u64 {
    let (_, dump) = assert_sound(&[], 0);
    assert_eq!((messages - 1) % (dump.messages - 1), 0);
    (messages - 1) / (dump.messages - 1)
}

#[test]
fn tables_of_prefixes_are_the_same_for_ever() {
    for (list, plain, add_path) in HASHES {
        for (hash, add_path) in [(plain, "off"), (add_path, "on")] {
            let families = format!("families:list={list},add-path={add_path}");
            let (octets, _) = written(&config(&[&families, "churn:rate=400/s,for=2s"]), 1);
            let seen = xxh3_64(&octets);
            assert_eq!(seen, *hash, "{families}: {seen:#x}");
        }
    }
}
const HASHES: &[(&str, u64, u64)] = &[
    ("ipv4+ipv6", 0x4f57_1fb9_d47d_c689, 0xca8f_95e5_b2d1_d463),
    ("ipv4", 0x1964_07ed_cf1a_36d0, 0x26a9_daa1_b5bd_f124),
    ("ipv6", 0x177d_add8_2d49_7212, 0x4100_5dac_9439_727d),
    ("ipv4+ipv6+ipv4-labeled+ipv6-labeled", 0xb3b3_4598_732f_eeaf, 0xfecc_08f2_9c79_8b0a),
];

/// The routes of an NLRI list, without path identifiers.
fn routes(section: &Section, message: &[u8]) -> Vec<Vec<u8>> {
    let mut r = Reader::new(section.span.of(message));
    let mut all = Vec::new();
    while !r.is_empty() {
        if section.add_path {
            r.u32("path identifier").unwrap();
        }
        let begin = r.peek();
        nlri::read_one(section.family, false, section.kind.announces(), &mut r, &mut ()).unwrap();
        all.push(begin[..begin.len() - r.len()].to_vec());
    }
    all
}

/// How often each route was announced and withdrawn, and how many End-of-RIBs there are, of a
/// stream in which all is of `family`.
fn told(octets: &[u8], family: Family, add_path: bool) -> (HashMap<Vec<u8>, [u32; 2]>, u64) {
    let (mut told, mut ends) = (HashMap::<_, [u32; 2]>::new(), 0);
    decode(octets, |update, message| {
        assert_eq!(update.error, None, "{family}");
        if let Some(end) = update.end_of_rib() {
            assert_eq!(end, family);
            ends += 1;
        }
        for section in update.sections() {
            assert_eq!((section.family, section.rest.len), (family, 0));
            assert!(section.add_path == add_path || section.span.len == 0);
            for route in routes(section, message) {
                told.entry(route).or_default()[usize::from(!section.kind.announces())] += 1;
            }
        }
    });
    (told, ends)
}

#[test]
fn every_family_arrives_as_it_was_made() {
    for known in FAMILIES {
        let family = known.family;
        for add_path in [false, true] {
            let value = if add_path { "on" } else { "off" };
            let families = format!("families:list={},add-path={value}", known.key);
            let (octets, counts) = assert_sound(&[&families], 0);
            assert_eq!(counts.announced, DUMP, "{families}");
            let (dump, ends) = told(&octets, family, add_path);
            assert_eq!((dump.len(), ends), (200, 3), "{families}");
            assert!(dump.values().all(|seen| *seen == [3, 0]), "{families}: from each peer");
            for index in (0..200).filter(|_| !has_prefixes(family)) {
                let mut example = Vec::new();
                nlri::example(family, index, &mut example);
                assert!(dump.contains_key(&example), "{families}: {example:02x?}");
            }

            let (octets, counts) = assert_sound(&[&families, "churn:rate=400/s,for=4s"], 0);
            assert!(counts.announced > DUMP && counts.withdrawn > 0, "{families}");
            let (churned, _) = told(&octets, family, add_path);
            assert_eq!(churned.len(), 200, "{families}: the same routes change and go");
            assert_eq!(walk::count(&octets), counts, "{families}");
            let mut replay = config(&[]);
            replay.source = Source::Replay(vec![octets.into()]);
            assert_eq!(written(&replay, 0).1, counts, "{families}");
        }
    }
}

#[test]
fn families_share_the_prefixes_of_a_peer_and_fit_into_updates() {
    let mut big = config(&["families:add-path=on"]);
    big.source = Source::Synthetic { peers: 1, prefixes: 40_007 };
    let (octets, counts) = written(&big, 0);
    let mut seen = HashMap::<Family, u64>::new();
    let counted = decode(&octets, |update, message| {
        assert!(message.len() <= 48 + 4096, "an UPDATE of {} octets", message.len() - 48);
        assert_eq!(update.error, None);
        for section in update.sections() {
            *seen.entry(section.family).or_default() += u64::from(section.count);
        }
    });
    assert_eq!((counts.announced, counted.announced), (40_007, 40_007));
    let share = 40_007 / FAMILIES.len() as u64;
    for known in FAMILIES {
        let routes = seen[&known.family];
        match has_prefixes(known.family) {
            true => assert!(routes > 0, "{}", known.name),
            false => assert!((share..share + 2).contains(&routes), "{}: {routes}", known.name),
        }
    }
    for scenario in ["families", "families:add-path=on"] {
        let (_, counts) = assert_sound(&[scenario, "flap:every=1s", "storm"], 1);
        assert_eq!(counts.announced, 2 * DUMP + 200, "{scenario}");
    }
}

#[test]
fn a_family_has_so_many_examples() {
    let mut config = config(&["families:list=ipv4-multicast"]);
    config.source = Source::Synthetic { peers: 1, prefixes: 20_000_000 };
    let error = write_router(&config, 0, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("there are 16777216"), "{error}");
}

#[test]
fn malformed_messages_are_as_many_as_asked_for_and_never_break_framing() {
    for per in [2, 3, 10, 1000] {
        let scenario = format!("malformed:per={per}");
        let (sound, _) = written(&config(&[]), 0);
        let (octets, counts) = written(&config(&[&scenario]), 0);
        let made = counts.messages - types(&sound).iter().sum::<u64>();
        let expected = types(&sound).iter().sum::<u64>() / (per - 1);
        assert!((expected..=expected + 1).contains(&made), "{made} of {expected}, per {per}");
        let seen = decoded(&octets);
        assert_eq!((seen.messages, seen.announced), (counts.messages, DUMP), "per {per}");
        let noticed = seen.odd + seen.malformed + seen.unknown;
        // A peer of an unknown type is no mistake to a decoder that keeps what it does not know.
        assert!(noticed <= made && noticed * 10 >= made * 8, "{noticed} of {made}");
    }
    let mut many = config(&["malformed:per=2"]);
    many.source = Source::Synthetic { peers: 1, prefixes: 30_000 };
    let (octets, counts) = written(&many, 0);
    assert_eq!(decoded(&octets).messages, counts.messages);
    assert!(types(&octets).iter().filter(|n| **n > 0).count() > 100, "seeded variety");
}

#[test]
fn many_routers_that_say_little_send_malformed_messages_together() {
    let many = LoadConfig { routers: 200, ..config(&["malformed:per=1000"]) };
    let few = LoadConfig { source: Source::Synthetic { peers: 1, prefixes: 10 }, ..many };
    let program = few.program().unwrap();
    let prepared = few.source.prepare(few.seed, &program).unwrap();
    let sound = types(&written(&LoadConfig { scenarios: Vec::new(), ..few.clone() }, 0).0);
    let sound: u64 = sound.iter().sum::<u64>() * 200;
    let all = (0..200).map(|router| prepared.stream(router, &few, &program).total_messages());
    let made = all.sum::<u64>() - sound;
    assert!((1..10).contains(&made), "{made} among {sound}");
}

const MIXED: &[&str] = &[
    "churn:rate=300/s,for=3s",
    "flap:every=1s,times=3",
    "storm:times=2,every=2s",
    "hot:share=60",
    "slow:routers=1",
    "malformed:per=20",
    "families:add-path=on",
];

#[test]
fn the_same_seed_says_the_same_and_another_something_else() {
    for router in 0..4 {
        let one = written(&config(MIXED), router);
        assert!(one == written(&config(MIXED), router));
        let other = LoadConfig { seed: 2, ..config(MIXED) };
        assert!(one.0 != written(&other, router).0);
    }
    let all: HashSet<Vec<u8>> = (0..4).map(|router| written(&config(MIXED), router).0).collect();
    assert_eq!(all.len(), 4);
}

#[test]
fn chunks_of_any_size_are_the_same_mixed_stream() {
    let config = config(MIXED);
    let program = config.program().unwrap();
    let prepared = config.source.prepare(config.seed, &program).unwrap();
    let (whole, counts) = written(&config, 1);
    for (octets, messages) in [(1, 1), (3000, u64::MAX), (usize::MAX, 7)] {
        let mut stream = prepared.stream(1, &config, &program);
        assert_eq!(stream.total_messages(), counts.messages);
        let (mut all, mut sum) = (Vec::new(), Counts::default());
        loop {
            match stream.ahead() {
                Ahead::Messages(due) => {
                    let until = due.unwrap_or_default();
                    let some = stream.refill(&Limit { octets, messages, until });
                    assert!(some.messages > 0 && some.messages <= messages);
                    assert_eq!(some.bytes, stream.pending().len() as u64);
                    all.extend_from_slice(stream.pending());
                    sum += some;
                }
                Ahead::Barrier => stream.begin(std::time::Duration::from_secs(1)),
                Ahead::Reconnect(due) => stream.restart(due),
                Ahead::End => break,
            }
        }
        assert!(all == whole && sum == counts, "{octets} {messages}");
    }
}

#[test]
fn recordings_take_part_in_storms_and_malformed_messages() {
    let (recording, dump) = written(&config(&[]), 0);
    let mut replay = config(&["storm:times=1", "malformed:per=10", "hot:factor=2"]);
    replay.source = Source::Replay(vec![recording.as_slice().into()]);
    let (octets, counts) = written(&replay, 1);
    let made = counts.messages - 2 * dump.messages;
    assert!((0..=1).contains(&(made - 2 * dump.messages / 9)), "{made}");
    assert_eq!(decoded(&octets).announced, 2 * DUMP);
    assert_eq!(types(&written(&replay, 0).0)[3], 9, "twice, and again after the storm");
    let text = |scenario| {
        let refused = LoadConfig { source: replay.source.clone(), ..config(&[scenario]) };
        write_router(&refused, 0, &mut Vec::new()).unwrap_err().to_string()
    };
    assert_eq!(text("churn"), "scenario churn: it needs made-up routers, not recordings");
    assert!(text("families").starts_with("scenario families"));
    let mut none = config(&["churn"]);
    none.source = Source::Synthetic { peers: 1, prefixes: 0 };
    let error = write_router(&none, 0, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("there are no prefixes"), "{error}");
}
