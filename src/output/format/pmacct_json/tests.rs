#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::super::FORMATS;
use super::*;
use crate::bgp::encode::{self as bgp, Segment};
use crate::bmp::encode as bmp;
use crate::output::frames::Run;
use crate::record::{BatchLimits, Marks};
use crate::session::{Received, RouterEntry, RouterTable, Session, SessionLimits};
use crate::wire::Timestamp;

const ARRIVAL: Timestamp = Timestamp::new(1000, 7);

fn format(pairs: &[(&str, &str)]) -> Box<dyn Format> {
    let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let options = Options { pairs: &pairs, name: "", socket: false, stream: 0, streams: 1 };
    let entry = FORMATS.iter().find(|entry| entry.name == "pmacct-json").unwrap();
    (entry.build)(&options).unwrap()
}

fn rendered(format: &mut dyn Format, batch: &Batch) -> Vec<String> {
    let (mut frames, mut cursor) = (Frames::new(), Cursor::default());
    frames.begin(Run { budget: usize::MAX, ..Run::default() });
    format.render(batch, &Selection::EVERYTHING, &mut cursor, &mut frames);
    String::from_utf8_lossy(&frames.bytes).lines().map(str::to_owned).collect()
}

/// An announcement of one route, on a session that may be at any place of its life.
fn announcement(session: &mut Session) -> Batch {
    let mut batch = Batch::new(BatchLimits::for_messages(1 << 16));
    let header = PeerHeader::new([192, 0, 2, 1].into(), 65_001, [192, 0, 2, 1].into());
    let (mut attributes, mut pdu, mut message) = (Vec::new(), Vec::new(), Vec::new());
    bgp::origin(&mut attributes, 0);
    bgp::as_path(&mut attributes, &[Segment::Sequence(&[65_001])]);
    bgp::next_hop(&mut attributes, [192, 0, 2, 9].into());
    bgp::update(&mut pdu, &[], &attributes, &[24, 10, 0, 1]);
    bmp::route_monitoring(&mut message, &header, &pdu);
    let (used, received) = session.receive(ARRIVAL, &message, &mut batch);
    assert_eq!((used, received), (message.len(), Received::NeedInput));
    batch
}

fn session() -> Session {
    let router = "203.0.113.1:4000".parse().unwrap();
    Session::new(SessionId(1), router, SessionLimits::default())
}

/// Has the configuration say this of every router from here on.
fn say(session: &mut Session, tags: &[u64], label: Option<&str>) {
    let marks = Marks { name: None, tags: tags.to_vec(), label: label.map(str::to_owned) };
    let entry = RouterEntry { marks: Some(Arc::new(marks)), ..RouterEntry::default() };
    session.follow(&Arc::new(RouterTable::new(vec![entry])));
}

/// What stands between the flags and `event_type` of the only record.
fn mark(lines: &[String]) -> &str {
    let [line] = lines else { return "not one record" };
    let rest = line.split_once("\"bgp_id\": \"192.0.2.1\"").map_or("", |(_, rest)| rest);
    rest.split_once(", \"event_type\"").map_or("", |(mark, _)| mark)
}

#[test]
fn marks_hold_from_where_they_are_known() {
    let (mut session, mut format) = (session(), format(&[]));
    assert_eq!(mark(&rendered(&mut *format, &announcement(&mut session))), "");
    say(&mut session, &[7, 8], Some("lab"));
    assert_eq!(mark(&rendered(&mut *format, &announcement(&mut session))), ", \"tag\": 7");
    say(&mut session, &[], Some("lab"));
    assert_eq!(mark(&rendered(&mut *format, &announcement(&mut session))), ", \"label\": \"lab\"");
    let mut older = self::format(&[("compat", "1.7.7")]);
    let shown = rendered(&mut *older, &announcement(&mut session));
    assert!(shown.len() == 1 && !shown[0].contains("\"label\""), "{shown:?}");
    session.follow(&Arc::default());
    assert_eq!(mark(&rendered(&mut *format, &announcement(&mut session))), "");
}

#[test]
fn a_map_wins_over_marks_and_can_be_read_again() {
    let path = std::env::temp_dir().join(format!("ribcage-tags-{}.map", std::process::id()));
    std::fs::write(&path, "set_tag=1 ip=203.0.113.1\n").unwrap();
    let (mut session, mut format) =
        (session(), format(&[("bmp_daemon_tag_map", &path.to_string_lossy())]));
    say(&mut session, &[7], None);
    assert_eq!(mark(&rendered(&mut *format, &announcement(&mut session))), ", \"tag\": 1");
    std::fs::write(&path, "set_tag=2 ip=203.0.113.0/24\n").unwrap();
    assert_eq!(format.reload(), Ok(()));
    assert_eq!(mark(&rendered(&mut *format, &announcement(&mut session))), ", \"tag\": 2");
    std::fs::write(&path, "set_tag=\n").unwrap();
    assert!(format.reload().is_err());
    assert_eq!(mark(&rendered(&mut *format, &announcement(&mut session))), ", \"tag\": 2");
    std::fs::write(&path, "set_tag=3 ip=198.51.100.0/24\n").unwrap();
    assert_eq!(format.reload(), Ok(()));
    assert_eq!(mark(&rendered(&mut *format, &announcement(&mut session))), ", \"tag\": 7");
    let _ = std::fs::remove_file(&path);
}

#[test]
fn dialects_without_end_of_rib_say_it_with_more_records_only() {
    let mut session = session();
    let mut batch = Batch::new(BatchLimits::for_messages(1 << 16));
    let header = PeerHeader::new([192, 0, 2, 1].into(), 65_001, [192, 0, 2, 1].into());
    let (mut pdu, mut message) = (Vec::new(), Vec::new());
    bgp::update(&mut pdu, &[], &[], &[]);
    bmp::route_monitoring(&mut message, &header, &pdu);
    session.receive(ARRIVAL, &message, &mut batch);
    for (options, records) in [
        (&[("compat", "1.7.7"), ("extra", "none")], 0),
        (&[("compat", "1.7.7"), ("extra", "records")], 1),
        (&[("compat", "1.7.9"), ("extra", "none")], 1),
    ] {
        assert_eq!(rendered(&mut *format(options), &batch).len(), records, "{options:?}");
    }
}
