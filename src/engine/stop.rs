//! How the threads of the engine learn that it stops, and how it learns that they have ended.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use super::control::{Command, Control};

/// How far the engine is on its way to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// At work.
    Run,
    /// Sessions are closed, outputs finish what was decoded.
    Drain,
    /// End now, whatever is left.
    Abort,
}

/// What the control thread tells all others.
// On cache lines of its own: all threads read it again and again, and nothing near may change.
#[repr(align(128))]
#[derive(Debug, Default)]
pub(super) struct StopFlag {
    phase: AtomicU8,
    reopens: AtomicU32,
    reloads: AtomicU32,
}

const _: () = assert!(align_of::<StopFlag>() >= 128);

/// How often outputs were told what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Orders {
    pub(super) reopens: u32,
    pub(super) reloads: u32,
}

impl StopFlag {
    /// The phase.
    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Run,
            1 => Phase::Drain,
            _ => Phase::Abort,
        }
    }

    /// Enters `phase`; there is no way back.
    pub(super) fn enter(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::Release);
    }

    /// How often outputs were told to open their targets anew, and to read their files again.
    pub(super) fn orders(&self) -> Orders {
        let (reopens, reloads) = (&self.reopens, &self.reloads);
        Orders {
            reopens: reopens.load(Ordering::Acquire),
            reloads: reloads.load(Ordering::Acquire),
        }
    }

    /// Tells outputs to read their files again.
    pub(super) fn reload(&self) {
        self.reloads.fetch_add(1, Ordering::Release);
    }

    /// Tells outputs to open their targets anew.
    pub(super) fn reopen(&self) {
        self.reopens.fetch_add(1, Ordering::Release);
    }
}

/// Where ended threads report to.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    control: OnceLock<Control>,
    died: AtomicBool,
}

impl Alarm {
    /// From now on `control` hears of threads that end.
    pub(super) fn connect(&self, control: &Control) {
        let _ = self.control.set(control.clone());
    }

    /// Whether a thread has ended by a panic.
    pub(super) fn has_died(&self) -> bool {
        self.died.load(Ordering::Acquire)
    }
}

/// Lives on a thread's stack and reports its end, however it comes.
pub(super) struct Lifeline {
    alarm: Arc<Alarm>,
    ended: Arc<AtomicBool>,
}

impl Lifeline {
    /// A lifeline and the flag that it sets at its end.
    pub(super) fn new(alarm: &Arc<Alarm>) -> (Self, Arc<AtomicBool>) {
        let ended = Arc::new(AtomicBool::new(false));
        (Self { alarm: Arc::clone(alarm), ended: Arc::clone(&ended) }, ended)
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.alarm.died.store(true, Ordering::Release);
        }
        self.ended.store(true, Ordering::Release);
        if let Some(control) = self.alarm.control.get() {
            control.send(Command::Look);
        }
    }
}
