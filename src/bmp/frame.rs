//! Framing: version(1) · length(4, with this header) · type(1) (RFC 7854 §4.1).

use std::fmt;

use crate::wire::open_enum;

/// Octets of the common header.
pub const COMMON_HEADER_LEN: usize = 6;

open_enum! {
    /// BMP message types (RFC 7854 §10.1). Route Event Logging (draft-ietf-grow-bmp-rel) has none
    /// yet.
    pub struct MessageType(u8) {
        RouteMonitoring = 0 => "Route Monitoring",
        StatisticsReport = 1 => "Statistics Report",
        PeerDown = 2 => "Peer Down Notification",
        PeerUp = 3 => "Peer Up Notification",
        Initiation = 4 => "Initiation Message",
        Termination = 5 => "Termination Message",
        RouteMirroring = 6 => "Route Mirroring Message",
        /// Not assigned, but sent by routers (draft-xu-grow-bmp-route-policy-attr-trace).
        RoutePolicyTrace = 100 => "Route Policy and Attribute Trace Message",
    }
}

/// The common header of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommonHeader {
    /// Protocol version: 3 (RFC 7854) or 4 (draft-ietf-grow-bmp-tlv).
    pub version: u8,
    /// Octets of the whole message.
    pub len: usize,
    /// Message type.
    pub kind: MessageType,
}

/// Why the octets at a message boundary are no common header: nothing after them can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// A version that is not spoken here; 1 and 2 precede RFC 7854.
    Version(u8),
    /// A length below 6.
    TooShort(u32),
    /// A length above the limit.
    TooLong {
        /// The length.
        len: u32,
        /// The limit.
        max: usize,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(v @ 1..=2) => {
                write!(f, "BMP version {v} precedes RFC 7854 and is not supported; expected 3 or 4")
            }
            Self::Version(v) => write!(f, "BMP version {v}; expected 3 or 4"),
            Self::TooShort(len) => write!(f, "BMP message length {len}; the least is 6"),
            Self::TooLong { len, max } => {
                write!(f, "BMP message length {len}; the limit is {max} (--max-frame)")
            }
        }
    }
}

impl std::error::Error for FrameError {}

impl CommonHeader {
    /// Reads the header at the front of `bytes`; `None` when fewer than 6 octets have arrived and
    /// those may become one.
    ///
    /// # Errors
    /// The octets can be no common header, however many more arrive.
    #[inline]
    pub fn parse(bytes: &[u8], max: usize) -> Result<Option<Self>, FrameError> {
        let Some(&version) = bytes.first() else { return Ok(None) };
        if !(3..=4).contains(&version) {
            return Err(FrameError::Version(version));
        }
        let Some(&[_, a, b, c, d, kind]) = bytes.first_chunk::<COMMON_HEADER_LEN>() else {
            return Ok(None);
        };
        let len = u32::from_be_bytes([a, b, c, d]);
        match len as usize {
            n if n < COMMON_HEADER_LEN => Err(FrameError::TooShort(len)),
            n if n > max => Err(FrameError::TooLong { len, max }),
            n => Ok(Some(Self { version, len: n, kind: MessageType(kind) })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_version_is_known_from_the_first_octet() {
        assert_eq!(CommonHeader::parse(&[], 100), Ok(None));
        assert_eq!(CommonHeader::parse(b"GET /", 100), Err(FrameError::Version(b'G')));
        assert_eq!(CommonHeader::parse(&[3, 0, 0], 100), Ok(None));
    }

    #[test]
    fn lengths_are_bounded_on_both_sides() {
        assert_eq!(CommonHeader::parse(&[3, 0, 0, 0, 5, 0], 100), Err(FrameError::TooShort(5)));
        let want = CommonHeader { version: 3, len: 100, kind: MessageType::Initiation };
        assert_eq!(CommonHeader::parse(&[3, 0, 0, 0, 100, 4], 100), Ok(Some(want)));
        assert_eq!(
            CommonHeader::parse(&[3, 0, 0, 0, 101, 4], 100),
            Err(FrameError::TooLong { len: 101, max: 100 })
        );
    }
}
