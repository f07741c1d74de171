//! Streams and files: what a session, an output and the readers of recordings make of them.

use std::io::Cursor;
use std::ops::ControlFlow;
use std::time::Instant;

use ribcage::bgp::encode::{self as bgp, Capability};
use ribcage::bgp::nlri::{self, FAMILIES};
use ribcage::bmp::{COMMON_HEADER_LEN, PER_PEER_HEADER_LEN, encode as bmp};
use ribcage::engine::port::Consumed;
use ribcage::input::{InputEvent, InputFormat, InputOptions, Source, read};
use ribcage::output::{OutputSpec, open_outputs};
use ribcage::record::{Batch, BatchLimits, Event, Record, SessionId, Span, Update};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

use super::parts::Count;

const FRAME_MAX: usize = 1 << 16;

fn new_session() -> Session {
    let limits = SessionLimits { max_frame: FRAME_MAX, ..SessionLimits::default() };
    Session::new(SessionId(1), ([192, 0, 2, 1], 179).into(), limits)
}

/// A session fed in pieces whose sizes the first octets give, in a context that they negotiate:
/// what was framed comes out octet by octet, every record points into its own message, and work
/// and memory are in proportion.
pub fn session(input: &[u8]) {
    let Some((&[piece, seal, records, how, families], octets)) = input.split_first_chunk::<5>()
    else {
        return;
    };
    let stream = [&negotiation(how, families, octets)[..], octets].concat();
    let limits = BatchLimits {
        seal_bytes: usize::from(seal) * 8 + 1,
        message_bytes: FRAME_MAX,
        records: usize::from(records) + 1,
    };
    let (mut session, mut batch) = (new_session(), Batch::new(limits));
    let (mut framed, mut messages, mut calls, mut pieces) = (Vec::new(), 0, 0, 0);
    let mut take = |batch: &mut Batch| {
        assert!(batch.bytes() <= limits.seal_bytes + FRAME_MAX);
        assert!(batch.records().len() <= limits.records);
        for record in batch.records() {
            within(batch, record);
            framed.extend_from_slice(batch.message(record));
        }
        messages += batch.records().len();
        batch.reset();
    };
    'input: for mut left in stream.chunks(usize::from(piece) + 1) {
        pieces += 1;
        loop {
            let (used, received) = session.receive(Timestamp::default(), left, &mut batch);
            (left, calls) = (&left[used..], calls + 1);
            assert!(session.tail_len() <= FRAME_MAX);
            while session.take_event().is_some() {}
            match received {
                Received::NeedInput => {
                    assert!(left.is_empty());
                    break;
                }
                Received::BatchFull => take(&mut batch),
                Received::Broken(_) => break 'input,
            }
        }
    }
    take(&mut batch);
    assert!(stream.starts_with(&framed));
    assert!(messages * COMMON_HEADER_LEN <= framed.len(), "no record without a message");
    assert!(calls <= pieces + messages, "every call takes a piece or fills a batch");
}

/// A Peer Up of the stream's first peer, whose OPENs offer what the octets say; nothing where the
/// first one is even, or the stream does not begin with a Route Monitoring message.
fn negotiation(how: u8, families: u8, stream: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let peer = COMMON_HEADER_LEN..COMMON_HEADER_LEN + PER_PEER_HEADER_LEN;
    let (Some(peer), Some([3, .., 0]), 1) = (stream.get(peer), stream.first_chunk::<6>(), how & 1)
    else {
        return out;
    };
    let rows = FAMILIES.iter().enumerate();
    let add_path: Vec<_> = rows
        .filter(|(row, _)| families >> (row % 8) & 1 == 1)
        .map(|(_, known)| (known.family, how >> 2 & 3))
        .collect();
    let mut capabilities = vec![Capability::AddPath(&add_path)];
    if how & 2 != 0 {
        capabilities.push(Capability::FourOctetAs(65_001));
    }
    let bgp_id = [192, 0, 2, 9].into();
    let say = bgp::Open { asn: 65_001, hold_time: 180, bgp_id, capabilities: &capabilities };
    bmp::message(&mut out, 3, |out| {
        out.extend_from_slice(peer);
        out.extend_from_slice(&[0; 20]);
        bgp::open(out, &say);
        bgp::open(out, &say);
    });
    out
}

/// Asserts that all that a record points at lies in its message.
pub fn within(batch: &Batch, record: &Record) {
    let message = batch.message(record);
    assert_eq!(message.len(), record.message.len as usize);
    match &record.event {
        Event::RouteMonitoring(update) => update_within(update, message),
        Event::Odd(error) => assert!(error.offset <= message.len(), "{error}"),
        Event::Message | Event::SessionOpen | Event::SessionClose(_) => {}
    }
}

