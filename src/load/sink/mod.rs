//! The other end: a receiver to which the collector writes, so that a run knows what came out of
//! it, and when.
//!
//! ```text
//! generator ─▶ collector ─▶ connections ─▶ one thread ─▶ Reader of the format ─▶ Tally
//!  stamps                                   reads much     cuts into records     counts, latencies
//! ```
//!
//! A format is one file here and one row of the table.

mod bmp;
mod pmacct_json;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;

use super::latency::{Latencies, LatencyReport, readable};
use super::walk::Counts;
use crate::config::units::parse_address;

/// A format that a sink reads.
pub struct Entry {
    /// Its name: the FORMAT in `FORMAT=URL`.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// Messages can be counted in it; else only routes.
    pub counts_messages: bool,
    /// The collector connects when a router session begins; else when it starts.
    pub per_session: bool,
    build: fn() -> Box<dyn Reader>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! sinks {
    ($($module:ident)+) => {
        /// The formats that a sink reads.
        pub static SINKS: &[&Entry] = &[$(&$module::ENTRY),+];
    };
}

sinks! { pmacct_json bmp }

impl Entry {
    /// The format of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Entry> {
        SINKS.iter().find(|entry| entry.name == name).copied()
    }

    /// What reads one connection.
    pub(super) fn reader(&self) -> Box<dyn Reader> {
        (self.build)()
    }
}

/// Cuts what one connection brings into records.
pub(super) trait Reader: Send {
    /// Reads the whole records at the front of `octets`, which came at `now` (microseconds since
    /// 1970), and gives how many octets they are; the rest comes again with more behind it.
    fn read(&mut self, octets: &[u8], now: u64, tally: &mut Tally) -> usize;
}

/// What all connections have brought.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) received: Received,
    pub(super) latencies: Latencies,
    /// The last stamp and how many records had it: they are counted together.
    run: (u64, u64),
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { received: Received::default(), latencies: Latencies::new(), run: (0, 0) }
    }

    /// A record with this stamp came at `now`, both in microseconds since 1970.
    #[inline]
    pub(super) fn stamped(&mut self, stamp: u64, now: u64) {
        if self.run.0 != stamp {
            self.end_of_read(now);
            self.run.0 = stamp;
        }
        self.run.1 += 1;
    }

    /// The records to come have another time of arrival.
    pub(super) fn end_of_read(&mut self, now: u64) {
        let (stamp, times) = std::mem::take(&mut self.run);
        if times > 0 {
            self.latencies.record(stamp, now, times);
        }
    }
}

/// Counts of what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Received {
    /// Connections that the collector made.
    pub connections: u64,
    /// Octets.
    pub bytes: u64,
    /// Records of any kind: JSON lines, BMP messages.
    pub records: u64,
    /// Routes announced and withdrawn.
    pub routes: u64,
    /// Records that say that a router session has ended.
    pub sessions_closed: u64,
    /// Records that tell of an error, and what made no sense.
    pub odd: u64,
}

/// Where a sink listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkAddress {
    /// `tcp://ADDR:PORT`; port 0 picks a free one.
    Tcp(SocketAddr),
    /// `unix:PATH`
    Unix(PathBuf),
}

impl fmt::Display for SinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SinkAddress::Tcp(address) => write!(f, "tcp://{address}"),
            SinkAddress::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A sink as typed: `FORMAT=URL`.
#[derive(Debug, Clone)]
pub struct SinkSpec {
    /// What it reads.
    pub format: &'static Entry,
    /// Where it listens.
    pub address: SinkAddress,
}

