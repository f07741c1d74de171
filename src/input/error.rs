//! What can be wrong with an input, and where.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::source::Layers;

/// Why reading an input stopped before its end. What was read before has been delivered.
#[derive(Debug)]
pub enum InputError {
    /// The file cannot be opened.
    Open {
        /// The path as given.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The system failed to read the file.
    Read {
        /// Octets of content (after decompression) that were read before.
        offset: u64,
        /// The system's answer.
        source: io::Error,
    },
    /// The compressed data is damaged, or is something else behind the right first octets.
    Compression {
        /// The compression in use.
        layers: Layers,
        /// Octets that were decompressed before.
        offset: u64,
        /// The decompressor's answer.
        source: io::Error,
    },
    /// The compressed data ends before its end mark.
    CompressionCut {
        /// The compression in use.
        layers: Layers,
        /// Octets that were decompressed before.
        offset: u64,
    },
    /// The file ends inside a packet, block or record, as when the recording host stopped in
    /// mid-write.
    CaptureCut {
        /// The octet at which the unfinished part begins.
        offset: u64,
        /// What it is.
        part: &'static str,
        /// Octets that it needs.
        need: u64,
        /// Octets that are there.
        have: u64,
    },
    /// A capture was asked for, and this is none.
    NotACapture {
        /// The first octets, up to four.
        first: Vec<u8>,
    },
    /// MRT was asked for, and this is none.
    NotMrt {
        /// The first octets, up to twelve.
        first: Vec<u8>,
    },
    /// No raw message of OpenBMP begins where one should.
    NotObmp {
        /// The octet at which it should.
        offset: u64,
        /// The octets there, up to four.
        first: Vec<u8>,
    },
    /// A raw message of OpenBMP claims a length that makes no sense.
    ObmpLength {
        /// The octet at which it begins.
        offset: u64,
        /// What is as long as that.
        part: &'static str,
        /// The length that it claims, octets; all ones when it claims none.
        len: u64,
    },
    /// RIS Live was asked for, and this is none.
    NotRisLive {
        /// The first octets, up to twelve.
        first: Vec<u8>,
    },
    /// The header of an MRT record claims a length that makes no sense.
    MrtLength {
        /// The octet at which the record begins.
        offset: u64,
        /// The length that it claims, octets.
        len: u32,
    },
    /// A field of the capture file makes no sense: nothing after it can be found.
    Capture {
        /// The octet at which the packet or block with this field begins.
        offset: u64,
        /// The field.
        what: &'static str,
        /// Its value.
        value: u64,
        /// What would be right.
        right: &'static str,
    },
    /// The whole capture has a link type that is not understood.
    LinkType {
        /// The LINKTYPE_ value.
        link: u32,
    },
}

impl InputError {
    /// Whether the input merely ends too early: everything up to there was sound.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::CompressionCut { .. } | Self::CaptureCut { .. })
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { path, source } => write!(f, "cannot open {}: {source}", path.display()),
            Self::Read { offset, source } => {
                write!(f, "cannot read on at octet {offset}: {source}")
            }
            Self::Compression { layers, offset, source } => write!(
                f,
                "the {layers} data is damaged after {offset} decompressed octets: {source}"
            ),
            Self::CompressionCut { layers, offset } => write!(
                f,
                "the {layers} data is cut short: it ends after {offset} decompressed octets \
                 without its end mark"
            ),
            Self::CaptureCut { offset, part, need, have } => write!(
                f,
                "the file ends inside the {part} at octet {offset}: it needs {need} octets, but \
                 {have} are left"
            ),
            Self::NotACapture { first } => write!(
                f,
                "this is neither pcap nor pcapng: it begins with {first:02x?}, where a1b2c3d4 or \
                 a1b23c4d (in either byte order) or 0a0d0d0a would be right"
            ),
            Self::NotMrt { first } => write!(
                f,
                "this is not MRT: it begins with {first:02x?}, where 4 octets of time, a type such \
                 as 000c, 000d, 0010 or 0011, a subtype and a length would be right"
            ),
            Self::NotObmp { offset, first } => write!(
                f,
                "octet {offset} does not begin a raw message of OpenBMP: there is {first:02x?}, \
                 where `OBMP` or `V: ` would be right"
            ),
            Self::ObmpLength { offset, part, len: u64::MAX } => write!(
                f,
                "the message of OpenBMP at octet {offset} does not say how long its {part} is, so \
                 that nothing after it can be found"
            ),
            Self::ObmpLength { offset, part, len } => write!(
                f,
                "the message of OpenBMP at octet {offset} has a {part} of {len} octets, which none \
                 has"
            ),
            Self::NotRisLive { first } => write!(
                f,
                "this is not RIS Live: it begins with `{}`, where a JSON object in braces, one in \
                 each line, would be right",
                first.escape_ascii()
            ),
            Self::MrtLength { offset, len } => write!(
                f,
                "octet {offset} does not begin an MRT record: its length is {len}, more than the \
                 16777216 that any record has"
            ),
            Self::Capture { offset, what, value, right } => write!(
                f,
                "the capture is damaged at octet {offset}: {what} is {value}, where {right} would \
                 be right"
            ),
            Self::LinkType { link } => write!(
                f,
                "link type {link} is not supported: Ethernet (1), raw IP (12, 14, 101, 228, 229), \
                 Linux cooked (113, 276) and loopback (0, 108) are"
            ),
        }
    }
}

impl std::error::Error for InputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Open { source, .. }
            | Self::Read { source, .. }
            | Self::Compression { source, .. } => Some(source),
            _ => None,
        }
    }
}
