//! `unix:PATH` streams records over a Unix socket, at least once (see `stream_conn`).

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use super::framing::{FRAMING, Framing};
use super::path::{Names, PathTemplate};
use super::stream_conn::Dial;
use super::{Entry, OpenError, Setup, Transport, stream_out};
use crate::output::url::OutputUrl;

/// The row of the table.
pub(super) static ENTRY: Entry = Entry {
    scheme: "unix",
    usage: "unix:PATH",
    about: "connects to a receiver's Unix stream socket and resumes at a record boundary",
    options: &[FRAMING],
    lossy: false,
    socket: true,
    check,
    open,
};

fn check(url: &OutputUrl) -> Result<(), OpenError> {
    Framing::of(url)?;
    let template = template(url)?;
    let path = template.expand(Names::default());
    SocketAddrUnix::new(path).map(drop).map_err(|_| {
        OpenError(format!("unix: the path '{}' is too long; 108 octets are allowed", url.target))
    })
}

fn template(url: &OutputUrl) -> Result<PathTemplate, OpenError> {
    PathTemplate::parse(&url.target).map_err(|e| OpenError(format!("unix: {e}; like unix:/run/x")))
}

fn open(setup: &Setup<'_>) -> Result<Box<dyn Transport>, OpenError> {
    let template = template(setup.url)?;
    stream_out::build(UnixDial { template }, setup)
}

struct UnixDial {
    template: PathTemplate,
}

impl Dial for UnixDial {
    fn dial(&self, _: usize, names: Names) -> io::Result<OwnedFd> {
        let address = SocketAddrUnix::new(self.template.expand(names))?;
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        connect(&fd, &address)?; // at once, or EAGAIN: its queue of connections is full
        Ok(fd)
    }

    fn target(&self, names: Names) -> String {
        format!("unix:{}", self.template.expand(names).display())
    }

    /// A Unix socket's send queue empties only as the peer reads.
    fn retains(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::output::transport::testing::{
        Scratch, assert_covers, numbered, offer_all, poll_until, receive, setup, url,
    };

    const RECORDS: usize = 200_000;

    #[test]
    fn a_receiver_that_is_killed_and_comes_back_misses_nothing() {
        let dir = Scratch::new();
        let path = dir.file("s.{writer}");
        let listener = UnixListener::bind(dir.path().join("s.7")).unwrap();
        let url = url("unix", &path, &[]);
        let setup = Setup { stream: 7, ..setup(&url) };
        let mut t = open(&setup).unwrap();
        let frames = numbered(RECORDS);
        let plan = vec![1_000, 100_003, 3_000_000, usize::MAX];
        let receiver = receive(move || listener.accept().unwrap().0, plan);
        offer_all(&mut *t, &frames, 0);
        poll_until(&mut *t, |t| t.pending() == 0);
        drop(t);
        let carried = receiver.join().unwrap();
        assert_covers(&carried, RECORDS);
        let surplus = carried.iter().map(Vec::len).sum::<usize>() - frames.bytes.len();
        // Three kills, each with at most what a socket buffer holds unread.
        assert!(surplus < 3 << 20, "only what was unread is sent again, not {surplus}");
    }

    #[test]
    fn unread_records_are_pending_until_they_are_read() {
        let dir = Scratch::new();
        let path = dir.file("s");
        let listener = UnixListener::bind(&path).unwrap();
        let url = url("unix", &path, &[]);
        let setup = setup(&url);
        let mut t = open(&setup).unwrap();
        let frames = numbered(100);
        offer_all(&mut *t, &frames, 0);
        poll_until(&mut *t, |t| t.bytes_written() == frames.bytes.len() as u64);
        assert_eq!(t.pending(), 100);
        let receiver = receive(move || listener.accept().unwrap().0, vec![usize::MAX]);
        poll_until(&mut *t, |t| t.pending() == 0);
        drop(t);
        assert!(receiver.join().unwrap()[0] == frames.bytes);
    }

    #[test]
    fn a_path_that_is_too_long_is_refused() {
        assert!(check(&url("unix", &"x".repeat(108), &[])).is_ok());
        assert!(check(&url("unix", &"x".repeat(109), &[])).is_err());
    }
}
