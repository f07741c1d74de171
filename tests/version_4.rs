//! BMP version 4 and what is still a draft: from octets to records.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ribcage::bgp::capability::CapabilityCode;
use ribcage::bgp::encode as bgp;
use ribcage::bmp::v4::{
    self, Dialect, Index, PathMarking, PathMarkingReason, Profile, RmValue, StatelessParsing, Tlv,
};
use ribcage::bmp::{PeerHeader, PeerType, encode as bmp};
use ribcage::output::format::{Cursor, FORMATS, Options};
use ribcage::output::frames::Frames;
use ribcage::output::selection::Selection;
use ribcage::record::{Batch, BatchLimits, SessionId};
use ribcage::session::{Received, Session, SessionCounters, SessionEvent, SessionLimits, Version4};
use ribcage::wire::{Family, Items, Timestamp};

use crate::util::{TempDir, decoded, files, line, lines, read, shared};

const NOW: Timestamp = Timestamp { secs: 1_767_323_045, micros: 0 };

fn peer(flags: u8) -> PeerHeader {
    let peer = PeerHeader::new([192, 0, 2, 9].into(), 65009, [192, 0, 2, 9].into());
    peer.with_flags(flags).at(Timestamp::new(1_700_000_000, 0))
}

fn peer_octets(flags: u8) -> Vec<u8> {
    let mut out = Vec::new();
    peer(flags).encode(&mut out);
    out
}

/// A Peer Up of version 4 between speakers that offer no capability.
fn peer_up() -> Vec<u8> {
    let (mut open, bgp_id) = (Vec::new(), [192, 0, 2, 9].into());
    bgp::open(&mut open, &bgp::Open { asn: 65009, hold_time: 90, bgp_id, capabilities: &[] });
    let up = bmp::PeerUp {
        local_address: [192, 0, 2, 1].into(),
        local_port: 179,
        remote_port: 40000,
        sent_open: &open,
        received_open: &open,
        tlvs: &[(3, b"global")],
    };
    let mut out = Vec::new();
    v4::of_version_4(&mut out, |out| bmp::peer_up(out, &peer(0), &up));
    out
}

