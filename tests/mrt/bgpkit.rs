//! What bgpkit-parser reads in MRT: unicast and multicast routes.

use std::path::Path;

use bgpkit_parser::BgpkitParser;
use bgpkit_parser::models::{
    Afi, AsPath, AsPathSegment, AttributeValue, Bgp4MpEnum, BgpMessage, BgpUpdateMessage,
    Community, MrtMessage, NetworkPrefix, NextHopAddress, Nlri, Origin, Safi,
};

use super::routes::Route;

/// The routes of a file, as lines.
pub(crate) fn routes(mrt: &Path) -> Vec<String> {
    let file = std::fs::File::open(mrt).unwrap();
    let parser = BgpkitParser::from_reader(std::io::BufReader::new(file)).disable_warnings();
    let mut found = Vec::new();
    for record in parser.into_record_iter() {
        let header = record.common_header;
        let time =
            format!("{}.{:06}", header.timestamp, header.microsecond_timestamp.unwrap_or_default());
        let MrtMessage::Bgp4Mp(Bgp4MpEnum::Message(message)) = record.message else { continue };
        let (peer, asn) = (message.peer_ip.to_string(), message.peer_asn.to_u32().to_string());
        let BgpMessage::Update(update) = message.bgp_message else { continue };
        let about = Route { time: &time, peer: &peer, asn: &asn, ..Route::default() };
        of_update(&update, &about, &mut found);
    }
    found
}

fn of_update(update: &BgpUpdateMessage, about: &Route<'_>, found: &mut Vec<String>) {
    let mut shared = Shared::default();
    let (mut reach, mut unreach) = (None, None);
    for value in update.attributes.iter() {
        match value {
            AttributeValue::MpReachNlri(nlri) => reach = Some(nlri),
            AttributeValue::MpUnreachNlri(nlri) => unreach = Some(nlri),
            other => shared.take(other),
        }
    }
    let next_hop = shared.next_hop.clone();
    let announced = |prefix: &NetworkPrefix, next_hop: &str, found: &mut Vec<String>| {
        let (prefix, path_id) = prefix_of(prefix);
        let route = Route {
            announced: true,
            prefix: &prefix,
            path_id: &path_id,
            as_path: &shared.as_path,
            origin: &shared.origin,
            next_hop,
            local_pref: &shared.local_pref,
            med: &shared.med,
            communities: &shared.communities,
            ..*about
        };
        found.push(route.line());
    };
    let withdrawn = |prefix: &NetworkPrefix, found: &mut Vec<String>| {
        let (prefix, path_id) = prefix_of(prefix);
        found.push(Route { prefix: &prefix, path_id: &path_id, ..*about }.line());
    };
    update.withdrawn_prefixes.iter().for_each(|prefix| withdrawn(prefix, found));
    update.announced_prefixes.iter().for_each(|prefix| announced(prefix, &next_hop, found));
    if let Some(nlri) = unreach.filter(|nlri| is_plain(nlri)) {
        nlri.prefixes.iter().for_each(|prefix| withdrawn(prefix, found));
    }
    if let Some(nlri) = reach.filter(|nlri| is_plain(nlri)) {
        let next_hop = match nlri.next_hop {
            Some(NextHopAddress::Ipv4(address)) => address.to_string(),
            Some(NextHopAddress::Ipv6(address)) => address.to_string(),
            Some(NextHopAddress::Ipv6LinkLocal(address, _)) => address.to_string(),
            other => format!("{other:?}"),
        };
        nlri.prefixes.iter().for_each(|prefix| announced(prefix, &next_hop, found));
    }
}

fn is_plain(nlri: &Nlri) -> bool {
    matches!((nlri.afi, nlri.safi), (Afi::Ipv4 | Afi::Ipv6, Safi::Unicast | Safi::Multicast))
}

fn prefix_of(prefix: &NetworkPrefix) -> (String, String) {
    (prefix.prefix.to_string(), prefix.path_id.map_or(String::new(), |id| id.to_string()))
}

/// What the routes of an UPDATE share.
#[derive(Default)]
struct Shared {
    as_path: String,
    origin: String,
    next_hop: String,
    local_pref: String,
    med: String,
    communities: String,
}

impl Shared {
    fn take(&mut self, value: &AttributeValue) {
        match value {
            AttributeValue::Origin(origin) => {
                self.origin = match origin {
                    Origin::IGP => "IGP",
                    Origin::EGP => "EGP",
                    Origin::INCOMPLETE => "INCOMPLETE",
                }
                .into();
            }
            AttributeValue::AsPath(path) => self.as_path = path_of(path),
            AttributeValue::NextHop(address) => self.next_hop = address.to_string(),
            AttributeValue::LocalPreference(value) => self.local_pref = value.to_string(),
            AttributeValue::MultiExitDiscriminator(value) => self.med = value.to_string(),
            AttributeValue::Communities(all) => {
                let all: Vec<_> = all.iter().map(community).collect();
                self.communities = all.join(" ");
            }
            _ => {}
        }
    }
}

fn community(community: &Community) -> String {
    match community {
        Community::NoExport => "no-export".into(),
        Community::NoAdvertise => "no-advertise".into(),
        Community::NoExportSubConfed => "local-AS".into(),
        Community::Custom(asn, value) => format!("{}:{value}", asn.to_u32()),
    }
}

fn path_of(path: &AsPath) -> String {
    let segment = |segment: &AsPathSegment| {
        let (asns, begin, between, end) = match segment {
            AsPathSegment::AsSequence(asns) => (asns, "", " ", ""),
            AsPathSegment::AsSet(asns) => (asns, "{", ",", "}"),
            AsPathSegment::ConfedSequence(asns) => (asns, "(", " ", ")"),
            AsPathSegment::ConfedSet(asns) => (asns, "[", ",", "]"),
        };
        let asns: Vec<_> = asns.iter().map(|asn| asn.to_u32().to_string()).collect();
        format!("{begin}{}{end}", asns.join(between))
    };
    path.segments.iter().map(segment).collect::<Vec<_>>().join(" ")
}
