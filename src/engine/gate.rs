//! Who may read next when batches are scarce: sessions queue, in the order in which they came.
//!
//! One grant at a time is out. The session that takes it up lets the next one in before it reads,
//! so a grant cannot be lost on a session that then finds nothing to read.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Waker};

/// A session's place in the queue.
#[derive(Debug, Default)]
pub(super) struct Ticket(Cell<Place>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Outside,
    Queued,
    Granted,
}

/// The queue in front of the pool.
#[derive(Debug, Default)]
pub(super) struct Gate {
    waiting: RefCell<VecDeque<(Rc<Ticket>, Waker)>>,
    granted: Cell<usize>,
}

impl Gate {
    /// Whether the holder of `ticket` may use the pool now; else it is queued and woken in its
    /// turn. `first` puts it at the head: it holds input already read.
    pub(super) fn admit(
        &self,
        ticket: &Rc<Ticket>,
        cx: &Context<'_>,
        first: bool,
        has_room: bool,
    ) -> bool {
        let place = ticket.0.get();
        let may_enter = match place {
            Place::Outside => self.waiting.borrow().is_empty() && self.granted.get() == 0,
            Place::Queued => false,
            Place::Granted => {
                self.granted.set(self.granted.get() - 1);
                true
            }
        };
        if may_enter && has_room {
            ticket.0.set(Place::Outside);
            self.pass_on(has_room);
            return true;
        }
        if place != Place::Queued {
            ticket.0.set(Place::Queued);
            let entry = (Rc::clone(ticket), cx.waker().clone());
            let mut waiting = self.waiting.borrow_mut();
            match first || place == Place::Granted {
                true => waiting.push_front(entry),
                false => waiting.push_back(entry),
            }
        }
        false
    }

    /// Lets the next session in if there is room.
    pub(super) fn pass_on(&self, has_room: bool) {
        if !has_room || self.granted.get() > 0 {
            return;
        }
        let next = self.waiting.borrow_mut().pop_front();
        if let Some((ticket, waker)) = next {
            ticket.0.set(Place::Granted);
            self.granted.set(self.granted.get() + 1);
            waker.wake();
        }
    }

    /// Whether sessions wait.
    pub(super) fn is_queued(&self) -> bool {
        self.granted.get() > 0 || !self.waiting.borrow().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn sessions_enter_in_the_order_in_which_they_came_but_read_input_goes_first() {
        let gate = Gate::default();
        let woken: [Arc<Woken>; 3] = Default::default();
        let wakers = woken.clone().map(Waker::from);
        let tickets: [Rc<Ticket>; 3] = Default::default();
        let ask = |i: usize, first, room| {
            gate.admit(&tickets[i], &Context::from_waker(&wakers[i]), first, room)
        };
        let woken = |i: usize| woken[i].0.load(Ordering::Relaxed);
        assert!(ask(0, false, true), "room and nobody waits");
        assert!(!ask(0, false, false) && !ask(1, false, false) && !ask(2, true, false));
        assert!(!ask(1, false, true), "asking again does not overtake");
        gate.pass_on(true);
        gate.pass_on(true);
        assert_eq!([woken(0), woken(1), woken(2)], [0, 0, 1], "one grant is out at a time");
        assert!(!ask(2, true, false), "the room was gone: back to the head");
        gate.pass_on(true);
        assert!(ask(2, true, true));
        assert_eq!([woken(0), woken(1), woken(2)], [1, 0, 2], "entering lets the next one in");
        assert!(ask(0, false, true) && ask(1, false, true));
        assert!(!gate.is_queued());
    }
}
