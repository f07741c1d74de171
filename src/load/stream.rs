//! Where messages come from, and one router's stream of them.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::LoadError;
use super::rate::Rate;
use super::replay::{Player, Recording, Replay};
use super::run::LoadConfig;
use super::synth::{Plan, Synthetic};
use super::table::Table;
use super::walk::{self, Counts};

/// The most prefixes of a synthetic peer (the table takes about 9 octets for each).
pub const PREFIXES_MAX: u32 = 20_000_000;
/// The most peers of a synthetic router.
pub const PEERS_MAX: u32 = 65_536;

/// What the routers send.
#[derive(Debug, Clone)]
pub enum Source {
    /// Recorded sessions as raw BMP, one each. Router `n` replays the `n`-th, and begins again with
    /// the first when there are more routers than recordings.
    Replay(Vec<Recording>),
    /// A seeded synthetic table.
    Synthetic {
        /// Peers of each router, 1 to [`PEERS_MAX`].
        peers: u32,
        /// Prefixes that each peer announces, at most [`PREFIXES_MAX`]: for 5 of IPv4 one of IPv6.
        prefixes: u32,
    },
}

impl Source {
    /// Checks the source and makes what its routers share.
    pub(super) fn prepare(&self, seed: u64) -> Result<Prepared, LoadError> {
        match self {
            Source::Replay(recordings) => {
                if recordings.is_empty() {
                    let text = "there is no recording to replay: name at least one";
                    return Err(LoadError::Config(text.to_owned()));
                }
                Ok(Prepared::Replay(Replay::all(recordings)?))
            }
            &Source::Synthetic { peers, prefixes } => {
                if !(1..=PEERS_MAX).contains(&peers) {
                    let text = format!("{peers} peers: a router has 1 to {PEERS_MAX}");
                    return Err(LoadError::Config(text));
                }
                if prefixes > PREFIXES_MAX {
                    let text = format!("{prefixes} prefixes: a peer has at most {PREFIXES_MAX}");
                    return Err(LoadError::Config(text));
                }
                let table = Arc::new(Table::new(prefixes, seed));
                Ok(Prepared::Synthetic { table, peers, seed })
            }
        }
    }
}

/// A checked source.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    Replay(Vec<Arc<Replay>>),
    Synthetic { table: Arc<Table>, peers: u32, seed: u64 },
}

impl Prepared {
    /// Whether the source can be sent at this rate.
    pub(super) fn check_rate(&self, rate: Rate) -> Result<(), LoadError> {
        let wrong = match (self, rate) {
            (Prepared::Replay(all), Rate::Recorded(_)) if !all.iter().any(|r| r.is_timed()) => {
                "has no times: neither packets nor per-peer headers say when its messages came"
            }
            (Prepared::Synthetic { .. }, Rate::Recorded(_)) => "is made up and has no times",
            _ => return Ok(()),
        };
        let text = format!(
            "the rate {rate} is a multiple of the recorded pace, but what is sent {wrong}; a rate \
             such as `5000/s` or `max` would be right"
        );
        Err(LoadError::Config(text))
    }

    /// The stream of one router.
    pub(super) fn stream(&self, router: u32, config: &LoadConfig) -> Stream {
        let repeat = config.repeat;
        match self {
            Prepared::Replay(replays) => {
                let replay = replays[router as usize % replays.len()].clone();
                let total_messages = replay.total_messages(repeat);
                let pace = match config.rate {
                    Rate::Recorded(pace) => Some(pace),
                    _ => None,
                };
                let player = Player::new(replay, repeat, pace);
                Stream::new(Maker::Replay { player, chunk: 0..0 }, total_messages)
            }
            Prepared::Synthetic { table, peers, seed } => {
                let plan = Plan { table: table.clone(), peers: *peers, router, seed: *seed };
                let total_messages = Synthetic::total_messages(&plan, repeat);
                let router = Synthetic::new(plan, repeat);
                Stream::new(Maker::Synthetic { router, chunk: Vec::new() }, total_messages)
            }
        }
    }
}

/// How much the next chunk may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Octets, of which the last message may have more.
    pub octets: usize,
    /// Messages.
    pub messages: u64,
    /// Since the run's start: messages that are due later wait.
    pub until: Duration,
}

impl Limit {
    /// Everything that is left.
    pub const NONE: Limit = Limit { octets: usize::MAX, messages: u64::MAX, until: Duration::MAX };
}

/// One router's messages, chunk by chunk.
///
/// [`refill`](Self::refill) makes a chunk of whole messages, [`pending`](Self::pending) is what of
/// it is still to be sent, and [`advance`](Self::advance) says that some of that has been. Refill
/// again when nothing is pending.
#[derive(Debug)]
pub struct Stream {
    maker: Maker,
    /// Octets of the chunk that are sent.
    sent: usize,
    total_messages: u64,
}

#[derive(Debug)]
enum Maker {
    Replay { player: Player, chunk: Range<usize> },
    Synthetic { router: Synthetic, chunk: Vec<u8> },
}

impl Stream {
    fn new(maker: Maker, total_messages: u64) -> Self {
        Self { maker, sent: 0, total_messages }
    }

    /// Messages of the whole stream, with its repetitions.
    #[must_use]
    pub fn total_messages(&self) -> u64 {
        self.total_messages
    }

