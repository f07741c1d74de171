//! Examples of rules, and of what is done with their packets.

use super::{Kind, Operator, Operators, Pattern, Value};
use crate::bgp::encode::{FLAG_OPTIONAL, FLAG_TRANSITIVE, attribute_with, extended_communities};
use crate::bgp::nlri::prefix::example_prefix;
use crate::wire::Prefix;
use crate::wire::layout::Mac;

/// The component that makes a rule differ from those of other indexes.
const DESTINATION: u8 = 1;
/// The same in rules of layer 2.
const SOURCE_MAC: u8 = 15;
/// Operators in a rule whose length takes two octets.
const LONG: u64 = 90;

/// The octets of the `index`-th rule: with each type of component in turn, then with all of them
/// or, every 16th time, with a long one.
pub(super) fn rule(kind: Kind, index: u32) -> Vec<u8> {
    let (first, last) = kind.types();
    let turns = u32::from(last - first) + 2;
    let (turn, round) = (index % turns, index / turns);
    let all = turn == turns - 1;
    let long = all && round % 16 == 15;
    let unique = if kind == Kind::Layer2 { SOURCE_MAC } else { DESTINATION };
    let mut out = Vec::new();
    for code in first..=last {
        let its_turn = if long { code == 5 } else { all || u32::from(code - first) == turn };
        if its_turn || code == unique {
            out.push(code);
            component(kind, code, index, round.into(), long, &mut out);
        }
    }
    out
}

/// Appends the value of a component.
fn component(kind: Kind, code: u8, index: u32, round: u64, long: bool, out: &mut Vec<u8>) {
    let [.., a, b, c] = index.to_be_bytes();
    match code {
        1 | 2 if kind == Kind::Ipv4 => Value::Prefix(address(code, index)).encode(out),
        1 | 2 => pattern(code, index, round, out),
        15 => Value::Mac(Mac([2, 0, 0x5e, a, b, c])).encode(out),
        16 => Value::Mac(Mac([2, 0, 0x5f, c, b, a])).encode(out),
        _ if long => {
            let port = |n| Operator::new(Operator::EQ, 1024 + (round + n) % 0x8000, 2);
            let ports: Vec<_> = (0..LONG).map(port).collect();
            out.extend_from_slice(&Operators::octets_of(&ports));
        }
        _ => out.extend_from_slice(&Operators::octets_of(&operators(code, round))),
    }
}

fn address(code: u8, index: u32) -> Prefix {
    match code {
        DESTINATION => example_prefix::<false>(index),
        _ => Prefix::V4([192, 0, 2, 0], 24),
    }
}

/// In every other round it has an offset: bits 32 to 63 of the address.
fn pattern(code: u8, index: u32, round: u64, out: &mut Vec<u8>) {
    let mut octets = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0];
    octets[4..].copy_from_slice(&(index ^ u32::from(code - DESTINATION)).to_be_bytes());
    let offset = if round.is_multiple_of(2) { 0 } else { 32 };
    let octets = &octets[usize::from(offset / 8)..];
    Value::Pattern(Pattern { length: 64, offset, octets, is_whole_address: false }).encode(out);
}

/// One operator or two, with operands of as many bits as the component's field has.
fn operators(code: u8, round: u64) -> Vec<Operator> {
    let bits: usize = match code {
        22 | 24 => 3,
        12 => 4,
        11 => 6,
        21 | 23 => 12,
        4 | 5 | 6 | 10 | 14 => 16,
        13 => 20,
        20 => 40,
        _ => 8,
    };
    let number = |n: u64| (7 + round + n) % (1 << bits);
    let one = |operator, n| Operator::new(operator, n, bits.div_ceil(8));
    let (low, high) = (number(0).min(number(1)), number(0).max(number(1)));
    match (code, round % 3) {
        (9 | 12, 0) => vec![one(Operator::MATCH, number(0).max(1))],
        (9 | 12, 1) => vec![one(0, number(0).max(1)), one(Operator::NOT | Operator::AND, 1)],
        (9 | 12, _) => vec![one(Operator::NOT | Operator::MATCH, number(0).max(1))],
        (_, 0) => vec![one(Operator::EQ, number(0))],
        (_, 1) => vec![
            one(Operator::GT | Operator::EQ, low),
            one(Operator::LT | Operator::EQ | Operator::AND, high),
        ],
        _ => vec![one(Operator::EQ, number(0)), one(Operator::LT | Operator::GT, number(2))],
    }
}

/// Appends the attributes of the `index`-th rule: an action (RFC 8955 §7, RFC 8956 §6.1), after
/// the route target that VPN families need.
pub(super) fn actions(kind: Kind, vpn: bool, index: u32, out: &mut Vec<u8>) {
    let [.., a, b] = index.to_be_bytes();
    let [r, s, t, u] = (1000.0 * f32::from(b)).to_be_bytes();
    let action = match index % 9 {
        0 => [0x80, 0x06, 0xfd, 0xe9, 0, 0, 0, 0], // discard: a rate of 0 octets per second
        1 => [0x80, 0x06, 0xfd, 0xe9, r, s, t, u],
        2 => [0x80, 0x0c, 0xfd, 0xe9, r, s, t, u],
        3 => [0x80, 0x07, 0, 0, 0, 0, 0, 1 + b % 3],
        4 => [0x80, 0x08, 0xfd, 0xe9, 0, 0, a, b],
        5 => [0x81, 0x08, 192, 0, 2, 7, a, b],
        6 => [0x82, 0x08, 0, 0, 0xfd, 0xe9, a, b],
        7 => [0x80, 0x09, 0, 0, 0, 0, 0, b % 64],
        _ => [0x01, 0x0c, 192, 0, 2, b, 0, 0],
    };
    let target = [0x00, 0x02, 0xfd, 0xe9, 0, 0, a, b];
    match vpn {
        true => extended_communities(out, &[target, action]),
        false => extended_communities(out, &[action]),
    }
    if kind.is_ipv6() && index.is_multiple_of(9) {
        attribute_with(out, FLAG_OPTIONAL | FLAG_TRANSITIVE, 25, |out| {
            out.extend_from_slice(&[0x00, 0x0d, 0x20, 0x01, 0x0d, 0xb8]);
            out.extend_from_slice(&[0; 11]);
            out.extend_from_slice(&[1, a, b]);
        });
    }
}
