//! Formatting alone: decoded batches → frames. One row for each registered format, and one for
//! each variant that does more or less work than its default. Octets are those written.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ribcage::output::format::{Cursor, FORMATS, Format, Options};
use ribcage::output::frames::{Frames, Run};
use ribcage::output::selection::Selection;
use ribcage::record::Batch;

/// The format of a row: `FORMAT` or `FORMAT?OPTION=VALUE`.
fn build(row: &str) -> Box<dyn Format> {
    let (name, options) = row.split_once('?').unwrap_or((row, ""));
    let entry = FORMATS.iter().find(|entry| entry.name == name).expect("a registered format");
    let pairs = options.split('&').filter_map(|pair| pair.split_once('='));
    let pairs: Vec<_> = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let options = Options { pairs: &pairs, name: "bench", socket: false, stream: 0, streams: 1 };
    (entry.build)(&options).unwrap_or_else(|e| panic!("{row}: {}", e.0))
}

/// Renders batches as an output does; gives the octets.
fn render(batches: &[Batch], format: &mut dyn Format, frames: &mut Frames) -> u64 {
    let mut octets = 0;
    for batch in batches {
        let mut cursor = Cursor::default();
        while cursor.record < batch.records().len() {
            frames.begin(Run::default());
            format.render(batch, &Selection::EVERYTHING, &mut cursor, frames);
            octets += black_box(&frames.bytes).len() as u64;
        }
    }
    octets
}

fn encode(c: &mut Criterion) {
    let mut frames = Frames::new();
    for input in support::inputs() {
        let batches = support::batches(&input.octets);
        let mut group = c.benchmark_group(format!("encode/{}", input.name));
        for row in support::formats() {
            let mut format = build(&row);
            let bytes = render(&batches, &mut *format, &mut frames);
            group.throughput(Throughput::ElementsAndBytes { elements: input.routes(), bytes });
            group.bench_function(row, |b| {
                b.iter(|| render(&batches, &mut *format, &mut frames));
            });
        }
        group.finish();
    }
}

criterion_group! { name = benches; config = support::criterion(); targets = encode }
criterion_main!(benches);
