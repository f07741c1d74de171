use ribcage::bgp::encode::{self as bgp, Capability};
use ribcage::bgp::{AsWidth, Header, MessageType};
use ribcage::bmp::encode::{self as bmp, PeerUp};
use ribcage::record::{Batch, BatchLimits, Event, Record, SessionId, Update};
use ribcage::session::{Received, Session, SessionEvent, SessionLimits};
use ribcage::wire::{Reader, Timestamp, WireError};

use super::judge::{Finding, judge};
use super::table::{Context, Kind, Vector};
use crate::any_bytes::mutate::peer;

/// A session with what came of its last input.
struct Heard {
    session: Session,
    batch: Batch,
    received: Received,
    /// What is odd, by the ordinals of the messages.
    odd: Vec<(u64, WireError)>,
}

impl Heard {
    fn of(octets: &[u8]) -> Self {
        let limits = SessionLimits::default();
        let mut session = Session::new(SessionId(1), ([192, 0, 2, 1], 179).into(), limits);
        let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
        let (_, received) = session.receive(Timestamp::default(), octets, &mut batch);
        let events = std::iter::from_fn(|| session.take_event());
        let odd = events.filter_map(|event| match event {
            SessionEvent::OddMessage { ordinal, error, .. } => Some((ordinal, error)),
            _ => None,
        });
        let odd = odd.collect();
        Self { session, batch, received, odd }
    }

    /// What is wrong with a record's message: offsets count from its start.
    fn findings(&self, record: &Record) -> Vec<WireError> {
        match record.event {
            Event::Odd(error) => vec![error],
            Event::RouteMonitoring(update) => {
                let message = self.batch.message(record);
                update.sections().filter_map(|section| section.error(message)).collect()
            }
            // What is whole of such a message is kept, and the rest told by an event only.
            _ => {
                let of_record = self.odd.iter().filter(|(ordinal, _)| *ordinal == record.ordinal);
                of_record.map(|(_, error)| *error).collect()
            }
        }
    }
}

/// A Peer Up whose two OPENs negotiate `context`.
fn peer_up(context: &Context) -> Vec<u8> {
    let families: Vec<_> = context.add_path.iter().map(|family| (*family, 3)).collect();
    let mut capabilities = vec![Capability::AddPath(&families)];
    if context.as_width != Some(AsWidth::Two) {
        capabilities.push(Capability::FourOctetAs(65_001));
    }
    let (mut open, mut out) = (Vec::new(), Vec::new());
    let bgp_id = [192, 0, 2, 9].into();
    let said = bgp::Open { asn: 65_001, hold_time: 180, bgp_id, capabilities: &capabilities };
    bgp::open(&mut open, &said);
    let up = PeerUp {
        local_address: "192.0.2.254".parse().unwrap(),
        local_port: 179,
        remote_port: 40_000,
        sent_open: &open,
        received_open: &open,
        tlvs: &[],
    };
    bmp::peer_up(&mut out, &peer(7), &up);
    out
}

/// Puts each UPDATE of a vector into a Route Monitoring message of a peer that negotiated the
/// context, and compares what the session makes of it with what its parts show.
pub(super) fn of_updates(vector: &Vector, context: &Context) -> Result<(), String> {
    let mut left = Reader::new(&vector.octets);
    while !left.is_empty() {
        let octets = left.peek();
        let Ok(header) = Header::parse(&mut left) else { return Ok(()) };
        if header.kind != MessageType::Update {
            continue;
        }
        let pdu = octets[..header.len].to_vec();
        let mut stream = peer_up(context);
        bmp::route_monitoring(&mut stream, &peer(7), &pdu);
        let heard = Heard::of(&stream);
        let record = heard.batch.records().get(1).ok_or("no record")?;
        let one = Vector { name: vector.name.clone(), kind: Kind::Bgp, octets: pdu };
        let mut findings = judge(&one, context).findings;
        let mut as_width = context.as_width;
        if let Event::RouteMonitoring(update) = record.event
            && findings.iter().any(|finding| finding.what.starts_with("AS_PATH"))
        {
            // The session goes by the bytes: a path that fits only the other width is read so.
            as_width = Some(update.as_width);
            findings = judge(&one, &Context { as_width, ..context.clone() }).findings;
        }
        agree(&heard, record, &findings, &Context { as_width, ..context.clone() })?;
    }
    Ok(())
}

/// A Peer Up that negotiates the context, and each UPDATE of a vector in Route Monitoring.
pub(super) fn carried(vector: &Vector, context: &Context) -> Vec<u8> {
    let (mut stream, mut left) = (peer_up(context), Reader::new(&vector.octets));
    while !left.is_empty() {
        let octets = left.peek();
        let header = Header::parse(&mut left).expect("a sound vector");
        if header.kind == MessageType::Update {
            bmp::route_monitoring(&mut stream, &peer(7), &octets[..header.len]);
        }
    }
    stream
}

/// Octets before the BGP message of a Route Monitoring message.
const BEFORE_PDU: usize = bmp::COMMON_HEADER_LEN + bmp::PEER_HEADER_LEN;

