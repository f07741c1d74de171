//! Ribcage: frames to records, the UPDATE validated, then every attribute and NLRI of each record.

use std::net::{Ipv4Addr, SocketAddr};

use ribcage::bgp::attr::as_path::AsPath;
use ribcage::bgp::attr::{AttributeCode, Attributes, communities};
use ribcage::bgp::nlri::{self, Visit};
use ribcage::record::{Batch, BatchLimits, Event, SessionId, Update};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::{Prefix, Reader, Timestamp};

use crate::Seen;

const READ_OCTETS: usize = 256 * 1024;

struct Routes<'s> {
    seen: &'s mut Seen,
    announced: bool,
}

impl Visit for Routes<'_> {
    #[inline]
    fn prefix(&mut self, prefix: Prefix) {
        match prefix {
            Prefix::V4(octets, bits) => self.seen.route(self.announced, octets.into(), bits),
            Prefix::V6(octets, bits) => self.seen.route(self.announced, octets.into(), bits),
        }
    }
}

fn visit(message: &[u8], update: &Update, seen: &mut Seen) -> Result<(), String> {
    let mut attributes = Attributes::new(Reader::new(update.attributes.of(message)));
    while let Some(attribute) = attributes.next_whole() {
        seen.attribute(attribute.code.0);
        match attribute.code {
            AttributeCode::AsPath => {
                let path = AsPath::parse(attribute.reader(), update.as_width);
                path.map_err(|e| e.to_string())?.each_asn(|number| seen.as_number(number));
            }
            AttributeCode::Communities => {
                communities::iter(attribute.value()).for_each(|value| seen.community(value));
            }
            _ => {}
        }
    }
    if let Some(error) = attributes.cut() {
        return Err(error.to_string());
    }
    for section in update.sections() {
        let announced = section.kind.announces();
        let mut routes = Routes { seen, announced };
        let octets = section.span.of(message);
        nlri::visit_all(section.family, section.add_path, announced, octets, &mut routes)
            .map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn drain(batch: &Batch, seen: &mut Seen) -> Result<(), String> {
    for record in batch.records() {
        match &record.event {
            Event::RouteMonitoring(update) if update.error.is_some() => {
                return Err("a malformed UPDATE".into());
            }
            Event::RouteMonitoring(update) => visit(batch.message(record), update, seen)?,
            Event::Odd(error) => return Err(error.to_string()),
            _ => {}
        }
    }
    Ok(())
}

pub fn run(octets: &[u8]) -> Result<Seen, String> {
    let now = Timestamp::new(1_767_323_045, 678_901);
    let router = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 40_000));
    let limits = SessionLimits::default();
    let mut session = Session::new(SessionId::new(now, 1), router, limits);
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let mut seen = Seen::default();
    for read in octets.chunks(READ_OCTETS) {
        let mut left = read;
        loop {
            let (used, received) = session.receive(now, left, &mut batch);
            left = &left[used..];
            match received {
                Received::NeedInput => break,
                Received::BatchFull => {
                    drain(&batch, &mut seen)?;
                    batch.reset();
                }
                Received::Broken(error) => return Err(format!("{error:?}")),
            }
        }
    }
    drain(&batch, &mut seen)?;
    Ok(seen)
}
