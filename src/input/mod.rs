//! Files in: BMP as recorded, captures (pcap, pcapng) and messages of OpenBMP that hold it, and
//! what route collectors record (MRT, RIS Live) become streams of events.
//!
//! ```text
//! file ─▶ source ─▶ gzip · bzip2 · zstd ─▶ what is it? ─▶ BMP ────────────────────────────────▶ events
//!                                                    ├─▶ capture ─▶ packet ─▶ flows ─▶ probe ──▲
//!                                                    │   pcap(ng)   segment   in order  BMP?   │
//!                                                    ├─▶ OBMP · text ─▶ of each router ────────┤
//!                                                    └─▶ MRT · RIS Live ─▶ router: BMP is made ┘
//! ```
//!
//! Contract: bytes in, events out; nothing here knows a session, an engine or a clock. Memory is
//! bounded by [`CaptureLimits`] whatever the file holds. BMP is told by its content, on any port,
//! with or without a SYN. Nothing is lost silently: what is passed over is counted in the
//! [`Summary`].

mod capture;
mod emitter;
mod error;
mod flow;
mod flows;
mod mrt;
mod openbmp;
mod packet;
mod probe;
mod ris_live;
mod router;
mod source;
#[cfg(test)]
mod tests;
mod window;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;

use crate::wire::Timestamp;
use emitter::Emitter;
use flows::Flows;
use source::Content;
use window::Window;

pub use error::InputError;
pub use source::{Compression, Layers, Progress, Source, open};

/// Octets of recorded BMP handed on at once, at most.
const CHUNK_BYTES: usize = 256 * 1024;

/// What happens to a stream. A stream is what one router sent over one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputEvent<'a> {
    /// A stream begins. Streams are numbered from 0 in this order.
    Open {
        /// Its number.
        stream: usize,
        /// The sender: an IPv4-mapped address is given as IPv4.
        router: SocketAddr,
        /// When its first octets were captured or recorded; none in recorded BMP.
        at: Option<Timestamp>,
    },
    /// The next octets of the stream: in order, without a gap, cut anywhere.
    Data {
        /// The stream.
        stream: usize,
        /// At least one octet.
        octets: &'a [u8],
        /// When they were captured, or when the octets before them were if those came later. Within
        /// a stream times go forward as the capture's do; between streams they may step back.
        at: Option<Timestamp>,
    },
    /// The stream ends: nothing more comes of it.
    Close {
        /// The stream.
        stream: usize,
        /// When its last packet was captured.
        at: Option<Timestamp>,
        /// Why.
        end: StreamEnd,
    },
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// The router closed the connection.
    Fin,
    /// Either side reset the connection.
    Reset,
    /// The same addresses and ports began a new connection.
    NewConnection,
    /// The input ends here.
    EndOfInput,
    /// Octets are missing in the capture. BMP cannot be picked up again behind them.
    Gap,
    /// Too many connections were open at once: this one was silent for longest.
    Evicted,
    /// The input is damaged or cut here (see [`Summary::fault`]).
    Fault,
}

impl StreamEnd {
    /// Whether all that the router sent up to the end is known to have been delivered.
    #[must_use]
    pub fn is_clean(self) -> bool {
        match self {
            Self::Fin | Self::Reset | Self::NewConnection | Self::EndOfInput => true,
            Self::Gap | Self::Evicted | Self::Fault => false,
        }
    }
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InputFormat {
    /// Told by the first octets: a capture, MRT, OpenBMP, RIS Live, or else recorded BMP.
    #[default]
    Auto,
    /// BMP messages one after the other, as one router sent them.
    Bmp,
    /// A capture: pcap or pcapng.
    Pcap,
    /// MRT records (RFC 6396), as route collectors write them.
    Mrt,
    /// Raw messages of OpenBMP's message bus, behind binary headers or lines of text.
    OpenbmpRaw,
    /// JSON lines of RIS Live.
    RisLive,
}

/// Bounds of what a capture can make this room hold in memory.
#[derive(Debug, Clone, Copy)]
pub struct CaptureLimits {
    /// Octets buffered for one direction of a connection while earlier ones are missing.
    pub stream_buffer: usize,
    /// The same, for all together.
    pub total_buffer: usize,
    /// Directions followed at once; beyond that the ones silent for longest are forgotten.
    pub directions: usize,
    /// The largest BMP message, octets: a header that claims more is taken for something else.
    pub message_max: usize,
}

impl Default for CaptureLimits {
    fn default() -> Self {
        Self {
            stream_buffer: 4 << 20,
            total_buffer: 64 << 20,
            directions: 65_536,
            message_max: 1 << 20,
        }
    }
}

/// How to read an input.
#[derive(Debug, Clone, Copy, Default)]
pub struct InputOptions {
    /// What the file holds.
    pub format: InputFormat,
    /// The router of recorded BMP, MRT and RIS Live, which name none; `0.0.0.0:0` if none is given.
    /// Captures and OpenBMP name theirs.
    pub router: Option<SocketAddr>,
    /// Bounds for captures.
    pub limits: CaptureLimits,
}

impl InputOptions {
    fn router_or_none(&self) -> SocketAddr {
        self.router.unwrap_or(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0))
    }
}

