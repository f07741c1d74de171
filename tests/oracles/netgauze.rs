//! What NetGauze says of a message, as facts: a walk over its JSON that leaves nothing unread.

mod attribute;
mod nlri;
mod open;

use netgauze_bmp_pkt::BmpMessage;
use netgauze_bmp_pkt::wire::deserializer::BmpParsingContext;
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;

use super::facts::{Facts, Route, hex, moment, verb};
use super::json::{Json, Map, Read};

/// What NetGauze reads in `stream` here and now: facts of each message.
pub(crate) fn read(stream: &[u8]) -> Vec<Read<Facts>> {
    let mut context = BmpParsingContext::default();
    let each = |octets: &[u8]| {
        let message = BmpMessage::parse(&mut SliceReader::new(octets), &mut context);
        let message = message.map_err(|e| format!("refused: {e:?}"))?;
        context.update(&message);
        facts(&serde_json::to_string(&message).map_err(|e| e.to_string())?)
    };
    super::facts::messages(stream).into_iter().map(each).collect()
}

/// The facts in one line of NetGauze's JSON.
///
/// # Errors
/// What NetGauze could not read, or what is not known of its JSON.
pub(crate) fn facts(line: &str) -> Read<Facts> {
    let (version, message) = Json::read(line)?.variant()?;
    let version = match version.as_str() {
        "V3" => 3,
        "V4" => 4,
        _ => return Err(format!("refused: {version}: {message:?}")),
    };
    let (kind, body) = message.variant()?;
    let (mut facts, mut body) = (Walk::default(), body.map()?);
    facts.say("version", version);
    let code = ["RouteMonitoring", "StatisticsReport", "PeerDownNotification"];
    let more = ["PeerUpNotification", "Initiation", "Termination", "RouteMirroring"];
    let code = code.iter().chain(&more).position(|known| *known == kind);
    facts.say("type", code.ok_or_else(|| format!("type {kind}"))?);
    if let Some(header) = body.maybe("peer_header") {
        facts.header(header.map()?)?;
    }
    match kind.as_str() {
        "RouteMonitoring" if version == 4 => facts.indexed_tlvs(&mut body)?,
        "StatisticsReport" | "PeerDownNotification" if version == 4 => {
            return Err(format!("{kind} of version 4"));
        }
        "RouteMonitoring" => facts.update(body.take("update_message")?)?,
        "StatisticsReport" => {
            let counters = body.list("counters")?;
            facts.say("count", counters.len());
            for counter in counters {
                let (name, value) = counter.variant()?;
                facts.say("statistic", statistic(&name, value)?);
            }
        }
        "PeerDownNotification" => facts.down(body.take("reason")?)?,
        "PeerUpNotification" => {
            facts.say("local address", or_zero(body.take("local_address")?)?);
            facts.say("local port", body.take("local_port")?.or(Json::Number(0)).number()?);
            facts.say("remote port", body.take("remote_port")?.or(Json::Number(0)).number()?);
            facts.open("sent", body.take("sent_message")?)?;
            facts.open("received", body.take("received_message")?)?;
            facts.information(body.list("information")?)?;
        }
        _ => facts.information(body.list("information")?)?,
    }
    body.done()?;
    Ok(facts.0)
}

/// Facts as they are taken out of the JSON.
type Walk = super::facts::Walk<Of>;

/// This oracle's.
pub(crate) struct Of;

