//! Path attributes (RFC 4271 §4.3): one file each, one row in the table below. Attributes without a
//! row are kept raw, with their code, flags and value.

pub mod aggregator;
pub mod aigp;
pub mod as4;
pub mod as_path;
pub mod as_path_limit;
pub mod attr_set;
pub mod bfd_discriminator;
pub mod bgp_ls;
pub mod bgpsec_path;
pub mod bier;
pub mod cluster_list;
pub mod communities;
pub mod community_container;
pub mod connector;
pub mod d_path;
pub mod extended_communities;
#[cfg(test)]
mod inverses;
pub mod ipv6_extended_communities;
pub mod large_communities;
pub mod mp_reach;
pub mod mp_unreach;
pub mod next_hop_characteristics;
pub mod pe_distinguisher_labels;
pub mod pmsi_tunnel;
pub mod prefix_sid;
pub mod raw;
mod scalar;
pub mod sfp;
#[cfg(test)]
pub(crate) mod testing;
pub mod traffic_engineering;
pub mod tunnel_encapsulation;

pub use scalar::{
    AtomicAggregate, LocalPref, MultiExitDisc, NextHop, OnlyToCustomer, Origin, OriginatorId,
};

use crate::bgp::AsWidth;
use crate::bgp::encode::attribute_with;
use crate::wire::{Fields, Reader, WireError};
pub use crate::wire::{LabelStackEntry, Mac, Part, Reserved, Text, U24};

/// Attribute flag: the value's length has 2 octets.
pub const FLAG_EXTENDED_LENGTH: u8 = 0x10;
/// Attribute flag: the attribute was handled by a speaker that does not know it.
pub const FLAG_PARTIAL: u8 = 0x20;
/// Attribute flag: passed on by speakers.
pub const FLAG_TRANSITIVE: u8 = 0x40;
/// Attribute flag: not well-known.
pub const FLAG_OPTIONAL: u8 = 0x80;

/// Flags of a well-known attribute.
const WELL_KNOWN: u8 = FLAG_TRANSITIVE;
/// Flags of an optional attribute that a speaker passes on even if it does not know it.
const TRANSITIVE: u8 = FLAG_OPTIONAL | FLAG_TRANSITIVE;
/// Flags of an optional attribute that stays between two speakers.
const NON_TRANSITIVE: u8 = FLAG_OPTIONAL;

/// What a speaker does about something malformed in an UPDATE (RFC 7606 §2), mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorAction {
    /// The attribute is left out, the rest of the UPDATE counts.
    AttributeDiscard,
    /// The routes that the UPDATE announces are taken as withdrawn.
    TreatAsWithdraw,
    /// Which routes it is about cannot be told: the session is reset, or the family disabled.
    SessionReset,
}
use ErrorAction::{AttributeDiscard, SessionReset, TreatAsWithdraw};

impl ErrorAction {
    /// RFC 7606's words for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AttributeDiscard => "attribute discard",
            TreatAsWithdraw => "treat-as-withdraw",
            SessionReset => "session reset",
        }
    }
}