impl FromStr for SinkSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let like = "like pmacct-json=tcp://127.0.0.1:5170 or bmp=unix:/run/sink";
        let (format, url) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}`: a sink is FORMAT=URL, {like}"))?;
        let entry = Entry::find(format).ok_or_else(|| {
            let names: Vec<_> = SINKS.iter().map(|entry| entry.name).collect();
            format!("`{format}` is not a format that a sink reads: choose {}", names.join(" or "))
        })?;
        let address = if let Some(address) = url.strip_prefix("tcp://") {
            SinkAddress::Tcp(parse_address(address).map_err(|e| e.to_string())?)
        } else if let Some(path) = url.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            SinkAddress::Unix(path.into())
        } else {
            let why = "a sink listens on tcp://ADDR:PORT or unix:PATH";
            return Err(format!("`{url}`: {why}, {like}"));
        };
        Ok(Self { format: entry, address })
    }
}

/// What a sink has received at the end of a run.
#[derive(Debug, Clone, Serialize)]
pub struct SinkReport {
    /// What it read.
    pub format: &'static str,
    /// Where it listened.
    pub target: String,
    /// Counts.
    #[serde(flatten)]
    pub received: Received,
    /// Whether everything that was sent has come out.
    pub complete: bool,
    /// Routes that were sent and did not come.
    pub missing_routes: u64,
    /// Messages that were sent and did not come; none where the format has no messages.
    pub missing_messages: Option<u64>,
    /// Routes that came more than once: an output whose connection breaks sends some again.
    pub surplus_routes: u64,
    /// From the start of the run to the last record, before the sink gave up waiting.
    pub seconds: f64,
    /// Routes received per second.
    pub routes_per_second: f64,
    /// Octets received per second.
    pub bytes_per_second: f64,
    /// CPU time of the sink's thread.
    pub cpu_seconds: f64,
}

impl SinkReport {
    pub(super) fn new(
        spec: &SinkSpec,
        received: Received,
        sent: Counts,
        seconds: f64,
        cpu_seconds: f64,
    ) -> Self {
        let routes = sent.announced + sent.withdrawn;
        let missing_routes = routes.saturating_sub(received.routes);
        let missing_messages =
            spec.format.counts_messages.then(|| sent.messages.saturating_sub(received.records));
        let per_second = |n: u64| if seconds > 0.0 { n as f64 / seconds } else { 0.0 };
        Self {
            format: spec.format.name,
            target: spec.address.to_string(),
            received,
            complete: missing_routes == 0 && missing_messages.unwrap_or(0) == 0,
            missing_routes,
            missing_messages,
            surplus_routes: received.routes.saturating_sub(routes),
            seconds,
            routes_per_second: per_second(received.routes),
            bytes_per_second: per_second(received.bytes),
            cpu_seconds,
        }
    }
}

impl fmt::Display for SinkReport {
    /// Aligned lines without a last newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Received { connections, bytes, records, routes, odd, .. } = self.received;
        let mib = |octets: f64| octets / f64::from(1 << 20);
        write!(f, "received  {routes:>14}  {:>14.0} routes/s, ", self.routes_per_second)?;
        match self.complete {
            true => writeln!(f, "complete after {:.3} s", self.seconds)?,
            false => {
                write!(f, "{} routes missing", self.missing_routes)?;
                match self.missing_messages {
                    Some(messages) => writeln!(f, ", {messages} messages missing")?,
                    None => writeln!(f)?,
                }
            }
        }
        write!(f, "          {bytes:>14}  {:>14.1} MiB/s", mib(self.bytes_per_second))?;
        write!(f, " of {} in {records} records over {connections} connections", self.format)?;
        if odd > 0 {
            write!(f, "\nodd       {odd:>14}")?;
        }
        if self.surplus_routes > 0 {
            write!(f, "\nsurplus   {:>14}  routes more than were sent", self.surplus_routes)?;
        }
        Ok(())
    }
}

impl fmt::Display for LatencyReport {
    /// One or two lines without a last newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "latency   {:>14}", self.count)?;
        for (name, us) in [
            ("p50", self.p50_us),
            ("p90", self.p90_us),
            ("p99", self.p99_us),
            ("p99.9", self.p99_9_us),
            ("max", self.max_us),
            ("mean", self.mean_us as u64),
        ] {
            write!(f, "  {name} {}", readable(us))?;
        }
        if self.unstamped > 0 {
            write!(f, "\nunstamped {:>14}  without a time of sending", self.unstamped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn sinks_are_typed_as_outputs_are() {
        let spec: SinkSpec = "pmacct-json=tcp://127.0.0.1:0".parse().unwrap();
        assert_eq!((spec.format.name, spec.format.counts_messages), ("pmacct-json", false));
        assert_eq!(spec.address.to_string(), "tcp://127.0.0.1:0");
        let spec: SinkSpec = "bmp=unix:/run/a=b".parse().unwrap();
        assert_eq!(spec.address, SinkAddress::Unix("/run/a=b".into()));
        for (text, part) in [
            ("bmp", "FORMAT=URL"),
            ("mrt=tcp://127.0.0.1:1", "choose pmacct-json or bmp"),
            ("bmp=udp://127.0.0.1:1", "tcp://ADDR:PORT or unix:PATH"),
            ("bmp=unix:", "tcp://ADDR:PORT or unix:PATH"),
            ("bmp=tcp://localhost", "127.0.0.1:11019"),
        ] {
            let error = text.parse::<SinkSpec>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn what_did_not_come_is_told_in_routes_and_where_there_are_any_in_messages() {
        let sent = Counts { messages: 10, announced: 80, withdrawn: 20, bytes: 4000 };
        let received = Received { records: 8, routes: 90, bytes: 100, ..Received::default() };
        let of = |format: &str, received| {
            let spec: SinkSpec = format!("{format}=tcp://127.0.0.1:1").parse().unwrap();
            SinkReport::new(&spec, received, sent, 2.0, 0.0)
        };
        let json = of("pmacct-json", received);
        assert_eq!((json.missing_routes, json.missing_messages, json.complete), (10, None, false));
        assert_eq!(json.routes_per_second, 45.0);
        assert!(json.to_string().contains("10 routes missing\n"), "{json}");
        let bmp = of("bmp", Received { routes: 100, ..received });
        assert_eq!((bmp.missing_routes, bmp.missing_messages, bmp.complete), (0, Some(2), false));
        let whole = of("bmp", Received { routes: 103, records: 10, ..received });
        assert_eq!((whole.complete, whole.surplus_routes), (true, 3));
    }
}
