//! `load --sink` against a real collector, and `bench`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::collector::{Collector, Scratch, await_some, ribcage};
use crate::source::read;

const SCENARIO: &[&str] = &["--routers", "3", "--peers", "2", "--prefixes", "2000"];
/// What that scenario announces.
const ROUTES: u64 = 3 * 2 * 2000;
/// And its End-of-RIBs.
const ENDS: u64 = 3 * 2 * 2;

fn started(args: &[&str]) -> Child {
    let mut command: Command = ribcage(args);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn number(json: &Value, path: &str) -> u64 {
    json.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {path} in {json:#}"))
}

/// An address of this process's own, which no connection takes by chance.
fn own_address(last: u8) -> String {
    let pid = std::process::id();
    format!("127.{}.{}.{last}:5170", 1 + pid / 250 % 250, 1 + pid % 250)
}

#[track_caller]
fn measured(format: &str, url: &str) -> Value {
    let output = format!("{format}={url}");
    let collector = Collector::start(&["-o", &output]);
    let target = collector.address.to_string();
    let args = ["load", "--target", &target, "--sink", &output, "--sink-wait", "60s"];
    let rest = ["--json", "-"];
    let child = started(&[&args[..], SCENARIO, &rest[..]].concat());
    let output = child.wait_with_output().unwrap();
    let report = json(&output);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    drop(collector);
    assert_eq!(report["sink"]["complete"], true, "{report:#}");
    assert_eq!(report["sink"]["format"], format);
    assert_eq!(report["sink"]["target"], url);
    assert_eq!(number(&report, "/sink/routes"), ROUTES);
    assert_eq!(number(&report, "/announced"), ROUTES);
    assert_eq!(number(&report, "/latency/unstamped"), 0);
    let at = |key: &str| number(&report, &format!("/latency/{key}"));
    assert!(at("p50_us") <= at("p90_us") && at("p90_us") <= at("p99_us"), "{report:#}");
    assert!(at("p99_us") <= at("p99_9_us") && at("p99_9_us") <= at("max_us"), "{report:#}");
    assert!(at("max_us") > 0);
    report
}

#[test]
fn json_lines_come_back_complete_over_tcp_and_unix() {
    let scratch = Scratch::new();
    for url in [format!("tcp://{}", own_address(1)), format!("unix:{}", scratch.file("sink.sock"))]
    {
        let report = measured("pmacct-json", &url);
        assert_eq!(number(&report, "/latency/count"), ROUTES + ENDS);
        assert_eq!(number(&report, "/sink/connections"), 1);
        assert_eq!(number(&report, "/sink/sessions_closed"), 3);
        assert_eq!(report["sink"]["missing_messages"], Value::Null);
    }
}

#[test]
fn bmp_comes_back_complete_over_tcp_and_unix() {
    let scratch = Scratch::new();
    for url in [format!("tcp://{}", own_address(2)), format!("unix:{}", scratch.file("sink.sock"))]
    {
        let report = measured("bmp", &url);
        let messages = number(&report, "/messages");
        assert_eq!(number(&report, "/sink/records"), messages);
        assert_eq!(number(&report, "/sink/bytes"), number(&report, "/bytes"));
        assert_eq!(number(&report, "/sink/connections"), 3);
        // All but the Initiations and the Peer Ups.
        assert_eq!(number(&report, "/latency/count"), messages - 3 - 6);
        assert_eq!(number(&report, "/sink/missing_messages"), 0);
    }
}

#[test]
fn a_collector_that_does_not_come_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let args = ["load", "--target", &target, "--sink", "pmacct-json=tcp://127.0.0.1:0"];
    let output = started(&[&args[..], &["--sink-wait", "50ms"]].concat()).wait_with_output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("start the collector with --output pmacct-json=tcp://127."), "{text}");
}