/// The value of one path attribute as a type of its own.
pub trait Value<'a>: Sized {
    /// Reads the value, which ends with the attribute.
    ///
    /// # Errors
    /// It is malformed, in the sense of RFC 7606.
    fn parse(value: Reader<'a>, as_width: AsWidth) -> Result<Self, WireError>;

    /// Appends the value's octets, without the attribute's header: the inverse of
    /// [`Value::parse`].
    fn encode(&self, as_width: AsWidth, out: &mut Vec<u8>);

    /// Says what it holds, as one field called `name`.
    fn describe(&self, name: &'static str, fields: &mut dyn Fields);
}

/// A [`Value`] with a row in the table of attributes.
pub trait Registered {
    /// Its type code.
    const CODE: AttributeCode;
    /// The flags with which a speaker sends it: [`FLAG_OPTIONAL`] and [`FLAG_TRANSITIVE`].
    const FLAGS: u8;
}

/// Appends the whole attribute: flags, code, length and `value`.
pub fn encode<'a, T: Value<'a> + Registered>(value: &T, as_width: AsWidth, out: &mut Vec<u8>) {
    attribute_with(out, T::FLAGS, T::CODE.0, |out| value.encode(as_width, out));
}

/// Declares the attributes. One row is `CODE => CONST "NAME" "key" flags, lengths, action, Type;`:
/// the key is its name in descriptions; an attribute of one of the `lengths` is sound whatever its
/// value; the action is what RFC 7606 has a speaker do about a malformed one.
macro_rules! attributes {
    ($(
        $code:literal => $konst:ident $name:literal $key:literal
            $flags:expr, $lengths:expr, $action:ident, $ty:ty;
    )+) => {
        crate::wire::open_enum! {
            /// Path attribute type codes that have a name here; all others are kept raw, too.
            pub struct AttributeCode(u8) { $( $konst = $code => $name, )+ }
        }

        $(
            impl Registered for $ty {
                const CODE: AttributeCode = AttributeCode::$konst;
                const FLAGS: u8 = $flags;
            }
        )+

        /// Whether the value of a known attribute is well formed, in the sense of RFC 7606.
        ///
        /// # Errors
        /// What is wrong with it; unknown attributes never are.
        pub fn check(attribute: &Attribute<'_>, as_width: AsWidth) -> Result<(), WireError> {
            match attribute.code.0 {
                $( $code => <$ty as Value<'_>>::parse(attribute.value, as_width).map(drop), )+
                _ => Ok(()),
            }
        }

        /// Says what a known attribute holds, as one field with the name of its row.
        ///
        /// # Errors
        /// It is malformed. Nothing was described then, nor is of an unknown attribute.
        pub fn describe(
            attribute: &Attribute<'_>, as_width: AsWidth, fields: &mut dyn Fields,
        ) -> Result<(), WireError> {
            match attribute.code.0 {
                $( $code => {
                    let value = <$ty as Value<'_>>::parse(attribute.value, as_width)?;
                    value.describe($key, fields);
                } )+
                _ => {}
            }
            Ok(())
        }

        /// Reads the value and appends it as its type writes it; an unknown one as it is.
        ///
        /// # Errors
        /// It is malformed.
        pub fn rewrite(
            attribute: &Attribute<'_>, as_width: AsWidth, out: &mut Vec<u8>,
        ) -> Result<(), WireError> {
            match attribute.code.0 {
                $( $code => {
                    <$ty as Value<'_>>::parse(attribute.value, as_width)?.encode(as_width, out);
                } )+
                _ => out.extend_from_slice(attribute.value()),
            }
            Ok(())
        }

        /// For Optional and Transitive bit and each code below 64 the lengths below 64, as bits, at
        /// which an attribute is sound whatever its value; for AS_PATH those at which only its path
        /// can be malformed. Attributes without a row are never malformed, and those with wrong
        /// flags always are (RFC 7606 §3 c).
        static SOUND: [u64; ROWS] = {
            let mut sound = [NONE; ROWS];
            let (mut code, optional) = (0, row(FLAG_OPTIONAL, 0));
            while code < CODES {
                sound[optional + code] = ANY; // nobody has to know an optional one
                sound[row(TRANSITIVE, 0) + code] = ANY;
                code += 1;
            }
            $( if $code < CODES { sound = with_row(sound, $code, $flags, $lengths); } )+
            with_row(sound, AttributeCode::AsPath.0 as usize, WELL_KNOWN, u64::MAX >> 1)
        };

        /// Flags by code; [`ANY_FLAGS`] without a row.
        static FLAGS: [u8; 256] = {
            let mut table = [ANY_FLAGS; 256];
            $( table[$code] = if $lengths == ANY { ANY_FLAGS } else { $flags }; )+
            table
        };

        /// What is done about a malformed attribute (RFC 7606 §7 and the attribute's own standard).
        #[must_use]
        pub fn action(attribute: &Attribute<'_>) -> ErrorAction {
            match attribute.code.0 {
                // Of Prefix-SID it depends on what it holds.
                code if code == AttributeCode::PrefixSid.0 => {
                    prefix_sid::error_action(attribute.value)
                }
                $( $code => $action, )+
                _ => AttributeDiscard,
            }
        }
    };
}

/// The flags that belong to an attribute's type.
const TYPE_FLAGS: u8 = FLAG_OPTIONAL | FLAG_TRANSITIVE;
/// Of attributes that nobody here knows.
const ANY_FLAGS: u8 = 0xff;

/// The flags of a known attribute, as far as they are its type's: [`FLAG_OPTIONAL`] and
/// [`FLAG_TRANSITIVE`].
#[must_use]
pub fn flags(code: AttributeCode) -> Option<u8> {
    Some(FLAGS[usize::from(code.0)]).filter(|flags| *flags != ANY_FLAGS)
}

/// What is done about an attribute whose flags are not those of its type (RFC 7606 §3 c), or about
/// one that nobody knows and is not optional (RFC 4271 §6.3).
#[must_use]
pub fn flags_action(code: AttributeCode) -> ErrorAction {
    match code {
        AttributeCode::Aigp => AttributeDiscard, // RFC 7311 §3.2
        AttributeCode::MpReachNlri | AttributeCode::MpUnreachNlri => SessionReset, // RFC 7606 §5.3
        code if code.name().is_none() => SessionReset,
        _ => TreatAsWithdraw,
    }
}

/// Codes below this one have lengths in the table of sound heads.
const CODES: usize = 64;

/// Rows of that table: one for each code with each setting of [`TYPE_FLAGS`], so that no octets
/// lead outside.
const ROWS: usize = 4 * 256;

/// The row of a head.
#[inline(always)]
const fn row(flags: u8, code: u8) -> usize {
    (flags >> 6) as usize * 256 + code as usize
}

/// `table` with the lengths of an attribute at its flags, and none at others.
const fn with_row(mut table: [u64; ROWS], code: usize, flags: u8, lengths: u64) -> [u64; ROWS] {
    let mut at = code;
    while at < table.len() {
        let right = at - code == row(flags, 0) || lengths == ANY;
        table[at] = if right { lengths } else { NONE };
        at += 256;
    }
    table
}

/// No length says enough.
const NONE: u64 = 0;

/// Every length does, and any flags: of attributes that are but named here.
const ANY: u64 = u64::MAX;

/// One length.
const fn only(octets: u32) -> u64 {
    1 << octets
}

/// One item or more of this size.
const fn items(octets: u32) -> u64 {
    let (mut lengths, mut len) = (0, octets);
    while len < u64::BITS {
        lengths |= 1 << len;
        len += octets;
    }
    lengths
}

attributes! {
    // Its value has a say besides its length: see `Attributes::pass_origin`.
    1 => Origin "ORIGIN" "origin" WELL_KNOWN, NONE, TreatAsWithdraw, scalar::Origin;
    2 => AsPath "AS_PATH" "as_path" WELL_KNOWN, NONE, TreatAsWithdraw, as_path::AsPath<'_>;
    3 => NextHop "NEXT_HOP" "next_hop" WELL_KNOWN, only(4), TreatAsWithdraw, scalar::NextHop;
    4 => MultiExitDisc "MULTI_EXIT_DISC" "multi_exit_disc"
        NON_TRANSITIVE, only(4), TreatAsWithdraw, scalar::MultiExitDisc;
    5 => LocalPref "LOCAL_PREF" "local_pref"
        WELL_KNOWN, only(4), TreatAsWithdraw, scalar::LocalPref;
    6 => AtomicAggregate "ATOMIC_AGGREGATE" "atomic_aggregate"
        WELL_KNOWN, only(0), AttributeDiscard, scalar::AtomicAggregate;
    7 => Aggregator "AGGREGATOR" "aggregator"
        TRANSITIVE, only(6) | only(8), AttributeDiscard, aggregator::Aggregator;
    8 => Communities "COMMUNITIES" "communities"
        TRANSITIVE, items(4), TreatAsWithdraw, communities::Communities<'_>;
    9 => OriginatorId "ORIGINATOR_ID" "originator_id"
        NON_TRANSITIVE, only(4), TreatAsWithdraw, scalar::OriginatorId;
    10 => ClusterList "CLUSTER_LIST" "cluster_list"
        NON_TRANSITIVE, items(4), TreatAsWithdraw, cluster_list::ClusterList<'_>;
    11 => Dpa "DPA" "dpa" TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 11>;
    12 => Advertiser "ADVERTISER" "advertiser"
        NON_TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 12>;
    13 => RcidPath "RCID_PATH / CLUSTER_ID" "rcid_path"
        NON_TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 13>;
    14 => MpReachNlri "MP_REACH_NLRI" "mp_reach_nlri"
        NON_TRANSITIVE, NONE, SessionReset, mp_reach::MpReach<'_>;
    15 => MpUnreachNlri "MP_UNREACH_NLRI" "mp_unreach_nlri"
        NON_TRANSITIVE, NONE, SessionReset, mp_unreach::MpUnreach<'_>;
    16 => ExtendedCommunities "EXTENDED COMMUNITIES" "extended_communities"
        TRANSITIVE, items(8), TreatAsWithdraw, extended_communities::ExtendedCommunities<'_>;
    17 => As4Path "AS4_PATH" "as4_path"
        TRANSITIVE, NONE, AttributeDiscard, as_path::As4Path<'_>;
    18 => As4Aggregator "AS4_AGGREGATOR" "as4_aggregator"
        TRANSITIVE, only(8), AttributeDiscard, aggregator::As4Aggregator;
    19 => SafiSpecificAttribute "SAFI Specific Attribute (SSA)" "safi_specific_attribute"
        TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 19>;
    20 => Connector "BGP Connector Attribute" "connector"
        TRANSITIVE, NONE, AttributeDiscard, connector::Connector<'_>;
    21 => AsPathLimit "AS_PATHLIMIT" "as_pathlimit"
        TRANSITIVE, only(5), AttributeDiscard, as_path_limit::AsPathLimit;
    22 => PmsiTunnel "PMSI_TUNNEL" "pmsi_tunnel"
        TRANSITIVE, NONE, TreatAsWithdraw, pmsi_tunnel::PmsiTunnel<'_>;
    23 => TunnelEncapsulation "Tunnel Encapsulation" "tunnel_encapsulation"
        TRANSITIVE, NONE, TreatAsWithdraw, tunnel_encapsulation::TunnelEncapsulation<'_>;
    24 => TrafficEngineering "Traffic Engineering" "traffic_engineering"
        NON_TRANSITIVE, NONE, TreatAsWithdraw, traffic_engineering::TrafficEngineering<'_>;
    25 => Ipv6ExtendedCommunities "IPv6 Address Specific Extended Community"
        "ipv6_extended_communities"
        TRANSITIVE, items(20), TreatAsWithdraw,
        ipv6_extended_communities::Ipv6ExtendedCommunities<'_>;
    26 => Aigp "AIGP" "aigp" NON_TRANSITIVE, NONE, AttributeDiscard, aigp::Aigp<'_>;
    27 => PeDistinguisherLabels "PE Distinguisher Labels" "pe_distinguisher_labels"
        TRANSITIVE, items(7) | items(19), TreatAsWithdraw,
        pe_distinguisher_labels::PeDistinguisherLabels<'_>;
    28 => EntropyLabelCapability "BGP Entropy Label Capability Attribute"
        "entropy_label_capability"
        TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 28>;
    29 => BgpLs "BGP-LS Attribute" "bgp_ls"
        NON_TRANSITIVE, NONE, AttributeDiscard, bgp_ls::BgpLsAttribute<'_>;
    30 => Deprecated30 "Deprecated (30)" "deprecated_30"
        TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 30>;
    31 => Deprecated31 "Deprecated (31)" "deprecated_31"
        TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 31>;
    32 => LargeCommunities "LARGE_COMMUNITY" "large_communities"
        TRANSITIVE, items(12), TreatAsWithdraw, large_communities::LargeCommunities<'_>;
    33 => BgpsecPath "BGPsec_Path" "bgpsec_path"
        NON_TRANSITIVE, NONE, TreatAsWithdraw, bgpsec_path::BgpsecPath<'_>;
    34 => CommunityContainer "BGP Community Container" "community_container"
        TRANSITIVE, NONE, TreatAsWithdraw, community_container::CommunityContainer<'_>;
    35 => OnlyToCustomer "Only to Customer (OTC)" "only_to_customer"
        TRANSITIVE, only(4), TreatAsWithdraw, scalar::OnlyToCustomer;
    36 => DPath "BGP Domain Path (D-PATH)" "d_path"
        TRANSITIVE, NONE, TreatAsWithdraw, d_path::DPath<'_>;
    37 => Sfp "SFP attribute" "sfp" TRANSITIVE, NONE, TreatAsWithdraw, sfp::Sfp<'_>;
    38 => BfdDiscriminator "BFD Discriminator" "bfd_discriminator"
        TRANSITIVE, NONE, AttributeDiscard, bfd_discriminator::BfdDiscriminator<'_>;
    39 => NextHopCharacteristics "BGP Next Hop Dependent Characteristics"
        "next_hop_characteristics"
        TRANSITIVE, NONE, AttributeDiscard,
        next_hop_characteristics::NextHopCharacteristics<'_>;
    40 => PrefixSid "BGP Prefix-SID" "prefix_sid"
        TRANSITIVE, NONE, AttributeDiscard, prefix_sid::PrefixSid<'_>;
    41 => Bier "BIER" "bier" TRANSITIVE, NONE, AttributeDiscard, bier::BierAttribute<'_>;
    42 => EdgeMetadataPath "Edge Metadata Path Attribute" "edge_metadata_path"
        TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 42>;
    128 => AttrSet "ATTR_SET" "attr_set"
        TRANSITIVE, NONE, TreatAsWithdraw, attr_set::AttrSet<'_>;
    129 => Deprecated129 "Deprecated (129)" "deprecated_129"
        TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 129>;
    241 => Deprecated241 "Deprecated (241)" "deprecated_241"
        TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 241>;
    242 => Deprecated242 "Deprecated (242)" "deprecated_242"
        TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 242>;
    243 => Deprecated243 "Deprecated (243)" "deprecated_243"
        TRANSITIVE, ANY, AttributeDiscard, raw::Raw<'_, 243>;
}

/// A whole ORIGIN of IGP; the two values after it are its other ones.
const ORIGIN_IGP: u32 = u32::from_be_bytes([WELL_KNOWN, 1, 1, 0]);

/// One path attribute as it lies in the message.
#[derive(Debug, Clone, Copy)]
pub struct Attribute<'a> {
    /// Attribute flags.
    pub flags: u8,
    /// Type code.
    pub code: AttributeCode,
    value: Reader<'a>,
}

impl<'a> Attribute<'a> {
    /// The value's octets.
    #[must_use]
    pub fn value(&self) -> &'a [u8] {
        self.value.peek()
    }

    /// Whether its flags and length alone say that [`check`] finds nothing wrong, nor anybody else.
    /// Nearly all attributes of nearly all UPDATEs are known to be sound by this, without a branch
    /// for each type.
    #[inline]
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let len = self.value.len();
        let sound = SOUND[row(self.flags, self.code.0)] >> (len & 63) & 1 == 1;
        (len < 64) & sound & (self.code != AttributeCode::AsPath)
    }

    /// Whether Optional and Transitive bit are those of its type (RFC 7606 §3 c); an unknown one
    /// must be optional (RFC 4271 §6.3).
    #[inline]
    #[must_use]
    pub fn has_its_flags(&self) -> bool {
        match FLAGS[usize::from(self.code.0)] {
            ANY_FLAGS => self.code.name().is_some() || self.flags & FLAG_OPTIONAL != 0,
            flags => self.flags & TYPE_FLAGS == flags,
        }
    }

    /// A reader over the value, with true offsets.
    #[must_use]
    pub fn reader(&self) -> Reader<'a> {
        self.value
    }
}

