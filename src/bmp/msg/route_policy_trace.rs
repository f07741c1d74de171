//! Route Policy and Attribute Trace: how policies changed one route, event by event
//! (draft-xu-grow-bmp-route-policy-attr-trace-08, which Huawei's routers send with type 100). There
//! is no per-peer header.

use crate::bmp::v4::{Owner, Tlv};
use crate::bmp::{MessageType, encode};
use crate::wire::{
    Family, Fields, Item, List, Reader, RouteDistinguisher, Timestamp, WireError, open_enum,
};

/// V flag of the message: the addresses are IPv6.
pub const FLAG_V: u8 = 0x80;
/// M flag of a policy: the route matched.
pub const POLICY_FLAG_M: u8 = 0x80;
/// P flag of a policy: the route was permitted.
pub const POLICY_FLAG_P: u8 = 0x40;
/// D flag of a policy: the attributes before and after differ.
pub const POLICY_FLAG_D: u8 = 0x20;

/// Octets of an event before its TLVs, which its length counts.
const EVENT_HEADER_LEN: usize = 18;

open_enum! {
    /// TLV types.
    pub struct TraceTlvType(u16) {
        Vrf = 0 => "VRF/Table",
        Policy = 1 => "Policy",
        PrePolicyAttributes = 2 => "Pre Policy Attribute",
        PostPolicyAttributes = 3 => "Post Policy Attribute",
        String = 4 => "String",
    }
}

open_enum! {
    /// Where a policy stands.
    pub struct PolicyClass(u8) {
        Inbound = 0 => "Inbound policy",
        Outbound = 1 => "Outbound policy",
        Redistribute = 2 => "Multi-protocol Redistribute",
        CrossVrf = 3 => "Cross-VRF Redistribute",
        VrfImport = 4 => "VRF import",
        VrfExport = 5 => "VRF export",
        Network = 6 => "Network",
        Aggregation = 7 => "Aggregation",
        RouteWithdraw = 8 => "Route Withdraw",
    }
}

/// A policy that the route went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyItem<'a> {
    /// Name.
    pub name: &'a [u8],
    /// Which part of it.
    pub item: &'a [u8],
    /// How the next policy follows: C (0x80) chained, R (0x40) recursive. Some routers leave it out
    /// behind the last policy.
    pub next: Option<u8>,
}

/// Policy: flags(1) · count(1) · class(1) · peer address(16) · peer BGP ID(4) · peer AS(4) ·
/// policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy<'a> {
    /// Flags M, P, D; see [`POLICY_FLAG_M`].
    pub flags: u8,
    /// How many policies.
    pub count: u8,
    /// Class.
    pub class: PolicyClass,
    /// Peer address; an IPv4 address is in the last 4 octets.
    pub peer_address: [u8; 16],
    /// Peer BGP identifier.
    pub peer_bgp_id: [u8; 4],
    /// Peer AS number.
    pub peer_as: u32,
    /// The policies: name length(2) · item length(2) · name · item · [next policy flags(1)] each.
    octets: &'a [u8],
}

impl<'a> Policy<'a> {
    fn parse(value: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(value);
        let [flags, count, class] = r.array("Policy").ok()?;
        let peer_address = r.array("Peer Address").ok()?;
        let peer_bgp_id = r.array("Peer BGP ID").ok()?;
        let peer_as = r.u32("Peer AS").ok()?;
        let class = PolicyClass(class);
        let octets = r.rest();
        let policy = Self { flags, count, class, peer_address, peer_bgp_id, peer_as, octets };
        let (mut seen, mut left) = (0, Reader::new(octets));
        while seen < count {
            policy.item(seen, &mut left)?;
            seen += 1;
        }
        left.is_empty().then_some(policy)
    }

