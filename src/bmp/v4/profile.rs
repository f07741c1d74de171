//! The numbers of the Route Monitoring TLVs, draft by draft, and how those of a router are told
//! from its messages.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::{IndexedTlv, Owner, RouteMonitoring};
use crate::bgp::MARKER;
use crate::wire::WireError;

/// What a TLV of Route Monitoring is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RmTlv {
    /// The BGP message (draft-ietf-grow-bmp-tlv-20 §5.2).
    BgpMessage,
    /// Group of NLRI indexes (§5.2.1).
    Group,
    /// VRF/Table Name (§5.2.2).
    VrfTableName,
    /// Stateless Parsing: a BGP capability (§5.2.3).
    StatelessParsing,
    /// Path Marking (draft-ietf-grow-bmp-path-marking-tlv).
    PathMarking,
    /// Timestamp (§5.6.1).
    Timestamp,
    /// Sequence Number (§5.6.2).
    Sequence,
    /// Extended Flags (§5.6.3).
    ExtendedFlags,
}

/// Which draft's numbers a router uses for the TLVs of Route Monitoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// draft-ietf-grow-bmp-tlv-17 and those before it.
    Draft17,
    /// -18 and -19, with Path Marking as exporters of that time number it.
    #[default]
    Draft19,
    /// -20.
    Draft20,
    /// -21.
    Draft21,
}

/// Types 0 to 7 of one draft.
type Numbers = [Option<RmTlv>; 8];

impl Profile {
    /// Every profile and its name.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Draft17, "draft-17"),
        (Self::Draft19, "draft-19"),
        (Self::Draft20, "draft-20"),
        (Self::Draft21, "draft-21"),
    ];

    /// The table. Path Marking has no number yet beside those of -20 and -21.
    fn numbers(self) -> &'static Numbers {
        use RmTlv::{
            BgpMessage as Pdu, ExtendedFlags as Flags, Group, PathMarking as Mark, Sequence,
            StatelessParsing as Parse, Timestamp as Time, VrfTableName as Vrf,
        };
        const fn row(types: [Option<RmTlv>; 7]) -> Numbers {
            let [a, b, c, d, e, f, g] = types;
            [None, a, b, c, d, e, f, g]
        }
        const DRAFT_17: Numbers =
            row([Some(Pdu), Some(Group), Some(Vrf), Some(Parse), None, None, None]);
        const DRAFT_19: Numbers =
            row([Some(Parse), Some(Group), Some(Vrf), Some(Pdu), Some(Mark), None, None]);
        const DRAFT_20: Numbers = row([
            Some(Sequence),
            Some(Flags),
            Some(Time),
            Some(Group),
            Some(Vrf),
            Some(Parse),
            Some(Pdu),
        ]);
        const DRAFT_21: Numbers = row([
            Some(Group),
            Some(Vrf),
            Some(Parse),
            Some(Pdu),
            Some(Sequence),
            Some(Flags),
            Some(Time),
        ]);
        match self {
            Self::Draft17 => &DRAFT_17,
            Self::Draft19 => &DRAFT_19,
            Self::Draft20 => &DRAFT_20,
            Self::Draft21 => &DRAFT_21,
        }
    }

    /// What type `kind` is for; `None` where the draft says nothing of it.
    #[must_use]
    pub fn meaning(self, kind: u16) -> Option<RmTlv> {
        self.numbers().get(usize::from(kind)).copied().flatten()
    }

    /// The type for `tlv`, if the draft has one.
    #[must_use]
    pub fn number(self, tlv: RmTlv) -> Option<u16> {
        let at = self.numbers().iter().position(|row| *row == Some(tlv))?;
        u16::try_from(at).ok()
    }

    /// Finds the TLV with the BGP message, and the profile by its type and by what is in the other
    /// TLVs. `known` is what earlier messages of the session have shown: it holds as long as
    /// messages fit it; -19 and -21, which number the BGP message alike, until one speaks for the
    /// other of them alone.
    ///
    /// The profile is `None` while two drafts explain all that was seen; then read with the default
    /// one.
    ///
    /// # Errors
    /// There is no such TLV, or there are several.
    pub fn detect(
        message: &RouteMonitoring<'_>,
        known: Option<Self>,
    ) -> Result<Option<Self>, WireError> {
        let number = known.and_then(|profile| profile.number(RmTlv::BgpMessage));
        let (mut first, mut several, mut fits) = (None, false, false);
        for tlv in message.tlvs.iter().filter(holds_bgp_message) {
            several |= first.replace(tlv.tlv.kind).is_some();
            fits |= number == first;
        }
        let kind = match (first, known) {
            // One that is cut short can only be told by its type.
            (None, Some(profile)) => return message.bgp_message(profile).map(|_| known),
            (_, Some(profile)) if fits => {
                return message.bgp_message(profile).map(|_| Some(profile.or_its_twin(message)));
            }
            (Some(kind), _) if !several => kind,
            _ => return Err(message.without_bgp_message()),
        };
        let found = match kind {
            1 => Some(Self::Draft17),
            4 => Votes::of(message).winner(),
            7 => Some(Self::Draft20),
            _ => return Err(message.without_bgp_message()),
        };
        message.bgp_message(found.unwrap_or_default()).map(|_| found)
    }

    /// -19 for -21, or the other way round, if that is what `message` speaks for, and not for this
    /// one at all.
    fn or_its_twin(self, message: &RouteMonitoring<'_>) -> Self {
        match (self, Votes::of(message)) {
            (Self::Draft19, Votes { for_19: 0, for_21: 1.. }) => Self::Draft21,
            (Self::Draft21, Votes { for_19: 1.., for_21: 0 }) => Self::Draft19,
            _ => self,
        }
    }
}

