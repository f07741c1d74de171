//! `tcp://HOST:PORT` streams records over a TCP connection, at least once (see `stream_conn`).

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with, sockopt};

use super::framing::{FRAMING, Framing};
use super::path::Names;
use super::stream_conn::Dial;
use super::{Entry, OpenError, Setup, Transport, stream_out};
use crate::output::url::OutputUrl;
use crate::record::SessionId;

/// The row of the table.
pub(super) static ENTRY: Entry = Entry {
    scheme: "tcp",
    usage: "tcp://HOST:PORT",
    about: "connects to a receiver over TCP and resumes at a record boundary",
    options: &[FRAMING],
    lossy: false,
    socket: true,
    check,
    open,
};

const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_PROBES: u32 = 6;

fn check(url: &OutputUrl) -> Result<(), OpenError> {
    Framing::of(url)?;
    host_port(url).map(drop)
}

fn open(setup: &Setup<'_>) -> Result<Box<dyn Transport>, OpenError> {
    let addresses = resolve(setup.url)?;
    let name = format!("tcp://{}", setup.url.target);
    stream_out::build(TcpDial { addresses, name }, setup)
}

struct TcpDial {
    addresses: Vec<SocketAddr>,
    name: String,
}

impl Dial for TcpDial {
    fn dial(&self, attempt: usize, _: Names) -> io::Result<OwnedFd> {
        let address = self.addresses.get(attempt % self.addresses.len().max(1));
        let address = address.ok_or(io::ErrorKind::AddrNotAvailable)?;
        let fd = socket(address, SocketType::STREAM)?;
        // No TCP_USER_TIMEOUT: it would also cut off a receiver that is alive but pauses.
        sockopt::set_tcp_nodelay(&fd, true)?;
        sockopt::set_socket_keepalive(&fd, true)?;
        sockopt::set_tcp_keepidle(&fd, KEEPALIVE_IDLE)?;
        sockopt::set_tcp_keepintvl(&fd, KEEPALIVE_INTERVAL)?;
        sockopt::set_tcp_keepcnt(&fd, KEEPALIVE_PROBES)?;
        match connect(&fd, address) {
            Ok(()) | Err(Errno::INPROGRESS) => Ok(fd),
            Err(e) => Err(e.into()),
        }
    }

    fn target(&self, names: Names) -> String {
        if names.session == SessionId::default() {
            return self.name.clone();
        }
        format!("{} session {}", self.name, names.session)
    }

    fn retains(&self) -> bool {
        true
    }
}

/// A socket that never blocks, of the family of `address`.
pub(super) fn socket(address: &SocketAddr, kind: SocketType) -> rustix::io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    socket_with(family, kind, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)
}

/// Splits `HOST:PORT`; an IPv6 address stands in brackets.
pub(super) fn host_port(url: &OutputUrl) -> Result<(&str, u16), OpenError> {
    let OutputUrl { scheme, target, .. } = url;
    let wrong = |what: &str| {
        let like = format!("like {scheme}://192.0.2.1:1790 or {scheme}://[2001:db8::1]:1790");
        OpenError(format!("'{scheme}://{target}': {what}; {like}"))
    };
    let (host, port) = target.rsplit_once(':').ok_or_else(|| wrong("needs HOST:PORT"))?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']').ok_or_else(|| wrong("a bracket is not closed"))?,
        None if host.contains(':') => return Err(wrong("an IPv6 address needs brackets")),
        None => host,
    };
    if host.is_empty() {
        return Err(wrong("the host is missing"));
    }
    if host.contains('/') {
        return Err(wrong("a host name has no '/'"));
    }
    match port.parse() {
        Ok(port @ 1..) => Ok((host, port)),
        _ => Err(wrong(&format!("'{port}' is not a port from 1 to 65535"))),
    }
}

