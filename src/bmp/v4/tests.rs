#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::bgp::capability::CapabilityCode;
use crate::bmp::PER_PEER_HEADER_LEN;
use crate::bmp::msg::peer_down::PeerDownReason;
use crate::bmp::msg::rel::RouteEventLog;
use crate::bmp::msg::route_policy_trace::RoutePolicyTrace;
use crate::wire::{Items, List, Outline, Reader};

const PEER: [u8; PER_PEER_HEADER_LEN] = [7; PER_PEER_HEADER_LEN];

/// An UPDATE with `routes` as its NLRI.
fn update(routes: &[u8]) -> Vec<u8> {
    let mut pdu = vec![0xff; 16];
    pdu.extend((23 + routes.len() as u16).to_be_bytes());
    pdu.extend([2, 0, 0, 0, 0]);
    pdu.extend(routes);
    pdu
}

fn add_path() -> StatelessParsing<'static> {
    StatelessParsing { code: CapabilityCode::AddPath, value: &[0, 1, 1, 1] }
}

fn marking(status: u32) -> PathMarking {
    PathMarking { status, reason: Some(PathMarkingReason::Med) }
}

/// The body of a message with these TLVs, by the numbers of `profile`; those it has none for are
/// left out.
fn body(profile: Profile, tlvs: &[(Index, RmValue<'_>)]) -> Vec<u8> {
    let mut out = PEER.to_vec();
    for (index, value) in tlvs {
        value.encode(*index, profile, &mut out);
    }
    out
}

fn parse(body: &[u8]) -> RouteMonitoring<'_> {
    RouteMonitoring::parse(Reader::at(body, 6)).unwrap()
}

/// What a router with all TLVs sends.
fn everything<'a>(pdu: &'a [u8], members: &'a Items) -> Vec<(Index, RmValue<'a>)> {
    let time = TimestampTlv { kind: TimestampType::Export, secs: 9, micros: Some(8) };
    vec![
        (Index::group(1), RmValue::Group(members.list().unwrap())),
        (Index::ALL, RmValue::Sequence(5)),
        (Index::ALL, RmValue::StatelessParsing(add_path())),
        (Index::ALL, RmValue::VrfTableName(b"global")),
        (Index::ALL, RmValue::BgpMessage(pdu)),
        (Index::group(1), RmValue::PathMarking(marking(2))),
        (Index(3), RmValue::PathMarking(marking(0x1000_0008))),
        (Index::ALL, RmValue::Timestamp(time)),
        (Index::ALL, RmValue::Timestamp(TimestampTlv { micros: None, ..time })),
        (Index::ALL, RmValue::ExtendedFlags(&[0x80, 1])),
    ]
}

#[test]
fn each_profile_is_told_from_a_message_and_reads_it() {
    let pdu = update(&[8, 10, 8, 11, 8, 12]);
    let members = Items::of([Index(1), Index(2)]);
    let all = everything(&pdu, &members);
    for (profile, name) in Profile::ALL {
        let body = body(profile, &all);
        let message = parse(&body);
        assert_eq!(Profile::detect(&message, None), Ok(Some(profile)), "{name}");
        assert_eq!(message.bgp_message(profile).unwrap().peek(), pdu);
        assert_eq!(message.stateless_parsing(profile).collect::<Vec<_>>(), [add_path()]);
        let read: Vec<_> = message.tlvs.iter().map(|tlv| (tlv.index, tlv.value(profile))).collect();
        let wanted = all.iter().filter(|(_, value)| {
            let mut out = Vec::new();
            value.encode(Index::ALL, profile, &mut out)
        });
        assert_eq!(read, wanted.copied().collect::<Vec<_>>(), "{name}");
        assert_eq!(name.parse(), Ok(profile));
        assert_eq!(profile.to_string(), name);
        let mut out = Vec::new();
        message.encode(&mut out);
        assert_eq!((out[0], out[5], &out[6..]), (4, 0, &body[..]));
    }
}

