use std::io::Cursor;
use std::ops::ControlFlow;

use ribcage::input::{InputEvent, InputFormat, InputOptions, Source, read};

use super::mutate::Rng;

/// Reads spoiled content, and holds what comes out to its contract.
fn survives(format: InputFormat, octets: &[u8]) {
    let (versions, kinds) = match format {
        InputFormat::OpenbmpRaw => (3..=4, 0..=255), // as received
        _ => (3..=3, 0..=4),
    };
    let source = Source::new(Box::new(Cursor::new(octets.to_vec())), None);
    let options = InputOptions { format, ..InputOptions::default() };
    let (mut open, mut is_whole) = (Vec::new(), true);
    let summary = read(source, &options, &mut |event| {
        match event {
            InputEvent::Open { stream, .. } => {
                assert_eq!(stream, open.len());
                open.push(true);
            }
            InputEvent::Data { stream, mut octets, .. } => {
                assert!(open[stream] && !octets.is_empty());
                // What was made is sound, whatever it was made of.
                while let Some(&[version, a, b, c, d, kind]) = octets.first_chunk::<6>()
                    && versions.contains(&version)
                    && kinds.contains(&kind)
                {
                    octets = &octets[u32::from_be_bytes([a, b, c, d]) as usize..];
                }
                is_whole &= octets.is_empty();
            }
            InputEvent::Close { stream, .. } => {
                assert!(std::mem::replace(&mut open[stream], false));
            }
        }
        ControlFlow::Continue(())
    });
    // What became of the first octets may have been taken for recorded BMP.
    assert!(is_whole || summary.format == InputFormat::Bmp, "whole messages");
    assert!(open.iter().all(|open| !open), "every stream that was opened is closed");
    assert!(summary.malformed_records + summary.other_records <= summary.records);
    assert_eq!(summary.malformed_records > 0, summary.first_malformed.is_some());
}

fn record(kind: u16, subtype: u16, body: &[u8]) -> Vec<u8> {
    let mut out = 1_700_000_000_u32.to_be_bytes().to_vec();
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&subtype.to_be_bytes());
    out.extend_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(body);
    out
}

/// Records of each type, sound from end to end.
pub(crate) fn mrt() -> Vec<u8> {
    use ribcage::bgp::encode as bgp;
    use ribcage::wire::Family;

    let (mut update, mut open, mut notification) = (Vec::new(), Vec::new(), Vec::new());
    let mut attributes = Vec::new();
    bgp::origin(&mut attributes, 0);
    bgp::as_path(&mut attributes, &[bgp::Segment::Sequence(&[65_001, 65_002])]);
    let plain = attributes.clone();
    bgp::mp_reach(&mut attributes, Family::IPV6_UNICAST, &[9; 16], &[16, 32, 1]);
    bgp::update(&mut update, &[16, 10, 1], &attributes, &[24, 10, 9, 8]);
    let id = [1, 2, 3, 4].into();
    bgp::open(&mut open, &bgp::Open { asn: 1, hold_time: 9, bgp_id: id, capabilities: &[] });
    bgp::notification(&mut notification, 6, 4, &[]);

    let two = [0xfd, 0xe9, 0xfd, 0xea, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2];
    let four = [&[0, 0, 0xfd, 0xe9, 0, 0][..], &two[2..]].concat();
    let mut all = Vec::new();
    for subtype in [4, 7, 9, 11] {
        all.extend(record(16, subtype, &[&four, &update[..]].concat()));
    }
    for pdu in [&open, &update, &notification] {
        all.extend(record(16, 1, &[&two[..], pdu].concat()));
    }
    all.extend(record(16, 5, &[&four[..], &[0, 5, 0, 6]].concat()));
    all.extend(record(17, 5, &[&[0, 0, 0, 7], &four[..], &[0, 6, 0, 1]].concat()));
    let peers = [1, 1, 1, 1, 0, 2, b'v', b'w', 0, 2, 0, 9, 9, 9, 9, 192, 0, 2, 1, 0xfd, 0xe9, 3];
    let second = [[8; 4], [0x20; 4], [0; 4], [1; 4], [2; 4], [0, 0, 0, 5]].concat();
    all.extend(record(13, 1, &[&peers[..], &second].concat()));
    let entry = |peer: u8, id: &[u8], attributes: &[u8]| {
        let len = (attributes.len() as u16).to_be_bytes();
        [&[0, peer, 0, 0, 0, 1], id, &len, attributes].concat()
    };
    let hop = [&plain[..], &[0x80, 14, 17, 16], &[7; 16]].concat();
    let rib = |subtype, nlri: &[u8], entries: &[Vec<u8>]| {
        let count = (entries.len() as u16).to_be_bytes();
        record(13, subtype, &[&[0, 0, 0, 1], nlri, &count, &entries.concat()].concat())
    };
    all.extend(rib(2, &[16, 10, 1], &[entry(0, &[], &plain), entry(1, &[], &plain)]));
    all.extend(rib(4, &[16, 32, 1], &[entry(1, &[], &hop), entry(1, &[], &attributes)]));
    all.extend(rib(8, &[16, 10, 1], &[entry(0, &[0, 0, 0, 7], &plain)]));
    let vpn = [&[0, 1, 128, 112, 0, 1, 1][..], &[0, 0, 0, 1, 0, 0, 0, 2, 10, 1, 2]].concat();
    all.extend(rib(6, &vpn, &[entry(0, &[], &hop)]));
    all.extend(rib(12, &vpn, &[entry(0, &[0, 0, 0, 7], &hop)]));
    let old = [0, 0, 0, 1, 10, 1, 0, 0, 16, 1, 0, 0, 0, 9, 192, 0, 2, 1, 0xfd, 0xe9];
    let len = (plain.len() as u16).to_be_bytes();
    all.extend(record(12, 1, &[&old[..], &len, &plain].concat()));
    all
}