impl Walk {
    fn header(&mut self, mut header: Map) -> Read<()> {
        let (kind, flags) = header.take("peer_type")?.variant()?;
        let mut flags = flags.map()?;
        let mut bits = 0;
        for (name, bit) in [
            ("ipv6", 0x80),
            ("post_policy", 0x40),
            ("asn2", 0x20),
            ("adj_rib_out", 0x10),
            ("filtered", 0x80),
        ] {
            if let Some(flag) = flags.maybe(name) {
                bits |= if flag.flag()? { bit } else { 0 };
            }
        }
        flags.done()?;
        let known =
            ["GlobalInstancePeer", "RdInstancePeer", "LocalInstancePeer", "LocRibInstancePeer"];
        let code =
            known.iter().position(|k| *k == kind).ok_or_else(|| format!("peer type {kind}"))?;
        self.say("peer type", code);
        self.say("peer flags", format!("{bits:02x}"));
        self.say("peer distinguisher", distinguisher(header.take("rd")?)?.0);
        self.say("peer address", or_zero(header.take("address")?)?);
        self.say("peer AS", header.number("peer_as")?);
        self.say("peer BGP ID", header.text("bgp_id")?);
        self.say("peer timestamp", timestamp(header.take("timestamp")?)?);
        header.done()
    }

    /// Information TLVs.
    fn information(&mut self, tlvs: Vec<Json>) -> Read<()> {
        for tlv in tlvs {
            let (name, value) = tlv.variant()?;
            if name == "Reason" {
                let reasons = ["AdministrativelyClosed", "Unspecified", "OutOfResources"];
                let reason = value.text()?;
                let code = reasons.iter().position(|known| *known == reason);
                self.say("TLV", format!("1 {:04x}", code.ok_or(reason)?));
                continue;
            }
            let kind = match name.as_str() {
                "String" => 0,
                "SystemDescription" => 1,
                "SystemName" => 2,
                "VrfTableName" => 3,
                "AdminLabel" => 4,
                _ => return Err(format!("information {name}: {value:?}")),
            };
            self.say("TLV", format!("{kind} {}", hex(value.text()?.as_bytes())));
        }
        Ok(())
    }

    /// Route Monitoring of version 4: the TLV with the BGP message is told apart from the others.
    fn indexed_tlvs(&mut self, body: &mut Map) -> Read<()> {
        let mut all = vec![body.take("update_pdu")?];
        all.extend(body.list("tlvs")?);
        for tlv in all {
            let mut tlv = tlv.map()?;
            let at = tlv.number("index")?;
            let (name, value) = tlv.take("value")?.variant()?;
            match name.as_str() {
                "BgpUpdate" => {
                    self.say("TLV of BGP message", at);
                    self.update(value)?;
                }
                "VrfTableName" => {
                    let table = hex(value.text()?.as_bytes());
                    self.say("TLV of VRF", format!("{at} {table}"));
                }
                "StatelessParsing" => {
                    let (code, octets) = open::capability_octets(value)?;
                    self.say("TLV of capability", format!("{at} {code} {}", hex(&octets)));
                }
                _ => return Err(format!("TLV {name}: {value:?}")),
            }
            tlv.done()?;
        }
        Ok(())
    }

    fn down(&mut self, reason: Json) -> Read<()> {
        let (name, value) = reason.variant()?;
        let (code, notified) = match name.as_str() {
            "LocalSystemClosedNotificationPduFollows" => (1, true),
            "LocalSystemClosedFsmEventFollows" => (2, false),
            "RemoteSystemClosedNotificationPduFollows" => (3, true),
            "RemoteSystemClosedNoData" => (4, false),
            "PeerDeConfigured" => (5, false),
            "LocalSystemClosedTlvDataFollows" => (6, false),
            _ => return Err(format!("reason {name}: {value:?}")),
        };
        self.say("reason", code);
        if notified {
            let (kind, error) = value.variant()?;
            let (class, subcode) = error.variant()?;
            let (subcode, data) = subcode.variant()?;
            let mut data = data.map()?;
            let subcode = match (kind.as_str(), class.as_str(), subcode.as_str()) {
                ("Notification", "CeaseError", "AdministrativeShutdown") => 2,
                ("Notification", "CeaseError", "AdministrativeReset") => 4,
                (kind, class, subcode) => return Err(format!("{kind} {class} {subcode}")),
            };
            self.say(
                "NOTIFICATION",
                format!("6/{subcode} {}", hex(&data.take("value")?.octets()?)),
            );
            data.done()?;
        } else if code == 2 {
            self.say("FSM event", value.number()?);
        } else if code == 6 {
            self.information(vec![value])?;
        }
        Ok(())
    }

