//! MP_REACH_NLRI: AFI(2) · SAFI(1) · next hop length(1) · next hop · reserved(1) · NLRI
//! (RFC 4760 §3, RFC 8950).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Value;
use crate::bgp::AsWidth;
use crate::bgp::encode::counted8;
use crate::wire::{Family, Fields, Reader, WireError};

/// The parts of MP_REACH_NLRI.
#[derive(Debug, Clone, Copy)]
pub struct MpReach<'a> {
    /// Address family of the NLRI.
    pub family: Family,
    /// The next hop as received; see [`MpReach::global_next_hop`].
    pub next_hop: &'a [u8],
    /// An octet that is reserved, as received.
    pub reserved: u8,
    /// The NLRI.
    pub nlri: Reader<'a>,
}

impl<'a> MpReach<'a> {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// It is cut short.
    pub fn parse(mut v: Reader<'a>) -> Result<Self, WireError> {
        let afi = v.u16("MP_REACH_NLRI AFI")?;
        let safi = v.u8("MP_REACH_NLRI SAFI")?;
        let len = v.u8("MP_REACH_NLRI next hop length")?;
        let next_hop = v.take("MP_REACH_NLRI next hop", len.into())?;
        let reserved = v.u8("MP_REACH_NLRI reserved octet")?;
        Ok(Self { family: Family::new(afi, safi), next_hop, reserved, nlri: v })
    }

    /// The global address in the next hop: IPv4 (4), RD + IPv4 (12), IPv6 (16), IPv6 + link-local
    /// (32), RD + IPv6 (24), both with RDs (48) (RFC 4364, 4659, 2545, 8950). `None` for others.
    #[must_use]
    pub fn global_next_hop(&self) -> Option<IpAddr> {
        let v4 =
            |at: usize| self.next_hop.get(at..)?.first_chunk().map(|a| Ipv4Addr::from(*a).into());
        let v6 = |at: usize| {
            self.next_hop.get(at..)?.first_chunk::<16>().map(|a| Ipv6Addr::from(*a).into())
        };
        match self.next_hop.len() {
            4 => v4(0),
            12 => v4(8),
            16 | 32 => v6(0),
            24 | 48 => v6(8),
            _ => None,
        }
    }
}

impl<'a> Value<'a> for MpReach<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        MpReach::parse(value)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.family.encode(out);
        counted8(out, |out| out.extend_from_slice(self.next_hop));
        out.push(self.reserved);
        out.extend_from_slice(self.nlri.peek());
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("afi", self.family.afi.into());
            fields.number("safi", self.family.safi.into());
            match self.global_next_hop() {
                Some(address) => fields.text("next_hop", &address),
                None => fields.octets("next_hop_raw", self.next_hop),
            }
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn next_hops_of_every_length_give_their_global_address() {
        for (nh, want) in [
            (vec![10, 0, 0, 1], Some("10.0.0.1")),
            ([vec![0; 8], vec![10, 0, 0, 1]].concat(), Some("10.0.0.1")),
            ([vec![0x20], vec![0; 14], vec![1]].concat(), Some("2000::1")),
            ([vec![0; 8], vec![0x20], vec![0; 14], vec![1]].concat(), Some("2000::1")),
            (vec![1; 5], None),
            (vec![], None),
        ] {
            let mut v = vec![0, 2, 1, nh.len() as u8];
            v.extend(&nh);
            v.extend([0, 8, 10]);
            let mp = MpReach::parse(Reader::new(&v)).unwrap();
            assert_eq!(mp.global_next_hop().map(|a| a.to_string()).as_deref(), want);
            assert_eq!((mp.family, mp.nlri.peek()), (Family::IPV6_UNICAST, &[8, 10][..]));
        }
        assert!(MpReach::parse(Reader::new(&[0, 2, 1, 9, 1])).is_err());
    }
}