#[test]
fn minus_19_and_minus_21_are_told_apart_by_what_else_is_there() {
    let pdu = update(&[]);
    let members = Items::of([Index(1), Index(2)]);
    let told = |profile: Profile, value: RmValue<'_>, index: Index| {
        let body = body(profile, &[(index, value), (Index::ALL, RmValue::BgpMessage(&pdu))]);
        Profile::detect(&parse(&body), None).unwrap()
    };
    let group = RmValue::Group(members.list().unwrap());
    let time = TimestampTlv { kind: TimestampType::Trigger, secs: 1, micros: None };
    for profile in [Profile::Draft19, Profile::Draft21] {
        for (value, index) in [
            (RmValue::StatelessParsing(add_path()), Index::ALL),
            (group, Index::group(1)),
            (RmValue::VrfTableName(b"global"), Index::ALL),
        ] {
            assert_eq!(told(profile, value, index), Some(profile), "{value:?}");
        }
        let nothing = told(profile, RmValue::ExtendedFlags(&[0]), Index::ALL);
        assert_eq!(nothing, None, "{profile}");
    }
    let marking = RmValue::PathMarking(marking(2));
    assert_eq!(told(Profile::Draft19, marking, Index::ALL), Some(Profile::Draft19));
    assert_eq!(told(Profile::Draft21, RmValue::Sequence(7), Index::ALL), Some(Profile::Draft21));
    let time = RmValue::Timestamp(time);
    assert_eq!(told(Profile::Draft21, time, Index::ALL), Some(Profile::Draft21));
}

#[test]
fn what_is_known_holds_as_long_as_it_fits() {
    let pdu = update(&[]);
    let message = |profile| body(profile, &[(Index::ALL, RmValue::BgpMessage(&pdu))]);
    let detect = |body: &[u8], known| Profile::detect(&parse(body), Some(known));
    let (old, four) = (message(Profile::Draft17), message(Profile::Draft19));
    assert_eq!(detect(&four, Profile::Draft21), Ok(Some(Profile::Draft21)));
    assert_eq!(detect(&old, Profile::Draft21), Ok(Some(Profile::Draft17)));
    // A BGP message that is cut short is known by its type alone.
    let cut = body(Profile::Draft20, &[(Index::ALL, RmValue::BgpMessage(&pdu[..20]))]);
    assert_eq!(detect(&cut, Profile::Draft20), Ok(Some(Profile::Draft20)));
    assert!(parse(&cut).as_version_3(Profile::Draft20).is_err());
    assert_eq!(Profile::detect(&parse(&cut), None).unwrap_err().what, "BGP Message TLV");
    let twice = [&four[..], &four[PEER.len()..]].concat();
    for known in [None, Some(Profile::Draft19), Some(Profile::Draft20)] {
        assert!(Profile::detect(&parse(&twice), known).is_err(), "{known:?}");
    }
    let seldom = [&PEER[..], &[0, 9, 0, 23, 0, 0], &pdu].concat();
    assert!(Profile::detect(&parse(&seldom), None).is_err(), "no draft's number");
}

#[test]
fn markings_go_by_nlri_then_group_then_all() {
    let pdu = update(&[8, 10, 8, 11, 8, 12, 8, 13]);
    let members = Items::of([Index(2), Index(3)]);
    let tlvs = [
        (Index::group(9), RmValue::PathMarking(marking(8))),
        (Index(3), RmValue::PathMarking(marking(2))),
        (Index::ALL, RmValue::PathMarking(marking(4))),
        (Index::group(9), RmValue::Group(members.list().unwrap())),
        (Index::ALL, RmValue::BgpMessage(&pdu)),
    ];
    let octets = body(Profile::Draft19, &tlvs);
    let message = parse(&octets);
    let markings = Markings::of(&message, Profile::Draft19);
    let status: Vec<_> = (1..=4).map(|n| markings.get(n).unwrap().status).collect();
    assert_eq!((status, markings.differ()), (vec![4, 8, 2, 4], true));
    assert_eq!(message.wrong_index(Profile::Draft19, Some(4)), None);
    assert_eq!(message.wrong_index(Profile::Draft19, None), None);
    let wrong = message.wrong_index(Profile::Draft19, Some(2)).unwrap();
    assert_eq!((wrong.what, wrong.offset), ("TLV index", 6 + 42 + 12 + 4));
    // A group that nothing defines.
    let octets = body(Profile::Draft19, &tlvs[..1]);
    assert!(parse(&octets).wrong_index(Profile::Draft19, Some(4)).is_some());
}

