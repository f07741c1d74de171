//! Address families.

use super::{Values, set};
use crate::bgp::nlri::FAMILIES;
use crate::filter::parse::{FilterError, Word};
use crate::wire::Family;

/// A set of address families.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filter) struct Families(Box<[Family]>);

impl Families {
    /// Whether a family is one of them.
    pub(in crate::filter) fn hold(&self, family: Family) -> bool {
        self.0.binary_search(&family).is_ok()
    }
}

fn family(text: &str) -> Result<Family, String> {
    if let Some(known) = FAMILIES.iter().find(|known| known.key == text) {
        return Ok(known.family);
    }
    let codes = text.split_once('/').map(|(afi, safi)| (afi.parse(), safi.parse()));
    if let Some((Ok(afi), Ok(safi))) = codes {
        return Ok(Family { afi, safi });
    }
    let keys: Vec<_> = FAMILIES.iter().map(|known| known.key).collect();
    Err(format!("`{text}` is no address family; they are {}, or AFI/SAFI: 1/128", keys.join(" ")))
}

impl Values for Families {
    const SYNTAX: &'static str = "FAMILY|AFI/SAFI";

    fn parse(words: &[Word<'_>]) -> Result<Self, FilterError> {
        set(words, family).map(Self)
    }

    fn texts(&self) -> Vec<String> {
        let text = |family: &Family| {
            let known = FAMILIES.iter().find(|known| known.family == *family);
            known.map_or_else(|| family.to_string(), |known| known.key.to_owned())
        };
        self.0.iter().map(text).collect()
    }
}
