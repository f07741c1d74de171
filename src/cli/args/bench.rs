//! Flags of `bench`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::PlayArgs;
use super::load::count;
use crate::config::units::{CpuList, Dur};
use crate::load::{Rate, RateError};

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
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count)]
    pub runs: u32,
    /// How long to wait for the collector's connection, and in silence for what is missing
    #[arg(long, value_name = "DUR", value_parser = Dur::from_str, default_value = "10s")]
    pub sink_wait: Dur,
    /// Write the result to this file as JSON, `-` for standard output
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

pub(super) const EXAMPLES: &str = "  \
  # Throughput, and what it costs
  ribcage bench --routers 4 --peers 2 --prefixes 100000

  # Latency at half of the rate that can be kept up, the medians of five runs
  ribcage bench --routers 4 --peers 2 --prefixes 100000 --rate half --runs 5

  # Without JSON: the bytes as received, counted and forgotten
  ribcage bench --prefixes 1000000 --output bmp=null: --json bench.json
";

pub(super) const EXIT: &str = "\
Exit codes:
  0  measured, and everything that was sent came out
  1  either side failed, something is missing, or a signal ended it early
  2  wrong usage";