/// Iterates over path attributes in the order of the message; ends after an attribute that
/// overruns.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    left: Reader<'a>,
}

impl<'a> Attributes<'a> {
    /// The attributes in `octets`.
    #[must_use]
    pub fn new(octets: Reader<'a>) -> Self {
        Self { left: octets }
    }

    /// The next attribute; `None` at the end, and where the next one is cut short: see
    /// [`Attributes::cut`]. Loops that run for every UPDATE use this rather than the iterator,
    /// whose items are put together in memory and read back at once.
    #[inline(always)]
    pub fn next_whole(&mut self) -> Option<Attribute<'a>> {
        // Nearly always, flags, code and either form of the length lie in four octets.
        let Some(&[flags, code, a, b]) = self.left.peek().first_chunk() else {
            return self.last_empty();
        };
        let (head, len) = match flags & FLAG_EXTENDED_LENGTH != 0 {
            true => (4, u16::from_be_bytes([a, b])),
            false => (3, a.into()),
        };
        let value = self.left.framed(head, len.into())?;
        Some(Attribute { flags, code: AttributeCode(code), value })
    }

    /// The next attribute, if its head says all that there is to say: it is sound whatever its
    /// value, or an AS_PATH, and its type is not yet among those that were `seen`, a bit for each
    /// code below 64. Of others nothing is consumed.
    #[inline(always)]
    pub fn next_plain(&mut self, seen: &mut u64) -> Option<(AttributeCode, Reader<'a>)> {
        let &[flags, code, len, _] = self.left.peek().first_chunk()?;
        let (long, bit) = (flags & FLAG_EXTENDED_LENGTH | len & 0xc0, 1_u64 << (code & 63));
        let sound = SOUND[row(flags, code)] >> (len & 63) & 1 == 1;
        if long != 0 || !sound || *seen & bit != 0 {
            return None;
        }
        let value = self.left.framed(3, len.into())?;
        *seen |= bit;
        Some((AttributeCode(code), value))
    }

    /// Whether nothing is left.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Passes over an ORIGIN that is sound: nearly every UPDATE begins with one, and what is wrong
    /// with one its length does not say (RFC 7606 §7.1).
    #[inline(always)]
    pub fn pass_origin(&mut self) -> bool {
        let Some(octets) = self.left.peek().first_chunk() else { return false };
        let is_one = u32::from_be_bytes(*octets).wrapping_sub(ORIGIN_IGP) <= 2;
        is_one && self.left.skip(octets.len()).is_some()
    }

    /// A last attribute without a value may have but three octets.
    #[cold]
    fn last_empty(&mut self) -> Option<Attribute<'a>> {
        match *self.left.peek() {
            [flags, code, 0] if flags & FLAG_EXTENDED_LENGTH == 0 => {
                let value = self.left.framed(3, 0)?;
                Some(Attribute { flags, code: AttributeCode(code), value })
            }
            _ => None,
        }
    }

    /// After the last whole attribute: what is wrong with octets that are left.
    #[must_use]
    pub fn cut(&self) -> Option<WireError> {
        let left = !self.left.is_empty();
        left.then(|| Self { left: self.left }.read_slowly().err()).flatten()
    }

    #[cold]
    fn read_slowly(&mut self) -> Result<Attribute<'a>, WireError> {
        let flags = self.left.u8("attribute flags")?;
        let code = AttributeCode(self.left.u8("attribute type code")?);
        let len = if flags & FLAG_EXTENDED_LENGTH != 0 {
            usize::from(self.left.u16("attribute length")?)
        } else {
            usize::from(self.left.u8("attribute length")?)
        };
        Ok(Attribute { flags, code, value: self.left.sub("attribute value", len)? })
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(attribute) = self.next_whole() {
            return Some(Ok(attribute));
        }
        let cut = self.cut();
        self.left = Reader::new(&[]);
        cut.map(Err)
    }
}

