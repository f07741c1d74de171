use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{has, said, skipped, tuning};
use crate::collector::{Collector, DEADLINE, Router, Scratch, await_some, ribcage};

/// A service manager: what it hears.
struct Manager(UnixDatagram);

impl Manager {
    fn at(path: &str) -> Self {
        Self::hearing(UnixDatagram::bind(path).unwrap())
    }

    fn hearing(socket: UnixDatagram) -> Self {
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(socket)
    }

    /// The next message.
    #[track_caller]
    fn next(&self) -> String {
        let mut octets = [0; 4096];
        let length = loop {
            match self.0.recv(&mut octets) {
                // With a timeout, the kernel does not go on by itself after a stop or a signal.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                heard => break heard.expect("a message of the collector"),
            }
        };
        String::from_utf8(octets[..length].to_vec()).unwrap()
    }

    /// The next messages up to one that begins so.
    #[track_caller]
    fn until(&self, start: &str) -> Vec<String> {
        let mut all = Vec::new();
        while !all.last().is_some_and(|message: &String| message.starts_with(start)) {
            all.push(self.next());
            assert!(all.len() < 10_000, "no {start}: {all:?}");
        }
        all
    }

    /// Forgets what was said so far.
    fn forget(&self) {
        self.0.set_nonblocking(true).unwrap();
        while self.0.recv(&mut [0; 4096]).is_ok() {}
        self.0.set_nonblocking(false).unwrap();
    }

    /// Whether a message comes that begins so, within a time.
    fn hears(&self, start: &str, within: Duration) -> bool {
        let until = Instant::now() + within;
        self.0.set_nonblocking(true).unwrap();
        let mut octets = [0; 4096];
        let mut heard = false;
        while !heard && Instant::now() < until {
            match self.0.recv(&mut octets) {
                Ok(length) => heard = octets[..length].starts_with(start.as_bytes()),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        self.0.set_nonblocking(false).unwrap();
        heard
    }
}

fn collector(socket: &str, watchdog: Option<Duration>, output: &str) -> Command {
    let mut command =
        ribcage(&["collect", "--listen", "127.0.0.1:0", "--color", "never", "-o", output]);
    command.env("NOTIFY_SOCKET", socket).env_remove("WATCHDOG_PID").env_remove("WATCHDOG_USEC");
    if let Some(limit) = watchdog {
        command.env("WATCHDOG_USEC", limit.as_micros().to_string());
    }
    command
}

/// Whether a process listens on TCP and has a file open.
fn is_open(pid: u32, file: &str) -> bool {
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let links = fds.filter_map(|fd| fs::read_link(fd.unwrap().path()).ok());
    let links: Vec<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let listening = fs::read_to_string("/proc/net/tcp").unwrap();
    // Columns: local address, remote address, state (0A is LISTEN), …, inode.
    let listening = listening.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        (columns[3] == "0A").then(|| format!("socket:[{}]", columns[9]))
    });
    listening.into_iter().any(|socket| links.contains(&socket)) && links.contains(&file.to_owned())
}

