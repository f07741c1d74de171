//! Multicast VPN: route type(1) · length(1) · what that type of route holds, most often a route
//! distinguisher first (RFC 6514 §4).
//!
//! Addresses of PEs are IPv4 or IPv6 in either family (RFC 6515 §2), told by their length. C-S and
//! C-G of no bits are wildcards (RFC 6625 §2).

mod example;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Nlri;
use crate::wire::layout::{Framing as _, Type8Length8, layout};
use crate::wire::{Fields, Part, Reader, RouteDistinguisher, WireError, open_enum};

/// IPv4 (1/5).
pub(super) type Ipv4<'a> = McastVpn<'a, false>;
/// IPv6 (2/5).
pub(super) type Ipv6<'a> = McastVpn<'a, true>;

/// A route of the family. 2 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct McastVpn<'a, const V6: bool>(pub McastVpnRoute<'a>);

/// What a route says, whatever its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct McastVpnRoute<'a> {
    /// Its route distinguisher, of types that begin with one.
    pub distinguisher: Option<RouteDistinguisher>,
    /// The rest.
    pub body: McastVpnBody<'a>,
}

/// Declares the types of routes that begin with a distinguisher: `CODE "NAME" => VARIANT(TYPE);`.
macro_rules! bodies {
    ($( $(#[$meta:meta])* $code:literal $text:literal => $variant:ident($ty:ty); )+) => {
        open_enum! {
            /// Types of routes (RFC 6514 §4).
            pub struct McastVpnRouteType(u8) {
                $( $variant = $code => $text, )+
                Leaf = 4 => "Leaf A-D",
            }
        }

        /// What a route holds after its distinguisher, by its type.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum McastVpnBody<'a> {
            $( $(#[$meta])* #[doc = concat!("`", $text, "` = ", stringify!($code))] $variant($ty), )+
            /// Somebody wants what another route offers (§4.4). It has no distinguisher but that
            /// of the other route.
            #[doc = "`Leaf A-D` = 4"]
            Leaf(LeafAd<'a>),
            /// Any other type, without a distinguisher that can be told, as received.
            Unknown(McastVpnRouteType, &'a [u8]),
        }

        impl<'a> McastVpnBody<'a> {
            /// The type of the route.
            #[must_use]
            pub fn route_type(&self) -> McastVpnRouteType {
                match self {
                    $( Self::$variant(_) => McastVpnRouteType::$variant, )+
                    Self::Leaf(_) => McastVpnRouteType::Leaf,
                    Self::Unknown(kind, _) => *kind,
                }
            }

            fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$variant(body) => body.write(out), )+
                    Self::Leaf(leaf) => leaf.write(out),
                    Self::Unknown(_, value) => value.write(out),
                }
            }

            fn describe(&self, fields: &mut dyn Fields) {
                match self {
                    $( Self::$variant(body) => body.describe_whole("value", fields), )+
                    Self::Leaf(leaf) => leaf.describe(fields),
                    Self::Unknown(_, value) => fields.octets("value", value),
                }
            }
        }

        impl<'a> McastVpnRoute<'a> {
            /// Reads all of `value` as a route of this type, but for a Leaf A-D route.
            fn read(kind: McastVpnRouteType, mut value: Reader<'a>) -> Result<Self, WireError> {
                match kind.0 {
                    $( $code => {
                        let distinguisher = Part::read(&mut value, "route distinguisher")?;
                        let body = Part::read(&mut value, $text)?;
                        value.finish($text)?;
                        let body = McastVpnBody::$variant(body);
                        Ok(Self { distinguisher: Some(distinguisher), body })
                    } )+
                    _ => {
                        let body = McastVpnBody::Unknown(kind, value.peek());
                        Ok(Self { distinguisher: None, body })
                    }
                }
            }
        }
    };
}

bodies! {
    /// A PE is part of a VPN (§4.1).
    1 "Intra-AS I-PMSI A-D" => IntraAsIPmsi(IntraAsIPmsi);
    /// An AS is part of a VPN (§4.2).
    2 "Inter-AS I-PMSI A-D" => InterAsIPmsi(InterAsIPmsi);
    /// Flows are sent into a tunnel of their own (§4.3).
    3 "S-PMSI A-D" => SPmsi(SPmsi);
    /// A source sends (§4.5).
    5 "Source Active A-D" => SourceActive(SourceActive);
    /// A C-multicast route: somebody joins the tree of a rendezvous point (§4.6).
    6 "Shared Tree Join" => SharedTreeJoin(CMulticast);
    /// A C-multicast route: somebody joins the tree of a source (§4.6).
    7 "Source Tree Join" => SourceTreeJoin(CMulticast);
}

layout! {
    /// Intra-AS I-PMSI A-D: 4 octets, or 16.
    pub struct IntraAsIPmsi {
        /// Who has sent the route.
        originating_router: IpAddr,
    }

    /// Inter-AS I-PMSI A-D: 4 octets.
    pub struct InterAsIPmsi {
        /// The AS.
        source_as: u32,
    }

    /// S-PMSI A-D: 6 octets and more.
    pub struct SPmsi {
        /// C-S.
        multicast_source: MulticastAddress,
        /// C-G.
        multicast_group: MulticastAddress,
        /// Who has sent the route.
        originating_router: IpAddr,
    }

    /// Source Active A-D: 2 octets and more.
    pub struct SourceActive {
        /// C-S.
        multicast_source: MulticastAddress,
        /// C-G.
        multicast_group: MulticastAddress,
    }

    /// Shared Tree Join and Source Tree Join: 6 octets and more.
    pub struct CMulticast {
        /// The AS of the source, or of the rendezvous point.
        source_as: u32,
        /// C-S; in a Shared Tree Join the rendezvous point.
        multicast_source: MulticastAddress,
        /// C-G.
        multicast_group: MulticastAddress,
    }
}

/// A source or group: length in bits(1) · address(0, 4 or 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MulticastAddress {
    /// Any: the wildcard of RFC 6625, of length 0.
    Any,
    /// IPv4, of length 32.
    V4(Ipv4Addr),
    /// IPv6, of length 128.
    V6(Ipv6Addr),
}

impl Part<'_> for MulticastAddress {
    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        let at = r.offset();
        match r.u8(what)? {
            0 => Ok(Self::Any),
            32 => Part::read(r, what).map(Self::V4),
            128 => Part::read(r, what).map(Self::V6),
            bits => Err(WireError::invalid("multicast address length", at, bits.into())),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Any => out.push(0),
            Self::V4(address) => {
                out.push(32);
                address.write(out);
            }
            Self::V6(address) => {
                out.push(128);
                address.write(out);
            }
        }
    }

    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, self);
    }
}

