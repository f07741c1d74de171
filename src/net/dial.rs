//! Connecting to a router: begun here, waited for by whoever polls.

use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::Errno;

use super::options::{apply, open, resolved, warn_of_buffer};
use crate::config::endpoint::Endpoint;
use crate::config::limits::SocketOptions;

/// A connection that is being made. Dropped, it is given up.
#[derive(Debug)]
pub(crate) struct Attempt(TcpStream);

/// What an attempt has come to.
#[derive(Debug)]
pub(crate) enum Dialed {
    /// The other side has not answered yet.
    Pending(Attempt),
    /// Connected.
    Connected(TcpStream),
}

impl Attempt {
    /// Begins to connect; never blocks. A first attempt (`is_first`) warns of a receive buffer
    /// that is smaller than was asked for.
    ///
    /// # Errors
    /// The system's error: no such device, no route, no descriptor left.
    pub(crate) fn start(
        to: &Endpoint,
        options: &SocketOptions,
        is_first: bool,
    ) -> io::Result<Dialed> {
        let socket = open(to)?;
        if let (Some(given), Some(asked), true) =
            (apply(&socket, to, options)?, options.receive_buffer, is_first)
        {
            warn_of_buffer(asked, given);
        }
        let address = resolved(&socket, to)?;
        let connected = rustix::net::connect(&socket, &address);
        let attempt = Self(socket.into());
        match connected {
            Err(Errno::INPROGRESS | Errno::INTR) => Ok(Dialed::Pending(attempt)),
            Err(error) => Err(error.into()),
            Ok(()) => attempt.finish(),
        }
    }

    /// Takes the connection, when the socket has become writable.
    ///
    /// # Errors
    /// Why it could not be made.
    pub(crate) fn finish(self) -> io::Result<Dialed> {
        if let Some(error) = self.0.take_error()? {
            return Err(error);
        }
        let peer = match self.0.peer_addr() {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                return Ok(Dialed::Pending(self));
            }
            peer => peer?,
        };
        // To a free local port the kernel may connect a socket to itself (simultaneous open).
        if peer == self.0.local_addr()? {
            return Err(io::Error::from(io::ErrorKind::ConnectionRefused));
        }
        Ok(Dialed::Connected(self.0))
    }
}

impl AsFd for Attempt {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::net::TcpListener;
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::net::sockopt;

    use super::*;

    /// What a connection comes to.
    fn outcome(to: &str, options: &SocketOptions) -> io::Result<TcpStream> {
        let until = Instant::now() + Duration::from_secs(60);
        let mut dialed = Attempt::start(&to.parse().unwrap(), options, true)?;
        loop {
            match dialed {
                Dialed::Connected(stream) => return Ok(stream),
                Dialed::Pending(attempt) => {
                    assert!(Instant::now() < until, "no answer from this host itself");
                    poll(&mut [PollFd::new(&attempt, PollFlags::OUT)], None).unwrap();
                    dialed = attempt.finish()?;
                }
            }
        }
    }

    #[test]
    fn a_connection_has_its_options() {
        let router = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = router.local_addr().unwrap().to_string();
        let options = SocketOptions { dscp: Some(10), ..SocketOptions::default() };
        let stream = outcome(&to, &options).unwrap();
        assert_eq!(sockopt::ip_tos(&stream).unwrap(), 10 << 2);
        assert!(sockopt::socket_keepalive(&stream).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&stream).unwrap(), options.keepalive.idle);
    }

    #[test]
    fn whoever_is_not_there_is_an_error() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let error = outcome(&nobody, &SocketOptions::default()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let error = outcome(&format!("{nobody}%no-such-device"), &SocketOptions::default());
        let errno = Errno::from_io_error(&error.unwrap_err());
        assert!(matches!(errno, Some(Errno::NODEV | Errno::PERM)), "{errno:?}");
    }
}
