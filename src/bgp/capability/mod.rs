//! Capabilities of an OPEN: code(1) · length(1) · value (RFC 5492 §4); one row each in the table
//! below. A capability without a row, or whose value is not what its code's standard says, is kept
//! with its code and its octets: one odd capability never spoils an OPEN.

mod add_path;
mod families;
mod filtering;
mod restart;
mod sessions;
mod speaker;

pub use add_path::{AddPath, PathsLimit, SendReceive};
pub use families::{Bgpsec, LabelCount, Multiprotocol, NextHopEncoding};
pub use filtering::{OrfFamily, OrfSupport, OrfType};
pub use restart::{GracefulRestart, LongLivedFamily, RestartFamily};
pub use sessions::Multisession;
pub use speaker::{Fqdn, Role, SoftwareVersion};

use crate::wire::layout::{counted8, whole};
use crate::wire::{Family, Fields, Item, List, Part, Reader, WireError, open_enum};

/// Declares the capabilities, whose values are [`Part`]s. One row is
/// `CODE => CONST (value: Type) "NAME" "key";`: without a type the capability has no value; the key
/// is its name in descriptions.
macro_rules! capabilities {
    ($( $code:literal => $konst:ident $( ($value:ident: $ty:ty) )? $name:literal $key:literal; )+) => {
        open_enum! {
            /// Capability codes (RFC 5492 and the IANA registry).
            pub struct CapabilityCode(u8) { $( $konst = $code => $name, )+ }
        }

        /// One capability, its value read as its code's standard says.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Capability<'a> {
            $( #[doc = concat!($name, " (code ", stringify!($code), ")")] $konst $( ($ty) )?, )+
            /// Of a code that has no name here, or with a value that its standard does not know.
            Raw(RawCapability<'a>),
        }

        impl<'a> Capability<'a> {
            /// Its code.
            #[must_use]
            pub fn code(&self) -> CapabilityCode {
                match self {
                    $( Self::$konst { .. } => CapabilityCode::$konst, )+
                    Self::Raw(raw) => raw.code,
                }
            }

            fn read(raw: RawCapability<'a>) -> Result<Self, WireError> {
                let value = Reader::new(raw.value);
                match raw.code.0 {
                    $( $code => read!(value, $konst, $name $(, $ty)?), )+
                    _ => Ok(Self::Raw(raw)),
                }
            }

            fn encode_value(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$konst $( ($value) )? => { $( Part::write($value, out); )? } )+
                    Self::Raw(raw) => out.extend_from_slice(raw.value),
                }
            }

            fn describe_value(&self, fields: &mut dyn Fields) {
                match self {
                    $( Self::$konst $( ($value) )? => say!(fields, $key $(, $value)?), )+
                    Self::Raw(raw) => {
                        fields.text("code", &raw.code);
                        fields.octets("value", raw.value);
                    }
                }
            }
        }
    };
}

/// Reads a value of a type, or none.
macro_rules! read {
    ($value:ident, $konst:ident, $name:literal) => {
        $value.finish("capability value").map(|()| Self::$konst)
    };
    ($value:ident, $konst:ident, $name:literal, $ty:ty) => {
        whole($value, $name).map(Self::$konst)
    };
}

/// Describes a value, or that the capability is there.
macro_rules! say {
    ($fields:ident, $key:literal) => {
        $fields.flag($key, true)
    };
    ($fields:ident, $key:literal, $value:ident) => {
        Part::describe_as($value, $key, $fields)
    };
}

