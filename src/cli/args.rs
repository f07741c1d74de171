//! Every flag of every subcommand, with its help.
//!
//! Values are parsed to their types here; what they mean together is checked in `config`.

// The documentation of fields is the help, in which [::] is an address.
#![allow(rustdoc::broken_intra_doc_links)]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::CollectSettings;
use crate::config::units::{CpuList, Dur, Size, parse_address, parse_target};
use crate::load::{Rate, RateError, Scenario, SinkSpec, Sources, scenario_help};
use crate::telemetry::log::{ColorChoice, LogConfig, LogFormat, LogLevel};
use crate::wire::Timestamp;

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

/// Flags of `collect`.
#[derive(Debug, Clone, Default, Args)]
pub struct CollectArgs {
    /// Accept router connections on this address; may be repeated [default: [::]:11019]
    ///
    /// IPv6 addresses stand in brackets; [::] takes IPv4 as well. Port 0 picks a free one and says
    /// which in the log.
    #[arg(short, long, value_name = "ADDR:PORT", value_parser = parse_address)]
    pub listen: Vec<SocketAddr>,
    /// Write to this output; may be repeated [default: pmacct-json=stdout:]
    #[arg(short, long, value_name = "FORMAT=URL")]
    pub output: Vec<String>,
    /// CPUs for reactors, which read and decode, such as 0-3,8 [default: as `ribcage plan` says]
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub reactor_cores: Option<CpuList>,
    /// CPUs for writers, which format and write [default: as `ribcage plan` says]
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub writer_cores: Option<CpuList>,
    /// Memory for data on its way to the outputs; when it is full, routers are held back [default:
    /// 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = Size::from_str)]
    pub batch_memory: Option<Size>,
    /// The longest that a record waits before it is written, 1ms to 10s [default: 10ms]
    #[arg(long, value_name = "DUR", value_parser = Dur::from_str)]
    pub flush_interval: Option<Dur>,
    /// The largest BMP message, 4KiB to 16MiB; a longer one ends its session [default: 1MiB]
    #[arg(long, value_name = "SIZE", value_parser = Size::from_str)]
    pub max_frame: Option<Size>,
    /// How long a stop waits for outputs to take what is on its way, at most 1d [default: 30s]
    #[arg(long, value_name = "DUR", value_parser = Dur::from_str)]
    pub drain_timeout: Option<Dur>,
}

impl From<CollectArgs> for CollectSettings {
    fn from(args: CollectArgs) -> Self {
        CollectSettings {
            listen: args.listen,
            outputs: args.output,
            reactor_cores: args.reactor_cores,
            writer_cores: args.writer_cores,
            batch_memory: args.batch_memory,
            flush_interval: args.flush_interval,
            max_frame: args.max_frame,
            drain_timeout: args.drain_timeout,
        }
    }
}

/// What `decode` and `load --replay` read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum InputFormat {
    /// Told by the first octets
    #[default]
    Auto,
    /// BMP messages one after the other, as a router sends them
    Bmp,
    /// A pcap or pcapng capture; BMP is told by content, on any port
    Pcap,
    /// MRT, as route collectors record messages (BGP4MP) and tables (TABLE_DUMP, TABLE_DUMP_V2)
    Mrt,
    /// JSON lines of RIS Live
    RisLive,
}

impl From<InputFormat> for crate::input::InputFormat {
    fn from(typed: InputFormat) -> Self {
        match typed {
            InputFormat::Auto => Self::Auto,
            InputFormat::Bmp => Self::Bmp,
            InputFormat::Pcap => Self::Pcap,
            InputFormat::Mrt => Self::Mrt,
            InputFormat::RisLive => Self::RisLive,
        }
    }
}

/// Where `decode` takes arrival times from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arrival {
    /// From packets, MRT records and RIS Live lines; the time of decoding where there are none.
    #[default]
    Capture,
    /// The time of decoding.
    Now,
    /// This time for all.
    At(Timestamp),
}

impl FromStr for Arrival {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "capture" => return Ok(Arrival::Capture),
            "now" => return Ok(Arrival::Now),
            _ => {}
        }
        let time: jiff::Timestamp = text.parse().map_err(|_| {
            format!(
                "`{text}` is not a time: write capture, now, or a time with its zone, such as \
                 2026-01-31T12:00:00Z"
            )
        })?;
        let micros = u64::try_from(time.as_microsecond()).map_err(|_| {
            format!("`{text}` is before 1970, where BMP's times begin: write a later one")
        })?;
        Ok(Arrival::At(Timestamp::from_micros(micros)))
    }
}

