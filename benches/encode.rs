//! Decoding and formatting: bytes → session → batch → frames. One row for each registered format,
//! and one for each variant that does more or less work than its default.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ribcage::output::format::{Cursor, FORMATS, Format, Options};
use ribcage::output::frames::Frames;
use ribcage::record::Batch;

use support::Input;

/// Options of a format that deserve a row of their own.
const VARIANTS: &[(&str, &[(&str, &str)])] =
    &[("pmacct-json", &[("extra", "none")]), ("pmacct-json", &[("extra", "all")])];

/// A row: its name, and the format that it measures.
fn rows() -> Vec<(String, Box<dyn Format>)> {
    let mut rows = Vec::new();
    for entry in FORMATS {
        let variants = VARIANTS.iter().filter(|(name, _)| *name == entry.name);
        for pairs in std::iter::once(&[][..]).chain(variants.map(|(_, pairs)| *pairs)) {
            let name = pairs.iter().fold(entry.name.to_owned(), |n, (k, v)| n + "?" + k + "=" + v);
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
            let options =
                Options { pairs: &pairs, name: "bench", socket: false, stream: 0, streams: 1 };
            let format = (entry.build)(&options).unwrap_or_else(|e| panic!("{name}: {}", e.0));
            rows.push((name, format));
        }
    }
    rows
}

/// Renders a batch as an output does; gives the octets.
fn render(batch: &Batch, format: &mut dyn Format, frames: &mut Frames) -> u64 {
    let (mut cursor, mut octets) = (Cursor::default(), 0);
    while cursor.record < batch.records().len() {
        frames.clear();
        format.render(batch, &|_| true, &mut cursor, frames);
        octets += black_box(&frames.bytes).len() as u64;
    }
    octets
}

/// Decodes and renders a stream; gives the octets rendered.
fn all(input: &Input, batch: &mut Batch, format: &mut dyn Format, frames: &mut Frames) -> u64 {
    let mut octets = 0;
    support::decode(&input.octets, batch, |full| octets += render(full, format, frames));
    octets
}

fn encode(c: &mut Criterion) {
    let (mut batch, mut frames) = (support::batch(), Frames::new());
    for input in support::inputs() {
        let mut group = c.benchmark_group(format!("encode/{}", input.name));
        for (name, mut format) in rows() {
            let rendered = all(&input, &mut batch, &mut *format, &mut frames);
            for (unit, throughput) in [
                ("routes", Throughput::Elements(input.routes())),
                ("octets", Throughput::Bytes(rendered)),
            ] {
                group.throughput(throughput);
                group.bench_function(format!("{name}/{unit}"), |b| {
                    b.iter(|| all(&input, &mut batch, &mut *format, &mut frames));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, encode);
criterion_main!(benches);
