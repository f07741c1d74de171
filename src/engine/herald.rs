//! Watches whether the engine's threads move, and tells the service manager and the log.
//!
//! The watchdog is fed by what the threads do, not by a timer: each beats when it takes a turn, and
//! only when all have beaten since the last time is the manager told that the collector is alive.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

use super::mail::Mail;
use super::start::Threads;
use crate::telemetry::counters::Cell as Count;
use crate::telemetry::service::ServiceManager;

/// How often the threads are looked at, unless the watchdog wants it more often. A resting reactor
/// beats four times in that time, a resting writer twice.
const LOOK: Duration = Duration::from_secs(1);
/// The most often, whatever a watchdog asks for.
const LOOK_MIN: Duration = Duration::from_millis(50);
/// Looks in a row at a thread that has not moved, after which it is told. Looks are counted rather
/// than time: a machine that was paused has paused everybody.
const STILL_LOOKS: u32 = 5;

/// A writer's heart, on a cache line of its own. Beaten by its thread alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Pulse(Arc<CachePadded<Count>>);

impl Pulse {
    /// The thread takes a turn.
    pub(super) fn beat(&self) {
        self.0.add(1);
    }

    fn beats(&self) -> u64 {
        self.0.get()
    }
}

/// What beats.
enum Heart {
    Reactor(Arc<Mail>),
    Writer(Pulse),
}

impl Heart {
    fn beats(&self) -> u64 {
        match self {
            Self::Reactor(mail) => mail.beats(),
            Self::Writer(pulse) => pulse.beats(),
        }
    }
}

/// A thread as it was seen last.
struct Watched {
    name: String,
    heart: Heart,
    beats: u64,
    still: u32,
    still_since: Instant,
    /// Has moved since the watchdog was fed.
    has_moved: bool,
}

impl Watched {
    fn look(&mut self, has_ended: bool, now: Instant) {
        let beats = self.heart.beats();
        if beats == self.beats && !has_ended {
            self.still = self.still.saturating_add(1);
            if self.still == STILL_LOOKS {
                let still_ms = now.saturating_duration_since(self.still_since).as_millis() as u64;
                tracing::warn!(thread = %self.name, still_ms, "thread-still");
            }
            return;
        }
        if self.still >= STILL_LOOKS {
            let still_ms = now.saturating_duration_since(self.still_since).as_millis() as u64;
            tracing::info!(thread = %self.name, still_ms, "thread-moves-again");
        }
        (self.beats, self.still, self.still_since, self.has_moved) = (beats, 0, now, true);
    }
}

/// See the module.
pub(super) struct Herald {
    manager: ServiceManager,
    watched: Vec<Watched>,
    every: Duration,
    looked: Option<Instant>,
    fed: Option<Instant>,
    said_ready: bool,
    said_sessions: Option<usize>,
    stops: bool,
}

impl Herald {
    pub(super) fn new(manager: ServiceManager, threads: &Threads, now: Instant) -> Self {
        let reactors = threads.reactors.iter().map(|r| Heart::Reactor(Arc::clone(&r.mail)));
        let writers = threads.writers.iter().map(|w| Heart::Writer(w.pulse.clone()));
        let named = |kind: &'static str| move |(i, heart)| (format!("{kind}-{i}"), heart);
        let hearts = reactors.enumerate().map(named("reactor"));
        let hearts = hearts.chain(writers.enumerate().map(named("writer")));
        Self::of(manager, hearts.collect(), now)
    }

    fn of(manager: ServiceManager, hearts: Vec<(String, Heart)>, now: Instant) -> Self {
        let watched = hearts.into_iter().map(|(name, heart)| Watched {
            beats: heart.beats(),
            name,
            heart,
            still: 0,
            still_since: now,
            has_moved: false,
        });
        let every = manager.watchdog().map_or(LOOK, |limit| (limit / 4).clamp(LOOK_MIN, LOOK));
        Self {
            watched: watched.collect(),
            manager,
            every,
            looked: None,
            fed: None,
            said_ready: false,
            said_sessions: None,
            stops: false,
        }
    }

    /// How often [`Self::look`] should be called at least.
    pub(super) fn every(&self) -> Duration {
        self.every
    }

    /// Looks at all threads, if it is time to, and says what there is to say.
    pub(super) fn look(&mut self, threads: &Threads, now: Instant) {
        let reactors = threads.reactors.iter().map(|r| &r.ended);
        let ended = reactors.chain(threads.writers.iter().map(|w| &w.ended));
        let ended: Vec<bool> = ended.map(|ended| ended.load(Ordering::Acquire)).collect();
        let sessions = threads.reactors.iter().map(|r| r.mail.sessions()).sum();
        self.note(&ended, sessions, now);
    }

