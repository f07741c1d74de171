//! OPEN: version(1) · My AS(2) · hold time(2) · BGP Identifier(4) · optional parameters
//! (RFC 4271 §4.2, extended length RFC 9072, capabilities RFC 5492).

use super::{Header, MessageType};
use crate::wire::{Family, Reader, WireError, open_enum};

/// The AS number that stands in for one that needs 4 octets (RFC 6793 §9).
pub const AS_TRANS: u16 = 23456;

open_enum! {
    /// Capability codes (RFC 5492 and the IANA registry).
    pub struct CapabilityCode(u8) {
        Multiprotocol = 1 => "Multiprotocol Extensions",
        RouteRefresh = 2 => "Route Refresh",
        ExtendedNextHop = 5 => "Extended Next Hop Encoding",
        ExtendedMessage = 6 => "BGP Extended Message",
        Role = 9 => "BGP Role",
        GracefulRestart = 64 => "Graceful Restart",
        FourOctetAs = 65 => "4-octet AS number",
        AddPath = 69 => "ADD-PATH",
        EnhancedRouteRefresh = 70 => "Enhanced Route Refresh",
        LongLivedGracefulRestart = 71 => "Long-Lived Graceful Restart",
        Fqdn = 73 => "FQDN",
    }
}

/// One capability: its code and its value as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability<'a> {
    /// Code.
    pub code: CapabilityCode,
    /// Value, 0–255 octets.
    pub value: &'a [u8],
}

/// An OPEN message. The optional parameters are read on demand.
#[derive(Debug, Clone, Copy)]
pub struct Open<'a> {
    /// Protocol version; always 4.
    pub version: u8,
    /// My Autonomous System, 2 octets ([`AS_TRANS`] when the true one needs 4).
    pub my_as: u16,
    /// Hold time, seconds.
    pub hold_time: u16,
    /// BGP Identifier.
    pub bgp_id: [u8; 4],
    /// The optional parameters.
    parameters: Reader<'a>,
    /// Whether parameter lengths have 2 octets (RFC 9072).
    extended: bool,
}

