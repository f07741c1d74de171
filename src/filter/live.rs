//! The filter of an output, which may be another one while the output runs.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::expr::Filter;

/// The place where the streams of an output find their filter. Clones share it: whoever puts a
/// filter in has all streams use it from their next batch on.
#[derive(Clone, Default)]
pub struct LiveFilter(Arc<Place>);

#[derive(Default)]
struct Place {
    /// Grows with every change. Streams read it once for each batch, and the rest when it has
    /// changed.
    changes: AtomicU64,
    filter: Mutex<Option<Arc<Filter>>>,
}

impl LiveFilter {
    /// A place with this filter in it.
    #[must_use]
    pub fn new(filter: Option<Filter>) -> Self {
        let live = Self::default();
        live.set(filter);
        live
    }

    /// Puts another filter in, or none.
    pub fn set(&self, filter: Option<Filter>) {
        let mut place = self.0.filter.lock().unwrap_or_else(PoisonError::into_inner);
        *place = filter.map(Arc::new);
        self.0.changes.fetch_add(1, Ordering::Release);
    }

    /// The filter now.
    #[must_use]
    pub fn get(&self) -> Option<Arc<Filter>> {
        self.0.filter.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often it was changed.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.0.changes.load(Ordering::Acquire)
    }
}

impl fmt::Debug for LiveFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(filter) => write!(f, "LiveFilter({filter})"),
            None => f.write_str("LiveFilter(none)"),
        }
    }
}
