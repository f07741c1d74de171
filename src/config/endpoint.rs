//! Addresses with the network device that they are meant on: `0.0.0.0:11019%vrf-mgmt`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::units::{UnitError, parse_address, parse_target};

/// Octets of a device's name at most (the kernel's `IFNAMSIZ` without its closing zero).
const DEVICE_NAME_MAX: usize = 15;

/// An address to listen on or to connect to, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The address; its scope is in [`Endpoint::scope`] where that is a name.
    pub address: SocketAddr,
    /// The interface that a link-local IPv6 address belongs to, as in `[fe80::1%eth0]:11019`.
    pub scope: Option<String>,
    /// The device or VRF that the socket is bound to, as in `0.0.0.0:11019%vrf-mgmt`.
    pub device: Option<String>,
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self { address, scope: None, device: None }
    }
}

impl fmt::Display for Endpoint {
    /// What is printed parses to the same value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Some(scope) => {
                write!(f, "[{}%{scope}]:{}", self.address.ip(), self.address.port())?;
            }
            None => write!(f, "{}", self.address)?,
        }
        self.device.iter().try_for_each(|device| write!(f, "%{device}"))
    }
}

impl FromStr for Endpoint {
    type Err = UnitError;

    /// `ADDR:PORT`, `ADDR:PORT%DEV`, `[fe80::1%eth0]:PORT`.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::parse(text, parse_address)
    }
}

impl Endpoint {
    /// Reads something to connect to: like [`FromStr`], but port 0 and the unspecified address are
    /// refused.
    ///
    /// # Errors
    /// [`UnitError`] that gives the full form of what was probably meant.
    pub fn target(text: &str) -> Result<Self, UnitError> {
        let target = Self::parse(text, parse_target)?;
        if target.address.ip().is_unspecified() {
            return Err(UnitError::new(format!(
                "`{text}` is no router's address: write the one that the router listens on, such \
                 as 192.0.2.1:{}",
                target.address.port()
            )));
        }
        Ok(target)
    }

    fn parse(
        text: &str,
        address: fn(&str) -> Result<SocketAddr, UnitError>,
    ) -> Result<Self, UnitError> {
        // A scope stands inside the brackets, a device behind everything.
        let (rest, device) = match text.rsplit_once('%') {
            Some((rest, device)) if !device.contains(']') => (rest, Some(named(text, device)?)),
            _ => (text, None),
        };
        let (plain, scope) = match scoped(rest) {
            Some((plain, scope)) => (plain, Some(named(text, scope)?)),
            None => (rest.to_owned(), None),
        };
        let mut endpoint = Self { address: address(&plain)?, scope, device };
        endpoint.check_scope(text)?;
        // A number is as good as a name, and the address can hold it.
        if let (SocketAddr::V6(v6), Some(index)) =
            (&mut endpoint.address, endpoint.scope.as_ref().and_then(|s| s.parse().ok()))
        {
            v6.set_scope_id(index);
            endpoint.scope = None;
        }
        Ok(endpoint)
    }

    /// Link-local addresses are there once on each link; others need no scope.
    fn check_scope(&self, text: &str) -> Result<(), UnitError> {
        let (ip, port) = (self.address.ip(), self.address.port());
        let is_link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        let has_scope = self.scope.is_some() || scope_id(self.address) != 0;
        if has_scope && !is_link_local {
            return Err(UnitError::new(format!(
                "`{text}` has a scope, which only link-local addresses (fe80::/10) need: to bind \
                 to a device write {}%DEVICE",
                SocketAddr::new(ip, port)
            )));
        }
        if is_link_local && !has_scope && self.device.is_none() {
            return Err(UnitError::new(format!(
                "`{text}` is a link-local address, and every link has those: write its interface, \
                 such as [{ip}%eth0]:{port}"
            )));
        }
        Ok(())
    }
}

fn scope_id(address: SocketAddr) -> u32 {
    match address {
        SocketAddr::V6(v6) => v6.scope_id(),
        SocketAddr::V4(_) => 0,
    }
}

/// Takes the scope out of `[ADDR%SCOPE]:PORT`.
fn scoped(text: &str) -> Option<(String, &str)> {
    let (inside, after) = text.strip_prefix('[')?.split_once(']')?;
    let (ip, scope) = inside.split_once('%')?;
    ip.parse::<Ipv6Addr>().ok()?;
    Some((format!("[{ip}]{after}"), scope))
}

/// A device's name as the kernel allows it.
fn named(text: &str, name: &str) -> Result<String, UnitError> {
    let is_odd = |c: char| c == '/' || c == ':' || c == '%' || c.is_whitespace() || c.is_control();
    if name.is_empty() {
        return Err(UnitError::new(format!(
            "`{text}` names no device after `%`: write one, such as eth0 or vrf-mgmt"
        )));
    }
    if name.len() > DEVICE_NAME_MAX || name.contains(is_odd) || name == "." || name == ".." {
        return Err(UnitError::new(format!(
            "`{name}` in `{text}` cannot be a device's name: those have 1 to {DEVICE_NAME_MAX} \
             octets and no `/`, `:` or white space, such as eth0 or vrf-mgmt"
        )));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Option<String>, Option<String>) {
        let endpoint: Endpoint = text.parse().unwrap();
        assert_eq!(endpoint.to_string(), text, "what is printed is what was typed");
        (endpoint.address.to_string(), endpoint.scope, endpoint.device)
    }

    #[test]
    fn devices_and_scopes_are_told_apart() {
        let some = |text: &str| Some(text.to_owned());
        for (text, address, scope, device) in [
            ("127.0.0.1:0", "127.0.0.1:0", None, None),
            ("[::]:11019", "[::]:11019", None, None),
            ("0.0.0.0:11019%vrf-mgmt", "0.0.0.0:11019", None, some("vrf-mgmt")),
            ("[::]:11019%eth1", "[::]:11019", None, some("eth1")),
            ("[fe80::1%eth0]:11019", "[fe80::1]:11019", some("eth0"), None),
            ("[fe80::1%eth0.7]:11019%vrf", "[fe80::1]:11019", some("eth0.7"), some("vrf")),
            ("[fe80::1]:11019%eth0", "[fe80::1]:11019", None, some("eth0")),
            ("[fe80::1%3]:11019", "[fe80::1%3]:11019", None, None),
        ] {
            assert_eq!(parts(text), (address.to_owned(), scope, device), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_be_right() {
        let error = |text: &str| text.parse::<Endpoint>().unwrap_err().to_string();
        for (text, part) in [
            ("0.0.0.0:11019%", "names no device after `%`"),
            ("0.0.0.0:11019%a/b", "`a/b` in `0.0.0.0:11019%a/b` cannot be a device's name"),
            ("0.0.0.0:11019%a-name-of-16-oct", "1 to 15 octets"),
            ("[2001:db8::1%eth0]:11019", "write [2001:db8::1]:11019%DEVICE"),
            ("[2001:db8::1%3]:11019", "write [2001:db8::1]:11019%DEVICE"),
            ("[fe80::1]:11019", "write its interface, such as [fe80::1%eth0]:11019"),
            ("11019%eth0", "write [::]:11019"),
            ("::1%eth0", "needs brackets and a port"),
        ] {
            let error = error(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_target_can_be_connected_to() {
        let target = |text| Endpoint::target(text).map_err(|error| error.to_string());
        assert_eq!(target("192.0.2.1:11019%vrf-a").unwrap().device.as_deref(), Some("vrf-a"));
        assert!(target("192.0.2.1:0").unwrap_err().contains("port 0"));
        assert!(target("[::]:11019").unwrap_err().contains("no router's address"));
    }
}
