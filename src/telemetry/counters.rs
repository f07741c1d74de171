//! Counters: plain cells, one set per core or output stream, written by one thread and read by any.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam::utils::CachePadded;

/// A cell with one writer. It is bumped by a load and a store, not by a locked instruction, so two
/// writers would lose counts; readers see some recent value.
#[derive(Debug, Default)]
pub struct Cell(AtomicU64);

impl Cell {
    /// Adds `n`; wraps around at 2⁶⁴. Only for the cell's one writer.
    #[inline]
    pub fn add(&self, n: u64) {
        self.set(self.get().wrapping_add(n));
    }

    /// Takes `n` off, but never goes below 0: for gauges. Only for the cell's one writer.
    #[inline]
    pub fn sub(&self, n: u64) {
        self.set(self.get().saturating_sub(n));
    }

    /// Puts a value in. Only for the cell's one writer.
    #[inline]
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// The value now, for anyone.
    #[inline]
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a cell moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterKind {
    /// Only grows, from 0 at start.
    Counter,
    /// Goes up and down.
    Gauge,
}

impl CounterKind {
    /// `counter` or `gauge`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CounterKind::Counter => "counter",
            CounterKind::Gauge => "gauge",
        }
    }
}

/// A row of a table of counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterInfo {
    /// The name, as it is printed.
    pub name: &'static str,
    /// How it moves.
    pub kind: CounterKind,
    /// What is counted.
    pub unit: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
}

/// A set of cells with cache lines of its own, shared between its writer and any number of readers.
pub type Shared<T> = Arc<CachePadded<T>>;

// 128 octets where the CPU fetches lines in pairs, 64 elsewhere.
const _: () = assert!(align_of::<CachePadded<Cell>>() >= 64);

/// Declares a set of cells: `name: Kind, "unit", "meaning";` is one row, and yields the field, its
/// documentation and its place in the help text.
macro_rules! counters {
    ($(#[$doc:meta])* $set:ident {
        $($name:ident: $kind:ident, $unit:literal, $meaning:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub struct $set {
            $(#[doc = concat!($meaning, " Unit: ", $unit, ".")] pub $name: Cell,)+
        }

        const _: () = assert!(size_of::<CachePadded<$set>>() % 64 == 0);

        impl $set {
            /// The table, in the order of [`Self::snapshot`].
            pub const ROWS: &'static [CounterInfo] = &[$(CounterInfo {
                name: stringify!($name),
                kind: CounterKind::$kind,
                unit: $unit,
                meaning: $meaning,
            }),+];

            /// A set at zero, on cache lines of its own.
            #[must_use]
            pub fn shared() -> Shared<Self> {
                Arc::new(CachePadded::new(Self::default()))
            }

            /// Every cell's row and value. Each value is true for its own moment: the cells are not
            /// stopped while they are read.
            pub fn snapshot(&self) -> impl Iterator<Item = (&'static CounterInfo, u64)> {
                let values = [$(self.$name.get()),+];
                Self::ROWS.iter().zip(values)
            }
        }
    };
}

counters! {
    /// What one reactor counts. Its only writer is the reactor.
    ReactorCounters {
        sessions_opened: Counter, "sessions", "Router sessions handed to this reactor.";
        sessions_closed: Counter, "sessions", "Router sessions that have ended.";
        sessions_open: Gauge, "sessions", "Router sessions that are open now.";
        octets_received: Counter, "octets", "Octets read from routers.";
        messages: Counter, "messages", "BMP messages decoded.";
        routes_announced: Counter, "routes", "NLRI announced, each prefix of an UPDATE by itself; none where no output reads UPDATEs.";
        routes_withdrawn: Counter, "routes", "NLRI withdrawn, each prefix of an UPDATE by itself; none where no output reads UPDATEs.";
        end_of_rib: Counter, "markers", "End-of-RIB markers; none where no output reads UPDATEs.";
        odd_messages: Counter, "messages", "Messages that break a rule inside a sound frame; kept and passed on raw.";
        malformed_updates: Counter, "messages", "UPDATEs with malformed path attributes or NLRI; none where no output reads UPDATEs.";
        unknown_messages: Counter, "messages", "Messages of a type that is not known; kept and passed on raw.";
        broken_framing: Counter, "sessions", "Router sessions ended because their framing was broken.";
        idle_timeouts: Counter, "sessions", "Router sessions closed because of their silence (--idle-timeout).";
        backpressure_stalls: Counter, "stalls", "Times that reading stopped because no empty batch was left.";
        backpressure_ns: Counter, "nanoseconds", "Time during which reading was stopped.";
        batches_sealed: Counter, "batches", "Batches handed to writers.";
        batches_in_flight: Gauge, "batches", "Batches that writers have not yet returned.";
        sessions_moved: Counter, "sessions", "Router sessions that came here from another reactor.";
        busy_ns: Counter, "nanoseconds", "CPU time that the reactor has used; with --busy-poll, time spent on sessions.";
    }
}

