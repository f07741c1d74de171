//! `stdout:` writes to standard output without ever blocking the writer's thread on a slow reader.
//!
//! The file description of a pipe or a terminal is shared with other processes: making it
//! non-blocking would surprise them. It is opened anew instead.

use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat};
use rustix::net::{SendFlags, send};

use super::appender::{Appender, BUFFER_MAX, Target};
use super::notices::Notices;
use super::{Entry, Notice, OpenError, Progress, Setup, Transport};
use crate::output::frames::Frames;
use crate::output::url::OutputUrl;

/// The row of the table.
pub(super) static ENTRY: Entry = Entry {
    scheme: "stdout",
    usage: "stdout:",
    about: "writes to standard output",
    options: &[],
    lossy: false,
    socket: false,
    check,
    open,
};

/// Octets that a pipe takes without blocking once poll(2) calls it writable (PIPE_BUF).
const POLLED_WRITE_MAX: usize = 4096;

static READER_GONE: AtomicBool = AtomicBool::new(false);

/// Whether the reader of standard output has closed it; everything since is dropped and counted.
pub fn reader_gone() -> bool {
    READER_GONE.load(Ordering::Relaxed)
}

fn check(url: &OutputUrl) -> Result<(), OpenError> {
    super::no_target(url)
}

fn open(_: &Setup<'_>) -> Result<Box<dyn Transport>, OpenError> {
    let out = Outlet::of(rustix::stdio::stdout())
        .map_err(|e| OpenError(format!("cannot use standard output: {e}; is it closed?")))?;
    Ok(Box::new(Stdout::new(out)))
}

/// A descriptor and how to write to it without blocking.
enum Outlet {
    /// Does not block: a description of our own, a file, or a device.
    Direct(OwnedFd),
    /// Shared with others and blocking: asks poll(2) first and writes little.
    Polled(OwnedFd),
    /// A socket, with a flag for each write.
    Socket(OwnedFd),
}

impl Outlet {
    fn of(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let kind = FileType::from_raw_mode(fstat(fd)?.st_mode);
        let own = fd.try_clone_to_owned()?;
        Ok(match kind {
            FileType::Socket => Self::Socket(own),
            FileType::Fifo => Self::reopened(own),
            FileType::CharacterDevice if rustix::termios::isatty(&own) => Self::reopened(own),
            _ => Self::Direct(own),
        })
    }

    /// A description of our own for the same pipe or terminal, where the system allows it.
    fn reopened(own: OwnedFd) -> Self {
        use std::os::fd::AsRawFd;
        let path = format!("/proc/self/fd/{}", own.as_raw_fd());
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(fd) => Self::Direct(fd),
            Err(_) => Self::Polled(own),
        }
    }
}

impl Write for Outlet {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let n = match self {
            Self::Direct(fd) => rustix::io::write(fd, octets),
            Self::Socket(fd) => send(fd, octets, SendFlags::DONTWAIT | SendFlags::NOSIGNAL),
            Self::Polled(fd) => {
                let mut ready = [PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::OUT)];
                poll(&mut ready, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
                if ready.iter().all(|r| r.revents().is_empty()) {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                rustix::io::write(fd, &octets[..octets.len().min(POLLED_WRITE_MAX)])
            }
        };
        n.map_err(io::Error::from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Target for Outlet {}

struct Stdout {
    appender: Appender<Outlet>,
    notices: Notices,
}

impl Stdout {
    fn new(out: Outlet) -> Self {
        let appender = Appender::new(out, "stdout".into()).until_reader_goes();
        Self { appender, notices: Notices::default() }
    }
}

impl Transport for Stdout {
    fn write(&mut self, frames: &Frames, first: usize, now: Instant) -> usize {
        let range = first..frames.len();
        self.appender.write(frames, range, BUFFER_MAX, now, &mut self.notices)
    }

    fn poll(&mut self, now: Instant) -> Progress {
        self.appender.flush(now, &mut self.notices)
    }

    fn pending(&self) -> u64 {
        self.appender.pending()
    }

    fn bytes_written(&self) -> u64 {
        self.appender.written()
    }

    fn dropped(&self) -> u64 {
        self.appender.dropped()
    }

    fn notice(&mut self) -> Option<Notice> {
        let notice = self.notices.pop();
        if notice == Some(Notice::ReaderGone) {
            READER_GONE.store(true, Ordering::Relaxed);
        }
        notice
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::output::transport::testing::{frames_of, offer_all, poll_until};

    fn numbered(records: usize) -> Frames {
        let lines: Vec<String> = (0..records).map(|n| format!("record {n:099}\n")).collect();
        frames_of(&lines.iter().map(|l| l.as_bytes()).collect::<Vec<_>>())
    }

    /// Fills the outlet while nobody reads, then reads everything.
    fn survives_a_stuck_reader(out: Outlet, mut reader: impl Read + Send + 'static) {
        let mut t = Stdout::new(out);
        let frames = numbered(30_000);
        let taken = t.write(&frames, 0, Instant::now());
        assert!(taken < frames.len(), "the buffer is bounded");
        assert!(t.appender.held() <= BUFFER_MAX);
        assert_eq!(t.write(&frames, taken, Instant::now()), 0);
        assert_eq!(t.poll(Instant::now()), Progress::Waiting);
        let reading = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            all
        });
        offer_all(&mut t, &frames, taken);
        poll_until(&mut t, |t| t.pending() == 0);
        assert_eq!(t.notice(), None);
        drop(t);
        assert!(reading.join().unwrap() == frames.bytes);
    }

    #[test]
    fn a_pipe_is_opened_anew_and_the_shared_description_still_blocks() {
        let (reader, writer) = std::io::pipe().unwrap();
        let out = Outlet::of(writer.as_fd()).unwrap();
        assert!(matches!(out, Outlet::Direct(_)));
        let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
        assert!(!flags.contains(OFlags::NONBLOCK));
        drop(writer);
        survives_a_stuck_reader(out, reader);
    }

    #[test]
    fn a_pipe_that_cannot_be_opened_anew_is_polled() {
        let (reader, writer) = std::io::pipe().unwrap();
        survives_a_stuck_reader(Outlet::Polled(writer.into()), reader);
    }

    #[test]
    fn a_socket_is_written_without_waiting() {
        let (reader, writer) = UnixStream::pair().unwrap();
        let out = Outlet::of(writer.as_fd()).unwrap();
        assert!(matches!(out, Outlet::Socket(_)));
        drop(writer);
        survives_a_stuck_reader(out, reader);
    }

    #[test]
    fn a_reader_that_leaves_ends_the_output_quietly() {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut t = Stdout::new(Outlet::of(writer.as_fd()).unwrap());
        t.write(&numbered(2), 0, Instant::now());
        drop(reader);
        t.poll(Instant::now());
        assert_eq!(t.notice(), Some(Notice::ReaderGone));
        assert!(reader_gone());
        assert_eq!((t.pending(), t.dropped()), (0, 2));
        assert_eq!(t.write(&numbered(3), 0, Instant::now()), 3);
        assert_eq!((t.dropped(), t.notice()), (5, None));
    }
}
