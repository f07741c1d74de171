//! Communities of three kinds, told by how they are written.

use std::fmt::Write;

use super::{Texts, Values, in_order};
use crate::bgp::attr::communities::{self, Community, WellKnown};
use crate::bgp::attr::extended_communities::{Definition, ExtendedCommunity};
use crate::bgp::attr::large_communities::{self, LargeCommunity};
use crate::filter::attributes::AllCommunities;
use crate::filter::facts::Line;
use crate::filter::parse::{FilterError, Word};

/// Octets of an extended community's text: no definition has more than a few fields.
const TEXT_MAX: usize = 160;

/// Numbers, of which `None` is any.
type Pattern<const N: usize> = [Option<u32>; N];

/// A set of communities of all kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filter) struct Communities {
    standard: Box<[u32]>,
    standard_patterns: Box<[Pattern<2>]>,
    large: Box<[[u8; 12]]>,
    large_patterns: Box<[Pattern<3>]>,
    /// As they display.
    extended: Texts,
}

impl Communities {
    /// Whether one of a route's communities is one of them.
    pub(in crate::filter) fn any_of(&self, all: AllCommunities<'_>) -> bool {
        communities::iter(all.standard).any(|one| self.hold_standard(one))
            || large_communities::iter(all.large).any(|one| self.hold_large(one))
            || !self.extended.is_empty()
                && all.extended.as_chunks::<8>().0.iter().any(|one| self.hold_extended(*one))
    }

    fn hold_standard(&self, one: u32) -> bool {
        let parts = [one >> 16, one & 0xffff];
        self.standard.binary_search(&one).is_ok()
            || self.standard_patterns.iter().any(|pattern| fits(pattern, parts))
    }

    fn hold_large(&self, one: [u8; 12]) -> bool {
        self.large.binary_search(&one).is_ok()
            || self.large_patterns.iter().any(|pattern| fits(pattern, numbers(one)))
    }

    fn hold_extended(&self, one: [u8; 8]) -> bool {
        let mut line = Line::<TEXT_MAX>::default();
        write!(line, "{}", ExtendedCommunity(one)).is_ok() && self.extended.hold(line.octets())
    }
}

fn fits<const N: usize>(pattern: &Pattern<N>, parts: [u32; N]) -> bool {
    pattern.iter().zip(parts).all(|(wanted, part)| wanted.is_none_or(|wanted| wanted == part))
}

/// The three numbers of a large community.
fn numbers(octets: [u8; 12]) -> [u32; 3] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = octets;
    [[a, b, c, d], [e, f, g, h], [i, j, k, l]].map(u32::from_be_bytes)
}

/// One value.
enum One {
    Standard(Pattern<2>),
    Large(Pattern<3>),
    Extended(Box<str>),
}

fn one(text: &str) -> Result<One, String> {
    if let Some(known) = well_known(text) {
        return Ok(One::Standard([Some(known.0 >> 16), Some(known.0 & 0xffff)]));
    }
    let parts: Vec<&str> = text.split(':').collect();
    let is_numeric = |part: &&str| *part == "*" || part.bytes().all(|b| b.is_ascii_digit());
    let number = |part: &str, max: u32| match part {
        "*" => Ok(None),
        _ => match part.parse() {
            Ok(number) if number <= max => Ok(Some(number)),
            _ => Err(format!("`{part}` in `{text}` is no number from 0 to {max}")),
        },
    };
    let short = |part| number(part, u16::MAX.into());
    let long = |part| number(part, u32::MAX);
    match parts[..] {
        [a, b] if parts.iter().all(is_numeric) => Ok(One::Standard([short(a)?, short(b)?])),
        [a, b, c] if parts.iter().all(is_numeric) => Ok(One::Large([long(a)?, long(b)?, long(c)?])),
        // pmacct writes its few keys in capitals.
        [key, ..] if is_key(&key.to_lowercase()) => {
            extended(&text.replacen(key, &key.to_lowercase(), 1)).map(One::Extended)
        }
        _ => Err(format!(
            "`{text}` is no community: write 65000:100, a large one as 65000:1:2, an extended one \
             as rt:65000:100 (keys are {}), or a name such as no-export; * stands for any number",
            keys().join(" ")
        )),
    }
}

/// An extended community as it displays, or a pattern of such texts that some have.
fn extended(text: &str) -> Result<Box<str>, String> {
    if text.contains('*') {
        return match ExtendedCommunity::may_be_like(text) {
            true => Ok(text.into()),
            false => Err(format!("no extended community is like `{text}`: {}", remedy(text))),
        };
    }
    match ExtendedCommunity::of_text(text) {
        Some(community) => Ok(community.to_string().into()),
        None => Err(format!("`{text}` is no extended community: {}", remedy(text))),
    }
}

/// What a text that begins like this should be.
fn remedy(text: &str) -> String {
    let key = text.split(':').next().unwrap_or_default();
    match Definition::of_key(key).map(Definition::syntax).collect::<Vec<_>>() {
        forms if forms.is_empty() => "write its 8 octets, such as 0x4002fde90000006a".into(),
        forms => format!("write {}; * stands for any characters", forms.join(" or ")),
    }
}

/// The words with which extended communities begin, each once.
fn keys() -> Vec<&'static str> {
    in_order(Definition::ALL.iter().map(|definition| definition.key).collect()).into_vec()
}

fn is_key(word: &str) -> bool {
    word.starts_with("0x") || keys().contains(&word)
}

