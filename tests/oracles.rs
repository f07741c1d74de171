//! Other programs read the same bytes: what they say must be what we say, but for the differences
//! that `oracles/differences.txt` lists. Where an oracle is not installed its test is skipped and
//! says so; `scripts/oracles.sh` installs them.
//!
//! Every message that is compared is also written back to the same octets by the types that read
//! it, so that others have read what our encoders write.

mod bgpkit;
mod compare;
mod examples;
mod facts;
mod json;
mod names;
mod netgauze;
mod os_ken;
mod tshark;

use std::path::{Path, PathBuf};

use crate::util::{files, read, shared};
use crate::vectors;
use compare::Comparison;

/// Who says what, in `differences.txt`: one name for each test, which meets every row of it.
const ORACLES: &[&str] = &[
    "netgauze-json",
    "netgauze",
    "netgauze-vectors",
    "tshark",
    "tshark-vectors",
    "os-ken",
    "os-ken-writes",
    "bgpkit",
    "bgpkit-vectors",
];

/// Says that `test` is skipped because of what is not there.
fn skipped(test: &str, why: &str) {
    crate::util::skipped(test, format!("{why}; scripts/oracles.sh installs it"));
}

/// Facts that NetGauze does not state.
const NETGAUZE_SILENT: &[&str] = &["25/70 esi.*"];

/// Facts that its JSON of what it has recorded does not have.
const NETGAUZE_JSON_SILENT: &[&str] = &[];

const NETGAUZE_FAMILIES: &[&str] = &[
    "1/1", "1/2", "1/4", "1/128", "1/132", "2/1", "2/2", "2/4", "2/128", "25/70", "16388/71",
    "16388/72",
];

#[test]
fn netgauze_has_said_the_same_of_its_recordings() {
    let Some(shared) = shared("netgauze_has_said_the_same_of_its_recordings") else { return };
    let mut comparison = Comparison::with("netgauze-json", NETGAUZE_JSON_SILENT, NETGAUZE_FAMILIES);
    for path in files(&shared.join("data/captures"), "-bmp.json") {
        let name = compare::name(&path);
        let stem = path.file_name().unwrap().to_string_lossy().replace("-bmp.json", ".");
        let streams: Vec<Vec<u8>> = files(path.parent().unwrap(), ".bmp")
            .iter()
            .filter(|p| p.file_name().unwrap().to_string_lossy().starts_with(&stem))
            .map(|p| read(p))
            .collect();
        // Streams of one recording are interleaved: each line is of the stream whose next message
        // has most in common with it.
        let mut heads: Vec<_> = streams
            .iter()
            .map(|s| facts::messages(s).into_iter().zip(facts::read(s)).peekable())
            .collect();
        for (at, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            let theirs = netgauze::facts(line);
            let alike = |ours: &facts::Facts| match &theirs {
                Ok(theirs) => ours.0.iter().filter(|fact| theirs.0.contains(fact)).count(),
                Err(_) => 0,
            };
            let next = heads.iter_mut().filter_map(|head| {
                let common = alike(&head.peek()?.1);
                Some((common, head))
            });
            let (_, head) = next.max_by_key(|(common, _)| *common).expect("as many messages");
            let (octets, ours) = head.next().unwrap();
            comparison.message(&name, at, octets, &ours, &theirs);
        }
        assert!(heads.iter_mut().all(|head| head.next().is_none()), "{name}: more messages");
    }
    comparison.finish(20_000);
}

#[test]
fn netgauze_says_the_same_of_more_recordings() {
    let Some(shared) = shared("netgauze_says_the_same_of_more_recordings") else { return };
    let mut comparison = Comparison::with("netgauze", NETGAUZE_SILENT, NETGAUZE_FAMILIES);
    // Its JSON of what is in lab/ is not known here to its last member.
    for (name, octets) in recordings(&shared, &[3, 4]) {
        if !name.starts_with("lab/") {
            let ours = facts::read(&octets).into_iter();
            comparison.recording(&name, &octets, ours, netgauze::read(&octets));
        }
    }
    let with_ids = examples::with_path_ids(NETGAUZE_FAMILIES);
    for (name, octets) in examples::of(NETGAUZE_FAMILIES).into_iter().chain(with_ids) {
        let ours = facts::read(&octets).into_iter();
        comparison.recording(&name, &octets, ours, netgauze::read(&octets));
    }
    comparison.finish(20_000);
}

/// Facts that NetGauze does not state of vectors: of a family that it does not know it gives the
/// octets from the next hop on.
const NETGAUZE_VECTORS_SILENT: &[&str] = &["next hop*", "25/70 esi.*"];

