//! Tags and labels by a router's address: maps in the syntax of pmacct's `bmp_daemon_tag_map`.

use std::net::IpAddr;

use super::super::text;
use crate::config::network::Network;
use crate::output::url::OptionError;
use crate::record::Marks;

/// What a record says of its router besides the address; a tag is said rather than a label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) tag: Option<u64>,
    pub(super) label: Option<String>,
}

impl Mark {
    /// What the configuration says of a router: its first tag, or its label.
    pub(super) fn of(marks: &Marks) -> Self {
        Self { tag: marks.tags.first().copied(), label: marks.label.clone() }
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.tag.is_none() && self.label.is_none()
    }

    /// `, "tag": …` or `, "label": …`, if there is one; a label `KEY%VALUE,KEY%VALUE` as an object
    /// when `as_map`.
    pub(super) fn write(&self, out: &mut Vec<u8>, as_map: bool) {
        match (self.tag, &self.label) {
            (Some(tag), _) => {
                out.extend_from_slice(b", \"tag\": ");
                text::number(out, tag as i64); // a JSON integer is signed there
            }
            (None, Some(label)) if as_map => {
                out.extend_from_slice(b", \"label\": {");
                object(out, label);
                out.push(b'}');
            }
            (None, Some(label)) => {
                out.extend_from_slice(b", \"label\": ");
                quoted(out, label);
            }
            (None, None) => {}
        }
    }
}

/// Members of an object: of a key that comes again the last value, at its first place.
fn object(out: &mut Vec<u8>, label: &str) {
    let mut members: Vec<(&str, &str)> = Vec::new();
    for pair in label.split(',').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('%').unwrap_or((pair, ""));
        match members.iter_mut().find(|(other, _)| *other == key) {
            Some(member) => member.1 = value,
            None => members.push((key, value)),
        }
    }
    super::v4::separated(out, members, |out, (key, value)| {
        quoted(out, key);
        out.extend_from_slice(b": ");
        quoted(out, value);
    });
}

fn quoted(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    text::json_escaped(out, value);
    out.push(b'"');
}

/// A map as read from a file; its first rule that fits counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TagMap {
    rules: Vec<Rule>,
}

/// A line of a map.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rule {
    /// `ip`: of which routers it speaks; of all where there is none.
    network: Option<Network>,
    set: Set,
    stack: Stack,
    /// `label`: by what name others jump to it.
    name: Option<String>,
    /// `jeq`: the rule to go on with, by its place.
    jump: Option<usize>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Set {
    /// Nothing that a record shows.
    #[default]
    Nothing,
    Tag(u64),
    Label(String),
}

/// What becomes of the tag of the rule before.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stack {
    #[default]
    Replace,
    Sum,
    Or,
}

impl TagMap {
    /// Reads a map; may be called again at any time.
    ///
    /// # Errors
    /// The file that cannot be read, or the first line that makes no sense.
    pub(super) fn load(path: &str) -> Result<Self, OptionError> {
        let text =
            std::fs::read_to_string(path).map_err(|e| OptionError(format!("{path}: {e}")))?;
        Self::parse(&text).map_err(|what| OptionError(format!("{path}: {what}")))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut rules = Vec::new();
        let mut jumps = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['!', '#']) {
                continue;
            }
            let (rule, jump) =
                Rule::parse(line).map_err(|what| format!("line {number}: {what}"))?;
            jumps.extend(jump.map(|to| (number, rules.len(), to)));
            rules.push(rule);
        }
        for (number, from, to) in jumps {
            let behind = rules.iter().enumerate().skip(from + 1);
            let mut named = behind.filter(|(_, rule)| rule.name.as_deref() == Some(to));
            let place = match to {
                "next" => Some(from + 1),
                _ => named.next().map(|(place, _)| place),
            };
            let Some(place) = place else {
                return Err(format!("line {number}: jeq={to}: no line below has label={to}"));
            };
            if let Some(rule) = rules.get_mut(from) {
                rule.jump = Some(place);
            }
        }
        Ok(Self { rules })
    }

    /// Whether any of its lines sets a label.
    pub(super) fn has_labels(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.set, Set::Label(_)))
    }

    /// What the map says of the router at `address`.
    pub(super) fn find(&self, address: IpAddr) -> Mark {
        let mut mark = Mark::default();
        let mut place = 0;
        while let Some(rule) = self.rules.get(place) {
            let fits = rule.network.is_none_or(|network| network.contains(address));
            place = match (fits, rule.jump) {
                (false, _) => place + 1,
                // Jumps lead forward only.
                (true, Some(to)) => {
                    rule.apply(&mut mark);
                    to
                }
                (true, None) => {
                    rule.apply(&mut mark);
                    break;
                }
            };
        }
        mark
    }
}

