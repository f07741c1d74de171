//! The command line: one file per subcommand, and the flags of all of them in [`args`].

pub mod args;
mod bench;
mod collect;
mod decode;
mod load;
pub mod plan;
mod progress;
mod recordings;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use args::{Cli, Command, HelpTables};

use crate::filter::{TERMS, Term};
use crate::output::format::FORMATS;
use crate::output::transport::TRANSPORTS;
use crate::telemetry::log;

/// How a command ended; the numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Ran, but something failed or was not delivered; the log has said what.
    Failed = 1,
}

/// Why a command could not do its work: said once, on standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    /// Wrong usage or configuration: exit code 2.
    fn usage(text: impl fmt::Display) -> Self {
        Self { code: 2, text: text.to_string() }
    }

    /// Something failed while running: exit code 1.
    fn run(text: impl fmt::Display) -> Self {
        Self { code: 1, text: text.to_string() }
    }
}

/// Parses the command line and runs one subcommand.
pub fn run(typed: impl Iterator<Item = OsString>) -> ExitCode {
    let typed: Vec<OsString> = typed.collect();
    let parse = || with_tables(|tables| args::parse(tables, &typed));
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output, mistakes to standard error; a closed one is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let guard = log::init(cli.log.config());
    let result = dispatch(&cli, &parse, guard.as_ref().ok());
    drop(guard);
    match result {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            let _ = writeln!(io::stderr(), "ribcage: {}", failure.text);
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(
    cli: &Cli,
    parse: &dyn Fn() -> Result<Cli, clap::Error>,
    log: Option<&log::LogGuard>,
) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Collect(args) => collect::run(args, cli.log.config(), parse, log),
        Command::Decode(args) => decode::run(args),
        Command::Load(args) => load::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Plan(args) => match plan::run(args, &mut io::stdout().lock()) {
            Ok(exit) => Ok(exit),
            Err(plan::PlanError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => {
                Ok(Exit::Done)
            }
            Err(error @ plan::PlanError::Refused(_)) => Err(Failure::usage(error)),
            Err(error) => Err(Failure::run(error)),
        },
    }
}

/// The whole command line with all its help: what man pages and completions are made from.
#[must_use]
pub fn command() -> clap::Command {
    with_tables(args::command)
}

/// Calls `f` with what the help lists from the tables of outputs.
fn with_tables<T>(f: impl FnOnce(HelpTables<'_>) -> T) -> T {
    let (formats, transports) = (format_rows(), transport_rows());
    let (options, terms) = (option_rows(), term_rows());
    let (options, terms) = (&rows(&options), &rows(&terms));
    f(HelpTables { formats: &formats, transports: &transports, options, terms })
}

fn format_rows() -> Vec<(&'static str, &'static str)> {
    FORMATS.iter().map(|f| (f.name, f.about)).collect()
}

fn transport_rows() -> Vec<(&'static str, &'static str)> {
    TRANSPORTS.iter().map(|t| (t.usage, t.about)).collect()
}

/// Options of outputs, formats and transports, each named once with those that take it.
fn option_rows() -> Vec<(String, String)> {
    let common = crate::output::url::COMMON_OPTIONS.iter().map(|o| ("every output", o));
    let formats = FORMATS.iter().flat_map(|f| f.options.iter().map(move |o| (f.name, o)));
    let transports = TRANSPORTS.iter().flat_map(|t| t.options.iter().map(move |o| (t.scheme, o)));
    let mut rows: Vec<(&str, &str, String)> = Vec::new();
    for (owner, &(name, about)) in common.chain(formats).chain(transports) {
        match rows.iter_mut().find(|row| (row.0, row.1) == (name, about)) {
            Some((_, _, owners)) => owners.extend([", ", owner]),
            None => rows.push((name, about, owner.to_owned())),
        }
    }
    let row = |(name, about, owners)| (format!("{name}="), format!("{about} ({owners})"));
    rows.into_iter().map(row).collect()
}

/// Terms of filters with their operators, each with an example.
fn term_rows() -> Vec<(String, String)> {
    let row = |term: &Term| {
        let name = format!("{} {}", term.name, term.op.sign());
        (name, format!("{}: {}", term.about, term.example))
    };
    TERMS.iter().map(row).collect()
}

fn rows(options: &[(String, String)]) -> Vec<(&str, &str)> {
    options.iter().map(|(name, about)| (name.as_str(), about.as_str())).collect()
}