/// A whole message with these TLVs, by the numbers of `profile`.
fn monitoring(profile: Profile, flags: u8, tlvs: &[(Index, RmValue<'_>)]) -> Vec<u8> {
    let mut out = Vec::new();
    v4::message(&mut out, 0, |out| {
        out.extend(peer_octets(flags));
        for (index, value) in tlvs {
            assert!(value.encode(*index, profile, out), "{profile} has no number for {value:?}");
        }
    });
    out
}

/// An UPDATE of these parts.
fn update(withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) -> Vec<u8> {
    let body = [
        &(withdrawn.len() as u16).to_be_bytes()[..],
        withdrawn,
        &(attributes.len() as u16).to_be_bytes(),
        attributes,
        nlri,
    ]
    .concat();
    let mut out = vec![0xff; 16];
    out.extend((19 + body.len() as u16).to_be_bytes());
    out.push(2);
    out.extend(body);
    out
}

/// ORIGIN, this AS_PATH and NEXT_HOP.
fn attributes(path: &[u8]) -> Vec<u8> {
    let head = [0x40, 1, 1, 0, 0x40, 2, path.len() as u8];
    [&head[..], path, &[0x40, 3, 4, 192, 0, 2, 9]].concat()
}

fn marked(index: u16, bit: u32) -> (Index, RmValue<'static>) {
    let reason = Some(PathMarkingReason::Med);
    (Index(index), RmValue::PathMarking(PathMarking { status: 1 << bit, reason }))
}

/// What a session makes of octets, and how it stands then.
struct Told {
    records: Vec<String>,
    events: Vec<SessionEvent>,
    counters: SessionCounters,
    version_4: Version4,
}

fn told(octets: &[u8], dialect: Dialect, extra: &str) -> Told {
    let limits = SessionLimits { dialect, ..SessionLimits::default() };
    let mut session = Session::new(SessionId(7), "192.0.2.1:20".parse().unwrap(), limits);
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let pairs = [("extra", extra), ("timestamps_utc", "true")];
    let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let entry = FORMATS.iter().find(|f| f.name == "pmacct-json").expect("the format");
    let options = Options { pairs: &pairs, name: "t", socket: false, stream: 0, streams: 1 };
    let mut format = (entry.build)(&options).expect("sound options");
    let (mut frames, mut out, mut events) = (Frames::new(), Vec::new(), Vec::new());
    let (mut left, mut done) = (octets, false);
    while !done {
        let (used, received) = session.receive(NOW, left, &mut batch);
        left = &left[used..];
        done = received != Received::BatchFull;
        let mut cursor = Cursor::default();
        while cursor.record < batch.records().len() {
            format.render(&batch, &Selection::EVERYTHING, &mut cursor, &mut frames);
            out.extend_from_slice(&frames.bytes);
            frames.clear();
        }
        batch.reset();
        while let Some(event) = session.take_event() {
            events.push(event);
        }
    }
    let records = lines(&out).iter().map(|line| (*line).to_owned()).collect();
    let counters = session.take_counters();
    Told { records, events, counters, version_4: session.export().version_4 }
}

fn auto(octets: &[u8]) -> Told {
    told(octets, Dialect::default(), "records")
}

/// Prefix and `path_status` of every route.
fn statuses(told: &Told) -> Vec<(&str, &str)> {
    let status = |record: &str| record.split_once("\"path_status\": [\"").map(|(_, s)| s.len());
    let routes = told.records.iter().filter(|r| r.contains("\"ip_prefix\""));
    routes
        .map(|r| {
            let named = status(r).map_or("", |len| &r[r.len() - len..]);
            (line::text(r, "ip_prefix"), named.split('"').next().unwrap_or_default())
        })
        .collect()
}

#[test]
fn indexes_count_routes_as_they_stand_in_the_message() {
    // MP_REACH_NLRI with two IPv6 prefixes stands between withdrawn routes and NLRI.
    let reach = [&[0x80, 14, 25, 0, 2, 1, 16][..], &[0x20; 16], &[0, 8, 0x20, 8, 0x21]].concat();
    let attributes = [attributes(&[2, 1, 0, 0, 0xfd, 0xf1]), reach].concat();
    let pdu = update(&[8, 9], &attributes, &[8, 10, 8, 11]);
    let tlvs = [
        marked(1, 0),
        marked(2, 1),
        marked(3, 2),
        marked(4, 3),
        (Index::ALL, RmValue::BgpMessage(&pdu)),
        marked(5, 4),
    ];
    let all = auto(&monitoring(Profile::Draft19, 0, &tlvs));
    let want = [
        ("9.0.0.0/8", "Invalid"),
        ("10.0.0.0/8", "Primary"),
        ("11.0.0.0/8", "Backup"),
        ("2000::/8", "Best"),
        ("2100::/8", "Non-selected"),
    ];
    assert_eq!(statuses(&all), want);
    assert_eq!((all.counters.odd, all.events.len()), (0, 0));
    // One more than there are routes: nothing is lost but the marking, and it is told.
    let tlvs = [(Index::ALL, RmValue::BgpMessage(&pdu)), marked(0, 5), marked(6, 1)];
    let beyond = auto(&monitoring(Profile::Draft19, 0, &tlvs));
    assert_eq!(statuses(&beyond).len(), 5);
    assert!(statuses(&beyond).iter().all(|(_, status)| *status == "Non-installed"));
    assert_eq!((beyond.counters.odd, beyond.events.len()), (1, 1));
    // A message of version 3 after it has none of its keys.
    let mut three = monitoring(Profile::Draft19, 0, &tlvs);
    bmp::route_monitoring(&mut three, &peer(0), &pdu);
    let both = auto(&three);
    assert_eq!(statuses(&both)[5..], want.map(|(prefix, _)| (prefix, "")));
}

#[test]
fn groups_and_vpn_routes_are_marked_one_by_one() {
    let members = Items::of([Index(1), Index(3)]);
    let pdu = update(&[], &attributes(&[]), &[8, 10, 8, 11, 8, 12]);
    let group = RmValue::Group(members.list().unwrap());
    let (_, best) = marked(0, 1);
    let tlvs = [
        (Index::group(1), group),
        (Index::group(1), best),
        (Index::ALL, RmValue::BgpMessage(&pdu)),
    ];
    let told = auto(&monitoring(Profile::Draft19, 0, &tlvs));
    let want = [("10.0.0.0/8", "Best"), ("11.0.0.0/8", ""), ("12.0.0.0/8", "Best")];
    assert_eq!(statuses(&told), want);
    assert!(
        told.records[0].contains(
            ", \"bmp_rm_info_groups\": [{\"group\": 1, \"nlris\": [1, 3]}], \"event_type\""
        )
    );
}

#[test]
fn a_message_with_capabilities_of_its_own_is_read_with_them() {
    // Five default routes, or one with a path identifier.
    let routes = update(&[], &attributes(&[]), &[0; 5]);
    let capability = |code, value| RmValue::StatelessParsing(StatelessParsing { code, value });
    let receives = capability(CapabilityCode::AddPath, &[0, 1, 1, 1][..]);
    let pdu = |pdu| (Index::ALL, RmValue::BgpMessage(pdu));
    let with = |flags, value, update| {
        monitoring(Profile::Draft19, flags, &[(Index::ALL, value), pdu(update)])
    };
    let without = monitoring(Profile::Draft19, 0, &[pdu(&routes)]);
    let (as_in, as_out) = (with(0, receives, &routes), with(0x10, receives, &routes));
    let all = [&peer_up()[..], &without, &as_in, &as_out, &without].concat();
    let told = auto(&all);
    let ids = |record: &String| line::value(record, "as_path_id").map(str::to_owned);
    let ids: Vec<_> = told.records[1..].iter().map(ids).collect();
    let (none, one) = (vec![None; 5], vec![Some("0".to_owned())]);
    assert_eq!(ids, [none.clone(), one, none.clone(), none].concat());
    // A path that fits both widths; the Peer Up says 2 octets.
    let path = attributes(&[2, 1, 0, 0, 2, 3, 2, 1, 0, 0, 0, 7]);
    let routes = update(&[], &path, &[8, 10]);
    let four = with(0, capability(CapabilityCode::FourOctetAs, &[0, 0, 0xfd, 0xe9]), &routes);
    let two = monitoring(Profile::Draft19, 0, &[pdu(&routes)]);
    let told = auto(&[peer_up(), four, two].concat());
    let paths: Vec<_> = told.records[1..].iter().map(|r| line::text(r, "as_path")).collect();
    assert_eq!(paths, ["515 7", "0 513 0 7"]);
    assert_eq!(told.counters.unknown, 0);
}

/// A Peer Up of version 4 of the Loc-RIB, with ADD-PATH for one family.
fn loc_rib_up(family: Family) -> Vec<u8> {
    let add_path = [(family, 3)];
    let capabilities = [bgp::Capability::FourOctetAs(65001), bgp::Capability::AddPath(&add_path)];
    let (mut open, bgp_id) = (Vec::new(), [192, 0, 2, 1].into());
    bgp::open(
        &mut open,
        &bgp::Open { asn: 65001, hold_time: 0, bgp_id, capabilities: &capabilities },
    );
    let up = bmp::PeerUp {
        local_address: [0, 0, 0, 0].into(),
        local_port: 0,
        remote_port: 0,
        sent_open: &open,
        received_open: &open,
        tlvs: &[],
    };
    let mut out = Vec::new();
    v4::of_version_4(&mut out, |out| bmp::peer_up(out, &loc_rib(), &up));
    out
}

fn loc_rib() -> PeerHeader {
    PeerHeader { kind: PeerType::LocRib, address: [0; 16], ..peer(0) }
}

#[test]
fn several_peer_ups_of_a_loc_rib_add_to_each_other() {
    let routes = update(&[], &attributes(&[]), &[0; 5]);
    let mut monitoring = Vec::new();
    v4::message(&mut monitoring, 0, |out| {
        loc_rib().encode(out);
        RmValue::BgpMessage(&routes).encode(Index::ALL, Profile::Draft19, out);
    });
    let of = |families: &[Family]| {
        let ups = families.iter().flat_map(|family| loc_rib_up(*family)).collect::<Vec<_>>();
        let told = auto(&[&ups[..], &monitoring].concat());
        told.records.iter().filter(|record| record.contains("\"as_path_id\": 0")).count()
    };
    assert_eq!(of(&[Family::IPV6_UNICAST]), 0);
    assert_eq!(of(&[Family::IPV4_UNICAST, Family::IPV6_UNICAST]), 1);
}

#[test]
fn a_named_profile_goes_before_what_messages_say() {
    let pdu = update(&[], &attributes(&[]), &[8, 10]);
    for (profile, _) in Profile::ALL {
        let tlvs =
            [(Index::ALL, RmValue::VrfTableName(b"red")), (Index::ALL, RmValue::BgpMessage(&pdu))];
        let message = monitoring(profile, 0, &tlvs);
        let as_told = auto(&message);
        assert_eq!(as_told.version_4.profile, Some(profile));
        assert_eq!(line::text(&as_told.records[0], "bmp_rm_info_vrf_table_name"), "red");
        for (named, _) in Profile::ALL {
            let told = told(&message, Dialect { v4: Some(named), rel: None }, "records");
            let number = |p: Profile| p.number(v4::RmTlv::BgpMessage);
            let fits = number(named) == number(profile);
            assert_eq!(told.counters.odd, u64::from(!fits), "{profile} read as {named}");
            assert_eq!(statuses(&told).len(), usize::from(fits));
        }
    }
    let dir = TempDir::new("profile");
    let file = dir.file(
        "a.bmp",
        &monitoring(Profile::Draft17, 0, &[(Index::ALL, RmValue::BgpMessage(&pdu))]),
    );
    let out = decoded(&["--bmp-v4", "draft-17", "-F", "pmacct-json?extra=none"], &file);
    assert!(lines(&out)[1].contains("\"ip_prefix\": \"10.0.0.0/8\""));
    let out = decoded(&["--bmp-v4", "draft-19", "-F", "pmacct-json?extra=none"], &file);
    assert_eq!(lines(&out).len(), 2, "log_init and log_close");
}

#[test]
fn missing_sequence_numbers_are_told_and_travel_with_the_session() {
    let pdu = update(&[], &[], &[]);
    let numbered = |n| {
        let tlvs = [(Index::ALL, RmValue::Sequence(n)), (Index::ALL, RmValue::BgpMessage(&pdu))];
        monitoring(Profile::Draft20, 0, &tlvs)
    };
    let gaps = |octets: &[u8]| {
        let told = auto(octets);
        let gap = |event: &SessionEvent| match event {
            SessionEvent::SequenceGap { ordinal, expected, found } => (*ordinal, *expected, *found),
            other => panic!("{other:?}"),
        };
        (told.events.iter().map(gap).collect::<Vec<_>>(), told.version_4)
    };
    let up = peer_up();
    // Peer Ups may be numbered, or not.
    let sound = [&numbered(0)[..], &numbered(1), &up, &up, &numbered(4), &up, &numbered(5)];
    let (none, state) = gaps(&sound.concat());
    assert_eq!(none, []);
    assert_eq!(gaps(&[&up[..], &numbered(1), &up, &numbered(2)].concat()).0, []);
    let profile = Some(Profile::Draft20);
    assert_eq!(state, Version4 { profile, sequence: Some((5, 6)) });
    let (some, _) = gaps(&[numbered(5), numbered(7), up, numbered(10), numbered(10)].concat());
    assert_eq!(some, [(0, 0, 5), (1, 6, 7), (3, 9, 10), (4, 11, 10)]);
}

#[test]
fn peer_down_statistics_and_errors_are_those_of_version_3() {
    let mut all = peer_up();
    let body = [&peer_octets(0)[..], &[2, 0, 24, 0, 0, 0, 3, b'w', b'h', b'y']].concat();
    v4::message(&mut all, 2, |out| out.extend(&body));
    let stats = [0, 1, 0, 16, 0, 0, 0, 1, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 0, 5];
    v4::message(&mut all, 1, |out| out.extend([&peer_octets(0)[..], &stats].concat()));
    v4::message(&mut all, 4, |out| out.extend([0, 2, 0, 1, b'r']));
    v4::message(&mut all, 5, |out| out.extend([0, 1, 0, 2, 0, 3]));
    let told = told(&all, Dialect::default(), "none");
    let find = |kind| told.records.iter().find(|r| line::kind(r) == kind).unwrap().as_str();
    let down = find("peer_down");
    assert!(down.ends_with("\"reason_loc_code\": 24, \"bmp_peer_down_info_0\": \"77-68-79\"}"));
    assert!(find("stats").ends_with("\"counter_value\": 5}"));
    assert!(find("init").ends_with("\"bmp_init_info_sysname\": \"r\"}"));
    assert!(find("term").ends_with("\"bmp_term_info_reason\": \"Redundant connection\"}"));
    assert!(find("peer_up").ends_with("\"bmp_peer_up_info_vrf_table_name\": \"global\"}"));
    assert_eq!((told.records.len(), told.counters.unknown, told.counters.odd), (5, 0, 0));
}

/// A message with one event: a policy with two items.
fn policy_trace() -> Vec<u8> {
    let mut policy = vec![0xc0, 2, 0];
    policy.extend([0; 12]);
    policy.extend([10, 0, 0, 1, 10, 0, 0, 9, 0, 0, 0xfd, 0xe9]);
    policy.extend([0, 2, 0, 2, b'P', b'1', b'1', b'0', 0x40, 0, 2, 0, 0, b'P', b'2']);
    let tlvs = Items::of([
        Tlv::new(0, &[0, 0, 0, 7, b'v']),
        Tlv::new(4, b"first"),
        Tlv::new(1, &policy),
        Tlv::new(2, &[0x40, 1, 1, 0]),
        Tlv::new(3, &[]),
        Tlv::new(4, b"second"),
    ]);
    let len = (18 + tlvs.octets().len()) as u16;
    let mut out = Vec::new();
    bmp::message(&mut out, 100, |out| {
        out.extend([0, 0, 0, 0xfd, 0xe9, 0, 0, 0, 1, 24]);
        out.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 0, 10, 0, 0, 1, 1]);
        out.extend(len.to_be_bytes());
        out.extend(len.to_be_bytes());
        out.extend([1, 0x65, 0x53, 0xf1, 0, 0, 0, 0, 5, 0, 0, 0, 3, 0, 1, 1]);
        out.extend(tlvs.octets());
    });
    out
}