    fn update(&mut self, message: Json) -> Read<()> {
        let (kind, update) = message.variant()?;
        if kind != "Update" {
            return Err(format!("Route Monitoring of {kind}"));
        }
        let mut update = update.map()?;
        for attribute in update.list("path_attributes")? {
            self.attribute(attribute.map()?)?;
        }
        self.routes(false, "1/1", update.list("withdrawn_routes")?)?;
        self.routes(true, "1/1", update.list("nlri")?)?;
        update.done()
    }

    fn routes(&mut self, announced: bool, family: &str, routes: Vec<Json>) -> Read<()> {
        for route in routes {
            let mut route = route.map()?;
            let path_id = match route.take("path_id")? {
                Json::Null => None,
                id => Some(id.number()?),
            };
            let mut said = Route { path_id, ..Route::default() };
            if let Some(stack) = route.maybe("label_stack").or_else(|| route.maybe("labels")) {
                let last = stack.list()?.pop().ok_or("no label")?.octets()?;
                said.label = Some(number(&last) >> 4);
            }
            if let Some(rd) = route.maybe("rd") {
                said.distinguisher = Some(distinguisher(rd)?.0);
            }
            let prefix = route.maybe("network").or_else(|| route.maybe("prefix"));
            said.prefix = prefix.ok_or("no prefix")?.text()?;
            self.say(verb(announced, family), said);
            route.done()?;
        }
        Ok(())
    }
}

/// Octets as a number.
fn number(octets: &[u8]) -> u64 {
    octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet))
}

/// A route distinguisher, in words and as octets; none is eight zeros.
fn distinguisher(rd: Json) -> Read<(String, Vec<u8>)> {
    if rd == Json::Null {
        return Ok(("0:0:0".into(), vec![0; 8]));
    }
    let (kind, parts) = rd.variant()?;
    let mut parts = parts.map()?;
    let said = match kind.as_str() {
        "As2Administrator" => {
            let (admin, number) = (parts.number("asn2")?, parts.number("number")?);
            let octets =
                [&[0, 0], &(admin as u16).to_be_bytes()[..], &(number as u32).to_be_bytes()];
            (format!("0:{admin}:{number}"), octets.concat())
        }
        "Ipv4Administrator" => {
            let (admin, number) = (parts.text("ip")?, parts.number("number")?);
            let octets = [&[0, 1], &address(&admin)?[..], &(number as u16).to_be_bytes()];
            (format!("1:{admin}:{number}"), octets.concat())
        }
        "As4Administrator" => {
            let (admin, number) = (parts.number("asn4")?, parts.number("number")?);
            let octets =
                [&[0, 2], &(admin as u32).to_be_bytes()[..], &(number as u16).to_be_bytes()];
            (format!("2:{admin}:{number}"), octets.concat())
        }
        _ => return Err(format!("route distinguisher {kind}")),
    };
    parts.done()?;
    Ok(said)
}

/// The octets of an address.
fn address(text: &str) -> Read<Vec<u8>> {
    match text.parse() {
        Ok(std::net::IpAddr::V4(address)) => Ok(address.octets().to_vec()),
        Ok(std::net::IpAddr::V6(address)) => Ok(address.octets().to_vec()),
        Err(e) => Err(format!("{text}: {e}")),
    }
}

/// An address; where there is none, what stands for it on the wire.
fn or_zero(address: Json) -> Read<String> {
    address.or(Json::Text("0.0.0.0".into())).text()
}

fn timestamp(at: Json) -> Read<String> {
    if at == Json::Null {
        return Ok(moment(0, 0));
    }
    let at: jiff::Timestamp = at.text()?.parse().map_err(|e: jiff::Error| e.to_string())?;
    let micros = u64::try_from(at.as_microsecond()).map_err(|e| e.to_string())?;
    Ok(moment(micros / 1_000_000, micros % 1_000_000))
}

