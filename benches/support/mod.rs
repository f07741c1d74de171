//! The streams that benches run on, and the way from their bytes to batches.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use ribcage::load::{Counts, Source, count, write_stream};
use ribcage::record::{Batch, BatchLimits, SessionId};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::Timestamp;

/// Peers, prefixes of each, and seed of the synthetic stream.
const SYNTHETIC: (u32, u32, u64) = (8, 20_000, 1);
/// A stream of real UPDATEs, below the directory of shared data.
const REAL: &str = "data/streams/ris-updates-20190101.bmp.gz";

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
}

/// The synthetic stream and, where shared data is present, a real one.
pub(crate) fn inputs() -> Vec<Input> {
    let (peers, prefixes, seed) = SYNTHETIC;
    let mut octets = Vec::new();
    let source = Source::Synthetic { peers, prefixes };
    write_stream(&source, 0, seed, &mut octets).expect("the synthetic source is sound");
    let mut all = vec![Input::new("synthetic", octets)];
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

/// Decodes a whole session as a reactor does, and hands each full batch to `seal`.
/// Gives the routes that the session counted.
pub(crate) fn decode(octets: &[u8], batch: &mut Batch, mut seal: impl FnMut(&Batch)) -> u64 {
    /// What a reactor reads at once.
    const READ_OCTETS: usize = 256 * 1024;
    let now = Timestamp::new(1_767_323_045, 678_901);
    let router = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 40_000));
    let mut session = Session::new(SessionId::new(now, 1), router, SessionLimits::default());
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

/// A batch as the collector makes them.
pub(crate) fn batch() -> Batch {
    Batch::new(BatchLimits::for_messages(SessionLimits::default().max_frame))
}
