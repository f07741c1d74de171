//! The names of the files of an output, and which files are its own.
//!
//! ```text
//! the path as configured        live, while rotation is on                 complete
//! /d/x.json                     /d/x.json.20261122T150500Z.part            …Z
//! /d/x.%H%M.json                /d/x.1505.json.part                        /d/x.1505.json
//! the second of that name       /d/x.1505.json.1.part                      /d/x.1505.json.1
//! with compress=zstd            /d/x.1505.json.1.zst.part                  /d/x.1505.json.1.zst
//! ```
//! A file under its final name is complete.

use std::fs::{self, Metadata};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::Timestamp;

use crate::output::frames::{TopicNames, View};
use crate::output::transport::path::{NOBODY, Names, Part, PathTemplate, UNKNOWN, is_of_topic};

/// The end of the name of a file that is not complete.
const PART: &str = ".part";
/// The time in a name whose template has none.
const TIME: &str = ".%Y%m%dT%H%M%SZ";
/// The same in parts.
static TIME_PARTS: LazyLock<PathTemplate> =
    LazyLock::new(|| PathTemplate::parse(TIME).unwrap_or_else(|_| PathTemplate::default()));

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct FileNames {
    template: PathTemplate,
    /// `.gz`, `.zst` or nothing.
    suffix: &'static str,
    stream: usize,
    topics: TopicNames,
}

/// A file that this output has written, now or before.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) meta: Metadata,
    pub(super) is_part: bool,
}

impl FileNames {
    pub(super) fn new(template: PathTemplate, suffix: &'static str, stream: usize) -> Self {
        let topics = TopicNames::default();
        Self { template: template.without_end(suffix), suffix, stream, topics }
    }

    /// Which topics there may be.
    pub(super) fn set_topics(&mut self, topics: &TopicNames) {
        self.topics = topics.clone();
    }

    /// The path as configured.
    pub(super) fn template(&self) -> &PathTemplate {
        &self.template
    }

    /// The path typed as `target` with what is added to it.
    pub(super) fn typed(&self, target: &str, rotates: bool) -> String {
        let target = target.strip_suffix(self.suffix).unwrap_or(target);
        let time = if rotates && !self.template.has_time() { TIME } else { "" };
        format!("{target}{time}{}", self.suffix)
    }

    /// What files have in common that follow each other.
    pub(super) fn series(&self, names: Names, topic: &str) -> String {
        self.template.expand_at(names, topic, None)
    }

    /// The name of a file that is appended to for good.
    pub(super) fn plain(&self, names: Names, topic: &str, at: Timestamp) -> PathBuf {
        PathBuf::from(self.template.expand_at(names, topic, Some(at)) + self.suffix)
    }

    /// The name of the `serial`-th complete file, from 0, that begins at a time.
    pub(super) fn complete(
        &self,
        names: Names,
        topic: &str,
        begins: Timestamp,
        serial: u64,
    ) -> PathBuf {
        let mut name = self.template.expand_at(names, topic, Some(begins));
        if !self.template.has_time() {
            name.push_str(&begins.strftime(TIME).to_string());
        }
        if serial > 0 {
            name.push_str(&format!(".{serial}"));
        }
        PathBuf::from(name + self.suffix)
    }

    /// The name of a complete file with another number.
    pub(super) fn numbered(&self, complete: &Path, serial: u64) -> PathBuf {
        let name = complete.to_string_lossy();
        let name = name.strip_suffix(self.suffix).unwrap_or(&name);
        let without = name.rsplit_once('.').map(|(head, _)| head);
        let without = without.filter(|head| self.is_complete(&format!("{head}{}", self.suffix)));
        PathBuf::from(format!("{}.{serial}{}", without.unwrap_or(name), self.suffix))
    }

    /// The name of a file until it is complete.
    pub(super) fn part(complete: &Path) -> PathBuf {
        let mut name = complete.as_os_str().to_owned();
        name.push(PART);
        PathBuf::from(name)
    }

    /// The name that a part is to have.
    pub(super) fn of_part(part: &Path) -> Option<PathBuf> {
        part.to_str()?.strip_suffix(PART).map(PathBuf::from)
    }

    /// Every regular file that has a name which rotation gives to files of this output.
    pub(super) fn own(&self) -> io::Result<Vec<Found>> {
        let first = match self.template.parts().first() {
            Some(Part::Text(text)) => text.as_str(),
            _ => "",
        };
        let root = first.rfind('/').map_or("", |at| &first[..=at]);
        let slashes = |part: &Part| match part {
            Part::Text(text) => text.matches('/').count(),
            _ => 0,
        };
        let all: usize = self.template.parts().iter().map(slashes).sum();
        let mut found = Vec::new();
        self.walk(root, all - root.matches('/').count(), &mut found)?;
        Ok(found)
    }

