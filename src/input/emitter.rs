//! Where the events of all streams come together, with what is counted on the way.

use std::net::SocketAddr;
use std::ops::ControlFlow;

use super::{CaptureLimits, InputEvent, StreamEnd, Summary};
use crate::wire::Timestamp;

/// Hands events to the caller until it has had enough.
pub(super) struct Emitter<'e> {
    sink: &'e mut dyn FnMut(InputEvent<'_>) -> ControlFlow<()>,
    pub(super) summary: Summary,
    pub(super) limits: CaptureLimits,
    /// What all directions together have been charged for octets not yet delivered.
    pub(super) buffered: usize,
}

impl<'e> Emitter<'e> {
    pub(super) fn new(
        sink: &'e mut dyn FnMut(InputEvent<'_>) -> ControlFlow<()>,
        limits: CaptureLimits,
    ) -> Self {
        Self { sink, summary: Summary::default(), limits, buffered: 0 }
    }

    pub(super) fn open(&mut self, router: SocketAddr, at: Option<Timestamp>) -> usize {
        let stream = self.summary.streams;
        self.summary.streams += 1;
        self.emit(InputEvent::Open { stream, router, at });
        stream
    }

    pub(super) fn close(&mut self, stream: usize, at: Option<Timestamp>, end: StreamEnd) {
        match end {
            StreamEnd::Gap => self.summary.gaps += 1,
            StreamEnd::Evicted => self.summary.evicted_streams += 1,
            _ => {}
        }
        self.emit(InputEvent::Close { stream, at, end });
    }

    pub(super) fn emit(&mut self, event: InputEvent<'_>) {
        if self.summary.stopped {
            return;
        }
        if let InputEvent::Data { octets, .. } = event {
            self.summary.bmp_octets += octets.len() as u64;
        }
        self.summary.stopped = (self.sink)(event).is_break();
    }
}
