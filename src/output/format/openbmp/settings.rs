//! Options of the formats of OpenBMP's message bus, with the meanings that its collector gives
//! them.

use std::net::IpAddr;

use super::ids::{Hash, Id};
use crate::config::network::Network;
use crate::output::format::Options;
use crate::output::url::OptionError;

pub(in crate::output::format) const ADMIN_ID: (&str, &str) = (
    "admin-id",
    "what the collector is called: 1 to 64 printable ASCII characters; hostname (the default): as this host is",
);
pub(in crate::output::format) const HASH: (&str, &str) = (
    "hash",
    "ids of collectors and routers: md5 (the default: those of OpenBMP's collector) or xxh3 (quicker)",
);
pub(in crate::output::format) const PAT_ENABLED: (&str, &str) = (
    "pat-enabled",
    "true: a router's id is made from the BGP identifier or sysName in its Initiation instead of its address",
);
pub(in crate::output::format) const ROUTER_GROUP: (&str, &str) = (
    "router-group",
    "a router's group: NAME@PREFIX,...,NAME: the first whose prefix the router's address is in, or the last one, a name alone (default: the group default)",
);

/// The longest admin id, octets: what OpenBMP's collector takes, and the width of its column in
/// the database.
const ADMIN_ID_MAX: usize = 64;
/// The longest name of a group, octets.
const GROUP_MAX: usize = 64;

/// What the options mean.
#[derive(Debug)]
pub(in crate::output::format) struct Settings {
    pub(in crate::output::format) admin_id: String,
    /// The collector's id.
    pub(in crate::output::format) collector: Id,
    pub(in crate::output::format) hash: Hash,
    /// Whether what a router says of itself names it, rather than its address.
    pub(in crate::output::format) pat_enabled: bool,
    pub(in crate::output::format) router_groups: RouterGroups,
}

impl Settings {
    pub(in crate::output::format) fn new(options: &Options<'_>) -> Result<Self, OptionError> {
        let (mut admin_id, mut hash, mut pat_enabled) = ("hostname", Hash::Md5, false);
        let mut router_groups = RouterGroups::default();
        for (key, value) in options.pairs {
            match key.as_str() {
                "admin-id" => admin_id = value,
                "hash" => hash = parse_hash(value)?,
                "pat-enabled" => pat_enabled = parse_bool(key, value)?,
                "router-group" => router_groups = RouterGroups::parse(value)?,
                _ => {} // checked where outputs are parsed
            }
        }
        let admin_id = match admin_id {
            "hostname" => host_name()?,
            typed => check_admin_id(typed)?.to_owned(),
        };
        let collector = hash.collector(&admin_id);
        Ok(Self { admin_id, collector, hash, pat_enabled, router_groups })
    }
}

fn host_name() -> Result<String, OptionError> {
    let uname = rustix::system::uname();
    let name = uname.nodename().to_string_lossy();
    match check_admin_id(&name) {
        Ok(name) => Ok(name.to_owned()),
        Err(OptionError(why)) => {
            Err(OptionError(format!("{why}; it is this host's name: give another one")))
        }
    }
}

fn check_admin_id(name: &str) -> Result<&str, OptionError> {
    let printable = name.bytes().all(|b| (b' '..=b'~').contains(&b));
    match printable && (1..=ADMIN_ID_MAX).contains(&name.len()) {
        true => Ok(name),
        false => Err(OptionError(format!(
            "admin-id={}: expected 1 to {ADMIN_ID_MAX} printable ASCII characters",
            name.escape_debug()
        ))),
    }
}

fn parse_hash(value: &str) -> Result<Hash, OptionError> {
    match value {
        "md5" => Ok(Hash::Md5),
        "xxh3" => Ok(Hash::Xxh3),
        _ => Err(OptionError(format!("hash={value}: expected md5 or xxh3"))),
    }
}

fn parse_bool(key: &str, value: &str) -> Result<bool, OptionError> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(OptionError(format!("{key}={value}: expected true or false"))),
    }
}

/// Which routers are in which group.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::output::format) struct RouterGroups {
    by_prefix: Vec<(String, Network)>,
    /// The group of all others.
    rest: String,
}