/// Flags of `decode`.
#[derive(Debug, Clone, Args)]
pub struct DecodeArgs {
    /// What the files hold; they may be compressed with gzip, bzip2 or zstd
    #[arg(long, value_enum, value_name = "auto|bmp|pcap|mrt|ris-live", default_value_t)]
    pub input_format: InputFormat,
    /// Print this format to standard output [default: pmacct-json]
    #[arg(short = 'F', long, value_name = "FORMAT[?OPTIONS]", conflicts_with = "output")]
    pub format: Option<String>,
    /// Write to this output instead; may be repeated
    #[arg(short, long, value_name = "FORMAT=URL")]
    pub output: Vec<String>,
    /// What the router is called [default: its address in a capture, 0.0.0.0:0 in other input]
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    pub router: Option<SocketAddr>,
    /// Arrival times: capture (those of packets and records, now where there are none), now, or one
    /// time for all
    #[arg(
        long,
        value_name = "capture|now|RFC3339",
        value_parser = Arrival::from_str,
        default_value = "capture"
    )]
    pub arrival: Arrival,
    /// Exit with 1 for odd messages, too, and for a stream that is cut inside a message
    #[arg(long)]
    pub strict: bool,
    /// Files to read, `-` for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub files: Vec<PathBuf>,
}

/// What made-up or recorded routers send: flags of `load` and `bench`.
#[derive(Debug, Clone, Args)]
pub struct PlayArgs {
    /// Send what these files hold (BMP, captures, MRT, RIS Live) instead of made-up routers
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all = ["peers", "prefixes"]
    )]
    pub replay: Vec<PathBuf>,
    /// What those files hold; they may be compressed with gzip, bzip2 or zstd
    #[arg(
        long,
        value_enum,
        value_name = "auto|bmp|pcap|mrt|ris-live",
        default_value_t,
        requires = "replay"
    )]
    pub input_format: InputFormat,
    /// Routers to play, each a connection of its own [default: 1, or as many as are recorded]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub routers: Option<u32>,
    /// Peers per router
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub peers: u32,
    /// Prefixes per peer
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub prefixes: u32,
    /// What happens besides and after the initial dump, see below; may be repeated
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = Scenario::from_str)]
    pub scenario: Vec<Scenario>,
    /// How often the initial dump, or the recording, is sent
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// The same seed gives the same routers and scenarios
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Where routers connect from: router N (from 0) from address N+1 of a prefix; off leaves it to
    /// the kernel; auto is 127.0.0.0/8 for an IPv4 loopback target, else off
    #[arg(long, value_name = "PREFIX|auto|off", value_parser = Sources::from_str, default_value_t)]
    pub source_addresses: Sources,
}

/// Flags of `load`.
#[derive(Debug, Clone, Args)]
pub struct LoadArgs {
    /// The collector to connect to
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_target)]
    pub target: SocketAddr,
    /// What the routers send.
    #[command(flatten)]
    pub play: PlayArgs,
    /// How fast all routers together send: 5000/s (messages), 10MiB/s (octets), x1 or x0.5 (times
    /// the recorded pace), or max
    #[arg(long, value_name = "RATE", value_parser = Rate::from_str, default_value = "max")]
    pub rate: Rate,
    /// Receive there what the collector writes, and measure how long that takes
    ///
    /// The formats are pmacct-json and bmp, the URLs tcp://ADDR:PORT and unix:PATH; the collector
    /// is started with the same as its --output. Messages then carry the time at which they were
    /// due to be sent in place of the routers' own.
    #[arg(long, value_name = "FORMAT=URL", value_parser = SinkSpec::from_str)]
    pub sink: Option<SinkSpec>,
    /// How long the sink waits for the collector, and in silence for what is missing
    #[arg(
        long,
        value_name = "DUR",
        value_parser = Dur::from_str,
        default_value = "10s",
        requires = "sink"
    )]
    pub sink_wait: Dur,
    /// CPUs for the threads, one each, such as 0-3,8 [default: as many threads as CPUs, unpinned]
    ///
    /// With a sink, the last of several CPUs is the receiver's.
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub cores: Option<CpuList>,
    /// Write the result to this file as JSON, `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// How fast `bench` sends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BenchRate {
    /// At this rate.
    At(Rate),
    /// At half of what a run without limit has come to.
    Half,
}

impl FromStr for BenchRate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "half" => Ok(BenchRate::Half),
            _ => text.parse().map(BenchRate::At).map_err(|e: RateError| format!("{e}, or `half`")),
        }
    }
}

