//! An output of several streams is one collector, and a router may have sessions in each.

use std::collections::BTreeMap;
use std::time::Duration;

use ribcage::bmp::PeerHeader;
use ribcage::bmp::encode::{self, PeerDown};
use ribcage::record::CloseReason;
use ribcage::wire::Timestamp;

use super::feed::{Feed, Message};
use super::life::{announce, header, init, said, up};
use crate::collector::{Collector, Router, Scratch, await_some, synthetic};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_router_is_gone_with_its_last_session_in_any_stream() {
    let mut one = Feed::new(&[("without", "collector")]);
    let mut two = one.sibling();
    one.pass(SECOND);
    let (mut a, mut b) = (one.open(1, "127.0.0.2"), two.open(2, "127.0.0.2"));
    let [first, second] = [header(1), header(2)];
    one.data(&mut a, &[init("r"), up(&first), up(&second)].concat());
    two.data(&mut b, &[init("r"), up(&second)].concat());
    // The clock of this peer's messages is far ahead, in the session that ends first.
    let ahead = second.at(Timestamp::new(1_900_000_000, 3));
    one.data(&mut a, &announce(&ahead, 0, &[24, 198, 51, 100]));
    said(&mut one, &[]);
    said(&mut two, &[]);
    one.close(a, CloseReason::Reset);
    assert_eq!(said(&mut one, &[("peer", 10)]), ["peer down 192.0.2.1"], "the other has both");
    two.close(b, CloseReason::Shutdown);
    let last = said(&mut two, &[("peer", 8), ("router", 8)]);
    let down = "peer down 2030-03-17 17:46:40.000004";
    assert_eq!(last, [down, "router term (2) Connection closed"]);
    // Nothing of it is left.
    let mut again = one.open(3, "127.0.0.2");
    one.data(&mut again, &[init("r"), up(&first)].concat());
    one.close(again, CloseReason::EndOfStream);
    let rows = ["router init", "peer up", "peer down", "router term"];
    assert_eq!(said(&mut one, &[]), rows);
}

fn down(header: &PeerHeader) -> Vec<u8> {
    let mut out = Vec::new();
    encode::peer_down(&mut out, header, &PeerDown::Remote);
    out
}

/// At so many seconds.
fn at(header: PeerHeader, secs: u64) -> PeerHeader {
    header.at(Timestamp::new(1_500_000_000 + secs, 0))
}

#[test]
fn a_peer_goes_down_when_the_last_session_says_so() {
    let mut one = Feed::new(&[("without", "collector")]);
    let mut two = one.sibling();
    one.pass(SECOND);
    let (mut a, mut b) = (one.open(1, "127.0.0.2"), two.open(2, "127.0.0.2"));
    let peer = header(1);
    one.data(&mut a, &[init("r"), up(&at(peer, 0))].concat());
    two.data(&mut b, &[init("r"), up(&at(peer, 0))].concat());
    // A route that came later than the Peer Down will say: it is older than that all the same.
    two.data(&mut b, &announce(&at(peer, 9), 0, &[24, 198, 51, 100]));
    one.messages.clear();
    two.messages.clear();
    two.data(&mut b, &down(&at(peer, 5)));
    assert!(two.messages.is_empty(), "the other session has it: {:?}", two.messages);
    two.data(&mut b, &down(&at(peer, 5)));
    assert!(two.messages.is_empty(), "this one has not, and cannot take it back");
    let time = &[("peer", 8)];
    two.data(&mut b, &announce(&at(peer, 6), 0, &[24, 198, 51, 100]));
    let routes = ["base_attribute add", "unicast_prefix add"];
    assert_eq!(said(&mut two, &[]), routes, "it was not gone, so it is not heard of first");
    two.data(&mut b, &down(&at(peer, 7)));
    one.data(&mut a, &down(&at(peer, 7)));
    assert_eq!(said(&mut one, time), ["peer down 2017-07-14 02:40:09.000001"]);
    assert!(two.messages.is_empty());
    one.data(&mut a, &up(&at(peer, 20)));
    assert_eq!(said(&mut one, time), ["peer up 2017-07-14 02:40:20.000000"], "not as before");
    one.close(a, CloseReason::Reset);
    assert_eq!(said(&mut one, &[]), ["peer down"], "the other session has lost it");
    two.close(b, CloseReason::Reset);
    assert_eq!(said(&mut two, &[]), ["router term"]);
}

