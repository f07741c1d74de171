//! Recordings of route collectors: what `decode` and `load --replay` make of them.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::util::line::{kind, text, value};
use crate::util::{TempDir, decode, decoded, lines, read, ribcage, shared};

/// What is wanted of an MRT file: its name, routes announced, routes withdrawn.
///
/// The numbers are those of `bgpdump -m` (RIPE NCC's, 1.6.2) but where a comment says otherwise.
const MRT: &[(&str, usize, usize)] = &[
    ("ripe-ncc-bgpdump/bview.20020722.2337.gz", 115_521, 0),
    ("ripe-ncc-bgpdump/updates.20020722.2238.gz", 825, 2_419),
    // Besides 93 announced and 58 withdrawn of IPv4 multicast, which stay raw.
    ("ripe-ncc-bgpdump/updates.20070211.0141.gz", 51_329 - 93, 2_328 - 58),
    ("ripe-ncc-bgpdump/updates.20071015.1505.gz", 10_111, 385),
    ("ripe-ncc-bgpdump/updates.20100722.2015.gz", 5_067, 547),
    ("ripe-ncc-bgpdump/updates.20160811.1600.gz", 39_256, 1_956),
    ("mrtparse-samples/samples/bird-mrtdump_bgp", 12, 0),
    ("mrtparse-samples/samples/bird-mrtdump_rib", 18, 0),
    ("mrtparse-samples/samples/bird6-mrtdump_bgp", 12, 0),
    ("mrtparse-samples/samples/bird6-mrtdump_rib", 10, 0),
    // Path identifiers under a subtype without: bgpdump reads them as prefixes.
    ("mrtparse-samples/samples/bird6_bgp", 14, 0),
    ("mrtparse-samples/samples/bird_bgp", 14, 0),
    // Besides what bgpdump prints: 6 VPN routes.
    ("mrtparse-samples/samples/openbgpd_bgp", 93 + 6, 0),
    ("mrtparse-samples/samples/openbgpd_rib_table", 31, 0),
    // bgpdump prints nothing of BGP4MP_ENTRY; it is the same table.
    ("mrtparse-samples/samples/openbgpd_rib_table-mp", 31, 0),
    // With 2 VPN routes in RIB_GENERIC.
    ("mrtparse-samples/samples/openbgpd_rib_table-v2", 31 + 2, 0),
    // Besides what bgpdump prints: 16 VPN routes.
    ("mrtparse-samples/samples/quagga_bgp", 18 + 16, 0),
    ("mrtparse-samples/samples/quagga_rib", 9, 0),
];

fn count(records: &[&str], wanted: &str) -> usize {
    records.iter().filter(|line| kind(line) == wanted).count()
}

#[test]
fn mrt_files_give_the_routes_that_bgpdump_prints() {
    let Some(root) = shared("mrt_files_give_the_routes_that_bgpdump_prints") else { return };
    for &(name, announced, withdrawn) in MRT {
        let out = decoded(&["-F", "pmacct-json?extra=none"], &root.join("data/mrt").join(name));
        let records = lines(&out);
        assert_eq!(count(&records, "update"), announced, "{name}");
        assert_eq!(count(&records, "withdraw"), withdrawn, "{name}");
        assert_eq!(count(&records, "log_init"), 1, "{name}");
    }
}

#[test]
fn a_table_ends_with_an_end_of_rib_for_each_of_its_peers() {
    let Some(root) = shared("a_table_ends_with_an_end_of_rib_for_each_of_its_peers") else {
        return;
    };
    let file = root.join("data/mrt/ripe-ncc-bgpdump/bview.20020722.2337.gz");
    let out = decoded(&["-F", "pmacct-json"], &file);
    let records = lines(&out);
    let mut peers: BTreeMap<&str, usize> = BTreeMap::new();
    for line in records.iter().filter(|line| kind(line) == "update") {
        *peers.entry(text(line, "peer_ip")).or_default() += 1;
    }
    let ended: Vec<_> = records.iter().filter(|line| kind(line) == "end-of-rib").collect();
    assert_eq!((peers.len(), ended.len()), (36, 36));
    assert_eq!(count(&records, "peer_up"), 36);
    assert!(ended.iter().all(|line| peers.contains_key(text(line, "peer_ip"))));
}

#[test]
fn records_tell_the_times_of_messages() {
    let Some(root) = shared("records_tell_the_times_of_messages") else { return };
    let file = root.join("data/mrt/ripe-ncc-bgpdump/updates.20160811.1600.gz");
    let mut command = ribcage();
    let out = command.args(["decode", "-F", "pmacct-json"]).arg(&file).output().unwrap();
    let routes: Vec<_> = lines(&out.stdout).into_iter().filter(|l| kind(l) == "update").collect();
    for line in [routes[0], routes[routes.len() - 1]] {
        let (at, arrival) = (text(line, "timestamp"), text(line, "timestamp_arrival"));
        assert_eq!(at, arrival, "{line}");
        assert!(at.starts_with("2016-08-11 16:0"), "{line}");
    }
}

/// The UPDATEs in BMP, with the peer's address before each.
fn updates(bmp: &[u8]) -> Vec<Vec<u8>> {
    let (mut found, mut rest) = (Vec::new(), bmp);
    while let Some(&[_, a, b, c, d, kind]) = rest.first_chunk::<6>() {
        let (message, left) = rest.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
        rest = left;
        if kind == 0 {
            found.push([&message[16..32], &message[48..]].concat());
        }
    }
    assert!(rest.is_empty());
    found
}