    fn item(&self, at: u8, r: &mut Reader<'a>) -> Option<PolicyItem<'a>> {
        let name = r.u16("Policy Name Length").ok()?;
        let item = r.u16("Policy Item ID Length").ok()?;
        let name = r.take("Policy Name", name.into()).ok()?;
        let item = r.take("Policy Item ID", item.into()).ok()?;
        let is_last = at.saturating_add(1) >= self.count;
        let next = match is_last && r.is_empty() {
            true => None,
            false => Some(r.u8("Next Policy flags").ok()?),
        };
        Some(PolicyItem { name, item, next })
    }

    /// The policies, in order.
    pub fn items(&self) -> impl Iterator<Item = PolicyItem<'a>> + use<'a> {
        let (policy, mut left) = (*self, Reader::new(self.octets));
        (0..self.count).map_while(move |at| policy.item(at, &mut left))
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.number("flags", self.flags.into());
        fields.text("class", &self.class);
        fields.octets("peer_address", &self.peer_address);
        fields.octets("peer_bgp_id", &self.peer_bgp_id);
        fields.number("peer_as", self.peer_as.into());
        fields.list("policies", &mut |fields| {
            for PolicyItem { name, item, next } in self.items() {
                fields.group("", &mut |fields| {
                    text_or_octets("name", name, fields);
                    text_or_octets("item", item, fields);
                    if let Some(next) = next {
                        fields.number("next_flags", next.into());
                    }
                });
            }
        });
    }
}

/// What a TLV of an event holds. One that does not have the form of its type is
/// [`TraceValue::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceValue<'a> {
    /// VRF/Table: id(4) · name.
    Vrf(u32, &'a [u8]),
    /// Policy.
    Policy(Policy<'a>),
    /// The path attributes before the policy.
    PrePolicy(&'a [u8]),
    /// The path attributes after the policy.
    PostPolicy(&'a [u8]),
    /// A text.
    String(&'a [u8]),
    /// Any other.
    Unknown(Tlv<'a>),
}

impl<'a> TraceValue<'a> {
    /// The value of a TLV of an event.
    #[must_use]
    pub fn of(tlv: Tlv<'a>) -> Self {
        let kind = match tlv.owner {
            Owner::Iana => TraceTlvType(tlv.kind),
            _ => return Self::Unknown(tlv),
        };
        match (kind, tlv.value) {
            (TraceTlvType::Vrf, [a, b, c, d, name @ ..]) => {
                Self::Vrf(u32::from_be_bytes([*a, *b, *c, *d]), name)
            }
            (TraceTlvType::Policy, value) => {
                Policy::parse(value).map_or(Self::Unknown(tlv), Self::Policy)
            }
            (TraceTlvType::PrePolicyAttributes, value) => Self::PrePolicy(value),
            (TraceTlvType::PostPolicyAttributes, value) => Self::PostPolicy(value),
            (TraceTlvType::String, value) => Self::String(value),
            _ => Self::Unknown(tlv),
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        match self {
            Self::Vrf(id, name) => fields.group("vrf", &mut |fields| {
                fields.number("id", (*id).into());
                text_or_octets("name", name, fields);
            }),
            Self::Policy(policy) => fields.group("policy", &mut |f| policy.describe(f)),
            Self::PrePolicy(octets) => fields.octets("pre_policy_attributes", octets),
            Self::PostPolicy(octets) => fields.octets("post_policy_attributes", octets),
            Self::String(text) => text_or_octets("string", text, fields),
            Self::Unknown(tlv) => {
                tlv.describe_type(fields);
                fields.octets("value", tlv.value);
            }
        }
    }
}

/// A text, or the octets of what is no UTF-8.
fn text_or_octets(name: &'static str, value: &[u8], fields: &mut dyn Fields) {
    match std::str::from_utf8(value) {
        Ok(text) => fields.text(name, &text),
        Err(_) => fields.octets(name, value),
    }
}

/// One event: length(2, with this header) · index(1) · seconds(4) · microseconds(4) ·
/// path identifier(4) · AFI(2) · SAFI(1) · TLVs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceEvent<'a> {
    /// Its number in the message.
    pub index: u8,
    /// When it happened: seconds of the epoch and microseconds, as received.
    pub time: (u32, u32),
    /// Path identifier; 0 without ADD-PATH.
    pub path_id: u32,
    /// Address family of the route.
    pub family: Family,
    /// The TLVs, in order; see [`TraceValue::of`].
    pub tlvs: List<'a, Tlv<'a>>,
}

impl TraceEvent<'_> {
    /// When it happened.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::new(self.time.0.into(), self.time.1)
    }
}

impl<'a> Item<'a> for TraceEvent<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let at = r.offset();
        let len = usize::from(r.u16("Single Event Length")?);
        let index = r.u8("Event Index")?;
        let time = (r.u32("Timestamp (seconds)")?, r.u32("Timestamp (microseconds)")?);
        let path_id = r.u32("Path Identifier")?;
        let family = Family::new(r.u16("AFI")?, r.u8("SAFI")?);
        let Some(tlvs) = len.checked_sub(EVENT_HEADER_LEN) else {
            return Err(WireError::invalid("Single Event Length", at, len as u64));
        };
        let tlvs = List::parse(r.sub("event TLVs", tlvs)?)?;
        Ok(Self { index, time, path_id, family, tlvs })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let len = self.tlvs.octets().len().saturating_add(EVENT_HEADER_LEN);
        out.extend_from_slice(&u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes());
        out.push(self.index);
        out.extend_from_slice(&self.time.0.to_be_bytes());
        out.extend_from_slice(&self.time.1.to_be_bytes());
        out.extend_from_slice(&self.path_id.to_be_bytes());
        self.family.encode(out);
        self.tlvs.encode(out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.number("index", self.index.into());
            fields.number("seconds", self.time.0.into());
            fields.number("microseconds", self.time.1.into());
            fields.number("path_id", self.path_id.into());
            fields.text("family", &self.family);
            fields.list("tlvs", &mut |fields| {
                for tlv in self.tlvs.iter() {
                    fields.group("", &mut |fields| TraceValue::of(tlv).describe(fields));
                }
            });
        });
    }
}

/// The parts of a message: flags(1) · distinguisher(8) · prefix length(1) · prefix(16) ·
/// route origin(4) · event count(1) · total event length(2) · events.
#[derive(Debug, Clone, Copy)]
pub struct RoutePolicyTrace<'a> {
    /// Flags as received; see [`FLAG_V`].
    pub flags: u8,
    /// Route distinguisher; zero for none.
    pub distinguisher: RouteDistinguisher,
    /// Prefix length, bits.
    pub prefix_len: u8,
    /// Prefix; an IPv4 one is in the last 4 octets.
    pub prefix: [u8; 16],
    /// BGP identifier of the router that the route is from.
    pub route_origin: [u8; 4],
    /// How many events the message claims to hold.
    pub event_count: u8,
    /// How many octets of events the message claims to hold.
    pub events_len: u16,
    /// The whole events, in order.
    pub events: List<'a, TraceEvent<'a>>,
    /// What follows the last whole event; none when the router keeps to the draft.
    pub rest: Reader<'a>,
}

