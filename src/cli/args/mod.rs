//! Every flag of every subcommand, with its help: one file per subcommand.
//!
//! Values are parsed to their types here; what they mean together is checked in `config`.

mod bench;
mod collect;
mod decode;
mod dialect;
mod file;
mod load;
mod plan;

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use bench::{BenchArgs, BenchRate};
pub use collect::{CollectArgs, RouterArgs};
pub use decode::{Arrival, DecodeArgs, InputFormat};
pub use dialect::DialectArgs;
pub(super) use dialect::{dialect, profile};
pub use file::{FromFile, Origin};
pub use load::{LoadArgs, PlayArgs};
pub use plan::PlanArgs;

use crate::load::scenario_help;
use crate::telemetry::log::{ColorChoice, LogConfig, LogFormat, LogLevel};

/// A thread-per-core collector for the BGP Monitoring Protocol (BMP, RFC 7854).
#[derive(Debug, Clone, Parser)]
#[command(
    name = "ribcage",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = EXIT_CODES,
    after_long_help = EXIT_CODES,
)]
pub struct Cli {
    /// How to log.
    #[command(flatten)]
    pub log: LogArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Clone, Subcommand)]
#[allow(clippy::large_enum_variant)] // there is one, and it is made once
pub enum Command {
    /// Accept routers' BMP sessions and hand on what they say
    Collect(CollectArgs),
    /// Decode files that hold BMP
    Decode(DecodeArgs),
    /// Play routers against a collector
    Load(LoadArgs),
    /// Start a collector, play routers against it, and measure both
    Bench(BenchArgs),
    /// Show which CPUs reactors and writers would run on, and why
    Plan(PlanArgs),
}

/// Flags of every command: how to log.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logging (on standard error)")]
pub struct LogArgs {
    /// Log only warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Log more: -v for DEBUG, -vv for TRACE
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// How log lines look: `TIME LEVEL event key=value…`, or a JSON object each
    #[arg(long, global = true, value_enum, value_name = "text|json", default_value_t)]
    pub log_format: LogFormat,
    /// The least important level that is logged; overrides -q and -v [default: info]
    #[arg(long, global = true, value_enum, value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
    /// When log lines are coloured
    #[arg(long, global = true, value_enum, value_name = "auto|always|never", default_value_t)]
    pub color: ColorChoice,
}

impl LogArgs {
    /// What the flags come to.
    #[must_use]
    pub fn config(&self) -> LogConfig {
        let level = self.log_level.unwrap_or(match (self.quiet, self.verbose) {
            (true, _) => LogLevel::Warn,
            (false, 0) => LogLevel::Info,
            (false, 1) => LogLevel::Debug,
            (false, _) => LogLevel::Trace,
        });
        LogConfig { format: self.log_format, level, color: self.color }
    }
}

/// What the help lists from tables of other rooms: names, each with a line of help.
#[derive(Debug, Clone, Copy, Default)]
pub struct HelpTables<'a> {
    /// Formats: the FORMAT in `FORMAT=URL`.
    pub formats: &'a [(&'a str, &'a str)],
    /// Transports: URLs such as `file:PATH`.
    pub transports: &'a [(&'a str, &'a str)],
    /// Options after `?`.
    pub options: &'a [(&'a str, &'a str)],
    /// Terms of filters.
    pub terms: &'a [(&'a str, &'a str)],
}

/// The whole command line, with help from `tables`.
#[must_use]
pub fn command(tables: HelpTables<'_>) -> clap::Command {
    let (lists, scenarios) = (lists(tables), format!("{}\n", scenario_help()));
    let end = |command: clap::Command, tables: &str, examples: &str, exit: &str| {
        command
            .after_help("See --help for more, with examples and exit codes.")
            .after_long_help(format!("{tables}Examples:\n{examples}\n{exit}"))
    };
    Cli::command()
        .mut_subcommand("collect", |c| end(c, &lists, collect::EXAMPLES, collect::EXIT))
        .mut_subcommand("decode", |c| end(c, &lists, decode::EXAMPLES, decode::EXIT))
        .mut_subcommand("load", |c| end(c, &scenarios, load::EXAMPLES, load::EXIT))
        .mut_subcommand("bench", |c| end(c, &scenarios, bench::EXAMPLES, bench::EXIT))
        .mut_subcommand("plan", |c| end(c, "", plan::EXAMPLES, plan::EXIT))
}

