//! Names of topics, with parts that depend on the router and the peer.

use std::net::IpAddr;
use std::sync::Arc;

use super::groups::{GroupId, Groups, Subject};

/// The longest name of a topic that Kafka takes, octets.
const NAME_MAX: usize = 249;
/// Digits of the largest AS number.
const ASN_LEN: usize = 10;

/// Where a message belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::output::format) struct Place {
    pub(in crate::output::format) router: GroupId,
    /// The peer's group and AS number.
    pub(in crate::output::format) peer: Option<(GroupId, u32)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    RouterGroup,
    PeerGroup,
    PeerAsn,
}

/// The parts that depend on whom a message is about, as they are written.
const PARTS: [(&str, Part); 3] = [
    ("{router_group}", Part::RouterGroup),
    ("{peer_group}", Part::PeerGroup),
    ("{peer_asn}", Part::PeerAsn),
];
/// What stands for an object's name.
const OBJECT: &str = "{object}";

/// The names of the topics of one object.
#[derive(Debug)]
pub(in crate::output::format) struct Template {
    parts: Vec<Part>,
    groups: Arc<Sorting>,
    /// The name made last, and for whom; the only one, where it depends on nobody.
    made: (Place, String),
}

/// How routers and peers are sorted.
#[derive(Debug, Default)]
pub(in crate::output::format) struct Sorting {
    pub(in crate::output::format) routers: Groups,
    pub(in crate::output::format) peers: Groups,
}

impl Sorting {
    /// The group of the peer that has this address, by which it goes for want of a name.
    pub(in crate::output::format) fn peer(&self, address: IpAddr, asn: u32) -> GroupId {
        if self.peers.is_one() {
            return GroupId::default();
        }
        let subject = Subject { name: &address.to_string(), address, asn: Some(asn) };
        self.peers.of(&subject)
    }
}

impl Template {
    /// Reads a name for messages about `object`, which are about peers or not.
    pub(super) fn parse(
        text: &str,
        object: &str,
        has_peer: bool,
        groups: &Arc<Sorting>,
    ) -> Result<Self, String> {
        let whole = text.replace(OBJECT, object);
        let (mut parts, mut rest, mut len) = (Vec::new(), whole.as_str(), 0);
        while !rest.is_empty() {
            let known = PARTS.iter().find(|(name, _)| rest.starts_with(name));
            let used = match known {
                Some((name, part)) => {
                    if *part != Part::RouterGroup && !has_peer {
                        return Err(format!("{object} messages are of no peer: leave {name} out"));
                    }
                    parts.push(part.clone());
                    len += length(part, groups);
                    name.len()
                }
                None => {
                    let end = rest.find('{').filter(|end| *end > 0).unwrap_or(rest.len());
                    let text = literal(rest.get(..end).unwrap_or_default())?;
                    parts.push(Part::Text(text.to_owned()));
                    len += end;
                    end
                }
            };
            rest = rest.get(used..).unwrap_or_default();
        }
        if len > NAME_MAX {
            return Err(format!(
                "names would have up to {len} octets: a topic's name has {NAME_MAX} at most"
            ));
        }
        let mut template = Self { parts, groups: groups.clone(), made: Default::default() };
        template.make(Place::default());
        Ok(template)
    }

