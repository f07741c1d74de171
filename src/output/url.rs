//! Output specifications as typed: `FORMAT[?OPTIONS]=URL[?OPTIONS]`, or `FORMAT[?OPTIONS]` alone
//! for standard output. Options may stand on either side of the URL; the last of a name wins.
//!
//! ```text
//! pmacct-json=file:/tmp/x.json?when-full=drop&name=lab
//! pmacct-json?extra=none=stdout:
//! bmp=tcp://10.0.0.1:11019
//! ```

use std::collections::HashSet;
use std::fmt;

use super::format::{self, FORMATS};
use super::transport::{self, TRANSPORTS};
use crate::config::near::did_you_mean;
use crate::filter::{Filter, LiveFilter};

/// The most streams that one output may have.
pub const WRITERS_MAX: usize = 64;
/// The longest output name, octets.
const NAME_MAX: usize = 64;

/// The options that every output takes, each with a line of help.
pub const COMMON_OPTIONS: &[(&str, &str)] = &[
    ("name", "the output's name in logs and counters"),
    ("when-full", "block (hold routers back, the default) or drop (skip and count)"),
    ("writers", "streams to spread router sessions over, 1 to 64 (default 1)"),
    ("filter", "which records and routes are shown, such as prefix within 10.0.0.0/8"),
];

/// An option that is not understood: says what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionError(pub String);

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionError {}

/// An output specification that makes no sense (exit code 2): says what is wrong and what would be
/// right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// What a full output does to the routers that feed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// Hold them back: TCP pushes back on the router, nothing is lost.
    #[default]
    Block,
    /// Drop what does not fit, count it and log it; no other output notices.
    Drop,
}

/// A parsed output URL: `scheme:target?key=value&…`. Options are percent-free and taken literally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputUrl {
    /// `file`, `tcp`, …
    pub scheme: String,
    /// What follows `scheme:` (for `tcp` and `udp`: after `//`), up to the first `?`.
    pub target: String,
    /// Every option, in the order typed: the transport's, the format's and the common ones. One
    /// typed without a value has the value `true`.
    pub options: Vec<(String, String)>,
}

impl OutputUrl {
    /// The value of an option, if it was given (the last one wins).
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}

/// An output as configured: checked, named, not yet opened.
#[derive(Clone)]
pub struct OutputSpec {
    /// Its name, unique among the outputs.
    pub name: String,
    /// How records are rendered.
    pub format: &'static format::Entry,
    /// Where they go.
    pub transport: &'static transport::Entry,
    /// The target, with all options.
    pub url: OutputUrl,
    /// What its full lanes do.
    pub when_full: WhenFull,
    /// Its number of streams, 1 to [`WRITERS_MAX`].
    pub writers: usize,
    /// A reader of standard output that leaves is normal (`decode … | head`): not worth a warning.
    pub reader_may_leave: bool,
    /// Which records and routes are shown: what `filter=` says, and what the command adds.
    pub filter: LiveFilter,
}

impl fmt::Debug for OutputSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, format, url, when_full, writers, .. } = self;
        f.debug_struct("OutputSpec")
            .field("name", name)
            .field("format", &format.name)
            .field("url", url)
            .field("when_full", when_full)
            .field("writers", writers)
            .finish_non_exhaustive()
    }
}

impl OutputSpec {
    /// Parses all outputs of a command and names them: `name=`, else the format's name, else
    /// `FORMAT-2`, `FORMAT-3`, …
    ///
    /// # Errors
    /// The first specification that makes no sense, or two that contradict each other.
    pub fn parse_all<S: AsRef<str>>(texts: &[S]) -> Result<Vec<Self>, UsageError> {
        let parsed: Result<Vec<_>, _> = texts.iter().map(|t| Self::parse(t.as_ref())).collect();
        Self::name_all(parsed?)
    }

