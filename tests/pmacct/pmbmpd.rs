//! pmacct's BMP collector as a process: one for each stream, on a port of its own.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::util::golden::Case;
use crate::util::{TempDir, read};

const PMBMPD: &str = "/usr/sbin/pmbmpd";
/// How long it may take to listen, or to write what it was sent.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether version 1.7.7 is installed.
///
/// # Errors
/// What is there instead.
pub(super) fn version_1_7_7() -> Result<(), String> {
    let out = Command::new(PMBMPD).arg("-V").output().map_err(|e| format!("{PMBMPD}: {e}"))?;
    let text = String::from_utf8_lossy(&out.stdout);
    let first = text.lines().next().unwrap_or_default();
    match first.contains("pmbmpd 1.7.7") {
        true => Ok(()),
        false => Err(format!("{PMBMPD} is not version 1.7.7: {first}")),
    }
}

/// A process that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(config: &Path) -> Self {
        let mut command = Command::new(PMBMPD);
        command.arg("-f").arg(config).env("TZ", "UTC");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("pmbmpd starts"))
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("a child of ours").is_some()
    }
}

/// Sends it a stream; tells what it has logged, perhaps up to where it crashed, and the router's
/// address and port in that.
///
/// # Errors
/// Why there is no log.
pub(super) fn run(case: &Case) -> Result<(Vec<u8>, String), String> {
    let folder = TempDir::new("pmbmpd");
    let log = folder.path().join("msglog.json");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = free.expect("a free port").port();
    let config = format!(
        "daemonize: false\nlogfile: {folder}/log\nbmp_daemon_ip: 127.0.0.1\n\
         bmp_daemon_port: {port}\nbmp_daemon_msglog_file: {folder}/msglog.json\n",
        folder = folder.path().display()
    );
    let mut pmbmpd = Running::start(&folder.file("pmbmpd.conf", config.as_bytes()));
    let wrong = |what: &str| format!("case {}: pmbmpd {what}", case.name);
    let mut router = connected(&mut pmbmpd, port).ok_or_else(|| wrong("does not listen"))?;
    let name = router.local_addr().expect("a connected socket").to_string();
    // It closes the connection behind a Termination, and when it crashes.
    let _ = router.write_all(&read(&case.stream));
    let _ = router.shutdown(Shutdown::Write);
    router.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let _ = router.read_to_end(&mut Vec::new());
    let begin = Instant::now();
    let mut written = Vec::new();
    while begin.elapsed() < PATIENCE {
        // What it had written before it ended is all there will be.
        let ended = pmbmpd.has_ended();
        written = std::fs::read(&log).unwrap_or_default();
        if ended || written.ends_with(b"\"event_type\": \"log_close\"}\n") {
            return Ok((written, name));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(wrong(&format!("has not closed its log after {} octets", written.len())))
}

fn connected(pmbmpd: &mut Running, port: u16) -> Option<TcpStream> {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE && !pmbmpd.has_ended() {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            return Some(stream);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}
