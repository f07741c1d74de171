//! `mrt` and `bgpdump`: what libbgpdump's bgpdump and bgpkit-parser read in our MRT of every
//! recording is what our lines and our JSON say, but for the differences that
//! `mrt/differences.txt` lists; and what is read back from it is what it was made of.

mod bgpkit;
mod routes;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::util::{TempDir, decode, files, line, lines, read, shared, skipped, whole};
use routes::{of_json, of_line};

/// Octets that are read of the largest recordings, which all are in `streams/` and whose later
/// messages are like the earlier ones. `RIBCAGE_WHOLE` reads them all.
const OCTETS_MAX: usize = 300_000;

/// Every recording that is BMP, with its name.
fn recordings(shared: &Path) -> Vec<(String, PathBuf)> {
    let data = shared.join("data");
    let mut all = Vec::new();
    for (folder, ending) in [
        ("captures", ".bmp"),
        ("lab", ".bmp.gz"),
        ("streams", ".bmp.gz"),
        ("openbmp/golden/streams", ".bmp"),
        ("pmacct", ".bin"),
    ] {
        for path in files(&data.join(folder), ending) {
            let name = path.strip_prefix(&data).unwrap().to_string_lossy().into_owned();
            // BGP and IPFIX are in that folder, too.
            if !name.starts_with("pmacct/3") && !name.starts_with("pmacct/5") {
                all.push((name, path));
            }
        }
    }
    all
}

/// What is made of a recording.
struct Made {
    dir: TempDir,
    mrt: PathBuf,
    lines: String,
    json: String,
}

/// Decodes a recording once into all that is compared.
fn made(path: &Path, options: &str) -> Made {
    let dir = TempDir::new("mrt");
    let mut octets = read(path);
    let is_large = path.parent().is_some_and(|folder| folder.ends_with("streams"));
    if is_large && !whole() {
        octets.truncate(OCTETS_MAX);
    }
    let file = dir.file("recording", &octets);
    let output = |format: &str, name: &str, options: &str| {
        OsString::from(format!("{format}=file:{}?{options}", dir.path().join(name).display()))
    };
    let args = [
        OsString::from("-o"),
        output("mrt", "mrt", options),
        "-o".into(),
        output("bgpdump", "lines", options),
        "-o".into(),
        output("pmacct-json", "json", "timestamps_since_epoch=true"),
    ];
    // Some recordings are broken on purpose: what is written of them counts.
    decode(&args, &file);
    let text = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    Made { mrt: dir.path().join("mrt"), lines: text("lines"), json: text("json"), dir }
}

/// The differences of `differences.txt`, and those that were found.
struct Differences {
    reader: &'static str,
    found: BTreeMap<String, (usize, usize)>,
}

impl Differences {
    fn of(reader: &'static str) -> Self {
        Self { reader, found: BTreeMap::new() }
    }

    /// Compares what is said of a recording, in whatever order.
    fn compare(&mut self, name: &str, mut ours: Vec<String>, mut theirs: Vec<String>) -> usize {
        let all = ours.len();
        ours.sort_unstable();
        theirs.sort_unstable();
        let (mut left, mut right) = (ours.into_iter().peekable(), theirs.into_iter().peekable());
        let (mut only_ours, mut only_theirs) = (Vec::new(), Vec::new());
        loop {
            match (left.peek(), right.peek()) {
                (None, None) => break,
                (Some(a), Some(b)) if a == b => drop((left.next(), right.next())),
                (Some(a), b) if b.is_none_or(|b| a < b) => only_ours.extend(left.next()),
                _ => only_theirs.extend(right.next()),
            }
        }
        if !(only_ours.is_empty() && only_theirs.is_empty()) {
            if std::env::var_os("RIBCAGE_SHOW").is_some() {
                let show = |side: &str, lines: &[String]| {
                    lines.iter().take(2).for_each(|line| eprintln!("{name}: {side}: {line}"));
                };
                show("ours", &only_ours);
                show("theirs", &only_theirs);
            }
            self.found.insert(name.to_owned(), (only_ours.len(), only_theirs.len()));
        }
        all
    }