    /// Looks through `directory`, which ends with a slash or is empty, and `deeper` levels below:
    /// only where the template leads, for other directories may be anybody's.
    fn walk(&self, directory: &str, deeper: usize, found: &mut Vec<Found>) -> io::Result<()> {
        let entries = match fs::read_dir(if directory.is_empty() { "." } else { directory }) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries
                .map_err(|e| io::Error::new(e.kind(), format!("directory '{directory}': {e}")))?,
        };
        for entry in entries {
            let entry = entry?;
            let Some(path) = entry.file_name().to_str().map(|name| format!("{directory}{name}"))
            else {
                continue;
            };
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                let below = format!("{path}/");
                if deeper > 0 && self.leads_to(&below) {
                    self.walk(&below, deeper - 1, found)?;
                }
                continue;
            }
            let (complete, is_part) =
                path.strip_suffix(PART).map_or((path.as_str(), false), |name| (name, true));
            if !kind.is_file() || !self.is_complete(complete) {
                continue;
            }
            // It may have gone meanwhile.
            if let Ok(meta) = entry.metadata() {
                found.push(Found { path: PathBuf::from(path), meta, is_part });
            }
        }
        Ok(())
    }

    /// Whether rotation gives this name to complete files of this output.
    fn is_complete(&self, path: &str) -> bool {
        self.fits(self.template.parts(), path, false)
    }

    /// Whether such names may begin with this directory, which ends with a slash.
    fn leads_to(&self, directory: &str) -> bool {
        self.fits(self.template.parts(), directory, true)
    }

    /// Whether `text` is what `parts` and the end of a name make, or, of a directory, how that
    /// begins.
    fn fits(&self, parts: &[Part], text: &str, is_directory: bool) -> bool {
        if is_directory && text.is_empty() {
            return true;
        }
        let Some((part, rest)) = parts.split_first() else {
            return !is_directory && self.fits_end(text);
        };
        let after = |len| text.get(len..).is_some_and(|tail| self.fits(rest, tail, is_directory));
        match part {
            Part::Text(literal) if is_directory && literal.starts_with(text) => true,
            Part::Text(literal) => text.starts_with(literal.as_str()) && after(literal.len()),
            Part::Writer => {
                let number = self.stream.to_string();
                text.starts_with(&number) && after(number.len())
            }
            Part::Session => is_hex(text.get(..16).unwrap_or_default()) && after(16),
            Part::Time(unit) => {
                let len = if *unit == 'Y' { 4 } else { 2 };
                text.get(..len).is_some_and(|digits| is_time(*unit, digits)) && after(len)
            }
            Part::Router | Part::Peer | Part::View | Part::Topic => {
                let limit = text.find('/').unwrap_or(text.len());
                let mut ends = (1..=limit).rev();
                ends.any(|end| {
                    text.get(..end).is_some_and(|name| self.is_name(part, name)) && after(end)
                })
            }
        }
    }

    /// What follows the template: the time if that has none, a number or none, the suffix.
    fn fits_end(&self, mut text: &str) -> bool {
        if !self.template.has_time() {
            for part in TIME_PARTS.parts() {
                let len = match part {
                    Part::Text(literal) if text.starts_with(literal.as_str()) => literal.len(),
                    Part::Time('Y') => 4,
                    Part::Time(_) => 2,
                    _ => return false,
                };
                let Some((head, tail)) = text.split_at_checked(len) else { return false };
                if let Part::Time(unit) = part
                    && !is_time(*unit, head)
                {
                    return false;
                }
                text = tail;
            }
        }
        let Some(serial) = text.strip_suffix(self.suffix) else { return false };
        let number = serial.strip_prefix('.').unwrap_or("0");
        let is_number = number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty();
        serial.is_empty() || is_number && !number.starts_with('0')
    }

    /// Whether a part can be filled in with this name.
    fn is_name(&self, part: &Part, name: &str) -> bool {
        match part {
            Part::Router => name == UNKNOWN || is_own_text::<IpAddr>(name),
            Part::Peer => match name.split_once('@') {
                Some((address, rd)) => is_own_text::<IpAddr>(address) && is_distinguisher(rd),
                None => name == NOBODY || is_own_text::<IpAddr>(name),
            },
            Part::View => name == NOBODY || View::ALL.iter().any(|view| view.name() == name),
            _ => name == NOBODY || name.chars().all(is_of_topic) && self.topics.have(name),
        }
    }
}

/// Whether this is how a value is written.
fn is_own_text<T: FromStr + ToString>(text: &str) -> bool {
    text.parse().is_ok_and(|value: T| value.to_string() == text)
}