/// Whether a TLV's value is a whole BGP message.
fn holds_bgp_message(tlv: &IndexedTlv<'_>) -> bool {
    let Some((marker, rest)) = tlv.tlv.value.split_first_chunk::<16>() else { return false };
    let fits = rest.first_chunk().is_some_and(|len| {
        let len = usize::from(u16::from_be_bytes(*len));
        (19..=tlv.tlv.value.len()).contains(&len)
    });
    *marker == MARKER && tlv.tlv.owner == Owner::Iana && fits
}

/// How many TLVs of a message are as in -19 and as in -21, which number the BGP message alike.
struct Votes {
    for_19: u32,
    for_21: u32,
}

impl Votes {
    fn of(message: &RouteMonitoring<'_>) -> Self {
        let (mut for_19, mut for_21) = (0_u32, 0_u32);
        for IndexedTlv { index, tlv } in message.tlvs.iter().filter(|t| t.tlv.owner == Owner::Iana)
        {
            let is_capability = is_capability(tlv.value);
            match (tlv.kind, tlv.value.len()) {
                (1, _) if index.is_group() => for_21 += 1,
                (1, _) if is_capability => for_19 += 1,
                (2, _) if index.is_group() => for_19 += 1,
                (2 | 3, 0) => {}
                (2, _) => for_21 += 1,
                (3, _) if is_capability => for_21 += 1,
                (3, _) | (5, 4 | 6) => for_19 += 1,
                (5, 8) | (7, 5 | 9) => for_21 += 1,
                _ => {}
            }
        }
        Self { for_19, for_21 }
    }

    fn winner(&self) -> Option<Profile> {
        match self.for_19.cmp(&self.for_21) {
            Ordering::Greater => Some(Profile::Draft19),
            Ordering::Equal => None,
            Ordering::Less => Some(Profile::Draft21),
        }
    }
}

/// Whether a value is one whole capability (RFC 5492 §4), and no name of a table: in a name of 34
/// octets or more, the second one may say by chance how many follow it.
fn is_capability(value: &[u8]) -> bool {
    let is_name =
        || std::str::from_utf8(value).is_ok_and(|name| !name.chars().any(char::is_control));
    matches!(value, [_, len, rest @ ..] if rest.len() == usize::from(*len)) && !is_name()
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(profile, _)| profile == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Profile {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(profile, _)| *profile).ok_or(())
    }
}

/// What a router speaks, beyond what its messages say of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dialect {
    /// The numbers of the Route Monitoring TLVs of version 4; `None` while they are not known.
    pub v4: Option<Profile>,
    /// The message type of Route Event Logging (draft-ietf-grow-bmp-rel), which has none assigned.
    pub rel: Option<u8>,
}

impl Dialect {
    /// The profile to read with.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.v4.unwrap_or_default()
    }
}
