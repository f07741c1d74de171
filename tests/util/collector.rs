//! The real binary under test: `collect` as a process with its log, memory and signals, `decode` as
//! the expectation, routers that send streams, and receivers that read when they are told to.
//!
//! Deadlines are generous: they end a test that hangs, they never decide whether one passes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ribcage::load::{Source, write_stream};
use rustix::process::{Pid, Signal, kill_process};

pub(crate) use crate::util::{shared, skipped};

/// When to give up waiting for something that must happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// Asks again and again until there is an answer.
#[track_caller]
pub(crate) fn await_some<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(since.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A directory that goes when it is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("ribcage-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and returns its path.
    pub(crate) fn holding(&self, name: &str, octets: &[u8]) -> String {
        let path = self.file(name);
        fs::write(&path, octets).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The binary, with an environment that does not depend on who runs the test.
pub(crate) fn ribcage(args: &[&str]) -> Command {
    dressed(Command::new(env!("CARGO_BIN_EXE_ribcage")), args)
}

/// The binary, run by `wrapper` (such as `taskset -c 0`).
pub(crate) fn ribcage_under(wrapper: &[&str], args: &[&str]) -> Command {
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(env!("CARGO_BIN_EXE_ribcage"));
    dressed(command, args)
}

fn dressed(mut command: Command, args: &[&str]) -> Command {
    command.args(args).env("TZ", "UTC").env_remove("JOURNAL_STREAM");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end, with `input` on its standard input.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A reader that has had enough is no failure of the test.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// The lines that `decode` makes of a stream.
pub(crate) fn decoded(stream: &[u8], format: &str) -> Vec<String> {
    let args = ["decode", "--input-format", "bmp", "--quiet", "-F", format];
    let output = run(ribcage(&args), stream);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "decode: {}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(str::to_owned).collect()
}

/// Log lines as they come.
#[derive(Default)]
struct Log {
    lines: Mutex<(Vec<String>, bool)>,
    news: Condvar,
}

impl Log {
    fn follow(self: &Arc<Self>, from: impl Read + Send + 'static) {
        let log = Arc::clone(self);
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines() {
                let Ok(line) = line else { break };
                log.lines.lock().unwrap().0.push(line);
                log.news.notify_all();
            }
            log.lines.lock().unwrap().1 = true;
            log.news.notify_all();
        });
    }
}

/// What the kernel says of a process's memory, KiB.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) now: u64,
    /// The most that was ever resident.
    pub(crate) peak: u64,
    /// Of what is resident now: memory of its own, not pages of files.
    pub(crate) anonymous: u64,
    /// Of what is resident now: pages of files, above all of the program itself.
    pub(crate) of_files: u64,
}

/// A running `ribcage collect`. Dropped, it is killed.
pub(crate) struct Collector {
    child: Child,
    log: Arc<Log>,
    pub(crate) address: SocketAddr,
    /// Memory when it began to listen.
    pub(crate) at_start: Memory,
}

/// How a collector has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) log: Vec<String>,
}

impl Ended {
    /// The lines of an event.
    pub(crate) fn events(&self, word: &str) -> Vec<&str> {
        self.log.iter().map(String::as_str).filter(|line| is_event(line, word)).collect()
    }
}

fn is_event(line: &str, word: &str) -> bool {
    line.split_whitespace().nth(2) == Some(word)
}