    /// Names outputs that stand beside each other, as [`OutputSpec::parse_all`] does.
    ///
    /// # Errors
    /// Two outputs contradict each other.
    pub fn name_all(mut specs: Vec<Self>) -> Result<Vec<Self>, UsageError> {
        let (mut names, mut targets, mut files) = (HashSet::new(), HashSet::new(), HashSet::new());
        for spec in &specs {
            if let Some(name) = spec.url.option("name")
                && !names.insert(name.to_owned())
            {
                return Err(UsageError(format!(
                    "two outputs have the name '{name}'; give each its own name="
                )));
            }
            if spec.url.scheme != "file" {
                continue;
            }
            // Options may make one path of two.
            let (target, file) = (&spec.url.target, transport::file_of(&spec.url));
            let is_new =
                files.insert(std::path::absolute(&file).unwrap_or_else(|_| (&file).into()));
            if !is_new || !targets.insert(target) {
                let shown = if is_new { target } else { &file };
                return Err(UsageError(format!(
                    "two outputs write to 'file:{shown}'; give each a file of its own"
                )));
            }
        }
        for spec in &mut specs {
            if spec.url.option("name").is_none() {
                let format = spec.format.name;
                let numbered = (2..).map(|n: usize| format!("{format}-{n}"));
                let mut free = std::iter::once(format.to_owned()).chain(numbered);
                spec.name = free.find(|n| !names.contains(n)).unwrap_or_default();
                names.insert(spec.name.clone());
            }
        }
        Ok(specs)
    }

    /// Parses one output. Its name is `name=` or the format's.
    ///
    /// # Errors
    /// What is wrong with the text, and what would be right.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let spec = split(text).and_then(Split::resolve);
        spec.map_err(|what| UsageError(format!("output '{text}': {what}")))
    }

    /// Parses one output whose further `options` stand apart from the text: they come last, and
    /// their values are taken as they are.
    ///
    /// # Errors
    /// What is wrong with the text or an option, and what would be right.
    pub fn parse_with(text: &str, options: &[(String, String)]) -> Result<Self, UsageError> {
        let spec = split(text).and_then(|mut parts| {
            parts.further = options;
            parts.resolve()
        });
        spec.map_err(|what| UsageError(format!("output '{text}': {what}")))
    }

    /// Parses `FORMAT[?OPTIONS]`, to standard output (`decode --format`).
    ///
    /// # Errors
    /// What is wrong with the text, and what would be right.
    pub fn parse_format(text: &str) -> Result<Self, UsageError> {
        let wrong = |what: String| UsageError(format!("format '{text}': {what}"));
        let parts = split(text).map_err(wrong)?;
        if let Some(url) = parts.url {
            return Err(wrong(format!("takes no URL, but '{url}' follows; use --output for it")));
        }
        parts.resolve().map_err(wrong)
    }
}

/// A specification cut into its parts.
struct Split<'a> {
    format: &'a str,
    options: Vec<(String, String)>,
    url: Option<&'a str>,
    /// Options that were not part of the text.
    further: &'a [(String, String)],
}

/// Cuts `FORMAT[?OPTIONS][=URL]`.
fn split(text: &str) -> Result<Split<'_>, String> {
    let Some(at) = text.find(['=', '?']) else {
        return Ok(Split { format: text, options: Vec::new(), url: None, further: &[] });
    };
    let (format, rest) = (&text[..at], &text[at + 1..]);
    if text[at..].starts_with('=') {
        return Ok(Split { format, options: Vec::new(), url: Some(rest), further: &[] });
    }
    let (options, url) = format_options(rest)?;
    Ok(Split { format, options, url, further: &[] })
}

type Options = Vec<(String, String)>;

/// Parses the options between format and URL: a value ends at `&`, or at the `=` before the URL.
fn format_options(text: &str) -> Result<(Options, Option<&str>), String> {
    let (mut options, mut rest) = (Vec::new(), text);
    loop {
        let at = rest.find(['&', '=']).unwrap_or(rest.len());
        let (key, tail) = rest.split_at(at);
        let value = tail.strip_prefix('=').filter(|v| !is_url(v));
        let (value, tail) = match value {
            Some(value) if key == "filter" => value.split_at(end_of_filter(value)),
            Some(value) => value.split_at(value.find(['&', '=']).unwrap_or(value.len())),
            None => ("true", tail),
        };
        options.push(option(key, value)?);
        match tail.strip_prefix('&') {
            Some(next) => rest = next,
            None => return Ok((options, tail.strip_prefix('='))),
        }
    }
}

/// Where a filter ends before the URL: at `&`, or at the first `=` behind which there is a URL.
fn end_of_filter(text: &str) -> usize {
    let end = text.find('&').unwrap_or(text.len());
    let before_url = |at: &usize| is_url(&text[at + 1..]);
    text[..end].match_indices('=').map(|(at, _)| at).find(before_url).unwrap_or(end)
}

/// Parses the options after the URL: a value may hold anything but `&`.
fn url_options(text: &str) -> Result<Options, String> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, "true"));
        option(key, value)
    };
    text.split('&').map(pair).collect()
}

