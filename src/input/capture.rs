//! The containers of captures: pcap and pcapng, walked packet by packet.
//!
//! pcapng is walked here rather than with the `pcap-file` crate: that one refuses option lists
//! without an end mark, which the format allows, does not apply an interface's time resolution, and
//! keeps every interface description of the file in memory.

use std::ops::ControlFlow;

use pcap_file::pcap::PcapParser;
use pcap_file::{Endianness, PcapError, TsResolution};

use super::InputError;
use super::packet::{Packet, is_link_supported};
use super::window::Window;
use crate::wire::Timestamp;

/// The largest packet that is believed: well above every snapshot length in use (256 KiB), and what
/// the window may grow to.
const PACKET_BYTES_MAX: u32 = 16 << 20;

/// Interfaces of one pcapng section.
const INTERFACES_MAX: usize = 65_536;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;

/// Whether a file that begins with these octets is a capture, and then whether it is pcapng.
pub(super) fn told_by(first: &[u8]) -> Option<bool> {
    match first {
        [0x0a, 0x0d, 0x0d, 0x0a, ..] => Some(true),
        [0xa1, 0xb2, 0xc3, 0xd4, ..] | [0xa1, 0xb2, 0x3c, 0x4d, ..] => Some(false),
        [0xd4, 0xc3, 0xb2, 0xa1, ..] | [0x4d, 0x3c, 0xb2, 0xa1, ..] => Some(false),
        _ => None,
    }
}

/// What becomes of a packet.
pub(super) type PacketSink<'s> = dyn FnMut(&Packet<'_>) -> ControlFlow<()> + 's;

/// Walks a pcap file.
pub(super) fn pcap(window: &mut Window, sink: &mut PacketSink<'_>) -> Result<(), InputError> {
    let head = exactly(window, 24, "file header")?;
    let (_, parser) = PcapParser::new(head).map_err(|e| refused(0, &e))?;
    window.consume(24);
    let header = parser.header();
    // The upper 16 bits tell of frame check sequences.
    let link = u32::from(header.datalink) & 0xffff;
    if !is_link_supported(link) {
        return Err(InputError::LinkType { link });
    }
    let order = Order { big: header.endianness == Endianness::Big };
    loop {
        let offset = window.offset();
        if window.next(1)?.is_empty() {
            return Ok(());
        }
        let head = exactly(window, 16, "packet header")?;
        let captured = order.u32(head, 8).unwrap_or(0);
        check_len(offset, "the captured length", captured)?;
        let whole = exactly(window, 16 + captured as usize, "packet")?;
        let (_, raw) = parser.next_raw_packet(whole).map_err(|e| refused(offset, &e))?;
        let fraction = match header.ts_resolution {
            TsResolution::MicroSecond => raw.ts_frac,
            TsResolution::NanoSecond => raw.ts_frac / 1000,
        };
        let micros = u64::from(raw.ts_sec) * 1_000_000 + u64::from(fraction);
        let packet = Packet {
            link,
            data: &raw.data,
            wire_len: raw.orig_len as usize,
            at: Some(Timestamp::from_micros(micros)),
        };
        let flow = sink(&packet);
        window.consume(16 + captured as usize);
        if flow.is_break() {
            return Ok(());
        }
    }
}

/// Walks a pcapng file.
pub(super) fn pcapng(window: &mut Window, sink: &mut PacketSink<'_>) -> Result<(), InputError> {
    let mut section = Section { order: Order { big: true }, interfaces: Vec::new() };
    loop {
        let offset = window.offset();
        if window.next(1)?.is_empty() {
            return Ok(());
        }
        let head = exactly(window, 12, "block header")?;
        if head.starts_with(&SECTION_HEADER.to_be_bytes()) {
            section = Section::new(offset, head)?;
        }
        let order = section.order;
        let kind = order.u32(head, 0).unwrap_or(0);
        let len = order.u32(head, 4).unwrap_or(0);
        if len < 12 || !len.is_multiple_of(4) {
            let right = "a multiple of 4 from 12";
            return Err(damaged(offset, "the block length", len, right));
        }
        if !matches!(kind, SECTION_HEADER | 1 | 2 | 3 | 6) {
            skip_block(window, order, offset, len)?;
            continue;
        }
        check_len(offset, "the block length", len)?;
        let block = exactly(window, len as usize, "block")?;
        let (rest, trailer) = block.split_at(block.len() - 4);
        check_trailer(offset, order.u32(trailer, 0), len)?;
        let body = &rest[8..];
        let packet = match kind {
            SECTION_HEADER => section.check_version(offset, body).map(|()| None),
            1 => section.describe(offset, body).map(|()| None),
            _ => section.packet(offset, kind, body).map(Some),
        };
        let flow = packet?.map_or(ControlFlow::Continue(()), |packet| sink(&packet));
        window.consume(len as usize);
        if flow.is_break() {
            return Ok(());
        }
    }
}

