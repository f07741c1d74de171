//! Messages that are broken on purpose: a consumer that takes one of them proves nothing.

use std::net::Ipv4Addr;

use ribcage::bgp::attr::AttributeCode;
use ribcage::bgp::{Open, encode as bgp};
use ribcage::bmp::PeerHeader;
use ribcage::bmp::encode::{self, PeerUp};
use ribcage::bmp::msg::initiation::InitiationTlv;
use ribcage::wire::Timestamp;

use super::envelope::{Fault, next};
use super::rules::Consumer;
use crate::util::{TempDir, decoded};

/// A message in parts, from which another one is easily made.
#[derive(Debug, Clone)]
struct Parts {
    object: String,
    head: String,
    rows: Vec<Vec<String>>,
}

impl Parts {
    fn of(message: &[u8]) -> Self {
        let text = std::str::from_utf8(message).unwrap();
        let (head, rows) = text.split_once("\n\n").unwrap();
        let object = head.split("\nT: ").nth(1).unwrap().lines().next().unwrap().to_owned();
        // Two lines that are made anew.
        let head = head.split("\nL: ").next().unwrap().to_owned();
        let rows = rows.lines().map(|row| row.split('\t').map(str::to_owned).collect()).collect();
        Self { object, head, rows }
    }

    /// The message with the length and the count that its rows have.
    fn octets(&self) -> Vec<u8> {
        let rows: String = self.rows.iter().map(|row| row.join("\t") + "\n").collect();
        let (len, count) = (rows.len(), self.rows.len());
        format!("{}\nL: {len}\nR: {count}\n\n{rows}", self.head).into_bytes()
    }
}

/// What a router says that comes, brings up a peer, announces two prefixes, takes one back and
/// goes.
fn sound() -> Vec<Parts> {
    let address = Ipv4Addr::new(192, 0, 2, 1);
    let at = |micros| {
        PeerHeader::new(address.into(), 65001, address).at(Timestamp::new(1_500_000_000, micros))
    };
    let mut stream = Vec::new();
    encode::initiation(&mut stream, &[(InitiationTlv::SysName.0, b"r")]);
    let mut open = Vec::new();
    Open::builder(65001, 180, address).encode(&mut open);
    let (sent_open, received_open, tlvs) = (&open[..], &open[..], &[][..]);
    let (local_port, remote_port, local_address) = (179, 40_000, Ipv4Addr::LOCALHOST.into());
    let up = PeerUp { local_address, local_port, remote_port, sent_open, received_open, tlvs };
    encode::peer_up(&mut stream, &at(1), &up);
    encode::statistics(&mut stream, &at(2), &[]);
    let mut attributes = Vec::new();
    bgp::origin(&mut attributes, 0);
    bgp::attribute(&mut attributes, 0x40, AttributeCode::AsPath.0, &[2, 1, 0, 0, 0xfd, 0xe9]);
    bgp::next_hop(&mut attributes, address);
    bgp::communities(&mut attributes, &[0xfde9_0001, 0xfde9_0002]);
    for (withdrawn, attributes, nlri) in [
        (&[][..], &attributes[..], &[24, 198, 51, 100, 24, 203, 0, 113][..]),
        (&[24, 203, 0, 113], &[], &[]),
    ] {
        let mut update = Vec::new();
        bgp::update(&mut update, withdrawn, attributes, nlri);
        encode::route_monitoring(&mut stream, &at(3), &update);
    }
    let folder = TempDir::new("openbmp-broken");
    let written = decoded(&["-F", "openbmp"], &folder.file("stream", &stream));
    let mut left = &written[..];
    std::iter::from_fn(|| next(&mut left)).map(|message| Parts::of(message.unwrap())).collect()
}

/// What a consumer says of these messages.
fn read(messages: impl IntoIterator<Item = Vec<u8>>) -> Result<(), Fault> {
    let mut consumer = Consumer::default();
    for message in messages {
        consumer.read((None, &message))?;
    }
    consumer.end()
}

fn octets(messages: &[Parts]) -> Vec<Vec<u8>> {
    messages.iter().map(Parts::octets).collect()
}

