//! What bgpkit-parser says of a message, as facts. It reads each message by itself: AS numbers have
//! the width that the A flag says, and a first octet of 0 makes it try path identifiers. In UPDATEs
//! it takes routes of VPNs and flow specifications for plain prefixes, and the type of a node
//! descriptor TLV in BGP-LS (RFC 9552 §5.2) for its length: of those it is not asked, but for flow
//! specifications of IPv4, which are handed to its own parser of them.

mod flow_spec;

use std::net::IpAddr;

use bgpkit_parser::models::capabilities::BgpCapabilityType;
use bgpkit_parser::models::{
    AsPath, AsPathSegment, AsnLength, Attribute, AttributeValue, BgpMessage, BgpOpenMessage,
    BgpUpdateMessage, CapabilityValue, Community, NetworkPrefix, NextHopAddress, Nlri, Origin,
    ParamValue, Safi,
};
use bgpkit_parser::parse_bmp_msg;
use bgpkit_parser::parser::bgp::parse_bgp_message;
use bgpkit_parser::parser::bmp::messages::{
    BmpMessageBody, BmpPerPeerHeader, PeerDownNotification, PeerUpNotification, PerPeerFlags,
    RouteMirroringValue, StatCounter, StatType, StatsData, TerminationTlvValue,
};
use bytes::Bytes;
use ribcage::wire::{Family, RouteDistinguisher};

use super::facts::{DESCRIBED, Facts, Route, hex, in_code, in_part, verb};
use super::json::Read;

/// What bgpkit-parser reads in `stream`: facts of each message.
pub(crate) fn read(stream: &[u8]) -> Vec<Read<Facts>> {
    super::facts::messages(stream).into_iter().map(message).collect()
}

/// What it says less of, than we do: the TLVs of a Peer Down, messages that are mirrored, and the
/// labels of withdrawn routes.
pub(crate) fn as_it_would(mut ours: Facts) -> Facts {
    let of = |kind: &str| ours.0.iter().any(|(name, value)| name == "type" && value == kind);
    let (down, mirrored) = (of("2"), of("6"));
    ours.0.retain(|(name, value)| name != "TLV" || !(down || mirrored && value.starts_with("0 ")));
    for (name, value) in &mut ours.0 {
        if let (true, Some(at)) = (name.starts_with("withdrawn"), value.find("label ")) {
            let end = value[at + 6..].find(' ').map_or(value.len(), |space| at + 7 + space);
            value.replace_range(at..end, "");
        }
    }
    ours
}

fn message(octets: &[u8]) -> Read<Facts> {
    let read = parse_bmp_msg(&mut Bytes::copy_from_slice(octets));
    let read = read.map_err(|e| format!("refused: {e}"))?;
    let mut to = Facts::default();
    to.say("version", read.common_header.version);
    to.say("type", u8::from(read.common_header.msg_type));
    let header = read.per_peer_header;
    let width = header.map_or(AsnLength::Bits32, |header| header.asn_length());
    header.iter().for_each(|header| peer(header, &mut to));
    match read.message_body {
        BmpMessageBody::PeerUpNotification(up) => peer_up(up, &mut to)?,
        BmpMessageBody::PeerDownNotification(down) => peer_down(down, width, &mut to)?,
        BmpMessageBody::RouteMonitoring(monitoring) => match monitoring.bgp_message {
            BgpMessage::Update(routes) => {
                update(routes, width, &mut to)?;
                flow_spec::read(octets, &mut to)?;
            }
            other => return Err(format!("Route Monitoring of {:?}", other.msg_type())),
        },
        BmpMessageBody::StatsReport(report) => {
            to.say("count", report.stats_count);
            report.counters.iter().for_each(|counter| to.say("statistic", statistic(counter)));
        }
        BmpMessageBody::InitiationMessage(initiation) => {
            let tlvs = initiation.tlvs.iter();
            tlvs.for_each(|tlv| text_tlv(tlv.info_type.into(), &tlv.info, &mut to));
        }
        BmpMessageBody::TerminationMessage(termination) => {
            for tlv in termination.tlvs {
                match tlv.info_value {
                    TerminationTlvValue::String(text) => text_tlv(0, &text, &mut to),
                    TerminationTlvValue::Reason(why) => {
                        to.say("TLV", format!("1 {:04x}", u16::from(why)));
                    }
                }
            }
        }
        BmpMessageBody::RouteMirroring(mirrored) => {
            for tlv in mirrored.tlvs {
                if let RouteMirroringValue::Information(code) = tlv.value {
                    to.say("TLV", format!("1 {:04x}", u16::from(code)));
                }
            }
        }
    }
    Ok(to)
}