#[test]
fn a_route_policy_trace_is_written_as_pmacct_did() {
    let records = auto(&policy_trace()).records;
    let want = "\"bmp_msg_type\": \"rpat\", \"rd\": \"0:65001:1\", \"rd_origin\": \"bmp\", \
        \"prefix\": \"192.0.2.0\", \"prefix_len\": 24, \"bgp_id\": \"10.0.0.1\", \"path_id\": 3, \
        \"afi\": 1, \"safi\": 1, \"vrf_id\": 7, \"vrf_name\": \"v\", \
        \"bmp_rpat_info_string\": [\"first\", \"second\"], \"policy_is_match\": 1, \
        \"policy_is_permit\": 1, \"policy_is_diff\": 0, \"policy_class\": \"Inbound policy\", \
        \"peer_bgp_id\": \"10.0.0.9\", \"peer_ip\": \"10.0.0.1\", \"peer_asn\": 65001, \
        \"policy_name\": [\"P1\", \"P2\"], \"policy_id\": [\"10\", null], \"policy_nf\": [null], \
        \"policy_nf_is_chained\": 0, \"policy_nf_is_recursive\": 1, \
        \"bmp_rpat_info_pre_policy_attr\": \"40-01-01-00\", \
        \"bmp_rpat_info_post_policy_attr\": null}";
    assert!(records[0].ends_with(want), "{}", records[0]);
    assert_eq!(line::text(&records[0], "timestamp"), "2023-11-14 22:13:20.000005");
    let strict = told(&policy_trace(), Dialect::default(), "none");
    assert_eq!((strict.records.len(), strict.counters.unknown), (0, 0));
}

