//! Where messages come from, and one router's stream of them.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::LoadError;
use super::clones;
use super::rate::Rate;
use super::render::Rendered;
use super::replay::{Player, Recording, Replay};
use super::run::LoadConfig;
use super::scenario::hot::Hot;
use super::scenario::storm::Storm;
use super::scenario::{Program, malformed};
use super::synth::{Plan, Synthetic};
use super::tally::Tally;
use super::walk::{self, Counts};

/// The most prefixes of a synthetic peer (the table takes about 50 octets for each; routes of other
/// families take a few hundred, and at most 4 GiB in all).
pub const PREFIXES_MAX: u32 = 20_000_000;
/// The most peers of a synthetic router.
pub const PEERS_MAX: u32 = 65_536;

/// What the routers send.
#[derive(Debug, Clone)]
pub enum Source {
    /// Recorded sessions as raw BMP, one each. Router `n` replays the `n`-th, and begins again with
    /// the first when there are more routers than recordings: such a clone has a sysName of its
    /// own, with the clone's number at its end; its peers are those of the recording.
    Replay(Vec<Recording>),
    /// A seeded synthetic table.
    Synthetic {
        /// Peers of each router, 1 to [`PEERS_MAX`].
        peers: u32,
        /// Prefixes that each peer announces, at most [`PREFIXES_MAX`]: for 5 of IPv4 one of IPv6.
        /// Where there are families of other routes, each has an equal part of them.
        prefixes: u32,
    },
}

impl Source {
    /// Checks the source and makes what its routers share.
    pub(super) fn prepare(&self, seed: u64, program: &Program) -> Result<Prepared, LoadError> {
        match self {
            Source::Replay(recordings) => {
                if recordings.is_empty() {
                    let text = "there is no recording to replay: name at least one";
                    return Err(LoadError::Config(text.to_owned()));
                }
                if let Some(name) = program.needs_synthetic() {
                    let text = format!("scenario {name}: it needs made-up routers, not recordings");
                    return Err(LoadError::Config(text));
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
                if prefixes == 0 && program.churn.is_some() {
                    let text = "scenario churn: there are no prefixes: give peers at least one";
                    return Err(LoadError::Config(text.to_owned()));
                }
                let families = program.families.clone().unwrap_or_default();
                let table = Arc::new(Rendered::new(prefixes, families, seed)?);
                Ok(Prepared::Synthetic { table, peers })
            }
        }
    }
}

/// A checked source.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    Replay(Vec<Arc<Replay>>),
    Synthetic { table: Arc<Rendered>, peers: u32 },
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
    pub(super) fn stream(&self, router: u32, config: &LoadConfig, program: &Program) -> Stream {
        let part = Hot::part(program.hot, router, config.routers);
        let repeat = u64::from(config.repeat).saturating_mul(part.weight);
        let storms = program.storm.map_or(0, |storm| storm.times);
        let (maker, total) = match self {
            Prepared::Replay(replays) => {
                let replay = replays[router as usize % replays.len()].clone();
                let pace = match config.rate {
                    Rate::Recorded(pace) => Some(pace),
                    _ => None,
                };
                let repeat = u32::try_from(repeat).unwrap_or(u32::MAX);
                let again = replay.total_messages(1).saturating_mul(storms);
                let total = replay.total_messages(repeat).saturating_add(again);
                let player = Player::new(replay.clone(), repeat, pace);
                let clone = router / replays.len() as u32;
                (Maker::Replay { player, replay, pace, clone, opening: clone > 0 }, total)
            }
            Prepared::Synthetic { table, peers } => {
                let plan = Plan {
                    table: table.clone(),
                    peers: *peers,
                    router,
                    seed: config.seed,
                    repeat,
                    churn: program.churn.map(|churn| (churn, part)),
                    flap: program.flap,
                    waits: program.has_schedule(),
                };
                let router = Box::new(Synthetic::new(plan));
                let again = router.dump_messages().saturating_mul(storms);
                let total = router.total_messages().saturating_add(again);
                (Maker::Synthetic(router), total)
            }
        };
        let malformed = program.malformed.map_or(0, |m| m.among(total, config.seed, router));
        Stream {
            maker,
            owned: Vec::new(),
            span: None,
            sent: 0,
            total_messages: total.saturating_add(malformed),
            storm: program.storm,
            storms: 0,
            base: None,
            epoch: Duration::ZERO,
            malformed: program.malformed.map(|m| m.maker(config.seed, router)),
            made_malformed: 0,
            copies: config.stamp,
            chunk_due: None,
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

/// What comes next in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ahead {
    /// Messages, due at this time since the run's start, or at once.
    Messages(Option<Duration>),
    /// The dump is complete; the schedule begins when it is for all, see [`Stream::begin`].
    Barrier,
    /// At this time the connection is dropped and made again, see [`Stream::restart`].
    Reconnect(Duration),
    End,
}

/// One router's messages, chunk by chunk.
///
/// [`refill`](Self::refill) makes a chunk of whole messages, [`pending`](Self::pending) is what of
/// it is still to be sent, and [`advance`](Self::advance) says that some of that has been. Refill
/// again when nothing is pending.
#[derive(Debug)]
pub struct Stream {
    maker: Maker,
    /// The chunk, unless it is a span of a recording.
    owned: Vec<u8>,
    span: Option<Range<usize>>,
    /// Octets of the chunk that are sent.
    sent: usize,
    total_messages: u64,
    storm: Option<Storm>,
    /// Storms that are over.
    storms: u64,
    /// When the schedule begins, since the run's start.
    base: Option<Duration>,
    /// When this connection began, since the run's start.
    epoch: Duration,
    malformed: Option<malformed::Maker>,
    made_malformed: u64,
    /// Whether chunks must be writable.
    copies: bool,
    /// When the chunk was due, since the run's start.
    chunk_due: Option<Duration>,
}

#[derive(Debug)]
enum Maker {
    Replay {
        player: Player,
        replay: Arc<Replay>,
        pace: Option<f64>,
        /// Routers before this one that play the same recording.
        clone: u32,
        /// Whether Initiations still get this clone's name.
        opening: bool,
    },
    Synthetic(Box<Synthetic>),
}

impl Stream {
    /// Messages of the whole stream, with its repetitions and scenarios.
    #[must_use]
    pub fn total_messages(&self) -> u64 {
        self.total_messages
    }

    /// When the next message is due, since the run's start; `None` is at once. What waits for other
    /// routers is due never.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        match self.ahead() {
            Ahead::Messages(due) => due,
            Ahead::Barrier | Ahead::Reconnect(_) => Some(Duration::MAX),
            Ahead::End => None,
        }
    }

