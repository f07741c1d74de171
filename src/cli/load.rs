//! `ribcage load`: routers of its own making, or recorded ones, played against a collector.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::args::{LoadArgs, PlayArgs};
use super::progress::Display;
use super::recordings::recordings;
use super::{Exit, Failure};
use crate::config::units::Dur;
use crate::load::{
    LoadConfig, LoadReport, Patience, Rate, Sent, Sink, SinkSpec, Source, run as play,
};

/// Runs the command.
///
/// # Errors
/// [`Failure`] when nothing could be played.
pub(super) fn run(args: &LoadArgs) -> Result<Exit, Failure> {
    let mut config = config(&args.play, args.target, args.rate)?;
    config.stamp = args.sink.is_some();
    let sink_core = args.cores.as_ref().and_then(|cores| cores.iter().last());
    // Who receives has the last of several CPUs for itself.
    config.cores = match (&args.sink, &args.cores) {
        (Some(_), Some(cores)) if cores.len() > 1 => {
            Some(cores.minus(&sink_core.into_iter().collect()))
        }
        (_, cores) => cores.clone(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The first signal ends the run in order, the second one at once.
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(Failure::run)?;
    }
    let wait = args.sink_wait.0;
    let mut sink = match &args.sink {
        Some(spec) => Some(listen(spec, sink_core, wait, &stop)?),
        None => None,
    };
    let mut report = measure(&config, sink.as_mut(), wait, &stop)?;
    if let Some(sink) = sink {
        report = report.with_sink(sink.close().map_err(Failure::run)?);
    }
    write_report(args.json.as_deref(), &report, &report)?;
    Ok(if report.is_failure() { Exit::Failed } else { Exit::Done })
}

/// What the flags come to.
///
/// # Errors
/// [`Failure`] when a recording cannot be read.
pub(super) fn config(
    args: &PlayArgs,
    target: SocketAddr,
    rate: Rate,
) -> Result<LoadConfig, Failure> {
    let source = match args.replay.as_slice() {
        [] => Source::Synthetic { peers: args.peers, prefixes: args.prefixes },
        files => Source::Replay(recordings(files)?),
    };
    let recorded = match &source {
        Source::Replay(all) => u32::try_from(all.len()).unwrap_or(u32::MAX),
        Source::Synthetic { .. } => 1,
    };
    Ok(LoadConfig {
        // A recording of several routers is played by as many, unless more are asked for.
        routers: args.routers.unwrap_or(recorded),
        repeat: args.repeat,
        rate,
        scenarios: args.scenario.clone(),
        sources: args.source_addresses,
        seed: args.seed,
        ..LoadConfig::new(target, source)
    })
}

/// Opens a sink and waits for the collector to connect.
///
/// # Errors
/// [`Failure`] when it cannot listen, or nobody comes.
fn listen(
    spec: &SinkSpec,
    cpu: Option<usize>,
    wait: Duration,
    stop: &AtomicBool,
) -> Result<Sink, Failure> {
    let sink = Sink::open(spec, cpu)
        .map_err(|e| Failure::run(format!("cannot listen on {}: {e}", spec.address)))?;
    tracing::info!(target = %sink.address(), "sink-listening");
    if sink.wait_connected(1, wait, stop) || stop.load(Relaxed) {
        return Ok(sink);
    }
    Err(Failure::run(format!(
        "nobody has connected to the sink within {}: start the collector with --output {}={}",
        Dur(wait),
        spec.format.name,
        sink.address(),
    )))
}

/// Plays, shows how that goes, and waits until the sink has everything.
///
/// # Errors
/// [`Failure`] when the run cannot begin.
pub(super) fn measure(
    config: &LoadConfig,
    sink: Option<&mut Sink>,
    wait: Duration,
    stop: &AtomicBool,
) -> Result<LoadReport, Failure> {
    let display = Display::new();
    let start = Instant::now();
    let progress = || sink.as_ref().map(|sink| sink.progress());
    let report = play(config, stop, &|p| display.show(p, progress())).map_err(Failure::run)?;
    if let Some(sink) = sink {
        let sessions = report.connections as u64 + report.tally.reconnects;
        let sent = Sent { start, counts: report.sent, sessions };
        let patience = Patience { silence: wait, stop };
        sink.settle(&sent, &patience, &|sink| display.waiting(report.sent, sink));
    }
    display.clear();
    Ok(report)
}

/// Writes a report as text to standard error, and as JSON where that is asked for.
///
/// # Errors
/// [`Failure`] when the file cannot be written.
pub(super) fn write_report(
    json: Option<&Path>,
    report: &impl Serialize,
    text: &impl fmt::Display,
) -> Result<(), Failure> {
    let _ = writeln!(io::stderr(), "{text}");
    let Some(path) = json else { return Ok(()) };
    let json = serde_json::to_string_pretty(report).map_err(Failure::run)? + "\n";
    let written = match path.as_os_str() == "-" {
        true => io::stdout().write_all(json.as_bytes()),
        false => File::create(path).and_then(|mut f| f.write_all(json.as_bytes())),
    };
    written.map_err(|e| Failure::run(format!("{}: {e}", path.display())))
}