#[test]
fn route_event_logging_has_the_type_that_it_is_given() {
    let pdu = update(&[], &[], &[8, 10]);
    let mut out = Vec::new();
    v4::message(&mut out, 9, |out| {
        out.extend(peer_octets(0));
        out.push(1);
        for (kind, value) in [(4, &pdu[..]), (5, &[0, 0, 0, 2]), (7, b"POL,10"), (77, &[1])] {
            let tlv = Tlv::new(kind, value);
            ribcage::wire::Item::encode(&v4::IndexedTlv { index: Index::ALL, tlv }, out);
        }
    });
    let named = told(&out, Dialect { v4: None, rel: Some(9) }, "records");
    for part in [
        "\"bmp_msg_type\": \"rel\", \"peer_ip\": \"192.0.2.9\"",
        "\"event_type_code\": 1, \"event_type_str\": \"routing\", \"rel_tlvs\": [{\"type\": 4,",
        "\"value\": \"00000002\", \"name\": \"Event Reason\", \"event_reason\": \"Policy Discard\"}",
        "\"name\": \"Policy Discard\", \"policy\": \"POL,10\"}",
        "{\"type\": 77, \"index\": 0, \"value\": \"01\"}]}",
    ] {
        assert!(named.records[0].contains(part), "{part} in {}", named.records[0]);
    }
    assert_eq!(named.counters.unknown, 0);
    let unnamed = auto(&out);
    assert_eq!(line::kind(&unnamed.records[0]), "unknown");
    assert_eq!(unnamed.counters.unknown, 1);
}

