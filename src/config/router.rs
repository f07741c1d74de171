//! `[[router]]`: what is written down of routers.

use std::net::Ipv4Addr;
use std::str::FromStr;

use clap::ValueEnum as _;

use super::dialect::BmpV4;
use super::file::{FileError, Key, Table};
use super::limits::SourceRule;
use super::near::did_you_mean;
use super::network::Network;

/// Octets of a name or a label at most.
const TEXT_MAX: usize = 255;
/// Tags at most: formats that print any print two.
const TAGS_MAX: usize = 16;

/// What is told, or left to what is received.
const ON_OFF: &[(&str, Option<bool>)] = &[("on", Some(true)), ("off", Some(false)), ("auto", None)];
const WIDTHS: &[(&str, Option<u8>)] = &[("2", Some(2)), ("4", Some(4)), ("auto", None)];

/// A key of a `[[router]]` table.
#[derive(Debug, Clone, Copy)]
pub struct RouterKey {
    /// Its name.
    pub name: &'static str,
    /// What stands behind it, as in the help of a flag.
    pub value: &'static str,
    /// What it means.
    pub meaning: &'static str,
    set: fn(&mut RouterSetting, &Key) -> Result<(), FileError>,
}

/// Declares the table: one row for each key.
macro_rules! router_keys {
    ($($name:literal $value:literal $set:expr, $meaning:literal;)+) => {
        /// Every key of a `[[router]]` table.
        pub const ROUTER_KEYS: &[RouterKey] =
            &[$(RouterKey { name: $name, value: $value, meaning: $meaning, set: $set }),+];
    };
}

router_keys! {
    "source" "PREFIX or a list" |r, k| parsed_all(k).map(|v| r.source = v),
        "the router connects from one of these prefixes";
    "sysname" "NAME" |r, k| text(k).map(|v| r.sysname = Some(v)),
        "its sysName is this one; * stands for any characters, ? for one, and case does not matter";
    "bgp-id" "A.B.C.D" |r, k| bgp_id(k).map(|v| r.bgp_id = Some(v)),
        "the OPENs that it sends have this BGP Identifier";
    "name" "TEXT" |r, k| text(k).map(|v| r.name = Some(v)),
        "a name for it, in formats that print one";
    "tags" "N or a list" |r, k| numbers(k).map(|v| r.tags = v),
        "numbers for it: pmacct-json prints the first as its tag";
    "label" "TEXT" |r, k| text(k).map(|v| r.label = Some(v)),
        "a word for it: pmacct-json prints it where there is no tag";
    "allow" "true|false" |r, k| k.flag().map(|v| r.allow = Some(v)),
        "whether it may connect, whatever `allow` says; with `source` alone or with no condition";
    "add-path" "on|off|auto" |r, k| word(k, ON_OFF).map(|v| r.add_path = v),
        "NLRI carry path identifiers, or do not, whatever its Peer Ups say";
    "as-width" "2|4|auto" |r, k| word(k, WIDTHS).map(|v| r.as_width = v),
        "octets of AS numbers in its AS_PATHs, whatever its Peer Ups say";
    "bmp-v4" "auto|draft-…" |r, k| dialect(k).map(|v| r.bmp_v4 = Some(v)),
        "whose numbers the TLVs of its BMP version 4 have, as --bmp-v4";
}

/// An entry: whom it is about, and what is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouterSetting {
    /// `source`
    pub source: Vec<Network>,
    /// `sysname`
    pub sysname: Option<String>,
    /// `bgp-id`
    pub bgp_id: Option<Ipv4Addr>,
    /// `name`
    pub name: Option<String>,
    /// `tags`
    pub tags: Vec<u64>,
    /// `label`
    pub label: Option<String>,
    /// `allow`
    pub allow: Option<bool>,
    /// `add-path`: `None` is auto.
    pub add_path: Option<bool>,
    /// `as-width`, octets: 2 or 4; `None` is auto.
    pub as_width: Option<u8>,
    /// `bmp-v4`; `None` and auto are as for all routers.
    pub bmp_v4: Option<BmpV4>,
}

impl RouterSetting {
    /// Reads an entry.
    ///
    /// # Errors
    /// The first key that is not known, or whose value makes no sense.
    pub fn new(table: &Table) -> Result<Self, FileError> {
        let mut router = Self::default();
        for key in &table.keys {
            let Some(row) = ROUTER_KEYS.iter().find(|row| row.name == key.name) else {
                let names = || ROUTER_KEYS.iter().map(|row| row.name);
                return Err(FileError::at(
                    key.line,
                    format!(
                        "the key '{}' is not known{}; [[router]] takes {}",
                        key.name,
                        did_you_mean(&key.name, names()),
                        names().collect::<Vec<_>>().join(", ")
                    ),
                ));
            };
            (row.set)(&mut router, key)?;
        }
        let late = router.sysname.is_some() || router.bgp_id.is_some();
        if let (Some(_), true) = (router.allow, late) {
            return Err(FileError::at(
                table.line,
                "allow: whether a router may connect is decided before it has told its sysName or \
                 BGP Identifier: name its source alone"
                    .into(),
            ));
        }
        Ok(router)
    }

