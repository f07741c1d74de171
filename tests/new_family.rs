//! What a new address family takes: one file and one row. `scripts/new_family.sh` does it to a copy
//! of the project and looks at what comes out; this holds what it relies on, at no cost.

use std::collections::BTreeSet;

use crate::source::{read, root, sources};

const TABLE: &str = "src/bgp/nlri/mod.rs";
/// What families share; everything else beside the table is a family.
const SHARED: [&str; 4] = ["mod", "prefix", "testing", "walk"];

/// The modules of the table, from its own text.
fn table() -> BTreeSet<String> {
    let text = read(TABLE);
    let begin = text.find("\nfamilies! {\n").expect("scripts/new_family.sh looks for that line");
    let rows = &text[begin + "\nfamilies! {\n".len()..];
    let rows = &rows[..rows.find("\n}\n").expect("and for this one")];
    rows.lines().filter_map(module).collect()
}

/// The module that a line of the table begins with.
fn module(line: &str) -> Option<String> {
    let (name, _) = line.strip_prefix("    ")?.split_once(" {")?;
    name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_').then(|| name.to_owned())
}

#[test]
fn every_file_beside_the_table_has_a_row_and_every_row_a_file() {
    let files: BTreeSet<String> = std::fs::read_dir(root().join("src/bgp/nlri"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !SHARED.contains(&name.as_str()))
        .collect();
    assert_eq!(files, table());
}

/// A format whose consumers know four kinds of routes, each by columns of its own.
const BY_FAMILY: &str = "src/output/format/openbmp/parsed/";

#[test]
fn nothing_but_the_table_names_a_family_s_module() {
    let families = table();
    let may = |path: &str| path.starts_with("src/bgp/nlri/") || path.starts_with(BY_FAMILY);
    for source in sources().iter().filter(|source| !may(&source.path)) {
        for (_, behind) in source.code.match_indices("nlri::").map(|(at, m)| {
            let behind = &source.code[at + m.len()..];
            (at, &behind[..behind.find([';', '(', ')', '<']).unwrap_or(behind.len())])
        }) {
            let named = behind.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let named: Vec<_> = named.filter(|word| families.contains(*word)).collect();
            assert!(named.is_empty(), "{} names {named:?}", source.path);
        }
    }
}

#[test]
fn the_made_up_family_is_one_row_like_the_others() {
    let script = read("scripts/live/new_family.py");
    let row = script.lines().find_map(|line| line.strip_prefix("ROW = '")).unwrap();
    let row = row.strip_suffix('\'').unwrap().replace("\\'", "'");
    assert_eq!(module(&row).as_deref(), Some("made_up"));
    assert!(!table().contains("made_up"), "it is not there yet");
    assert!(row.contains("made_up::MadeUp<'_>;") && row.ends_with('}'), "{row}");
    let file = read("scripts/live/made_up.rs");
    assert!(file.contains("impl<'a> Nlri<'a> for MadeUp<'a> {"));
    let run = root().join("benches/runs");
    let kept = std::fs::read_dir(run).unwrap().any(|run| {
        let said = std::fs::read_to_string(run.unwrap().path().join("new_family.txt"));
        said.is_ok_and(|said| said.ends_with("PASSED\n"))
    });
    assert!(kept, "the last run of scripts/new_family.sh is kept in benches/runs");
}