    pub(super) fn ahead(&self) -> Ahead {
        if self.malformed.as_ref().is_some_and(|malformed| malformed.left() == 0) {
            return Ahead::Messages(self.chunk_due);
        }
        let made = match &self.maker {
            Maker::Synthetic(router) => router.ahead(),
            Maker::Replay { player, .. } if player.is_done() => Ahead::End,
            Maker::Replay { player, .. } => {
                Ahead::Messages(player.due().map(|due| due.saturating_add(self.epoch)))
            }
        };
        let storm = self.storm.and_then(|storm| storm.at(self.storms));
        match (made, storm, self.base) {
            (Ahead::End, Some(_), None) => Ahead::Barrier,
            (Ahead::End, Some(storm), Some(base)) => Ahead::Reconnect(base + storm),
            (Ahead::Messages(Some(due)), Some(storm), Some(base)) if base + storm <= due => {
                Ahead::Reconnect(base + storm)
            }
            _ => made,
        }
    }

    /// All routers have sent their dump: the schedule begins at `base` since the run's start.
    pub(super) fn begin(&mut self, base: Duration) {
        self.base = Some(base);
        if let Maker::Synthetic(router) = &mut self.maker {
            router.begin(base);
        }
    }

    /// The connection was dropped and made again at `now` since the run's start: everything is
    /// said once more.
    pub(super) fn restart(&mut self, now: Duration) {
        self.storms += 1;
        self.epoch = now;
        match &mut self.maker {
            Maker::Synthetic(router) => router.restart(),
            Maker::Replay { player, replay, pace, clone, opening } => {
                *player = Player::new(replay.clone(), 1, *pace);
                *opening = *clone > 0;
            }
        }
    }