#[test]
fn text_that_every_route_would_repeat_is_bounded() {
    let pdu = update(&[], &attributes(&[]), &[0; 1000]);
    let long = vec![7; 60_000];
    let tlvs = [
        (Index::ALL, RmValue::Unknown(Tlv::new(99, &long))),
        (Index::ALL, RmValue::BgpMessage(&pdu)),
        marked(0, 1),
    ];
    let told = auto(&monitoring(Profile::Draft19, 0, &tlvs));
    assert_eq!(told.records.len(), 1000);
    let all: usize = told.records.iter().map(String::len).sum();
    assert!(all < 1_000_000, "{all} octets of text");
    let said =
        "\"path_status\": [\"Best\"], \"reason_code\": \"0x0006\", \"bmp_rm_info_too_long\": ";
    assert!(told.records.iter().all(|record| record.contains(said)), "{}", told.records[0]);
}

#[test]
fn keys_with_a_name_are_of_tlvs_for_all_nlris_and_the_others_keep_their_index() {
    let pdu = update(&[], &attributes(&[]), &[8, 10]);
    let time = v4::TimestampTlv { kind: v4::TimestampType::Trigger, secs: 1, micros: None };
    let parsing = StatelessParsing { code: CapabilityCode::AddPath, value: &[0, 1, 1, 1] };
    let tlvs = [
        (Index::ALL, RmValue::BgpMessage(&pdu)),
        (Index(1), RmValue::VrfTableName(b"red")),
        (Index(1), RmValue::StatelessParsing(parsing)),
        (Index(1), RmValue::Timestamp(time)),
        (Index(1), RmValue::Sequence(0)),
        (Index(1), RmValue::ExtendedFlags(&[1])),
        (Index(1), RmValue::Unknown(Tlv { owner: v4::Owner::Nobody, kind: 99, value: &[7] })),
    ];
    let told = auto(&monitoring(Profile::Draft20, 0, &tlvs));
    let want = "\"bmp_rm_info_tlvs\": [{\"type\": 5, \"index\": 1, \"value\": \"726564\"}, \
        {\"type\": 6, \"index\": 1, \"value\": \"450400010101\"}, \
        {\"type\": 3, \"index\": 1, \"value\": \"0000000001\"}, \
        {\"type\": 1, \"index\": 1, \"value\": \"0000000000000000\"}, \
        {\"type\": 2, \"index\": 1, \"value\": \"01\"}, \
        {\"type\": 99, \"enterprise\": null, \"index\": 1, \"value\": \"07\"}]";
    assert_eq!(told.records.len(), 1, "a capability of one NLRI is not the message's");
    assert!(told.records[0].contains(want), "{}", told.records[0]);
    assert_eq!(told.records[0].matches("bmp_rm_info_").count(), 1);
}

