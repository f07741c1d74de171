//! The queue of what a transport wants the log to know: bounded, since a log may fall behind.

use std::collections::VecDeque;

use super::Notice;

/// Notices kept; the oldest make room. Counters never come from notices, so only log lines are
/// lost.
const NOTICES_MAX: usize = 256;

/// Notices not yet taken.
#[derive(Debug, Default)]
pub(super) struct Notices(VecDeque<Notice>);

impl Notices {
    /// Adds one.
    pub(super) fn push(&mut self, notice: Notice) {
        if self.0.len() >= NOTICES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(notice);
    }

    /// The oldest one.
    pub(super) fn pop(&mut self) -> Option<Notice> {
        self.0.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_notices_are_kept() {
        let mut notices = Notices::default();
        for records in 0..1000 {
            notices.push(Notice::Dropped { records, reason: "test".into() });
        }
        let first = notices.pop();
        assert_eq!(first, Some(Notice::Dropped { records: 744, reason: "test".into() }));
        assert_eq!(std::iter::from_fn(|| notices.pop()).count(), 255);
    }
}