#[test]
fn what_two_sessions_say_of_a_peer_has_one_clock() {
    let mut one = Feed::new(&[("without", "collector")]);
    let mut two = one.sibling();
    one.pass(SECOND);
    let (mut a, mut b) = (one.open(1, "127.0.0.2"), two.open(2, "127.0.0.2"));
    let peer = header(1);
    let untimed = peer.at(Timestamp::default());
    let times = &[("peer", 8), ("unicast_prefix", 10)];
    let route = |header| announce(header, 0, &[24, 198, 51, 100]);
    one.data(&mut a, &[init("r"), up(&at(peer, 3))].concat());
    let first = "peer up 2017-07-14 02:40:03.000000";
    assert_eq!(said(&mut one, times), ["router init", first]);
    // Were it later, a database would forget the routes of the first session.
    two.data(&mut b, &[init("r"), up(&at(peer, 8))].concat());
    assert_eq!(said(&mut two, times), ["router init", first], "of the same BGP session");
    let mut three = one.sibling();
    let mut c = three.open(3, "127.0.0.2");
    let mut other = up(&at(peer, 9));
    other[66..68].copy_from_slice(&7_u16.to_be_bytes()); // the peer's port
    three.data(&mut c, &[init("r"), other].concat());
    let another = "peer up 2017-07-14 02:40:09.000000";
    assert_eq!(said(&mut three, times), ["router init", another], "of another BGP session");
    three.close(c, CloseReason::Reset);
    assert_eq!(said(&mut three, &[]), [""; 0]);
    // A session whose messages have no time goes by the clock of the others.
    let mut c = three.open(4, "127.0.0.2");
    three.data(&mut c, &[route(&untimed), route(&at(peer, 30)), route(&untimed)].concat());
    let wanted = ["03", "30", "30"].map(|secs| {
        ["base_attribute add".into(), format!("unicast_prefix add 2017-07-14 02:40:{secs}.000000")]
    });
    assert_eq!(said(&mut three, times), wanted.concat());
}

#[test]
fn one_collector_speaks_for_all_streams() {
    let mut one = Feed::new(&[("heartbeat", "1m")]);
    let mut two = one.sibling();
    let routers = &[("collector", 5)];
    two.pass(SECOND);
    let mut b = two.open(2, "127.0.0.3");
    two.data(&mut b, &init("b"));
    assert!(two.messages.is_empty(), "nobody speaks before the collector");
    one.pass(SECOND);
    assert_eq!(said(&mut one, routers), ["collector started "]);
    two.data(&mut b, &up(&header(1)));
    assert_eq!(said(&mut two, &[]), ["router init", "peer up"], "what waited");
    let a = one.open(1, "127.0.0.2");
    for feed in [&mut two, &mut one] {
        feed.pass(2 * SECOND);
    }
    assert_eq!(said(&mut one, routers), ["collector change 127.0.0.3, 127.0.0.2"]);
    one.close(a, CloseReason::Shutdown);
    one.finish();
    one.pass(100 * SECOND);
    assert!(one.messages.is_empty(), "{:?}", one.messages);
    two.close(b, CloseReason::Shutdown);
    two.finish();
    two.finish();
    let last = said(&mut two, &[("collector", 2)]);
    assert_eq!(last, ["peer down", "router term", "collector stopped 2"]);
}

#[test]
fn an_output_of_several_writers_is_one_collector() {
    let scratch = Scratch::new();
    let output = format!("openbmp?admin-id=lab=file:{}?writers=3", scratch.file("{writer}"));
    let collector = Collector::start(&["-o", &output]);
    let mut routers: Vec<Router> = (0..12).map(|_| Router::connect(collector.address)).collect();
    for (router, n) in routers.iter_mut().zip(0..) {
        router.send(&synthetic(n, 2, 5));
    }
    let read = || {
        let files = ["0", "1", "2"].map(|n| std::fs::read(scratch.file(n)).unwrap_or_default());
        files.map(|octets| {
            let mut left = &octets[..];
            std::iter::from_fn(|| Message::read(&mut left)).collect::<Vec<_>>()
        })
    };
    let count = |files: &[Vec<Message>; 3], object: &str, action: &str| {
        let is_it = |m: &&Message| m.object == object && m.rows[0][0] == action;
        files.iter().flatten().filter(is_it).count()
    };
    // Files may end in the middle of a message while they are written.
    let text = |n: &str| {
        String::from_utf8_lossy(&std::fs::read(scratch.file(n)).unwrap_or_default())
            .matches("T: peer\n")
            .count()
    };
    await_some("all peers are up", || {
        (["0", "1", "2"].map(text).iter().sum::<usize>() == 24).then_some(())
    });
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    let files = read();
    assert!(files.iter().all(|messages| messages.len() > 4), "every stream has its routers");
    for (object, action, wanted) in [
        ("collector", "started", 1),
        ("collector", "stopped", 1),
        ("router", "init", 12),
        ("router", "term", 1), // all have one address
        ("peer", "up", 24),
    ] {
        assert_eq!(count(&files, object, action), wanted, "{object} {action}");
    }
    let mut peers = BTreeMap::new();
    for message in files.iter().flatten().filter(|m| m.object == "peer") {
        let (id, action) = (message.rows[0][2].clone(), message.rows[0][0].clone());
        *peers.entry(id).or_insert_with(BTreeMap::new).entry(action).or_insert(0) += 1;
    }
    assert!(peers.values().all(|said| said["down"] == 1), "each is down once: {peers:?}");
    // What one stream says of the collector is numbered with what the others say.
    let mut numbers: Vec<u64> = (files.iter().flatten().filter(|m| m.object == "collector"))
        .map(|m| m.rows[0][1].parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert!((0..).zip(&numbers).all(|(n, number)| n == *number), "{numbers:?}");
    let stopped = files.iter().flatten().find(|m| m.rows[0][0] == "stopped").unwrap();
    assert_eq!(stopped.rows[0][4..6], ["", "0"]);
    drop(routers);
}