impl Collector {
    /// Starts `collect` on a free port and waits until it listens.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_under(&[], args)
    }

    /// The same under `wrapper`.
    pub(crate) fn start_under(wrapper: &[&str], args: &[&str]) -> Self {
        let mut all = vec!["collect", "--listen", "127.0.0.1:0", "--color", "never"];
        all.extend_from_slice(args);
        let command = match wrapper {
            [] => ribcage(&all),
            _ => ribcage_under(wrapper, &all),
        };
        Self::spawn(command)
    }

    /// Starts a command that is a collector with a text log.
    pub(crate) fn spawn(command: Command) -> Self {
        let mut new = Self::spawn_deaf(command);
        let line = new.wait_event("listening");
        new.address = key(&line, "address").parse().unwrap();
        new
    }

    /// The same, of a collector that listens on nothing.
    pub(crate) fn spawn_deaf(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = Arc::<Log>::default();
        log.follow(child.stderr.take().unwrap());
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let at_start = Memory::default();
        let mut new = Self { child, log, address, at_start };
        new.wait_event("collector-started");
        new.at_start = new.memory();
        new
    }

    /// The log so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lines.lock().unwrap().0.clone()
    }

    /// The first line of an event, as soon as it is there.
    #[track_caller]
    pub(crate) fn wait_event(&self, word: &str) -> String {
        self.wait_line(word, |line| is_event(line, word))
    }

    /// The first line that `is_it`, as soon as it is there.
    #[track_caller]
    pub(crate) fn wait_line(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + DEADLINE;
        let mut lines = self.log.lines.lock().unwrap();
        loop {
            if let Some(line) = lines.0.iter().find(|line| is_it(line)) {
                return line.clone();
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!lines.1, "it ended without `{what}`; its log:\n{}", lines.0.join("\n"));
            assert!(!left.is_zero(), "no `{what}` in the log:\n{}", lines.0.join("\n"));
            lines = self.log.news.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Waits for `count` lines of an event.
    #[track_caller]
    pub(crate) fn wait_events(&self, word: &str, count: usize) {
        let since = Instant::now();
        await_some(&format!("{count} lines of {word}"), || {
            let lines = self.log();
            if since.elapsed() > DEADLINE {
                self.give_up(&format!("no {count} lines of {word}"));
            }
            let seen = lines.iter().filter(|line| is_event(line, word)).map(|line| {
                // Repeats are summed up by one line.
                key_of(line, "repeated").and_then(|n| n.parse::<usize>().ok()).unwrap_or(1)
            });
            (seen.sum::<usize>() >= count).then_some(())
        });
    }

    /// Fails the test, with all that the collector can tell of its state.
    fn give_up(&self, why: &str) -> ! {
        self.signal(Signal::USR1);
        std::thread::sleep(Duration::from_secs(2));
        let (ticks, log) = (self.cpu_ticks(), self.log().join("\n"));
        panic!("{why}; {ticks} ticks of processor time; the log:\n{log}");
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory now and at its highest.
    pub(crate) fn memory(&self) -> Memory {
        memory_of(self.pid()).unwrap()
    }

    /// Processor time used so far, in the kernel's ticks of 10 ms.
    pub(crate) fn cpu_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        let after_name = stat.rsplit_once(") ").unwrap().1;
        let field = |n: usize| after_name.split(' ').nth(n).unwrap().parse::<u64>().unwrap();
        field(11) + field(12)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Asks it to stop and waits for its end.
    #[track_caller]
    pub(crate) fn stop(self) -> Ended {
        self.signal(Signal::TERM);
        self.end()
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        let status = await_some("the collector's end", || self.child.try_wait().unwrap());
        await_some("the end of the log", || self.log.lines.lock().unwrap().1.then_some(()));
        Ended { status, log: self.log() }
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Resident memory of a process, while there is one.
pub(crate) fn memory_of(pid: u32) -> Option<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    Some(Memory {
        now: field("VmRSS:")?,
        peak: field("VmHWM:")?,
        anonymous: field("RssAnon:")?,
        of_files: field("RssFile:")?,
    })
}

/// The value of a key in a line of the log.
pub(crate) fn key_of<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}

/// The same, which must be there.
#[track_caller]
pub(crate) fn key<'a>(line: &'a str, name: &str) -> &'a str {
    key_of(line, name).unwrap_or_else(|| panic!("no {name}= in: {line}"))
}

/// What a synthetic router says.
pub(crate) fn synthetic(router: u32, peers: u32, prefixes: u32) -> Vec<u8> {
    let mut stream = Vec::new();
    write_stream(&Source::Synthetic { peers, prefixes }, router, 7, &mut stream).unwrap();
    stream
}

/// A router's connection to the collector.
pub(crate) struct Router {
    pub(crate) socket: TcpStream,
}

impl Router {
    pub(crate) fn connect(to: SocketAddr) -> Self {
        let socket = TcpStream::connect(to).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket }
    }

    pub(crate) fn port(&self) -> u16 {
        self.socket.local_addr().unwrap().port()
    }

    pub(crate) fn send(&mut self, octets: &[u8]) {
        self.socket.write_all(octets).unwrap();
    }

    /// Says that no more comes, and waits until the collector has closed as well.
    pub(crate) fn finish(mut self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
        self.socket.set_read_timeout(Some(DEADLINE)).unwrap();
        let _ = self.socket.read(&mut [0]);
    }

    /// Sends a stream from a thread of its own and finishes; the thread's value is whether all was
    /// taken.
    pub(crate) fn play(mut self, stream: Vec<u8>) -> JoinHandle<bool> {
        std::thread::spawn(move || {
            let taken = self.socket.write_all(&stream).is_ok();
            if taken {
                self.finish();
            }
            taken
        })
    }
}

/// A socket that outputs connect to. It reads only when it is told to.
pub(crate) enum Receiver {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// A connection of an output.
pub(crate) enum Reading {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// The kernel's buffer of a receiver, so that one that pauses is soon full.
const RECEIVE_BUFFER: usize = 64 << 10;

impl Receiver {
    pub(crate) fn tcp() -> Self {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(RECEIVE_BUFFER).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(64).unwrap();
        Self::Tcp(socket.into())
    }

