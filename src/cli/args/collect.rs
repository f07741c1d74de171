//! Flags of `collect`.

// The documentation of fields is the help, in which [::] is an address.
#![allow(rustdoc::broken_intra_doc_links)]

use std::path::PathBuf;
use std::str::FromStr as _;

use clap::Args;

use crate::config::CollectSettings;
use crate::config::endpoint::Endpoint;
use crate::config::limits::{Keepalive, LimitSettings, MAX_ROUTERS, PerSecond};
use crate::config::network::Network;
use crate::config::output::OutputSetting;
use crate::config::units::{CpuList, Dur, Size, UnitError, whole};
use crate::filter::Filter;

/// Flags of `collect`.
#[derive(Debug, Clone, Default, Args)]
pub struct CollectArgs {
    /// Take from this file what is not typed here: TOML, whose keys are these flags
    ///
    /// Keys are called as the flags, without dashes: `listen = ["[::]:11019"]`. What is typed
    /// replaces what stands in the file, lists as a whole. The file may also hold [[output]] and
    /// [[router]] tables; the page `configuration` of the manual has them all. SIGHUP and SIGUSR2
    /// read it again.
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print the configuration as it would hold, with the origin of each value, and end
    #[arg(long)]
    pub check: bool,
    /// Accept router connections on this address; may be repeated [default: [::]:11019]
    ///
    /// With --connect alone there is no default: then nothing is listened on. IPv6 addresses stand
    /// in brackets; [::] takes IPv4 as well. Port 0 picks a free one and says which in the log. A
    /// device or VRF may follow, to which the socket is then bound: 0.0.0.0:11019%vrf-mgmt. A
    /// link-local address needs its interface: [fe80::1%eth0]:11019.
    #[arg(short, long, value_name = "ADDR:PORT[%DEV]", value_parser = Endpoint::from_str)]
    pub listen: Vec<Endpoint>,
    /// Connect to this router, which waits for it (RFC 7854 §3.2); may be repeated
    ///
    /// A connection that fails or ends is made again, after one second at first and a minute at
    /// most.
    #[arg(long, value_name = "ADDR:PORT[%DEV]", value_parser = Endpoint::target)]
    pub connect: Vec<Endpoint>,
    /// Write to this output; may be repeated [default: pmacct-json=stdout:]
    #[arg(short, long, value_name = "FORMAT=URL")]
    pub output: Vec<String>,
    /// Show only records and routes that fit, on every output; the terms are listed below
    ///
    /// Such as 'prefix within 10.0.0.0/8 and not message = statistics'. One output alone takes a
    /// filter as its option: -o 'FORMAT=URL?filter=EXPR'. Both must fit. What a term cannot be
    /// asked, such as attributes of a withdrawal, passes.
    #[arg(long, value_name = "EXPR", value_parser = Filter::from_str)]
    pub filter: Option<Filter>,
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
    /// Look for work all the time instead of sleeping: reactors and writers use their CPUs whole
    ///
    /// Saves the time that waking up takes. Each of them must have a CPU of its own.
    #[arg(long)]
    pub busy_poll: bool,
    /// Which routers are taken.
    #[command(flatten)]
    pub routers: RouterArgs,
    /// How routers speak.
    #[command(flatten)]
    pub dialect: super::DialectArgs,
    /// What the file of --config adds.
    #[arg(skip)]
    pub from_file: super::FromFile,
}

/// A number of sessions.
fn sessions(text: &str) -> Result<u32, UnitError> {
    whole::<u32, { MAX_ROUTERS.min as u64 }, { MAX_ROUTERS.max as u64 }>(text)
}