/// Says what all of `octets` hold: each attribute as a field with the name of its row, the first
/// where one is repeated; then, with code, flags and octets, those that are malformed or whose
/// flags are not those of their type, those that are repeated, those that nobody knows, and those
/// with the Partial bit.
pub fn describe_all(octets: Reader<'_>, as_width: AsWidth, fields: &mut dyn Fields) {
    let mut seen = [false; 256];
    for a in Attributes::new(octets).flatten() {
        if !std::mem::replace(&mut seen[usize::from(a.code.0)], true) {
            // What is malformed is listed below.
            let _ = describe(&a, as_width, fields);
        }
    }
    let odd = || |a: &Attribute<'_>| check(a, as_width).is_err() || !a.has_its_flags();
    raw("malformed_attributes", octets, odd, fields);
    let again = || {
        let mut seen = [false; 256];
        move |a: &Attribute<'_>| std::mem::replace(&mut seen[usize::from(a.code.0)], true)
    };
    raw("repeated_attributes", octets, again, fields);
    raw("unknown_attributes", octets, || |a: &Attribute<'_>| a.code.name().is_none(), fields);
    let partial = || |a: &Attribute<'_>| a.flags & FLAG_PARTIAL != 0 && a.code.name().is_some();
    raw("partial_attributes", octets, partial, fields);
}

/// Code, flags and octets of the attributes that are `wanted`, if there is one.
fn raw<P: FnMut(&Attribute<'_>) -> bool>(
    name: &'static str,
    octets: Reader<'_>,
    wanted: impl Fn() -> P,
    fields: &mut dyn Fields,
) {
    let found = || Attributes::new(octets).flatten().filter(wanted());
    if found().next().is_none() {
        return;
    }
    fields.list(name, &mut |fields| {
        found().for_each(|a| {
            fields.group("", &mut |fields| {
                fields.number("code", a.code.0.into());
                fields.number("flags", a.flags.into());
                fields.octets("value", a.value());
            });
        });
    });
}

/// A value that must be a whole number of `size`-octet items.
fn check_items(v: Reader<'_>, what: &'static str, size: usize) -> Result<(), WireError> {
    match v.len() % size {
        0 if !v.is_empty() => Ok(()),
        _ => Err(WireError::invalid(what, v.offset(), v.len() as u64)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn iteration_ends_after_an_attribute_that_overruns() {
        let bytes = [0x40, 1, 1, 0, 0x50, 200, 0, 2, 7, 7, 0x40, 2, 9, 1];
        let mut it = Attributes::new(Reader::at(&bytes, 100));
        let a = it.next().unwrap().unwrap();
        assert_eq!(
            (a.code, a.value(), a.reader().offset()),
            (AttributeCode::Origin, &[0u8][..], 103)
        );
        let b = it.next().unwrap().unwrap();
        assert_eq!((b.code.0, b.code.name(), b.value()), (200, None, &[7u8, 7][..]));
        assert_eq!(it.next().unwrap().unwrap_err().what, "attribute value");
        assert!(it.next().is_none());
    }

    #[test]
    fn what_the_length_says_is_what_the_check_finds() {
        for code in 0..=255 {
            let code = AttributeCode(code);
            let plain = |len: usize| {
                let value = vec![0x5a; len];
                let flags = flags(code).unwrap_or(FLAG_OPTIONAL);
                let attribute = Attribute { flags, code, value: Reader::new(&value) };
                (attribute.is_plain(), check(&attribute, AsWidth::Four).is_ok())
            };
            let by_length = (0..64).any(|len| plain(len).0);
            for len in 0..80 {
                let (is_plain, is_sound) = plain(len);
                assert!(is_sound || !is_plain, "{code} of {len}");
                assert!(!by_length || len >= 64 || is_plain == is_sound, "{code} of {len}");
            }
        }
    }

    #[test]
    fn a_sound_origin_is_passed_over_and_nothing_else() {
        for (octets, passed) in [
            (&[0x40, 1, 1, 0, 9][..], true),
            (&[0x40, 1, 1, 2, 9], true),
            (&[0x40, 1, 1, 3, 9], false),
            (&[0xc0, 1, 1, 0, 9], false),
            (&[0x50, 1, 0, 1, 0], false),
            (&[0x40, 2, 1, 0, 9], false),
            (&[0x40, 1, 1], false),
            (&[0x3f, 255, 255, 255], false),
        ] {
            let mut attributes = Attributes::new(Reader::new(octets));
            assert_eq!(attributes.pass_origin(), passed, "{octets:?}");
            let left = if passed { &octets[4..] } else { octets };
            assert_eq!(attributes.left.peek(), left);
        }
    }

    #[test]
    fn what_is_taken_by_its_head_is_plain_new_and_whole() {
        let octets = |flags: u8, code: u8, len: usize| {
            let head: &[u8] = match flags & FLAG_EXTENDED_LENGTH != 0 {
                true => &[flags, code, 0, len as u8],
                false => &[flags, code, len as u8],
            };
            [head, &vec![0; len]].concat()
        };
        for code in 0..=255u8 {
            for flags in [0, 0x40, 0x80, 0xc0, 0xd0, 0xe0] {
                for len in 0..80 {
                    let all = octets(flags, code, len);
                    let mut walk = Attributes::new(Reader::new(&all));
                    let whole = { walk }.next_whole().unwrap();
                    let plain = whole.is_plain() || code == 2 && flags & 0xc0 == 0x40 && len < 63;
                    let want = plain && flags & FLAG_EXTENDED_LENGTH == 0 && all.len() > 3;
                    let mut seen = 1 << 63;
                    let got = walk.next_plain(&mut seen).map(|(code, r)| (code, r.peek().len()));
                    let bit = 1_u64 << (code & 63);
                    let want = want && bit != 1 << 63;
                    assert_eq!(got, want.then_some((whole.code, len)), "{flags} {code} {len}");
                    assert_eq!(seen, if want { bit | 1 << 63 } else { 1 << 63 });
                    assert_eq!(walk.is_empty(), want);
                    let mut cut = Attributes::new(Reader::new(&all[..all.len() - 1]));
                    assert!(cut.next_plain(&mut { 0 }).is_none());
                    let mut again = Attributes::new(Reader::new(&all));
                    assert!(again.next_plain(&mut { bit }).is_none());
                }
            }
        }
    }

    #[test]
    fn wrong_flags_are_never_plain() {
        for code in 0..=255 {
            let code = AttributeCode(code);
            for bits in [0, 0x40, 0x80, 0xc0] {
                let plain = |len: usize| {
                    let value = &[0; 64][..len];
                    Attribute { flags: bits | 0x30, code, value: Reader::new(value) }.is_plain()
                };
                let right = code.0 < 64 && flags(code).is_none_or(|flags| flags == bits);
                assert!(right || !(0..64).any(plain), "{code} {bits}");
            }
        }
    }

    #[test]
    fn known_attributes_are_checked_and_unknown_ones_never_fail() {
        let a = |code, value: &'static [u8]| Attribute {
            flags: 0,
            code: AttributeCode(code),
            value: Reader::new(value),
        };
        assert!(check(&a(1, &[0]), AsWidth::Four).is_ok());
        assert!(check(&a(1, &[0, 0]), AsWidth::Four).is_err());
        assert!(check(&a(8, &[0, 0, 0]), AsWidth::Four).is_err());
        assert!(check(&a(2, &[2, 1, 0, 1]), AsWidth::Two).is_ok());
        assert!(check(&a(2, &[2, 1, 0, 1]), AsWidth::Four).is_err());
        assert!(check(&a(200, &[1, 2, 3]), AsWidth::Four).is_ok());
    }
}
