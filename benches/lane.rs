//! The lane alone: a batch is sealed, pushed to another thread, taken there and returned. A batch
//! holds one record, so that filling it costs nothing; routes and octets are those that a full
//! batch of the stream carries.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ribcage::engine::seam::{Feeder, pair};

/// Batches of a pool, and batches that one iteration passes on.
const POOL: usize = 32;
const BATCHES: u64 = 10_000;

/// Passes batches on until all are home again.
fn pass(feeder: &mut Feeder, batches: u64) {
    let (mut session, now) = support::session();
    for _ in 0..batches {
        loop {
            match feeder.batch() {
                Some(batch) => break session.open(now, batch).expect("an empty batch has room"),
                None => std::thread::yield_now(),
            }
        }
        feeder.seal();
    }
    while feeder.away() > 0 {
        std::thread::yield_now();
    }
}

fn lane(c: &mut Criterion) {
    let input = support::table();
    let full = support::batches(&input.octets).len() as u64;
    let [reactor, writer] = support::two_cores();
    support::pin(reactor);
    let (mut feeder, mut taker) = pair(support::limits(), POOL);
    let over = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&over);
    let thread = std::thread::spawn(move || {
        support::pin(writer);
        while !ended.load(Ordering::Relaxed) {
            match taker.take() {
                Some(batch) => taker.send_home(batch),
                None => taker.sleep(),
            }
        }
    });
    let mut group = c.benchmark_group("lane");
    group.throughput(Throughput::ElementsAndBytes {
        elements: input.routes() * BATCHES / full,
        bytes: input.counts.bytes * BATCHES / full,
    });
    group.bench_function(format!("seal-push-return/{BATCHES} batches"), |b| {
        b.iter(|| pass(&mut feeder, BATCHES));
    });
    group.finish();
    over.store(true, Ordering::Relaxed);
    thread.join().expect("the writer ends in order");
}

criterion_group! { name = benches; config = support::criterion(); targets = lane }
criterion_main!(benches);
