//! What a run says of itself, while it runs and after.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::latency::LatencyReport;
use super::sink::SinkReport;
use super::tally::Tally;
use super::walk::Counts;

/// How a run stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Since the start.
    pub elapsed: Duration,
    /// What has been sent. Routes and messages are counted chunk by chunk.
    pub sent: Counts,
    /// Messages that all routers together will send.
    pub total_messages: u64,
    /// Routers that have connected.
    pub connected: usize,
    /// Routers that are done, for better or worse.
    pub ended: usize,
    /// Those among them that failed.
    pub failed: usize,
}

/// How a router's connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything was sent.
    Finished,
    /// The run was ended early, between two messages.
    Stopped,
    /// The run was ended early, and the collector did not take the rest of a message.
    StoppedInMessage,
    /// The connection could not be made.
    NotConnected,
    /// The connection was lost midway.
    Lost,
}

impl Outcome {
    /// Whether that is a failure: not everything that was to be sent was.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Outcome::NotConnected | Outcome::Lost)
    }
}

/// What one router did.
#[derive(Debug, Clone, Serialize)]
pub struct RouterReport {
    /// Its number, from 0.
    pub router: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the kernel accepted: whole messages, and octets.
    #[serde(flatten)]
    pub sent: Counts,
    /// What happened besides.
    #[serde(flatten)]
    pub tally: Tally,
    /// From its connection to its last octet.
    pub seconds: f64,
}

/// What a run did. Serialised, it is the file of `--json`.
#[derive(Debug, Clone, Serialize)]
pub struct LoadReport {
    /// The collector.
    pub target: SocketAddr,
    /// Connections that were made.
    pub connections: usize,
    /// Routers that sent everything.
    pub finished: usize,
    /// Routers that could not connect.
    pub not_connected: usize,
    /// Connections lost midway.
    pub lost: usize,
    /// Whether the run was ended early.
    pub stopped: bool,
    /// What all routers sent.
    #[serde(flatten)]
    pub sent: Counts,
    /// What happened besides, to all routers.
    #[serde(flatten)]
    pub tally: Tally,
    /// From the start, connecting included, to the last octet.
    pub seconds: f64,
    /// Messages per second.
    pub messages_per_second: f64,
    /// Routes announced and withdrawn per second.
    pub routes_per_second: f64,
    /// Octets per second.
    pub bytes_per_second: f64,
    /// How long it took from when a message was due to be sent until its records came out; none
    /// without a sink.
    pub latency: Option<LatencyReport>,
    /// What came out; none without a sink.
    pub sink: Option<SinkReport>,
    /// Each router.
    pub routers: Vec<RouterReport>,
}

/// What of a run no router knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunEnd {
    pub(super) elapsed: Duration,
    pub(super) stopped: bool,
    pub(super) connections: usize,
}

impl LoadReport {
    /// Adds up the routers.
    pub(super) fn new(target: SocketAddr, end: RunEnd, mut routers: Vec<RouterReport>) -> Self {
        routers.sort_by_key(|router| router.router);
        let having = |outcome| routers.iter().filter(|r| r.outcome == outcome).count();
        let (mut sent, mut tally) = (Counts::default(), Tally::default());
        for router in &routers {
            sent += router.sent;
            tally += router.tally;
        }
        let seconds = end.elapsed.as_secs_f64();
        let per_second = |n: u64| if seconds > 0.0 { n as f64 / seconds } else { 0.0 };
        Self {
            target,
            connections: end.connections,
            finished: having(Outcome::Finished),
            not_connected: having(Outcome::NotConnected),
            lost: having(Outcome::Lost),
            stopped: end.stopped,
            sent,
            tally,
            seconds,
            messages_per_second: per_second(sent.messages),
            routes_per_second: per_second(sent.announced + sent.withdrawn),
            bytes_per_second: per_second(sent.bytes),
            latency: None,
            sink: None,
            routers,
        }
    }

    /// Adds what a sink has received.
    #[must_use]
    pub fn with_sink(mut self, (sink, latency): (SinkReport, LatencyReport)) -> Self {
        self.sink = Some(sink);
        self.latency = Some(latency);
        self
    }

