//! A session is plain data between any two octets, and knows of its peers what their bytes have
//! shown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ribcage::bgp::encode as bgp;
use ribcage::bmp::encode as bmp;
use ribcage::bmp::{PeerHeader, PeerType};
use ribcage::load::{Source, write_stream};
use ribcage::output::format::{Cursor, FORMATS, Format, Options};
use ribcage::output::frames::Frames;
use ribcage::output::selection::Selection;
use ribcage::record::{Batch, BatchLimits, CloseReason, SessionId};
use ribcage::session::{
    PeerState, Received, Session, SessionCounters, SessionEvent, SessionLimits, SessionState,
};
use ribcage::wire::{Family, Timestamp};

use crate::util::{read, shared};

const NOW: Timestamp = Timestamp { secs: 1_767_323_045, micros: 0 };

/// A session, its batch and a writer of `pmacct-json`.
struct Station {
    session: Session,
    batch: Batch,
    format: Box<dyn Format>,
    frames: Frames,
    out: Vec<u8>,
    counters: SessionCounters,
    events: Vec<SessionEvent>,
}

impl Station {
    fn new(limits: BatchLimits) -> Self {
        let pairs = [("extra", "records"), ("timestamps_utc", "true")];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let entry = FORMATS.iter().find(|f| f.name == "pmacct-json").expect("the format");
        let options = Options { pairs: &pairs, name: "t", socket: false, stream: 0, streams: 1 };
        let router = "192.0.2.1:20".parse().unwrap();
        let mut station = Self {
            session: Session::new(SessionId(7), router, SessionLimits::default()),
            batch: Batch::new(limits),
            format: (entry.build)(&options).expect("sound options"),
            frames: Frames::new(),
            out: Vec::new(),
            counters: SessionCounters::default(),
            events: Vec::new(),
        };
        station.session.open(NOW, &mut station.batch).expect("room");
        station
    }

    fn usual() -> Self {
        Self::new(BatchLimits::for_messages(SessionLimits::default().max_frame))
    }

    fn receive(&mut self, mut octets: &[u8]) {
        loop {
            let (used, received) = self.session.receive(NOW, octets, &mut self.batch);
            while let Some(event) = self.session.take_event() {
                self.events.push(event);
            }
            octets = &octets[used..];
            match received {
                Received::NeedInput => {
                    assert!(octets.is_empty(), "input left unused");
                    return;
                }
                Received::BatchFull => self.write(),
                Received::Broken(error) => panic!("{error:?}"),
            }
        }
    }

    /// Writes the batch and empties it.
    fn write(&mut self) {
        let mut cursor = Cursor::default();
        while cursor.record < self.batch.records().len() {
            self.format.render(&self.batch, &Selection::EVERYTHING, &mut cursor, &mut self.frames);
            self.out.extend_from_slice(&self.frames.bytes);
            self.frames.clear();
        }
        self.batch.reset();
    }

    /// The session goes on as another one, made of what it exports.
    fn move_on(&mut self) -> SessionState {
        self.counters.add(&self.session.take_counters());
        let state = self.session.export();
        self.session = Session::import(state.clone(), SessionLimits::default());
        assert_eq!(self.session.export(), state, "what was imported is exported again");
        state
    }

    fn end(mut self) -> End {
        while self.session.close(NOW, CloseReason::EndOfStream, &mut self.batch).is_err() {
            self.write();
        }
        self.write();
        self.counters.add(&self.session.take_counters());
        End {
            text: String::from_utf8(self.out).expect("UTF-8"),
            counters: self.counters,
            state: self.session.export(),
            events: self.events,
        }
    }
}

/// What a session came to.
#[derive(PartialEq)]
struct End {
    text: String,
    counters: SessionCounters,
    state: SessionState,
    events: Vec<SessionEvent>,
}

impl End {
    /// Equal, or the first record that is not.
    fn assert_same(&self, other: &End, name: &str) {
        for (index, (a, b)) in self.text.lines().zip(other.text.lines()).enumerate() {
            assert_eq!(a, b, "{name}: record {index}");
        }
        assert_eq!(self.text.len(), other.text.len(), "{name}: octets of output");
        assert_eq!(self.counters, other.counters, "{name}");
        assert!(self.state == other.state, "{name}: the states differ");
        assert_eq!(self.events, other.events, "{name}");
    }
}

/// The stream without an interruption.
fn straight(octets: &[u8]) -> End {
    let mut station = Station::usual();
    station.receive(octets);
    station.end()
}

fn synthetic(peers: u32, prefixes: u32) -> Vec<u8> {
    let mut octets = Vec::new();
    let counts = write_stream(&Source::Synthetic { peers, prefixes }, 1, 5, &mut octets).unwrap();
    assert!(counts.messages > u64::from(peers) && counts.announced >= u64::from(peers * prefixes));
    octets
}

