//! The terms: one row each of the table below, from which come the parser, the help text and the
//! manual's table.

use std::fmt;
use std::net::Ipv4Addr;

use super::Truth;
use super::facts::Facts;
use super::parse::{FilterError, Word};
use super::values::{
    Communities, Distinguishers, Families, Identifiers, Lengths, Messages, Nets, Numbers,
    PeerDistinguishers, Routers, Texts, Values, Views,
};

/// What stands between a term and its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`, or `in`: it is one of the values.
    Equal,
    /// `within`: it is one of the values or a part of one.
    Within,
    /// `covers`: one of the values is a part of it.
    Covers,
    /// `has`: one of the values is among those that it has.
    Has,
}

impl Op {
    /// The operator before one value.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Op::Equal => "=",
            Op::Within => "within",
            Op::Covers => "covers",
            Op::Has => "has",
        }
    }

    /// The operator that a word is.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word {
            "in" => Some(Op::Equal),
            "within" => Some(Op::Within),
            "covers" => Some(Op::Covers),
            "has" => Some(Op::Has),
            _ => None,
        }
    }
}

/// What a term is about, and so when it has an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The router: always.
    Router,
    /// The router's name: from its Initiation on, but not for the beginning and the end of its
    /// session, which stay together.
    Name,
    /// The peer or the view: for messages with a per-peer header.
    Peer,
    /// The message: for all but the beginning and the end of a session.
    Message,
    /// The address family: for Route Monitoring.
    Family,
    /// One route.
    Route,
    /// The path attributes: for routes that are announced.
    Attributes,
}

/// A row of the table: a term with one of its operators.
#[derive(Debug)]
pub struct Term {
    /// Its name.
    pub name: &'static str,
    /// The operator.
    pub op: Op,
    /// What its values look like.
    pub values: &'static str,
    /// When it has an answer.
    pub scope: Scope,
    /// When that is yes, in one line.
    pub about: &'static str,
    /// An example.
    pub example: &'static str,
}

/// Declares the terms: `Variant(Values) "name" Operator Scope "about" "example" |values, facts|
/// answer;` is one row.
macro_rules! terms {
    ($( $variant:ident($values:ty) $name:literal $op:ident $scope:ident $about:literal
        $example:literal |$own:ident, $facts:ident| $fits:expr; )+) => {
        /// A term with its values.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(super) enum Test {
            $( $variant($values), )+
        }

        /// Every term, in the order of the help text.
        pub static TERMS: &[Term] = &[$( Term {
            name: $name,
            op: Op::$op,
            values: <$values as Values>::SYNTAX,
            scope: Scope::$scope,
            about: $about,
            example: $example,
        }, )+];

        #[derive(Clone, Copy)]
        enum Row {
            $( $variant, )+
        }

        impl Test {
            /// The term of this name with this operator, which is there.
            pub(super) fn parse(
                name: &str, op: Op, values: &[Word<'_>],
            ) -> Result<Self, FilterError> {
                match (name, op) {
                    $( ($name, Op::$op) => {
                        <$values as Values>::parse(values).map(Self::$variant)
                    } )+
                    _ => Err(FilterError { column: 1, what: unknown(name) }),
                }
            }

            /// Its row.
            pub(super) fn term(&self) -> &'static Term {
                &TERMS[match self {
                    $( Self::$variant(_) => Row::$variant as usize, )+
                }]
            }

            fn texts(&self) -> Vec<String> {
                match self {
                    $( Self::$variant(values) => values.texts(), )+
                }
            }

            /// The answer, as far as the facts allow one.
            pub(super) fn fits(&self, facts: &Facts<'_>) -> Truth {
                match self {
                    $( Self::$variant(values) => {
                        let ($own, $facts) = (values, facts);
                        $fits
                    } )+
                }
            }
        }
    };
}

