//! What is shown while routers are played: a bar on a terminal, else a log line now and then.

use std::cell::Cell;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::load::{Counts, Progress, SinkProgress, readable};

/// Log lines are this far apart.
const LINES_EVERY: Duration = Duration::from_secs(5);
/// Rates are those of at least this much time.
const RATES_EVERY: Duration = Duration::from_millis(900);

/// Shows how a run stands, wherever standard error leads.
pub(super) struct Display {
    bar: Option<ProgressBar>,
    line_at: Cell<Instant>,
    last: Cell<(Duration, Counts)>,
    /// Messages and routes a second.
    rates: Cell<(f64, f64)>,
}

impl Display {
    /// Nothing is shown with `--quiet`.
    pub(super) fn new() -> Self {
        let wanted = tracing::event_enabled!(tracing::Level::INFO) && io::stderr().is_terminal();
        let bar = wanted.then(|| ProgressBar::new(0));
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} messages {eta} {msg}");
        if let (Some(bar), Ok(style)) = (&bar, style) {
            bar.set_style(style);
        }
        Self {
            bar,
            line_at: Cell::new(Instant::now() + LINES_EVERY),
            last: Cell::default(),
            rates: Cell::default(),
        }
    }

    /// To be called several times a second while routers send.
    pub(super) fn show(&self, p: &Progress, sink: Option<SinkProgress>) {
        self.measure(p);
        let (messages, routes) = self.rates.get();
        if let Some(bar) = &self.bar {
            let p99 = sink.filter(|sink| sink.latency.count > 0);
            let p99 = p99.map(|sink| format!(", p99 {}", readable(sink.latency.p99_us)));
            bar.set_length(p.total_messages);
            bar.set_position(p.sent.messages);
            bar.set_message(format!(
                "{} routers, {} done, {routes:.0} routes/s{}",
                p.connected,
                p.ended,
                p99.unwrap_or_default()
            ));
        }
        if self.bar.is_none() && self.line_at.get() <= Instant::now() {
            self.line_at.set(Instant::now() + LINES_EVERY);
            tracing::info!(
                connected = p.connected,
                ended = p.ended,
                messages = p.sent.messages,
                routes = p.sent.announced + p.sent.withdrawn,
                messages_per_second = messages.round(),
                routes_per_second = routes.round(),
                received_routes = sink.map(|sink| sink.received.routes),
                p99_us = sink.map(|sink| sink.latency.p99_us),
                "load-progress"
            );
        }
    }

    /// To be called while the sink waits for the rest.
    pub(super) fn waiting(&self, sent: Counts, sink: SinkProgress) {
        if let Some(bar) = &self.bar {
            let all = sent.announced + sent.withdrawn;
            let p99 = readable(sink.latency.p99_us);
            bar.set_message(format!("{}/{all} routes received, p99 {p99}", sink.received.routes));
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn measure(&self, p: &Progress) {
        let (then, before) = self.last.get();
        let passed = p.elapsed.saturating_sub(then);
        if passed < RATES_EVERY {
            return;
        }
        let routes = |c: Counts| c.announced + c.withdrawn;
        let rate = |now: u64, then: u64| now.saturating_sub(then) as f64 / passed.as_secs_f64();
        self.rates
            .set((rate(p.sent.messages, before.messages), rate(routes(p.sent), routes(before))));
        self.last.set((p.elapsed, p.sent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_last_second_or_so() {
        let display = Display::new();
        let at = |ms, messages| Progress {
            elapsed: Duration::from_millis(ms),
            sent: Counts { messages, announced: 2 * messages, withdrawn: messages, bytes: 0 },
            ..Progress::default()
        };
        for (ms, messages, rates) in
            [(100, 50, (0.0, 0.0)), (1000, 500, (500.0, 1500.0)), (1900, 500, (0.0, 0.0))]
        {
            display.show(&at(ms, messages), None);
            assert_eq!(display.rates.get(), rates, "{ms}");
        }
        display.show(&at(2000, 1500), None);
        assert_eq!(display.rates.get(), (0.0, 0.0), "too soon");
        display.show(&at(2900, 1500), None);
        assert_eq!(display.rates.get(), (1000.0, 3000.0));
    }
}
