//! D-PATH: the domains that an EVPN or IPVPN route has passed, in segments of count(1) · domains of
//! 7 octets: DOMAIN-ID(6) · ISF_SAFI_TYPE(1) (RFC 10039 §4).

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError, open_enum};

open_enum! {
    /// By which kind of route a gateway got what it passed on (ISF_SAFI_TYPE).
    pub struct IsfSafiType(u8) {
        Local = 0 => "local ISF route",
        Unicast = 1 => "SAFI 1",
        Evpn = 70 => "EVPN",
        IpVpn = 128 => "IPVPN",
    }
}

/// One domain on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Domain {
    /// Global Administrator of the DOMAIN-ID: an AS number.
    pub global_administrator: u32,
    /// Local Administrator of the DOMAIN-ID.
    pub local_administrator: u16,
    /// By which kind of route it came.
    pub isf_safi_type: IsfSafiType,
}

impl Item<'_> for Domain {
    const SIZE: usize = 7;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            global_administrator: r.u32("DOMAIN-ID Global Administrator")?,
            local_administrator: r.u16("DOMAIN-ID Local Administrator")?,
            isf_safi_type: IsfSafiType(r.u8("ISF_SAFI_TYPE")?),
        })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.global_administrator.to_be_bytes());
        out.extend_from_slice(&self.local_administrator.to_be_bytes());
        out.push(self.isf_safi_type.0);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        let id = format_args!("{}:{}", self.global_administrator, self.local_administrator);
        fields.group("", &mut |fields| {
            fields.text("domain_id", &id);
            fields.text("isf_safi_type", &self.isf_safi_type);
        });
    }
}

/// A domain segment: at least one domain, at most 255, the last one that was passed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DomainSegment<'a>(pub List<'a, Domain>);

impl<'a> Item<'a> for DomainSegment<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let at = r.offset();
        let count = usize::from(r.u8("domain segment length")?);
        if count == 0 {
            return Err(WireError::invalid("domain segment length", at, 0));
        }
        List::parse(r.sub("domain segment", count * Domain::SIZE)?).map(Self)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        let count = self.0.octets().len() / Domain::SIZE;
        out.push(u8::try_from(count).unwrap_or(u8::MAX));
        self.0.encode(out);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        self.0.describe("", fields);
    }
}

/// The domains of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DPath<'a>(pub List<'a, DomainSegment<'a>>);

impl DPath<'_> {
    /// How many domains it has, which route selection compares.
    #[must_use]
    pub fn path_length(&self) -> usize {
        self.0.iter().map(|segment| segment.0.octets().len() / Domain::SIZE).sum()
    }
}

impl<'a> Value<'a> for DPath<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        if value.is_empty() {
            return Err(WireError::short("D-PATH", value.offset(), 1 + Domain::SIZE, 0));
        }
        List::parse(value).map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, octets, sound};

    #[test]
    fn segments_list_their_domains() {
        let path = "02 0000fde90001 46 0000fdea0002 80 01 00000007ffff 05";
        sound(
            AttributeCode::DPath,
            path,
            "d_path=[[{domain_id=65001:1 isf_safi_type=EVPN}, \
             {domain_id=65002:2 isf_safi_type=IPVPN}], [{domain_id=7:65535 isf_safi_type=5}]]",
        );
        let value = octets(path);
        let path = DPath::parse(Reader::new(&value), AsWidth::Four);
        assert_eq!(path.map(|path| path.path_length()), Ok(3));
    }

    #[test]
    fn there_is_a_domain_in_each_segment_and_a_segment() {
        malformed(AttributeCode::DPath, "", "D-PATH", 0);
        malformed(AttributeCode::DPath, "00", "domain segment length", 0);
        malformed(AttributeCode::DPath, "02 0000fde9000146", "domain segment", 1);
    }
}