fn option(key: &str, value: &str) -> Result<(String, String), String> {
    if key.is_empty() {
        return Err("an option has no name; options are written ?key=value&key=value".into());
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// Whether `text` begins with a scheme that exists.
fn is_url(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| TRANSPORTS.iter().any(|t| t.scheme == scheme))
}

impl Split<'_> {
    /// Looks everything up in the tables and checks that the parts fit together.
    fn resolve(self) -> Result<OutputSpec, String> {
        let format = *FORMATS.iter().find(|f| f.name == self.format).ok_or_else(|| {
            let known: Vec<_> = FORMATS.iter().map(|f| f.name).collect();
            unknown("format", self.format, &known)
        })?;
        let (transport, target, after) = parse_url(self.url.unwrap_or("stdout:"))?;
        let mut options = self.options;
        options.extend(after);
        options.extend_from_slice(self.further);
        check_names(format, transport, &options)?;
        let url = OutputUrl { scheme: transport.scheme.into(), target: target.into(), options };
        (transport.check)(&url).map_err(|e| e.0)?;
        let when_full = when_full(transport, &url)?;
        let writers = writers(&url)?;
        check_target(format, transport, &url, writers)?;
        let name = url.option("name").unwrap_or(format.name).to_owned();
        check_name(&name)?;
        if url.option("framing") == Some("newline") && !format.layout.is_lines() {
            return Err(format!(
                "framing=newline: messages of {} are not lines: leave it out, for each holds its \
                 own length, or write framing=length",
                format.name
            ));
        }
        let filter = LiveFilter::new(filter(&url)?);
        let reader_may_leave = false;
        let spec = OutputSpec {
            name,
            format,
            transport,
            url,
            when_full,
            writers,
            reader_may_leave,
            filter,
        };
        let pairs = spec.format_options();
        (format.build)(&spec.format_setup(&pairs, 0)).map_err(|e| e.0)?;
        Ok(spec)
    }
}

impl OutputSpec {
    /// Shows only what passes this filter, too.
    pub fn restrict(&mut self, filter: &Filter) {
        let own = self.filter.get().map(|own| Filter::clone(&own));
        let both = match own {
            Some(own) => filter.clone().and(own),
            None => filter.clone(),
        };
        self.filter = LiveFilter::new(Some(both));
    }

    /// Whether it looks into UPDATEs: its format does, or its filter.
    #[must_use]
    pub fn reads_updates(&self) -> bool {
        self.format.reads_updates || self.filter.get().is_some_and(|f| f.reads_updates())
    }

    /// The options that are the format's.
    pub(super) fn format_options(&self) -> Options {
        let own = |key: &str| self.format.options.iter().any(|(k, _)| *k == key);
        self.url.options.iter().filter(|(key, _)| own(key)).cloned().collect()
    }

    /// What the format of one stream is told.
    pub(super) fn format_setup<'a>(
        &'a self,
        pairs: &'a [(String, String)],
        stream: usize,
    ) -> format::Options<'a> {
        format::Options {
            pairs,
            name: &self.name,
            socket: self.transport.socket,
            stream,
            streams: self.writers,
        }
    }
}

/// Cuts `SCHEME:TARGET[?OPTIONS]`.
fn parse_url(url: &str) -> Result<(&'static transport::Entry, &str, Options), String> {
    let usages = || TRANSPORTS.iter().map(|t| t.usage).collect::<Vec<_>>().join(" ");
    let Some((scheme, rest)) = url.split_once(':') else {
        let hint =
            if url.contains('/') { format!("; did you mean 'file:{url}'?") } else { "".into() };
        return Err(format!("'{url}' is not a URL, which is one of {}{hint}", usages()));
    };
    let transport = *TRANSPORTS.iter().find(|t| t.scheme == scheme).ok_or_else(|| {
        let known: Vec<_> = TRANSPORTS.iter().map(|t| t.scheme).collect();
        unknown("URL scheme", scheme, &known)
    })?;
    let (target, options) = match rest.split_once('?') {
        Some((target, options)) => (target, url_options(options)?),
        None => (rest, Vec::new()),
    };
    if !transport.usage.contains("//") {
        return Ok((transport, target, options));
    }
    match target.strip_prefix("//") {
        Some(target) => Ok((transport, target, options)),
        None => Err(format!("'{url}' lacks its '//'; it is written {}", transport.usage)),
    }
}