#[test]
fn markings_that_no_route_can_be_found_for_are_kept() {
    let raw = |index: &str| format!("\"{index}, \"value\": \"000000020006\"}}]");
    let group = Items::of([Index(1), Index(2)]);
    let defined = (Index::group(4), RmValue::Group(group.list().unwrap()));
    let in_group = |n: u16| (Index::group(n), marked(0, 1).1);
    // Routes of an unknown family are not told apart; a marking of a group that nothing defines, or
    // of more.
    let unknown = [&[0x80, 14, 9, 0, 1, 241, 0, 0][..], &[3, 1, 8, 10]].concat();
    let raw_family = update(&[], &[attributes(&[]), unknown].concat(), &[]);
    let one = update(&[], &attributes(&[]), &[8, 10]);
    let cut = update(&[], &attributes(&[]), &[8, 10, 33, 1]);
    // An AIGP that pmacct drops the UPDATE for.
    let aigp = [0x80, 26, 12, 1, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0x18];
    let dropped = update(&[], &[&attributes(&[])[..], &aigp].concat(), &[8, 10]);
    for (pdu, tlvs, index, records) in [
        (&raw_family, vec![marked(1, 1)], "index\": 1", 1),
        (&one, vec![in_group(5)], "group\": 5", 1),
        (&one, vec![defined, in_group(4)], "group\": 4", 1),
        (&one, vec![marked(2, 1)], "index\": 2", 1),
        (&cut, vec![marked(2, 1)], "index\": 2", 2),
        (&dropped, vec![marked(1, 1)], "index\": 1", 1),
    ] {
        let tlvs = [&[(Index::ALL, RmValue::BgpMessage(pdu))][..], &tlvs].concat();
        let told = auto(&monitoring(Profile::Draft19, 0, &tlvs));
        assert_eq!(told.records.len(), records, "{index}");
        for record in &told.records {
            assert!(record.contains(&raw(index)), "{index}: {record}");
        }
    }
    let placed = [(Index::ALL, RmValue::BgpMessage(&one)), marked(1, 1)];
    let told = auto(&monitoring(Profile::Draft19, 0, &placed));
    assert!(!told.records[0].contains("bmp_rm_info"), "{}", told.records[0]);
}