/// Streams that tell much: made by the generator, and recorded where there are recordings.
fn streams(test: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut streams = vec![("synthetic", synthetic(3, 300))];
    let Some(shared) = shared(test) else { return streams };
    let recorded = [
        "data/captures/201-BMP-CISCO-rd_instance/traffic-00.0.bmp",
        "data/captures/204-BMP-CISCO-peer_down/traffic-00.0.bmp",
        "data/captures/205-BMP-6wind-FRR-peer_down/traffic-00.0.bmp",
        "data/captures/juniper-vmx/juniper-bmp-ok.0.bmp",
        "data/captures/stateless-with-add-path/ipv4_unicast_all.0.bmp",
        "data/lab/frr8.4-prepost.bmp.gz",
        "data/lab/gobgp3.10-post-policy.bmp.gz",
    ];
    streams.extend(recorded.map(|name| (name, read(&shared.join(name)))));
    streams
}

/// The lengths of a stream's messages, by their own headers.
fn lengths(octets: &[u8]) -> Vec<usize> {
    let (mut at, mut lengths) = (0, Vec::new());
    while at < octets.len() {
        let len = u32::from_be_bytes(octets[at + 1..at + 5].try_into().unwrap()) as usize;
        lengths.push(len);
        at += len;
    }
    lengths
}

#[test]
fn the_state_moves_at_every_message_boundary() {
    for (name, octets) in streams("the_state_moves_at_every_message_boundary") {
        let mut station = Station::usual();
        let mut at = 0;
        for (ordinal, len) in lengths(&octets).into_iter().enumerate() {
            station.receive(&octets[at..at + len]);
            at += len;
            let state = station.move_on();
            assert_eq!((state.ordinal, state.offset), (ordinal as u64 + 1, at as u64), "{name}");
            assert!(state.tail.is_empty());
        }
        station.end().assert_same(&straight(&octets), name);
    }
}

#[test]
fn the_state_moves_inside_messages_too() {
    for (name, octets) in streams("the_state_moves_inside_messages_too") {
        let mut station = Station::usual();
        let (mut left, mut tails) = (octets.as_slice(), 0);
        // Shorter than a header, shorter than a message, longer than several.
        for size in [1, 3, 900, 5, 61, 7000, 2, 17, 250].into_iter().cycle() {
            let (piece, rest) = left.split_at(size.min(left.len()));
            station.receive(piece);
            tails += usize::from(!station.move_on().tail.is_empty());
            left = rest;
            if left.is_empty() {
                break;
            }
        }
        assert!(tails > 3, "{name}: {tails} moves inside a message");
        station.end().assert_same(&straight(&octets), name);
    }
}

#[test]
fn the_state_moves_after_every_octet() {
    let octets = synthetic(2, 40);
    let mut station = Station::usual();
    for octet in &octets {
        station.receive(std::slice::from_ref(octet));
        station.move_on();
    }
    station.end().assert_same(&straight(&octets), "octet by octet");
}

#[test]
fn a_batch_that_is_full_at_every_message_loses_nothing() {
    for (name, octets) in streams("a_batch_that_is_full_at_every_message_loses_nothing") {
        let limits = BatchLimits { seal_bytes: 1 << 20, message_bytes: 1 << 20, records: 1 };
        let mut station = Station::new(limits);
        // Whole, and stashed in pieces as by a reader that found no empty batch.
        let half = octets.len() / 2;
        station.receive(&octets[..half]);
        for piece in octets[half..].chunks(1000) {
            station.session.stash(piece);
        }
        station.receive(&[]);
        station.end().assert_same(&straight(&octets), name);
    }
}

// ---- peers -----------------------------------------------------------------------------------

const V4: Family = Family::IPV4_UNICAST;
const V6: Family = Family::IPV6_UNICAST;
/// ADD-PATH: receives and sends.
const BOTH: u8 = 3;

fn header(peer_type: u8, flags: u8) -> PeerHeader {
    let zero = [0, 0, 0, 0].into();
    let address = if peer_type == 3 { zero } else { [192, 0, 2, 9].into() };
    let header = PeerHeader::new(address, 65009, [192, 0, 2, 9].into()).with_flags(flags);
    PeerHeader { kind: PeerType(peer_type), ..header }.at(NOW)
}

/// A Peer Up both of whose OPENs offer ADD-PATH for `families`; the peer's has AS number `asn`.
fn peer_up(header: &PeerHeader, asn: u32, families: &[(Family, u8)]) -> Vec<u8> {
    let open = |asn| {
        let capabilities = [bgp::Capability::FourOctetAs(asn), bgp::Capability::AddPath(families)];
        let mut out = Vec::new();
        let bgp_id = [192, 0, 2, 9].into();
        bgp::open(&mut out, &bgp::Open { asn, hold_time: 90, bgp_id, capabilities: &capabilities });
        out
    };
    let (sent_open, received_open) = (open(65000), open(asn));
    let mut out = Vec::new();
    let up = bmp::PeerUp {
        local_address: [192, 0, 2, 1].into(),
        local_port: 179,
        remote_port: 40000,
        sent_open: &sent_open,
        received_open: &received_open,
        tlvs: &[],
    };
    bmp::peer_up(&mut out, header, &up);
    out
}

