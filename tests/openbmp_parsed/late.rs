//! A receiver that comes late, or comes back, first hears what stands: that the collector is there,
//! which routers are connected, and which of their peers are up.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::SocketAddr;

use ribcage::bmp::encode::{self, PeerDown};

use super::feed::Message;
use super::life::{announce, header, init, up};
use crate::collector::{Collector, DEADLINE, Reading, Receiver, Router, Scratch};

/// What a router says first: one peer stays up, the other goes down.
fn beginning(name: &str) -> [Vec<u8>; 5] {
    let [one, two] = [header(1), header(2)];
    let mut down = Vec::new();
    encode::peer_down(&mut down, &two, &PeerDown::Remote);
    [init(name), up(&one), up(&two), announce(&one, 0, &[24, 198, 51, 100]), down]
}

/// A connection and all that has come by it.
struct Heard {
    reading: Reading,
    all: Vec<u8>,
}

impl Heard {
    fn of(receiver: &Receiver) -> Self {
        let reading = receiver.accept();
        match &reading {
            Reading::Tcp(socket) => socket.set_read_timeout(Some(DEADLINE)).unwrap(),
            Reading::Unix(socket) => socket.set_read_timeout(Some(DEADLINE)).unwrap(),
        }
        Self { reading, all: Vec::new() }
    }

    /// Reads until `parse` finds what it looks for.
    fn until<T>(&mut self, parse: impl Fn(&[u8]) -> Option<T>) -> T {
        let mut room = [0; 4096];
        loop {
            if let Some(found) = parse(&self.all) {
                return found;
            }
            let n = self.reading.read(&mut room).expect("octets in time");
            assert!(n > 0, "an end after {:?}", String::from_utf8_lossy(&self.all));
            self.all.extend_from_slice(&room[..n]);
        }
    }

    /// Reads until these rows have come, in this order.
    fn rows(&mut self, wanted: &[&str]) -> Vec<String> {
        self.until(|octets| {
            let rows = rows(octets)?;
            let mut left = rows.iter();
            wanted.iter().all(|row| left.any(|found| found == row)).then_some(rows)
        })
    }
}

/// The messages that are whole, if all octets are of such: object, action, and a field of each.
fn rows(octets: &[u8]) -> Option<Vec<String>> {
    let (mut left, mut rows) = (octets, Vec::new());
    while !left.is_empty() {
        let end = left.windows(2).position(|two| two == b"\n\n")?;
        let head = std::str::from_utf8(&left[..end]).unwrap();
        let len: usize = head.rsplit_once("\nL: ")?.1.split('\n').next()?.parse().unwrap();
        if left.len() < end + 2 + len {
            return None;
        }
        let Message { object, rows: found, .. } = Message::read(&mut left).unwrap();
        let place = match &*object {
            "collector" => 6, // how many routers
            "router" => 3,
            "peer" => 10,
            _ => 11,
        };
        rows.push(format!("{object} {} {}", found[0][0], found[0][place - 1]));
    }
    Some(rows)
}

/// A receiver goes when it has read everything, and comes back.
fn come_back(receiver: &Receiver, address: SocketAddr) -> Heard {
    let mut first = Heard::of(receiver);
    let mut stays = Router::connect(address);
    stays.send(&beginning("stays").concat());
    let began = ["collector started 0", "router init stays", "peer up 192.0.2.1"];
    first.rows(&[&began[..], &["peer down 192.0.2.2"]].concat());
    let mut goes = Router::connect(address);
    goes.send(&[init("goes"), up(&header(3))].concat());
    first.rows(&["peer up 192.0.2.3"]);
    goes.finish();
    // The last thing: nothing is left unread that would make the end of it a reset.
    let told = first.rows(&["peer down 192.0.2.3", "collector change 1"]);
    let term = told.iter().any(|row| row.starts_with("router term"));
    assert!(!term, "one address is one router, and that has a session left: {told:?}");
    drop(first);
    let mut second = Heard::of(receiver);
    stays.send(&announce(&header(1), 0, &[24, 203, 0, 113]));
    let last = "unicast_prefix add 203.0.113.0";
    let told = second.rows(&["router init stays", "peer up 192.0.2.1", last]);
    // What has not been acknowledged when a connection ends comes again: some of the last rows.
    assert!(told[0].starts_with("collector change "), "{told:?}");
    assert!(!told.iter().any(|row| row == "collector started 0"), "{told:?}");
    let mut up = BTreeSet::new();
    for row in &told {
        match row.rsplit_once(' ').unwrap() {
            ("peer up", peer) => _ = up.insert(peer),
            ("peer down", peer) => assert!(up.remove(peer), "{told:?}"),
            _ => {}
        }
    }
    assert_eq!(up, BTreeSet::from(["192.0.2.1"]), "{told:?}");
    second
}

