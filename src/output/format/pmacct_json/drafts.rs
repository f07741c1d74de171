//! The records of messages that no RFC has: `rpat`, as pmacct wrote it up to 1.7.9, and `rel`.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::{Cursor, text};
use super::head::Distinguisher;
use super::options::Extra;
use super::v4::{raw_tlv, separated};
use super::{PmacctJson, Shown, events, head};
use crate::bmp::PeerHeader;
use crate::bmp::msg::rel::{RelTlvType, RelValue, RouteEventLog};
use crate::bmp::msg::route_policy_trace::{
    POLICY_FLAG_D, POLICY_FLAG_M, POLICY_FLAG_P, Policy, RoutePolicyTrace, TraceEvent, TraceValue,
};
use crate::bmp::v4::Owner;
use crate::output::frames::{FrameKind, Frames};
use crate::wire::Timestamp;

/// Flags of the policy after a policy: chained, recursive.
const NEXT_CHAINED: u8 = 0x80;
const NEXT_RECURSIVE: u8 = 0x40;

impl PmacctJson {
    /// `rpat`: one record per event, or one without any; stops when `out` is full and goes on at
    /// the cursor.
    pub(super) fn route_policy_trace(
        &mut self,
        shown: &Shown<'_>,
        trace: &RoutePolicyTrace<'_>,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        if !self.wants(Extra::Records) {
            return true;
        }
        for event in trace.events.iter().skip(cursor.part as usize) {
            if out.is_full() {
                return false;
            }
            self.begin(shown, event.timestamp(), "rpat", &mut out.bytes);
            trace_head(&mut out.bytes, trace);
            event_keys(&mut out.bytes, trace, &event);
            self.end(shown, FrameKind::Record, out);
            cursor.part += 1;
        }
        match trace.wrong() {
            Some(error) => self.odd(shown, &error, out),
            None if trace.events.is_empty() => {
                self.begin(shown, Timestamp::default(), "rpat", &mut out.bytes);
                trace_head(&mut out.bytes, trace);
                self.end(shown, FrameKind::Record, out);
            }
            None => {}
        }
        true
    }

    /// `rel`: pmacct has no record for Route Event Logging.
    pub(super) fn route_event_log(
        &mut self,
        shown: &Shown<'_>,
        log: &RouteEventLog<'_>,
        out: &mut Frames,
    ) {
        if !self.wants(Extra::Records) {
            return;
        }
        let peer = PeerHeader::of(log.peer);
        let b = &mut out.bytes;
        self.begin(shown, peer.timestamp, "rel", b);
        self.subject(&peer).write(b, self.settings.dialect.others);
        if let Some(event_type) = log.event_type {
            b.extend_from_slice(b", \"event_type_code\": ");
            text::number(b, event_type.0);
            if let Some(name) = event_type.name() {
                b.extend_from_slice(format!(", \"event_type_str\": \"{name}\"").as_bytes());
            }
        }
        b.extend_from_slice(b", \"rel_tlvs\": [");
        separated(b, log.tlvs.iter(), |b, tlv| {
            let name = RelTlvType(tlv.tlv.kind).name().filter(|_| tlv.tlv.owner == Owner::Iana);
            raw_tlv(b, &tlv.tlv, Some(tlv.index));
            b.truncate(b.len() - 1);
            if let Some(name) = name {
                b.extend_from_slice(format!(", \"name\": \"{name}\"").as_bytes());
            }
            match RelValue::of(&tlv) {
                RelValue::EventReason(reason) => {
                    b.extend_from_slice(format!(", \"event_reason\": \"{reason}\"").as_bytes());
                }
                RelValue::PolicyDiscard(policy) => string(b, "policy", policy.as_bytes()),
                _ => {}
            }
            b.push(b'}');
        });
        b.push(b']');
        self.end(shown, FrameKind::Record, out);
    }
}

/// The keys of the route, in pmacct's order.
fn trace_head(out: &mut Vec<u8>, trace: &RoutePolicyTrace<'_>) {
    if !trace.distinguisher.is_zero() {
        head::distinguisher(out, Distinguisher::Route, trace.distinguisher, "bmp");
    }
    out.extend_from_slice(b", \"prefix\": \"");
    text::ip(out, address(trace, trace.prefix));
    out.extend_from_slice(b"\", \"prefix_len\": ");
    text::number(out, trace.prefix_len);
    out.extend_from_slice(b", \"bgp_id\": \"");
    text::ipv4(out, trace.route_origin);
    out.push(b'"');
}

