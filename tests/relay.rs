//! `bmp` to a socket: any BMP station can be the receiver, also one that goes away and comes back.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ribcage::bgp::encode as bgp;
use ribcage::bmp::PeerHeader;
use ribcage::bmp::encode as bmp;
use ribcage::load::{Source, write_stream};
use ribcage::wire::{Family, Prefix, Timestamp};

use crate::util::line::{kind, text, without};
use crate::util::{TempDir, decoded, ribcage};

/// Only a test that fails waits for this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again until there is an answer.
fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A collector of the test's own; killed when it is dropped.
struct Collector {
    child: Child,
    log: Arc<Mutex<String>>,
    address: SocketAddr,
}

impl Collector {
    fn start(listen: &str, output: &str) -> Self {
        wait_for("a collector that can listen", || Self::try_start(listen, output))
    }

    /// `None` when it ended at once: another program may have its port for a moment.
    fn try_start(listen: &str, output: &str) -> Option<Self> {
        let mut command = ribcage();
        command.args(["collect", "-l", listen, "--batch-memory", "16MiB", "-o", output]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(String::new()));
        let copy = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                copy.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        let address = wait_for("the line `listening` in the log", || {
            let text = log.lock().unwrap().clone();
            let found = text.split_once("listening address=").map(|(_, rest)| rest.to_owned());
            match found.as_deref().and_then(|rest| rest.split_once('\n')) {
                Some((address, _)) => Some(Some(address.trim().parse().unwrap())),
                None => child.try_wait().unwrap().map(|_| None),
            }
        });
        address.map(|address| Self { child, log, address })
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Asks it to end in order.
    fn end(mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        wait_for("the collector's end", || self.child.try_wait().unwrap())
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The peer whose OPENs negotiate ADD-PATH.
const ADD_PATH_PEER: u8 = 5;
/// The Loc-RIB, which comes up with two Peer Ups.
const LOC_RIB: u8 = 7;
const PEERS: usize = 8;

/// A router whose peers come and go. Every message is another one, by its timestamp.
struct Router {
    name: String,
    messages: Vec<Vec<u8>>,
    random: u64,
}

impl Router {
    /// Its messages, of which every `downs`-th takes a peer down.
    fn new(name: &str, count: usize, downs: u64) -> Self {
        let mut router = Self { name: name.into(), messages: Vec::new(), random: 7 };
        let name = router.name.clone();
        router.say(|out, _| bmp::initiation(out, &[(bmp::INFO_SYS_NAME, name.as_bytes())]));
        let mut up = [false; PEERS];
        while router.messages.len() < count {
            let peer = router.draw(PEERS as u64) as u8;
            match up[usize::from(peer)] {
                false => router.peer_up(peer),
                true if router.draw(downs) > 0 => {
                    router.route(peer);
                    continue;
                }
                true => router.say(|out, at| {
                    bmp::peer_down(out, &header(peer, at), &bmp::PeerDown::Remote);
                }),
            }
            up[usize::from(peer)] ^= true;
        }
        router
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.random >> 33) % below
    }

    fn say(&mut self, message: impl FnOnce(&mut Vec<u8>, u32)) {
        let (mut out, at) = (Vec::new(), self.messages.len() as u32);
        message(&mut out, at);
        self.messages.push(out);
    }

    fn peer_up(&mut self, peer: u8) {
        let names: &[&[u8]] = if peer == LOC_RIB { &[b"red", b"blue"] } else { &[b"global"] };
        let families = [(Family::IPV4_UNICAST, 3)];
        let mut says = vec![
            bgp::Capability::Multiprotocol(Family::IPV4_UNICAST),
            bgp::Capability::FourOctetAs(65_000),
        ];
        if peer == ADD_PATH_PEER {
            says.push(bgp::Capability::AddPath(&families));
        }
        let (mut open, bgp_id) = (Vec::new(), Ipv4Addr::new(192, 0, 2, peer));
        let capabilities = &says[..];
        bgp::open(&mut open, &bgp::Open { asn: 65_000, hold_time: 90, bgp_id, capabilities });
        for name in names {
            let up = bmp::PeerUp {
                local_address: IpAddr::from([192, 0, 2, 254]),
                local_port: 179,
                remote_port: 40_000,
                sent_open: &open,
                received_open: &open,
                tlvs: &[(3, name)],
            };
            self.say(|out, at| bmp::peer_up(out, &header(peer, at), &up));
        }
    }

    /// A route. With its path identifier (5 to 8), which comes first, it is also sound, and
    /// something else, when it is read without: three default routes, a /5 to /8 and a /10.
    fn route(&mut self, peer: u8) {
        let n = self.messages.len() as u32;
        let path_id = (peer == ADD_PATH_PEER).then_some(n % 4 + 5);
        let prefix = Prefix::V4([10, (n >> 2) as u8, (n << 6) as u8, 0], 24);
        let (mut attributes, mut nlri, mut update) = (Vec::new(), Vec::new(), Vec::new());
        bgp::origin(&mut attributes, 0);
        bgp::as_path(&mut attributes, &[bgp::Segment::Sequence(&[u32::from(peer) + 65_001])]);
        bgp::next_hop(&mut attributes, Ipv4Addr::new(192, 0, 2, peer));
        bgp::prefix(&mut nlri, path_id, &prefix);
        bgp::update(&mut update, &[], &attributes, &nlri);
        self.say(|out, at| bmp::route_monitoring(out, &header(peer, at), &update));
    }
}

fn header(peer: u8, at: u32) -> PeerHeader {
    let bgp_id = Ipv4Addr::new(192, 0, 2, peer);
    let asn = u32::from(peer) + 65_001;
    let header = match peer {
        LOC_RIB => PeerHeader::loc_rib(asn, bgp_id),
        _ => PeerHeader::new(bgp_id.into(), asn, bgp_id),
    };
    header.at(Timestamp::new(1_760_000_000, at))
}

/// The whole messages at the front of what a connection carried.
fn messages(mut octets: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let [3, a, b, c, d, ..] = *octets {
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some((message, rest)) = octets.split_at_checked(len) else { break };
        found.push(message);
        octets = rest;
    }
    found
}

/// Hears a connection as a strict station does: Initiation first, no peer twice, no word of a peer
/// that is not up.
fn assert_strict(connection: usize, messages: &[&[u8]]) {
    let mut up: HashMap<&[u8], HashSet<&[u8]>> = HashMap::new();
    for (index, message) in messages.iter().enumerate() {
        let place = format!("connection {connection}, message {index}");
        let kind = message[5];
        assert_eq!(kind == 4, index == 0, "{place} has type {kind}");
        if kind == 4 {
            continue;
        }
        let (peer, body) = (&message[6..32], &message[48..]);
        match kind {
            3 => {
                let known = up.entry(peer).or_default();
                assert!(known.is_empty() || peer[0] == 3, "{place}: the peer is up already");
                assert!(known.insert(body), "{place}: the same Peer Up once more");
            }
            2 => assert!(up.remove(peer).is_some(), "{place}: a peer goes down that is not up"),
            _ => assert!(up.contains_key(peer), "{place}: a route of a peer that is not up"),
        }
    }
}

/// Checks that connections carried all of `sent` together, each an introduction and then messages
/// in a row; returns where in `sent` each went on.
fn assert_all_arrived(sent: &[Vec<u8>], carried: &[Vec<u8>]) -> Vec<usize> {
    let places: HashMap<&[u8], usize> = sent.iter().map(Vec::as_slice).zip(0..).collect();
    assert_eq!(places.len(), sent.len(), "the test's own messages are told apart");
    let (mut reached, mut starts) = (0, Vec::new());
    for (connection, octets) in carried.iter().enumerate() {
        let messages = messages(octets);
        assert_strict(connection, &messages);
        let heard: Vec<usize> = messages.iter().map(|message| places[message]).collect();
        let last = *heard.last().expect("something arrived");
        let in_a_row = heard.iter().rev().zip((0..=last).rev()).take_while(|(a, b)| **a == *b);
        let introduction = heard.len() - in_a_row.count();
        assert!(heard.is_sorted(), "connection {connection} is in order");
        for message in &messages[..introduction] {
            assert!([3, 4].contains(&message[5]), "only what introduces is said again");
        }
        let start = heard[introduction];
        assert!(start <= reached, "connection {connection} leaves {reached} to {start} out");
        (reached, starts) = (reached.max(last + 1), [starts, vec![start]].concat());
    }
    assert_eq!(reached, sent.len(), "messages that arrived");
    starts
}

/// Binds a port again that was bound before.
fn listen_again(address: SocketAddr) -> TcpListener {
    wait_for("the port to be free again", || TcpListener::bind(address).ok())
}

/// Accepts one connection and reads about `limit` octets of it.
fn carry(listener: TcpListener, limit: usize) -> Vec<u8> {
    listener.set_nonblocking(true).unwrap();
    let (mut stream, _) = wait_for("a connection", || listener.accept().ok());
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut all, mut buffer) = (Vec::new(), vec![0; 10_007]);
    while all.len() < limit {
        match stream.read(&mut buffer).expect("octets or an end in time") {
            0 => break,
            n => all.extend_from_slice(&buffer[..n]),
        }
    }
    all
}

#[test]
fn a_station_that_is_killed_and_comes_back_hears_whole_sessions() {
    let router = Router::new("r", 60_000, 300);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let collector = Collector::start("127.0.0.1:0", &format!("bmp=tcp://{address}"));
    let (to, octets) = (collector.address, router.messages.concat());
    let total = octets.len();
    assert!(total > 5_000_000, "more than one connection's memory: {total}");
    let sender = std::thread::spawn(move || {
        TcpStream::connect(to).unwrap().write_all(&octets).unwrap();
    });
    let mut carried = vec![carry(listener, 200_000)];
    for limit in [2_000_000, 1_500_000, usize::MAX] {
        // Nobody listens for a while: the collector knocks in vain.
        std::thread::sleep(Duration::from_millis(150));
        carried.push(carry(listen_again(address), limit));
    }
    sender.join().unwrap();
    let starts = assert_all_arrived(&router.messages, &carried);
    assert!(starts[2] > 5000 && starts[3] > starts[2], "late ones do not begin anew: {starts:?}");
    let log = collector.log();
    assert!(log.matches(" output-connected ").count() >= 4, "{log}");
    assert!(!log.contains("output-preamble-incomplete"), "{log}");
    assert!(collector.end().success());
}

/// The records of a session, without what depends on when and where it was collected.
fn records<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let unlike = ["seq", "timestamp_arrival", "bmp_router", "bmp_router_port"];
    lines.filter(|l| !l.contains("log_init")).map(|l| without(l, &unlike)).collect()
}