/// Flags of `bench`.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// What the routers send.
    #[command(flatten)]
    pub play: PlayArgs,
    /// How fast all routers together send: as for `load`, or half of what a first run comes to
    #[arg(
        long,
        value_name = "RATE|half",
        value_parser = BenchRate::from_str,
        default_value = "max"
    )]
    pub rate: BenchRate,
    /// What the collector writes; with a URL it goes there and no latency is measured
    #[arg(short, long, value_name = "FORMAT[?OPTIONS][=URL]", default_value = "pmacct-json")]
    pub output: String,
    /// CPUs for the collector's reactors [default: up to half of the CPUs, with the writers']
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub reactor_cores: Option<CpuList>,
    /// CPUs for the collector's writers [default: the last of the collector's CPUs]
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub writer_cores: Option<CpuList>,
    /// CPUs for the routers and, the last of them, for the receiver [default: those that are left]
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub cores: Option<CpuList>,
    /// The collector's --flush-interval [default: 10ms]
    #[arg(long, value_name = "DUR", value_parser = Dur::from_str)]
    pub flush_interval: Option<Dur>,
    /// How often to measure, each time with a new collector; the report has the medians
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// How long to wait for the collector's connection, and in silence for what is missing
    #[arg(long, value_name = "DUR", value_parser = Dur::from_str, default_value = "10s")]
    pub sink_wait: Dur,
    /// Write the result to this file as JSON, `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Flags of `plan`.
#[derive(Debug, Clone, Default, Args)]
pub struct PlanArgs {
    /// Tell instead what is badly tuned on this host, with its effect and its fix
    #[arg(long)]
    pub check: bool,

    /// Print as JSON
    #[arg(long)]
    pub json: bool,

    /// With these CPUs for reactors, as `collect` takes them
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub reactor_cores: Option<CpuList>,

    /// With these CPUs for writers, as `collect` takes them
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub writer_cores: Option<CpuList>,
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
}

/// The whole command line, with help from `tables`.
#[must_use]
pub fn command(tables: HelpTables<'_>) -> clap::Command {
    let lists = lists(tables);
    let after = |examples: &str, exit: &str| format!("{lists}Examples:\n{examples}\n{exit}");
    let end = |command: clap::Command, text: String| {
        command
            .after_help("See --help for more, with examples and exit codes.")
            .after_long_help(text)
    };
    Cli::command()
        .mut_subcommand("collect", |c| end(c, after(COLLECT_EXAMPLES, COLLECT_EXIT)))
        .mut_subcommand("decode", |c| end(c, after(DECODE_EXAMPLES, DECODE_EXIT)))
        .mut_subcommand("load", |c| {
            let scenarios = scenario_help();
            end(c, format!("{scenarios}\nExamples:\n{LOAD_EXAMPLES}\n{LOAD_EXIT}"))
        })
        .mut_subcommand("bench", |c| {
            let scenarios = scenario_help();
            end(c, format!("{scenarios}\nExamples:\n{BENCH_EXAMPLES}\n{BENCH_EXIT}"))
        })
        .mut_subcommand("plan", |c| end(c, format!("Examples:\n{PLAN_EXAMPLES}\n{PLAN_EXIT}")))
}

/// Parses a command line, the program's name first.
///
/// # Errors
/// [`clap::Error`]: help and version as well as mistakes. Its `exit_code()` is 0 for the former and
/// 2 for the latter.
pub fn parse<I>(tables: HelpTables<'_>, typed: I) -> Result<Cli, clap::Error>
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let mut command = command(tables);
    let matches = command.try_get_matches_from_mut(typed)?;
    Cli::from_arg_matches(&matches).map_err(|e| e.format(&mut command))
}

