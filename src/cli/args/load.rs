//! Flags of `load`, and what `bench` shares with it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr as _;

use clap::Args;

use super::InputFormat;
use crate::config::units::{CpuList, Dur, UnitError, parse_target, whole};
use crate::load::{Rate, Scenario, SinkSpec, Sources};

/// One and more.
pub(super) fn count(text: &str) -> Result<u32, UnitError> {
    whole::<u32, 1, { u32::MAX as u64 }>(text)
}

/// What made-up or recorded routers send: flags of `load` and `bench`.
#[derive(Debug, Clone, Args)]
pub struct PlayArgs {
    /// Send what these files hold (BMP, captures, MRT, OpenBMP, RIS Live) instead of made-up
    /// routers
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
        value_name = "auto|bmp|pcap|mrt|openbmp-raw|ris-live",
        default_value_t,
        requires = "replay"
    )]
    pub input_format: InputFormat,
    /// Routers to play, each a connection of its own [default: 1, or as many as are recorded]
    #[arg(long, value_name = "N", value_parser = count)]
    pub routers: Option<u32>,
    /// Peers per router
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count)]
    pub peers: u32,
    /// Prefixes per peer
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = whole::<u32, 0, { u32::MAX as u64 }>)]
    pub prefixes: u32,
    /// What happens besides and after the initial dump, see below; may be repeated
    #[arg(long, value_name = "NAME[:KEY=VALUE,…]", value_parser = Scenario::from_str)]
    pub scenario: Vec<Scenario>,
    /// How often the initial dump, or the recording, is sent
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = count)]
    pub repeat: u32,
    /// The same seed gives the same routers and scenarios
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = whole::<u64, 0, { u64::MAX }>)]
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

pub(super) const EXAMPLES: &str = "  \
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

pub(super) const EXIT: &str = "\
Exit codes:
  0  everything was sent, and with --sink everything came out
  1  a connection failed or ended early, something did not come out, or a file cannot be read
  2  wrong usage";
