//! The layout of the sources is a promise: which room may know which, how large things may grow.

use std::collections::BTreeSet;
use std::process::Command;

use crate::source::{Source, blanked, end_of_item, read, root, sources};

const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;

/// The rooms, and for each those whose items it may name besides its own. `engine::port` is the
/// trait at which outputs meet the engine; `output::base` is what formats and transports share.
const EDGES: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("bgp", &["wire"]),
    ("bmp", &["wire", "bgp"]),
    ("record", &["wire", "bgp", "bmp"]),
    ("session", &["wire", "bgp", "bmp", "record"]),
    ("filter", &["wire", "bgp", "bmp", "record"]),
    ("telemetry", &[]),
    ("config", &["filter", "telemetry"]),
    ("net", &["telemetry", "config"]),
    ("input", &["wire", "bgp", "bmp", "record", "session", "telemetry", "config"]),
    (
        "engine",
        &["wire", "bgp", "bmp", "record", "session", "net", "telemetry", "config", "engine::port"],
    ),
    ("engine::port", &["record"]),
    // The parser of FORMAT=URL looks names up in both tables.
    (
        "output::base",
        &["wire", "record", "filter", "output::format", "output::transport", "telemetry", "config"],
    ),
    ("output::format", &["wire", "bgp", "bmp", "record", "output::base", "telemetry", "config"]),
    (
        "output::transport",
        &["wire", "record", "output::base", "engine::port", "telemetry", "config"],
    ),
    (
        "output",
        &[
            "wire",
            "record",
            "filter",
            "output::base",
            "output::format",
            "output::transport",
            "engine::port",
            "telemetry",
            "config",
        ],
    ),
    ("load", &["wire", "bgp", "bmp", "input", "telemetry", "config"]),
    ("manual", &[]),
    (
        "cli",
        &[
            "wire",
            "bgp",
            "bmp",
            "record",
            "session",
            "filter",
            "net",
            "input",
            "engine",
            "engine::port",
            "output",
            "output::base",
            "output::format",
            "output::transport",
            "load",
            "telemetry",
            "config",
        ],
    ),
    ("", &["cli"]),
];

/// Rooms whose code the network (or a file from it) reaches: nothing there may panic on purpose.
const REACHED: &[&str] =
    &["wire", "bgp", "bmp", "record", "session", "filter", "net", "engine", "output", "input"];

/// Folders in which every file is a row of a table, and the macro that declares the rows.
const REGISTERS: &[(&str, &str)] = &[
    ("src/output/format", "formats!"),
    ("src/output/transport", "transports!"),
    ("src/load/sink", "sinks!"),
    ("src/cli/plan/check", "checks!"),
    ("src/bmp/msg", ""),
    ("src/bgp/attr", ""),
    ("src/bgp/nlri", ""),
];

/// The room of a path of names from the crate's root.
fn room(names: &[&str]) -> &'static str {
    let wanted = match names {
        [] => "",
        ["engine", "port", ..] => "engine::port",
        ["output", "format", ..] => "output::format",
        ["output", "transport", ..] => "output::transport",
        ["output", "frames" | "selection" | "url", ..] => "output::base",
        [first, ..] => first,
    };
    let found = EDGES.iter().find(|(room, _)| *room == wanted);
    found.map(|(room, _)| *room).unwrap_or_else(|| panic!("{names:?} is in no room of the table"))
}

/// Every path in `code` that begins with `crate` or `super`, from the crate's root, with its line.
fn paths<'c>(module: &[&'c str], code: &'c str) -> Vec<(usize, Vec<&'c str>)> {
    let mut found = Vec::new();
    for word in ["crate::", "super::"] {
        for (at, _) in code.match_indices(word) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if before.is_alphanumeric() || "_$:".contains(before) {
                continue; // part of a longer path or name
            }
            let line = code[..at].matches('\n').count() + 1;
            let (base, rest) = base(module, &code[at..]);
            for branch in branches(rest) {
                found.push((line, base.iter().copied().chain(branch).collect()));
            }
        }
    }
    found
}

