//! routecore: views on the octets. Parsing an UPDATE checks all of it; what is visited afterwards
//! is read again from the octets, as ours is.

use routecore::bgp::aspath::AsPath;
use routecore::bgp::message::SessionConfig;
use routecore::bgp::nlri::afisafi::{IsPrefix, Nlri};
use routecore::bgp::path_attributes::WireformatPathAttribute;
use routecore::bmp::message::Message;

use crate::Seen;

fn route<O>(nlri: &Nlri<O>, announced: bool, seen: &mut Seen) -> Result<(), String> {
    let prefix = match nlri {
        Nlri::Ipv4Unicast(nlri) => nlri.prefix(),
        Nlri::Ipv6Unicast(nlri) => nlri.prefix(),
        _ => return Err("a family that is not compared".into()),
    };
    seen.route(announced, prefix.addr(), prefix.len());
    Ok(())
}

pub fn run(octets: &[u8]) -> Result<Seen, String> {
    let text = |e: routecore::bgp::ParseError| e.to_string();
    let config = SessionConfig::modern();
    let (mut left, mut seen) = (octets, Seen::default());
    while let Some(&[_, a, b, c, d, _]) = left.first_chunk::<6>() {
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        let (frame, rest) = left.split_at_checked(len).ok_or("a frame is cut short")?;
        left = rest;
        let Message::RouteMonitoring(monitoring) = Message::from_octets(frame).map_err(text)?
        else {
            continue;
        };
        let update = monitoring.bgp_update(&config).map_err(text)?;
        for attribute in update.path_attributes().map_err(text)? {
            let attribute = attribute.map_err(text)?;
            seen.attribute(attribute.type_code());
            match attribute {
                WireformatPathAttribute::AsPath(encoded) => {
                    let mut value = encoded.value_into_parser();
                    let value = value.parse_octets(value.remaining()).map_err(|e| e.to_string())?;
                    let path = AsPath::new(value, true).map_err(text)?;
                    for segment in path.segments() {
                        segment.asns().for_each(|number| seen.as_number(number.into_u32()));
                    }
                }
                WireformatPathAttribute::StandardCommunities(encoded) => {
                    let mut value = encoded.value_into_parser();
                    while let Ok(community) = value.parse_u32_be() {
                        seen.community(community);
                    }
                }
                _ => {}
            }
        }
        for nlri in update.withdrawals().map_err(text)? {
            route(&nlri.map_err(text)?, false, &mut seen)?;
        }
        for nlri in update.announcements().map_err(text)? {
            route(&nlri.map_err(text)?, true, &mut seen)?;
        }
    }
    Ok(seen)
}
