//! Tests over whole inputs: real captures, and captures made here segment by segment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pcap_file::pcap::{PcapHeader, PcapPacket, PcapReader, PcapWriter};
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::{DataLink, Endianness, TsResolution};

use super::*;

/// A stream as it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stream {
    router: SocketAddr,
    opened: Option<Timestamp>,
    octets: Vec<u8>,
    end: Option<StreamEnd>,
}

/// Reads an input and holds it to the contract of events.
fn run_with(source: Source, options: &InputOptions) -> (Vec<Stream>, Summary) {
    let mut streams: Vec<Stream> = Vec::new();
    let summary = read(source, options, &mut |event| {
        match event {
            InputEvent::Open { stream, router, at } => {
                assert_eq!(stream, streams.len(), "streams are numbered in order");
                streams.push(Stream { router, opened: at, octets: Vec::new(), end: None });
            }
            InputEvent::Data { stream, octets, .. } => {
                assert!(!octets.is_empty());
                assert_eq!(streams[stream].end, None, "no data after the end");
                streams[stream].octets.extend_from_slice(octets);
            }
            InputEvent::Close { stream, end, .. } => {
                assert_eq!(streams[stream].end.replace(end), None, "closed once");
            }
        }
        ControlFlow::Continue(())
    });
    assert!(streams.iter().all(|s| s.end.is_some()), "every stream is closed");
    assert_eq!(summary.streams, streams.len());
    let octets: usize = streams.iter().map(|s| s.octets.len()).sum();
    assert_eq!(summary.bmp_octets, octets as u64);
    (streams, summary)
}

fn run(octets: &[u8]) -> (Vec<Stream>, Summary) {
    run_with(source(octets), &InputOptions::default())
}

fn source(octets: &[u8]) -> Source {
    Source::new(Box::new(std::io::Cursor::new(octets.to_vec())), Some(octets.len() as u64))
}

fn captures() -> Option<PathBuf> {
    let shared = std::env::var_os("RIBCAGE_SHARED").map_or("../shared".into(), PathBuf::from);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(shared).join("data/captures");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no shared data at {}", folder.display());
    None
}

fn pcaps(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .flat_map(|path| std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|e| e == "pcap"))
        .collect();
    found.sort();
    found
}

/// The expected octets of the streams of a capture.
fn expected(pcap: &Path) -> Vec<Vec<u8>> {
    let name = |k| pcap.with_extension(format!("{k}.bmp"));
    (0..).map_while(|k| std::fs::read(name(k)).ok()).collect()
}

// ------------------------------------------------------------------------------------------
// Real captures
// ------------------------------------------------------------------------------------------

#[test]
fn every_stream_of_every_real_capture_comes_out_octet_for_octet() {
    let Some(folder) = captures() else { return };
    let (mut streams, mut cut, mut without) = (0, 0, 0);
    for pcap in pcaps(&folder) {
        let (got, summary) = run_with(open(&pcap).unwrap(), &InputOptions::default());
        assert!(summary.fault.is_none(), "{}: {:?}", pcap.display(), summary.fault);
        let want = expected(&pcap);
        assert_eq!(got.len(), want.len(), "{}: {summary:?}", pcap.display());
        without += usize::from(want.is_empty());
        for (k, (got, want)) in got.iter().zip(&want).enumerate() {
            let place = format!("{} stream {k}", pcap.display());
            assert!(got.end.unwrap().is_clean(), "{place}: {:?}", got.end);
            assert!(got.opened.is_some_and(Timestamp::is_known), "{place}");
            let (whole, tail) = got.octets.split_at(want.len().min(got.octets.len()));
            assert!(whole == want, "{place}: {} octets, not {}", got.octets.len(), want.len());
            if !tail.is_empty() {
                // The captured octets of a message that the capture cuts are delivered as well.
                assert!(pcap.ends_with("traffic-02.pcap") && tail.len() == 156, "{place}");
                assert!(u32::from_be_bytes(*tail[1..].first_chunk().unwrap()) > 156);
                cut += 1;
            }
            streams += 1;
        }
    }
    assert_eq!((streams, cut, without), (23, 2, 2));
}

#[test]
fn a_real_capture_gives_the_same_as_pcapng() {
    let Some(folder) = captures() else { return };
    let pcap = folder.join("evpn/evpn.pcap");
    let (as_pcap, before) = run_with(open(&pcap).unwrap(), &InputOptions::default());
    assert_eq!(as_pcap.len(), 2);
    for endianness in [Endianness::Big, Endianness::Little] {
        let mut writer = PcapNgWriter::with_endianness(Vec::new(), endianness).unwrap();
        let interface = InterfaceDescriptionBlock {
            linktype: DataLink::ETHERNET,
            snaplen: 0,
            options: vec![InterfaceDescriptionOption::IfTsResol(9)],
        };
        writer.write_pcapng_block(interface).unwrap();
        let mut reader = PcapReader::new(std::fs::File::open(&pcap).unwrap()).unwrap();
        while let Some(packet) = reader.next_packet() {
            let packet = packet.unwrap();
            let block = EnhancedPacketBlock {
                interface_id: 0,
                timestamp: packet.timestamp,
                original_len: packet.orig_len,
                data: packet.data,
                options: Vec::new(),
            };
            writer.write_pcapng_block(block).unwrap();
        }
        let (as_pcapng, after) = run(&writer.into_inner());
        assert!(after.fault.is_none());
        assert_eq!(as_pcapng, as_pcap);
        assert_eq!(after.packets, before.packets);
    }
}

