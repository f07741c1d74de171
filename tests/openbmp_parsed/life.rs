//! What comes and goes: routers, their sessions and peers, large UPDATEs, the collector's clock.

use std::net::Ipv4Addr;
use std::time::Duration;

use ribcage::bgp::{Open, encode as bgp};
use ribcage::bmp::PeerHeader;
use ribcage::bmp::encode::{self, PeerUp};
use ribcage::bmp::msg::initiation::InitiationTlv;
use ribcage::record::CloseReason;
use ribcage::wire::Timestamp;

use super::feed::{Feed, Message};

pub(super) fn init(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    encode::initiation(&mut out, &[(InitiationTlv::SysName.0, name.as_bytes())]);
    out
}

pub(super) fn header(last: u8) -> PeerHeader {
    let address = Ipv4Addr::new(192, 0, 2, last);
    PeerHeader::new(address.into(), 65001, address).at(Timestamp::new(1_500_000_000, 9))
}

pub(super) fn up(header: &PeerHeader) -> Vec<u8> {
    up_with(header, &[])
}

pub(super) fn up_with(header: &PeerHeader, tlvs: &[(u16, &[u8])]) -> Vec<u8> {
    let mut open = Vec::new();
    Open::builder(65001, 65_535, Ipv4Addr::LOCALHOST).encode(&mut open);
    let local_address = Ipv4Addr::new(192, 0, 2, 254).into();
    let (local_port, remote_port) = (179, 40_000);
    let (sent_open, received_open) = (&open[..], &open[..]);
    let up = PeerUp { local_address, local_port, remote_port, sent_open, received_open, tlvs };
    let mut out = Vec::new();
    encode::peer_up(&mut out, header, &up);
    out
}

/// An UPDATE that announces these, with an ORIGIN of this value.
pub(super) fn announce(header: &PeerHeader, origin: u8, nlri: &[u8]) -> Vec<u8> {
    let mut attributes = vec![0x40, 1, 1, origin, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9];
    attributes.extend([0x40, 3, 4, 192, 0, 2, 1]);
    let mut body = vec![0, 0];
    body.extend((attributes.len() as u16).to_be_bytes());
    body.extend(attributes);
    body.extend(nlri);
    let (mut update, mut out) = (Vec::new(), Vec::new());
    bgp::message(&mut update, 2, |out| out.extend(&body));
    encode::route_monitoring(&mut out, header, &update);
    out
}

/// Object, action and the first of the fields given for each row.
pub(super) fn said(feed: &mut Feed, places: &[(&str, usize)]) -> Vec<String> {
    let messages = std::mem::take(&mut feed.messages);
    let row = |message: &Message| {
        let row = &message.rows[0];
        let at = places.iter().find(|(object, _)| *object == message.object);
        let shown = at.map_or(String::new(), |(_, place)| format!(" {}", row[place - 1]));
        format!("{} {}{shown}", message.object, row[0])
    };
    messages.iter().map(row).collect()
}

#[test]
fn a_router_is_gone_with_its_last_session_and_so_are_its_peers() {
    let mut feed = Feed::new(&[("pat-enabled", "true"), ("without", "collector")]);
    let mut a = feed.open(1, "127.0.0.2");
    let mut b = feed.open(2, "127.0.0.3");
    let [one, two] = [header(1), header(2)];
    feed.data(&mut a, &[init("r"), up(&one), up(&two)].concat());
    feed.data(&mut b, &[init("r"), up(&two)].concat());
    said(&mut feed, &[]);
    feed.close(a, CloseReason::Reset);
    assert_eq!(said(&mut feed, &[("peer", 10)]), ["peer down 192.0.2.1"], "the other has both");
    // A peer whose clock is ahead goes down later than its last message.
    let ahead = two.at(Timestamp::new(1_900_000_000, 3));
    feed.data(&mut b, &announce(&ahead, 0, &[24, 198, 51, 100]));
    let said_b = said(&mut feed, &[("unicast_prefix", 11)]);
    assert_eq!(said_b, ["base_attribute add", "unicast_prefix add 198.51.100.0"]);
    feed.close(b, CloseReason::Shutdown);
    let last = said(&mut feed, &[("peer", 8), ("router", 8)]);
    let down = "peer down 2030-03-17 17:46:40.000004";
    assert_eq!(last, [down, "router term (2) Connection closed"]);
}

#[test]
fn who_speaks_before_an_initiation_is_introduced_by_address() {
    let mut feed = Feed::new(&[("without", "collector")]);
    let mut session = feed.open(1, "127.0.0.2");
    let peer = header(1);
    feed.data(&mut session, &announce(&peer, 0, &[0]));
    feed.data(&mut session, &up(&peer));
    feed.data(&mut session, &init("r"));
    let rows = said(&mut feed, &[("peer", 7), ("router", 5)]);
    let first = ["peer first ", "base_attribute add", "unicast_prefix add"];
    assert_eq!(rows[..3], first, "as the original has it");
    assert_eq!(rows[3..5], ["router first 127.0.0.2", "peer up 127.0.0.2"]);
    assert_eq!(rows[5..], ["router init 127.0.0.2"], "the same router: its address names it");
}