/// A well-known community by its name, in which `_` and blanks are `-`.
fn well_known(name: &str) -> Option<WellKnown> {
    let same = |c: char| if matches!(c, '_' | ' ') { '-' } else { c.to_ascii_lowercase() };
    let is_it = |known: &str| known.chars().map(same).eq(name.chars().map(same));
    WellKnown::KNOWN.iter().find(|(_, known)| is_it(known)).map(|(code, _)| *code)
}

/// All numbers, where none is open.
fn exact<const N: usize>(pattern: &Pattern<N>) -> Option<[u32; N]> {
    let mut all = [0; N];
    for (number, wanted) in all.iter_mut().zip(pattern) {
        *number = (*wanted)?;
    }
    Some(all)
}

impl Values for Communities {
    const SYNTAX: &'static str = "COMMUNITY";

    fn parse(words: &[Word<'_>]) -> Result<Self, FilterError> {
        let (mut standard, mut standard_patterns) = (Vec::new(), Vec::new());
        let (mut large, mut large_patterns) = (Vec::new(), Vec::new());
        let mut extended = Vec::new();
        for word in words {
            match one(&word.text).map_err(|what| word.wrong(what))? {
                One::Standard(pattern) => match exact(&pattern) {
                    Some([a, b]) => standard.push(a << 16 | b),
                    None => standard_patterns.push(pattern),
                },
                One::Large(pattern) => match exact(&pattern) {
                    Some(parts) => {
                        let mut octets = [0; 12];
                        let places = octets.as_chunks_mut::<4>().0.iter_mut();
                        places.zip(parts).for_each(|(place, part)| *place = part.to_be_bytes());
                        large.push(octets);
                    }
                    None => large_patterns.push(pattern),
                },
                One::Extended(text) => extended.push(text),
            }
        }
        Ok(Self {
            standard: in_order(standard),
            standard_patterns: in_order(standard_patterns),
            large: in_order(large),
            large_patterns: in_order(large_patterns),
            extended: Texts::new(extended.into_iter()),
        })
    }

    fn texts(&self) -> Vec<String> {
        let standard = self.standard.iter().map(|one| Community(one.to_be_bytes()).to_string());
        let large = self.large.iter().map(|one| LargeCommunity(*one).to_string());
        standard
            .chain(self.standard_patterns.iter().map(|pattern| text_of(pattern)))
            .chain(large)
            .chain(self.large_patterns.iter().map(|pattern| text_of(pattern)))
            .chain(self.extended.texts())
            .collect()
    }
}

fn text_of(pattern: &[Option<u32>]) -> String {
    let parts: Vec<_> =
        pattern.iter().map(|part| part.map_or("*".into(), |part| part.to_string())).collect();
    parts.join(":")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> Communities {
        let words: Vec<_> =
            texts.iter().map(|text| Word { text: (*text).into(), column: 1 }).collect();
        Communities::parse(&words).unwrap_or_else(|e| unreachable!("{e}"))
    }

    #[test]
    fn the_kind_is_told_by_how_it_is_written() {
        let all = set(&[
            "rt:65000:100",
            "65000:1:2",
            "65000:100",
            "65000:*",
            "*:*:7",
            "no-export",
            "NO_EXPORT",
            "soo:*",
            "0x4002fde90000006a",
        ]);
        let texts = [
            "65000:100",
            "65535:65281",
            "65000:*",
            "65000:1:2",
            "*:*:7",
            "0x4002fde90000006a",
            "rt:65000:100",
            "soo:*",
        ];
        assert_eq!(all.texts(), texts);
        assert_eq!(set(&texts), all);
    }

    #[test]
    fn each_kind_is_found_among_its_own() {
        let standard = [0xfd, 0xe8, 0, 100, 0xff, 0xff, 0xff, 1];
        let large = [0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 0, 0, 0, 2];
        let extended = [0, 2, 0xfd, 0xe8, 0, 0, 0, 100];
        let all = AllCommunities { standard: &standard, large: &large, extended: &extended };
        for (text, is_there) in [
            ("65000:100", true),
            ("65000:101", false),
            ("65000:*", true),
            ("*:100", true),
            ("65001:*", false),
            ("no-export", true),
            ("blackhole", false),
            ("65000:1:2", true),
            ("65000:*:2", true),
            ("65000:*:3", false),
            ("rt:65000:100", true),
            ("rt:65000:*", true),
            ("rt:*:10", false),
            ("RT:65000:100", true),
            ("soo:65000:100", false),
            ("rt:065000:0100", true),
            ("0x0002fde800000064", true),
        ] {
            assert_eq!(set(&[text]).any_of(all), is_there, "{text}");
            assert!(!set(&[text]).any_of(AllCommunities::default()), "{text}");
        }
    }

    #[test]
    fn what_is_no_community_is_told_with_what_would_be() {
        for (text, remedy) in [
            ("65536:1", "from 0 to 65535"),
            ("1:4294967296:1", "from 0 to 4294967295"),
            ("target:65000:1", "rt"),
            ("65000", "65000:100"),
            ("1:2:3:4", "65000:1:2"),
            ("a", "no-export"),
            ("", "65000:100"),
            (":", "from 0 to 65535"),
            ("rt:foo", "rt:0..65535:0..4294967295 or rt:ADDRESS:0..65535 or rt:0L"),
            ("RT:65000", "rt:0..65535:0..4294967295"),
            ("soo:1:2:3", "soo:ADDRESS:0..65535"),
            ("rt:65000:1*a", "* stands for any characters"),
            ("rt:65000:*:*", "rt:0..65535"),
            ("color:100", "color:00..11:0..4294967295"),
            ("0x4002", "8 octets"),
            ("0x*g", "8 octets"),
        ] {
            let error = one(text).err().unwrap();
            assert!(error.contains(remedy), "{text}: {error}");
        }
    }
}
