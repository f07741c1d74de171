//! A BGP message of any type, with its header (RFC 4271 §4).

use super::encode::message;
use super::{Header, MessageType, Negotiated, Notification, Open, RouteRefresh, Update};
use crate::wire::{Fields, Reader, WireError};

/// A BGP message. 19–65535 octets.
///
/// ```
/// use ribcage::bgp::{Message, Negotiated};
/// use ribcage::wire::{Outline, Reader};
///
/// let mut octets = Vec::new();
/// Message::Keepalive.encode(&mut octets);
/// octets.extend([0xff; 16]);
/// octets.extend([0, 21, 3, 6, 10]);
///
/// let mut r = Reader::new(&octets);
/// assert_eq!(Message::parse(&mut r)?, Message::Keepalive);
/// let cease = Message::parse(&mut r)?;
/// assert_eq!(
///     Outline::of(|fields| cease.describe(Negotiated::default(), fields)),
///     "type=NOTIFICATION error_code=Cease error_subcode=BFD Down"
/// );
/// # Ok::<(), ribcage::wire::WireError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// OPEN (RFC 4271 §4.2).
    Open(Open<'a>),
    /// UPDATE (RFC 4271 §4.3).
    Update(Update<'a>),
    /// NOTIFICATION (RFC 4271 §4.5).
    Notification(Notification<'a>),
    /// KEEPALIVE (RFC 4271 §4.4): a header, and nothing else.
    Keepalive,
    /// ROUTE-REFRESH (RFC 2918).
    RouteRefresh(RouteRefresh<'a>),
    /// Another type, and its body.
    Unknown(MessageType, &'a [u8]),
}

impl<'a> Message<'a> {
    /// Reads one message off the front of `r`. When its header is sound, the whole message is
    /// consumed, whatever its body is like: the next one can be read after an error.
    ///
    /// # Errors
    /// The header is malformed, the length is none of the type's (see [`Header::check`]), or the
    /// body is malformed.
    pub fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let header = Header::parse(r)?;
        header.check()?;
        let mut body = header.body;
        Ok(match header.kind {
            MessageType::Open => Self::Open(Open::parse_body(body)?),
            MessageType::Update => Self::Update(Update::parse_body(body)?),
            MessageType::Notification => Self::Notification(Notification::parse(body)?),
            MessageType::Keepalive => Self::Keepalive,
            MessageType::RouteRefresh => Self::RouteRefresh(RouteRefresh::parse_body(body)?),
            kind => Self::Unknown(kind, body.rest()),
        })
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> MessageType {
        match self {
            Self::Open(_) => MessageType::Open,
            Self::Update(_) => MessageType::Update,
            Self::Notification(_) => MessageType::Notification,
            Self::Keepalive => MessageType::Keepalive,
            Self::RouteRefresh(_) => MessageType::RouteRefresh,
            Self::Unknown(kind, _) => *kind,
        }
    }

    /// Appends the message with its header: the inverse of [`Message::parse`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        message(out, self.kind().0, |out| match self {
            Self::Open(open) => open.encode_body(out),
            Self::Update(update) => update.encode_body(out),
            Self::Notification(notification) => notification.encode_body(out),
            Self::Keepalive => {}
            Self::RouteRefresh(refresh) => refresh.encode_body(out),
            Self::Unknown(_, body) => out.extend_from_slice(body),
        });
    }

    /// Says its type and what it holds. Only an UPDATE needs to know what was negotiated.
    pub fn describe(&self, negotiated: Negotiated, fields: &mut dyn Fields) {
        fields.text("type", &self.kind());
        match self {
            Self::Open(open) => open.describe(fields),
            Self::Update(update) => update.describe(negotiated, fields),
            Self::Notification(notification) => notification.describe(fields),
            Self::Keepalive => {}
            Self::RouteRefresh(refresh) => refresh.describe(fields),
            Self::Unknown(_, body) => fields.octets("body", body),
        }
    }
}

#[cfg(test)]
mod tests;
