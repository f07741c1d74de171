//! COMMUNITIES: a set of 32-bit values, some of them well known (RFC 1997).

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError, open_enum};

open_enum! {
    /// The communities that IANA's registry of well-known communities names.
    pub struct WellKnown(u32) {
        GracefulShutdown = 0xffff_0000 => "GRACEFUL_SHUTDOWN",
        AcceptOwn = 0xffff_0001 => "ACCEPT_OWN",
        RouteFilterTranslatedV4 = 0xffff_0002 => "ROUTE_FILTER_TRANSLATED_v4",
        RouteFilterV4 = 0xffff_0003 => "ROUTE_FILTER_v4",
        RouteFilterTranslatedV6 = 0xffff_0004 => "ROUTE_FILTER_TRANSLATED_v6",
        RouteFilterV6 = 0xffff_0005 => "ROUTE_FILTER_v6",
        LlgrStale = 0xffff_0006 => "LLGR_STALE",
        NoLlgr = 0xffff_0007 => "NO_LLGR",
        AcceptOwnNextHop = 0xffff_0008 => "accept-own-nexthop",
        StandbyPe = 0xffff_0009 => "Standby PE",
        Blackhole = 0xffff_029a => "BLACKHOLE",
        NoExport = 0xffff_ff01 => "NO_EXPORT",
        NoAdvertise = 0xffff_ff02 => "NO_ADVERTISE",
        NoExportSubconfed = 0xffff_ff03 => "NO_EXPORT_SUBCONFED",
        NoPeer = 0xffff_ff04 => "NOPEER",
    }
}

/// A community: a number of an AS, and one that it gave a meaning (RFC 1997).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Community(pub [u8; 4]);

impl Community {
    /// Its name, if it is well known.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        WellKnown(u32::from_be_bytes(self.0)).name()
    }
}

impl From<WellKnown> for Community {
    fn from(known: WellKnown) -> Self {
        Self(known.0.to_be_bytes())
    }
}

impl Item<'_> for Community {
    const SIZE: usize = 4;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.array("community").map(Self)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        match self.name() {
            Some(name) => fields.text("", &name),
            None => fields.text("", self),
        }
    }
}

impl std::fmt::Display for Community {
    /// `AS:number`, also where it is well known.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d] = self.0;
        write!(f, "{}:{}", u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
    }
}

/// The communities of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Communities<'a>(pub List<'a, Community>);

impl<'a> Value<'a> for Communities<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        check(value)?;
        List::parse(value).map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

/// The communities in the order of the message; an incomplete last one is left out.
pub fn iter(value: &[u8]) -> impl Iterator<Item = u32> + '_ {
    value.chunks_exact(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]]))
}

/// RFC 7606 §7.8: the length is a non-zero multiple of 4.
///
/// # Errors
/// It is not.
pub fn check(v: Reader<'_>) -> Result<(), WireError> {
    super::check_items(v, "COMMUNITIES length", 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    #[test]
    fn well_known_ones_say_their_name() {
        let all = "fde90064 ffffff01 ffffff04 ffff029a ffff0000 ffff0006 ffff000b";
        let said = "communities=[65001:100, NO_EXPORT, NOPEER, BLACKHOLE, GRACEFUL_SHUTDOWN, \
                    LLGR_STALE, 65535:11]";
        sound(AttributeCode::Communities, all, said);
        assert_eq!(Community::from(WellKnown::NoAdvertise).to_string(), "65535:65282");
    }

    #[test]
    fn there_is_one_at_least_and_none_is_cut() {
        malformed(AttributeCode::Communities, "", "COMMUNITIES length", 0);
        malformed(AttributeCode::Communities, "fde9006400", "COMMUNITIES length", 0);
    }
}