/// A span's ends.
fn ends(span: Span) -> (usize, usize) {
    (span.start as usize, span.start as usize + span.len as usize)
}

fn update_within(update: &Update, message: &[u8]) {
    let (begin, end) = ends(update.pdu);
    let inside = |span: Span, (begin, end): (usize, usize)| {
        let (from, to) = ends(span);
        assert!(begin <= from && from <= to && to <= end, "{span:?} in {begin}..{end}");
    };
    inside(update.pdu, (0, message.len()));
    inside(update.attributes, (begin, end));
    inside(update.extra, (end, message.len()));
    // In version 4 the BGP message is in a TLV, and others may stand around it.
    if message.first() == Some(&3) {
        assert_eq!(begin, COMMON_HEADER_LEN + PER_PEER_HEADER_LEN);
        assert_eq!(ends(update.extra), (end, message.len()));
    }
    for section in update.sections() {
        inside(section.span, (begin, end));
        inside(section.rest, (begin, end));
        assert_eq!(ends(section.span).1, section.rest.start as usize);
        assert!(section.count <= section.span.len, "a route takes an octet at least");
        let error = section.error(message);
        assert_eq!(error.is_some(), section.rest.len > 0);
        assert!(error.is_none_or(|error| error.offset <= message.len()));
        if nlri::is_decoded(section.family) {
            let (announced, mut seen) = (section.kind.announces(), Count::default());
            let octets = section.span.of(message);
            nlri::visit_all(section.family, section.add_path, announced, octets, &mut seen)
                .expect("the section is sound");
            assert_eq!(seen.0, section.count as usize);
        }
    }
}

/// Octets to lines: session, batch and `pmacct-json` with everything that it can show.
pub fn decode(octets: &[u8]) {
    let specs = OutputSpec::parse_all(&["pmacct-json?extra=all=null:"]).expect("a sound output");
    let mut sink = open_outputs(&specs).expect("null: opens").remove(0).sink;
    let (mut session, mut left) = (new_session(), octets);
    let limits = BatchLimits { seal_bytes: FRAME_MAX, message_bytes: FRAME_MAX, records: 1024 };
    let mut batch = Batch::new(limits);
    loop {
        let (used, received) = session.receive(Timestamp::default(), left, &mut batch);
        left = &left[used..];
        while sink.consume(&batch, Instant::now()) != Consumed::Done {}
        batch.reset();
        if received != Received::BatchFull {
            break;
        }
    }
}

/// Files of any kind: captures, compressed or not, and recorded BMP.
pub fn capture(octets: &[u8]) {
    recorded(InputFormat::Auto, octets, Some(octets.len() as u64));
}

/// Recordings of route collectors, as the first octet has it: MRT, RIS Live, or raw messages of
/// OpenBMP.
pub fn recording(octets: &[u8]) {
    let Some((&first, content)) = octets.split_first() else { return };
    let format = match first % 3 {
        0 => InputFormat::Mrt,
        1 => InputFormat::RisLive,
        _ => InputFormat::OpenbmpRaw,
    };
    recorded(format, content, None);
}

fn recorded(format: InputFormat, octets: &[u8], len: Option<u64>) {
    let (versions, kinds) = match format {
        InputFormat::OpenbmpRaw => (3..=4, 0..=255), // as received
        _ => (3..=3, 0..=4),
    };
    let source = Source::new(Box::new(Cursor::new(octets.to_vec())), len);
    let options = InputOptions { format, ..InputOptions::default() };
    let mut open = 0_usize;
    let _ = read(source, &options, &mut |event| {
        match event {
            InputEvent::Open { .. } => open += 1,
            InputEvent::Close { .. } => open -= 1,
            InputEvent::Data { mut octets, .. } if format != InputFormat::Auto => {
                // What was made is sound, whatever it was made of.
                while let Some(&[version, a, b, c, d, kind]) = octets.first_chunk::<6>()
                    && versions.contains(&version)
                    && kinds.contains(&kind)
                {
                    octets = &octets[u32::from_be_bytes([a, b, c, d]) as usize..];
                }
                assert!(octets.is_empty(), "whole messages");
            }
            InputEvent::Data { .. } => {}
        }
        ControlFlow::Continue(())
    });
    assert_eq!(open, 0, "every stream that was opened is closed");
}
