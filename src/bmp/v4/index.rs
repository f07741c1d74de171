//! Of which NLRIs a TLV speaks: the first NLRI of the BGP message has index 1, and 0 stands for all
//! of them; with the G-bit the index is a group's, which a Group TLV defines
//! (draft-ietf-grow-bmp-tlv-20 §4.3, §5.2.1).

use std::collections::HashMap;

use super::{PathMarking, Profile, RmValue, RouteMonitoring};
use crate::wire::{Fields, Item, Reader, WireError};

const GROUP_BIT: u16 = 0x8000;

/// An NLRI index or, with the top bit set, a group index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Index(pub u16);

impl Index {
    /// All NLRIs.
    pub const ALL: Self = Self(0);

    /// The group `number`, 15 bits.
    #[must_use]
    pub fn group(number: u16) -> Self {
        Self(number | GROUP_BIT)
    }

    /// Whether it is a group's (G-bit).
    #[must_use]
    pub fn is_group(self) -> bool {
        self.0 & GROUP_BIT != 0
    }

    /// Without the G-bit.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0 & !GROUP_BIT
    }

    pub(crate) fn describe_as(self, name: &'static str, fields: &mut dyn Fields) {
        match self.is_group() {
            true => fields.text(name, &format_args!("group {}", self.number())),
            false => fields.number(name, self.0.into()),
        }
    }
}

/// Members of a group.
impl Item<'_> for Index {
    const SIZE: usize = 2;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.u16("NLRI index").map(Self)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes());
    }

    fn describe(&self, fields: &mut dyn Fields) {
        self.describe_as("index", fields);
    }
}

/// The groups that a message defines: one bit for each group index.
struct Groups([u64; 512]);

impl Groups {
    fn of(message: &RouteMonitoring<'_>, profile: Profile) -> Self {
        let mut groups = Self([0; 512]);
        for tlv in message.tlvs.iter() {
            if tlv.index.is_group() && matches!(tlv.value(profile), RmValue::Group(_)) {
                let number = usize::from(tlv.index.number());
                if let Some(word) = groups.0.get_mut(number / 64) {
                    *word |= 1 << (number % 64);
                }
            }
        }
        groups
    }

    fn has(&self, index: Index) -> bool {
        let number = usize::from(index.number());
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
}

impl RouteMonitoring<'_> {
    /// What is wrong with an index, if one is: it is beyond the NLRIs of the BGP message, of which
    /// there are `nlris` (where all could be counted), or is a group's that is not defined. The
    /// message is as good as ever otherwise: a TLV with such an index speaks of nothing.
    #[must_use]
    pub fn wrong_index(&self, profile: Profile, nlris: Option<u32>) -> Option<WireError> {
        let beyond = |index: Index| nlris.is_some_and(|n| u32::from(index.0) > n);
        let mut groups = None;
        for (at, tlv) in self.tlvs_at() {
            // The index stands behind type and length.
            let wrong = |offset| WireError::invalid("TLV index", offset, tlv.index.0.into());
            match tlv.value(profile) {
                RmValue::Group(members) => {
                    let bad = |m: Index| m.is_group() || m == Index::ALL || beyond(m);
                    if !tlv.index.is_group() || members.iter().any(bad) {
                        return Some(wrong(at + 4));
                    }
                }
                _ if tlv.index.is_group() => {
                    let groups = groups.get_or_insert_with(|| Groups::of(self, profile));
                    if !groups.has(tlv.index) {
                        return Some(wrong(at + 4));
                    }
                }
                _ if beyond(tlv.index) => return Some(wrong(at + 4)),
                _ => {}
            }
        }
        None
    }
}

/// The path markings of a message by NLRI. An NLRI's own marking goes before that of a group which
/// it is in, and that before the one for all; of several that are alike the last counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Markings {
    /// For all NLRIs that have no other.
    pub all: Option<PathMarking>,
    /// By NLRI index, in its order.
    some: Vec<(u16, PathMarking)>,
}

impl Markings {
    /// The markings of `message`. The cost is that of reading its TLVs twice, whatever they hold.
    #[must_use]
    pub fn of(message: &RouteMonitoring<'_>, profile: Profile) -> Self {
        let mut markings = Self::default();
        let mut groups: HashMap<Index, PathMarking> = HashMap::new();
        let mut own: HashMap<u16, PathMarking> = HashMap::new();
        for tlv in message.tlvs.iter() {
            let RmValue::PathMarking(marking) = tlv.value(profile) else { continue };
            match tlv.index {
                Index::ALL => markings.all = Some(marking),
                index if index.is_group() => drop(groups.insert(index, marking)),
                index => drop(own.insert(index.0, marking)),
            }
        }
        if own.is_empty() && groups.is_empty() {
            return markings;
        }
        let mut by_group: HashMap<u16, PathMarking> = HashMap::new();
        for tlv in message.tlvs.iter() {
            let RmValue::Group(members) = tlv.value(profile) else { continue };
            if let Some(marking) = groups.get(&tlv.index) {
                by_group.extend(members.iter().map(|member| (member.0, *marking)));
            }
        }
        by_group.extend(own);
        markings.some = by_group.into_iter().collect();
        markings.some.sort_unstable_by_key(|(nlri, _)| *nlri);
        markings
    }

    /// Whether NLRIs differ.
    #[must_use]
    pub fn differ(&self) -> bool {
        !self.some.is_empty()
    }

    /// The marking of the `nlri`-th NLRI of the BGP message, from 1.
    #[must_use]
    pub fn get(&self, nlri: u32) -> Option<PathMarking> {
        let own = u16::try_from(nlri).ok().and_then(|nlri| {
            let at = self.some.binary_search_by_key(&nlri, |(nlri, _)| *nlri).ok()?;
            self.some.get(at)
        });
        own.map(|(_, marking)| *marking).or(self.all)
    }
}
