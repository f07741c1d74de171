//! OPEN: version(1) · My AS(2) · hold time(2) · BGP Identifier(4) · optional parameters
//! (RFC 4271 §4.2, extended length RFC 9072, capabilities RFC 5492).

use std::net::Ipv4Addr;

use super::capability::{Capability, CapabilityCode, RawCapability};
use super::encode::{counted8, counted16, message, two_octets};
use super::{Header, MessageType};
use crate::wire::{Family, Fields, Item, List, Reader, WireError};

/// The AS number that stands in for one that needs 4 octets (RFC 6793 §9).
pub const AS_TRANS: u16 = 23456;

/// The protocol version that there is.
pub const VERSION: u8 = 4;

/// Optional parameter type: authentication information (RFC 1771; deprecated by RFC 4271).
pub const AUTHENTICATION: u8 = 1;
/// Optional parameter type: capabilities (RFC 5492 §4).
pub const CAPABILITIES: u8 = 2;
/// Optional parameter type: what follows has longer lengths (RFC 9072 §2).
pub const EXTENDED_LENGTH: u8 = 255;

/// Capabilities whose octets fit into a parameter with a length of one octet, inside of parameters
/// with a length of one octet.
const USUAL_MAX: usize = 253;

/// An OPEN message. 29–4096 octets with its BGP header.
///
/// ```
/// use ribcage::bgp::{Open, capability::Capability};
/// use ribcage::wire::{Family, Reader};
/// # use ribcage::bgp::capability::Multiprotocol;
/// # let mut octets = Vec::new();
/// # Open::builder(4_200_000_000, 180, [192, 0, 2, 1].into())
/// #     .capability(&Capability::Multiprotocol(Family::IPV6_UNICAST.into()))
/// #     .capability(&Capability::FourOctetAs(4_200_000_000))
/// #     .encode(&mut octets);
///
/// let open = Open::parse(&mut Reader::new(&octets))?;
/// for capability in open.capabilities() {
///     match capability {
///         Capability::Multiprotocol(offered) => assert_eq!(offered.family, Family::IPV6_UNICAST),
///         Capability::FourOctetAs(asn) => assert_eq!(asn, open.asn()),
///         other => println!("{}", other.code()),
///     }
/// }
/// # assert_eq!(open.capabilities().count(), 2);
/// # Ok::<(), ribcage::wire::WireError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open<'a> {
    /// Protocol version; always 4.
    pub version: u8,
    /// My Autonomous System, 2 octets ([`AS_TRANS`] when the true one needs 4); see [`Open::asn`].
    pub my_as: u16,
    /// Hold time, seconds.
    pub hold_time: u16,
    /// BGP Identifier.
    pub bgp_id: [u8; 4],
    /// The optional parameters.
    pub parameters: Parameters<'a>,
    /// Octets after the optional parameters, which belong to nothing; mostly there are none.
    pub trailing: &'a [u8],
}

/// The optional parameters of an OPEN, in order, in one of two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameters<'a> {
    /// Lengths of 1 octet (RFC 4271 §4.2).
    Usual(List<'a, Parameter<'a>>),
    /// Lengths of 2 octets (RFC 9072 §2).
    Extended {
        /// What stands in the field of the usual form's length: should be 255, and is not 0.
        non_ext_len: u8,
        /// The parameters.
        list: List<'a, ExtendedParameter<'a>>,
    },
}

impl<'a> Parameters<'a> {
    /// The parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = Parameter<'a>> + use<'a> {
        let (usual, extended) = match *self {
            Self::Usual(list) => (list, List::EMPTY),
            Self::Extended { list, .. } => (List::EMPTY, list),
        };
        usual.iter().chain(extended.iter().map(|ExtendedParameter(parameter)| parameter))
    }

    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let non_ext_len = r.u8("Optional Parameters Length")?;
        // RFC 9072 §2: a first parameter of type 255 says that both lengths have 2 octets.
        if non_ext_len != 0 && r.peek().first() == Some(&EXTENDED_LENGTH) {
            r.u8("Non-Ext OP Type")?;
            let len = r.u16("Extended Opt. Parm. Length")?;
            let list = List::parse(r.sub("Optional Parameters", len.into())?)?;
            return Ok(Self::Extended { non_ext_len, list });
        }
        List::parse(r.sub("Optional Parameters", non_ext_len.into())?).map(Self::Usual)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Usual(list) => counted8(out, |out| list.encode(out)),
            Self::Extended { non_ext_len, list } => {
                out.extend_from_slice(&[non_ext_len, EXTENDED_LENGTH]);
                counted16(out, |out| list.encode(out));
            }
        }
    }
}

