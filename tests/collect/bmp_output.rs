use std::fs;

use crate::collector::{Collector, Receiver, Router, Scratch, await_some, synthetic};

/// Streams of three routers, one of them with octets that only pass through raw.
fn streams() -> Vec<Vec<u8>> {
    let mut streams: Vec<_> = (0..3).map(|number| synthetic(number, 2, 1_500)).collect();
    // An unknown type, an odd Peer Down, and a Termination.
    streams[1].extend_from_slice(&[3, 0, 0, 0, 9, 200, 1, 2, 3]);
    streams[1].extend_from_slice(&[3, 0, 0, 0, 7, 2, 0xff]);
    streams[1].extend_from_slice(&[3, 0, 0, 0, 12, 5, 0, 1, 0, 2, 0, 0]);
    streams
}

/// Plays all streams at once and waits until the collector has closed them.
fn play(collector: &Collector, streams: &[Vec<u8>]) {
    let play = |stream: &Vec<u8>| Router::connect(collector.address).play(stream.clone());
    let senders: Vec<_> = streams.iter().map(play).collect();
    for sender in senders {
        assert!(sender.join().unwrap(), "a router's connection broke");
    }
    collector.wait_events("session-close", streams.len());
}

#[track_caller]
fn assert_identical(mut got: Vec<Vec<u8>>, mut sent: Vec<Vec<u8>>) {
    got.sort();
    sent.sort();
    let lengths = |all: &[Vec<u8>]| all.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths(&got), lengths(&sent));
    assert!(got == sent, "the octets differ");
}

fn over_connections(receiver: &Receiver) {
    let collector = Collector::start(&["-o", &format!("bmp={}", receiver.url())]);
    let streams = streams();
    let sessions = streams.len();
    std::thread::scope(|scope| {
        let readers =
            scope.spawn(|| (0..sessions).map(|_| receiver.read_all()).collect::<Vec<_>>());
        play(&collector, &streams);
        // A connection ends with its session, not with the collector.
        let got =
            readers.join().unwrap().into_iter().map(|reader| reader.join().unwrap()).collect();
        assert_identical(got, streams);
    });
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn each_router_session_is_a_tcp_connection_with_the_octets_that_were_sent() {
    over_connections(&Receiver::tcp());
}

#[test]
fn each_router_session_is_a_unix_connection_with_the_octets_that_were_sent() {
    let scratch = Scratch::new();
    over_connections(&Receiver::unix(&scratch));
}

#[test]
fn each_router_session_is_a_file_with_the_octets_that_were_sent() {
    let scratch = Scratch::new();
    let output = format!("bmp=file:{}", scratch.file("{session}.bmp"));
    let collector = Collector::start(&["-o", &output]);
    let streams = streams();
    play(&collector, &streams);
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    let files = fs::read_dir(scratch.path()).unwrap();
    let got = files.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    assert_identical(got, streams);
}

#[test]
fn a_bmp_output_feeds_another_collector() {
    let scratch = Scratch::new();
    let output = format!("bmp=file:{}", scratch.file("{session}.bmp"));
    let second = Collector::start(&["-o", &output]);
    let first = Collector::start(&["-o", &format!("bmp=tcp://{}", second.address)]);
    let streams = streams();
    play(&first, &streams);
    second.wait_events("session-close", streams.len());
    assert_eq!(first.stop().status.code(), Some(0));
    assert_eq!(second.stop().status.code(), Some(0));
    let got = await_some("the files", || {
        let files = fs::read_dir(scratch.path()).ok()?;
        Some(files.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect())
    });
    assert_identical(got, streams);
}
