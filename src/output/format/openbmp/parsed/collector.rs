//! `collector`: that it runs, and which routers are connected to it.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::super::ids::Id;
use super::envelope::{Envelope, Object, To};
use super::fields::{fields, row};
use super::values::{self, Cleaner};
use crate::output::format::text;
use crate::output::frames::{Frames, Standing};
use crate::record::SessionId;
use crate::wire::Timestamp;

fields! {
    enum Field[7] { Action, Seq, AdminId, Hash, Routers, RouterCount, Timestamp }
}

/// The width of the column with the routers' addresses.
const ROUTERS_WIDTH: usize = 4096;

/// The time between two messages about connections: what happens in between is told at once.
const CHANGE_GAP: Duration = Duration::from_secs(1);

/// What is told of the collector itself, at the times of the writer's own clock.
#[derive(Debug)]
pub(super) struct Collector {
    pub(super) admin_id: String,
    pub(super) id: Id,
    pub(super) heartbeat: Duration,
    pub(super) cleaner: Cleaner,
    routers: Vec<(SessionId, IpAddr)>,
    /// The routers are others than the last message said.
    changed: bool,
    seq: u64,
    spoke: Option<Instant>,
    has_changed: Option<Instant>,
    stopped: bool,
}

impl Collector {
    /// One that has not begun.
    pub(super) fn new(admin_id: String, id: Id, heartbeat: Duration, cleaner: Cleaner) -> Self {
        let (routers, changed, seq, spoke) = (Vec::new(), false, 0, None);
        let (has_changed, stopped) = (None, false);
        Self {
            admin_id,
            id,
            heartbeat,
            cleaner,
            routers,
            changed,
            seq,
            spoke,
            has_changed,
            stopped,
        }
    }

    /// A router has connected.
    pub(super) fn connected(&mut self, session: SessionId, address: IpAddr) {
        // The latest is found at once, and others are asked for seldom.
        if !self.routers.iter().rev().any(|(id, _)| *id == session) {
            self.routers.push((session, address));
            self.changed = true;
        }
    }

    /// A router's connection has ended.
    pub(super) fn disconnected(&mut self, session: SessionId) {
        let before = self.routers.len();
        self.routers.retain(|(id, _)| *id != session);
        self.changed |= self.routers.len() < before;
    }

    /// Whether it has told that it is there: nobody speaks before.
    pub(super) fn has_begun(&self) -> bool {
        self.spoke.is_some()
    }

    /// What is to be told now.
    pub(super) fn due(&self, now: Instant) -> Option<&'static str> {
        if self.stopped {
            return None;
        }
        let since = |then: Instant| now.saturating_duration_since(then);
        match self.spoke {
            None => Some("started"),
            Some(_)
                if self.changed && self.has_changed.is_none_or(|at| since(at) >= CHANGE_GAP) =>
            {
                Some("change")
            }
            Some(at) if since(at) >= self.heartbeat => Some("heartbeat"),
            Some(_) => None,
        }
    }

    /// Tells it.
    pub(super) fn tell(
        &mut self,
        action: &'static str,
        now: Instant,
        at: Timestamp,
        envelope: &mut Envelope,
        out: &mut Frames,
    ) {
        self.spoke = Some(now);
        match action {
            "started" => {}
            "change" => (self.has_changed, self.changed) = (Some(now), false),
            "heartbeat" => self.changed = false,
            _ => self.stopped = true,
        }
        let mut rows = Vec::new();
        row(&mut rows, &Field::ALL, |field, out| self.write(field, action, at, out));
        self.seq += 1;
        let before = out.len();
        envelope.send(out, To::default(), Object::Collector, self.id, &rows, 1);
        out.stands(before, Standing::Opening);
    }

    /// Tells for the last time that it stops, unless it never began.
    pub(super) fn stop(
        &mut self,
        now: Instant,
        at: Timestamp,
        envelope: &mut Envelope,
        out: &mut Frames,
    ) {
        if !self.stopped && self.spoke.is_some() {
            self.tell("stopped", now, at, envelope, out);
        }
    }

    fn write(&self, field: Field, action: &str, at: Timestamp, out: &mut Vec<u8>) {
        match field {
            Field::Action => out.extend_from_slice(action.as_bytes()),
            Field::Seq => text::number(out, self.seq),
            Field::AdminId => self.cleaner.text(out, self.admin_id.as_bytes(), 64),
            Field::Hash => out.extend_from_slice(&self.id.hex()),
            Field::Routers => {
                let begin = out.len();
                for (i, (_, address)) in self.routers.iter().enumerate() {
                    if i > 0 {
                        out.extend_from_slice(b", ");
                    }
                    values::ip(out, *address);
                }
                self.cleaner.cut(out, begin, ROUTERS_WIDTH, b", ");
            }
            Field::RouterCount => text::number(out, self.routers.len()),
            Field::Timestamp => values::time(out, at),
        }
    }
}
