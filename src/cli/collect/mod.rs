//! `ribcage collect`: the collector.

mod check;
mod reload;
mod routers;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::process::{Resource, getrlimit, setrlimit};

use self::reload::{Running, State};
use super::args::{Cli, CollectArgs, Command as Subcommand, Origin};
use super::{Exit, Failure};
use crate::config::CollectConfig;
use crate::config::limits::Limits;
use crate::engine::placement::{Host, Placement, Wishes, place};
use crate::engine::{Balance, Control, Engine, EngineConfig, Outcome, Routers, catch_signals};
use crate::net;
use crate::output::url::UsageError;
use crate::output::{OutputSpec, open_outputs};
use crate::session::RouterTable;
use crate::telemetry::log::{LogConfig, LogGuard};
use crate::telemetry::service::ServiceManager;

/// Descriptors that are kept for everything but router connections: outputs, logs, the runtime. Of
/// few descriptors it is a quarter.
const FILES_KEPT: u64 = 256;

/// A configuration as it was read: checked, with what it was made from.
pub(super) struct Read {
    config: CollectConfig,
    log: LogConfig,
    /// The file, and where each value comes from.
    path: Option<PathBuf>,
    origins: HashMap<String, Origin>,
    /// Whether the number of routers is a wish and not the default.
    max_routers_typed: Option<u32>,
}

/// Reads the command line and its file again; the text says what is wrong.
type Reread<'a> = dyn Fn() -> Result<(Read, Vec<OutputSpec>), String> + 'a;

impl Read {
    fn new(args: &CollectArgs, log: LogConfig) -> Result<Self, Failure> {
        let config = CollectConfig::new(args.clone().into()).map_err(|error| {
            let path = args.from_file.path.as_ref();
            match (args.from_file.origins.get(error.key), path) {
                (Some(Origin::File(line)), Some(path)) => {
                    Failure::usage(format!("{}:{line}: {error}", path.display()))
                }
                _ => Failure::usage(error),
            }
        })?;
        let (path, origins) = (args.from_file.path.clone(), args.from_file.origins.clone());
        Ok(Self { config, log, path, origins, max_routers_typed: args.routers.max_routers })
    }

    /// The outputs, checked, with the filter that holds for all of them.
    fn specs(&self) -> Result<Vec<OutputSpec>, UsageError> {
        let outputs = self.config.outputs.iter();
        let specs = outputs.map(|output| OutputSpec::parse_with(&output.text(), output.options()));
        let mut specs = OutputSpec::name_all(specs.collect::<Result<_, _>>()?)?;
        if let Some(filter) = &self.config.filter {
            specs.iter_mut().for_each(|spec| spec.restrict(filter));
        }
        Ok(specs)
    }
}

/// Runs the command until a signal ends it. `parse` reads the command line and its file again.
///
/// # Errors
/// [`Failure`] when it cannot start.
pub(super) fn run(
    args: &CollectArgs,
    log_config: LogConfig,
    parse: &dyn Fn() -> Result<Cli, clap::Error>,
    log: Option<&LogGuard>,
) -> Result<Exit, Failure> {
    let read = Read::new(args, log_config)?;
    let specs = read.specs().map_err(Failure::usage)?;
    if args.check {
        return check(&read, &specs);
    }
    if !read.origins.contains_key("output") {
        refuse_journal()?;
    }
    use_small_pages(&specs);
    let placement = placement(&read.config, streams(&specs))?;
    let fit = routers_that_fit(&read.config.limits, read.max_routers_typed, &specs);
    let control = Control::new().map_err(Failure::run)?;
    // From here on a signal ends the program in order.
    let signals = catch_signals(&control).map_err(Failure::run)?;
    let listeners = listen(&read.config)?;
    let sinks = open_outputs(&specs).map_err(Failure::run)?;
    let table = Arc::new(routers::table(&read.config.routers));
    let mut engine_config = engine_config(&read.config, &placement, &table);
    engine_config.routers.limits.max_routers = fit;
    let mut engine = Engine::start(engine_config, sinks).map_err(Failure::run)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        listen = joined_any(listeners.iter().filter_map(|l| l.local_addr().ok())).map(display),
        connect = joined_any(&read.config.connect).map(display),
        max_routers = fit,
        reactors = %joined(&placement.reactors), writers = %joined(&placement.writers),
        "collector-started"
    );
    engine.tell(ServiceManager::from_env());
    let numbered = read.config.listen.iter().cloned().zip(0..).collect();
    let state = State { listeners: numbered, listeners_ever: listeners.len(), table, read };
    let running = Running {
        log,
        control: control.clone(),
        reread: &|| read_again(parse),
        specs: &specs,
        reads_updates: specs.iter().any(OutputSpec::reads_updates),
        state: RefCell::new(state),
    };
    let outcome = engine.run(listeners, &control, &running);
    drop(signals);
    report(&outcome);
    Ok(if outcome.is_clean() { Exit::Done } else { Exit::Failed })
}