    /// Routes announced and withdrawn.
    #[must_use]
    pub fn routes(&self) -> u64 {
        self.sent.announced + self.sent.withdrawn
    }

    /// Whether a router could not connect or lost its connection, or something that was sent did
    /// not come out: the run ends with failure.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.has_failed_routers() || self.sink.as_ref().is_some_and(|sink| !sink.complete)
    }

    fn has_failed_routers(&self) -> bool {
        self.routers.iter().any(|router| router.outcome.is_failure())
    }
}

impl fmt::Display for LoadReport {
    /// Aligned lines without a last newline: counts, rates, and the first failures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { messages, announced, withdrawn, bytes } = self.sent;
        let mib = |octets: f64| octets / f64::from(1 << 20);
        write!(f, "routers   {:>14}", self.connections)?;
        write!(f, "  connected to {}, {} finished", self.target, self.finished)?;
        let stopped = if self.stopped { " (ended early)" } else { "" };
        writeln!(f, " in {:.3} s{stopped}", self.seconds)?;
        writeln!(f, "messages  {messages:>14}  {:>14.0} /s", self.messages_per_second)?;
        writeln!(f, "announced {announced:>14}  {:>14.0} routes/s", self.routes_per_second)?;
        writeln!(f, "withdrawn {withdrawn:>14}")?;
        write!(f, "octets    {bytes:>14}  {:>14.1} MiB/s", mib(self.bytes_per_second))?;
        if self.tally != Tally::default() {
            let Tally { reconnects, flaps, malformed } = self.tally;
            write!(f, "\nscenarios {malformed:>14}  malformed, {flaps} peers flapped, ")?;
            write!(f, "{reconnects} reconnected")?;
        }
        if let Some(sink) = &self.sink {
            write!(f, "\n{sink}")?;
        }
        if let Some(latency) = &self.latency {
            write!(f, "\n{latency}")?;
        }
        if self.has_failed_routers() {
            write!(f, "\nfailed    {:>14}", self.not_connected + self.lost)?;
            write!(f, "  {} lost, {} not connected", self.lost, self.not_connected)?;
        }
        let failures = self.routers.iter().filter_map(|r| Some((r.router, r.error.as_ref()?)));
        for (router, error) in failures.take(FAILURES_SHOWN) {
            write!(f, "\nrouter {router}: {error}")?;
        }
        Ok(())
    }
}

const FAILURES_SHOWN: usize = 5;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn report() -> LoadReport {
        let sent = Counts { messages: 1000, announced: 3300, withdrawn: 100, bytes: 1 << 20 };
        let good = |router| RouterReport {
            router,
            outcome: Outcome::Finished,
            error: None,
            sent,
            tally: Tally::default(),
            seconds: 2.0,
        };
        let lost = RouterReport {
            outcome: Outcome::Lost,
            error: Some("broken pipe".to_owned()),
            ..good(2)
        };
        let target = "192.0.2.1:11019".parse().unwrap();
        let end = RunEnd { elapsed: Duration::from_secs(2), stopped: false, connections: 3 };
        LoadReport::new(target, end, vec![lost, good(0), good(1)])
    }

    #[test]
    fn a_report_prints_aligned_lines_and_its_failures() {
        let expected = "\
routers                3  connected to 192.0.2.1:11019, 2 finished in 2.000 s
messages            3000            1500 /s
announced           9900            5100 routes/s
withdrawn            300
octets           3145728             1.5 MiB/s
failed                 1  1 lost, 0 not connected
router 2: broken pipe";
        assert_eq!(report().to_string(), expected);
        assert!(report().is_failure());
    }

    #[test]
    fn a_report_serialises_with_flat_counts_for_all_and_each() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["messages"], 3000);
        assert_eq!(json["messages_per_second"], 1500.0);
        assert_eq!(json["routers"][1]["announced"], 3300);
        assert_eq!(json["routers"][2]["outcome"], "lost");
        assert_eq!(json["routers"][2]["router"], 2);
    }
}
