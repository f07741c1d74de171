//! Flow specifications of IPv4, one by one handed to bgpkit-parser's own parser of them.

use bgpkit_parser::models::{
    BitmaskOperator, FlowSpecComponent, NumericOperator, parse_flowspec_nlri,
};
use ribcage::bgp::attr::{AttributeCode, Attributes, mp_reach::MpReach, mp_unreach::MpUnreach};
use ribcage::wire::{Family, Reader};

use super::super::facts::{Facts, verb};
use super::super::json::Read;
use super::super::names;

/// What it says of those in a Route Monitoring message.
pub(super) fn read(octets: &[u8], to: &mut Facts) -> Read<()> {
    let wire = |e: ribcage::wire::WireError| e.what.to_string();
    let mut update = Reader::new(octets.get(48 + 19..).unwrap_or_default());
    let withdrawn = update.u16("withdrawn").map_err(wire)?;
    update.take("withdrawn", withdrawn.into()).map_err(wire)?;
    let len = update.u16("attributes").map_err(wire)?;
    let attributes = update.take("attributes", len.into()).map_err(wire)?;
    for attribute in Attributes::new(Reader::new(attributes)).flatten() {
        let (announced, family, nlri) = match attribute.code {
            AttributeCode::MpReachNlri => {
                let reach = MpReach::parse(attribute.reader()).map_err(wire)?;
                (true, reach.family, reach.nlri)
            }
            AttributeCode::MpUnreachNlri => {
                let unreach = MpUnreach::parse(attribute.reader()).map_err(wire)?;
                (false, unreach.family, unreach.nlri)
            }
            _ => continue,
        };
        if family != Family::new(1, 133) {
            continue;
        }
        let mut left = nlri.peek();
        while let Some(&first) = left.first() {
            let read = parse_flowspec_nlri(left).map_err(|e| format!("refused: {e:?}"))?;
            let name = format!("{} components", verb(announced, family));
            read.components.iter().for_each(|one| component(one, &name, to));
            let len = match first {
                0..0xf0 => 1 + usize::from(first),
                _ => 2 + (usize::from(first & 0xf) << 8 | usize::from(left[1])),
            };
            left = &left[len..];
        }
    }
    Ok(())
}

fn component(one: &FlowSpecComponent, name: &str, to: &mut Facts) {
    let code = one.component_type();
    to.say(format!("{name}.type"), names::flow_component(1, code.into()));
    match one {
        FlowSpecComponent::DestinationPrefix(route) | FlowSpecComponent::SourcePrefix(route) => {
            to.say(format!("{name}.prefix"), route.prefix);
        }
        FlowSpecComponent::DestinationIpv6Prefix { offset, prefix }
        | FlowSpecComponent::SourceIpv6Prefix { offset, prefix } => {
            to.say(format!("{name}.prefix"), prefix.prefix);
            to.say(format!("{name}.offset"), offset);
        }
        FlowSpecComponent::TcpFlags(all) => bits(all, names::TCP_FLAG_BITS, name, to),
        FlowSpecComponent::Fragment(all) => bits(all, names::FRAGMENT_BITS, name, to),
        FlowSpecComponent::IpProtocol(all)
        | FlowSpecComponent::Port(all)
        | FlowSpecComponent::DestinationPort(all)
        | FlowSpecComponent::SourcePort(all)
        | FlowSpecComponent::IcmpType(all)
        | FlowSpecComponent::IcmpCode(all)
        | FlowSpecComponent::PacketLength(all)
        | FlowSpecComponent::Dscp(all)
        | FlowSpecComponent::FlowLabel(all) => numbers(all, name, to),
    }
}

fn numbers(all: &[NumericOperator], name: &str, to: &mut Facts) {
    for one in all {
        let operator =
            u64::from(one.less_than) << 2 | u64::from(one.greater_than) << 1 | u64::from(one.equal);
        to.say(format!("{name}.operators.and"), one.and_with_next);
        to.say(format!("{name}.operators.octets"), one.value_length);
        to.say(format!("{name}.operators.operator"), names::of(names::NUMERIC_OPERATORS, operator));
        to.say(format!("{name}.operators.number"), one.value);
    }
}

fn bits(all: &[BitmaskOperator], known: &[(u64, &str)], name: &str, to: &mut Facts) {
    for one in all {
        to.say(format!("{name}.operators.and"), one.and_with_next);
        to.say(format!("{name}.operators.octets"), one.value_length);
        to.say(format!("{name}.operators.not"), one.not);
        to.say(format!("{name}.operators.match"), one.match_flag);
        let mut left = one.bitmask;
        for (bit, called) in known.iter().filter(|(bit, _)| one.bitmask & bit != 0) {
            to.say(format!("{name}.operators.bits"), called);
            left &= !bit;
        }
        if left != 0 {
            to.say(format!("{name}.operators.bits"), format!("{left:#x}"));
        }
    }
}
