//! What the running engine can be told, by signals or by calls.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use rustix::event::{EventfdFlags, eventfd};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::{Handle, Signals};

/// Something that the engine is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// The first time: drain and end. The second time: end at once. (SIGTERM, SIGINT)
    Stop,
    /// Outputs open their targets anew. (SIGHUP)
    Reopen,
    /// A status report goes to the log. (SIGUSR1)
    Status,
    /// Maps and lists are read again. (SIGUSR2)
    Reload,
    /// Something else has changed: look.
    Look,
}

/// A handle through which any thread can tell the engine something. Clones are the same handle.
#[derive(Debug, Clone)]
pub struct Control(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bell: OwnedFd,
    stops: AtomicU32,
    asked: AtomicU32,
}

/// What was asked since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Asked {
    pub(super) stops: u32,
    pub(super) reopen: bool,
    pub(super) status: bool,
    pub(super) reload: bool,
}

impl Control {
    /// A new handle.
    ///
    /// # Errors
    /// The system's error, when it has no descriptor left.
    pub fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(Inner { bell, stops: AtomicU32::new(0), asked: AtomicU32::new(0) })))
    }

    /// Tells the engine `command`. The same command told twice before the engine looks counts once,
    /// but for [`Command::Stop`].
    pub fn send(&self, command: Command) {
        if command == Command::Stop {
            self.0.stops.fetch_add(1, Ordering::AcqRel);
        } else {
            self.0.asked.fetch_or(1 << command as u32, Ordering::AcqRel);
        }
        // A bell that is full has rung already.
        let _ = rustix::io::write(&self.0.bell, &1_u64.to_ne_bytes());
    }

    /// Silences the bell and takes what was asked.
    pub(super) fn take(&self) -> Asked {
        let _ = rustix::io::read(&self.0.bell, &mut [0_u8; 8]);
        let asked = self.0.asked.swap(0, Ordering::AcqRel);
        let has = |command: Command| asked & (1 << command as u32) != 0;
        Asked {
            stops: self.0.stops.load(Ordering::Acquire),
            reopen: has(Command::Reopen),
            status: has(Command::Status),
            reload: has(Command::Reload),
        }
    }

    /// A descriptor that is readable when there is something to take.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.0.bell.as_fd()
    }
}

/// Passes signals on to a [`Control`] for as long as it lives.
///
/// After it is gone signals are caught and do nothing, as an ending process wants it.
#[derive(Debug)]
pub struct SignalGuard {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Drop for SignalGuard {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Catches TERM, INT, HUP, USR1 and USR2 and passes them on to `control`. PIPE is ignored by the
/// standard library since before `main`.
///
/// # Errors
/// The system's error, when a handler or the thread cannot be had.
pub fn catch_signals(control: &Control) -> io::Result<SignalGuard> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2])?;
    let handle = signals.handle();
    let control = control.clone();
    let thread = std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            control.send(match signal {
                SIGHUP => Command::Reopen,
                SIGUSR1 => Command::Status,
                SIGUSR2 => Command::Reload,
                _ => Command::Stop,
            });
        }
    })?;
    Ok(SignalGuard { handle, thread: Some(thread) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_stops_are_counted() {
        let control = Control::new().unwrap();
        let other = control.clone();
        for command in [Command::Stop, Command::Reopen, Command::Reopen, Command::Stop] {
            other.send(command);
        }
        let asked = Asked { stops: 2, reopen: true, status: false, reload: false };
        assert_eq!(control.take(), asked);
        assert_eq!(control.take(), Asked { stops: 2, ..Asked::default() });
    }

    #[test]
    fn a_signal_becomes_a_command() {
        let control = Control::new().unwrap();
        let guard = catch_signals(&control).unwrap();
        signal_hook::low_level::raise(SIGUSR2).unwrap();
        let mut fds = [rustix::event::PollFd::new(&control.0.bell, rustix::event::PollFlags::IN)];
        let limit = rustix::event::Timespec { tv_sec: 20, tv_nsec: 0 };
        loop {
            match rustix::event::poll(&mut fds, Some(&limit)) {
                Err(rustix::io::Errno::INTR) => {}
                ready => break assert_eq!(ready, Ok(1)),
            }
        }
        assert!(control.take().reload);
        drop(guard);
    }
}
