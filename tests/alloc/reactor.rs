//! A whole engine in this process: its reactor's allocations while a router sends over loopback.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ribcage::engine::port::{Consumed, LaneKind, Progress, Sink, SinkFigures, SinkSpec};
use ribcage::engine::{Balance, Command, Control, Engine, EngineConfig, Routers};
use ribcage::output::{Output, OutputSpec};
use ribcage::record::Batch;

use crate::counting::{self, Role};
use crate::rooms::stream;

const DEADLINE: Duration = Duration::from_secs(120);

/// An output that has its thread watched and counts the records that it was given.
struct Watched {
    output: Output,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    records: AtomicU64,
}

impl Sink for Watched {
    fn consume(&mut self, batch: &Batch, now: Instant) -> Consumed {
        counting::watch(Role::Writer);
        let consumed = self.output.consume(batch, now);
        if consumed == Consumed::Done {
            self.seen.records.fetch_add(batch.records().len() as u64, Ordering::Release);
        }
        consumed
    }

    fn poll(&mut self, now: Instant) -> Progress {
        self.output.poll(now)
    }

    fn figures(&self) -> SinkFigures {
        self.output.figures()
    }

    fn reopen(&mut self) {
        self.output.reopen();
    }
}

/// Watches the thread that logs the opening of a session.
struct Finder;

impl tracing::Subscriber for Finder {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        if event.metadata().fields().field("reactor").is_some() {
            counting::watch(Role::Reactor);
        }
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

fn await_records(seen: &Seen, records: u64) {
    let since = Instant::now();
    while seen.records.load(Ordering::Acquire) < records {
        assert!(since.elapsed() < DEADLINE, "records do not arrive within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Who asked for memory: the innermost function of a trace that is neither the allocator's nor the
/// standard library's, but with its crate alone where that is not ours.
fn culprit(trace: &str) -> String {
    let names = trace.lines().filter_map(|line| {
        let (number, name) = line.trim().split_once(": ")?;
        number.parse::<u32>().ok().map(|_| name.trim_start_matches('<'))
    });
    let tools = ["alloc::", "core::", "std::", "__r", "smallvec::", "hashbrown::"];
    let mut names = names.filter(|name| !tools.iter().any(|begin| name.starts_with(begin)));
    let name = names.next().unwrap_or("unknown");
    match name.starts_with("ribcage::") {
        true => name.to_owned(),
        false => name.split("::").next().unwrap_or(name).to_owned(),
    }
}

#[test]
fn the_reactor_allocates_nothing_for_a_message_and_little_for_a_wait() {
    // The reactor is the thread that tells of a session's opening.
    tracing::subscriber::set_global_default(Finder).unwrap();
    let (head, routes, messages) = stream();
    let seen = Arc::<Seen>::default();
    let spec = OutputSpec::parse("pmacct-json=null:").unwrap();
    let output = Output::open(&spec, 0).unwrap_or_else(|e| panic!("{}", e.0));
    let sink = Box::new(Watched { output, seen: Arc::clone(&seen) });
    let (name, kind, reads_updates) = ("watched".into(), LaneKind::Block, true);
    let sinks = vec![SinkSpec { name, kind, reads_updates, sink }];
    let cores: Vec<usize> =
        core_affinity::get_core_ids().unwrap().iter().map(|core| core.id).collect();
    let config = EngineConfig {
        reactor_cores: vec![cores[0]],
        writer_cores: vec![*cores.last().unwrap()],
        batch_memory: 32 << 20,
        flush_interval: Duration::from_millis(10),
        max_frame: 1 << 20,
        drain_timeout: Duration::from_secs(30),
        balance: Balance::Off,
        busy_poll: false,
        routers: Routers::default(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let control = Control::new().unwrap();
    let engine = Engine::start(config, sinks).unwrap_or_else(|e| panic!("{e}"));
    let router = {
        let (control, seen) = (control.clone(), Arc::clone(&seen));
        std::thread::spawn(move || {
            let figures = play(target, &head, &routes, messages, &seen);
            control.send(Command::Stop);
            figures
        })
    };
    let outcome = engine.run(vec![listener], &control, &|| ());
    assert!(outcome.is_clean());
    judge(&router.join().unwrap());
}

/// What happened between two moments.
struct Figures {
    /// Messages that came by.
    messages: u64,
    reactor: u64,
    writer: u64,
    /// Of those that were traced, who asked for them.
    by_culprit: BTreeMap<(&'static str, String), u64>,
}

/// Sends the table again and again: warm-up, counted, traced.
fn play(
    target: std::net::SocketAddr,
    head: &[u8],
    routes: &[u8],
    messages: u64,
    seen: &Seen,
) -> Figures {
    let mut router = TcpStream::connect(target).unwrap();
    router.write_all(head).unwrap();
    let mut sent = 0;
    let mut send = |passes: u64| {
        for _ in 0..passes {
            router.write_all(routes).unwrap();
        }
        sent += passes * messages;
        await_records(seen, sent);
    };
    send(20);
    let (reactor, writer) = (counting::calls(Role::Reactor), counting::calls(Role::Writer));
    let passes = 40;
    send(passes);
    let reactor = counting::calls(Role::Reactor) - reactor;
    let writer = counting::calls(Role::Writer) - writer;
    counting::trace(true);
    send(10);
    counting::trace(false);
    let mut by_culprit = BTreeMap::new();
    for (role, trace) in counting::traces() {
        let role = if role == Role::Reactor { "reactor" } else { "writer" };
        let trace = trace.to_string();
        let name = culprit(&trace);
        if !is_named(&name) {
            eprintln!("{role}: asked for by nobody that is named:\n{trace}");
        }
        *by_culprit.entry((role, name)).or_default() += 1;
    }
    drop(router);
    Figures { messages: passes * messages, reactor, writer, by_culprit }
}

/// What may allocate on a reactor, and why. All of it happens once for a socket wait, a read or a
/// batch, never for a message.
const NAMED: &[&str] = &[
    // A source and a timer for each wait, and what its ring is told.
    "glommio",
    // An unfinished message, kept until its rest is read, and then given back.
    "ribcage::session::Session::receive",
    // What was read while no batch was left.
    "ribcage::session::Session::stash",
    // Where glommio takes note of wakes from other threads: a block for 31 of them. A writer wakes
    // a reactor for a batch that comes home, at most.
    "crossbeam_channel",
];

fn is_named(name: &str) -> bool {
    NAMED.iter().any(|begin| name.starts_with(begin))
}

fn judge(figures: &Figures) {
    let Figures { messages, reactor, writer, by_culprit } = figures;
    eprintln!(
        "{messages} messages: {writer} allocations on the writer, {reactor} on the reactor ({:.4} \
         a message); of a quarter as many more, by who asked:",
        *reactor as f64 / *messages as f64,
    );
    for ((role, name), calls) in by_culprit {
        eprintln!("{calls:>8} {role} {name}");
    }
    assert!(*reactor * 10 < *messages, "far fewer than one a message: {reactor} in {messages}");
    let others: Vec<_> = by_culprit.keys().filter(|(_, name)| !is_named(name)).collect();
    assert!(others.is_empty(), "allocations that nobody has named: {others:?}");
    // Those blocks, and a buffer that may still have to grow for a larger batch than all before.
    assert!(*writer * 1000 < *messages, "the writer allocates nothing once it is warm: {writer}");
}
