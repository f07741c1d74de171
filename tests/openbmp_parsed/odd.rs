//! Input that no router ought to send, and some do.

use std::collections::BTreeSet;

use ribcage::bgp::{encode as bgp, nlri};
use ribcage::bmp::PeerHeader;
use ribcage::bmp::encode::{self, PeerDown};
use ribcage::bmp::msg::initiation::InitiationTlv;
use ribcage::bmp::msg::termination::TerminationTlv;
use ribcage::record::CloseReason;
use ribcage::wire::{Family, Timestamp};

use super::feed::{Feed, Message};
use super::life::{announce, header, init, said, up, up_with};

fn down(header: &PeerHeader) -> Vec<u8> {
    let mut out = Vec::new();
    encode::peer_down(&mut out, header, &PeerDown::Remote);
    out
}

/// A feed without the collector's own messages, and a session that has begun.
fn begun() -> (Feed, ribcage::session::Session) {
    let mut feed = Feed::new(&[("without", "collector")]);
    let session = feed.open(1, "127.0.0.2");
    (feed, session)
}

#[test]
fn a_peer_that_comes_up_twice_goes_down_once() {
    let (mut feed, mut session) = begun();
    let peer = header(1);
    feed.data(&mut session, &[init("r"), up(&peer), up(&peer)].concat());
    feed.close(session, CloseReason::EndOfStream);
    let rows = ["router init", "peer up 0", "peer up 1", "peer down 2", "router term"];
    assert_eq!(said(&mut feed, &[("peer", 2)]), rows);
}

#[test]
fn a_peer_goes_down_that_was_never_up() {
    let (mut feed, mut session) = begun();
    let peer = header(1);
    feed.data(&mut session, &[init("r"), down(&peer), down(&peer)].concat());
    let rows = said(&mut feed, &[("peer", 22)]);
    assert_eq!(rows, ["router init", "peer down 4", "peer down 4"]);
    // It is nobody's: nothing is left to be taken back.
    feed.data(&mut session, &[up(&peer), down(&peer)].concat());
    feed.close(session, CloseReason::EndOfStream);
    assert_eq!(said(&mut feed, &[]), ["peer up", "peer down", "router term"]);
}

#[test]
fn who_introduces_itself_twice_has_two_rows_and_one_end() {
    let (mut feed, mut session) = begun();
    feed.data(&mut session, &[init("a"), up(&header(1)), init("b")].concat());
    feed.close(session, CloseReason::EndOfStream);
    let rows = said(&mut feed, &[("router", 3)]);
    assert_eq!(rows, ["router init a", "peer up", "router init b", "peer down", "router term "]);
}

#[test]
fn every_message_may_come_before_the_initiation() {
    let peer = header(1);
    let (mut statistics, mut termination) = (Vec::new(), Vec::new());
    encode::statistics(&mut statistics, &peer, &[]);
    encode::termination(&mut termination, &[(TerminationTlv::String.0, b"bye")]);
    for (message, rows) in [
        (up(&peer), &["router first", "peer up", "peer down", "router term"][..]),
        (down(&peer), &["router first", "peer down", "router term"]),
        (statistics, &["router first", "peer first", "bmp_stat add", "peer down", "router term"]),
        (
            announce(&peer, 0, &[0]),
            &["peer first", "base_attribute add", "unicast_prefix add", "peer down"],
        ),
        (termination, &[]),
    ] {
        let (mut feed, mut session) = begun();
        feed.data(&mut session, &message);
        feed.close(session, CloseReason::EndOfStream);
        assert_eq!(said(&mut feed, &[]), rows);
    }
}

#[test]
fn who_goes_on_after_its_termination_is_there_again() {
    let (mut feed, mut session) = begun();
    let mut termination = Vec::new();
    encode::termination(&mut termination, &[(TerminationTlv::Reason.0, &[0, 2])]);
    let peer = header(1);
    let stream = [init("r"), up(&peer), termination.clone(), termination, up(&peer)].concat();
    feed.data(&mut session, &stream);
    feed.close(session, CloseReason::EndOfStream);
    let rows = said(&mut feed, &[("router", 7)]);
    let first = ["router init 0", "peer up", "peer down", "router term 2"];
    assert_eq!(rows[..4], first);
    assert_eq!(rows[4..], ["router first 0", "peer up", "peer down", "router term 65534"]);
}