impl Default for Parameters<'_> {
    /// None.
    fn default() -> Self {
        Self::Usual(List::EMPTY)
    }
}

/// An optional parameter: type(1) · length(1) · value (RFC 4271 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter<'a> {
    /// Authentication information (type 1, deprecated).
    Authentication(&'a [u8]),
    /// Capabilities (type 2, RFC 5492 §4). An OPEN may have several parameters of these, and
    /// each any number of capabilities.
    Capabilities(List<'a, RawCapability<'a>>),
    /// Another type, and its value.
    Unknown(u8, &'a [u8]),
}

impl<'a> Parameter<'a> {
    /// Its type.
    #[must_use]
    pub fn kind(&self) -> u8 {
        match *self {
            Self::Authentication(_) => AUTHENTICATION,
            Self::Capabilities(_) => CAPABILITIES,
            Self::Unknown(kind, _) => kind,
        }
    }

    /// Its value's octets.
    #[must_use]
    pub fn value(&self) -> &'a [u8] {
        match *self {
            Self::Capabilities(list) => list.octets(),
            Self::Authentication(value) | Self::Unknown(_, value) => value,
        }
    }

    fn of(kind: u8, mut value: Reader<'a>) -> Result<Self, WireError> {
        Ok(match kind {
            AUTHENTICATION => Self::Authentication(value.rest()),
            CAPABILITIES => Self::Capabilities(List::parse(value)?),
            _ => Self::Unknown(kind, value.rest()),
        })
    }
}

impl<'a> Item<'a> for Parameter<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let kind = r.u8("optional parameter type")?;
        let len = r.u8("optional parameter length")?;
        Self::of(kind, r.sub("optional parameter", len.into())?)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.kind());
        counted8(out, |out| out.extend_from_slice(self.value()));
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| match self {
            Self::Capabilities(list) => list.describe("capabilities", fields),
            Self::Authentication(value) => fields.octets("authentication", value),
            Self::Unknown(kind, value) => {
                fields.number("type", (*kind).into());
                fields.octets("value", value);
            }
        });
    }
}

/// An optional parameter with a length of 2 octets (RFC 9072 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtendedParameter<'a>(pub Parameter<'a>);

impl<'a> Item<'a> for ExtendedParameter<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let kind = r.u8("optional parameter type")?;
        let len = r.u16("optional parameter length")?;
        Parameter::of(kind, r.sub("optional parameter", len.into())?).map(Self)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.0.kind());
        counted16(out, |out| out.extend_from_slice(self.0.value()));
    }

    fn describe(&self, fields: &mut dyn Fields) {
        self.0.describe(fields);
    }
}

