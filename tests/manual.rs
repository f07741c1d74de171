//! The manual keeps step with the program: its tables and its examples are true.

use std::fmt::Write as _;
use std::process::Command;

use ribcage::telemetry::counters::{AcceptorCounters, OutputCounters, ReactorCounters};
use ribcage::telemetry::events::EVENTS;

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

#[test]
fn tables_are_the_programs() {
    for (path, table) in
        [("src/manual/events.rs", events()), ("src/manual/counters.rs", counters())]
    {
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
