//! How other threads reach a reactor: what they leave for it and how they wake it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::task::Waker;
use std::time::{Duration, Instant};

use atomic_waker::AtomicWaker;

use crate::telemetry::counters::Cell as Count;

/// A supervisor that has not moved for so long is woken again; it moves more often by itself.
const STILL: Duration = Duration::from_secs(1);
/// Kicks in a row: each may hold a reference to the task, and those are counted in 15 bits.
const KICKS_MAX: u32 = 1000;

/// A reactor's letter box. Shared by the acceptor, the writers and the control thread.
// On cache lines of its own: the reactor beats while the acceptor and the writers look.
#[repr(align(128))]
#[derive(Debug, Default)]
pub(super) struct Mail {
    waker: AtomicWaker,
    news: AtomicBool,
    /// Batches that must come home before the reactor is woken; none when it waits for none.
    hunger: AtomicUsize,
    done: AtomicBool,
    sessions: AtomicUsize,
    kick: OnceLock<Waker>,
    beats: Count,
}

const _: () = assert!(align_of::<Mail>() >= 128);

/// Watches from outside whether a reactor's supervisor moves.
///
/// A glommio executor that is preempted before it has run its first task goes to sleep although
/// tasks are runnable. Timers on the reactor wake it again, but those can fire into the same gap; a
/// kick from another thread works always.
#[derive(Debug)]
pub(super) struct Watch {
    beats: u64,
    since: Instant,
    kicks: u32,
}

impl Watch {
    pub(super) fn new(now: Instant) -> Self {
        Self { beats: 0, since: now, kicks: 0 }
    }

    /// Kicks the reactor if it has stood still for too long.
    pub(super) fn look(&mut self, mail: &Mail, now: Instant) {
        let beats = mail.beats.get();
        if beats != self.beats {
            *self = Self { beats, since: now, kicks: 0 };
        } else if now.saturating_duration_since(self.since) >= STILL && self.kicks < KICKS_MAX {
            self.since = now;
            self.kicks += 1;
            if let Some(waker) = mail.kick.get().filter(|_| !mail.is_done()) {
                waker.wake_by_ref();
            }
        }
    }
}

impl Mail {
    /// Wakes the reactor's supervisor.
    pub(super) fn notify(&self) {
        self.news.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    /// Wakes the reactor if that was the last batch that it waits for; call after the batch was
    /// sent home.
    pub(super) fn came_home(&self) {
        // Pairs with the fence in `set_hunger`: either the batch is seen there, or the wish here.
        fence(Ordering::SeqCst);
        if self.hunger.load(Ordering::Relaxed) == 0 {
            return;
        }
        let less = |hunger: usize| hunger.checked_sub(1);
        if self.hunger.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) == Ok(1) {
            self.notify();
        }
    }

    /// Says that the reactor is to be woken when so many batches more have come home, or earlier if
    /// it said so before. Look for one again after saying so.
    pub(super) fn set_hunger(&self, batches: usize) {
        let sooner = |hunger: usize| Some(if hunger == 0 { batches } else { hunger.min(batches) });
        let _ = self.hunger.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sooner);
        fence(Ordering::SeqCst);
    }

    /// Says that the reactor waits for no batch.
    pub(super) fn set_fed(&self) {
        self.hunger.store(0, Ordering::Relaxed);
    }

    /// Registers the supervisor, then looks for news: in this order none is missed.
    pub(super) fn poll_news(&self, waker: &Waker) -> bool {
        self.waker.register(waker);
        self.news.swap(false, Ordering::SeqCst)
    }

    /// The supervisor moves. Called by it alone.
    pub(super) fn beat(&self, waker: &Waker) {
        self.kick.get_or_init(|| waker.clone());
        self.beats.add(1);
    }

    /// How often the supervisor has moved.
    pub(super) fn beats(&self) -> u64 {
        self.beats.get()
    }

    /// The reactor has put all it had into its lanes and will put no more.
    pub(super) fn set_done(&self) {
        self.set_fed();
        drop(self.waker.take());
        self.done.store(true, Ordering::Release);
    }

    /// Whether the lanes get no more batches.
    pub(super) fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// Sessions handed to the reactor and not yet ended.
    pub(super) fn sessions(&self) -> usize {
        self.sessions.load(Ordering::Relaxed)
    }

    /// A session was handed to the reactor.
    pub(super) fn session_begins(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    /// A session has ended.
    pub(super) fn session_ends(&self) {
        self.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    struct Kicked(AtomicUsize);
    impl Wake for Kicked {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn only_a_supervisor_that_stands_still_is_kicked() {
        let (mail, start) = (Mail::default(), Instant::now());
        let kicked = Arc::new(Kicked(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&kicked));
        let mut watch = Watch::new(start);
        let mut kicks_at = |ms| {
            watch.look(&mail, start + Duration::from_millis(ms));
            kicked.0.load(Ordering::Relaxed)
        };
        mail.beat(&waker);
        assert_eq!(kicks_at(1_100), 0, "it has moved");
        assert_eq!(kicks_at(2_000), 0, "it may rest");
        assert_eq!(kicks_at(2_100), 1);
        assert_eq!(kicks_at(2_200), 1);
        assert_eq!(kicks_at(3_100), 2);
        mail.beat(&waker);
        assert_eq!(kicks_at(4_100), 2);
    }
}