    /// What the entry says of who may connect; nothing where it is about what a router tells later.
    #[must_use]
    pub fn source_rule(&self) -> Option<SourceRule> {
        let early = self.sysname.is_none() && self.bgp_id.is_none();
        early.then(|| SourceRule { sources: self.source.clone(), allow: self.allow })
    }
}

fn text(key: &Key) -> Result<String, FileError> {
    let text = key.text()?;
    if text.is_empty() || text.len() > TEXT_MAX || text.chars().any(char::is_control) {
        return Err(key.error(format!("write 1 to {TEXT_MAX} octets without control characters")));
    }
    Ok(text.to_owned())
}

fn bgp_id(key: &Key) -> Result<Ipv4Addr, FileError> {
    let text = key.text()?;
    let right = "is no BGP Identifier: write it as an IPv4 address";
    text.parse().map_err(|_| key.error(format!("`{text}` {right}")))
}

fn parsed_all<T: FromStr<Err: std::fmt::Display>>(key: &Key) -> Result<Vec<T>, FileError> {
    let wrong = |line, error: T::Err| FileError::at(line, format!("{}: {error}", key.name));
    let one = |s: super::file::Scalar| s.text.parse().map_err(|error| wrong(s.line, error));
    key.scalars().into_iter().map(one).collect()
}

fn numbers(key: &Key) -> Result<Vec<u64>, FileError> {
    let scalars = key.scalars();
    let number = |s: &super::file::Scalar| s.text.parse().ok();
    match scalars.iter().map(number).collect::<Option<Vec<u64>>>() {
        Some(numbers) if (1..=TAGS_MAX).contains(&numbers.len()) => Ok(numbers),
        _ => Err(key.error(format!("write 1 to {TAGS_MAX} whole numbers from 0, as in [7, 8]"))),
    }
}

fn word<T: Copy>(key: &Key, words: &[(&str, T)]) -> Result<T, FileError> {
    let text = key.text()?;
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        key.error(format!("`{text}` is none of {}", words.join(", ")))
    })
}

fn dialect(key: &Key) -> Result<BmpV4, FileError> {
    let named = |v: &BmpV4| v.to_possible_value().map(|v| v.get_name().to_owned());
    let named: Vec<_> =
        BmpV4::value_variants().iter().filter_map(|v| Some((named(v)?, *v))).collect();
    let words: Vec<_> = named.iter().map(|(name, v)| (name.as_str(), *v)).collect();
    word(key, &words)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::file::File;

    fn read(keys: &str) -> Result<RouterSetting, FileError> {
        let file = File::parse(&format!("[[router]]\n{keys}")).unwrap();
        RouterSetting::new(&file.routers[0])
    }

    #[test]
    fn every_key_is_read() {
        let router = read(
            "source = ['192.0.2.0/24', '2001:db8::/32']\nsysname = 'edge*'\nbgp-id = '10.0.0.1'\n\
             name = 'edge 1'\ntags = [7, 8]\nlabel = 'lab'\nadd-path = 'off'\nas-width = 2\n\
             bmp-v4 = 'draft-21'",
        )
        .unwrap();
        assert_eq!((router.source.len(), router.bgp_id), (2, Some([10, 0, 0, 1].into())));
        assert_eq!(
            (router.sysname.as_deref(), router.name.as_deref()),
            (Some("edge*"), Some("edge 1"))
        );
        assert_eq!((&router.tags[..], router.label.as_deref()), (&[7, 8][..], Some("lab")));
        assert_eq!((router.add_path, router.as_width), (Some(false), Some(2)));
        assert_eq!((router.bmp_v4, router.allow), (Some(BmpV4::Draft21), None));
        assert_eq!(router.source_rule(), None, "it is known later");
        let router =
            read("source = '192.0.2.1'\nallow = false\ntags = 7\nadd-path = 'auto'").unwrap();
        let rule = router.source_rule().unwrap();
        assert_eq!((rule.sources.len(), rule.allow, router.add_path), (1, Some(false), None));
        assert_eq!(read("").unwrap(), RouterSetting::default());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (keys, line, part) in [
            ("name = 'x'\nsys-name = 'y'", 3, "did you mean 'sysname'?"),
            ("source = '192.0.2.1/24'", 2, "write 192.0.2.0/24"),
            ("source = ['192.0.2.0/24',\n'x']", 3, "such as 192.0.2.0/24"),
            ("bgp-id = '10'", 2, "as an IPv4 address"),
            ("tags = [1, -1]", 2, "whole numbers from 0"),
            ("tags = []", 2, "1 to 16"),
            ("allow = 'yes'", 2, "true or false"),
            ("name = ['x']", 2, "leave the brackets out"),
            ("name = ''", 2, "1 to 255 octets"),
            ("add-path = 'both'", 2, "none of \"on\", \"off\", \"auto\""),
            ("as-width = 3", 2, "none of \"2\", \"4\", \"auto\""),
            ("bmp-v4 = 'draft-18'", 2, "draft-17"),
            ("name = 'x'\nsysname = 'x'\nallow = true", 1, "name its source alone"),
        ] {
            let error = read(keys).unwrap_err();
            assert_eq!(error.line, Some(line), "{keys}: {error}");
            assert!(error.message.contains(part), "{keys}: {error}");
        }
    }
}
