//! pmacct's output beside ours: the cases, and the comparison that knows pmacct's defects.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::rules::{RULES, Rule};
use super::{diff, files, line, lines};

/// A stream and what pmacct made of it.
pub(crate) struct Case {
    /// The name by which [`RULES`] know it.
    pub(crate) name: String,
    /// Raw BMP, perhaps compressed.
    pub(crate) stream: PathBuf,
    /// The router's address and port in pmacct's output.
    pub(crate) router: String,
    /// pmacct's output.
    pub(crate) golden: PathBuf,
}

/// The newest version of pmacct that there is output of, and the folders of others.
pub(crate) const NEWEST: &str = "1.8.1";

/// Every BMP stream that output of this version of pmacct exists for.
pub(crate) fn cases(shared: &Path, version: &str) -> Vec<Case> {
    let version = if version == NEWEST { "head" } else { version };
    let pmacct = shared.join("data/pmacct");
    let mut cases = Vec::new();
    for name in ["200", "201", "203", "204", "205"] {
        let folder = starting_with(&pmacct, name);
        let stream = match files(&folder.join("streams"), ".bin").as_slice() {
            [stream] => stream.clone(),
            other => panic!("{}: one stream expected, not {other:?}", folder.display()),
        };
        let golden = folder.join("golden").join(version).join("msglog/msglog.json");
        cases.push(Case { name: name.into(), router: router_of(&stream), stream, golden });
    }
    let synthetic = pmacct.join("synthetic");
    for stream in files(&synthetic.join("input"), ".bin") {
        let name = stem(&stream, ".bin");
        let golden = synthetic.join("golden").join(version).join(&name).join("msglog/msglog.json");
        if golden.is_file() {
            cases.push(Case { name, stream, router: "192.0.2.61:40001".into(), golden });
        }
    }
    for stream in files(&shared.join("data/lab"), ".bmp.gz") {
        let name = stem(&stream, ".bmp.gz");
        let golden = stream.with_file_name(format!("{name}.pmacct-{version}.json.gz"));
        if !golden.is_file() {
            continue;
        }
        cases.push(Case { name, stream, router: "192.0.2.9:17900".into(), golden });
    }
    cases
}

fn starting_with(folder: &Path, start: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    let mut names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    let name = names.find(|name| name.starts_with(start)).expect("the case's folder");
    folder.join(name)
}

fn stem(path: &Path, ending: &str) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(ending).to_owned()
}

/// `2001-db8-90--1_20.bin` is `[2001:db8:90::1]:20`.
fn router_of(stream: &Path) -> String {
    let name = stem(stream, ".bin");
    let (address, port) = name.rsplit_once('_').expect("ADDRESS_PORT.bin");
    match address.contains('-') {
        true => format!("[{}]:{port}", address.replace('-', ":")),
        false => format!("{address}:{port}"),
    }
}

/// Values that cannot be the same on both sides; `seq` never is.
#[derive(Default)]
pub(crate) struct Blanks<'a> {
    /// These keys of every record.
    pub(crate) keys: &'a [&'a str],
    /// `timestamp` of log_init and log_close.
    pub(crate) marker_times: bool,
}

impl Blanks<'_> {
    fn apply(&self, record: &str) -> String {
        let mut record = line::blank(record, &["seq"]);
        if !self.keys.is_empty() {
            record = line::blank(&record, self.keys);
        }
        if self.marker_times && line::kind(&record).starts_with("log_") {
            record = line::blank(&record, &["timestamp"]);
        }
        record
    }
}

