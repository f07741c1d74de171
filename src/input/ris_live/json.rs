//! What a line of RIS Live may say, typed. Fields that are not needed are passed over.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The envelope, or the message in it: lines may leave the envelope away.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<&'a str>,
    #[serde(borrow)]
    pub(super) data: Option<Box<Message<'a>>>,
    /// Seconds since the epoch.
    pub(super) timestamp: Option<f64>,
    pub(super) peer: Option<&'a str>,
    pub(super) peer_asn: Option<Number>,
    pub(super) host: Option<&'a str>,
    /// The BGP message in hex.
    pub(super) raw: Option<&'a str>,
    pub(super) path: Option<Vec<Hop>>,
    pub(super) community: Option<Vec<(u16, u16)>>,
    pub(super) origin: Option<&'a str>,
    pub(super) med: Option<Number>,
    /// `ASN:ADDRESS`.
    pub(super) aggregator: Option<&'a str>,
    #[serde(borrow)]
    pub(super) announcements: Option<Vec<Announcement<'a>>>,
    #[serde(borrow)]
    pub(super) withdrawals: Option<Vec<&'a str>>,
    pub(super) state: Option<&'a str>,
    pub(super) notification: Option<Notification>,
    pub(super) direction: Option<&'a str>,
    pub(super) router_id: Option<&'a str>,
}

/// Prefixes with one next hop.
#[derive(Debug, Deserialize)]
pub(super) struct Announcement<'a> {
    pub(super) next_hop: &'a str,
    #[serde(borrow)]
    pub(super) prefixes: Vec<&'a str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    pub(super) code: u8,
    #[serde(default)]
    pub(super) subcode: u8,
}

/// A 32-bit number, also in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number(pub(super) u32);

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of 32 bits")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        u32::try_from(value).map(Number).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        u32::try_from(value).map(Number).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Number, E> {
        value.parse().map(Number).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

/// A member of an AS path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hop {
    As(u32),
    Set(Vec<u32>),
}

struct HopVisitor;

impl<'de> Visitor<'de> for HopVisitor {
    type Value = Hop;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an AS number or a list of them")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Hop, E> {
        NumberVisitor.visit_u64(value).map(|n| Hop::As(n.0))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Hop, E> {
        NumberVisitor.visit_i64(value).map(|n| Hop::As(n.0))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Hop, E> {
        NumberVisitor.visit_str(value).map(|n| Hop::As(n.0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Hop, A::Error> {
        let mut set = Vec::new();
        while let Some(Number(asn)) = seq.next_element()? {
            set.push(asn);
        }
        Ok(Hop::Set(set))
    }
}

impl<'de> Deserialize<'de> for Hop {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HopVisitor)
    }
}
