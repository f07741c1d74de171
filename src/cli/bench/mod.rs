//! `ribcage bench`: a collector as a child process, routers and a receiver in this one, and what
//! both sides came to.
//!
//! ```text
//! this process                          child
//! routers ─▶ tcp://127.0.0.1:port ─▶ ribcage collect ─▶ tcp://127.0.0.1:port ─▶ sink (this one)
//! ```

mod collector;
mod cores;
mod report;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::args::{BenchArgs, BenchRate};
use super::load::{config, measure, write_report};
use super::{Exit, Failure};
use crate::config::units::Dur;
use crate::engine::placement::allowed_cpus;
use crate::load::{LoadConfig, Rate, Sink, SinkFormat, SinkSpec};
use crate::output::OutputSpec;
use collector::{Collector, cpu, usage};
use cores::{Cores, Wishes};
use report::{BenchReport, Found, Run, Setup, median};

/// Runs the command.
///
/// # Errors
/// [`Failure`] when nothing could be measured.
pub(super) fn run(args: &BenchArgs) -> Result<Exit, Failure> {
    let output = Output::parse(&args.output)?;
    let bench = Bench::new(args, output)?;
    bench.guard()?;
    let mut report = BenchReport {
        setup: bench.setup(args),
        saturation: None,
        runs: Vec::new(),
        median: serde_json::Value::Null,
        stopped: false,
        complete: false,
        failures: Vec::new(),
    };
    let done = bench.all(args, &mut report);
    report.stopped = bench.stop.load(Relaxed);
    if let Err(failure) = done {
        if report.runs.is_empty() && report.saturation.is_none() && !report.stopped {
            return Err(failure);
        }
        report.failures.push(failure.text);
    }
    let runs: Result<Vec<_>, _> = report.runs.iter().map(serde_json::to_value).collect();
    report.median = median(&runs.map_err(Failure::run)?);
    report.complete = !report.stopped
        && report.failures.is_empty()
        && report.saturation.iter().chain(&report.runs).all(|run| run.complete);
    write_report(args.json.as_deref(), &report, &report)?;
    Ok(if report.complete { Exit::Done } else { Exit::Failed })
}

/// Where the collector writes.
enum Output {
    /// To a receiver here: the text is to be completed by where it listens.
    Sink { format: &'static SinkFormat, text: String },
    /// Elsewhere, over so many streams.
    Elsewhere { text: String, streams: usize },
}

impl Output {
    fn parse(text: &str) -> Result<Self, Failure> {
        let Ok(spec) = OutputSpec::parse_format(text) else {
            let spec = OutputSpec::parse(text).map_err(Failure::usage)?;
            return Ok(Self::Elsewhere { text: text.to_owned(), streams: spec.writers });
        };
        let name = spec.format.name;
        let format = SinkFormat::find(name).ok_or_else(|| {
            let like = format!("write {text}=null: to measure without latency");
            Failure::usage(format!("no receiver here reads `{name}`: {like}"))
        })?;
        Ok(Self::Sink { format, text: text.to_owned() })
    }
}

/// What all runs have in common.
struct Bench {
    /// Its target is each run's own.
    load: LoadConfig,
    output: Output,
    cores: Cores,
    allowed: String,
    flush_interval: Option<Dur>,
    wait: Duration,
    stop: Arc<AtomicBool>,
    /// The collector that runs, or 0.
    child: Arc<AtomicI32>,
}

impl Bench {
    fn new(args: &BenchArgs, output: Output) -> Result<Self, Failure> {
        let allowed = allowed_cpus()
            .map_err(|e| Failure::run(format!("the CPU affinity mask cannot be read: {e}")))?;
        let wishes = Wishes {
            reactors: args.reactor_cores.as_ref(),
            writers: args.writer_cores.as_ref(),
            generator: args.cores.as_ref(),
        };
        let cores = Cores::choose(&allowed, wishes);
        if !cores.shared.is_empty() {
            tracing::warn!(cpus = %cores.shared, "bench-cores-shared");
        }
        let nowhere = ([127, 0, 0, 1], 0).into();
        let mut load = config(&args.play, nowhere, Rate::Max)?;
        load.stamp = matches!(output, Output::Sink { .. });
        load.cores = Some(cores.generator.clone());
        Ok(Self {
            load,
            output,
            cores,
            allowed: allowed.to_string(),
            flush_interval: args.flush_interval,
            wait: args.sink_wait.0,
            stop: Arc::default(),
            child: Arc::default(),
        })
    }