    /// The rows that were found, and those that are listed.
    fn rows(self) -> (String, String) {
        let rows = include_str!("mrt/differences.txt").lines();
        let mut listed = BTreeMap::new();
        for row in rows.filter(|row| !row.starts_with('#')) {
            let fields: Vec<_> = row.split(" | ").collect();
            let [reader, name, ours, theirs, _] = fields[..] else { panic!("no row: {row}") };
            if reader == self.reader {
                let counts = (ours.parse().unwrap(), theirs.parse().unwrap());
                listed.insert(name.to_owned(), counts);
            }
        }
        let rows = |all: &BTreeMap<String, (usize, usize)>| {
            let row = |(name, (ours, theirs)): (&String, &(usize, usize))| {
                format!("{} | {name} | {ours} | {theirs}", self.reader)
            };
            all.iter().map(row).collect::<Vec<_>>().join("\n")
        };
        (rows(&self.found), rows(&listed))
    }

    fn finish(self) {
        let (found, listed) = self.rows();
        assert_eq!(found, listed, "found, and listed in mrt/differences.txt");
    }
}

fn has_bgpdump(test: &str) -> bool {
    let found = Command::new("bgpdump").output().is_ok();
    if !found {
        skipped(test, "no bgpdump; scripts/oracles.sh installs it");
    }
    found
}

