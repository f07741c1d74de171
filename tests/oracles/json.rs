//! JSON that another program wrote, read so that nothing of it is overlooked: keys may repeat and
//! keep their order, and a reader takes what it knows out of an object and says that it is done.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// What was read, or what is wrong with it.
pub(crate) type Read<T> = Result<T, String>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Flag(bool),
    Number(u64),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Map(Map),
}

/// The members of an object that nobody has taken yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Map(pub(crate) Vec<(String, Json)>);

impl Json {
    /// Reads one document.
    pub(crate) fn read(text: &str) -> Read<Self> {
        let mut octets = text.as_bytes().to_vec();
        simd_json::serde::from_slice(&mut octets).map_err(|e| format!("JSON: {e}"))
    }

    /// This, or `other` instead of null.
    pub(crate) fn or(self, other: Self) -> Self {
        if self == Self::Null { other } else { self }
    }

    pub(crate) fn map(self) -> Read<Map> {
        match self {
            Self::Map(map) => Ok(map),
            other => Err(format!("no object: {other:?}")),
        }
    }

    pub(crate) fn list(self) -> Read<Vec<Json>> {
        match self {
            Self::List(list) => Ok(list),
            other => Err(format!("no list: {other:?}")),
        }
    }

    pub(crate) fn text(self) -> Read<String> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(format!("no text: {other:?}")),
        }
    }

    /// A number, also one that is written as text, in decimal or with 0x.
    pub(crate) fn number(self) -> Read<u64> {
        let parsed = match &self {
            Self::Number(number) => return Ok(*number),
            Self::Text(text) => match text.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).ok(),
                None => text.parse().ok(),
            },
            _ => None,
        };
        parsed.ok_or_else(|| format!("no number: {self:?}"))
    }

    pub(crate) fn flag(self) -> Read<bool> {
        match self {
            Self::Flag(flag) => Ok(flag),
            other => Err(format!("no flag: {other:?}")),
        }
    }

    /// Octets, as a list of numbers or as hex digits between colons.
    pub(crate) fn octets(self) -> Read<Vec<u8>> {
        let octet = |n: u64| u8::try_from(n).map_err(|e| e.to_string());
        match self {
            Self::List(list) => list.into_iter().map(|n| octet(n.number()?)).collect(),
            Self::Text(text) if text.is_empty() => Ok(Vec::new()),
            Self::Text(text) => {
                let hex = |s| u8::from_str_radix(s, 16).map_err(|e| format!("{text}: {e}"));
                text.split(':').map(hex).collect()
            }
            other => Err(format!("no octets: {other:?}")),
        }
    }

    /// Reads it as the type that it was written of.
    pub(crate) fn typed<T: DeserializeOwned>(&self) -> Read<T> {
        let text = serde_json::to_string(self).map_err(|e| e.to_string())?;
        serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))
    }

    /// What serde makes of an enum: a name alone, or an object with one member.
    pub(crate) fn variant(self) -> Read<(String, Json)> {
        match self {
            Self::Text(name) => Ok((name, Self::Null)),
            Self::Map(Map(mut members)) if members.len() == 1 => Ok(members.remove(0)),
            other => Err(format!("no variant: {other:?}")),
        }
    }
}

impl Map {
    /// Takes the first member with this key.
    pub(crate) fn maybe(&mut self, key: &str) -> Option<Json> {
        let at = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn take(&mut self, key: &str) -> Read<Json> {
        let missing = || format!("no {key} among {:?}", self.0.iter().map(|m| &m.0));
        let missing = missing();
        self.maybe(key).ok_or(missing)
    }

    pub(crate) fn number(&mut self, key: &str) -> Read<u64> {
        self.take(key)?.number()
    }

    pub(crate) fn text(&mut self, key: &str) -> Read<String> {
        self.take(key)?.text()
    }

    pub(crate) fn flag(&mut self, key: &str) -> Read<bool> {
        self.take(key)?.flag()
    }

    pub(crate) fn list(&mut self, key: &str) -> Read<Vec<Json>> {
        self.take(key)?.list()
    }

    /// Says that all is read.
    pub(crate) fn done(self) -> Read<()> {
        match self.0.first() {
            None => Ok(()),
            Some((key, value)) => Err(format!("unread: {key} = {value:?}")),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Float(float) => serializer.serialize_f64(*float),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(list) => serializer.collect_seq(list),
            Self::Map(map) => serializer.collect_map(map.0.iter().map(|(key, value)| (key, value))),
        }
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(u64::try_from(number).map_or(Json::Float(number as f64), Json::Number))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Float(number))
    }
    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Json::Map(Map(map)))
    }
}

#[test]
fn keys_may_repeat_and_what_is_left_is_told() {
    let mut map =
        Json::read(r#"{"a": 1, "b": {"c": "0x10"}, "a": [0, 255]}"#).unwrap().map().unwrap();
    assert_eq!(map.number("a"), Ok(1));
    assert_eq!(map.take("b").unwrap().map().unwrap().number("c"), Ok(16));
    assert!(map.clone().done().unwrap_err().contains("unread: a"));
    assert_eq!(map.take("a").unwrap().octets(), Ok(vec![0, 255]));
    assert_eq!(map.done(), Ok(()));
}