/// The addresses of the target; names are resolved once, here, since it may take long.
pub(super) fn resolve(url: &OutputUrl) -> Result<Vec<SocketAddr>, OpenError> {
    let (host, port) = host_port(url)?;
    let wrong = |why: String| {
        OpenError(format!(
            "cannot resolve the host '{host}': {why}; a numeric address needs no DNS"
        ))
    };
    let found = (host, port).to_socket_addrs().map_err(|e| wrong(e.to_string()))?;
    let addresses: Vec<SocketAddr> = found.collect();
    if addresses.is_empty() {
        return Err(wrong("it has no address".into()));
    }
    Ok(addresses)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    use super::*;
    use crate::output::frames::{FrameKind, Frames, Standing};
    use crate::output::transport::testing::{
        add, assert_covers, frames_of, numbered, offer_all, poll_until, receive, setup, url,
    };
    use crate::output::transport::{Notice, Progress};

    const RECORDS: usize = 200_000; // about 11 MB: more than the tail and the kernel's buffers hold

    fn transport(address: SocketAddr, per_session: bool) -> Box<dyn Transport> {
        framed(address, per_session, "newline")
    }

    fn framed(address: SocketAddr, per_session: bool, framing: &str) -> Box<dyn Transport> {
        let url = url("tcp", &address.to_string(), &[("framing", framing)]);
        open(&Setup { per_session, ..setup(&url) }).unwrap()
    }

    fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[test]
    fn a_receiver_that_pauses_holds_back_and_then_gets_everything_in_order() {
        let (listener, address) = listen();
        let mut t = transport(address, false);
        let frames = numbered(RECORDS);
        let (mut next, mut idle) = (0, 0);
        while idle < 50 {
            let taken = t.write(&frames, next, Instant::now());
            next += taken;
            idle =
                if taken == 0 && t.poll(Instant::now()) != Progress::Moved { idle + 1 } else { 0 };
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(next < RECORDS, "the tail is bounded");
        assert!(t.pending() > 0);
        let receiver = receive(move || listener.accept().unwrap().0, vec![usize::MAX]);
        offer_all(&mut *t, &frames, next);
        poll_until(&mut *t, |t| t.pending() == 0);
        assert_eq!(t.bytes_written(), frames.bytes.len() as u64);
        drop(t);
        let carried = receiver.join().unwrap();
        assert!(carried[0] == frames.bytes);
    }

    #[test]
    fn a_receiver_that_is_killed_and_comes_back_misses_nothing() {
        let (listener, address) = listen();
        let mut t = transport(address, false);
        let frames = numbered(RECORDS);
        let plan = vec![1_000, 100_003, 3_000_000, usize::MAX];
        let receiver = receive(move || listener.accept().unwrap().0, plan);
        offer_all(&mut *t, &frames, 0);
        poll_until(&mut *t, |t| t.pending() == 0);
        let mut resends = Vec::new();
        while let Some(notice) = t.notice() {
            match notice {
                Notice::Connected { resent, .. } => resends.push(resent),
                Notice::Disconnected { error, .. } => assert!(error.contains("reset"), "{error}"),
                other => unreachable!("{other:?}"),
            }
        }
        drop(t);
        assert_covers(&receiver.join().unwrap(), RECORDS);
        assert_eq!((resends.len(), resends[0]), (4, 0));
        assert!(resends[1..].iter().all(|resent| *resent > 0), "{resends:?}");
    }

    #[test]
    fn lengths_stand_before_whole_records_also_after_a_loss() {
        let (listener, address) = listen();
        let mut t = framed(address, false, "length");
        let frames = numbered(RECORDS);
        let plan = vec![100_003, 3_000_001, usize::MAX];
        let receiver = receive(move || listener.accept().unwrap().0, plan);
        offer_all(&mut *t, &frames, 0);
        poll_until(&mut *t, |t| t.pending() == 0);
        drop(t);
        let records = |all: Vec<u8>| {
            let (mut rest, mut records) = (&all[..], Vec::new());
            while let Some((len, after)) = rest.split_first_chunk() {
                let Some((record, after)) =
                    after.split_at_checked(u32::from_be_bytes(*len) as usize)
                else {
                    break; // the last of a lost connection
                };
                assert_eq!(record.iter().position(|b| *b == b'\n'), Some(record.len() - 1));
                records.extend_from_slice(record);
                rest = after;
            }
            records
        };
        let carried: Vec<_> = receiver.join().unwrap().into_iter().map(records).collect();
        assert_covers(&carried, RECORDS);
        assert_eq!(carried.len(), 3);
    }

    #[test]
    fn a_receiver_that_read_everything_and_closes_gets_nothing_twice() {
        let (listener, address) = listen();
        let mut t = transport(address, false);
        let (first, second) = (numbered(100), numbered(200));
        offer_all(&mut *t, &first, 0);
        let (mut a, _) = listener.accept().unwrap();
        let mut got = vec![0; first.bytes.len()];
        poll_until(&mut *t, |t| t.pending() == 0);
        a.read_exact(&mut got).unwrap();
        a.write_all(b"words that nobody listens to").unwrap();
        t.poll(Instant::now());
        drop(a);
        let receiver = receive(move || listener.accept().unwrap().0, vec![usize::MAX]);
        offer_all(&mut *t, &second, 100);
        poll_until(&mut *t, |t| t.pending() == 0);
        drop(t);
        got.extend(receiver.join().unwrap().remove(0));
        assert!(got == second.bytes);
    }

    #[test]
    fn an_absent_receiver_is_told_once_and_gets_everything_when_it_comes() {
        let (listener, address) = listen();
        drop(listener);
        let mut t = transport(address, false);
        let frames = numbered(1000);
        offer_all(&mut *t, &frames, 0);
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(500) {
            t.poll(Instant::now());
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(matches!(t.notice(), Some(Notice::Disconnected { .. })));
        assert_eq!((t.notice(), t.pending()), (None, 1000));
        let listener = TcpListener::bind(address).unwrap();
        let receiver = receive(move || listener.accept().unwrap().0, vec![usize::MAX]);
        poll_until(&mut *t, |t| t.pending() == 0);
        assert!(matches!(t.notice(), Some(Notice::Connected { resent: 0, .. })));
        drop(t);
        assert!(receiver.join().unwrap()[0] == frames.bytes);
    }

    #[test]
    fn each_session_has_a_connection_that_ends_with_it() {
        let (listener, address) = listen();
        let mut t = transport(address, true);
        let (mut frames, mut expected) = (Frames::new(), vec![Vec::new(); 3]);
        (1..=3).for_each(|s| add(&mut frames, FrameKind::SessionOpen, s, b""));
        for n in 0..9000_u64 {
            let octets = format!("session {} record {n};", n % 3);
            add(&mut frames, FrameKind::Record, 1 + n % 3, octets.as_bytes());
            expected[(n % 3) as usize].extend_from_slice(octets.as_bytes());
        }
        (1..=2).for_each(|s| add(&mut frames, FrameKind::SessionClose, s, b""));
        let threads = std::thread::spawn(move || {
            let read = |mut stream: TcpStream| {
                std::thread::spawn(move || {
                    let mut all = Vec::new();
                    stream.read_to_end(&mut all).map(|_| all).unwrap()
                })
            };
            let readers: Vec<_> = (0..3).map(|_| read(listener.accept().unwrap().0)).collect();
            readers.into_iter().map(|r| r.join().unwrap()).collect::<Vec<_>>()
        });
        offer_all(&mut *t, &frames, 0);
        poll_until(&mut *t, |t| t.pending() == 0);
        let mut last = Frames::new();
        add(&mut last, FrameKind::SessionClose, 3, b"");
        offer_all(&mut *t, &last, 0);
        // All three ends come while the transport lives on.
        let mut carried = threads.join().unwrap();
        carried.sort();
        expected.sort();
        assert!(carried == expected);
        assert_eq!(t.poll(Instant::now()), Progress::Idle);
    }

    #[test]
    fn a_session_connection_that_is_lost_resumes_at_a_record() {
        let (listener, address) = listen();
        let mut t = transport(address, true);
        let frames = numbered(50_000);
        let receiver = receive(move || listener.accept().unwrap().0, vec![70_001, usize::MAX]);
        offer_all(&mut *t, &frames, 0);
        let mut end = Frames::new();
        add(&mut end, FrameKind::SessionClose, 1, b"");
        offer_all(&mut *t, &end, 0);
        poll_until(&mut *t, |t| t.pending() == 0);
        let carried = receiver.join().unwrap();
        let whole = carried[1].iter().position(|o| *o == b' ');
        assert_eq!(whole, Some(8), "it begins with a whole record");
        assert!(carried[1].ends_with(frames.octets(49_999)));
    }

    /// A session whose records are an opening, two facts and numbered ones between and after them.
    fn introduced(records: usize) -> Frames {
        let (mut frames, session) = (Frames::new(), SessionId(1));
        for n in 0..records {
            let (text, standing) = match n {
                0 => ("opening".into(), Standing::Opening),
                10 => ("a up".into(), Standing::Set { key: 1, part: 0 }),
                20 => ("b up".into(), Standing::Set { key: 2, part: 0 }),
                30 => ("a down".into(), Standing::Clear { key: 1 }),
                _ => (format!("{n:08} {}", "x".repeat(n % 97)), Standing::None),
            };
            frames.bytes.extend_from_slice(format!("{text}\n").as_bytes());
            frames.end_standing(FrameKind::Record, session, standing);
        }
        frames
    }

    #[test]
    fn each_later_connection_of_a_session_begins_with_what_stands() {
        let (listener, address) = listen();
        let mut t = transport(address, true);
        let frames = introduced(50_000);
        let plan = vec![70_001, 1_500_001, usize::MAX];
        let receiver = receive(move || listener.accept().unwrap().0, plan);
        offer_all(&mut *t, &frames, 0);
        let mut end = Frames::new();
        add(&mut end, FrameKind::SessionClose, 1, b"");
        offer_all(&mut *t, &end, 0);
        poll_until(&mut *t, |t| t.pending() == 0);
        let carried = receiver.join().unwrap();
        assert!(frames.bytes.starts_with(&carried[0]), "nothing comes before the first opening");
        for later in &carried[1..] {
            // A connection that was lost early resumes at the session's beginning.
            let rest = later.strip_prefix(b"opening\nb up\n").unwrap_or(later);
            let at = frames.bytes.windows(rest.len().min(200)).position(|w| rest.starts_with(w));
            let at = at.expect("what is sent is of the stream");
            let len = rest.len().min(frames.bytes.len() - at);
            assert!(rest == &frames.bytes[at..at + len], "it goes on without a gap");
        }
        assert!(carried[2].starts_with(b"opening\nb up\n"), "1.5 MB exceed what is retained");
    }

    #[test]
    fn a_quiet_session_says_what_stands_to_a_receiver_that_comes_back() {
        let (listener, address) = listen();
        let mut t = transport(address, true);
        let frames = introduced(40);
        offer_all(&mut *t, &frames, 0);
        let (mut a, _) = listener.accept().unwrap();
        poll_until(&mut *t, |t| t.pending() == 0);
        a.read_exact(&mut vec![0; frames.bytes.len()]).unwrap();
        drop(a);
        let expected = b"opening\nb up\n";
        let written = t.bytes_written() + expected.len() as u64;
        poll_until(&mut *t, |t| t.bytes_written() == written);
        poll_until(&mut *t, |t| t.pending() == 0);
        assert!(matches!(t.notice(), Some(Notice::Connected { .. })));
        assert!(matches!(t.notice(), Some(Notice::Disconnected { .. })));
        assert!(matches!(t.notice(), Some(Notice::Connected { resent: 0, .. })));
        let (mut b, _) = listener.accept().unwrap();
        let mut next = frames_of(&[b"goes on"]);
        add(&mut next, FrameKind::SessionClose, 1, b"");
        offer_all(&mut *t, &next, 0);
        poll_until(&mut *t, |t| t.pending() == 0);
        let mut all = Vec::new();
        b.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"opening\nb up\ngoes on");
    }

    #[test]
    fn a_session_with_more_to_remember_than_its_share_says_so_once() {
        let (listener, address) = listen();
        let mut t = transport(address, true);
        let mut frames = Frames::new();
        for key in 0..70 {
            frames.bytes.extend_from_slice(&[7; 100_000]);
            let standing = Standing::Set { key, part: 0 };
            frames.end_standing(FrameKind::Record, SessionId(1), standing);
        }
        let receiver = receive(move || listener.accept().unwrap().0, vec![usize::MAX]);
        offer_all(&mut *t, &frames, 0);
        poll_until(&mut *t, |t| t.pending() == 0);
        let told: Vec<Notice> = std::iter::from_fn(|| t.notice()).collect();
        let session = SessionId(1);
        let share =
            |n: &Notice| matches!(n, Notice::PreambleShareFull { session: s, .. } if *s == session);
        assert_eq!(told.iter().filter(|n| share(n)).count(), 1, "{told:?}");
        let of_all = |n: &Notice| matches!(n, Notice::PreambleIncomplete { .. });
        assert!(!told.iter().any(of_all), "there is room for other sessions");
        drop(t);
        assert!(receiver.join().unwrap()[0] == frames.bytes, "what is sent misses nothing");
    }
}
