//! What AS4_PATH and AS4_AGGREGATOR make of the AS_PATH and AGGREGATOR beside them, all of which a
//! speaker with 2-octet AS numbers passed on (RFC 6793 §4.2.3).

use super::aggregator::{Aggregator, As4Aggregator};
use super::as_path::{As4Path, AsPath};
use super::{Attribute, AttributeCode, Attributes, Value};
use crate::bgp::AsWidth;
use crate::bgp::encode::AS_TRANS;
use crate::wire::Reader;

/// The four attributes as they were received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Received<'a> {
    /// AS_PATH.
    pub as_path: Option<AsPath<'a>>,
    /// AS4_PATH.
    pub as4_path: Option<As4Path<'a>>,
    /// AGGREGATOR.
    pub aggregator: Option<Aggregator>,
    /// AS4_AGGREGATOR.
    pub as4_aggregator: Option<As4Aggregator>,
}

/// The AS path information of a route, and who aggregated it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AsInformation<'a> {
    /// The path.
    pub as_path: Option<AsPath<'a>>,
    /// The aggregating node.
    pub aggregator: Option<Aggregator>,
}

impl<'a> Received<'a> {
    /// Finds them among `attributes`. A malformed one counts as absent; of a repeated one the first
    /// counts (RFC 7606 §3 g).
    #[must_use]
    pub fn find(attributes: Reader<'a>, as_width: AsWidth) -> Self {
        let mut found = [None; 4];
        for attribute in Attributes::new(attributes).flatten() {
            let place = match attribute.code {
                AttributeCode::AsPath => 0,
                AttributeCode::As4Path => 1,
                AttributeCode::Aggregator => 2,
                AttributeCode::As4Aggregator => 3,
                _ => continue,
            };
            found[place] = found[place].or(Some(attribute));
        }
        let [as_path, as4_path, aggregator, as4_aggregator] = found;
        Self {
            as_path: read(as_path, as_width),
            as4_path: read(as4_path, as_width),
            aggregator: read(aggregator, as_width),
            as4_aggregator: read(as4_aggregator, as_width),
        }
    }

    /// Whether the two AS4 attributes count: they do not where AGGREGATOR names an AS that is not
    /// AS_TRANS, for then a speaker that does not know them has aggregated the route since.
    #[must_use]
    pub fn as4_counts(&self) -> bool {
        match (self.aggregator, self.as4_aggregator) {
            (Some(aggregator), Some(_)) => aggregator.asn == u32::from(AS_TRANS),
            _ => true,
        }
    }

    /// What they say together. Where AS numbers have 4 octets already, the AS4 attributes have no
    /// place and are passed over (RFC 6793 §4.1).
    #[must_use]
    pub fn merge(self, as_width: AsWidth) -> AsInformation<'a> {
        let Self { mut as_path, mut aggregator, .. } = self;
        if as_width == AsWidth::Two && self.as4_counts() {
            as_path = match (as_path, self.as4_path) {
                (Some(path), Some(as4)) => Some(path.joined(as4)),
                (path, _) => path,
            };
            // An AS4_AGGREGATOR that lost its AGGREGATOR is taken as if AS_TRANS had been there.
            aggregator = self.as4_aggregator.map(Aggregator::from).or(aggregator);
        }
        AsInformation { as_path, aggregator }
    }
}

impl<'a> AsInformation<'a> {
    /// The information in `attributes`, whose AS numbers have `as_width`.
    #[must_use]
    pub fn of(attributes: Reader<'a>, as_width: AsWidth) -> Self {
        Received::find(attributes, as_width).merge(as_width)
    }
}

impl From<As4Aggregator> for Aggregator {
    fn from(As4Aggregator { asn, address }: As4Aggregator) -> Self {
        Self { asn, address, width: AsWidth::Four }
    }
}

