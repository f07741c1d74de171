//! NOTIFICATION: error code(1) · subcode(1) · data (RFC 4271 §4.5).

use super::attr::{Attribute, AttributeCode, Attributes};
use super::capability::RawCapability;
use super::encode::message;
use super::{Header, MessageType};
use crate::wire::{Family, Fields, List, Part as _, Reader, Text, WireError, open_enum};

open_enum! {
    /// NOTIFICATION error codes (RFC 4271 §4.5, RFC 7313, RFC 9687, RFC 9815).
    pub struct ErrorCode(u8) {
        MessageHeader = 1 => "Message Header Error",
        OpenMessage = 2 => "OPEN Message Error",
        UpdateMessage = 3 => "UPDATE Message Error",
        HoldTimerExpired = 4 => "Hold Timer Expired",
        FiniteStateMachine = 5 => "Finite State Machine Error",
        Cease = 6 => "Cease",
        RouteRefresh = 7 => "ROUTE-REFRESH Message Error",
        SendHoldTimerExpired = 8 => "Send Hold Timer Expired",
        LossOfLsdbSynchronization = 9 => "Loss of LSDB Synchronization",
    }
}

open_enum! {
    /// Subcodes of a Message Header Error (RFC 4271 §6.1).
    pub struct HeaderSubcode(u8) {
        Unspecific = 0 => "Unspecific",
        ConnectionNotSynchronized = 1 => "Connection Not Synchronized",
        BadMessageLength = 2 => "Bad Message Length",
        BadMessageType = 3 => "Bad Message Type",
    }
}

open_enum! {
    /// Subcodes of an OPEN Message Error (RFC 4271 §6.2, RFC 5492 §5, RFC 9234 §4.2).
    pub struct OpenSubcode(u8) {
        Unspecific = 0 => "Unspecific",
        UnsupportedVersionNumber = 1 => "Unsupported Version Number",
        BadPeerAs = 2 => "Bad Peer AS",
        BadBgpIdentifier = 3 => "Bad BGP Identifier",
        UnsupportedOptionalParameter = 4 => "Unsupported Optional Parameter",
        AuthenticationFailure = 5 => "Authentication Failure (deprecated)",
        UnacceptableHoldTime = 6 => "Unacceptable Hold Time",
        UnsupportedCapability = 7 => "Unsupported Capability",
        RoleMismatch = 11 => "Role Mismatch",
    }
}

open_enum! {
    /// Subcodes of an UPDATE Message Error (RFC 4271 §6.3).
    pub struct UpdateSubcode(u8) {
        Unspecific = 0 => "Unspecific",
        MalformedAttributeList = 1 => "Malformed Attribute List",
        UnrecognizedWellKnownAttribute = 2 => "Unrecognized Well-known Attribute",
        MissingWellKnownAttribute = 3 => "Missing Well-known Attribute",
        AttributeFlagsError = 4 => "Attribute Flags Error",
        AttributeLengthError = 5 => "Attribute Length Error",
        InvalidOrigin = 6 => "Invalid ORIGIN Attribute",
        AsRoutingLoop = 7 => "AS Routing Loop (deprecated)",
        InvalidNextHop = 8 => "Invalid NEXT_HOP Attribute",
        OptionalAttributeError = 9 => "Optional Attribute Error",
        InvalidNetworkField = 10 => "Invalid Network Field",
        MalformedAsPath = 11 => "Malformed AS_PATH",
    }
}

open_enum! {
    /// Subcodes of a Finite State Machine Error (RFC 6608 §3).
    pub struct FsmSubcode(u8) {
        Unspecified = 0 => "Unspecified Error",
        OpenSent = 1 => "Receive Unexpected Message in OpenSent State",
        OpenConfirm = 2 => "Receive Unexpected Message in OpenConfirm State",
        Established = 3 => "Receive Unexpected Message in Established State",
    }
}

