//! A router's connection on its reactor.

use std::io;
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::AsyncRead;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

/// A router's connection, owned by the reactor on which it was made. It has no buffer of its own.
pub(crate) struct RouterStream(glommio::net::TcpStream);

impl RouterStream {
    /// Takes a connection over. Must be called on the reactor.
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(glommio::net::TcpStream::from(socket2::Socket::from(stream)))
    }

    /// The same connection for another reactor. glommio waits until there is something to read and
    /// only then reads it, so this one can be dropped at any time and takes no octet along.
    ///
    /// glommio lends its descriptor as a number only, and this way to duplicate one by its number
    /// needs no unsafe code.
    pub(crate) fn duplicate(&self) -> io::Result<TcpStream> {
        let myself = pidfd_open(getpid(), PidfdFlags::empty())?;
        let twin = pidfd_getfd(&myself, self.0.as_raw_fd(), PidfdGetfdFlags::empty())?;
        Ok(TcpStream::from(twin))
    }

    /// Reads what has arrived into `buffer`; 0 octets are the end of the stream.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            match ready!(Pin::new(&mut self.0).poll_read(cx, buffer)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }
}
