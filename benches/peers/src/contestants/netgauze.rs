//! netgauze-bmp-pkt: owned messages, with the context that its codec keeps of each peer.

use netgauze_bgp_pkt::BgpMessage;
use netgauze_bgp_pkt::nlri::{Ipv4UnicastAddress, Ipv6UnicastAddress};
use netgauze_bgp_pkt::path_attribute::{AsPath, MpReach, MpUnreach, PathAttributeValue};
use netgauze_bmp_pkt::wire::deserializer::BmpParsingContext;
use netgauze_bmp_pkt::{BmpMessage, v3};
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;

use crate::Seen;

fn v4(routes: &[Ipv4UnicastAddress], announced: bool, seen: &mut Seen) {
    for route in routes {
        let net = route.network().address();
        seen.route(announced, net.addr().into(), net.prefix_len());
    }
}

fn v6(routes: &[Ipv6UnicastAddress], announced: bool, seen: &mut Seen) {
    for route in routes {
        let net = route.network().address();
        seen.route(announced, net.addr().into(), net.prefix_len());
    }
}

fn attribute(value: &PathAttributeValue, seen: &mut Seen) -> Result<(), String> {
    use PathAttributeValue as V;
    let code = match value {
        V::Origin(_) => 1,
        V::AsPath(path) => {
            match path {
                AsPath::As2PathSegments(segments) => segments
                    .iter()
                    .flat_map(|s| s.as_numbers())
                    .for_each(|n| seen.as_number(u32::from(*n))),
                AsPath::As4PathSegments(segments) => {
                    segments.iter().flat_map(|s| s.as_numbers()).for_each(|n| seen.as_number(*n));
                }
            }
            2
        }
        V::NextHop(_) => 3,
        V::MultiExitDiscriminator(_) => 4,
        V::LocalPreference(_) => 5,
        V::AtomicAggregate(_) => 6,
        V::Aggregator(_) => 7,
        V::Communities(all) => {
            all.communities().iter().for_each(|c| seen.community(c.value()));
            8
        }
        V::Originator(_) => 9,
        V::ClusterList(_) => 10,
        V::MpReach(reach) => {
            match reach {
                MpReach::Ipv4Unicast { nlri, .. } => v4(nlri, true, seen),
                MpReach::Ipv6Unicast { nlri, .. } => v6(nlri, true, seen),
                _ => return Err("a family that is not compared".into()),
            }
            14
        }
        V::MpUnreach(unreach) => {
            match unreach {
                MpUnreach::Ipv4Unicast { nlri } => v4(nlri, false, seen),
                MpUnreach::Ipv6Unicast { nlri } => v6(nlri, false, seen),
                _ => return Err("a family that is not compared".into()),
            }
            15
        }
        V::ExtendedCommunities(_) => 16,
        V::As4Path(_) => 17,
        V::LargeCommunities(_) => 32,
        V::OnlyToCustomer(_) => 35,
        V::UnknownAttribute(unknown) => unknown.code(),
        other => return Err(format!("an attribute that is not compared: {other:?}")),
    };
    seen.attribute(code);
    Ok(())
}

pub fn run(octets: &[u8]) -> Result<Seen, String> {
    let mut reader = SliceReader::new(octets);
    let mut context = BmpParsingContext::default();
    let mut seen = Seen::default();
    while !reader.is_empty() {
        let message = BmpMessage::parse(&mut reader, &mut context).map_err(|e| e.to_string())?;
        context.update(&message);
        let BmpMessage::V3(v3::BmpMessageValue::RouteMonitoring(monitoring)) = message else {
            continue;
        };
        let BgpMessage::Update(update) = monitoring.update_message() else {
            return Err("Route Monitoring without an UPDATE".into());
        };
        for path_attribute in update.path_attributes() {
            attribute(path_attribute.value(), &mut seen)?;
        }
        v4(update.withdraw_routes(), false, &mut seen);
        v4(update.nlri(), true, &mut seen);
    }
    Ok(seen)
}
