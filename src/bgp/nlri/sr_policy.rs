//! SR policies: length in bits, 96 or 192(1) · distinguisher(4) · color(4) · endpoint(4 or 16) (RFC
//! 9830 §2.1). The candidate path is in the Tunnel Encapsulation attribute.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Nlri;
use super::prefix::{address, example_address};
use crate::bgp::AsWidth;
use crate::bgp::attr;
use crate::bgp::attr::extended_communities::{ExtendedCommunity, Specific};
use crate::bgp::attr::prefix_sid::EndpointBehavior;
use crate::bgp::attr::tunnel_encapsulation::{
    BindingSid, Enlp, ExplicitNullLabelPolicy, NamedPath, PathPreference, PathPriority, SegmentA,
    SegmentB, SegmentC, SegmentI, SegmentList, SegmentListSubTlv, SegmentWeight, Sid,
    Srv6BindingSid, Srv6SidBehavior, SubTlv, Tunnel, TunnelEncapsulation, TunnelType,
};
use crate::bgp::encode::extended_communities;
use crate::wire::{Fields, Items, LabelStackEntry, Part as _, Reader, Reserved, Text, WireError};

/// One candidate path of a policy. 13 octets, or 25.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SrPolicy<const V6: bool> {
    /// Tells candidate paths of one policy apart.
    pub distinguisher: u32,
    /// The policy's color.
    pub color: u32,
    /// Where the policy leads, of the NLRI's family; all zero leads anywhere.
    pub endpoint: IpAddr,
}

/// IPv4 (1/73).
pub(super) type Ipv4 = SrPolicy<false>;
/// IPv6 (2/73).
pub(super) type Ipv6 = SrPolicy<true>;

impl<const V6: bool> SrPolicy<V6> {
    /// Bits of distinguisher, color and endpoint.
    const BITS: u8 = if V6 { 192 } else { 96 };
}

impl<'a, const V6: bool> Nlri<'a> for SrPolicy<V6> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let at = r.offset();
        let bits = r.u8("SR Policy NLRI length")?;
        if bits != Self::BITS {
            return Err(WireError::invalid("SR Policy NLRI length", at, bits.into()));
        }
        Ok(Self {
            distinguisher: r.u32("SR Policy distinguisher")?,
            color: r.u32("SR Policy color")?,
            endpoint: address::<V6>(r, "SR Policy endpoint")?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(Self::BITS);
        self.distinguisher.write(out);
        self.color.write(out);
        self.endpoint.write(out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.number("distinguisher", self.distinguisher.into());
        fields.number("color", self.color.into());
        fields.text("endpoint", &self.endpoint);
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let (distinguisher, color) = (1 + index % 4, 100 + index % 1000);
        Self { distinguisher, color, endpoint: example_address::<V6>(index) }.encode(out);
    }

    /// SR-MPLS for IPv4, SRv6 for IPv6: one segment list of an odd index, two of an even one.
    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        // The headend that takes it (RFC 9830 §4.1).
        let headend = Specific::Ipv4Address(Ipv4Addr::new(192, 0, 2, 1), 0);
        extended_communities(out, &[ExtendedCommunity::route_target(headend).0]);
        let preference = PathPreference { flags: 0, reserved: ZERO, preference: 100 + index % 4 };
        let mut path = Items::of([SubTlv::Preference(preference)]);
        if V6 {
            path = srv6(path, index);
        } else {
            path = sr_mpls(path, index);
        }
        let (policy, candidate) = (format!("policy-{index}"), format!("path-{index}"));
        let name = |name| NamedPath { reserved: ZERO, name: Text(name) };
        path = path
            .and(&SubTlv::CandidatePathName(name(candidate.as_bytes())))
            .and(&SubTlv::PolicyName(name(policy.as_bytes())));
        let sub_tlvs = path.list().unwrap_or_default();
        let tunnels = Items::of([Tunnel { tunnel_type: TunnelType::SrPolicy, sub_tlvs }]);
        let tunnels = TunnelEncapsulation(tunnels.list().unwrap_or_default());
        attr::encode(&tunnels, AsWidth::Four, out);
    }
}

const ZERO: Reserved<1> = Reserved::ZERO;
/// Flag of a segment: a SID is there (RFC 9831 §2).
const SID: u8 = 0x20;
/// Flag of a segment: behavior and structure are there (same place).
const BEHAVIOR: u8 = 0x10;

fn label(label: u32) -> LabelStackEntry {
    LabelStackEntry(label << 12)
}

/// An SRv6 SID of the locator 2001:db8:f000::/48.
fn sid(node: u32, function: u32) -> Ipv6Addr {
    let (node, function) = (u128::from(node) << 64, u128::from(function) << 48);
    Ipv6Addr::from_bits(0x2001_0db8_f000 << 80 | node | function)
}

fn list<'a>(weight: u32, segments: impl IntoIterator<Item = SegmentListSubTlv<'a>>) -> Items {
    let weight = SegmentWeight { flags: 0, reserved: ZERO, weight };
    Items::of([SegmentListSubTlv::Weight(weight)].into_iter().chain(segments))
}

