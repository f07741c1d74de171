use std::fs;
use std::process::Command;

use rustix::process::Signal;

use super::{said, skipped, tuning};
use crate::collector::{
    Collector, Receiver, Router, Scratch, assert_same, by_router, expected, lines, ribcage_under,
    run, synthetic,
};

/// Calls that traces of the program showed, and that no profile may miss.
pub(crate) const NEEDED: &[&str] = &[
    "accept4",
    "bind",
    "clone",
    "close",
    "connect",
    "epoll_ctl",
    "eventfd2",
    "execve",
    "fcntl",
    "fdatasync",
    "fstat",
    "futex",
    "getdents64",
    "getrandom",
    "getsockopt",
    "gettid",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioctl",
    "listen",
    "lseek",
    "madvise",
    "membarrier",
    "mmap",
    "mprotect",
    "munmap",
    "openat",
    "poll",
    "ppoll",
    "pidfd_getfd",
    "prctl",
    "pread64",
    "prlimit64",
    "read",
    "recvfrom",
    "rt_sigaction",
    "rt_sigprocmask",
    "sched_getaffinity",
    "sched_setaffinity",
    "sched_yield",
    "sendmsg",
    "sendto",
    "setsockopt",
    "shutdown",
    "sigaltstack",
    "socket",
    "socketpair",
    "statx",
    "sysinfo",
    "uname",
    "write",
    "writev",
];

/// The system calls that the profile allows.
pub(crate) fn allowed() -> Vec<String> {
    let text = fs::read_to_string(tuning("seccomp.json")).unwrap();
    let profile: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = profile["syscalls"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["action"] == "SCMP_ACT_ALLOW");
    let names = rows.flat_map(|row| row["names"].as_array().unwrap().clone());
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_profile_is_in_the_runtimes_format_and_names_each_call_once() {
    let text = fs::read_to_string(tuning("seccomp.json")).unwrap();
    let profile: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(profile["defaultAction"], "SCMP_ACT_ERRNO");
    let mut names = allowed();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "a call is there twice");
    for call in NEEDED {
        assert!(names.iter().any(|name| name == call), "{call} is missing");
    }
    for call in
        ["ptrace", "mount", "bpf", "unshare", "setns", "keyctl", "perf_event_open", "kexec_load"]
    {
        assert!(!names.iter().any(|name| name == call), "{call} is allowed");
    }
}

/// A command that applies a profile and becomes its arguments, where there is one.
pub(crate) fn wrapper(test: &str, profile: &str) -> Option<Vec<String>> {
    let script = crate::source::root().join("tests/tuning/filtered.py");
    let script = script.to_str().unwrap().to_owned();
    let pythons = ["/usr/bin/python3", "python3"];
    let python = pythons.into_iter().find(|python| {
        let output = Command::new(python).args(["-c", "import seccomp"]).output();
        output.is_ok_and(|output| output.status.success())
    });
    let Some(python) = python else {
        skipped(test, "there is no python3 with libseccomp here that could apply the profile");
        return None;
    };
    let wrapper = [python, &script, profile].map(str::to_owned).to_vec();
    let probe = Command::new(&wrapper[0])
        .args(&wrapper[1..])
        .args([env!("CARGO_BIN_EXE_ribcage"), "--version"])
        .output()
        .unwrap();
    assert!(probe.status.success(), "the filter cannot be applied: {}", said(&probe));
    Some(wrapper)
}

fn borrowed(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

#[test]
fn the_profile_is_enough_for_a_whole_collector() {
    const TEST: &str = "the_profile_is_enough_for_a_whole_collector";
    let profile = tuning("seccomp.json");
    if let Some(wrapper) = wrapper(TEST, profile.to_str().unwrap()) {
        collects_under(&wrapper);
    }
}

/// Runs a collector with outputs of every kind under a filter that kills it for any other call.
pub(crate) fn collects_under(wrapper: &[String]) {
    let scratch = Scratch::new();
    let (json, bmp) = (scratch.file("all.json"), scratch.file("{session}.bmp"));
    let receiver = Receiver::tcp();
    let outputs = [
        format!("pmacct-json=file:{json}"),
        format!("pmacct-json=file:{json}.direct?direct=on&name=direct"),
        format!("bmp=file:{bmp}"),
        format!("pmacct-json={}?name=tcp", receiver.url()),
        "pmacct-json=udp://127.0.0.1:9?name=udp".to_owned(),
    ];
    let mut arguments = vec!["--batch-memory", "256MiB"];
    outputs.iter().for_each(|output| arguments.extend(["-o", output]));
    let collector = Collector::start_under(&borrowed(wrapper), &arguments);
    let status = fs::read_to_string(format!("/proc/{}/status", collector.pid())).unwrap();
    assert!(status.contains("Seccomp:\t2"), "no filter is active");
    let received = receiver.read_all();
    let stream = synthetic(0, 2, 500);
    let router = Router::connect(collector.address);
    let port = router.port();
    assert!(router.play(stream.clone()).join().unwrap());
    collector.wait_event("session-close");
    for signal in [Signal::HUP, Signal::USR1, Signal::USR2] {
        collector.signal(signal);
    }
    collector.wait_events("reopened", outputs.len());
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    let expected = expected(&stream);
    let files = [fs::read(&json).unwrap(), fs::read(format!("{json}.direct")).unwrap()];
    for octets in files.iter().chain([&received.join().unwrap()]) {
        assert_same("what was written", &by_router(&lines(octets))[&port], &expected);
    }
}

#[test]
fn the_profile_is_enough_for_the_other_commands() {
    const TEST: &str = "the_profile_is_enough_for_the_other_commands";
    let profile = tuning("seccomp.json");
    let Some(wrapper) = wrapper(TEST, profile.to_str().unwrap()) else { return };
    let scratch = Scratch::new();
    let file = scratch.holding("router.bmp", &synthetic(0, 1, 50));
    for arguments in [
        &["plan"][..],
        &["decode", "--input-format", "bmp", &file],
        &["bench", "--prefixes", "50", "--sink-wait", "60s"],
    ] {
        let output = run(ribcage_under(&borrowed(&wrapper), arguments), b"");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn without_io_uring_in_the_profile_the_collector_says_so() {
    const TEST: &str = "without_io_uring_in_the_profile_the_collector_says_so";
    let scratch = Scratch::new();
    let text = fs::read_to_string(tuning("seccomp.json")).unwrap();
    // Refused with an error, as container runtimes do: the filter of this test would kill.
    let row = r#""syscalls": [{"names": ["io_uring_setup"], "action": "SCMP_ACT_ERRNO"},"#;
    let text = text.replace("\"io_uring_setup\"", "\"io_setup\"").replace("\"syscalls\": [", row);
    let profile = scratch.holding("seccomp.json", text.as_bytes());
    let Some(wrapper) = wrapper(TEST, &profile) else { return };
    let arguments = ["collect", "-l", "127.0.0.1:0", "-o", "bmp=null:"];
    let output = run(ribcage_under(&borrowed(&wrapper), &arguments), b"");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("seccomp"), "{}", said(&output));
}