impl<'a> Open<'a> {
    /// Reads one OPEN with its BGP header off the front of `r`.
    ///
    /// # Errors
    /// Bad header, another message type, another version than 4, or lengths that do not fit.
    pub fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let begin = r.offset();
        let header = Header::parse(r)?;
        if header.kind != MessageType::Open {
            return Err(WireError::invalid("BGP type of OPEN", begin + 18, header.kind.0.into()));
        }
        Self::parse_body(header.body)
    }

    /// Reads the body of an OPEN. The values of its capabilities are never an error: see
    /// [`RawCapability::check`].
    ///
    /// # Errors
    /// Another version than 4, or lengths that do not fit.
    pub fn parse_body(mut b: Reader<'a>) -> Result<Self, WireError> {
        let at = b.offset();
        let version = b.u8("BGP version")?;
        if version != VERSION {
            return Err(WireError::invalid("BGP version", at, version.into()));
        }
        let my_as = b.u16("My Autonomous System")?;
        let hold_time = b.u16("Hold Time")?;
        let bgp_id = b.array("BGP Identifier")?;
        let parameters = Parameters::parse(&mut b)?;
        Ok(Self { version, my_as, hold_time, bgp_id, parameters, trailing: b.rest() })
    }

    /// Appends the whole message, with its BGP header: the inverse of [`Open::parse`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        message(out, MessageType::Open.0, |out| self.encode_body(out));
    }

    /// Appends the body: the inverse of [`Open::parse_body`].
    pub fn encode_body(&self, out: &mut Vec<u8>) {
        out.push(self.version);
        out.extend_from_slice(&self.my_as.to_be_bytes());
        out.extend_from_slice(&self.hold_time.to_be_bytes());
        out.extend_from_slice(&self.bgp_id);
        self.parameters.encode(out);
        out.extend_from_slice(self.trailing);
    }

    /// An OPEN to be put together.
    #[must_use]
    pub fn builder(asn: u32, hold_time: u16, bgp_id: Ipv4Addr) -> OpenBuilder {
        OpenBuilder::new(asn, hold_time, bgp_id)
    }

    /// The capabilities in order, also those spread over several parameters.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability<'a>> + use<'a> {
        self.raw_capabilities().map(Capability::from)
    }

    /// The same as they lie in the message.
    pub fn raw_capabilities(&self) -> impl Iterator<Item = RawCapability<'a>> + use<'a> {
        let lists = self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Capabilities(list) => Some(list),
            _ => None,
        });
        lists.flat_map(|list| list.iter())
    }

    /// Calls `each` for every capability, in order, also those spread over several parameters.
    ///
    /// # Errors
    /// None: what is not sound was refused by [`Open::parse`].
    pub fn each_capability(&self, each: impl FnMut(RawCapability<'a>)) -> Result<(), WireError> {
        self.raw_capabilities().for_each(each);
        Ok(())
    }

    /// The value of the last capability with `code`.
    #[must_use]
    pub fn capability(&self, code: CapabilityCode) -> Option<&'a [u8]> {
        self.raw_capabilities().filter(|c| c.code == code).last().map(|c| c.value)
    }

    /// The AS number from the 4-octet AS capability (RFC 6793 §3), if there is one of 4 octets.
    #[must_use]
    pub fn four_octet_as(&self) -> Option<u32> {
        self.capability(CapabilityCode::FourOctetAs)
            .and_then(|v| v.try_into().ok())
            .map(u32::from_be_bytes)
    }

    /// The speaker's AS number, 4-octet aware.
    #[must_use]
    pub fn asn(&self) -> u32 {
        match self.four_octet_as() {
            Some(asn) if self.my_as == AS_TRANS => asn,
            _ => u32::from(self.my_as),
        }
    }

    /// Whether My AS and the 4-octet AS capability tell the same story (RFC 6793 §4.2.3): AS_TRANS
    /// needs the capability with another number, anything else must equal it.
    #[must_use]
    pub fn asn_is_consistent(&self) -> bool {
        match (self.my_as, self.four_octet_as()) {
            (AS_TRANS, None) => false,
            (AS_TRANS, Some(asn)) => asn != u32::from(AS_TRANS),
            (_, None) => true,
            (my_as, Some(asn)) => asn == u32::from(my_as),
        }
    }

    /// Calls `each` with family and Send/Receive (1 receive, 2 send, 3 both) of every ADD-PATH
    /// tuple (RFC 7911 §4). An incomplete tuple at the end is left out.
    pub fn each_add_path(&self, mut each: impl FnMut(Family, u8)) {
        let all = self.raw_capabilities().filter(|c| c.code == CapabilityCode::AddPath);
        for tuple in all.flat_map(|c| c.value.as_chunks::<4>().0) {
            let [high, low, safi, mode] = *tuple;
            each(Family::new(u16::from_be_bytes([high, low]), safi), mode);
        }
    }

    /// Says what it holds: version, AS number, hold time, BGP Identifier, capabilities, and what
    /// else there is.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.number("version", self.version.into());
        fields.number("asn", self.asn().into());
        if u32::from(self.my_as) != self.asn() {
            fields.number("my_as", self.my_as.into());
        }
        fields.number("hold_time", self.hold_time.into());
        fields.text("bgp_id", &Ipv4Addr::from(self.bgp_id));
        fields.list("capabilities", &mut |fields| {
            self.capabilities().for_each(|capability| capability.describe(fields));
        });
        let others = || {
            let is_other = |p: &Parameter<'_>| !matches!(p, Parameter::Capabilities(_));
            self.parameters.iter().filter(is_other)
        };
        if others().next().is_some() {
            fields.list("optional_parameters", &mut |fields| {
                others().for_each(|parameter| parameter.describe(fields));
            });
        }
        if !self.trailing.is_empty() {
            fields.octets("trailing", self.trailing);
        }
    }
}

