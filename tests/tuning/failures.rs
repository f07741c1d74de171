//! `manual::failures` names events and counters that there are, and none that was forgotten.

use std::collections::BTreeSet;

use ribcage::telemetry::counters::{AcceptorCounters, OutputCounters, ReactorCounters};
use ribcage::telemetry::events::EVENTS;
use tracing::Level;

use crate::source::read;

/// A row of the page: what fails, and what it says under each heading.
struct Failure {
    what: String,
    lines: Vec<(String, String)>,
}

const HEADINGS: [&str; 4] = ["effect", "told", "counted", "do"];

/// Words of events that have no place among failures of a collector.
const OTHER_COMMANDS: [&str; 3] = ["input-", "bench-", "load-"];

fn failures() -> Vec<Failure> {
    let text = read("src/manual/failures.rs");
    let mut found: Vec<Failure> = Vec::new();
    let mut in_table = false;
    for line in text.lines() {
        let line = line.strip_prefix("//!").map(|l| l.strip_prefix(' ').unwrap_or(l)).unwrap();
        if line.starts_with("```") {
            in_table = line == "```text";
        } else if in_table && !line.starts_with(' ') {
            found.push(Failure { what: line.to_owned(), lines: Vec::new() });
        } else if in_table {
            let row = &mut found.last_mut().expect("a failure above").lines;
            let (heading, words) = line.trim().split_once(' ').expect("words");
            match line.strip_prefix("    ").is_some_and(|l| !l.starts_with(' ')) {
                true => row.push((heading.to_owned(), words.trim().to_owned())),
                false => {
                    let (_, text) = row.last_mut().expect("a heading above");
                    *text = format!("{text} {}", line.trim());
                }
            }
        }
    }
    assert!(found.len() > 30, "the page has lost its tables");
    found
}

/// The words under a heading that look like those of a table: with a mark inside.
fn words<'a>(failure: &'a Failure, heading: &str, mark: char) -> Vec<&'a str> {
    let (_, text) = failure.lines.iter().find(|(h, _)| h == heading).unwrap();
    let words = text.split([' ', ',', ';', ':']);
    words.filter(|word| word.contains(mark) || *word == "signal" || *word == "status").collect()
}

#[test]
fn every_failure_has_its_effect_its_word_its_counter_and_its_remedy() {
    for failure in failures() {
        let headings: Vec<&str> = failure.lines.iter().map(|(h, _)| h.as_str()).collect();
        assert_eq!(headings, HEADINGS, "{}", failure.what);
    }
}

#[test]
fn every_event_and_counter_that_is_named_exists() {
    let events: BTreeSet<&str> = EVENTS.iter().map(|event| event.word).chain(["signal"]).collect();
    let rows = [AcceptorCounters::ROWS, ReactorCounters::ROWS, OutputCounters::ROWS].concat();
    let counters: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    // Counters with one word have no mark; they are named in the text by these.
    let single = ["accepted", "dialed", "messages", "records", "batches", "octets", "sessions"];
    let mut wrong = Vec::new();
    for failure in &failures() {
        for word in words(failure, "told", '-') {
            if !events.contains(word) {
                wrong.push(format!("{}: there is no event {word}", failure.what));
            }
        }
        for (heading, text) in &failure.lines {
            let is_empty = text == "nothing" || text.starts_with("nothing,");
            let of_events = words(failure, "told", '-').is_empty();
            if heading == "told" && of_events && !is_empty {
                wrong.push(format!("{}: nothing is told: {text}", failure.what));
            }
            if heading != "counted" || is_empty {
                continue;
            }
            // What follows a name may be a remark in other words; the first one is a name.
            let names: Vec<&str> = text.split(' ').collect();
            let is_name = |word: &&&str| word.contains('_') || single.contains(*word);
            let names: Vec<&&str> = names.iter().filter(is_name).collect();
            if names.is_empty() {
                wrong.push(format!("{}: no counter in: {text}", failure.what));
            }
            for name in names.into_iter().filter(|name| !counters.contains(**name)) {
                wrong.push(format!("{}: there is no counter {name}", failure.what));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_warning_of_the_collector_is_some_failures() {
    let failures = failures();
    let told: BTreeSet<&str> = failures.iter().flat_map(|f| words(f, "told", '-')).collect();
    let missing: Vec<&str> = EVENTS
        .iter()
        .filter(|event| event.level <= Level::WARN)
        .map(|event| event.word)
        .filter(|word| !OTHER_COMMANDS.iter().any(|prefix| word.starts_with(prefix)))
        .filter(|word| !told.contains(word))
        .collect();
    assert!(
        missing.is_empty(),
        "src/manual/failures.rs does not say when these come and what to do: {missing:?}"
    );
}

#[test]
fn the_page_on_tuning_names_flags_files_and_events_that_there_are() {
    let text = read("src/manual/tuning.rs");
    let mut flags = BTreeSet::new();
    for command in ribcage::cli::command().get_subcommands() {
        flags.extend(command.get_arguments().filter_map(|a| a.get_long()).map(str::to_owned));
    }
    // Flags of other programs.
    flags.extend(
        ["interface", "cpus", "dry-run", "undo", "coalesce", "offline", "system"]
            .map(str::to_owned),
    );
    let mut seen = 0;
    for (at, _) in text.match_indices("--") {
        let name: String =
            text[at + 2..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
        if !name.is_empty() && !text[..at].ends_with('-') {
            assert!(flags.contains(&name), "--{name}");
            seen += 1;
        }
    }
    assert!(seen > 20);
    let readme = std::fs::read_to_string(super::tuning("README.md")).unwrap();
    for text in [&text, &readme] {
        for (at, _) in text.match_indices("tuning/") {
            let name: String = text[at + 7..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "-_./".contains(*c))
                .collect();
            let name = name.trim_end_matches(['.', '/']).trim_end_matches("/*");
            assert!(super::tuning(name).exists() || name.ends_with("man"), "tuning/{name}");
        }
    }
}
