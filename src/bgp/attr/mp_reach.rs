//! MP_REACH_NLRI: AFI(2) · SAFI(1) · next hop length(1) · next hop · reserved(1) · NLRI
//! (RFC 4760 §3, RFC 8950).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Value;
use crate::bgp::encode::counted8;
use crate::bgp::{AsWidth, nlri};
use crate::wire::{Family, Fields, Part as _, Reader, RouteDistinguisher, WireError};

/// Octets before the length of the next hop.
const NEXT_HOP_LEN_AT: usize = 3;

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

    /// The link-local address behind an IPv6 global one, if there is one (RFC 2545 §3).
    #[must_use]
    pub fn link_local_next_hop(&self) -> Option<Ipv6Addr> {
        let at = match self.next_hop.len() {
            32 => 16,
            48 => 32,
            _ => return None,
        };
        self.next_hop.get(at..)?.first_chunk::<16>().map(|a| Ipv6Addr::from(*a))
    }

    /// The route distinguisher before the address, if there is one; routers send zero (RFC 4364
    /// §4.3.2).
    #[must_use]
    pub fn next_hop_rd(&self) -> Option<RouteDistinguisher> {
        let rd = self.next_hop.first_chunk().copied().map(RouteDistinguisher);
        rd.filter(|_| matches!(self.next_hop.len(), 12 | 24 | 48))
    }

    /// Whether the next hop has a length that its family and what is known to extend it foresee
    /// (RFC 7606 §7.11). Families of which that is not known here take any.
    #[must_use]
    pub fn has_expected_next_hop(&self) -> bool {
        nlri::next_hops(self.family).is_none_or(|lengths| lengths.contains(&self.next_hop.len()))
    }

    /// Says all that the next hop holds.
    pub(super) fn describe_next_hop(&self, fields: &mut dyn Fields) {
        if let Some(rd) = self.next_hop_rd().filter(|rd| !rd.is_zero()) {
            rd.describe_as("next_hop_rd", fields);
        }
        match self.global_next_hop() {
            Some(address) => fields.text("next_hop", &address),
            None => fields.octets("next_hop_raw", self.next_hop),
        }
        if let Some(address) = self.link_local_next_hop() {
            fields.text("link_local_next_hop", &address);
        }
    }
}

impl<'a> Value<'a> for MpReach<'a> {
    /// Besides what [`MpReach::parse`] asks for, the next hop has a length that the family foresees
    /// (RFC 7606 §7.11).
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        let mp = MpReach::parse(value)?;
        match mp.has_expected_next_hop() {
            true => Ok(mp),
            false => {
                let (at, len) = (value.offset() + NEXT_HOP_LEN_AT, mp.next_hop.len());
                Err(WireError::invalid("MP_REACH_NLRI next hop length", at, len as u64))
            }
        }
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.family.encode(out);
        counted8(out, |out| out.extend_from_slice(self.next_hop));
        out.push(self.reserved);
        out.extend_from_slice(self.nlri.peek());
    }
    /// All but the NLRI, which is not said again with each of its routes: see
    /// [`Update::describe`](crate::bgp::Update::describe).
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("afi", self.family.afi.into());
            fields.number("safi", self.family.safi.into());
            self.describe_next_hop(fields);
            if self.reserved != 0 {
                fields.number("reserved", self.reserved.into());
            }
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::MpReachNlri;

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

    #[test]
    fn next_hops_are_described_in_all_their_parts() {
        for (octets, said) in [
            ("0001 01 04 0a000001 00 080a", "afi=1 safi=1 next_hop=10.0.0.1"),
            (
                "0002 01 20 20010db8000000000000000000000001 fe800000000000000000000000000002 00",
                "afi=2 safi=1 next_hop=2001:db8::1 link_local_next_hop=fe80::2",
            ),
            (
                "0001 80 0c 0000000000000000 0a000001 07",
                "afi=1 safi=128 next_hop=10.0.0.1 reserved=7",
            ),
            (
                "0002 80 30 0000fde900000001 20010db8000000000000000000000001 \
                 0000000000000000 fe800000000000000000000000000002 00",
                "afi=2 safi=128 next_hop_rd=0:65001:1 next_hop=2001:db8::1 \
                 link_local_next_hop=fe80::2",
            ),
            ("0001 85 00 00", "afi=1 safi=133 next_hop_raw="),
            ("0063 63 05 0102030405 00", "afi=99 safi=99 next_hop_raw=0102030405"),
        ] {
            sound(CODE, octets, &format!("mp_reach_nlri={{{said}}}"));
        }
    }

    #[test]
    fn a_next_hop_has_a_length_that_its_family_foresees() {
        let what = "MP_REACH_NLRI next hop length";
        malformed(CODE, "0001 01 00 00", what, 3);
        malformed(CODE, "0001 01 05 0102030405 00", what, 3);
        malformed(CODE, "0002 01 04 0a000001 00", what, 3);
        malformed(CODE, "0002 80 10 20010db8000000000000000000000001 00", what, 3);
        malformed(CODE, "0001 01 04 0a000001", "MP_REACH_NLRI reserved octet", 8);
        malformed(CODE, "0001 01 04 0a0000", "MP_REACH_NLRI next hop", 4);
        malformed(CODE, "0001", "MP_REACH_NLRI SAFI", 2);
    }
}