    pub(crate) fn unix(scratch: &Scratch) -> Self {
        let path = scratch.path().join("receiver.sock");
        Self::Unix(UnixListener::bind(&path).unwrap(), path)
    }

    /// The URL of an output that connects here.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Tcp(listener) => format!("tcp://{}", listener.local_addr().unwrap()),
            Self::Unix(_, path) => format!("unix:{}", path.display()),
        }
    }

    /// The next connection.
    pub(crate) fn accept(&self) -> Reading {
        let set = |on| match self {
            Self::Tcp(l) => l.set_nonblocking(on),
            Self::Unix(l, _) => l.set_nonblocking(on),
        };
        set(true).unwrap();
        let reading = await_some("a connection of the output", || match self {
            Self::Tcp(l) => l.accept().ok().map(|(socket, _)| Reading::Tcp(socket)),
            Self::Unix(l, _) => l.accept().ok().map(|(socket, _)| Reading::Unix(socket)),
        });
        match &reading {
            Reading::Tcp(socket) => socket.set_nonblocking(false).unwrap(),
            Reading::Unix(socket) => socket.set_nonblocking(false).unwrap(),
        }
        reading
    }

    /// Reads the next connection to its end, on a thread of its own.
    pub(crate) fn read_all(&self) -> JoinHandle<Vec<u8>> {
        let mut reading = self.accept();
        std::thread::spawn(move || {
            let mut all = Vec::new();
            // A process that ends with data unsent resets the connection: what came counts.
            let _ = reading.read_to_end(&mut all);
            all
        })
    }
}

impl Read for Reading {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.read(into),
            Self::Unix(socket) => socket.read(into),
        }
    }
}

/// The value of a JSON key as it is written; keys and these values hold no escapes.
pub(crate) fn field<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!("\"{key}\": "))?;
    match rest.strip_prefix('"') {
        Some(text) => text.split('"').next(),
        None => rest.split([',', '}']).next(),
    }
}

/// A line without what must differ between two runs: who collected it, when, and under which
/// number.
pub(crate) fn stripped(line: &str) -> String {
    let mut line = line.to_owned();
    let marker = ["log_init", "log_close"].contains(&field(&line, "event_type").unwrap_or(""));
    let mut keys = vec!["seq", "timestamp_arrival", "bmp_router", "bmp_router_port", "writer_id"];
    if marker {
        keys.push("timestamp");
    }
    for key in keys {
        let start = format!("\"{key}\": ");
        let Some(at) = line.find(&start) else { continue };
        let value = at + start.len();
        let end = match line[value..].starts_with('"') {
            true => value + 2 + line[value + 1..].find('"').unwrap(),
            false => value + line[value..].find([',', '}']).unwrap(),
        };
        match line[end..].starts_with(", ") {
            true => line.replace_range(at..end + 2, ""),
            false => line.replace_range(at.saturating_sub(2)..end, ""), // the last key
        }
    }
    line
}

/// Cuts octets into lines; the last one must be whole.
#[track_caller]
pub(crate) fn lines(octets: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(octets).expect("lines are UTF-8");
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is torn");
    text.lines()
        .inspect(|line| assert!(line.starts_with('{') && line.ends_with('}'), "torn: {line}"))
        .map(str::to_owned)
        .collect()
}

/// Asserts that `seq` counts from 0 without a gap.
#[track_caller]
pub(crate) fn assert_gap_free(lines: &[String]) {
    for (expected, line) in lines.iter().enumerate() {
        assert_eq!(field(line, "seq"), Some(expected.to_string().as_str()), "{line}");
    }
}

/// The lines of each router, by its port, stripped.
pub(crate) fn by_router(lines: &[String]) -> BTreeMap<u16, Vec<String>> {
    let mut routers: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for line in lines {
        let port = field(line, "bmp_router_port").and_then(|p| p.parse().ok()).unwrap();
        routers.entry(port).or_default().push(stripped(line));
    }
    routers
}

/// Asserts that two lists of lines are the same, and shows where they part.
#[track_caller]
pub(crate) fn assert_same(what: &str, got: &[String], expected: &[String]) {
    let at = got.iter().zip(expected).position(|(a, b)| a != b);
    let at = at.unwrap_or(got.len().min(expected.len()));
    assert!(
        got.len() == expected.len() && at == got.len(),
        "{what}: {} lines instead of {}; they part at {at}:\n   got {:?}\nexpect {:?}",
        got.len(),
        expected.len(),
        got.get(at),
        expected.get(at),
    );
}

/// What `collect` shall write for a stream: what `decode` writes, stripped.
pub(crate) fn expected(stream: &[u8]) -> Vec<String> {
    decoded(stream, "pmacct-json").iter().map(|line| stripped(line)).collect()
}
