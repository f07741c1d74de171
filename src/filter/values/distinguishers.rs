//! Route and peer distinguishers.

use super::{Values, set};
use crate::filter::parse::{FilterError, Word};
use crate::wire::RouteDistinguisher;

/// A set of distinguishers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filter) struct Distinguishers(Box<[RouteDistinguisher]>);

impl Distinguishers {
    /// Whether a distinguisher is one of them.
    pub(in crate::filter) fn hold(&self, rd: RouteDistinguisher) -> bool {
        self.0.binary_search(&rd).is_ok()
    }
}

/// `ADMINISTRATOR:NUMBER`, of which the administrator tells the type (RFC 4364 §4.2), or the type
/// before it.
fn distinguisher(text: &str) -> Result<RouteDistinguisher, String> {
    let wrong = || {
        format!(
            "`{text}` is no distinguisher: write one such as 65000:100, 192.0.2.1:100 or \
             2:65000:100, whose type says that the AS number has 4 octets"
        )
    };
    let parts: Vec<&str> = text.split(':').collect();
    let (kind, administrator, number) = match parts[..] {
        [administrator, number] if administrator.contains('.') => ("1", administrator, number),
        [asn, number] if asn.parse::<u16>().is_ok() => ("0", asn, number),
        [asn, number] => ("2", asn, number),
        [kind, administrator, number] => (kind, administrator, number),
        _ => return Err(wrong()),
    };
    let octets = match kind {
        "0" => two_and_four(administrator, number),
        "1" => administrator
            .parse::<std::net::Ipv4Addr>()
            .ok()
            .and_then(|address| four_and_two(1, address.octets(), number)),
        "2" => administrator
            .parse::<u32>()
            .ok()
            .and_then(|asn| four_and_two(2, asn.to_be_bytes(), number)),
        _ => None,
    };
    octets.map(RouteDistinguisher).ok_or_else(wrong)
}

fn two_and_four(asn: &str, number: &str) -> Option<[u8; 8]> {
    let [a, b] = asn.parse::<u16>().ok()?.to_be_bytes();
    let [c, d, e, g] = number.parse::<u32>().ok()?.to_be_bytes();
    Some([0, 0, a, b, c, d, e, g])
}

fn four_and_two(kind: u8, [a, b, c, d]: [u8; 4], number: &str) -> Option<[u8; 8]> {
    let [e, g] = number.parse::<u16>().ok()?.to_be_bytes();
    Some([0, kind, a, b, c, d, e, g])
}

impl Values for Distinguishers {
    const SYNTAX: &'static str = "ASN:NUMBER|ADDRESS:NUMBER|TYPE:ADMINISTRATOR:NUMBER";

    fn parse(words: &[Word<'_>]) -> Result<Self, FilterError> {
        set(words, distinguisher).map(Self)
    }

    fn texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrator_tells_the_type() {
        for (text, canonical) in [
            ("65000:100", "0:65000:100"),
            ("65536:100", "2:65536:100"),
            ("192.0.2.1:100", "1:192.0.2.1:100"),
            ("2:65000:100", "2:65000:100"),
            ("0:65000:4294967295", "0:65000:4294967295"),
        ] {
            assert_eq!(distinguisher(text).map(|rd| rd.to_string()), Ok(canonical.to_owned()));
        }
        for text in ["", "1", "1:", "a:1", "1:2:3:4", "3:1:1", "65536:65536", "1:1:1", "1.2:3"] {
            assert!(distinguisher(text).is_err_and(|e| e.contains("65000:100")), "{text}");
        }
    }
}
