//! The keys of the TLVs of version 4: pmacct's `path_status` and `reason_code`, and in its style
//! what it garbles (see the manual).

use std::collections::HashSet;

use super::super::text;
use super::Shown;
use super::time::{Clock, Stream};
use crate::bgp::nlri;
use crate::bmp::v4::{
    Index, IndexedTlv, Markings, Owner, PathMarking, Profile, RmValue, RouteMonitoring,
    TimestampTlv, Tlv, VERSION,
};
use crate::record::{Section, Update};
use crate::wire::{List, Reader};

/// pmacct's names of the status bits, from the lowest up.
const STATUS_NAMES: [&str; 12] = [
    "Invalid",
    "Best",
    "Non-selected",
    "Primary",
    "Backup",
    "Non-installed",
    "Best-external",
    "Add-Path",
    "Filtered-In-Policy",
    "Filtered-Out-Policy",
    "Stale",
    "Suppressed",
];

/// Octets of text besides path markings that all routes of a message share, at most.
const SHARED_MAX: usize = 16 << 10;

/// The text that the TLVs of one Route Monitoring message give.
pub(super) struct TlvKeys {
    markings: Markings,
    /// The keys that are the same for all routes of the message, besides path markings.
    shared: Vec<u8>,
}

impl TlvKeys {
    /// Of a message of version 4; the TLVs without a name of pmacct's only `with_rest`. Path
    /// markings are told by route for the first `routes` of the message.
    pub(super) fn of(
        shown: &Shown<'_>,
        with_rest: bool,
        routes: u32,
        clock: &mut Clock,
    ) -> Option<Self> {
        if shown.message.first() != Some(&VERSION) {
            return None;
        }
        let message = RouteMonitoring::parse(shown.body()).ok()?;
        let profile = shown.batch.router(shown.record).dialect.profile();
        let mut shared = Vec::new();
        if with_rest {
            let mut rest = Rest::default();
            let placed = Placed::of(&message, profile, routes);
            for tlv in message.tlvs.iter() {
                rest.add(&tlv, tlv.value(profile), &placed);
            }
            rest.write(&mut shared, clock);
        }
        Some(Self { markings: Markings::of(&message, profile), shared })
    }

    /// Whether routes of the message differ.
    pub(super) fn differ(&self) -> bool {
        self.markings.differ()
    }

    /// The keys of the `nlri`-th route of the message, or of those that have none of their own.
    pub(super) fn write(&self, out: &mut Vec<u8>, nlri: Option<u32>) {
        let marking = nlri.map_or(self.markings.all, |nlri| self.markings.get(nlri));
        if let Some(marking) = marking {
            path_status(out, &marking);
        }
        out.extend_from_slice(&self.shared);
    }
}

/// The index of the first route of `section` after `skipped` octets of it: routes are counted as
/// they stand in the BGP message, as long as all before them could be read
/// (draft-ietf-grow-bmp-tlv-20 §4.3).
pub(super) fn first_nlri(
    shown: &Shown<'_>,
    update: &Update,
    section: &Section,
    skipped: usize,
) -> Option<u32> {
    let mut first = 1_u32;
    for before in update.sections().filter(|s| s.span.start < section.span.start) {
        if !is_counted(before) || before.rest.len > 0 {
            return None;
        }
        first = first.checked_add(before.count)?;
    }
    first.checked_add(routes_in(section, section.span.of(shown.message).get(..skipped)?))
}

/// How many routes there are in some `octets` of a section.
pub(super) fn routes_in(section: &Section, octets: &[u8]) -> u32 {
    let announced = section.kind.announces();
    nlri::scan(section.family, section.add_path, announced, Reader::new(octets)).count
}

/// How many routes of the message have an index: all up to the first one that could not be read.
pub(super) fn routes(update: &Update) -> u32 {
    let mut sections: Vec<_> = update.sections().collect();
    sections.sort_unstable_by_key(|section| section.span.start);
    let mut routes = 0_u32;
    for section in sections.iter().take_while(|section| is_counted(section)) {
        routes = routes.saturating_add(section.count);
        if section.rest.len > 0 {
            break;
        }
    }
    routes
}

