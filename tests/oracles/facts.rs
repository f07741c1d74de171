//! What one message says, as plain facts that can be compared whoever read them, and what Ribcage
//! reads.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::ops::{Deref, DerefMut};

use ribcage::bgp::attr::{self, Attribute, AttributeCode, Attributes, mp_reach, mp_unreach};
use ribcage::bgp::nlri::{self, Visit};
use ribcage::bgp::open::Open;
use ribcage::bmp::msg::peer_down::PeerDown;
use ribcage::bmp::msg::peer_up::PeerUp;
use ribcage::bmp::msg::route_mirroring::RouteMirroring;
use ribcage::bmp::msg::statistics_report::{Statistic, StatisticsReport};
use ribcage::bmp::v4::{Profile, RmValue, RouteMonitoring};
use ribcage::bmp::{COMMON_HEADER_LEN, Message, MessageType, PeerHeader, Tlvs};
use ribcage::record::{Batch, BatchLimits, Event, Section, SessionId, Update};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::{
    Fields, Item, Outline, Prefix, Reader, RouteDistinguisher, Timestamp, WireError,
};

/// Facts of one message: name and value, in the order of the message. A name may repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts(pub(crate) Vec<(String, String)>);

impl Facts {
    pub(crate) fn say(&mut self, name: impl Into<String>, value: impl Display) {
        self.0.push((name.into(), value.to_string()));
    }

    /// The values of each name.
    pub(crate) fn by_name(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        self.0.iter().for_each(|(name, value)| names.entry(name).or_default().push(value));
        names
    }
}

/// Facts as they are taken out of what an oracle says; `Of` tells the oracles' ways to do so apart.
pub(crate) struct Walk<Of>(pub(crate) Facts, PhantomData<Of>);

impl<Of> Default for Walk<Of> {
    fn default() -> Self {
        Self(Facts::default(), PhantomData)
    }
}

impl<Of> Deref for Walk<Of> {
    type Target = Facts;
    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl<Of> DerefMut for Walk<Of> {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.0
    }
}

/// Attributes whose values are compared as they are described; those of others as octets.
pub(crate) const DESCRIBED: &[u8] = &[1, 2, 3, 4, 5, 8, 17, 26, 32, 35];

/// Those that are compared in both ways.
const BOTH: &[u8] = &[6, 7, 9, 10, 16, 18, 40];

/// Well-known communities (RFC 1997, RFC 3765, RFC 7999, RFC 8326), which others print as numbers.
/// A name that begins with another's comes before it.
const WELL_KNOWN: &[(&str, &str)] = &[
    ("NO_EXPORT_SUBCONFED", "65535:65283"),
    ("NO_EXPORT", "65535:65281"),
    ("NO_ADVERTISE", "65535:65282"),
    ("NOPEER", "65535:65284"),
    ("BLACKHOLE", "65535:666"),
    ("GRACEFUL_SHUTDOWN", "65535:0"),
];

/// Octets as hex digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// One route as a value.
#[derive(Debug, Default)]
pub(crate) struct Route {
    pub(crate) path_id: Option<u64>,
    pub(crate) label: Option<u64>,
    pub(crate) distinguisher: Option<String>,
    pub(crate) prefix: String,
}

impl Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path_id.iter().try_for_each(|id| write!(f, "id {id} "))?;
        self.label.iter().try_for_each(|label| write!(f, "label {label} "))?;
        self.distinguisher.iter().try_for_each(|rd| write!(f, "rd {rd} "))?;
        f.write_str(&self.prefix)
    }
}

/// The whole messages at the start of `stream`.
pub(crate) fn messages(mut stream: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some(&[_, a, b, c, d, _]) = stream.first_chunk::<6>() {
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some((message, rest)) = stream.split_at_checked(len.max(6)) else { break };
        found.push(message);
        stream = rest;
    }
    found
}

/// What a session of ours reads in `stream`: facts of each message.
pub(crate) fn read(stream: &[u8]) -> Vec<Facts> {
    let limits = SessionLimits::default();
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let mut session = Session::new(SessionId(1), "192.0.2.1:20".parse().unwrap(), limits);
    let (mut found, mut left) = (Vec::new(), stream);
    loop {
        let (used, received) = session.receive(Timestamp::default(), left, &mut batch);
        for record in batch.records() {
            let profile = batch.router(record).dialect.profile();
            found.push(message(batch.message(record), &record.event, profile));
        }
        batch.reset();
        left = &left[used..];
        match received {
            Received::NeedInput => return found,
            Received::BatchFull => {}
            Received::Broken(error) => panic!("{error:?}"),
        }
    }
}

