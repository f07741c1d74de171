//! Many quiet routers on a whole engine in this process: the memory that each of them holds.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ribcage::engine::port::{Consumed, Progress, Sink, SinkFigures, SinkSpec};
use ribcage::engine::{Balance, Command, Control, Engine, EngineConfig, Routers};
use ribcage::output::{OutputSpec, open_outputs};
use ribcage::record::Batch;

use crate::counting;

/// Routers; each needs two descriptors here.
const ROUTERS: usize = 400;
/// Octets that a quiet router may hold.
const EACH_MAX: i64 = 2_000;
const DEADLINE: Duration = Duration::from_secs(120);
/// Set in the environment of a process of its own: the memory of all others would be counted.
const ALONE_ENV: &str = "RIBCAGE_TEST_ALONE";

/// Counts the records that pass by to another output.
struct Counted {
    sink: Box<dyn Sink>,
    records: Arc<AtomicU64>,
}

impl Sink for Counted {
    fn consume(&mut self, batch: &Batch, now: Instant) -> Consumed {
        let consumed = self.sink.consume(batch, now);
        if consumed == Consumed::Done {
            self.records.fetch_add(batch.records().len() as u64, Ordering::Release);
        }
        consumed
    }

    fn poll(&mut self, now: Instant) -> Progress {
        self.sink.poll(now)
    }

    fn figures(&self) -> SinkFigures {
        self.sink.figures()
    }

    fn reopen(&mut self) {
        self.sink.reopen();
    }
}

fn initiation() -> Vec<u8> {
    let mut message = vec![3, 0, 0, 0, 0, 4];
    for (kind, text) in [(1, "a quiet router"), (2, "quiet")] {
        message.extend([0, kind, 0, text.len() as u8]);
        message.extend(text.as_bytes());
    }
    message[4] = message.len() as u8;
    message
}

/// Connects routers that introduce themselves and fall silent.
fn connect(target: SocketAddr, records: &AtomicU64) -> Vec<TcpStream> {
    let before = records.load(Ordering::Acquire);
    let hello = initiation();
    let connect = |_| {
        let mut router = TcpStream::connect(target).unwrap();
        router.write_all(&hello).unwrap();
        router
    };
    let routers: Vec<_> = (0..ROUTERS).map(connect).collect();
    await_records(records, before + 2 * ROUTERS as u64);
    routers
}

fn await_records(records: &AtomicU64, wanted: u64) {
    let since = Instant::now();
    while records.load(Ordering::Acquire) < wanted {
        assert!(since.elapsed() < DEADLINE, "records do not arrive within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
    // What is done after the last record was written.
    std::thread::sleep(Duration::from_millis(300));
}

/// The octets that each of many quiet routers holds, and those that stay when it has gone. Tables
/// that all share grow now and then, so this is the least of several rounds.
fn octets_each(target: SocketAddr, records: &AtomicU64) -> (i64, i64) {
    let round = |number: u64| {
        let empty = counting::live();
        let routers = connect(target, records);
        let full = counting::live();
        drop(routers);
        await_records(records, 3 * (number + 1) * ROUTERS as u64);
        (full - empty, counting::live() - empty)
    };
    let rounds: Vec<_> = (0..6).map(round).collect();
    let least = |of: fn(&(i64, i64)) -> i64| rounds.iter().map(of).min().unwrap() / ROUTERS as i64;
    (least(|round| round.0), least(|round| round.1))
}

#[test]
fn a_quiet_router_holds_little_memory() {
    if std::env::var_os(ALONE_ENV).is_none() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "quiet::a_quiet_router_holds_little_memory", "--nocapture"])
            .env(ALONE_ENV, "1")
            .output()
            .unwrap();
        eprint!("{}", String::from_utf8_lossy(&child.stdout));
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        return;
    }
    let records = Arc::<AtomicU64>::default();
    let spec = OutputSpec::parse("pmacct-json=null:").unwrap();
    let spec = open_outputs(&[spec]).unwrap_or_else(|e| panic!("{}", e.0)).remove(0);
    let sink = Box::new(Counted { sink: spec.sink, records: Arc::clone(&records) });
    let sinks = vec![SinkSpec { sink, ..spec }];
    let config = EngineConfig {
        reactor_cores: vec![0],
        writer_cores: vec![0],
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
    let routers = {
        let (control, records) = (control.clone(), Arc::clone(&records));
        std::thread::spawn(move || {
            let each = std::panic::catch_unwind(|| octets_each(target, &records));
            control.send(Command::Stop);
            each
        })
    };
    assert!(engine.run(vec![listener], &control, &|| ()).is_clean());
    let (each, left) = routers.join().unwrap().unwrap();
    println!("a quiet router holds {each} octets, {left} of them beyond its end");
    assert!(left <= 0, "{left} octets of each router stay when it has gone");
    assert!(each < EACH_MAX, "a quiet router holds {each} octets, {EACH_MAX} at most are allowed");
}