/// A TLV of which it makes a character of each octet.
fn text_tlv(kind: u16, text: &str, to: &mut Facts) {
    let octets: String = text.chars().map(|octet| format!("{:02x}", u32::from(octet))).collect();
    to.say("TLV", format!("{kind} {octets}"));
}

fn peer(header: &BmpPerPeerHeader, to: &mut Facts) {
    let flags = match header.peer_flags {
        PerPeerFlags::PeerFlags(flags) => flags.bits(),
        PerPeerFlags::LocalRibPeerFlags(flags) => flags.bits(),
    };
    let distinguisher = RouteDistinguisher(header.peer_distinguisher.to_be_bytes());
    to.say("peer type", u8::from(header.peer_type));
    to.say("peer flags", format!("{flags:02x}"));
    to.say("peer distinguisher", distinguisher);
    to.say("peer address", header.peer_ip);
    to.say("peer AS", header.peer_asn.to_u32());
    to.say("peer BGP ID", header.peer_bgp_id);
    to.say("peer timestamp", format!("{:.6}", header.timestamp));
}

fn peer_up(up: PeerUpNotification, to: &mut Facts) -> Read<()> {
    to.say("local address", up.local_addr);
    to.say("local port", up.local_port);
    to.say("remote port", up.remote_port);
    for (side, message) in [("sent", up.sent_open), ("received", up.received_open)] {
        let BgpMessage::Open(message) = message else { return Err(format!("{side} no OPEN")) };
        open(side, message, to)?;
    }
    up.tlvs.iter().for_each(|tlv| text_tlv(tlv.info_type.into(), &tlv.info_value, to));
    Ok(())
}

fn open(side: &str, open: BgpOpenMessage, to: &mut Facts) -> Read<()> {
    to.say(format!("{side} version"), open.version);
    to.say(format!("{side} AS"), open.asn.to_u32());
    to.say(format!("{side} hold time"), open.hold_time);
    to.say(format!("{side} BGP ID"), open.bgp_identifier);
    for parameter in open.opt_params {
        let ParamValue::Capacities(capabilities) = parameter.param_value else {
            return Err(format!("optional parameter {}", parameter.param_type));
        };
        for capability in capabilities {
            let octets = match capability.value {
                CapabilityValue::Raw(octets) => octets.into(),
                CapabilityValue::MultiprotocolExtensions(value) => value.encode(),
                CapabilityValue::RouteRefresh(value) => value.encode(),
                CapabilityValue::ExtendedNextHop(value) => value.encode(),
                CapabilityValue::GracefulRestart(value) => value.encode(),
                CapabilityValue::FourOctetAs(value) => value.encode(),
                CapabilityValue::AddPath(value) => value.encode(),
                CapabilityValue::BgpRole(value) => value.encode(),
                CapabilityValue::BgpExtendedMessage(value) => value.encode(),
            };
            let code = <u8 as From<BgpCapabilityType>>::from(capability.ty);
            to.say(format!("{side} capability"), format!("{code} {}", hex(&octets)));
        }
    }
    Ok(())
}

fn peer_down(down: PeerDownNotification, width: AsnLength, to: &mut Facts) -> Read<()> {
    let reason = u8::from(down.reason);
    to.say("reason", reason);
    let data = down.data.unwrap_or_default();
    match (reason, data.as_slice()) {
        (1 | 3, _) => match parse_bgp_message(&mut data.into(), false, &width) {
            Ok(BgpMessage::Notification(notification)) => {
                let ((code, subcode), data) = (notification.error.get_codes(), notification.data);
                to.say("NOTIFICATION", format!("{code}/{subcode} {}", hex(&data)));
            }
            other => return Err(format!("Peer Down with {other:?}")),
        },
        (2, &[a, b]) => to.say("FSM event", u16::from_be_bytes([a, b])),
        (6, _) | (_, []) => {}
        _ => to.say("data", hex(&data)),
    }
    Ok(())
}