terms! {
    Router(Routers) "router" Equal Router
        "the router's address is this one, or in this prefix"
        "router in 192.0.2.0/24"
        |nets, facts| Some(nets.0.hold(facts.router));
    RouterName(Texts) "router-name" Equal Name
        "the name given to the router, else its sysName, is this one; * is any characters"
        "router-name = core-*"
        |texts, facts| facts.name.map(|name| texts.hold(name.as_bytes()));
    Peer(Nets) "peer" Equal Peer
        "the peer's address is this one, or in this prefix"
        "peer in (192.0.2.7, 2001:db8::/32)"
        |nets, facts| facts.peer.map(|peer| nets.hold(peer.ip()));
    PeerAs(Numbers) "peer-as" Equal Peer
        "the AS number in the per-peer header is this one, or in this range"
        "peer-as in (64496..64511, 65551)"
        |numbers, facts| facts.peer.map(|peer| numbers.hold(peer.asn));
    PeerId(Identifiers) "peer-id" Equal Peer
        "the peer's BGP Identifier is this one, or in this prefix"
        "peer-id = 192.0.2.7"
        |nets, facts| facts.peer.map(|peer| nets.0.hold(Ipv4Addr::from(peer.bgp_id).into()));
    PeerRd(PeerDistinguishers) "peer-rd" Equal Peer
        "the peer's distinguisher (the VRF) is this one"
        "peer-rd = 65000:100"
        |rds, facts| facts.peer.map(|peer| peer.instance().is_some_and(|rd| rds.0.hold(rd)));
    View(Views) "view" Equal Peer
        "the routes are those of this RIB; a Peer Up is for all Adj-RIBs of its peer"
        "view in (adj-rib-in-pre, loc-rib)"
        |views, facts| facts.views.and_then(|of| views.hold_all(of));
    Message(Messages) "message" Equal Message
        "the message is of this type; announce, withdraw and end-of-rib are what UPDATEs hold"
        "message in (announce, withdraw)"
        |messages, facts| facts.messages.and_then(|of| messages.hold(of));
    Family(Families) "family" Equal Family
        "the routes are of this address family: a key, or AFI/SAFI in numbers"
        "family in (ipv4, ipv6, 1/128)"
        |families, facts| facts.family.map(|family| families.hold(family));
    Prefix(Nets) "prefix" Equal Route
        "the route's prefix is this one"
        "prefix = 10.0.0.0/8"
        |nets, facts| facts.route.map(|route| route.net.is_some_and(|net| nets.are(net)));
    PrefixWithin(Nets) "prefix" Within Route
        "the route's prefix is this one or a longer one inside it"
        "prefix within (10.0.0.0/8, 2001:db8::/32)"
        |nets, facts| facts.route.map(|route| route.net.is_some_and(|net| nets.have(net)));
    PrefixCovers(Nets) "prefix" Covers Route
        "the route's prefix is this one or a shorter one around it"
        "prefix covers 10.1.2.3"
        |nets, facts| facts.route.map(|route| route.net.is_some_and(|net| nets.are_in(net)));
    PrefixLength(Lengths) "prefix-length" Equal Route
        "the route's prefix has this length, or one in this range"
        "prefix-length in 8..24"
        |numbers, facts| {
            facts.route.map(|route| route.net.is_some_and(|net| numbers.0.hold(net.len().into())))
        };
    Rd(Distinguishers) "rd" Equal Route
        "the route's distinguisher is this one"
        "rd in (65000:100, 192.0.2.7:1)"
        |rds, facts| facts.route.map(|route| route.rd.is_some_and(|rd| rds.hold(rd)));
    OriginAs(Numbers) "origin-as" Equal Attributes
        "the last AS of the path is this one, or in this range; of an AS_SET any of it"
        "origin-as = 64496"
        |numbers, facts| facts.attributes.and_then(|a| a.origin(|asn| numbers.hold(asn)));
    AsPath(Numbers) "as-path" Has Attributes
        "this AS, or one in this range, is in the path"
        "as-path has 64496"
        |numbers, facts| facts.attributes.and_then(|a| a.any_as(|asn| numbers.hold(asn)));
    Community(Communities) "community" Has Attributes
        "the route has this community, large or extended community; * stands for any number"
        "community has (65000:*, 65000:1:2, rt:65000:100, no-export)"
        |communities, facts| {
            facts.attributes.and_then(|a| a.communities()).map(|all| communities.any_of(all))
        };
}

impl Test {
    /// Whether the answer is in UPDATEs.
    pub(super) fn reads_updates(&self) -> bool {
        match self.term().scope {
            Scope::Family | Scope::Route | Scope::Attributes => true,
            Scope::Message => matches!(self, Self::Message(types) if types.read_updates()),
            Scope::Router | Scope::Name | Scope::Peer => false,
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Term { name, op, .. } = self.term();
        match (op, self.texts().as_slice()) {
            (_, [one]) => write!(f, "{name} {} {one}", op.sign()),
            (Op::Equal, several) => write!(f, "{name} in ({})", several.join(", ")),
            (_, several) => write!(f, "{name} {} ({})", op.sign(), several.join(", ")),
        }
    }
}

/// What is said of a word that is no term.
pub(super) fn unknown(name: &str) -> String {
    let mut names: Vec<&str> = TERMS.iter().map(|term| term.name).collect();
    names.dedup();
    format!("`{name}` is no term; terms are {}", names.join(" "))
}

/// The operators of a term, as they are typed.
pub(super) fn forms(name: &str) -> String {
    let forms: Vec<_> = TERMS
        .iter()
        .filter(|term| term.name == name)
        .map(|term| match term.op {
            Op::Equal => format!("`{name} =`, `{name} in`"),
            op => format!("`{name} {}`", op.sign()),
        })
        .collect();
    forms.join(", ")
}

/// The table as text: what the help and the manual print.
#[must_use]
pub fn help_text() -> String {
    let mut text = String::new();
    for Term { name, op, values, about, example, .. } in TERMS {
        let sign = op.sign();
        text.push_str(&format!("{name} {sign} {values}\n  {about}:\n  {example}\n"));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::filter::Filter;

    #[test]
    fn every_example_is_a_filter_of_its_term() {
        for term in TERMS {
            let filter: Filter = term.example.parse().unwrap_or_else(|e| unreachable!("{e}"));
            assert_eq!(filter.to_string().parse::<Filter>(), Ok(filter), "{}", term.example);
            assert!(term.example.starts_with(term.name));
            assert!(help_text().contains(term.about));
        }
    }

    #[test]
    fn rows_of_one_name_stand_together() {
        let mut names: Vec<&str> = TERMS.iter().map(|term| term.name).collect();
        names.dedup();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