#[test]
fn netgauze_says_the_same_of_vectors() {
    let Some(shared) = shared("netgauze_says_the_same_of_vectors") else { return };
    let oracle = "netgauze-vectors";
    let mut comparison = Comparison::with(oracle, NETGAUZE_VECTORS_SILENT, NETGAUZE_FAMILIES);
    // Of BMP it is asked above; and it does not go by the OPENs of those with 2-octet AS numbers.
    let files = vectors::valid_streams(&shared).into_iter();
    let of_updates = |name: &str| name.ends_with(".bgp") && !name.starts_with("rbieniek");
    for (name, octets) in files.filter(|(name, _)| of_updates(name)) {
        let ours = facts::read(&octets).into_iter();
        let theirs = netgauze::read(&octets);
        comparison.recording(&name, &octets, ours, theirs);
    }
    comparison.finish(5_000);
}

/// Facts that tshark does not state: see [`tshark`]. Of attributes and families that it decodes it
/// says all.
const TSHARK_SILENT: &[&str] = &[
    "TLV",
    "FSM event",
    "extended_communities",
    "prefix_sid",
    "octets of attribute *",
    "!octets of attribute 6",
    "!octets of attribute 7",
    "!octets of attribute 9",
    "!octets of attribute 10",
    "!octets of attribute 18",
    "!octets of attribute 40",
    // Next hops of families of which it knows none.
    "next hop address",
    "1/5 route_key*",
    "* rule",
    "25/70 vni*",
];

/// IPv6 VPN is not among them: it prints the format of a line instead of the line.
const TSHARK_FAMILIES: &[&str] = &[
    "1/1", "1/2", "1/4", "1/5", "1/73", "1/128", "1/132", "1/133", "1/134", "2/1", "2/2", "2/4",
    "2/5", "2/73", "2/133", "2/134", "25/65", "25/70", "16388/71",
];

/// What tshark prints less of: route distinguishers have no type, labels that stand for a
/// withdrawal no number, and of a next hop that is no address there is nothing.
fn as_tshark_would(mut ours: facts::Facts) -> facts::Facts {
    ours.0.retain(|(name, value)| name != "next hop address" || value != "unknown");
    for (name, value) in &mut ours.0 {
        if name.starts_with("withdrawn") {
            *value = value.replace("label 524288 ", "").replace("label 0 ", "");
        }
        if name.ends_with("1/132 route_target") {
            *value = value.replace("L:", ":");
        }
        if let (true, Some(at)) = (name.contains("/128"), value.find("rd ")) {
            let end = value[at..].find(':').map_or(at, |colon| at + colon + 1);
            value.replace_range(at + 3..end, "");
        }
    }
    ours
}

/// How many messages of a long recording are asked about.
const MESSAGES: usize = 250;

/// Names of the recordings of these BMP versions and the first messages of each. tshark 4.0 and
/// os-ken know nothing of version 4.
fn recordings(shared: &Path, versions: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut paths = files(&shared.join("data/captures"), ".bmp");
    paths.extend(files(&shared.join("data/lab"), ".bmp.gz"));
    paths.extend(files(&shared.join("data/streams"), ".bmp.gz"));
    let first = |path: &PathBuf| {
        let octets = read(path);
        let some = facts::messages(&octets).into_iter().take(MESSAGES);
        (compare::name(path), some.collect::<Vec<_>>().concat())
    };
    paths.iter().map(first).filter(|(_, octets)| versions.contains(&octets[0])).collect()
}

#[test]
fn tshark_says_the_same_of_recordings() {
    let test = "tshark_says_the_same_of_recordings";
    let Some(shared) = shared(test) else { return };
    if !tshark::is_there(test) {
        return;
    }
    let mut comparison = Comparison::with("tshark", TSHARK_SILENT, TSHARK_FAMILIES);
    let mut recordings = recordings(&shared, &[3]);
    recordings.extend(examples::all());
    let messages: Vec<_> = recordings.iter().map(|(_, octets)| facts::messages(octets)).collect();
    for ((name, octets), theirs) in recordings.iter().zip(tshark::read(&messages)) {
        let ours = facts::read(octets).into_iter().map(as_tshark_would);
        comparison.recording(name, octets, ours, theirs);
    }
    comparison.finish(50_000);
}

#[test]
fn tshark_says_the_same_of_vectors() {
    let test = "tshark_says_the_same_of_vectors";
    let Some(shared) = shared(test) else { return };
    if !tshark::is_there(test) {
        return;
    }
    let mut comparison = Comparison::with("tshark-vectors", TSHARK_SILENT, TSHARK_FAMILIES);
    let files = vectors::valid_streams(&shared);
    let messages: Vec<_> = files.iter().map(|(_, octets)| facts::messages(octets)).collect();
    for ((name, octets), theirs) in files.iter().zip(tshark::read(&messages)) {
        let ours = facts::read(octets).into_iter().map(as_tshark_would);
        comparison.recording(name, octets, ours, theirs);
    }
    comparison.finish(5_000);
}

