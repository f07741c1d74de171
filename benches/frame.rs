//! Framing alone: the common header of every message is found and checked.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ribcage::bmp::CommonHeader;
use ribcage::session::SessionLimits;

/// Messages in `octets`, which are whole ones.
fn frames(mut octets: &[u8], max: usize) -> u64 {
    let mut messages = 0;
    while let Ok(Some(header)) = CommonHeader::parse(octets, max) {
        black_box(header.kind);
        let Some(rest) = octets.get(header.len..) else { break };
        octets = rest;
        messages += 1;
    }
    messages
}

fn frame(c: &mut Criterion) {
    let max = SessionLimits::default().max_frame;
    for input in support::inputs() {
        assert_eq!(frames(&input.octets, max), input.counts.messages, "{}", input.name);
        let mut group = c.benchmark_group("frame");
        group.throughput(input.throughput());
        group.bench_function(input.name, |b| b.iter(|| frames(black_box(&input.octets), max)));
        group.finish();
    }
}

criterion_group! { name = benches; config = support::criterion(); targets = frame }
criterion_main!(benches);
