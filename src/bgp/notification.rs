//! NOTIFICATION: error code(1) · subcode(1) · data (RFC 4271 §4.5).

use crate::wire::{Reader, WireError, open_enum};

open_enum! {
    /// NOTIFICATION error codes (RFC 4271 §4.5, RFC 7313).
    pub struct ErrorCode(u8) {
        MessageHeader = 1 => "Message Header Error",
        OpenMessage = 2 => "OPEN Message Error",
        UpdateMessage = 3 => "UPDATE Message Error",
        HoldTimerExpired = 4 => "Hold Timer Expired",
        FiniteStateMachine = 5 => "Finite State Machine Error",
        Cease = 6 => "Cease",
        RouteRefresh = 7 => "ROUTE-REFRESH Message Error",
    }
}

/// A NOTIFICATION without its BGP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notification<'a> {
    /// Error code.
    pub code: ErrorCode,
    /// Error subcode, in the registry of its code.
    pub subcode: u8,
    /// Diagnostic data; of a Cease the shutdown communication (RFC 9003).
    pub data: &'a [u8],
}

impl<'a> Notification<'a> {
    /// Reads the body of a NOTIFICATION.
    ///
    /// # Errors
    /// Fewer than 2 octets.
    pub fn parse(mut r: Reader<'a>) -> Result<Self, WireError> {
        let code = ErrorCode(r.u8("NOTIFICATION error code")?);
        let subcode = r.u8("NOTIFICATION error subcode")?;
        Ok(Self { code, subcode, data: r.rest() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn data_is_what_is_left() {
        let n = Notification::parse(Reader::new(&[6, 2, 1, b'x'])).unwrap();
        assert_eq!((n.code, n.subcode, n.data), (ErrorCode::Cease, 2, &[1, b'x'][..]));
        assert!(Notification::parse(Reader::new(&[6])).is_err());
    }
}
