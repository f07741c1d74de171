//! Addresses and prefixes.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::{Values, set};
use crate::filter::parse::{FilterError, Word};
use crate::wire::Prefix;

/// A prefix, or an address as the prefix of its whole length. Bits beyond its length are zero.
// The order is that of addresses, and of those that begin alike the shorter first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::filter) struct Net {
    is_v6: bool,
    /// Those of IPv4 are the first 32.
    bits: u128,
    len: u8,
}

impl Net {
    fn of(address: IpAddr, len: u8) -> Self {
        let (is_v6, bits) = match address {
            IpAddr::V4(v4) => (false, u128::from(v4.to_bits()) << 96),
            IpAddr::V6(v6) => (true, v6.to_bits()),
        };
        Self { is_v6, bits, len }.cut(len)
    }

    fn of_address(address: IpAddr) -> Self {
        Self::of(address, if address.is_ipv6() { 128 } else { 32 })
    }

    /// A route's prefix; bits that were sent beyond its length do not count (RFC 4271 §4.3).
    pub(in crate::filter) fn of_prefix(prefix: &Prefix) -> Self {
        match *prefix {
            Prefix::V4(octets, len) => Self::of(Ipv4Addr::from(octets).into(), len),
            Prefix::V6(octets, len) => Self::of(Ipv6Addr::from(octets).into(), len),
        }
    }

    /// Its length in bits.
    pub(in crate::filter) fn len(&self) -> u8 {
        self.len
    }

    /// Its first `len` bits.
    fn cut(self, len: u8) -> Self {
        let behind = u128::MAX.checked_shr(len.into()).unwrap_or(0);
        Self { bits: self.bits & !behind, len, ..self }
    }

    fn len_max(is_v6: bool) -> u8 {
        if is_v6 { 128 } else { 32 }
    }
}

impl fmt::Display for Net {
    /// An address, or a prefix where that is shorter than one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_v6 {
            true => Ipv6Addr::from_bits(self.bits).fmt(f)?,
            false => Ipv4Addr::from_bits((self.bits >> 96) as u32).fmt(f)?,
        }
        match self.len == Self::len_max(self.is_v6) {
            true => Ok(()),
            false => write!(f, "/{}", self.len),
        }
    }
}

impl FromStr for Net {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (ip, len) = text.split_once('/').map_or((text, None), |(ip, len)| (ip, Some(len)));
        let address: IpAddr = ip.parse().map_err(|_| {
            format!(
                "`{text}` is no address and no prefix: write one such as 192.0.2.1, 192.0.2.0/24 \
                 or 2001:db8::/32"
            )
        })?;
        let whole = Self::of_address(address);
        let Some(len) = len else { return Ok(whole) };
        let max = whole.len;
        let len = len.parse().ok().filter(|len| *len <= max).ok_or_else(|| {
            format!("`{text}` has the length `{len}`: write a number from 0 to {max}")
        })?;
        let net = whole.cut(len);
        match net.bits == whole.bits {
            true => Ok(net),
            false => Err(format!("`{text}` has bits beyond its length: write {net}")),
        }
    }
}

/// A set of prefixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filter) struct Nets {
    nets: Box<[Net]>,
    /// The lengths that there are, by family: few, however many prefixes there are.
    lens: Box<[(bool, u8)]>,
}

impl Nets {
    /// Whether an address is one of them, or in one of them.
    pub(in crate::filter) fn hold(&self, address: IpAddr) -> bool {
        self.have(Net::of_address(address))
    }

    /// Whether a prefix is one of them.
    pub(in crate::filter) fn are(&self, net: Net) -> bool {
        self.nets.binary_search(&net).is_ok()
    }

    /// Whether a prefix is one of them, or inside one of them.
    pub(in crate::filter) fn have(&self, net: Net) -> bool {
        let fits = |(is_v6, len): &&(bool, u8)| *is_v6 == net.is_v6 && *len <= net.len;
        self.lens.iter().filter(fits).any(|(_, len)| self.are(net.cut(*len)))
    }

    /// Whether a prefix is one of them, or around one of them.
    pub(in crate::filter) fn are_in(&self, net: Net) -> bool {
        // Those inside it follow it: they begin with its bits, and are not shorter.
        let at = self.nets.partition_point(|own| *own < net);
        self.nets.get(at).is_some_and(|own| own.is_v6 == net.is_v6 && own.cut(net.len) == net)
    }
}

impl Values for Nets {
    const SYNTAX: &'static str = "ADDRESS|PREFIX";

    fn parse(words: &[Word<'_>]) -> Result<Self, FilterError> {
        let nets = set(words, Net::from_str)?;
        let lens = super::in_order(nets.iter().map(|net| (net.is_v6, net.len)).collect());
        Ok(Self { nets, lens })
    }

    fn texts(&self) -> Vec<String> {
        self.nets.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> Net {
        text.parse().unwrap()
    }

    fn nets(texts: &[Net]) -> Nets {
        let words: Vec<_> =
            texts.iter().map(|net| Word { text: net.to_string().into(), column: 1 }).collect();
        Nets::parse(&words).unwrap()
    }

    #[test]
    fn what_is_no_prefix_is_told_with_what_would_be() {
        for (text, remedy) in [
            ("10.0.0.0/33", "from 0 to 32"),
            ("10.0.0.1/8", "write 10.0.0.0/8"),
            ("2001:db8::1/32", "write 2001:db8::/32"),
            ("10.0.0/8", "192.0.2.0/24"),
            ("::/129", "from 0 to 128"),
            ("::/", "from 0 to 128"),
        ] {
            let error = text.parse::<Net>().unwrap_err();
            assert!(error.contains(remedy), "{error}");
        }
        for text in ["0.0.0.0/0", "::/0", "10.1.2.3", "::1", "::ffff:192.0.2.0/120"] {
            assert_eq!(net(text).to_string(), text);
        }
    }

    #[test]
    fn families_are_apart() {
        let all_v4 = nets(&[net("0.0.0.0/0")]);
        assert!(all_v4.hold([192, 0, 2, 1].into()) && !all_v4.hold("::1".parse().unwrap()));
        assert!(!all_v4.have(net("::/0")) && !all_v4.are_in(net("::/0")));
    }

    /// Prefixes that are often in each other.
    fn any_net() -> impl Strategy<Value = Net> {
        (any::<bool>(), 0..4_u128, 0..=32_u8, 0..8_u8).prop_map(|(is_v6, high, len, low)| {
            let bits = high << 126 | u128::from(low) << 96;
            Net { is_v6, bits, len }.cut(len)
        })
    }

    proptest! {
        #[test]
        fn a_search_finds_what_looking_at_each_does(
            all in prop::collection::vec(any_net(), 1..12), net in any_net(),
        ) {
            let set = nets(&all);
            let inside = |a: &Net, b: &Net| {
                a.is_v6 == b.is_v6 && a.len >= b.len && a.cut(b.len) == *b
            };
            prop_assert_eq!(set.are(net), all.contains(&net));
            prop_assert_eq!(set.have(net), all.iter().any(|own| inside(&net, own)));
            prop_assert_eq!(set.are_in(net), all.iter().any(|own| inside(own, &net)));
        }
    }
}