fn is_counted(section: &Section) -> bool {
    nlri::is_decoded(section.family) || section.span.len == 0
}

/// Which path markings with an index are told in the records of the routes they are for.
struct Placed {
    routes: u32,
    /// Groups that are defined, all of whose routes are told.
    groups: HashSet<Index>,
}

impl Placed {
    fn of(message: &RouteMonitoring<'_>, profile: Profile, routes: u32) -> Self {
        let mut groups = HashSet::new();
        let is_marked = |tlv: &IndexedTlv<'_>| {
            tlv.index.is_group() && matches!(tlv.value(profile), RmValue::PathMarking(_))
        };
        if message.tlvs.iter().any(|tlv| is_marked(&tlv)) {
            let (mut placed, mut not) = (HashSet::new(), HashSet::new());
            for tlv in message.tlvs.iter() {
                let RmValue::Group(members) = tlv.value(profile) else { continue };
                let all = members.iter().all(|member| is_route(member, routes));
                if all {
                    placed.insert(tlv.index)
                } else {
                    not.insert(tlv.index)
                };
            }
            groups = placed.difference(&not).copied().collect();
        }
        Self { routes, groups }
    }

    fn has(&self, index: Index) -> bool {
        index == Index::ALL || self.groups.contains(&index) || is_route(index, self.routes)
    }
}

/// Whether an index is that of one of the first `routes`.
fn is_route(index: Index, routes: u32) -> bool {
    !index.is_group() && index != Index::ALL && u32::from(index.0) <= routes
}

/// `, "path_status": […]` and, where it is told, `, "reason_code": "0x…"`
fn path_status(out: &mut Vec<u8>, marking: &PathMarking) {
    let mut names: Vec<String> =
        marking.named().filter_map(|bit| STATUS_NAMES.get(bit)).map(|n| (*n).to_owned()).collect();
    match marking.status {
        0 => names.push("Unknown".to_owned()),
        _ if marking.unnamed() != 0 => names.push(format!("{:#010x}", marking.unnamed())),
        _ => {}
    }
    out.extend_from_slice(b", \"path_status\": [");
    separated(out, names, |out, name| {
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.push(b'"');
    });
    out.push(b']');
    if let Some(reason) = marking.reason {
        out.extend_from_slice(format!(", \"reason_code\": \"0x{:04x}\"", reason.0).as_bytes());
    }
}

