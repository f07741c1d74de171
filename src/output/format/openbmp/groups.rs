//! Groups of routers and of peers, from which names of topics are made: by name, by address and by
//! AS number, as OpenBMP's collector sorts them.

use std::net::IpAddr;

use regex::{Regex, RegexBuilder};

use crate::config::network::Network;

/// The longest name of a group, octets.
const NAME_MAX: usize = 64;
/// The group of what is in no other.
const DEFAULT: &str = "default";
/// Octets that a compiled expression may take.
const REGEX_SIZE_MAX: usize = 1 << 20;

/// Number of a group in its [`Groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::output::format) struct GroupId(u16);

/// What is sorted into groups.
#[derive(Debug, Clone, Copy)]
pub(in crate::output::format) struct Subject<'a> {
    /// What it calls itself; its address where it does not.
    pub(in crate::output::format) name: &'a str,
    pub(in crate::output::format) address: IpAddr,
    /// A peer's AS number.
    pub(in crate::output::format) asn: Option<u32>,
}

/// Which subjects are in which group: names are tried first, then prefixes, then AS numbers, each
/// in the order in which they were written.
#[derive(Debug)]
pub(in crate::output::format) struct Groups {
    /// The name of each group; the first is that of all others.
    names: Vec<String>,
    by_name: Vec<(Regex, GroupId)>,
    by_prefix: Vec<(Network, GroupId)>,
    by_asn: Vec<(u32, GroupId)>,
}

/// What a group takes, as it is written behind its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Prefix,
    Name,
    Asn,
}

impl Sign {
    const ALL: [(char, Sign); 3] = [('@', Sign::Prefix), ('~', Sign::Name), ('#', Sign::Asn)];

    fn of(found: char) -> Option<Self> {
        Self::ALL.into_iter().find(|(sign, _)| *sign == found).map(|(_, sign)| sign)
    }
}

impl Default for Groups {
    fn default() -> Self {
        let (by_name, by_prefix, by_asn) = (Vec::new(), Vec::new(), Vec::new());
        Self { names: vec![DEFAULT.into()], by_name, by_prefix, by_asn }
    }
}

impl Groups {
    /// The group of `subject`.
    pub(in crate::output::format) fn of(&self, subject: &Subject<'_>) -> GroupId {
        let named = self.by_name.iter().find(|(regex, _)| regex.is_match(subject.name));
        let placed = || self.by_prefix.iter().find(|(net, _)| net.contains(subject.address));
        let numbered = || self.by_asn.iter().find(|(asn, _)| Some(*asn) == subject.asn);
        let found = named.map(|(_, id)| *id);
        let found = found.or_else(|| placed().map(|(_, id)| *id));
        found.or_else(|| numbered().map(|(_, id)| *id)).unwrap_or_default()
    }

    /// Whether all subjects are in one group, so that nobody need ask.
    pub(in crate::output::format) fn is_one(&self) -> bool {
        self.names.len() == 1
    }

    /// The name of a group.
    pub(in crate::output::format) fn name(&self, id: GroupId) -> &str {
        self.names.get(usize::from(id.0)).map_or(DEFAULT, String::as_str)
    }

    /// Octets of the longest name.
    pub(super) fn name_len_max(&self) -> usize {
        self.names.iter().map(String::len).max().unwrap_or_default()
    }

    /// Reads `NAME@PREFIX,NAME~EXPRESSION,NAME#ASN,…,NAME`; `has_asn` tells whether the subjects
    /// have AS numbers.
    pub(super) fn parse(text: &str, has_asn: bool) -> Result<Self, String> {
        let mut groups = Self::default();
        let mut items = text.split(',').peekable();
        while let Some(item) = items.next() {
            let sign = item.char_indices().find_map(|(at, c)| Some((at, Sign::of(c)?)));
            match sign {
                Some((at, sign)) => {
                    let (name, what) = (item.get(..at), item.get(at + 1..));
                    let (name, what) = (name.unwrap_or_default(), what.unwrap_or_default());
                    groups.add(name, sign, what, has_asn)?;
                }
                None if items.peek().is_none() => groups.names[0] = sound(item)?.to_owned(),
                None => {
                    return Err(format!(
                        "'{item}' takes everything, for nothing says which: put it last, or write \
                         {item}@PREFIX or {item}~EXPRESSION"
                    ));
                }
            }
        }
        Ok(groups)
    }

