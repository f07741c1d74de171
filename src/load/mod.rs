//! The load generator: routers that do not exist, sending BMP to a collector that does.
//!
//! ```text
//! Source ─▶ Stream (one per router) ─▶ Connection (non-blocking) ─▶ collector
//!  recordings   whole messages            pace, large writes            counts ─▶ LoadReport
//!  or a seeded
//!  synthetic table
//! ```
//!
//! * A [`Stream`] yields one router's messages on the fly. What it yields depends on the source,
//!   the seed and the router's number only: never on time, on threads or on how many routers run.
//! * [`run`] serves all connections from a few threads. A receiver that does not read stops its own
//!   connection and no other.
//! * A [`Sink`] reads what the collector makes of it all: messages carry the time at which they
//!   were due to be sent, so that the sink knows how long each took.
//! * Counted is what the kernel has accepted, so that the figures of a run that was ended early are
//!   still those of whole messages that were sent.

mod clones;
mod connection;
mod error;
mod examples;
mod latency;
mod machine;
mod rate;
mod receive;
mod render;
mod replay;
mod report;
mod rng;
mod run;
mod scenario;
mod sink;
mod sources;
mod stamp;
mod stream;
mod synth;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod walk;
mod worker;

pub use error::LoadError;
pub use latency::{LatencyReport, readable};
pub use rate::{Rate, RateError};
pub use receive::{Patience, Sent, Sink, SinkProgress};
pub use replay::{Came, Recording, Replay, ReplayError};
pub use report::{LoadReport, Outcome, Progress, RouterReport};
pub use run::{LoadConfig, run};
pub use scenario::{Key, Row, SCENARIOS, Scenario, ScenarioError, help as scenario_help};
pub use sink::{Entry as SinkFormat, Received, SINKS, SinkAddress, SinkReport, SinkSpec};
pub use sources::Sources;
pub use stamp::{stamp, stamp_each};
pub use stream::{Limit, PEERS_MAX, PREFIXES_MAX, Source, Stream, write_router, write_stream};
pub use tally::Tally;

pub use walk::{Counts, count};