/// Puts together an OPEN as speakers send it: all capabilities in one optional parameter, or none.
/// When they need more than 253 octets, lengths take the form of RFC 9072.
///
/// ```
/// use ribcage::bgp::Open;
/// use ribcage::bgp::capability::{AddPath, Capability, SendReceive};
/// use ribcage::wire::{Family, Items, Reader};
///
/// let several = Items::of([
///     AddPath { family: Family::IPV4_UNICAST, mode: SendReceive::Both },
///     AddPath { family: Family::IPV6_UNICAST, mode: SendReceive::Receive },
/// ]);
/// let mut octets = Vec::new();
/// Open::builder(4_200_000_000, 180, [192, 0, 2, 1].into())
///     .capability(&Capability::Multiprotocol(Family::IPV6_UNICAST.into()))
///     .capability(&Capability::FourOctetAs(4_200_000_000))
///     .capability(&Capability::AddPath(several.list()?))
///     .encode(&mut octets);
///
/// let open = Open::parse(&mut Reader::new(&octets))?;
/// assert_eq!((open.my_as, open.asn()), (23_456, 4_200_000_000));
/// # Ok::<(), ribcage::wire::WireError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenBuilder {
    asn: u32,
    hold_time: u16,
    bgp_id: Ipv4Addr,
    /// The octets of the capabilities.
    pub(super) capabilities: Vec<u8>,
}

impl OpenBuilder {
    /// An OPEN without capabilities. An AS number above 65 535 gives [`AS_TRANS`] in My AS; it is
    /// *not* put into a capability: add [`Capability::FourOctetAs`] for that.
    #[must_use]
    pub fn new(asn: u32, hold_time: u16, bgp_id: Ipv4Addr) -> Self {
        Self { asn, hold_time, bgp_id, capabilities: Vec::new() }
    }

    /// Adds a capability after those that there are.
    #[must_use]
    pub fn capability(mut self, capability: &Capability<'_>) -> Self {
        capability.encode(&mut self.capabilities);
        self
    }