#[test]
fn short_keys_stay_where_long_ones_have_no_room() {
    let pdu = update(&[], &attributes(&[]), &[8, 10]);
    let long = vec![7; 10_000];
    let tlvs = [
        (Index::ALL, RmValue::Unknown(Tlv::new(99, &long))),
        (Index::ALL, RmValue::VrfTableName(b"red")),
        (Index::ALL, RmValue::BgpMessage(&pdu)),
    ];
    let told = auto(&monitoring(Profile::Draft19, 0, &tlvs));
    let want = "\"bmp_rm_info_vrf_table_name\": \"red\", \"bmp_rm_info_too_long\": 20";
    assert!(told.records[0].contains(want), "{}", told.records[0]);
}

#[test]
fn what_one_message_says_does_not_make_a_session_forget_its_profile() {
    let pdu = update(&[], &[], &[]);
    let of = |profile| monitoring(profile, 0, &[(Index::ALL, RmValue::BgpMessage(&pdu))]);
    let profile = |octets: &[u8]| auto(octets).version_4.profile;
    let named = |profile| {
        let tlvs =
            [(Index::ALL, RmValue::VrfTableName(b"red")), (Index::ALL, RmValue::BgpMessage(&pdu))];
        monitoring(profile, 0, &tlvs)
    };
    let (old, new) = (of(Profile::Draft17), named(Profile::Draft21));
    assert_eq!(profile(&[&new[..], &old, &of(Profile::Draft21)].concat()), Some(Profile::Draft21));
    assert_eq!(profile(&[&new[..], &old, &old].concat()), Some(Profile::Draft17));
    assert_eq!(profile(&[&old[..], &of(Profile::Draft19)].concat()), Some(Profile::Draft17));
    assert_eq!(profile(&[new, named(Profile::Draft19)].concat()), Some(Profile::Draft19));
    // The odd one is read by its own numbers all the same.
    let routes = update(&[], &attributes(&[]), &[8, 10]);
    let odd = monitoring(Profile::Draft17, 0, &[(Index::ALL, RmValue::BgpMessage(&routes))]);
    let told = auto(&[&of(Profile::Draft20)[..], &odd].concat());
    assert_eq!((statuses(&told).len(), told.counters.odd), (1, 0));
}

#[test]
fn what_follows_statistics_and_a_peer_down_is_written() {
    let mut all = Vec::new();
    let stats = [0, 1, 0, 16, 0, 0, 0, 1, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 0, 5];
    let after = [0, 9, 0, 1, 3, 0, 9, 0];
    v4::message(&mut all, 1, |out| out.extend([&peer_octets(0)[..], &stats, &after].concat()));
    let down = [&peer_octets(0)[..], &[2, 0, 24, 0, 0, 0, 1, b'w', 0, 9, 0, 2, 1]].concat();
    v4::message(&mut all, 2, |out| out.extend(&down));
    let mut cut = peer_octets(0);
    cut.extend([&[1][..], &[0xff; 16], &[0, 21]].concat());
    bmp::message(&mut all, 2, |out| out.extend(&cut));
    let told = told(&all, Dialect::default(), "all");
    let kinds: Vec<_> = told.records.iter().map(|record| line::kind(record)).collect();
    assert_eq!(kinds, ["stats", "stats_tlvs", "error", "peer_down", "peer_down"]);
    assert!(told.records[0].contains("\"counter_value\": 5"));
    let tlvs = "\"bmp_stats_tlvs\": [{\"type\": 9, \"value\": \"03\"}]}";
    assert!(told.records[1].ends_with(tlvs), "{}", told.records[1]);
    assert!(told.records[2].contains("\"error\": \"TLV length at octet"), "{}", told.records[2]);
    let of_v4 = "\"bmp_peer_down_info_0\": \"77\", \"bmp_peer_down_raw\": \"0009000201\"}";
    assert!(told.records[3].ends_with(of_v4), "{}", told.records[3]);
    let of_v3 = format!("\"bmp_peer_down_raw\": \"{}0015\"}}", "ff".repeat(16));
    assert!(told.records[4].ends_with(&of_v3), "{}", told.records[4]);
    assert_eq!(told.counters.odd, 2);
}

