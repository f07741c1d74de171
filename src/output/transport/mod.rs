//! Transports: where rendered frames go. One file each, one row in the table below.
//!
//! A transport lives on its writer's thread and must never block it: it takes as many whole frames
//! as it can now and is asked again later. Files are the exception that the kernel makes: their
//! writes do not return before the page cache has the data.

mod appender;
mod backlog;
mod backoff;
mod blocks;
mod framing;
mod notices;
mod outq;
mod path;
mod standing;
mod stream_conn;
mod stream_out;
#[cfg(test)]
pub(crate) mod testing;

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::time::Instant;

use super::frames::{Frames, Layout, Run, TopicNames};
use super::url::OutputUrl;
use crate::record::SessionId;

pub(super) use file::file_of;
pub(crate) use path::PathTemplate;
pub use stdout::reader_gone;

pub use crate::engine::port::Progress;

/// What a transport wants the log and the counters to know. Drained by the writer after each call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Connected (again) to `target`; `resent` records are sent once more.
    Connected {
        /// The other side.
        target: String,
        /// Records sent a second time (at least once).
        resent: u64,
    },
    /// The connection is gone or could not be made; another attempt follows after `retry_ms`.
    Disconnected {
        /// The other side.
        target: String,
        /// The system's words.
        error: String,
        /// Milliseconds until the next attempt.
        retry_ms: u64,
    },
    /// A write failed and will be tried again (full disk, I/O error).
    WriteFailed {
        /// The file or socket.
        target: String,
        /// The system's words.
        error: String,
        /// Milliseconds until the next attempt.
        retry_ms: u64,
    },
    /// Writing works again.
    Recovered {
        /// The file or socket.
        target: String,
    },
    /// `records` were given up: refused by the kernel (udp), or not sendable again.
    Dropped {
        /// How many.
        records: u64,
        /// Why.
        reason: Cow<'static, str>,
    },
    /// What a session's next connections begin with no longer fits into memory.
    PreambleIncomplete {
        /// The other side.
        target: String,
    },
    /// What one session says that stands is more than its share: the beginnings of next connections
    /// or files lack some of it.
    PreambleShareFull {
        /// The other side, or the file.
        target: String,
        /// The router session.
        session: SessionId,
    },
    /// Something about a file went wrong that keeps no record from being written.
    FileTrouble {
        /// The file.
        target: String,
        /// What is wrong.
        error: String,
    },
    /// The reader of standard output is gone for good.
    ReaderGone,
}

/// A running transport of one output stream.
pub trait Transport: Send {
    /// Takes whole frames from `first` on and returns how many it took. Taking none is not an
    /// error: the writer offers the same frames again. What was taken is the transport's to
    /// deliver.
    fn write(&mut self, frames: &Frames, first: usize, now: Instant) -> usize;

    /// How the next frames should come, when all so far were taken. A wish: any run is right.
    fn run(&self) -> Run {
        Run::default()
    }

    /// Moves on what was taken but not yet delivered: flushes, reconnects, retries. Called often.
    fn poll(&mut self, now: Instant) -> Progress;

    /// Records taken and not yet known to be delivered (to the kernel or the other side).
    fn pending(&self) -> u64;

    /// Octets that the other side has got (handed to the kernel), in all.
    fn bytes_written(&self) -> u64;

    /// Records given up, in all.
    fn dropped(&self) -> u64 {
        0
    }

    /// Whether [`Transport::session_opens`] means anything to this transport.
    fn wants_sessions(&self) -> bool {
        false
    }

    /// A router session began: told before the first frame of it, for names made from the router.
    fn session_opens(&mut self, session: SessionId, router: SocketAddr) {
        let _ = (session, router);
    }

    /// The next thing that the log should know.
    fn notice(&mut self) -> Option<Notice>;

    /// Opens the target anew under the same name (SIGHUP); nothing to do for most.
    fn reopen(&mut self) {}

    /// Nothing that was taken may wait for more to come: no more may come. Nothing to do for most.
    fn drain(&mut self) {}
}

/// An error that keeps an output from starting: says what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenError(pub String);

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OpenError {}

/// What a transport is told when it is built.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// Target and options.
    pub url: &'a OutputUrl,
    /// Whether the format wants a connection (or file) of its own for each router session.
    pub per_session: bool,
    /// How records follow each other: so it is seen what a crash has left of one.
    pub layout: Layout,
    /// The topics to which frames go; none where frames do not say it.
    pub topics: &'a TopicNames,
    /// Which of the output's streams this is, from 0.
    pub stream: usize,
}

/// A row of the table: everything that the rest of the program knows of a transport.
pub struct Entry {
    /// The URL scheme, without colon.
    pub scheme: &'static str,
    /// How the URL is written.
    pub usage: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// Options that it takes besides the common ones, each with a line of help.
    pub options: &'static [(&'static str, &'static str)],
    /// Whether it may lose records by its nature and so never holds a router back.
    pub lossy: bool,
    /// Whether it is a socket: formats may say there who writes.
    pub socket: bool,
    /// Checks the URL without touching the target; errors are usage errors (exit code 2).
    pub check: fn(&OutputUrl) -> Result<(), OpenError>,
    /// Opens the target; errors keep the program from starting (exit code 1).
    pub open: fn(&Setup<'_>) -> Result<Box<dyn Transport>, OpenError>,
}

/// The check of a scheme whose URL ends at the colon.
fn no_target(url: &OutputUrl) -> Result<(), OpenError> {
    if url.target.is_empty() {
        return Ok(());
    }
    let OutputUrl { scheme, target, .. } = url;
    Err(OpenError(format!("'{scheme}:' takes nothing after the colon, but '{target}' follows")))
}

/// Declares the transports: `module,` is one row.
macro_rules! transports {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+
        /// Every transport, in the order of the help text.
        pub static TRANSPORTS: &[&Entry] = &[$(&$module::ENTRY),+];
    };
}

transports! {
    stdout,
    null,
    file,
    tcp,
    udp,
    unix,
}
