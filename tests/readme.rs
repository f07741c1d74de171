//! The README's tables are the program's, and the commands that it shows are accepted.

use std::fmt::Write as _;

use ribcage::cli::args::{Command, HelpTables, parse};
use ribcage::config::CollectConfig;
use ribcage::config::output::OutputSetting;
use ribcage::output::OutputSpec;
use ribcage::output::format::FORMATS;
use ribcage::output::transport::TRANSPORTS;
use ribcage::output::url::COMMON_OPTIONS;

use crate::source::{read, root};

/// The tables as they should stand between `<!-- table: NAME -->` and `<!-- end -->`.
fn tables() -> Vec<(&'static str, String)> {
    let row = |text: &mut String, cells: &[&str]| {
        writeln!(text, "| {} |", cells.join(" | ")).unwrap();
    };
    let mut formats = String::from("| format | what it writes |\n|---|---|\n");
    for format in FORMATS {
        row(&mut formats, &[&format!("`{}`", format.name), format.about]);
    }
    let mut transports = String::from("| URL | what it does |\n|---|---|\n");
    for transport in TRANSPORTS {
        row(&mut transports, &[&format!("`{}`", transport.usage), transport.about]);
    }
    let of_formats = FORMATS.iter().map(|f| (f.name, f.options));
    let of_transports = TRANSPORTS.iter().map(|t| (t.scheme, t.options));
    let every = std::iter::once(("every output", COMMON_OPTIONS));
    let mut rows: Vec<(&str, &str, String)> = Vec::new();
    for (owner, list) in every.chain(of_formats).chain(of_transports) {
        for &(name, about) in list {
            match rows.iter_mut().find(|row| (row.0, row.1) == (name, about)) {
                Some((_, _, owners)) => owners.extend([", ", owner]),
                None => rows.push((name, about, owner.to_owned())),
            }
        }
    }
    let mut options = String::from("| option | of | meaning |\n|---|---|---|\n");
    for (name, about, owners) in rows {
        row(&mut options, &[&format!("`{name}=`"), &owners, about]);
    }
    vec![("formats", formats), ("transports", transports), ("options", options)]
}

#[test]
fn tables_are_the_programs() {
    let mut readme = read("README.md");
    let before = readme.clone();
    for (name, table) in tables() {
        let start = format!("<!-- table: {name} -->\n");
        let from = readme.find(&start).unwrap_or_else(|| panic!("no table {name}")) + start.len();
        let end = from + readme[from..].find("<!-- end -->").expect("the table's end");
        readme.replace_range(from..end, &table);
    }
    if std::env::var_os("RIBCAGE_BLESS").is_some() {
        std::fs::write(root().join("README.md"), readme).unwrap();
        return;
    }
    assert!(
        readme == before,
        "README.md is behind the program: run `RIBCAGE_BLESS=1 cargo test --test tests readme` and \
         look at what has changed"
    );
}

#[test]
fn commands_are_accepted() {
    let commands = commands(&read("README.md"));
    let mut seen = Vec::new();
    for words in &commands {
        let line = words.join(" ");
        let cli = parse(HelpTables::default(), words).unwrap_or_else(|e| panic!("{line}: {e}"));
        let outputs = match cli.command {
            Command::Collect(args) => {
                seen.push("collect");
                CollectConfig::new(args.into())
                    .map(|config| config.outputs.iter().map(OutputSetting::text).collect())
            }
            Command::Decode(args) => {
                seen.push("decode");
                if let Some(format) = &args.format {
                    OutputSpec::parse_format(format).unwrap_or_else(|e| panic!("{line}: {e}"));
                }
                Ok(args.output)
            }
            Command::Load(_) => {
                seen.push("load");
                continue;
            }
            Command::Bench(_) => {
                seen.push("bench");
                continue;
            }
            Command::Plan(_) => {
                seen.push("plan");
                continue;
            }
        };
        let outputs = outputs.unwrap_or_else(|e| panic!("{line}: {e}"));
        OutputSpec::parse_all(&outputs).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
    for command in ["collect", "decode", "load", "bench", "plan"] {
        assert!(seen.contains(&command), "the README shows no `{command}`");
    }
}

/// Every `ribcage …` of the README's shell examples, as words, `ribcage` first.
fn commands(readme: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut in_shell = false;
    for line in readme.lines().map(str::trim) {
        if line.starts_with("```") {
            in_shell = line == "```sh";
            continue;
        }
        let line = line.replace("cargo run --release -- ", "ribcage ");
        if !in_shell {
            continue;
        }
        for part in line.split(" | ").filter(|part| part.starts_with("ribcage ")) {
            found.push(words(part));
        }
    }
    assert!(found.len() > 10, "{found:?}");
    found
}

/// The words of a command, which may stand between quotes.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    assert!(!quoted, "{command} has an odd quote");
    words
}

#[test]
fn the_checks_run_the_tests_as_the_readme_says() {
    let (readme, check) = (read("README.md"), read("scripts/check.sh"));
    assert!(readme.contains("```sh\ncargo test\n```") && check.contains("cargo test --locked"));
    assert!(read(".ci/run").contains("scripts/check.sh"));
}