impl From<IpAddr> for MulticastAddress {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

impl fmt::Display for MulticastAddress {
    /// The address, or `*`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => address.fmt(f),
        }
    }
}

/// A Leaf A-D route: route key · originating router(4 or 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafAd<'a> {
    /// The key is the NLRI of another route.
    Of {
        /// That NLRI.
        route_key: RouteKey<'a>,
        /// Who has sent the route.
        originating_router: IpAddr,
    },
    /// The key is no such NLRI, so where it ends cannot be told: that of global table multicast
    /// (RFC 7524 §6.2.2) is none. Key and originating router.
    Other(&'a [u8]),
}

/// The NLRI in a Leaf A-D route: route type(1) · length(1) · value, which fits the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteKey<'a> {
    route_type: McastVpnRouteType,
    /// Up to 255 octets.
    value: &'a [u8],
}

impl<'a> RouteKey<'a> {
    /// Reads the NLRI off the front, which must fit its type.
    ///
    /// # Errors
    /// It is cut short, or does not.
    pub fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let (kind, value) = Type8Length8::parse(r, ["route key"; 3])?;
        let route_type = McastVpnRouteType(kind);
        McastVpnRoute::read(route_type, value)?;
        Ok(Self { route_type, value: value.peek() })
    }

    /// The route; another Leaf A-D route inside is not taken apart.
    #[must_use]
    pub fn route(&self) -> McastVpnRoute<'a> {
        let Self { route_type, value } = *self;
        McastVpnRoute::read(route_type, Reader::new(value)).unwrap_or(McastVpnRoute {
            distinguisher: None,
            body: McastVpnBody::Unknown(route_type, value),
        })
    }
}

impl<'a> LeafAd<'a> {
    /// The rest of `value` is one; what does not fit the type of route in the key is malformed.
    fn read(value: Reader<'a>) -> Result<Self, WireError> {
        let mut left = value;
        let framed = match value.peek() {
            [1..=7, ..] => true,
            // A distinguisher of zeros or ones, not a type.
            [0 | 0xff, _, ..] => false,
            [_, len, rest @ ..] => rest.len().checked_sub((*len).into()).is_some_and(is_address),
            _ => return Err(WireError::short("route key", value.offset(), 2, value.len())),
        };
        if !framed {
            return Ok(Self::Other(value.peek()));
        }
        let route_key = RouteKey::parse(&mut left)?;
        let originating_router = Part::read(&mut left, "originating router")?;
        left.finish("Leaf A-D")?;
        Ok(Self::Of { route_key, originating_router })
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Of { route_key, originating_router } => {
                let RouteKey { route_type, value } = route_key;
                Type8Length8::encode(route_type.0, out, |out| value.write(out));
                originating_router.write(out);
            }
            Self::Other(octets) => octets.write(out),
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        match self {
            Self::Of { route_key, originating_router } => {
                let route = route_key.route();
                fields.group("route_key", &mut |fields| {
                    fields.text("route_type", &route.body.route_type());
                    route.distinguisher.describe_as("rd", fields);
                    route.body.describe(fields);
                });
                fields.text("originating_router", originating_router);
            }
            Self::Other(octets) => fields.octets("route_key_and_originating_router", octets),
        }
    }
}

/// Whether an address may have this many octets.
fn is_address(octets: usize) -> bool {
    octets == 4 || octets == 16
}

impl<'a, const V6: bool> Nlri<'a> for McastVpn<'a, V6> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let what = ["route type", "MCAST-VPN NLRI length", "MCAST-VPN NLRI"];
        let (kind, value) = Type8Length8::parse(&mut *r, what)?;
        match McastVpnRouteType(kind) {
            McastVpnRouteType::Leaf => {
                let body = McastVpnBody::Leaf(LeafAd::read(value)?);
                Ok(Self(McastVpnRoute { distinguisher: None, body }))
            }
            route_type => McastVpnRoute::read(route_type, value).map(Self),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let McastVpnRoute { distinguisher, body } = &self.0;
        Type8Length8::encode(body.route_type().0, out, |out| {
            distinguisher.write(out);
            body.write(out);
        });
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        self.0.distinguisher
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("route_type", &self.0.body.route_type());
        self.0.body.describe(fields);
    }

    fn is_doubtful(&self) -> bool {
        use McastVpnBody::{Leaf, Unknown};
        matches!(self.0.body, Unknown(..) | Leaf(LeafAd::Other(_)))
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        example::route::<V6>(index, out);
    }

    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        example::attributes(index, out);
    }
}

#[cfg(test)]
mod tests;
