//! The ids of router sessions.

use std::time::SystemTime;

use crate::record::SessionId;
use crate::wire::Timestamp;

/// Gives sessions their ids, in the order in which they begin.
#[derive(Debug, Default)]
pub(super) struct Ids {
    serial: u64,
    last: SessionId,
}

impl Ids {
    /// The id of a session that begins now.
    pub(super) fn next(&mut self) -> SessionId {
        self.at(SystemTime::now().into())
    }

    /// An id above all before it, also when the clock was set back.
    fn at(&mut self, now: Timestamp) -> SessionId {
        let above = SessionId(self.last.0.saturating_add(1));
        self.last = SessionId::new(now, self.serial).max(above);
        self.serial += 1;
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_in_order_whatever_the_clock_does() {
        let mut ids = Ids::default();
        let clock = [1_800_000_000, 1_800_000_000, 1_700_000_000, 0, 0, 1_900_000_000, 1];
        let begin = |secs: &u64| (0..3000).map(|_| Timestamp::new(*secs, 7)).collect::<Vec<_>>();
        let all: Vec<_> = clock.iter().flat_map(begin).map(|now| ids.at(now)).collect();
        assert!(all.is_sorted_by(|a, b| a < b));
        assert_eq!(all[0], SessionId::new(Timestamp::new(1_800_000_000, 7), 0));
        let later = &all[15_000..18_000];
        assert!(later[0] >= SessionId::new(Timestamp::new(1_900_000_000, 7), 0), "time again");
    }
}