    /// What happened besides messages so far.
    pub(super) fn tally(&self) -> Tally {
        let flaps = match &self.maker {
            Maker::Synthetic(router) => router.flaps,
            Maker::Replay { .. } => 0,
        };
        Tally { reconnects: self.storms, flaps, malformed: self.made_malformed }
    }

    /// When this connection began, since the run's start: nothing of it was due before.
    pub(super) fn epoch(&self) -> Duration {
        self.epoch
    }

    /// When the chunk was due, since the run's start; `None` is at once.
    pub(super) fn chunk_due(&self) -> Option<Duration> {
        self.chunk_due
    }

    /// Replaces the chunk by the next messages within `limit`, but at least one. Gives their
    /// counts; zero when the stream has ended. To be called when a message is [due](Self::due).
    pub fn refill(&mut self, limit: &Limit) -> Counts {
        self.sent = 0;
        self.owned.clear();
        self.span = None;
        let Ahead::Messages(due) = self.ahead() else { return Counts::default() };
        self.chunk_due = due;
        let mut counts = Counts::default();
        loop {
            // What has a time of its own, or is a recording's, stands in a chunk of its own.
            let full = counts.messages >= limit.messages || self.owned.len() >= limit.octets;
            let alone = counts.messages > 0 && (due.is_some() || self.is_replay());
            if full || alone || self.ahead() != Ahead::Messages(due) {
                return counts;
            }
            let mut left = u64::MAX;
            if let Some(malformed) = &mut self.malformed {
                if malformed.left() == 0 {
                    counts += malformed.make(&mut self.owned);
                    self.made_malformed += 1;
                    continue;
                }
                left = malformed.left();
            }
            let limit = Limit {
                octets: limit.octets - self.owned.len(),
                messages: left.min(limit.messages - counts.messages),
                ..*limit
            };
            let some = self.make(&limit);
            counts += some;
            if let Some(malformed) = &mut self.malformed {
                let chunk = chunk_of(&self.maker, &self.owned, &self.span);
                malformed.made(some.messages, last_message(chunk));
            }
            if self.span.is_some() || self.malformed.is_none() {
                return counts;
            }
        }
    }

    fn is_replay(&self) -> bool {
        matches!(self.maker, Maker::Replay { .. })
    }

