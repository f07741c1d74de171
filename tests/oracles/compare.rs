//! Differences between two readings, held against the list of those that are known.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::facts::Facts;
use super::json::Read;

/// The list: `oracle | recording | fact | messages | who is right, and why`. The fact is `routes`
/// and a family for all that is said of its routes. Messages are those of the recording that
/// differ, as [`Found::told`] tells them.
const LISTED: &str = include_str!("differences.txt");

/// What differs in one recording: in one fact, or in the routes of one family.
#[derive(Default)]
struct Found {
    messages: BTreeSet<usize>,
    /// Which facts differ in which messages.
    facts: BTreeSet<(String, usize)>,
    /// The first difference in words.
    first: String,
}

impl Found {
    /// What differs, as the list has it: the messages, and where it is more than one fact how many
    /// those are, and a hash of them.
    fn told(&self) -> String {
        let messages: Vec<usize> = self.messages.iter().copied().collect();
        let names: BTreeSet<&String> = self.facts.iter().map(|(name, _)| name).collect();
        match names.len() {
            1 => told(&messages),
            facts => {
                let each = self.facts.iter().map(|(name, at)| format!("{name} {at},"));
                format!("{} in {facts} #{:08x}", told(&messages), hash(&each.collect::<String>()))
            }
        }
    }
}

/// What one oracle says of recordings, held against what we say.
pub(crate) struct Comparison {
    oracle: &'static str,
    /// Facts that the oracle never states: names, what names begin with and `*`, or `*` and what
    /// they end with, but for those that stand there after `!`. Of routes without `announced` and
    /// `withdrawn`.
    silent: &'static [&'static str],
    /// Families whose routes it decodes, as `AFI/SAFI`.
    families: &'static [&'static str],
    /// By recording and row of the list.
    found: BTreeMap<(String, String), Found>,
    /// Those of `silent` that were needed.
    kept_silent: BTreeSet<&'static str>,
    /// Facts that agreed.
    agreed: usize,
}

impl Comparison {
    pub(crate) fn with(
        oracle: &'static str,
        silent: &'static [&'static str],
        families: &'static [&'static str],
    ) -> Self {
        let (found, kept_silent) = (BTreeMap::new(), BTreeSet::new());
        Self { oracle, silent, families, found, kept_silent, agreed: 0 }
    }

    /// Compares both readings of each message of a recording.
    pub(crate) fn recording(
        &mut self,
        name: &str,
        octets: &[u8],
        ours: impl ExactSizeIterator<Item = Facts>,
        theirs: Vec<Read<Facts>>,
    ) {
        let messages = super::facts::messages(octets);
        assert_eq!((ours.len(), theirs.len()), (messages.len(), messages.len()), "{name}");
        for (at, (ours, theirs)) in ours.zip(&theirs).enumerate() {
            self.message(name, at, messages[at], &ours, theirs);
        }
    }

    /// Compares both readings of message `at`. A message that the oracle does not read is one
    /// difference, in the fact `refused`; one whose reading is not understood, in `unread`.
    pub(crate) fn message(
        &mut self,
        recording: &str,
        at: usize,
        octets: &[u8],
        ours: &Facts,
        theirs: &Read<Facts>,
    ) {
        let theirs = match theirs {
            Ok(theirs) => theirs,
            Err(why) => {
                let name = if why.starts_with("refused: ") { "refused" } else { "unread" };
                let octets = super::facts::hex(octets.get(..400).unwrap_or(octets));
                let how = || format!("message {at}: {why}\n  octets {octets}");
                return self.differs(recording, name, at, how);
            }
        };
        let (ours, theirs) = (ours.by_name(), theirs.by_name());
        let names = ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name)));
        for name in names {
            let (our, their) = (ours.get(name), theirs.get(name));
            if their.is_none() && self.is_silent(name) {
                continue;
            }
            if our == their {
                self.agreed += our.map_or(0, Vec::len);
                continue;
            }
            let (our, their) =
                (our.cloned().unwrap_or_default(), their.cloned().unwrap_or_default());
            self.differs(recording, name, at, || {
                let octets = super::facts::hex(octets.get(..400).unwrap_or(octets));
                format!("message {at}\n  ours   {our:?}\n  theirs {their:?}\n  octets {octets}")
            });
        }
    }

    fn is_silent(&mut self, name: &str) -> bool {
        if family(name).is_some_and(|family| !self.families.contains(&family)) {
            return true;
        }
        let name = of_routes(name).unwrap_or(name);
        if self.silent.iter().any(|silent| silent.strip_prefix('!') == Some(name)) {
            return false;
        }
        let said = self.silent.iter().find(|silent| {
            match (silent.strip_prefix('*'), silent.strip_suffix('*')) {
                (Some(end), _) => name.ends_with(end),
                (_, Some(start)) => name.starts_with(start),
                _ => name == **silent,
            }
        });
        self.kept_silent.extend(said);
        said.is_some()
    }

    fn differs(&mut self, recording: &str, name: &str, at: usize, how: impl FnOnce() -> String) {
        let row = match family(name) {
            Some(family) => format!("routes {family}"),
            None => name.to_owned(),
        };
        let found = self.found.entry((recording.to_owned(), row)).or_default();
        if found.messages.is_empty() {
            found.first = format!("{name}, {}", how());
        }
        found.messages.insert(at);
        found.facts.insert((name.to_owned(), at));
    }

    /// Fails unless the differences are those that are listed, each in the messages that are listed
    /// and nowhere else.
    pub(crate) fn finish(self, agreed_at_least: usize) {
        let mut wrong = String::new();
        let mut left = listed(self.oracle);
        for ((recording, name), found) in &self.found {
            let facts: BTreeSet<_> = found.facts.iter().map(|(name, _)| name.as_str()).collect();
            let messages = found.told();
            let all = runs(&found.messages.iter().copied().collect::<Vec<_>>());
            let first = format!("all of them: {all}; facts: {facts:?}\n  {}", found.first);
            let row = format!("{} | {recording} | {name} | {messages} | ", self.oracle);
            match left.remove(&(recording.as_str(), name.as_str())) {
                Some(wanted) if wanted == messages => {}
                Some(wanted) => wrong += &format!("{row}(listed: {wanted})\n  {first}\n"),
                None => wrong += &format!("{row}(not listed)\n  {first}\n"),
            }
        }
        for ((recording, name), messages) in left {
            let oracle = self.oracle;
            wrong += &format!("{oracle} | {recording} | {name} | {messages} | (no more)\n");
        }
        for silent in self.silent.iter().filter(|silent| !silent.starts_with('!')) {
            if self.kept_silent.contains(silent) {
                continue;
            }
            wrong += &format!("{} states {silent:?}, or nobody does\n", self.oracle);
        }
        assert!(wrong.is_empty(), "differences other than those in differences.txt:\n{wrong}");
        assert!(self.agreed >= agreed_at_least, "only {} facts were compared", self.agreed);
    }
}

