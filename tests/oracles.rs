//! Other programs read the same bytes: what they say must be what we say, but for the differences
//! that `oracles/differences.txt` lists. Where an oracle is not installed its test is skipped and
//! says so; `scripts/oracles.sh` installs them.

mod compare;
mod facts;
mod json;
mod netgauze;
mod tshark;

use crate::util::{files, read, shared};
use compare::Comparison;

/// Facts that NetGauze's JSON does not have.
const NETGAUZE_SILENT: &[&str] = &[];

#[test]
fn netgauze_has_said_the_same_of_its_recordings() {
    let Some(shared) = shared("netgauze_has_said_the_same_of_its_recordings") else { return };
    let mut comparison = Comparison::with("netgauze", NETGAUZE_SILENT);
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
            if octets[0] == 4 {
                continue; // BMP version 4 has no types yet
            }
            comparison.message(&name, at, octets, &ours, &theirs);
        }
        assert!(heads.iter_mut().all(|head| head.next().is_none()), "{name}: more messages");
    }
    comparison.finish(20_000);
}

/// Facts that tshark does not state: see [`tshark`].
const TSHARK_SILENT: &[&str] = &[
    "TLV",
    "FSM event",
    "octets of attribute *",
    "announced *",
    "withdrawn *",
    "only_to_customer",
];

/// What tshark prints less of: route distinguishers have no type, and labels that stand for a
/// withdrawal no number.
fn as_tshark_would(mut ours: facts::Facts) -> facts::Facts {
    for (name, value) in &mut ours.0 {
        if name.starts_with("withdrawn") {
            *value = value.replace("label 524288 ", "").replace("label 0 ", "");
        }
        if let (true, Some(at)) = (name.contains("/128"), value.find("rd ")) {
            let end = value[at..].find(':').map_or(at, |colon| at + colon + 1);
            value.replace_range(at + 3..end, "");
        }
    }
    ours
}

/// How many messages of a long recording tshark is asked about.
const TSHARK_MESSAGES: usize = 250;

#[test]
fn tshark_says_the_same_of_recordings() {
    let test = "tshark_says_the_same_of_recordings";
    let Some(shared) = shared(test) else { return };
    if !tshark::is_there(test) {
        return;
    }
    let mut comparison = Comparison::with("tshark", TSHARK_SILENT);
    let mut paths = files(&shared.join("data/captures"), ".bmp");
    paths.extend(files(&shared.join("data/lab"), ".bmp.gz"));
    paths.extend(files(&shared.join("data/streams"), ".bmp.gz"));
    // Of BMP version 4 tshark 4.0 has heard nothing.
    let octets: Vec<_> = paths.iter().map(|path| (compare::name(path), read(path))).collect();
    let octets: Vec<_> = octets.iter().filter(|(_, octets)| octets[0] == 3).collect();
    let some = |whole: Vec<_>| whole.into_iter().take(TSHARK_MESSAGES).collect();
    let recordings: Vec<Vec<&[u8]>> =
        octets.iter().map(|(_, octets)| some(facts::messages(octets))).collect();
    for (at, theirs) in tshark::read(&recordings).iter().enumerate() {
        let messages = &recordings[at];
        let ours = facts::read(&messages.concat());
        assert_eq!(ours.len(), messages.len());
        for (number, (ours, theirs)) in ours.into_iter().zip(theirs).enumerate() {
            let (name, octets) = (&octets[at].0, messages[number]);
            comparison.message(name, number, octets, &as_tshark_would(ours), theirs);
        }
    }
    comparison.finish(50_000);
}
