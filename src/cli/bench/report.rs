//! The report of a benchmark: both sides, run by run, and the medians.

use std::fmt;
use std::fs;

use serde::Serialize;
use serde_json::{Map, Value};

use super::collector::{Counted, Cpu, Ended, Usage};
use super::cores::Cores;
use crate::load::{LatencyReport, LoadReport, SinkReport, Tally};

/// What a benchmark found. Serialised, it is the file of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct BenchReport {
    /// What was measured, where and how: enough to do it again.
    pub(super) setup: Setup,
    /// The run without limit from which `--rate half` took its rate.
    pub(super) saturation: Option<Run>,
    /// Each run.
    pub(super) runs: Vec<Run>,
    /// The median of every figure of the runs.
    pub(super) median: Value,
    /// Whether a signal ended it early.
    pub(super) stopped: bool,
    /// Whether everything that was sent came out, in every run.
    pub(super) complete: bool,
    /// What failed.
    pub(super) failures: Vec<String>,
}

/// What was measured, where and how.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Setup {
    pub(super) version: &'static str,
    pub(super) command: Vec<String>,
    pub(super) seed: u64,
    pub(super) output: String,
    pub(super) rate: String,
    pub(super) kernel: String,
    pub(super) cpu_model: String,
    pub(super) cpus_allowed: String,
    pub(super) cores: Cores,
}

impl Setup {
    /// The name of the CPU and the kernel's release.
    pub(super) fn machine() -> (String, String) {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            ["model name", "Processor", "cpu"].contains(&key.trim()).then(|| value.trim())
        });
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let known = |text: &str| if text.is_empty() { "unknown" } else { text }.to_owned();
        (known(model.unwrap_or_default()), known(kernel.trim()))
    }
}

/// One run.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Run {
    /// From the start of sending until everything had come out.
    pub(super) seconds: f64,
    pub(super) messages: u64,
    pub(super) routes: u64,
    pub(super) bytes: u64,
    pub(super) messages_per_second: f64,
    pub(super) routes_per_second: f64,
    pub(super) bytes_per_second: f64,
    pub(super) connections: usize,
    #[serde(flatten)]
    pub(super) tally: Tally,
    pub(super) latency: Option<LatencyReport>,
    pub(super) sink: Option<SinkReport>,
    pub(super) collector: CollectorSide,
    pub(super) generator: GeneratorSide,
    pub(super) complete: bool,
}

/// What the collector did and cost.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CollectorSide {
    /// Over its whole life, start and end included.
    #[serde(flatten)]
    pub(super) cpu: Cpu,
    pub(super) cpu_seconds_per_million_routes: f64,
    /// Right before its end.
    #[serde(flatten)]
    pub(super) usage: Usage,
    /// Its own counters, right before its end.
    pub(super) counted: Counted,
    pub(super) exit_code: Option<i32>,
    pub(super) warnings: Vec<String>,
}

/// What the routers and the receiver cost, while they ran.
#[derive(Debug, Clone, Serialize)]
pub(super) struct GeneratorSide {
    #[serde(flatten)]
    pub(super) cpu: Cpu,
    /// The receiver's part of it.
    pub(super) sink_cpu_seconds: f64,
    /// Of both but the receiver.
    pub(super) cpu_seconds_per_million_routes: f64,
    /// Of the whole process that runs the benchmark, so far.
    pub(super) peak_memory_bytes: u64,
    /// Until the last message had been sent.
    pub(super) seconds: f64,
}

/// What is known when a run has ended.
pub(super) struct Found {
    pub(super) load: LoadReport,
    /// Until the collector had passed on everything, where there is no sink that knows better.
    pub(super) seconds: f64,
    pub(super) counted: Option<Counted>,
    pub(super) usage: Usage,
    pub(super) ended: Ended,
    pub(super) own_cpu: Cpu,
    pub(super) own_peak: u64,
}

