//! Raw messages of OpenBMP's message bus, one after the other: each a BMP message behind a binary
//! OBMP header, as RouteViews and CAIDA publish them, or behind lines of text, as OpenBMP's
//! collector writes them. What copies messages from Kafka into a file may end each with a line
//! feed, which is passed over.
//!
//! Each router of each collector becomes a session. A message whose header makes no sense, or that
//! holds no whole BMP messages, is counted and skipped; only a length that makes none ends the
//! reading.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::emitter::Emitter;
use super::window::Window;
use super::{InputError, InputEvent, InputFormat, InputOptions, StreamEnd, Summary};
use crate::bmp::{COMMON_HEADER_LEN, CommonHeader, FrameError};
use crate::wire::{Reader, Timestamp, WireError};

const MAGIC: &[u8] = b"OBMP";
/// How the text form begins: its version.
const TEXT: &[u8] = b"V: ";

/// Octets of a binary header up to the lengths of itself and of the message.
const LENGTHS_BYTES: usize = 12;
/// Octets of the longest lines of text that are believed, all together.
const TEXT_BYTES_MAX: usize = 4096;

/// Routers of one recording: each is a session.
const ROUTERS_MAX: usize = 65_536;

const FLAG_ROUTER: u8 = 0x80;
const FLAG_IPV6: u8 = 0x40;
/// The object type of raw messages.
const BMP_RAW: u8 = 12;

/// Whether a file that begins with these octets holds raw messages.
pub(super) fn told_by(first: &[u8]) -> bool {
    let first = first.trim_ascii_start();
    first.starts_with(b"OBMP\x01") || first.starts_with(b"V: 1.")
}

/// Why a message is skipped.
#[derive(Debug)]
enum Odd {
    Wire(WireError),
    Frame(FrameError),
    /// What follows the header is not made of whole BMP messages.
    Parts,
    Routers,
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) => error.fmt(f),
            Self::Frame(error) => error.fmt(f),
            Self::Parts => f.write_str("what follows its header is not made of whole BMP messages"),
            Self::Routers => write!(f, "more than {ROUTERS_MAX} routers"),
        }
    }
}

impl From<WireError> for Odd {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

/// Who sent a message, and when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    router: Name,
    at: Option<Timestamp>,
}

/// What tells routers apart. Ids are compared as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Name {
    collector: Vec<u8>,
    id: Vec<u8>,
    address: Option<IpAddr>,
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    number: usize,
    last: Option<Timestamp>,
}

/// Reads a recording to its end.
pub(super) fn recorded(mut window: Window, options: &InputOptions, out: Emitter<'_>) -> Summary {
    let mut recording =
        Recording { nameless: options.router_or_none(), streams: HashMap::new(), out };
    let fault = recording.walk(&mut window).err();
    let end = if fault.is_some() { StreamEnd::Fault } else { StreamEnd::EndOfInput };
    let Recording { streams, mut out, .. } = recording;
    let mut streams: Vec<_> = streams.into_values().collect();
    streams.sort_unstable_by_key(|stream| stream.number);
    for stream in streams {
        out.close(stream.number, stream.last, end);
    }
    Summary { format: InputFormat::OpenbmpRaw, octets: window.octets(), fault, ..out.summary }
}

struct Recording<'e> {
    /// The router of messages that name none.
    nameless: SocketAddr,
    streams: HashMap<Name, Stream>,
    out: Emitter<'e>,
}

