//! What the TLVs of Route Monitoring hold, by the numbers of a [`Profile`].

use super::{Index, IndexedTlv, Owner, PathMarking, Profile, RmTlv, Tlv};
use crate::bgp::capability::CapabilityCode;
use crate::wire::{Fields, Item, List, Reader, Timestamp, open_enum};

open_enum! {
    /// Of what a Timestamp TLV tells the time (draft-ietf-grow-bmp-tlv-20 §5.6.1.1). Types from 2
    /// on are others in -21.
    pub struct TimestampType(u8) {
        Trigger = 0 => "Trigger Time",
        Export = 1 => "Message Export Time",
        AdjRibIn = 2 => "Adj-RIB-In Time",
        LocRib = 3 => "Local-RIB Time",
        AdjRibOut = 4 => "Adj-RIB-Out Time",
    }
}

/// Timestamp: type(1) · seconds(4) · [microseconds(4)] (draft-ietf-grow-bmp-tlv-20 §5.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampTlv {
    /// Of what it is the time.
    pub kind: TimestampType,
    /// Seconds of the epoch.
    pub secs: u32,
    /// Microseconds, where they are told.
    pub micros: Option<u32>,
}

impl TimestampTlv {
    fn parse(value: &[u8]) -> Option<Self> {
        let mut r = Reader::new(value);
        let kind = TimestampType(r.u8("Timestamp Type").ok()?);
        let secs = r.u32("Timestamp (seconds)").ok()?;
        let micros = match r.len() {
            0 => None,
            _ => Some(r.u32("Timestamp (microseconds)").ok()?),
        };
        r.is_empty().then_some(Self { kind, secs, micros })
    }

    /// As a time.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        Timestamp::new(self.secs.into(), self.micros.unwrap_or_default())
    }
}

/// A BGP capability: code(1) · length(1) · value (draft-ietf-grow-bmp-tlv-20 §5.2.3, RFC 5492 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatelessParsing<'a> {
    /// Capability code.
    pub code: CapabilityCode,
    /// Capability value.
    pub value: &'a [u8],
}

impl<'a> StatelessParsing<'a> {
    fn parse(value: &'a [u8]) -> Option<Self> {
        let (&[code, len], value) = value.split_first_chunk()?;
        (value.len() == usize::from(len)).then_some(Self { code: CapabilityCode(code), value })
    }
}