fn message(octets: &[u8], event: &Event, profile: Profile) -> Facts {
    let mut facts = Facts::default();
    let (version, kind) = (octets[0], MessageType(octets[5]));
    assert_eq!(written_back(octets).unwrap_or(octets.to_vec()), octets, "written otherwise");
    facts.say("version", version);
    facts.say("type", kind.0);
    let body = Reader::at(&octets[COMMON_HEADER_LEN..], COMMON_HEADER_LEN);
    let read = match event {
        Event::Odd(error) => {
            facts.say("odd", error.what);
            Ok(())
        }
        Event::RouteMonitoring(update) => {
            facts.peer(&PeerHeader::parse(&mut body.clone()).unwrap());
            facts.update(octets, update);
            match version {
                4 => facts.indexed_tlvs(body, profile),
                _ => Ok(()),
            }
        }
        // Of these, version 4 has layouts of its own.
        _ if version == 4
            && [MessageType::PeerDown, MessageType::StatisticsReport].contains(&kind) =>
        {
            facts.say("octets", hex(body.peek()));
            Ok(())
        }
        _ => facts.body(kind, body),
    };
    if let Err(error) = read {
        facts.say("odd", error.what);
    }
    facts
}

/// A message read as its type and written again; `None` where it makes no sense.
fn written_back(octets: &[u8]) -> Option<Vec<u8>> {
    let (message, _) = Message::parse(octets).ok()?;
    let mut out = Vec::new();
    message.encode(&mut out);
    Some(out)
}

impl Facts {
    fn body(&mut self, kind: MessageType, body: Reader<'_>) -> Result<(), WireError> {
        match kind {
            MessageType::Initiation | MessageType::Termination => self.tlvs(Tlvs::new(body)),
            MessageType::PeerUp => {
                let up = PeerUp::parse(body)?;
                self.peer(&up.peer);
                self.say("local address", up.local_ip());
                self.say("local port", up.local_port);
                self.say("remote port", up.remote_port);
                self.open("sent", &up.sent_open);
                self.open("received", &up.received_open);
                self.tlvs(up.tlvs);
            }
            MessageType::PeerDown => {
                let down = PeerDown::parse(body)?;
                self.peer(&down.peer);
                self.down(&down);
            }
            MessageType::StatisticsReport => {
                let report = StatisticsReport::parse(body)?;
                self.peer(&report.peer);
                self.say("count", report.count);
                let mut at = 0;
                while let Some((statistic, next)) = report.at(at) {
                    self.say("statistic", in_words(&statistic));
                    at = next;
                }
            }
            MessageType::RouteMirroring => {
                let mirrored = RouteMirroring::parse(body)?;
                self.peer(&mirrored.peer);
                self.tlvs(mirrored.tlvs);
            }
            _ => self.say("octets", hex(body.peek())),
        }
        Ok(())
    }

    /// The TLVs of a Route Monitoring message of version 4.
    fn indexed_tlvs(&mut self, body: Reader<'_>, profile: Profile) -> Result<(), WireError> {
        for tlv in RouteMonitoring::parse(body)?.tlvs.iter() {
            let at = tlv.index.0;
            match tlv.value(profile) {
                RmValue::BgpMessage(_) => self.say("TLV of BGP message", at),
                RmValue::VrfTableName(name) => {
                    self.say("TLV of VRF", format!("{at} {}", hex(name)));
                }
                RmValue::StatelessParsing(with) => {
                    let with = format!("{at} {} {}", with.code.0, hex(with.value));
                    self.say("TLV of capability", with);
                }
                other => self.say("other TLV", format!("{at} {other:?}")),
            }
        }
        Ok(())
    }

    fn peer(&mut self, peer: &PeerHeader) {
        self.say("peer type", peer.kind.0);
        self.say("peer flags", format!("{:02x}", peer.flags));
        self.say("peer distinguisher", peer.distinguisher);
        self.say("peer address", peer.ip());
        self.say("peer AS", peer.asn);
        self.say("peer BGP ID", dotted(peer.bgp_id));
        self.say("peer timestamp", moment(peer.timestamp.secs, peer.timestamp.micros.into()));
    }

    fn down(&mut self, down: &PeerDown<'_>) {
        self.say("reason", down.reason.0);
        if let Some(event) = down.fsm_event() {
            self.say("FSM event", event);
        } else if let Some(notification) = down.notification() {
            let (code, subcode) = (notification.code.0, notification.subcode);
            self.say("NOTIFICATION", format!("{code}/{subcode} {}", hex(notification.data)));
        } else if let Some(tlvs) = down.tlvs() {
            self.tlvs(tlvs);
        }
        if !down.extra.is_empty() {
            self.say("data", hex(down.extra.peek()));
        }
    }

    fn tlvs(&mut self, tlvs: Tlvs<'_>) {
        for tlv in tlvs.flatten() {
            self.say("TLV", format!("{} {}", tlv.kind, hex(tlv.value)));
        }
    }