fn is_route(record: &&String) -> bool {
    ["update", "delete", "withdraw", "end-of-rib"].contains(&kind(record))
}

/// What an uninterrupted collector makes of a stream.
fn reference(dir: &TempDir, octets: &[u8]) -> Vec<String> {
    let file = dir.file("whole.bmp", octets);
    records(String::from_utf8(decoded(&["-F", "pmacct-json"], &file)).unwrap().lines())
}

/// The records of a file by session: that of the router of this name.
fn session_of(file: &str, name: &str) -> Vec<String> {
    let names = |l: &&str| text(l, "bmp_init_info_sysname") == name;
    let first = file.lines().find(names).unwrap_or_else(|| panic!("no Initiation of {name}"));
    let port = text(first, "bmp_router_port");
    records(file.lines().filter(|l| text(l, "bmp_router_port") == port))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_collector_behind_a_collector_is_killed_and_reads_on_with_what_peers_negotiated() {
    let dir = TempDir::new("relay");
    let mut synthetic = Vec::new();
    write_stream(&Source::Synthetic { peers: 3, prefixes: 1000 }, 1, 5, &mut synthetic).unwrap();
    let streams =
        [("ribcage-load-1", synthetic), ("own", Router::new("own", 3000, 50).messages.concat())];
    let (one, two) = (dir.path().join("1.json"), dir.path().join("2.json"));
    let to_file = |path: &Path| format!("pmacct-json=file:{}", path.display());
    let first = Collector::start("127.0.0.1:0", &to_file(&one));
    let station = first.address.to_string();
    let relay = Collector::start("127.0.0.1:0", &format!("bmp=tcp://{station}"));

    let mut routers = Vec::new();
    let mut routes_of_first_halves = 0;
    for (_, octets) in &streams {
        let half = &octets[..octets.len() / 2];
        let mut router = TcpStream::connect(relay.address).unwrap();
        router.write_all(half).unwrap();
        routers.push(router);
        routes_of_first_halves += reference(&dir, half).iter().filter(is_route).count();
    }
    wait_for("the first halves in the first file", || {
        let routes = records(read(&one).lines()).iter().filter(is_route).count();
        (routes >= routes_of_first_halves).then_some(())
    });
    drop(first); // killed
    for ((_, octets), mut router) in streams.iter().zip(routers) {
        router.write_all(&octets[octets.len() / 2..]).unwrap();
    }
    let second = Collector::start(&station, &to_file(&two));
    wait_for("the sessions' ends in the second file", || {
        (read(&two).matches("\"log_close\"").count() == streams.len()).then_some(())
    });

    for (name, octets) in &streams {
        let whole = reference(&dir, octets);
        let (before, after) = (session_of(&read(&one), name), session_of(&read(&two), name));
        assert_introduced(name, &after);
        let routes = |records: &[String]| -> Vec<String> {
            records.iter().filter(is_route).cloned().collect()
        };
        let (whole, before, after) = (routes(&whole), routes(&before), routes(&after));
        assert!(before.len() + after.len() >= whole.len() && !after.is_empty(), "{name}");
        for (got, expected) in before.iter().zip(&whole) {
            assert_eq!(got, expected, "{name}, before");
        }
        for (got, expected) in after.iter().rev().zip(whole.iter().rev()) {
            assert_eq!(got, expected, "{name}, after, from the end");
        }
    }
    assert!(read(&two).contains("\"as_path_id\""));
    assert!(relay.end().success() && second.end().success());
}

/// A session begins with its Initiation, and each peer's Peer Up comes before its routes.
fn assert_introduced(name: &str, records: &[String]) {
    assert_eq!(kind(&records[0]), "init", "{name}: {}", records[0]);
    let mut up = HashSet::new();
    for record in records {
        let peer = text(record, "peer_ip");
        match kind(record) {
            "peer_up" => _ = up.insert(peer),
            "peer_down" => _ = up.remove(peer),
            _ if is_route(&record) => assert!(up.contains(peer), "{name}: no Peer Up: {record}"),
            _ => {}
        }
    }
}
