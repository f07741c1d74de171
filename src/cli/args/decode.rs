//! Flags of `decode`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::config::units::parse_address;
use crate::filter::Filter;
use crate::wire::Timestamp;

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
    /// Messages of OpenBMP's topic bmp_raw, behind binary headers or lines of text
    OpenbmpRaw,
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
            InputFormat::OpenbmpRaw => Self::OpenbmpRaw,
            InputFormat::RisLive => Self::RisLive,
        }
    }
}

/// Where `decode` takes arrival times from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arrival {
    /// From packets, MRT records, OpenBMP messages and RIS Live lines; the time of decoding where
    /// there are none.
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
    #[arg(
        long,
        value_enum,
        value_name = "auto|bmp|pcap|mrt|openbmp-raw|ris-live",
        default_value_t
    )]
    pub input_format: InputFormat,
    /// Print this format to standard output [default: pmacct-json]
    #[arg(short = 'F', long, value_name = "FORMAT[?OPTIONS]", conflicts_with = "output")]
    pub format: Option<String>,
    /// Write to this output instead; may be repeated
    #[arg(short, long, value_name = "FORMAT=URL")]
    pub output: Vec<String>,
    /// Show only records and routes that fit, on every output; the terms are listed below
    ///
    /// Such as 'prefix within 10.0.0.0/8 and not message = statistics'. One output alone takes a
    /// filter as its option: -o 'FORMAT=URL?filter=EXPR'. Both must fit. What a term cannot be
    /// asked, such as attributes of a withdrawal, passes.
    #[arg(long, value_name = "EXPR", value_parser = Filter::from_str)]
    pub filter: Option<Filter>,
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
    /// How routers speak.
    #[command(flatten)]
    pub dialect: super::DialectArgs,
    /// Files to read, `-` for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub files: Vec<PathBuf>,
}

pub(super) const EXAMPLES: &str = "  \
  # A capture, as pmacct would have written it
  ribcage decode session.pcap

  # Raw BMP from a pipe, with the router it is from
  zstdcat session.bmp.zst | ribcage decode --router 192.0.2.7:45178 -

  # The routes of one origin in a prefix, and nothing but announcements and withdrawals
  ribcage decode --filter 'prefix within 10.0.0.0/8 and origin-as = 64496
      and message in (announce, withdraw)' session.bmp

  # The same result on every run
  ribcage decode --arrival 2026-01-31T12:00:00Z session.bmp
";

pub(super) const EXIT: &str = "\
Exit codes:
  0  done; odd messages in sound frames are counted, a stream cut inside a message is a warning,
     and a reader that closes standard output early is no failure
  1  broken framing, no BMP at all, or a file that cannot be read; with --strict also odd messages
     and cut streams
  2  wrong usage";
