//! `collect --check`: the configuration as it would hold, and where each value comes from.

use std::fmt::Write as _;

use super::Read;
use crate::cli::args::Origin;
use crate::config::keys::{KEYS, tables};

/// The column at which origins stand, where values leave room.
const ORIGINS_AT: usize = 40;

/// The whole configuration as a file that `--config` takes: a line for each key.
pub(super) fn text(read: &Read) -> String {
    let mut text = String::new();
    for row in KEYS {
        let shown = (row.shown)(&read.config, &read.log);
        let origin = origin(read, row.name);
        let line = match shown {
            Some(value) => format!("{} = {value}", row.name),
            // What is in tables follows, and what other keys tell is told there.
            None if ["output", "quiet", "verbose"].contains(&row.name) => continue,
            None => format!("# {} is not set", row.name),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line:<ORIGINS_AT$} # {origin}");
    }
    let origin = |kind: &str, number| origin(read, &format!("{kind}[{number}]"));
    text.push_str(&tables(&read.config, origin));
    text
}

/// Where a value comes from; of keys that say the same thing, where one of them does.
fn origin(read: &Read, key: &str) -> String {
    let same: &[&str] = match key {
        "log-level" => &["log-level", "verbose", "quiet"],
        _ => &[key],
    };
    let found = same.iter().find_map(|key| Some((key, read.origins.get(*key)?)));
    let Some((name, origin)) = found else { return "default".into() };
    let name = if *name == key { String::new() } else { format!(" ({name})") };
    match (origin, &read.path) {
        (Origin::File(line), Some(path)) => format!("{}:{line}{name}", path.display()),
        _ => format!("flag{name}"),
    }
}
