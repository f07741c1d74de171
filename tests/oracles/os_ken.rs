//! What os-ken says of messages, and messages that it makes, by way of `with_os_ken.py`.
//!
//! os-ken knows the BMP of draft-ietf-grow-bmp-07: of flags V and L, and O; no TLVs in a Peer Up,
//! no Peer Down reason above 4, no Route Mirroring. It guesses the width of AS numbers from each
//! path alone and knows no path identifiers.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::facts::{Facts, hex};
use super::json::{Json, Map, Read};

/// The version whose differences are listed.
const VERSION: &str = "4.2.2";

/// A Python that has this os-ken: `$OS_KEN_PYTHON`, that of `scripts/oracles.sh`, or the usual one.
/// Says that `test` is skipped where none has it.
pub(crate) fn python(test: &str) -> Option<PathBuf> {
    let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/target/oracles/bin/python").into();
    let named = std::env::var_os("OS_KEN_PYTHON").map(PathBuf::from);
    let has = format!(
        "import importlib.metadata as m, os_ken.lib.packet.bmp\nassert m.version('os-ken') == '{VERSION}'"
    );
    for python in named.into_iter().chain([installed, "python3".into()]) {
        let mut command = Command::new(&python);
        command.args(["-c", &has]).stderr(Stdio::null());
        if command.status().is_ok_and(|status| status.success()) {
            return Some(python);
        }
    }
    super::skipped(test, &format!("no os-ken {VERSION}"));
    None
}

/// The facts of each of `messages`.
pub(crate) fn read(python: &PathBuf, messages: &[&[u8]]) -> Vec<Read<Facts>> {
    let lines: String = messages.iter().map(|message| hex(message) + "\n").collect();
    let said = run(python, "read", lines);
    assert_eq!(said.len(), messages.len(), "a line for each message");
    said.into_iter()
        .map(|mut said| match said.maybe("refused") {
            Some(why) => Err(format!("refused: {}", why.text()?)),
            None => facts(said),
        })
        .collect()
}

/// The messages that os-ken makes, with the facts of each.
pub(crate) fn written(python: &PathBuf) -> Vec<(Vec<u8>, Facts)> {
    let octets = |hex: &str| -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    };
    let each = |mut said: Map| (octets(&said.text("hex").unwrap()), facts(said).unwrap());
    run(python, "write", String::new()).into_iter().map(each).collect()
}

fn run(python: &PathBuf, what: &str, input: String) -> Vec<Map> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/with_os_ken.py");
    let mut command = Command::new(python);
    command.args(["-B", script, what]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("Python runs");
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let out = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(out.status.success(), "{}", out.status);
    let lines = std::str::from_utf8(&out.stdout).unwrap().lines();
    lines.map(|line| Json::read(line).and_then(Json::map).unwrap()).collect()
}

fn facts(mut said: Map) -> Read<Facts> {
    let mut facts = Facts::default();
    for fact in said.list("facts")? {
        let [name, value] = <[Json; 2]>::try_from(fact.list()?).map_err(|f| format!("{f:?}"))?;
        facts.say(name.text()?, value.text()?);
    }
    said.done()?;
    Ok(facts)
}
