//! How much of what a socket was given the other side has not taken yet.
#![allow(unsafe_code)]

use std::os::fd::BorrowedFd;

use rustix::ioctl::{Getter, Opcode, ioctl};

/// `SIOCOUTQ`, which Linux spells like the terminal's `TIOCOUTQ`.
const SIOCOUTQ: Opcode = 0x5411;

/// Octets in the send queue of `socket`: on TCP those that the peer's kernel has not acknowledged;
/// on a Unix socket the memory of what the peer has not read, overhead included, so never too few.
///
/// # Errors
/// What the kernel says when `socket` is not a socket.
pub(super) fn unacknowledged(socket: BorrowedFd<'_>) -> rustix::io::Result<u64> {
    // SAFETY: for this request Linux writes exactly one C int through the pointer.
    let request = unsafe { Getter::<SIOCOUTQ, i32>::new() };
    // SAFETY: `request` owns the int that the kernel writes to and outlives the call.
    let queued = unsafe { ioctl(socket, request)? };
    Ok(u64::try_from(queued).unwrap_or(0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Read, Write};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn unread_octets_count_until_the_peer_has_read_them() {
        let (mut a, mut b) = UnixStream::pair().unwrap();
        assert_eq!(unacknowledged(a.as_fd()).unwrap(), 0);
        a.write_all(&[7; 1000]).unwrap();
        assert!(unacknowledged(a.as_fd()).unwrap() >= 1000);
        b.read_exact(&mut [0; 1000]).unwrap();
        assert_eq!(unacknowledged(a.as_fd()).unwrap(), 0);
    }

    #[test]
    fn what_is_not_a_socket_is_an_error() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(unacknowledged(file.as_fd()).is_err());
    }
}
