//! The options of `openbmp` beside those that all formats of the message bus have.

use std::time::Duration;

use super::super::settings::{
    ADMIN_ID, GROUPS, HASH, PAT_ENABLED, PEER_GROUP, ROUTER_GROUP, Settings,
};
use super::super::topics::Template;
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
    ROUTER_GROUP,
    PEER_GROUP,
    GROUPS,
    (
        "topic",
        "topics: a name with {object} in it; {router_group}, {peer_group} and {peer_asn} stand for a message's own (default: openbmp.parsed.{object})",
    ),
    (
        "topics",
        "topics of some objects, OBJECT:NAME joined with commas, such as peer:lab.{peer_group}.peer; one without a name is not sent",
    ),
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
const TOPIC: &str = "openbmp.parsed.{object}";
const MESSAGE_MIN: usize = 4096;

impl Plan {
    /// Reads the options.
    pub(super) fn new(options: &Options<'_>) -> Result<Self, OptionError> {
        let settings = Settings::new(options)?;
        let (mut topic, mut named) = (None, [None; OBJECTS]);
        let mut without = [false; OBJECTS];
        let (mut heartbeat, mut message_max) = (Duration::from_secs(300), 900 << 10);
        let mut cleaner = Cleaner { sql_safe: true };
        for (key, value) in options.pairs {
            match key.as_str() {
                "topic" => topic = Some(check_topic(value)?),
                "topics" => topics_of(value, &mut named)?,
                "without" => without = objects(value)?,
                "heartbeat" => heartbeat = parse_heartbeat(value)?,
                "message-size" => message_max = parse_size(value)?,
                "sql-safe" => cleaner.sql_safe = parse_bool(key, value)?,
                _ => {} // read above, or checked where outputs are parsed
            }
        }
        let mut topics = [const { None }; OBJECTS];
        for (at, object) in Object::ALL.iter().enumerate() {
            let (key, text) = match (named[at], topic) {
                (Some(text), _) => ("topics", text),
                (None, Some(text)) => ("topic", text),
                (None, None) => ("topic", TOPIC),
            };
            if !without[at] && !text.is_empty() {
                let template =
                    Template::parse(text, object.name(), object.has_peer(), &settings.groups);
                let wrong = |what| OptionError(format!("{key}: {text}: {what}"));
                topics[at] = Some(template.map_err(wrong)?);
            }
        }
        let envelope = Envelope::new(topics, settings.collector);
        Ok(Self { settings, envelope, heartbeat, message_max, cleaner })
    }
}

fn check_topic(value: &str) -> Result<&str, OptionError> {
    match value.contains(OBJECT) {
        true => Ok(value),
        false => Err(OptionError(format!(
            "topic={value}: each object has a topic of its own: write {OBJECT} where its name \
             belongs"
        ))),
    }
}

/// Reads the names of the topics of some objects.
fn topics_of<'a>(
    value: &'a str,
    named: &mut [Option<&'a str>; OBJECTS],
) -> Result<(), OptionError> {
    for item in value.split(',') {
        let Some((object, name)) = item.split_once(':') else {
            return Err(OptionError(format!(
                "topics={value}: '{item}': expected OBJECT:NAME, or OBJECT: alone to switch it off"
            )));
        };
        named[place_of("topics", value, object)?] = Some(name);
    }
    Ok(())
}

/// The number of the object of this name.
fn place_of(key: &str, value: &str, name: &str) -> Result<usize, OptionError> {
    Object::ALL.iter().position(|object| object.name() == name).ok_or_else(|| {
        let known: Vec<_> = Object::ALL.iter().map(|object| object.name()).collect();
        OptionError(format!("{key}={value}: '{name}' is no object; they are {}", known.join(", ")))
    })
}

fn objects(value: &str) -> Result<[bool; OBJECTS], OptionError> {
    let mut found = [false; OBJECTS];
    for name in value.split(',') {
        found[place_of("without", value, name)?] = true;
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
    use super::super::super::topics::Place;
    use super::*;

    fn plan(pairs: &[(&str, &str)]) -> Result<Plan, OptionError> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let options = Options { pairs: &pairs, name: "t", socket: false, stream: 0, streams: 1 };
        Plan::new(&options)
    }

    #[test]
    fn topics_have_the_names_of_the_original_unless_told_otherwise() {
        let mut usual = plan(&[]).unwrap();
        let of = |plan: &mut Plan, object: Object| {
            let topic = plan.envelope.topics[object as usize].as_mut();
            topic.map(|topic| topic.name(Place::default()).to_owned())
        };
        assert_eq!(of(&mut usual, Object::LsNode).unwrap(), "openbmp.parsed.ls_node");
        assert!(usual.cleaner.sql_safe && usual.heartbeat == Duration::from_secs(300));
        let some = "peer:own.{peer_group}.{peer_asn},ls_link:,router:r.{router_group}";
        let typed = [("topic", "lab-{object}"), ("without", "evpn,bmp_stat"), ("topics", some)];
        let mut own = plan(&typed).unwrap();
        for (object, topic) in [
            (Object::Collector, Some("lab-collector")),
            (Object::Router, Some("r.default")),
            (Object::Peer, Some("own.default.0")),
            (Object::LsLink, None),
            (Object::Evpn, None),
            (Object::BmpStat, None),
        ] {
            assert_eq!(of(&mut own, object).as_deref(), topic);
        }
        assert!(own.envelope.wants(Object::L3vpn) && !own.envelope.wants(Object::LsLink));
    }

    #[test]
    fn what_makes_no_sense_is_answered_with_what_would() {
        for (key, value, remedy) in [
            ("topic", "openbmp", "{object}"),
            ("topic", "a b {object}", "letters"),
            ("topic", "{object}.{peer_asn}", "of no peer"),
            ("topics", "peer", "OBJECT:NAME"),
            ("topics", "peer:a,x:b", "unicast_prefix"),
            ("topics", "collector:{peer_group}", "of no peer"),
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