#[test]
fn a_real_stream_survives_any_order_and_repetition_of_its_packets() {
    let Some(folder) = captures() else { return };
    let pcap = folder.join("juniper-vmx/juniper-bmp-ok.pcap");
    let mut reader = PcapReader::new(std::fs::File::open(&pcap).unwrap()).unwrap();
    let mut packets = Vec::new();
    while let Some(packet) = reader.next_packet() {
        packets.push(packet.unwrap().into_owned());
    }
    let mut random = Random(7);
    for _ in 0..50 {
        // The three of the handshake stay in front, the ends behind.
        let mut shuffled = packets[3..packets.len() - 4].to_vec();
        for i in (1..shuffled.len()).rev() {
            shuffled.swap(i, random.below(i + 1));
        }
        let again = shuffled[random.below(shuffled.len())].clone();
        shuffled.insert(random.below(shuffled.len()), again);
        let order = packets[..3].iter().chain(&shuffled).chain(&packets[packets.len() - 4..]);
        let mut writer = PcapWriter::new(Vec::new()).unwrap();
        for packet in order {
            writer.write_packet(packet).unwrap();
        }
        let (streams, _) = run(&writer.into_writer());
        assert_eq!(streams.len(), 1);
        assert!(streams[0].octets == expected(&pcap)[0]);
    }
}

// ------------------------------------------------------------------------------------------
// Captures made here
// ------------------------------------------------------------------------------------------

const SYN: u8 = 2;
const FIN: u8 = 1;
const RST: u8 = 4;
const ACK: u8 = 16;

/// A message with `n` octets of made-up body.
fn message(kind: u8, n: usize) -> Vec<u8> {
    let mut octets = vec![3];
    octets.extend_from_slice(&(n as u32 + 6).to_be_bytes());
    octets.push(kind);
    octets.extend((0..n).map(|i| i as u8 | 0x80));
    octets
}

/// Ten messages, 1,370 octets.
fn conversation() -> Vec<u8> {
    (0..10).flat_map(|i| message([4, 3, 0, 0, 0, 1, 0, 2, 0, 5][i], 100 + i * 7)).collect()
}

fn tcp(ports: (u16, u16), seq: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    octets.extend_from_slice(&ports.0.to_be_bytes());
    octets.extend_from_slice(&ports.1.to_be_bytes());
    octets.extend_from_slice(&seq.to_be_bytes());
    octets.extend_from_slice(&[0, 0, 0, 0, 0x80, flags, 255, 255, 0, 0, 0, 0]);
    octets.extend_from_slice(&[1; 12]); // options
    octets.extend_from_slice(payload);
    octets
}

fn ipv4(from: [u8; 4], to: [u8; 4], inner: &[u8]) -> Vec<u8> {
    let mut octets = vec![0x46, 0];
    octets.extend_from_slice(&(inner.len() as u16 + 24).to_be_bytes());
    octets.extend_from_slice(&[0, 0, 0x40, 0, 64, 6, 0, 0]);
    octets.extend_from_slice(&from);
    octets.extend_from_slice(&to);
    octets.extend_from_slice(&[1; 4]); // options
    octets.extend_from_slice(inner);
    octets
}

fn ipv6(extensions: &[u8], first: u8, inner: &[u8]) -> Vec<u8> {
    let mut octets = vec![0x60, 0, 0, 0];
    octets.extend_from_slice(&((extensions.len() + inner.len()) as u16).to_be_bytes());
    octets.extend_from_slice(&[first, 64]);
    octets.extend_from_slice(&"2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap().octets());
    octets.extend_from_slice(&"2001:db8::2".parse::<std::net::Ipv6Addr>().unwrap().octets());
    octets.extend_from_slice(extensions);
    octets.extend_from_slice(inner);
    octets
}

fn ethernet(tags: &[u16], ip: &[u8]) -> Vec<u8> {
    let mut octets = vec![2; 12];
    for tag in tags {
        octets.extend_from_slice(&tag.to_be_bytes());
        octets.extend_from_slice(&[0, 7]);
    }
    octets.extend_from_slice(if ip[0] >> 4 == 4 { &[8, 0] } else { &[0x86, 0xdd] });
    octets.extend_from_slice(ip);
    octets.resize(octets.len().max(60), 0xee); // padding that is no payload
    octets
}

/// One step of a made-up capture: what the router at `port` sends.
#[derive(Debug, Clone)]
struct Step<'a> {
    port: u16,
    seq: u32,
    flags: u8,
    payload: &'a [u8],
}

fn step(seq: u32, flags: u8, payload: &[u8]) -> Step<'_> {
    Step { port: 179, seq, flags, payload }
}

fn frame(step: &Step<'_>) -> Vec<u8> {
    let segment = tcp((step.port, 11019), step.seq, step.flags, step.payload);
    ethernet(&[], &ipv4([192, 0, 2, 1], [192, 0, 2, 2], &segment))
}

/// A capture of frames, one second apart from 1,000 s on.
fn pcap(link: u32, frames: &[Vec<u8>]) -> Vec<u8> {
    let header = PcapHeader { datalink: DataLink::from(link), ..PcapHeader::default() };
    let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
    for (i, frame) in frames.iter().enumerate() {
        let time = Duration::new(1000 + i as u64, 5000);
        writer.write_packet(&PcapPacket::new(time, frame.len() as u32, frame)).unwrap();
    }
    writer.into_writer()
}

