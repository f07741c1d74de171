//! Which address families the synthetic table has.

use super::{Key, Row};
use crate::load::render::Families;
use crate::wire::Family;

pub(super) static ROW: Row = Row {
    name: "families",
    about: "the table has these address families, with or without ADD-PATH",
    keys: &[
        Key {
            name: "list",
            default: Some("all"),
            about: "ipv4, ipv6, each also with -labeled or -vpn; joined by +",
        },
        Key { name: "add-path", default: Some("off"), about: "on: path identifiers (RFC 7911)" },
    ],
    add: |values, program| {
        let mut list: List = Families { list: Vec::new(), add_path: false };
        for name in values.text("list").unwrap_or_default().split('+') {
            match NAMES.iter().find(|(known, _)| *known == name) {
                Some((_, family)) if list.list.contains(family) => {
                    return Err(values.error("list", &format!("`{name}` stands twice")));
                }
                Some((_, family)) => list.list.push(*family),
                None if name == "all" => list.list = NAMES.map(|(_, family)| family).into(),
                None => {
                    let names = super::list(NAMES.iter().map(|(name, _)| *name));
                    let why = format!("`{name}` is no family: there are {names} and all");
                    return Err(values.error("list", &why));
                }
            }
        }
        list.add_path = match values.text("add-path") {
            Some("on") => true,
            Some("off") => false,
            _ => return Err(values.error("add-path", "write on or off")),
        };
        program.families = Some(list);
        Ok(())
    },
};

/// What was asked for.
pub(in crate::load) type List = Families;

const NAMES: [(&str, Family); 6] = [
    ("ipv4", Family::IPV4_UNICAST),
    ("ipv6", Family::IPV6_UNICAST),
    ("ipv4-labeled", Family::IPV4_LABELED),
    ("ipv6-labeled", Family::IPV6_LABELED),
    ("ipv4-vpn", Family::IPV4_VPN),
    ("ipv6-vpn", Family::IPV6_VPN),
];