/// A statistic: it goes by the length what it is.
fn statistic(counter: &StatCounter) -> String {
    let kind = u16::from(counter.stat_type);
    match (counter.stat_type, &counter.stat_data) {
        (StatType::Other(_), StatsData::Counter(n)) => format!("{kind}: {n:08x}"),
        (StatType::Other(_), StatsData::Gauge(n)) => format!("{kind}: {n:016x}"),
        (_, StatsData::Counter(n)) => format!("{kind} = {n}"),
        (_, StatsData::Gauge(n)) => format!("{kind} = {n}"),
        (_, StatsData::AfiSafiGauge(afi, safi, n)) => format!("{kind} {afi}/{safi} = {n}"),
        (_, StatsData::Unknown(octets)) => format!("{kind}: {}", hex(octets)),
    }
}

fn update(update: BgpUpdateMessage, width: AsnLength, to: &mut Facts) -> Read<()> {
    prefixes(false, "1/1", &update.withdrawn_prefixes, to);
    prefixes(true, "1/1", &update.announced_prefixes, to);
    for one in update.attributes.into_attributes_iter() {
        attribute(&one, width, to)?;
    }
    Ok(())
}

fn attribute(attribute: &Attribute, width: AsnLength, to: &mut Facts) -> Read<()> {
    let code = attribute.value.attr_code();
    to.say("attribute", in_code(code, attribute.flag.bits()));
    let list = |each: Vec<String>| format!("[{}]", each.join(", "));
    match &attribute.value {
        AttributeValue::Origin(origin) => to.say(
            "origin",
            match origin {
                Origin::IGP => "IGP",
                Origin::EGP => "EGP",
                Origin::INCOMPLETE => "INCOMPLETE",
            },
        ),
        AttributeValue::AsPath(path) => to.say("as_path", list(segments(path))),
        AttributeValue::As4Path(path) => to.say("as4_path", list(segments(path))),
        AttributeValue::NextHop(address) => to.say("next_hop", address),
        AttributeValue::MultiExitDiscriminator(metric) => to.say("multi_exit_disc", metric),
        AttributeValue::LocalPreference(metric) => to.say("local_pref", metric),
        AttributeValue::OnlyToCustomer(asn) => to.say("otc", asn.to_u32()),
        AttributeValue::AtomicAggregate => to.say("atomic_aggregate", true),
        AttributeValue::Aggregator { asn, id } => {
            to.say("aggregator", format!("{{asn={} address={id}}}", asn.to_u32()));
            let width = if asn.is_four_byte() { AsnLength::Bits32 } else { AsnLength::Bits16 };
            return octets(attribute, width, to);
        }
        AttributeValue::As4Aggregator { asn, id } => {
            to.say("as4_aggregator", format!("{{asn={} address={id}}}", asn.to_u32()));
        }
        AttributeValue::Communities(all) => {
            to.say("communities", list(all.iter().map(community).collect()));
        }
        AttributeValue::LargeCommunities(all) => {
            to.say("large_communities", list(all.iter().map(ToString::to_string).collect()));
        }
        AttributeValue::OriginatorId(id) => to.say("originator_id", id),
        AttributeValue::Clusters(ids) => {
            let each = ids.iter().map(|id| std::net::Ipv4Addr::from_bits(*id).to_string());
            to.say("cluster_list", list(each.collect()));
        }
        AttributeValue::Aigp(aigp) => {
            let metric = aigp.accumulated_metric().ok_or("AIGP without a metric")?;
            to.say("aigp", format!("[{{metric={metric}}}]"));
        }
        AttributeValue::MpReachNlri(nlri) => {
            to.say("MP_REACH_NLRI", family(nlri));
            let (octets, address) = next_hop(nlri.next_hop.as_ref());
            to.say("next hop", octets);
            to.say("next hop address", address);
            routes(true, nlri, to);
        }
        AttributeValue::MpUnreachNlri(nlri) => {
            to.say("MP_UNREACH_NLRI", family(nlri));
            routes(false, nlri, to);
        }
        // It keeps one TLV of each type, in no order.
        AttributeValue::LinkState(_) => return Ok(()),
        _ => {}
    }
    octets(attribute, width, to)
}

