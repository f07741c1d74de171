//! EVPN: route type(1) · length(1) · value (RFC 7432 §7). The value of every known type but Leaf
//! A-D begins with a route distinguisher.

mod example;
mod fields;
mod routes;
#[cfg(test)]
mod tests;

pub use fields::{Address, AnyAddress, EthernetSegmentIdentifier, LabelOrVni, MacAddress};
pub use routes::{
    EthernetAutoDiscovery, EthernetSegment, InclusiveMulticastEthernetTag, IpPrefix,
    MacIpAdvertisement, MembershipFlags, MulticastLeaveSynch, MulticastMembershipReportSynch,
    PerRegionIPmsiAutoDiscovery, SPmsiAutoDiscovery, SelectiveMulticastEthernetTag,
};

use super::Nlri;
use crate::wire::layout::{Framing as _, Type8Length8, whole};
use crate::wire::{Fields, Part, Reader, RouteDistinguisher, WireError, open_enum};

/// The words for the type, the length and the whole of a route in errors.
const WORDS: [&str; 3] = ["EVPN route type", "EVPN route length", "EVPN route"];

/// Declares the types of routes that begin with a route distinguisher: `CODE "NAME" => TYPE;`.
macro_rules! routes {
    ($( $code:literal $text:literal => $ty:ident; )+) => {
        open_enum! {
            /// EVPN route types.
            pub struct RouteType(u8) {
                $( $ty = $code => $text, )+
                LeafAutoDiscovery = 11 => "Leaf A-D",
            }
        }

        /// A route that a Leaf A-D route may be about: any other one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Route<'a> {
            $(
                #[doc = concat!("`", $text, "` = ", stringify!($code))]
                $ty(RouteDistinguisher, $ty),
            )+
            /// Any other type, as received.
            Unknown(RouteType, &'a [u8]),
        }

        impl<'a> Route<'a> {
            /// The type.
            #[must_use]
            pub fn kind(&self) -> RouteType {
                match self {
                    $( Self::$ty(..) => RouteType::$ty, )+
                    Self::Unknown(kind, _) => *kind,
                }
            }

            /// Its route distinguisher, if the type is known.
            #[must_use]
            pub fn distinguisher(&self) -> Option<RouteDistinguisher> {
                match self {
                    $( Self::$ty(distinguisher, _) => Some(*distinguisher), )+
                    Self::Unknown(..) => None,
                }
            }

            /// The route of this type with this value.
            fn of(kind: RouteType, mut value: Reader<'a>) -> Result<Self, WireError> {
                match kind.0 {
                    $( $code => {
                        let distinguisher = Part::read(&mut value, "route distinguisher")?;
                        let route = whole(value, concat!($text, " route"))?;
                        Ok(Self::$ty(distinguisher, route))
                    } )+
                    _ => Ok(Self::Unknown(kind, value.peek())),
                }
            }

            fn write_value(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$ty(distinguisher, route) => {
                        distinguisher.write(out);
                        route.write(out);
                    } )+
                    Self::Unknown(_, value) => out.extend_from_slice(value),
                }
            }

            /// Describes all but the route distinguisher.
            fn describe(&self, fields: &mut dyn Fields) {
                fields.text("route_type", &self.kind());
                match self {
                    $( Self::$ty(_, route) => route.describe_whole("", fields), )+
                    Self::Unknown(_, value) => fields.octets("value", value),
                }
            }
        }
    };
}

routes! {
    1 "Ethernet Auto-Discovery" => EthernetAutoDiscovery;
    2 "MAC/IP Advertisement" => MacIpAdvertisement;
    3 "Inclusive Multicast Ethernet Tag" => InclusiveMulticastEthernetTag;
    4 "Ethernet Segment" => EthernetSegment;
    5 "IP Prefix" => IpPrefix;
    6 "Selective Multicast Ethernet Tag" => SelectiveMulticastEthernetTag;
    7 "Multicast Membership Report Synch" => MulticastMembershipReportSynch;
    8 "Multicast Leave Synch" => MulticastLeaveSynch;
    9 "Per-Region I-PMSI A-D" => PerRegionIPmsiAutoDiscovery;
    10 "S-PMSI A-D" => SPmsiAutoDiscovery;
}

impl<'a> Route<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        Type8Length8::encode(self.kind().0, out, |out| self.write_value(out));
    }
}

/// An EVPN route. 2 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evpn<'a> {
    /// Any type but the next one.
    Route(Route<'a>),
    /// `Leaf A-D` = 11.
    Leaf(LeafAutoDiscovery<'a>),
}

/// Leaf A-D: the answer of a leaf to another route (RFC 9572 §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafAutoDiscovery<'a> {
    /// The other route: all of its NLRI. A Leaf A-D route is not taken apart here.
    pub route_key: Route<'a>,
    /// The leaf.
    pub originators_address: Address,
}

impl<'a> Part<'a> for LeafAutoDiscovery<'a> {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let (kind, value) = Type8Length8::parse(r, ["route key", "route key length", "route key"])?;
        let route_key = Route::of(RouteType(kind), value)?;
        Ok(Self { route_key, originators_address: Part::read(r, what)? })
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.route_key.encode(out);
        self.originators_address.write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| self.describe_whole(name, fields));
    }
    fn describe_whole(&self, _: &'static str, fields: &mut dyn Fields) {
        fields.group("route_key", &mut |fields| {
            self.route_key.distinguisher().describe_as("rd", fields);
            self.route_key.describe(fields);
        });
        self.originators_address.describe_as("originators_address", fields);
    }
}

impl<'a> Nlri<'a> for Evpn<'a> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let (kind, value) = Type8Length8::parse(r, WORDS)?;
        match RouteType(kind) {
            RouteType::LeafAutoDiscovery => whole(value, "Leaf A-D route").map(Self::Leaf),
            kind => Route::of(kind, value).map(Self::Route),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Route(route) => route.encode(out),
            Self::Leaf(leaf) => {
                Type8Length8::encode(RouteType::LeafAutoDiscovery.0, out, |out| leaf.write(out));
            }
        }
    }

    /// None of a Leaf A-D route: the one inside is its route key's.
    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        match self {
            Self::Route(route) => route.distinguisher(),
            Self::Leaf(_) => None,
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        match self {
            Self::Route(route) => route.describe(fields),
            Self::Leaf(leaf) => {
                fields.text("route_type", &RouteType::LeafAutoDiscovery);
                leaf.describe_whole("", fields);
            }
        }
    }

    fn is_doubtful(&self) -> bool {
        let route = match self {
            Self::Route(route) => route,
            Self::Leaf(leaf) => &leaf.route_key,
        };
        matches!(route, Route::Unknown(..))
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        example::route(index).encode(out);
    }

    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        example::attributes(index, out);
    }
}