#[test]
fn recorded_updates_are_passed_on_octet_for_octet() {
    let Some(root) = shared("recorded_updates_are_passed_on_octet_for_octet") else { return };
    for (recording, stream) in [
        ("ripe-ncc-bgpdump/updates.20160811.1600.gz", "ris-updates-20160811.bmp.gz"),
        ("ripe-ncc-bgpdump/updates.20070211.0141.gz", "ris-updates-20070211-2byteAS.bmp.gz"),
        ("rislive/1k-msgs", "rislive-20190523-1k.bmp.gz"),
    ] {
        let made = decoded(&["-F", "bmp"], &root.join("data/mrt").join(recording));
        let mut made = updates(&made);
        let mut wanted = updates(&read(&root.join("data/streams").join(stream)));
        if recording.starts_with("rislive") {
            // Hosts are sessions of their own, which `bmp` writes one after the other.
            made.sort();
            wanted.sort();
        }
        assert_eq!(made.len(), wanted.len(), "{recording}");
        assert!(made == wanted, "{recording}");
    }
}

#[test]
fn ris_live_lines_become_a_session_for_each_host() {
    let Some(root) = shared("ris_live_lines_become_a_session_for_each_host") else { return };
    let out = decoded(&["-F", "pmacct-json"], &root.join("data/mrt/rislive/1k-msgs"));
    let records = lines(&out);
    assert_eq!((count(&records, "update"), count(&records, "withdraw")), (787, 2_394));
    assert_eq!((count(&records, "log_init"), count(&records, "log_close")), (13, 13));
    assert_eq!(count(&records, "peer_up"), 60);
    let named = records.iter().filter(|l| kind(l) == "init" && l.contains("\"rrc"));
    assert_eq!(named.count(), 13);
}

/// An UPDATE of 192.0.2.1 in a BGP4MP_MESSAGE_AS4.
fn record(secs: u32) -> Vec<u8> {
    let mut body = vec![0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea, 0, 0, 0, 1];
    body.extend_from_slice(&[192, 0, 2, 1, 192, 0, 2, 2]);
    ribcage::bgp::encode::update(&mut body, &[16, 10, 1], &[], &[]);
    let mut out = secs.to_be_bytes().to_vec();
    out.extend_from_slice(&[0, 16, 0, 4]);
    out.extend_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(&body);
    out
}

fn log(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[test]
fn a_record_that_makes_no_sense_is_a_warning_and_strictly_a_failure() {
    let folder = TempDir::new("inputs");
    let odd = [0, 0, 0, 9, 0, 16, 0, 4, 0, 0, 0, 3, 1, 2, 3];
    let file = folder.file("odd", &[&record(1_700_000_000), &odd[..], &record(7)].concat());
    let out = decode(&["-F", "pmacct-json"], &file);
    assert!(out.status.success(), "{}", log(&out));
    assert_eq!(count(&lines(&out.stdout), "withdraw"), 2);
    let log = log(&out);
    assert!(log.contains("input-records-skipped") && log.contains("records=1"), "{log}");
    assert!(log.contains("record at octet 58: AS number"), "{log}");
    assert_eq!(decode(&["--strict", "-F", "bmp"], &file).status.code(), Some(1));
    // Named, a file that is something else is refused.
    let out = decode(&["--input-format", "ris-live"], &file);
    assert_eq!(out.status.code(), Some(1));
}

#[test]
fn standard_input_is_told_by_content_too() {
    let out = crate::collector::run(
        crate::collector::ribcage(&["decode", "-F", "pmacct-json"]),
        &record(1_700_000_000),
    );
    assert_eq!(count(&lines(&out.stdout), "withdraw"), 1);
    let out = lines(&out.stdout);
    let init = out.iter().find(|line| kind(line) == "init").unwrap();
    assert!(value(init, "bmp_init_info_sysname").is_some() || init.contains("recording"), "{init}");
}

/// Replays a file to a listener of our own; what arrived, and how `load` ended.
fn replayed(file: &Path, rate: &str) -> (Vec<u8>, Output) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let mut command = ribcage();
    command.args(["load", "--target", &target, "--rate", rate, "--replay"]).arg(file);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let receiver = std::thread::spawn(move || {
        let mut all = Vec::new();
        listener.accept().unwrap().0.read_to_end(&mut all).unwrap();
        all
    });
    let out = child.wait_with_output().unwrap();
    (receiver.join().unwrap(), out)
}

#[test]
fn a_replayed_recording_is_what_decode_makes_of_it() {
    let folder = TempDir::new("inputs");
    let two = [record(1_700_000_000), record(1_700_000_010)].concat();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&two).unwrap();
    let file = folder.file("updates.gz", &gzip.finish().unwrap());
    let wanted = decoded(&["-F", "bmp"], &file);
    assert_eq!(updates(&wanted).len(), 2);
    // The ten seconds between the messages take ten milliseconds.
    for rate in ["max", "x1000"] {
        let (got, out) = replayed(&file, rate);
        assert!(out.status.success(), "{}", log(&out));
        assert!(got == wanted, "{rate}");
    }
}

#[test]
fn a_pace_needs_times() {
    let folder = TempDir::new("inputs");
    let mut bmp = Vec::new();
    ribcage::bmp::encode::initiation(&mut bmp, &[(2, b"name")]);
    let file = folder.file("untimed.bmp", &bmp);
    let run = |args: &[&str]| {
        let mut command = ribcage();
        command.args(["load", "--target", "127.0.0.1:1", "--rate", "x2"]).args(args);
        let out = command.output().unwrap();
        assert!(!out.status.success());
        log(&out)
    };
    let text = run(&["--replay", file.to_str().unwrap()]);
    assert!(text.contains("x2") && text.contains("has no times"), "{text}");
    let text = run(&["--routers", "1"]);
    assert!(text.contains("is made up and has no times"), "{text}");
}