#[test]
fn text_of_routers_breaks_no_row() {
    let nasty = b"a\tb\nc\rd'e\"f\0g\xff\xfe\\h\x1b";
    let text = |sql_safe: bool| {
        let quote = if sql_safe { '\u{2019}' } else { '\'' };
        format!("a b\\nc\\rd{quote}e\"fg\u{fffd}\u{fffd}\\h\x1b")
    };
    for sql_safe in [true, false] {
        let safe = if sql_safe { "true" } else { "false" };
        let mut feed = Feed::new(&[("without", "collector"), ("sql-safe", safe)]);
        let mut session = feed.open(1, "127.0.0.2");
        let (mut initiation, mut termination) = (Vec::new(), Vec::new());
        let tlvs = [InitiationTlv::SysName, InitiationTlv::SysDescr, InitiationTlv::String];
        encode::initiation(&mut initiation, &tlvs.map(|tlv| (tlv.0, &nasty[..])));
        encode::termination(&mut termination, &[(TerminationTlv::String.0, nasty)]);
        let up = up_with(&header(1), &[(3, nasty), (0, nasty)]);
        feed.data(&mut session, &[initiation, up, termination].concat());
        let [init, up, _, term] = &feed.messages[..] else { panic!("{:?}", feed.messages) };
        for (message, count, places) in
            [(init, 12, &[3, 6, 9][..]), (up, 31, &[31]), (term, 12, &[10])]
        {
            let row = &message.rows[0];
            assert_eq!((message.rows.len(), row.len()), (1, count), "{row:?}");
            for place in places {
                assert_eq!(row[place - 1], text(sql_safe), "{place} of {row:?}");
            }
        }
        assert_eq!(up.rows[0][16], "", "as the original has it");
    }
}

#[test]
fn long_text_ends_with_its_column_and_only_for_a_database() {
    for (sql_safe, lengths) in [("true", [200, 255, 255]), ("false", [9000, 9000, 9000])] {
        let mut feed = Feed::new(&[("without", "collector"), ("sql-safe", sql_safe)]);
        let mut session = feed.open(1, "127.0.0.2");
        let long = "\u{e9}".repeat(9000);
        let mut initiation = Vec::new();
        let tlvs = [InitiationTlv::SysName, InitiationTlv::SysDescr];
        encode::initiation(&mut initiation, &tlvs.map(|tlv| (tlv.0, long.as_bytes())));
        let up = up_with(&header(1), &[(3, long.as_bytes())]);
        feed.data(&mut session, &[initiation, up].concat());
        let [init, up] = &feed.messages[..] else { panic!("{:?}", feed.messages) };
        let found = [&init.rows[0][2], &init.rows[0][5], &up.rows[0][30]];
        assert_eq!(found.map(|text| text.chars().count()), lengths);
    }
}

/// The times of rows about routes and peers, seconds only where they are the router's.
fn times(feed: &mut Feed) -> Vec<String> {
    said(feed, &[("peer", 8), ("unicast_prefix", 10), ("base_attribute", 9), ("bmp_stat", 8)])
}

#[test]
fn a_router_without_a_clock_has_the_collectors() {
    let (mut feed, mut session) = begun();
    let (none, set) = (header(1).at(Timestamp::new(0, 0)), header(1));
    feed.data(&mut session, &init("r"));
    said(&mut feed, &[]);
    let route = [24, 198, 51, 100];
    let stream = [up(&none), announce(&none, 0, &route), announce(&set, 0, &route), down(&set)];
    feed.data(&mut session, &stream.concat());
    let at = "2026-09-21 14:13:20.000007";
    assert!(times(&mut feed).iter().all(|row| row.ends_with(at)), "for all messages of a peer");
}