    /// When the next message is due, since the run's start; `None` is at once.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        match &self.maker {
            Maker::Replay { player, .. } => player.due(),
            Maker::Synthetic { .. } => None,
        }
    }

    /// Replaces the chunk by the next messages within `limit`, but at least one. Gives their
    /// counts; zero when the stream has ended. To be called when a message is [due](Self::due).
    pub fn refill(&mut self, limit: &Limit) -> Counts {
        self.sent = 0;
        match &mut self.maker {
            Maker::Replay { player, chunk } => {
                let (span, counts) = player.take(limit);
                *chunk = span;
                counts
            }
            Maker::Synthetic { router, chunk } => {
                chunk.clear();
                let mut counts = Counts::default();
                while let Some(one) = router.next(chunk) {
                    counts += one;
                    if chunk.len() >= limit.octets || counts.messages >= limit.messages {
                        break;
                    }
                }
                counts
            }
        }
    }

    /// The octets of the chunk that are still to be sent.
    #[must_use]
    pub fn pending(&self) -> &[u8] {
        self.chunk().get(self.sent..).unwrap_or_default()
    }

    /// `octets` more of the chunk are sent.
    pub fn advance(&mut self, octets: usize) {
        self.sent = (self.sent + octets).min(self.chunk().len());
    }

    /// Counts of the part of the chunk that is sent: its whole messages, but all of its octets.
    #[must_use]
    pub fn sent_of_chunk(&self) -> Counts {
        let sent = self.chunk().get(..self.sent).unwrap_or_default();
        Counts { bytes: sent.len() as u64, ..walk::count(sent) }
    }

    /// Whether the part of the chunk that is sent ends inside a message.
    #[must_use]
    pub fn sent_ends_in_message(&self) -> bool {
        let sent = self.chunk().get(..self.sent).unwrap_or_default();
        walk::count(sent).bytes != sent.len() as u64
    }

    fn chunk(&self) -> &[u8] {
        match &self.maker {
            Maker::Replay { player, chunk } => player.octets(chunk.clone()),
            Maker::Synthetic { chunk, .. } => chunk,
        }
    }
}

/// Writes the whole stream of one router, sent once, to `out`: fixtures and recordings.
///
/// # Errors
/// Those of `out`, and [`io::ErrorKind::InvalidInput`] for a source that makes no sense.
pub fn write_stream(
    source: &Source,
    router: u32,
    seed: u64,
    out: &mut dyn Write,
) -> io::Result<Counts> {
    let invalid = |error: LoadError| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
    let nowhere = SocketAddr::from(([0; 4], 0));
    let config = LoadConfig { seed, ..LoadConfig::new(nowhere, source.clone()) };
    let mut stream = source.prepare(seed).map_err(invalid)?.stream(router, &config);
    let mut counts = Counts::default();
    loop {
        let some = stream.refill(&Limit { octets: WRITE_OCTETS, ..Limit::NONE });
        if some.messages == 0 {
            return Ok(counts);
        }
        counts += some;
        out.write_all(stream.pending())?;
    }
}

const WRITE_OCTETS: usize = 256 << 10;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn config(source: &Source) -> LoadConfig {
        LoadConfig { seed: 9, ..LoadConfig::new(([0; 4], 0).into(), source.clone()) }
    }

    fn written(source: &Source, router: u32) -> Vec<u8> {
        let mut out = Vec::new();
        let counts = write_stream(source, router, 9, &mut out).unwrap();
        assert_eq!(counts, walk::count(&out));
        out
    }

    #[test]
    fn chunks_of_any_size_are_the_same_stream() {
        let source = Source::Synthetic { peers: 2, prefixes: 300 };
        let whole = written(&source, 1);
        for (octets, messages) in [(1, 1), (5000, u64::MAX), (usize::MAX, 7)] {
            let mut stream = source.prepare(9).unwrap().stream(1, &config(&source));
            let mut all = Vec::new();
            while stream.refill(&Limit { octets, messages, ..Limit::NONE }).messages > 0 {
                all.extend_from_slice(stream.pending());
            }
            assert_eq!(all, whole);
        }
        let replayed = written(&Source::Replay(vec![whole.clone().into()]), 5);
        assert_eq!(replayed, whole);
    }

    #[test]
    fn routers_send_different_bytes_and_replays_take_turns() {
        let source = Source::Synthetic { peers: 1, prefixes: 10 };
        let (a, b) = (written(&source, 0), written(&source, 1));
        assert_ne!(a, b);
        let replay = Source::Replay(vec![a.clone().into(), b.clone().into()]);
        assert_eq!([written(&replay, 2), written(&replay, 3)], [a, b]);
    }

    #[test]
    fn a_half_sent_chunk_counts_its_whole_messages() {
        let source = Source::Synthetic { peers: 1, prefixes: 10 };
        let mut stream = source.prepare(9).unwrap().stream(0, &config(&source));
        stream.refill(&Limit { messages: 3, ..Limit::NONE });
        let len = stream.pending().len();
        stream.advance(len - 1);
        assert_eq!(stream.pending().len(), 1);
        let sent = stream.sent_of_chunk();
        assert_eq!((sent.messages, sent.bytes), (2, len as u64 - 1));
    }

    #[test]
    fn senseless_sources_are_refused_with_what_would_be_right() {
        let text = |source: Source| source.prepare(1).unwrap_err().to_string();
        assert!(text(Source::Replay(vec![])).contains("at least one"));
        let none = text(Source::Synthetic { peers: 0, prefixes: 1 });
        assert_eq!(none, "0 peers: a router has 1 to 65536");
        let many = text(Source::Synthetic { peers: 1, prefixes: u32::MAX });
        assert!(many.contains("at most 20000000"));
        let odd = text(Source::Replay(vec![[9_u8; 9].as_slice().into()]));
        assert!(odd.starts_with("recording 1: octet 0 does not begin a BMP message"));
    }
}