fn run_steps(steps: &[Step<'_>]) -> (Vec<Stream>, Summary) {
    let frames: Vec<_> = steps.iter().map(frame).collect();
    let (streams, summary) = run(&pcap(1, &frames));
    assert!(summary.fault.is_none());
    (streams, summary)
}

/// The one stream of these steps.
fn only(steps: &[Step<'_>]) -> (Stream, Summary) {
    let (streams, summary) = run_steps(steps);
    assert_eq!(streams.len(), 1, "{summary:?}");
    (streams[0].clone(), summary)
}

#[test]
fn a_connection_from_syn_to_fin_is_one_clean_stream() {
    let bmp = conversation();
    let (stream, _) = only(&[
        step(99, SYN, &[]),
        step(100, ACK, &bmp[..400]),
        step(500, ACK, &bmp[400..]),
        step(100 + bmp.len() as u32, FIN | ACK, &[]),
    ]);
    assert_eq!(stream.octets, bmp);
    assert_eq!(stream.end, Some(StreamEnd::Fin));
    assert_eq!(stream.router, "192.0.2.1:179".parse().unwrap());
    assert_eq!(stream.opened, Some(Timestamp::new(1001, 5)));
}

#[test]
fn order_repetition_and_overlap_do_not_matter_and_numbers_wrap_around() {
    let bmp = conversation();
    let start = u32::MAX - 300;
    let at = |from: usize, to: usize| step(start.wrapping_add(from as u32), ACK, &bmp[from..to]);
    let (stream, summary) = only(&[
        step(start.wrapping_sub(1), SYN, &[]),
        step(start.wrapping_sub(1), SYN, &[]),
        at(0, 200),
        at(500, 700),
        at(400, 600),
        at(100, 250),
        step(start.wrapping_add(bmp.len() as u32), FIN, &[]),
        at(900, bmp.len()),
        at(200, 450),
        at(0, 200),
        at(690, 910),
    ]);
    assert_eq!(stream.octets, bmp);
    assert_eq!(stream.end, Some(StreamEnd::Fin));
    assert!(summary.out_of_order >= 3 && summary.repeated_octets > 200);
    assert_eq!((summary.gaps, summary.octets_after_end), (0, 0));
}

#[test]
fn a_missing_segment_ends_the_stream_as_not_clean() {
    let bmp = conversation();
    let (stream, summary) =
        only(&[step(9, SYN, &[]), step(10, ACK, &bmp[..300]), step(410, ACK, &bmp[400..])]);
    assert_eq!(stream.octets, &bmp[..300]);
    assert_eq!(stream.end, Some(StreamEnd::Gap));
    assert_eq!((summary.gaps, summary.octets_after_end), (1, bmp.len() as u64 - 400));
}

#[test]
fn a_lost_end_before_the_fin_is_a_gap_too() {
    let bmp = conversation();
    let (stream, _) =
        only(&[step(10, ACK, &bmp[..300]), step(10 + bmp.len() as u32, FIN | ACK, &[])]);
    assert_eq!((stream.octets.len(), stream.end), (300, Some(StreamEnd::Gap)));
}

#[test]
fn a_full_buffer_gives_the_gap_up_and_memory_stays_bounded() {
    let bmp = conversation();
    let mut options = InputOptions::default();
    options.limits.stream_buffer = 4000;
    let mut frames = vec![frame(&step(10, ACK, &bmp[..300]))];
    // 20 segments beyond the gap, 1,000 octets each.
    let filler = [0x55; 1000];
    frames.extend((0..20).map(|i| frame(&step(1000 + i * 1000, ACK, &filler))));
    let (streams, summary) = run_with(source(&pcap(1, &frames)), &options);
    assert_eq!((streams.len(), summary.gaps), (1, 1));
    assert_eq!(streams[0].end, Some(StreamEnd::Gap));
    assert_eq!(summary.octets_after_end, 20_000);
}

#[test]
fn a_stream_whose_first_segment_is_lost_begins_at_the_next_message() {
    let bmp = conversation();
    let second = 106 + 113;
    let (stream, _) = only(&[
        step(9, SYN, &[]),
        step(10 + second, ACK, &bmp[second as usize..500]),
        step(510, ACK, &bmp[500..]),
    ]);
    assert_eq!(stream.octets, &bmp[second as usize..]);
    assert_eq!(stream.end, Some(StreamEnd::EndOfInput));
}

#[test]
fn without_a_syn_the_stream_begins_at_the_first_message_that_begins_a_segment() {
    let bmp = conversation();
    let second = 106 + 113;
    // The first segment begins inside a message.
    let (stream, summary) = only(&[
        step(1050, ACK, &bmp[50..second]),
        step(1000 + second as u32, ACK, &bmp[second..230]),
        step(1230, ACK, &bmp[230..]),
    ]);
    assert_eq!(stream.octets, &bmp[second..]);
    assert_eq!(stream.end, Some(StreamEnd::EndOfInput));
    assert_eq!(summary.octets_before_start, second as u64 - 50);
    // Its time is that of its own first octet, not that of the octet which settled it.
    assert_eq!(stream.opened, Some(Timestamp::new(1001, 5)));
}

#[test]
fn a_chance_header_inside_a_message_is_found_out() {
    let bmp = conversation();
    // Octets inside a message that look like the header of one of 250 octets.
    let mut body = vec![0; 500];
    body[200..206].copy_from_slice(&[3, 0, 0, 0, 250, 0]);
    let mut big = message(0, 500);
    big[6..].copy_from_slice(&body);
    let bmp = [big, bmp].concat();
    let (stream, _) = only(&[
        step(1206, ACK, &bmp[206..400]),
        step(1400, ACK, &bmp[400..506]),
        step(1506, ACK, &bmp[506..]),
    ]);
    assert_eq!(stream.octets, &bmp[506..]);
}

#[test]
fn a_new_syn_closes_the_old_session_and_opens_another() {
    let bmp = conversation();
    for isn in [99, 70_000] {
        let (streams, _) = run_steps(&[
            step(99, SYN, &[]),
            step(100, ACK, &bmp),
            step(isn, SYN, &[]),
            step(isn + 1, ACK, &bmp[..219]),
        ]);
        assert_eq!(streams.len(), 2, "initial number {isn}");
        assert_eq!(streams[0].octets, bmp);
        assert_eq!(streams[0].end, Some(StreamEnd::NewConnection));
        assert_eq!(streams[1].octets, &bmp[..219]);
        assert_eq!(streams[1].end, Some(StreamEnd::EndOfInput));
    }
}

#[test]
fn octets_in_the_syn_count_whether_or_not_the_syn_has_a_number() {
    let bmp = conversation();
    for start in [100, 99] {
        let first = step(99, SYN, &bmp[..106]);
        let (stream, _) = only(&[first.clone(), first, step(start + 106, ACK, &bmp[106..])]);
        assert_eq!(stream.octets, bmp);
    }
}

#[test]
fn a_reset_by_either_side_ends_the_stream() {
    let bmp = conversation();
    let (stream, _) = only(&[step(100, ACK, &bmp), step(100 + bmp.len() as u32, RST, &[])]);
    assert_eq!(stream.end, Some(StreamEnd::Reset));

    let segment = tcp((11019, 179), 5, RST, &[]);
    let back = ethernet(&[], &ipv4([192, 0, 2, 2], [192, 0, 2, 1], &segment));
    let frames = [frame(&step(100, ACK, &bmp)), back, frame(&step(1470, ACK, &[3, 0]))];
    let (streams, summary) = run(&pcap(1, &frames));
    assert_eq!((streams[0].octets.len(), streams[0].end), (bmp.len(), Some(StreamEnd::Reset)));
    assert_eq!(summary.octets_after_end, 2);
}

#[test]
fn sessions_appear_in_packet_order_and_other_protocols_not_at_all() {
    let bmp = conversation();
    let http = b"GET / HTTP/1.1\r\nHost: example.net\r\n\r\n";
    let on = |port, seq, flags, payload| Step { port, seq, flags, payload };
    let (streams, summary) = run_steps(&[
        on(1, 9, SYN, &[]),
        on(2, 9, SYN, &[]),
        on(3, 9, SYN, &[]),
        on(3, 10, ACK, http),
        on(2, 10, ACK, &bmp[..300]),
        on(4, 10, ACK, http),
        on(1, 10, ACK, &bmp),
        on(2, 310, ACK, &bmp[300..]),
        on(4, 10 + http.len() as u32, ACK, http),
    ]);
    let ports: Vec<_> = streams.iter().map(|s| s.router.port()).collect();
    assert_eq!(ports, [2, 1]);
    assert!(streams.iter().all(|s| s.octets == bmp));
    assert_eq!(summary.packets, 9);
}

#[test]
fn a_segment_cut_by_the_snapshot_length_is_delivered_as_far_as_it_goes() {
    let bmp = conversation();
    let cut = frame(&step(310, ACK, &bmp[300..600]));
    let header = PcapHeader::default();
    let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
    for (octets, keep) in [
        (frame(&step(10, ACK, &bmp[..300])), usize::MAX),
        (cut.clone(), cut.len() - 100),
        (frame(&step(610, ACK, &bmp[600..])), usize::MAX),
    ] {
        let data = &octets[..keep.min(octets.len())];
        writer.write_packet(&PcapPacket::new(Duration::ZERO, octets.len() as u32, data)).unwrap();
    }
    let (streams, summary) = run(&writer.into_writer());
    assert_eq!(streams[0].octets, &bmp[..500]);
    assert_eq!(streams[0].end, Some(StreamEnd::Gap));
    assert_eq!(summary.cut_segments, 1);
}

#[test]
fn too_many_connections_evict_those_without_bmp_first() {
    let bmp = conversation();
    let mut options = InputOptions::default();
    options.limits.directions = 3;
    let mut frames = vec![frame(&Step { port: 7, ..step(10, ACK, &bmp[..300]) })];
    let other = |port| frame(&Step { port, ..step(10, ACK, b"SSH-2.0-x\r\n") });
    frames.extend((100..200).map(other));
    frames.push(frame(&Step { port: 7, ..step(310, ACK, &bmp[300..]) }));
    let (streams, summary) = run_with(source(&pcap(1, &frames)), &options);
    assert_eq!(streams[0].octets, bmp);
    assert_eq!((streams.len(), summary.evicted, summary.evicted_streams), (1, 98, 0));

    let frames: Vec<_> =
        (1..=5).map(|port| frame(&Step { port, ..step(10, ACK, &bmp[..300]) })).collect();
    let (streams, summary) = run_with(source(&pcap(1, &frames)), &options);
    assert_eq!((streams.len(), summary.evicted_streams), (5, 2));
    assert_eq!(streams[0].end, Some(StreamEnd::Evicted));
}

#[test]
fn all_link_layers_and_extension_headers_lead_to_the_segment() {
    let bmp = conversation();
    let segment = tcp((179, 11019), 10, ACK, &bmp);
    let v4 = ipv4([192, 0, 2, 1], [192, 0, 2, 2], &segment);
    let hop_by_hop_then_destination = [60, 0, 1, 4, 0, 0, 0, 0, 6, 1, 1, 12, 0, 0, 0, 0]
        .into_iter()
        .chain([0; 8])
        .collect::<Vec<u8>>();
    let v6 = ipv6(&hop_by_hop_then_destination, 0, &segment);
    let atomic = ipv6(&[6, 0, 0, 0, 1, 2, 3, 4], 44, &segment);
    let before = |head: &[u8], ip: &[u8]| [head, ip].concat();
    let cooked = |kind: [u8; 2]| [&[0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0][..], &kind].concat();
    let cooked2 = |kind: [u8; 2]| [&kind[..], &[0; 18]].concat();
    let mapped = {
        let mut octets = ipv6(&[], 6, &segment);
        octets[8..24]
            .copy_from_slice(&"::ffff:192.0.2.1".parse::<std::net::Ipv6Addr>().unwrap().octets());
        octets
    };
    let mut zero_len = v4.clone();
    zero_len[2..4].fill(0);
    for (link, octets, router) in [
        (1, ethernet(&[], &v4), "192.0.2.1:179"),
        (1, ethernet(&[0x8100], &v6), "[2001:db8::1]:179"),
        (1, ethernet(&[0x88a8, 0x8100], &v4), "192.0.2.1:179"),
        (1, ethernet(&[], &atomic), "[2001:db8::1]:179"),
        (1, ethernet(&[], &mapped), "192.0.2.1:179"),
        (1, ethernet(&[], &zero_len), "192.0.2.1:179"),
        (0, before(&[2, 0, 0, 0], &v4), "192.0.2.1:179"),
        (108, before(&[0, 0, 0, 24], &v6), "[2001:db8::1]:179"),
        (12, v4.clone(), "192.0.2.1:179"),
        (14, v6.clone(), "[2001:db8::1]:179"),
        (101, v6.clone(), "[2001:db8::1]:179"),
        (228, v4.clone(), "192.0.2.1:179"),
        (229, v6.clone(), "[2001:db8::1]:179"),
        (113, before(&cooked([8, 0]), &v4), "192.0.2.1:179"),
        (113, before(&cooked([0x86, 0xdd]), &v6), "[2001:db8::1]:179"),
        (276, before(&cooked2([0x86, 0xdd]), &v6), "[2001:db8::1]:179"),
    ] {
        let (streams, summary) = run(&pcap(link, &[octets]));
        assert_eq!(streams.len(), 1, "link type {link}: {summary:?}");
        assert_eq!(streams[0].octets, bmp, "link type {link}");
        assert_eq!(streams[0].router, router.parse().unwrap(), "link type {link}");
    }
    let (_, summary) = run(&pcap(105, &[v4]));
    let fault = summary.fault.unwrap();
    assert!(fault.to_string().starts_with("link type 105 is not supported"), "{fault}");
}

#[test]
fn fragments_and_odd_packets_are_counted() {
    let segment = tcp((179, 11019), 10, ACK, &conversation());
    let mut fragment = ipv4([192, 0, 2, 1], [192, 0, 2, 2], &segment);
    fragment[6] = 0x20;
    let fragment6 = ipv6(&[6, 0, 0, 1, 1, 2, 3, 4], 44, &segment);
    let mut short_header = ipv4([192, 0, 2, 1], [192, 0, 2, 2], &segment);
    short_header[0] = 0x44;
    let mut udp = ipv4([192, 0, 2, 1], [192, 0, 2, 2], &segment);
    udp[9] = 17;
    let frames = [fragment, fragment6, short_header, udp, vec![0x46, 0, 0], vec![0x90]];
    let (streams, summary) = run(&pcap(101, &frames));
    assert!(streams.is_empty());
    let counts = (summary.fragments, summary.malformed_packets, summary.other_packets);
    assert_eq!((summary.packets, counts), (6, (2, 2, 2)));
}

#[test]
fn pcap_comes_in_both_byte_orders_and_both_time_units() {
    let bmp = conversation();
    let frame = frame(&step(10, ACK, &bmp));
    for endianness in [Endianness::Big, Endianness::Little] {
        for ts_resolution in [TsResolution::MicroSecond, TsResolution::NanoSecond] {
            let header = PcapHeader { endianness, ts_resolution, ..PcapHeader::default() };
            let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
            let time = Duration::new(1_700_000_000, 123_456_789);
            writer.write_packet(&PcapPacket::new(time, frame.len() as u32, &frame)).unwrap();
            let (streams, _) = run(&writer.into_writer());
            assert_eq!(streams[0].octets, bmp);
            assert_eq!(streams[0].opened, Some(Timestamp::new(1_700_000_000, 123_456)));
        }
    }
}

// ------------------------------------------------------------------------------------------
// pcapng, block by block
// ------------------------------------------------------------------------------------------

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = (body.len().next_multiple_of(4) as u32 + 12).to_le_bytes();
    let mut octets = [&kind.to_le_bytes()[..], &len, body].concat();
    octets.resize(octets.len().next_multiple_of(4), 0);
    [&octets[..], &len].concat()
}

fn section() -> Vec<u8> {
    let mut body = vec![0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0];
    body.extend_from_slice(&[0xff; 8]);
    block(0x0a0d_0d0a, &body)
}

fn interface(link: u8, options: &[u8]) -> Vec<u8> {
    block(1, &[&[link, 0, 0, 0, 0, 0, 0, 0][..], options].concat())
}

fn enhanced(interface: u32, units: u64, data: &[u8]) -> Vec<u8> {
    let (high, low) = ((units >> 32) as u32, units as u32);
    let len = data.len() as u32;
    let head: Vec<u8> =
        [interface, high, low, len, len].iter().flat_map(|v| v.to_le_bytes()).collect();
    block(6, &[&head[..], data].concat())
}

#[test]
fn pcapng_interfaces_have_links_and_clocks_of_their_own() {
    let bmp = conversation();
    let ip = ipv4([192, 0, 2, 1], [192, 0, 2, 2], &tcp((1, 11019), 10, ACK, &bmp));
    let other = frame(&Step { port: 2, ..step(10, ACK, &bmp) });
    // Milliseconds and 100 s later; the option list has no end mark, and a name that is not UTF-8.
    let late =
        [&[2, 0, 1, 0, 0xff, 0, 0, 0, 9, 0, 1, 0, 3, 0, 0, 0][..], &[14, 0, 8, 0, 100]].concat();
    let late = [&late[..], &[0; 7]].concat();
    let halves = [9, 0, 1, 0, 0x81, 0, 0, 0]; // units of 2⁻¹ s
    let file = [
        section(),
        interface(101, &late),
        interface(1, &halves),
        interface(105, &[]),
        block(0xbad, &vec![7; 1_000_000]), // of no interest
        enhanced(0, 1_500, &ip),
        enhanced(2, 0, &ip),
        enhanced(1, 7, &other),
    ]
    .concat();
    let (streams, summary) = run(&file);
    assert!(summary.fault.is_none(), "{:?}", summary.fault);
    assert_eq!(streams.len(), 2);
    assert_eq!(streams[0].opened, Some(Timestamp::new(101, 500_000)));
    assert_eq!(streams[1].opened, Some(Timestamp::new(3, 500_000)));
    assert!(streams.iter().all(|s| s.octets == bmp));
    assert_eq!(summary.unknown_link_packets, 1);
    assert_eq!(summary.octets, file.len() as u64);
}

#[test]
fn simple_and_old_packet_blocks_are_read_and_sections_begin_anew() {
    let bmp = conversation();
    let frames: Vec<_> = (1..4).map(|port| frame(&Step { port, ..step(10, ACK, &bmp) })).collect();
    let simple = [&(frames[0].len() as u32).to_le_bytes()[..], &frames[0]].concat();
    let mut old = vec![0, 0, 0, 0];
    let len = frames[1].len() as u32;
    old.extend([0, 2_500_000, len, len].iter().flat_map(|v: &u32| v.to_le_bytes()));
    old.extend_from_slice(&frames[1]);
    let file = [
        section(),
        interface(1, &[]),
        block(3, &simple),
        block(2, &old),
        section(),
        interface(1, &[]),
        enhanced(0, 0, &frames[2]),
    ]
    .concat();
    let (streams, summary) = run(&file);
    assert!(summary.fault.is_none(), "{:?}", summary.fault);
    assert_eq!(streams.len(), 3);
    assert!(streams.iter().all(|s| s.octets == bmp));
    assert_eq!(streams[0].opened, None);
    assert_eq!(streams[1].opened, Some(Timestamp::new(2, 500_000)));
}

#[test]
fn damaged_captures_name_the_place_and_deliver_what_came_before() {
    let bmp = conversation();
    let first = frame(&step(10, ACK, &bmp));
    let sound = [section(), interface(1, &[]), enhanced(0, 0, &first)].concat();
    let place = sound.len() as u64;
    let mut wrong_end = enhanced(0, 0, &first);
    let end = wrong_end.len() - 4;
    wrong_end[end] ^= 1;
    for (tail, words) in [
        (block(6, &[0; 8]), "the length of a packet block is 8"),
        (enhanced(5, 0, &first), "the packet's interface is 5"),
        (wrong_end, "the block length at its end"),
        (vec![6, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0], "the block length is 13"),
        (vec![6, 0, 0, 0, 0, 0, 0, 0x70, 0, 0, 0, 0], "at most 16777216"),
        (b"\n\r\r\n____????".to_vec(), "the byte-order magic"),
    ] {
        let (streams, summary) = run(&[&sound[..], &tail].concat());
        let fault = summary.fault.unwrap();
        let text = fault.to_string();
        assert!(text.contains(words) && text.contains(&format!("octet {place}")), "{text}");
        assert!(!fault.is_cut());
        assert_eq!((&streams[0].octets, streams[0].end), (&bmp, Some(StreamEnd::Fault)));
    }
    let mut file = pcap(1, &[first.clone(), first]);
    let place = 24 + (file.len() - 24) / 2;
    file[place + 8..place + 12].fill(0xff);
    let (streams, summary) = run(&file);
    let text = summary.fault.unwrap().to_string();
    assert!(text.contains(&format!("octet {place}: the captured length is 4294967295")), "{text}");
    assert_eq!(streams[0].octets, bmp);
}

#[test]
fn a_capture_that_ends_inside_a_packet_is_cut_and_not_damaged() {
    let bmp = conversation();
    let file = pcap(1, &[frame(&step(10, ACK, &bmp[..500])), frame(&step(510, ACK, &bmp[500..]))]);
    let (streams, summary) = run(&file[..file.len() - 10]);
    assert!(summary.fault.as_ref().is_some_and(InputError::is_cut), "{:?}", summary.fault);
    assert_eq!((&streams[0].octets[..], streams[0].end), (&bmp[..500], Some(StreamEnd::Fault)));
}

// ------------------------------------------------------------------------------------------
// Recorded BMP, compression, sources
// ------------------------------------------------------------------------------------------

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(octets: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

fn zstd(octets: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

/// Much BMP that does not compress to nothing.
fn recording() -> Vec<u8> {
    let mut random = Random(3);
    let mut octets = Vec::new();
    while octets.len() < 800_000 {
        let mut next = message(0, 4000);
        next[6..].iter_mut().for_each(|octet| *octet = random.below(256) as u8);
        octets.extend_from_slice(&next);
    }
    octets
}

#[test]
fn recorded_bmp_is_one_stream_of_the_router_that_was_named() {
    let bmp = conversation();
    let (streams, summary) = run(&bmp);
    assert_eq!((streams.len(), &streams[0].octets), (1, &bmp));
    assert_eq!(streams[0].router, "0.0.0.0:0".parse().unwrap());
    assert_eq!((streams[0].end, summary.format), (Some(StreamEnd::EndOfInput), InputFormat::Bmp));
    let router = "[2001:db8::9]:17900".parse().unwrap();
    let options = InputOptions { router: Some(router), ..InputOptions::default() };
    let (streams, _) = run_with(source(&bmp), &options);
    assert_eq!(streams[0].router, router);
    let (streams, summary) = run(&[]);
    assert!(streams.is_empty() && summary.fault.is_none());
}

#[test]
fn a_named_format_is_not_guessed() {
    let file = pcap(1, &[frame(&step(10, ACK, &conversation()))]);
    let options = InputOptions { format: InputFormat::Bmp, ..InputOptions::default() };
    let (streams, _) = run_with(source(&file), &options);
    assert_eq!(streams[0].octets, file);
    let options = InputOptions { format: InputFormat::Pcap, ..InputOptions::default() };
    let (streams, summary) = run_with(source(b"hello"), &options);
    assert!(streams.is_empty());
    let text = summary.fault.unwrap().to_string();
    assert!(text.starts_with("this is neither pcap nor pcapng: it begins with [68, 65, 6c, 6c]"));
}

#[test]
fn compressed_input_is_told_by_its_first_octets() {
    let bmp = recording();
    let (half, rest) = bmp.split_at(bmp.len() / 2);
    let skippable = [&[0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd(&bmp)].concat();
    for (file, layers) in [
        (bmp.clone(), "plain"),
        (gzip(&bmp), "gzip"),
        ([gzip(half), gzip(rest)].concat(), "gzip"),
        (bzip2(&bmp), "bzip2"),
        ([bzip2(half), bzip2(rest)].concat(), "bzip2"),
        (zstd(&bmp), "zstd"),
        ([zstd(half), zstd(rest)].concat(), "zstd"),
        (skippable, "zstd"),
        (gzip(&zstd(&bmp)), "gzip around zstd"),
    ] {
        let source = source(&file);
        let progress = source.progress();
        let (streams, summary) = run_with(source, &InputOptions::default());
        assert!(summary.fault.is_none(), "{layers}: {:?}", summary.fault);
        assert_eq!(summary.layers.to_string(), layers);
        assert!(streams.len() == 1 && streams[0].octets == bmp, "{layers}");
        assert_eq!(progress.taken(), file.len() as u64, "{layers}");
        assert_eq!(progress.total(), Some(file.len() as u64));
    }
    let capture = pcap(1, &[frame(&step(10, ACK, &conversation()))]);
    for file in [gzip(&capture), bzip2(&capture), zstd(&capture)] {
        let (streams, summary) = run(&file);
        assert_eq!((streams[0].octets.len(), summary.format), (1375, InputFormat::Pcap));
    }
}

#[test]
fn cut_compressed_input_delivers_what_there_is_and_says_so() {
    let bmp = recording();
    for file in [gzip(&bmp), bzip2(&bmp), zstd(&bmp)] {
        for cut in [file.len() / 2, file.len() - 3] {
            let (streams, summary) = run(&file[..cut]);
            let fault = summary.fault.unwrap();
            assert!(fault.is_cut(), "{fault}");
            assert!(fault.to_string().contains("is cut short"), "{fault}");
            assert!(streams[0].octets.len() > bmp.len() / 4);
            assert!(bmp.starts_with(&streams[0].octets));
            assert_eq!(streams[0].end, Some(StreamEnd::Fault));
        }
    }
}

#[test]
fn damaged_compressed_input_is_not_taken_for_a_cut_one() {
    let bmp = recording();
    for mut file in [gzip(&bmp), bzip2(&bmp), zstd(&bmp)] {
        let middle = file.len() / 2;
        file[middle..middle + 64].fill(0);
        let (streams, summary) = run(&file);
        let fault = summary.fault.unwrap();
        assert!(matches!(fault, InputError::Compression { .. }), "{fault}");
        assert!(!streams.is_empty());
    }
}

#[test]
fn a_failing_file_is_the_files_fault() {
    struct Failing(usize);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            match self.0 {
                1 => Err(std::io::ErrorKind::Interrupted.into()),
                2..20 => Ok((&[3, 0, 0, 0, 6, 4][..]).read(buffer)?),
                _ => Err(std::io::Error::other("disk on fire")),
            }
        }
    }
    let source = Source::new(Box::new(Failing(0)), None);
    let (streams, summary) = run_with(source, &InputOptions::default());
    assert!(streams[0].octets.len() >= 18);
    assert!(matches!(summary.fault, Some(InputError::Read { offset: 1.., .. })));
}

#[test]
fn files_are_opened_by_path_and_missing_ones_named() {
    let folder = std::env::temp_dir().join(format!("ribcage-input-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a.bmp");
    std::fs::write(&path, conversation()).unwrap();
    let source = open(&path).unwrap();
    assert_eq!(source.progress().total(), Some(conversation().len() as u64));
    let (streams, _) = run_with(source, &InputOptions::default());
    assert_eq!(streams[0].octets, conversation());
    for path in [folder.join("none"), folder.clone()] {
        let text = open(&path).unwrap_err().to_string();
        assert!(text.starts_with(&format!("cannot open {}: ", path.display())), "{text}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_caller_can_break_off() {
    let frames: Vec<_> =
        (1..9).map(|port| frame(&Step { port, ..step(10, ACK, &conversation()) })).collect();
    for file in [pcap(1, &frames), conversation()] {
        let mut events = 0;
        let summary = read(source(&file), &InputOptions::default(), &mut |_| {
            events += 1;
            if events == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(summary.stopped && summary.fault.is_none());
        assert_eq!(events, 2);
    }
}

// ------------------------------------------------------------------------------------------
// Hostile input
// ------------------------------------------------------------------------------------------

/// A small generator of repeatable numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// A capture with everything in it: sessions, gaps, fragments, other protocols.
fn rich_capture() -> (Vec<u8>, Vec<u8>) {
    let bmp = conversation();
    let on = |port, seq, flags, payload| frame(&Step { port, seq, flags, payload });
    let segment = tcp((9, 11019), 10, ACK, &bmp);
    let frames = vec![
        on(1, 9, SYN, &[]),
        on(1, 10, ACK, &bmp[..300]),
        on(2, 77, ACK, &bmp[50..400]),
        on(1, 410, ACK, &bmp[400..900]),
        on(1, 310, ACK, &bmp[300..500]),
        on(3, 5, ACK, b"SSH-2.0-example\r\n"),
        ethernet(&[0x8100, 0x8100], &ipv6(&[6, 0, 1, 4, 0, 0, 0, 0], 0, &segment)),
        ethernet(&[], &ipv6(&[6, 0, 0, 1, 0, 0, 0, 0], 44, &segment)),
        on(1, 910, ACK | FIN, &bmp[900..]),
        on(1, 9_000, SYN, &[]),
        on(1, 9_001, ACK, &bmp),
        on(1, 9_001, RST, &[]),
    ];
    let mut ng = [section(), interface(1, &[9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0])].concat();
    for (i, frame) in frames.iter().enumerate() {
        ng.extend_from_slice(&enhanced(0, i as u64 * 1_000_000_000, frame));
    }
    (pcap(1, &frames), ng)
}

#[test]
fn no_cut_and_no_flipped_bits_of_a_capture_can_hurt() {
    let (classic, ng) = rich_capture();
    let tight = CaptureLimits {
        stream_buffer: 700,
        total_buffer: 1200,
        directions: 3,
        ..CaptureLimits::default()
    };
    let options =
        [InputOptions::default(), InputOptions { limits: tight, ..InputOptions::default() }];
    let mut random = Random(42);
    for file in [&classic, &ng, &gzip(&classic), &zstd(&ng)] {
        for cut in (0..file.len()).step_by(file.len() / 300 + 1) {
            let _ = run_with(source(&file[..cut]), &options[cut % 2]);
        }
        for round in 0..600 {
            let mut bad = file.clone();
            for _ in 0..=random.below(12) {
                let at = random.below(bad.len());
                bad[at] ^= 1 << random.below(8);
            }
            let _ = run_with(source(&bad), &options[round % 2]);
        }
    }
}

#[test]
fn no_sequence_of_segments_can_hurt() {
    let bmp: Vec<u8> = std::iter::repeat_with(conversation).take(4).flatten().collect();
    let mut random = Random(4711);
    for round in 0..600 {
        let mut options = InputOptions::default();
        if round % 2 == 0 {
            options.limits.stream_buffer = 500 + random.below(3000);
            options.limits.total_buffer = 1000 + random.below(3000);
            options.limits.directions = 1 + random.below(4);
        }
        let base = random.next() as u32;
        let frames: Vec<_> = (0..random.below(60))
            .map(|_| {
                let from = random.below(bmp.len());
                let len = random.below(400).min(bmp.len() - from);
                let odd = if random.below(8) == 0 { random.next() as u32 } else { 0 };
                let flags = [ACK, ACK, ACK, ACK, ACK, SYN, FIN, RST][random.below(8)];
                frame(&Step {
                    port: 1 + random.below(3) as u16,
                    seq: base.wrapping_add(from as u32).wrapping_add(odd),
                    flags,
                    payload: &bmp[from..from + len],
                })
            })
            .collect();
        let (streams, _) = run_with(source(&pcap(1, &frames)), &options);
        for stream in streams {
            assert!(stream.octets.starts_with(&[3]), "a stream begins with a message");
        }
    }
}

#[test]
fn what_is_buffered_is_accounted_for_to_the_octet() {
    let bmp = conversation();
    let mut random = Random(1);
    for _ in 0..300 {
        let mut sink = |_: InputEvent<'_>| ControlFlow::Continue(());
        let limits =
            CaptureLimits { stream_buffer: 900, total_buffer: 1500, ..CaptureLimits::default() };
        let mut flows = Flows::new(Emitter::new(&mut sink, limits));
        for _ in 0..random.below(40) {
            let from = random.below(bmp.len());
            let len = random.below(300).min(bmp.len() - from);
            let data = frame(&Step {
                port: 1 + random.below(3) as u16,
                seq: from as u32,
                flags: [ACK, ACK, ACK, ACK, SYN, FIN, RST][random.below(7)],
                payload: &bmp[from..from + len],
            });
            flows.packet(&packet::Packet { link: 1, data: &data, wire_len: data.len(), at: None });
            // The held octets may exceed the bound by the segment that makes it known.
            assert!(flows.out.buffered <= limits.total_buffer + 300);
        }
        assert_eq!(flows.finish(StreamEnd::EndOfInput).buffered, 0);
    }
}