/// The octets of an attribute that is not compared as it is described, or not only: as it writes
/// what it has read. Of what it could not read it keeps the octets: that is silence about it.
fn octets(attribute: &Attribute, width: AsnLength, to: &mut Facts) -> Read<()> {
    let code = attribute.value.attr_code();
    if [14, 15].contains(&code) || DESCRIBED.contains(&code) {
        return Ok(());
    }
    let written = attribute.encode(width).map_err(|e| e.to_string())?;
    let value = &written[if attribute.is_extended() { 4 } else { 3 }..];
    if code == 16 {
        value.as_chunks().0.iter().for_each(|c| to.say("extended community", in_part(*c)));
    }
    to.say(format!("octets of attribute {code}"), hex(value));
    Ok(())
}

fn segments(path: &AsPath) -> Vec<String> {
    let each = path.iter_segments().map(|segment| {
        let (kind, asns) = match segment {
            AsPathSegment::AsSequence(asns) => ("AS_SEQUENCE", asns),
            AsPathSegment::AsSet(asns) => ("AS_SET", asns),
            AsPathSegment::ConfedSequence(asns) => ("AS_CONFED_SEQUENCE", asns),
            AsPathSegment::ConfedSet(asns) => ("AS_CONFED_SET", asns),
        };
        let asns: Vec<String> = asns.iter().map(|asn| asn.to_u32().to_string()).collect();
        format!("{{type={kind} asns=[{}]}}", asns.join(", "))
    });
    each.collect()
}

fn community(community: &Community) -> String {
    match community {
        Community::NoExport => "65535:65281".into(),
        Community::NoAdvertise => "65535:65282".into(),
        Community::NoExportSubConfed => "65535:65283".into(),
        Community::Custom(asn, value) => format!("{}:{value}", asn.to_u32()),
    }
}

fn family(nlri: &Nlri) -> Family {
    Family::new(nlri.afi as u16, nlri.safi as u8)
}

/// A next hop as octets, and its first address.
fn next_hop(next_hop: Option<&NextHopAddress>) -> (String, String) {
    let octets = |address: IpAddr| match address {
        IpAddr::V4(address) => hex(&address.octets()),
        IpAddr::V6(address) => hex(&address.octets()),
    };
    let Some(next_hop) = next_hop else { return (String::new(), "unknown".into()) };
    let all = match *next_hop {
        NextHopAddress::Ipv4(_) | NextHopAddress::Ipv6(_) => octets(next_hop.addr()),
        NextHopAddress::Ipv6LinkLocal(global, local) => {
            octets(global.into()) + &octets(local.into())
        }
        NextHopAddress::VpnIpv6(rd, address) => hex(&rd.0) + &octets(address.into()),
        NextHopAddress::VpnIpv6LinkLocal(rd, global, of_local, local) => {
            hex(&rd.0) + &octets(global.into()) + &hex(&of_local.0) + &octets(local.into())
        }
    };
    (all, next_hop.addr().to_string())
}

fn routes(announced: bool, nlri: &Nlri, to: &mut Facts) {
    let family = family(nlri).to_string();
    if matches!(nlri.safi, Safi::Unicast | Safi::Multicast | Safi::MplsLabel) {
        prefixes(announced, &family, &nlri.prefixes, to);
    }
    for route in nlri.labeled_prefixes.iter().flatten() {
        let label = route.bottom_label().map(|label| label.value().into());
        let (path_id, prefix) = (route.path_id.map(u64::from), route.prefix.to_string());
        to.say(verb(announced, &family), Route { path_id, label, prefix, distinguisher: None });
    }
}

fn prefixes(announced: bool, family: &str, all: &[NetworkPrefix], to: &mut Facts) {
    for route in all {
        let (path_id, prefix) = (route.path_id.map(u64::from), route.prefix.to_string());
        to.say(verb(announced, family), Route { path_id, prefix, ..Route::default() });
    }
}
