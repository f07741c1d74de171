//! PMSI_TUNNEL: flags(1) · tunnel type(1) · MPLS label(3) · tunnel identifier (RFC 6514 §5).
//!
//! A tunnel identifier that cannot be one of the tunnel type's makes the attribute malformed (same
//! place). That of an unknown type, and the FEC of an mLDP tunnel, are kept as octets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::layout::whole;
use crate::wire::{Fields, LabelField, Part, Reader, Reserved, U24, WireError, open_enum};

/// Flag: leaf information is required (RFC 6514 §5).
pub const FLAG_LEAF_INFORMATION_REQUIRED: u8 = 0x01;
/// Flag: leaf information is required per flow (RFC 8534 §2).
pub const FLAG_LEAF_INFORMATION_REQUIRED_PER_FLOW: u8 = 0x20;
/// Flag: more flags are in an extended community (RFC 7902 §2).
pub const FLAG_EXTENSION: u8 = 0x40;
/// Flags: the part in assisted replication, 2 bits (RFC 9574 §4).
pub const FLAGS_ASSISTED_REPLICATION: u8 = 0x18;

/// Bit of a tunnel type: the tunnel is the transmitting half of a composite, whose receiving half
/// is ingress replication (RFC 8317 §6.2).
const COMPOSITE: u8 = 0x80;

open_enum! {
    /// P-Multicast Service Interface tunnel types (RFC 7385 §4).
    pub struct PmsiTunnelType(u8) {
        NoTunnel = 0 => "no tunnel information present",
        RsvpTeP2mp = 1 => "RSVP-TE P2MP LSP",
        MldpP2mp = 2 => "mLDP P2MP LSP",
        PimSsm = 3 => "PIM-SSM Tree",
        PimSm = 4 => "PIM-SM Tree",
        BidirPim = 5 => "BIDIR-PIM Tree",
        IngressReplication = 6 => "Ingress Replication",
        MldpMp2mp = 7 => "mLDP MP2MP LSP",
        Transport = 8 => "Transport Tunnel",
        AssistedReplication = 10 => "Assisted Replication",
        Bier = 11 => "BIER",
        SrMplsP2mp = 12 => "SR-MPLS P2MP Tree",
        Srv6P2mp = 13 => "SRv6 P2MP Tree",
    }
}

impl PmsiTunnelType {
    /// Whether the tunnel is composite: it and ingress replication together (RFC 8317 §6.2).
    #[must_use]
    pub fn is_composite(self) -> bool {
        self.0 & COMPOSITE != 0 && self.0 < 0xfb
    }

    /// The type without the bit for composite tunnels.
    #[must_use]
    pub fn base(self) -> Self {
        if self.is_composite() { Self(self.0 & !COMPOSITE) } else { self }
    }
}

/// The parts of PMSI_TUNNEL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PmsiTunnel<'a> {
    /// Flags: see [`FLAG_LEAF_INFORMATION_REQUIRED`] and those beside it.
    pub flags: u8,
    /// The tunnel type, with the bit for composite tunnels.
    pub tunnel_type: PmsiTunnelType,
    /// The MPLS label field: see [`PmsiTunnel::mpls_label`] and [`PmsiTunnel::vni`].
    pub label: U24,
    /// Of a composite tunnel, with which the identifier begins: the label of its receiving half
    /// (RFC 8317 §6.2).
    pub ingress_replication_label: Option<LabelField>,
    /// The tunnel identifier.
    pub identifier: PmsiTunnelIdentifier<'a>,
}

/// The identifier of a tunnel, by the tunnel's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PmsiTunnelIdentifier<'a> {
    /// An RSVP-TE P2MP LSP, IPv4: 12 octets.
    RsvpTeV4(RsvpTeP2mp<Ipv4Addr>),
    /// An RSVP-TE P2MP LSP, IPv6: 24 octets.
    RsvpTeV6(RsvpTeP2mp<Ipv6Addr>),
    /// A PIM tree, IPv4: 8 octets.
    PimV4(PimTree<Ipv4Addr>),
    /// A PIM tree, IPv6: 32 octets.
    PimV6(PimTree<Ipv6Addr>),
    /// The endpoint of unicast tunnels, IPv4: 4 octets.
    EndpointV4(Ipv4Addr),
    /// The endpoint of unicast tunnels, IPv6: 16 octets.
    EndpointV6(Ipv6Addr),
    /// BIER, IPv4: 7 octets.
    BierV4(BierTunnel<Ipv4Addr>),
    /// BIER, IPv6: 19 octets.
    BierV6(BierTunnel<Ipv6Addr>),
    /// Anything else.
    Octets(&'a [u8]),
}

