//! Each limit met, and nobody else noticing; routers that are dialed; devices and socket options.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::collector::{
    Collector, DEADLINE, Router, Scratch, assert_gap_free, assert_same, await_some, by_router,
    expected, key, key_of, lines, ribcage, ribcage_under, run, skipped, synthetic,
};

/// A connection from another address of the loopback network.
fn connect_from(source: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((source, 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    socket.into()
}

/// Waits until the collector has closed the connection.
#[track_caller]
fn assert_closed(mut router: &TcpStream) {
    router.set_read_timeout(Some(DEADLINE)).unwrap();
    // A close with unread data is a reset.
    if let Ok(read) = router.read(&mut [0]) {
        assert_eq!(read, 0, "nothing is ever written to a router");
    }
}

/// Whether the connection is open: there is nothing to read, not even its end.
fn is_open(mut router: &TcpStream) -> bool {
    router.set_nonblocking(true).unwrap();
    let read = router.read(&mut [0]);
    router.set_nonblocking(false).unwrap();
    read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

/// The acceptor's line of a status report: each call asks for one more.
fn status(collector: &Collector, key: &str) -> u64 {
    let count = |log: &[String]| log.iter().filter(|line| is_acceptors(line)).count();
    let before = count(&collector.log());
    collector.signal(Signal::USR1);
    let line = await_some("a status report", || {
        let log = collector.log();
        (count(&log) > before).then(|| log.into_iter().rfind(|line| is_acceptors(line)).unwrap())
    });
    self::key(&line, key).parse().unwrap()
}

fn is_acceptors(line: &str) -> bool {
    line.contains(" status ") && key_of(line, "accepted").is_some()
}

/// Plays a stream through a collector with the limit met, and asserts that all of it has come out
/// of `file`.
#[track_caller]
fn assert_undisturbed(mut router: Router, stream: &[u8], file: &str) {
    let port = router.port();
    router.send(stream);
    router.finish();
    let expected = expected(stream);
    let text = await_some("log_close of the router", || {
        let text = std::fs::read(file).unwrap_or_default();
        let own = format!("\"bmp_router_port\": {port}");
        let is_closed = |line: &str| line.contains("log_close") && line.contains(&own);
        String::from_utf8_lossy(&text).lines().any(is_closed).then_some(text)
    });
    let got = lines(&text);
    assert_gap_free(&got);
    assert_same("the other session", &by_router(&got)[&port], &expected);
}

#[test]
fn routers_over_the_limit_are_refused_and_others_do_not_notice() {
    let scratch = Scratch::new();
    let file = scratch.file("out.json");
    let output = format!("pmacct-json=file:{file}");
    let collector = Collector::start(&["--max-routers", "2", "-o", &output]);
    let first = Router::connect(collector.address);
    let second = Router::connect(collector.address);
    collector.wait_events("session-open", 2);
    for _ in 0..30 {
        assert_closed(&TcpStream::connect(collector.address).unwrap());
    }
    // Thirty within a second are a few lines and a sum.
    collector.wait_events("router-refused", 30);
    let line = collector.wait_event("router-refused");
    assert_eq!((key(&line, "reason"), key(&line, "limit")), ("max-routers", "2"));
    assert!(key(&line, "router").starts_with("127.0.0.1:"), "{line}");
    assert_eq!(status(&collector, "refused_max_routers"), 30);
    assert_eq!((status(&collector, "accepted"), status(&collector, "sessions")), (2, 2));
    assert_undisturbed(first, &synthetic(0, 2, 500), &file);
    // Its place is free now, or will be as soon as the acceptor has heard of it.
    let mut next = Vec::new();
    await_some("a third session", || {
        next.push(TcpStream::connect(collector.address).unwrap());
        (status(&collector, "accepted") == 3).then_some(())
    });
    collector.wait_events("session-open", 3);
    assert!(is_open(&second.socket));
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn an_address_with_too_many_sessions_does_not_harm_other_addresses() {
    let scratch = Scratch::new();
    let file = scratch.file("out.json");
    let output = format!("pmacct-json=file:{file}");
    let collector =
        Collector::start(&["--max-routers-per-source", "3", "-o", &output, "-o", "bmp=null:"]);
    let greedy = [127, 0, 0, 9];
    let sessions: Vec<_> = (0..3).map(|_| connect_from(greedy, collector.address)).collect();
    collector.wait_events("session-open", 3);
    for _ in 0..3 {
        assert_closed(&connect_from(greedy, collector.address));
    }
    let line = collector.wait_event("router-refused");
    assert_eq!((key(&line, "reason"), key(&line, "limit")), ("max-routers-per-source", "3"));
    assert_undisturbed(Router::connect(collector.address), &synthetic(1, 2, 500), &file);
    assert!(sessions.iter().all(is_open), "the sessions that were there stay");
    assert_eq!(status(&collector, "refused_per_source"), 3);
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn only_allowed_prefixes_come_in_over_either_family() {
    let scratch = Scratch::new();
    let file = scratch.file("out.json");
    let output = format!("pmacct-json=file:{file}");
    let allow = ["--allow", "127.0.0.0/29", "--allow", "2001:db8::/32"];
    // A dual-stack socket sees IPv4 routers as IPv4-mapped addresses.
    let mut args = vec!["collect", "-l", "[::]:0", "--color", "never", "-o", &output];
    args.extend(allow);
    let collector = Collector::spawn(ribcage(&args));
    let port = collector.address.port();
    let v4 = SocketAddr::from(([127, 0, 0, 1], port));
    assert_closed(&connect_from([127, 0, 0, 9], v4));
    let line = collector.wait_event("router-not-allowed");
    assert!(key(&line, "router").starts_with("127.0.0.9:"), "{line}");
    match TcpStream::connect(("::1", port)) {
        Ok(router) => {
            assert_closed(&router);
            collector.wait_line("router-not-allowed of ::1", |line| {
                line.contains("router-not-allowed") && line.contains("[::1]:")
            });
            assert_eq!(status(&collector, "refused_not_allowed"), 2);
        }
        Err(error) => skipped("IPv6 sources", error),
    }
    assert_undisturbed(Router::connect(v4), &synthetic(2, 2, 500), &file);
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn routers_that_come_faster_than_the_rate_wait_and_all_come_in() {
    let collector = Collector::start(&["--accept-rate", "20/s", "-o", "bmp=null:"]);
    let since = Instant::now();
    let routers: Vec<_> = (0..24).map(|_| Router::connect(collector.address)).collect();
    collector.wait_event("accept-rate-reached");
    collector.wait_events("session-open", 24);
    // Two at once, then one in 50 ms: no machine is too slow to be too fast.
    assert!(since.elapsed() >= Duration::from_millis(1_000), "{:?}", since.elapsed());
    assert!(routers.iter().all(|router| is_open(&router.socket)), "none is refused");
    assert!(status(&collector, "accept_rate_waits") > 0);
    assert_eq!(status(&collector, "accepted"), 24);
    // A signal is obeyed although routers wait in the backlog.
    let _more: Vec<_> = (0..100).map(|_| Router::connect(collector.address)).collect();
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn only_silent_sessions_are_closed() {
    const TIMEOUT: Duration = Duration::from_secs(2);
    let collector = Collector::start(&["--idle-timeout", "2s", "-o", "bmp=null:"]);
    for attempt in 1.. {
        let mut busy = Router::connect(collector.address);
        let silent = Router::connect(collector.address);
        let stream = synthetic(3, 1, 1);
        busy.send(&stream);
        // Statistics reports without statistics, one by one, until the other one is closed.
        let message = [&[3, 0, 0, 0, 52, 1][..], &[0; 42], &[0; 4]].concat();
        let (mut sent, mut longest) = (Instant::now(), Duration::ZERO);
        let until = Instant::now() + DEADLINE;
        while is_open(&silent.socket) {
            assert!(Instant::now() < until, "a silent session stays open");
            let _ = busy.socket.write_all(&message);
            longest = longest.max(sent.elapsed());
            sent = Instant::now();
            std::thread::sleep(Duration::from_millis(20));
        }
        // On a machine that stood still both were silent: try again.
        if longest < TIMEOUT / 2 {
            assert!(is_open(&busy.socket), "silent for {longest:?} at most");
            break;
        }
        assert!(attempt < 10, "this machine stands still all the time");
    }
    let line = collector.wait_line("session-close for silence", |line| {
        line.contains("session-close") && line.contains("reason=idle-timeout")
    });
    assert_eq!(key(&line, "messages"), "0");
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn a_router_that_waits_is_dialed_and_dialed_again() {
    let scratch = Scratch::new();
    let file = scratch.file("out.json");
    let output = format!("pmacct-json=file:{file}");
    let router = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = router.local_addr().unwrap();
    let connect = address.to_string();
    let (accept_rate, allow) = (["--accept-rate", "1/s"], ["--allow", "192.0.2.0/24"]);
    let mut args = vec!["--connect", &connect, "-o", &output, "-v"];
    args.extend(accept_rate.iter().chain(&allow));
    let collector = Collector::start(&args);
    let stream = synthetic(4, 2, 500);
    for round in 1..=2 {
        // The second time the collector comes back by itself, after a second.
        let (mut session, _) = router.accept().unwrap();
        session.write_all(&stream).unwrap();
        drop(session);
        collector.wait_events("session-close", round);
    }
    let open = collector.wait_event("session-open");
    assert_eq!(key(&open, "router"), connect);
    await_some("two log_close", || {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        (text.matches("log_close").count() == 2).then_some(())
    });
    let got = lines(&std::fs::read(&file).unwrap());
    assert_gap_free(&got);
    let expected = expected(&stream);
    let twice = [&expected[..], &expected[..]].concat();
    assert_same("both sessions", &by_router(&got)[&address.port()], &twice);
    drop(router);
    let failed = collector.wait_event("dial-failed");
    assert_eq!(key(&failed, "router"), connect);
    assert!(status(&collector, "dialed") >= 2 && status(&collector, "dial_failures") >= 1);
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn who_only_dials_listens_on_nothing_and_stops_while_dialing() {
    let begun = Instant::now();
    // A listener with a full backlog does not answer.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let silent = socket.local_addr().unwrap().as_socket().unwrap();
    let _full = TcpStream::connect(silent).unwrap();
    let router = TcpListener::bind("127.0.0.1:0").unwrap();
    let (silent, connect) = (silent.to_string(), router.local_addr().unwrap().to_string());
    let args = ["collect", "--connect", &silent, "--connect", &connect, "-o", "bmp=null:"];
    let mut command = ribcage(&args);
    command.args(["--color", "never", "-v"]);
    let collector = Collector::spawn_deaf(command);
    let started = collector.wait_event("collector-started");
    assert_eq!(key(&started, "connect"), format!("{silent},{connect}"));
    // The one that does not answer keeps nobody waiting.
    let (_session, _) = router.accept().unwrap();
    collector.wait_event("session-open");
    let since = Instant::now();
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.events("listening").is_empty(), "{:?}", ended.log);
    // An attempt is given up after ten seconds, which a machine may need for all this.
    if begun.elapsed() < Duration::from_secs(9) {
        assert!(ended.events("dial-failed").is_empty(), "it was still dialing: {:?}", ended.log);
    }
    assert!(since.elapsed() < Duration::from_secs(8), "an answer is not waited for");
}

#[test]
fn a_receive_buffer_that_the_kernel_cuts_is_told() {
    let limit = std::fs::read_to_string("/proc/sys/net/core/rmem_max").unwrap_or_default();
    let limit: u64 = limit.trim().parse().unwrap_or(u64::MAX);
    if limit >= 1 << 30 {
        return skipped("a cut receive buffer", format!("no size is beyond {limit}"));
    }
    let args = ["--receive-buffer", "1GiB", "--dscp", "48", "-o", "bmp=null:"];
    let collector = Collector::start(&args);
    let line = collector.wait_event("receive-buffer-capped");
    assert_eq!(key(&line, "asked"), (1_u64 << 30).to_string());
    assert_eq!(key(&line, "given"), limit.to_string());
    assert!(line.contains("net.core.rmem_max"), "{line}");
    // What the socket has become can be seen from outside.
    let _router = Router::connect(collector.address);
    collector.wait_event("session-open");
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn busy_polling_delivers_as_usual_and_needs_a_cpu_each() {
    let cores: Vec<usize> =
        core_affinity::get_core_ids().unwrap().iter().map(|core| core.id).collect();
    let args = ["collect", "-l", "127.0.0.1:0", "--busy-poll", "-o", "bmp=null:"];
    let one = cores[0].to_string();
    match ribcage_under(&["taskset", "-c", &one], &args).output() {
        Ok(refused) => {
            let text = String::from_utf8(refused.stderr).unwrap();
            assert_eq!(refused.status.code(), Some(2), "{text}");
            assert!(text.contains("--busy-poll: a reactor and a writer would share CPU"), "{text}");
        }
        Err(error) => skipped("busy polling on one CPU", format!("taskset: {error}")),
    }
    if cores.len() < 2 {
        return skipped("busy polling", "it needs two CPUs, this process has one");
    }
    let scratch = Scratch::new();
    let file = scratch.file("out.json");
    let output = format!("pmacct-json=file:{file}");
    let (reactor, writer) = (cores[0].to_string(), cores[1].to_string());
    let places = ["--reactor-cores", &reactor, "--writer-cores", &writer];
    let since = Instant::now();
    let collector = Collector::start(&[&places[..], &["--busy-poll", "-o", &output]].concat());
    for number in 0..3 {
        let router = Router::connect(collector.address);
        assert_undisturbed(router, &synthetic(number, 2, 500), &file);
    }
    // Spinning is not work: what a reactor is placed and relieved by must not count it.
    std::thread::sleep(Duration::from_millis(1_500));
    collector.signal(Signal::USR1);
    let line = collector.wait_line("the reactor's status", |line| line.contains("busy_ns="));
    let busy = Duration::from_nanos(key(&line, "busy_ns").parse().unwrap());
    let idle = Duration::from_secs(1);
    assert!(!busy.is_zero() && busy + idle < since.elapsed(), "{busy:?}");
    assert_eq!(collector.stop().status.code(), Some(0));
}

/// Runs a shell script in a network namespace of its own, with the binary's path in `$RIBCAGE`.
/// Says "skipped" and gives `None` where that is not allowed.
fn in_namespace(what: &str, script: &str) -> Option<String> {
    let output = Command::new("unshare")
        .args(["--net", "sh", "-eu", "-c", script])
        .env("RIBCAGE", env!("CARGO_BIN_EXE_ribcage"))
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            skipped(what, format!("unshare: {error}"));
            return None;
        }
    };
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if let Some(line) = text.lines().find_map(|line| line.strip_prefix("skipped: ")) {
        skipped(what, line);
        return None;
    }
    if !output.status.success() && text.contains("unshare:") {
        skipped(what, text.trim());
        return None;
    }
    assert!(output.status.success(), "{what}: {}\n{text}", output.status);
    Some(text)
}

/// Two ends of a cable, one of them in a namespace of its own, from which `$FAR` runs commands.
const CABLE: &str = r#"
cleanup() { for own in ${COLLECTOR:-} ${ROUTER:-} $HOLDER; do kill "$own" 2>/dev/null || :; done; }
ip link set lo up
unshare --net sleep 300 & HOLDER=$!
trap cleanup EXIT
while ! test -e /proc/$HOLDER/ns/net \
    || test "$(readlink /proc/$HOLDER/ns/net)" = "$(readlink /proc/$$/ns/net)"; do sleep 0.01; done
FAR="nsenter --net=/proc/$HOLDER/ns/net"
ip link add near type veth peer name far || { echo "skipped: no veth devices here" >&2; exit 0; }
ip link set far netns "$HOLDER"
log=$(mktemp)
wait_for() { n=0; until grep -q "$1" "$log"; do n=$((n+1)); test $n -lt 6000 || {
    echo "no $1 in:" >&2; cat "$log" >&2; exit 1; }; sleep 0.02; done; }
"#;

#[test]
fn a_socket_can_be_bound_to_a_device() {
    let script = format!(
        r#"{CABLE}
ip addr add 192.0.2.1/24 dev near; ip link set near up
$FAR ip addr add 192.0.2.2/24 dev far; $FAR ip link set far up; $FAR ip link set lo up
"$RIBCAGE" collect -l 0.0.0.0:11019%near --connect 192.0.2.2:11020%near -o bmp=null: \
    --color never 2>"$log" & COLLECTOR=$!
wait_for collector-started
# A router that waits: whatever accepts and says nothing.
$FAR "$RIBCAGE" -q collect -l 192.0.2.2:11020 -o bmp=null: & ROUTER=$!
wait_for 'session-open router=192.0.2.2:11020'
kill "$ROUTER"; wait "$ROUTER"
wait_for 'session-close router=192.0.2.2:11020'
# Through the device it is there, through another one (lo) it is not.
$FAR "$RIBCAGE" -q load --target 192.0.2.1:11019 --source-addresses off
wait_for 'session-close router=192.0.2.2:[0-9]* .* messages=[1-9]'
if "$RIBCAGE" -q load --target 127.0.0.1:11019 2>/dev/null; then
    echo "connected through lo" >&2; exit 1; fi
kill "$COLLECTOR"; wait "$COLLECTOR"; COLLECTOR=
cat "$log" >&2; rm "$log"
"#
    );
    let Some(log) = in_namespace("a_socket_can_be_bound_to_a_device", &script) else { return };
    assert!(log.contains("router=192.0.2.2:"), "{log}");
}

#[test]
fn link_local_addresses_are_listened_on_with_their_interface() {
    let script = format!(
        r#"{CABLE}
ip link set near up; $FAR ip link set far up
ip -6 addr add fe80::1/64 dev near nodad; $FAR ip -6 addr add fe80::2/64 dev far nodad
ip link add other type veth peer name idle
"$RIBCAGE" collect -l '[fe80::1%near]:11019' -o bmp=null: --color never 2>"$log" & COLLECTOR=$!
wait_for collector-started
"#
    );
    let rest = r#"
index=$($FAR ip -o link show far | cut -d: -f1)
$FAR "$RIBCAGE" -q load --target "[fe80::1%$index]:11019" --source-addresses off
wait_for 'session-close router=\[fe80::2'
kill "$COLLECTOR"; wait "$COLLECTOR"; COLLECTOR=
cat "$log" >&2; rm "$log"
"#;
    let what = "link_local_addresses_are_listened_on_with_their_interface";
    let Some(log) = in_namespace(what, &format!("{script}{rest}")) else { return };
    assert!(log.contains("[fe80::2%"), "the session has its router's address: {log}");
}

#[test]
fn a_socket_can_be_bound_to_a_vrf_and_a_router_dialed_through_it() {
    let script = format!(
        r#"{CABLE}
ip link add vrf-mgmt type vrf table 10 2>/dev/null || {{
    echo "skipped: a_socket_can_be_bound_to_a_vrf: this kernel has no VRF devices" >&2; exit 0; }}
ip link set vrf-mgmt up; ip link set near master vrf-mgmt
ip addr add 192.0.2.1/24 dev near; ip link set near up
$FAR ip addr add 192.0.2.2/24 dev far; $FAR ip link set far up; $FAR ip link set lo up
"$RIBCAGE" collect -l 0.0.0.0:11019%vrf-mgmt --connect 192.0.2.2:11019%vrf-mgmt \
    -o bmp=null: --color never 2>"$log" & COLLECTOR=$!
wait_for collector-started
wait_for 'dial-failed router=192.0.2.2:11019%vrf-mgmt'
$FAR "$RIBCAGE" -q load --target 192.0.2.1:11019 --source-addresses off
wait_for 'session-close router=192.0.2.2:'
kill "$COLLECTOR"; wait "$COLLECTOR"; COLLECTOR=
cat "$log" >&2; rm "$log"
"#
    );
    let what = "a_socket_can_be_bound_to_a_vrf";
    let Some(log) = in_namespace(what, &script) else { return };
    assert!(log.contains("router=192.0.2.2:"), "{log}");
}

#[test]
fn routers_leave_descriptors_for_the_rest() {
    // Run by a shell that may open fewer files than routers are asked for.
    let script = r#"ulimit -n 400 
exec "$0" collect -l 127.0.0.1:0 --max-routers 1000 -o bmp=null: --color never"#;
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_ribcage")]).env_remove("JOURNAL_STREAM");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let collector = Collector::spawn(command);
    let line = collector.wait_event("max-routers-lowered");
    assert_eq!((key(&line, "asked"), key(&line, "open_files")), ("1000", "400"));
    assert_eq!(key(&line, "limit"), "300");
    assert_eq!(key(&collector.wait_event("collector-started"), "max_routers"), "300");
    let _routers: Vec<_> = (0..320).map(|_| Router::connect(collector.address)).collect();
    collector.wait_events("session-open", 300);
    collector.wait_events("router-refused", 20);
    let ended = collector.stop();
    assert!(ended.events("accept-failed").is_empty(), "{:?}", ended.log);
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn a_device_that_is_not_there_is_named() {
    let args = ["collect", "-l", "127.0.0.1:0%no-such-device", "-o", "bmp=null:"];
    let output = run(ribcage(&args), b"");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("no-such-device"), "{text}");
}