#[test]
fn a_route_policy_trace_loses_nothing_to_what_is_odd_or_repeated() {
    let sound = policy_trace();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut message = sound.clone();
        change(&mut message);
        let len = message.len() as u32;
        message[1..5].copy_from_slice(&len.to_be_bytes());
        auto(&message)
    };
    let trailing = with(&|message| message.push(0));
    assert_eq!((trailing.records.len(), trailing.counters.odd), (2, 1));
    assert!(trailing.records[0].contains("\"prefix\": \"192.0.2.0\""));
    let counted = with(&|message| message[6 + 30] = 9);
    assert!(counted.records[1].contains("\"error\": \"Event Count at octet 36 has"));
    let empty = with(&|message| {
        message.truncate(6 + 30);
        message.extend([0; 3]);
    });
    assert_eq!((empty.records.len(), empty.counters.odd), (1, 0));
    assert!(empty.records[0].ends_with("\"prefix_len\": 24, \"bgp_id\": \"10.0.0.1\"}"));
    // The event is the last thing: another VRF/Table TLV and a text that is no UTF-8.
    let repeated = with(&|message| {
        let more = [0, 0, 0, 5, 0, 0, 0, 8, b'w', 0, 4, 0, 2, b'a', 0xff];
        for at in [6 + 31, 6 + 33] {
            let len = u16::from_be_bytes([message[at], message[at + 1]]) + more.len() as u16;
            message[at..at + 2].copy_from_slice(&len.to_be_bytes());
        }
        message.extend(more);
    });
    let record = &repeated.records[0];
    assert_eq!((repeated.records.len(), line::value(record, "vrf_id")), (1, Some("8")));
    assert!(record.contains("[\"first\", \"second\", \"61-FF\"]"), "{record}");
    let before = ", \"bmp_rpat_info_before\": [{\"vrf_id\": 7, \"vrf_name\": \"v\"}]}";
    assert!(record.ends_with(before), "{record}");
}

/// Prefixes and path identifiers of every UPDATE that announces, as NetGauze read them.
fn netgauze(json: &[u8]) -> Vec<(String, Option<u64>)> {
    let mut routes = Vec::new();
    for line in lines(json) {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        let update = &message["V4"]["RouteMonitoring"]["update_pdu"]["value"]["BgpUpdate"];
        for nlri in update["Update"]["nlri"].as_array().into_iter().flatten() {
            let network = nlri["network"].as_str().unwrap().to_owned();
            routes.push((network, nlri["path_id"].as_u64()));
        }
    }
    routes
}

#[test]
fn a_router_of_version_4_is_read_as_another_decoder_reads_it() {
    let Some(shared) = shared("a_router_of_version_4_is_read_as_another_decoder_reads_it") else {
        return;
    };
    let folder = shared.join("data/captures/stateless-with-add-path");
    let json = files(&folder, "-bmp.json");
    let want = netgauze(&read(&json[0]));
    assert_eq!(want.len(), 15, "routes in {}", json[0].display());
    for file in [files(&folder, ".pcap"), files(&folder, ".bmp")].concat() {
        let out = decoded(&[""; 0], &file);
        let records = lines(&out);
        let ours: Vec<_> = records
            .iter()
            .filter(|record| line::kind(record) == "update")
            .map(|record| {
                let id = line::value(record, "as_path_id").map(|id| id.parse().unwrap());
                (line::text(record, "ip_prefix").to_owned(), id)
            })
            .collect();
        assert_eq!(ours, want, "{}", file.display());
        let count = |kind| records.iter().filter(|record| line::kind(record) == kind).count();
        assert_eq!((count("peer_up"), count("end-of-rib"), count("error")), (9, 9, 0));
        let of_table = |r: &&&str| r.contains("\"bmp_rm_info_vrf_table_name\": \"global\"");
        assert_eq!(records.iter().filter(of_table).count(), 15 + 9);
    }
}

#[test]
fn nothing_like_these_messages_does_harm() {
    let Some(shared) = shared("nothing_like_these_messages_does_harm") else { return };
    let mut streams: Vec<_> = files(&shared.join("data/pmacct/synthetic/input"), ".bin")
        .iter()
        .filter(|path| path.to_string_lossy().contains("bmpv4"))
        .map(|path| read(path))
        .collect();
    assert_eq!(streams.len(), 3);
    streams.push(policy_trace());
    let mut tried = 0;
    for stream in &streams {
        for at in (6..stream.len()).step_by(3) {
            let mut like = stream.clone();
            like[at] = [0, 1, 0x80, 0xff, like[at] ^ 1][at % 5];
            let dialect = Dialect { v4: None, rel: Some(0x80) };
            tried += told(&like, dialect, "all").counters.messages;
        }
    }
    assert!(tried > 1000, "{tried} messages");
}