fn check_names(
    format: &format::Entry,
    transport: &transport::Entry,
    options: &Options,
) -> Result<(), String> {
    let names = |table: &[(&'static str, &'static str)]| -> Vec<&'static str> {
        table.iter().map(|(key, _)| *key).collect()
    };
    let groups = [
        (format.name, names(format.options)),
        (transport.scheme, names(transport.options)),
        ("every output", names(COMMON_OPTIONS)),
    ];
    let known: Vec<_> = groups.iter().flat_map(|(_, keys)| keys).copied().collect();
    let Some((key, _)) = options.iter().find(|(key, _)| !known.contains(&key.as_str())) else {
        return Ok(());
    };
    let takes: Vec<_> = groups
        .iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(who, keys)| format!("{who} takes {}", keys.join(", ")))
        .collect();
    let hint = did_you_mean(key, known.iter().copied());
    Err(format!("the option '{key}' is not known{hint}; {}", takes.join("; ")))
}

fn when_full(transport: &transport::Entry, url: &OutputUrl) -> Result<WhenFull, String> {
    match url.option("when-full") {
        None if transport.lossy => Ok(WhenFull::Drop),
        None => Ok(WhenFull::Block),
        Some("block") if transport.lossy => Err(format!(
            "when-full=block cannot hold: {} never waits, and what the kernel refuses is dropped and \
             counted; leave the option out, or use tcp:// to lose nothing",
            transport.scheme
        )),
        Some("block") => Ok(WhenFull::Block),
        Some("drop") => Ok(WhenFull::Drop),
        Some("spool") => Err("when-full=spool does not exist yet; use block or drop".into()),
        Some(other) => Err(format!("when-full is block or drop, not '{other}'")),
    }
}

fn filter(url: &OutputUrl) -> Result<Option<Filter>, String> {
    let parse = |text: &str| text.parse().map_err(|e| format!("filter '{text}': {e}"));
    url.option("filter").map(parse).transpose()
}

fn writers(url: &OutputUrl) -> Result<usize, String> {
    let text = url.option("writers").unwrap_or("1");
    match text.parse() {
        Ok(n @ 1..=WRITERS_MAX) => Ok(n),
        _ => Err(format!("writers is a number from 1 to {WRITERS_MAX}, not '{text}'")),
    }
}

/// Checks that streams and sessions are told apart where they must be.
fn check_target(
    format: &format::Entry,
    transport: &transport::Entry,
    url: &OutputUrl,
    writers: usize,
) -> Result<(), String> {
    let path = matches!(transport.scheme, "file" | "unix");
    let template = path.then(|| transport::PathTemplate::of(url)).transpose()?;
    if let Some(template) = &template {
        check_parts(format, transport, url, template)?;
    }
    if writers > 1 && template.as_ref().is_some_and(|t| !t.has_writer()) {
        return Err(format!(
            "with writers={writers} the path needs {{writer}}, the stream's number, as in '{}.{{writer}}'",
            url.target
        ));
    }
    if writers > 1 && transport.scheme == "stdout" {
        return Err("standard output is one stream; leave writers out".into());
    }
    if !format.per_session {
        return Ok(());
    }
    let name = format.name;
    match template {
        Some(t) if transport.scheme == "file" && !t.per_session() => Err(format!(
            "{name} needs a file for each router: put {{session}} or {{router}} into the path, as in \
             '{}.{{session}}'",
            url.target
        )),
        None if transport.lossy => Err(format!(
            "{name} cannot go over {}: datagrams do not tell router sessions apart; use tcp://",
            transport.scheme
        )),
        _ => Ok(()),
    }
}