/// What `bgpdump -m` prints.
fn bgpdump(mrt: &Path) -> String {
    let out = Command::new("bgpdump").arg("-m").arg(mrt).output().expect("bgpdump runs");
    assert!(out.status.success(), "{}: {}", mrt.display(), out.status);
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn bgpdump_prints_our_lines_and_the_routes_of_our_json() {
    let test = "bgpdump_prints_our_lines_and_the_routes_of_our_json";
    let (Some(shared), true) = (shared(test), has_bgpdump(test)) else { return };
    let (mut of_lines, mut of_routes) =
        (Differences::of("bgpdump"), Differences::of("bgpdump-json"));
    let (mut count, mut same_order) = (0, 0);
    for (name, path) in recordings(&shared) {
        let made = made(&path, "view=all&et=on");
        let printed = bgpdump(&made.mrt);
        same_order += usize::from(printed == made.lines);
        // The other memory that bgpdump prints of empty COMMUNITIES may have line feeds in it.
        let is_line = |line: &&str| line.starts_with("BGP4MP");
        let split = |text: &str| text.lines().filter(is_line).map(str::to_owned).collect();
        of_lines.compare(&name, split(&made.lines), split(&printed));
        let ours = made.json.lines().filter_map(of_json).collect();
        count += of_routes.compare(&name, ours, printed.lines().filter_map(of_line).collect());
    }
    let different = of_lines.found.len();
    let rows = [of_lines, of_routes].map(Differences::rows);
    rows.into_iter().for_each(|(found, listed)| assert_eq!(found, listed, "found, and listed"));
    assert_eq!(same_order + different, recordings(&shared).len(), "the order is bgpdump's");
    assert!(count > 30_000, "{count}");
}

#[test]
fn without_microseconds_and_with_the_default_view_the_lines_are_bgpdumps_too() {
    let test = "without_microseconds_and_with_the_default_view_the_lines_are_bgpdumps_too";
    let (Some(shared), true) = (shared(test), has_bgpdump(test)) else { return };
    let mut count = 0;
    for (name, path) in recordings(&shared) {
        if name.starts_with("lab/") || name.starts_with("captures/") {
            let made = made(&path, "et=off");
            assert_eq!(bgpdump(&made.mrt), made.lines, "{name}");
            count += lines(made.lines.as_bytes()).len();
        }
    }
    assert!(count > 5_000, "{count}");
}

#[test]
fn bgpkit_reads_the_routes_of_our_json() {
    let Some(shared) = shared("bgpkit_reads_the_routes_of_our_json") else { return };
    let mut differences = Differences::of("bgpkit");
    let mut count = 0;
    for (name, path) in recordings(&shared) {
        let made = made(&path, "view=all");
        let ours = made.json.lines().filter_map(of_json).collect();
        count += differences.compare(&name, ours, bgpkit::routes(&made.mrt));
    }
    differences.finish();
    assert!(count > 30_000, "{count}");
}

/// Keys of which MRT has no place: what BMP says of the view, of the instance and of the paths, the
/// identifier of peers that are up before the recording begins, the time of arrival, and the
/// router.
const LOST: &[&str] = &[
    "bgp_id",
    "seq",
    "bmp_rib_type",
    "is_filtered",
    "is_post",
    "is_in",
    "is_out",
    "is_loc",
    "peer_rd",
    "timestamp_arrival",
    "bmp_router",
    "bmp_router_port",
];

/// Records of routes as far as MRT can tell them.
fn survivors(json: &str) -> Vec<String> {
    let of_routes = |line: &&str| matches!(line::kind(line), "update" | "withdraw" | "end-of-rib");
    json.lines().filter(of_routes).map(survivor).collect()
}

fn survivor(record: &str) -> String {
    let mut left = line::without(record, LOST);
    // What TLVs of version 4 say stands in front of this key.
    let begin = [", \"bmp_rm_info_", ", \"path_status\""].iter().filter_map(|key| left.find(key));
    let tlvs = begin.min().zip(left.find(", \"event_type\""));
    if let Some((begin, end)) = tlvs {
        left.replace_range(begin..end, "");
    }
    if line::text(record, "rd_origin") == "bmp" {
        left = line::without(&left, &["rd", "rd_origin"]);
    }
    // A route without a time has that of its arrival.
    match line::text(record, "timestamp") {
        "0.000000" => {
            let arrival = line::value(record, "timestamp_arrival").unwrap_or_default();
            left.replace("\"0.000000\"", arrival)
        }
        _ => left,
    }
}

#[test]
fn what_is_read_back_is_what_was_written() {
    let Some(shared) = shared("what_is_read_back_is_what_was_written") else { return };
    let mut differences = Differences::of("ribcage");
    let mut count = 0;
    for (name, path) in recordings(&shared) {
        let made = made(&path, "view=all");
        if std::fs::metadata(&made.mrt).unwrap().len() == 0 {
            assert!(survivors(&made.json).is_empty(), "{name}");
            continue;
        }
        let back = made.dir.path().join("back");
        let output = format!("pmacct-json=file:{}?timestamps_since_epoch=true", back.display());
        let out = decode(&["--input-format", "mrt", "-o", &output], &made.mrt);
        assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        let back = std::fs::read_to_string(&back).unwrap_or_default();
        count += differences.compare(&name, survivors(&made.json), survivors(&back));
    }
    differences.finish();
    assert!(count > 30_000, "{count}");
}

#[test]
fn files_of_intervals_and_views_hold_it_all_together() {
    let test = "files_of_intervals_and_views_hold_it_all_together";
    let (Some(shared), true) = (shared(test), has_bgpdump(test)) else { return };
    let path = shared.join("data/lab/gobgp3.10-all.bmp.gz");
    let made = made(&path, "view=all&et=on");
    for name in ["updates", "{view}"] {
        let dir = TempDir::new("mrt-files");
        let target = dir.path().join(name);
        let options = "view=all&rotate=15m&compress=gzip";
        let output = format!("mrt=file:{}.%Y%m%d.%H%M?{options}", target.display());
        let out = decode(&["-o", &output], &made.dir.path().join("recording"));
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let files = files(dir.path(), ".gz");
        // The clock may have passed the end of an interval.
        let views = if name == "updates" { 1..=2 } else { 3..=6 };
        assert!(views.contains(&files.len()), "{files:?}");
        let printed: String = files.iter().map(|file| bgpdump(file)).collect();
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(sorted(&printed), sorted(&made.lines), "{name}");
    }
}