pub(crate) const RIS_LIVE: &str = concat!(
    r#"{"type":"ris_message","data":{"timestamp":1558620047.08,"peer":"192.0.2.1","#,
    r#""peer_asn":"65001","id":"x","raw":"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF0017020000"#,
    r#"0000","host":"rrc19","type":"UPDATE","path":[57695,[1,2]],"community":[[5,6]]}}"#,
    "\n",
    r#"{"timestamp":1558620048,"peer":"2001:db8::1","peer_asn":65002,"host":"rrc07","#,
    r#""type":"UPDATE","path":[1,"2",[3,4]],"community":[[1,2]],"origin":"egp","med":7,"#,
    r#""aggregator":"1:10.0.0.1","announcements":[{"next_hop":"2001:db8::1,fe80::1","#,
    r#""prefixes":["2001:db8::/32","10.0.0.0/8"]}],"withdrawals":["10.1.0.0/16"]}"#,
    "\n",
    r#"{"type":"ris_message","data":{"timestamp":1,"peer":"192.0.2.1","peer_asn":"1","#,
    r#""host":"rrc19","type":"RIS_PEER_STATE","state":"down","x":{"y":[[1.5e3,"\u00e9\n"]]}}}"#,
    "\n",
);

fn spoil(rng: &mut Rng, seed: &[u8]) -> Vec<u8> {
    let mut octets = seed.to_vec();
    match rng.below(4) {
        0 => octets.truncate(rng.below(seed.len())),
        1 => {
            let cut = rng.below(seed.len())..;
            let more = rng.below(seed.len());
            octets.splice(cut, seed[more..].iter().copied());
        }
        _ => {}
    }
    for _ in 0..rng.below(9) {
        let at = rng.below(octets.len());
        if let Some(octet) = octets.get_mut(at) {
            *octet = match rng.below(5) {
                0 => 0,
                1 => 0xff,
                2 => *octet ^ 1 << rng.below(8),
                3 => b"[]{}\",:\\0"[rng.below(9)],
                _ => rng.next() as u8,
            };
        }
    }
    octets
}

/// Raw messages of OpenBMP: behind a binary header, behind lines of text, and of a collector.
pub(crate) fn openbmp() -> Vec<u8> {
    let message = [3, 0, 0, 0, 12, 4, 0, 2, 0, 2, b'r', b'1'];
    let mut binary = b"OBMP\x01\x07\0\x50\0\0\0\x0c\x80\x0c".to_vec();
    binary.extend_from_slice(&[0x60, 0, 0, 0, 0, 0, 0, 7]);
    binary.extend_from_slice(&[1; 16]);
    binary.extend_from_slice(b"\0\x01a");
    binary.extend_from_slice(&[2; 16]);
    binary.extend_from_slice(&[192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    binary.extend_from_slice(b"\0\x01g\0\0\0\x01");
    binary.extend_from_slice(&message);
    let text = b"V: 1.7\nC_HASH_ID: 01\nR_HASH: 02\nR_IP: 2001:db8::1\nL: 12\n\n";
    let mut collector = binary.clone();
    collector[13] = 0;
    [&binary[..], b"\n", text, &message, &collector, &binary].concat()
}

#[test]
fn no_mrt_and_no_ris_live_can_hurt() {
    let mut rng = Rng(20_260_131);
    for (format, seed) in
        [(InputFormat::Mrt, mrt()), (InputFormat::RisLive, RIS_LIVE.as_bytes().to_vec())]
    {
        survives(format, &seed);
        (0..seed.len()).step_by(3).for_each(|cut| survives(format, &seed[..cut]));
        for round in 0..3_000 {
            let format = if round % 4 == 0 { InputFormat::Auto } else { format };
            survives(format, &spoil(&mut rng, &seed));
        }
    }
}

#[test]
fn a_line_of_nothing_but_brackets_needs_no_stack() {
    for octet in [b'[', b'{', b'"', b'\\'] {
        let line = [&b"{\"data\":"[..], &vec![octet; 3 << 20], b"\n", RIS_LIVE.as_bytes()].concat();
        survives(InputFormat::RisLive, &line);
    }
    let nested = "{\"data\":".repeat(100_000);
    survives(InputFormat::RisLive, nested.as_bytes());
}

#[test]
fn no_message_of_openbmp_can_hurt() {
    let (mut rng, seed) = (Rng(7), openbmp());
    (0..=seed.len()).for_each(|cut| survives(InputFormat::OpenbmpRaw, &seed[..cut]));
    for _ in 0..3_000 {
        survives(InputFormat::OpenbmpRaw, &spoil(&mut rng, &seed));
    }
}