/// Whether this is how a session is written, or the octets of something.
fn is_hex(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether this is how the distinguisher of a peer is written: all octets of unknown types.
fn is_distinguisher(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let (Some(kind), Some(administrator), Some(number)) =
        (parts.next(), parts.next(), parts.next())
    else {
        return is_hex(text) && u16::from_str_radix(&text[..4], 16).is_ok_and(|kind| kind > 2);
    };
    match kind {
        "0" => is_own_text::<u16>(administrator) && is_own_text::<u32>(number),
        "1" => is_own_text::<Ipv4Addr>(administrator) && is_own_text::<u16>(number),
        "2" => is_own_text::<u32>(administrator) && is_own_text::<u16>(number),
        _ => false,
    }
}

/// Whether a part of a time can have these digits.
fn is_time(unit: char, digits: &str) -> bool {
    let range = match unit {
        'Y' => 0..=9999,
        'm' => 1..=12,
        'd' => 1..=31,
        'H' => 0..=23,
        _ => 0..=59,
    };
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit());
    is_plain && digits.parse().is_ok_and(|number: u16| range.contains(&number))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::output::frames::About;
    use crate::output::transport::testing::Scratch;
    use crate::record::SessionId;

    fn names(template: &str, suffix: &'static str) -> FileNames {
        FileNames::new(PathTemplate::parse(template).unwrap(), suffix, 3)
    }

    fn at() -> Timestamp {
        "2026-11-22T15:05:00Z".parse().unwrap()
    }

    #[test]
    fn names_are_those_of_the_table() {
        let of = |template, suffix, serial| {
            let path = names(template, suffix).complete(Names::default(), "", at(), serial);
            path.to_str().unwrap().to_owned()
        };
        assert_eq!(of("/d/x.json", "", 0), "/d/x.json.20261122T150500Z");
        assert_eq!(of("/d/x.json", ".gz", 2), "/d/x.json.20261122T150500Z.2.gz");
        assert_eq!(of("/d/x.%H%M.json", "", 0), "/d/x.1505.json");
        assert_eq!(of("/d/x.%H%M.json.zst", ".zst", 1), "/d/x.1505.json.1.zst");
        let plain = names("/d/x.%H.zst", ".zst").plain(Names::default(), "", at());
        assert_eq!(plain, Path::new("/d/x.15.zst"));
        let part = FileNames::part(&plain);
        assert_eq!(part, Path::new("/d/x.15.zst.part"));
        assert_eq!(FileNames::of_part(&part), Some(plain.clone()));
        assert_eq!(FileNames::of_part(&plain), None);
        let own = names("x.%H", ".gz");
        for taken in ["x.15.gz", "x.15.7.gz"] {
            assert_eq!(own.numbered(Path::new(taken), 2), Path::new("x.15.2.gz"));
        }
    }

    #[test]
    fn what_a_name_is_made_of_is_seen_in_it_and_nothing_else() {
        let peer = Some("2001:db8::7".parse().unwrap());
        let distinguisher = Some(crate::wire::RouteDistinguisher([0, 0, 1, 2, 0, 0, 0, 9]));
        let about = About { peer, distinguisher, view: Some(View::LocRib) };
        let router = Some("192.0.2.1".parse().unwrap());
        let filled = Names { stream: 3, session: SessionId(0xabc), router, about };
        let templates = [
            "/d/x",
            "x.%Y%m%dT%H%M%S.json",
            "/d/{writer}-{session}.bmp",
            "/d/{router}/%Y/%m/{peer}.{view}.{topic}.gz",
            "{topic}",
        ];
        for template in templates {
            for suffix in ["", ".gz", ".zst"] {
                let mut own = names(template, suffix);
                own.set_topics(&TopicNames::new(["a.b".into(), "openbmp.*".into()]));
                for (filled, topic) in
                    [(filled, "openbmp.bmp_raw"), (Names { stream: 3, ..Names::default() }, "")]
                {
                    for serial in [0, 1, 10, 1234] {
                        let path = own.complete(filled, topic, at(), serial);
                        let path = path.to_str().unwrap();
                        assert!(own.is_complete(path), "{path}");
                        assert!(!own.is_complete(&format!("{path}.part")), "{path}");
                        assert!(!own.is_complete(&format!("{path}.bak")), "{path}");
                        assert!(!own.is_complete(&format!("{path}/x")), "{path}");
                        let is_literal = !template.starts_with('{');
                        assert!(!is_literal || !own.is_complete(&format!("a{path}")), "{path}");
                    }
                }
            }
        }
        let own = names("/d/x.{writer}", "");
        for foreign in [
            "/d/x.3",
            "/d/x.4.20261122T150500Z",
            "/d/x.3.20261122T150500Z.0",
            "/d/x.3.20261122T150500Z.01",
            "/d/x.3.20261122T150500Z.",
            "/d/x.3.20261122T150500Z.gz",
            "/d/x.3.2026-11-22",
            "/d/x.3.20261122T150500",
            "/d/x.3.20261122T15050éZ",
        ] {
            assert!(!own.is_complete(foreign), "{foreign}");
        }
        let is_complete = |template, name: &str| {
            let mut own = names(template, "");
            own.set_topics(&TopicNames::new(["openbmp.parsed.*".into()]));
            own.is_complete(&format!("/d/{name}.20261122T150500Z"))
        };
        for (template, name, is_own) in [
            ("/d/{topic}", "openbmp.parsed.router", true),
            ("/d/{topic}", "-", true),
            ("/d/{topic}", "x.json", false),
            ("/d/{topic}", "openbmp.bmp_raw", false),
            ("/d/{peer}", "192.0.2.1@0:65000:7", true),
            ("/d/{peer}", "192.0.2.1@1:192.0.2.7:7", true),
            ("/d/{peer}", "192.0.2.1@ffff000000000007", true),
            ("/d/{peer}", "192.0.2.1@0000000000000007", false),
            ("/d/{peer}", "192.0.2.1@home", false),
            ("/d/{peer}", "192.0.2.1@0:65536:7", false),
            ("/d/{router}", "2001:db8::1", true),
            ("/d/{router}", "2001:DB8::1", false),
            ("/d/{router}", "2001:db8:0::1", false),
            ("/d/{session}", "00000000000000ab", true),
            ("/d/{session}", "00000000000000AB", false),
        ] {
            assert_eq!(is_complete(template, name), is_own, "{template} {name}");
        }
        for (template, name, is_own) in [
            ("/d/x", "x.20261122T150500Z", true),
            ("/d/x", "x.20261322T150500Z", false),
            ("/d/x", "x.20261122T240500Z", false),
            ("/d/x.%H%M", "x.2359", true),
            ("/d/x.%H%M", "x.2360", false),
            ("/d/x.%Y-%m-%d", "x.2026-00-01", false),
        ] {
            assert_eq!(names(template, "").is_complete(&format!("/d/{name}")), is_own, "{name}");
        }
        assert!(!names("/d/{view}", "").is_complete("/d/loc-rob.20261122T150500Z"));
        assert!(!names("/d/{router}", "").is_complete("/d/a.20261122T150500Z"));
    }

    #[test]
    fn only_directories_to_which_the_template_leads_are_looked_into() {
        let own = names("/d/{router}/%Y-%m/a.{writer}/b/{view}.x", "");
        for directory in [
            "/d/",
            "/d/10.0.0.1/",
            "/d/2001:db8::1/2026-11/",
            "/d/unknown/2026-11/a.3/",
            "/d/unknown/2026-11/a.3/b/",
        ] {
            assert!(own.leads_to(directory), "{directory}");
        }
        for directory in [
            "/d/private/",
            "/d/10.0.0.1/2026/",
            "/d/10.0.0.1/2026-11/a.4/",
            "/d/10.0.0.1/2026-11/a.3/c/",
            "/d/10.0.0.1/2026-11/a.3/b/c/",
            "/d/10.0.0.1/2026-11/a.3/b/loc-rib/",
        ] {
            assert!(!own.leads_to(directory), "{directory}");
        }
    }

    #[test]
    fn own_files_are_found_in_every_directory_that_the_template_names() {
        let dir = Scratch::new();
        let own = names(&dir.file("{router}/%Y/x"), "");
        let make = |path: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "1").unwrap();
        };
        for path in ["10.0.0.1/2026/x", "10.0.0.1/2026/x.1.part", "10.0.0.2/2027/x.7"] {
            make(path);
        }
        for path in
            ["x", "10.0.0.1/x", "a/2026/x", "10.0.0.1/2026/x.part.part", "10.0.0.1/2026/x/y/x"]
        {
            let _ = fs::create_dir_all(dir.path().join(path).parent().unwrap());
            let _ = fs::write(dir.path().join(path), "1");
        }
        std::os::unix::fs::symlink("x", dir.path().join("10.0.0.1/2026/x.2")).unwrap();
        let mut found: Vec<_> = own.own().unwrap();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let seen: Vec<_> = found
            .iter()
            .map(|f| (f.path.strip_prefix(dir.path()).unwrap().to_str().unwrap(), f.is_part))
            .collect();
        let wanted = [
            ("10.0.0.1/2026/x", false),
            ("10.0.0.1/2026/x.1.part", true),
            ("10.0.0.2/2027/x.7", false),
        ];
        assert_eq!(seen, wanted);
        assert!(names("/nonexistent/x", "").own().unwrap().is_empty());
    }
}
