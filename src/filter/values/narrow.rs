//! Sets of which some values are none of what a term is about: nothing would ever be one of those.

use std::net::Ipv6Addr;

use super::{Distinguishers, Nets, Numbers, Values};
use crate::filter::parse::{FilterError, Word};

/// Bits of an IPv6 address before the IPv4 address that it stands for.
const MAPPED_BITS: u8 = 96;
/// The longest prefix, bits.
const PREFIX_MAX: u64 = 128;

/// Declares sets: `Name(Of) |value| what is wrong with it;` is one row.
macro_rules! narrow {
    ($( $(#[$doc:meta])* $name:ident($of:ty) |$text:ident| $wrong:expr; )+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(in crate::filter) struct $name(pub(in crate::filter) $of);

        impl Values for $name {
            const SYNTAX: &'static str = <$of as Values>::SYNTAX;

            fn parse(words: &[Word<'_>]) -> Result<Self, FilterError> {
                let all = <$of as Values>::parse(words)?;
                for word in words {
                    let $text: &str = &word.text;
                    let wrong: Option<String> = $wrong;
                    if let Some(what) = wrong {
                        return Err(word.wrong(what));
                    }
                }
                Ok(Self(all))
            }

            fn texts(&self) -> Vec<String> {
                self.0.texts()
            }
        }
    )+};
}

narrow! {
    /// Addresses of routers: one over IPv4 is not known by an IPv6 address.
    Routers(Nets) |text| mapped(text).map(|v4| {
        format!("`{text}` is the IPv6 address of no router: write {v4}")
    });
    /// BGP Identifiers.
    Identifiers(Nets) |text| text.contains(':').then(|| {
        format!("`{text}` is no BGP Identifier: write its 4 octets, such as 192.0.2.7")
    });
    /// Lengths of prefixes.
    Lengths(Numbers) |text| {
        let first = text.split("..").next().and_then(|first| first.parse().ok());
        first.filter(|first: &u64| *first > PREFIX_MAX).map(|_| {
            format!("`{text}` is longer than any prefix: write a number from 0 to {PREFIX_MAX}")
        })
    };
    /// Distinguishers of peers: those of the default instance have none.
    PeerDistinguishers(Distinguishers) |text| {
        let is_zero = |part: &str| part.bytes().all(|b| matches!(b, b'0' | b'.'));
        text.split(':').all(is_zero).then(|| {
            format!("`{text}` is the distinguisher of no peer: write one such as 65000:100")
        })
    };
}

/// The IPv4 address or prefix that an IPv4-mapped IPv6 one (RFC 4291 section 2.5.5.2) stands for.
fn mapped(text: &str) -> Option<String> {
    let (ip, len) = text.split_once('/').map_or((text, None), |(ip, len)| (ip, Some(len)));
    let v4 = ip.parse::<Ipv6Addr>().ok()?.to_ipv4_mapped()?;
    let Some(len) = len else { return Some(v4.to_string()) };
    let len = len.parse::<u8>().ok()?.checked_sub(MAPPED_BITS)?;
    Some(format!("{v4}/{len}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::filter::Filter;

    #[test]
    fn values_that_nothing_has_are_refused_with_what_would_be_right() {
        for (filter, remedy) in [
            ("router = ::ffff:192.0.2.1", "write 192.0.2.1"),
            ("router in (192.0.2.1, ::ffff:192.0.2.0/120)", "write 192.0.2.0/24"),
            ("peer-id = 2001:db8::/32", "192.0.2.7"),
            ("prefix-length = 129", "from 0 to 128"),
            ("prefix-length in (8..24, 200..300)", "from 0 to 128"),
            ("peer-rd = 0:0", "65000:100"),
            ("peer-rd = 0:0:0", "65000:100"),
            ("community has rt:foo", "rt:ADDRESS:0..65535"),
        ] {
            let error = filter.parse::<Filter>().unwrap_err().to_string();
            assert!(error.contains(remedy), "{filter}: {error}");
        }
    }

    #[test]
    fn values_that_something_may_have_are_not() {
        for filter in [
            "router = 2001:db8::1",
            "router = ::/0",
            "peer = ::ffff:192.0.2.1",
            "prefix within ::ffff:0:0/96",
            "peer-id = 192.0.2.0/24",
            "prefix-length in 24..999",
            "prefix-length = 128",
            "peer-rd in (0:1, 1:0.0.0.0:1)",
            "rd = 0:0",
        ] {
            assert!(filter.parse::<Filter>().is_ok(), "{filter}");
        }
    }
}
