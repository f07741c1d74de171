//! How long complete files are kept: the oldest go first, and only files of this output.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::names::FileNames;

/// What is kept of an output's complete files.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Retention {
    /// Files last written to longer ago go.
    pub(super) time: Option<Duration>,
    /// So many octets in all stay at most.
    pub(super) size: Option<u64>,
}

impl Retention {
    pub(super) fn is_wanted(&self) -> bool {
        self.time.is_some() || self.size.is_some()
    }

    /// Removes what is not kept. Returns how many files went; the error tells the first that
    /// did not.
    pub(super) fn apply(
        &self,
        names: &FileNames,
        now: SystemTime,
    ) -> Result<usize, (PathBuf, io::Error)> {
        let found = names.own().map_err(|e| (PathBuf::new(), e))?;
        let mut files: Vec<_> = found
            .into_iter()
            .filter(|found| !found.is_part)
            .map(|found| (found.meta.modified().unwrap_or(now), found.path, found.meta.len()))
            .collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(.., len)| len).sum();
        let (mut gone, mut failed) = (0, None);
        for (modified, path, len) in files {
            let age = now.duration_since(modified).unwrap_or_default();
            let is_old = self.time.is_some_and(|time| age > time);
            if !is_old && self.size.is_none_or(|size| total <= size) {
                break;
            }
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    failed.get_or_insert((path, e)); // the others go all the same
                }
                _ => (total, gone) = (total.saturating_sub(len), gone + 1),
            }
        }
        failed.map_or(Ok(gone), Err)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::output::frames::TopicNames;
    use crate::output::transport::path::PathTemplate;
    use crate::output::transport::testing::Scratch;

    /// Files of 100 octets, the first ten minutes old, each next one a minute younger.
    fn scene(own: &[&str], foreign: &[&str]) -> (Scratch, FileNames, SystemTime) {
        let dir = Scratch::new();
        let now = SystemTime::now();
        for (minute, name) in own.iter().chain(foreign).enumerate() {
            let file = fs::File::create(dir.path().join(name)).unwrap();
            file.set_len(100).unwrap();
            let age = Duration::from_secs(600 - 60 * (minute % own.len()) as u64);
            file.set_modified(now - age).unwrap();
        }
        let template = PathTemplate::parse(&dir.file("x.%H%M")).unwrap();
        (dir, FileNames::new(template, "", 0), now)
    }

    fn left(dir: &Scratch) -> Vec<String> {
        let names = fs::read_dir(dir.path()).unwrap();
        let mut left: Vec<_> =
            names.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        left
    }

    #[test]
    fn the_oldest_go_until_the_rest_is_young_and_small_enough() {
        let own = ["x.0930", "x.0935", "x.0935.1", "x.0940"]; // 10, 9, 8 and 7 minutes old
        let (time, size) = (Some(Duration::from_secs(505)), Some(250));
        for (retention, expected) in [
            (Retention { time, size: None }, &own[2..]),
            (Retention { time: None, size }, &own[2..]),
            (Retention { time, size: Some(100) }, &own[3..]),
            (Retention { time: None, size: Some(0) }, &own[4..]),
            (Retention { time: None, size: Some(400) }, &own[..]),
        ] {
            let (dir, names, now) = scene(&own, &[]);
            let gone = retention.apply(&names, now).unwrap();
            assert_eq!(
                (gone, left(&dir)),
                (4 - expected.len(), expected.iter().map(|n| (*n).to_owned()).collect())
            );
        }
    }

    /// As two outputs have them whose files lie in one directory.
    #[test]
    fn files_of_topics_go_and_those_of_another_output_stay() {
        let dir = Scratch::new();
        let stays = ["x.json.20261122T150500Z", "openbmp.bmp_raw.20261122T150500Z"];
        for name in stays.iter().chain(&["openbmp.parsed.peer.20261122T150500Z"]) {
            fs::write(dir.path().join(name), "1").unwrap();
        }
        let mut names = FileNames::new(PathTemplate::parse(&dir.file("{topic}")).unwrap(), "", 0);
        names.set_topics(&TopicNames::new(["openbmp.parsed.*".into()]));
        let retention = Retention { time: None, size: Some(0) };
        assert_eq!(retention.apply(&names, SystemTime::now()).unwrap(), 1);
        let mut expected: Vec<_> = stays.map(str::to_owned).into();
        expected.sort();
        assert_eq!(left(&dir), expected);
    }

    #[test]
    fn live_and_foreign_files_stay() {
        let foreign = ["x.0930.part", "x.930", "y.0930", "x.0930.gz", "x.0930.bak"];
        let (dir, names, now) = scene(&["x.0930", "x.0940"], &foreign);
        let retention = Retention { time: None, size: Some(0) };
        assert_eq!(retention.apply(&names, now).unwrap(), 2);
        let mut expected: Vec<_> = foreign.map(str::to_owned).into();
        expected.sort();
        assert_eq!(left(&dir), expected);
    }
}