impl Recording<'_> {
    fn walk(&mut self, window: &mut Window) -> Result<(), InputError> {
        while !self.out.summary.stopped {
            while window.next(1)? == b"\n" {
                window.consume(1);
            }
            let offset = window.offset();
            let (head_len, len) = match window.next(MAGIC.len())? {
                [] => return Ok(()),
                first if first.starts_with(TEXT) => self.text_lengths(window, offset)?,
                MAGIC => self.binary_lengths(window, offset)?,
                first if MAGIC.starts_with(first) || TEXT.starts_with(first) => {
                    return Err(cut(offset, MAGIC.len(), first.len()));
                }
                first => return Err(InputError::NotObmp { offset, first: first.to_vec() }),
            };
            let whole = window.next(head_len + len)?;
            let Some((head, message)) = whole.split_at_checked(head_len) else {
                return Err(cut(offset, head_len + len, whole.len()));
            };
            if message.len() < len {
                return Err(cut(offset, head_len + len, whole.len()));
            }
            let origin = if head.starts_with(MAGIC) { binary(head) } else { Ok(Some(text(head))) };
            let outcome = origin.and_then(|origin| match origin {
                Some(origin) => self.message(origin, message).map(|()| true),
                None => Ok(false),
            });
            self.out.summary.count_record(outcome, || format!("OBMP message at octet {offset}"));
            window.consume(head_len + len);
        }
        Ok(())
    }

    /// Octets of the binary header here, and of what follows it.
    fn binary_lengths(
        &self,
        window: &mut Window,
        offset: u64,
    ) -> Result<(usize, usize), InputError> {
        let head = window.next(LENGTHS_BYTES)?;
        let Some(&[.., h, i, a, b, c, d]) = head.first_chunk::<LENGTHS_BYTES>() else {
            return Err(cut(offset, LENGTHS_BYTES, head.len()));
        };
        let head_len = usize::from(u16::from_be_bytes([h, i]));
        if head_len < LENGTHS_BYTES {
            return Err(InputError::ObmpLength { offset, part: "header", len: head_len as u64 });
        }
        Ok((head_len, self.believed(u32::from_be_bytes([a, b, c, d]).into(), offset)?))
    }

    /// Octets of the lines of text here, and of what follows them.
    fn text_lengths(&self, window: &mut Window, offset: u64) -> Result<(usize, usize), InputError> {
        let mut need = 0;
        let (lines, end) = loop {
            // Never more than the least message behind the lines, which may wait in a pipe.
            need += COMMON_HEADER_LEN;
            let lines = window.next(need)?;
            match memchr::memmem::find(lines, b"\n\n") {
                Some(end) => break (window.next(need)?, end),
                None if lines.len() < need => return Err(cut(offset, need, lines.len())),
                None if need > TEXT_BYTES_MAX => {
                    let (part, len) = ("header", need as u64);
                    return Err(InputError::ObmpLength { offset, part, len });
                }
                None => {}
            }
        };
        let len = value(&lines[..end], "L").and_then(|len| str::from_utf8(len).ok()?.parse().ok());
        Ok((end + 2, self.believed(len.unwrap_or(u64::MAX), offset)?))
    }

    fn believed(&self, len: u64, offset: u64) -> Result<usize, InputError> {
        match usize::try_from(len) {
            Ok(len) if len <= self.out.limits.message_max => Ok(len),
            _ => Err(InputError::ObmpLength { offset, part: "message", len }),
        }
    }

    fn message(&mut self, origin: Origin, octets: &[u8]) -> Result<(), Odd> {
        check(octets)?;
        let Origin { router, at } = origin;
        let known = self.streams.get(&router).copied();
        let mut stream = match known {
            Some(stream) => stream,
            None if self.streams.len() >= ROUTERS_MAX => return Err(Odd::Routers),
            None => {
                let address = router.address.map_or(self.nameless, |ip| SocketAddr::new(ip, 0));
                Stream { number: self.out.open(address, at), last: None }
            }
        };
        // Times of a stream go forward.
        stream.last = stream.last.max(at);
        let (number, at) = (stream.number, stream.last);
        self.streams.insert(router, stream);
        self.out.emit(InputEvent::Data { stream: number, octets, at });
        Ok(())
    }
}

fn cut(offset: u64, need: usize, have: usize) -> InputError {
    InputError::CaptureCut { offset, part: "OBMP message", need: need as u64, have: have as u64 }
}

/// Reads a binary header; none when it is of something else than a raw message.
fn binary(head: &[u8]) -> Result<Option<Origin>, Odd> {
    let mut r = Reader::new(head);
    r.take("magic", MAGIC.len())?;
    match r.u8("OBMP version")? {
        1 => r.u8("OBMP version")?,
        other => return Err(WireError::invalid("OBMP version", MAGIC.len(), other.into()).into()),
    };
    r.take("lengths", 6)?;
    let at = r.offset();
    let flags = r.u8("flags")?;
    if r.u8("object type")? != BMP_RAW {
        return Ok(None);
    }
    if flags & FLAG_ROUTER == 0 {
        return Err(WireError::invalid("flags", at, flags.into()).into());
    }
    let at = Timestamp::new(r.u32("seconds")?.into(), r.u32("microseconds")?);
    let collector = r.take("collector id", 16)?.to_vec();
    let len = r.u16("admin id length")?;
    r.take("admin id", len.into())?;
    let id = r.take("router id", 16)?.to_vec();
    let address = r.array::<16>("router address")?;
    let address = match flags & FLAG_IPV6 {
        0 => {
            let [a, b, c, d, ..] = address;
            IpAddr::from([a, b, c, d])
        }
        _ => IpAddr::from(address).to_canonical(),
    };
    let router = Name { collector, id, address: Some(address) };
    Ok(Some(Origin { router, at: Some(at).filter(|at| at.is_known()) }))
}