/// A Route Monitoring message that announces the IPv4 unicast NLRI in `octets`.
fn routes(header: &PeerHeader, octets: &[u8]) -> Vec<u8> {
    let mut attributes = Vec::new();
    bgp::origin(&mut attributes, 0);
    bgp::as_path(&mut attributes, &[bgp::Segment::Sequence(&[65009])]);
    bgp::next_hop(&mut attributes, [192, 0, 2, 9].into());
    let mut update = Vec::new();
    bgp::update(&mut update, &[], &attributes, octets);
    let mut out = Vec::new();
    bmp::route_monitoring(&mut out, header, &update);
    out
}

/// 10.1.2.0/24 with path identifier 200: no list of prefixes without one.
const WITH: &[u8] = &[0, 0, 0, 200, 24, 10, 1, 2];
/// 10.1.2.0/24 alone: no list with path identifiers.
const WITHOUT: &[u8] = &[24, 10, 1, 2];
/// Identifier 1 and 0.0.0.0/0, or four prefixes.
const EITHER: &[u8] = &[0, 0, 0, 1, 0];

/// `prefix`, or `prefix#identifier`, of every route that was announced.
fn announced(end: &End) -> Vec<String> {
    let text = crate::util::line::text;
    let updates = end.text.lines().filter(|record| text(record, "log_type") == "update");
    updates
        .map(|record| match text(record, "as_path_id") {
            "" => text(record, "ip_prefix").to_owned(),
            id => format!("{}#{id}", text(record, "ip_prefix")),
        })
        .collect()
}

fn only_peer(end: &End) -> &PeerState {
    match end.state.peers.as_slice() {
        [(_, peer)] => peer,
        peers => panic!("{} peers", peers.len()),
    }
}

#[test]
fn a_repeated_peer_up_replaces_what_was_known() {
    let peer = header(0, 0);
    let first = peer_up(&peer, 65009, &[(V4, BOTH)]);
    let second = peer_up(&peer, 65010, &[]);
    let before = [first, routes(&peer, EITHER), routes(&peer, WITHOUT)].concat();
    let end = straight(&before);
    assert_eq!(announced(&end), ["0.0.0.0/0#1", "10.1.2.0/24"]);
    assert_eq!(only_peer(&end).readings.len(), 1, "a contradiction is remembered");

    let end = straight(&[before, second.clone(), routes(&peer, EITHER)].concat());
    assert_eq!(announced(&end)[2..], ["0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/1"]);
    let known = only_peer(&end);
    assert_eq!(known.negotiated.as_ref().map(|n| n.received.asn), Some(65010));
    assert_eq!((known.peer_up.as_slice(), known.readings.len()), (second.as_slice(), 0));
    let last = end.text.lines().rev().nth(1).unwrap();
    assert_eq!(crate::util::line::text(last, "peer_asn"), "65010");
}

#[test]
fn peer_ups_of_a_loc_rib_add_to_each_other() {
    let peer = header(3, 0);
    let (first, second) =
        (peer_up(&peer, 65000, &[(V4, BOTH)]), peer_up(&peer, 65000, &[(V6, BOTH)]));
    let end = straight(&[first.clone(), second.clone(), routes(&peer, EITHER)].concat());
    assert_eq!(announced(&end), ["0.0.0.0/0#1"], "what the first Peer Up said still holds");
    let known = only_peer(&end);
    let add_path = known.negotiated.as_ref().map(|n| n.received.add_path.clone());
    assert_eq!(add_path, Some(vec![(V4, BOTH), (V6, BOTH)]));
    assert_eq!(known.peer_up, [first, second].concat());
}

#[test]
fn a_peer_down_forgets_and_routes_without_peer_up_are_read() {
    let peer = header(0, 0);
    let up = peer_up(&peer, 65010, &[(V4, BOTH)]);
    let mut down = Vec::new();
    bmp::peer_down(&mut down, &peer, &bmp::PeerDown::Remote);
    let end = straight(&[up.clone(), routes(&peer, WITH), down.clone()].concat());
    assert!(end.state.peers.is_empty());
    assert_eq!(announced(&end), ["10.1.2.0/24#200"]);

    let late = straight(&[up, down, routes(&peer, WITHOUT), routes(&peer, EITHER)].concat());
    assert_eq!(announced(&late)[..2], ["10.1.2.0/24", "0.0.0.0/0"]);
    let never = straight(&[routes(&peer, WITHOUT), routes(&peer, WITH)].concat());
    assert_eq!(announced(&never), ["10.1.2.0/24", "10.1.2.0/24#200"]);
    for end in [late, never] {
        assert_eq!(only_peer(&end).negotiated, None);
        let last = end.text.lines().rev().nth(1).unwrap();
        assert_eq!(crate::util::line::text(last, "peer_asn"), "65009", "of the per-peer header");
    }
}

