//! What the routes of each type hold after their route distinguisher.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::fields::{Address, AnyAddress, EthernetSegmentIdentifier, LabelOrVni, MacAddress};
use crate::bgp::attr::extended_communities::ExtendedCommunity;
use crate::wire::layout::{bits, layout};
use crate::wire::{Fields, Part, Prefix, Reader, Reserved, WireError};

layout! {
    /// Ethernet Auto-Discovery (RFC 7432 §7.1). 17 octets.
    pub struct EthernetAutoDiscovery {
        /// The segment.
        ethernet_segment_identifier: EthernetSegmentIdentifier,
        /// The broadcast domain; 0xffffffff in the route of the whole segment.
        ethernet_tag_id: u32,
        /// Label or VNI.
        mpls_label1: LabelOrVni<1>,
    }

    /// MAC/IP Advertisement (RFC 7432 §7.2). 25 octets and more.
    pub struct MacIpAdvertisement {
        /// The segment; zero where the site has one link.
        ethernet_segment_identifier: EthernetSegmentIdentifier,
        /// The broadcast domain.
        ethernet_tag_id: u32,
        /// The MAC address.
        mac_address: MacAddress,
        /// The IP address that goes with it.
        ip_address: AnyAddress,
        /// Label or VNI of the bridge.
        mpls_label1: LabelOrVni<1>,
        /// Label or VNI of the IP-VRF, where the host is routed, too (RFC 9135).
        mpls_label2: Option<LabelOrVni<2>>,
    }

    /// Inclusive Multicast Ethernet Tag (RFC 7432 §7.3). 9 octets or 21.
    pub struct InclusiveMulticastEthernetTag {
        /// The broadcast domain.
        ethernet_tag_id: u32,
        /// Who sends it.
        originating_router_ip_address: Address,
    }

    /// Ethernet Segment (RFC 7432 §7.4). 15 octets or 27.
    pub struct EthernetSegment {
        /// The segment.
        ethernet_segment_identifier: EthernetSegmentIdentifier,
        /// Who sends it.
        originating_router_ip_address: Address,
    }

    /// Selective Multicast Ethernet Tag (RFC 9251 §9.1). 12 octets and more.
    pub struct SelectiveMulticastEthernetTag {
        /// The broadcast domain.
        ethernet_tag_id: u32,
        /// The source; none for any.
        multicast_source_address: AnyAddress,
        /// The group; none for any.
        multicast_group_address: AnyAddress,
        /// Who sends it.
        originator_router_address: Address,
        /// Which versions of IGMP or MLD there are receivers for.
        flags: MembershipFlags,
    }

    /// Multicast Membership Report Synch (RFC 9251 §9.2). 22 octets and more.
    pub struct MulticastMembershipReportSynch {
        /// The segment on which the report came.
        ethernet_segment_identifier: EthernetSegmentIdentifier,
        /// The broadcast domain.
        ethernet_tag_id: u32,
        /// The source; none for any.
        multicast_source_address: AnyAddress,
        /// The group; none for any.
        multicast_group_address: AnyAddress,
        /// Who sends it.
        originator_router_address: Address,
        /// The version of IGMP or MLD of the report.
        flags: MembershipFlags,
    }

    /// Multicast Leave Synch (RFC 9251 §9.3). 27 octets and more.
    pub struct MulticastLeaveSynch {
        /// The segment on which the leave came.
        ethernet_segment_identifier: EthernetSegmentIdentifier,
        /// The broadcast domain.
        ethernet_tag_id: u32,
        /// The source; none for any.
        multicast_source_address: AnyAddress,
        /// The group; none for any.
        multicast_group_address: AnyAddress,
        /// Who sends it.
        originator_router_address: Address,
        /// Reserved.
        reserved: Reserved<4>,
        /// Maximum response time of the query that follows the leave, as that query has it.
        maximum_response_time: u8,
        /// The version of IGMP or MLD of the leave.
        flags: MembershipFlags,
    }

    /// Per-Region I-PMSI A-D (RFC 9572 §3.1). 12 octets.
    pub struct PerRegionIPmsiAutoDiscovery {
        /// The broadcast domain.
        ethernet_tag_id: u32,
        /// The region, in the form of an extended community.
        region_id: ExtendedCommunity,
    }

    /// S-PMSI A-D (RFC 9572 §3.2). 11 octets and more.
    pub struct SPmsiAutoDiscovery {
        /// The broadcast domain.
        ethernet_tag_id: u32,
        /// The source; none for any.
        multicast_source_address: AnyAddress,
        /// The group; none for any.
        multicast_group_address: AnyAddress,
        /// Who sends it.
        originators_address: Address,
    }
}

bits! {
    /// Flags of a membership (RFC 9251 §9.1).
    pub struct MembershipFlags(u8) {
        /// Version 1 of IGMP or MLD.
        V1 = 0x01 => "v1",
        /// Version 2 of IGMP or MLD.
        V2 = 0x02 => "v2",
        /// Version 3 of IGMP.
        V3 = 0x04 => "v3",
        /// The group is there for all sources but this one, of version 3.
        EXCLUDE = 0x08 => "IE",
    }
}

/// IP Prefix (RFC 9136 §3.1): segment(10) · Ethernet tag(4) · prefix length(1) · prefix · gateway ·
/// label(3). 26 octets where prefix and gateway are IPv4, 50 where they are IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpPrefix {
    /// The segment; an overlay index where it is not zero.
    pub ethernet_segment_identifier: EthernetSegmentIdentifier,
    /// The broadcast domain.
    pub ethernet_tag_id: u32,
    /// The prefix, all of whose octets are sent.
    pub prefix: Prefix,
    /// The gateway, of the prefix's family; an overlay index where it is not zero.
    pub gw_ip_address: IpAddr,
    /// Label or VNI.
    pub mpls_label1: LabelOrVni<1>,
}

impl<'a> Part<'a> for IpPrefix {
    fn read(r: &mut Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        let ethernet_segment_identifier = Part::read(r, what)?;
        let ethernet_tag_id = r.u32(what)?;
        let at = r.offset();
        let bits = r.u8(what)?;
        // Nothing but the route's length tells the family.
        let (prefix, gw_ip_address, max) = match r.len() {
            ..=11 => (Prefix::V4(r.array(what)?, bits), Ipv4Addr::read(r, what)?.into(), 32),
            _ => (Prefix::V6(r.array(what)?, bits), Ipv6Addr::read(r, what)?.into(), 128),
        };
        if bits > max {
            return Err(WireError::invalid("IP prefix length", at, bits.into()));
        }
        let mpls_label1 = Part::read(r, what)?;
        Ok(Self {
            ethernet_segment_identifier,
            ethernet_tag_id,
            prefix,
            gw_ip_address,
            mpls_label1,
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.ethernet_segment_identifier.write(out);
        self.ethernet_tag_id.write(out);
        out.push(self.prefix.bits());
        match &self.prefix {
            Prefix::V4(octets, _) => out.extend_from_slice(octets),
            Prefix::V6(octets, _) => out.extend_from_slice(octets),
        }
        self.gw_ip_address.write(out);
        self.mpls_label1.write(out);
    }

    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| self.describe_whole(name, fields));
    }

    fn describe_whole(&self, _: &'static str, fields: &mut dyn Fields) {
        self.ethernet_segment_identifier.describe_as("ethernet_segment_identifier", fields);
        self.ethernet_tag_id.describe_as("ethernet_tag_id", fields);
        fields.text("prefix", &self.prefix);
        fields.text("gw_ip_address", &self.gw_ip_address);
        self.mpls_label1.describe_as("mpls_label1", fields);
    }
}
