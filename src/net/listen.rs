//! Listening sockets, bound so that a second collector on the same port fails instead of sharing
//! it.

use std::fmt;
use std::io;
use std::net::TcpListener;

use rustix::io::Errno;
use rustix::net::sockopt;

use super::options::{apply, open, resolved, warn_of_buffer};
use crate::config::endpoint::Endpoint;
use crate::config::limits::SocketOptions;

/// Connections that the kernel keeps until they are accepted (it may allow fewer: `somaxconn`).
const BACKLOG: i32 = 4096;

/// An address that cannot be listened on; the text says what would be right.
#[derive(Debug)]
pub struct BindError {
    /// The address as asked for.
    pub address: Endpoint,
    /// The system's error.
    pub error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, error } = self;
        write!(f, "cannot listen on {address}: ")?;
        if let (Some(Errno::NODEV), Some(device)) =
            (Errno::from_io_error(error), address.device.as_ref().or(address.scope.as_ref()))
        {
            return write!(
                f,
                "there is no network device {device}; `ip link` lists those there are"
            );
        }
        if Errno::from_io_error(error) == Some(Errno::PERM) && address.device.is_some() {
            return write!(f, "before Linux 5.7 a device can be bound to with CAP_NET_RAW only");
        }
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

/// Listens on `endpoint`. `[::]` takes IPv4 too; port 0 is a free one, which `local_addr` tells.
/// Accepted connections have what `options` say.
///
/// SO_REUSEADDR is set, so that a restart need not wait for old connections; SO_REUSEPORT is not,
/// because then a second collector would silently take a share of the routers.
///
/// # Errors
/// [`BindError`] when the socket cannot be made, bound or listened on.
pub fn bind(endpoint: &Endpoint, options: &SocketOptions) -> Result<TcpListener, BindError> {
    listening(endpoint, options).map_err(|error| BindError { address: endpoint.clone(), error })
}

fn listening(endpoint: &Endpoint, options: &SocketOptions) -> io::Result<TcpListener> {
    let socket = open(endpoint)?;
    if endpoint.address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, false)?;
    }
    // Before it listens: the window that routers are offered follows from the receive buffer.
    let given = apply(&socket, endpoint, options)?;
    if let (Some(given), Some(asked)) = (given, options.receive_buffer) {
        warn_of_buffer(asked, given);
    }
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &resolved(&socket, endpoint)?)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn bound(text: &str, options: &SocketOptions) -> Result<TcpListener, BindError> {
        bind(&text.parse().unwrap(), options)
    }

    /// A connection over IPv4 to what listens, and its accepted side.
    fn accepted(listener: &TcpListener) -> (TcpStream, TcpStream) {
        listener.set_nonblocking(false).unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (accepted, from) = listener.accept().unwrap();
        assert_eq!(crate::net::unmapped(from), router.local_addr().unwrap());
        (router, accepted)
    }

    #[test]
    fn a_second_listener_on_the_port_is_refused_in_plain_words() {
        let first = bound("127.0.0.1:0", &SocketOptions::default()).unwrap();
        let address = first.local_addr().unwrap();
        assert_ne!(address.port(), 0);
        let error = bind(&address.into(), &SocketOptions::default()).unwrap_err();
        assert_eq!(error.error.kind(), io::ErrorKind::AddrInUse);
        let text = error.to_string();
        assert!(text.contains(&address.to_string()) && text.contains("another process"), "{text}");
    }

    #[test]
    fn the_unspecified_ipv6_address_takes_ipv4_too() {
        let options = SocketOptions::default();
        let listener = bound("[::]:0", &options).unwrap();
        let (_router, accepted) = accepted(&listener);
        assert!(sockopt::socket_keepalive(&accepted).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&accepted).unwrap(), options.keepalive.idle);
        assert_eq!(sockopt::tcp_keepintvl(&accepted).unwrap(), options.keepalive.interval);
        assert_eq!(sockopt::tcp_keepcnt(&accepted).unwrap(), options.keepalive.probes);
    }

    #[test]
    fn accepted_connections_have_the_listeners_options() {
        let options = SocketOptions {
            keepalive: "7s,3s,2".parse().unwrap(),
            receive_buffer: Some(40_000),
            dscp: Some(48),
        };
        for address in ["[::]:0", "127.0.0.1:0"] {
            let listener = bound(address, &options).unwrap();
            let (_router, accepted) = accepted(&listener);
            assert_eq!(sockopt::tcp_keepidle(&accepted).unwrap().as_secs(), 7, "{address}");
            assert_eq!(sockopt::tcp_keepintvl(&accepted).unwrap().as_secs(), 3, "{address}");
            assert_eq!(sockopt::tcp_keepcnt(&accepted).unwrap(), 2, "{address}");
            assert_eq!(sockopt::socket_recv_buffer_size(&accepted).unwrap(), 80_000, "{address}");
            assert_eq!(sockopt::ip_tos(&accepted).unwrap(), 48 << 2, "{address}");
        }
        let listener = match bound("[::1]:0", &options) {
            Ok(listener) => listener,
            Err(error) => return eprintln!("skipped: IPv6: {error}"),
        };
        let _router = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        listener.set_nonblocking(false).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert_eq!(sockopt::ipv6_tclass(&accepted).unwrap(), 48 << 2);
    }

    #[test]
    fn an_address_of_nobody_is_refused_in_plain_words() {
        let error = bound("192.0.2.1:0", &SocketOptions::default()).unwrap_err();
        assert!(error.to_string().contains("no interface has this address"), "{error}");
    }

    #[test]
    fn a_device_that_is_not_there_is_refused_in_plain_words() {
        for address in ["127.0.0.1:0%no-such-device", "[fe80::1%no-such-device]:0"] {
            let error = bound(address, &SocketOptions::default()).unwrap_err().to_string();
            let is_named = error.contains("there is no network device no-such-device");
            assert!(is_named || error.contains("CAP_NET_RAW"), "{error}");
        }
    }
}
