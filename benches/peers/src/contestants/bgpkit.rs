//! bgpkit-parser: owned messages.

use bgpkit_parser::models::{AttributeValue, BgpMessage, Community, NetworkPrefix};
use bgpkit_parser::parse_bmp_msg;
use bgpkit_parser::parser::bmp::messages::BmpMessageBody;
use bytes::Bytes;

use crate::Seen;

fn routes(prefixes: &[NetworkPrefix], announced: bool, seen: &mut Seen) {
    for route in prefixes {
        seen.route(announced, route.prefix.addr(), route.prefix.prefix_len());
    }
}

fn attribute(value: &AttributeValue, seen: &mut Seen) {
    seen.attribute(value.attr_code());
    match value {
        AttributeValue::AsPath(path) => {
            for segment in path.iter_segments() {
                segment.iter().for_each(|number| seen.as_number(number.to_u32()));
            }
        }
        AttributeValue::Communities(all) => {
            for community in all {
                seen.community(match community {
                    Community::NoExport => 0xffff_ff01,
                    Community::NoAdvertise => 0xffff_ff02,
                    Community::NoExportSubConfed => 0xffff_ff03,
                    Community::Custom(number, value) => number.to_u32() << 16 | u32::from(*value),
                });
            }
        }
        AttributeValue::MpReachNlri(nlri) => routes(&nlri.prefixes, true, seen),
        AttributeValue::MpUnreachNlri(nlri) => routes(&nlri.prefixes, false, seen),
        _ => {}
    }
}

pub fn run(octets: &[u8]) -> Result<Seen, String> {
    // Its input is reference-counted: this copy is part of what it costs to have one, and small.
    let mut left = Bytes::copy_from_slice(octets);
    let mut seen = Seen::default();
    while !left.is_empty() {
        let message = parse_bmp_msg(&mut left).map_err(|e| e.to_string())?;
        let BmpMessageBody::RouteMonitoring(monitoring) = message.message_body else { continue };
        let BgpMessage::Update(update) = monitoring.bgp_message else {
            return Err("Route Monitoring without an UPDATE".into());
        };
        (&update.attributes).into_iter().for_each(|value| attribute(value, &mut seen));
        routes(&update.withdrawn_prefixes, false, &mut seen);
        routes(&update.announced_prefixes, true, &mut seen);
    }
    Ok(seen)
}