/// The keys of an event, in pmacct's order.
fn event_keys(out: &mut Vec<u8>, trace: &RoutePolicyTrace<'_>, event: &TraceEvent<'_>) {
    if event.path_id != 0 {
        out.extend_from_slice(b", \"path_id\": ");
        text::number(out, event.path_id);
    }
    out.extend_from_slice(b", \"afi\": ");
    text::number(out, event.family.afi);
    out.extend_from_slice(b", \"safi\": ");
    text::number(out, event.family.safi);
    // A key that comes again keeps its place and takes the new value; the old one is told last.
    let (mut keys, mut strings, mut strings_at) = (Vec::new(), Vec::new(), 0);
    let mut before = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for tlv in event.tlvs.iter() {
        match TraceValue::of(tlv) {
            TraceValue::String(text) => {
                if strings.is_empty() {
                    strings_at = keys.len();
                    keys.push(Vec::new());
                }
                strings.push(text);
            }
            value => {
                let (name, text) = trace_value(trace, &value);
                let at = *places.entry(name).or_insert(keys.len());
                match keys.get_mut(at) {
                    Some(known) => before.push(std::mem::replace(known, text)),
                    None => keys.push(text),
                }
            }
        }
    }
    if let Some(text) = keys.get_mut(strings_at).filter(|_| !strings.is_empty()) {
        text.extend_from_slice(b", \"bmp_rpat_info_string\": [");
        separated(text, strings, string_value);
        text.push(b']');
    }
    keys.iter().for_each(|text| out.extend_from_slice(text));
    if !before.is_empty() {
        out.extend_from_slice(b", \"bmp_rpat_info_before\": [");
        separated(out, before, |out, keys| {
            out.push(b'{');
            out.extend_from_slice(keys.strip_prefix(b", ").unwrap_or(&keys));
            out.push(b'}');
        });
        out.push(b']');
    }
}

/// The keys of one TLV, and what tells whether another one has the same.
fn trace_value(trace: &RoutePolicyTrace<'_>, value: &TraceValue<'_>) -> (String, Vec<u8>) {
    let mut out = Vec::new();
    let hex = |out: &mut Vec<u8>, name: &str, octets: &[u8]| {
        out.extend_from_slice(format!(", \"bmp_rpat_info_{name}\": ").as_bytes());
        events::hex_or_null(out, octets);
        name.to_owned()
    };
    let name = match value {
        TraceValue::Vrf(id, name) => {
            out.extend_from_slice(format!(", \"vrf_id\": {id}").as_bytes());
            string(&mut out, "vrf_name", name);
            "vrf".to_owned()
        }
        TraceValue::Policy(policy) => {
            policy_keys(&mut out, trace, policy);
            "policy".to_owned()
        }
        TraceValue::PrePolicy(octets) => hex(&mut out, "pre_policy_attr", octets),
        TraceValue::PostPolicy(octets) => hex(&mut out, "post_policy_attr", octets),
        TraceValue::String(text) => hex(&mut out, "string", text),
        TraceValue::Unknown(tlv) => {
            let name = match tlv.owner {
                Owner::Enterprise(number) => format!("{number}_{}", tlv.kind),
                Owner::Nobody => format!("null_{}", tlv.kind),
                Owner::Iana => tlv.kind.to_string(),
            };
            hex(&mut out, &name, tlv.value)
        }
    };
    (name, out)
}

fn policy_keys(out: &mut Vec<u8>, trace: &RoutePolicyTrace<'_>, policy: &Policy<'_>) {
    for (key, flag) in [
        ("policy_is_match", POLICY_FLAG_M),
        ("policy_is_permit", POLICY_FLAG_P),
        ("policy_is_diff", POLICY_FLAG_D),
    ] {
        flag_key(out, key, policy.flags & flag != 0);
    }
    let class = policy.class.name().unwrap_or("Unknown");
    out.extend_from_slice(format!(", \"policy_class\": \"{class}\"").as_bytes());
    out.extend_from_slice(b", \"peer_bgp_id\": \"");
    text::ipv4(out, policy.peer_bgp_id);
    out.extend_from_slice(b"\", \"peer_ip\": \"");
    text::ip(out, address(trace, policy.peer_address));
    out.extend_from_slice(b"\", \"peer_asn\": ");
    text::number(out, policy.peer_as);
    if policy.count == 0 {
        return;
    }
    out.extend_from_slice(b", \"policy_name\": [");
    separated(out, policy.items(), |out, item| string_value(out, item.name));
    out.extend_from_slice(b"], \"policy_id\": [");
    separated(out, policy.items(), |out, item| string_value(out, item.item));
    out.extend_from_slice(b"], \"policy_nf\": [null]");
    // What follows the last policy is no news of a next one.
    let others = usize::from(policy.count).saturating_sub(1);
    if let Some(next) = policy.items().take(others).filter_map(|item| item.next).last() {
        flag_key(out, "policy_nf_is_chained", next & NEXT_CHAINED != 0);
        flag_key(out, "policy_nf_is_recursive", next & NEXT_RECURSIVE != 0);
    }
}

fn flag_key(out: &mut Vec<u8>, key: &str, is_set: bool) {
    out.extend_from_slice(format!(", \"{key}\": {}", u8::from(is_set)).as_bytes());
}

/// `, "KEY": "text"`, null for nothing, in hex what is no UTF-8.
fn string(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    out.extend_from_slice(format!(", \"{key}\": ").as_bytes());
    string_value(out, value);
}

fn string_value(out: &mut Vec<u8>, value: &[u8]) {
    let end = memchr::memchr(0, value).unwrap_or(value.len());
    match std::str::from_utf8(value.get(..end).unwrap_or_default()) {
        Ok(text) if !value.is_empty() => {
            out.push(b'"');
            text::json_escaped(out, text);
            out.push(b'"');
        }
        _ => events::hex_or_null(out, value),
    }
}

/// An address of the message; its family is the prefix's.
fn address(trace: &RoutePolicyTrace<'_>, octets: [u8; 16]) -> IpAddr {
    let [.., a, b, c, d] = octets;
    match trace.is_ipv6() {
        true => Ipv6Addr::from(octets).into(),
        false => Ipv4Addr::new(a, b, c, d).into(),
    }
}
