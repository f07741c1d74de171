//! `ribcage load`: routers of its own making, or recorded ones, played against a collector.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::args::LoadArgs;
use super::recordings::recordings;
use super::{Exit, Failure};
use crate::load::{LoadConfig, LoadReport, Progress, Source, run as play};

/// Runs the command.
///
/// # Errors
/// [`Failure`] when nothing could be played.
pub(super) fn run(args: &LoadArgs) -> Result<Exit, Failure> {
    let source = match args.replay.as_slice() {
        [] => Source::Synthetic { peers: args.peers, prefixes: args.prefixes },
        files => Source::Replay(recordings(files)?),
    };
    let recorded = match &source {
        Source::Replay(all) => u32::try_from(all.len()).unwrap_or(u32::MAX),
        Source::Synthetic { .. } => 1,
    };
    let config = LoadConfig {
        // A recording of several routers is played by as many, unless more are asked for.
        routers: args.routers.unwrap_or(recorded),
        repeat: args.repeat,
        rate: args.rate,
        scenarios: args.scenario.clone(),
        sources: args.source_addresses,
        cores: args.cores.clone(),
        seed: args.seed,
        ..LoadConfig::new(args.target, source)
    };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The first signal ends the run in order, the second one at once.
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(Failure::run)?;
    }
    let bar = bar();
    let report = play(&config, &stop, &|p| show(&bar, p)).map_err(Failure::run)?;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    write_report(args, &report)?;
    Ok(if report.is_failure() { Exit::Failed } else { Exit::Done })
}

fn bar() -> Option<ProgressBar> {
    let bar = io::stderr().is_terminal().then(|| ProgressBar::new(0))?;
    let template = "{wide_bar} {pos}/{len} messages {per_sec} {eta} {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    Some(bar)
}

fn show(bar: &Option<ProgressBar>, p: &Progress) {
    if let Some(bar) = bar {
        bar.set_length(p.total_messages);
        bar.set_position(p.sent.messages);
        bar.set_message(format!("{} routers, {} done", p.connected, p.ended));
    }
}

fn write_report(args: &LoadArgs, report: &LoadReport) -> Result<(), Failure> {
    let Some(path) = &args.json else {
        let _ = write!(io::stderr(), "{report}");
        return Ok(());
    };
    let json = serde_json::to_string_pretty(report).map_err(Failure::run)? + "\n";
    let written = match path.as_os_str() == "-" {
        true => io::stdout().write_all(json.as_bytes()),
        false => File::create(path).and_then(|mut f| f.write_all(json.as_bytes())),
    };
    let _ = write!(io::stderr(), "{report}");
    written.map_err(|e| Failure::run(format!("{}: {e}", path.display())))
}
