//! Frames → session → batch → lane → format → null transport, on two threads.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use ribcage::engine::port::{Consumed, Sink};
use ribcage::engine::seam::{Feeder, Taker, pair};
use ribcage::load::{Source, count, write_stream};
use ribcage::output::{Output, OutputSpec};
use ribcage::record::{BatchLimits, PeerContext, SessionId};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

use crate::counting;

/// Messages that must come by without a single allocation.
const MESSAGES: u64 = 1_000_000;
const READ_OCTETS: usize = 256 * 1024;
const ROUTE_MONITORING: u8 = 0;
/// Where the per-peer header has its time (RFC 7854 §4.2), after the common header.
const SECONDS_AT: usize = 6 + 34;

/// A router's stream: how it begins, and Route Monitoring that may be said again and again, in
/// messages of few routes.
pub(crate) fn stream() -> (Vec<u8>, Vec<u8>, u64) {
    let mut octets = Vec::new();
    let source = Source::Synthetic { peers: 8, prefixes: 4_000 };
    write_stream(&source, 0, 1, &mut octets).unwrap();
    let (mut head, mut routes, mut messages) = (Vec::new(), Vec::new(), 0);
    let mut left = &octets[..];
    while let Some(&[_, a, b, c, d, kind]) = left.first_chunk::<6>() {
        let (message, rest) = left.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
        left = rest;
        match kind {
            // Messages of one route: a million of them are fewer routes.
            ROUTE_MONITORING if count(message).announced != 1 => {}
            ROUTE_MONITORING => {
                routes.extend_from_slice(message);
                messages += 1;
                // A table was learnt over weeks: every route has a second of its own.
                let seconds = 1_767_000_000 + messages as u32 * 7_919 % 1_000_000;
                let at = routes.len() - message.len() + SECONDS_AT;
                routes[at..at + 4].copy_from_slice(&seconds.to_be_bytes());
            }
            _ => head.extend_from_slice(message),
        }
    }
    assert!(messages > 1_000, "a table of many messages");
    (head, routes, messages)
}

/// The reactor's part: reads of whole messages, so that none waits for its rest.
struct Reactor {
    feeder: Feeder,
    session: Session,
    now: Timestamp,
}

impl Reactor {
    fn new(feeder: Feeder) -> Self {
        let now = Timestamp::new(1_767_323_045, 678_901);
        let router: SocketAddr = "192.0.2.1:40000".parse().unwrap();
        let session = Session::new(SessionId::new(now, 1), router, SessionLimits::default());
        let mut reactor = Self { feeder, session, now };
        let batch = reactor.feeder.batch().unwrap();
        reactor.session.open(now, batch).unwrap();
        reactor
    }

    /// Decodes a read of any octets.
    fn receive(&mut self, mut read: &[u8]) {
        self.now.secs += 1;
        loop {
            let Some(batch) = self.feeder.batch() else {
                std::thread::yield_now();
                continue;
            };
            let (used, received) = self.session.receive(self.now, read, batch);
            read = &read[used..];
            match received {
                Received::NeedInput => break,
                Received::BatchFull => self.feeder.seal(),
                Received::Broken(error) => panic!("{error:?}"),
            }
        }
    }

    /// Waits until every batch is home.
    fn settle(&mut self) {
        self.feeder.seal();
        while self.feeder.away() > 0 {
            std::thread::yield_now();
        }
    }
}

/// The pieces of `octets` that a reader gets at once, cut between messages.
fn whole_reads(octets: &[u8]) -> Vec<&[u8]> {
    let (mut reads, mut begin, mut at) = (Vec::new(), 0, 0);
    while at < octets.len() {
        let len = u32::from_be_bytes(octets[at + 1..at + 5].try_into().unwrap()) as usize;
        if at + len - begin > READ_OCTETS {
            reads.push(&octets[begin..at]);
            begin = at;
        }
        at += len;
    }
    reads.push(&octets[begin..]);
    reads
}

/// The writer's part until `over`; gives its allocations since `warm` was set.
fn write(mut taker: Taker, output: &str, warm: &AtomicBool, over: &AtomicBool) -> (u64, u64) {
    let spec = OutputSpec::parse(output).unwrap();
    let mut output = Output::open(&spec, 0).unwrap_or_else(|e| panic!("{}", e.0));
    let (mut before, mut octets) = (None, 0);
    while !over.load(Ordering::Acquire) {
        if before.is_none() && warm.load(Ordering::Acquire) {
            (before, octets) = (Some(counting::own()), output.figures().bytes);
        }
        match taker.take() {
            Some(batch) => {
                while output.consume(&batch, Instant::now()) != Consumed::Done {}
                taker.send_home(batch);
            }
            None => taker.sleep(),
        }
    }
    let calls = counting::own() - before.expect("the warm-up ended before the end");
    (calls, output.figures().bytes - octets)
}