/// What `crate::` or a chain of `super::` stands for, and what follows it.
fn base<'c>(module: &[&'c str], mut path: &'c str) -> (Vec<&'c str>, &'c str) {
    if let Some(rest) = path.strip_prefix("crate::") {
        return (Vec::new(), rest);
    }
    let mut names = module.to_vec();
    while let Some(rest) = path.strip_prefix("super::") {
        names.pop();
        path = rest;
    }
    (names, path)
}

/// The first names of what follows: one or two, or those of a group in braces.
fn branches(rest: &str) -> Vec<Vec<&str>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let name = |text: &str| text.len() - text.trim_start_matches(is_name).len();
    if let Some(group) = rest.strip_prefix('{') {
        let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' | ',' if depth == 0 => {
                    parts.extend(branches(group[from..at].trim()));
                    from = at + 1;
                    if c == '}' {
                        break;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        return parts;
    }
    let first = &rest[..name(rest)];
    match rest[first.len()..].strip_prefix("::") {
        Some(more) if !more.starts_with('{') => vec![vec![first, &more[..name(more)]]],
        Some(more) => branches(more)
            .into_iter()
            .map(|branch| std::iter::once(first).chain(branch).collect())
            .collect(),
        None => vec![vec![first]],
    }
}

fn all(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn rooms_know_only_the_rooms_below_them() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in &sources() {
        let (path, module) = (&file.path, file.module());
        let own = room(&module);
        let allowed = EDGES.iter().find(|(room, _)| *room == own).unwrap().1;
        for (line, names) in paths(&module, &file.code) {
            let other = match names[..] {
                // `crate::output::OutputSpec` and the like: what a room passes on is its own.
                ["output", name] if name.starts_with(char::is_uppercase) => "output",
                _ => room(&names),
            };
            seen.insert((own, other));
            if other != own && !allowed.contains(&other) {
                wrong.push(format!("{path}:{line}: `{own}` may not name `{}`", names.join("::")));
            }
        }
    }
    assert!(seen.contains(&("session", "record")) && seen.contains(&("engine", "net")));
    all(wrong);
}

#[test]
fn the_scan_understands_paths() {
    let module = ["output", "format", "text"];
    let found = |code| {
        let found = paths(&module, code).into_iter();
        found.map(|(_, names)| names.join("::")).collect::<Vec<_>>()
    };
    assert_eq!(found("use crate::wire::Prefix;"), ["wire::Prefix"]);
    assert_eq!(found("use super::{a, b::c};"), ["output::format::a", "output::format::b::c"]);
    assert_eq!(found("super::super::url::x()"), ["output::url::x"]);
    assert_eq!(found("use crate::{bgp::open, bmp::{A, B}};"), ["bgp::open", "bmp::A", "bmp::B"]);
    assert_eq!(found("$crate::wire::X self::super_::y"), Vec::<String>::new());
    assert_eq!(room(&["output", "url", "x"]), "output::base");
}

#[test]
fn only_the_engine_and_its_doors_name_the_runtime() {
    let files = sources();
    let named = |file: &&Source| file.code.contains("glommio");
    let wrong = files
        .iter()
        .filter(named)
        .filter(|file| !file.path.starts_with("src/engine/") && !file.path.starts_with("src/net/"));
    all(wrong.map(|file| format!("{} names glommio", file.path)).collect());
    assert!(files.iter().any(|file| named(&file)));
}

#[test]
fn sans_io_rooms_name_no_socket_no_file_and_no_clock() {
    let mut wrong = Vec::new();
    for file in sources() {
        if !["wire", "bgp", "bmp", "record", "session", "filter"].contains(&room(&file.module())) {
            continue;
        }
        let bad =
            ["std::fs", "std::io", "::now(", "Instant", "TcpStream", "UdpSocket", "std::thread"];
        let found = bad.iter().filter(|name| file.code.contains(**name));
        wrong.extend(found.map(|name| format!("{} names {name}", file.path)));
    }
    all(wrong);
}

#[test]
fn functions_and_files_are_short() {
    let mut wrong = Vec::new();
    for file in sources() {
        let lines = file.text.lines().count() - file.test_lines;
        if lines > FILE_LINES_MAX {
            wrong.push(format!("{} has {lines} lines besides its tests", file.path));
        }
        for (line, name, length) in functions(&file.code) {
            if length > FUNCTION_LINES_MAX {
                wrong.push(format!("{}:{line}: `{name}` has {length} lines", file.path));
            }
        }
    }
    all(wrong);
}

