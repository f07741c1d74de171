//! The collector under test: a child process, with its log, its counters and what it costs.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde::Serialize;

use super::super::Failure;

/// Lines of the log that a failure is explained with.
const LAST_LINES: usize = 20;
/// How long a start and a stop may take.
const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(60);
/// How often its counters are asked for while the rest is waited for.
const ASK_EVERY: Duration = Duration::from_millis(20);
/// The unit of CPU times in `/proc`: USER_HZ, which is 100 on every architecture that Linux has
/// today.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running `ribcage collect`. Dropped, it is killed.
pub(super) struct Collector {
    child: Child,
    pid: Pid,
    log: Arc<Log>,
    /// Where it takes router connections.
    pub(super) address: SocketAddr,
}

/// CPU time of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(super) struct Cpu {
    /// In its own code, seconds.
    #[serde(rename = "cpu_user_seconds")]
    pub(super) user: f64,
    /// In the kernel.
    #[serde(rename = "cpu_system_seconds")]
    pub(super) system: f64,
}

impl Cpu {
    /// What has been used since `before`.
    pub(super) fn since(self, before: Cpu) -> Cpu {
        let part = |now: f64, then: f64| (now - then).max(0.0);
        Cpu { user: part(self.user, before.user), system: part(self.system, before.system) }
    }
}

/// What a process has used besides CPU time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Usage {
    /// The most memory that was resident (VmHWM), octets.
    pub(super) peak_memory_bytes: u64,
    /// Times that its threads waited for something.
    pub(super) voluntary_context_switches: u64,
    /// Times that they were put off the CPU.
    pub(super) involuntary_context_switches: u64,
}

/// The collector's counters, summed up over reactors and outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counted {
    pub(super) sessions_open: u64,
    pub(super) messages: u64,
    pub(super) routes: u64,
    pub(super) odd_messages: u64,
    pub(super) malformed_updates: u64,
    pub(super) backpressure_stalls: u64,
    pub(super) records_written: u64,
    pub(super) bytes_written: u64,
    /// Records that outputs have not delivered yet.
    pub(super) records_waiting: u64,
    pub(super) records_dropped: u64,
}

/// How a collector has ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    /// Its exit code; none when a signal ended it.
    pub(super) exit_code: Option<i32>,
    /// Over its whole life.
    pub(super) cpu: Cpu,
    /// What it warned of: the first lines.
    pub(super) warnings: Vec<String>,
}

