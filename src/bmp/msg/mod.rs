//! The message bodies, one file per type (RFC 7854 §4.3–4.10). Each begins after the common header.

pub mod initiation;
pub mod peer_down;
pub mod peer_up;
pub mod rel;
pub mod route_mirroring;
pub mod route_monitoring;
pub mod route_policy_trace;
pub mod statistics_report;
pub mod termination;

use super::MessageType;
use super::message::Unknown;
use crate::wire::{Fields, Reader, WireError};

/// Declares the messages: `NAME => module,` is one row. The message type and the type of the body
/// have that name.
macro_rules! messages {
    ($($name:ident => $module:ident,)+) => {
        /// Whether the body of a message of a known type is sound as far as it is read here.
        ///
        /// # Errors
        /// What is wrong with it. Unknown types are never wrong.
        pub fn check(kind: MessageType, body: Reader<'_>) -> Result<(), WireError> {
            match kind {
                $( MessageType::$name => $module::$name::parse(body).map(drop), )+
                _ => Ok(()),
            }
        }

        /// A BMP message of version 3, read in place; for those of version 4 there is
        /// [`v4::Message`](super::v4::Message).
        #[derive(Debug, Clone, Copy)]
        pub enum Message<'a> {
            $( #[doc = concat!("See [`", stringify!($module), "`].")] $name($module::$name<'a>), )+
            /// Of a type or version that is not read here.
            Unknown(Unknown<'a>),
        }

        impl<'a> Message<'a> {
            /// Reads the body of a message.
            ///
            /// # Errors
            /// What is wrong with it. Unknown types are never wrong.
            pub(super) fn of(
                version: u8,
                kind: MessageType,
                body: Reader<'a>,
            ) -> Result<Self, WireError> {
                match (version, kind) {
                    $( (3, MessageType::$name) => $module::$name::parse(body).map(Self::$name), )+
                    _ => Ok(Self::Unknown(Unknown { version, kind, body: body.peek() })),
                }
            }

            /// Message type.
            #[must_use]
            pub fn kind(&self) -> MessageType {
                match self {
                    $( Self::$name(_) => MessageType::$name, )+
                    Self::Unknown(message) => message.kind,
                }
            }

            /// Appends the whole message, with its common header: the inverse of
            /// [`Message::parse`].
            pub fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$name(message) => message.encode(out), )+
                    Self::Unknown(message) => message.encode(out),
                }
            }

            pub(super) fn describe_body(&self, fields: &mut dyn Fields) {
                match self {
                    $( Self::$name(message) => message.describe(fields), )+
                    Self::Unknown(message) => message.describe(fields),
                }
            }
        }

        $(
            impl<'a> From<$module::$name<'a>> for Message<'a> {
                fn from(message: $module::$name<'a>) -> Self {
                    Self::$name(message)
                }
            }
        )+
    };
}

messages! {
    RouteMonitoring => route_monitoring,
    StatisticsReport => statistics_report,
    PeerDown => peer_down,
    PeerUp => peer_up,
    Initiation => initiation,
    Termination => termination,
    RouteMirroring => route_mirroring,
    RoutePolicyTrace => route_policy_trace,
}