/// Parses a command line, the program's name first, and the file of `collect --config`.
///
/// # Errors
/// [`clap::Error`]: help and version as well as mistakes, in the file, too. Its `exit_code()` is 0
/// for the former and 2 for the latter.
pub fn parse<I>(tables: HelpTables<'_>, typed: I) -> Result<Cli, clap::Error>
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let mut command = command(tables);
    let typed = typed.into_iter().map(Into::into).collect();
    let (matches, from_file) = file::parse(&mut command, typed)?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|e| e.format(&mut command))?;
    if let Command::Collect(args) = &mut cli.command {
        args.from_file = from_file;
    }
    Ok(cli)
}

/// The tables as they stand in the help.
fn lists(tables: HelpTables<'_>) -> String {
    let mut text = String::new();
    for (title, rows) in [
        ("Formats (FORMAT)", tables.formats),
        ("Transports (URL)", tables.transports),
        ("Options (after ?, joined by &)", tables.options),
        ("Filters (EXPR: terms joined by and, or, not and parentheses)", tables.terms),
    ] {
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        if !rows.is_empty() {
            let _ = writeln!(text, "{title}:"); // writing to a String cannot fail
        }
        for (name, about) in rows {
            let _ = writeln!(text, "  {name:<width$}  {about}");
        }
        if !rows.is_empty() {
            text.push('\n');
        }
    }
    text
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  ran, but something failed or was not delivered
  2  wrong usage or configuration";

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::bmp::v4::{Dialect, Profile};
    use crate::load::Rate;
    use crate::wire::Timestamp;

    const TABLES: HelpTables<'_> = HelpTables {
        formats: &[("pmacct-json", "JSON as pmacct writes it"), ("bmp", "as received")],
        transports: &[("file:PATH", "appends to a file")],
        options: &[],
        terms: &[],
    };

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        parse(TABLES, std::iter::once("ribcage").chain(line.split_whitespace()))
    }

    fn refused(line: &str) -> String {
        let error = parsed(line).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{line}");
        error.to_string()
    }

    #[test]
    fn the_definition_is_sound() {
        command(TABLES).debug_assert();
    }

    #[test]
    fn collect_takes_its_flags() {
        let line = "collect -l [::]:0 --listen 127.0.0.1:1790 -o bmp=null: -o pmacct-json=stdout: \
                    --reactor-cores 0-2 --writer-cores 3 --batch-memory 1GiB --flush-interval 5ms \
                    --max-frame 64KiB --drain-timeout 1m --busy-poll --connect 192.0.2.7:1790%vrf \
                    --allow 192.0.2.0/24 --allow 2001:db8::/32 --max-routers 7 \
                    --max-routers-per-source 2 --accept-rate 9/s --idle-timeout 1h \
                    --keepalive 30s,5s,3 --receive-buffer 4MiB --dscp 48 --bmp-v4 draft-20 \
                    --rel-type 9 --filter view=loc-rib";
        let Command::Collect(args) = parsed(line).unwrap().command else { panic!() };
        let config = crate::config::CollectConfig::new(args.into()).unwrap();
        assert_eq!(config.listen.len(), 2);
        let outputs: Vec<_> = config.outputs.iter().map(|output| output.text()).collect();
        assert_eq!(outputs, ["bmp=null:", "pmacct-json=stdout:"]);
        assert_eq!(config.filter.unwrap().to_string(), "view = loc-rib");
        assert_eq!(config.reactor_cores.unwrap().to_string(), "0-2");
        assert_eq!(config.writer_cores.unwrap().to_string(), "3");
        assert_eq!((config.batch_memory, config.max_frame), (1 << 30, 64 << 10));
        assert_eq!(config.flush_interval.as_millis(), 5);
        assert_eq!(config.drain_timeout.as_secs(), 60);
        assert_eq!(config.connect[0].to_string(), "192.0.2.7:1790%vrf");
        assert_eq!(dialect(config.dialect), Dialect { v4: Some(Profile::Draft20), rel: Some(9) });
        let (limits, sockets) = (config.limits, config.sockets);
        assert!(config.busy_poll && limits.allow.len() == 2);
        assert_eq!((limits.max_routers, limits.max_routers_per_source), (7, Some(2)));
        assert_eq!(limits.accept_rate.to_string(), "9/s");
        assert_eq!(limits.idle_timeout.unwrap().as_secs(), 3600);
        assert_eq!(sockets.keepalive.to_string(), "30s,5s,3");
        assert_eq!((sockets.receive_buffer, sockets.dscp), (Some(4 << 20), Some(48)));
    }

    #[test]
    fn a_wrong_value_is_refused_with_what_would_be_right() {
        for (line, part) in [
            ("collect -l 11019", "write [::]:11019"),
            ("collect --reactor-cores 3-1", "write 1-3"),
            ("collect --batch-memory 64MB", "write 64MiB"),
            ("collect --flush-interval 10", "write 10s for seconds or 10ms"),
            ("collect --bogus", "--bogus"),
            ("collect -l [fe80::1]:11019", "such as [fe80::1%eth0]:11019"),
            ("collect --connect 192.0.2.7:0", "port 0"),
            ("collect --allow 192.0.2.1/24", "write 192.0.2.0/24"),
            ("collect --accept-rate 100", "write 100/s"),
            ("collect --keepalive 60s", "such as 60s,10s,6"),
            ("collect --rel-type 2", "2 is the type of the Peer Down Notification"),
            ("decode --bmp-v4 draft-18", "draft-17"),
            ("collect --dscp 64", "`64` is no whole number from 0 to 63"),
            ("decode --filter view=rib", "at character 6: `rib` is no view; they are adj-rib"),
            ("collect --max-routers many", "`many` is no whole number from 1 to 1000000"),
            ("load --target 127.0.0.1:1 --prefixes -1", "-1"),
            ("load --target 127.0.0.1:1 --peers few", "`few` is no whole number from 1"),
            ("decode --arrival yesterday", "2026-01-31T12:00:00Z"),
            ("decode --arrival 1969-01-01T00:00:00Z", "before 1970"),
            ("decode -F bmp -o bmp=null:", "cannot be used with"),
            ("decode --input-format msdp", "ris-live"),
            ("load --target 127.0.0.1:1 --input-format mrt", "--replay"),
            ("load", "--target"),
            ("load --target 127.0.0.1", "write 127.0.0.1:11019"),
            ("load --target 127.0.0.1:1 --replay x --peers 3", "cannot be used with"),
            ("load --target 127.0.0.1:1 --routers 0", "0"),
            ("load --target 127.0.0.1:1 --rate 5", "messages as `50000/s`"),
            ("load --target 127.0.0.1:1 --scenario rain", "there are dump, churn, "),
            ("load --target 127.0.0.1:1 --scenario churn:rate=9", "messages per second"),
            ("load --target 127.0.0.1:1 --source-addresses 10.0.0.1", "10.9.0.0/16"),
            ("load --target 127.0.0.1:1 --cores 3-1", "write 1-3"),
            ("plan -q -v", "cannot be used with"),
            ("", "Usage"),
        ] {
            let error = refused(line);
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn decode_reads_standard_input_unless_told() {
        let Command::Decode(args) = parsed("decode").unwrap().command else { panic!() };
        assert_eq!(args.files, [PathBuf::from("-")]);
        assert_eq!((args.arrival, args.input_format), (Arrival::Capture, InputFormat::Auto));
        assert!(!args.strict && args.format.is_none() && args.router.is_none());
        let line = "decode --strict -F bmp --arrival 2026-01-31T12:00:00.25+01:00 a.bmp b.pcap";
        let Command::Decode(args) = parsed(line).unwrap().command else { panic!() };
        assert_eq!(args.files.len(), 2);
        assert_eq!(args.arrival, Arrival::At(Timestamp::new(1_769_857_200, 250_000)));
    }

    #[test]
    fn load_replays_many_files() {
        let line = "load --target [::1]:1 --replay a b --rate 2000/s --repeat 3 --seed 9 --json -";
        let Command::Load(args) = parsed(line).unwrap().command else { panic!() };
        let play = args.play;
        assert_eq!((play.replay.len(), play.repeat, play.seed), (2, 3, 9));
        assert_eq!(args.rate, Rate::Messages(2000));
        assert_eq!((play.routers, play.peers, play.prefixes), (None, 1, 1000));
    }

    #[test]
    fn logging_flags_stand_before_and_after_the_command() {
        let level = |line: &str| parsed(line).unwrap().log.config().level;
        assert_eq!(level("plan"), LogLevel::Info);
        assert_eq!(level("-v plan"), LogLevel::Debug);
        assert_eq!(level("plan -vv"), LogLevel::Trace);
        assert_eq!(level("plan -q"), LogLevel::Warn);
        assert_eq!(level("plan -q --log-level error"), LogLevel::Error);
        let log = parsed("plan --log-format json --color never").unwrap().log.config();
        assert_eq!((log.format, log.color), (LogFormat::Json, ColorChoice::Never));
    }

    #[test]
    fn every_command_has_help_version_examples_and_exit_codes() {
        for name in ["collect", "decode", "load", "bench", "plan"] {
            let help = parsed(&format!("{name} --help")).unwrap_err();
            assert_eq!(help.exit_code(), 0);
            let help = help.to_string();
            for part in ["Examples:", "Exit codes:", "--log-format", "--color", "--quiet"] {
                assert!(help.contains(part), "{name}: {part}");
            }
            assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
            assert_eq!(help.contains("JSON as pmacct"), ["collect", "decode"].contains(&name));
            let version = parsed(&format!("{name} -V")).unwrap_err();
            assert_eq!(version.exit_code(), 0);
            assert!(version.to_string().contains(env!("CARGO_PKG_VERSION")));
        }
    }

    #[test]
    fn the_defaults_in_the_help_are_the_configurations() {
        use crate::config::limits::{ACCEPT_RATE, KEEPALIVE, MAX_ROUTERS, RECEIVE_BUFFER};
        use crate::config::{
            BATCH_MEMORY, Bounds, DRAIN_TIMEOUT, FLUSH_INTERVAL, MAX_FRAME, OUTPUT_DEFAULT,
            PORT_DEFAULT,
        };
        let help = parsed("collect --help").unwrap_err().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for default in [
            format!("[::]:{PORT_DEFAULT}"),
            OUTPUT_DEFAULT.to_owned(),
            BATCH_MEMORY.default.to_string(),
            FLUSH_INTERVAL.default.to_string(),
            MAX_FRAME.default.to_string(),
            DRAIN_TIMEOUT.default.to_string(),
            MAX_ROUTERS.default.to_string(),
            ACCEPT_RATE.default.to_string(),
            KEEPALIVE.to_string(),
        ] {
            assert!(help.contains(&format!("[default: {default}]")), "{default} in {help}");
        }
        let Bounds { min, max, .. } = FLUSH_INTERVAL;
        assert!(help.contains(&format!("{min} to {max}")));
        let Bounds { min, max, .. } = MAX_FRAME;
        assert!(help.contains(&format!("{min} to {max}")));
        let (min, max) = RECEIVE_BUFFER;
        assert!(help.contains(&format!("{min} to {max}")));
    }
}
