//! The ids of OpenBMP's collector, made again from what the rows print.

use md5::{Digest, Md5};

/// The columns of a row by the names that they have in a database.
#[derive(Clone, Copy)]
pub(crate) struct Row<'r>(pub(crate) &'r [String]);

impl<'r> Row<'r> {
    /// The field at a place that counts from 1.
    pub(crate) fn field(self, place: usize) -> &'r str {
        &self.0[place - 1]
    }

    fn number(self, place: usize) -> u32 {
        self.field(place).parse().unwrap()
    }
}

pub(crate) fn md5(parts: &[&[u8]]) -> String {
    let mut md5 = Md5::new();
    parts.iter().for_each(|part| md5.update(part));
    md5.finalize().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The octet for the view; nothing before the policy in Adj-RIB-In.
fn policy(pre_policy: &str, adj_in: &str) -> Vec<u8> {
    let octet = u8::from(adj_in == "0") | u8::from(pre_policy == "0") << 1;
    if octet == 0 { Vec::new() } else { vec![octet | 0x60] }
}

fn path_id(text: &str) -> Vec<u8> {
    match text.parse::<u32>().unwrap() {
        0 => Vec::new(),
        id => id.to_le_bytes().into(),
    }
}

/// The id that the row of an object ought to have and the place where it has it, for objects whose
/// rows print all that goes into theirs.
pub(crate) fn id(object: &str, row: Row<'_>) -> Option<(usize, String)> {
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
        "ls_node" => {
            let rid = router_id(row.field(11));
            let ls_id = (hex(row.field(14)) as u32).to_le_bytes();
            // The AS number is in no column: all nodes are of one AS here.
            (3, md5(&[&rid, &ls_id, &65001_u32.to_le_bytes(), &address(row.field(16))[..4]]))
        }
        "ls_link" => {
            let nodes = [octets(row.field(38)), octets(row.field(37))].concat();
            let ids = [row.number(23).to_le_bytes(), row.number(24).to_le_bytes()].concat();
            let (from, to) = (address(row.field(25)), address(row.field(26)));
            let mt = hex(row.field(22)) as u32;
            let routing_id = hex(row.field(13)).to_le_bytes();
            (3, md5(&[&from, &to, &routing_id, &nodes, &ids, f(7), &mt.to_le_bytes()]))
        }
        "ls_prefix" => {
            let (prefix, len) = (address(row.field(30)), [row.number(31) as u8]);
            let (routing_id, node) = (hex(row.field(13)).to_le_bytes(), octets(row.field(22)));
            let mut kind = row.field(24).as_bytes().to_vec();
            kind.resize(32, 0);
            let mt = hex(row.field(23)) as u32;
            (3, md5(&[&prefix, &len, &routing_id, &node, &kind, &mt.to_le_bytes()]))
        }
        _ => return None,
    })
}

fn hex(text: &str) -> u64 {
    u64::from_str_radix(text, 16).unwrap()
}

fn octets(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
    pairs.map(Result::unwrap).collect()
}

/// The octets of an address, then zeros; of none, all zeros.
fn address(text: &str) -> [u8; 16] {
    let mut octets = [0; 16];
    match text.parse() {
        Ok(std::net::IpAddr::V4(a)) => octets[..4].copy_from_slice(&a.octets()),
        Ok(std::net::IpAddr::V6(a)) => octets = a.octets(),
        Err(_) => assert_eq!(text, ""),
    }
    octets
}

/// `1921.6800.0001.0000`, `10.0.0.1` or `10.0.0.2[10.10.0.2]`.
fn router_id(text: &str) -> [u8; 8] {
    let mut id = [0; 8];
    match text.split_once('[') {
        Some((router, interface)) => {
            id[..4].copy_from_slice(&address(router)[..4]);
            id[4..].copy_from_slice(&address(interface.trim_end_matches(']'))[..4]);
        }
        None if text.len() == 19 => id.copy_from_slice(&octets(&text.replace('.', ""))),
        None => id[..4].copy_from_slice(&address(text)[..4]),
    }
    id
}
