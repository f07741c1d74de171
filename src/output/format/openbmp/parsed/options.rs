//! The options of `openbmp` beside those that all formats of the message bus have.

use std::time::Duration;

use super::super::settings::{ADMIN_ID, HASH, PAT_ENABLED, Settings};
use super::envelope::{Envelope, OBJECTS, Object};
use super::values::Cleaner;
use crate::config::units::{Dur, Size};
use crate::output::format::Options;
use crate::output::url::OptionError;

/// Every option and its line of help.
pub(super) const HELP: &[(&str, &str)] = &[
    ADMIN_ID,
    HASH,
    PAT_ENABLED,
    ("topic", "topics: a name with {object} in it (default: openbmp.parsed.{object})"),
    ("without", "objects that are not sent: names joined with commas"),
    ("heartbeat", "time between two messages of a collector that has no news (default 5m)"),
    (
        "message-size",
        "octets of a message at most; an UPDATE with more routes is sent in several (default 900KiB)",
    ),
    (
        "sql-safe",
        "true (the default): without quotes, with columns and hold times that fit OpenBMP's database",
    ),
];

/// What the options mean.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) settings: Settings,
    pub(super) envelope: Envelope,
    pub(super) heartbeat: Duration,
    pub(super) message_max: usize,
    pub(super) cleaner: Cleaner,
}

/// What stands for an object's name in a topic.
const OBJECT: &str = "{object}";
/// The longest name of a topic that Kafka takes.
const TOPIC_MAX: usize = 249;
const MESSAGE_MIN: usize = 4096;

impl Plan {
    /// Reads the options.
    pub(super) fn new(options: &Options<'_>) -> Result<Self, OptionError> {
        let settings = Settings::new(options)?;
        let (mut topic, mut without) = ("openbmp.parsed.{object}", [false; OBJECTS]);
        let (mut heartbeat, mut message_max) = (Duration::from_secs(300), 900 << 10);
        let mut cleaner = Cleaner { sql_safe: true };
        for (key, value) in options.pairs {
            match key.as_str() {
                "topic" => topic = check_topic(value)?,
                "without" => without = objects(value)?,
                "heartbeat" => heartbeat = parse_heartbeat(value)?,
                "message-size" => message_max = parse_size(value)?,
                "sql-safe" => cleaner.sql_safe = parse_bool(key, value)?,
                _ => {} // read above, or checked where outputs are parsed
            }
        }
        let mut topics = [const { None }; OBJECTS];
        for (object, (name, off)) in Object::ALL.iter().zip(topics.iter_mut().zip(without)) {
            *name = (!off).then(|| topic.replace(OBJECT, object.name()));
        }
        let envelope = Envelope { topics, collector: settings.collector.hex() };
        Ok(Self { settings, envelope, heartbeat, message_max, cleaner })
    }
}

fn check_topic(value: &str) -> Result<&str, OptionError> {
    let rest = value.replace(OBJECT, "");
    let sound = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    match value.contains(OBJECT) && rest.len() <= TOPIC_MAX - 14 && rest.bytes().all(sound) {
        true => Ok(value),
        false => Err(OptionError(format!(
            "topic={value}: expected ASCII letters, digits, '.', '_' and '-' with {OBJECT} among \
             them"
        ))),
    }
}

fn objects(value: &str) -> Result<[bool; OBJECTS], OptionError> {
    let mut found = [false; OBJECTS];
    for name in value.split(',') {
        let Some(at) = Object::ALL.iter().position(|object| object.name() == name) else {
            let known: Vec<_> = Object::ALL.iter().map(|object| object.name()).collect();
            return Err(OptionError(format!(
                "without={value}: '{name}' is no object; they are {}",
                known.join(", ")
            )));
        };
        found[at] = true;
    }
    Ok(found)
}

fn parse_heartbeat(value: &str) -> Result<Duration, OptionError> {
    let parsed = value.parse::<Dur>().map_err(|e| OptionError(format!("heartbeat={value}: {e}")));
    match parsed?.0 {
        time if time >= Duration::from_secs(1) => Ok(time),
        _ => Err(OptionError(format!("heartbeat={value}: expected 1s or more"))),
    }
}

fn parse_size(value: &str) -> Result<usize, OptionError> {
    let size = value.parse::<Size>().map_err(|e| OptionError(format!("message-size={value}: {e}")));
    match usize::try_from(size?.0) {
        Ok(size) if size >= MESSAGE_MIN => Ok(size),
        _ => Err(OptionError(format!("message-size={value}: expected 4KiB or more"))),
    }
}

fn parse_bool(key: &str, value: &str) -> Result<bool, OptionError> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(OptionError(format!("{key}={value}: expected true or false"))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn plan(pairs: &[(&str, &str)]) -> Result<Plan, OptionError> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let options = Options { pairs: &pairs, name: "t", socket: false, stream: 0, streams: 1 };
        Plan::new(&options)
    }

    #[test]
    fn topics_have_the_names_of_the_original_unless_told_otherwise() {
        let usual = plan(&[]).unwrap();
        let of = |plan: &Plan, object: Object| plan.envelope.topics[object as usize].clone();
        assert_eq!(of(&usual, Object::LsNode).unwrap(), "openbmp.parsed.ls_node");
        assert!(usual.cleaner.sql_safe && usual.heartbeat == Duration::from_secs(300));
        let own = plan(&[("topic", "lab-{object}"), ("without", "evpn,bmp_stat")]).unwrap();
        assert_eq!(of(&own, Object::Peer).unwrap(), "lab-peer");
        assert_eq!([of(&own, Object::Evpn), of(&own, Object::BmpStat)], [None, None]);
    }

    #[test]
    fn what_makes_no_sense_is_answered_with_what_would() {
        for (key, value, remedy) in [
            ("topic", "openbmp", "{object}"),
            ("topic", "a b {object}", "letters"),
            ("without", "evpn,", "'' is no object"),
            ("without", "routes", "unicast_prefix"),
            ("heartbeat", "1", "heartbeat=1"),
            ("heartbeat", "10ms", "1s or more"),
            ("message-size", "1KiB", "4KiB or more"),
            ("message-size", "much", "message-size=much"),
            ("sql-safe", "yes", "true or false"),
        ] {
            let OptionError(text) = plan(&[(key, value)]).unwrap_err();
            assert!(text.starts_with(key) && text.contains(remedy), "{text}");
        }
    }
}
