//! Flags of `collect`.

// The documentation of fields is the help, in which [::] is an address.
#![allow(rustdoc::broken_intra_doc_links)]

use std::net::SocketAddr;
use std::str::FromStr as _;

use clap::Args;

use crate::config::CollectSettings;
use crate::config::units::{CpuList, Dur, Size, parse_address};

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

pub(super) const EXAMPLES: &str = "  \
  # JSON lines as pmacct writes them, to standard output
  ribcage collect

  # To a file and to a TCP server, on two addresses
  ribcage collect -l 192.0.2.1:11019 -l [2001:db8::1]:11019 \\
      -o pmacct-json=file:/var/log/bmp.json -o bmp=tcp://127.0.0.1:5000

  # Reactors on CPUs 0 to 2, the writer on 3
  ribcage collect --reactor-cores 0-2 --writer-cores 3
";

pub(super) const EXIT: &str = "\
Exit codes:
  0  stopped by SIGTERM or SIGINT, and everything was delivered
  1  something failed, or records were not delivered by the end of --drain-timeout
  2  wrong usage or configuration";
