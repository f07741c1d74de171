use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::collector::{
    DEADLINE, Router, Scratch, assert_same, await_some, by_router, expected, lines, ribcage,
    synthetic,
};

/// A collector whose log this test does not follow. Dropped, it is killed.
struct Orphan(u32);

impl Orphan {
    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.0).unwrap()).unwrap()
    }

    /// Where it listens, as the kernel says.
    fn address(&self) -> SocketAddr {
        let port = await_some("a listening socket", || {
            let links = fs::read_dir(format!("/proc/{}/fd", self.0)).ok()?;
            let inodes: Vec<String> = links
                .filter_map(|link| fs::read_link(link.ok()?.path()).ok())
                .filter_map(|to| {
                    let inode = to.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
                    Some(inode.to_owned())
                })
                .collect();
            let sockets = fs::read_to_string(format!("/proc/{}/net/tcp", self.0)).ok()?;
            sockets.lines().find_map(|line| {
                let mut words = line.split_whitespace();
                let local = words.nth(1)?;
                let is_listening = words.nth(1)? == "0A";
                let inode = words.nth(5)?;
                let port = local.rsplit_once(':')?.1;
                let is_ours = is_listening && inodes.iter().any(|ours| ours == inode);
                is_ours.then(|| u16::from_str_radix(port, 16).unwrap())
            })
        });
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    /// Processor time used so far, in ticks of 10 ms.
    fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    fn is_there(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
        let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        test_kill_process(self.pid()).is_ok() && !state.is_empty() && !state.starts_with('Z')
    }

    fn signal(&self, signal: Signal) {
        let _ = kill_process(self.pid(), signal);
    }

    /// Asks it to stop; returns how long that took.
    fn stop(&self) -> Duration {
        let asked = Instant::now();
        self.signal(Signal::TERM);
        await_some("the collector's end", || (!self.is_there()).then_some(()));
        asked.elapsed()
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Plays routers to a collector and returns what its file must hold in the end.
fn play(to: &Orphan) -> Vec<(u16, Vec<u8>)> {
    let address = to.address();
    let streams = (0..3).map(|number| synthetic(number, 1, 800));
    let routers = streams.map(|stream| {
        let router = Router::connect(address);
        let port = router.port();
        assert!(router.play(stream.clone()).join().unwrap());
        (port, stream)
    });
    routers.collect()
}

#[track_caller]
fn assert_file(path: &str, sent: &[(u16, Vec<u8>)]) {
    let got = by_router(&lines(&fs::read(path).unwrap()));
    assert_eq!(got.len(), sent.len());
    for (port, stream) in sent {
        assert_same(&format!("router {port}"), &got[port], &expected(stream));
    }
}

/// A shell that starts a collector so and ends; the collector's id.
fn left_by_a_shell(script: &str, path: &str) -> (Orphan, Child) {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_ribcage")]);
    shell.args(["collect", "-l", "127.0.0.1:0", "-o", &format!("pmacct-json=file:{path}")]);
    shell.env("TZ", "UTC").env_remove("JOURNAL_STREAM");
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = shell.spawn().unwrap();
    let mut pid = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut pid).unwrap();
    (Orphan(pid.trim().parse().unwrap()), shell)
}

#[test]
fn a_collector_whose_parent_and_log_have_gone_goes_on() {
    let scratch = Scratch::new();
    let path = scratch.file("all.json");
    // The shell's standard error is a pipe whose reader goes; the collector is left with it.
    let (orphan, mut shell) = left_by_a_shell("\"$0\" \"$@\" >/dev/null & echo $!", &path);
    let mut log = shell.stderr.take().unwrap();
    assert!(shell.wait().unwrap().success());
    let mut first = [0];
    log.read_exact(&mut first).unwrap();
    drop(log);
    let sent = play(&orphan);
    orphan.signal(Signal::USR1);
    orphan.signal(Signal::PIPE);
    orphan.signal(Signal::HUP); // as from a terminal that is closed
    std::thread::sleep(Duration::from_millis(300));
    assert!(orphan.is_there());
    let before = orphan.ticks();
    std::thread::sleep(Duration::from_secs(1));
    let ticks = orphan.ticks() - before;
    assert!(ticks <= 15, "{ticks} ticks of 10 ms in 1 s");
    orphan.stop();
    assert_file(&path, &sent);
}

#[test]
fn closed_standard_streams_are_no_place_for_anything_else() {
    let scratch = Scratch::new();
    for closed in ["<&- >&-", "2>&-", "<&- >&- 2>&-"] {
        let path = scratch.file("all.json");
        let script = format!("\"$0\" \"$@\" >/dev/null {closed} & echo $!");
        let (orphan, mut shell) = left_by_a_shell(&script, &path);
        assert!(shell.wait().unwrap().success());
        let sent = play(&orphan);
        for fd in 0..3 {
            // What is written to a standard stream must not go to a router or into a file.
            let to = fs::read_link(format!("/proc/{}/fd/{fd}", orphan.0)).unwrap();
            let to = to.to_str().unwrap().to_owned();
            assert!(to == "/dev/null" || to.starts_with("pipe:"), "{closed}: {fd} is {to}");
        }
        orphan.stop();
        assert_file(&path, &sent);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_log_that_nobody_reads_holds_nothing_up() {
    let scratch = Scratch::new();
    let path = scratch.file("all.json");
    let (reading, writing) = rustix::pipe::pipe().unwrap();
    rustix::pipe::fcntl_setpipe_size(&reading, 4096).unwrap();
    let mut command = ribcage(&["collect", "-l", "127.0.0.1:0", "--color", "never"]);
    command.args(["-o", &format!("pmacct-json=file:{path}")]).stderr(writing);
    let mut child = command.spawn().unwrap();
    drop(command);
    let orphan = Orphan(child.id());
    // Each report is some hundred octets: the pipe is full at once, and then the queue behind it.
    let address = orphan.address();
    await_some("a signal handler", || {
        let status = fs::read_to_string(format!("/proc/{}/status", orphan.0)).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
        (caught & 1 << (Signal::USR1.as_raw() - 1) != 0).then_some(())
    });
    let mut idle = Router::connect(address);
    for _ in 0..100 {
        orphan.signal(Signal::USR1);
        std::thread::sleep(Duration::from_millis(2));
    }
    let sent = play(&orphan);
    await_some("all records although nobody reads the log", || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        (text.matches("\"log_close\"").count() == sent.len()).then_some(())
    });
    idle.send(&synthetic(9, 1, 1));
    drop(idle);
    // The rest of the log is waited for a second, the end of a router's session hardly at all.
    let took = orphan.stop();
    assert!(took < DEADLINE / 4, "the end took {took:?}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut log = vec![0; 1 << 16];
    let read = rustix::io::read(&reading, &mut log).unwrap();
    assert!(read > 0 && String::from_utf8_lossy(&log[..read]).contains("collector-started"));
    let text = fs::read_to_string(&path).unwrap();
    let others = text.lines().filter(|line| {
        let port = crate::collector::field(line, "bmp_router_port").unwrap();
        sent.iter().any(|(sent, _)| sent.to_string() == port)
    });
    let others: String = others.map(|line| format!("{line}\n")).collect();
    let kept = scratch.holding("kept.json", others.as_bytes());
    assert_file(&kept, &sent);
}
