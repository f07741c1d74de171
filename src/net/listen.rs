//! Listening sockets, bound so that a second collector on the same port fails instead of sharing
//! it.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use rustix::net::sockopt;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// Connections that the kernel keeps until they are accepted (it may allow fewer: `somaxconn`).
const BACKLOG: i32 = 4096;

/// Quiet time after which the kernel probes whether a router is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
/// Time between two probes.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// Unanswered probes after which the connection is broken.
const KEEPALIVE_PROBES: u32 = 6;

/// An address that cannot be listened on; the text says what would be right.
#[derive(Debug)]
pub struct BindError {
    /// The address as asked for.
    pub address: SocketAddr,
    /// The system's error.
    pub error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, error } = self;
        write!(f, "cannot listen on {address}: ")?;
        match error.kind() {
            io::ErrorKind::AddrInUse => write!(
                f,
                "another process has this port; stop it, or choose another port (0 picks a free one)"
            ),
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "no interface has this address; [::] listens on all of them")
            }
            io::ErrorKind::PermissionDenied => write!(
                f,
                "ports below {} need privileges; choose a higher one or grant CAP_NET_BIND_SERVICE",
                unprivileged_start()
            ),
            _ => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// The first port that needs no privileges.
fn unprivileged_start() -> u16 {
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(1024)
}

/// Listens on `address`. `[::]` takes IPv4 too; port 0 is a free one, which `local_addr` tells.
///
/// SO_REUSEADDR is set, so that a restart need not wait for old connections; SO_REUSEPORT is not,
/// because then a second collector would silently take a share of the routers.
///
/// # Errors
/// [`BindError`] when the socket cannot be made, bound or listened on.
pub fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    let with = |error| BindError { address, error };
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP)).map_err(with)?;
    if address.is_ipv6() {
        socket.set_only_v6(false).map_err(with)?;
    }
    socket.set_reuse_address(true).map_err(with)?;
    socket.bind(&SockAddr::from(address)).map_err(with)?;
    socket.listen(BACKLOG).map_err(with)?;
    socket.set_nonblocking(true).map_err(with)?;
    Ok(socket.into())
}

/// Sets TCP keepalive on an accepted connection, so that a router that vanished is noticed.
///
/// # Errors
/// The system's error, when the socket refuses an option.
pub fn prepare(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_PROBES)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_second_listener_on_the_port_is_refused_in_plain_words() {
        let first = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = first.local_addr().unwrap();
        assert_ne!(address.port(), 0);
        let error = bind(address).unwrap_err();
        assert_eq!(error.error.kind(), io::ErrorKind::AddrInUse);
        let text = error.to_string();
        assert!(text.contains(&address.to_string()) && text.contains("another process"), "{text}");
    }

    #[test]
    fn the_unspecified_ipv6_address_takes_ipv4_too() {
        let listener = bind("[::]:0".parse().unwrap()).unwrap();
        listener.set_nonblocking(false).unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (accepted, from) = listener.accept().unwrap();
        assert_eq!(crate::net::unmapped(from), router.local_addr().unwrap());
        prepare(&accepted).unwrap();
        assert!(sockopt::socket_keepalive(&accepted).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&accepted).unwrap(), KEEPALIVE_IDLE);
        assert_eq!(sockopt::tcp_keepintvl(&accepted).unwrap(), KEEPALIVE_INTERVAL);
        assert_eq!(sockopt::tcp_keepcnt(&accepted).unwrap(), KEEPALIVE_PROBES);
    }

    #[test]
    fn an_address_of_nobody_is_refused_in_plain_words() {
        let error = bind("192.0.2.1:0".parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains("no interface has this address"), "{error}");
    }
}
