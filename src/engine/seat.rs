//! What a reactor keeps of each of its sessions, beside the session's own task.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Waker;

use super::gate::Ticket;

/// A turn costs as much as reading and decoding so many octets.
const TURN_WORK: u64 = 2048;
/// For how many epochs a session that was moved stays where it is.
const EPOCHS_STAY: u32 = 60;

/// Work in the epoch that runs and in the one before: an epoch is about a second.
#[derive(Debug, Default)]
pub(super) struct Work {
    epoch: Cell<u32>,
    running: Cell<u64>,
    last: Cell<u64>,
}

impl Work {
    fn turn_to(&self, epoch: u32) {
        let behind = epoch.wrapping_sub(self.epoch.replace(epoch));
        if behind > 0 {
            let running = self.running.take();
            self.last.set(if behind == 1 { running } else { 0 });
        }
    }

    /// Counts a turn that has read so many octets.
    #[inline]
    pub(super) fn add(&self, epoch: u32, octets: usize) {
        self.turn_to(epoch);
        self.running.set(self.running.get() + octets as u64 + TURN_WORK);
    }

    /// What was done in the whole epoch before this one.
    pub(super) fn before(&self, epoch: u32) -> u64 {
        self.turn_to(epoch);
        self.last.get()
    }
}

/// A session's place on its reactor.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) waker: Waker,
    pub(super) ticket: Rc<Ticket>,
    pub(super) work: Work,
    /// The reactor to go to, and the last epoch in which this still holds.
    leave: Cell<Option<(u32, u32)>>,
    /// The epoch from which on it may be told to leave.
    may_leave: Cell<u32>,
}

impl Seat {
    pub(super) fn new(waker: Waker) -> Self {
        Self {
            waker,
            ticket: Rc::default(),
            work: Work::default(),
            leave: Cell::new(None),
            may_leave: Cell::new(0),
        }
    }

    /// The session has just come from another reactor: it is not moved again soon.
    pub(super) fn settle(&self, epoch: u32) {
        self.may_leave.set(epoch + EPOCHS_STAY);
    }

    /// Whether it may be told to leave.
    pub(super) fn may_leave(&self, epoch: u32) -> bool {
        self.may_leave.get() <= epoch
    }

    /// The session was told to leave and could not.
    pub(super) fn stay(&self, epoch: u32) {
        self.leave.take();
        self.settle(epoch);
    }

    /// Tells the session to go to reactor `to`, in this epoch or the next.
    pub(super) fn tell_to_leave(&self, to: usize, epoch: u32) {
        self.leave.set(u32::try_from(to).ok().map(|to| (to, epoch + 1)));
        self.waker.wake_by_ref();
    }

    /// Where the session was told to go, once.
    #[inline]
    pub(super) fn take_leave(&self, epoch: u32) -> Option<usize> {
        let (to, until) = self.leave.take()?;
        (epoch <= until).then_some(to as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_what_was_done_in_the_epoch_before() {
        let work = Work::default();
        work.add(0, 1000);
        work.add(0, 500);
        assert_eq!(work.before(0), 0);
        assert_eq!(work.before(1), 1500 + 2 * TURN_WORK);
        work.add(1, 7);
        assert_eq!(work.before(2), 7 + TURN_WORK);
        work.add(2, 7);
        assert_eq!(work.before(9), 0, "that was long ago");
    }

    #[test]
    fn an_order_holds_once_and_not_for_long() {
        let seat = Seat::new(Waker::noop().clone());
        seat.tell_to_leave(3, 7);
        assert_eq!((seat.take_leave(8), seat.take_leave(8)), (Some(3), None));
        seat.tell_to_leave(3, 7);
        assert_eq!((seat.take_leave(9), seat.take_leave(8)), (None, None));
        seat.tell_to_leave(3, 7);
        seat.stay(7);
        assert_eq!(seat.take_leave(7), None);
        assert!(!seat.may_leave(66) && seat.may_leave(67));
    }
}
