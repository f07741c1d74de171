use std::fs;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::counter;
use super::full_disk::assert_among;
use crate::collect::pressure::{
    ARGS, FORMAT, assert_bounded, assert_complete, await_standstill, play, streams, written,
};
use crate::collector::{
    Collector, Reading, Receiver, Router, Scratch, assert_gap_free, assert_same, await_some,
    by_router, decoded, expected, lines, ribcage, stripped, synthetic,
};

/// `cat` to a file: a process that can be stopped. Dropped, it is killed.
struct Reader {
    cat: Child,
    path: String,
}

impl Reader {
    fn new(from: impl Into<Stdio>, path: String) -> Self {
        let into = fs::File::create(&path).unwrap();
        let cat = Command::new("cat").stdin(from).stdout(into).spawn().unwrap();
        Self { cat, path }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.cat.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Stops it, and waits until it has stopped.
    fn stop(&self) {
        self.signal(Signal::STOP);
        await_some("a stopped reader", || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.cat.id())).unwrap();
            stat.rsplit_once(") ").unwrap().1.starts_with('T').then_some(())
        });
    }

    /// What it has read when the other side has closed.
    fn all(mut self) -> Vec<u8> {
        assert!(self.cat.wait().unwrap().success());
        fs::read(&self.path).unwrap()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.cat.kill();
        let _ = self.cat.wait();
    }
}

/// A collector whose standard output goes to a reader, with more outputs.
fn into_a_pipe(output: &str, more: &[&str], scratch: &Scratch) -> (Collector, Reader) {
    let mut ends = rustix::pipe::pipe().unwrap();
    let mut command = ribcage(&["collect", "--listen", "127.0.0.1:0", "--color", "never"]);
    command.args(ARGS).args(["-o", output]).args(more).stdout(ends.1);
    let collector = Collector::spawn(command);
    // The command that holds the other end is gone: the pipe ends with the collector.
    ends.0 = ends.0.try_clone().unwrap();
    (collector, Reader::new(ends.0, scratch.file("read.json")))
}

/// A collector whose socket output goes to a reader.
fn into_a_socket(receiver: &Receiver, scratch: &Scratch) -> (Collector, Reader) {
    let output = format!("{FORMAT}={}", receiver.url());
    let mut args = ARGS.to_vec();
    args.extend(["-o", &output]);
    let collector = Collector::start(&args);
    let socket = match receiver.accept() {
        Reading::Tcp(socket) => OwnedFd::from(socket),
        Reading::Unix(socket) => OwnedFd::from(socket),
    };
    (collector, Reader::new(socket, scratch.file("read.json")))
}

/// A reader that is stopped and continued in mid-stream.
fn is_stopped_and_continued((collector, reader): (Collector, Reader)) {
    let streams = streams();
    reader.stop();
    let senders = play(&collector, &streams);
    await_standstill(&collector, &senders);
    assert_bounded(&collector);
    let (sent, all) = (written(&senders), streams.iter().map(Vec::len).sum::<usize>());
    assert!(sent < all, "no router is held back");
    // It reads for a while and is stopped again.
    reader.signal(Signal::CONT);
    await_some("more to be sent", || (written(&senders) > sent + 1_000_000).then_some(()));
    reader.stop();
    std::thread::sleep(std::time::Duration::from_millis(300));
    reader.signal(Signal::CONT);
    collector.wait_events("session-close", streams.len());
    collector.wait_event("backpressure-end");
    assert_bounded(&collector);
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    assert_complete(senders, &streams, &lines(&reader.all()));
}

#[test]
fn a_stopped_reader_of_standard_output_holds_routers_back_and_misses_nothing() {
    let scratch = Scratch::new();
    is_stopped_and_continued(into_a_pipe(&format!("{FORMAT}=stdout:"), &[], &scratch));
}

