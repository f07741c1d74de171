//! The engine's counters, which are telemetry's: one documented table holds their names.

pub use crate::telemetry::counters::{
    Cell as Count, OutputCounters as SinkCounters, ReactorCounters,
};