#[test]
fn a_message_without_a_time_has_that_of_the_one_before() {
    let (mut feed, mut session) = begun();
    let (set, none) = (header(1), header(1).at(Timestamp::new(0, 0)));
    feed.data(&mut session, &init("r"));
    said(&mut feed, &[]);
    let later = header(1).at(Timestamp::new(1_500_000_100, 1_000_002));
    let route = [24, 198, 51, 100];
    let stream = [up(&set), announce(&none, 0, &route), announce(&later, 0, &route), down(&none)];
    feed.data(&mut session, &stream.concat());
    let (first, second) = ("2017-07-14 02:40:00.000009", "2017-07-14 02:41:40.000002");
    let wanted = [
        format!("peer up {first}"),
        format!("base_attribute add {first}"),
        format!("unicast_prefix add {first}"),
        format!("base_attribute add {second}"),
        format!("unicast_prefix add {second}"),
        format!("peer down {second}"),
    ];
    assert_eq!(times(&mut feed), wanted);
    // A clock that is behind: its peers are down now, not then.
    feed.data(&mut session, &up(&set));
    feed.close(session, CloseReason::Reset);
    let rows = times(&mut feed);
    assert_eq!(rows[1], "peer down 2026-09-21 14:13:20.000007");
}

#[test]
fn mirrored_updates_are_routes_unless_the_router_found_them_wrong() {
    let peer = header(1);
    let monitored = announce(&peer, 0, &[24, 198, 51, 100]);
    let (pdu, mut keepalive) = (&monitored[48..], vec![0xff; 16]);
    keepalive.extend([0, 19, 4]);
    let mirrored = |tlvs: &[(u16, &[u8])]| {
        let mut out = Vec::new();
        encode::route_mirroring(&mut out, &peer, tlvs);
        out
    };
    let rows = ["base_attribute add", "unicast_prefix add 198.51.100.0"];
    for (message, wanted) in [
        (mirrored(&[(0, pdu)]), rows.to_vec()),
        (mirrored(&[(0, pdu), (0, &keepalive), (0, pdu)]), [rows, rows].concat()),
        (mirrored(&[(1, &[0, 1]), (0, pdu)]), rows.to_vec()),
        (mirrored(&[(1, &[0, 0]), (0, pdu)]), vec![]),
        (mirrored(&[(0, &pdu[..pdu.len() - 1]), (9, pdu)]), vec![]),
        (mirrored(&[]), vec![]),
    ] {
        let (mut feed, mut session) = begun();
        feed.data(&mut session, &[init("r"), up(&peer)].concat());
        said(&mut feed, &[]);
        feed.data(&mut session, &message);
        assert_eq!(said(&mut feed, &[("unicast_prefix", 11)]), wanted);
    }
}

#[test]
fn routes_of_mirrored_updates_pass_filters_as_others_do() {
    let peer = header(1);
    let [one, two] = [(64, [24, 198, 51, 100]), (65, [24, 203, 0, 113])].map(|(asn, net)| {
        let mut attributes = vec![0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0, asn];
        bgp::next_hop(&mut attributes, [192, 0, 2, 1].into());
        let (mut pdu, nlri) = (Vec::new(), [&net[..], &[16, 10, asn]].concat());
        bgp::update(&mut pdu, &[24, 192, 0, asn], &attributes, &nlri);
        pdu
    });
    let mut message = Vec::new();
    encode::route_mirroring(&mut message, &peer, &[(0, &one), (0, &two), (0, &one)]);
    let first = ["add 198.51.100.0", "add 10.64.0.0", "del 192.0.64.0"];
    let second = ["add 203.0.113.0", "add 10.65.0.0", "del 192.0.65.0"];
    for (filter, wanted) in [
        ("peer-as = 65001", [&first[..], &second[..], &first[..]].concat()),
        ("prefix within 198.51.100.0/24", vec![first[0], first[0]]),
        ("not prefix = 10.65.0.0/16", [&first[..], &[second[0], second[2]], &first[..]].concat()),
        // Withdrawals have no path: they pass.
        ("origin-as = 64", [&first[..], &second[2..], &first[..]].concat()),
        ("origin-as = 65", [&first[2..], &second[..], &first[2..]].concat()),
        ("family = ipv6", vec![]),
        ("message = route-mirroring", [&first[..], &second[..], &first[..]].concat()),
        ("not message = withdraw", [&first[..2], &second[..2], &first[..2]].concat()),
        ("message = announce", vec![]),
    ] {
        let (mut feed, mut session) = begun();
        feed.data(&mut session, &[init("r"), up(&peer)].concat());
        feed.messages.clear();
        feed.filter(filter);
        feed.data(&mut session, &message);
        let routes = feed.messages.iter().filter(|m| m.object == "unicast_prefix");
        let rows = routes.flat_map(|m| &m.rows).map(|row| format!("{} {}", row[0], row[10]));
        assert_eq!(rows.collect::<Vec<_>>(), wanted, "{filter}");
        let has_base = feed.messages.iter().any(|m| m.object == "base_attribute");
        assert_eq!(has_base, wanted.iter().any(|row| row.starts_with("add")), "{filter}");
    }
}

