//! Repeats: a flood of one event becomes a few lines and a sum.

use std::time::Duration;

use tracing::Level;

use super::events::EVENTS;

/// Lines of one event word that a window lets through.
pub(super) const LINES_PER_WINDOW_MAX: u32 = 20;

/// How long a window is.
pub(super) const WINDOW: Duration = Duration::from_secs(1);

/// Lines that were held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeats {
    /// The event, by its place in the table.
    pub(super) event: usize,
    /// The level of the last line held back.
    pub(super) level: Level,
    /// How many lines were held back.
    pub(super) repeated: u64,
}

/// One event's current second.
#[derive(Debug, Clone, Copy)]
struct Window {
    start: Duration,
    passed: u32,
    held: u64,
    level: Level,
}

/// Counts lines by event word. One window per row of the table: its memory does not grow.
#[derive(Debug)]
pub(super) struct Collapse {
    windows: Vec<Option<Window>>,
}

impl Collapse {
    /// Nothing has been seen.
    pub(super) fn new() -> Self {
        Self { windows: vec![None; EVENTS.len()] }
    }

    /// Whether a line of the event may go out; if not, it is counted. `now` counts from any fixed
    /// point and never runs back. Call [`Self::ended`] first, so that sums come before what
    /// follows.
    pub(super) fn admit(&mut self, event: usize, level: Level, now: Duration) -> bool {
        let Some(slot) = self.windows.get_mut(event) else { return true };
        let window = slot.get_or_insert(Window { start: now, passed: 0, held: 0, level });
        if window.passed < LINES_PER_WINDOW_MAX {
            window.passed += 1;
            return true;
        }
        window.held += 1;
        window.level = level;
        false
    }

    /// Closes the windows that have ended by `now`, and gives the sum of the next one that held
    /// lines back. Call until it is `None`.
    pub(super) fn ended(&mut self, now: Duration) -> Option<Repeats> {
        self.close(|window| now.saturating_sub(window.start) >= WINDOW)
    }

    /// Closes every window, ended or not, and gives the sum of the next one that held lines back.
    pub(super) fn flush(&mut self) -> Option<Repeats> {
        self.close(|_| true)
    }

    fn close(&mut self, over: impl Fn(&Window) -> bool) -> Option<Repeats> {
        for (event, slot) in self.windows.iter_mut().enumerate() {
            if let Some(window) = slot.take_if(|window| over(window))
                && window.held > 0
            {
                return Some(Repeats { event, level: window.level, repeated: window.held });
            }
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_twenty_first_line_of_a_second_is_counted() {
        let mut collapse = Collapse::new();
        for _ in 0..20 {
            assert!(collapse.admit(3, Level::INFO, 5 * MS));
        }
        assert!(!collapse.admit(3, Level::INFO, 900 * MS));
        assert!(!collapse.admit(3, Level::WARN, 1004 * MS));
        assert!(collapse.admit(4, Level::INFO, 900 * MS), "other words have windows of their own");
        assert_eq!(collapse.ended(1004 * MS), None);
        let sum = Repeats { event: 3, level: Level::WARN, repeated: 2 };
        assert_eq!(collapse.ended(1005 * MS), Some(sum));
        assert_eq!(collapse.ended(1005 * MS), None);
        assert!(collapse.admit(3, Level::INFO, 1005 * MS));
    }

    #[test]
    fn a_flush_sums_up_before_the_second_ends() {
        let mut collapse = Collapse::new();
        for _ in 0..25 {
            collapse.admit(0, Level::INFO, MS);
            collapse.admit(1, Level::INFO, MS);
        }
        assert_eq!(collapse.flush().map(|r| (r.event, r.repeated)), Some((0, 5)));
        assert_eq!(collapse.flush().map(|r| (r.event, r.repeated)), Some((1, 5)));
        assert_eq!(collapse.flush(), None);
    }

    #[test]
    fn few_lines_give_no_sum() {
        let mut collapse = Collapse::new();
        for _ in 0..20 {
            assert!(collapse.admit(0, Level::INFO, MS));
        }
        assert_eq!(collapse.flush(), None);
    }
}