/// Declares values whose addresses are IPv4 or IPv6.
macro_rules! of_either_family {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident $what:literal {
            $( $(#[$field_meta:meta])* $field:ident: $ty:ty, )*
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name<A> {
            $( $(#[$field_meta])* pub $field: $ty, )*
        }

        impl<'a, A: Part<'a>> Part<'a> for $name<A> {
            fn read(r: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
                $( let $field = Part::read(r, $what)?; )*
                Ok(Self { $( $field, )* })
            }
            fn write(&self, out: &mut Vec<u8>) {
                $( self.$field.write(out); )*
            }
            fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
                fields.group(name, &mut |fields| self.describe_whole(name, fields));
            }
            fn describe_whole(&self, _: &'static str, fields: &mut dyn Fields) {
                $( self.$field.describe_as(stringify!($field), fields); )*
            }
        }
    )+};
}

of_either_family! {
    /// An RSVP-TE P2MP LSP, as its SESSION object has it (RFC 6514 §5, RFC 4875 §19.1).
    pub struct RsvpTeP2mp "RSVP-TE P2MP LSP identifier" {
        /// P2MP ID.
        p2mp_id: u32,
        /// Reserved.
        reserved: Reserved<2>,
        /// Tunnel ID.
        tunnel_id: u16,
        /// Extended tunnel ID: usually the ingress.
        extended_tunnel_id: A,
    }

    /// A PIM tree.
    pub struct PimTree "PIM tree identifier" {
        /// The sender: a PE, or the root of the tree.
        sender: A,
        /// The P-multicast group.
        group: A,
    }

    /// A BIER sub-domain, and who sends into it (RFC 8556 §2).
    pub struct BierTunnel "BIER tunnel identifier" {
        /// The sub-domain.
        sub_domain: u8,
        /// The sender's BFR-id.
        bfr_id: u16,
        /// The sender's BFR-prefix.
        bfr_prefix: A,
    }
}

/// An mLDP FEC element: type(1) · address family(2) · address length(1) · root · length(2) ·
/// opaque value (RFC 6388 §2.2, §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MldpFec<'a> {
    /// 6 P2MP, 7 MP2MP upstream, 8 MP2MP downstream.
    pub fec_type: u8,
    /// The root of the tree.
    pub root: IpAddr,
    /// The opaque value: elements of type(1) · length(2) · value.
    pub opaque: &'a [u8],
}

impl<'a> MldpFec<'a> {
    /// Reads the FEC element of an mLDP tunnel's `identifier`; `None` when it is none with an IPv4
    /// or IPv6 root.
    #[must_use]
    pub fn of(identifier: &'a [u8]) -> Option<Self> {
        let r = &mut Reader::new(identifier);
        let what = "mLDP FEC element";
        let fec_type = r.u8(what).ok()?;
        let root = match (r.u16(what).ok()?, r.u8(what).ok()?) {
            (1, 4) => Ipv4Addr::read(r, what).ok()?.into(),
            (2, 16) => Ipv6Addr::read(r, what).ok()?.into(),
            _ => return None,
        };
        let len = r.u16(what).ok()?;
        let opaque = r.take(what, len.into()).ok()?;
        r.is_empty().then_some(Self { fec_type, root, opaque })
    }
}

impl PmsiTunnel<'_> {
    /// Whether leaf information is required (L).
    #[must_use]
    pub fn leaf_information_is_required(&self) -> bool {
        self.flags & FLAG_LEAF_INFORMATION_REQUIRED != 0
    }

    /// The MPLS label: the high 20 bits of the field.
    #[must_use]
    pub fn mpls_label(&self) -> u32 {
        self.label.get() >> 4
    }

    /// The VNI: all 24 bits of the field, where the tunnel is VXLAN or the like (RFC 8365 §5.1.3).
    #[must_use]
    pub fn vni(&self) -> u32 {
        self.label.get()
    }
}