/// What an input came to.
#[derive(Debug, Default)]
#[must_use]
pub struct Summary {
    /// Why reading stopped before the end, if it did. All that came before has been delivered.
    pub fault: Option<InputError>,
    /// The caller wanted no more.
    pub stopped: bool,
    /// What the file turned out to hold; [`InputFormat::Auto`] if it could not be looked at.
    pub format: InputFormat,
    /// Compressions that were undone.
    pub layers: Layers,
    /// Octets of content, after decompression.
    pub octets: u64,
    /// Streams delivered.
    pub streams: usize,
    /// Octets of BMP delivered.
    pub bmp_octets: u64,
    /// Packets in the capture.
    pub packets: u64,
    /// TCP segments among them.
    pub segments: u64,
    /// Segments of which the capture holds only the first octets (snapshot length).
    pub cut_segments: u64,
    /// Packets of other protocols.
    pub other_packets: u64,
    /// Fragments of TCP packets: skipped, they are not put together.
    pub fragments: u64,
    /// Packets whose headers are cut short or contradict themselves.
    pub malformed_packets: u64,
    /// Packets of pcapng interfaces whose link type is not understood.
    pub unknown_link_packets: u64,
    /// Segments that came before earlier ones.
    pub out_of_order: u64,
    /// Octets that had come before (retransmissions, packets captured twice), of any protocol over
    /// TCP.
    pub repeated_octets: u64,
    /// Octets passed over in streams captured from their middle, before their first message.
    pub octets_before_start: u64,
    /// Octets of connections that came after their stream had ended, at a gap for example.
    pub octets_after_end: u64,
    /// Streams that ended at a gap.
    pub gaps: u64,
    /// Directions forgotten because too many were followed at once.
    pub evicted: u64,
    /// Streams that ended that way.
    pub evicted_streams: u64,
    /// MRT records, messages of OpenBMP, or lines of RIS Live.
    pub records: u64,
    /// Records among them that hold nothing for BMP: KEEPALIVEs, other protocols.
    pub other_records: u64,
    /// Records among them that make no sense: skipped.
    pub malformed_records: u64,
    /// Where the first of those is, and what is wrong with it.
    pub first_malformed: Option<String>,
}

impl Summary {
    /// Counts a record: whether it was of use, or what is wrong with it.
    fn count_record<E: fmt::Display>(
        &mut self,
        outcome: Result<bool, E>,
        place: impl FnOnce() -> String,
    ) {
        self.records += 1;
        match outcome {
            Ok(used) => self.other_records += u64::from(!used),
            Err(error) => {
                self.malformed_records += 1;
                self.first_malformed.get_or_insert_with(|| format!("{}: {error}", place()));
            }
        }
    }
}

/// Reads an input to its end, or until `emit` breaks off.
pub fn read(
    source: Source,
    options: &InputOptions,
    emit: &mut dyn FnMut(InputEvent<'_>) -> ControlFlow<()>,
) -> Summary {
    let out = Emitter::new(emit, options.limits);
    let (content, first) = match Content::new(source) {
        Ok(looked) => looked,
        Err(fault) => return Summary { fault: Some(fault), ..Summary::default() },
    };
    let layers = content.layers();
    let format = match options.format {
        InputFormat::Auto => told_by(&first),
        named => named,
    };
    let mut summary = match (format, capture::told_by(&first)) {
        (InputFormat::Pcap, Some(is_pcapng)) => captured(content, is_pcapng, out),
        (InputFormat::Pcap, None) => {
            let first = first.get(..4).unwrap_or(&first).to_vec();
            let fault = Some(InputError::NotACapture { first });
            Summary { fault, format, ..Summary::default() }
        }
        (InputFormat::Mrt, _) => mrt::recorded(Window::new(content), options, out),
        (InputFormat::OpenbmpRaw, _) => openbmp::recorded(Window::new(content), options, out),
        (InputFormat::RisLive, _) => ris_live::recorded(Window::new(content), options, out),
        (InputFormat::Auto | InputFormat::Bmp, _) => recorded(content, options, out),
    };
    summary.layers = layers;
    summary
}

/// What a file that begins with these octets holds. BMP is what is nothing else.
fn told_by(first: &[u8]) -> InputFormat {
    match () {
        () if capture::told_by(first).is_some() => InputFormat::Pcap,
        () if mrt::told_by(first) => InputFormat::Mrt,
        () if openbmp::told_by(first) => InputFormat::OpenbmpRaw,
        () if ris_live::told_by(first) => InputFormat::RisLive,
        () => InputFormat::Bmp,
    }
}

/// One router's BMP, recorded as it came.
fn recorded(mut content: Content, options: &InputOptions, mut out: Emitter<'_>) -> Summary {
    let router = options.router_or_none();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut stream = None;
    let mut end = StreamEnd::EndOfInput;
    while !out.summary.stopped {
        match content.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => {
                let stream = *stream.get_or_insert_with(|| out.open(router, None));
                out.emit(InputEvent::Data { stream, octets: &chunk[..n], at: None });
            }
            Err(fault) => {
                out.summary.fault = Some(fault);
                end = StreamEnd::Fault;
                break;
            }
        }
    }
    if let Some(stream) = stream {
        out.close(stream, None, end);
    }
    Summary { format: InputFormat::Bmp, octets: content.offset(), ..out.summary }
}

/// A capture of any number of connections.
fn captured(content: Content, is_pcapng: bool, out: Emitter<'_>) -> Summary {
    let mut window = Window::new(content);
    let mut flows = Flows::new(out);
    let walked = {
        let mut sink = |packet: &packet::Packet<'_>| {
            flows.packet(packet);
            match flows.out.summary.stopped {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        match is_pcapng {
            true => capture::pcapng(&mut window, &mut sink),
            false => capture::pcap(&mut window, &mut sink),
        }
    };
    let fault = walked.err();
    let end = if fault.is_some() { StreamEnd::Fault } else { StreamEnd::EndOfInput };
    let out = flows.finish(end);
    Summary { format: InputFormat::Pcap, octets: window.octets(), fault, ..out.summary }
}
