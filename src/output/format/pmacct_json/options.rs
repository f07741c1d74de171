//! The options of `pmacct-json`, with pmacct's names where pmacct has the option.

use super::super::Options;
use super::time::{Clock, TimeStyle};
use crate::output::url::OptionError;

/// Every option and its line of help.
pub(super) const HELP: &[(&str, &str)] = &[
    ("compat", "dialect: 1.8.1 (the default)"),
    (
        "extra",
        "none: pmacct's records only; records (the default): more records for what pmacct never writes, and keys for TLVs in Route Monitoring of BMP version 4; all: more keys in other records too",
    ),
    ("rib", "off (the default); on is reserved"),
    ("timestamps_utc", "true: times in UTC instead of the local time zone (TZ)"),
    ("timestamps_rfc9557", "true: 2026-01-02T03:04:05.000000+00:00"),
    ("timestamps_rfc3339", "the old name of timestamps_rfc9557"),
    ("timestamps_since_epoch", "true: 1767323045.000000; wins over the others"),
];

/// How much more than pmacct's own records is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extra {
    /// Nothing.
    None,
    /// Records for what pmacct never writes, and keys for TLVs in Route Monitoring of version 4.
    Records,
    /// More keys in other records, too.
    All,
}

/// What the options mean.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) extra: Extra,
    pub(super) clock: Clock,
    /// `, "writer_id": "…"` on sockets, nothing elsewhere.
    pub(super) writer_id: String,
}

impl Settings {
    pub(super) fn new(options: &Options<'_>) -> Result<Self, OptionError> {
        let (mut extra, mut utc, mut rfc9557, mut epoch) = (Extra::Records, false, false, false);
        for (key, value) in options.pairs {
            match key.as_str() {
                "extra" => extra = parse_extra(value)?,
                "timestamps_utc" => utc = parse_bool(key, value)?,
                "timestamps_rfc9557" | "timestamps_rfc3339" => rfc9557 = parse_bool(key, value)?,
                "timestamps_since_epoch" => epoch = parse_bool(key, value)?,
                "compat" => check_compat(value)?,
                "rib" => check_rib(value)?,
                _ => {} // the transport's, checked where outputs are parsed
            }
        }
        let style = match (epoch, rfc9557) {
            (true, _) => TimeStyle::Epoch,
            (false, true) => TimeStyle::Rfc9557,
            (false, false) => TimeStyle::Plain,
        };
        Ok(Self { extra, clock: Clock::new(style, utc), writer_id: writer_id(options) })
    }
}

fn writer_id(options: &Options<'_>) -> String {
    if !options.socket {
        return String::new();
    }
    let mut name = Vec::new();
    super::super::text::json_escaped(&mut name, options.name);
    let name = String::from_utf8_lossy(&name);
    let pid = std::process::id();
    match options.streams {
        0 | 1 => format!(", \"writer_id\": \"{name}/{pid}\""),
        _ => format!(", \"writer_id\": \"{name}-{}/{pid}\"", options.stream),
    }
}

fn parse_extra(value: &str) -> Result<Extra, OptionError> {
    match value {
        "none" => Ok(Extra::None),
        "records" => Ok(Extra::Records),
        "all" => Ok(Extra::All),
        _ => Err(OptionError(format!("extra={value}: expected none, records or all"))),
    }
}

fn parse_bool(key: &str, value: &str) -> Result<bool, OptionError> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(OptionError(format!("{key}={value}: expected true or false"))),
    }
}

fn check_compat(value: &str) -> Result<(), OptionError> {
    match value {
        "1.8.1" => Ok(()),
        "1.7.7" | "1.7.9" | "1.8.0" => {
            Err(OptionError(format!("compat={value}: this dialect is not written yet; 1.8.1 is")))
        }
        _ => Err(OptionError(format!("compat={value}: expected 1.8.1"))),
    }
}

fn check_rib(value: &str) -> Result<(), OptionError> {
    match value {
        "off" => Ok(()),
        "on" => Err(OptionError(
            "rib=on: reserved: records are written as pmacct writes them without a RIB \
             (withdraws carry no attributes, no delete records); leave it out"
                .into(),
        )),
        _ => Err(OptionError(format!("rib={value}: expected off"))),
    }
}