/// The object in whose first row a field is replaced, its place, what stands there then, and a part
/// of what has to be said of it.
const FIELDS: &[(&str, usize, &str, &str)] = &[
    ("collector", 1, "begun", "none of"),
    ("collector", 1, "heartbeat", "wrong time"),
    ("collector", 2, "1", "row 1"),
    ("collector", 4, "0123", "32 hexadecimal"),
    ("collector", 6, "2", "are listed"),
    ("router", 3, "d'or", "quote"),
    ("router", 5, "", "no address"),
    ("router", 12, "192.0.2.1", "broken SQL"),
    ("peer", 5, "a\rb", "ends a text"),
    ("peer", 7, "192.0.2.77", "the router is"),
    ("peer", 8, "2017-07-14T02:40:00.123456", "no time"),
    ("peer", 8, "2017-02-30 02:40:00.123456", "no time"),
    ("peer", 20, "65535", "not in"),
    ("peer", 22, "1", "only a Peer Down"),
    ("peer", 26, "yes", "neither 0 nor 1"),
    ("peer", 11, "0123456789012345678901234567890:1", "the column has 32"),
    ("bmp_stat", 9, "", "no decimal"),
    ("bmp_stat", 9, "18446744073709551615", "no decimal"),
    ("bmp_stat", 5, "0123456789abcdef0123456789abcdef", "not up"),
    ("base_attribute", 10, "IGP", "none of"),
    ("base_attribute", 11, "65001", "begins with a space"),
    ("base_attribute", 11, " 65001 {64500 64501}", "in a path"),
    ("base_attribute", 11, " 65001 { 64500", "without an end"),
    ("base_attribute", 12, "32768", "not in"),
    ("base_attribute", 14, "", "no address"),
    ("base_attribute", 18, " 65001:1", "a word of 0"),
    ("base_attribute", 18, "65001:1  65001:2", "a word of 0"),
    ("base_attribute", 18, "65001:1,65001:2,", "a word of 16"),
    ("base_attribute", 19, "rt=\"x\"", "array"),
    ("base_attribute", 15, "7", "id ought to be"),
    ("base_attribute", 3, "0123456789abcdef0123456789abcdef", "id ought to be"),
    ("unicast_prefix", 3, "0123456789abcdef0123456789abcdef", "id ought to be"),
    ("unicast_prefix", 6, "0123456789abcdef0123456789abcdef", "were not sent"),
    ("unicast_prefix", 6, "", "without path attributes"),
    ("unicast_prefix", 7, "0123456789ABCDEF0123456789abcdef", "32 hexadecimal"),
    ("unicast_prefix", 8, "192.0.2.2", "the peer is"),
    ("unicast_prefix", 12, "33", "no network"),
    ("unicast_prefix", 13, "0", "198.51.100.0 with"),
    ("unicast_prefix", 16, "2", "path attributes are"),
    ("unicast_prefix", 28, "", "no decimal"),
    ("unicast_prefix", 28, "0x1", "no decimal"),
    ("unicast_prefix", 1, "del", "withdrawn route"),
];

#[test]
fn a_field_that_a_consumer_would_stumble_over_is_refused() {
    let sound = sound();
    read(octets(&sound)).expect("what nothing is wrong with is taken");
    for (object, place, value, words) in FIELDS {
        let mut broken = sound.clone();
        let message = broken.iter_mut().find(|message| message.object == *object).unwrap();
        assert_ne!(message.rows[0][place - 1], *value, "{object} {place}");
        (*value).clone_into(&mut message.rows[0][place - 1]);
        let fault = read(octets(&broken)).expect_err(&format!("{object} {place}: '{value}'"));
        assert!(fault.contains(words), "{object} {place}, '{value}': {fault}");
    }
}

/// What is replaced in the octets of each message, and what has to be said of it.
const HEADERS: &[(&str, &str, &str)] = &[
    ("V: 1.7", "V: 1.6", "version"),
    ("V: 1.7", "v: 1.7", "version 0"),
    ("V: 1.7", "V: seven", "invalid float"),
    ("T: peer", "T: peers", "no object is called"),
    ("T: peer", "T:peer:x\nX:", "no value"),
    ("T: peer", "T:", "no value"),
    ("T: peer", "T", "no value"),
    ("T: peer", "t: peer", "no T"),
    ("C_HASH_ID: ", "C_HASH_ID: x\nC_HASH: ", "collector of the header"),
    ("L: ", "L: 1", "L is"),
    ("R: 1", "R: 2", "R is"),
    ("\n\n", "\r\n\r\n", "no empty line"),
    ("\n\n", "\n\n\n", "L is"),
    ("\n\nup\t", "\n\n\tup", "0 fields"),
    ("\tr\t", "\t\0\t", "ends a text"),
];