/// Reads lines of text. They have no time.
fn text(lines: &[u8]) -> Origin {
    let id = |name| value(lines, name).unwrap_or_default().to_vec();
    let address = value(lines, "R_IP").and_then(|ip| str::from_utf8(ip).ok()?.parse().ok());
    let router = Name { collector: id("C_HASH_ID"), id: id("R_HASH"), address };
    Origin { router, at: None }
}

/// The value of the line with this name.
fn value<'l>(lines: &'l [u8], name: &str) -> Option<&'l [u8]> {
    lines.split(|b| *b == b'\n').find_map(|line| {
        let rest = line.strip_prefix(name.as_bytes())?.strip_prefix(b":")?;
        Some(rest.trim_ascii())
    })
}

/// Whether these are whole BMP messages.
fn check(mut octets: &[u8]) -> Result<(), Odd> {
    if octets.is_empty() {
        return Err(Odd::Parts);
    }
    while !octets.is_empty() {
        let header = CommonHeader::parse(octets, usize::MAX).map_err(Odd::Frame)?;
        octets = header.and_then(|header| octets.get(header.len..)).ok_or(Odd::Parts)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::input::{Source, read};

    const INITIATION: &[u8] = &[3, 0, 0, 0, 6, 4];
    const TERMINATION: &[u8] = &[3, 0, 0, 0, 6, 5];

    /// A raw message of 192.0.2.`router` behind a binary header.
    fn binary_of(router: u8, secs: u32, message: &[u8]) -> Vec<u8> {
        let mut out = b"OBMP\x01\x07\0\x50".to_vec();
        out.extend_from_slice(&(message.len() as u32).to_be_bytes());
        out.extend_from_slice(&[FLAG_ROUTER, BMP_RAW]);
        out.extend_from_slice(&secs.to_be_bytes());
        out.extend_from_slice(&[0, 0, 0, 7]);
        out.extend_from_slice(&[1; 16]);
        out.extend_from_slice(b"\0\x01a");
        out.extend_from_slice(&[router; 16]);
        out.extend_from_slice(&[192, 0, 2, router, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.extend_from_slice(b"\0\x01g\0\0\0\x01");
        out.extend_from_slice(message);
        out
    }

    fn text_of(router: &str, message: &[u8]) -> Vec<u8> {
        let len = message.len();
        let head = format!("V: 1.7\nC_HASH_ID: 1\nR_HASH: 2\nR_IP: {router}\nL: {len}\n\n");
        [head.as_bytes(), message].concat()
    }

    type Read = (Vec<(SocketAddr, Vec<u8>, Vec<Option<Timestamp>>)>, Summary);

    fn run_as(format: InputFormat, file: &[u8]) -> Read {
        let source = Source::new(Box::new(std::io::Cursor::new(file.to_vec())), None);
        let (mut streams, mut open) = (Vec::new(), 0);
        let options = InputOptions { format, ..InputOptions::default() };
        let summary = read(source, &options, &mut |event| {
            match event {
                InputEvent::Open { stream, router, .. } => {
                    assert_eq!(stream, streams.len());
                    streams.push((router, Vec::new(), Vec::new()));
                    open += 1;
                }
                InputEvent::Data { stream, octets, at } => {
                    streams[stream].1.extend_from_slice(octets);
                    streams[stream].2.push(at);
                }
                InputEvent::Close { .. } => open -= 1,
            }
            ControlFlow::Continue(())
        });
        assert_eq!(open, 0);
        (streams, summary)
    }

    fn run(file: &[u8]) -> Read {
        let read = run_as(InputFormat::Auto, file);
        assert_eq!(read.1.format, InputFormat::OpenbmpRaw);
        read
    }

    #[test]
    fn each_router_becomes_a_stream_whose_times_go_forward() {
        let messages = [
            binary_of(1, 50, INITIATION),
            binary_of(2, 51, INITIATION),
            b"\n".to_vec(),
            binary_of(1, 40, TERMINATION),
            binary_of(1, 0, INITIATION),
            binary_of(2, 52, &[TERMINATION, INITIATION].concat()),
        ];
        let (streams, summary) = run(&messages.concat());
        let at = |secs| Some(Timestamp::new(secs, 7));
        let [a, b] = ["192.0.2.1:0", "192.0.2.2:0"].map(|text| text.parse().unwrap());
        let all = [INITIATION, TERMINATION, INITIATION].concat();
        assert_eq!(streams[0], (a, all.clone(), vec![at(50), at(50), at(50)]));
        assert_eq!(streams[1], (b, all, vec![at(51), at(52)]));
        assert_eq!((summary.records, summary.malformed_records), (5, 0));
        assert!(summary.fault.is_none() && streams.len() == 2);
    }

    #[test]
    fn lines_of_text_name_the_router_and_have_no_time() {
        let messages = [
            text_of("2001:db8::1", INITIATION),
            text_of("192.0.2.1", INITIATION),
            text_of("2001:db8::1", TERMINATION),
            b"V: 1.7\nL: 6\n\n".to_vec(),
            INITIATION.to_vec(),
        ];
        let (streams, summary) = run(&messages.concat());
        let routers: Vec<_> = streams.iter().map(|s| s.0.to_string()).collect();
        assert_eq!(routers, ["[2001:db8::1]:0", "192.0.2.1:0", "0.0.0.0:0"]);
        assert_eq!(streams[0].1, [INITIATION, TERMINATION].concat());
        assert!(streams.iter().flat_map(|s| &s.2).all(Option::is_none));
        assert!(summary.fault.is_none());
    }

    #[test]
    fn what_makes_no_sense_inside_its_length_is_counted_and_skipped() {
        let good = binary_of(1, 5, INITIATION);
        let changed = |at: usize, to: u8| {
            let mut odd = good.clone();
            odd[at] = to;
            odd
        };
        for (odd, why) in [
            (changed(4, 2), "OBMP version at octet 4"),
            (changed(12, 0), "flags at octet 12"),
            (changed(39, 99), "admin id at octet 40 needs 99 octets"),
            (changed(80, 9), "BMP version 9"),
            (changed(84, 7), "not made of whole BMP messages"),
            (changed(84, 5), "length 5"),
            (binary_of(1, 5, b""), "not made of whole BMP messages"),
        ] {
            let (streams, summary) =
                run_as(InputFormat::OpenbmpRaw, &[&good[..], &odd, &good].concat());
            let first = summary.first_malformed.unwrap();
            assert!(first.contains(why) && first.contains("message at octet 86"), "{first}");
            assert_eq!((summary.records, summary.malformed_records), (3, 1), "{why}");
            assert_eq!(streams[0].1.len(), 12, "{why}");
        }
        let collector = changed(13, 0);
        let (_, summary) = run_as(InputFormat::OpenbmpRaw, &[&good[..], &collector].concat());
        assert_eq!((summary.other_records, summary.malformed_records), (1, 0));
    }

    #[test]
    fn where_the_next_message_begins_cannot_be_found_the_reading_ends() {
        let good = binary_of(1, 5, INITIATION);
        let mut short = good.clone();
        short[7] = 11;
        let mut long = good.clone();
        long[8] = 1;
        let lines = [b"V: 1.7\nX: ".to_vec(), vec![b'x'; 5000]].concat();
        for (file, why) in [
            (&b"GET / HTTP/1.1"[..], "there is [47, 45, 54, 20]"),
            (&short, "header of 11 octets"),
            (&long, "message of 16777222 octets"),
            (&lines, "a header of"),
            (b"V: 1.7\nR_IP: ::1\n\n______", "does not say how long its message is"),
            (b"V: 1.7\nL: -1\n\n______", "does not say how long its message is"),
        ] {
            let (streams, summary) = run_as(InputFormat::OpenbmpRaw, &[&good[..], file].concat());
            let fault = summary.fault.unwrap();
            assert!(fault.to_string().contains(why) && !fault.is_cut(), "{fault}");
            assert!(fault.to_string().contains("octet 86"), "{fault}");
            assert_eq!(streams[0].1, INITIATION);
        }
        let all = [binary_of(1, 5, INITIATION), text_of("::1", TERMINATION)].concat();
        for cut in 1..all.len() {
            let (_, summary) = run_as(InputFormat::OpenbmpRaw, &all[..cut]);
            match summary.fault {
                None => assert_eq!(cut, good.len()),
                Some(fault) => assert!(fault.is_cut(), "{cut}: {fault}"),
            }
        }
        let (_, summary) = run_as(InputFormat::OpenbmpRaw, b"");
        assert!(summary.fault.is_none() && summary.streams == 0);
    }

    #[test]
    fn a_message_in_a_pipe_does_not_wait_for_the_next() {
        for message in [binary_of(1, 5, INITIATION), text_of("192.0.2.1", INITIATION)] {
            let (reader, mut writer) = std::io::pipe().unwrap();
            std::io::Write::write_all(&mut writer, &message).unwrap();
            let source = Source::new(Box::new(reader), None);
            let options =
                InputOptions { format: InputFormat::OpenbmpRaw, ..InputOptions::default() };
            let summary = read(source, &options, &mut |event| match event {
                InputEvent::Data { .. } => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            });
            assert!(summary.stopped, "the other end is still open");
            drop(writer);
        }
    }
}