    fn open(&mut self, side: &str, open: &Open<'_>) {
        self.say(format!("{side} version"), open.version);
        self.say(format!("{side} AS"), open.my_as);
        self.say(format!("{side} hold time"), open.hold_time);
        self.say(format!("{side} BGP ID"), dotted(open.bgp_id));
        for capability in open.capabilities() {
            let mut octets = Vec::new();
            capability.encode(&mut octets);
            let (code, value) = (octets[0], hex(&octets[2..]));
            self.say(format!("{side} capability"), format!("{code} {value}"));
        }
    }

    fn update(&mut self, octets: &[u8], update: &Update) {
        let attributes = Attributes::new(Reader::new(update.attributes.of(octets)));
        for attribute in attributes.flatten() {
            self.say("attribute", in_code(attribute.code.0, attribute.flags));
            if self.attribute(&attribute, update).is_err() {
                self.say("malformed", attribute.code.0);
            }
        }
        for section in update.sections() {
            self.section(octets, section);
        }
    }

    fn attribute(&mut self, a: &Attribute<'_>, update: &Update) -> Result<(), WireError> {
        match a.code {
            AttributeCode::MpReachNlri => {
                let reach = mp_reach::MpReach::parse(a.reader())?;
                self.say("MP_REACH_NLRI", reach.family);
                self.say("next hop", hex(reach.next_hop));
                let global = reach.global_next_hop().map_or("unknown".into(), |a| a.to_string());
                self.say("next hop address", global);
            }
            AttributeCode::MpUnreachNlri => {
                self.say("MP_UNREACH_NLRI", mp_unreach::MpUnreach::parse(a.reader())?.family);
            }
            code if DESCRIBED.contains(&code.0) => self.described(a, update)?,
            code => {
                if BOTH.contains(&code.0) {
                    self.described(a, update)?;
                }
                let mut written = Vec::new();
                attr::rewrite(a, update.as_width, &mut written)?;
                if code == AttributeCode::ExtendedCommunities {
                    let each = written.as_chunks::<8>().0;
                    each.iter().for_each(|c| self.say("extended community", in_part(*c)));
                }
                self.say(format!("octets of attribute {}", code.0), hex(&written));
            }
        }
        Ok(())
    }

    fn described(&mut self, a: &Attribute<'_>, update: &Update) -> Result<(), WireError> {
        let mut read = Ok(());
        let said = Outline::of(|to| read = attr::describe(a, update.as_width, to));
        read?;
        let (name, value) = said.split_once('=').unwrap_or((&said, ""));
        let mut value = value.to_owned();
        if name == "communities" {
            WELL_KNOWN.iter().for_each(|(name, number)| value = value.replace(name, number));
        }
        self.say(name, value);
        Ok(())
    }

    fn section(&mut self, octets: &[u8], section: &Section) {
        let announced = section.kind.announces();
        let name = verb(announced, section.family);
        let list = section.span.of(octets);
        if !nlri::is_decoded(section.family) {
            self.say(name, hex(list));
            return;
        }
        let mut routes = Routes::default();
        let (family, ids) = (section.family, section.add_path);
        nlri::visit_all(family, ids, announced, list, &mut routes).unwrap();
        for (part, value) in routes.all {
            self.say(format!("{name}{part}"), value);
        }
        if section.rest.len > 0 {
            self.say("malformed NLRI", hex(section.rest.of(octets)));
        }
    }
}

/// The octets of an IGP Router-ID as it is described (RFC 9552 §5.2.1.4).
pub(crate) fn igp_router_id(octets: &[u8], protocol: u64) -> String {
    let dotted = |octets: &[u8]| octets.iter().map(u8::to_string).collect::<Vec<_>>().join(".");
    let isis = |id: &[u8]| format!("{}.{}.{}", hex(&id[..2]), hex(&id[2..4]), hex(&id[4..6]));
    match *octets {
        [_, _, _, _] => dotted(octets),
        [_, _, _, _, _, _] => isis(octets),
        [_, _, _, _, _, _, number] => format!("{}.{number:02x}", isis(octets)),
        [_, _, _, _, a, b, c, d] if protocol == 6 => {
            format!("{}:{}", dotted(&octets[..4]), u32::from_be_bytes([a, b, c, d]))
        }
        [_, _, _, _, _, _, _, _] => format!("{}:{}", dotted(&octets[..4]), dotted(&octets[4..])),
        _ => hex(octets),
    }
}

/// `announced 1/1`.
pub(crate) fn verb(announced: bool, family: impl Display) -> String {
    format!("{} {family}", if announced { "announced" } else { "withdrawn" })
}

/// A time in seconds, with six digits after the point.
pub(crate) fn moment(secs: u64, micros: u64) -> String {
    format!("{secs}.{micros:06}")
}

/// An attribute's code and those of its flags that have a meaning.
pub(crate) fn in_code(code: u8, flags: u8) -> String {
    format!("{code} {:02x}", flags & 0xf0)
}

