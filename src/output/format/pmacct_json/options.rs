//! The options of `pmacct-json`, with pmacct's names where pmacct has the option.

use super::super::Options;
use super::attributes::{Form, Style};
use super::dialect::{self, DIALECTS, Dialect};
use super::head::Distinguisher;
use super::marks::TagMap;
use super::time::{Clock, TimeStyle};
use crate::output::url::OptionError;

/// Every option and its line of help.
pub(super) const HELP: &[(&str, &str)] = &[
    (
        "compat",
        "dialect, the version of pmacct to write as: 1.7.7, 1.7.9, 1.8.0 or 1.8.1 (the default)",
    ),
    (
        "extra",
        "none: pmacct's records only; records (the default): more records for what pmacct never writes, and keys for TLVs in Route Monitoring of BMP version 4; all: more keys in other records too",
    ),
    ("rib", "off (the default); on is reserved"),
    ("timestamps_utc", "true: times in UTC instead of the local time zone (TZ)"),
    ("timestamps_rfc9557", "true: 2026-01-02T03:04:05.000000+00:00"),
    ("timestamps_rfc3339", "the old name of timestamps_rfc9557"),
    ("timestamps_since_epoch", "true: 1767323045.000000; wins over the others"),
    ("as_path_encode_as_array", "true: as_path as an array"),
    ("bgp_comms_encode_as_array", "true: comms, ecomms and lcomms as arrays"),
    (
        "bgp_comms_num",
        "true: communities in numbers, without names (65535:65281 instead of no-export)",
    ),
    ("tmp_bgp_daemon_origin_type_int", "true: origin as the number received"),
    (
        "bmp_daemon_set_pd",
        "true: the distinguisher of the per-peer header as pd and pd_origin, beside the route's rd",
    ),
    ("tmp_bgp_lookup_compare_ports", "true: peer_id in route records, the peer's address"),
    (
        "bmp_daemon_tag_map",
        "a file in pmacct's syntax (set_tag=N ip=PREFIX, set_label=TEXT ip=PREFIX): tag or label by the router's address",
    ),
    ("pre_tag_label_encode_as_map", "true: a label KEY%VALUE,KEY%VALUE as an object"),
    (
        "writer_id_string",
        "writer_id on sockets, with $proc_name (the output's name) and $writer_pid in it (default $proc_name/$writer_pid)",
    ),
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
    pub(super) dialect: &'static Dialect,
    pub(super) extra: Extra,
    pub(super) clock: Clock,
    /// How attributes are written, where it is not the plain way.
    pub(super) style: Option<Style>,
    /// What the distinguisher of the per-peer header is called.
    pub(super) distinguisher: Distinguisher,
    /// Whether route records have `peer_id`.
    pub(super) peer_id: bool,
    pub(super) tags: Tags,
    /// `, "writer_id": "…"` on sockets, nothing elsewhere.
    pub(super) writer_id: String,
}

/// Where tags and labels come from.
#[derive(Debug, Default)]
pub(super) struct Tags {
    path: Option<String>,
    pub(super) map: TagMap,
    /// Whether a label is an object.
    pub(super) as_map: bool,
    /// The dialect has another use for the key.
    pub(super) no_labels: bool,
}

impl Tags {
    /// Reads the map again, if there is one.
    ///
    /// # Errors
    /// What is wrong with it; then the one read before stays.
    pub(super) fn reload(&mut self) -> Result<(), OptionError> {
        if let Some(path) = &self.path {
            let wrong = |OptionError(what)| OptionError(format!("bmp_daemon_tag_map={what}"));
            let map = TagMap::load(path).map_err(wrong)?;
            if self.no_labels && map.has_labels() {
                return Err(OptionError(format!(
                    "bmp_daemon_tag_map={path}: set_label: with compat=1.7.7 the key label is the \
                     MPLS label's; use set_tag"
                )));
            }
            self.map = map;
        }
        Ok(())
    }
}

impl Settings {
    pub(super) fn new(options: &Options<'_>) -> Result<Self, OptionError> {
        let (mut utc, mut rfc9557, mut epoch) = (false, false, false);
        let (mut extra, mut dialect) = (Extra::Records, dialect::NEWEST);
        let (mut set_pd, mut peer_id, mut tags) = (false, false, Tags::default());
        let (mut form, mut id) = (Form::default(), DEFAULT_ID);
        for (key, value) in options.pairs {
            match key.as_str() {
                "extra" => extra = parse_extra(value)?,
                "timestamps_utc" => utc = parse_bool(key, value)?,
                "timestamps_rfc9557" | "timestamps_rfc3339" => rfc9557 = parse_bool(key, value)?,
                "timestamps_since_epoch" => epoch = parse_bool(key, value)?,
                "compat" => dialect = parse_compat(value)?,
                "rib" => check_rib(value)?,
                "as_path_encode_as_array" => form.path_array = parse_bool(key, value)?,
                "bgp_comms_encode_as_array" => form.communities_array = parse_bool(key, value)?,
                "bgp_comms_num" => form.numbers = parse_bool(key, value)?,
                "tmp_bgp_daemon_origin_type_int" => form.origin_number = parse_bool(key, value)?,
                "bmp_daemon_set_pd" => set_pd = parse_bool(key, value)?,
                "tmp_bgp_lookup_compare_ports" => peer_id = parse_bool(key, value)?,
                "bmp_daemon_tag_map" => tags.path = Some(value.clone()),
                "pre_tag_label_encode_as_map" => tags.as_map = parse_bool(key, value)?,
                "writer_id_string" => id = value,
                _ => {} // the transport's, checked where outputs are parsed
            }
        }
        tags.no_labels = !dialect.has_router_labels();
        tags.reload()?;
        let style = match (epoch, rfc9557) {
            (true, _) => TimeStyle::Epoch,
            (false, true) if dialect.utc_is_z => TimeStyle::Rfc9557Z,
            (false, true) => TimeStyle::Rfc9557,
            (false, false) => TimeStyle::Plain,
        };
        let distinguisher = if set_pd { Distinguisher::Peer } else { Distinguisher::Route };
        let writer_id = writer_id(options, id)?;
        Ok(Self {
            dialect,
            extra,
            clock: Clock::new(style, utc),
            style: Style::new(form, dialect),
            distinguisher,
            peer_id,
            tags,
            writer_id,
        })
    }
}

