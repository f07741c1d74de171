//! Sockets in: listening and dialing, what is set on connections, and reading from them on a
//! reactor.
//!
//! Nothing is ever written to a router: BMP is one-way (RFC 7854 §3.2).

mod dial;
mod listen;
mod options;
mod stream;

use std::net::{IpAddr, SocketAddr};

pub(crate) use dial::{Attempt, Dialed};
pub use listen::{BindError, bind};
pub(crate) use options::adjust;
pub(crate) use stream::RouterStream;

/// `address` with an IPv4-mapped IPv6 address given as IPv4, as dual-stack sockets report it.
#[must_use]
pub fn unmapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(v4) => SocketAddr::new(IpAddr::V4(v4), address.port()),
            None => address,
        },
        IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_mapped_addresses_become_ipv4() {
        let cases = [
            ("[::ffff:192.0.2.1]:179", "192.0.2.1:179"),
            ("192.0.2.1:179", "192.0.2.1:179"),
            ("[2001:db8::1]:179", "[2001:db8::1]:179"),
            ("[::1]:9", "[::1]:9"),
        ];
        for (from, to) in cases {
            let from: SocketAddr = from.parse().unwrap();
            assert_eq!(unmapped(from).to_string(), to);
        }
    }
}