open_enum! {
    /// Subcodes of a Cease (RFC 4486 §3, RFC 8538 §3.1, RFC 9384 §2).
    pub struct CeaseSubcode(u8) {
        MaximumPrefixes = 1 => "Maximum Number of Prefixes Reached",
        AdministrativeShutdown = 2 => "Administrative Shutdown",
        PeerDeConfigured = 3 => "Peer De-configured",
        AdministrativeReset = 4 => "Administrative Reset",
        ConnectionRejected = 5 => "Connection Rejected",
        OtherConfigurationChange = 6 => "Other Configuration Change",
        ConnectionCollisionResolution = 7 => "Connection Collision Resolution",
        OutOfResources = 8 => "Out of Resources",
        HardReset = 9 => "Hard Reset",
        BfdDown = 10 => "BFD Down",
    }
}

open_enum! {
    /// Subcodes of a ROUTE-REFRESH Message Error (RFC 7313 §5).
    pub struct RouteRefreshSubcode(u8) {
        InvalidMessageLength = 1 => "Invalid Message Length",
    }
}

/// A NOTIFICATION without its BGP header. 2 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notification<'a> {
    /// Error code.
    pub code: ErrorCode,
    /// Error subcode, in the registry of its code; see [`Notification::subcode_name`].
    pub subcode: u8,
    /// Data, as received; see [`Notification::diagnostic`].
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

    /// Appends the body: the inverse of [`Notification::parse`].
    pub fn encode_body(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.code.0, self.subcode]);
        out.extend_from_slice(self.data);
    }

    /// Appends the whole message, with its BGP header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        message(out, MessageType::Notification.0, |out| self.encode_body(out));
    }

    /// The registry's name for the subcode, if there is one for this code.
    #[must_use]
    pub fn subcode_name(&self) -> Option<&'static str> {
        match self.code {
            ErrorCode::MessageHeader => HeaderSubcode(self.subcode).name(),
            ErrorCode::OpenMessage => OpenSubcode(self.subcode).name(),
            ErrorCode::UpdateMessage => UpdateSubcode(self.subcode).name(),
            ErrorCode::FiniteStateMachine => FsmSubcode(self.subcode).name(),
            ErrorCode::Cease => CeaseSubcode(self.subcode).name(),
            ErrorCode::RouteRefresh => RouteRefreshSubcode(self.subcode).name(),
            _ => None,
        }
    }

    /// What the data says, where a standard gives data of this code and subcode a form.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic<'a> {
        Diagnostic::of(self)
    }

    /// Says what it holds.
    pub fn describe(&self, fields: &mut dyn Fields) {
        self.describe_to(1, fields);
    }

    /// Describes what is inside a Hard Reset, too, `depth` times: it may hold another.
    fn describe_to(&self, depth: u8, fields: &mut dyn Fields) {
        fields.text("error_code", &self.code);
        match self.subcode_name() {
            Some(name) => fields.text("error_subcode", &name),
            None => fields.number("error_subcode", self.subcode.into()),
        }
        match self.diagnostic() {
            Diagnostic::HardReset(inner) if depth > 0 => {
                fields.group("hard_reset", &mut |fields| {
                    inner.describe_to(depth - 1, fields);
                })
            }
            Diagnostic::HardReset(_) => fields.octets("data", self.data),
            other => other.describe(fields),
        }
    }
}

