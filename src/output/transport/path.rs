//! Paths with parts that are filled in: who a file or connection is for, and strftime parts in UTC.

use std::borrow::Cow;
use std::fmt::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::output::frames::{About, View};
use crate::output::url::OutputUrl;
use crate::record::SessionId;

/// The strftime parts that are understood, besides `%%`.
const TIME_PARTS: &str = "YmdHMS";
/// Stands for what a frame does not say: its peer, view or topic.
pub(super) const NOBODY: &str = "-";
/// Stands for a router whose address is not known.
pub(super) const UNKNOWN: &str = "unknown";

/// A path as configured. One that has neither `{` nor `%` is taken literally.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PathTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Writer,
    Session,
    Router,
    Peer,
    View,
    Topic,
    Time(char),
}

/// The parts in braces.
const NAMED: [(&str, Part); 6] = [
    ("{writer}", Part::Writer),
    ("{session}", Part::Session),
    ("{router}", Part::Router),
    ("{peer}", Part::Peer),
    ("{view}", Part::View),
    ("{topic}", Part::Topic),
];

/// What the parts are filled from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Names {
    /// The stream's number.
    pub(crate) stream: usize,
    /// The router session.
    pub(crate) session: SessionId,
    /// The router's address, when it is known.
    pub(crate) router: Option<IpAddr>,
    /// Whom a frame is about.
    pub(crate) about: About,
}

impl PathTemplate {
    /// The path of a URL. In a directory (a path that ends with a slash) there is a file for each
    /// topic.
    pub(crate) fn of(url: &OutputUrl) -> Result<Self, String> {
        Self::parse(&Self::target(url))
    }

    /// The text of [`PathTemplate::of`].
    pub(super) fn target(url: &OutputUrl) -> Cow<'_, str> {
        match url.target.ends_with('/') && url.scheme == "file" {
            true => format!("{}{{topic}}", url.target).into(),
            false => (&*url.target).into(),
        }
    }

    /// Parses a path; the error says what is wrong and what would be right.
    pub(crate) fn parse(path: &str) -> Result<Self, String> {
        if path.is_empty() {
            return Err("needs a path".into());
        }
        let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), path);
        while let Some(at) = rest.find(['{', '%']) {
            let (head, tail) = rest.split_at(at);
            text.push_str(head);
            let (part, len) = if tail.starts_with('{') { name_part(tail) } else { time_part(tail) }
                .map_err(|what| format!("path '{path}': {what}"))?;
            rest = tail.get(len..).unwrap_or_default();
            if let Part::Text(literal) = part {
                text.push_str(&literal);
                continue;
            }
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(part);
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self(parts))
    }

    /// Its parts, in order; no two texts follow each other.
    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether each stream has a path of its own.
    pub(crate) fn has_writer(&self) -> bool {
        self.has(&Part::Writer)
    }

    /// Whether router sessions are told apart.
    pub(crate) fn per_session(&self) -> bool {
        self.has(&Part::Session) || self.has(&Part::Router)
    }

    /// Whether each router session has a path of its own.
    pub(super) fn has_session(&self) -> bool {
        self.has(&Part::Session)
    }

    /// Whether peers or their views are told apart.
    pub(crate) fn per_peer(&self) -> bool {
        self.has(&Part::Peer) || self.has(&Part::View)
    }

    /// Whether topics are told apart.
    pub(crate) fn per_topic(&self) -> bool {
        self.has(&Part::Topic)
    }

    /// Whether frames must say whom they are about, and where they go.
    pub(super) fn wants(&self) -> (bool, bool) {
        (self.per_peer(), self.per_topic())
    }

    /// Whether the time is part of it.
    pub(super) fn has_time(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Time(_)))
    }

    fn has(&self, part: &Part) -> bool {
        self.0.contains(part)
    }

    /// Of whom a frame is about, what is part of the path.
    pub(super) fn mask(&self, about: About) -> About {
        let by_peer = self.has(&Part::Peer);
        About {
            peer: about.peer.filter(|_| by_peer),
            distinguisher: about.distinguisher.filter(|_| by_peer),
            view: about.view.filter(|_| self.has(&Part::View)),
        }
    }

    /// Whether the directory is filled in too, and so cannot be checked before.
    pub(crate) fn directory_varies(&self) -> bool {
        let first = self.0.iter().position(|p| !matches!(p, Part::Text(_)));
        let after = first.and_then(|i| self.0.get(i..)).unwrap_or_default();
        after.iter().any(|p| matches!(p, Part::Text(text) if text.contains('/')))
    }

    /// The same path without `end`, if it ends with that.
    pub(super) fn without_end(mut self, end: &str) -> Self {
        if let Some(Part::Text(text)) = self.0.last_mut()
            && let Some(len) = text.len().checked_sub(end.len())
            && text.ends_with(end)
        {
            text.truncate(len);
        }
        self
    }

    /// The path now.
    pub(crate) fn expand(&self, names: Names) -> PathBuf {
        PathBuf::from(self.expand_at(names, "", Some(jiff::Timestamp::now())))
    }

    /// The path of frames of a topic (none is empty) at a time. Without a time its parts stay as
    /// they are: what is the same then is one series of files.
    pub(super) fn expand_at(
        &self,
        names: Names,
        topic: &str,
        at: Option<jiff::Timestamp>,
    ) -> String {
        let mut out = String::new();
        for part in &self.0 {
            let _ = match part {
                Part::Text(text) => out.write_str(text),
                Part::Writer => write!(out, "{}", names.stream),
                Part::Session => write!(out, "{}", names.session),
                Part::Router => match names.router {
                    Some(router) => write!(out, "{router}"),
                    None => out.write_str(UNKNOWN),
                },
                Part::Peer => write_peer(&mut out, names.about),
                Part::View => out.write_str(names.about.view.map_or(NOBODY, View::name)),
                Part::Topic => out.write_str(&topic_name(topic)),
                Part::Time(c) => match at {
                    Some(at) => write!(out, "{}", at.strftime(&format!("%{c}"))),
                    None => write!(out, "%{c}"),
                },
            };
        }
        out
    }
}

