use std::fs;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::collector::{
    Collector, Router, Scratch, await_some, expected, key, lines, ribcage, ribcage_under, run,
    skipped, stripped, synthetic,
};

/// Whether a tool is there; says so when it is not.
fn has(tool: &str, test: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|o| o.status.success());
    if !found {
        skipped(test, format!("there is no `{tool}`"));
    }
    found
}

/// Collects one stream and stops; what was written must be what `decode` writes.
#[track_caller]
fn assert_collects(collector: Collector, path: &str) {
    let stream = synthetic(1, 1, 200);
    assert!(Router::connect(collector.address).play(stream.clone()).join().unwrap());
    collector.wait_event("session-close");
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    let got: Vec<_> = lines(&fs::read(path).unwrap()).iter().map(|l| stripped(l)).collect();
    assert_eq!(got, expected(&stream));
}

#[test]
fn signals_reopen_report_and_reload() {
    let scratch = Scratch::new();
    let (path, moved) = (scratch.file("out.json"), scratch.file("out.json.1"));
    let collector = Collector::start(&["-o", &format!("pmacct-json=file:{path}")]);
    let stream = synthetic(0, 1, 100);
    let half = stream.len() / 2;
    let mut router = Router::connect(collector.address);
    router.send(&stream[..half]);
    await_some("the first half", || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        (text.lines().count() > 20).then_some(())
    });
    fs::rename(&path, &moved).unwrap();
    collector.signal(Signal::HUP);
    collector.wait_line("the file to be opened anew", |l| l.contains(" reopened output="));
    await_some("the new file", || fs::exists(&path).unwrap().then_some(()));
    collector.signal(Signal::USR1);
    let line = collector.wait_line("a reactor's status", |l| l.contains(" status reactor="));
    assert_eq!(key(&line, "sessions_open"), "1");
    let line = collector.wait_line("an output's status", |l| l.contains(" status output="));
    assert_eq!(key(&line, "output"), "pmacct-json");
    collector.signal(Signal::USR2);
    collector.wait_line("a word on USR2", |l| l.contains(" signal name=USR2"));
    router.send(&stream[half..]);
    router.finish();
    collector.wait_event("session-close");
    assert_eq!(collector.stop().status.code(), Some(0));
    let both = [fs::read(&moved).unwrap(), fs::read(&path).unwrap()];
    assert!(both.iter().all(|octets| !octets.is_empty()));
    let got: Vec<_> = lines(&both.concat()).iter().map(|l| stripped(l)).collect();
    assert_eq!(got, expected(&stream));
}

#[test]
fn log_lines_as_json_are_objects_with_time_level_and_event() {
    let stream = [&synthetic(0, 1, 5)[..], &[3, 0, 0, 0, 7, 2, 0xab, 0xee]].concat();
    let args = ["decode", "--input-format", "bmp", "--log-format", "json", "-vv"];
    let output = run(ribcage(&args), &stream);
    let log = String::from_utf8(output.stderr).unwrap();
    let mut events = Vec::new();
    for line in log.lines() {
        let value: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        for name in ["time", "level", "event"] {
            assert!(value[name].is_string(), "{line}");
        }
        events.push(value["event"].as_str().unwrap().to_owned());
    }
    for event in ["odd-message", "session-broken-framing", "decoded"] {
        assert!(events.iter().any(|e| e == event), "no {event}: {log}");
    }
}

#[test]
fn an_idle_collector_is_idle() {
    let collector = Collector::start(&["-o", "bmp=null:"]);
    let quiet: Vec<_> = (0..3).map(|_| Router::connect(collector.address)).collect();
    collector.wait_events("session-open", quiet.len());
    let before = collector.cpu_ticks();
    std::thread::sleep(Duration::from_secs(3));
    let ticks = collector.cpu_ticks() - before;
    assert!(ticks <= 9, "{ticks} ticks of 10 ms in 3 s: more than 3 % of a core");
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn one_core_is_enough() {
    if !has("taskset", "one core") {
        return;
    }
    let scratch = Scratch::new();
    let path = scratch.file("out.json");
    let output = format!("pmacct-json=file:{path}");
    assert_collects(Collector::start_under(&["taskset", "-c", "0"], &["-o", &output]), &path);
}

#[test]
fn an_ordinary_user_with_the_usual_locked_memory_is_enough() {
    let root = rustix::process::geteuid().is_root();
    let limited = ["prlimit", "--memlock=8388608:8388608"];
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    if !has("prlimit", "an ordinary user") || (root && !has("setpriv", "an ordinary user")) {
        return;
    }
    let scratch = Scratch::new();
    let path = scratch.file("out.json");
    fs::set_permissions(scratch.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let program = scratch.file("ribcage");
    fs::copy(env!("CARGO_BIN_EXE_ribcage"), &program).unwrap();
    let wrapper: Vec<&str> = match root {
        true => limited.iter().chain(&nobody).copied().collect(),
        false => limited.to_vec(),
    };
    let output = format!("pmacct-json=file:{path}");
    let mut command = Command::new(wrapper[0]);
    // A copy: the directory of the build may not be everybody's to read.
    command.args(&wrapper[1..]).arg(&program);
    command.args(["collect", "-l", "127.0.0.1:0", "--color", "never", "-o", &output]);
    command.env("TZ", "UTC").stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    assert_collects(Collector::spawn(command), &path);
}

#[test]
fn too_little_locked_memory_is_refused_with_what_to_do() {
    if !has("prlimit", "too little locked memory") {
        return;
    }
    let args = ["collect", "-l", "127.0.0.1:0", "-o", "bmp=null:"];
    let mut wrapper = vec!["prlimit", "--memlock=65536:65536"];
    if rustix::process::geteuid().is_root() {
        // The superuser may lock what it likes.
        if !has("setpriv", "too little locked memory") {
            return;
        }
        wrapper.extend(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
        wrapper.extend(["--bounding-set=-all", "--inh-caps=-all"]);
    }
    if run(ribcage_under(&wrapper, &["--version"]), b"").status.code() != Some(0) {
        return skipped("too little locked memory", "another user cannot run the program");
    }
    let output = run(ribcage_under(&wrapper, &args), b"");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("memlock") || text.contains("LimitMEMLOCK"), "{text}");
}