/// Has every batch of the pool made and filled once: else some would be when a writer first lags.
fn use_each(feeder: &mut Feeder, taker: &mut Taker, batches: usize) {
    let (router, stamp) = ("192.0.2.1:179".parse().unwrap(), Timestamp::default());
    let mut session = Session::new(SessionId(0), router, SessionLimits::default());
    for _ in 0..batches {
        let batch = feeder.batch().unwrap();
        session.open(stamp, batch).unwrap();
        batch.add_peer(PeerContext::default());
        feeder.seal();
    }
    while let Some(batch) = taker.take() {
        taker.send_home(batch);
    }
}

/// Runs a million messages to `output` after a warm-up: see [`many`].
fn million(output: &str) -> (u64, u64, u64) {
    many(MESSAGES, output)
}

/// Runs so many messages to `output` after a warm-up; gives the allocations of the reactor's
/// thread, of the writer's, and the octets written meanwhile.
fn many(count: u64, output: &str) -> (u64, u64, u64) {
    let (head, routes, messages) = stream();
    let reads = whole_reads(&routes);
    let warm_up = 4;
    let batches = 4;
    let limits = BatchLimits::for_messages(SessionLimits::default().max_frame);
    let (mut feeder, mut taker) = pair(limits, batches);
    use_each(&mut feeder, &mut taker, batches);
    let (warm, over) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(taker, output, &warm, &over));
        let mut reactor = Reactor::new(feeder);
        reactor.receive(&head);
        for _ in 0..warm_up {
            reads.iter().for_each(|read| reactor.receive(read));
        }
        reactor.settle();
        warm.store(true, Ordering::Release);
        // The writer looks at it once a millisecond.
        std::thread::sleep(std::time::Duration::from_millis(50));
        let before = counting::own();
        for _ in 0..count.div_ceil(messages) {
            reads.iter().for_each(|read| reactor.receive(read));
        }
        reactor.settle();
        let reactor_calls = counting::own() - before;
        over.store(true, Ordering::Release);
        let (writer_calls, octets) = writer.join().unwrap();
        (reactor_calls, writer_calls, octets)
    })
}

#[test]
fn a_million_messages_to_json_allocate_nothing() {
    let (reactor, writer, octets) = million("pmacct-json=null:");
    assert!(octets > 100 * MESSAGES, "JSON was written: {octets} octets");
    assert_eq!((reactor, writer), (0, 0), "allocations on the reactor's and the writer's thread");
}

#[test]
fn a_hundred_thousand_messages_to_openbmp_allocate_nothing() {
    let count = MESSAGES / 10;
    let (reactor, writer, octets) = many(count, "openbmp?hash=xxh3=null:");
    assert!(octets > 500 * count, "rows were written: {octets} octets");
    assert_eq!((reactor, writer), (0, 0), "allocations on the reactor's and the writer's thread");
}

/// Every kind of term is asked, and each route.
#[test]
fn filters_allocate_nothing() {
    let filter = "(community has (rt:*, 65000:*:*, 1:1) or as-path has 1..4294967295) \
                  and prefix-length in 0..24 and not prefix within 192.0.2.0/24 and not rd = 1:1 \
                  and router-name = * and not (view = loc-rib or peer-as = 1 or family = evpn)";
    for format in ["pmacct-json", "openbmp?hash=xxh3", "bmp"] {
        let count = MESSAGES / 10;
        let (reactor, writer, octets) = many(count, &format!("{format}=null:?filter={filter}"));
        assert!(octets > 20 * count, "{format}: {octets} octets");
        assert_eq!((reactor, writer), (0, 0), "{format}: allocations of reactor and writer");
    }
    let count = MESSAGES / 10;
    let (_, writer, octets) = many(count, "pmacct-json=null:?filter=prefix = 1.2.3.4/32");
    assert_eq!((writer, octets), (0, 0));
}

#[test]
fn a_million_messages_relayed_allocate_nothing() {
    let (reactor, writer, octets) = million("bmp=null:");
    assert!(octets > 50 * MESSAGES, "BMP was written: {octets} octets");
    assert_eq!((reactor, writer), (0, 0), "allocations on the reactor's and the writer's thread");
}

#[test]
fn a_read_that_cuts_a_message_allocates_for_what_it_keeps_of_it() {
    let (head, routes, _) = stream();
    let limits = BatchLimits::for_messages(SessionLimits::default().max_frame);
    let (feeder, mut taker) = pair(limits, 2);
    let mut reactor = Reactor::new(feeder);
    let mut drain = |reactor: &mut Reactor| {
        reactor.feeder.seal();
        while let Some(batch) = taker.take() {
            taker.send_home(batch);
        }
    };
    reactor.receive(&head);
    drain(&mut reactor);
    // An odd size, so that nearly every read ends inside a message.
    let (mut reads, mut calls) = (0, 0);
    for pass in 0..4 {
        for read in routes.chunks(4_099) {
            let before = counting::own();
            reactor.receive(read);
            drain(&mut reactor);
            if pass > 0 {
                reads += 1;
                calls += counting::own() - before;
            }
        }
    }
    // The unfinished message is kept in memory of its own, given back when it is whole: a quiet
    // router costs nothing. At most once to keep it and once to complete it.
    eprintln!("{calls} allocations in {reads} reads that cut a message");
    assert!(calls <= 2 * reads, "{calls} allocations in {reads} reads");
}
