//! Which address families peers have.

use super::{Key, Row};
use crate::bgp::nlri::FAMILIES;
use crate::load::render::Families;

pub(super) static ROW: Row = Row {
    name: "families",
    about: "peers have these address families, with or without ADD-PATH",
    keys: &[
        Key { name: "list", default: Some("all"), about: "families as below, joined by +" },
        Key { name: "add-path", default: Some("off"), about: "on: path identifiers (RFC 7911)" },
    ],
    add: |values, program| {
        let mut list: List = Families { list: Vec::new(), add_path: false };
        let text = values.text("list").unwrap_or_default();
        for name in text.split('+') {
            match FAMILIES.iter().find(|known| known.key == name).map(|known| known.family) {
                Some(family) if list.list.contains(&family) => {
                    return Err(values.error("list", &format!("`{name}` stands twice")));
                }
                Some(family) => list.list.push(family),
                None if text == "all" => {
                    list.list = FAMILIES.iter().map(|known| known.family).collect();
                }
                None if name == "all" => {
                    return Err(values.error("list", "`all` stands alone"));
                }
                None => {
                    let names = super::list(FAMILIES.iter().map(|known| known.key));
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

/// The families as they stand in the help, in lines of at most 100 columns.
pub(super) fn help() -> String {
    let mut text = String::from("Families (families:list=FAMILY+FAMILY…):\n ");
    let mut column = 1;
    for key in FAMILIES.iter().map(|known| known.key).chain(["all"]) {
        if column + 1 + key.len() > 100 {
            text.push_str("\n ");
            column = 1;
        }
        text.push(' ');
        text.push_str(key);
        column += 1 + key.len();
    }
    text.push('\n');
    text
}
