//! The configuration file: what it takes and prints, and that reading it again costs no session.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use rustix::process::Signal;

use crate::collector::{
    Collector, Router, Scratch, await_some, expected, key, lines, ribcage, run, skipped, stripped,
    synthetic,
};

/// `collect -c FILE --check` and more flags.
fn check(file: &str, more: &[&str]) -> Output {
    let args = ["--color", "never", "collect", "-c", file, "--check"];
    run(ribcage(&[&args[..], more].concat()), b"")
}

/// What was printed, where all is well.
#[track_caller]
fn printed(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The lines without their comments.
fn values(text: &str) -> Vec<&str> {
    text.lines()
        .map(|line| line.rsplit_once(" # ").map_or(line, |(value, _)| value).trim_end())
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect()
}

const FILE: &str = r#"
listen = ["127.0.0.1:PORT"]
connect = "192.0.2.7:1790%vrf-mgmt"
filter = "not message = statistics"
allow = ["192.0.2.0/24", "2001:db8::/32"]
max-routers-per-source = 3
idle-timeout = "1h"
keepalive = "30s,5s,3"
batch-memory = "128MiB"
busy-poll = false
verbose = 1

[[output]]
format = "pmacct-json"
url = "file:DIR/%Y.json"
name = "a"

[[output]]
format = "bmp?name=raw"
url = "null:"
when-full = "drop"

[[router]]
source = "192.0.2.0/24"
allow = false

[[router]]
sysname = "edge*"
bgp-id = "10.0.0.1"
name = "edge \"one\""
tags = [7, 8]
label = "lab"
add-path = "off"
as-width = 2
bmp-v4 = "draft-21"
"#;

#[test]
fn what_is_checked_is_printed_with_its_origin_and_opens_nothing() {
    let scratch = Scratch::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let text = FILE.replace("PORT", &port).replace("DIR", scratch.path().to_str().unwrap());
    let file = scratch.holding("ribcage.toml", text.as_bytes());
    let first = printed(&check(&file, &["--max-routers", "9"]));
    for part in [
        format!("listen = [\"127.0.0.1:{port}\"]"),
        format!("# {file}:2"),
        "max-routers = 9                          # flag".into(),
        "flush-interval = \"10ms\"                  # default".into(),
        "# dscp is not set                        # default".into(),
        format!("[[output]]                               # {file}:13"),
        format!("[[router]]                               # {file}:23"),
        "name = \"edge \\\"one\\\"\"\n".into(),
    ] {
        assert!(first.contains(&part), "{part}\n{first}");
    }
    assert!(!fs::exists(scratch.file("2026.json")).unwrap());

    // What is printed is a file that says the same.
    let again = scratch.holding("again.toml", first.as_bytes());
    let second = printed(&check(&again, &[]));
    assert_eq!(values(&second), values(&first));
    assert!(values(&first).len() > 30, "{first}");
}

#[test]
fn mistakes_end_with_2_and_say_where() {
    let scratch = Scratch::new();
    for (text, part) in [
        ("\nlisten = \"11019\"", ":2: listen: `11019`"),
        ("flush-interval = \"20s\"", ":1: --flush-interval: 20s is above 10s"),
        ("[[output]]\nformat = \"pmacct-jsn\"", ":1: output 'pmacct-jsn': the format"),
        ("filter = \"prefix within\"", ":1: filter: "),
        ("output = [\"bmp=null:\", \"bmp=null:?name=bmp\", \"bmp=null:?name=bmp\"]", "two outputs"),
        ("reactor-cores = \"4321\"", "4321"),
    ] {
        let output = check(&scratch.holding("wrong.toml", text.as_bytes()), &[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}: {error}");
        assert!(error.contains(part), "{text}: {error}");
        assert!(output.stdout.is_empty(), "{text}");
    }
}

/// A collector whose whole configuration stands in a file.
struct Configured {
    scratch: Scratch,
    path: String,
    collector: Collector,
    reloads: usize,
}

impl Configured {
    fn start(text: &str) -> Self {
        let scratch = Scratch::new();
        let text = Self::filled(&scratch, text);
        let path = scratch.holding("ribcage.toml", text.as_bytes());
        let command = ribcage(&["--color", "never", "collect", "-c", &path]);
        Self { collector: Collector::spawn(command), scratch, path, reloads: 0 }
    }

    fn filled(scratch: &Scratch, text: &str) -> String {
        text.replace("DIR", scratch.path().to_str().unwrap())
    }

    /// Puts another text into the file.
    fn write(&self, text: &str) {
        // Renamed into its place: a reader sees the old one or the new one.
        let next = self.scratch.holding("next.toml", Self::filled(&self.scratch, text).as_bytes());
        fs::rename(next, &self.path).unwrap();
    }

    /// Has it read again and gives the word on it.
    fn reload(&mut self, text: &str, signal: Signal) -> String {
        self.write(text);
        self.collector.signal(signal);
        self.reloads += 1;
        self.word("config-reload")
    }

    /// The last line of an event whose word begins like this, once there is one for each reload.
    #[track_caller]
    fn word(&self, word: &str) -> String {
        await_some(word, || {
            let log = self.collector.log();
            let words: Vec<_> =
                log.iter().filter(|line| line.contains(&format!(" {word}"))).collect();
            (words.len() >= self.reloads).then(|| words.last().unwrap().to_string())
        })
    }

    /// The records that are whole: it may be read in the middle of a write.
    fn output(&self) -> Vec<String> {
        let mut text = fs::read(self.scratch.file("out.json")).unwrap_or_default();
        text.truncate(memchr::memrchr(b'\n', &text).map_or(0, |end| end + 1));
        lines(&text).iter().map(|line| stripped(line)).collect()
    }
}

const OUTPUT: &str = "\n[[output]]\nformat = \"pmacct-json\"\nurl = \"file:DIR/out.json\"\n";

#[test]
fn a_session_goes_on_while_everything_around_it_changes() {
    let begin = format!("listen = \"127.0.0.1:0\"\nmax-routers = 5\n{OUTPUT}");
    let mut running = Configured::start(&begin);
    let first = running.collector.address;
    let stream = synthetic(0, 1, 300);
    let half = stream.len() / 2;
    let mut router = Router::connect(first);
    router.send(&stream[..half]);
    running.collector.wait_event("session-open");

    // Another listener, another allow-list, other limits.
    let next = format!(
        "listen = \"127.0.0.2:0\"\nallow = \"192.0.2.0/24\"\nmax-routers = 1\n\
         max-frame = \"2MiB\"\nidle-timeout = \"1h\"\n{OUTPUT}"
    );
    let word = running.reload(&next, Signal::HUP);
    assert!(word.contains("config-reloaded keys=listen,allow,max-routers,idle-timeout"), "{word}");
    running.collector.wait_line("a restart", |l| l.contains("config-needs-restart keys=max-frame"));
    running.collector.wait_line("an end", |l| l.contains("listening-ended address=127.0.0.1:0"));
    let is_second = |l: &str| l.contains(" listening address=127.0.0.2:");
    let second = running.collector.wait_line("the new listener", is_second);
    await_some("the old listener's end", || TcpStream::connect(first).is_err().then_some(()));
    let stranger = TcpStream::connect(key(&second, "address")).unwrap();
    running.collector.wait_event("router-not-allowed");
    drop(stranger);

    // A broken file changes nothing; the next sound one is read again.
    let word = running.reload("listen = ", Signal::USR2);
    assert!(word.contains("ERROR config-reload-failed"), "{word}");
    assert!(word.contains("ribcage.toml:1: this is no TOML"), "{word}");
    let open = format!("listen = [\"127.0.0.1:0\", \"127.0.0.2:0\"]\n\n{OUTPUT}");
    let word = running.reload(&open, Signal::USR2);
    assert!(word.contains("keys=listen,allow,max-routers,idle-timeout"), "{word}");
    let reopened = running.collector.log().iter().filter(|l| l.contains(" reopened ")).count();
    assert_eq!(reopened, 1, "USR2 reopens nothing");
    TcpStream::connect(key(&second, "address")).unwrap();
    running.collector.wait_events("session-open", 2);

    router.send(&stream[half..]);
    router.finish();
    running.collector.wait_events("session-close", 2);
    let log = running.collector.log().join("\n");
    assert!(!log.contains("session-reset"), "{log}");
    // The other session has said nothing: there are but its beginning and its end.
    let said = |mut lines: Vec<String>| {
        lines.retain(|line| !line.contains("log_init") && !line.contains("log_close"));
        lines
    };
    let want = said(expected(&stream));
    await_some("every record of the session", || (said(running.output()) == want).then_some(()));
    assert_eq!(running.collector.stop().status.code(), Some(0));
}

/// No socket can be told to leave its buffer to the kernel again.
#[test]
fn a_receive_buffer_that_is_set_no_more_stays_and_the_log_says_so() {
    let with = |key: &str| format!("listen = \"127.0.0.1:0\"\n{key}\n{OUTPUT}");
    let mut running = Configured::start(&with("receive-buffer = \"16KiB\""));
    let word = running.reload(&with("receive-buffer = \"32KiB\""), Signal::HUP);
    assert!(word.contains("config-reloaded keys=receive-buffer"), "{word}");
    for times in 1..=2 {
        let word = running.reload(&with(""), Signal::HUP);
        assert!(word.contains("config-reloaded keys=none"), "{word}");
        let log = running.collector.log();
        let told = |l: &&String| l.contains("config-needs-restart keys=receive-buffer");
        assert_eq!(log.iter().filter(told).count(), times, "each time that it is read again");
    }
    assert_eq!(running.collector.stop().status.code(), Some(0));
}

#[test]
fn routers_to_connect_to_come_and_go() {
    let router = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = router.local_addr().unwrap();
    let listen = "listen = \"127.0.0.1:0\"\nlog-level = \"debug\"\n";
    let mut running = Configured::start(&format!("{listen}{OUTPUT}"));
    let word = running.reload(&format!("{listen}connect = \"{target}\"\n{OUTPUT}"), Signal::USR2);
    assert!(word.contains("keys=connect"), "{word}");
    let stream = synthetic(0, 1, 100);
    let mut router = Router { socket: router.accept().unwrap().0 };
    router.send(&stream[..stream.len() / 2]);
    running.collector.wait_event("session-open");
    running.reload(&format!("{listen}{OUTPUT}"), Signal::USR2);
    router.send(&stream[stream.len() / 2..]);
    router.finish();
    running.collector.wait_event("session-close");
    let want = expected(&stream);
    await_some("every record of the session", || (running.output() == want).then_some(()));
    // Whoever leaves would be dialed again, or be told of as one that rests.
    running.reload(&format!("{listen}max-routers = 9\n{OUTPUT}"), Signal::USR2);
    let log = running.collector.log();
    assert_eq!(log.iter().filter(|line| line.contains(" dialing ")).count(), 1);
    assert!(!log.iter().any(|line| line.contains(" dial-rests ")), "{}", log.join("\n"));
    assert_eq!(running.collector.stop().status.code(), Some(0));
}

#[test]
fn what_records_say_of_a_router_follows_the_file() {
    let text = |tag: u32| {
        format!(
            "listen = \"127.0.0.1:0\"\n{OUTPUT}\n[[router]]\nsource = \"127.0.0.0/8\"\n\
             tags = [{tag}]\n"
        )
    };
    let mut running = Configured::start(&text(7));
    let stream = synthetic(0, 1, 400);
    let half = stream.len() / 2;
    let mut router = Router::connect(running.collector.address);
    let tagged = |running: &Configured, tag: u32| {
        let tag = format!("\"tag\": {tag},");
        running.output().iter().filter(|line| line.contains(&tag)).count()
    };
    router.send(&stream[..half]);
    await_some("records with the first tag", || (tagged(&running, 7) > 20).then_some(()));
    let word = running.reload(&text(8), Signal::USR2);
    assert!(word.contains("keys=router"), "{word}");
    assert_eq!(tagged(&running, 8), 0);
    router.send(&stream[half..]);
    router.finish();
    await_some("records with the second tag", || (tagged(&running, 8) > 20).then_some(()));
    running.collector.wait_event("session-close");
    let all = expected(&stream).len();
    await_some("all records", || (running.output().len() >= all).then_some(()));
    assert_eq!(tagged(&running, 7) + tagged(&running, 8), all, "each record has one of them");
    assert_eq!(running.collector.stop().status.code(), Some(0));
}

#[test]
fn filters_and_the_log_level_change_at_once() {
    let with = |filter: &str, level: &str| {
        format!("listen = \"127.0.0.1:0\"\nlog-level = \"{level}\"\n{OUTPUT}{filter}")
    };
    let mut running = Configured::start(&with("", "info"));
    let stream = synthetic(0, 1, 50);
    let play = |running: &Configured, sessions: usize| {
        assert!(Router::connect(running.collector.address).play(stream.clone()).join().unwrap());
        await_some("the end of the session", || {
            let ends = running.output().iter().filter(|l| l.contains("log_close")).count();
            (ends >= sessions).then_some(())
        });
    };
    play(&running, 1);
    let all = running.output().len();
    let routes = |running: &Configured| {
        running.output().iter().filter(|l| l.contains("route_monitor")).count()
    };
    let shown = routes(&running);
    assert!(shown > 40, "{all} lines");
    let filter = "filter = \"not message = route-monitoring\"\n";
    let word = running.reload(&with(filter, "info"), Signal::USR2);
    assert!(word.contains("keys=output.pmacct-json.filter"), "{word}");
    play(&running, 2);
    assert_eq!(routes(&running), shown, "none more");
    let word = running.reload(&with("", "info"), Signal::USR2);
    assert!(word.contains("keys=output.pmacct-json.filter"), "{word}");
    play(&running, 3);
    assert_eq!(routes(&running), 2 * shown);

    // What else is new of an output waits for a restart.
    let named = "name = \"other\"\n";
    running.reload(&with(named, "info"), Signal::USR2);
    running.collector.wait_line("a restart", |l| {
        l.contains("config-needs-restart keys=output.pmacct-json,output.other")
    });

    // From a level that tells of nothing back to one that does.
    running.write(&with("", "error"));
    running.collector.signal(Signal::USR2);
    running.collector.wait_line("USR2", |l| l.contains("name=USR2"));
    await_some("a quiet log", || {
        let before = running.collector.log().len();
        running.collector.signal(Signal::USR1);
        std::thread::sleep(Duration::from_millis(100));
        (running.collector.log().len() == before).then_some(())
    });
    running.write(&with("", "debug"));
    running.collector.signal(Signal::USR2);
    running.collector.wait_line("the new level", |l| l.contains("config-reloaded keys=log-level"));
    assert_eq!(running.collector.stop().status.code(), Some(0));
}

#[test]
fn reading_it_again_and_again_under_load_loses_nothing() {
    let text = |name: &str, more: &str| {
        format!(
            "listen = \"127.0.0.1:0\"\n{more}\n{OUTPUT}\n[[router]]\nsource = \"127.0.0.0/8\"\n\
             name = \"{name}\"\n[[router]]\nsource = \"192.0.2.0/24\"\nallow = false\n"
        )
    };
    let files = [text("one", ""), text("two", "max-routers = 50\nidle-timeout = \"1h\"\n")];
    let running = Configured::start(&files[0]);
    let streams: Vec<_> = (0..6).map(|router| synthetic(router, 2, 2000)).collect();
    let players: Vec<_> = streams
        .iter()
        .map(|stream| Router::connect(running.collector.address).play(stream.clone()))
        .collect();
    for file in files.iter().cycle().take(40) {
        running.write(file);
        running.collector.signal(Signal::HUP);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(players.into_iter().all(|player| player.join().unwrap()));
    running.collector.wait_events("session-close", streams.len());
    let mut want: Vec<_> = streams.iter().flat_map(|stream| expected(stream)).collect();
    let mut got = await_some("all records", || {
        let got = running.output();
        (got.len() >= want.len()).then_some(got)
    });
    got.sort();
    want.sort();
    assert_eq!(got.len(), want.len());
    assert!(got == want, "each record once");
    let log = running.collector.log();
    let reloads = log.iter().filter(|l| l.contains(" config-reloaded ")).count();
    assert!(reloads > 1, "{reloads}");
    assert!(!log.iter().any(|l| l.contains("WARN") || l.contains("ERROR")), "{}", log.join("\n"));
    assert_eq!(running.collector.stop().status.code(), Some(0));
}

/// What a configuration of another collector becomes.
fn converted(name: &str, text: &str, more: &[&str]) -> Option<(String, String)> {
    let scratch = Scratch::new();
    let file = scratch.holding(name, text.as_bytes());
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts/convert_conf.py");
    let output = Command::new("python3").arg(script).arg(&file).args(more).output();
    let Ok(output) = output else {
        skipped("converters", "there is no python3");
        return None;
    };
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    let toml = String::from_utf8(output.stdout).unwrap();
    printed(&check(&scratch.holding("ribcage.toml", toml.as_bytes()), &[]));
    Some((toml, errors))
}

#[test]
fn configurations_of_pmbmpd_become_ours() {
    let scratch = Scratch::new();
    let allow = scratch.holding("allow", b"! routers\n192.0.2.7\n10.1.2.3/16\n");
    let map = scratch.holding("map", b"set_tag=7 ip=192.0.2.0/24\n");
    let text = format!(
        "! a comment\ndaemonize: true\nbmp_daemon_ip: 192.0.2.1\nbmp_daemon_port: 1791\n\
         bmp_daemon_interface: vrf-mgmt\nbmp_daemon_max_peers: 200\n\
         bmp_daemon_allow_file: {allow}\n\
         bmp_daemon_pipe_size: 4194304\nbmp_daemon_ipprec: 6\nbmp_daemon_batch: 100\n\
         bmp_daemon_batch_interval: 10\nbmp_daemon_msglog_file: /var/log/$bmp_router.json\n\
         bmp_daemon_tag_map: {map}\nbmp_daemon_set_pd: true\ntimestamps_rfc9557: true\n\
         bmp_dump_file: /x\nbmp_daemon_msglog_kafka_topic: pmacct.bmp\n\
         bmp_dump_kafka_topic: pmacct.dump\n"
    );
    let Some((toml, errors)) = converted("pmbmpd.conf", &text, &[]) else { return };
    for part in [
        "listen = [\"192.0.2.1:1791%vrf-mgmt\"]",
        "allow = [\"192.0.2.7/32\", \"10.1.0.0/16\"]",
        "max-routers = 200",
        "receive-buffer = \"4194304\"",
        "dscp = 48",
        "accept-rate = \"10/s\"",
        "url = \"file:/var/log/{router}.json\"",
        "bmp_daemon_set_pd = true",
    ] {
        assert!(toml.contains(part), "{part}\n{toml}");
    }
    for part in [
        "bmp_dump_file: /x: there are no table dumps",
        "bmp_dump_kafka_topic: pmacct.dump: there are no table dumps",
        "bmp_daemon_msglog_kafka_topic: pmacct.bmp: there is no Kafka output yet; records go to",
    ] {
        assert!(errors.contains(part) && toml.contains(part), "{part}\n{errors}");
    }
}

#[test]
fn configurations_of_openbmpd_become_ours() {
    let text = "\
base:
  admin_id: \"lab-1\" # its name
  listen_port: 5000
  listen_mode: v4v6
  heartbeat:
    interval: 3
  startup:
    pat_enabled: true
    max_concurrent_routers: 2
debug:
  bmp: true
kafka:
  brokers:
    - kafka:9092
  message.max.bytes: 500000
  topics:
    variables:
      root: lab
    names:
      peer: \"{root}.{router_group}.peer\"
      evpn: null
      bmp_raw: \"{root}.raw\"
mapping:
  groups:
    router_group:
      - name: core
        regexp_hostname:
          - .*core.*
        prefix_range:
          - 10.1.2.3/16
    peer_group:
      - name: transit
        asn: [64496, 64497]
";
    for more in [&["--subset"][..], &[]] {
        let Some((toml, errors)) = converted("openbmpd.conf", text, more) else { return };
        for part in [
            "listen = [\"[::]:5000\"]",
            "admin-id = \"lab-1\"",
            "heartbeat = \"3m\"",
            "pat-enabled = true",
            "router-group = [\"core~.*core.*\", \"core@10.1.0.0/16\"]",
            "peer-group = [\"transit#64496\", \"transit#64497\"]",
            "\"peer:lab.{router_group}.peer\"",
            "\"evpn:\"",
            "topic = \"lab.raw\"",
            "log-level = \"debug\"",
            "message-size = \"500000\"",
        ] {
            assert!(toml.contains(part), "{part}\n{toml}");
        }
        for part in ["kafka.brokers: kafka:9092", "startup.max_concurrent_routers: 2"] {
            assert!(errors.contains(part), "{part}\n{errors}");
        }
    }
    // Without a word about Kafka, openbmpd sends to this host's.
    let Some((toml, errors)) = converted("openbmpd.conf", "base:\n  listen_port: 5000\n", &[])
    else {
        return;
    };
    let why = "kafka.brokers: localhost:9092: there is no Kafka output yet; each topic is a file in \
               /var/lib/ribcage/openbmp/ or /var/lib/ribcage/openbmp-raw/";
    assert!(errors.contains(&format!("no equivalent: {why}\n")), "{errors}");
    assert!(toml.contains(why), "{toml}");
    for directory in ["openbmp", "openbmp-raw"] {
        assert!(toml.contains(&format!("url = \"file:/var/lib/ribcage/{directory}/\"")), "{toml}");
    }
}

/// The page's example is a file that is taken.
#[test]
fn the_example_of_the_manual_is_taken() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual/configuration.rs");
    let page = fs::read_to_string(page).unwrap();
    let example = page.split("//! ```toml\n").nth(1).expect("an example").split("//! ```").next();
    let example: Vec<_> =
        example.unwrap().lines().map(|line| line.trim_start_matches("//!").trim()).collect();
    let scratch = Scratch::new();
    let file = scratch.holding("example.toml", example.join("\n").as_bytes());
    let text = printed(&check(&file, &[]));
    assert!(text.contains("[[router]]") && text.contains("[[output]]"), "{text}");
}