/// Prints the configuration and opens nothing.
fn check(read: &Read, specs: &[OutputSpec]) -> Result<Exit, Failure> {
    placement(&read.config, streams(specs))?;
    match std::io::stdout().write_all(check::text(read).as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::run(error)),
        _ => Ok(Exit::Done),
    }
}

fn read_again(
    parse: &dyn Fn() -> Result<Cli, clap::Error>,
) -> Result<(Read, Vec<OutputSpec>), String> {
    let cli = parse().map_err(|error| {
        let text = error.to_string();
        text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })?;
    let Subcommand::Collect(args) = &cli.command else { return Err("no `collect`".into()) };
    let read = Read::new(args, cli.log.config()).map_err(|failure| failure.text)?;
    let specs = read.specs().map_err(|error| error.to_string())?;
    Ok((read, specs))
}

fn streams(specs: &[OutputSpec]) -> usize {
    specs.iter().map(|spec| spec.writers).sum()
}

/// Has the kernel give memory in pages of 4 KiB. In huge ones each thread would hold much that no
/// router uses, and what is written around the page cache alone takes less time with them.
fn use_small_pages(specs: &[OutputSpec]) {
    let is_direct = |spec: &OutputSpec| spec.url.option("direct").is_some_and(|v| v != "off");
    if !specs.iter().any(is_direct)
        && let Err(error) = rustix::thread::disable_transparent_huge_pages(true)
    {
        tracing::debug!(%error, "huge-pages-stay");
    }
}

/// Records on standard output are meant for a pipe or a file. Under a service manager it is the
/// journal.
fn refuse_journal() -> Result<(), Failure> {
    // systemd.exec(5): device and inode of the journal's socket.
    let journal = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    let stdout = rustix::fs::fstat(std::io::stdout()).map_err(Failure::run)?;
    if journal == format!("{}:{}", stdout.st_dev, stdout.st_ino) {
        return Err(Failure::usage(
            "standard output is the journal, which is no place for every route: name an output, \
             such as -o pmacct-json=file:/var/lib/ribcage/bmp.json",
        ));
    }
    Ok(())
}

fn placement(config: &CollectConfig, streams: usize) -> Result<Placement, Failure> {
    let host = Host::here().map_err(Failure::run)?;
    let wishes = Wishes {
        reactors: config.reactor_cores.as_ref(),
        writers: config.writer_cores.as_ref(),
        output_streams: streams,
    };
    let placement = place(&host, wishes).map_err(Failure::usage)?;
    let reasons: Vec<&str> =
        host.notes.iter().chain(&placement.reasons).map(String::as_str).collect();
    tracing::info!(
        reactors = %joined(&placement.reactors), writers = %joined(&placement.writers),
        reasons = reasons.join("; "), "placement"
    );
    let shared = joined(placement.writers.iter().filter(|cpu| placement.reactors.contains(cpu)));
    if config.busy_poll && !shared.is_empty() {
        return Err(Failure::usage(format!(
            "--busy-poll: a reactor and a writer would share CPU {shared} and take it from each \
             other: leave it out, or allow this process a CPU for each"
        )));
    }
    Ok(placement)
}