/// Families by NetGauze's names.
const FAMILIES: &[(&str, u16, u8)] = &[
    ("Ipv4Unicast", 1, 1),
    ("Ipv4Multicast", 1, 2),
    ("Ipv4NlriMplsLabels", 1, 4),
    ("Ipv4MplsLabeledVpn", 1, 128),
    ("Ipv4MplsVpnUnicast", 1, 128),
    ("Ipv4FlowSpec", 1, 133),
    ("Ipv4FlowSpecL3Vpn", 1, 134),
    ("RouteTargetConstrains", 1, 132),
    ("RouteTargetMembership", 1, 132),
    ("Ipv6Unicast", 2, 1),
    ("Ipv6Multicast", 2, 2),
    ("Ipv6NlriMplsLabels", 2, 4),
    ("Ipv6MplsLabeledVpn", 2, 128),
    ("Ipv6MplsVpnUnicast", 2, 128),
    ("Ipv6FlowSpec", 2, 133),
    ("Ipv6FlowSpecL3Vpn", 2, 134),
    ("L2VpnVpls", 25, 65),
    ("L2VpnBgpEvpn", 25, 70),
    ("L2Evpn", 25, 70),
    ("BgpLs", 16388, 71),
    ("BgpLsVpn", 16388, 72),
];

fn family(name: &str) -> Read<(u16, u8)> {
    let found = FAMILIES.iter().find(|(known, ..)| *known == name);
    found.map(|&(_, afi, safi)| (afi, safi)).ok_or_else(|| format!("family {name}"))
}

/// Statistics by NetGauze's names.
const STATISTICS: &[(&str, u16)] = &[
    ("NumberOfPrefixesRejectedByInboundPolicy", 0),
    ("NumberOfDuplicatePrefixAdvertisements", 1),
    ("NumberOfDuplicateWithdraws", 2),
    ("NumberOfUpdatesInvalidatedDueToClusterListLoop", 3),
    ("NumberOfUpdatesInvalidatedDueToAsPathLoop", 4),
    ("NumberOfUpdatesInvalidatedDueToOriginatorId", 5),
    ("NumberOfUpdatesInvalidatedDueToAsConfederationLoop", 6),
    ("NumberOfRoutesInAdjRibIn", 7),
    ("NumberOfRoutesInLocRib", 8),
    ("NumberOfRoutesInPerAfiSafiAdjRibIn", 9),
    ("NumberOfRoutesInPerAfiSafiLocRib", 10),
    ("NumberOfUpdatesSubjectedToTreatAsWithdraw", 11),
    ("NumberOfPrefixesSubjectedToTreatAsWithdraw", 12),
    ("NumberOfDuplicateUpdateMessagesReceived", 13),
    ("NumberOfRoutesInPrePolicyAdjRibOut", 14),
    ("NumberOfRoutesInPostPolicyAdjRibOut", 15),
    ("NumberOfRoutesInPerAfiSafiPrePolicyAdjRibOut", 16),
    ("NumberOfRoutesInPerAfiSafiPostPolicyAdjRibOut", 17),
    ("Experimental65531", 65531),
    ("Experimental65532", 65532),
    ("Experimental65533", 65533),
    ("Experimental65534", 65534),
];

fn statistic(name: &str, value: Json) -> Read<String> {
    let found = STATISTICS.iter().find(|(known, _)| *known == name);
    let &(_, kind) = found.ok_or_else(|| format!("statistic {name}: {value:?}"))?;
    Ok(match (kind, value) {
        (9 | 10 | 16 | 17, Json::List(parts)) => {
            let [of, value] = <[Json; 2]>::try_from(parts).map_err(|p| format!("{name}: {p:?}"))?;
            let (afi, safi) = family(&of.text()?)?;
            format!("{kind} {afi}/{safi} = {}", value.number()?)
        }
        (65531.., octets) => format!("{kind}: {}", hex(&octets.octets()?)),
        (_, value) => format!("{kind} = {}", value.number()?),
    })
}