/// An extended community: whole where its type gives it an administrator and a number, else only
/// its type.
pub(crate) fn in_part(community: [u8; 8]) -> String {
    match community[0] & 0xbf {
        0..=2 if community[..2] != [0x40, 4] => hex(&community),
        _ => hex(&community[..2]),
    }
}

/// A described AS_PATH whose AS_SETs are in ascending order.
pub(crate) fn sorted_sets(path: &str) -> String {
    let mut parts = path.split("{type=AS_SET asns=[");
    let mut sorted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (asns, rest) = part.split_once(']').unwrap();
        let mut asns: Vec<u32> = asns.split(", ").map(|asn| asn.parse().unwrap()).collect();
        asns.sort_unstable();
        let asns: Vec<String> = asns.iter().map(u32::to_string).collect();
        sorted += &format!("{{type=AS_SET asns=[{}]{rest}", asns.join(", "));
    }
    sorted
}

fn dotted(id: [u8; 4]) -> IpAddr {
    IpAddr::from(id)
}

fn in_words(statistic: &Statistic<'_>) -> String {
    let kind = statistic.kind.0;
    match (statistic.family(), statistic.number()) {
        (Some(family), Some(number)) => format!("{kind} {family} = {number}"),
        (None, Some(number)) if statistic.kind.form().is_some() => format!("{kind} = {number}"),
        _ => statistic.value.with_octets(|octets| format!("{kind}: {}", hex(octets))),
    }
}

/// What routes say: those that are a prefix one value each, the others a value for each field.
#[derive(Default)]
struct Routes {
    one: Route,
    fields: Option<Leaves>,
    /// A space and a field's name, or nothing; and the value.
    all: Vec<(String, String)>,
}

impl Visit for Routes {
    fn path_id(&mut self, id: u32) {
        self.one.path_id = Some(id.into());
    }
    fn distinguisher(&mut self, rd: RouteDistinguisher) {
        self.one.distinguisher = Some(rd.to_string());
    }
    fn label(&mut self, label: u32) {
        self.one.label = Some(label.into());
    }
    fn prefix(&mut self, prefix: Prefix) {
        self.one.prefix = prefix.to_string();
    }
    fn route(&mut self, describe: &dyn Fn(&mut dyn Fields)) {
        let mut leaves = Leaves::default();
        describe(&mut leaves);
        self.fields = Some(leaves);
    }
    fn end(&mut self) -> bool {
        let one = std::mem::take(&mut self.one);
        let Some(fields) = self.fields.take() else {
            self.all.push((String::new(), one.to_string()));
            return true;
        };
        self.all.extend(one.path_id.map(|id| (" path_id".to_owned(), id.to_string())));
        self.all.extend(one.distinguisher.map(|rd| (" rd".to_owned(), rd)));
        self.all.extend(fields.found);
        true
    }
}

/// Each value that something describes, with a space and the names that lead to it before it:
/// ` a.b`. Values in lists have the name of the list.
#[derive(Default)]
struct Leaves {
    path: Vec<&'static str>,
    in_list: bool,
    found: Vec<(String, String)>,
}

impl Leaves {
    fn inside(&mut self, name: &'static str, in_list: bool, body: &mut dyn FnMut(&mut dyn Fields)) {
        let (before, depth) = (std::mem::replace(&mut self.in_list, in_list), self.path.len());
        self.path.extend((!before).then_some(name));
        body(self);
        self.path.truncate(depth);
        self.in_list = before;
    }
}

impl Fields for Leaves {
    fn number(&mut self, name: &'static str, value: u64) {
        self.text(name, &value);
    }
    fn float(&mut self, name: &'static str, value: f32) {
        self.text(name, &value);
    }
    fn flag(&mut self, name: &'static str, value: bool) {
        self.text(name, &value);
    }
    fn text(&mut self, name: &'static str, value: &dyn Display) {
        let last = (!self.in_list).then_some(&name);
        let path: Vec<&str> = self.path.iter().chain(last).copied().collect();
        self.found.push((format!(" {}", path.join(".")), value.to_string()));
    }
    fn octets(&mut self, name: &'static str, value: &[u8]) {
        self.text(name, &hex(value));
    }
    fn group(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        self.inside(name, false, body);
    }
    fn list(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        self.inside(name, true, body);
    }
}

#[test]
fn leaves_have_the_names_that_lead_to_them() {
    let mut leaves = Leaves::default();
    leaves.number("a", 1);
    leaves.list("b", &mut |to| {
        to.octets("", &[0, 255]);
        to.group("", &mut |to| to.group("c", &mut |to| to.flag("d", true)));
    });
    leaves.text("e", &"f");
    let found: Vec<_> = leaves.found.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(found, [" a=1", " b=00ff", " b.c.d=true", " e=f"]);
}