impl<'a> PmsiTunnelIdentifier<'a> {
    fn read(tunnel: PmsiTunnelType, value: Reader<'a>) -> Result<Self, WireError> {
        let len = value.len();
        match tunnel.base() {
            PmsiTunnelType::RsvpTeP2mp if len == 24 => {
                whole(value, "RSVP-TE P2MP LSP identifier").map(Self::RsvpTeV6)
            }
            PmsiTunnelType::RsvpTeP2mp => {
                whole(value, "RSVP-TE P2MP LSP identifier").map(Self::RsvpTeV4)
            }
            PmsiTunnelType::PimSsm | PmsiTunnelType::PimSm | PmsiTunnelType::BidirPim => {
                match len {
                    32 => whole(value, "PIM tree identifier").map(Self::PimV6),
                    _ => whole(value, "PIM tree identifier").map(Self::PimV4),
                }
            }
            PmsiTunnelType::IngressReplication | PmsiTunnelType::AssistedReplication => match len {
                16 => whole(value, "unicast tunnel endpoint").map(Self::EndpointV6),
                _ => whole(value, "unicast tunnel endpoint").map(Self::EndpointV4),
            },
            PmsiTunnelType::Bier if len == 7 => {
                whole(value, "BIER tunnel identifier").map(Self::BierV4)
            }
            PmsiTunnelType::Bier if len == 19 => {
                whole(value, "BIER tunnel identifier").map(Self::BierV6)
            }
            _ => Ok(Self::Octets(value.peek())),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::RsvpTeV4(id) => id.write(out),
            Self::RsvpTeV6(id) => id.write(out),
            Self::PimV4(id) => id.write(out),
            Self::PimV6(id) => id.write(out),
            Self::EndpointV4(id) => id.write(out),
            Self::EndpointV6(id) => id.write(out),
            Self::BierV4(id) => id.write(out),
            Self::BierV6(id) => id.write(out),
            Self::Octets(id) => id.write(out),
        }
    }

    fn describe(&self, tunnel: PmsiTunnelType, fields: &mut dyn Fields) {
        match self {
            Self::RsvpTeV4(id) => id.describe_whole("identifier", fields),
            Self::RsvpTeV6(id) => id.describe_whole("identifier", fields),
            Self::PimV4(id) => id.describe_whole("identifier", fields),
            Self::PimV6(id) => id.describe_whole("identifier", fields),
            Self::EndpointV4(id) => id.describe_as("endpoint", fields),
            Self::EndpointV6(id) => id.describe_as("endpoint", fields),
            Self::BierV4(id) => id.describe_whole("identifier", fields),
            Self::BierV6(id) => id.describe_whole("identifier", fields),
            Self::Octets(id) => describe_octets(id, tunnel, fields),
        }
    }
}

fn describe_octets(id: &[u8], tunnel: PmsiTunnelType, fields: &mut dyn Fields) {
    let mldp = [PmsiTunnelType::MldpP2mp, PmsiTunnelType::MldpMp2mp].contains(&tunnel.base());
    match MldpFec::of(id).filter(|_| mldp) {
        Some(fec) => {
            fields.number("fec_type", fec.fec_type.into());
            fields.text("root", &fec.root);
            fields.octets("opaque", fec.opaque);
        }
        None if id.is_empty() => {}
        None => fields.octets("identifier", id),
    }
}

