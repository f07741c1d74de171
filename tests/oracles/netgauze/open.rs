//! OPENs: capabilities are put back into the octets that they must have come from.

use super::super::facts::hex;
use super::super::json::{Json, Map, Read};
use super::{Walk, family};

impl Walk {
    pub(super) fn open(&mut self, side: &str, message: Json) -> Read<()> {
        let (kind, open) = message.variant()?;
        if kind != "Open" {
            return Err(format!("{side} {kind}"));
        }
        let mut open = open.map()?;
        self.say(format!("{side} version"), open.number("version")?);
        self.say(format!("{side} AS"), open.number("my_as")?);
        self.say(format!("{side} hold time"), open.number("hold_time")?);
        self.say(format!("{side} BGP ID"), open.text("bgp_id")?);
        for parameter in open.list("params")? {
            let (kind, capabilities) = parameter.variant()?;
            if kind != "Capabilities" {
                return Err(format!("optional parameter {kind}"));
            }
            for capability in capabilities.list()? {
                let (code, value) = capability_octets(capability)?;
                self.say(format!("{side} capability"), format!("{code} {}", hex(&value)));
            }
        }
        open.done()
    }
}

pub(super) fn capability_octets(capability: Json) -> Read<(u8, Vec<u8>)> {
    let (name, value) = capability.variant()?;
    if value == Json::Null {
        let code = match name.as_str() {
            "RouteRefresh" => 2,
            "ExtendedMessage" => 6,
            "EnhancedRouteRefresh" => 70,
            "CiscoRouteRefresh" => 128,
            _ => return Err(format!("capability {name}")),
        };
        return Ok((code, Vec::new()));
    }
    let mut value = value.map()?;
    let mut out = Vec::new();
    let code = match name.as_str() {
        "MultiProtocolExtensions" => {
            let (afi, safi) = family(&value.text("address_type")?)?;
            out.extend(afi.to_be_bytes());
            out.extend([0, safi]);
            1
        }
        "FourOctetAs" => {
            out.extend((value.number("asn4")? as u32).to_be_bytes());
            65
        }
        "Fqdn" => {
            for name in [value.text("hostname")?, value.text("domain_name")?] {
                out.push(name.len() as u8);
                out.extend(name.as_bytes());
            }
            73
        }
        "ExtendedNextHopEncoding" => {
            for encoding in value.list("encodings")? {
                next_hop_encoding(encoding.map()?, &mut out)?;
            }
            5
        }
        "AddPath" => each_family(&mut value, &mut out, |of, out| {
            out.push(u8::from(of.flag("receive")?) | u8::from(of.flag("send")?) << 1);
            Ok(69)
        })?,
        "GracefulRestartCapability" => {
            let flags = u16::from(value.flag("restart")?) << 15
                | u16::from(value.flag("graceful_notification")?) << 14;
            out.extend((flags | value.number("time")? as u16).to_be_bytes());
            each_family(&mut value, &mut out, |of, out| {
                out.push(u8::from(of.flag("forwarding_state")?) << 7);
                Ok(64)
            })?;
            64
        }
        "LongLivedGracefulRestart" => {
            each_family(&mut value, &mut out, |of, out| {
                out.push(u8::from(of.flag("forwarding_state")?) << 7);
                out.extend(&(of.number("stale_time")? as u32).to_be_bytes()[1..]);
                Ok(71)
            })?;
            71
        }
        "Unrecognized" => {
            out = value.take("value")?.octets()?;
            value.number("code")? as u8
        }
        _ => return Err(format!("capability {name}: {value:?}")),
    };
    value.done()?;
    Ok((code, out))
}

/// AFI and SAFI of each entry, and what `rest` writes after them.
fn each_family(
    value: &mut Map,
    out: &mut Vec<u8>,
    rest: impl Fn(&mut Map, &mut Vec<u8>) -> Read<u8>,
) -> Read<u8> {
    let mut code = 69;
    for entry in value.list("address_families")? {
        let mut entry = entry.map()?;
        let (afi, safi) = family(&entry.text("address_type")?)?;
        out.extend(afi.to_be_bytes());
        out.push(safi);
        code = rest(&mut entry, out)?;
        entry.done()?;
    }
    Ok(code)
}

fn next_hop_encoding(mut encoding: Map, out: &mut Vec<u8>) -> Read<()> {
    let (afi, safi) = family(&encoding.text("address_type")?)?;
    out.extend(afi.to_be_bytes());
    out.extend([0, safi, 0]);
    out.push(match encoding.text("next_hop_afi")?.as_str() {
        "IPv4" => 1,
        "IPv6" => 2,
        other => return Err(format!("next hop AFI {other}")),
    });
    encoding.done()
}