#[test]
fn three_contrary_lists_switch_the_reading_and_back() {
    let peer = header(0, 0);
    let lists = |lists: &[&[u8]]| {
        let mut octets = peer_up(&peer, 65009, &[(V4, BOTH)]);
        lists.iter().for_each(|list| octets.extend(routes(&peer, list)));
        straight(&octets)
    };
    let is_first_choice = |end: &End| announced(end).last().is_some_and(|r| r == "0.0.0.0/0#1");
    let switches = |end: &End| {
        let of = |event: &SessionEvent| match event {
            SessionEvent::AddPathSwitched { add_path, family, .. } if *family == V4 => *add_path,
            other => panic!("{other:?}"),
        };
        end.events.iter().map(of).collect::<Vec<_>>()
    };
    let two = lists(&[WITHOUT, WITHOUT, EITHER]);
    assert!(is_first_choice(&two) && switches(&two).is_empty(), "two are not enough");
    let broken = lists(&[WITHOUT, WITHOUT, WITH, WITHOUT, EITHER]);
    assert!(is_first_choice(&broken), "one for the first choice begins the count anew");
    let three = lists(&[WITHOUT, WITHOUT, EITHER, WITHOUT, EITHER]);
    assert!(!is_first_choice(&three), "a list that fits both speaks for neither");
    assert_eq!(switches(&three), [false]);
    let back = lists(&[WITHOUT, WITHOUT, WITHOUT, WITH, WITH, WITH, EITHER]);
    assert!(is_first_choice(&back));
    assert_eq!(switches(&back), [false, true]);
    let read: Vec<_> = announced(&back);
    assert_eq!(read[..6], [["10.1.2.0/24"; 3], ["10.1.2.0/24#200"; 3]].concat(), "each as it is");
}

#[test]
fn views_are_switched_apart() {
    let (pre, post) = (header(0, 0), header(0, PeerHeader::FLAG_L));
    let mut octets = peer_up(&pre, 65009, &[(V4, BOTH)]);
    for _ in 0..3 {
        octets.extend(routes(&post, WITHOUT));
        octets.extend(routes(&pre, WITH));
    }
    octets.extend(routes(&pre, EITHER));
    octets.extend(routes(&post, EITHER));
    let end = straight(&octets);
    let last: Vec<_> = announced(&end).split_off(6);
    assert_eq!(last, ["0.0.0.0/0#1", "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/1"]);
    assert_eq!(end.events.len(), 1);
}

#[test]
fn a_monitored_message_that_is_no_update_is_called_by_its_type() {
    let (mut keepalive, mut octets) = (Vec::new(), Vec::new());
    bgp::keepalive(&mut keepalive);
    bmp::route_monitoring(&mut octets, &header(0, 0), &keepalive);
    let end = straight(&octets);
    let record = end.text.lines().nth(1).unwrap();
    let error = crate::util::line::text(record, "error");
    assert_eq!(error, "BGP type of a Route Monitoring message at octet 66 has the invalid value 4");
}

/// Where no output looks into UPDATEs, all messages come out as they came, and peers are known.
#[test]
fn updates_that_nobody_looks_into_pass_as_they_came() {
    let stream = crate::collector::synthetic(0, 2, 300);
    let passed = |updates: bool| {
        let limits = SessionLimits { updates, ..SessionLimits::default() };
        let mut session = Session::new(SessionId(7), "192.0.2.1:20".parse().unwrap(), limits);
        let mut batch = Batch::new(BatchLimits {
            seal_bytes: 8 << 20,
            records: 1 << 16,
            message_bytes: 1 << 20,
        });
        let (used, received) = session.receive(NOW, &stream, &mut batch);
        assert_eq!((used, received), (stream.len(), Received::NeedInput));
        let octets: Vec<u8> =
            batch.records().iter().flat_map(|r| batch.message(r).to_vec()).collect();
        (octets, session.take_counters(), session.export().peers.len())
    };
    let (looked, unlooked) = (passed(true), passed(false));
    assert_eq!(looked.0, stream);
    assert_eq!(unlooked.0, stream);
    assert_eq!((looked.1.messages, looked.2), (unlooked.1.messages, unlooked.2));
    assert!(looked.1.announced > 0 && looked.2 > 0);
    assert_eq!((unlooked.1.announced, unlooked.1.end_of_rib, unlooked.1.malformed), (0, 0, 0));
}
