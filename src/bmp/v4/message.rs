//! Any message of version 4: the common header and what follows it.

use super::{PeerDown, Profile, RouteMonitoring, StatisticsReport, VERSION, of_version_4};
use crate::bmp::message::{Unknown, split};
use crate::bmp::msg::initiation::Initiation;
use crate::bmp::msg::peer_up::PeerUp;
use crate::bmp::msg::route_mirroring::RouteMirroring;
use crate::bmp::msg::route_policy_trace::RoutePolicyTrace;
use crate::bmp::msg::termination::Termination;
use crate::bmp::{COMMON_HEADER_LEN, MessageError, MessageType, PeerHeader};
use crate::wire::{Fields, Reader, WireError};

/// A BMP message of version 4, read in place.
#[derive(Debug, Clone, Copy)]
pub enum Message<'a> {
    /// Route Monitoring, all TLVs.
    RouteMonitoring(RouteMonitoring<'a>),
    /// Statistics Report, with TLVs.
    StatisticsReport(StatisticsReport<'a>),
    /// Peer Down, with TLVs.
    PeerDown(PeerDown<'a>),
    /// Peer Up, as in version 3.
    PeerUp(PeerUp<'a>),
    /// Initiation, as in version 3.
    Initiation(Initiation<'a>),
    /// Termination, as in version 3.
    Termination(Termination<'a>),
    /// Route Mirroring, as in version 3.
    RouteMirroring(RouteMirroring<'a>),
    /// Route Policy and Attribute Trace, as in version 3.
    RoutePolicyTrace(RoutePolicyTrace<'a>),
    /// Of a type or version that is not read here.
    Unknown(Unknown<'a>),
}

impl<'a> Message<'a> {
    /// Reads one message off the front of `octets`; gives it and what is left after it. One of
    /// another version is [`Message::Unknown`].
    ///
    /// # Errors
    /// The message is not whole, or makes no sense.
    pub fn parse(octets: &'a [u8]) -> Result<(Self, &'a [u8]), MessageError> {
        let (header, message, rest) = split(octets)?;
        let body = Reader::at(message.get(COMMON_HEADER_LEN..).unwrap_or(&[]), COMMON_HEADER_LEN);
        match Self::of(header.version, header.kind, body) {
            Ok(message) => Ok((message, rest)),
            Err(error) => Err(MessageError::Body { header, error }),
        }
    }

    fn of(version: u8, kind: MessageType, body: Reader<'a>) -> Result<Self, WireError> {
        let unknown = Self::Unknown(Unknown { version, kind, body: body.peek() });
        if version != VERSION {
            return Ok(unknown);
        }
        match kind {
            MessageType::RouteMonitoring => RouteMonitoring::parse(body).map(Self::RouteMonitoring),
            MessageType::StatisticsReport => {
                StatisticsReport::parse(body).map(Self::StatisticsReport)
            }
            MessageType::PeerDown => PeerDown::parse(body).map(Self::PeerDown),
            MessageType::PeerUp => PeerUp::parse(body).map(Self::PeerUp),
            MessageType::Initiation => Initiation::parse(body).map(Self::Initiation),
            MessageType::Termination => Termination::parse(body).map(Self::Termination),
            MessageType::RouteMirroring => RouteMirroring::parse(body).map(Self::RouteMirroring),
            MessageType::RoutePolicyTrace => {
                RoutePolicyTrace::parse(body).map(Self::RoutePolicyTrace)
            }
            _ => Ok(unknown),
        }
    }

    /// Message type.
    #[must_use]
    pub fn kind(&self) -> MessageType {
        match self {
            Self::RouteMonitoring(_) => MessageType::RouteMonitoring,
            Self::StatisticsReport(_) => MessageType::StatisticsReport,
            Self::PeerDown(_) => MessageType::PeerDown,
            Self::PeerUp(_) => MessageType::PeerUp,
            Self::Initiation(_) => MessageType::Initiation,
            Self::Termination(_) => MessageType::Termination,
            Self::RouteMirroring(_) => MessageType::RouteMirroring,
            Self::RoutePolicyTrace(_) => MessageType::RoutePolicyTrace,
            Self::Unknown(message) => message.kind,
        }
    }

    /// The per-peer header of a message that has one.
    #[must_use]
    pub fn peer(&self) -> Option<PeerHeader> {
        match self {
            Self::RouteMonitoring(message) => Some(PeerHeader::of(message.peer)),
            Self::StatisticsReport(message) => Some(PeerHeader::of(message.peer)),
            Self::PeerDown(message) => Some(PeerHeader::of(message.peer)),
            Self::PeerUp(message) => Some(message.peer),
            Self::RouteMirroring(message) => Some(message.peer),
            Self::Initiation(_)
            | Self::Termination(_)
            | Self::RoutePolicyTrace(_)
            | Self::Unknown(_) => None,
        }
    }

    /// Appends the whole message, with its common header: the inverse of [`Message::parse`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::RouteMonitoring(message) => message.encode(out),
            Self::StatisticsReport(message) => message.encode(out),
            Self::PeerDown(message) => message.encode(out),
            Self::PeerUp(message) => of_version_4(out, |out| message.encode(out)),
            Self::Initiation(message) => of_version_4(out, |out| message.encode(out)),
            Self::Termination(message) => of_version_4(out, |out| message.encode(out)),
            Self::RouteMirroring(message) => of_version_4(out, |out| message.encode(out)),
            Self::RoutePolicyTrace(message) => of_version_4(out, |out| message.encode(out)),
            Self::Unknown(message) => message.encode(out),
        }
    }

    /// Describes version and type, then the body, with the TLVs of Route Monitoring by the numbers
    /// of `profile`.
    pub fn describe(&self, profile: Profile, fields: &mut dyn Fields) {
        let version = match self {
            Self::Unknown(message) => message.version,
            _ => VERSION,
        };
        fields.number("version", version.into());
        fields.text("type", &self.kind());
        match self {
            Self::RouteMonitoring(message) => message.describe(profile, fields),
            Self::StatisticsReport(message) => message.describe(fields),
            Self::PeerDown(message) => message.describe(fields),
            Self::PeerUp(message) => message.describe(fields),
            Self::Initiation(message) => message.describe(fields),
            Self::Termination(message) => message.describe(fields),
            Self::RouteMirroring(message) => message.describe(fields),
            Self::RoutePolicyTrace(message) => message.describe(fields),
            Self::Unknown(message) => message.describe(fields),
        }
    }
}