    fn note(&mut self, ended: &[bool], sessions: usize, now: Instant) {
        self.said_ready = self.said_ready || self.manager.is_ready();
        let since = |then: Option<Instant>| then.map(|then| now.saturating_duration_since(then));
        if since(self.looked).is_some_and(|time| time < self.every) {
            return;
        }
        self.looked = Some(now);
        for (watched, ended) in self.watched.iter_mut().zip(ended) {
            watched.look(*ended, now);
        }
        // Half of the limit, as sd_watchdog_enabled(3) has it; looks come a little late.
        let feed_after =
            self.manager.watchdog().map(|limit| (limit / 2).saturating_sub(self.every / 2));
        let is_due = feed_after.is_some_and(|after| since(self.fed).is_none_or(|t| t >= after));
        if is_due && self.watched.iter().all(|w| w.has_moved) && self.manager.is_alive() {
            self.fed = Some(now);
            self.watched.iter_mut().for_each(|w| w.has_moved = false);
        }
        if !self.stops && self.said_sessions != Some(sessions) {
            let text = format!("{sessions} router sessions open");
            self.said_sessions = self.manager.status(&text).then_some(sessions);
        }
    }

    /// Says that the collector stops.
    pub(super) fn stop(&mut self, sessions: usize) {
        self.manager.is_stopping(&format!("stopping: {sessions} router sessions to close"));
        (self.said_ready, self.stops) = (true, true);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    use super::*;

    /// What was said since the last call.
    fn heard(socket: &UnixDatagram) -> Vec<String> {
        let mut octets = [0; 512];
        let mut said = Vec::new();
        while let Ok(length) = socket.recv(&mut octets) {
            said.push(String::from_utf8(octets[..length].to_vec()).unwrap());
        }
        said
    }

    #[test]
    fn the_watchdog_is_fed_only_when_all_have_moved() {
        let name = format!("ribcage-herald-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        socket.set_nonblocking(true).unwrap();
        let limit = Some(Duration::from_secs(4));
        let manager = ServiceManager::at(format!("@{name}").into(), limit);
        let (first, second) = (Pulse::default(), Pulse::default());
        let hearts = [&first, &second].map(|pulse| Heart::Writer(pulse.clone()));
        let hearts =
            hearts.into_iter().enumerate().map(|(i, heart)| (format!("writer-{i}"), heart));
        let start = Instant::now();
        let mut herald = Herald::of(manager, hearts.collect(), start);
        let mut at = |seconds: u64, beating: &[&Pulse], ended: &[bool]| {
            beating.iter().for_each(|pulse| pulse.beat());
            herald.note(ended, 3, start + Duration::from_secs(seconds));
            heard(&socket)
        };
        let (none, no) = (Vec::<String>::new(), [false; 2]);
        assert_eq!(at(0, &[], &no), ["READY=1", "STATUS=3 router sessions open"]);
        assert_eq!(at(1, &[&first], &no), none, "the second stands still");
        assert_eq!(at(2, &[&second], &no), ["WATCHDOG=1"], "both have moved");
        assert_eq!(at(3, &[&first, &second], &no), none, "not yet");
        assert_eq!(at(4, &[&first], &no), ["WATCHDOG=1"]);
        for seconds in 5..40 {
            assert_eq!(at(seconds, &[&first], &no), none, "the second stands still");
        }
        assert_eq!(at(40, &[&first], &[false, true]), ["WATCHDOG=1"], "one that has ended may");
        herald.stop(3);
        assert_eq!(heard(&socket), ["STOPPING=1\nSTATUS=stopping: 3 router sessions to close"]);
        herald.note(&[true; 2], 2, start + Duration::from_secs(50));
        assert_eq!(heard(&socket), ["WATCHDOG=1"], "it is stopping, whatever is left");
    }

    #[test]
    fn no_watchdog_makes_the_control_thread_spin() {
        let every = |limit| {
            let manager = ServiceManager::at("@nobody-hears-this".into(), Some(limit));
            Herald::of(manager, Vec::new(), Instant::now()).every()
        };
        assert_eq!(every(Duration::from_micros(1)), LOOK_MIN);
        assert_eq!(every(Duration::from_secs(2)), Duration::from_millis(500));
        assert_eq!(every(Duration::from_secs(3600)), LOOK);
    }
}