#[test]
fn the_manager_hears_when_it_is_ready_moves_and_stops() {
    let scratch = Scratch::new();
    let (socket, file) = (scratch.file("notify"), scratch.file("all.json"));
    let manager = Manager::at(&socket);
    let limit = Duration::from_secs(2);
    let mut child = collector(&socket, Some(limit), &format!("pmacct-json=file:{file}"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(manager.next(), "READY=1", "the first word");
    let is_open = is_open(child.id(), &file);
    let since = Instant::now();
    let mut alive = 0;
    while alive < 4 {
        alive += usize::from(manager.next() == "WATCHDOG=1");
    }
    let took = since.elapsed();
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let last = manager.until("STOPPING=1").pop().unwrap();
    let status = await_some("its end", || child.try_wait().unwrap());
    assert!(is_open, "READY=1 came before the listener and the output were open");
    // The first comes at once, the others in the course of half the limit: it is no flood.
    assert!(took > limit, "four times in {took:?}");
    assert_eq!(last, "STOPPING=1\nSTATUS=stopping: 0 router sessions to close");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn an_abstract_socket_will_do_and_no_watchdog_is_none() {
    let name = format!("ribcage-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
    let manager = Manager::hearing(UnixDatagram::bind_addr(&address).unwrap());
    let collector = Collector::spawn(collector(&format!("@{name}"), None, "bmp=null:"));
    let router = Router::connect(collector.address);
    let before = manager.until("STATUS=1 router session");
    let ended = collector.stop();
    let after = manager.until("STOPPING=1");
    drop(router);
    assert_eq!(before[0], "READY=1");
    let all: Vec<&String> = before.iter().chain(&after).collect();
    assert!(!all.iter().any(|message| message.starts_with("WATCHDOG")), "{all:?}");
    assert_eq!(after.last().unwrap(), "STOPPING=1\nSTATUS=stopping: 1 router sessions to close");
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn a_manager_that_is_not_there_is_told_of_once_and_harms_nobody() {
    let scratch = Scratch::new();
    let collector = Collector::spawn(collector(&scratch.file("nobody"), None, "bmp=null:"));
    collector.wait_event("service-notify-failed");
    let router = Router::connect(collector.address);
    collector.wait_event("session-open");
    drop(router);
    collector.wait_event("session-close");
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(ended.events("service-notify-failed").len(), 1, "{}", ended.log.join("\n"));
}

/// Holds threads of a process in a system call for as long as it lives.
struct Held(Child);

impl Held {
    /// Holds the threads whose names begin so. (A reactor's helper has its name.)
    fn threads(pid: u32, name: &str, call: &str) -> Self {
        let mut strace = Command::new("strace");
        strace.args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
        strace.args(["-e", &format!("inject={call}:delay_enter=600000000")]);
        let mut found = 0;
        for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
            let path = task.unwrap().path();
            if fs::read_to_string(path.join("comm")).unwrap_or_default().starts_with(name) {
                strace.arg("-p").arg(path.file_name().unwrap());
                found += 1;
            }
        }
        assert!(found > 0, "there is no thread {name}");
        Self(strace.stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether a process may be traced here.
fn may_trace(test: &str) -> bool {
    let probe = ["-qq", "-o", "/dev/null", "-e", "inject=getpid:delay_enter=1", "true"];
    has(test, "strace", &probe)
}

#[track_caller]
fn starves_the_watchdog(test: &str, thread: &str, name: &str, call: &str) {
    if !may_trace(test) {
        return;
    }
    let scratch = Scratch::new();
    let socket = scratch.file("notify");
    let manager = Manager::at(&socket);
    let limit = Duration::from_secs(4);
    let collector = Collector::spawn(collector(&socket, Some(limit), "bmp=null:"));
    manager.until("WATCHDOG=1");
    let held = Held::threads(collector.pid(), thread, call);
    let line = collector.wait_event("thread-still");
    assert_eq!(crate::collector::key(&line, "thread"), name);
    // What was said before it stood still is still to be read.
    manager.forget();
    assert!(!manager.hears("WATCHDOG=1", limit * 2), "the watchdog is fed");
    drop(held);
    manager.until("WATCHDOG=1");
    collector.wait_event("thread-moves-again");
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn a_reactor_that_stands_still_starves_the_watchdog() {
    const TEST: &str = "a_reactor_that_stands_still_starves_the_watchdog";
    starves_the_watchdog(TEST, "reactor", "reactor-0", "io_uring_enter");
}

#[test]
fn a_writer_that_stands_still_starves_the_watchdog() {
    const TEST: &str = "a_writer_that_stands_still_starves_the_watchdog";
    starves_the_watchdog(TEST, "writer", "writer-0", "futex");
}

/// The unit with paths that are there.
fn unit(scratch: &Scratch) -> String {
    let unit = fs::read_to_string(tuning("ribcage.service")).unwrap();
    assert!(unit.contains("ExecStart=/usr/local/bin/ribcage "));
    let unit = unit.replace("/usr/local/bin/ribcage", env!("CARGO_BIN_EXE_ribcage"));
    scratch.holding("ribcage.service", unit.as_bytes())
}

#[test]
fn the_unit_is_understood_and_lets_little_through() {
    const TEST: &str = "the_unit_is_understood_and_lets_little_through";
    if !has(TEST, "systemd-analyze", &["--version"]) {
        return;
    }
    let scratch = Scratch::new();
    let unit = unit(&scratch);
    let analyze = |arguments: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        command.args(arguments).arg(&unit).env("SYSTEMD_PAGER", "").output().unwrap()
    };
    let verified = analyze(&["verify", "--man=no"]);
    // Units of the machine that are no concern of ours are named by their own names.
    let ours: Vec<String> =
        said(&verified).lines().filter(|l| l.contains("ribcage")).map(str::to_owned).collect();
    assert!(ours.is_empty(), "{}", ours.join("\n"));
    if !verified.status.success() {
        skipped(TEST, format!("systemd-analyze verify fails here: {}", said(&verified)));
    }
    let rated = analyze(&["security", "--offline=true", "--no-pager"]);
    let text = said(&rated);
    let Some((_, exposure)) = text.split_once("Overall exposure level for") else {
        return skipped(TEST, format!("systemd-analyze does not rate files here: {text}"));
    };
    let exposure = exposure.split_whitespace().nth(1).unwrap();
    assert!(exposure.parse::<f64>().unwrap() < 2.0, "{text}");
}

/// The system calls of a set of systemd's, and of the sets in it.
fn members(set: &str) -> BTreeSet<String> {
    let Some(_) = set.strip_prefix('@') else { return BTreeSet::from([set.to_owned()]) };
    let mut command = Command::new("systemd-analyze");
    let output = command.args(["syscall-filter", set, "--no-pager"]).output().unwrap();
    let text = said(&output);
    let lines = text.lines().skip(1).map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).flat_map(members).collect()
}

/// What the unit allows: all of its first list but those of the second.
fn allowed_by_unit() -> BTreeSet<String> {
    let unit = fs::read_to_string(tuning("ribcage.service")).unwrap();
    let lists = unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter="));
    let lists: Vec<&str> = lists.collect();
    let [allowed, denied] = lists[..] else { panic!("two lists: {lists:?}") };
    let denied = denied.strip_prefix('~').expect("the second one denies");
    let denied: BTreeSet<String> = denied.split(' ').flat_map(members).collect();
    allowed.split(' ').flat_map(members).filter(|call| !denied.contains(call)).collect()
}

#[test]
fn the_unit_lets_every_system_call_pass_that_the_collector_makes() {
    const TEST: &str = "the_unit_lets_every_system_call_pass_that_the_collector_makes";
    if !has(TEST, "systemd-analyze", &["syscall-filter", "@aio"]) {
        return;
    }
    let allowed = allowed_by_unit();
    let missing: Vec<_> =
        super::seccomp::NEEDED.iter().filter(|call| !allowed.contains(**call)).collect();
    assert!(missing.is_empty(), "the unit denies {missing:?}");
    assert!(!allowed.contains("mount") && !allowed.contains("ptrace") && allowed.len() > 100);

    // As a container's profile, which can be applied without a service manager.
    let names: Vec<&String> = allowed.iter().collect();
    let profile = serde_json::json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "syscalls": [{ "names": names, "action": "SCMP_ACT_ALLOW", "mayBeUnknown": true }],
    });
    let scratch = Scratch::new();
    let profile = scratch.holding("unit.json", profile.to_string().as_bytes());
    if let Some(wrapper) = super::seccomp::wrapper(TEST, &profile) {
        super::seccomp::collects_under(&wrapper);
    }
}