fn and_list(path: Items, segments: &Items) -> Items {
    let segments = segments.list().unwrap_or_default();
    path.and(&SubTlv::SegmentList(SegmentList { reserved: ZERO, segments }))
}

fn sr_mpls(path: Items, index: u32) -> Items {
    let binding = BindingSid {
        flags: 0,
        reserved: ZERO,
        sid: Some(Sid::Label(label(15_000 + index % 1000))),
    };
    let path = path
        .and(&SubTlv::BindingSid(binding))
        .and(&SubTlv::Enlp(ExplicitNullLabelPolicy {
            flags: 0,
            reserved: ZERO,
            enlp: Enlp::Neither,
        }))
        .and(&SubTlv::Priority(PathPriority { priority: 10, reserved: ZERO }));
    let hops = [16_001, 16_002 + index % 100]
        .map(|hop| SegmentListSubTlv::A(SegmentA { flags: 0, reserved: ZERO, label: label(hop) }));
    let path = and_list(path, &list(1, hops));
    if index % 2 == 1 {
        return path;
    }
    let node = Ipv4Addr::from_bits(0xc000_0200 | index & 0xff);
    let node = SegmentC { flags: SID, algorithm: 0, node, sid: Some(label(16_002 + index % 100)) };
    and_list(path, &list(2, [SegmentListSubTlv::C(node)]))
}

fn srv6(path: Items, index: u32) -> Items {
    let behavior = Some(Srv6SidBehavior {
        endpoint_behavior: EndpointBehavior(1), // End
        reserved: Reserved::ZERO,
        locator_block_length: 48,
        locator_node_length: 16,
        function_length: 16,
        argument_length: 0,
    });
    let binding =
        Srv6BindingSid { flags: 0x20, reserved: ZERO, sid: sid(1, index % 1000), behavior };
    let path = path.and(&SubTlv::Srv6BindingSid(binding));
    let hops = [2, 3 + index % 100].map(|node| {
        let flags = BEHAVIOR;
        SegmentListSubTlv::B(SegmentB { flags, reserved: ZERO, sid: sid(node, 1), behavior })
    });
    let path = and_list(path, &list(1, hops));
    if index % 2 == 1 {
        return path;
    }
    let node = Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(index));
    let flags = SID | BEHAVIOR;
    let node = SegmentI { flags, algorithm: 0, node, sid: Some(sid(4, 1)), behavior };
    and_list(path, &list(2, [SegmentListSubTlv::I(node)]))
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{attributes, malformed, sound, withdrawn};
    use crate::wire::Family;

    const IPV4: Family = Family::new(1, 73);
    const IPV6: Family = Family::new(2, 73);

    #[test]
    fn a_candidate_path_has_a_distinguisher_a_color_and_an_endpoint() {
        let v4 = "60 00000001 00000064 c0000201";
        sound(IPV4, v4, "distinguisher=1 color=100 endpoint=192.0.2.1");
        withdrawn(IPV4, v4, "distinguisher=1 color=100 endpoint=192.0.2.1");
        let v6 = "c0 00000002 000000c8 20010db8000000000000000000000001";
        sound(IPV6, v6, "distinguisher=2 color=200 endpoint=2001:db8::1");
        sound(IPV4, "60 00000000 00000000 00000000", "distinguisher=0 color=0 endpoint=0.0.0.0");
    }

    #[test]
    fn the_length_is_that_of_the_family() {
        let v6 = "c0 00000002 000000c8 20010db8000000000000000000000001";
        malformed(IPV4, v6, "SR Policy NLRI length", 0);
        malformed(IPV6, "60 00000001 00000064 c0000201", "SR Policy NLRI length", 0);
        malformed(IPV4, "5f 00000001 00000064 c0000201", "SR Policy NLRI length", 0);
        malformed(IPV4, "60 00000001 00000064 c00002", "SR Policy endpoint", 9);
        malformed(IPV4, "60 00000001 0000", "SR Policy color", 5);
        malformed(IPV4, "60 0000", "SR Policy distinguisher", 1);
    }

    #[test]
    fn examples_have_a_candidate_path() {
        let said = attributes(IPV4, 0);
        for part in [
            "extended_communities=[{type=Route Target global_administrator=192.0.2.1 \
             local_administrator=0}] tunnel_encapsulation=[{tunnel_type=SR Policy \
             sub_tlvs=[{type=Preference flags=0 preference=100}, {type=Binding SID flags=0 \
             sid={label=15000 ",
            "{type=Segment List segments=[{type=Weight flags=0 weight=1}, {type=Segment Type A \
             flags=0 label={label=16001 ",
            "{type=Weight flags=0 weight=2}, {type=Segment Type C flags=32 algorithm=0 \
             node=192.0.2.0 sid={label=16002 ",
            "{type=Policy Candidate Path Name name=path-0}, {type=Policy Name name=policy-0}]}]",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        let said = attributes(IPV6, 1);
        let part = "{type=SRv6 Binding SID flags=32 sid=2001:db8:f000:1:1:: behavior={";
        assert!(said.contains(part), "{said}");
        assert_eq!(said.matches("Segment Type B").count(), 2, "{said}");
        assert_eq!(said.matches("weight=").count(), 1, "{said}");
    }
}