impl Default for RouterGroups {
    fn default() -> Self {
        Self { by_prefix: Vec::new(), rest: "default".into() }
    }
}

impl RouterGroups {
    /// The group of the router that has this address.
    pub(in crate::output::format) fn of(&self, router: IpAddr) -> &str {
        let found = self.by_prefix.iter().find(|(_, network)| network.contains(router));
        found.map_or(&self.rest, |(name, _)| name)
    }

    fn parse(value: &str) -> Result<Self, OptionError> {
        let wrong = |what: String| OptionError(format!("router-group={value}: {what}"));
        let mut groups = Self::default();
        let mut items = value.split(',').peekable();
        while let Some(item) = items.next() {
            let (name, prefix) = item.split_once('@').map_or((item, None), |(n, p)| (n, Some(p)));
            let sound = |b: u8| b.is_ascii_graphic();
            if name.is_empty() || name.len() > GROUP_MAX || !name.bytes().all(sound) {
                return Err(wrong(format!(
                    "'{}' is no group's name: expected 1 to {GROUP_MAX} ASCII letters, digits or \
                     signs",
                    name.escape_debug()
                )));
            }
            match prefix {
                Some(prefix) => {
                    let network = prefix.parse().map_err(|e| wrong(format!("{e}")))?;
                    groups.by_prefix.push((name.to_owned(), network));
                }
                None if items.peek().is_none() => groups.rest = name.to_owned(),
                None => {
                    return Err(wrong(format!(
                        "'{name}' has no prefix, so that it takes every router: put it last, or \
                         write {name}@PREFIX"
                    )));
                }
            }
        }
        Ok(groups)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, OptionError> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let options = Options { pairs: &pairs, name: "t", socket: false, stream: 0, streams: 1 };
        Settings::new(&options)
    }

    #[test]
    fn the_host_names_the_collector_unless_told_otherwise() {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let usual = settings(&[]).unwrap();
        assert_eq!((&usual.admin_id, usual.hash, usual.pat_enabled), (&host, Hash::Md5, false));
        assert_eq!(settings(&[("admin-id", "hostname")]).unwrap().admin_id, host);
        let named = settings(&[("admin-id", "is-cc-bmp1"), ("hash", "xxh3")]).unwrap();
        assert_eq!(named.collector, Hash::Xxh3.collector("is-cc-bmp1"));
    }

    #[test]
    fn groups_are_found_by_prefix_in_the_order_typed() {
        let groups = |text| settings(&[("router-group", text)]).unwrap().router_groups;
        let of = |groups: &RouterGroups, ip: &str| groups.of(ip.parse().unwrap()).to_owned();
        let some = groups("lab@192.0.2.7,core@192.0.2.0/24,core@2001:db8::/32,edge");
        for (ip, group) in [
            ("192.0.2.7", "lab"),
            ("192.0.2.8", "core"),
            ("2001:db8::1", "core"),
            ("198.51.100.1", "edge"),
        ] {
            assert_eq!(of(&some, ip), group);
        }
        assert_eq!(of(&groups("route-views5"), "192.0.2.1"), "route-views5");
        assert_eq!(of(&groups("core@192.0.2.0/24"), "198.51.100.1"), "default");
        assert_eq!(of(&RouterGroups::default(), "::1"), "default");
    }

    #[test]
    fn what_makes_no_sense_is_answered_with_what_would() {
        let long = "x".repeat(65);
        for (key, value, remedy) in [
            ("admin-id", "", "1 to 64"),
            ("admin-id", &long, "1 to 64"),
            ("admin-id", "é", "ASCII"),
            ("admin-id", "a\nb", "printable"),
            ("hash", "sha1", "md5 or xxh3"),
            ("pat-enabled", "yes", "true or false"),
            ("router-group", "", "no group's name"),
            ("router-group", "a,b", "put it last"),
            ("router-group", "a b", "no group's name"),
            ("router-group", "a@10.0.0.1/8", "bits beyond"),
            ("router-group", &long, "1 to 64"),
        ] {
            let OptionError(text) = settings(&[(key, value)]).unwrap_err();
            assert!(text.starts_with(key) && text.contains(remedy), "{text}");
        }
    }
}