    /// Adds something that a group takes.
    pub(super) fn add(
        &mut self,
        name: &str,
        sign: Sign,
        what: &str,
        has_asn: bool,
    ) -> Result<(), String> {
        let id = self.id(sound(name)?)?;
        match sign {
            Sign::Prefix => {
                let network = what.parse().map_err(|e| format!("group {name}: {e}"))?;
                self.by_prefix.push((network, id));
            }
            Sign::Name => {
                let mut builder = RegexBuilder::new(what);
                let built = builder.case_insensitive(true).size_limit(REGEX_SIZE_MAX).build();
                let regex = built.map_err(|e| format!("group {name}: '{what}': {}", last(&e)))?;
                self.by_name.push((regex, id));
            }
            Sign::Asn if !has_asn => {
                return Err(format!("group {name}: routers have no AS number: peers have"));
            }
            Sign::Asn => {
                let asn = what.parse().map_err(|_| {
                    format!("group {name}: '{what}' is no AS number: expected 0 to 4294967295")
                })?;
                self.by_asn.push((asn, id));
            }
        }
        Ok(())
    }

    /// The group of this name, made if there is none.
    fn id(&mut self, name: &str) -> Result<GroupId, String> {
        let found = self.names.iter().skip(1).position(|known| known == name);
        let at = found.map_or(self.names.len(), |at| at + 1);
        let id = u16::try_from(at).map_err(|_| "there are more than 65535 groups".to_owned())?;
        if found.is_none() {
            self.names.push(name.to_owned());
        }
        Ok(GroupId(id))
    }
}

/// Checks a group's name.
fn sound(name: &str) -> Result<&str, String> {
    match (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(name),
        false => Err(format!(
            "'{}' is no group's name: expected 1 to {NAME_MAX} ASCII letters, digits or signs",
            name.escape_debug()
        )),
    }
}

/// The line of an expression's error that says what is wrong.
fn last(error: &regex::Error) -> String {
    error.to_string().lines().last().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(groups: &Groups, name: &str, address: &str, asn: Option<u32>) -> String {
        let address = address.parse().unwrap();
        groups.name(groups.of(&Subject { name, address, asn })).to_owned()
    }

    #[test]
    fn routers_are_sorted_by_name_then_by_prefix() {
        let some = "lab@192.0.2.7,core@192.0.2.0/24,core@2001:db8::/32,wan~^pe[0-9]+\\.,edge";
        let groups = Groups::parse(some, false).unwrap();
        for (name, ip, group) in [
            ("r1", "192.0.2.7", "lab"),
            ("r2", "192.0.2.8", "core"),
            ("r3", "2001:db8::1", "core"),
            ("PE12.example", "192.0.2.8", "wan"),
            ("pe.example", "198.51.100.1", "edge"),
        ] {
            assert_eq!(of(&groups, name, ip, None), group, "{name}");
        }
        assert!(!groups.is_one());
        let all = Groups::parse("route-views5", false).unwrap();
        assert_eq!((of(&all, "x", "192.0.2.1", None), all.is_one()), ("route-views5".into(), true));
        let rest = Groups::parse("core@192.0.2.0/24", false).unwrap();
        assert_eq!(of(&rest, "x", "198.51.100.1", None), "default");
        assert_eq!(of(&Groups::default(), "x", "::1", None), "default");
    }

    #[test]
    fn peers_are_sorted_by_as_number_last() {
        let groups = Groups::parse("cust#64500,ix@10.0.0.0/8,cust#64501,me~^10\\.9\\.", true);
        let groups = groups.unwrap();
        for (ip, asn, group) in [
            ("192.0.2.1", 64_500, "cust"),
            ("192.0.2.1", 64_501, "cust"),
            ("10.1.1.1", 64_501, "ix"),
            ("10.9.1.1", 64_501, "me"),
            ("192.0.2.1", 64_502, "default"),
        ] {
            assert_eq!(of(&groups, ip, ip, Some(asn)), group, "{ip}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_answered_with_what_would() {
        let long = "x".repeat(65);
        for (text, remedy) in [
            ("", "no group's name"),
            ("a,b", "put it last"),
            ("a b", "no group's name"),
            ("@10.0.0.0/8", "no group's name"),
            ("a@10.0.0.1/8", "bits beyond"),
            ("a#1", "routers have no AS number"),
            ("a~(", "unclosed group"),
            ("a~x{1000}{1000}", "size limit"),
            (&long, "1 to 64"),
        ] {
            let error = Groups::parse(text, false).unwrap_err();
            assert!(error.contains(remedy), "{text}: {error}");
        }
        assert!(Groups::parse("a#-1", true).unwrap_err().contains("4294967295"));
    }
}