    /// Appends the whole message, with its BGP header. Its size is the caller's to mind: an OPEN
    /// has at most 4096 octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let all = &self.capabilities;
        let put = |out: &mut Vec<u8>| out.extend_from_slice(all);
        message(out, MessageType::Open.0, |out| {
            out.push(VERSION);
            out.extend_from_slice(&two_octets(self.asn).to_be_bytes());
            out.extend_from_slice(&self.hold_time.to_be_bytes());
            out.extend_from_slice(&self.bgp_id.octets());
            match all.len() {
                0 => out.push(0),
                1..=USUAL_MAX => counted8(out, |out| {
                    out.push(CAPABILITIES);
                    counted8(out, put);
                }),
                _ => {
                    out.extend_from_slice(&[EXTENDED_LENGTH; 2]);
                    counted16(out, |out| {
                        out.push(CAPABILITIES);
                        counted16(out, put);
                    });
                }
            }
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::attr::testing::octets;
    use crate::wire::Outline;

    fn open(my_as: u16, params: &[u8], extended: bool) -> Vec<u8> {
        let mut b = vec![0xff; 16];
        let mut body = vec![4];
        body.extend(my_as.to_be_bytes());
        body.extend([0, 180, 10, 0, 0, 1]);
        if extended {
            body.extend([255, 255]);
            body.extend((params.len() as u16).to_be_bytes());
        } else {
            body.push(params.len() as u8);
        }
        body.extend(params);
        b.extend((19 + body.len() as u16).to_be_bytes());
        b.push(1);
        b.extend(body);
        b
    }

    #[test]
    fn capabilities_are_found_in_separate_parameters() {
        let params = [2, 6, 65, 4, 250, 86, 234, 0, 2, 6, 69, 4, 0, 1, 1, 3];
        let bytes = open(AS_TRANS, &params, false);
        let o = Open::parse(&mut Reader::new(&bytes)).unwrap();
        assert_eq!((o.asn(), o.asn_is_consistent()), (4_200_000_000, true));
        let mut seen = vec![];
        o.each_add_path(|f, m| seen.push((f, m)));
        assert_eq!(seen, [(Family::IPV4_UNICAST, 3)]);
    }

    #[test]
    fn extended_optional_parameters_are_read() {
        let params = [2, 0, 6, 65, 4, 0, 0, 253, 232];
        let bytes = open(65000, &params, true);
        let o = Open::parse(&mut Reader::new(&bytes)).unwrap();
        assert_eq!((o.asn(), o.asn_is_consistent()), (65000, true));
    }

    #[test]
    fn as_numbers_that_contradict_each_other_are_seen() {
        let other = [2, 6, 65, 4, 0, 0, 0, 1];
        for (my_as, params, ok) in [
            (AS_TRANS, &[][..], false),
            (65000, &other[..], false),
            (65000, &[][..], true),
            (1, &other[..], true),
        ] {
            let bytes = open(my_as, params, false);
            let o = Open::parse(&mut Reader::new(&bytes)).unwrap();
            assert_eq!(o.asn_is_consistent(), ok, "{my_as} {params:?}");
        }
    }

    #[test]
    fn a_capability_that_overruns_is_an_error() {
        let bytes = open(1, &[2, 3, 65, 4, 0], false);
        assert_eq!(Open::parse(&mut Reader::new(&bytes)).unwrap_err().what, "capability value");
    }

    /// What the body in `hex` says; it must be written as it was read.
    fn said(hex: &str) -> String {
        let body = octets(hex);
        let open = Open::parse_body(Reader::at(&body, 19)).unwrap();
        let mut again = Vec::new();
        open.encode_body(&mut again);
        assert_eq!(again, body, "{hex}");
        Outline::of(|fields| open.describe(fields))
    }

    const HEAD: &str = "04 5ba0 00b4 c0000201";

    #[test]
    fn parameters_of_every_kind_are_kept_in_order() {
        let tail = "version=4 asn=23456 hold_time=180 bgp_id=192.0.2.1 capabilities=";
        for (parameters, want) in [
            ("00", "[]"),
            ("06 02 00 02 02 02 00", "[{route_refresh=true}]"),
            ("06 02 04 02 00 46 00", "[{route_refresh=true}, {enhanced_route_refresh=true}]"),
            (
                "0d 01 02 0001 02 02 4600 07 01 ff 02 00",
                "[{enhanced_route_refresh=true}] \
                 optional_parameters=[{authentication=0001}, {type=7 value=ff}]",
            ),
            ("04 02 02 02 00 ffee", "[{route_refresh=true}] trailing=ffee"),
            ("00 ffee", "[] trailing=ffee"),
            ("ff ff 0005 02 0002 02 00", "[{route_refresh=true}]"),
            (
                "01 ff 0009 07 0001 ff 02 0002 02 00 aa",
                "[{route_refresh=true}] optional_parameters=[{type=7 value=ff}] trailing=aa",
            ),
            ("ff ff 0000", "[]"),
        ] {
            assert_eq!(said(&format!("{HEAD} {parameters}")), format!("{tail}{want}"));
        }
    }

    #[test]
    fn an_as_number_of_four_octets_is_the_speakers() {
        let hex = format!("{HEAD} 08 02 06 41 04 fa56ea00");
        assert_eq!(
            said(&hex),
            "version=4 asn=4200000000 my_as=23456 hold_time=180 bgp_id=192.0.2.1 \
             capabilities=[{four_octet_as=4200000000}]"
        );
    }

    #[test]
    fn lengths_that_do_not_fit_and_other_versions_are_errors() {
        for (hex, what, offset) in [
            ("03 0001 005a 01020304 00", "BGP version", 19),
            ("04 0001 005a 01020304", "Optional Parameters Length", 28),
            ("04 0001 005a 01020304 03 02 00", "Optional Parameters", 29),
            ("04 0001 005a 01020304 03 02 02 00", "optional parameter", 31),
            ("04 0001 005a 01020304 04 02 02 41 04", "capability value", 33),
            ("04 0001 005a 01020304 ff ff 0003 02 0001 00", "optional parameter", 35),
            ("04 0001 005a 01020304 ff ff 0002 02 00", "optional parameter length", 33),
        ] {
            let body = octets(hex);
            let error = Open::parse_body(Reader::at(&body, 19)).unwrap_err();
            assert_eq!((error.what, error.offset), (what, offset), "{hex}: {error}");
        }
    }

    #[test]
    fn builders_take_the_extended_form_when_they_must() {
        for (len, extended) in [(0, false), (251, false), (252, true), (255, true)] {
            let mut bytes = Vec::new();
            let value = vec![7; len];
            let raw = RawCapability { code: CapabilityCode(200), value: &value };
            Open::builder(65001, 90, [1, 2, 3, 4].into())
                .capability(&Capability::Raw(raw))
                .encode(&mut bytes);
            let open = Open::parse(&mut Reader::new(&bytes)).unwrap();
            assert_eq!(matches!(open.parameters, Parameters::Extended { .. }), extended, "{len}");
            assert_eq!(open.raw_capabilities().collect::<Vec<_>>(), [raw]);
            assert_eq!((open.asn(), open.hold_time, open.trailing), (65001, 90, &[][..]));
            let mut again = Vec::new();
            open.encode(&mut again);
            assert_eq!(again, bytes);
        }
    }
}