/// Passes over a block that is of no interest here, however large.
fn skip_block(w: &mut Window, order: Order, offset: u64, len: u32) -> Result<(), InputError> {
    let have = w.skip(u64::from(len) - 4)?;
    let trailer = w.next(4)?;
    if trailer.len() < 4 {
        let have = have + trailer.len() as u64;
        return Err(InputError::CaptureCut { offset, part: "block", need: len.into(), have });
    }
    check_trailer(offset, order.u32(trailer, 0), len)?;
    w.consume(4);
    Ok(())
}

/// The next `n` octets, or an error that says that the file ends before them.
fn exactly<'w>(
    window: &'w mut Window,
    n: usize,
    part: &'static str,
) -> Result<&'w [u8], InputError> {
    let offset = window.offset();
    let octets = window.next(n)?;
    if octets.len() < n {
        let (need, have) = (n as u64, octets.len() as u64);
        return Err(InputError::CaptureCut { offset, part, need, have });
    }
    Ok(octets)
}

fn damaged(offset: u64, what: &'static str, value: u32, right: &'static str) -> InputError {
    InputError::Capture { offset, what, value: value.into(), right }
}

fn refused(offset: u64, error: &PcapError) -> InputError {
    let what = match error {
        PcapError::InvalidField(what) => what,
        _ => "a header",
    };
    damaged(offset, what, 0, "what the pcap format describes")
}

fn check_len(offset: u64, what: &'static str, len: u32) -> Result<(), InputError> {
    if len > PACKET_BYTES_MAX {
        return Err(damaged(offset, what, len, "at most 16777216"));
    }
    Ok(())
}

fn check_trailer(offset: u64, trailer: Option<u32>, len: u32) -> Result<(), InputError> {
    if trailer != Some(len) {
        let right = "the same as at the block's start";
        return Err(damaged(offset, "the block length at its end", trailer.unwrap_or(0), right));
    }
    Ok(())
}

/// The byte order of a file or section.
#[derive(Debug, Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, octets: &[u8], at: usize) -> Option<u16> {
        let array = *octets.get(at..)?.first_chunk::<2>()?;
        Some(if self.big { u16::from_be_bytes(array) } else { u16::from_le_bytes(array) })
    }

    fn u32(self, octets: &[u8], at: usize) -> Option<u32> {
        let array = *octets.get(at..)?.first_chunk::<4>()?;
        Some(if self.big { u32::from_be_bytes(array) } else { u32::from_le_bytes(array) })
    }

    fn u64(self, octets: &[u8], at: usize) -> Option<u64> {
        let array = *octets.get(at..)?.first_chunk::<8>()?;
        Some(if self.big { u64::from_be_bytes(array) } else { u64::from_le_bytes(array) })
    }
}

/// A pcapng section: its byte order and the interfaces it has described so far.
struct Section {
    order: Order,
    interfaces: Vec<Interface>,
}

#[derive(Debug, Clone, Copy)]
struct Interface {
    link: u32,
    snapshot_len: u32,
    /// `if_tsresol`: the time unit, as a negative power of 10, or of 2 with the top bit set.
    resolution: u8,
    /// `if_tsoffset`: seconds to add.
    offset_secs: i64,
}

impl Interface {
    fn time(&self, units: u64) -> Timestamp {
        let exponent = u32::from(self.resolution & 0x7f);
        let base: u128 = if self.resolution & 0x80 == 0 { 10 } else { 2 };
        let scaled = u128::from(units) * 1_000_000;
        // A unit too small to count in gives the start of the epoch, and so "no time".
        let micros = base.checked_pow(exponent).map_or(0, |per_second| scaled / per_second);
        let micros = u64::try_from(micros).unwrap_or(u64::MAX);
        Timestamp::from_micros(
            micros.saturating_add_signed(self.offset_secs.saturating_mul(1_000_000)),
        )
    }
}

