//! `openbmp` says what OpenBMP's own collector says, but for listed defects.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod feed;
mod golden;
mod late;
mod life;
mod live;
mod odd;
pub(crate) mod recipes;
mod streams;

use std::collections::BTreeMap;

use crate::util::{decode, files, shared};
use feed::Message;
use recipes::Row;

/// How many fields a row of each object has.
const FIELDS: &[(&str, usize)] = &[
    ("collector", 7),
    ("router", 12),
    ("peer", 31),
    ("bmp_stat", 17),
    ("base_attribute", 24),
    ("unicast_prefix", 32),
    ("l3vpn", 34),
    ("evpn", 39),
    ("ls_node", 27),
    ("ls_link", 46),
    ("ls_prefix", 34),
];

/// The widths of text columns in the database, by place.
fn widths(object: &str) -> &'static [(usize, usize)] {
    match object {
        "collector" => &[(3, 64), (5, 4096)],
        "router" => &[(3, 200), (6, 255)],
        "peer" => &[(5, 200), (11, 32), (18, 4096), (19, 4096), (25, 255), (31, 255)],
        "base_attribute" => &[(10, 16), (17, 64)],
        "unicast_prefix" => &[(14, 16), (21, 64), (29, 255)],
        "l3vpn" => &[(14, 16), (21, 64), (29, 255), (32, 128)],
        "ls_node" => &[(11, 46), (12, 46), (15, 128), (19, 20), (24, 255), (27, 255)],
        "ls_link" => &[(11, 46), (12, 46), (31, 128), (36, 255), (43, 128), (46, 255)],
        "ls_prefix" => &[(11, 46), (12, 46), (34, 255)],
        _ => &[],
    }
}

/// Reads a row as the database's reader does.
fn accept(object: &str, row: Row<'_>) {
    let count = FIELDS.iter().find(|(name, _)| *name == object).unwrap().1;
    assert_eq!(row.0.len(), count, "{object}: {row:?}", row = row.0);
    assert!(row.0.iter().all(|field| !field.contains(['\'', '\0'])), "{:?}", row.0);
    for (place, width) in widths(object) {
        assert!(row.field(*place).chars().count() <= *width, "{object} {place}: {:?}", row.0);
    }
    let id_at = match object {
        "collector" | "router" => 4,
        "bmp_stat" => 5,
        _ => 3,
    };
    let id = row.field(id_at);
    assert!(id.len() == 32 && id.bytes().all(|b| b"0123456789abcdef".contains(&b)), "{:?}", row.0);
    let number = |place| row.field(place).parse::<u64>().unwrap_or_else(|_| panic!("{:?}", row.0));
    number(2);
    match object {
        "router" => assert_eq!(row.field(12), ""),
        "peer" if row.field(1) == "up" => assert!(number(20).max(number(21)) <= 32_767),
        "unicast_prefix" | "l3vpn" => {
            assert!(number(12) <= 128);
            number(28);
        }
        _ => {}
    }
    if let "base_attribute" = object {
        for (place, width) in [(18, 15), (19, 50), (20, 40), (24, 40)] {
            let words: Vec<_> = row.field(place).trim_end().split(' ').collect();
            let one = words == [""];
            assert!(one || words.iter().all(|w| (1..=width).contains(&w.len())), "{:?}", row.0);
        }
    }
}

#[test]
fn a_reader_takes_every_row_of_every_recording() {
    let Some(shared) = shared("a_reader_takes_every_row_of_every_recording") else { return };
    let mut rows = BTreeMap::new();
    let recordings = ["captures", "openbmp", "streams"].map(|name| shared.join("data").join(name));
    for path in recordings.iter().flat_map(|folder| files(folder, ".bmp")) {
        let format = "openbmp?admin-id=c&pat-enabled=true";
        let out = decode(&["--format", format, "--router", "192.0.2.9:1"], &path).stdout;
        let (mut left, mut routers, mut last) = (&out[..], Vec::new(), String::new());
        let mut peers = Vec::new();
        while let Some(message) = Message::read(&mut left) {
            for row in message.rows.iter().map(|row| Row(row)) {
                accept(&message.object, row);
                *rows.entry(message.object.clone()).or_insert(0) += 1;
                follow(&message.object, row, &mut routers, &mut peers, &mut last);
            }
        }
        assert_eq!(last, "stopped", "{}", path.display());
        assert!(peers.is_empty(), "{}: {peers:?} are up at the end", path.display());
    }
    assert!(rows.len() >= 10, "{rows:?}");
}

/// Routes belong to peers that are up, with path attributes that were sent.
fn follow(
    object: &str,
    row: Row<'_>,
    bases: &mut Vec<String>,
    peers: &mut Vec<String>,
    last: &mut String,
) {
    let action = row.field(1);
    match object {
        "collector" => action.clone_into(last),
        "peer" => {
            peers.retain(|peer| peer != row.field(3));
            if action != "down" {
                peers.push(row.field(3).to_owned());
            }
        }
        "base_attribute" => {
            assert!(peers.iter().any(|peer| peer == row.field(6)), "{:?}", row.0);
            bases.clear();
            bases.push(row.field(3).to_owned());
        }
        "unicast_prefix" | "l3vpn" => {
            assert!(peers.iter().any(|peer| peer == row.field(7)), "{:?}", row.0);
            let base = row.field(6);
            assert!(action == "del" || base.is_empty() || bases.iter().any(|b| b == base));
        }
        _ => {}
    }
}
