//! Decoding: bytes → frames → session → batch, for each message, route and octet.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn decode(c: &mut Criterion) {
    for input in support::inputs() {
        let mut batch = support::batch();
        let decoded = support::decode(&input.octets, &mut batch, |_| ());
        assert_eq!(decoded, input.routes(), "{}: every route is decoded", input.name);
        let mut group = c.benchmark_group(format!("decode/{}", input.name));
        for (unit, throughput) in [
            ("messages", Throughput::Elements(input.counts.messages)),
            ("routes", Throughput::Elements(input.routes())),
            ("octets", Throughput::Bytes(input.counts.bytes)),
        ] {
            group.throughput(throughput);
            group.bench_function(unit, |b| {
                b.iter(|| {
                    support::decode(&input.octets, &mut batch, |full| {
                        black_box(full.records().len());
                    })
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