/// Functions with a body: the line that they begin on, their name and how many lines they have.
fn functions(code: &str) -> Vec<(usize, String, usize)> {
    let chars: Vec<char> = code.chars().collect();
    let mut found = Vec::new();
    let (mut line, mut at) = (1, 0);
    while at + 3 < chars.len() {
        if chars[at] == '\n' {
            line += 1;
        }
        let starts_word = at == 0 || !(chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        if starts_word && chars[at..].starts_with(&['f', 'n', ' ']) {
            let name = chars[at + 3..].iter().take_while(|c| c.is_alphanumeric() || **c == '_');
            let name: String = name.collect();
            let end = end_of_item(&chars, at);
            if !name.is_empty() && chars.get(end - 1) == Some(&'}') {
                let length = chars[at..end].iter().filter(|c| **c == '\n').count() + 1;
                found.push((line, name, length));
            }
        }
        at += 1;
    }
    found
}

#[test]
fn the_scan_measures_functions() {
    let code =
        "fn a();\nfn b(x: [u8; 3]) -> u8 {\n  if x { y }\n  z\n}\nlet f: fn(u8);\nfn c() {}\n";
    let found = functions(code);
    assert_eq!(found, [(2, "b".to_owned(), 4), (7, "c".to_owned(), 1)]);
}

#[test]
fn lines_fit_into_a_hundred_columns() {
    let mut wrong = Vec::new();
    for path in tracked().iter().filter(|path| path.ends_with(".rs")) {
        for (i, line) in read(path).lines().enumerate() {
            let columns = line.chars().count();
            // What rustfmt leaves alone: literals, drawings, and the bodies of macros.
            let is_left_alone = line.contains(['"', '─', '▶', '$']);
            if columns > COLUMNS_MAX && !is_left_alone {
                wrong.push(format!("{path}:{}: {columns} columns", i + 1));
            }
        }
    }
    all(wrong);
}

#[test]
fn unsafe_code_says_why_it_is_sound() {
    let mut wrong = Vec::new();
    for path in tracked().iter().filter(|path| path.ends_with(".rs")) {
        let text = read(path);
        let code = blanked(&text);
        let lines: Vec<&str> = text.lines().collect();
        for (i, line) in code.lines().enumerate() {
            if !words(line).any(|word| word == "unsafe") {
                continue;
            }
            if !text.contains("#![allow(unsafe_code)]") {
                wrong.push(format!("{path}:{}: this file has not been allowed to", i + 1));
            }
            if !lines[i.saturating_sub(4)..i].iter().any(|l| l.trim().starts_with("// SAFETY:")) {
                wrong.push(format!("{path}:{}: no SAFETY comment stands above it", i + 1));
            }
        }
    }
    all(wrong);
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

#[test]
fn nothing_that_the_network_reaches_panics_on_purpose() {
    let bad = [".unwrap()", ".expect(", "panic!", "unreachable!", "todo!", "unimplemented!"];
    let mut wrong = Vec::new();
    for Source { path, text, code, .. } in &sources() {
        if !REACHED.iter().any(|room| path.starts_with(&format!("src/{room}/"))) {
            continue;
        }
        let lines: Vec<&str> = text.lines().collect();
        for (i, line) in code.lines().enumerate() {
            let found = bad.iter().filter(|word| line.contains(**word));
            for word in found.filter(|_| !states_its_invariant(&lines, i)) {
                wrong.push(format!("{path}:{}: {word} without an invariant", i + 1));
            }
        }
    }
    all(wrong);
}

/// Whether an `#[allow(clippy::…)]` with a comment stands right above line `i`.
fn states_its_invariant(lines: &[&str], i: usize) -> bool {
    let above = &lines[i.saturating_sub(4)..i];
    let allow = |line: &&str| line.trim().starts_with("#[allow(clippy::");
    above.iter().any(allow) && above.iter().any(|line| line.contains("// "))
}

#[test]
fn every_file_of_a_register_has_its_row() {
    let mut wrong = Vec::new();
    for (folder, table) in REGISTERS {
        let root_file = read(&format!("{folder}/mod.rs"));
        assert!(root_file.contains(table), "{folder}/mod.rs has no {table}");
        let code = blanked(&root_file);
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let module = name.trim_end_matches(".rs");
            if module != "mod" && !words(&code).any(|word| word == module) {
                wrong.push(format!("{folder}/mod.rs does not name `{module}`"));
            }
        }
    }
    for (folder, names) in [
        ("format", ribcage::output::format::FORMATS.iter().map(|f| f.name).collect::<Vec<_>>()),
        ("transport", ribcage::output::transport::TRANSPORTS.iter().map(|t| t.scheme).collect()),
    ] {
        for file in sources() {
            let prefix = format!("src/output/{folder}/");
            let Some(name) = file.path.strip_prefix(&prefix) else { continue };
            let name = name.trim_end_matches(".rs").trim_end_matches("/mod").replace('_', "-");
            let is_row = file.code.contains("static ENTRY: Entry");
            if is_row && !names.contains(&name.as_str()) {
                wrong.push(format!("{} has an entry but no row", file.path));
            }
        }
    }
    all(wrong);
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let mut wrong = Vec::new();
    let (mut in_dependencies, mut seen) = (false, 0);
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies && line.contains(" = ") {
            seen += 1;
            let reason = line.rsplit_once("# ").map_or("", |(_, reason)| reason);
            if reason.len() < 10 {
                wrong.push(format!("Cargo.toml: no reason stands beside `{line}`"));
            }
        }
    }
    assert!(seen > 10);
    all(wrong);
}