#[test]
fn what_does_not_come_out_is_told_and_fails() {
    let (scratch, listener) = (Scratch::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let target = listener.local_addr().unwrap().to_string();
    let path = scratch.file("sink.sock");
    let sink = format!("pmacct-json=unix:{path}");
    let args = ["load", "--target", &target, "--sink", &sink, "--sink-wait", "500ms"];
    let child = started(&[&args[..], SCENARIO, &["--json", "-"]].concat());
    // A collector that reads everything and tells of two routes.
    let mut out = await_some("the sink", || UnixStream::connect(&path).ok());
    let readers: Vec<_> = (0..3)
        .map(|_| listener.accept().unwrap().0)
        .map(|mut s| std::thread::spawn(move || std::io::copy(&mut s, &mut std::io::sink())))
        .collect();
    let line = |kind: &str| {
        format!("{{\"seq\": 0, \"log_type\": \"{kind}\", \"timestamp\": \"0.000000\"}}\n")
    };
    out.write_all((line("update") + &line("withdraw")).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    readers.into_iter().for_each(|reader| drop(reader.join().unwrap()));
    let report = json(&output);
    assert_eq!(output.status.code(), Some(1), "{report:#}");
    assert_eq!(number(&report, "/sink/missing_routes"), ROUTES - 2);
    assert_eq!(number(&report, "/latency/unstamped"), 2);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains(&format!("{} routes missing", ROUTES - 2)), "{text}");
}

#[test]
fn a_run_that_is_stopped_reports_what_was_sent_and_that_it_came_out() {
    let scratch = Scratch::new();
    let output = format!("pmacct-json=unix:{}", scratch.file("sink.sock"));
    let collector = Collector::start(&["-o", &output]);
    let target = collector.address.to_string();
    let args = ["load", "--target", &target, "--sink", &output, "--sink-wait", "60s"];
    let rest = ["--repeat", "1000000", "--rate", "2000/s", "--json", "-"];
    let child = started(&[&args[..], SCENARIO, &rest[..]].concat());
    collector.wait_events("session-open", 3);
    std::thread::sleep(std::time::Duration::from_millis(300));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let report = json(&output);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!((&report["stopped"], &report["sink"]["complete"]), (&true.into(), &true.into()));
    assert_eq!(number(&report, "/sink/routes"), number(&report, "/announced"));
}

fn interrupt(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
}

fn bench(args: &[&str]) -> (Option<i32>, Value, String) {
    let small = ["--routers", "2", "--peers", "2", "--prefixes", "500", "--json", "-"];
    let child = started(&[&["bench"], &small[..], args].concat());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), report, text)
}

#[test]
fn bench_reports_both_sides() {
    let (code, report, text) = bench(&["--runs", "2", "--rate", "half", "--sink-wait", "60s"]);
    assert_eq!(code, Some(0), "{text}\n{report:#}");
    assert_eq!((&report["complete"], &report["stopped"]), (&true.into(), &false.into()));
    assert_eq!(report["runs"].as_array().unwrap().len(), 2);
    for run in ["/saturation", "/runs/0", "/runs/1", "/median"] {
        let at = |path: &str| number(&report, &format!("{run}{path}"));
        assert_eq!((at("/routes"), at("/collector/counted/routes")), (2000, 2000));
        assert_eq!(at("/collector/counted/messages"), at("/messages"));
        assert_eq!((at("/latency/count"), at("/latency/unstamped")), (2000 + 8, 0));
        assert!(at("/collector/peak_memory_bytes") > 1 << 20);
        assert!(at("/collector/voluntary_context_switches") > 0);
    }
    assert!(text.contains("complete: everything that was sent came out"), "{text}");
    assert!(text.contains("CPU-s per million routes"), "{text}");
}

#[test]
fn bench_measures_outputs_that_it_does_not_receive_without_latency() {
    let scratch = Scratch::new();
    let file = format!("pmacct-json=file:{}", scratch.file("out.json"));
    for output in ["bmp=null:", &file] {
        let (code, report, text) = bench(&["--output", output, "--flush-interval", "5ms"]);
        assert_eq!(code, Some(0), "{text}\n{report:#}");
        assert_eq!(report["runs"][0]["latency"], Value::Null);
        assert!(text.contains("latency   not measured"), "{text}");
        assert!(number(&report, "/runs/0/collector/counted/records_written") >= 500);
    }
    let lines = fs::read_to_string(scratch.file("out.json")).unwrap();
    assert_eq!(lines.matches("\"log_type\": \"update\"").count(), 2000);
}