impl<'a> Value<'a> for PmsiTunnel<'a> {
    fn parse(mut value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        let flags = value.u8("PMSI_TUNNEL flags")?;
        let at = value.offset();
        let tunnel_type = PmsiTunnelType(value.u8("PMSI_TUNNEL tunnel type")?);
        let label = U24(value.array("PMSI_TUNNEL MPLS label")?);
        let ingress_replication_label = match (tunnel_type.is_composite(), tunnel_type.base()) {
            (true, PmsiTunnelType::NoTunnel | PmsiTunnelType::IngressReplication) => {
                let what = "PMSI_TUNNEL tunnel type";
                return Err(WireError::invalid(what, at, tunnel_type.0.into()));
            }
            (true, _) => Some(LabelField::read(&mut value, "ingress replication label")?),
            (false, _) => None,
        };
        let identifier = PmsiTunnelIdentifier::read(tunnel_type, value)?;
        Ok(Self { flags, tunnel_type, label, ingress_replication_label, identifier })
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.flags, self.tunnel_type.0]);
        self.label.write(out);
        self.ingress_replication_label.write(out);
        self.identifier.write(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("flags", self.flags.into());
            fields.flag("leaf_information_required", self.leaf_information_is_required());
            fields.text("tunnel_type", &self.tunnel_type.base());
            if self.tunnel_type.is_composite() {
                fields.flag("composite", true);
            }
            fields.number("mpls_label", self.mpls_label().into());
            fields.number("vni", self.vni().into());
            self.ingress_replication_label.describe_as("ingress_replication_label", fields);
            self.identifier.describe(self.tunnel_type, fields);
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, octets, sound};

    const CODE: AttributeCode = AttributeCode::PmsiTunnel;
    const V6: &str = "20010db8000000000000000000000001";

    #[test]
    fn tunnels_of_every_type_are_decoded() {
        for (hex, want) in [
            (
                "010104e380 423a35c7 0000 2b67 0a0a0a0a",
                "RSVP-TE P2MP LSP mpls_label=20024 vni=320384 \
                 p2mp_id=1111111111 tunnel_id=11111 extended_tunnel_id=10.10.10.10",
            ),
            (
                "010304e380 0b0c0d0e 0a0a0a0a",
                "PIM-SSM Tree mpls_label=20024 vni=320384 sender=11.12.13.14 \
                 group=10.10.10.10",
            ),
            (
                "010404e380 2b2b2b2b 0a0a0a0a",
                "PIM-SM Tree mpls_label=20024 vni=320384 sender=43.43.43.43 \
                 group=10.10.10.10",
            ),
            (
                "010504e380 2b2b2b2b 0a0a0a0a",
                "BIDIR-PIM Tree mpls_label=20024 vni=320384 \
                 sender=43.43.43.43 group=10.10.10.10",
            ),
            (
                "000604e380 ac0c7b03",
                "Ingress Replication mpls_label=20024 vni=320384 \
                 endpoint=172.12.123.3",
            ),
            (
                "010204e380 06 0001 04 0a0a0a0a 000a 01 0007 01010101010101",
                "mLDP P2MP LSP mpls_label=20024 vni=320384 fec_type=6 \
                 root=10.10.10.10 opaque=01000701010101010101",
            ),
            // What the type has no FEC for is kept as octets.
            (
                "000704e380 01 0007 01010101010101",
                "mLDP MP2MP LSP mpls_label=20024 vni=320384 \
                 identifier=01000701010101010101",
            ),
            (
                "000b000641 00 0102 c0000201",
                "BIER mpls_label=100 vni=1601 sub_domain=0 bfr_id=258 \
                 bfr_prefix=192.0.2.1",
            ),
            (
                "0082000000 000640 ff",
                "mLDP P2MP LSP composite=true mpls_label=0 vni=0 ingress_replication_label=100 \
                 identifier=ff",
            ),
            (
                "0081000640 000650 0000000b 0000 0001 0a000001",
                "RSVP-TE P2MP LSP composite=true mpls_label=100 vni=1600 \
                 ingress_replication_label=101 p2mp_id=11 tunnel_id=1 extended_tunnel_id=10.0.0.1",
            ),
            ("0000000000", "no tunnel information present mpls_label=0 vni=0"),
            ("0063000000 0102", "99 mpls_label=0 vni=0 identifier=0102"),
        ] {
            let (flags, leaf) = if hex.starts_with("01") { (1, true) } else { (0, false) };
            let flags = format!("flags={flags} leaf_information_required={leaf}");
            sound(CODE, hex, &format!("pmsi_tunnel={{{flags} tunnel_type={want}}}"));
        }
        for (hex, want) in [
            (
                "0001000000 00000003 0001 0002 {}",
                "RSVP-TE P2MP LSP mpls_label=0 vni=0 \
              p2mp_id=3 reserved=0001 tunnel_id=2 extended_tunnel_id=2001:db8::1",
            ),
            ("0006000000 {}", "Ingress Replication mpls_label=0 vni=0 endpoint=2001:db8::1"),
            (
                "000b000000 07 0001 {}",
                "BIER mpls_label=0 vni=0 sub_domain=7 bfr_id=1 \
              bfr_prefix=2001:db8::1",
            ),
            (
                "0002000000 06 0002 10 {} 0000",
                "mLDP P2MP LSP mpls_label=0 vni=0 fec_type=6 \
              root=2001:db8::1 opaque=",
            ),
        ] {
            let want = format!(
                "pmsi_tunnel={{flags=0 leaf_information_required=false tunnel_type={want}}}"
            );
            sound(CODE, &hex.replace("{}", V6), &want);
        }
    }

    #[test]
    fn the_whole_attribute_is_written_with_its_header() {
        let tunnel = PmsiTunnel {
            flags: 0,
            tunnel_type: PmsiTunnelType::IngressReplication,
            label: U24::new(100),
            ingress_replication_label: None,
            identifier: PmsiTunnelIdentifier::EndpointV4([192, 0, 2, 1].into()),
        };
        let mut written = Vec::new();
        crate::bgp::attr::encode(&tunnel, AsWidth::Four, &mut written);
        assert_eq!(written, octets("c01609 00 06 000064 c0000201"));
    }

    #[test]
    fn identifiers_that_do_not_fit_are_malformed() {
        malformed(CODE, "0006000f", "PMSI_TUNNEL MPLS label", 2);
        malformed(CODE, "00", "PMSI_TUNNEL tunnel type", 1);
        malformed(CODE, "0006000000 c00002", "unicast tunnel endpoint", 5);
        malformed(CODE, "0003000000 c0000201", "PIM tree identifier", 9);
        malformed(CODE, "0081000000 0006", "ingress replication label", 5);
        malformed(CODE, "0080000000 000640", "PMSI_TUNNEL tunnel type", 1);
        malformed(CODE, "0086000000 000640 c0000201", "PMSI_TUNNEL tunnel type", 1);
        malformed(CODE, "0001000000 c0000201", "RSVP-TE P2MP LSP identifier", 9);
    }

    fn session<A>(extended_tunnel_id: A, tunnel_id: u16, p2mp_id: u32) -> RsvpTeP2mp<A> {
        RsvpTeP2mp { extended_tunnel_id, reserved: Reserved([0; 2]), tunnel_id, p2mp_id }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(
            flags: u8, label: u32, n: (u16, u32, u8, u16), v4: (u32, u32), v6: (u128, u128),
            other: Vec<u8>,
        ) {
            use PmsiTunnelIdentifier as Id;
            let (tunnel_id, p2mp_id, sub_domain, bfr_id) = n;
            let (a4, b4): (Ipv4Addr, Ipv4Addr) = (v4.0.into(), v4.1.into());
            let (a6, b6): (Ipv6Addr, Ipv6Addr) = (v6.0.into(), v6.1.into());
            for (tunnel_type, identifier) in [
                (1, Id::RsvpTeV4(session(a4, tunnel_id, p2mp_id))),
                (1, Id::RsvpTeV6(session(a6, tunnel_id, p2mp_id))),
                (3, Id::PimV4(PimTree { sender: a4, group: b4 })),
                (0x84, Id::PimV6(PimTree { sender: a6, group: b6 })),
                (6, Id::EndpointV4(a4)),
                (10, Id::EndpointV6(a6)),
                (11, Id::BierV4(BierTunnel { sub_domain, bfr_id, bfr_prefix: a4 })),
                (11, Id::BierV6(BierTunnel { sub_domain, bfr_id, bfr_prefix: a6 })),
                (2, Id::Octets(&other)),
                (200, Id::Octets(&other)),
            ] {
                let tunnel_type = PmsiTunnelType(tunnel_type);
                let composite = tunnel_type.is_composite();
                let ingress_replication_label = composite.then(|| LabelField::new(label));
                let label = U24::new(label);
                let tunnel = PmsiTunnel {
                    flags, tunnel_type, label, ingress_replication_label, identifier,
                };
                let mut written = Vec::new();
                tunnel.encode(AsWidth::Four, &mut written);
                let read = PmsiTunnel::parse(Reader::new(&written), AsWidth::Four).unwrap();
                proptest::prop_assert_eq!(read, tunnel);
            }
        }
    }
}
