//! The keys of the configuration file, one row each: every flag of `collect` has one.

use std::fmt::Display;

use clap::ValueEnum;

use super::CollectConfig;
use super::output::OutputSetting;
use super::router::RouterSetting;
use crate::telemetry::log::LogConfig;

/// When a key that has changed comes to hold in a running collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// At once.
    AtOnce,
    /// For sessions that begin from then on.
    NewSessions,
    /// When the collector is started again.
    Restart,
}

impl Reload {
    /// As the manual says it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::AtOnce => "at once",
            Self::NewSessions => "for new sessions",
            Self::Restart => "at a restart",
        }
    }
}

/// A key of the file.
#[derive(Debug, Clone, Copy)]
pub struct KeyRow {
    /// Its name: the flag's, without dashes.
    pub name: &'static str,
    /// When a change comes to hold.
    pub reload: Reload,
    /// The value in effect, as TOML; `None` where nothing is set.
    pub shown: fn(&CollectConfig, &LogConfig) -> Option<String>,
}

/// The flags of `collect` that are no keys: they are about the file, or ask for something else.
pub const NO_KEYS: [&str; 4] = ["config", "check", "help", "version"];

macro_rules! keys {
    ($($name:literal $reload:ident $shown:expr;)+) => {
        /// Every key, in the order of the help.
        pub const KEYS: &[KeyRow] =
            &[$(KeyRow { name: $name, reload: Reload::$reload, shown: $shown }),+];
    };
}

keys! {
    "listen" AtOnce |c, _| Some(list(&c.listen));
    "connect" AtOnce |c, _| Some(list(&c.connect));
    "output" Restart |c, _| outputs(&c.outputs);
    "filter" AtOnce |c, _| c.filter.as_ref().map(text);
    "reactor-cores" Restart |c, _| c.reactor_cores.as_ref().map(text);
    "writer-cores" Restart |c, _| c.writer_cores.as_ref().map(text);
    "batch-memory" Restart |c, _| Some(text(super::Size(c.batch_memory)));
    "flush-interval" AtOnce |c, _| Some(text(super::Dur(c.flush_interval)));
    "max-frame" Restart |c, _| Some(size(c.max_frame));
    "drain-timeout" AtOnce |c, _| Some(text(super::Dur(c.drain_timeout)));
    "busy-poll" Restart |c, _| Some(c.busy_poll.to_string());
    "allow" AtOnce |c, _| Some(list(&c.limits.allow));
    "max-routers" AtOnce |c, _| Some(c.limits.max_routers.to_string());
    "max-routers-per-source" AtOnce |c, _| c.limits.max_routers_per_source.map(|n| n.to_string());
    "accept-rate" AtOnce |c, _| Some(text(c.limits.accept_rate));
    "idle-timeout" AtOnce |c, _| c.limits.idle_timeout.map(|t| text(super::Dur(t)));
    "keepalive" NewSessions |c, _| Some(text(c.sockets.keepalive));
    "receive-buffer" NewSessions |c, _| c.sockets.receive_buffer.map(size);
    "dscp" NewSessions |c, _| c.sockets.dscp.map(|n| n.to_string());
    "bmp-v4" NewSessions |c, _| word(c.dialect.bmp_v4);
    "rel-type" NewSessions |c, _| c.dialect.rel_type.map(|n| n.to_string());
    "quiet" AtOnce |_, _| None;
    "verbose" AtOnce |_, _| None;
    "log-format" Restart |_, l| word(l.format);
    "log-level" AtOnce |_, l| word(l.level);
    "color" Restart |_, l| word(l.color);
}

/// A text in quotes.
#[must_use]
pub fn text(value: impl Display) -> String {
    let mut quoted = String::from('"');
    for c in value.to_string().chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn size(octets: usize) -> String {
    text(super::Size(octets as u64))
}

fn list<T: Display>(values: &[T]) -> String {
    let values: Vec<_> = values.iter().map(text).collect();
    format!("[{}]", values.join(", "))
}

fn word<T: ValueEnum>(value: T) -> Option<String> {
    value.to_possible_value().map(|value| text(value.get_name()))
}

/// Outputs as a list; where one of them is a table, all are written as tables.
fn outputs(outputs: &[OutputSetting]) -> Option<String> {
    let texts: Vec<_> = outputs.iter().map(OutputSetting::text).collect();
    outputs.iter().all(|o| matches!(o, OutputSetting::Text(_))).then(|| list(&texts))
}

/// The tables of a configuration, as TOML: nothing where it has none. Behind the head of each
/// stands what `origin` says of it, by its kind and its number from 0.
#[must_use]
pub fn tables(config: &CollectConfig, origin: impl Fn(&str, usize) -> String) -> String {
    let mut toml = String::new();
    let head = |toml: &mut String, kind: &str, number: usize| {
        let (head, origin) = (format!("[[{kind}]]"), origin(kind, number));
        toml.push_str(&format!("\n{head:<40} # {origin}\n"));
    };
    if outputs(&config.outputs).is_none() {
        for (number, output) in config.outputs.iter().enumerate() {
            head(&mut toml, "output", number);
            output_table(&mut toml, output);
        }
    }
    for (number, router) in config.routers.iter().enumerate() {
        head(&mut toml, "router", number);
        router_table(&mut toml, router);
    }
    toml
}

fn line(toml: &mut String, key: &str, value: impl Display) {
    toml.push_str(&format!("{key} = {value}\n"));
}

fn output_table(toml: &mut String, output: &OutputSetting) {
    match output {
        OutputSetting::Text(whole) => {
            // The format ends where its options or the URL begin.
            let (format, rest) = whole.split_at(whole.find(['=', '?']).unwrap_or(whole.len()));
            match rest.strip_prefix('=') {
                Some(url) => {
                    line(toml, "format", text(format));
                    line(toml, "url", text(url));
                }
                None => line(toml, "format", text(whole)),
            }
        }
        OutputSetting::Table { format, url, options } => {
            line(toml, "format", text(format));
            url.iter().for_each(|url| line(toml, "url", text(url)));
            options.iter().for_each(|(key, value)| line(toml, key, text(value)));
        }
    }
}

fn router_table(toml: &mut String, r: &RouterSetting) {
    if !r.source.is_empty() {
        line(toml, "source", list(&r.source));
    }
    for (key, value) in [("sysname", &r.sysname), ("name", &r.name), ("label", &r.label)] {
        value.iter().for_each(|value| line(toml, key, text(value)));
    }
    r.bgp_id.iter().for_each(|id| line(toml, "bgp-id", text(id)));
    if !r.tags.is_empty() {
        let tags: Vec<_> = r.tags.iter().map(u64::to_string).collect();
        line(toml, "tags", format!("[{}]", tags.join(", ")));
    }
    r.allow.iter().for_each(|allow| line(toml, "allow", allow));
    r.add_path.iter().for_each(|on| line(toml, "add-path", text(if *on { "on" } else { "off" })));
    r.as_width.iter().for_each(|width| line(toml, "as-width", width));
    r.bmp_v4.and_then(word).iter().for_each(|v4| line(toml, "bmp-v4", v4));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_so_that_they_are_read_as_they_were() {
        for value in ["plain", "a \"b\" \\c", "tab\tand\nline", "é"] {
            let toml = format!("x = {}", text(value));
            let file = crate::config::file::File::parse(&toml);
            let read = file.ok().and_then(|f| f.keys.first().map(|k| k.scalars()[0].text.clone()));
            assert_eq!(read.as_deref(), Some(value), "{toml}");
        }
    }
}