/// Ordinals of messages, as `3 5-9`.
fn runs(messages: &[usize]) -> String {
    let mut text = String::new();
    for run in messages.chunk_by(|a, b| a + 1 == *b) {
        let (first, last) = (run[0], run[run.len() - 1]);
        let space = if text.is_empty() { "" } else { " " };
        match first == last {
            true => write!(text, "{space}{first}").unwrap(),
            false => write!(text, "{space}{first}-{last}").unwrap(),
        }
    }
    text
}

/// The same; of many only how many they are, and a hash of that text.
fn told(messages: &[usize]) -> String {
    let text = runs(messages);
    if text.len() <= 40 {
        return text;
    }
    format!("{} #{:08x}", messages.len(), hash(&text))
}

/// FNV-1a.
fn hash(text: &str) -> u32 {
    let next = |h: u32, octet: u8| (h ^ u32::from(octet)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, next)
}

/// The name of a fact about routes, without its verb.
fn of_routes(name: &str) -> Option<&str> {
    name.strip_prefix("announced ").or_else(|| name.strip_prefix("withdrawn "))
}

/// The family that a fact about routes is of.
fn family(name: &str) -> Option<&str> {
    of_routes(name)?.split(' ').next()
}

#[test]
fn messages_are_told_by_their_ordinals() {
    assert_eq!(told(&[3]), "3");
    assert_eq!(told(&[0, 1, 2, 7, 9, 10]), "0-2 7 9-10");
    let many: Vec<usize> = (0..60).map(|n| n * 2).collect();
    let others: Vec<usize> = (0..60).map(|n| n * 2 + 1).collect();
    assert!(told(&many).starts_with("60 #") && told(&many) != told(&others));
}

#[test]
fn every_row_is_of_an_oracle() {
    let of = |oracle: &&str| listed(oracle).len();
    let rows = LISTED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    assert_eq!(super::ORACLES.iter().map(of).sum::<usize>(), rows, "an oracle misspelt");
}

/// Of each recording and fact: in which messages it is known to differ.
fn listed(oracle: &str) -> BTreeMap<(&'static str, &'static str), &'static str> {
    let mut rows = BTreeMap::new();
    for line in LISTED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(" | ").collect();
        let &[of, recording, name, messages, why] = columns.as_slice() else {
            panic!("differences.txt: not five columns: {line}");
        };
        assert!(why.len() > 10, "differences.txt: no reason: {line}");
        if of == oracle {
            assert!(rows.insert((recording, name), messages).is_none(), "twice: {line}");
        }
    }
    rows
}

/// `FOLDER/FILE` of a recording, shortened to what tells it from others.
pub(crate) fn name(path: &Path) -> String {
    let part = |p: Option<&std::ffi::OsStr>| p.unwrap().to_string_lossy().into_owned();
    let folder = part(path.parent().and_then(Path::file_name));
    let folder = folder.split_once("-BMP").map_or(folder.as_str(), |(number, _)| number);
    let mut file = part(path.file_name());
    for ending in [".gz", ".bmp", "-bmp.json"] {
        file.truncate(file.strip_suffix(ending).unwrap_or(&file).len());
    }
    format!("{folder}/{file}")
}