/// Peers of the same address that have different distinguishers are different ones.
fn write_peer(out: &mut String, about: About) -> std::fmt::Result {
    match (about.peer, about.distinguisher) {
        (Some(peer), Some(rd)) if rd.kind() <= 2 => write!(out, "{peer}@{rd}"),
        (Some(peer), Some(rd)) => write!(out, "{peer}@{:016x}", u64::from_be_bytes(rd.0)),
        (Some(peer), None) => write!(out, "{peer}"),
        (None, _) => out.write_str(NOBODY),
    }
}

/// A topic as part of a file's name.
fn topic_name(topic: &str) -> Cow<'_, str> {
    match topic {
        "" => NOBODY.into(),
        _ if topic.chars().all(is_of_topic) => topic.into(),
        _ => topic.chars().map(|c| if is_of_topic(c) { c } else { '_' }).collect(),
    }
}

/// Whether a character may stand in the name of a topic.
pub(super) fn is_of_topic(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// Parses what begins with `{`; returns the part and its length.
fn name_part(tail: &str) -> Result<(Part, usize), String> {
    if tail.starts_with("{{") {
        return Ok((Part::Text("{".into()), 2));
    }
    let found = NAMED.iter().find(|(word, _)| tail.starts_with(word));
    found.map(|(word, part)| (part.clone(), word.len())).ok_or_else(|| {
        let word = tail.split_inclusive('}').next().unwrap_or(tail);
        let known = NAMED.map(|(word, _)| word).join(" ");
        format!("'{word}' is not known; known are {known}, and {{{{ for '{{'")
    })
}

/// Parses what begins with `%`; returns the part and its length.
fn time_part(tail: &str) -> Result<(Part, usize), String> {
    match tail.chars().nth(1) {
        Some('%') => Ok((Part::Text("%".into()), 2)),
        Some(c) if TIME_PARTS.contains(c) => Ok((Part::Time(c), 2)),
        other => {
            let c = other.map(String::from).unwrap_or_default();
            Err(format!("'%{c}' is not known; known are %Y %m %d %H %M %S, and %% for '%'"))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn expand(path: &str) -> String {
        let router = Some("2001:db8::1".parse().unwrap());
        let names = Names { stream: 3, session: SessionId(0xab), router, ..Names::default() };
        PathTemplate::parse(path).unwrap().expand(names).to_str().unwrap().to_owned()
    }

    #[test]
    fn parts_are_filled_in() {
        assert_eq!(expand("/a b/c}.json"), "/a b/c}.json");
        assert_eq!(expand("/d/{writer}-{session}.bmp"), "/d/3-00000000000000ab.bmp");
        assert_eq!(expand("{router}/x"), "2001:db8::1/x");
        assert_eq!(expand("100%%{{x"), "100%{x");
    }

    #[test]
    fn time_parts_are_utc_and_padded() {
        let text = expand("%Y-%m-%dT%H:%M:%S");
        let time: jiff::Timestamp = format!("{text}Z").parse().unwrap();
        let age = jiff::Timestamp::now().duration_since(time);
        assert!(age.as_secs().abs() < 5, "{text}");
    }

    #[test]
    fn unknown_parts_are_errors_that_list_the_known_ones() {
        for (path, word) in [("a{port}b", "{port}"), ("a{", "{"), ("%j", "%j"), ("50%", "%")] {
            let error = PathTemplate::parse(path).unwrap_err();
            assert!(error.contains(&format!("'{word}' is not known")), "{error}");
        }
        assert!(PathTemplate::parse("").is_err());
    }

    #[test]
    fn what_varies_is_known_before_it_is_filled_in() {
        let of = |path| PathTemplate::parse(path).unwrap();
        assert!(of("/a/{writer}").has_writer() && !of("/a/%Y").has_writer());
        assert!(of("{router}").per_session() && !of("{writer}%Y").per_session());
        assert!(of("/a/%Y/b").directory_varies() && !of("/a/b/%Y.json").directory_varies());
    }

    #[test]
    fn frames_name_their_peer_view_and_topic() {
        let template = PathTemplate::parse("{peer}/{view}/{topic}").unwrap();
        let of =
            |about, topic| template.expand_at(Names { about, ..Names::default() }, topic, None);
        let peer = Some(IpAddr::from([192, 0, 2, 1]));
        let about = About { peer, view: Some(View::AdjRibOutPost), distinguisher: None };
        assert_eq!(of(About::default(), ""), "-/-/-");
        assert_eq!(of(about, "openbmp.bmp_raw"), "192.0.2.1/adj-rib-out-post/openbmp.bmp_raw");
        let distinguisher = Some(crate::wire::RouteDistinguisher([0, 0, 0xfd, 0xe9, 0, 0, 0, 7]));
        let path = of(About { distinguisher, ..about }, "a/../b");
        assert_eq!(path, "192.0.2.1@0:65001:7/adj-rib-out-post/a_.._b");
        assert!(template.per_peer() && template.per_topic() && !template.per_session());
        let by_view = PathTemplate::parse("{view}").unwrap();
        assert_eq!(by_view.mask(about), About { view: about.view, ..About::default() });
    }

    #[test]
    fn what_stays_without_a_time_is_one_series() {
        let of = |text: &str| PathTemplate::parse(text).unwrap();
        let names = Names { stream: 2, ..Names::default() };
        assert_eq!(of("/d/%Y%m/{writer}.gz").expand_at(names, "", None), "/d/%Y%m/2.gz");
        assert_eq!(of("/d/x.gz").without_end(".gz").expand_at(names, "", None), "/d/x");
        assert_eq!(of("/d/x").without_end(".gz").expand_at(names, "", None), "/d/x");
        let at = Some("2026-11-22T15:05:00Z".parse().unwrap());
        assert_eq!(of("%Y%m%d.%H%M%S").expand_at(names, "", at), "20261122.150500");
        assert!(of("x%H").has_time() && !of("x{writer}").has_time());
    }
}