/// The decoders of others are measured beside ours by a project with a lock file of its own, which
/// must know what ours needs.
#[test]
fn the_project_of_peers_is_locked_to_our_dependencies() {
    let lock = read("benches/peers/Cargo.lock");
    let ours = lock.split("[[package]]").find(|package| package.contains("name = \"ribcage\""));
    let ours = ours.expect("the lock file names us");
    let manifest = read("Cargo.toml");
    let needed = manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
    let names = needed.expect("dependencies").lines().filter_map(|line| line.split_once(" ="));
    let names: Vec<&str> = names.map(|(name, _)| name.trim()).collect();
    assert!(names.len() > 10, "{names:?}");
    let missing = names.iter().filter(|name| {
        !ours.contains(&format!("\"{name}\"")) && !ours.contains(&format!("\"{name} "))
    });
    all(missing
        .map(|name| {
            format!("benches/peers/Cargo.lock: {name} is missing; `cargo update --workspace` there")
        })
        .collect());
}

#[test]
fn tracked_files_name_no_machine_of_ours() {
    // Put together here, so that this file does not hold them.
    let mut words: Vec<String> =
        ["work", "home", "root", "tmp/bash"].map(|folder| ["", folder, ""].join("/")).into();
    words.extend([("crates", "io"), ("index", "crates")].map(|(a, b)| [a, b].join(".")));
    let mut wrong = Vec::new();
    for path in tracked() {
        if path.ends_with("Cargo.lock") {
            continue; // a lock file's sources are the tool's own
        }
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else { continue };
        let found = words.iter().filter(|word| text.contains(word.as_str()));
        wrong.extend(found.map(|word| format!("{path} names {word}")));
    }
    all(wrong);
}

#[test]
fn no_test_is_skipped_unheard() {
    // The harness shows what a test that passes writes by macros to nobody.
    let needle = ["eprintln!(\"", "skipped"].concat();
    let is_test = |path: &String| path.starts_with("tests/") && path.ends_with(".rs");
    let wrong = tracked().into_iter().filter(is_test).filter(|path| read(path).contains(&needle));
    all(wrong.map(|path| format!("{path}: use util::skipped")).collect());
}

/// The files that git tracks or would, or every source file where there is no git.
fn tracked() -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    let listed = git.ok().filter(|output| output.status.success());
    let mut files: Vec<String> = match listed {
        Some(output) => String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect(),
        None => Vec::new(),
    };
    if files.is_empty() {
        eprintln!("git lists no files here: only the sources are looked at");
        files = sources().into_iter().map(|file| file.path).collect();
    }
    files.retain(|path| root().join(path).is_file());
    files
}