/// Raises the limit of open files to what this process may have, and says how many routers fit
/// under it. Files and outputs need descriptors, too: routers must not take the last ones. Outputs
/// with a connection for each router session take one more for each router; files of sessions
/// share those that there are.
fn routers_that_fit(limits: &Limits, typed: Option<u32>, specs: &[OutputSpec]) -> u32 {
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    // Where it cannot be raised, what there is must do.
    let _ = setrlimit(Resource::Nofile, files);
    let Some(open_files) = getrlimit(Resource::Nofile).current else { return limits.max_routers };
    let fit = (open_files - FILES_KEPT.min(open_files / 4)) / descriptors_each(specs);
    let fit = u32::try_from(fit).unwrap_or(u32::MAX).max(1);
    if fit >= limits.max_routers {
        return limits.max_routers;
    }
    // The default is no promise.
    if let Some(asked) = typed {
        tracing::warn!(asked, limit = fit, open_files, "max-routers-lowered");
    }
    fit
}

/// Descriptors that each router takes: its own, and one of each output that connects for it.
fn descriptors_each(specs: &[OutputSpec]) -> u64 {
    let connects = |spec: &&OutputSpec| {
        spec.format.per_session && matches!(spec.transport.scheme, "tcp" | "unix")
    };
    1 + specs.iter().filter(connects).count() as u64
}

fn listen(config: &CollectConfig) -> Result<Vec<std::net::TcpListener>, Failure> {
    let mut listeners = Vec::new();
    for address in &config.listen {
        let listener = net::bind(address, &config.sockets).map_err(Failure::run)?;
        let bound = listener.local_addr().map_err(Failure::run)?;
        tracing::info!(address = %bound, "listening");
        listeners.push(listener);
    }
    Ok(listeners)
}

fn engine_config(
    config: &CollectConfig,
    placement: &Placement,
    table: &Arc<RouterTable>,
) -> EngineConfig {
    EngineConfig {
        reactor_cores: placement.reactors.clone(),
        writer_cores: placement.writers.clone(),
        batch_memory: usize::try_from(config.batch_memory).unwrap_or(usize::MAX),
        flush_interval: config.flush_interval,
        max_frame: config.max_frame,
        drain_timeout: config.drain_timeout,
        balance: Balance::ByLoad,
        busy_poll: config.busy_poll,
        routers: engine_routers(config, table),
    }
}

fn engine_routers(config: &CollectConfig, table: &Arc<RouterTable>) -> Routers {
    Routers {
        dialect: super::args::dialect(config.dialect),
        limits: config.limits.clone(),
        sockets: config.sockets,
        connect: config.connect.clone(),
        table: Arc::clone(table),
    }
}

fn report(outcome: &Outcome) {
    tracing::info!(
        undelivered = outcome.undelivered,
        sessions_cut = outcome.sessions_cut,
        took_ms = outcome.took.as_millis() as u64,
        "collector-stopped"
    );
}

fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|i| i.to_string()).collect();
    items.join(",")
}

/// The same, unless there is none.
fn joined_any<T: ToString>(items: impl IntoIterator<Item = T>) -> Option<String> {
    Some(joined(items)).filter(|text| !text.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn relays_take_a_descriptor_more_for_each_router() {
        let each = |outputs: &[&str]| {
            let outputs: Vec<String> = outputs.iter().map(ToString::to_string).collect();
            descriptors_each(&OutputSpec::parse_all(&outputs).unwrap())
        };
        assert_eq!(each(&["pmacct-json=tcp://127.0.0.1:1", "bmp=file:/x/{session}"]), 1);
        assert_eq!(each(&["bmp=tcp://127.0.0.1:1", "bmp=unix:/x?name=b"]), 3);
    }
}