#[test]
fn bench_measures_bmp() {
    let (code, report, text) = bench(&["--output", "bmp", "--sink-wait", "60s"]);
    assert_eq!(code, Some(0), "{text}\n{report:#}");
    assert_eq!(number(&report, "/median/sink/records"), number(&report, "/median/messages"));
}

#[test]
fn a_collector_that_does_not_start_is_told_with_its_own_words() {
    let (code, report, text) = bench(&["--reactor-cores", "4000"]);
    assert_eq!((code, report), (Some(1), Value::Null), "{text}");
    assert!(text.contains("the collector did not start (exit status: 2):"), "{text}");
    assert!(text.contains("--reactor-cores: CPU 4000"), "{text}");
    let (code, _, text) = bench(&["--output", "mrt"]);
    assert_eq!(code, Some(2), "{text}");
    let (code, _, text) = bench(&["--output", "bmp=file:/nowhere/{session}"]);
    assert!(code == Some(1) || text.contains("nowhere"), "{text}");
}

/// Processes whose parent is `pid`.
fn children_of(pid: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|child| {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        parent == Some(&pid.to_string())
    })
    .collect()
}

#[test]
fn an_interrupted_bench_ends_its_collector_and_says_so() {
    let args = ["bench", "--repeat", "1000000", "--rate", "1000/s", "--json", "-"];
    let child = started(&args);
    let collectors = await_some("the collector", || {
        let found = children_of(child.id());
        (!found.is_empty()).then_some(found)
    });
    std::thread::sleep(std::time::Duration::from_millis(500));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for pid in collectors {
        assert!(!fs::exists(format!("/proc/{pid}")).unwrap(), "collector {pid} lives");
    }
    // It may have been interrupted before anything was sent.
    if let Ok(report) = serde_json::from_slice::<Value>(&output.stdout) {
        assert_eq!(report["stopped"], true);
        assert_eq!(report["failures"].as_array().unwrap().len(), 0, "{report:#}");
    }
}

/// Every key of a JSON document with the keys that lead there; of lists, the first element's.
fn keys(json: &Value, path: &str, found: &mut BTreeSet<String>) {
    match json {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = format!("{path}/{key}");
                keys(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(values) => values.first().into_iter().for_each(|v| keys(v, path, found)),
        _ => {}
    }
}

/// The keys that a table of the manual names, in the same form.
fn documented(section: &str) -> BTreeSet<String> {
    let manual = read("src/manual/measuring.rs");
    let (_, rest) = manual.split_once(&format!("//! # `{section}`")).expect(section);
    let (_, rest) = rest.split_once("//! ```text\n").unwrap();
    let (table, _) = rest.split_once("//! ```\n").unwrap();
    let (mut path, mut found) = (Vec::new(), BTreeSet::new());
    for line in table.lines().map(|line| &line[4..]) {
        let depth = (line.len() - line.trim_start().len()) / 2;
        path.truncate(depth);
        path.push(line.split_whitespace().next().unwrap());
        found.insert(format!("/{}", path.join("/")));
    }
    found
}

#[test]
fn the_json_has_the_keys_that_the_manual_names() {
    let load = documented("load --json");
    let report = measured("pmacct-json", &format!("tcp://{}", own_address(3)));
    let mut found = BTreeSet::new();
    keys(&report, "", &mut found);
    found.insert("/routers/error".to_owned()); // only where there is one
    assert_eq!(found, load);
    let (_, report, text) = bench(&[]);
    let mut found = BTreeSet::new();
    keys(&report, "", &mut found);
    // Said once in the manual: what `load` has too, and that the median is a run.
    let same = ["/runs/latency/", "/runs/sink/", "/median/"];
    found.retain(|key| !same.iter().any(|prefix| key.starts_with(prefix)));
    assert_eq!(found, documented("bench --json"), "{text}");
}