/// Flags of `collect`: which routers are taken, and how their sockets are set.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Routers")]
pub struct RouterArgs {
    /// Take routers from this prefix; may be repeated [default: from everywhere]
    ///
    /// IPv4 addresses are matched by IPv4 prefixes alone: ::/0 stands for all of IPv6.
    #[arg(long, value_name = "PREFIX", value_parser = Network::from_str)]
    pub allow: Vec<Network>,
    /// Router sessions in all; more are refused [default: 20000]
    #[arg(long, value_name = "N", value_parser = sessions)]
    pub max_routers: Option<u32>,
    /// Router sessions from one address; more are refused [default: no limit]
    #[arg(long, value_name = "N", value_parser = sessions)]
    pub max_routers_per_source: Option<u32>,
    /// Routers admitted a second; more wait in the kernel's backlog [default: 5000/s]
    #[arg(long, value_name = "N/s", value_parser = PerSecond::from_str)]
    pub accept_rate: Option<PerSecond>,
    /// Close a session after so long a silence, at least 1s [default: never]
    ///
    /// BMP has no keepalive: a router in a calm network may be silent for hours. Its connection is
    /// probed by TCP, see --keepalive.
    #[arg(long, value_name = "DUR", value_parser = Dur::from_str)]
    pub idle_timeout: Option<Dur>,
    /// TCP keepalive: quiet time before the first probe, time between probes, unanswered probes
    /// after which the router is gone [default: 60s,10s,6]
    #[arg(long, value_name = "DUR,DUR,N", value_parser = Keepalive::from_str)]
    pub keepalive: Option<Keepalive>,
    /// Receive buffer of each connection, 4KiB to 1GiB [default: sized by the kernel as it goes]
    ///
    /// The kernel gives no more than its net.core.rmem_max, and the log warns where that is less.
    #[arg(long, value_name = "SIZE", value_parser = Size::from_str)]
    pub receive_buffer: Option<Size>,
    /// DSCP of what is sent to routers, 0 to 63 [default: the kernel's]
    ///
    /// Nothing but TCP's own packets is ever sent to a router: acknowledgements above all.
    #[arg(long, value_name = "N", value_parser = whole::<u8, 0, 63>)]
    pub dscp: Option<u8>,
}

impl From<RouterArgs> for LimitSettings {
    fn from(args: RouterArgs) -> Self {
        LimitSettings {
            allow: args.allow,
            max_routers: args.max_routers,
            max_routers_per_source: args.max_routers_per_source,
            accept_rate: args.accept_rate,
            idle_timeout: args.idle_timeout,
            keepalive: args.keepalive,
            receive_buffer: args.receive_buffer,
            dscp: args.dscp,
        }
    }
}

impl From<CollectArgs> for CollectSettings {
    fn from(args: CollectArgs) -> Self {
        let typed = args.output.into_iter().map(OutputSetting::Text);
        let outputs = args.from_file.outputs.into_iter().chain(typed).collect();
        CollectSettings {
            listen: args.listen,
            connect: args.connect,
            outputs,
            filter: args.filter,
            reactor_cores: args.reactor_cores,
            writer_cores: args.writer_cores,
            batch_memory: args.batch_memory,
            flush_interval: args.flush_interval,
            max_frame: args.max_frame,
            drain_timeout: args.drain_timeout,
            busy_poll: args.busy_poll,
            limits: args.routers.into(),
            dialect: args.dialect.into(),
            routers: args.from_file.routers,
        }
    }
}

pub(super) const EXAMPLES: &str = "  \
  # JSON lines as pmacct writes them, to standard output
  ribcage collect

  # To a file and to a TCP server, on two addresses
  ribcage collect -l 192.0.2.1:11019 -l [2001:db8::1]:11019 \\
      -o pmacct-json=file:/var/log/bmp.json -o bmp=tcp://127.0.0.1:5000

  # One peer as pmacct writes it, and what is after the policy to another station
  ribcage collect -o 'pmacct-json=file:/var/log/peer.json?filter=peer = 192.0.2.7' \\
      -o 'bmp=tcp://127.0.0.1:5000?filter=view in (adj-rib-in-post, loc-rib)'

  # Reactors on CPUs 0 to 2, the writer on 3
  ribcage collect --reactor-cores 0-2 --writer-cores 3

  # Routers of one prefix, in a VRF, and one that waits to be connected to
  ribcage collect -l 0.0.0.0:11019%vrf-mgmt --allow 192.0.2.0/24 \\
      --connect 192.0.2.7:11019%vrf-mgmt

  # What a file comes to
  ribcage collect -c /etc/ribcage.toml --check
";

pub(super) const EXIT: &str = "\
Exit codes:
  0  stopped by SIGTERM or SIGINT, and everything was delivered
  1  something failed, or records were not delivered by the end of --drain-timeout
  2  wrong usage or configuration";