impl Rule {
    /// A rule, and the name of the one to go on with.
    fn parse(line: &str) -> Result<(Self, Option<&str>), String> {
        let mut rule = Self::default();
        let (mut jump, mut sets) = (None, 0);
        for word in line.split_ascii_whitespace() {
            let Some((key, value)) = word.split_once('=') else {
                return Err(format!("`{word}`: expected KEY=VALUE without spaces around the ="));
            };
            match key {
                "ip" => rule.network = Some(value.parse().map_err(|e| format!("ip={value}: {e}"))?),
                "set_tag" | "id" => (rule.set, sets) = (Set::Tag(tag(key, value)?), sets + 1),
                // No record of a BMP session shows it.
                "set_tag2" | "id2" => (_, sets) = (tag(key, value)?, sets + 1),
                "set_label" => (rule.set, sets) = (Set::Label(value.to_owned()), sets + 1),
                "label" => rule.name = Some(value.to_owned()),
                "jeq" => jump = Some(value),
                "stack" => rule.stack = stack(value)?,
                _ => {
                    return Err(format!(
                        "{key}={value}: a BMP session has no such key; expected ip, set_tag, \
                         set_tag2, set_label, label, jeq or stack"
                    ));
                }
            }
        }
        match sets {
            1 => Ok((rule, jump)),
            _ => Err("expected one of set_tag, set_tag2 and set_label".into()),
        }
    }

    fn apply(&self, mark: &mut Mark) {
        match &self.set {
            Set::Nothing => {}
            Set::Tag(tag) => {
                let before = mark.tag.unwrap_or_default();
                mark.tag = Some(match self.stack {
                    Stack::Replace => *tag,
                    Stack::Sum => before.wrapping_add(*tag),
                    Stack::Or => before | tag,
                });
            }
            Set::Label(label) => match &mut mark.label {
                Some(before) => {
                    before.push(',');
                    before.push_str(label);
                }
                None => mark.label = Some(label.clone()),
            },
        }
    }
}

fn tag(key: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| {
        let hint = match value.ends_with("++") {
            true => " (a tag that grows with every record is not possible here)",
            false => "",
        };
        format!("{key}={value}: expected a number from 0 to {}{hint}", u64::MAX)
    })
}

fn stack(value: &str) -> Result<Stack, String> {
    match value {
        "sum" => Ok(Stack::Sum),
        "or" => Ok(Stack::Or),
        _ => Err(format!("stack={value}: expected sum or or")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(map: &str, address: &str, as_map: bool) -> String {
        let mut out = Vec::new();
        let map = TagMap::parse(map).unwrap();
        map.find(address.parse().unwrap()).write(&mut out, as_map);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let map = "! routers\n# of two sites\n\nset_tag=1 ip=192.0.2.0/24\n\
                   ip=2001:db8::/32\tset_label=six\nid=3 ip=192.0.2.1\nset_tag2=9 ip=198.51.100.1\n\
                   set_label=a\"b\n";
        for (address, want) in [
            ("192.0.2.1", ", \"tag\": 1"),
            ("2001:db8::1", ", \"label\": \"six\""),
            ("198.51.100.1", ""),
            ("203.0.113.1", ", \"label\": \"a\\\"b\""),
            ("2001:db9::1", ", \"label\": \"a\\\"b\""),
            ("::ffff:192.0.2.7", ", \"tag\": 1"),
        ] {
            assert_eq!(shown(map, address, false), want, "{address}");
        }
    }

    #[test]
    fn jumps_gather_tags_and_labels() {
        let map = "set_tag=100 ip=192.0.2.0/24 jeq=more\nset_tag=7\n\
                   set_tag=20 ip=192.0.2.1 label=more stack=sum jeq=next\n\
                   set_tag=9 ip=192.0.2.0/24 stack=or\n";
        assert_eq!(shown(map, "192.0.2.1", false), ", \"tag\": 121");
        assert_eq!(shown(map, "192.0.2.2", false), ", \"tag\": 109");
        assert_eq!(shown(map, "192.0.3.1", false), ", \"tag\": 7");
        let labels = "set_label=one jeq=b\nset_label=two label=b\n";
        assert_eq!(shown(labels, "192.0.2.1", false), ", \"label\": \"one,two\"");
        assert_eq!(shown("set_tag=18446744073709551615", "::1", false), ", \"tag\": -1");
    }

    #[test]
    fn a_label_can_be_an_object() {
        let map = "set_label=nkey%unknown,pkey%testing,bare,nkey%last,x%y%z";
        let want = r#", "label": {"nkey": "last", "pkey": "testing", "bare": "", "x": "y%z"}"#;
        assert_eq!(shown(map, "192.0.2.1", true), want);
    }

    #[test]
    fn what_makes_no_sense_is_told_with_its_line() {
        for (map, want) in [
            ("set_tag=1 ip=192.0.2.0/33", "line 1: ip=192.0.2.0/33"),
            ("\nset_tag=x", "line 2: set_tag=x: expected a number"),
            ("set_tag=1++", "grows"),
            ("set_tag=1 in=4", "line 1: in=4: a BMP session has no such key"),
            ("set_tag = 1", "without spaces"),
            ("ip=192.0.2.1", "expected one of set_tag"),
            ("set_tag=1 set_label=x", "expected one of set_tag"),
            ("set_tag=1 label=up\nset_tag=2 jeq=up", "line 2: jeq=up: no line below"),
            ("set_tag=1 stack=minus", "expected sum or or"),
        ] {
            let told = TagMap::parse(map).unwrap_err();
            assert!(told.contains(want), "{map}: {told}");
        }
        let OptionError(told) = TagMap::load("/nonexistent/tag.map").unwrap_err();
        assert!(told.starts_with("/nonexistent/tag.map: "), "{told}");
    }
}
