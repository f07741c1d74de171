//! OPENs: capabilities are put back into the octets that they must have come from.

use super::super::facts::hex;
use super::super::json::{Map, Read};
use super::{Walk, octets};

impl Walk {
    pub(super) fn open(&mut self, side: &str, bgp: &mut Map) -> Read<()> {
        self.say(format!("{side} version"), bgp.number("bgp.open.version")?);
        self.say(format!("{side} AS"), bgp.number("bgp.open.myas")?);
        self.say(format!("{side} hold time"), bgp.number("bgp.open.holdtime")?);
        self.say(format!("{side} BGP ID"), bgp.text("bgp.open.identifier")?);
        bgp.number("bgp.open.opt.len")?;
        let Some(parameters) = bgp.maybe("bgp.open.opt") else { return Ok(()) };
        for (_, parameter) in parameters.map()?.0 {
            let mut parameter = parameter.map()?;
            let kind = parameter.number("bgp.open.opt.param.type")?;
            if kind != 2 {
                return Err(format!("optional parameter {kind}"));
            }
            parameter.number("bgp.open.opt.param.len")?;
            while let Some(capability) = parameter.maybe("bgp.cap") {
                let mut capability = capability.map()?;
                let code = capability.number("bgp.cap.type")?;
                capability.number("bgp.cap.length")?;
                capability.maybe("bgp.cap.length_tree");
                let value = value(capability)?;
                self.say(format!("{side} capability"), format!("{code} {}", hex(&value)));
            }
            parameter.done()?;
        }
        Ok(())
    }
}

fn value(mut capability: Map) -> Read<Vec<u8>> {
    if let Some(unknown) = capability.maybe("bgp.cap.unknown") {
        capability.done()?;
        return unknown.octets();
    }
    if let Some(name) = capability.maybe("bgp.cap.orf.fqdn.hostname") {
        let (name, domain) = (name.text()?, capability.text("bgp.cap.orf.fqdn.domain_name")?);
        capability.number("bgp.cap.orf.fqdn.hostname.len")?;
        capability.number("bgp.cap.orf.fqdn.domain_name.len")?;
        capability.done()?;
        let part = |name: &str| [&[name.len() as u8], name.as_bytes()].concat();
        return Ok([part(&name), part(&domain)].concat());
    }
    octets(capability, &|key| {
        Some(match key {
            "bgp.cap.4as" => 4,
            "bgp.cap.mp.afi" | "bgp.cap.ap.afi" | "bgp.cap.gr.afi" | "bgp.cap.enh.afi" => 2,
            "bgp.cap.enh.safi" | "bgp.cap.enh.nhafi" | "bgp.cap.gr.timers" => 2,
            "bgp.cap.reserved" | "bgp.cap.mp.safi" | "bgp.cap.ap.safi" | "bgp.cap.gr.safi" => 1,
            "bgp.cap.ap.sendreceive" | "bgp.cap.gr.flag" => 1,
            "bgp.cap.gr.timers_tree" | "bgp.cap.gr.flag_tree" => 0,
            _ => return None,
        })
    })
}