impl Collector {
    /// Starts `collect` with these arguments on a free port of 127.0.0.1, and waits until it runs.
    /// It has so many output streams, and no CPU but `only` if there is one; its process number
    /// goes to `running` at once.
    ///
    /// # Errors
    /// [`Failure`] with its last words when it does not start.
    pub(super) fn start(
        args: &[String],
        outputs: usize,
        only: Option<usize>,
        stop: &AtomicBool,
        running: &AtomicI32,
    ) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(Failure::run)?;
        let mut command = Command::new(program);
        command.args(["collect", "--listen", "127.0.0.1:0"]).args(args);
        command.args(["--log-format", "text", "--log-level", "info", "--color", "never"]);
        command.env_remove("JOURNAL_STREAM");
        // A group of its own: an interrupt from the terminal is for this process to pass on.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = spawn_on(&mut command, only)
            .map_err(|e| Failure::run(format!("the collector cannot be started: {e}")))?;
        let log = Arc::<Log>::default();
        log.lock().outputs = outputs;
        if let Some(stderr) = child.stderr.take() {
            Log::follow(&log, stderr);
        }
        let pid = Pid::from_child(&child);
        running.store(pid.as_raw_nonzero().get(), Relaxed);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut new = Self { child, pid, log, address };
        let is_there = |state: &State| state.started.then_some(state.address).flatten();
        match new.log.wait(START_MAX, stop, is_there) {
            Some(address) => new.address = address,
            None => return Err(new.did_not_start()),
        }
        Ok(new)
    }

    fn did_not_start(&mut self) -> Failure {
        // With its log it has ended, or is about to.
        let ended = self.log.lock().ended;
        let status = if ended { self.child.wait().ok() } else { None };
        let code = status.map_or(String::new(), |status| format!(" ({status})"));
        Failure::run(format!("the collector did not start{code}:\n{}", self.last_words()))
    }

    /// The last lines of its log.
    pub(super) fn last_words(&self) -> String {
        let state = self.log.lock();
        let lines: Vec<&str> = state.last.iter().map(String::as_str).collect();
        if lines.is_empty() { "it said nothing".to_owned() } else { lines.join("\n") }
    }

    /// Asks for its counters; `None` when it does not answer any more.
    pub(super) fn counted(&self) -> Option<Counted> {
        let asked = {
            let mut state = self.log.lock();
            state.reports_wanted += 1;
            state.reports_wanted
        };
        kill_process(self.pid, Signal::USR1).ok()?;
        let never = AtomicBool::new(false);
        // Asked for one after the other, none is skipped.
        let whole = |state: &State| (state.reports >= asked).then(|| state.counted()).flatten();
        self.log.wait(START_MAX, &never, whole)
    }

    /// Waits until it has taken and passed on everything, or nothing has changed for `silence`.
    pub(super) fn settle(
        &self,
        messages: u64,
        silence: Duration,
        stop: &AtomicBool,
    ) -> Option<Counted> {
        let stopped_before = stop.load(Relaxed);
        let (mut last, mut changed) = (self.counted()?, Instant::now());
        while last.sessions_open > 0 || last.messages < messages || last.records_waiting > 0 {
            if changed.elapsed() >= silence || (stop.load(Relaxed) && !stopped_before) {
                break;
            }
            thread::sleep(ASK_EVERY);
            let now = self.counted()?;
            if now != last {
                (last, changed) = (now, Instant::now());
            }
        }
        Some(last)
    }

    /// What it has used, while it runs.
    pub(super) fn usage(&self) -> Usage {
        usage(&self.pid.as_raw_nonzero().to_string())
    }

    /// Ends it in order, and finds out what it has cost.
    ///
    /// # Errors
    /// [`Failure`] when it does not end.
    pub(super) fn stop(mut self) -> Result<Ended, Failure> {
        let _ = kill_process(self.pid, Signal::TERM);
        let since = Instant::now();
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        // Until it is waited for in earnest, `/proc` tells what it has used in all.
        while !matches!(waitid(WaitId::Pid(self.pid), options), Ok(Some(_)) | Err(_)) {
            if since.elapsed() > STOP_MAX {
                let last = self.last_words();
                return Err(Failure::run(format!("the collector does not stop:\n{last}")));
            }
            thread::sleep(Duration::from_millis(2));
        }
        let cpu = cpu(&self.pid.as_raw_nonzero().to_string());
        let status = self.child.wait().map_err(Failure::run)?;
        let never = AtomicBool::new(false);
        let ended = |state: &State| state.ended.then_some(());
        self.log.wait(Duration::from_secs(1), &never, ended);
        let warnings = self.log.lock().warnings.clone();
        Ok(Ended { exit_code: status.code(), cpu, warnings })
    }
}

/// Starts a child that is allowed one CPU only: it inherits the mask of the thread that starts it.
fn spawn_on(command: &mut Command, only: Option<usize>) -> io::Result<Child> {
    let Some(cpu) = only.filter(|cpu| *cpu < CpuSet::MAX_CPU) else { return command.spawn() };
    let spawn = || {
        let mut mask = CpuSet::new();
        mask.set(cpu);
        sched_setaffinity(None, &mask)?;
        command.spawn()
    };
    thread::scope(|scope| scope.spawn(spawn).join())
        .unwrap_or_else(|_| Err(io::Error::other("the thread that starts it has died")))
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time of a process (`self` is this one), its ended threads included.
pub(super) fn cpu(process: &str) -> Cpu {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    cpu_of(&stat)
}

/// Fields 14 and 15 of proc_pid_stat(5). The second one, a name, may hold anything.
fn cpu_of(stat: &str) -> Cpu {
    let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = behind_name.split_whitespace().skip(11);
    let mut seconds =
        || fields.next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) as f64 / TICKS_PER_SECOND;
    Cpu { user: seconds(), system: seconds() }
}