#[test]
fn hold_times_fit_their_column_and_quotes_break_nothing() {
    let mut feed = Feed::new(&[]);
    let mut session = feed.open(1, "127.0.0.2");
    feed.data(&mut session, &[init("d'or"), up(&header(1))].concat());
    let rows = said(&mut feed, &[("router", 3), ("peer", 20)]);
    assert_eq!(rows, ["router init d\u{2019}or", "peer up 32767"]);
}

#[test]
fn routes_of_an_update_that_is_treated_as_withdraw_are_withdrawn() {
    let mut feed = Feed::new(&[("without", "collector")]);
    let mut session = feed.open(1, "127.0.0.2");
    let peer = header(1);
    feed.data(&mut session, &[init("r"), up(&peer)].concat());
    said(&mut feed, &[]);
    feed.data(&mut session, &announce(&peer, 9, &[24, 198, 51, 100]));
    assert_eq!(said(&mut feed, &[("unicast_prefix", 6)]), ["unicast_prefix del "]);
}

#[test]
fn an_update_of_many_routes_is_sent_in_messages_of_limited_size() {
    let mut feed = Feed::new(&[("without", "collector"), ("message-size", "4KiB")]);
    let mut session = feed.open(1, "127.0.0.2");
    let peer = header(1);
    feed.data(&mut session, &[init("r"), up(&peer)].concat());
    feed.messages.clear();
    let nlri: Vec<u8> =
        (0..5000_u16).flat_map(|n| [&[24, 10][..], &n.to_be_bytes()].concat()).collect();
    feed.data(&mut session, &announce(&peer, 0, &nlri));
    let (base, routes) = feed.messages.split_first().unwrap();
    let mut rows = routes.iter().flat_map(|message| &message.rows);
    for n in 0..5000_u16 {
        let [a, b] = n.to_be_bytes();
        let row = rows.next().unwrap();
        assert_eq!((&row[1], &row[10]), (&n.to_string(), &format!("10.{a}.{b}.0")));
        assert_eq!(row[5], base.rows[0][2], "its path attributes");
    }
    assert!(rows.next().is_none());
    let size = |m: &Message| m.rows.iter().flatten().map(|field| field.len() + 1).sum::<usize>();
    assert!(
        routes.iter().all(|m| (2048..=4096).contains(&size(m)) || m == &routes[routes.len() - 1])
    );
}

#[test]
fn the_loss_of_many_peers_is_told_of_each() {
    let mut feed = Feed::new(&[("without", "collector")]);
    let mut session = feed.open(1, "127.0.0.2");
    feed.data(&mut session, &init("r"));
    for n in 0..3000_u16 {
        let mut peer = header(1);
        peer.address[13..15].copy_from_slice(&n.to_be_bytes());
        feed.data(&mut session, &announce(&peer, 0, &[0]));
    }
    feed.messages.clear();
    feed.close(session, CloseReason::Idle);
    let rows = said(&mut feed, &[("router", 8)]);
    let (last, downs) = rows.split_last().unwrap();
    assert_eq!((downs.len(), &**last), (3000, "router term ERROR: Router is silent"));
    assert!(downs.iter().all(|row| row == "peer down"));
}

#[test]
fn the_collector_speaks_by_the_clock() {
    let mut feed = Feed::new(&[("heartbeat", "1m")]);
    let (short, long) = (Duration::from_millis(100), Duration::from_secs(60));
    let routers = &[("collector", 5)];
    feed.pass(short);
    assert_eq!(said(&mut feed, routers), ["collector started "]);
    feed.pass(short);
    assert_eq!(said(&mut feed, routers).len(), 0, "nothing new");
    let a = feed.open(1, "127.0.0.2");
    feed.pass(short);
    assert_eq!(said(&mut feed, routers), ["collector change 127.0.0.2"]);
    let b = feed.open(2, "2001:db8::2");
    feed.close(a, CloseReason::EndOfStream);
    feed.pass(short);
    assert_eq!(said(&mut feed, routers).len(), 0, "not twice within a second");
    feed.pass(10 * short);
    assert_eq!(said(&mut feed, routers), ["collector change 2001:db8::2"]);
    feed.pass(long);
    feed.pass(long);
    assert_eq!(said(&mut feed, routers), vec!["collector heartbeat 2001:db8::2"; 2]);
    feed.close(b, CloseReason::Shutdown);
    feed.finish();
    feed.pass(long);
    assert_eq!(said(&mut feed, routers), ["collector stopped "]);
}
