//! `RIBCAGE_BLESS=1 cargo test --test tests tuning::pages` writes the files anew.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::{has, said, tuning};

/// Every file of `tuning/man` and `tuning/completions` as it should be.
fn pages() -> BTreeMap<String, Vec<u8>> {
    let mut command = ribcage::cli::command().disable_help_subcommand(true);
    command.build();
    let mut files = BTreeMap::new();
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    files.insert("man/ribcage.1".to_owned(), page(&command, &names));
    for sub in command.get_subcommands() {
        files.insert(format!("man/ribcage-{}.1", sub.get_name()), page(sub, &names));
    }
    for (shell, name) in [
        (Shell::Bash, "completions/ribcage.bash"),
        (Shell::Zsh, "completions/_ribcage"),
        (Shell::Fish, "completions/ribcage.fish"),
    ] {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut ribcage::cli::command(), "ribcage", &mut text);
        files.insert(name.to_owned(), text);
    }
    files
}

/// A command's man page.
fn page(command: &clap::Command, all: &[String]) -> Vec<u8> {
    let title = command.get_display_name().unwrap_or("ribcage").to_owned();
    let man = Man::new(command.clone());
    let version = env!("CARGO_PKG_VERSION");
    // Without a date, so that the same flags give the same page.
    let head = format!(".TH {} 1 \"\" \"ribcage {version}\" Ribcage\n", title.to_uppercase());
    let mut text = head.into_bytes();
    man.render_name_section(&mut text).unwrap();
    man.render_synopsis_section(&mut text).unwrap();
    man.render_description_section(&mut text).unwrap();
    man.render_options_section(&mut text).unwrap();
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text).unwrap();
    }
    let mut roff = Roff::new();
    let after = command.get_after_long_help().or_else(|| command.get_after_help());
    lists(&mut roff, &after.map(|text| text.to_string()).unwrap_or_default());
    roff.control("SH", ["SEE ALSO"]);
    let others = std::iter::once("ribcage".to_owned())
        .chain(all.iter().map(|name| format!("ribcage-{name}")));
    let others: Vec<String> =
        others.filter(|name| *name != title).map(|name| format!("{name}(1)")).collect();
    roff.text([roman(others.join(", "))]);
    text.extend_from_slice(roff.render().as_bytes());
    // Lines end where their words end, and a break beside a blank line is one too many.
    let text = String::from_utf8(text).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = lines.join("\n").replace("\n.br\n\n.br\n", "\n.sp\n");
    format!("{}\n", text.trim_end()).into_bytes()
}

/// What stands below the flags in the help: lists with a title each, and examples.
fn lists(roff: &mut Roff, text: &str) {
    let mut in_examples = false;
    for line in text.lines() {
        if let Some(title) = line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            if in_examples {
                roff.control("fi", []);
            }
            in_examples = title == "Examples";
            let title = if title == "Exit codes" { "Exit status" } else { title };
            roff.control("SH", [title.to_uppercase().as_str()]);
            if in_examples {
                roff.control("nf", []);
            }
        } else if in_examples {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        } else if let Some((name, about)) = row(line) {
            roff.control("TP", []);
            roff.text([bold(name)]);
            roff.text([roman(about)]);
        } else if !line.trim().is_empty() {
            roff.text([roman(line.trim())]);
        }
    }
    if in_examples {
        roff.control("fi", []);
    }
}

/// The name and the text of a row such as `  null:   counts and forgets`.
fn row(line: &str) -> Option<(&str, &str)> {
    let text = line.strip_prefix("  ").filter(|text| !text.starts_with(' '))?;
    let (name, about) = text.split_once("  ")?;
    Some((name, about.trim()))
}

#[test]
fn man_pages_and_completions_are_the_programs() {
    let mut stale = Vec::new();
    for (name, text) in pages() {
        let path = tuning(&name);
        if std::env::var_os("RIBCAGE_BLESS").is_some() {
            fs::write(&path, &text).unwrap();
        } else if fs::read(&path).unwrap_or_default() != text {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "behind the program: {stale:?}; run `RIBCAGE_BLESS=1 cargo test --test tests \
         tuning::pages` and look at what has changed"
    );
    let known = pages();
    for folder in ["man", "completions"] {
        for entry in fs::read_dir(tuning(folder)).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
            assert!(known.contains_key(&name), "nothing makes tuning/{name}");
        }
    }
}

#[test]
fn every_flag_is_in_its_man_page() {
    let mut command = ribcage::cli::command();
    command.build();
    let mut seen = 0;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let page = page(sub, &[]);
        let page = String::from_utf8(page).unwrap().replace("\\-", "-");
        for flag in sub.get_arguments().filter_map(|argument| argument.get_long()) {
            assert!(page.contains(&format!("--{flag}")), "ribcage-{}: --{flag}", sub.get_name());
            seen += 1;
        }
    }
    assert!(seen > 30);
}

#[test]
fn man_pages_render_without_a_word_of_complaint() {
    const TEST: &str = "man_pages_render_without_a_word_of_complaint";
    let files: Vec<String> = pages().into_keys().filter(|name| name.starts_with("man/")).collect();
    assert!(files.len() >= 6);
    let checkers: [(&str, &[&str], &[&str]); 3] = [
        ("man", &["--version"], &["--warnings", "-E", "UTF-8", "-l"]),
        ("groff", &["--version"], &["-ww", "-z", "-man", "-Kutf8"]),
        ("mandoc", &["-T", "lint", "/dev/null", "-W", "unsupp"], &["-T", "lint", "-W", "warning"]),
    ];
    for (program, probe, arguments) in checkers {
        if !has(&format!("{TEST}: {program}"), program, probe) {
            continue;
        }
        for file in &files {
            let mut check = Command::new(program);
            check.args(arguments).arg(tuning(file)).env("MANWIDTH", "80").env("MANPAGER", "cat");
            let output = check.output().unwrap();
            // A date would make the pages differ from day to day.
            let is_wanted = |line: &&str| line.contains("missing date, using \"\"");
            let all = said(&output);
            // On standard output is the page itself, but for the linter.
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            let complaints = if program == "mandoc" { all } else { errors };
            let complaints: Vec<&str> =
                complaints.trim().lines().filter(|line| !is_wanted(line)).collect();
            assert!(complaints.is_empty(), "{program} {file}:\n{}", complaints.join("\n"));
            assert!(output.status.success() || program == "mandoc", "{program} {file}");
        }
    }
}

#[test]
fn completions_are_read_by_their_shells() {
    const TEST: &str = "completions_are_read_by_their_shells";
    for (shell, file) in [
        ("bash", "completions/ribcage.bash"),
        ("zsh", "completions/_ribcage"),
        ("fish", "completions/ribcage.fish"),
    ] {
        if !has(&format!("{TEST}: {shell}"), shell, &["-c", "true"]) {
            continue;
        }
        let output = Command::new(shell).arg("-n").arg(tuning(file)).output().unwrap();
        assert!(output.status.success() && said(&output).is_empty(), "{shell}: {}", said(&output));
    }
    if has(
        &format!("{TEST}: completing"),
        "bash",
        &["-c", "complete -p >/dev/null; compgen -A file >/dev/null; true"],
    ) {
        let script = format!(
            "source '{}'; COMP_WORDS=(ribcage collect --wri); COMP_CWORD=2; \
             _ribcage ribcage --wri collect; echo \"${{COMPREPLY[*]}}\"",
            tuning("completions/ribcage.bash").display()
        );
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        assert_eq!(said(&output).trim(), "--writer-cores");
    }
}