/// Facts that os-ken does not state: see [`os_ken`].
const OS_KEN_SILENT: &[&str] = &[
    "TLV",
    "aigp",
    "large_communities",
    "prefix_sid",
    "extended_communities",
    "extended community",
    "* rule",
];

const OS_KEN_FAMILIES: &[&str] = &[
    "1/1", "1/4", "1/128", "1/133", "1/134", "2/1", "2/4", "2/128", "2/133", "2/134", "25/70",
    "25/134",
];

/// What os-ken says less of: it has no A flag, and sets without an order.
fn as_os_ken_would(mut ours: facts::Facts) -> facts::Facts {
    for (name, value) in &mut ours.0 {
        match name.as_str() {
            "peer flags" => {
                let flags = u8::from_str_radix(value, 16).unwrap() & !0x20;
                *value = format!("{flags:02x}");
            }
            "as_path" | "as4_path" => *value = facts::sorted_sets(value),
            _ => {}
        }
    }
    ours
}

#[test]
fn os_ken_says_the_same_of_recordings() {
    let test = "os_ken_says_the_same_of_recordings";
    let Some((shared, python)) = shared(test).zip(os_ken::python(test)) else { return };
    let mut comparison = Comparison::with("os-ken", OS_KEN_SILENT, OS_KEN_FAMILIES);
    let mut recordings = recordings(&shared, &[3]);
    recordings.extend(examples::of(OS_KEN_FAMILIES));
    let messages: Vec<_> = recordings.iter().flat_map(|(_, o)| facts::messages(o)).collect();
    let mut theirs = os_ken::read(&python, &messages).into_iter();
    for (name, octets) in &recordings {
        let ours = facts::read(octets).into_iter().map(as_os_ken_would);
        let mut theirs: Vec<_> = theirs.by_ref().take(ours.len()).collect();
        for (name, value) in theirs.iter_mut().flatten().flat_map(|facts| &mut facts.0) {
            if name.ends_with("_path") {
                *value = facts::sorted_sets(value);
            }
        }
        comparison.recording(name, octets, ours, theirs);
    }
    comparison.finish(50_000);
}

/// Facts that it does not state of what it writes.
const OS_KEN_WRITES_SILENT: &[&str] = &["extended_communities", "extended community", "* rule"];

#[test]
fn what_os_ken_writes_is_read() {
    let test = "what_os_ken_writes_is_read";
    let Some(python) = os_ken::python(test) else { return };
    let mut comparison = Comparison::with("os-ken-writes", OS_KEN_WRITES_SILENT, OS_KEN_FAMILIES);
    for (at, (octets, theirs)) in os_ken::written(&python).into_iter().enumerate() {
        let [ours] = <[facts::Facts; 1]>::try_from(facts::read(&octets)).unwrap();
        comparison.message("written", at, &octets, &ours, &Ok(theirs));
    }
    comparison.finish(20_000);
}

/// Facts that bgpkit-parser does not state: see [`bgpkit`]. Of a family that it does not know, or
/// whose next hop or routes it cannot read, it keeps the octets.
const BGPKIT_SILENT: &[&str] = &[
    "MP_REACH_NLRI",
    "MP_UNREACH_NLRI",
    "next hop*",
    "extended_communities",
    "prefix_sid",
    "octets of attribute 29",
    "1/133 rule",
];

const BGPKIT_FAMILIES: &[&str] = &["1/1", "1/2", "1/4", "1/133", "2/1", "2/2", "2/4"];

#[test]
fn bgpkit_says_the_same_of_recordings() {
    let Some(shared) = shared("bgpkit_says_the_same_of_recordings") else { return };
    let mut comparison = Comparison::with("bgpkit", BGPKIT_SILENT, BGPKIT_FAMILIES);
    let mut recordings = recordings(&shared, &[3]);
    recordings.extend(examples::all());
    recordings.extend(examples::with_path_ids(&["1/1", "1/2", "2/1", "2/2"]));
    for (name, octets) in &recordings {
        let ours = facts::read(octets).into_iter().map(bgpkit::as_it_would);
        comparison.recording(name, octets, ours, bgpkit::read(octets));
    }
    comparison.finish(150_000);
}

#[test]
fn bgpkit_says_the_same_of_vectors() {
    let Some(shared) = shared("bgpkit_says_the_same_of_vectors") else { return };
    let mut comparison = Comparison::with("bgpkit-vectors", BGPKIT_SILENT, BGPKIT_FAMILIES);
    for (name, octets) in &vectors::valid_streams(&shared) {
        let ours = facts::read(octets).into_iter().map(bgpkit::as_it_would);
        comparison.recording(name, octets, ours, bgpkit::read(octets));
    }
    comparison.finish(20_000);
}