impl Run {
    /// Puts both sides together, and says what went wrong.
    pub(super) fn new(found: Found) -> (Self, Vec<String>) {
        let Found { load, seconds, counted, usage, ended, own_cpu, own_peak } = found;
        let failures = failures(&load, counted, &ended);
        let routes = load.routes();
        let seconds = load.sink.as_ref().map_or(seconds, |sink| sink.seconds);
        let per_second = |n: u64| if seconds > 0.0 { n as f64 / seconds } else { 0.0 };
        let per_million = |cpu: f64| if routes > 0 { cpu * 1e6 / routes as f64 } else { 0.0 };
        let sink_cpu_seconds = load.sink.as_ref().map_or(0.0, |sink| sink.cpu_seconds);
        let own = (own_cpu.user + own_cpu.system - sink_cpu_seconds).max(0.0);
        let run = Self {
            seconds,
            messages: load.sent.messages,
            routes,
            bytes: load.sent.bytes,
            messages_per_second: per_second(load.sent.messages),
            routes_per_second: per_second(routes),
            bytes_per_second: per_second(load.sent.bytes),
            connections: load.connections,
            tally: load.tally,
            latency: load.latency,
            complete: failures.is_empty() && !load.stopped,
            collector: CollectorSide {
                cpu: ended.cpu,
                cpu_seconds_per_million_routes: per_million(ended.cpu.user + ended.cpu.system),
                usage,
                counted: counted.unwrap_or_default(),
                exit_code: ended.exit_code,
                warnings: ended.warnings,
            },
            generator: GeneratorSide {
                cpu: own_cpu,
                sink_cpu_seconds,
                cpu_seconds_per_million_routes: per_million(own),
                peak_memory_bytes: own_peak,
                seconds: load.seconds,
            },
            sink: load.sink,
        };
        (run, failures)
    }
}

fn failures(load: &LoadReport, counted: Option<Counted>, ended: &Ended) -> Vec<String> {
    let mut failures = Vec::new();
    let errors = load.routers.iter().filter_map(|r| Some((r.router, r.error.as_ref()?)));
    failures.extend(errors.take(5).map(|(router, error)| format!("router {router}: {error}")));
    if let Some(sink) = load.sink.as_ref().filter(|sink| !sink.complete) {
        let routes = sink.missing_routes;
        failures.push(match sink.missing_messages {
            Some(messages) => format!("{routes} routes and {messages} messages did not come out"),
            None => format!("{routes} routes did not come out"),
        });
    }
    match counted {
        None => failures.push("the collector did not tell its counters".to_owned()),
        Some(counted) => {
            let missing = load.sent.messages.saturating_sub(counted.messages);
            if missing > 0 {
                failures.push(format!("the collector did not receive {missing} messages"));
            }
            if counted.records_waiting > 0 {
                let waiting = counted.records_waiting;
                failures.push(format!("the collector has not delivered {waiting} records"));
            }
            if counted.records_dropped > 0 {
                let dropped = counted.records_dropped;
                failures.push(format!("the collector has dropped {dropped} records"));
            }
        }
    }
    match ended.exit_code {
        Some(0) => {}
        Some(code) => failures.push(format!("the collector ended with exit code {code}")),
        None => failures.push("the collector was ended by a signal".to_owned()),
    }
    failures
}

/// The median of every number in values of one shape; what is no number is the first one's.
pub(super) fn median(values: &[Value]) -> Value {
    match values.first() {
        Some(Value::Object(first)) => {
            let of = |key: &String| -> Vec<Value> {
                values.iter().filter_map(|value| value.get(key)).cloned().collect()
            };
            Value::Object(first.keys().map(|k| (k.clone(), median(&of(k)))).collect::<Map<_, _>>())
        }
        Some(Value::Number(first)) => {
            let whole = first.is_u64();
            let mut numbers: Vec<f64> = values.iter().filter_map(Value::as_f64).collect();
            numbers.sort_by(f64::total_cmp);
            let (low, high) = (numbers[(numbers.len() - 1) / 2], numbers[numbers.len() / 2]);
            let middle = f64::midpoint(low, high);
            if whole { Value::from(middle.round() as u64) } else { Value::from(middle) }
        }
        Some(other) => other.clone(),
        None => Value::Null,
    }
}

