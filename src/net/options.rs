//! What is set on the sockets of routers, and the devices that they are bound to.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{netdevice, sockopt};
use socket2::{Domain, Protocol, Socket, Type};

use crate::config::endpoint::Endpoint;
use crate::config::limits::SocketOptions;

/// Bits of the traffic class below the DSCP: explicit congestion notification (RFC 3168).
const ECN_BITS: u32 = 2;

/// A new TCP socket that does not block, bound to the endpoint's device.
///
/// # Errors
/// The system's error: no such device, no privilege for it, no descriptor left.
pub(super) fn open(endpoint: &Endpoint) -> io::Result<OwnedFd> {
    let domain = Domain::for_address(endpoint.address);
    let socket = Socket::new(domain, Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    if let Some(device) = &endpoint.device {
        socket.bind_device(Some(device.as_bytes()))?;
    }
    Ok(TcpStream::from(socket).into())
}

/// Sets `options` on a socket that is not connected yet. What a listening socket has, the
/// connections that it accepts have too (on Linux). Returns how large the receive buffer has become
/// if that is less than was asked for, octets.
///
/// # Errors
/// The system's error, when it refuses an option.
pub(super) fn apply(
    socket: &OwnedFd,
    endpoint: &Endpoint,
    options: &SocketOptions,
) -> io::Result<Option<usize>> {
    set(socket.as_fd(), endpoint.address.is_ipv6(), options, options.dscp)
}

/// Sets `options` on a listening socket: for the connections that it accepts from then on. A
/// receive buffer that was set stays: nothing gives it back to the kernel.
///
/// # Errors
/// The system's error, when it refuses an option.
pub(crate) fn adjust(listener: &TcpListener, options: &SocketOptions) -> io::Result<()> {
    let is_v6 = listener.local_addr()?.is_ipv6();
    // What was set is taken back by what the kernel begins with.
    let dscp = options.dscp.or(Some(0));
    if let (Some(given), Some(asked)) =
        (set(listener.as_fd(), is_v6, options, dscp)?, options.receive_buffer)
    {
        warn_of_buffer(asked, given);
    }
    Ok(())
}

fn set(
    socket: BorrowedFd<'_>,
    is_v6: bool,
    options: &SocketOptions,
    dscp: Option<u8>,
) -> io::Result<Option<usize>> {
    let keepalive = options.keepalive;
    sockopt::set_socket_keepalive(socket, true)?;
    sockopt::set_tcp_keepidle(socket, keepalive.idle)?;
    sockopt::set_tcp_keepintvl(socket, keepalive.interval)?;
    sockopt::set_tcp_keepcnt(socket, keepalive.probes)?;
    if let Some(dscp) = dscp {
        let class = dscp << ECN_BITS;
        if is_v6 {
            sockopt::set_ipv6_tclass(socket, u32::from(class))?;
        }
        // A dual-stack socket has both: this one is for its IPv4 connections.
        sockopt::set_ip_tos(socket, class)?;
    }
    let Some(asked) = options.receive_buffer else { return Ok(None) };
    sockopt::set_socket_recv_buffer_size(socket, asked)?;
    // The kernel doubles what it is given, for its own needs (socket(7)).
    let given = sockopt::socket_recv_buffer_size(socket)? / 2;
    Ok((given < asked).then_some(given))
}

/// The address with its interface's name as a number. `socket` is any socket.
///
/// # Errors
/// The system's error, when there is no such interface.
pub(super) fn resolved(socket: impl AsFd, endpoint: &Endpoint) -> io::Result<SocketAddr> {
    let mut address = endpoint.address;
    if let (SocketAddr::V6(v6), Some(scope)) = (&mut address, &endpoint.scope) {
        v6.set_scope_id(netdevice::name_to_index(socket, scope)?);
    }
    Ok(address)
}

/// Tells that receive buffers are smaller than was asked for.
pub(super) fn warn_of_buffer(asked: usize, given: usize) {
    let hint = "raise net.core.rmem_max (sysctl)";
    tracing::warn!(asked, given, hint, "receive-buffer-capped");
}
