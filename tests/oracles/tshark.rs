//! What tshark says of messages, as facts. Each message is a TCP segment of a capture made here.
//!
//! tshark tells the width of AS numbers and path identifiers by heuristics of its own, knows no
//! BMP version 4 and no statistics from 18 on, and hands TLVs of Peer Up, Peer Down and Route
//! Mirroring to its BGP part, which says nothing of them.

mod attribute;
mod nlri;
mod open;

use std::process::Command;

use ribcage::wire::RouteDistinguisher;

use super::facts::{Facts, Route, hex, moment, verb};
use super::json::{Json, Map, Read};
use crate::util::TempDir;

const PORT: u16 = 11019;

/// The version whose differences are listed.
const VERSION: &str = "4.0";

/// Whether this tshark is installed; says so where it is not.
pub(crate) fn is_there(test: &str) -> bool {
    let out = Command::new("tshark").arg("--version").output();
    let said = out.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
    let there = said.starts_with(&format!("TShark (Wireshark) {VERSION}."));
    if !there {
        let found = said.lines().next().unwrap_or("no tshark");
        super::skipped(test, &format!("{found}; wanted is tshark {VERSION}"));
    }
    there
}

/// The facts of each message of each recording. One tshark reads them all: it takes long to start.
pub(crate) fn read(recordings: &[Vec<&[u8]>]) -> Vec<Vec<Read<Facts>>> {
    let folder = TempDir::new("tshark");
    let capture = folder.file("messages.pcap", &capture(recordings));
    let mut command = Command::new("tshark");
    command.env("WIRESHARK_CONFIG_DIR", folder.path()).env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    command.arg("-n").arg("-r").arg(&capture).args(["-d", &format!("tcp.port=={PORT},bmp")]);
    let out = command.args(["-T", "json", "-J", "bmp bgp"]).output().expect("tshark runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let frames = Json::read(&String::from_utf8_lossy(&out.stdout)).and_then(Json::list).unwrap();
    let mut found = frames.into_iter().map(facts);
    let of = |messages: &Vec<_>| found.by_ref().take(messages.len()).collect();
    let all: Vec<Vec<_>> = recordings.iter().map(of).collect();
    let whole = all.iter().zip(recordings).all(|(facts, messages)| facts.len() == messages.len());
    assert!(whole && found.next().is_none(), "a frame for each message");
    all
}

/// A capture of raw IPv4 packets, one for each message; each recording is a TCP flow.
fn capture(recordings: &[Vec<&[u8]>]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(0xa1b2_c3d4_u32.to_be_bytes());
    out.extend([0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 101]);
    for (port, messages) in (40_000_u16..).zip(recordings) {
        let mut sequence = 1_u32;
        for message in messages {
            packet(&mut out, port, sequence, message);
            sequence = sequence.wrapping_add(message.len() as u32);
        }
    }
    out
}

fn packet(out: &mut Vec<u8>, port: u16, sequence: u32, message: &[u8]) {
    let len = 40 + message.len() as u32;
    out.extend([[0; 8].as_slice(), &len.to_be_bytes(), &len.to_be_bytes()].concat());
    // IPv4: no options, TTL 64, TCP, no checksum.
    out.extend([0x45, 0]);
    out.extend((len as u16).to_be_bytes());
    out.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    // TCP: PSH and ACK.
    out.extend(port.to_be_bytes());
    out.extend(PORT.to_be_bytes());
    out.extend(sequence.to_be_bytes());
    out.extend([0, 0, 0, 1, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
    out.extend_from_slice(message);
}

fn facts(frame: Json) -> Read<Facts> {
    let mut layers = frame.map()?.take("_source")?.map()?.take("layers")?.map()?;
    let mut bmp = layers.take("bmp")?.map()?;
    let mut walk = Walk::default();
    if layers.maybe("_ws.malformed").is_some() {
        walk.say("malformed packet", "");
    }
    walk.say("version", bmp.number("bmp.version")?);
    bmp.number("bmp.length")?;
    let kind = bmp.number("bmp.type")?;
    walk.say("type", kind);
    if let Some(header) = bmp.maybe("bmp.peer.header") {
        walk.header(header.map()?)?;
    }
    match kind {
        0 => walk.bgp(&mut bmp, "")?,
        1 => walk.statistics(&mut bmp)?,
        2 => walk.down(&mut bmp)?,
        3 => walk.up(&mut bmp)?,
        4 => {
            if let Some(tlvs) = bmp.maybe("bmp.init.types") {
                walk.initiation(tlvs.map()?)?;
            }
        }
        5 => walk.termination(bmp.take("bmp.term.types")?.map()?)?,
        6 => drop(std::mem::take(&mut bmp)),
        _ => return Err(format!("refused: type {kind}")),
    }
    walk.warnings(&mut bmp)?;
    bmp.done()?;
    Ok(walk.0)
}

/// Facts as they are taken out of the JSON.
type Walk = super::facts::Walk<Of>;

/// This oracle's.
pub(crate) struct Of;

impl Walk {
    fn header(&mut self, mut header: Map) -> Read<()> {
        self.say("peer type", header.number("bmp.peer.type")?);
        self.say("peer flags", format!("{:02x}", header.number("bmp.peer.flags")?));
        header.take("bmp.peer.flags_tree")?;
        let octets = header.take("bmp.peer.distinguisher")?.octets()?;
        let octets = <[u8; 8]>::try_from(octets).map_err(|o| format!("{o:?}"))?;
        self.say("peer distinguisher", RouteDistinguisher(octets));
        header.maybe("bmp.unused");
        self.say("peer address", either(&mut header, "bmp.peer.ip.addr", "bmp.peer.ipv6.addr")?);
        self.say("peer AS", header.number("bmp.peer.asn")?);
        self.say("peer BGP ID", header.text("bmp.peer.id")?);
        let secs = header.number("bmp.peer.timestamp.sec")?;
        self.say("peer timestamp", moment(secs, header.number("bmp.peer.timestamp.msec")?));
        header.done()
    }

    fn up(&mut self, bmp: &mut Map) -> Read<()> {
        bmp.maybe("bmp.unused");
        self.say("local address", either(bmp, "bmp.peer.up.ip.addr", "bmp.peer.up.ipv6.addr")?);
        self.say("local port", bmp.number("bmp.peer.up.port.local")?);
        self.say("remote port", bmp.number("bmp.peer.up.port.remote")?);
        self.bgp(bmp, "sent")?;
        self.bgp(bmp, "received")?;
        while bmp.maybe("bgp").is_some() {} // TLVs, of which it says nothing
        Ok(())
    }

    fn down(&mut self, bmp: &mut Map) -> Read<()> {
        let reason = bmp.number("bmp.peer.down.reason")?;
        self.say("reason", reason);
        bmp.maybe("bmp.peer.down.data"); // empty, even of an FSM event
        match reason {
            1 | 3 => self.bgp(bmp, ""),
            _ => {
                while bmp.maybe("bgp").is_some() {} // data, of which it says nothing
                Ok(())
            }
        }
    }

    fn statistics(&mut self, bmp: &mut Map) -> Read<()> {
        self.say("count", bmp.number("bmp.stats.count")?);
        while let Some(kind) = bmp.maybe("bmp.stats.type") {
            let kind = kind.number()?;
            let mut of = bmp.take("bmp.stats.type_tree")?.map()?;
            of.number("bmp.stats.length")?;
            let octets = hex(&of.take("bmp.stats.data")?.octets()?);
            let mut end = |ending: &str| {
                let at = of.0.iter().position(|(key, _)| key.ends_with(ending))?;
                Some(of.0.remove(at).1)
            };
            let family = end(".afi").zip(end(".safi"));
            let said = match (family, of.0.pop()) {
                (Some((afi, safi)), Some((_, number))) => {
                    let (afi, safi) = (afi.number()?, safi.number()?);
                    format!("{kind} {afi}/{safi} = {}", number.number()?)
                }
                (None, Some((_, Json::Text(number)))) => format!("{kind} = {number}"),
                _ => format!("{kind}: {octets}"),
            };
            self.say("statistic", said);
            of.done()?;
        }
        Ok(())
    }

    fn initiation(&mut self, mut tlvs: Map) -> Read<()> {
        while let Some(kind) = tlvs.maybe("bmp.init.type") {
            let mut tlv = tlvs.take("bmp.init.type_tree")?.map()?;
            tlv.number("bmp.init.length")?;
            let text = tlv.text("bmp.init.info")?;
            self.say("TLV", format!("{} {}", kind.number()?, hex(text.as_bytes())));
            tlv.done()?;
        }
        tlvs.done()
    }

    fn termination(&mut self, mut tlvs: Map) -> Read<()> {
        while let Some(kind) = tlvs.maybe("bmp.term.type") {
            let kind = kind.number()?;
            tlvs.number("bmp.term.length")?;
            let value = match kind {
                1 => format!("{:04x}", tlvs.number("bmp.term.reason")?),
                _ => hex(tlvs.text("bmp.term.info")?.as_bytes()),
            };
            self.say("TLV", format!("{kind} {value}"));
        }
        tlvs.done()
    }

    /// A BGP message; `side` is that of an OPEN.
    fn bgp(&mut self, bmp: &mut Map, side: &str) -> Read<()> {
        let mut bgp = bmp.take("bgp")?.map()?;
        bgp.take("bgp.marker")?;
        bgp.number("bgp.length")?;
        match bgp.number("bgp.type")? {
            1 => self.open(side, &mut bgp)?,
            2 => self.update(&mut bgp)?,
            3 => self.notification(&mut bgp)?,
            kind => return Err(format!("BGP type {kind}")),
        }
        self.warnings(&mut bgp)?;
        bgp.done()
    }

    /// What it does not like of what it has read.
    fn warnings(&mut self, of: &mut Map) -> Read<()> {
        while let Some(warning) = of.maybe("_ws.expert") {
            self.say("warning", warning.map()?.text("_ws.expert.message")?);
        }
        if of.maybe("_ws.malformed").is_some() {
            self.say("malformed packet", "");
        }
        Ok(())
    }

    fn notification(&mut self, bgp: &mut Map) -> Read<()> {
        let code = bgp.number("bgp.notify.major_error")?;
        let minor = |(key, _): &(String, Json)| key.starts_with("bgp.notify.minor_error");
        let at = bgp.0.iter().position(minor).ok_or("no subcode")?;
        let subcode = bgp.0.remove(at).1.number()?;
        let mut data = Vec::new();
        if let Some(len) = bgp.maybe("bgp.notify.communication_length") {
            data.push(len.number()? as u8);
            data.extend(bgp.text("bgp.notify.communication")?.bytes());
        }
        self.say("NOTIFICATION", format!("{code}/{subcode} {}", hex(&data)));
        Ok(())
    }

    fn update(&mut self, bgp: &mut Map) -> Read<()> {
        bgp.number("bgp.update.withdrawn_routes.length")?;
        if let Some(routes) = bgp.maybe("bgp.update.withdrawn_routes") {
            self.routes(false, (1, 1), routes)?;
        }
        bgp.number("bgp.update.path_attributes.length")?;
        if let Some(attributes) = bgp.maybe("bgp.update.path_attributes") {
            for (_, attribute) in attributes.map()?.0 {
                self.attribute(attribute.map()?)?;
            }
        }
        if let Some(routes) = bgp.maybe("bgp.update.nlri") {
            self.routes(true, (1, 1), routes)?;
        }
        Ok(())
    }

    /// The routes of a list; an empty one is a text.
    fn routes(&mut self, announced: bool, family: (u64, u64), list: Json) -> Read<()> {
        let name = verb(announced, format!("{}/{}", family.0, family.1));
        let Json::Map(list) = list else { return Ok(()) };
        for (_, route) in list.0 {
            let mut route = route.map()?;
            let mut bits = route.number("bgp.prefix_length")?;
            let path_id = route.maybe("bgp.nlri_path_id").map(Json::number).transpose()?;
            let mut label = None;
            if let Some(stack) = route.maybe("bgp.label_stack") {
                let stack = stack.text()?;
                let parts = stack.split([',', ' ']);
                let mut labels = parts.filter_map(|part| part.parse::<u64>().ok());
                bits -= 24 * labels.clone().count() as u64;
                label = labels.next_back().filter(|_| !stack.contains("withdrawn"));
            }
            let distinguisher = route.maybe("bgp.rd").map(Json::text).transpose()?;
            bits -= if distinguisher.is_some() { 64 } else { 0 };
            let (_, address) = route.0.pop().ok_or("no prefix")?;
            let prefix = format!("{}/{bits}", address.text()?);
            self.say(&name, Route { path_id, label, distinguisher, prefix });
            route.done()?;
        }
        Ok(())
    }
}

/// The one of two members that is there.
fn either(map: &mut Map, one: &str, other: &str) -> Read<String> {
    map.maybe(one).or_else(|| map.maybe(other)).ok_or(format!("neither {one}"))?.text()
}

/// Leaves in the order of the wire: their octets, each as wide as `width` says; those of width 0
/// are left out.
fn octets(map: Map, width: &impl Fn(&str) -> Option<usize>) -> Read<Vec<u8>> {
    let mut out = Vec::new();
    for (key, value) in map.0 {
        let width_of = width(&key);
        match (value, width_of) {
            (_, Some(0)) => {}
            (Json::Map(map), _) => out.extend(octets(map, width)?),
            (Json::Text(text), Some(4 | 16)) if text.parse::<std::net::IpAddr>().is_ok() => {
                match text.parse().unwrap() {
                    std::net::IpAddr::V4(address) => out.extend(address.octets()),
                    std::net::IpAddr::V6(address) => out.extend(address.octets()),
                }
            }
            (value, Some(width)) => out.extend(&value.number()?.to_be_bytes()[8 - width..]),
            (value, None) => return Err(format!("unread: {key} = {value:?}")),
        }
    }
    Ok(out)
}
