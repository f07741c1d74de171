//! The BGP message header: marker(16) · length(2) · type(1) (RFC 4271 §4.1).

use crate::wire::{Reader, WireError, open_enum};

/// Octets of the header.
pub const HEADER_LEN: usize = 19;

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
        if marker != MARKER {
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
}