/// What else is in a message, for which pmacct has wrong names or none.
#[derive(Default)]
struct Rest<'a> {
    vrf: Option<&'a str>,
    capabilities: Vec<(u8, &'a [u8])>,
    timestamps: Vec<TimestampTlv>,
    sequence: Option<u64>,
    flags: Option<&'a [u8]>,
    groups: Vec<(u16, List<'a, Index>)>,
    /// As received: what has no key of its own, more than once what can be there but once, what is
    /// not for all NLRIs of the message.
    raw: Vec<IndexedTlv<'a>>,
}

impl<'a> Rest<'a> {
    fn add(&mut self, tlv: &IndexedTlv<'a>, value: RmValue<'a>, placed: &Placed) {
        match value {
            RmValue::BgpMessage(_) => {}
            RmValue::PathMarking(_) if placed.has(tlv.index) => {}
            RmValue::Group(members) if tlv.index.is_group() => {
                self.groups.push((tlv.index.number(), members));
            }
            _ if tlv.index != Index::ALL => self.raw.push(*tlv),
            RmValue::StatelessParsing(capability) => {
                self.capabilities.push((capability.code.0, capability.value));
            }
            RmValue::Timestamp(stamp) => self.timestamps.push(stamp),
            RmValue::VrfTableName(name) if self.vrf.is_none() => match std::str::from_utf8(name) {
                Ok(name) => self.vrf = Some(name),
                Err(_) => self.raw.push(*tlv),
            },
            RmValue::Sequence(number) if self.sequence.is_none() => self.sequence = Some(number),
            RmValue::ExtendedFlags(flags) if self.flags.is_none() => self.flags = Some(flags),
            _ => self.raw.push(*tlv),
        }
    }

    /// Appends the keys, each as long as it fits: they stand in the record of every route of the
    /// message.
    fn write(self, out: &mut Vec<u8>, clock: &mut Clock) {
        let mut keys: [Vec<u8>; 7] = Default::default();
        self.write_each(&mut keys, clock);
        let mut left_out = 0;
        for key in keys {
            match out.len() + key.len() <= SHARED_MAX {
                true => out.extend_from_slice(&key),
                false => left_out += key.len(),
            }
        }
        if left_out > 0 {
            out.extend_from_slice(format!(", \"bmp_rm_info_too_long\": {left_out}").as_bytes());
        }
    }

    fn write_each(self, keys: &mut [Vec<u8>; 7], clock: &mut Clock) {
        let [vrf, capabilities, timestamps, sequence, flags, groups, tlvs] = keys;
        if let Some(name) = self.vrf {
            let out = vrf;
            out.extend_from_slice(b", \"bmp_rm_info_vrf_table_name\": \"");
            text::json_escaped(out, name);
            out.push(b'"');
        }
        list(capabilities, "stateless_parsing", self.capabilities, |out, (code, value)| {
            out.push(b'"');
            text::number(out, code);
            out.push(b':');
            text::hex(out, value);
            out.push(b'"');
        });
        list(timestamps, "timestamps", self.timestamps, |out, stamp| {
            out.extend_from_slice(b"{\"type\": ");
            text::number(out, stamp.kind.0);
            out.extend_from_slice(b", \"time\": ");
            clock.write(out, stamp.time(), Stream::Router);
            out.push(b'}');
        });
        if let Some(number) = self.sequence {
            sequence.extend_from_slice(b", \"bmp_rm_info_sequence\": ");
            text::number(sequence, number as i64); // as all numbers of 64 bits
        }
        if let Some(octets) = self.flags {
            super::events::raw(flags, "bmp_rm_info_extended_flags", octets);
        }
        list(groups, "groups", self.groups, |out, (group, members)| {
            out.extend_from_slice(b"{\"group\": ");
            text::number(out, group);
            out.extend_from_slice(b", \"nlris\": [");
            separated(out, members.iter(), |out, index| text::number(out, index.0));
            out.extend_from_slice(b"]}");
        });
        list(tlvs, "tlvs", self.raw, |out, tlv| raw_tlv(out, &tlv.tlv, Some(tlv.index)));
    }
}

/// `{"type": …, "enterprise": …, "index": …, "value": "hex"}`; the enterprise is null where the
/// E-bit is set and there is no number.
pub(super) fn raw_tlv(out: &mut Vec<u8>, tlv: &Tlv<'_>, index: Option<Index>) {
    out.extend_from_slice(b"{\"type\": ");
    text::number(out, tlv.kind);
    match tlv.owner {
        Owner::Iana => {}
        Owner::Enterprise(number) => {
            out.extend_from_slice(b", \"enterprise\": ");
            text::number(out, number);
        }
        Owner::Nobody => out.extend_from_slice(b", \"enterprise\": null"),
    }
    if let Some(index) = index {
        out.extend_from_slice(if index.is_group() { b", \"group\": " } else { b", \"index\": " });
        text::number(out, index.number());
    }
    super::events::raw(out, "value", tlv.value);
    out.push(b'}');
}

/// `, "bmp_rm_info_NAME": […]`, unless there is nothing in it.
fn list<T>(out: &mut Vec<u8>, name: &str, items: Vec<T>, each: impl FnMut(&mut Vec<u8>, T)) {
    if items.is_empty() {
        return;
    }
    out.extend_from_slice(b", \"bmp_rm_info_");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\": [");
    separated(out, items, each);
    out.push(b']');
}

/// Items with `, ` between them.
pub(super) fn separated<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut each: impl FnMut(&mut Vec<u8>, T),
) {
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        each(out, item);
    }
}
