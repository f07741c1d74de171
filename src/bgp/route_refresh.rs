//! ROUTE-REFRESH: AFI(2) · subtype(1) · SAFI(1) · ORFs (RFC 2918 §3, RFC 7313 §3.2, RFC 5291 §4).

use super::MessageType;
use super::capability::OrfType;
use super::encode::{counted16, message};
use crate::wire::{Family, Fields, Item, List, Reader, WireError, open_enum};

open_enum! {
    /// Message subtypes (RFC 7313 §3.2). Messages of others are to be ignored.
    pub struct Subtype(u8) {
        Request = 0 => "request",
        BeginningOfRouteRefresh = 1 => "BoRR",
        EndOfRouteRefresh = 2 => "EoRR",
    }
}

open_enum! {
    /// When the routes are to be sent again (RFC 5291 §4).
    pub struct WhenToRefresh(u8) {
        Immediate = 1 => "IMMEDIATE",
        Defer = 2 => "DEFER",
    }
}

/// A ROUTE-REFRESH without its BGP header. 4 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteRefresh<'a> {
    /// The family whose routes are asked for, or whose repetition begins or ends.
    pub family: Family,
    /// Message subtype; a reserved octet of 0 before RFC 7313.
    pub subtype: Subtype,
    /// What follows.
    pub rest: Rest<'a>,
}

/// What follows the SAFI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rest<'a> {
    /// Nothing.
    #[default]
    Nothing,
    /// Outbound route filters, of a request (RFC 5291 §4).
    Filters {
        /// When the routes are to be sent again.
        when: WhenToRefresh,
        /// The filters, by type.
        orfs: List<'a, Orf<'a>>,
    },
    /// Octets of a subtype that has no name here.
    Octets(&'a [u8]),
}

/// Outbound route filters of one type: type(1) · length(2) · entries (RFC 5291 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orf<'a> {
    /// Type.
    pub kind: OrfType,
    /// The entries, 0–65535 octets, as received: each begins with an action and a match, and goes
    /// on as its type says.
    pub entries: &'a [u8],
}

impl<'a> Item<'a> for Orf<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let kind = OrfType(r.u8("ORF type")?);
        let len = r.u16("Length of ORF entries")?;
        Ok(Self { kind, entries: r.take("ORF entries", len.into())? })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.kind.0);
        counted16(out, |out| out.extend_from_slice(self.entries));
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("type", &self.kind);
            fields.octets("entries", self.entries);
        });
    }
}

impl<'a> RouteRefresh<'a> {
    /// Reads the body of a ROUTE-REFRESH.
    ///
    /// # Errors
    /// Fewer than 4 octets, more in a BoRR or EoRR (RFC 7313 §5), or ORFs that are cut short.
    pub fn parse_body(mut body: Reader<'a>) -> Result<Self, WireError> {
        let afi = body.u16("ROUTE-REFRESH AFI")?;
        let subtype = Subtype(body.u8("ROUTE-REFRESH Message Subtype")?);
        let safi = body.u8("ROUTE-REFRESH SAFI")?;
        let rest = Rest::parse(subtype, body)?;
        Ok(Self { family: Family::new(afi, safi), subtype, rest })
    }

    /// Appends the body: the inverse of [`RouteRefresh::parse_body`].
    pub fn encode_body(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.family.afi.to_be_bytes());
        out.extend_from_slice(&[self.subtype.0, self.family.safi]);
        match self.rest {
            Rest::Nothing => {}
            Rest::Filters { when, orfs } => {
                out.push(when.0);
                orfs.encode(out);
            }
            Rest::Octets(octets) => out.extend_from_slice(octets),
        }
    }

    /// Appends the whole message, with its BGP header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        message(out, MessageType::RouteRefresh.0, |out| self.encode_body(out));
    }

    /// Says what it holds.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.number("afi", self.family.afi.into());
        fields.number("safi", self.family.safi.into());
        fields.text("subtype", &self.subtype);
        match self.rest {
            Rest::Nothing => {}
            Rest::Filters { when, orfs } => {
                fields.text("when_to_refresh", &when);
                orfs.describe("orfs", fields);
            }
            Rest::Octets(octets) => fields.octets("octets", octets),
        }
    }
}

impl<'a> Rest<'a> {
    fn parse(subtype: Subtype, mut left: Reader<'a>) -> Result<Self, WireError> {
        match subtype {
            _ if left.is_empty() => Ok(Self::Nothing),
            Subtype::Request => {
                let when = WhenToRefresh(left.u8("When-to-refresh")?);
                Ok(Self::Filters { when, orfs: List::parse(left)? })
            }
            Subtype::BeginningOfRouteRefresh | Subtype::EndOfRouteRefresh => {
                Err(WireError::trailing("ROUTE-REFRESH SAFI", left.offset(), left.len()))
            }
            _ => Ok(Self::Octets(left.rest())),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::attr::testing::octets;
    use crate::wire::Outline;

    fn read(body: &[u8]) -> Result<(String, Vec<u8>), WireError> {
        let message = RouteRefresh::parse_body(Reader::at(body, 19))?;
        let mut again = Vec::new();
        message.encode_body(&mut again);
        Ok((Outline::of(|fields| message.describe(fields)), again))
    }

    fn reads(hex: &str, want: &str) {
        let body = octets(hex);
        assert_eq!(read(&body).unwrap(), (want.to_owned(), body), "{hex}");
    }

    #[test]
    fn requests_markers_and_filters_are_read_and_written_back() {
        reads("0001 00 01", "afi=1 safi=1 subtype=request");
        reads("0019 01 46", "afi=25 safi=70 subtype=BoRR");
        reads("0002 02 80", "afi=2 safi=128 subtype=EoRR");
        reads("0002 03 80 ffee", "afi=2 safi=128 subtype=3 octets=ffee");
        reads("0001 00 01 01", "afi=1 safi=1 subtype=request when_to_refresh=IMMEDIATE orfs=[]");
        reads(
            "0001 00 01 02 40 0002 8000 81 0001 20",
            "afi=1 safi=1 subtype=request when_to_refresh=DEFER \
             orfs=[{type=Address Prefix ORF entries=8000}, {type=129 entries=20}]",
        );
    }

    #[test]
    fn what_the_standards_call_malformed_is_an_error() {
        for (hex, what, offset) in [
            ("0001 00", "ROUTE-REFRESH SAFI", 22),
            ("0001 01 01 00", "ROUTE-REFRESH SAFI", 23),
            ("0001 02 01 40 0000", "ROUTE-REFRESH SAFI", 23),
            ("0001 00 01 01 40 0002 80", "ORF entries", 27),
        ] {
            let error = read(&octets(hex)).unwrap_err();
            assert_eq!((error.what, error.offset), (what, offset), "{hex}");
        }
    }
}