/// Reads all that the collector still has to say, while it is told to end.
fn end(collector: Collector, mut heard: Heard) {
    let rest = std::thread::spawn(move || std::io::copy(&mut heard.reading, &mut std::io::sink()));
    assert_eq!(collector.stop().status.code(), Some(0));
    rest.join().unwrap().expect("an end in order");
}

#[test]
fn a_receiver_that_comes_back_hears_who_is_there() {
    let scratch = Scratch::new();
    for receiver in [Receiver::tcp(), Receiver::unix(&scratch)] {
        let output = format!("openbmp?admin-id=lab={}", receiver.url());
        let collector = Collector::start(&["-o", &output]);
        let heard = come_back(&receiver, collector.address);
        end(collector, heard);
    }
}

/// The BMP messages behind headers, if all octets are of whole ones.
fn raw(octets: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut left, mut found) = (octets, Vec::new());
    while !left.is_empty() {
        let (head, len) = match left.starts_with(b"OBMP") {
            true => {
                let head = left.get(6..12)?;
                let number = |octets: &[u8]| octets.iter().fold(0, |n, o| n << 8 | usize::from(*o));
                (number(&head[..2]), number(&head[2..]))
            }
            false => {
                let end = left.windows(2).position(|two| two == b"\n\n")?;
                let text = std::str::from_utf8(&left[..end]).unwrap();
                (end + 2, text.rsplit_once("L: ")?.1.parse().unwrap())
            }
        };
        found.push(left.get(head..head + len)?.to_vec());
        left = &left[head + len..];
    }
    Some(found)
}

#[test]
fn so_does_one_of_raw_messages() {
    for format in ["openbmp-raw", "openbmp-raw-text"] {
        let receiver = Receiver::tcp();
        let output = format!("{format}?admin-id=lab={}", receiver.url());
        let collector = Collector::start(&["-o", &output]);
        let wait = |heard: &mut Heard, last: &[u8]| {
            heard
                .until(|octets| raw(octets).filter(|all| all.iter().any(|message| message == last)))
        };
        let mut first = Heard::of(&receiver);
        let mut goes = Router::connect(collector.address);
        let peer = up(&header(3));
        goes.send(&[init("goes"), peer.clone()].concat());
        wait(&mut first, &peer);
        goes.finish();
        let mut stays = Router::connect(collector.address);
        let said = beginning("stays");
        stays.send(&said.concat());
        wait(&mut first, &said[4]);
        drop(first);
        let mut second = Heard::of(&receiver);
        let told = wait(&mut second, &said[1]);
        assert_eq!(told[0][5], 4, "{format}: {told:?}");
        let route = announce(&header(1), 0, &[24, 203, 0, 113]);
        stays.send(&route);
        let told = wait(&mut second, &route);
        let at = |what: &[u8]| told.iter().position(|message| message == what).expect("it");
        assert!(at(&said[0]) < at(&said[1]) && at(&said[1]) < at(&route), "{format}");
        // What has not been acknowledged comes again, and whole: who comes up also goes down.
        let count = |what: &[u8]| told.iter().filter(|message| *message == what).count();
        assert_eq!(count(&said[2]), count(&said[4]), "{format}");
        end(collector, second);
    }
}
