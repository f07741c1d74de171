//! The BGP message header: marker(16) · length(2) · type(1) (RFC 4271 §4.1).

use crate::wire::{Reader, WireError, open_enum};

/// Octets of the header.
pub const HEADER_LEN: usize = 19;

/// Octets of the longest message between speakers that have not agreed on more, and of the longest
/// OPEN in any case (RFC 4271 §4.1, RFC 8654 §4).
pub const LEN_MAX_USUAL: usize = 4096;

/// Octets of the longest message that there can be (RFC 8654 §4).
pub const LEN_MAX: usize = 65_535;

/// The marker: all ones (RFC 4271 §4.1).
pub const MARKER: [u8; 16] = [0xff; 16];

open_enum! {
    /// BGP message types (RFC 4271 §4.1, RFC 2918).
    pub struct MessageType(u8) {
        Open = 1 => "OPEN",
        Update = 2 => "UPDATE",
        Notification = 3 => "NOTIFICATION",
        Keepalive = 4 => "KEEPALIVE",
        RouteRefresh = 5 => "ROUTE-REFRESH",
    }
}

/// A BGP message: its type and its body, cut to the length that the header gives.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// Message type.
    pub kind: MessageType,
    /// Length of the whole message, octets.
    pub len: usize,
    /// What follows the header.
    pub body: Reader<'a>,
}

impl<'a> Header<'a> {
    /// Reads one BGP message off the front of `r`.
    ///
    /// # Errors
    /// The marker is not all ones, or the length is below 19 or beyond what is left.
    pub fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let begin = r.offset();
        let marker: [u8; 16] = r.array("BGP marker")?;
        if u128::from_ne_bytes(marker) != u128::MAX {
            return Err(WireError::invalid("BGP marker", begin, u64::from(marker[0])));
        }
        let len = usize::from(r.u16("BGP length")?);
        let kind = MessageType(r.u8("BGP type")?);
        let Some(body_len) = len.checked_sub(HEADER_LEN) else {
            return Err(WireError::invalid("BGP length", begin + 16, len as u64));
        };
        let body = r.sub("BGP message body", body_len)?;
        Ok(Self { kind, len, body })
    }

    /// Whether the length is one that a message of this type may have: 29–4096 octets of an OPEN,
    /// 23 and more of an UPDATE, 21 of a NOTIFICATION, 23 of a ROUTE-REFRESH, and just 19 of a
    /// KEEPALIVE (RFC 4271 §6.1, RFC 2918 §3, RFC 8654 §4). Messages of other types may have any.
    ///
    /// Without this a message is told by its header alone: its body's reader finds what is short.
    ///
    /// # Errors
    /// The length, at its offset.
    pub fn check(&self) -> Result<(), WireError> {
        let lengths = match self.kind {
            MessageType::Open => 29..=LEN_MAX_USUAL,
            MessageType::Update | MessageType::RouteRefresh => 23..=LEN_MAX,
            MessageType::Notification => 21..=LEN_MAX,
            MessageType::Keepalive => HEADER_LEN..=HEADER_LEN,
            _ => HEADER_LEN..=LEN_MAX,
        };
        match lengths.contains(&self.len) {
            true => Ok(()),
            false => {
                let at = self.body.offset().saturating_sub(HEADER_LEN - 16);
                Err(WireError::invalid("BGP length", at, self.len as u64))
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_the_payload_is_an_error_and_a_second_message_is_left_over() {
        let mut bytes = MARKER.to_vec();
        bytes.extend([0, 21, 2, 7, 7, 9]);
        let mut r = Reader::new(&bytes);
        let h = Header::parse(&mut r).unwrap();
        assert_eq!(
            (h.kind, h.len, h.body.peek(), r.peek()),
            (MessageType::Update, 21, &[7u8, 7][..], &[9u8][..])
        );
        bytes[17] = 23;
        assert_eq!(Header::parse(&mut Reader::new(&bytes)).unwrap_err().what, "BGP message body");
        bytes[17] = 18;
        assert_eq!(Header::parse(&mut Reader::new(&bytes)).unwrap_err().what, "BGP length");
    }

    #[test]
    fn each_type_has_its_lengths() {
        for (kind, len, ok) in [
            (1, 28, false),
            (1, 29, true),
            (1, 4096, true),
            (1, 4097, false),
            (2, 22, false),
            (2, 23, true),
            (2, 65_535, true),
            (3, 20, false),
            (3, 21, true),
            (4, 19, true),
            (4, 20, false),
            (5, 22, false),
            (5, 23, true),
            (5, 24, true),
            (77, 19, true),
            (77, 65_535, true),
        ] {
            let mut bytes = MARKER.to_vec();
            bytes.extend((len as u16).to_be_bytes());
            bytes.push(kind);
            bytes.resize(len, 0);
            let header = Header::parse(&mut Reader::at(&bytes, 100)).unwrap();
            let want = WireError::invalid("BGP length", 116, len as u64);
            assert_eq!(header.check(), if ok { Ok(()) } else { Err(want) }, "{kind} {len}");
        }
    }
}