const DEFAULT_ID: &str = "$proc_name/$writer_pid";

fn writer_id(options: &Options<'_>, id: &str) -> Result<String, OptionError> {
    if !options.socket {
        return Ok(String::new());
    }
    let name = match options.streams {
        0 | 1 => options.name.to_owned(),
        _ if id.contains("$proc_name") => format!("{}-{}", options.name, options.stream),
        _ => {
            return Err(OptionError(format!(
                "writer_id_string={id}: expected $proc_name in it, which tells the streams of \
                 several writers apart"
            )));
        }
    };
    let id = id.replace("$writer_pid", &std::process::id().to_string());
    let id = id.replace("$proc_name", &name);
    let mut escaped = Vec::new();
    super::super::text::json_escaped(&mut escaped, &id);
    Ok(format!(", \"writer_id\": \"{}\"", String::from_utf8_lossy(&escaped)))
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

fn parse_compat(value: &str) -> Result<&'static Dialect, OptionError> {
    dialect::of(value).ok_or_else(|| {
        let versions = DIALECTS.each_ref().map(|dialect| dialect.version).join(", ");
        OptionError(format!("compat={value}: expected one of {versions}"))
    })
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)], stream: usize, streams: usize) -> Result<Settings, String> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let options = Options { pairs: &pairs, name: "lab", socket: true, stream, streams };
        Settings::new(&options).map_err(|OptionError(what)| what)
    }

    #[test]
    fn every_option_in_the_help_is_understood() {
        for (name, _) in HELP {
            let (wrong, right) = match *name {
                "compat" => ("1.6", "1.7.9"),
                "extra" => ("some", "all"),
                "rib" => ("on", "off"),
                "bmp_daemon_tag_map" => ("/nonexistent/tag.map", "/dev/null"),
                "writer_id_string" => continue,
                _ => ("yes", "true"),
            };
            let told = settings(&[(name, wrong)], 0, 1).unwrap_err();
            assert!(told.starts_with(&format!("{name}={wrong}")), "{told}");
            assert!(settings(&[(name, right)], 0, 1).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_map_of_labels_needs_a_dialect_that_has_them() {
        let path = std::env::temp_dir().join(format!("ribcage-labels-{}.map", std::process::id()));
        let path = path.to_string_lossy();
        std::fs::write(&*path, "set_label=x\n").unwrap();
        let with = |version| settings(&[("bmp_daemon_tag_map", &path), ("compat", version)], 0, 1);
        assert!(with("1.7.9").is_ok());
        assert!(with("1.7.7").unwrap_err().contains("use set_tag"));
        std::fs::write(&*path, "set_tag=1\n").unwrap();
        assert!(with("1.7.7").is_ok());
        let _ = std::fs::remove_file(&*path);
    }

    #[test]
    fn the_plain_way_needs_no_style() {
        assert!(settings(&[], 0, 1).unwrap().style.is_none());
        assert!(settings(&[("compat", "1.8.1")], 0, 1).unwrap().style.is_none());
        assert!(settings(&[("bgp_comms_num", "true")], 0, 1).unwrap().style.is_some());
        assert!(settings(&[("compat", "1.8.0")], 0, 1).unwrap().style.is_none());
    }

    #[test]
    fn the_writer_id_is_as_asked() {
        let pid = std::process::id();
        let id = |text: &str, stream, streams| {
            settings(&[("writer_id_string", text)], stream, streams).map(|s| s.writer_id)
        };
        let written = |id: &str| Ok(format!(", \"writer_id\": \"{id}\""));
        assert_eq!(settings(&[], 0, 1).unwrap().writer_id, written(&format!("lab/{pid}")).unwrap());
        assert_eq!(id("$proc_name/$writer_pid", 2, 3), written(&format!("lab-2/{pid}")));
        assert_eq!(id("site \"a\"", 0, 1), written("site \\\"a\\\""));
        assert!(id("site", 1, 3).unwrap_err().contains("$proc_name"));
    }
}
