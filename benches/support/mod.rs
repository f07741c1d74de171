//! The streams that benches run on, and the way from their bytes to batches.
#![allow(dead_code)] // each bench uses a part of it

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::Throughput;
use ribcage::engine::port::{Consumed, Sink};
use ribcage::load::{Counts, Source, count, write_stream};
use ribcage::output::format::FORMATS;
use ribcage::output::{Output, OutputSpec};
use ribcage::record::{Batch, BatchLimits, SessionId};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

/// The allocator that the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a reactor reads at once.
pub(crate) const READ_OCTETS: usize = 256 * 1024;
/// Peers, prefixes of each, and seed of the stream that is made where there is no recorded one.
const SYNTHETIC: (u32, u32, u64) = (8, 125_000, 1);
/// A stream of real UPDATEs, below the directory of shared data.
const REAL: &str = "data/streams/ris-updates-20190101.bmp.gz";

/// Options of formats that deserve a row of their own, beside the defaults of each format.
const VARIANTS: &[&str] = &["pmacct-json?extra=none", "pmacct-json?extra=all", "openbmp?hash=xxh3"];

/// One router's octets, and what is in them.
pub(crate) struct Input {
    /// How the bench's rows call it.
    pub(crate) name: &'static str,
    /// BMP.
    pub(crate) octets: Vec<u8>,
    /// Its messages and routes.
    pub(crate) counts: Counts,
}

impl Input {
    fn new(name: &'static str, octets: Vec<u8>) -> Self {
        let counts = count(&octets);
        assert_eq!(counts.bytes, octets.len() as u64, "{name}: not whole BMP messages");
        Self { name, octets, counts }
    }

    /// Announced and withdrawn.
    pub(crate) fn routes(&self) -> u64 {
        self.counts.announced + self.counts.withdrawn
    }

    /// Routes and octets of BMP, for criterion.
    pub(crate) fn throughput(&self) -> Throughput {
        Throughput::ElementsAndBytes { elements: self.routes(), bytes: self.counts.bytes }
    }
}

/// A million prefixes over 8 peers: what `scripts/stream.sh` has made, or else our own.
pub(crate) fn table() -> Input {
    let given = std::env::var_os("RIBCAGE_STREAM").map(PathBuf::from);
    let made = || {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
        target.join("streams/routes-1000000.bmp")
    };
    let path = given.unwrap_or_else(made);
    match std::fs::read(&path) {
        Ok(octets) => Input::new("table", octets),
        Err(error) => {
            eprintln!("no stream at {} ({error}): see scripts/stream.sh", path.display());
            let (peers, prefixes, seed) = SYNTHETIC;
            let (mut octets, source) = (Vec::new(), Source::Synthetic { peers, prefixes });
            write_stream(&source, 0, seed, &mut octets).expect("the synthetic source is sound");
            Input::new("synthetic", octets)
        }
    }
}

/// The table and, where shared data is present, real UPDATEs.
pub(crate) fn inputs() -> Vec<Input> {
    let mut all = vec![table()];
    match real() {
        Ok(octets) => all.push(Input::new("ris-updates", octets)),
        Err(why) => eprintln!("skipped: ris-updates: {why}"),
    }
    all
}

fn real() -> Result<Vec<u8>, String> {
    let path = shared().join(REAL);
    let file = std::fs::File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut octets = Vec::new();
    let mut gzip = flate2::read::MultiGzDecoder::new(file);
    gzip.read_to_end(&mut octets).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(octets)
}

fn shared() -> PathBuf {
    match std::env::var_os("RIBCAGE_SHARED") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
    }
}

/// Few and short samples: an iteration is a million routes.
pub(crate) fn criterion() -> criterion::Criterion {
    criterion::Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
}

/// Every format with its defaults, and the variants: `FORMAT` or `FORMAT?OPTION=VALUE`.
pub(crate) fn formats() -> Vec<String> {
    let mut rows = Vec::new();
    for entry in FORMATS {
        rows.push(entry.name.to_owned());
        let own = |text: &&&str| text.split('?').next() == Some(entry.name);
        rows.extend(VARIANTS.iter().filter(own).map(|text| (*text).to_owned()));
    }
    rows
}

/// An output of `format` that counts what it is given and discards it.
pub(crate) fn discarding(format: &str) -> Output {
    let spec = OutputSpec::parse(&format!("{format}=null:"));
    let spec = spec.unwrap_or_else(|e| panic!("{format}: {}", e.0));
    Output::open(&spec, 0).unwrap_or_else(|e| panic!("{format}: {}", e.0))
}

/// Gives a whole batch to an output that never blocks.
pub(crate) fn consume(output: &mut Output, batch: &Batch, now: Instant) {
    while output.consume(batch, now) != Consumed::Done {}
}

/// A session that has not begun, and the time at which everything happens.
pub(crate) fn session() -> (Session, Timestamp) {
    let now = Timestamp::new(1_767_323_045, 678_901);
    let router = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 40_000));
    (Session::new(SessionId::new(now, 1), router, SessionLimits::default()), now)
}

/// Decodes a whole session as a reactor does, and hands each full batch to `seal`.
/// Gives the routes that the session counted.
pub(crate) fn decode(octets: &[u8], batch: &mut Batch, mut seal: impl FnMut(&Batch)) -> u64 {
    let (mut session, now) = session();
    batch.reset();
    session.open(now, batch).expect("an empty batch has room");
    for read in octets.chunks(READ_OCTETS) {
        let mut left = read;
        loop {
            let (used, received) = session.receive(now, left, batch);
            left = &left[used..];
            match received {
                Received::NeedInput => break,
                Received::BatchFull => {
                    seal(batch);
                    batch.reset();
                }
                Received::Broken(error) => panic!("broken framing: {error:?}"),
            }
        }
    }
    seal(batch);
    let counters = session.take_counters();
    counters.announced + counters.withdrawn
}

/// The whole session as batches, each full one sealed.
pub(crate) fn batches(octets: &[u8]) -> Vec<Batch> {
    let (mut session, now) = session();
    let mut all = vec![batch()];
    let last = |all: &mut Vec<Batch>| all.len() - 1;
    let at = last(&mut all);
    session.open(now, &mut all[at]).expect("an empty batch has room");
    for read in octets.chunks(READ_OCTETS) {
        let mut left = read;
        loop {
            let at = last(&mut all);
            let (used, received) = session.receive(now, left, &mut all[at]);
            left = &left[used..];
            match received {
                Received::NeedInput => break,
                Received::BatchFull => all.push(batch()),
                Received::Broken(error) => panic!("broken framing: {error:?}"),
            }
        }
    }
    all
}

/// What a batch of the collector holds.
pub(crate) fn limits() -> BatchLimits {
    BatchLimits::for_messages(SessionLimits::default().max_frame)
}

/// A batch as the collector makes them.
pub(crate) fn batch() -> Batch {
    Batch::new(limits())
}

/// The cores that this process may use, and the two to use of them: twice the same if it is alone.
pub(crate) fn two_cores() -> [core_affinity::CoreId; 2] {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let first = *cores.first().expect("the system tells which cores there are");
    [first, *cores.get(1).unwrap_or(&first)]
}

/// Pins this thread.
pub(crate) fn pin(core: core_affinity::CoreId) {
    assert!(core_affinity::set_for_current(core), "the system refuses core {}", core.id);
}
