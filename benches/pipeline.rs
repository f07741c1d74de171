//! Everything but sockets: bytes → frames → session → batch → format → discarded octets, for each
//! registered format; on one core, and with the lane between two. Octets are those of BMP.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use ribcage::engine::seam::{Feeder, Taker, pair};
use ribcage::session::Received;

use support::{Input, READ_OCTETS};

/// Batches between the cores: 64 MiB of the collector's default memory.
const POOL: usize = 24;

fn one_core(c: &mut Criterion) {
    let input = support::table();
    let mut batch = support::batch();
    let mut group = c.benchmark_group(format!("pipeline/one-core/{}", input.name));
    group.throughput(input.throughput());
    for row in support::formats() {
        let mut output = support::discarding(&row);
        group.bench_function(row, |b| {
            b.iter(|| {
                support::decode(&input.octets, &mut batch, |full| {
                    support::consume(&mut output, full, Instant::now());
                })
            });
        });
    }
    group.finish();
}

/// The reactor's part of a session; returns when every batch is home.
fn feed(feeder: &mut Feeder, input: &Input) {
    let (mut session, now) = support::session();
    let wait = || std::thread::yield_now();
    while feeder.batch().is_none_or(|batch| session.open(now, batch).is_err()) {
        wait();
    }
    for read in input.octets.chunks(READ_OCTETS) {
        let mut left = read;
        loop {
            let Some(batch) = feeder.batch() else {
                wait();
                continue;
            };
            let (used, received) = session.receive(now, left, batch);
            left = &left[used..];
            match received {
                Received::NeedInput => break,
                Received::BatchFull => feeder.seal(),
                Received::Broken(error) => panic!("broken framing: {error:?}"),
            }
        }
    }
    feeder.seal();
    while feeder.away() > 0 {
        wait();
    }
}

fn write(mut taker: Taker, row: &str, ended: &AtomicBool) {
    let mut output = support::discarding(row);
    while !ended.load(Ordering::Relaxed) {
        match taker.take() {
            Some(batch) => {
                support::consume(&mut output, &batch, Instant::now());
                taker.send_home(batch);
            }
            None => taker.sleep(),
        }
    }
}

fn two_cores(c: &mut Criterion) {
    let input = support::table();
    let [reactor, writer] = support::two_cores();
    support::pin(reactor);
    let mut group = c.benchmark_group(format!("pipeline/lane/{}", input.name));
    group.throughput(input.throughput());
    for row in support::formats() {
        let (mut feeder, taker) = pair(support::limits(), POOL);
        let over = Arc::new(AtomicBool::new(false));
        let (ended, name) = (Arc::clone(&over), row.clone());
        let thread = std::thread::spawn(move || {
            support::pin(writer);
            write(taker, &name, &ended);
        });
        group.bench_function(row, |b| b.iter(|| feed(&mut feeder, &input)));
        over.store(true, Ordering::Relaxed);
        thread.join().expect("the writer ends in order");
    }
    group.finish();
}

criterion_group! { name = benches; config = support::criterion(); targets = one_core, two_cores }
criterion_main!(benches);