impl Section {
    fn new(offset: u64, head: &[u8]) -> Result<Self, InputError> {
        let big = match head.get(8..12) {
            Some([0x1a, 0x2b, 0x3c, 0x4d]) => true,
            Some([0x4d, 0x3c, 0x2b, 0x1a]) => false,
            _ => {
                let magic = Order { big: true }.u32(head, 8).unwrap_or(0);
                let right = "0x1a2b3c4d in either byte order";
                return Err(damaged(offset, "the byte-order magic", magic, right));
            }
        };
        Ok(Self { order: Order { big }, interfaces: Vec::new() })
    }

    fn check_version(&self, offset: u64, body: &[u8]) -> Result<(), InputError> {
        match self.order.u16(body, 4) {
            Some(1) => Ok(()),
            major => {
                let major = major.unwrap_or(0).into();
                Err(damaged(offset, "the major version of the section", major, "1"))
            }
        }
    }

    fn describe(&mut self, offset: u64, body: &[u8]) -> Result<(), InputError> {
        let order = self.order;
        let (Some(link), Some(snapshot_len)) = (order.u16(body, 0), order.u32(body, 4)) else {
            let len = body.len() as u32;
            return Err(damaged(
                offset,
                "the length of an interface description",
                len,
                "8 or more",
            ));
        };
        if self.interfaces.len() >= INTERFACES_MAX {
            let count = INTERFACES_MAX as u32 + 1;
            return Err(damaged(offset, "the number of interfaces", count, "at most 65536"));
        }
        let mut interface =
            Interface { link: link.into(), snapshot_len, resolution: 6, offset_secs: 0 };
        let mut at = 8;
        while let (Some(code), Some(len)) = (order.u16(body, at), order.u16(body, at + 2)) {
            match (code, len) {
                (0, _) => break,
                (9, 1) => interface.resolution = body.get(at + 4).copied().unwrap_or(6),
                (14, 8) => {
                    interface.offset_secs = order.u64(body, at + 4).unwrap_or(0).cast_signed();
                }
                _ => {}
            }
            at += 4 + usize::from(len).next_multiple_of(4);
        }
        self.interfaces.push(interface);
        Ok(())
    }

    /// The packet of an enhanced (6), simple (3) or old (2) packet block.
    fn packet<'b>(&self, offset: u64, kind: u32, b: &'b [u8]) -> Result<Packet<'b>, InputError> {
        let order = self.order;
        let index = match kind {
            6 => order.u32(b, 0),
            2 => order.u16(b, 0).map(u32::from),
            _ => Some(0),
        };
        let Some(interface) = index.and_then(|i| self.interfaces.get(i as usize)) else {
            let right = "the number of one that the section has described";
            return Err(damaged(offset, "the packet's interface", index.unwrap_or(0), right));
        };
        let link = interface.link;
        let short = || damaged(offset, "the length of a packet block", b.len() as u32, "longer");
        if kind == 3 {
            let wire_len = order.u32(b, 0).ok_or_else(short)?;
            let snapshot_len =
                if interface.snapshot_len == 0 { u32::MAX } else { interface.snapshot_len };
            let captured = b.get(4..).unwrap_or(&[]);
            let len = captured.len().min(wire_len.min(snapshot_len) as usize);
            let data = &captured[..len];
            return Ok(Packet { link, data, wire_len: wire_len as usize, at: None });
        }
        let high = order.u32(b, 4).ok_or_else(short)?;
        let low = order.u32(b, 8).ok_or_else(short)?;
        let captured = order.u32(b, 12).ok_or_else(short)?;
        let wire_len = order.u32(b, 16).ok_or_else(short)?;
        let Some(data) = b.get(20..).and_then(|octets| octets.get(..captured as usize)) else {
            let right = "at most what the block holds";
            return Err(damaged(offset, "the captured length", captured, right));
        };
        let at = interface.time(u64::from(high) << 32 | u64::from(low));
        Ok(Packet { link, data, wire_len: wire_len as usize, at: Some(at) })
    }
}
