//! Paths with parts that are filled in: `{writer}` `{session}` `{router}` and strftime parts in
//! UTC.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::record::SessionId;

/// The strftime parts that are understood, besides `%%`.
const TIME_PARTS: &str = "YmdHMS";

/// A path as configured. One that has neither `{` nor `%` is taken literally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Writer,
    Session,
    Router,
    Time(char),
}

/// What the parts are filled from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Names {
    /// The stream's number.
    pub(crate) stream: usize,
    /// The router session.
    pub(crate) session: SessionId,
    /// The router's address, when it is known.
    pub(crate) router: Option<IpAddr>,
}

impl PathTemplate {
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

    /// Whether each stream has a path of its own.
    pub(crate) fn has_writer(&self) -> bool {
        self.0.contains(&Part::Writer)
    }

    /// Whether router sessions are told apart.
    pub(crate) fn per_session(&self) -> bool {
        self.0.contains(&Part::Session) || self.0.contains(&Part::Router)
    }

    /// Whether the directory is filled in too, and so cannot be checked before.
    pub(crate) fn directory_varies(&self) -> bool {
        let first = self.0.iter().position(|p| !matches!(p, Part::Text(_)));
        let after = first.and_then(|i| self.0.get(i..)).unwrap_or_default();
        after.iter().any(|p| matches!(p, Part::Text(text) if text.contains('/')))
    }

    /// The path now.
    pub(crate) fn expand(&self, names: Names) -> PathBuf {
        let now = jiff::Timestamp::now();
        let mut out = String::new();
        for part in &self.0 {
            let _ = match part {
                Part::Text(text) => out.write_str(text),
                Part::Writer => write!(out, "{}", names.stream),
                Part::Session => write!(out, "{}", names.session),
                Part::Router => match names.router {
                    Some(router) => write!(out, "{router}"),
                    None => out.write_str("unknown"),
                },
                Part::Time(c) => write!(out, "{}", now.strftime(&format!("%{c}"))),
            };
        }
        PathBuf::from(out)
    }
}

/// Parses what begins with `{`; returns the part and its length.
fn name_part(tail: &str) -> Result<(Part, usize), String> {
    let known = [
        ("{writer}", Part::Writer),
        ("{session}", Part::Session),
        ("{router}", Part::Router),
        ("{{", Part::Text("{".into())),
    ];
    let found = known.into_iter().find(|(word, _)| tail.starts_with(word));
    found.map(|(word, part)| (part, word.len())).ok_or_else(|| {
        let word = tail.split_inclusive('}').next().unwrap_or(tail);
        format!(
            "'{word}' is not known; known are {{writer}} {{session}} {{router}}, and {{{{ for '{{'"
        )
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
        let names = Names { stream: 3, session: SessionId(0xab), router };
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
        for (path, word) in [("a{peer}b", "{peer}"), ("a{", "{"), ("%j", "%j"), ("50%", "%")] {
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
}
