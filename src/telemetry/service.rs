//! What a service manager is told of the collector: sd_notify(3) in a datagram each.
//!
//! Own code, because the common crate knows no abstract addresses and waits while the manager does:
//! what cannot be said at once is not said, and nobody waits for it.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The service manager that has started this process, if one has.
#[derive(Debug, Default)]
pub struct ServiceManager {
    ear: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
    /// What was to be said last could not be: told once, not again and again.
    fails: Cell<bool>,
}

impl ServiceManager {
    /// The one that `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` tell of.
    #[must_use]
    pub fn from_env() -> Self {
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let watchdog = number("WATCHDOG_USEC").filter(|usec| *usec > 0);
        // Inherited by a child, it is meant for the parent.
        let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let address = std::env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty());
        let watchdog = watchdog.filter(|_| is_ours).map(Duration::from_micros);
        address.map_or_else(Self::default, |address| Self::at(address, watchdog))
    }

    /// One that listens on a Unix datagram socket: a path, or an abstract name after an `@`.
    /// `watchdog` is the time within which it wants to hear [`Self::is_alive`].
    #[must_use]
    pub fn at(address: OsString, watchdog: Option<Duration>) -> Self {
        match ear(&address) {
            Ok(ear) => Self { ear: Some(ear), watchdog, fails: Cell::new(false) },
            Err(error) => {
                tracing::warn!(%error, "service-notify-failed");
                Self::default()
            }
        }
    }

    /// The time within which the manager wants to hear [`Self::is_alive`] again.
    #[must_use]
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// The collector is at work. Returns whether that was said, or there is nobody to hear it.
    pub fn is_ready(&self) -> bool {
        self.say("READY=1")
    }

    /// The collector moves. Returns as [`Self::is_ready`] does.
    pub fn is_alive(&self) -> bool {
        self.say("WATCHDOG=1")
    }

    /// The collector has begun to stop, in these words. Returns as [`Self::is_ready`] does.
    pub fn is_stopping(&self, text: &str) -> bool {
        self.say(&format!("STOPPING=1\nSTATUS={text}"))
    }

    /// A line for people. Returns as [`Self::is_ready`] does.
    pub fn status(&self, text: &str) -> bool {
        self.say(&format!("STATUS={text}"))
    }

    fn say(&self, words: &str) -> bool {
        let Some((socket, address)) = &self.ear else { return true };
        let sent = socket.send_to_addr(words.as_bytes(), address);
        let failed_before = self.fails.replace(sent.is_err());
        if let Err(error) = &sent
            && !failed_before
        {
            tracing::warn!(%error, "service-notify-failed");
        }
        sent.is_ok()
    }
}

/// A socket that never waits, and the address to send to.
fn ear(address: &OsStr) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match address.as_bytes().split_first() {
        Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
        Some((b'/', _)) => SocketAddr::from_pathname(address)?,
        _ => {
            let text = "NOTIFY_SOCKET is neither a path nor an abstract name after an @";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut octets = [0; 512];
        let length = socket.recv(&mut octets).unwrap();
        String::from_utf8(octets[..length].to_vec()).unwrap()
    }

    #[test]
    fn an_abstract_address_hears_every_word() {
        let name = format!("ribcage-service-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let manager = ServiceManager::at(format!("@{name}").into(), Some(Duration::from_secs(3)));
        assert_eq!(manager.watchdog(), Some(Duration::from_secs(3)));
        assert!(manager.is_ready() && manager.is_alive());
        assert!(manager.status("well") && manager.is_stopping("bye"));
        assert_eq!(heard(&socket), "READY=1");
        assert_eq!(heard(&socket), "WATCHDOG=1");
        assert_eq!(heard(&socket), "STATUS=well");
        assert_eq!(heard(&socket), "STOPPING=1\nSTATUS=bye");
    }

    #[test]
    fn a_manager_that_does_not_listen_keeps_nobody_waiting() {
        let name = format!("ribcage-deaf-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        let manager = ServiceManager::at(format!("@{name}").into(), None);
        // Its queue is full some day; a call that waited would end this test never.
        assert!((0..100_000).any(|_| !manager.is_alive()));
        drop(socket);
        assert!(!manager.is_alive(), "nobody is there any more");
    }

    #[test]
    fn an_address_of_another_kind_is_nobody() {
        for address in ["vsock:2:1234", "relative", "@"] {
            let manager = ServiceManager::at(address.into(), Some(Duration::from_secs(1)));
            assert_eq!(manager.watchdog().is_some(), address == "@", "{address}");
        }
        assert!(ServiceManager::default().is_ready(), "nobody misses it");
    }
}
