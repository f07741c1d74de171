//! The manual keeps step with the program: its tables and its examples are true.

use std::fmt::Write as _;
use std::process::Command;

use ribcage::bgp::encode as bgp;
use ribcage::bgp::nlri::{self, Known};
use ribcage::bmp::{PeerType, encode as bmp};
use ribcage::config::keys::KEYS;
use ribcage::config::router::ROUTER_KEYS;
use ribcage::filter::{TERMS, Term};
use ribcage::telemetry::counters::{AcceptorCounters, OutputCounters, ReactorCounters};
use ribcage::telemetry::events::EVENTS;
use ribcage::wire::RouteDistinguisher;

use crate::source::{read, root};
use crate::util;

/// Words joined by spaces, in lines of less than a hundred columns.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        if lines.last().unwrap().len() + word.len() > 84 {
            lines.push(String::new());
        }
        let line = lines.last_mut().unwrap();
        let space = if line.is_empty() { "" } else { " " };
        write!(line, "{space}{word}").unwrap();
    }
    lines.iter().filter(|line| !line.is_empty()).map(|line| format!("    {line}\n")).collect()
}

fn events() -> String {
    let rows = EVENTS.iter().map(|event| {
        let keys = wrapped(&event.keys.join(" "));
        format!("{} {}\n{keys}{}", event.level, event.word, wrapped(event.meaning))
    });
    rows.collect()
}

fn counters() -> String {
    let mut text = String::new();
    for (title, rows) in [
        ("The acceptor", AcceptorCounters::ROWS),
        ("Each reactor", ReactorCounters::ROWS),
        ("Each output stream", OutputCounters::ROWS),
    ] {
        writeln!(text, "{title}:").unwrap();
        for row in rows {
            let (name, kind, unit) = (row.name, row.kind.name(), row.unit);
            write!(text, "  {name} ({kind}, {unit})\n{}", wrapped(row.meaning)).unwrap();
        }
    }
    text
}

/// Examples of routes of a family as records of `log_type`; `attributes` writes those of an UPDATE
/// with the example of an index.
fn records(
    known: &Known,
    (format, log_type): (&str, &str),
    peer: &bmp::PeerHeader,
    attributes: impl Fn(u32, &[u8], &mut Vec<u8>),
) -> Vec<String> {
    let mut stream = Vec::new();
    for index in 0..256 {
        let (mut route, mut all) = (Vec::new(), Vec::new());
        nlri::example(known.family, index, &mut route);
        attributes(index, &route, &mut all);
        bmp::route_monitoring_with(&mut stream, peer, |out| bgp::update(out, &[], &all, &[]));
    }
    let folder = util::TempDir::new("families");
    let written = util::decoded(&["-q", "-F", format], &folder.file("stream", &stream));
    let log_type = format!("\"log_type\": \"{log_type}\"");
    let lines = util::lines(&written).into_iter().filter(|line| line.contains(&log_type));
    let records: Vec<String> = lines.map(str::to_owned).collect();
    assert_eq!(records.len(), 256, "{}: a record for each route", known.name);
    records.iter().for_each(|line| has_each_key_once(line));
    records
}

fn peer() -> bmp::PeerHeader {
    bmp::PeerHeader::new([192, 0, 2, 9].into(), 65001, [192, 0, 2, 9].into())
}

fn withdrawn(known: &Known) -> Vec<String> {
    records(known, ("pmacct-json", "withdraw"), &peer(), |_, route, out| {
        bgp::mp_unreach(out, known.family, route);
    })
}

/// What a route says of itself stands beside keys for all that can be said of it.
#[test]
fn no_family_has_a_key_that_is_another_ones() {
    let kind = PeerType::Rd;
    let peer = bmp::PeerHeader { kind, distinguisher: RouteDistinguisher([1; 8]), ..peer() };
    for known in nlri::FAMILIES {
        let next_hop = vec![1; known.next_hops.first().copied().unwrap_or(4)];
        let records =
            records(known, ("pmacct-json?extra=all", "update"), &peer, |index, route, out| {
                bgp::mp_reach(out, known.family, &next_hop, route);
                bgp::origin(out, 0);
                bgp::as_path(out, &[bgp::Segment::Sequence(&[65001])]);
                nlri::example_attributes(known.family, index, out);
                bgp::med(out, 1);
                bgp::local_pref(out, 1);
                bgp::communities(out, &[1]);
                bgp::extended_communities(out, &[[0, 2, 0, 0, 0, 0, 0, 1]]);
                bgp::aigp(out, 1);
                bgp::large_communities(out, &[[1, 1, 1]]);
                bgp::only_to_customer(out, 1);
                // A label index (RFC 8669 §3.1).
                bgp::attribute(out, 0xc0, 40, &[1, 0, 7, 0, 0, 0, 0, 0, 0, 7]);
            });
        for key in ["rd", "origin", "med", "local_pref", "comms", "ecomms", "aigp", "lcomms", "otc"]
        {
            let key = format!("\"{key}\": ");
            assert!(records.iter().all(|line| line.contains(&key)), "{}: {key}", known.name);
        }
    }
}

