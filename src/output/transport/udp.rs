//! `udp://HOST:PORT` sends one datagram for each record. It never waits: what the kernel refuses is
//! dropped and counted, by reason.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{SendFlags, SocketType, connect, send};

use super::notices::Notices;
use super::tcp::{host_port, resolve, socket};
use super::{Entry, Notice, OpenError, Progress, Setup, Transport};
use crate::output::frames::Frames;
use crate::output::url::OutputUrl;

/// The row of the table.
pub(super) static ENTRY: Entry = Entry {
    scheme: "udp",
    usage: "udp://HOST:PORT",
    about: "sends a datagram for each record; what the kernel refuses is dropped and counted",
    options: &[],
    lossy: true,
    socket: true,
    check,
    open,
};

/// Drops of one reason are told at most this often.
const NOTICE_INTERVAL: Duration = Duration::from_secs(1);

const TOO_LARGE: &str = "too large for a datagram";

const REASONS: [&str; 4] =
    ["the send buffer is full", "the other side refuses", TOO_LARGE, "the system refuses to send"];

fn check(url: &OutputUrl) -> Result<(), OpenError> {
    host_port(url).map(drop)
}

fn open(setup: &Setup<'_>) -> Result<Box<dyn Transport>, OpenError> {
    let addresses = resolve(setup.url)?;
    let address = addresses.first().copied().ok_or_else(|| OpenError("no address".into()))?;
    Udp::new(address)
        .map(|t| Box::new(t) as Box<dyn Transport>)
        .map_err(|e| OpenError(format!("cannot make a UDP socket for '{}': {e}", setup.url.target)))
}

struct Udp {
    fd: OwnedFd,
    address: SocketAddr,
    connected: bool,
    written: u64,
    dropped: u64,
    untold: [Untold; REASONS.len()],
    /// Octets of the largest record that did not fit and was not told.
    too_large: usize,
    notices: Notices,
}

#[derive(Clone, Copy, Default)]
struct Untold {
    records: u64,
    told: Option<Instant>,
}

impl Udp {
    fn new(address: SocketAddr) -> rustix::io::Result<Self> {
        let fd = socket(&address, SocketType::DGRAM)?;
        let connected = connect(&fd, &address).is_ok();
        let (untold, notices) = ([Untold::default(); REASONS.len()], Notices::default());
        Ok(Self { fd, address, connected, written: 0, dropped: 0, untold, too_large: 0, notices })
    }

    /// Octets of the largest datagram: what its length fields leave (RFC 768, RFC 791).
    fn fits(&self) -> usize {
        match self.address {
            SocketAddr::V4(_) => 65_535 - 20 - 8,
            SocketAddr::V6(_) => 65_535 - 8,
        }
    }

    /// Sends one datagram. Without a route at the start, each record tries anew to find one.
    fn send(&mut self, octets: &[u8]) -> Result<(), Errno> {
        if !self.connected {
            connect(&self.fd, &self.address)?;
            self.connected = true;
        }
        send(&self.fd, octets, SendFlags::DONTWAIT | SendFlags::NOSIGNAL).map(drop)
    }

    /// Counts a record of `len` octets that was not sent.
    fn drop_record(&mut self, errno: Errno, len: usize) {
        let reason = match errno {
            Errno::AGAIN | Errno::NOBUFS => 0,
            Errno::CONNREFUSED => 1,
            Errno::MSGSIZE => 2,
            _ => 3,
        };
        self.dropped += 1;
        self.untold[reason].records += 1;
        if errno == Errno::MSGSIZE {
            self.too_large = self.too_large.max(len);
        }
    }

    /// Tells of drops, each reason at most once an interval.
    fn tell(&mut self, now: Instant) {
        let fits = self.fits();
        for (untold, reason) in self.untold.iter_mut().zip(REASONS) {
            let due = untold.told.is_none_or(|told| now >= told + NOTICE_INTERVAL);
            if untold.records > 0 && due {
                let records = std::mem::take(&mut untold.records);
                untold.told = Some(now);
                let reason = match reason {
                    TOO_LARGE => {
                        let largest = std::mem::take(&mut self.too_large);
                        format!("{reason}: {largest} octets, of which {fits} fit").into()
                    }
                    _ => reason.into(),
                };
                self.notices.push(Notice::Dropped { records, reason });
            }
        }
    }
}

impl Transport for Udp {
    fn write(&mut self, frames: &Frames, first: usize, now: Instant) -> usize {
        for index in first..frames.len() {
            let octets = frames.octets(index);
            if octets.is_empty() {
                continue;
            }
            let mut result = self.send(octets);
            if result == Err(Errno::CONNREFUSED) {
                // The error belongs to a datagram sent before; this one was not tried.
                self.drop_record(Errno::CONNREFUSED, octets.len());
                result = self.send(octets);
            }
            match result {
                Ok(()) => self.written += octets.len() as u64,
                Err(errno) => self.drop_record(errno, octets.len()),
            }
        }
        self.tell(now);
        frames.len() - first
    }

    fn poll(&mut self, now: Instant) -> Progress {
        self.tell(now);
        Progress::Idle
    }

    fn pending(&self) -> u64 {
        0
    }

    fn bytes_written(&self) -> u64 {
        self.written
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }

    fn notice(&mut self) -> Option<Notice> {
        self.notices.pop()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::UdpSocket;

    use super::*;
    use crate::output::transport::testing::frames_of;

    #[test]
    fn each_record_is_one_datagram_and_markers_are_none() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut t = Udp::new(receiver.local_addr().unwrap()).unwrap();
        let frames = frames_of(&[b"skipped", b"one", b"", b"three"]);
        assert_eq!(t.write(&frames, 1, Instant::now()), 3);
        let mut buffer = [0; 100];
        for expected in [&b"one"[..], b"three"] {
            let n = receiver.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..n], expected);
        }
        assert_eq!((t.bytes_written(), t.dropped(), t.notice()), (8, 0, None));
    }

    #[test]
    fn what_the_kernel_refuses_is_counted_and_told_once_a_second() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut t = Udp::new(receiver.local_addr().unwrap()).unwrap();
        let frames = frames_of(&[&[1; 70_000], b"fits", &[2; 70_001]]);
        let now = Instant::now();
        for _ in 0..10 {
            assert_eq!(t.write(&frames, 0, now), 3);
        }
        let reason = "too large for a datagram: 70001 octets, of which 65507 fit";
        assert_eq!(t.notice(), Some(Notice::Dropped { records: 2, reason: reason.into() }));
        assert_eq!((t.notice(), t.dropped()), (None, 20));
        t.poll(now + NOTICE_INTERVAL);
        assert_eq!(t.notice(), Some(Notice::Dropped { records: 18, reason: reason.into() }));
    }

    #[test]
    fn a_receiver_that_is_not_there_is_counted() {
        let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut t = Udp::new(address).unwrap();
        let frames = frames_of(&[&b"a"[..]; 50]);
        t.write(&frames, 0, Instant::now());
        std::thread::sleep(Duration::from_millis(50));
        t.write(&frames, 0, Instant::now());
        assert!(t.dropped() > 0);
        let told = t.notice();
        assert!(
            matches!(&told, Some(Notice::Dropped { reason, .. }) if reason == REASONS[1]),
            "{told:?}"
        );
    }
}