impl fmt::Display for BenchReport {
    /// Aligned lines without a last newline: the medians, and what failed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setup { version, kernel, cpu_model, cores, rate, output, seed, .. } = &self.setup;
        let Cores { reactors, writers, generator, sink, .. } = cores;
        writeln!(f, "ribcage {version}, Linux {kernel}, {cpu_model}")?;
        write!(f, "cores     reactors {reactors}, writers {writers}; ")?;
        writeln!(f, "routers {generator}, receiver {sink}")?;
        writeln!(
            f,
            "played    seed {seed}, rate {rate}, output {output}, {} runs",
            self.runs.len()
        )?;
        if let Some(saturation) = &self.saturation {
            writeln!(
                f,
                "saturated {:>14.0} messages/s {:>12.0} routes/s",
                saturation.messages_per_second, saturation.routes_per_second
            )?;
        }
        let m = &self.median;
        if !m.is_null() {
            figures(f, m)?;
        }
        let how = match (self.complete, self.stopped) {
            (true, _) => "complete: everything that was sent came out",
            (false, true) => "ended early",
            (false, false) => "failed",
        };
        write!(f, "{how}")?;
        for failure in &self.failures {
            write!(f, "\n  {failure}")?;
        }
        Ok(())
    }
}

/// The lines of the medians.
fn figures(f: &mut fmt::Formatter<'_>, m: &Value) -> fmt::Result {
    let number = |path: &str| m.pointer(path).and_then(Value::as_f64).unwrap_or(0.0);
    let mib = |octets: f64| octets / f64::from(1 << 20);
    writeln!(
        f,
        "rate      {:>14.0} messages/s {:>12.0} routes/s {:>10.1} MiB/s over {:.3} s",
        number("/messages_per_second"),
        number("/routes_per_second"),
        mib(number("/bytes_per_second")),
        number("/seconds")
    )?;
    for side in ["collector", "generator"] {
        writeln!(
            f,
            "{side} {:>14.3} CPU-s per million routes ({:.2} s user, {:.2} s system)",
            number(&format!("/{side}/cpu_seconds_per_million_routes")),
            number(&format!("/{side}/cpu_user_seconds")),
            number(&format!("/{side}/cpu_system_seconds")),
        )?;
    }
    writeln!(
        f,
        "collector {:>14.1} MiB peak memory, {:.0} voluntary and {:.0} involuntary switches",
        mib(number("/collector/peak_memory_bytes")),
        number("/collector/voluntary_context_switches"),
        number("/collector/involuntary_context_switches"),
    )?;
    let latency = m.get("latency").filter(|latency| latency.is_object());
    match latency.and_then(|latency| serde_json::from_value::<LatencyReport>(latency.clone()).ok())
    {
        Some(latency) => writeln!(f, "{latency}"),
        None => writeln!(f, "latency   not measured: nothing was received"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn medians_are_taken_figure_by_figure() {
        let run = |n: u64, x: f64| json!({"n": n, "deep": {"x": x, "name": "a"}, "none": null});
        let all = [run(3, 1.5), run(100, 0.5), run(5, 2.5)];
        assert_eq!(median(&all), run(5, 1.5));
        assert_eq!(median(&all[..2]), run(52, 1.0));
        assert_eq!(median(&all[..1]), all[0]);
        assert_eq!(median(&[]), Value::Null);
    }

    #[test]
    fn the_machine_has_a_name() {
        let (model, kernel) = Setup::machine();
        assert!(!model.is_empty() && kernel.starts_with(|c: char| c.is_ascii_digit()), "{kernel}");
    }
}