/// What a process (`self` is this one) has used, by the threads that it has now.
pub(super) fn usage(process: &str) -> Usage {
    let read = |path: String| fs::read_to_string(path).unwrap_or_default();
    let status = read(format!("/proc/{process}/status"));
    let mut usage =
        Usage { peak_memory_bytes: number(&status, "VmHWM:") * 1024, ..Usage::default() };
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return usage };
    for thread in threads.flatten() {
        let status = read(format!("{}/status", thread.path().display()));
        usage.voluntary_context_switches += number(&status, "voluntary_ctxt_switches:");
        usage.involuntary_context_switches += number(&status, "nonvoluntary_ctxt_switches:");
    }
    usage
}

/// The number behind `key` at the start of a line.
fn number(status: &str, key: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(key));
    let digits = value.and_then(|value| value.split_whitespace().next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The log as it comes.
#[derive(Default)]
struct Log {
    state: Mutex<State>,
    news: Condvar,
}

/// What the log has said.
#[derive(Default)]
struct State {
    started: bool,
    ended: bool,
    address: Option<SocketAddr>,
    reactors: usize,
    outputs: usize,
    last: VecDeque<String>,
    warnings: Vec<String>,
    /// Status reports that were asked for, and that have begun.
    reports_wanted: u64,
    reports: u64,
    /// The lines of the last report: those of reactors, and those of outputs.
    of_reactors: BTreeMap<String, Counted>,
    of_outputs: BTreeMap<String, Counted>,
}

impl Log {
    fn follow(log: &Arc<Self>, from: ChildStderr) {
        let log = Arc::clone(log);
        thread::spawn(move || {
            for line in BufReader::new(from).lines() {
                let Ok(line) = line else { break };
                log.lock().line(line);
                log.news.notify_all();
            }
            log.lock().ended = true;
            log.news.notify_all();
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `find` finds; `None` when the log has ended, `stop` is set or time is up.
    fn wait<T>(
        &self,
        patience: Duration,
        stop: &AtomicBool,
        find: impl Fn(&State) -> Option<T>,
    ) -> Option<T> {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            if let Some(found) = find(&state) {
                return Some(found);
            }
            let left = until.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() || stop.load(Relaxed) {
                return None;
            }
            let left = left.min(Duration::from_millis(50)); // and then looks at `stop`
            let woken = self.news.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    fn line(&mut self, line: String) {
        let mut words = line.split_whitespace().skip(1);
        let (level, event) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        match event {
            "listening" => self.address = value(&line, "address").and_then(|a| a.parse().ok()),
            "collector-started" => {
                let reactors = value(&line, "reactors").map_or(0, |list| list.split(',').count());
                (self.started, self.reactors) = (true, reactors);
            }
            "signal" if value(&line, "name") == Some("USR1") => {
                self.reports += 1;
                self.of_reactors.clear();
                self.of_outputs.clear();
            }
            "status" => self.status(&line),
            _ => {}
        }
        if matches!(level, "WARN" | "ERROR") && self.warnings.len() < LAST_LINES {
            self.warnings.push(line.clone());
        }
        if !matches!(event, "status" | "signal") {
            if self.last.len() == LAST_LINES {
                self.last.pop_front();
            }
            self.last.push_back(line);
        }
    }

    fn status(&mut self, line: &str) {
        let n = |key| value(line, key).and_then(|v| v.parse::<u64>().ok()).unwrap_or(0);
        let counted = Counted {
            sessions_open: n("sessions_open"),
            messages: n("messages"),
            routes: n("routes_announced") + n("routes_withdrawn"),
            odd_messages: n("odd_messages"),
            malformed_updates: n("malformed_updates"),
            backpressure_stalls: n("backpressure_stalls"),
            records_written: n("records"),
            bytes_written: n("octets"),
            records_waiting: n("pending_records") + n("queued_records"),
            records_dropped: n("dropped_records") + n("skipped_records"),
        };
        if let Some(reactor) = value(line, "reactor") {
            self.of_reactors.insert(reactor.to_owned(), counted);
        } else if let Some(output) = value(line, "output") {
            self.of_outputs.insert(output.to_owned(), counted);
        }
    }

    /// The sum of a whole report.
    fn counted(&self) -> Option<Counted> {
        if self.of_reactors.len() < self.reactors || self.of_outputs.len() < self.outputs {
            return None;
        }
        let all = self.of_reactors.values().chain(self.of_outputs.values());
        Some(all.fold(Counted::default(), |sum, some| Counted {
            sessions_open: sum.sessions_open + some.sessions_open,
            messages: sum.messages + some.messages,
            routes: sum.routes + some.routes,
            odd_messages: sum.odd_messages + some.odd_messages,
            malformed_updates: sum.malformed_updates + some.malformed_updates,
            backpressure_stalls: sum.backpressure_stalls + some.backpressure_stalls,
            records_written: sum.records_written + some.records_written,
            bytes_written: sum.bytes_written + some.bytes_written,
            records_waiting: sum.records_waiting + some.records_waiting,
            records_dropped: sum.records_dropped + some.records_dropped,
        }))
    }
}

/// The value of a key in a line of text.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let mut words = line.split_whitespace();
    words.find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_behind_a_name_that_holds_anything() {
        let stat = "77 (a) b) S 1 77 77 0 -1 4194304 1 0 0 0 250 125 0 0 20 0 3 0 9 1 1";
        assert_eq!(cpu_of(stat), Cpu { user: 2.5, system: 1.25 });
        assert_eq!(cpu_of(""), Cpu::default());
    }

    #[test]
    fn this_process_has_used_something() {
        let usage = usage("self");
        assert!(usage.peak_memory_bytes > 1 << 20, "{usage:?}");
        assert!(usage.voluntary_context_switches + usage.involuntary_context_switches > 0);
    }

    #[test]
    fn the_log_tells_of_start_status_and_warnings() {
        let mut state = State { outputs: 1, ..State::default() };
        for line in [
            "2026-01-02T03:04:05.000000Z INFO listening address=127.0.0.1:4711",
            "2026-01-02T03:04:05.000000Z INFO collector-started version=1 reactors=0,1 writers=1",
            "2026-01-02T03:04:05.000000Z INFO signal name=USR1 action=\"status report\"",
            "2026-01-02T03:04:05.000000Z INFO status reactor=0 sessions_open=2 messages=10",
            "2026-01-02T03:04:05.000000Z INFO status reactor=1 messages=5 routes_announced=7",
        ] {
            state.line(line.to_owned());
        }
        assert_eq!(state.address, Some("127.0.0.1:4711".parse().unwrap()));
        assert_eq!((state.started, state.reports, state.counted()), (true, 1, None));
        let rest = "T INFO status output=bmp records=14 pending_records=1 queued_records=2";
        state.line(rest.to_owned());
        let counted = state.counted().unwrap();
        assert_eq!((counted.sessions_open, counted.messages, counted.routes), (2, 15, 7));
        assert_eq!((counted.records_written, counted.records_waiting), (14, 3));
        (0..99).for_each(|n| state.line(format!("T WARN odd-message n={n}")));
        assert_eq!((state.warnings.len(), state.last.len()), (LAST_LINES, LAST_LINES));
        state.line("T INFO signal name=USR1".to_owned());
        assert_eq!(state.counted(), None, "a new report has begun");
    }
}
