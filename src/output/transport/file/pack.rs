//! Compression of what a file gets: whole records are gathered, and then become one zstd frame
//! (RFC 8878) or gzip member (RFC 1952). Both formats say that such may follow each other.
//!
//! Nothing of one frame is needed to read another: what is on the disk up to the end of a frame can
//! be read whatever happens after it, a file that a crash has left can be gone on with after its
//! last whole frame, and one compressor serves any number of files.

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

/// Octets of records that are compressed together at most, besides the last record.
pub(super) const FRAME: usize = 1024 * 1024;

/// How octets are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// gzip members, at this level.
    Gzip(u32),
    /// zstd frames, at this level.
    Zstd(i32),
}

impl Method {
    /// The end of the names of such files.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Gzip(_) => ".gz",
            Self::Zstd(_) => ".zst",
        }
    }
}

/// See the module: one compressor for all files of an output.
pub(super) struct Packer {
    engine: Engine,
    out: Vec<u8>,
}

enum Engine {
    Gzip(Compress),
    Zstd(Compressor<'static>),
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").finish_non_exhaustive()
    }
}

impl Packer {
    pub(super) fn new(method: Method) -> io::Result<Self> {
        let engine = match method {
            Method::Gzip(level) => Engine::Gzip(Compress::new(Compression::new(level), false)),
            Method::Zstd(level) => {
                let mut compressor = Compressor::new(level)?;
                compressor.set_parameter(CParameter::ChecksumFlag(true))?;
                Engine::Zstd(compressor)
            }
        };
        Ok(Self { engine, out: Vec::new() })
    }

    /// `octets` as one frame or member.
    pub(super) fn pack(&mut self, octets: &[u8]) -> io::Result<&[u8]> {
        self.out.clear();
        match &mut self.engine {
            Engine::Zstd(compressor) => {
                self.out.reserve(zstd::zstd_safe::compress_bound(octets.len()));
                compressor.compress_to_buffer(octets, &mut self.out)?;
            }
            Engine::Gzip(deflate) => member(deflate, octets, &mut self.out)?,
        }
        Ok(&self.out)
    }
}

/// The head of a member: deflate, no flags, no time, of no particular system.
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Appends a gzip member.
fn member(deflate: &mut Compress, octets: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    out.extend_from_slice(&GZIP_HEAD);
    deflate.reset();
    loop {
        let read = deflate.total_in() as usize;
        let rest = octets.get(read..).unwrap_or_default();
        out.reserve(rest.len() / 2 + 256);
        if deflate.compress_vec(rest, out, FlushCompress::Finish)? == Status::StreamEnd {
            break;
        }
    }
    let mut crc = Crc::new();
    crc.update(octets);
    out.extend_from_slice(&crc.sum().to_le_bytes());
    out.extend_from_slice(&(octets.len() as u32).to_le_bytes()); // modulo 2^32, says RFC 1952
    Ok(())
}

/// Records of one file that wait to be compressed together.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    octets: Vec<u8>,
    records: u64,
    since: Option<Instant>,
}

impl Waiting {
    /// Takes one record.
    pub(super) fn push(&mut self, octets: &[u8], now: Instant) {
        if !octets.is_empty() {
            self.octets.extend_from_slice(octets);
            self.records += 1;
            self.since.get_or_insert(now);
        }
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Whether the oldest record has waited for `time`, or there are enough for a frame.
    pub(super) fn is_due(&self, now: Instant, time: Duration) -> bool {
        let waited = |since: Instant| now.saturating_duration_since(since) >= time;
        self.octets.len() >= FRAME || self.since.is_some_and(waited)
    }

    /// Forgets them and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.octets.clear();
        (self.records, self.since) = (0, None);
    }

    /// Returns memory that is not used.
    pub(super) fn shrink(&mut self) {
        if self.octets.is_empty() {
            self.octets = Vec::new();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Read;

    use super::*;

    fn unpack(method: Method, octets: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match method {
            Method::Gzip(_) => {
                flate2::read::MultiGzDecoder::new(octets).read_to_end(&mut out).unwrap();
            }
            Method::Zstd(_) => {
                zstd::stream::read::Decoder::new(octets).unwrap().read_to_end(&mut out).unwrap();
            }
        }
        out
    }

    #[test]
    fn frames_one_after_the_other_are_what_was_packed() {
        for method in [Method::Gzip(1), Method::Gzip(9), Method::Zstd(1), Method::Zstd(12)] {
            let mut packer = Packer::new(method).unwrap();
            let (mut all, mut packed) = (Vec::new(), Vec::new());
            for len in [1, 0, 255, 70_000, 3, FRAME + 1000] {
                let piece: Vec<u8> = (0..len).map(|n| (n * n % 251) as u8).collect();
                packed.extend_from_slice(packer.pack(&piece).unwrap());
                all.extend(piece);
            }
            assert!(unpack(method, &packed) == all, "{method:?}");
            assert!(packed.len() < all.len() / 2);
        }
    }

    #[test]
    fn what_cannot_become_smaller_is_packed_all_the_same() {
        let mut x = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 56) as u8
        })
        .take(300_000)
        .collect();
        for method in [Method::Gzip(6), Method::Zstd(3)] {
            let mut packer = Packer::new(method).unwrap();
            let packed = packer.pack(&noise).unwrap().to_vec();
            assert!(packed.len() < noise.len() + 1000);
            assert!(unpack(method, &packed) == noise);
        }
    }

    #[test]
    fn records_wait_until_they_are_enough_or_have_waited_long_enough() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        let second = Duration::from_secs(1);
        assert!(!waiting.is_due(now + second, second));
        waiting.push(b"", now);
        assert_eq!((waiting.records(), waiting.is_due(now + second, second)), (0, false));
        waiting.push(b"a", now);
        assert!(!waiting.is_due(now, second) && waiting.is_due(now + second, second));
        waiting.push(&[b'b'; FRAME], now);
        assert!(waiting.is_due(now, second) && waiting.records() == 2);
        waiting.clear();
        assert!(waiting.octets().is_empty() && !waiting.is_due(now + second, second));
    }
}