#[test]
fn owners_are_told_by_the_e_bit() {
    let octets = [
        &[0x80, 5, 0, 6, 0, 0, 3, 0xe7, 1, 2][..], // enterprise 999
        &[0x80, 5, 0, 2, 1, 2],                    // too short for a number
        &[0xff, 0xff, 0, 4, 0, 0, 0, 1],           // the reserved type
        &[0, 5, 0, 1, 9],
    ]
    .concat();
    let list: List<'_, Tlv<'_>> = List::parse(Reader::new(&octets)).unwrap();
    let seen: Vec<_> = list.iter().map(|tlv| (tlv.owner, tlv.kind, tlv.value.len())).collect();
    let wanted = [
        (Owner::Enterprise(999), 5, 2),
        (Owner::Nobody, 5, 2),
        (Owner::Nobody, 0x7fff, 4),
        (Owner::Iana, 5, 1),
    ];
    assert_eq!(seen, wanted);
    assert_eq!(Items::of(list.iter()).octets(), octets);
    assert!(List::<Tlv<'_>>::parse(Reader::new(&octets[..9])).is_err());
}

#[test]
fn tlvs_say_what_they_hold() {
    let pdu = update(&[]);
    let members = Items::of([Index(1), Index(2)]);
    let mut tlvs = everything(&pdu, &members);
    let unknown = Tlv { owner: Owner::Enterprise(9), kind: 3, value: &[0xab] };
    tlvs.push((Index(1), RmValue::Unknown(unknown)));
    let said = |profile| {
        let octets = body(profile, &tlvs);
        Outline::of(|fields| parse(&octets).describe(profile, fields))
    };
    let (of_19, of_20) = (said(Profile::Draft19), said(Profile::Draft20));
    for part in [
        "{index=group 1 group=[1, 2]}",
        "{index=0 stateless_parsing={code=ADD-PATH value=00010101}}",
        "{index=0 vrf_table_name=global}",
        "{index=3 path_status=[primary, 0x10000000] reason=not preferred for MED}",
        "{index=1 enterprise=9 type=3 value=ab}",
    ] {
        assert!(of_19.contains(part), "{part} in {of_19}");
    }
    for part in [
        "{index=0 sequence_number=5}",
        "timestamp={type=Message Export Time seconds=9 microseconds=8}",
        "{index=0 extended_flags=8001}",
    ] {
        assert!(of_20.contains(part), "{part} in {of_20}");
    }
}

#[test]
fn a_peer_down_keeps_its_data_and_its_tlvs() {
    let mut pdu = vec![0xff; 16];
    pdu.extend([0, 21, 3, 6, 2]);
    let tlvs = Items::of([Tlv::new(0, b"why"), Tlv::new(9, &[1])]);
    for (reason, data) in [(1, &pdu[..]), (2, &[0, 24]), (3, &pdu), (4, &[]), (6, &[]), (9, &[])] {
        let octets = [&PEER[..], &[reason], data, tlvs.octets()].concat();
        let down = PeerDown::parse(Reader::new(&octets)).unwrap();
        assert_eq!((down.reason, down.data.peek()), (PeerDownReason(reason), data));
        assert_eq!(down.tlvs.iter().count(), 2, "{reason}");
        let mut out = Vec::new();
        down.encode(&mut out);
        assert_eq!((out[0], out[5], &out[6..]), (4, 2, &octets[..]));
    }
    let octets = [&PEER[..], &[1, 7, 7, 7]].concat();
    let down = PeerDown::parse(Reader::new(&octets)).unwrap();
    assert_eq!((down.data.peek(), down.tlvs.is_empty()), (&[7, 7, 7][..], true));
}

#[test]
fn statistics_stand_in_a_tlv_or_as_in_version_3() {
    let stats = [0, 0, 0, 1, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 0, 5];
    let bare = [&PEER[..], &stats].concat();
    let wrapped = [&PEER[..], &[0, 1, 0, 16], &stats, &[0, 9, 0, 1, 3]].concat();
    for (octets, tlvs) in [(&bare, None), (&wrapped, Some(1))] {
        let report = StatisticsReport::parse(Reader::new(octets)).unwrap();
        assert_eq!(report.tlvs.map(|tlvs| tlvs.iter().count()), tlvs);
        let read = report.as_version_3().unwrap();
        let (stat, _) = read.at(0).unwrap();
        assert_eq!((read.count, stat.number(), read.cut()), (1, Some(5), None));
        let mut out = Vec::new();
        report.encode(&mut out);
        assert_eq!((out[0], out[5], &out[6..]), (4, 1, &octets[..]));
    }
}

#[test]
fn what_follows_the_last_whole_tlv_takes_nothing_from_what_stands_before_it() {
    // As of version 3 this would be 65,552 statistics.
    let stats = [0, 1, 0, 16, 0, 0, 0, 1, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 0, 5];
    let octets = [&PEER[..], &stats, &[0, 9, 0, 1, 3, 0, 9, 0]].concat();
    let report = StatisticsReport::parse(Reader::at(&octets, 6)).unwrap();
    assert_eq!(report.tlvs.map(|tlvs| tlvs.iter().count()), Some(1));
    assert_eq!(report.as_version_3().unwrap().count, 1);
    let cut = report.cut().map(|error| (error.what, error.offset));
    assert_eq!(cut, Some(("TLV length", 6 + octets.len() - 1)));
    assert!(StatisticsReport::parse(Reader::new(&octets[..PEER.len() + 12])).is_err());
    let octets = [&PEER[..], &[2, 0, 24, 0, 0, 0, 1, b'w', 0, 9, 0, 2, 1]].concat();
    let down = PeerDown::parse(Reader::at(&octets, 6)).unwrap();
    assert_eq!((down.data.peek(), down.tlvs.iter().count()), (&[0, 24][..], 1));
    assert_eq!((down.cut().unwrap().what, down.rest.peek()), ("TLV value", &[0, 9, 0, 2, 1][..]));
}

#[test]
fn a_later_message_speaks_for_minus_19_or_minus_21() {
    let pdu = update(&[]);
    let of = |profile, value| {
        body(profile, &[(Index::ALL, value), (Index::ALL, RmValue::BgpMessage(&pdu))])
    };
    let (table, sequence) = (RmValue::VrfTableName(b"red"), RmValue::Sequence(1));
    let detect = |body: &[u8], known| Profile::detect(&parse(body), Some(known)).unwrap();
    let (red_19, one_21) = (of(Profile::Draft19, table), of(Profile::Draft21, sequence));
    assert_eq!(detect(&red_19, Profile::Draft21), Some(Profile::Draft19));
    assert_eq!(detect(&one_21, Profile::Draft19), Some(Profile::Draft21));
    let both = [&red_19[..], &[0, 5, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]].concat();
    for known in [Profile::Draft19, Profile::Draft21] {
        assert_eq!(detect(&both, known), Some(known), "speaks for both");
    }
    // Its second octet is the number of those that follow.
    let name = [&b"vA"[..], &[b'x'; 65]].concat();
    let named = of(Profile::Draft19, RmValue::VrfTableName(&name));
    assert_eq!(Profile::detect(&parse(&named), None), Ok(Some(Profile::Draft19)));
}

#[test]
fn every_type_of_message_is_read_and_written() {
    use crate::bmp::MessageType;
    let pdu = update(&[]);
    let monitoring = body(Profile::Draft20, &[(Index::ALL, RmValue::BgpMessage(&pdu))]);
    let down = [&PEER[..], &[4, 0, 9, 0, 1, 1]].concat();
    let stats = [&PEER[..], &[0, 1, 0, 4, 0, 0, 0, 0, 0, 9, 0, 0]].concat();
    let trace = [&[0; 30][..], &[0, 0, 0]].concat();
    let bodies = [
        (MessageType::RouteMonitoring, &monitoring[..], "{index=0 bgp_message=ffff"),
        (MessageType::StatisticsReport, &stats, "stats=00000000 tlvs=[{type=9 value=}]"),
        (MessageType::PeerDown, &down, "tlvs=[{type=9 value=01}]"),
        (MessageType::Initiation, &[0, 2, 0, 1, b'r'], "tlvs=[{type=sysName value=r}]"),
        (MessageType::Termination, &[0, 1, 0, 2, 0, 3], "reason=Redundant connection"),
        (MessageType::RouteMirroring, &PEER, "tlvs=[]"),
        (MessageType::RoutePolicyTrace, &trace, "event_count=0"),
        (MessageType(251), &[7], "body=07"),
    ];
    for (kind, body, part) in bodies {
        let mut octets = Vec::new();
        super::message(&mut octets, kind.0, |out| out.extend_from_slice(body));
        octets.push(4);
        let (message, rest) = Message::parse(&octets).unwrap();
        assert_eq!((rest, message.kind()), (&[4][..], kind));
        let mut out = Vec::new();
        message.encode(&mut out);
        assert_eq!(out, octets[..octets.len() - 1], "{kind}");
        let said = Outline::of(|fields| message.describe(Profile::Draft20, fields));
        assert!(
            said.starts_with(&format!("version=4 type={kind}")) && said.contains(part),
            "{said}"
        );
        assert_eq!(message.peer().is_some(), said.contains("peer={"), "{kind}");
        assert_eq!(matches!(message, Message::Unknown(_)), kind.0 == 251);
        octets[0] = 3;
        assert!(matches!(Message::parse(&octets).unwrap().0, Message::Unknown(_)));
    }
}

fn tlv_strategy() -> impl Strategy<Value = (u16, Owner, Vec<u8>)> {
    let owner = prop_oneof![
        4 => Just(Owner::Iana),
        1 => any::<u32>().prop_map(Owner::Enterprise),
    ];
    (0..12_u16, owner, vec(any::<u8>(), 0..12))
}

proptest! {
    #[test]
    fn messages_come_back_as_they_were_put_together(
        tlvs in vec((any::<u16>(), tlv_strategy()), 0..8),
        peer in vec(any::<u8>(), PER_PEER_HEADER_LEN),
    ) {
        let tlvs: Vec<IndexedTlv<'_>> = tlvs
            .iter()
            .map(|(index, (kind, owner, value))| {
                let tlv = Tlv { owner: *owner, kind: *kind, value };
                IndexedTlv { index: Index(*index), tlv }
            })
            .collect();
        let items = Items::of(tlvs.iter().copied());
        let body = [&peer[..], items.octets()].concat();
        let message = parse(&body);
        prop_assert_eq!(message.tlvs.iter().collect::<Vec<_>>(), tlvs);
        for (profile, _) in Profile::ALL {
            let mut out = Vec::new();
            for tlv in message.tlvs.iter() {
                prop_assert!(tlv.value(profile).encode(tlv.index, profile, &mut out));
            }
            prop_assert_eq!(&out[..], items.octets());
            let _ = Outline::of(|fields| message.describe(profile, fields));
            let _ = Markings::of(&message, profile).get(1);
            let _ = message.wrong_index(profile, Some(2));
            let _ = message.sequence(profile);
            let _ = message.as_version_3(profile);
            let _ = Profile::detect(&message, Some(profile));
        }
    }

    #[test]
    fn whatever_is_read_is_written_back(octets in vec(
        prop_oneof![3 => 0..6_u8, 1 => any::<u8>()], 0..90,
    ), fill in 0..3_usize) {
        // With and without a per-peer header in front.
        let octets = [&PEER[..PER_PEER_HEADER_LEN * fill.min(1)], &octets].concat();
        if let Ok(message) = RouteMonitoring::parse(Reader::new(&octets)) {
            let mut out = Vec::new();
            message.encode_body(&mut out);
            prop_assert_eq!(&out, &octets);
            let _ = Profile::detect(&message, None);
        }
        if let Ok(down) = PeerDown::parse(Reader::new(&octets)) {
            let mut out = Vec::new();
            down.encode_body(&mut out);
            prop_assert_eq!(&out, &octets);
            let _ = Outline::of(|fields| down.describe(fields));
        }
        if let Ok(report) = StatisticsReport::parse(Reader::new(&octets)) {
            let mut out = Vec::new();
            report.encode_body(&mut out);
            prop_assert_eq!(&out, &octets);
            let _ = Outline::of(|fields| report.describe(fields));
            let _ = report.as_version_3().map(|report| report.cut());
        }
        if let Ok(log) = RouteEventLog::parse(Reader::new(&octets)) {
            let mut out = Vec::new();
            log.encode_body(&mut out);
            prop_assert_eq!(&out, &octets);
            let _ = Outline::of(|fields| log.describe(fields));
        }
        if let Ok(trace) = RoutePolicyTrace::parse(Reader::new(&octets)) {
            let mut out = Vec::new();
            trace.encode_body(&mut out);
            prop_assert_eq!(&out, &octets);
            let _ = Outline::of(|fields| trace.describe(fields));
        }
    }
}