fn read<'a, T: Value<'a>>(attribute: Option<Attribute<'a>>, as_width: AsWidth) -> Option<T> {
    T::parse(attribute?.reader(), as_width).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bgp::attr::testing::octets;

    /// The AS numbers and the aggregator of attributes in hex, 2-octet unless `width` says
    /// otherwise; sets in braces, confederations in parentheses.
    fn of(attributes: &[&str], width: AsWidth) -> (String, Option<u32>) {
        let all = octets(&attributes.concat());
        let information = AsInformation::of(Reader::new(&all), width);
        let mut text = Vec::new();
        for segment in information.as_path.iter().flat_map(AsPath::segments) {
            let asns: Vec<_> = segment.asns().map(|asn| asn.to_string()).collect();
            let asns = asns.join(" ");
            text.push(match segment.kind.0 {
                1 => format!("{{{asns}}}"),
                2 => asns,
                3 => format!("({asns})"),
                _ => format!("[{asns}]"),
            });
        }
        (text.join(" "), information.aggregator.map(|aggregator| aggregator.asn))
    }

    fn two(attributes: &[&str]) -> (String, Option<u32>) {
        of(attributes, AsWidth::Two)
    }

    /// 65001 23456 7.
    const AS_PATH: &str = "400208 0203 fde9 5ba0 0007";
    /// 4200000000 7.
    const AS4_PATH: &str = "c0110a 0202 fa56ea00 00000007";
    const AGGREGATOR: &str = "c00706 5ba0 0a000001";
    const AGGREGATOR_65001: &str = "c00706 fde9 0a000001";
    const AS4_AGGREGATOR: &str = "c01208 fa56ea00 0a000002";

    #[test]
    fn the_as4_attributes_count_where_the_aggregator_is_as_trans_or_absent() {
        let path = "65001 4200000000 7".to_owned();
        let all = [AS_PATH, AGGREGATOR, AS4_PATH, AS4_AGGREGATOR];
        assert_eq!(two(&all), (path.clone(), Some(4_200_000_000)));
        assert_eq!(two(&[AS_PATH, AS4_PATH]), (path.clone(), None));
        assert_eq!(two(&[AS_PATH, AS4_PATH, AGGREGATOR]), (path.clone(), Some(23456)));
        assert_eq!(two(&[AS_PATH, AS4_PATH, AGGREGATOR_65001]), (path.clone(), Some(65001)));
        assert_eq!(two(&[AS4_AGGREGATOR, AS4_PATH, AS_PATH]), (path, Some(4_200_000_000)));
    }

    #[test]
    fn they_are_ignored_where_the_aggregator_is_another_as() {
        let all = [AS_PATH, AGGREGATOR_65001, AS4_PATH, AS4_AGGREGATOR];
        assert_eq!(two(&all), ("65001 23456 7".to_owned(), Some(65001)));
    }

    #[test]
    fn they_have_no_place_beside_4_octet_as_numbers() {
        let path = "400206 0201 0000fde9";
        let all = [path, "c00708 00005ba0 0a000001", AS4_PATH, AS4_AGGREGATOR];
        assert_eq!(of(&all, AsWidth::Four), ("65001".to_owned(), Some(23456)));
    }

    #[test]
    fn malformed_ones_and_repetitions_are_passed_over() {
        let cut = "c0110a 0203 fa56ea00 00000007";
        let confederation = "c01106 0301 0000fde8";
        let seven = "c01207 fa56ea 0a000002";
        let old = ("65001 23456 7".to_owned(), Some(23456));
        assert_eq!(two(&[AS_PATH, cut, AGGREGATOR, seven]), old);
        assert_eq!(two(&[AS_PATH, cut, AS4_PATH, AGGREGATOR]), old);
        assert_eq!(two(&[AS_PATH, "c01100", AGGREGATOR]), old);
        assert_eq!(two(&[AS_PATH, confederation, AGGREGATOR]), old);
        assert_eq!(two(&["400203 0203fd", AS4_PATH]), (String::new(), None));
        assert_eq!(two(&[AS4_PATH]), (String::new(), None));
    }

    #[test]
    fn the_lead_of_the_as_path_makes_up_the_length() {
        for (as_path, as4_path, want) in [
            // As long: nothing leads.
            ("0202 5ba0 0007", "0202 fa56ea00 00000007", "4200000000 7"),
            // Longer: ignored.
            ("0201 5ba0", "0202 fa56ea00 00000007", "23456"),
            // A set counts once, on either side.
            ("0201 fde9 0102 5ba0 0001", "0102 fa56ea00 00000001", "65001 {4200000000 1}"),
            ("0102 fde9 0001 0201 5ba0", "0201 fa56ea00", "{65001 1} 4200000000"),
            // Confederation segments count nothing; in front of and beside what leads they stay.
            ("0301 fde8 0202 fde9 5ba0", "0201 fa56ea00", "(65000) 65001 4200000000"),
            ("0201 fde9 0401 fde8 0201 5ba0", "0201 fa56ea00", "65001 [65000] 4200000000"),
            // Those behind what is replaced go with it.
            ("0202 fde9 5ba0 0301 fde8", "0201 fa56ea00", "65001 4200000000"),
            ("0301 fde8 0201 5ba0", "0201 fa56ea00", "(65000) 4200000000"),
            // In an AS4_PATH they are left out and count nothing.
            ("0202 fde9 5ba0", "0301 0000fde8 0201 fa56ea00", "65001 4200000000"),
        ] {
            let as_path = attribute(0x40, 2, as_path);
            let as4_path = attribute(0xc0, 17, as4_path);
            assert_eq!(two(&[&as_path, &as4_path]), (want.to_owned(), None), "{as_path}");
        }
    }

    fn attribute(flags: u8, code: u8, value: &str) -> String {
        format!("{flags:02x}{code:02x}{:02x}{value}", octets(value).len())
    }
}
