//! What TLVs say about SRv6 (RFC 9514).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Reserved, SubTlvs, SystemId};
use crate::bgp::attr::prefix_sid::EndpointBehavior;
use crate::wire::layout::{bits, layout};

bits! {
    /// Flags of SRv6 Capabilities (RFC 9514 §3.1).
    pub struct Srv6CapabilitiesFlags(u16) {
        /// The O-flag of the SRH is supported.
        OAM = 0x4000 => "O",
    }

    /// Flags of End.X SIDs (RFC 9514 §4.1) and of BGP PeerNode SIDs (RFC 9514 §7.2).
    pub struct Srv6SidFlags(u8) {
        /// The SID is eligible for protection.
        BACKUP = 0x80 => "B",
        /// The SID stands for a set of adjacencies or peers.
        SET = 0x40 => "S",
        /// The SID stays the same over restarts.
        PERSISTENT = 0x20 => "P",
    }
}

layout! {
    /// SRv6 Capabilities: flags(2) · reserved(2) (RFC 9514 §3.1).
    pub struct Srv6Capabilities {
        /// What the node can do.
        flags: Srv6CapabilitiesFlags,
        /// Reserved octets.
        reserved: Reserved<2>,
    }

    /// SRv6 End.X SID (RFC 9514 §4.1).
    pub struct Srv6EndXSid<'a> {
        /// What the endpoint does with a packet to the SID.
        endpoint_behavior: EndpointBehavior,
        /// Flags.
        flags: Srv6SidFlags,
        /// The SR algorithm.
        algorithm: u8,
        /// Share among parallel adjacencies.
        weight: u8,
        /// A reserved octet.
        reserved: Reserved<1>,
        /// The SID.
        sid: Ipv6Addr,
        /// Its structure.
        sub_tlvs: SubTlvs<'a>,
    }

    /// IS-IS SRv6 LAN End.X SID (RFC 9514 §4.2).
    pub struct IsisSrv6LanEndXSid<'a> {
        /// What the endpoint does with a packet to the SID.
        endpoint_behavior: EndpointBehavior,
        /// Flags.
        flags: Srv6SidFlags,
        /// The SR algorithm.
        algorithm: u8,
        /// Share among parallel adjacencies.
        weight: u8,
        /// A reserved octet.
        reserved: Reserved<1>,
        /// The neighbor on the LAN.
        neighbor: SystemId,
        /// The SID.
        sid: Ipv6Addr,
        /// Its structure.
        sub_tlvs: SubTlvs<'a>,
    }

    /// OSPFv3 SRv6 LAN End.X SID (RFC 9514 §4.2).
    pub struct Ospfv3Srv6LanEndXSid<'a> {
        /// What the endpoint does with a packet to the SID.
        endpoint_behavior: EndpointBehavior,
        /// Flags.
        flags: Srv6SidFlags,
        /// The SR algorithm.
        algorithm: u8,
        /// Share among parallel adjacencies.
        weight: u8,
        /// A reserved octet.
        reserved: Reserved<1>,
        /// Router ID of the neighbor on the LAN.
        neighbor: Ipv4Addr,
        /// The SID.
        sid: Ipv6Addr,
        /// Its structure.
        sub_tlvs: SubTlvs<'a>,
    }

    /// SRv6 Locator, of the prefix that the NLRI names (RFC 9514 §5.1).
    pub struct Srv6Locator<'a> {
        /// Flags; what they mean depends on the IGP.
        flags: u8,
        /// The SR algorithm.
        algorithm: u8,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// The locator's metric.
        metric: u32,
        /// Sub-TLVs.
        sub_tlvs: SubTlvs<'a>,
    }

    /// SRv6 Endpoint Behavior (RFC 9514 §7.1).
    pub struct Srv6EndpointBehavior {
        /// What the endpoint does with a packet to the SID.
        endpoint_behavior: EndpointBehavior,
        /// Flags; what they mean depends on the IGP.
        flags: u8,
        /// The SR algorithm.
        algorithm: u8,
    }

    /// SRv6 BGP PeerNode SID (RFC 9514 §7.2).
    pub struct Srv6BgpPeerNodeSid {
        /// Flags.
        flags: Srv6SidFlags,
        /// Share among parallel peerings.
        weight: u8,
        /// Reserved octets.
        reserved: Reserved<2>,
        /// AS number of the peer.
        peer_asn: u32,
        /// BGP Identifier of the peer.
        peer_bgp_identifier: Ipv4Addr,
    }

    /// SRv6 SID Structure: how many bits each part of the SID has (RFC 9514 §8).
    pub struct Srv6SidStructure {
        /// Locator block.
        locator_block_length: u8,
        /// Locator node.
        locator_node_length: u8,
        /// Function.
        function_length: u8,
        /// Argument.
        argument_length: u8,
    }
}