/// The data of a [`Notification`], read as the standards say for its code and subcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diagnostic<'a> {
    /// There is no data.
    Nothing,
    /// The Length field of a message with a bad length (RFC 4271 §6.1).
    BadMessageLength(u16),
    /// The type of a message with a bad type (RFC 4271 §6.1).
    BadMessageType(MessageType),
    /// The largest version that the sender supports below the one in the OPEN (RFC 4271 §6.2).
    SupportedVersion(u16),
    /// The capabilities that the sender misses, or cannot do with (RFC 5492 §5).
    Capabilities(List<'a, RawCapability<'a>>),
    /// One whole attribute that is in error: flags, type, length and value (RFC 4271 §6.3).
    Attribute(&'a [u8]),
    /// The type code of a well-known attribute that is missing (RFC 4271 §6.3).
    MissingAttribute(AttributeCode),
    /// The type of a message that came in the wrong state (RFC 6608 §4).
    UnexpectedMessage(MessageType),
    /// The family that has reached its maximum number of prefixes (RFC 4486 §4).
    MaximumPrefixes {
        /// Family.
        family: Family,
        /// The maximum.
        limit: u32,
    },
    /// A shutdown communication: 0–255 octets of UTF-8, or what should be (RFC 9003 §2).
    ShutdownCommunication(&'a [u8]),
    /// What a Hard Reset encapsulates: error code, subcode and data (RFC 8538 §3.1).
    HardReset(Notification<'a>),
    /// A whole ROUTE-REFRESH with a length that it must not have, with its header (RFC 7313 §5).
    Message(&'a [u8]),
    /// Data without a form, or not of the form that it should have.
    Octets(&'a [u8]),
}

impl<'a> Diagnostic<'a> {
    fn of(n: &Notification<'a>) -> Self {
        if n.data.is_empty() {
            return Self::Nothing;
        }
        let found = match n.code {
            ErrorCode::MessageHeader => Self::of_header(n),
            ErrorCode::OpenMessage => Self::of_open(n),
            ErrorCode::UpdateMessage => Self::of_update(n),
            ErrorCode::FiniteStateMachine => Self::of_state(n),
            ErrorCode::Cease => Self::of_cease(n),
            ErrorCode::RouteRefresh => Self::of_route_refresh(n),
            _ => None,
        };
        found.unwrap_or(Self::Octets(n.data))
    }

    fn of_header(n: &Notification<'a>) -> Option<Self> {
        match HeaderSubcode(n.subcode) {
            HeaderSubcode::BadMessageLength => number(n.data).map(Self::BadMessageLength),
            HeaderSubcode::BadMessageType => {
                octet(n.data).map(|kind| Self::BadMessageType(MessageType(kind)))
            }
            _ => None,
        }
    }

    fn of_open(n: &Notification<'a>) -> Option<Self> {
        match OpenSubcode(n.subcode) {
            OpenSubcode::UnsupportedVersionNumber => number(n.data).map(Self::SupportedVersion),
            OpenSubcode::UnsupportedCapability => {
                List::parse(Reader::new(n.data)).ok().map(Self::Capabilities)
            }
            _ => None,
        }
    }

    fn of_update(n: &Notification<'a>) -> Option<Self> {
        match UpdateSubcode(n.subcode) {
            UpdateSubcode::MissingWellKnownAttribute => {
                octet(n.data).map(|code| Self::MissingAttribute(AttributeCode(code)))
            }
            UpdateSubcode::UnrecognizedWellKnownAttribute
            | UpdateSubcode::AttributeFlagsError
            | UpdateSubcode::AttributeLengthError
            | UpdateSubcode::InvalidOrigin
            | UpdateSubcode::InvalidNextHop
            | UpdateSubcode::OptionalAttributeError => {
                attribute(n.data).map(|_| Self::Attribute(n.data))
            }
            _ => None,
        }
    }

    fn of_state(n: &Notification<'a>) -> Option<Self> {
        match FsmSubcode(n.subcode) {
            FsmSubcode::OpenSent | FsmSubcode::OpenConfirm | FsmSubcode::Established => {
                octet(n.data).map(|kind| Self::UnexpectedMessage(MessageType(kind)))
            }
            _ => None,
        }
    }

    fn of_cease(n: &Notification<'a>) -> Option<Self> {
        match CeaseSubcode(n.subcode) {
            CeaseSubcode::MaximumPrefixes => {
                let &[high, low, safi, a, b, c, d] = n.data.as_array()?;
                let family = Family::new(u16::from_be_bytes([high, low]), safi);
                Some(Self::MaximumPrefixes { family, limit: u32::from_be_bytes([a, b, c, d]) })
            }
            CeaseSubcode::AdministrativeShutdown | CeaseSubcode::AdministrativeReset => {
                let (len, text) = n.data.split_first()?;
                (text.len() == usize::from(*len)).then_some(Self::ShutdownCommunication(text))
            }
            CeaseSubcode::HardReset => {
                Notification::parse(Reader::new(n.data)).ok().map(Self::HardReset)
            }
            _ => None,
        }
    }

    fn of_route_refresh(n: &Notification<'a>) -> Option<Self> {
        let mut r = Reader::new(n.data);
        Header::parse(&mut r).ok()?;
        let is_one = RouteRefreshSubcode(n.subcode) == RouteRefreshSubcode::InvalidMessageLength;
        (is_one && r.is_empty()).then_some(Self::Message(n.data))
    }

    /// Appends the data's octets: what [`Notification::data`] holds.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Nothing => {}
            Self::BadMessageLength(n) | Self::SupportedVersion(n) => {
                out.extend_from_slice(&n.to_be_bytes());
            }
            Self::BadMessageType(kind) | Self::UnexpectedMessage(kind) => out.push(kind.0),
            Self::Capabilities(list) => list.encode(out),
            Self::MissingAttribute(code) => out.push(code.0),
            Self::MaximumPrefixes { family, limit } => {
                family.encode(out);
                out.extend_from_slice(&limit.to_be_bytes());
            }
            Self::ShutdownCommunication(text) => {
                super::encode::counted8(out, |out| out.extend_from_slice(text));
            }
            Self::HardReset(inner) => inner.encode_body(out),
            Self::Attribute(octets) | Self::Message(octets) | Self::Octets(octets) => {
                out.extend_from_slice(octets);
            }
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        match *self {
            Self::Nothing => {}
            Self::BadMessageLength(length) => fields.number("message_length", length.into()),
            Self::BadMessageType(kind) => fields.text("message_type", &kind),
            Self::SupportedVersion(version) => fields.number("supported_version", version.into()),
            Self::Capabilities(list) => list.describe("capabilities", fields),
            Self::Attribute(octets) => describe_attribute(octets, fields),
            Self::MissingAttribute(code) => fields.text("missing_attribute", &code),
            Self::UnexpectedMessage(kind) => fields.text("unexpected_message", &kind),
            Self::MaximumPrefixes { family, limit } => {
                fields.group("maximum_prefixes", &mut |fields| {
                    fields.number("afi", family.afi.into());
                    fields.number("safi", family.safi.into());
                    fields.number("limit", limit.into());
                });
            }
            Self::ShutdownCommunication(text) => {
                Text(text).describe_as("shutdown_communication", fields);
            }
            Self::HardReset(inner) => fields.octets("data", inner.data),
            Self::Message(octets) => fields.octets("message", octets),
            Self::Octets(octets) => fields.octets("data", octets),
        }
    }
}

/// Data of just two octets.
fn number(data: &[u8]) -> Option<u16> {
    data.try_into().ok().map(u16::from_be_bytes)
}

/// Data of just one octet.
fn octet(data: &[u8]) -> Option<u8> {
    match *data {
        [octet] => Some(octet),
        _ => None,
    }
}

/// Data that is just one attribute.
fn attribute(data: &[u8]) -> Option<Attribute<'_>> {
    let mut left = Attributes::new(Reader::new(data));
    let only = left.next_whole()?;
    (only.reader().offset() + only.value().len() == data.len()).then_some(only)
}

fn describe_attribute(octets: &[u8], fields: &mut dyn Fields) {
    let Some(attribute) = attribute(octets) else {
        return fields.octets("data", octets);
    };
    fields.group("attribute", &mut |fields| {
        fields.text("type", &attribute.code);
        fields.number("flags", attribute.flags.into());
        fields.octets("value", attribute.value());
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::attr::testing::octets;
    use crate::wire::Outline;

    #[test]
    fn data_is_what_is_left() {
        let n = Notification::parse(Reader::new(&[6, 2, 1, b'x'])).unwrap();
        assert_eq!((n.code, n.subcode, n.data), (ErrorCode::Cease, 2, &[1, b'x'][..]));
        assert!(Notification::parse(Reader::new(&[6])).is_err());
    }

    /// What it says; its data must be what its diagnostic writes.
    fn said(hex: &str) -> String {
        let body = octets(hex);
        let n = Notification::parse(Reader::new(&body)).unwrap();
        let mut data = Vec::new();
        n.diagnostic().encode(&mut data);
        assert_eq!(data, n.data, "{hex}");
        let mut again = Vec::new();
        n.encode_body(&mut again);
        assert_eq!(again, body, "{hex}");
        Outline::of(|fields| n.describe(fields))
    }

    #[test]
    fn subcodes_have_the_names_of_their_code() {
        let head = |code, subcode| {
            let n = Notification { code: ErrorCode(code), subcode, data: &[] };
            (n.code.to_string(), n.subcode_name().unwrap_or("-"))
        };
        for (code, subcode, want) in [
            (1, 1, ("Message Header Error", "Connection Not Synchronized")),
            (2, 2, ("OPEN Message Error", "Bad Peer AS")),
            (2, 8, ("OPEN Message Error", "-")),
            (2, 11, ("OPEN Message Error", "Role Mismatch")),
            (3, 11, ("UPDATE Message Error", "Malformed AS_PATH")),
            (4, 0, ("Hold Timer Expired", "-")),
            (
                5,
                2,
                ("Finite State Machine Error", "Receive Unexpected Message in OpenConfirm State"),
            ),
            (6, 8, ("Cease", "Out of Resources")),
            (6, 10, ("Cease", "BFD Down")),
            (7, 1, ("ROUTE-REFRESH Message Error", "Invalid Message Length")),
            (8, 0, ("Send Hold Timer Expired", "-")),
            (9, 0, ("Loss of LSDB Synchronization", "-")),
            (77, 1, ("77", "-")),
        ] {
            assert_eq!(head(code, subcode), (want.0.to_owned(), want.1));
        }
    }

    #[test]
    fn data_with_a_form_is_read() {
        for (hex, want) in [
            (
                "01 02 0010",
                "Message Header Error error_subcode=Bad Message Length message_length=16",
            ),
            ("01 03 ff", "Message Header Error error_subcode=Bad Message Type message_type=255"),
            (
                "02 01 0004",
                "OPEN Message Error error_subcode=Unsupported Version Number supported_version=4",
            ),
            (
                "02 07 0104 0001 00 80 4600",
                "OPEN Message Error error_subcode=Unsupported Capability \
                 capabilities=[{multiprotocol={afi=1 safi=128}}, {enhanced_route_refresh=true}]",
            ),
            (
                "03 05 40 01 02 0004",
                "UPDATE Message Error error_subcode=Attribute Length Error \
                 attribute={type=ORIGIN flags=64 value=0004}",
            ),
            (
                "03 03 05",
                "UPDATE Message Error error_subcode=Missing Well-known Attribute \
                 missing_attribute=LOCAL_PREF",
            ),
            (
                "05 03 01",
                "Finite State Machine Error \
                 error_subcode=Receive Unexpected Message in Established State \
                 unexpected_message=OPEN",
            ),
            (
                "06 01 0002 01 000186a0",
                "Cease error_subcode=Maximum Number of Prefixes Reached \
                 maximum_prefixes={afi=2 safi=1 limit=100000}",
            ),
            (
                "06 02 04 77c3a465",
                "Cease error_subcode=Administrative Shutdown shutdown_communication=w\u{e4}e",
            ),
            (
                "06 09 06 04 02 6869",
                "Cease error_subcode=Hard Reset hard_reset={error_code=Cease \
                 error_subcode=Administrative Reset shutdown_communication=hi}",
            ),
        ] {
            assert_eq!(said(hex), format!("error_code={want}"), "{hex}");
        }
    }

    #[test]
    fn data_of_another_form_stays_as_it_is() {
        for hex in [
            "01 02 00",
            "01 03 0102",
            "02 01 04",
            "02 02 feb0",
            "02 07 0104 00",
            "03 03 8001",
            "03 05 40 01 02 00",
            "03 05 40 01 01 0000",
            "05 01 0102",
            "05 00 01",
            "06 01 0001 01 00",
            "06 04 05 6869",
            "06 04 01 6869",
            "06 09 06",
            "07 01 00",
            "63 01 02",
        ] {
            let said = said(hex);
            let data = hex.replace(' ', "")[4..].to_owned();
            assert!(said.ends_with(&format!(" data={data}")), "{hex}: {said}");
        }
        let message = format!("{}0018050001010100", "ff".repeat(16));
        assert!(said(&format!("0701{message}")).ends_with(&format!(" message={message}")));
        assert!(said("06 02 02 c3c3").ends_with(" shutdown_communication=c3c3"));
    }

    #[test]
    fn a_hard_reset_inside_a_hard_reset_ends() {
        let nested = octets("0609").repeat(2000);
        let n = Notification::parse(Reader::new(&nested)).unwrap();
        let text = Outline::of(|fields| n.describe(fields));
        assert!(text.starts_with("error_code=Cease error_subcode=Hard Reset hard_reset={"));
        assert_eq!(text.matches("hard_reset=").count(), 1);
    }
}
