//! How other threads reach a reactor: what they leave for it and how they wake it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::task::Waker;

use atomic_waker::AtomicWaker;

/// A reactor's letter box. Shared by the acceptor, the writers and the control thread.
#[derive(Debug, Default)]
pub(super) struct Mail {
    waker: AtomicWaker,
    news: AtomicBool,
    hungry: AtomicBool,
    done: AtomicBool,
    sessions: AtomicUsize,
}

impl Mail {
    /// Wakes the reactor's supervisor.
    pub(super) fn notify(&self) {
        self.news.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    /// Wakes the reactor if it waits for a batch; call after the batch was sent home.
    pub(super) fn came_home(&self) {
        // Pairs with the fence in `set_hungry`: either the batch is seen there, or the wish here.
        fence(Ordering::SeqCst);
        if self.hungry.load(Ordering::Relaxed) {
            self.notify();
        }
    }

    /// Says whether the reactor waits for a batch. Look for one again after saying so.
    pub(super) fn set_hungry(&self, hungry: bool) {
        self.hungry.store(hungry, Ordering::Relaxed);
        if hungry {
            fence(Ordering::SeqCst);
        }
    }

    /// Registers the supervisor, then looks for news: in this order none is missed.
    pub(super) fn poll_news(&self, waker: &Waker) -> bool {
        self.waker.register(waker);
        self.news.swap(false, Ordering::SeqCst)
    }

    /// The reactor has put all it had into its lanes and will put no more.
    pub(super) fn set_done(&self) {
        self.set_hungry(false);
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