#[test]
fn many_mirrored_updates_are_sent_in_parts() {
    let (mut feed, mut session) = begun();
    let peer = header(1);
    let nlri: Vec<u8> =
        (0..900_u16).flat_map(|n| [&[24, 10][..], &n.to_be_bytes()].concat()).collect();
    let monitored = announce(&peer, 0, &nlri);
    let mut message = Vec::new();
    encode::route_mirroring(&mut message, &peer, &[(0, &monitored[48..]); 20]);
    feed.data(&mut session, &[init("r"), up(&peer), message].concat());
    let routes = feed.messages.iter().filter(|m| m.object == "unicast_prefix");
    let rows: Vec<_> = routes.flat_map(|m| &m.rows).collect();
    assert_eq!(rows.len(), 20 * 900);
    for (n, row) in rows.iter().enumerate() {
        let [a, b] = ((n % 900) as u16).to_be_bytes();
        assert_eq!((&row[1], &row[10]), (&n.to_string(), &format!("10.{a}.{b}.0")));
    }
}

/// An UPDATE that announces a route of a family, of which this is an example.
fn announce_of(header: &PeerHeader, family: Family, index: u32) -> Vec<u8> {
    let mut routes = Vec::new();
    nlri::example(family, index, &mut routes);
    if routes.is_empty() {
        routes.push(7); // what nobody can read
    }
    let mut reach = family.afi.to_be_bytes().to_vec();
    let next_hops = nlri::next_hops(family).unwrap_or_default();
    let next_hop = vec![0; next_hops.first().copied().unwrap_or(4)];
    reach.extend([family.safi, next_hop.len() as u8]);
    reach.extend([&next_hop[..], &[0], &routes].concat());
    let mut attributes = vec![0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x90, 14];
    attributes.extend((reach.len() as u16).to_be_bytes());
    attributes.extend(reach);
    let (mut update, mut out) = (Vec::new(), Vec::new());
    bgp::update(&mut update, &[], &attributes, &[]);
    encode::route_monitoring(&mut out, header, &update);
    out
}

#[test]
fn a_route_has_a_row_or_is_counted() {
    let mut families: Vec<Family> = nlri::FAMILIES.iter().map(|f| f.family).collect();
    families.push(Family::new(1, 250)); // kept raw
    let mut counted = BTreeSet::new();
    for family in families {
        for index in 0..12 {
            let (mut feed, mut session) = begun();
            let peer = header(1);
            feed.data(&mut session, &[init("r"), up(&peer)].concat());
            feed.messages.clear();
            feed.data(&mut session, &announce_of(&peer, family, index));
            let has_row = |m: &&Message| m.object != "base_attribute";
            let rows: usize = feed.messages.iter().filter(has_row).map(|m| m.rows.len()).sum();
            assert_eq!(rows as u64 + feed.left_out(), 1, "{family} {index}: {:?}", feed.messages);
            if rows == 0 {
                counted.insert((family.afi, family.safi));
            }
        }
    }
    // Of EVPN and BGP-LS some types have rows; of these no route has.
    let [evpn, ls] = [(25, 70), (16_388, 71)];
    assert!(counted.contains(&evpn) && counted.contains(&ls), "{counted:?}");
    for none in [(1, 2), (2, 2), (1, 129), (2, 129), (16_388, 72), (16_388, 80), (1, 250)] {
        assert!(counted.contains(&none), "{none:?} of {counted:?}");
    }
    for all in [(1, 1), (2, 1), (1, 4), (2, 4), (1, 128), (2, 128)] {
        assert!(!counted.contains(&all), "{all:?}");
    }
}