/// Checks that what a path asks of frames is something that they say.
fn check_parts(
    format: &format::Entry,
    transport: &transport::Entry,
    url: &OutputUrl,
    template: &transport::PathTemplate,
) -> Result<(), String> {
    if transport.scheme != "file" && (template.per_peer() || template.per_topic()) {
        return Err(format!(
            "{{peer}}, {{view}} and {{topic}} are for files: the path of {} may have {{session}}, \
             {{router}} and {{writer}}",
            transport.scheme
        ));
    }
    if template.per_topic() && !format.has_topics {
        let directory = url.target.rsplit_once('/').map_or("", |(directory, _)| directory);
        let part = if format.per_session { "{session}." } else { "" };
        return Err(format!(
            "{0} has no topics to name files by: write the path of a file, as in \
             '{directory}/{part}{0}'",
            format.name
        ));
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name.len() <= NAME_MAX && name.chars().all(sound) {
        return Ok(());
    }
    Err(format!("name '{name}' must be 1 to {NAME_MAX} letters, digits, '-', '_' or '.'"))
}

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let hint = did_you_mean(word, known.iter().copied());
    format!("the {what} '{word}' is not known{hint}; known are {}", known.join(" "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(text: &str) -> OutputSpec {
        OutputSpec::parse(text).unwrap_or_else(|e| unreachable!("{e}"))
    }

    fn error(text: &str) -> String {
        OutputSpec::parse(text).unwrap_err().0
    }

    #[test]
    fn specifications_are_cut_where_they_should_be() {
        let table = [
            ("pmacct-json", "stdout", "", ""),
            ("pmacct-json?extra=none", "stdout", "", "extra=none"),
            ("pmacct-json=null:", "null", "", ""),
            ("pmacct-json=file:/tmp/a=b&c.json", "file", "/tmp/a=b&c.json", ""),
            ("pmacct-json?extra=none=stdout:", "stdout", "", "extra=none"),
            (
                "pmacct-json?extra=none&name=x=file:a?extra=all&writers=1",
                "file",
                "a",
                "extra=none name=x extra=all writers=1",
            ),
            ("pmacct-json=tcp://[::1]:179?when-full=drop", "tcp", "[::1]:179", "when-full=drop"),
            ("pmacct-json=udp://localhost:9", "udp", "localhost:9", ""),
            ("pmacct-json=unix:/run/x", "unix", "/run/x", ""),
        ];
        for (text, scheme, target, options) in table {
            let url = parse(text).url;
            let got: Vec<_> = url.options.iter().map(|(k, v)| format!("{k}={v}")).collect();
            assert_eq!((&*url.scheme, &*url.target, &*got.join(" ")), (scheme, target, options));
        }
        let merged = parse("pmacct-json?extra=none=null:?extra=all&name=n");
        assert_eq!(merged.url.option("extra"), Some("all"));
        assert_eq!(merged.format_options().len(), 2, "the format sees only its own");
    }

    #[test]
    fn an_option_without_a_value_is_true_even_right_before_the_url() {
        let (options, url) = format_options("flag=stdout:").unwrap();
        assert_eq!((options, url), (vec![("flag".into(), "true".into())], Some("stdout:")));
        let (options, url) = format_options("a&b=c").unwrap();
        assert_eq!((options.len(), url), (2, None));
    }

    #[test]
    fn what_is_unknown_is_answered_with_what_is_known() {
        let e = error("pmacct_json=null:");
        assert!(e.contains("did you mean 'pmacct-json'") && e.contains("known are"), "{e}");
        assert!(error("pmacct-json=flie:/x").contains("did you mean 'file'"));
        assert!(error("pmacct-json=/tmp/x").contains("did you mean 'file:/tmp/x'"));
        let e = error("pmacct-json=null:?wirters=2");
        assert!(e.contains("did you mean 'writers'") && e.contains("pmacct-json takes"), "{e}");
        assert!(e.contains("every output takes name, when-full, writers"), "{e}");
        assert!(!error("pmacct-json=null:?zzzzzz=1").contains("did you mean"));
    }

    #[test]
    fn parts_that_do_not_fit_together_are_refused_with_the_remedy() {
        for (text, remedy) in [
            ("", "known are"),
            ("=null:", "known are"),
            ("pmacct-json=", "is not a URL"),
            ("pmacct-json=null:?", "no name"),
            ("pmacct-json=null:x", "nothing after the colon"),
            ("pmacct-json=file:", "needs a path"),
            ("pmacct-json=file:{port}", "{session}"),
            ("pmacct-json=tcp:10.0.0.1:1", "lacks its '//'"),
            ("pmacct-json=tcp://10.0.0.1", "needs HOST:PORT"),
            ("pmacct-json=tcp://::1:99", "needs brackets"),
            ("pmacct-json=tcp://[::1:99", "not closed"),
            ("pmacct-json=udp://h:0", "from 1 to 65535"),
            ("pmacct-json=tcp://:5", "host is missing"),
            ("pmacct-json=null:?when-full=spool", "does not exist yet"),
            ("pmacct-json=null:?when-full=wait", "block or drop"),
            ("pmacct-json=udp://h:1?when-full=block", "never waits"),
            ("pmacct-json=null:?writers=0", "from 1 to 64"),
            ("pmacct-json=null:?writers=65", "from 1 to 64"),
            ("pmacct-json=file:/x?writers=2", "{writer}"),
            ("pmacct-json=stdout:?writers=2", "one stream"),
            ("pmacct-json=null:?name=a b", "letters"),
            ("pmacct-json?extra=bogus", "extra"),
            ("bmp=file:/x", "{session}"),
            ("bmp=file:/d/", "as in '/d/{session}.bmp'"),
            ("pmacct-json=file:/d/", "as in '/d/pmacct-json'"),
            ("pmacct-json=file:/d/{topic}.x", "has no topics"),
            ("openbmp=file:/d/?writers=2", "{writer}"),
            ("pmacct-json=unix:/run/{peer}", "are for files"),
            ("pmacct-json=file:/x?rotate=500ms", "whole seconds"),
            ("pmacct-json=file:/x?keep=1d", "need rotate="),
            ("bmp=udp://h:1", "tcp://"),
            ("bmp=tcp://h:1?framing=newline", "framing=length"),
            ("bmp=tcp://h:1?framing=lines", "newline or length"),
        ] {
            let e = error(text);
            assert!(e.contains(remedy), "'{text}' gives: {e}");
            assert!(e.starts_with(&format!("output '{text}': ")), "{e}");
        }
    }

    #[test]
    fn defaults_follow_the_transport() {
        let spec = parse("pmacct-json=udp://127.0.0.1:9");
        assert_eq!((spec.when_full, spec.writers), (WhenFull::Drop, 1));
        assert_eq!(parse("pmacct-json=null:").when_full, WhenFull::Block);
        assert_eq!(parse("pmacct-json=file:/x{writer}?writers=64").writers, 64);
        assert_eq!(parse("bmp=file:/x.{router}").name, "bmp");
        for sound in [
            "openbmp=file:/d/",
            "openbmp-raw=file:/d/{topic}.{writer}?writers=2",
            "pmacct-json=file:/d/{peer}.{view}?rotate=5m&compress=zstd&keep=7d",
        ] {
            parse(sound);
        }
    }

    #[test]
    fn every_output_gets_a_name_of_its_own() {
        let texts =
            ["pmacct-json=null:", "pmacct-json=null:", "bmp=null:?name=pmacct-json-2", "bmp"];
        let specs = OutputSpec::parse_all(&texts).unwrap();
        let names: Vec<_> = specs.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["pmacct-json", "pmacct-json-3", "pmacct-json-2", "bmp"]);
        let twice = OutputSpec::parse_all(&["bmp=null:?name=a", "pmacct-json?name=a"]);
        assert!(twice.unwrap_err().0.contains("'a'"));
        let same = OutputSpec::parse_all(&["pmacct-json=file:/x", "pmacct-json=file:/x?name=b"]);
        assert!(same.unwrap_err().0.contains("file of its own"));
    }

    #[test]
    fn no_two_outputs_write_one_file_whatever_makes_its_name() {
        for (one, other, file) in [
            ("file:x", "file:x", "file:x"),
            ("file:x", "file:./x", "file:./x"),
            ("file:/d//x", "file:/d/x", "file:/d/x"),
            ("file:x?compress=gzip", "file:x.gz", "file:x.gz"),
            ("file:x.gz", "file:x?compress=gzip", "file:x.gz"),
            ("file:x.zst?compress=zstd", "file:x?compress=zstd", "file:x.zst"),
            ("file:x?rotate=1d", "file:x", "file:x"),
            ("file:x.%H?rotate=1d&compress=zstd", "file:x.%H.zst", "file:x.%H.zst"),
            ("file:x?rotate=1d", "file:x.%Y%m%dT%H%M%SZ?rotate=1h", "file:x.%Y%m%dT%H%M%SZ"),
        ] {
            let texts = [one, other].map(|url| format!("pmacct-json={url}"));
            let error = OutputSpec::parse_all(&texts).unwrap_err().0;
            assert!(error.contains(&format!("'{file}'; give each")), "{one} {other}: {error}");
        }
        for (one, other) in [
            ("file:x?compress=gzip", "file:x.zst"),
            ("file:x.gz?rotate=1d", "file:x?rotate=1d&compress=gzip"),
            ("tcp://h:1", "tcp://h:1"),
        ] {
            let texts = [one, other].map(|url| format!("pmacct-json={url}"));
            assert!(OutputSpec::parse_all(&texts).is_ok(), "{one} {other}");
        }
    }

    #[test]
    fn a_format_alone_is_told_to_have_no_url() {
        let spec = OutputSpec::parse_format("pmacct-json?extra=none").unwrap();
        assert_eq!(spec.transport.scheme, "stdout");
        let e = OutputSpec::parse_format("pmacct-json=file:/x").unwrap_err();
        assert!(e.0.contains("use --output"), "{e}");
    }
}