capabilities! {
    1 => Multiprotocol(value: Multiprotocol) "Multiprotocol Extensions" "multiprotocol";
    2 => RouteRefresh "Route Refresh" "route_refresh";
    3 => OutboundRouteFiltering(value: List<'a, OrfFamily<'a>>)
        "Outbound Route Filtering" "outbound_route_filtering";
    4 => MultipleRoutes "Multiple routes to a destination (deprecated)" "multiple_routes";
    5 => ExtendedNextHop(value: List<'a, NextHopEncoding>)
        "Extended Next Hop Encoding" "extended_next_hop_encoding";
    6 => ExtendedMessage "BGP Extended Message" "extended_message";
    7 => Bgpsec(value: Bgpsec) "BGPsec" "bgpsec";
    8 => MultipleLabels(value: List<'a, LabelCount>) "Multiple Labels" "multiple_labels";
    9 => Role(value: Role) "BGP Role" "role";
    64 => GracefulRestart(value: GracefulRestart<'a>) "Graceful Restart" "graceful_restart";
    65 => FourOctetAs(value: u32) "4-octet AS number" "four_octet_as";
    66 => DynamicDeprecated(value: Octets<'a>)
        "Dynamic Capability (deprecated)" "dynamic_capability_deprecated";
    67 => Dynamic(value: List<'a, CapabilityCode>) "Dynamic Capability" "dynamic_capability";
    68 => Multisession(value: Multisession<'a>) "Multisession BGP" "multisession";
    69 => AddPath(value: List<'a, AddPath>) "ADD-PATH" "add_path";
    70 => EnhancedRouteRefresh "Enhanced Route Refresh" "enhanced_route_refresh";
    71 => LongLivedGracefulRestart(value: List<'a, LongLivedFamily>)
        "Long-Lived Graceful Restart" "long_lived_graceful_restart";
    72 => RoutingPolicyDistribution(value: Octets<'a>)
        "Routing Policy Distribution" "routing_policy_distribution";
    73 => Fqdn(value: Fqdn<'a>) "FQDN" "fqdn";
    74 => BfdStrictMode "BFD Strict-Mode" "bfd_strict_mode";
    75 => SoftwareVersion(value: SoftwareVersion<'a>) "Software Version" "software_version";
    76 => PathsLimit(value: List<'a, PathsLimit>) "PATHS-LIMIT" "paths_limit";
    77 => LinkLocalNextHop "Link-Local Next Hop" "link_local_next_hop";
    128 => PrestandardRouteRefresh
        "Prestandard Route Refresh (deprecated)" "prestandard_route_refresh";
    129 => PrestandardFilteringOrPolicy(value: Octets<'a>)
        "Prestandard Outbound Route Filtering or Routing Policy Distribution (deprecated)"
        "prestandard_filtering_or_policy";
    130 => PrestandardFiltering(value: List<'a, OrfFamily<'a>>)
        "Prestandard Outbound Route Filtering (deprecated)" "prestandard_outbound_route_filtering";
    131 => PrestandardMultisession(value: Octets<'a>)
        "Prestandard Multisession (deprecated)" "prestandard_multisession";
    184 => PrestandardFqdn(value: Octets<'a>) "Prestandard FQDN (deprecated)" "prestandard_fqdn";
    185 => PrestandardOperational(value: Octets<'a>)
        "Prestandard OPERATIONAL message (deprecated)" "prestandard_operational";
}

/// One capability as it lies in the message: its code and its value's octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawCapability<'a> {
    /// Code.
    pub code: CapabilityCode,
    /// Value, 0–255 octets.
    pub value: &'a [u8],
}

impl RawCapability<'_> {
    /// Whether the value is what the code's standard says; it always is of an unknown code.
    ///
    /// # Errors
    /// What is wrong with it; offsets count from the start of the value.
    pub fn check(&self) -> Result<(), WireError> {
        Capability::read(*self).map(drop)
    }
}

impl<'a> Item<'a> for RawCapability<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let code = CapabilityCode(r.u8("capability code")?);
        let len = r.u8("capability length")?;
        Ok(Self { code, value: r.take("capability value", len.into())? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code.0);
        counted8(out, |out| out.extend_from_slice(self.value));
    }

    fn describe(&self, fields: &mut dyn Fields) {
        Capability::from(*self).describe(fields);
    }
}

impl<'a> From<RawCapability<'a>> for Capability<'a> {
    /// Reads the value; one that its standard does not know stays raw.
    fn from(raw: RawCapability<'a>) -> Self {
        Self::read(raw).unwrap_or(Self::Raw(raw))
    }
}

impl<'a> Item<'a> for Capability<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        RawCapability::parse(r).map(Self::from)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code().0);
        counted8(out, |out| self.encode_value(out));
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| self.describe_value(fields));
    }
}

/// A value without a published form of its own, as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Octets<'a>(pub &'a [u8]);

impl<'a> Part<'a> for Octets<'a> {
    fn read(r: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
        Ok(Self(r.rest()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.octets(name, self.0);
    }
}

/// Reads AFI(2) · reserved(1) · SAFI(1).
fn spaced_family(r: &mut Reader<'_>) -> Result<(Family, u8), WireError> {
    let [high, low, reserved, safi] = r.array("AFI and SAFI")?;
    Ok((Family::new(u16::from_be_bytes([high, low]), safi), reserved))
}

/// The inverse of [`spaced_family`].
fn encode_spaced(family: Family, reserved: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&family.afi.to_be_bytes());
    out.extend_from_slice(&[reserved, family.safi]);
}

#[cfg(test)]
mod tests;