impl<'a> Open<'a> {
    /// Reads one OPEN with its BGP header off the front of `r`.
    ///
    /// # Errors
    /// Bad header, another message type, another version than 4, or lengths that do not fit.
    pub fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let begin = r.offset();
        let header = Header::parse(r)?;
        if header.kind != MessageType::Open {
            return Err(WireError::invalid("BGP type of OPEN", begin + 18, header.kind.0.into()));
        }
        let mut b = header.body;
        let at = b.offset();
        let version = b.u8("BGP version")?;
        if version != 4 {
            return Err(WireError::invalid("BGP version", at, version.into()));
        }
        let my_as = b.u16("My Autonomous System")?;
        let hold_time = b.u16("Hold Time")?;
        let bgp_id = b.array("BGP Identifier")?;
        let len = b.u8("Optional Parameters Length")?;
        // RFC 9072 §2: a first parameter of type 255 says that both lengths have 2 octets.
        let extended = len != 0 && b.peek().first() == Some(&255);
        let parameters = if extended {
            b.u8("Non-Ext OP Type")?;
            let len = b.u16("Extended Opt. Parm. Length")?;
            b.sub("Optional Parameters", len.into())?
        } else {
            b.sub("Optional Parameters", len.into())?
        };
        let open = Self { version, my_as, hold_time, bgp_id, parameters, extended };
        open.each_capability(|_| ())?;
        Ok(open)
    }

    /// Calls `each` for every capability, in order, also those spread over several parameters.
    ///
    /// # Errors
    /// A parameter or capability runs past its container; those before it were seen.
    pub fn each_capability(&self, mut each: impl FnMut(Capability<'a>)) -> Result<(), WireError> {
        let mut params = self.parameters;
        while !params.is_empty() {
            let kind = params.u8("optional parameter type")?;
            let len = if self.extended {
                usize::from(params.u16("optional parameter length")?)
            } else {
                usize::from(params.u8("optional parameter length")?)
            };
            let mut value = params.sub("optional parameter", len)?;
            while kind == 2 && !value.is_empty() {
                let code = CapabilityCode(value.u8("capability code")?);
                let len = value.u8("capability length")?;
                each(Capability { code, value: value.take("capability value", len.into())? });
            }
        }
        Ok(())
    }

    /// The value of the last capability with `code`.
    #[must_use]
    pub fn capability(&self, code: CapabilityCode) -> Option<&'a [u8]> {
        let mut found = None;
        // A malformed list was refused by `parse`.
        let _ = self.each_capability(|c| {
            if c.code == code {
                found = Some(c.value);
            }
        });
        found
    }

    /// The AS number from the 4-octet AS capability (RFC 6793 §3), if there is one of 4 octets.
    #[must_use]
    pub fn four_octet_as(&self) -> Option<u32> {
        self.capability(CapabilityCode::FourOctetAs)
            .and_then(|v| v.try_into().ok())
            .map(u32::from_be_bytes)
    }

    /// The speaker's AS number, 4-octet aware.
    #[must_use]
    pub fn asn(&self) -> u32 {
        match self.four_octet_as() {
            Some(asn) if self.my_as == AS_TRANS => asn,
            _ => u32::from(self.my_as),
        }
    }

    /// Whether My AS and the 4-octet AS capability tell the same story (RFC 6793 §4.2.3): AS_TRANS
    /// needs the capability with another number, anything else must equal it.
    #[must_use]
    pub fn asn_is_consistent(&self) -> bool {
        match (self.my_as, self.four_octet_as()) {
            (AS_TRANS, None) => false,
            (AS_TRANS, Some(asn)) => asn != u32::from(AS_TRANS),
            (_, None) => true,
            (my_as, Some(asn)) => asn == u32::from(my_as),
        }
    }

    /// Calls `each` with family and Send/Receive (1 receive, 2 send, 3 both) of every ADD-PATH
    /// tuple (RFC 7911 §4).
    pub fn each_add_path(&self, mut each: impl FnMut(Family, u8)) {
        let _ = self.each_capability(|c| {
            if c.code == CapabilityCode::AddPath {
                for t in c.value.chunks_exact(4) {
                    each(Family::new(u16::from_be_bytes([t[0], t[1]]), t[2]), t[3]);
                }
            }
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn open(my_as: u16, params: &[u8], extended: bool) -> Vec<u8> {
        let mut b = vec![0xff; 16];
        let mut body = vec![4];
        body.extend(my_as.to_be_bytes());
        body.extend([0, 180, 10, 0, 0, 1]);
        if extended {
            body.extend([255, 255]);
            body.extend((params.len() as u16).to_be_bytes());
        } else {
            body.push(params.len() as u8);
        }
        body.extend(params);
        b.extend((19 + body.len() as u16).to_be_bytes());
        b.push(1);
        b.extend(body);
        b
    }

    #[test]
    fn capabilities_are_found_in_separate_parameters() {
        let params = [2, 6, 65, 4, 250, 86, 234, 0, 2, 6, 69, 4, 0, 1, 1, 3];
        let bytes = open(AS_TRANS, &params, false);
        let o = Open::parse(&mut Reader::new(&bytes)).unwrap();
        assert_eq!((o.asn(), o.asn_is_consistent()), (4_200_000_000, true));
        let mut seen = vec![];
        o.each_add_path(|f, m| seen.push((f, m)));
        assert_eq!(seen, [(Family::IPV4_UNICAST, 3)]);
    }

    #[test]
    fn extended_optional_parameters_are_read() {
        let params = [2, 0, 6, 65, 4, 0, 0, 253, 232];
        let bytes = open(65000, &params, true);
        let o = Open::parse(&mut Reader::new(&bytes)).unwrap();
        assert_eq!((o.asn(), o.asn_is_consistent()), (65000, true));
    }

    #[test]
    fn as_numbers_that_contradict_each_other_are_seen() {
        let other = [2, 6, 65, 4, 0, 0, 0, 1];
        for (my_as, params, ok) in [
            (AS_TRANS, &[][..], false),
            (65000, &other[..], false),
            (65000, &[][..], true),
            (1, &other[..], true),
        ] {
            let bytes = open(my_as, params, false);
            let o = Open::parse(&mut Reader::new(&bytes)).unwrap();
            assert_eq!(o.asn_is_consistent(), ok, "{my_as} {params:?}");
        }
    }

    #[test]
    fn a_capability_that_overruns_is_an_error() {
        let bytes = open(1, &[2, 3, 65, 4, 0], false);
        assert_eq!(Open::parse(&mut Reader::new(&bytes)).unwrap_err().what, "capability value");
    }
}