    /// Appends messages to the chunk, or makes it a span.
    fn make(&mut self, limit: &Limit) -> Counts {
        match &mut self.maker {
            Maker::Synthetic(router) => router.fill(limit, &mut self.owned),
            Maker::Replay { player, clone, opening, .. } => {
                let messages = if *opening { 1 } else { limit.messages };
                let until = limit.until.saturating_sub(self.epoch);
                let (span, mut counts) = player.take(&Limit { messages, until, ..*limit });
                let octets = player.octets(span.clone());
                if *opening {
                    *opening = clones::rename(octets, *clone, &mut self.owned);
                }
                if self.owned.is_empty() {
                    match self.copies {
                        true => self.owned.extend_from_slice(octets),
                        false => self.span = Some(span),
                    }
                } else {
                    counts.bytes = self.owned.len() as u64;
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

    /// The chunk, to be stamped; empty when it is not this stream's own.
    pub(super) fn chunk_mut(&mut self) -> &mut [u8] {
        &mut self.owned
    }

    /// Takes back the memory of the chunk, of which nothing is pending.
    pub(super) fn take_memory(&mut self) -> Vec<u8> {
        self.span = None;
        self.sent = 0;
        std::mem::take(&mut self.owned)
    }

    /// Whether chunks are made in memory of their own.
    pub(super) fn needs_memory(&self) -> bool {
        self.copies || !self.is_replay()
    }

    /// Gives memory for chunks.
    pub(super) fn give_memory(&mut self, memory: Vec<u8>) {
        self.owned = memory;
    }

    fn chunk(&self) -> &[u8] {
        chunk_of(&self.maker, &self.owned, &self.span)
    }
}

fn chunk_of<'a>(maker: &'a Maker, owned: &'a [u8], span: &Option<Range<usize>>) -> &'a [u8] {
    match (maker, span) {
        (Maker::Replay { player, .. }, Some(span)) => player.octets(span.clone()),
        _ => owned,
    }
}

/// The last whole message of a chunk.
fn last_message(chunk: &[u8]) -> &[u8] {
    let mut left = chunk;
    let mut last: &[u8] = &[];
    while let walk::Step::Message(len, _) = walk::step(left) {
        (last, left) = left.split_at(len);
    }
    last
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
    let nowhere = SocketAddr::from(([0; 4], 0));
    write_router(&LoadConfig { seed, ..LoadConfig::new(nowhere, source.clone()) }, router, out)
}

/// Writes all that one router of a run sends, over all its connections and without waiting for
/// anything.
///
/// # Errors
/// Those of `out`, and [`io::ErrorKind::InvalidInput`] for a configuration that makes no sense.
pub fn write_router(config: &LoadConfig, router: u32, out: &mut dyn Write) -> io::Result<Counts> {
    let invalid = |error: LoadError| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
    let program = config.program().map_err(invalid)?;
    let prepared = config.source.prepare(config.seed, &program).map_err(invalid)?;
    let mut stream = prepared.stream(router, config, &program);
    let mut counts = Counts::default();
    loop {
        match stream.ahead() {
            Ahead::Messages(_) => {
                counts += stream.refill(&Limit { octets: WRITE_OCTETS, ..Limit::NONE });
                out.write_all(stream.pending())?;
            }
            Ahead::Barrier => stream.begin(Duration::ZERO),
            Ahead::Reconnect(due) => stream.restart(due),
            Ahead::End => return Ok(counts),
        }
    }
}

const WRITE_OCTETS: usize = 256 << 10;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn stream(source: &Source, router: u32) -> Stream {
        let config = LoadConfig { seed: 9, ..LoadConfig::new(([0; 4], 0).into(), source.clone()) };
        let program = Program::default();
        source.prepare(9, &program).unwrap().stream(router, &config, &program)
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
            let mut stream = stream(&source, 1);
            let mut all = Vec::new();
            while stream.refill(&Limit { octets, messages, ..Limit::NONE }).messages > 0 {
                all.extend_from_slice(stream.pending());
            }
            assert_eq!(all, whole);
        }
        let replayed = written(&Source::Replay(vec![whole.clone().into()]), 0);
        assert_eq!(replayed, whole);
    }

    #[test]
    fn routers_send_different_bytes_and_replays_take_turns() {
        let source = Source::Synthetic { peers: 1, prefixes: 10 };
        let (a, b) = (written(&source, 0), written(&source, 1));
        assert_ne!(a, b);
        let replay = Source::Replay(vec![a.clone().into(), b.clone().into()]);
        assert_eq!([written(&replay, 0), written(&replay, 1)], [a.clone(), b]);
        let clone = written(&replay, 2);
        assert_eq!(clone[72..], a[70..], "only its name is its own: two octets longer");
    }

    #[test]
    fn a_half_sent_chunk_counts_its_whole_messages() {
        let source = Source::Synthetic { peers: 1, prefixes: 10 };
        let mut stream = stream(&source, 0);
        stream.refill(&Limit { messages: 3, ..Limit::NONE });
        let len = stream.pending().len();
        stream.advance(len - 1);
        assert_eq!(stream.pending().len(), 1);
        let sent = stream.sent_of_chunk();
        assert_eq!((sent.messages, sent.bytes), (2, len as u64 - 1));
    }

    #[test]
    fn senseless_sources_are_refused_with_what_would_be_right() {
        let text = |source: Source| source.prepare(1, &Program::default()).unwrap_err().to_string();
        assert!(text(Source::Replay(vec![])).contains("at least one"));
        let none = text(Source::Synthetic { peers: 0, prefixes: 1 });
        assert_eq!(none, "0 peers: a router has 1 to 65536");
        let many = text(Source::Synthetic { peers: 1, prefixes: u32::MAX });
        assert!(many.contains("at most 20000000"));
        let odd = text(Source::Replay(vec![[9_u8; 9].as_slice().into()]));
        assert!(odd.starts_with("recording 1: octet 0 does not begin a BMP message"));
    }
}
