//! The ids of OpenBMP's collector, made again from what the rows print.

use md5::{Digest, Md5};

/// The columns of a row by the names that they have in a database.
#[derive(Clone, Copy)]
pub(super) struct Row<'r>(pub(super) &'r [String]);

impl<'r> Row<'r> {
    /// The field at a place that counts from 1.
    pub(super) fn field(self, place: usize) -> &'r str {
        &self.0[place - 1]
    }

    fn number(self, place: usize) -> u32 {
        self.field(place).parse().unwrap()
    }
}

fn md5(parts: &[&[u8]]) -> String {
    let mut md5 = Md5::new();
    parts.iter().for_each(|part| md5.update(part));
    md5.finalize().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The octet for the view; nothing before the policy in Adj-RIB-In.
fn policy(pre_policy: &str, adj_in: &str) -> Vec<u8> {
    let octet = u8::from(adj_in == "0") | u8::from(pre_policy == "0") << 1;
    if octet == 0 { Vec::new() } else { vec![octet] }
}

fn path_id(text: &str) -> Vec<u8> {
    match text.parse::<u32>().unwrap() {
        0 => Vec::new(),
        id => id.to_le_bytes().into(),
    }
}

/// The id that the row of an object ought to have and the place where it has it, for objects whose
/// rows print all that goes into theirs.
pub(super) fn id(object: &str, row: Row<'_>) -> Option<(usize, String)> {
    let f = |place| row.field(place).as_bytes();
    Some(match object {
        "collector" => (4, md5(&[f(3)])),
        "peer" => (3, md5(&[f(10), f(11), f(4), if f(29) == b"1" { &[0x80] } else { &[] }])),
        "base_attribute" => {
            let numbers = [row.number(15).to_le_bytes(), row.number(16).to_le_bytes()].concat();
            (3, md5(&[f(11), f(14), f(17), f(10), &numbers, f(18), f(19), f(6)]))
        }
        "unicast_prefix" | "l3vpn" => {
            let len = [row.number(12) as u8];
            let rd = if object == "l3vpn" { row.field(32).replace(':', "") } else { String::new() };
            let labels: &[u8] = if f(29).is_empty() { &[] } else { &[1] };
            let (path_id, policy) = (path_id(row.field(28)), policy(row.field(30), row.field(31)));
            (3, md5(&[f(11), &len, rd.as_bytes(), f(7), &path_id, labels, &policy]))
        }
        "evpn" => {
            let (rd, len) = (row.field(28).replace(':', ""), [row.number(36) as u8]);
            let (path_id, policy) = (path_id(row.field(25)), policy(row.field(26), row.field(27)));
            let parts = [f(7), f(35), f(37), &len, f(33), rd.as_bytes(), &path_id, &policy];
            (3, md5(&parts))
        }
        _ => return None,
    })
}