fn agree(
    heard: &Heard,
    record: &Record,
    findings: &[Finding],
    context: &Context,
) -> Result<(), String> {
    let (of_routes, others): (Vec<_>, Vec<_>) = findings.iter().partition(|f| f.of_route);
    let found = heard.findings(record);
    let Event::RouteMonitoring(update) = &record.event else {
        let [error] = found[..] else { return Err(format!("{:?}", record.event)) };
        // A length that is too small for an UPDATE is known before its parts are.
        let same = |f: &Finding| {
            f.what == "BGP length" || f.what == error.what && f.offset + BEFORE_PDU == error.offset
        };
        return if others.iter().any(|f| same(f)) { Ok(()) } else { Err(error.to_string()) };
    };
    for section in update.sections() {
        if section.add_path != context.add_path.contains(&section.family) {
            return Err(format!("{:?} is read with path identifiers or not", section.family));
        }
    }
    let mut want: Vec<_> = of_routes.iter().map(|f| (&*f.what, f.offset + BEFORE_PDU)).collect();
    let mut have: Vec<_> = found.iter().map(|e| (e.what, e.offset)).collect();
    want.sort_unstable();
    have.sort_unstable();
    if want != have {
        return Err(format!("routes: {have:?}, not {want:?}"));
    }
    let strongest = findings.iter().filter_map(|f| f.action).max();
    if update.error != strongest {
        return Err(format!("{:?}, not {strongest:?}: {others:?}", update.error));
    }
    match context.as_width {
        Some(as_width) if as_width != update.as_width => Err(format!("{:?}", update.as_width)),
        _ => Ok(()),
    }
}

/// Feeds a vector of BMP messages to a session: what its framing is, what is odd, what is left.
pub(super) fn of_stream(vector: &Vector, context: &Context) -> Result<(), String> {
    let findings = judge(vector, context).findings;
    let heard = Heard::of(&vector.octets);
    let framing = findings.iter().find(|f| f.what.starts_with("BMP "));
    let broken = match heard.received {
        Received::Broken(error) => Some(error.offset as usize),
        _ => None,
    };
    if framing.map(|f| f.offset) != broken {
        return Err(format!("framing: {broken:?}"));
    }
    let unfinished = findings.iter().any(|f| f.what == "message that goes on");
    if unfinished != (heard.session.tail_len() > 0) {
        return Err(format!("{} octets are left", heard.session.tail_len()));
    }
    let mut left = findings;
    left.retain(|f| !f.what.starts_with("BMP ") && f.what != "message that goes on");
    for record in heard.batch.records() {
        let begin = record.offset as usize;
        // What is cut is found where the message ends.
        let end = begin + heard.batch.message(record).len();
        let (of_record, others) =
            left.into_iter().partition(|f| f.offset > begin && f.offset <= end);
        left = others;
        of_message(&heard, record, of_record)?;
    }
    match left.first() {
        None => Ok(()),
        Some(finding) => Err(format!("{finding} is in no message")),
    }
}

/// What a session does not look at: whether a Peer Down has the NOTIFICATION that its reason wants
/// is for readers of the record.
const NOT_LOOKED_AT: &[&str] = &["NOTIFICATION"];

/// What the parts of a record's UPDATE show, read as the session reads it.
fn of_pdu(update: &Update, message: &[u8]) -> Vec<Finding> {
    let add_path = update.sections().filter(|s| s.add_path).map(|s| s.family).collect();
    let context = Context { as_width: Some(update.as_width), add_path };
    let octets = update.pdu.of(message).to_vec();
    let name = "UPDATE of version 4".to_owned();
    judge(&Vector { name, kind: Kind::Bgp, octets }, &context).findings
}

/// Compares what a session finds in one BMP message with what its parts show.
fn of_message(heard: &Heard, record: &Record, mut findings: Vec<Finding>) -> Result<(), String> {
    findings.retain(|f| !NOT_LOOKED_AT.contains(&&*f.what));
    let octets = heard.batch.message(record);
    if let Event::RouteMonitoring(update) = &record.event {
        if octets[0] == 4 {
            // The judge frames version 4: the UPDATE is judged here, as it says that it is read.
            let begin = record.offset as usize + update.pdu.start as usize;
            findings = of_pdu(update, octets);
            findings.iter_mut().for_each(|f| f.offset += begin);
        }
        // Of attributes it keeps only what is to be done.
        let strongest = findings.iter().filter_map(|f| f.action).max();
        if update.error != strongest {
            return Err(format!("{:?}, not {strongest:?}: {findings:?}", update.error));
        }
        findings.retain(|f| f.of_route);
    }
    let found = heard.findings(record);
    let begin = record.offset as usize;
    let mut want: Vec<_> = findings.iter().map(|f| (&*f.what, f.offset)).collect();
    let mut have: Vec<_> = found.iter().map(|e| (e.what, begin + e.offset)).collect();
    want.sort_unstable();
    have.sort_unstable();
    match want == have {
        true => Ok(()),
        false => Err(format!("{have:?}, not {want:?}")),
    }
}
