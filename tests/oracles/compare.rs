//! Differences between two readings, held against the list of those that are known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::facts::Facts;
use super::json::Read;

/// The list: `oracle | recording | fact | messages | who is right, and why`.
const LISTED: &str = include_str!("differences.txt");

/// What one oracle says of recordings, held against what we say.
pub(crate) struct Comparison {
    oracle: &'static str,
    /// Facts that the oracle never states.
    silent: &'static [&'static str],
    /// Of each recording and fact: how many messages differ, and the first of them in words.
    found: BTreeMap<(String, String), (usize, String)>,
    /// The recordings that were compared.
    recordings: BTreeSet<String>,
    /// Facts that agreed.
    agreed: usize,
}

impl Comparison {
    pub(crate) fn with(oracle: &'static str, silent: &'static [&'static str]) -> Self {
        Self { oracle, silent, found: BTreeMap::new(), recordings: BTreeSet::new(), agreed: 0 }
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
        if !self.recordings.contains(recording) {
            self.recordings.insert(recording.to_owned());
        }
        let theirs = match theirs {
            Ok(theirs) => theirs,
            Err(why) => {
                let name = if why.starts_with("refused: ") { "refused" } else { "unread" };
                return self.differs(recording, name, || format!("message {at}: {why}"));
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
            self.differs(recording, name, || {
                let octets = super::facts::hex(octets.get(..400).unwrap_or(octets));
                format!("message {at}\n  ours   {our:?}\n  theirs {their:?}\n  octets {octets}")
            });
        }
    }

    fn is_silent(&self, name: &str) -> bool {
        let said = |silent: &&str| match silent.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *silent,
        };
        self.silent.iter().any(said)
    }

    fn differs(&mut self, recording: &str, name: &str, how: impl FnOnce() -> String) {
        let of = (recording.to_owned(), name.to_owned());
        self.found.entry(of).or_insert_with(|| (0, how())).0 += 1;
    }

    /// Fails unless the differences are those that are listed, each as often as listed.
    pub(crate) fn finish(self, agreed_at_least: usize) {
        let mut wrong = String::new();
        let mut left = listed(self.oracle);
        left.retain(|(recording, _), _| self.recordings.contains(*recording));
        for ((recording, name), (messages, first)) in &self.found {
            let row = format!("{} | {recording} | {name} | {messages} | ", self.oracle);
            match left.remove(&(recording.as_str(), name.as_str())) {
                Some(wanted) if wanted == *messages => {}
                Some(wanted) => wrong += &format!("{row}(listed: {wanted})\n  {first}\n"),
                None => wrong += &format!("{row}(not listed)\n  {first}\n"),
            }
        }
        for ((recording, name), messages) in left {
            let oracle = self.oracle;
            wrong += &format!("{oracle} | {recording} | {name} | {messages} | (no more)\n");
        }
        assert!(wrong.is_empty(), "differences other than those in differences.txt:\n{wrong}");
        assert!(self.agreed >= agreed_at_least, "only {} facts were compared", self.agreed);
    }
}

/// Of each recording and fact: in how many messages it is known to differ.
fn listed(oracle: &str) -> BTreeMap<(&'static str, &'static str), usize> {
    let mut rows = BTreeMap::new();
    for line in LISTED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let columns: Vec<&str> = line.split(" | ").collect();
        let &[of, recording, name, messages, why] = columns.as_slice() else {
            panic!("differences.txt: not five columns: {line}");
        };
        assert!(why.len() > 10, "differences.txt: no reason: {line}");
        if of == oracle {
            let messages = messages.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
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