#[test]
fn a_stopped_reader_of_a_tcp_output_holds_routers_back_and_misses_nothing() {
    is_stopped_and_continued(into_a_socket(&Receiver::tcp(), &Scratch::new()));
}

#[test]
fn a_stopped_reader_of_a_unix_output_holds_routers_back_and_misses_nothing() {
    let scratch = Scratch::new();
    is_stopped_and_continued(into_a_socket(&Receiver::unix(&scratch), &scratch));
}

#[test]
fn a_collector_that_is_itself_stopped_and_continued_misses_nothing() {
    let scratch = Scratch::new();
    let path = scratch.file("all.json");
    let output = format!("{FORMAT}=file:{path}");
    let mut args = ARGS.to_vec();
    args.extend(["-o", &output]);
    let collector = Collector::start(&args);
    let streams = streams();
    let senders = play(&collector, &streams);
    // As a host that is suspended does, or a debugger.
    for part in [1, 4, 9] {
        await_some("more to be sent", || (written(&senders) > part * 1_000_000).then_some(()));
        collector.signal(Signal::STOP);
        std::thread::sleep(std::time::Duration::from_millis(1_200));
        collector.signal(Signal::CONT);
    }
    collector.wait_events("session-close", streams.len());
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    assert_complete(senders, &streams, &lines(&fs::read(&path).unwrap()));
}

#[test]
fn what_a_stopped_reader_of_an_output_that_may_drop_misses_is_counted() {
    let scratch = Scratch::new();
    let path = scratch.file("all.json");
    let other = format!("{FORMAT}=file:{path}?name=other");
    let stopped = format!("{FORMAT}=stdout:?when-full=drop&name=stopped");
    let (collector, reader) = into_a_pipe(&stopped, &["-o", &other], &scratch);
    reader.stop();
    let streams = streams();
    let senders = play(&collector, &streams);
    // Nobody is held back.
    collector.wait_events("session-close", streams.len());
    collector.wait_event("lane-dropping");
    let wanted: usize = streams.iter().map(|stream| decoded(stream, FORMAT).len()).sum();
    await_some("a complete file", || {
        let octets = fs::read(&path).unwrap_or_default();
        (octets.iter().filter(|octet| **octet == b'\n').count() == wanted).then_some(())
    });
    let missed = counter(&collector, Some("stopped"), "skipped_records");
    assert!(missed > 0);
    assert_eq!(counter(&collector, Some("other"), "skipped_records"), 0);

    reader.signal(Signal::CONT);
    let ended = collector.wait_event("lane-dropping-end");
    assert!(ended.contains("output=stopped"), "{ended}");
    await_some("nothing that waits", || {
        let pending = counter(&collector, Some("stopped"), "pending_records");
        (pending + counter(&collector, Some("stopped"), "queued_records") == 0).then_some(())
    });
    let (late, router) = (synthetic(77, 1, 500), Router::connect(collector.address));
    let port = router.port();
    assert!(router.play(late.clone()).join().unwrap());
    collector.wait_events("session-close", streams.len() + 1);
    assert_eq!(counter(&collector, Some("stopped"), "skipped_records"), missed);
    let ports: Vec<u16> = senders.iter().map(|sender| sender.port).collect();
    senders.into_iter().for_each(|sender| sender.thread.join().unwrap());
    assert_eq!(collector.stop().status.code(), Some(0));
    let part = lines(&reader.all());
    assert_gap_free(&part);
    let part = by_router(&part);
    for (port, stream) in ports.iter().zip(&streams) {
        let whole: Vec<_> = decoded(stream, FORMAT).iter().map(|l| stripped(l)).collect();
        // One may have come and gone while the lane was full: then nothing tells of it.
        if let Some(part) = part.get(port) {
            assert_among(&format!("router {port}"), part, &whole);
            assert_eq!(part.last(), whole.last(), "the session's end is told");
        }
    }
    assert_same("the late one", &part[&port], &expected(&late));
}
