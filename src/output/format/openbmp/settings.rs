//! Options of the formats of OpenBMP's message bus, with the meanings that its collector gives
//! them.

use std::sync::Arc;

use serde::Deserialize;

use super::groups::{Groups, Sign};
use super::ids::{Hash, Id};
use super::topics::Sorting;
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
    "a router's group: NAME~EXPRESSION for its sysName (a regular expression without regard to case), NAME@PREFIX for its address, NAME alone at the end for all others (default: the group default); joined with commas; names are tried before prefixes",
);
pub(in crate::output::format) const PEER_GROUP: (&str, &str) = (
    "peer-group",
    "a peer's group: like router-group, but that its address as text is its name, and NAME#ASN for its AS number, which is tried last",
);
pub(in crate::output::format) const GROUPS: (&str, &str) = (
    "groups",
    "a TOML file of groups instead: tables [[router_group]] and [[peer_group]] with name, regexp_hostname, prefix_range and asn",
);

/// The longest admin id, octets: what OpenBMP's collector takes, and the width of its column in
/// the database.
const ADMIN_ID_MAX: usize = 64;

/// What the options mean.
#[derive(Debug)]
pub(in crate::output::format) struct Settings {
    pub(in crate::output::format) admin_id: String,
    /// The collector's id.
    pub(in crate::output::format) collector: Id,
    pub(in crate::output::format) hash: Hash,
    /// Whether what a router says of itself names it, rather than its address.
    pub(in crate::output::format) pat_enabled: bool,
    pub(in crate::output::format) groups: Arc<Sorting>,
}

impl Settings {
    pub(in crate::output::format) fn new(options: &Options<'_>) -> Result<Self, OptionError> {
        let (mut admin_id, mut hash, mut pat_enabled) = ("hostname", Hash::Md5, false);
        let mut sorting = Sorting::default();
        for (key, value) in options.pairs {
            match key.as_str() {
                "admin-id" => admin_id = value,
                "hash" => hash = parse_hash(value)?,
                "pat-enabled" => pat_enabled = parse_bool(key, value)?,
                "router-group" => sorting.routers = read(key, value, false)?,
                "peer-group" => sorting.peers = read(key, value, true)?,
                "groups" => {
                    let wrong = |what| OptionError(format!("groups={value}: {what}"));
                    sorting = read_groups(value).map_err(wrong)?;
                }
                _ => {} // checked where outputs are parsed
            }
        }
        let admin_id = match admin_id {
            "hostname" => host_name()?,
            typed => check_admin_id(typed)?.to_owned(),
        };
        let given = |name| options.pairs.iter().any(|(key, _)| key == name);
        if given("groups") && (given("router-group") || given("peer-group")) {
            let what = "groups= and router-group= or peer-group= say the same: leave one out";
            return Err(OptionError(what.into()));
        }
        let collector = hash.collector(&admin_id);
        Ok(Self { admin_id, collector, hash, pat_enabled, groups: Arc::new(sorting) })
    }
}

fn read(key: &str, value: &str, has_asn: bool) -> Result<Groups, OptionError> {
    Groups::parse(value, has_asn).map_err(|what| OptionError(format!("{key}={value}: {what}")))
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

/// The text of a file of groups: tables with the keys that OpenBMP's collector has for them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GroupFile {
    router_group: Vec<GroupRule>,
    peer_group: Vec<GroupRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRule {
    name: String,
    #[serde(default)]
    regexp_hostname: Vec<String>,
    #[serde(default)]
    prefix_range: Vec<String>,
    #[serde(default)]
    asn: Vec<u32>,
}

/// Reads the groups of routers and of peers.
fn read_groups(path: &str) -> Result<Sorting, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let file: GroupFile = toml::from_str(&text).map_err(|e| e.to_string())?;
    let routers = groups(&file.router_group, false)?;
    Ok(Sorting { routers, peers: groups(&file.peer_group, true)? })
}

fn groups(rules: &[GroupRule], has_asn: bool) -> Result<Groups, String> {
    let mut groups = Groups::default();
    for GroupRule { name, regexp_hostname, prefix_range, asn } in rules {
        if regexp_hostname.is_empty() && prefix_range.is_empty() && asn.is_empty() {
            return Err(format!(
                "group '{name}' takes nothing: write regexp_hostname = [...], prefix_range = \
                 [...] or, for peers, asn = [...]"
            ));
        }
        for text in regexp_hostname {
            groups.add(name, Sign::Name, text, has_asn)?;
        }
        for text in prefix_range {
            groups.add(name, Sign::Prefix, text, has_asn)?;
        }
        for number in asn {
            groups.add(name, Sign::Asn, &number.to_string(), has_asn)?;
        }
    }
    Ok(groups)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::output::format::openbmp::groups::Subject;
    use crate::output::transport::testing::Scratch;

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

    fn group(settings: &Settings, name: &str, address: &str) -> (String, String) {
        let subject = Subject { name, address: address.parse().unwrap(), asn: Some(64_500) };
        let Sorting { routers, peers } = &*settings.groups;
        let (router, peer) = (routers.of(&subject), peers.of(&subject));
        (routers.name(router).to_owned(), peers.name(peer).to_owned())
    }

    #[test]
    fn groups_come_from_options_or_from_a_file() {
        let typed = settings(&[("router-group", "core~^pe,edge"), ("peer-group", "a#64500")]);
        let typed = typed.unwrap();
        assert_eq!(group(&typed, "PE1", "::1"), ("core".into(), "a".into()));
        assert_eq!(group(&typed, "ce1", "::1"), ("edge".into(), "a".into()));
        let scratch = Scratch::new();
        let path = scratch.file("groups.toml");
        let text = "[[router_group]]\nname = 'core'\nregexp_hostname = ['^pe', '^p[0-9]{1,2}$']\n\
                    prefix_range = ['192.0.2.0/24']\n\
                    [[peer_group]]\nname = 'ix'\nprefix_range = ['10.0.0.0/8']\n\
                    [[peer_group]]\nname = 'cust'\nasn = [64500, 64501]\n";
        std::fs::write(&path, text).unwrap();
        let read = settings(&[("groups", &path)]).unwrap();
        assert_eq!(group(&read, "P12", "10.0.0.1"), ("core".into(), "ix".into()));
        assert_eq!(group(&read, "P123", "192.0.2.1"), ("core".into(), "cust".into()));
        assert_eq!(group(&read, "x", "::1"), ("default".into(), "cust".into()));
        for (text, remedy) in [
            ("[[router_group]]\nname = 'a'", "takes nothing"),
            ("[[router_group]]\nname = 'a'\nasn = [1]", "peers have"),
            ("[[group]]\nname = 'a'", "router_group"),
            ("[[peer_group]]\nname = 'a'\nasns = [1]", "line 3"),
        ] {
            std::fs::write(&path, text).unwrap();
            let OptionError(error) = settings(&[("groups", &path)]).unwrap_err();
            assert!(error.contains(&path) && error.contains(remedy), "{error}");
        }
        let both = settings(&[("groups", &path), ("peer-group", "a")]);
        assert!(both.is_err());
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
            ("router-group", "a,b", "put it last"),
            ("router-group", "a#1", "peers have"),
            ("peer-group", "a#x", "AS number"),
            ("groups", "/nowhere/groups.toml", "No such file"),
        ] {
            let OptionError(text) = settings(&[(key, value)]).unwrap_err();
            assert!(text.starts_with(key) && text.contains(remedy), "{text}");
        }
    }
}