/// The tables as they stand in the help.
fn lists(tables: HelpTables<'_>) -> String {
    let mut text = String::new();
    for (title, rows) in [
        ("Formats (FORMAT)", tables.formats),
        ("Transports (URL)", tables.transports),
        ("Options (after ?, joined by &)", tables.options),
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

const COLLECT_EXAMPLES: &str = "  \
  # JSON lines as pmacct writes them, to standard output
  ribcage collect

  # To a file and to a TCP server, on two addresses
  ribcage collect -l 192.0.2.1:11019 -l [2001:db8::1]:11019 \\
      -o pmacct-json=file:/var/log/bmp.json -o bmp=tcp://127.0.0.1:5000

  # Reactors on CPUs 0 to 2, the writer on 3
  ribcage collect --reactor-cores 0-2 --writer-cores 3
";

const COLLECT_EXIT: &str = "\
Exit codes:
  0  stopped by SIGTERM or SIGINT, and everything was delivered
  1  something failed, or records were not delivered by the end of --drain-timeout
  2  wrong usage or configuration";

const DECODE_EXAMPLES: &str = "  \
  # A capture, as pmacct would have written it
  ribcage decode session.pcap

  # Raw BMP from a pipe, with the router it is from
  zstdcat session.bmp.zst | ribcage decode --router 192.0.2.7:45178 -

  # The same result on every run
  ribcage decode --arrival 2026-01-31T12:00:00Z session.bmp
";

const DECODE_EXIT: &str = "\
Exit codes:
  0  done; odd messages in sound frames are counted, a stream cut inside a message is a warning,
     and a reader that closes standard output early is no failure
  1  broken framing, no BMP at all, or a file that cannot be read; with --strict also odd messages
     and cut streams
  2  wrong usage";

const LOAD_EXAMPLES: &str = "  \
  # Ten routers with four peers of 100 000 prefixes each, as fast as they are taken
  ribcage load --target 127.0.0.1:11019 --routers 10 --peers 4 --prefixes 100000

  # Three thousand routers; peers flap while routes change, then all reconnect at once
  ribcage load --target 127.0.0.1:11019 --routers 3000 --prefixes 10 \\
      --scenario churn:rate=5000/s --scenario flap:every=3s --scenario storm:every=8s

  # A capture, three times, at 5000 messages a second
  ribcage load --target [::1]:11019 --replay session.pcap --repeat 3 --rate 5000/s

  # How long a route takes through `ribcage collect -o pmacct-json=tcp://127.0.0.1:5170`
  ribcage load --target 127.0.0.1:11019 --rate 5000/s --prefixes 100000 \\
      --sink pmacct-json=tcp://127.0.0.1:5170
";

const LOAD_EXIT: &str = "\
Exit codes:
  0  everything was sent, and with --sink everything came out
  1  a connection failed or ended early, something did not come out, or a file cannot be read
  2  wrong usage";

const BENCH_EXAMPLES: &str = "  \
  # Throughput, and what it costs
  ribcage bench --routers 4 --peers 2 --prefixes 100000

  # Latency at half of the rate that can be kept up, the medians of five runs
  ribcage bench --routers 4 --peers 2 --prefixes 100000 --rate half --runs 5

  # Without JSON: the bytes as received, counted and forgotten
  ribcage bench --prefixes 1000000 --output bmp=null: --json bench.json
";

const BENCH_EXIT: &str = "\
Exit codes:
  0  measured, and everything that was sent came out
  1  either side failed, something is missing, or a signal ended it early
  2  wrong usage";

const PLAN_EXAMPLES: &str = "  \
  # What `collect` would do here
  ribcage plan

  # With half the machine
  taskset -c 0-3 ribcage plan --json

  # What is badly tuned here, with the limits that a service has
  systemd-run --pipe -p LimitNOFILE=65536 ribcage plan --check

  # The same for CPUs that are pinned
  ribcage plan --check --reactor-cores 2-6 --writer-cores 7
";

const PLAN_EXIT: &str = "\
Exit codes:
  0  done
  1  the machine cannot be read, or --check found something that matters
  2  wrong usage";

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    const TABLES: HelpTables<'_> = HelpTables {
        formats: &[("pmacct-json", "JSON as pmacct writes it"), ("bmp", "as received")],
        transports: &[("file:PATH", "appends to a file")],
        options: &[],
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
                    --max-frame 64KiB --drain-timeout 1m";
        let Command::Collect(args) = parsed(line).unwrap().command else { panic!() };
        let config = crate::config::CollectConfig::new(args.into()).unwrap();
        assert_eq!(config.listen.len(), 2);
        assert_eq!(config.outputs, ["bmp=null:", "pmacct-json=stdout:"]);
        assert_eq!(config.reactor_cores.unwrap().to_string(), "0-2");
        assert_eq!(config.writer_cores.unwrap().to_string(), "3");
        assert_eq!((config.batch_memory, config.max_frame), (1 << 30, 64 << 10));
        assert_eq!(config.flush_interval.as_millis(), 5);
        assert_eq!(config.drain_timeout.as_secs(), 60);
    }

    #[test]
    fn a_wrong_value_is_refused_with_what_would_be_right() {
        for (line, part) in [
            ("collect -l 11019", "write [::]:11019"),
            ("collect --reactor-cores 3-1", "write 1-3"),
            ("collect --batch-memory 64MB", "write 64MiB"),
            ("collect --flush-interval 10", "write 10s for seconds or 10ms"),
            ("collect --bogus", "--bogus"),
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
        ] {
            assert!(help.contains(&format!("[default: {default}]")), "{default} in {help}");
        }
        let Bounds { min, max, .. } = FLUSH_INTERVAL;
        assert!(help.contains(&format!("{min} to {max}")));
        let Bounds { min, max, .. } = MAX_FRAME;
        assert!(help.contains(&format!("{min} to {max}")));
    }
}