impl<'a> RoutePolicyTrace<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// A field before the events is cut short.
    pub fn parse(mut r: Reader<'a>) -> Result<Self, WireError> {
        let mut trace = Self {
            flags: r.u8("Flags")?,
            distinguisher: RouteDistinguisher(r.array("Route Distinguisher")?),
            prefix_len: r.u8("Prefix length")?,
            prefix: r.array("Prefix")?,
            route_origin: r.array("Route Origin")?,
            event_count: r.u8("Event Count")?,
            events_len: r.u16("Total Event Length")?,
            events: List::EMPTY,
            rest: Reader::EMPTY,
        };
        (trace.events, trace.rest) = List::split(r);
        Ok(trace)
    }

    /// What is wrong with the events: the one after the last whole one, or their number or length.
    /// Those that are whole are as good as ever.
    #[must_use]
    pub fn wrong(&self) -> Option<WireError> {
        let mut rest = self.rest;
        if !rest.is_empty() {
            return TraceEvent::parse(&mut rest).err();
        }
        // The events are the last thing in the message: count and length stand right before them.
        let (count, len) = (self.events.iter().count(), self.events.octets().len());
        let at = rest.offset().saturating_sub(len);
        if usize::from(self.event_count) != count {
            let at = at.saturating_sub(3);
            return Some(WireError::invalid("Event Count", at, self.event_count.into()));
        }
        (usize::from(self.events_len) != len).then(|| {
            WireError::invalid("Total Event Length", at.saturating_sub(2), self.events_len.into())
        })
    }

    /// Appends the body.
    pub fn encode_body(&self, out: &mut Vec<u8>) {
        out.push(self.flags);
        out.extend_from_slice(&self.distinguisher.0);
        out.push(self.prefix_len);
        out.extend_from_slice(&self.prefix);
        out.extend_from_slice(&self.route_origin);
        out.push(self.event_count);
        out.extend_from_slice(&self.events_len.to_be_bytes());
        self.events.encode(out);
        out.extend_from_slice(self.rest.peek());
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::message(out, MessageType::RoutePolicyTrace.0, |out| self.encode_body(out));
    }

    /// Whether prefix and peer addresses are IPv6.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        self.flags & FLAG_V != 0
    }

    /// Says what it holds.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.number("flags", self.flags.into());
        fields.text("route_distinguisher", &self.distinguisher);
        fields.octets("prefix", &self.prefix);
        fields.number("prefix_length", self.prefix_len.into());
        fields.octets("route_origin", &self.route_origin);
        fields.number("event_count", self.event_count.into());
        fields.number("total_event_length", self.events_len.into());
        self.events.describe("events", fields);
        if !self.rest.is_empty() {
            fields.octets("extra", self.rest.peek());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::wire::{Items, Outline};

    /// One event with every TLV; two policies.
    pub(crate) fn trace() -> Vec<u8> {
        let mut policy = vec![0xe0, 2, 1];
        policy.extend([0; 12]);
        policy.extend([10, 0, 0, 1, 10, 0, 0, 9, 0, 0, 0xfd, 0xe9]);
        policy.extend([0, 2, 0, 1, b'P', b'1', b'5', 0x80]);
        policy.extend([0, 2, 0, 0, b'P', b'2']);
        let tlvs = Items::of([
            Tlv::new(0, &[0, 0, 0, 7, b'v']),
            Tlv::new(1, &policy),
            Tlv::new(2, &[0x40, 1, 1, 0]),
            Tlv::new(3, &[]),
            Tlv::new(4, b"text"),
            Tlv::new(9, &[1]),
        ]);
        let event = TraceEvent {
            index: 1,
            time: (1_700_000_000, 5),
            path_id: 3,
            family: Family::IPV4_UNICAST,
            tlvs: tlvs.list().unwrap(),
        };
        let events = Items::of([event]);
        let trace = RoutePolicyTrace {
            flags: 0,
            distinguisher: RouteDistinguisher([0; 8]),
            prefix_len: 24,
            prefix: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 0],
            route_origin: [10, 0, 0, 1],
            event_count: 1,
            events_len: events.octets().len() as u16,
            events: events.list().unwrap(),
            rest: Reader::EMPTY,
        };
        let mut out = Vec::new();
        trace.encode_body(&mut out);
        out
    }

    #[test]
    fn a_trace_says_what_it_holds() {
        let octets = trace();
        let trace = RoutePolicyTrace::parse(Reader::new(&octets)).unwrap();
        let said = Outline::of(|fields| trace.describe(fields));
        for part in [
            "prefix_length=24 route_origin=0a000001 event_count=1",
            "{vrf={id=7 name=v}}",
            "class=Outbound policy",
            "policies=[{name=P1 item=5 next_flags=128}, {name=P2 item=}]",
            "{string=text}, {type=9 value=01}",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }

    #[test]
    fn what_is_read_is_written_back() {
        let octets = trace();
        for at in 0..octets.len() {
            for octet in [0, 1, 2, 0x7f, 0x80, 0xff] {
                let mut like = octets.clone();
                like[at] = octet;
                for body in [&like[..], &like[..at]] {
                    let Ok(trace) = RoutePolicyTrace::parse(Reader::new(body)) else { continue };
                    let mut out = Vec::new();
                    trace.encode_body(&mut out);
                    assert_eq!(out, body);
                    let _ = Outline::of(|fields| trace.describe(fields));
                }
            }
        }
    }

    #[test]
    fn a_policy_that_does_not_fit_stays_raw() {
        let tlv = Tlv::new(1, &[0; 40]);
        assert_eq!(TraceValue::of(tlv), TraceValue::Unknown(tlv));
        let mut one = [0; 34];
        one[1] = 1; // policy, without name and item
        let policy = |octets| TraceValue::of(Tlv::new(1, octets));
        assert!(matches!(policy(&one[..31]), TraceValue::Policy(_)), "no flags behind the last");
        assert!(matches!(policy(&one[..32]), TraceValue::Policy(_)), "flags behind the last");
        assert!(matches!(policy(&one[..33]), TraceValue::Unknown(_)));
        let octets = trace();
        let wrong = [&octets[..33], &[0, 17], &octets[35..]].concat();
        let trace = RoutePolicyTrace::parse(Reader::new(&wrong)).unwrap();
        let error = trace.wrong().unwrap();
        assert_eq!((error.what, error.offset), ("Single Event Length", 33));
        assert!(trace.events.is_empty());
    }

    #[test]
    fn whole_events_stay_whatever_else_is_wrong() {
        let octets = trace();
        let wrong = |octets: &[u8]| {
            let trace = RoutePolicyTrace::parse(Reader::at(octets, 6)).unwrap();
            assert_eq!(trace.events.iter().count(), 1);
            trace.wrong().map(|error| (error.what, error.offset))
        };
        assert_eq!(wrong(&octets), None);
        let trailing = [&octets[..], &[0]].concat();
        assert_eq!(wrong(&trailing), Some(("Single Event Length", 6 + octets.len())));
        let mut other = octets.clone();
        other[30] = 2;
        assert_eq!(wrong(&other), Some(("Event Count", 6 + 30)));
        let mut other = octets;
        other[32] ^= 1;
        assert_eq!(wrong(&other), Some(("Total Event Length", 6 + 31)));
    }

    #[test]
    fn what_is_no_utf_8_is_described_as_octets() {
        let tlv = Tlv::new(4, &[b'a', 0xff]);
        let said = Outline::of(|fields| TraceValue::of(tlv).describe(fields));
        assert_eq!(said, "string=61ff");
    }
}
