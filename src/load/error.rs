//! Why a load run could not be made.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::replay::ReplayError;

/// Why a run could not begin. What goes wrong later is in the report.
#[derive(Debug)]
pub enum LoadError {
    /// A value that makes no sense: says which, and what would be right.
    Config(String),
    /// A recording that cannot be replayed.
    Replay {
        /// Its place in the list of recordings.
        index: usize,
        /// What is wrong with it.
        error: ReplayError,
    },
    /// No router could connect.
    Connect {
        /// The collector.
        target: SocketAddr,
        /// The first failure.
        error: io::Error,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Config(text) => f.write_str(text),
            LoadError::Replay { index, error } => write!(f, "recording {}: {error}", index + 1),
            LoadError::Connect { target, error } => f.write_str(&connect_failure(*target, error)),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LoadError::Config(_) => None,
            LoadError::Replay { error, .. } => Some(error),
            LoadError::Connect { error, .. } => Some(error),
        }
    }
}

/// A failed connection attempt in words: what happened and what to check.
pub(super) fn connect_failure(target: SocketAddr, error: &io::Error) -> String {
    let check = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "nothing listens there: is the collector running, and does it listen on this address \
             and port?"
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            "it closed the connection at once: does it allow this source address and this many \
             routers?"
        }
        io::ErrorKind::TimedOut => {
            "no answer: is the address right, and does a firewall drop the packets?"
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "there is no route to it: is the address right?"
        }
        io::ErrorKind::AddrNotAvailable => {
            "no local port is left: use fewer routers, or widen net.ipv4.ip_local_port_range"
        }
        _ if is_out_of_descriptors(error) => {
            "each router needs a file descriptor: raise the limit (ulimit -n) or use fewer routers"
        }
        _ => "check the address and the collector's log",
    };
    format!("cannot connect to {target}: {error}; {check}")
}

/// A connection that was lost midway, in words.
pub(super) fn lost_failure(target: SocketAddr, error: &io::Error) -> String {
    format!(
        "{target} closed the connection before everything was sent: {error}; the collector's log \
         should say why (a limit, an error in the stream, a stop)"
    )
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let code = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|e| code == Some(e.raw_os_error()))
}