    /// The first signal ends what runs in order; the second one at once, the collector too.
    fn guard(&self) -> Result<(), Failure> {
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(Failure::run)?;
        let (stop, child) = (Arc::clone(&self.stop), Arc::clone(&self.child));
        std::thread::spawn(move || {
            for _ in signals.forever() {
                if stop.swap(true, Relaxed) {
                    if let Some(pid) = Pid::from_raw(child.load(Relaxed)) {
                        let _ = kill_process(pid, Signal::KILL);
                        let _ = waitpid(Some(pid), WaitOptions::empty());
                    }
                    std::process::exit(1);
                }
            }
        });
        Ok(())
    }

    fn setup(&self, args: &BenchArgs) -> Setup {
        let (cpu_model, kernel) = Setup::machine();
        Setup {
            version: env!("CARGO_PKG_VERSION"),
            command: std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect(),
            seed: self.load.seed,
            output: args.output.clone(),
            rate: match args.rate {
                BenchRate::Half => "half".to_owned(),
                BenchRate::At(rate) => rate.to_string(),
            },
            kernel,
            cpu_model,
            cpus_allowed: self.allowed.clone(),
            cores: self.cores.clone(),
        }
    }

    /// All runs; what they found is in the report also when one of them fails.
    fn all(&self, args: &BenchArgs, report: &mut BenchReport) -> Result<(), Failure> {
        let rate = match args.rate {
            BenchRate::At(rate) => rate,
            BenchRate::Half => {
                tracing::info!(run = 0, runs = args.runs, rate = "max", "bench-run");
                let (run, failures) = self.one(Rate::Max)?;
                let half = (run.messages_per_second / 2.0).round().max(1.0);
                report.saturation = Some(run);
                report.failures.extend(failures);
                Rate::Messages(half as u64)
            }
        };
        for run in 1..=args.runs {
            if self.stop.load(Relaxed) {
                break;
            }
            tracing::info!(run, runs = args.runs, rate = %rate, "bench-run");
            let (run, failures) = self.one(rate)?;
            report.runs.push(run);
            report.failures.extend(failures);
        }
        Ok(())
    }

    /// One run with a collector of its own.
    fn one(&self, rate: Rate) -> Result<(Run, Vec<String>), Failure> {
        let mut sink = self.open_sink()?;
        let collector = self.start_collector(sink.as_ref())?;
        if let Some(sink) = &sink
            && !sink.wait_connected(1, self.wait, &self.stop)
            && !self.stop.load(Relaxed)
        {
            let last = collector.last_words();
            return Err(Failure::run(format!("the collector did not connect:\n{last}")));
        }
        let config = LoadConfig { target: collector.address, rate, ..self.load.clone() };
        let (start, cpu_before) = (Instant::now(), cpu("self"));
        let load = measure(&config, sink.as_mut(), self.wait, &self.stop);
        let mut load = load.map_err(|failure| Failure {
            text: format!("{}\nthe collector's log:\n{}", failure.text, collector.last_words()),
            ..failure
        })?;
        let own_cpu = cpu("self").since(cpu_before);
        let counted = collector.settle(load.sent.messages, self.wait, &self.stop);
        let seconds = start.elapsed().as_secs_f64();
        let used = collector.usage();
        let ended = collector.stop();
        self.child.store(0, Relaxed);
        // Only now: the collector has had somebody to write its last records to.
        if let Some(sink) = sink {
            load = load.with_sink(sink.close().map_err(Failure::run)?);
        }
        let own_peak = usage("self").peak_memory_bytes;
        let ended = ended?;
        Ok(Run::new(Found { load, seconds, counted, usage: used, ended, own_cpu, own_peak }))
    }

    fn open_sink(&self) -> Result<Option<Sink>, Failure> {
        let Output::Sink { format, .. } = &self.output else { return Ok(None) };
        let address = crate::load::SinkAddress::Tcp(([127, 0, 0, 1], 0).into());
        let spec = SinkSpec { format, address };
        let sink = Sink::open(&spec, Some(self.cores.sink));
        sink.map(Some).map_err(|e| Failure::run(format!("cannot listen on {}: {e}", spec.address)))
    }

    fn start_collector(&self, sink: Option<&Sink>) -> Result<Collector, Failure> {
        let (output, streams) = match (&self.output, sink) {
            (Output::Sink { text, .. }, Some(sink)) => (format!("{text}={}", sink.address()), 1),
            (Output::Sink { text, .. }, None) => (text.clone(), 1),
            (Output::Elsewhere { text, streams }, _) => (text.clone(), *streams),
        };
        let Cores { reactors, writers, .. } = &self.cores;
        let mut args = vec!["--output".to_owned(), output];
        for (flag, cpus) in [("--reactor-cores", reactors), ("--writer-cores", writers)] {
            args.extend([flag.to_owned(), cpus.to_string()]);
        }
        if let Some(interval) = self.flush_interval {
            args.extend(["--flush-interval".to_owned(), interval.to_string()]);
        }
        Collector::start(&args, streams, self.cores.only(), &self.stop, &self.child)
    }
}