    /// Whether names depend on the peer.
    pub(in crate::output::format) fn asks_for_peer(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::PeerGroup | Part::PeerAsn))
    }

    /// What all names look like; `*` stands for what depends on whom messages are about.
    pub(in crate::output::format) fn pattern(&self) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            _ => "*".into(),
        };
        self.parts.iter().map(text).collect()
    }

    /// The name of the topic of messages from here. Made once for messages that follow each other.
    pub(in crate::output::format) fn name(&mut self, place: Place) -> &str {
        let is_fixed = matches!(self.parts.as_slice(), [] | [Part::Text(_)]);
        if !is_fixed && self.made.0 != place {
            self.make(place);
        }
        &self.made.1
    }

    fn make(&mut self, place: Place) {
        let (made_for, name) = &mut self.made;
        *made_for = place;
        name.clear();
        let (group, asn) = place.peer.unwrap_or_default();
        for part in &self.parts {
            let from = name.len();
            match part {
                Part::Text(text) => name.push_str(text),
                Part::RouterGroup => name.push_str(self.groups.routers.name(place.router)),
                Part::PeerGroup => name.push_str(self.groups.peers.name(group)),
                Part::PeerAsn => {
                    let mut digits = itoa::Buffer::new();
                    name.push_str(digits.format(asn));
                }
            }
            // Groups may have names that no topic has.
            if name.bytes().skip(from).any(|b| !is_sound(b)) {
                let clean = name.split_off(from);
                let clean = clean.bytes().map(|b| if is_sound(b) { char::from(b) } else { '_' });
                name.extend(clean);
            }
        }
    }
}

/// Octets of a part at most.
fn length(part: &Part, groups: &Sorting) -> usize {
    match part {
        Part::Text(text) => text.len(),
        Part::RouterGroup => groups.routers.name_len_max(),
        Part::PeerGroup => groups.peers.name_len_max(),
        Part::PeerAsn => ASN_LEN,
    }
}

fn is_sound(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"._-".contains(&b)
}

fn literal(text: &str) -> Result<&str, String> {
    match text.bytes().all(is_sound) {
        true => Ok(text),
        false => {
            let known: Vec<_> = PARTS.iter().map(|(name, _)| *name).collect();
            Err(format!(
                "'{}': expected ASCII letters, digits, '.', '_', '-', {OBJECT}, {}",
                text.escape_debug(),
                known.join(", ")
            ))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sorting() -> Arc<Sorting> {
        let routers = Groups::parse("a/b@192.0.2.0/24,rest", false).unwrap();
        let peers = Groups::parse("cust#64500", true).unwrap();
        Arc::new(Sorting { routers, peers })
    }

    fn place(sorting: &Sorting, address: &str, asn: u32) -> Place {
        let address = address.parse().unwrap();
        let subject = Subject { name: "", address, asn: Some(asn) };
        let peer = Some((sorting.peers.of(&subject), asn));
        Place { router: sorting.routers.of(&subject), peer }
    }

    #[test]
    fn names_are_made_from_groups_and_as_numbers() {
        let sorting = sorting();
        let text = "rv.{router_group}.{peer_group}.{peer_asn}.{object}";
        let mut template = Template::parse(text, "bmp_raw", true, &sorting).unwrap();
        assert!(template.asks_for_peer());
        assert_eq!(template.pattern(), "rv.*.*.*.bmp_raw");
        for (address, asn, name) in [
            ("192.0.2.1", 64_500, "rv.a_b.cust.64500.bmp_raw"),
            ("192.0.2.1", 64_501, "rv.a_b.default.64501.bmp_raw"),
            ("::1", 4_294_967_295, "rv.rest.default.4294967295.bmp_raw"),
            ("::1", 64_500, "rv.rest.cust.64500.bmp_raw"),
        ] {
            assert_eq!(template.name(place(&sorting, address, asn)), name);
        }
        assert_eq!(template.name(Place::default()), "rv.rest.default.0.bmp_raw");
        let mut fixed = Template::parse("x.{object}", "peer", true, &sorting).unwrap();
        assert_eq!(fixed.name(place(&sorting, "::1", 1)), "x.peer");
        assert!(!fixed.asks_for_peer());
    }

    #[test]
    fn what_makes_no_sense_is_answered_with_what_would() {
        let sorting = sorting();
        let error = |text: &str| Template::parse(text, "router", false, &sorting).unwrap_err();
        for (text, remedy) in [
            ("a b", "letters"),
            ("{peer}", "{peer_asn}"),
            ("{", "{router_group}"),
            ("x.{peer_asn}", "of no peer"),
            (&"x".repeat(250), "249 at most"),
            (&format!("{}{{router_group}}", "x".repeat(246)), "up to 250"),
        ] {
            let error = error(text);
            assert!(error.contains(remedy), "{text}: {error}");
        }
    }
}