#[test]
fn an_envelope_that_an_api_cannot_read_is_refused() {
    let sound = octets(&sound());
    for (from, to, words) in HEADERS {
        let edit = |octets: &Vec<u8>| std::str::from_utf8(octets).unwrap().replacen(from, to, 1);
        let broken: Vec<_> = sound.iter().map(|octets| edit(octets).into_bytes()).collect();
        assert_ne!(broken, sound, "{from} is nowhere");
        let fault = read(broken).expect_err(to);
        assert!(fault.contains(words), "{to:?}: {fault}");
    }
    let not_utf8 = sound.iter().map(|octets| octets.iter().map(|b| b | 0x80).collect());
    assert!(read(not_utf8).unwrap_err().contains("not UTF-8"));
    let cut = sound.iter().map(|octets| octets[..octets.len() - 1].to_vec());
    assert!(read(cut).unwrap_err().contains("L is"));
}

/// What is done to sound messages.
#[derive(Debug)]
enum Edit {
    /// The first message about an object is not sent.
    NoFirst(&'static str),
    /// The last one is not.
    NoLast(&'static str),
    /// The first ones about two objects are sent the other way round.
    Swap(&'static str, &'static str),
    /// The first message is sent again at the end.
    Again,
    /// The first message about routes loses its last field, or gets another one, or a row.
    Field(bool),
    Row,
}

impl Edit {
    fn apply(&self, all: &mut Vec<Parts>) {
        let first = |all: &[Parts], object: &str| all.iter().position(|m| m.object == object);
        let routes = first(all, "unicast_prefix").unwrap();
        match self {
            Self::NoFirst(object) => drop(all.remove(first(all, object).unwrap())),
            Self::NoLast(object) => {
                drop(all.remove(all.iter().rposition(|m| m.object == *object).unwrap()));
            }
            Self::Swap(a, b) => {
                let places = (first(all, a).unwrap(), first(all, b).unwrap());
                all.swap(places.0, places.1);
            }
            Self::Again => all.extend_from_within(..1),
            Self::Field(false) => drop(all[routes].rows[0].pop()),
            Self::Field(true) => all[routes].rows[1].push(String::new()),
            Self::Row => all[routes].rows.push(vec!["x".into()]),
        }
    }
}

/// What is done, and what has to be said of it.
const ORDERS: &[(Edit, &str)] = &[
    (Edit::NoFirst("collector"), "not started"),
    (Edit::NoLast("collector"), "has not stopped"),
    (Edit::Again, "has stopped"),
    (Edit::Swap("collector", "router"), "not started"),
    (Edit::NoFirst("router"), "not introduced"),
    (Edit::NoLast("router"), "there at the end"),
    (Edit::Swap("router", "peer"), "not introduced"),
    (Edit::NoFirst("peer"), "not up"),
    (Edit::NoLast("peer"), "its peers are still up"),
    (Edit::Swap("peer", "base_attribute"), "not up"),
    (Edit::NoFirst("base_attribute"), "were not sent"),
    (Edit::Swap("base_attribute", "unicast_prefix"), "were not sent"),
    (Edit::NoFirst("unicast_prefix"), "row 2"),
    (Edit::Field(false), "31 fields"),
    (Edit::Field(true), "33 fields"),
    (Edit::Row, "2 of 3 rows"),
];

#[test]
fn messages_that_do_not_belong_together_are_refused() {
    let sound = sound();
    for (edit, words) in ORDERS {
        let mut broken = sound.clone();
        edit.apply(&mut broken);
        let fault = read(octets(&broken)).expect_err(words);
        assert!(fault.contains(words), "{edit:?}: {fault}; expected '{words}'");
    }
}