/// The value of a TLV of Route Monitoring. One that does not have the form of its type, or whose
/// type the profile does not know, is [`RmValue::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RmValue<'a> {
    /// The BGP message with its header.
    BgpMessage(&'a [u8]),
    /// NLRI indexes, two or more; the TLV's own index names the group.
    Group(List<'a, Index>),
    /// VRF/Table Name, UTF-8, 1–255 octets.
    VrfTableName(&'a [u8]),
    /// A capability with which the BGP message is to be read, instead of those of the Peer Up.
    StatelessParsing(StatelessParsing<'a>),
    /// Path Marking.
    PathMarking(PathMarking),
    /// Timestamp.
    Timestamp(TimestampTlv),
    /// Sequence Number: of the message in its session, from 0.
    Sequence(u64),
    /// Extended Flags: the peer flags, then more octets of them.
    ExtendedFlags(&'a [u8]),
    /// Any other.
    Unknown(Tlv<'a>),
}

impl<'a> RmValue<'a> {
    fn of(tlv: Tlv<'a>, profile: Profile) -> Option<Self> {
        let value = tlv.value;
        let meaning = match tlv.owner {
            Owner::Iana => profile.meaning(tlv.kind)?,
            Owner::Enterprise(_) | Owner::Nobody => return None,
        };
        match meaning {
            RmTlv::BgpMessage => Some(Self::BgpMessage(value)),
            RmTlv::Group if value.len() >= 4 => {
                List::parse(Reader::new(value)).ok().map(Self::Group)
            }
            RmTlv::Group => None,
            RmTlv::VrfTableName => Some(Self::VrfTableName(value)),
            RmTlv::StatelessParsing => StatelessParsing::parse(value).map(Self::StatelessParsing),
            RmTlv::PathMarking => PathMarking::parse(value).map(Self::PathMarking),
            RmTlv::Timestamp => TimestampTlv::parse(value).map(Self::Timestamp),
            RmTlv::Sequence => value.try_into().ok().map(u64::from_be_bytes).map(Self::Sequence),
            RmTlv::ExtendedFlags => Some(Self::ExtendedFlags(value)),
        }
    }

    /// What a TLV of this value is for; `None` for one that is not known.
    fn meaning(&self) -> Option<RmTlv> {
        Some(match self {
            Self::BgpMessage(_) => RmTlv::BgpMessage,
            Self::Group(_) => RmTlv::Group,
            Self::VrfTableName(_) => RmTlv::VrfTableName,
            Self::StatelessParsing(_) => RmTlv::StatelessParsing,
            Self::PathMarking(_) => RmTlv::PathMarking,
            Self::Timestamp(_) => RmTlv::Timestamp,
            Self::Sequence(_) => RmTlv::Sequence,
            Self::ExtendedFlags(_) => RmTlv::ExtendedFlags,
            Self::Unknown(_) => return None,
        })
    }

    /// Appends the TLV with this value and `index`, by the numbers of `profile`. Whether it did: a
    /// profile may have no number for it.
    pub fn encode(&self, index: Index, profile: Profile, out: &mut Vec<u8>) -> bool {
        if let Self::Unknown(tlv) = *self {
            IndexedTlv { index, tlv }.encode(out);
            return true;
        }
        let Some(kind) = self.meaning().and_then(|meaning| profile.number(meaning)) else {
            return false;
        };
        let mut value = Vec::new();
        self.put(&mut value);
        IndexedTlv { index, tlv: Tlv::new(kind, &value) }.encode(out);
        true
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::BgpMessage(octets) | Self::VrfTableName(octets) | Self::ExtendedFlags(octets) => {
                out.extend_from_slice(octets);
            }
            Self::Group(members) => members.encode(out),
            Self::StatelessParsing(StatelessParsing { code, value }) => {
                out.extend_from_slice(&[code.0, u8::try_from(value.len()).unwrap_or(u8::MAX)]);
                out.extend_from_slice(value);
            }
            Self::PathMarking(marking) => marking.encode(out),
            Self::Timestamp(TimestampTlv { kind, secs, micros }) => {
                out.push(kind.0);
                out.extend_from_slice(&secs.to_be_bytes());
                out.extend_from_slice(micros.map(u32::to_be_bytes).as_slice().as_flattened());
            }
            Self::Sequence(number) => out.extend_from_slice(&number.to_be_bytes()),
            Self::Unknown(tlv) => out.extend_from_slice(tlv.value),
        }
    }

    fn describe(&self, profile: Profile, fields: &mut dyn Fields) {
        match self {
            Self::BgpMessage(octets) => fields.octets("bgp_message", octets),
            Self::Group(members) => members.describe("group", fields),
            Self::VrfTableName(name) => match std::str::from_utf8(name) {
                Ok(name) => fields.text("vrf_table_name", &name),
                Err(_) => fields.octets("vrf_table_name", name),
            },
            Self::StatelessParsing(StatelessParsing { code, value }) => {
                fields.group("stateless_parsing", &mut |fields| {
                    fields.text("code", code);
                    fields.octets("value", value);
                });
            }
            Self::PathMarking(marking) => marking.describe(fields),
            Self::Timestamp(stamp) => fields.group("timestamp", &mut |fields| {
                // From type 2 on, drafts differ.
                match profile == Profile::Draft20 || stamp.kind.0 < 2 {
                    true => fields.text("type", &stamp.kind),
                    false => fields.number("type", stamp.kind.0.into()),
                }
                fields.number("seconds", stamp.secs.into());
                if let Some(micros) = stamp.micros {
                    fields.number("microseconds", micros.into());
                }
            }),
            Self::Sequence(number) => fields.number("sequence_number", *number),
            Self::ExtendedFlags(flags) => fields.octets("extended_flags", flags),
            Self::Unknown(tlv) => {
                tlv.describe_type(fields);
                fields.octets("value", tlv.value);
            }
        }
    }
}

impl<'a> IndexedTlv<'a> {
    /// What it holds, by the numbers of `profile`.
    #[must_use]
    pub fn value(&self, profile: Profile) -> RmValue<'a> {
        RmValue::of(self.tlv, profile).unwrap_or(RmValue::Unknown(self.tlv))
    }

    /// Describes it by the numbers of `profile`.
    pub fn describe_by(&self, profile: Profile, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            self.index.describe_as("index", fields);
            self.value(profile).describe(profile, fields);
        });
    }
}