counters! {
    /// What the acceptor counts. Its only writer is the control thread.
    AcceptorCounters {
        sessions: Gauge, "sessions", "Router sessions that were admitted and are not over.";
        accepted: Counter, "sessions", "Router connections that were accepted and admitted.";
        dialed: Counter, "connections", "Connections made to routers (--connect).";
        dial_failures: Counter, "attempts", "Attempts to connect to a router that came to nothing.";
        refused_not_allowed: Counter, "connections", "Router connections closed because no --allow has their address.";
        refused_max_routers: Counter, "connections", "Router connections closed because of --max-routers.";
        refused_per_source: Counter, "connections", "Router connections closed because of --max-routers-per-source.";
        accept_rate_waits: Counter, "rests", "Times that connections were left in the kernel's backlog for a while because of --accept-rate.";
    }
}

counters! {
    /// What one output stream counts. Its only writer is the writer thread that the stream lives
    /// on.
    OutputCounters {
        taken_records: Counter, "records", "BMP messages and session markers of the batches that the output is done with.";
        records: Counter, "records", "Records rendered; a format may render none or many for one BMP message.";
        octets: Counter, "octets", "Octets handed to the other side.";
        dropped_records: Counter, "records", "Rendered records that were given up.";
        skipped_records: Counter, "records", "Records that never came here because the output's lane was full; added up from the lanes.";
        left_out_routes: Counter, "routes", "Routes for which the output's format has no record, by their family or type.";
        pending_records: Gauge, "records", "Records taken and not yet known to be delivered.";
        batches: Counter, "batches", "Batches worked off.";
        filtered_records: Counter, "records", "BMP messages and session markers of which the filter has let nothing pass.";
    }
}

/// The documentation of every counter, one line each: what the help and the manual print.
#[must_use]
pub fn help_text() -> String {
    let mut text = String::new();
    let tables = [
        ("The acceptor", AcceptorCounters::ROWS),
        ("Each reactor", ReactorCounters::ROWS),
        ("Each output stream", OutputCounters::ROWS),
    ];
    for (title, rows) in tables {
        text.push_str(&format!("{title}:\n"));
        for row in rows {
            let CounterInfo { name, kind, unit, meaning } = row;
            text.push_str(&format!("  {name:<20} {:<8} {unit:<12} {meaning}\n", kind.name()));
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn cells_count_and_gauges_stop_at_zero() {
        let cell = Cell::default();
        cell.add(5);
        cell.sub(2);
        assert_eq!(cell.get(), 3);
        cell.sub(9);
        assert_eq!(cell.get(), 0);
        cell.set(u64::MAX);
        cell.add(2);
        assert_eq!(cell.get(), 1);
    }

    #[test]
    fn a_snapshot_pairs_each_name_with_its_own_cell() {
        let counters = ReactorCounters::shared();
        counters.sessions_opened.add(3);
        counters.busy_ns.set(7);
        let values: Vec<_> = counters.snapshot().map(|(row, value)| (row.name, value)).collect();
        assert_eq!(values.len(), ReactorCounters::ROWS.len());
        assert_eq!(values.first(), Some(&("sessions_opened", 3)));
        assert_eq!(values.last(), Some(&("busy_ns", 7)));
        assert_eq!(values.iter().map(|(_, value)| value).sum::<u64>(), 10);
    }

    #[test]
    fn other_threads_read_what_the_writer_counts() {
        let counters = OutputCounters::shared();
        let writer = Arc::clone(&counters);
        std::thread::spawn(move || (0..1000).for_each(|_| writer.records.add(1))).join().unwrap();
        assert_eq!(counters.records.get(), 1000);
    }

    #[test]
    fn sets_do_not_share_cache_lines() {
        assert!(std::mem::align_of::<CachePadded<ReactorCounters>>() >= 64);
        assert_eq!(std::mem::size_of::<CachePadded<OutputCounters>>() % 64, 0);
    }

    #[test]
    fn names_are_unique_and_documented() {
        for rows in [AcceptorCounters::ROWS, ReactorCounters::ROWS, OutputCounters::ROWS] {
            for (i, row) in rows.iter().enumerate() {
                assert!(rows[..i].iter().all(|other| other.name != row.name), "{}", row.name);
                assert!(row.meaning.ends_with('.') && !row.unit.is_empty(), "{}", row.name);
                assert!(help_text().contains(row.meaning), "{}", row.name);
            }
        }
    }
}
