//! A message taken apart as OpenBMP's two APIs do it: the Java one, which the database's consumer
//! uses, and the Python one. Where they differ, what either of them would not take is a fault.

use std::fmt::Display;

/// Why a consumer would refuse a message, or take it for another one.
pub(super) type Fault = String;

/// What `condition` is wanted for, if it does not hold.
pub(super) fn want(condition: bool, fault: impl FnOnce() -> Fault) -> Result<(), Fault> {
    if condition { Ok(()) } else { Err(fault()) }
}

/// A message that both APIs have read.
#[derive(Debug)]
pub(super) struct Message<'m> {
    pub(super) object: &'m str,
    pub(super) collector: &'m str,
    pub(super) rows: Vec<Vec<&'m str>>,
}

/// Takes the octets of one message off the front of a file; `None` at its end. Without Kafka only
/// `L` says where a message ends.
pub(super) fn next<'m>(left: &mut &'m [u8]) -> Option<Result<&'m [u8], Fault>> {
    if left.is_empty() {
        return None;
    }
    let message = length(left).and_then(|len| match left.split_at_checked(len) {
        Some((message, rest)) => {
            *left = rest;
            Ok(message)
        }
        None => Err(format!("a message of {len} octets, of which {} are there", left.len())),
    });
    Some(message)
}

/// Octets of the message at the front, headers included.
fn length(octets: &[u8]) -> Result<usize, Fault> {
    let reach = &octets[..octets.len().min(4096)];
    let end = reach.windows(2).position(|two| two == b"\n\n").ok_or("no empty line")?;
    let lines = reach[..end].split(|b| *b == b'\n');
    let l = lines.filter_map(|line| line.strip_prefix(b"L: ")).next().ok_or("no L")?;
    let len: usize = number(std::str::from_utf8(l).unwrap_or_default(), "L")?;
    Ok(end + 2 + len)
}

/// Headers by their exact names, as an API knows them.
#[derive(Debug, Default, PartialEq)]
struct Headers<'m> {
    version: f32,
    collector: &'m str,
    object: &'m str,
    len: usize,
    rows: usize,
}

impl<'m> Headers<'m> {
    /// Reads the lines; `value` is what the API makes of a line behind its name.
    fn read(
        head: &'m str,
        value: impl Fn(&'m str) -> Result<(&'m str, &'m str), Fault>,
    ) -> Result<Self, Fault> {
        let mut this = Self::default();
        for line in head.split('\n') {
            match value(line)? {
                ("V", v) => this.version = number(v, "V")?,
                ("C_HASH_ID", v) => this.collector = v,
                ("T", v) => this.object = v,
                ("L", v) => this.len = number(v, "L")?,
                ("R", v) => this.rows = number(v, "R")?,
                _ => {} // unknown names are skipped
            }
        }
        Ok(this)
    }

    /// Java's split drops what is empty at the end, so that there is no second part of `T:`.
    fn as_java(head: &'m str) -> Result<Self, Fault> {
        Self::read(head, |line| {
            let parts: Vec<_> = line.trim_end_matches(':').split(':').collect();
            let value = parts.get(1).ok_or_else(|| format!("no value in the header '{line}'"))?;
            Ok((parts[0].trim(), value.trim()))
        })
    }

    /// Python's keeps it, and then finds nothing in it.
    fn as_python(head: &'m str) -> Result<Self, Fault> {
        Self::read(head, |line| {
            let mut parts = line.split(':');
            let name = parts.next().unwrap_or_default().trim();
            let value = parts.next().ok_or_else(|| format!("no colon in the header '{line}'"))?;
            Ok((name, value.trim()))
        })
    }
}

/// A number as a header has it.
pub(super) fn number<T: std::str::FromStr<Err: Display>>(
    text: &str,
    what: &str,
) -> Result<T, Fault> {
    text.parse().map_err(|e| format!("{what} is '{text}': {e}"))
}

/// What the Java API's helper makes of a text: nothing if that begins with the delimiter, else all
/// parts, empty ones at the end included.
pub(super) fn parts(text: &str, delimiter: char) -> Vec<&str> {
    match text.starts_with(delimiter) {
        true => Vec::new(),
        false => text.split(delimiter).collect(),
    }
}

/// Octets that a row must have more than.
const ROW_MIN: usize = 3;

impl<'m> Message<'m> {
    /// Reads what Kafka would deliver as one record.
    pub(super) fn read(octets: &'m [u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(octets).map_err(|e| format!("not UTF-8: {e}"))?;
        let (head, payload) = text.split_once("\n\n").ok_or("no empty line")?;
        let (java, python) = (Headers::as_java(head)?, Headers::as_python(head)?);
        want(java == python, || format!("{java:?} in Java, {python:?} in Python"))?;
        want(java.version == 1.7, || format!("version {}", java.version))?;
        want(!java.object.is_empty(), || "no T".into())?;
        want(!java.collector.is_empty(), || "no C_HASH_ID".into())?;
        let (len, rows) = (payload.len(), payload.matches('\n').count());
        want(java.len == len, || format!("L is {}, not {len}", java.len))?;
        want(java.rows == rows, || format!("R is {}, not {rows}", java.rows))?;
        want(payload.ends_with('\n'), || "the last row has no end".into())?;
        let kept: Vec<_> =
            parts(payload, '\n').into_iter().filter(|row| row.len() > ROW_MIN).collect();
        want(kept.len() == rows, || format!("{} of {rows} rows are read", kept.len()))?;
        let rows = kept.into_iter().map(|row| parts(row, '\t')).collect();
        Ok(Self { object: java.object, collector: java.collector, rows })
    }
}