/// Compares `ours` with pmacct's `golden` output line by line. What only one side has must be known
/// to [`RULES`] under `case`, as often as they say; `of` is the version of pmacct, or the option
/// that is not as ever. Our `seq` must run from 0 without a gap. Tells how many records the rules
/// knew on both sides.
///
/// # Errors
/// What differs beyond the rules.
pub(crate) fn compare(
    case: &str,
    of: &str,
    golden: &[u8],
    ours: &[u8],
    blanks: &Blanks<'_>,
) -> Result<usize, String> {
    let mut faults = String::new();
    for (want, record) in lines(ours).iter().enumerate() {
        if line::value(record, "seq") != Some(want.to_string().as_str()) {
            let _ = writeln!(faults, "seq {want} expected: {record}");
            break;
        }
    }
    let [golden, ours] = [golden, ours]
        .map(|side| lines(side).iter().map(|record| blanks.apply(record)).collect::<Vec<_>>());
    let found = diff::diff(&golden, &ours);
    let rules: Vec<&Rule> =
        RULES.iter().filter(|rule| rule.case == case && rule.of.has(of)).collect();
    let mut sides = [vec![Vec::new(); rules.len()], vec![Vec::new(); rules.len()]];
    let (mut unknown, of_golden) = (0, found.left.iter().map(|i| (0, &golden[*i])));
    for (side, record) in of_golden.chain(found.right.iter().map(|i| (1, &ours[*i]))) {
        let plain = line::plain(record);
        match rules.iter().position(|rule| rule.knows(side, &plain)) {
            Some(rule) => sides[side][rule].push(record.as_str()),
            None => {
                unknown += 1;
                if unknown <= 8 {
                    let who = ["pmacct", "ours"][side];
                    let _ = writeln!(faults, "only in {who}, and no rule knows it: {record}");
                }
            }
        }
    }
    if unknown > 8 {
        let _ = writeln!(faults, "… and {} more", unknown - 8);
    }
    for (index, rule) in rules.iter().enumerate() {
        rule.judge(&sides[0][index], &sides[1][index], &mut faults);
    }
    match faults.is_empty() {
        true => Ok(found.left.len() + found.right.len()),
        false => Err(format!("case {case}, {of}:\n{faults}")),
    }
}

/// The view that the flags of a record name; not all versions have its name.
fn view(record: &str) -> &'static str {
    let has = |flag: &str| record.contains(&format!("\"{flag}\": 1"));
    match (has("is_loc"), has("is_out"), has("is_in"), has("is_post")) {
        (true, ..) => "Loc-Rib",
        (_, true, _, false) => "Adj-Rib-Out Pre-Policy",
        (_, true, _, true) => "Adj-Rib-Out Post-Policy",
        (_, _, true, false) => "Adj-Rib-In Pre-Policy",
        (_, _, true, true) => "Adj-Rib-In Post-Policy",
        _ => "",
    }
}

impl Rule {
    /// Whether a record that only `side` has (0 pmacct, 1 ours) is of this rule.
    fn knows(&self, side: usize, record: &str) -> bool {
        let (count, is) = [self.pmacct, self.ours][side];
        let family = match line::text(record, "afi") {
            "" => String::new(),
            afi => format!("{afi}/{}", line::text(record, "safi")),
        };
        count > 0
            && line::kind(record) == self.kind
            && line::text(record, "peer_ip") == self.peer
            && view(record) == self.view
            && family == self.family
            && is(record)
    }

    fn judge(&self, pmacct: &[&str], ours: &[&str], faults: &mut String) {
        let (counts, want) = ((pmacct.len(), ours.len()), (self.pmacct.0, self.ours.0));
        if counts != want {
            let _ = writeln!(
                faults,
                "{} {} {} {}: {counts:?} records only in pmacct's and ours, {want:?} by the rule: {}",
                self.kind, self.peer, self.view, self.family, self.why
            );
        }
        if self.but.is_empty() {
            return;
        }
        for (p, o) in pmacct.iter().zip(ours) {
            if line::without(p, self.but) != line::without(o, self.but) {
                let _ = writeln!(faults, "more than {:?} differs:\n  {p}\n  {o}", self.but);
                return;
            }
        }
    }
}

#[test]
fn what_no_rule_knows_is_told() {
    let golden = b"{\"seq\": 9, \"event_type\": \"log_init\", \"timestamp\": \"a\"}\n";
    let ours = b"{\"seq\": 0, \"event_type\": \"log_init\", \"timestamp\": \"b\"}\n";
    let loose = Blanks { marker_times: true, ..Blanks::default() };
    assert_eq!(compare("none", NEWEST, golden, ours, &loose), Ok(0));
    let told = compare("none", NEWEST, golden, ours, &Blanks::default()).unwrap_err();
    assert!(told.contains("only in pmacct, and no rule knows it"), "{told}");
    assert!(told.contains("only in ours"), "{told}");
    let gap = compare("none", NEWEST, golden, golden, &loose).unwrap_err();
    assert!(gap.contains("seq 0 expected"), "{gap}");
    let lacking = compare("07-rib", NEWEST, golden, ours, &loose).unwrap_err();
    assert!(lacking.contains("(0, 0) records only in pmacct's and ours, (0, 1)"), "{lacking}");
}