/// No object in a record has a key twice, which parsers pass over in silence.
fn has_each_key_once(line: &str) {
    let (mut keys, mut left) = (Vec::new(), line);
    while let Some(at) = left.find(['{', '}', '"']) {
        let (sign, rest) = (left.as_bytes()[at], &left[at + 1..]);
        left = rest;
        match sign {
            b'{' => keys.push(std::collections::HashSet::new()),
            b'}' => drop(keys.pop()),
            _ => {
                let mut escaped = false;
                let is_end = |c: char| {
                    let end = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    end
                };
                let (text, rest) = rest.split_at(rest.find(is_end).expect("the end of a text"));
                left = &rest[1..];
                if left.starts_with(':') {
                    assert!(keys.last_mut().unwrap().insert(text), "{text} twice: {line}");
                }
            }
        }
    }
}

/// What a record says of its route, and what tells it from others: its keys and its type.
fn of_route(line: &str) -> (String, String) {
    let (_, from) = line.split_once("\"safi\": ").unwrap();
    let (_, from) = from.split_once(", ").unwrap();
    let (said, _) = from.split_once(", \"timestamp_arrival\"").unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&format!("{{{said}}}")).unwrap();
    let fields = parsed.as_object().unwrap();
    let kind = fields.get("route_type").or(fields.get("nlri_type"));
    let keys: Vec<&String> = fields.keys().collect();
    (said.to_owned(), format!("{kind:?} {keys:?}"))
}

fn families() -> String {
    let mut text = String::new();
    for known in nlri::FAMILIES {
        writeln!(text, "{} ({}, {})", known.name, known.family, known.key).unwrap();
        let mut seen = std::collections::HashSet::new();
        let records = withdrawn(known);
        let routes = records.iter().map(|line| of_route(line));
        for (said, _) in routes.filter(|(_, kind)| seen.insert(kind.clone())).take(12) {
            let mut lines = wrapped(&said);
            lines.replace_range(..4, "  * ");
            text.push_str(&lines);
        }
    }
    text
}

fn filters() -> String {
    let mut text = String::new();
    for Term { name, op, values, about, example, .. } in TERMS {
        let sign = op.sign();
        write!(text, "{name} {sign} {values}\n{}{}", wrapped(about), wrapped(example)).unwrap();
    }
    text
}

/// The keys of the configuration file, with the help of their flags.
fn configuration() -> String {
    let mut command = ribcage::cli::command();
    command.build();
    let collect = command.find_subcommand("collect").unwrap();
    let mut text = String::new();
    for row in KEYS {
        let flag = collect.get_arguments().find(|flag| flag.get_long() == Some(row.name)).unwrap();
        let value = match flag.get_action() {
            clap::ArgAction::SetTrue => "true|false".to_owned(),
            clap::ArgAction::Count => "N".to_owned(),
            action => {
                let names = flag.get_value_names().unwrap_or_default().join(" ");
                let list =
                    if matches!(action, clap::ArgAction::Append) { " or a list" } else { "" };
                format!("{names}{list}")
            }
        };
        let help = flag.get_help().unwrap().to_string();
        let (name, reload) = (row.name, row.reload.text());
        write!(text, "{name} = {value}\n    changed: {reload}\n{}", wrapped(&help)).unwrap();
    }
    text.push_str("[[router]]\n");
    for key in ROUTER_KEYS {
        write!(text, "  {} = {}\n{}", key.name, key.value, wrapped(key.meaning)).unwrap();
    }
    text
}

#[test]
fn tables_are_the_programs() {
    for (path, table) in [
        ("src/manual/events.rs", events()),
        ("src/manual/counters.rs", counters()),
        ("src/manual/configuration.rs", configuration()),
        ("src/manual/families.rs", families()),
        ("src/manual/filters.rs", filters()),
    ] {
        let text = read(path);
        let from = text.find("```text\n").expect("a table") + "```text\n".len();
        let end = from + text[from..].find("//! ```").expect("the table's end");
        let table: String = table.lines().map(|line| format!("//! {line}\n")).collect();
        if std::env::var_os("RIBCAGE_BLESS").is_some() {
            let blessed = format!("{}{table}{}", &text[..from], &text[end..]);
            std::fs::write(root().join(path), blessed).unwrap();
            continue;
        }
        assert!(
            text[from..end] == table,
            "{path} is behind the program: run `RIBCAGE_BLESS=1 cargo test --test tests manual` \
             and look at what has changed"
        );
    }
}

#[test]
fn examples_are_what_the_program_writes() {
    let text = read("src/manual/formats.rs");
    let examples: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("//! {")).collect();
    assert!(examples.len() > 12, "the manual has lost its examples");
    for example in &examples {
        let example = format!("{{{example}");
        let parsed = serde_json::from_str::<serde_json::Value>(&example);
        assert!(parsed.is_ok(), "{example}: {parsed:?}");
    }
    let Some(folder) = util::shared("examples_are_what_the_program_writes") else { return };
    let folder = folder.join("data/pmacct/synthetic/input");
    let mut written = String::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|e| e != "bin") {
            continue;
        }
        for format in ["pmacct-json", "pmacct-json?extra=all"] {
            let output = Command::new(env!("CARGO_BIN_EXE_ribcage"))
                .args(["-q", "decode", "--router", "192.0.2.61:40001", "-F", format])
                .args(["--arrival", "2026-01-02T03:04:05Z"])
                .arg(&file)
                .env("TZ", "UTC")
                .output()
                .unwrap();
            written.push_str(&String::from_utf8(output.stdout).unwrap());
        }
    }
    let missing: Vec<_> =
        examples.iter().filter(|example| !written.contains(&format!("{{{example}\n"))).collect();
    assert!(missing.is_empty(), "the program does not write {missing:#?}");
}
