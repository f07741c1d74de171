//! Decoding: bytes → frames → session → batch.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

fn decode(c: &mut Criterion) {
    for input in support::inputs() {
        let mut batch = support::batch();
        let decoded = support::decode(&input.octets, &mut batch, |_| ());
        assert_eq!(decoded, input.routes(), "{}: every route is decoded", input.name);
        let mut group = c.benchmark_group("decode");
        group.throughput(input.throughput());
        group.bench_function(input.name, |b| {
            b.iter(|| {
                support::decode(&input.octets, &mut batch, |full| {
                    black_box(full.records().len());
                })
            });
        });
        group.finish();
    }
}

criterion_group! { name = benches; config = support::criterion(); targets = decode }
criterion_main!(benches);
