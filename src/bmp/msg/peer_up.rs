//! Peer Up: per-peer header · local address(16) · local port(2) · remote port(2) · sent OPEN ·
//! received OPEN · TLVs (RFC 7854 §4.10, RFC 9736 §3.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::bgp::open::Open;
use crate::bmp::{PeerHeader, Tlvs};
use crate::wire::{Reader, WireError, open_enum};

open_enum! {
    /// Peer Up information TLV types (RFC 9736 §3.2).
    pub struct PeerUpTlv(u16) {
        String = 0 => "String",
        VrfTableName = 3 => "VRF/Table Name",
        AdminLabel = 4 => "Admin Label",
    }
}

/// The parts of a Peer Up Notification.
#[derive(Debug, Clone, Copy)]
pub struct PeerUp<'a> {
    /// Per-peer header.
    pub peer: PeerHeader,
    /// The router's address of the BGP session, as received; an IPv4 address is in the last 4
    /// octets.
    pub local_address: [u8; 16],
    /// The router's TCP port.
    pub local_port: u16,
    /// The peer's TCP port.
    pub remote_port: u16,
    /// The OPEN that the router sent.
    pub sent_open: Open<'a>,
    /// The OPEN that it received.
    pub received_open: Open<'a>,
    /// The TLVs, in order.
    pub tlvs: Tlvs<'a>,
}

impl<'a> PeerUp<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// A field is cut short, or one of the OPENs makes no sense.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = PeerHeader::parse(&mut body)?;
        let local_address = body.array("local address")?;
        let local_port = body.u16("local port")?;
        let remote_port = body.u16("remote port")?;
        let sent_open = Open::parse(&mut body)?;
        let received_open = Open::parse(&mut body)?;
        let tlvs = Tlvs::new(body);
        Ok(Self { peer, local_address, local_port, remote_port, sent_open, received_open, tlvs })
    }

    /// The router's address; its family is the peer's.
    #[must_use]
    pub fn local_ip(&self) -> IpAddr {
        let [.., a, b, c, d] = self.local_address;
        match self.peer.is_ipv6() {
            true => Ipv6Addr::from(self.local_address).into(),
            false => Ipv4Addr::new(a, b, c, d).into(),
        }
    }
}

pub(super) fn check(body: Reader<'_>) -> Result<(), WireError> {
    PeerUp::parse(body)?.tlvs.check()
}
