//! Two pipelines without sockets on two cores against one: what a second core brings.
//!
//! ```sh
//! cargo bench --bench scaling -- [--pairs N] [--seconds S] [--format FORMAT] [--check]
//! ```
//!
//! A pair is one run on one core and one on two, in alternating order; its ratio is the work that
//! two did in the time to the work that one did. The same ratio by the threads' own CPU time shows
//! what others on the machine took: they lower the first, not the second. Two controls show what
//! the machine itself gives: a loop without memory, and one that only copies 64 MiB. `--check`
//! fails when the median by time is below 1.8.

#![allow(clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use support::Input;

const EXPECTED: f64 = 1.8;

struct Arguments {
    pairs: usize,
    seconds: f64,
    format: String,
    check: bool,
}

fn arguments() -> Arguments {
    let mut found =
        Arguments { pairs: 5, seconds: 2.0, format: "pmacct-json".into(), check: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{word} needs a value"));
        match word.as_str() {
            "--pairs" => found.pairs = value().parse().expect("--pairs: a number"),
            "--seconds" => found.seconds = value().parse().expect("--seconds: a number"),
            "--format" => found.format = value(),
            "--check" => found.check = true,
            "--test" => (found.pairs, found.seconds) = (1, 0.2),
            _ => {} // what `cargo bench` passes to every bench
        }
    }
    found
}

/// A thread's own copies of everything, so that nothing is shared: `turn` gives the work done.
type Worker<'a> = Box<dyn FnMut() -> u64 + 'a>;

fn pipeline<'a>(input: &Input, format: &str) -> Worker<'a> {
    let (octets, mut batch) = (input.octets.clone(), support::batch());
    let mut output = support::discarding(format);
    Box::new(move || {
        support::decode(&octets, &mut batch, |full| {
            support::consume(&mut output, full, Instant::now());
        })
    })
}

fn arithmetic<'a>() -> Worker<'a> {
    let mut x = 1_u64;
    Box::new(move || {
        for _ in 0..10_000_000 {
            x = black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        1
    })
}

fn copying<'a>() -> Worker<'a> {
    let (from, mut to) = (vec![1_u8; 64 << 20], vec![0_u8; 64 << 20]);
    Box::new(move || {
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
        1
    })
}

/// Work per second, by the clock and by the CPU time of each thread.
#[derive(Clone, Copy)]
struct Rate {
    clock: f64,
    cpu: f64,
}

/// CPU seconds of this thread so far; 0 where the kernel does not tell.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|text| text.parse::<f64>().ok());
    nanos.unwrap_or_default() / 1e9
}

type Make<'m> = &'m (dyn Fn() -> Worker<'static> + Sync);

/// The rate of as many workers as there are cores, each pinned.
fn run(cores: &[core_affinity::CoreId], time: Duration, make: Make<'_>) -> Rate {
    let barrier = Barrier::new(cores.len());
    let work = |core| {
        support::pin(core);
        let mut turn = make();
        turn(); // warm
        barrier.wait();
        let (start, cpu, mut done) = (Instant::now(), cpu_seconds(), 0);
        while start.elapsed() < time {
            done += turn();
        }
        let (took, done) = (start.elapsed().as_secs_f64(), done as f64);
        Rate { clock: done / took, cpu: done / (cpu_seconds() - cpu) }
    };
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = cores.iter().map(|core| scope.spawn(move || work(*core))).collect();
        let rates = threads.into_iter().map(|thread| thread.join().expect("no worker panics"));
        rates
            .reduce(|a, b| Rate { clock: a.clock + b.clock, cpu: a.cpu + b.cpu })
            .expect("at least one core")
    })
}

/// The ratios of `pairs` pairs, by the clock and by CPU time, and the best rate of one core.
fn ratios(pairs: usize, time: Duration, make: Make<'_>) -> (Vec<f64>, Vec<f64>, f64) {
    let cores = support::two_cores();
    let (mut clock, mut cpu, mut best) = (Vec::new(), Vec::new(), 0.0_f64);
    for pair in 0..pairs {
        let alone = &cores[pair % 2..][..1];
        let (one, two) = match pair % 2 {
            0 => (run(alone, time, make), run(&cores, time, make)),
            _ => {
                let two = run(&cores, time, make);
                (run(alone, time, make), two)
            }
        };
        clock.push(two.clock / one.clock);
        cpu.push(two.cpu / one.cpu);
        best = best.max(one.cpu);
    }
    (clock, cpu, best)
}

/// Prints both kinds of ratios; gives the median of those by the clock.
fn report(name: &str, (clock, cpu, best): (Vec<f64>, Vec<f64>, f64), unit: &str) -> f64 {
    let line = |kind: &str, found: Vec<f64>| {
        let texts: Vec<String> = found.iter().map(|ratio| format!("{ratio:.2}")).collect();
        let median = median(found);
        println!("{name:<24} {kind:<12} {}  median {median:.2}", texts.join(" "));
        median
    };
    let median = line("by time", clock);
    line("by CPU time", cpu);
    println!("{name:<24} one core     {best:.3e} {unit} of CPU time");
    median
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn main() -> ExitCode {
    let arguments = arguments();
    let [first, second] = support::two_cores();
    if first.id == second.id {
        println!("skipped: scaling: this process may use one core only");
        return ExitCode::SUCCESS;
    }
    let input = support::table();
    let time = Duration::from_secs_f64(arguments.seconds);
    println!(
        "work of cores {} and {} to the work of one, {} s each",
        first.id, second.id, arguments.seconds
    );
    let make = || pipeline(&input, &arguments.format);
    let name = format!("pipeline {}", arguments.format);
    let median = report(&name, ratios(arguments.pairs, time, &make), "routes/s");
    report("control: arithmetic", ratios(arguments.pairs, time / 4, &arithmetic), "turns/s");
    report("control: copy 64 MiB", ratios(arguments.pairs, time / 4, &copying), "turns/s");
    match arguments.check && median < EXPECTED {
        true => {
            println!("the median is below {EXPECTED}");
            ExitCode::FAILURE
        }
        false => ExitCode::SUCCESS,
    }
}
