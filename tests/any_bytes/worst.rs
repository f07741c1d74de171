use std::io::{Read, Write};
use std::process::Stdio;

use ribcage::bgp::encode as bgp;
use ribcage::bmp::encode::{self as bmp, Statistic};

use super::mutate::peer;
use crate::collector::{
    Collector, Memory, Receiver, Router, await_some, lines, memory_of, ribcage, synthetic,
};

/// What `decode` may need beyond its code: a batch of the largest messages, rendered records, a
/// session's state.
const DECODE_KIB: u64 = 96 << 10;
/// What the peers of one session may cost: 65 536 of them at most are kept.
const PEERS_KIB: u64 = 64 << 10;

/// Decodes `input` with its output thrown away; the highest memory use.
fn decoded_to_null(format: &str, input: &[u8]) -> Memory {
    let args = ["decode", "--input-format", "bmp", "--quiet", "-o", &format!("{format}=null:")];
    let mut child = ribcage(&args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let mut memory = Memory::default();
    let status = await_some("the end of decode", || {
        // The peak only grows: the last look is within a few milliseconds of the end.
        memory = memory_of(child.id()).unwrap_or(memory);
        child.try_wait().unwrap()
    });
    writer.join().unwrap();
    assert_eq!(status.code(), Some(0));
    memory
}

#[track_caller]
fn assert_below(memory: Memory, limit_kib: u64) {
    assert!(memory.peak > 0 && memory.peak < limit_kib, "{memory:?}, the limit is {limit_kib} KiB");
}

/// Memory of a `decode` that has next to nothing to do.
fn base() -> u64 {
    decoded_to_null("pmacct-json", &synthetic(0, 1, 1)).peak.max(48 << 10)
}

/// An UPDATE of 65 535 octets: a long AS_PATH, and the shortest prefix as often as there is room.
fn amplifier() -> Vec<u8> {
    let segment = [4_294_900_000_u32; 255];
    let mut attributes = Vec::new();
    bgp::origin(&mut attributes, 0);
    let path: Vec<_> = (0..12).map(|_| bgp::Segment::Sequence(&segment)).collect();
    bgp::as_path(&mut attributes, &path);
    bgp::next_hop(&mut attributes, [192, 0, 2, 1].into());
    // 16 of marker, 2 + 1 + 2 + 2 of length, type and lengths.
    let nlri = vec![0; 65_535 - 23 - attributes.len()];
    let mut update = Vec::new();
    bgp::update(&mut update, &[], &attributes, &nlri);
    assert_eq!(update.len(), 65_535);
    let mut out = Vec::new();
    bmp::route_monitoring(&mut out, &peer(1), &update);
    out
}

#[test]
fn an_update_that_amplifies_ten_thousandfold_needs_no_memory_for_it() {
    let amplifier = amplifier();
    assert_below(decoded_to_null("pmacct-json", &amplifier), base() + DECODE_KIB);
}

#[test]
fn an_amplifying_update_for_a_slow_receiver_waits_in_small_memory() {
    let receiver = Receiver::tcp();
    let output = format!("pmacct-json={}", receiver.url());
    let args = ["--batch-memory", "16MiB", "--drain-timeout", "0s", "-o", &output];
    let collector = Collector::start(&args);
    let mut router = Router::connect(collector.address);
    let (amplifier, mut reading) = (amplifier(), receiver.accept());
    (0..20).for_each(|_| router.send(&amplifier));
    // Reads a part of what would be 30 GB, and stops for good.
    let mut part = vec![0; 40 << 20];
    reading.read_exact(&mut part).unwrap();
    let whole = part.iter().rposition(|o| *o == b'\n').unwrap();
    assert!(lines(&part[..=whole]).len() > 500);
    std::thread::sleep(std::time::Duration::from_millis(500));
    let (memory, start) = (collector.memory(), collector.at_start);
    // Batches, the connection's buffers as they grow, and the records being rendered.
    let limit = start.now + ((16 + 28 + 32) << 10);
    assert!(memory.peak < limit, "{memory:?}, the limit is {limit} KiB");
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.log.join("\n"));
    assert_eq!(ended.events("output-undelivered").len(), 1);
}

#[test]
fn a_mebibyte_of_empty_tlvs_is_an_initiation() {
    let empty: Vec<bmp::Tlv<'_>> = (0..260_000).map(|n| (n as u16 % 9, &[][..])).collect();
    let mut initiation = Vec::new();
    bmp::initiation(&mut initiation, &empty);
    assert!(initiation.len() <= 1 << 20);
    assert_below(decoded_to_null("pmacct-json", &initiation), base() + DECODE_KIB);
    assert_below(decoded_to_null("pmacct-json?extra=all", &initiation), base() + DECODE_KIB);
}

#[test]
fn two_hundred_thousand_counters_are_a_statistics_report() {
    let counters: Vec<_> = (0..200_000_u32).map(|n| Statistic::Raw((n as u16, &[]))).collect();
    let mut report = Vec::new();
    bmp::statistics(&mut report, &peer(1), &counters);
    assert!(report.len() <= 1 << 20);
    assert_below(decoded_to_null("pmacct-json?extra=all", &report), base() + DECODE_KIB);
    let sound: Vec<_> = (0..80_000_u32).map(|n| Statistic::Counter(n as u16, n)).collect();
    let mut report = Vec::new();
    bmp::statistics(&mut report, &peer(1), &sound);
    assert_below(decoded_to_null("pmacct-json", &report), base() + DECODE_KIB);
}

#[test]
fn a_hundred_thousand_peers_are_more_than_a_session_keeps() {
    let mut update = Vec::new();
    bgp::update(&mut update, &[], &[], &[]);
    let mut stream = Vec::new();
    for number in 0..100_000 {
        bmp::route_monitoring(&mut stream, &peer(number), &update);
    }
    assert_below(decoded_to_null("pmacct-json", &stream), base() + DECODE_KIB + PEERS_KIB);
}
