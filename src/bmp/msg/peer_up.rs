//! Peer Up: per-peer header · local address(16) · local port(2) · remote port(2) · sent OPEN ·
//! received OPEN · TLVs (RFC 7854 §4.10, RFC 9736 §3.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::bgp::Open;
use crate::bmp::tlv::describe_text;
use crate::bmp::{MessageType, PeerHeader, Tlv, Tlvs, address_octets, encode};
use crate::wire::{Fields, Reader, WireError, open_enum};

open_enum! {
    /// Peer Up information TLV types (RFC 9736 §3.2). 1 and 2 are reserved.
    pub struct PeerUpTlv(u16) {
        String = 0 => "String",
        VrfTableName = 3 => "VRF/Table Name",
        AdminLabel = 4 => "Admin Label",
    }
}

impl PeerUpTlv {
    /// A TLV of this type.
    #[must_use]
    pub const fn tlv(self, value: &[u8]) -> Tlv<'_> {
        Tlv::new(self.0, value)
    }
}

/// Describes a TLV of Peer Up's registry, in which those of Peer Down are, too.
pub(super) fn describe_tlv(kind: u16, value: &[u8], fields: &mut dyn Fields) {
    let kind = PeerUpTlv(kind);
    fields.text("type", &kind);
    match kind.name() {
        Some(_) => describe_text(value, fields),
        None => fields.octets("value", value),
    }
}

/// The parts of a Peer Up Notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// A field or a TLV is cut short, or one of the OPENs makes no sense.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = PeerHeader::parse(&mut body)?;
        let local_address = body.array("local address")?;
        let local_port = body.u16("local port")?;
        let remote_port = body.u16("remote port")?;
        let sent_open = Open::parse(&mut body)?;
        let received_open = Open::parse(&mut body)?;
        let tlvs = Tlvs::parse(body)?;
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

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::message(out, MessageType::PeerUp.0, |out| {
            self.peer.encode(out);
            out.extend_from_slice(&self.local_address);
            out.extend_from_slice(&self.local_port.to_be_bytes());
            out.extend_from_slice(&self.remote_port.to_be_bytes());
            self.sent_open.encode(out);
            self.received_open.encode(out);
            self.tlvs.encode(out);
        });
    }

    /// Describes the message.
    pub fn describe(&self, fields: &mut dyn Fields) {
        self.peer.describe(fields);
        match self.local_ip() {
            ip if address_octets(ip) == self.local_address => fields.text("local_address", &ip),
            _ => fields.octets("local_address", &self.local_address),
        }
        fields.number("local_port", self.local_port.into());
        fields.number("remote_port", self.remote_port.into());
        fields.group("sent_open", &mut |fields| self.sent_open.describe(fields));
        fields.group("received_open", &mut |fields| self.received_open.describe(fields));
        self.tlvs.describe(fields, describe_tlv);
    }
}
