//! A router's connection on its reactor.

use std::io;
use std::net::TcpStream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::AsyncRead;

/// A router's connection, owned by the reactor on which it was made. It has no buffer of its own.
pub(crate) struct RouterStream(glommio::net::TcpStream);

impl RouterStream {
    /// Takes a connection over. Must be called on the reactor.
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(glommio::net::TcpStream::from(socket2::Socket::from(stream)))
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
