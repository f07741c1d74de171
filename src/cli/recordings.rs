//! The recordings that `ribcage load` replays.

use std::fmt::Display;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::input::{self, InputEvent, InputFormat, InputOptions};
use crate::load::{Came, Recording};

/// Octets of recordings that are held in memory, at most.
const RECORDINGS_MAX: usize = 4 << 30;

/// The BMP streams of all files, each as one recording.
///
/// # Errors
/// [`Failure`] when a file cannot be read, holds no BMP, or is too large.
pub(super) fn recordings(
    files: &[PathBuf],
    format: InputFormat,
) -> Result<Vec<Recording>, Failure> {
    let mut all = Vec::new();
    let mut held = 0;
    for path in files {
        let streams = streams(path, format, &mut held)?;
        all.extend(streams.into_iter().map(Stream::recording));
    }
    Ok(all)
}

/// A stream as it is read.
#[derive(Default)]
struct Stream {
    octets: Vec<u8>,
    times: Vec<Came>,
}

impl Stream {
    fn recording(self) -> Recording {
        Recording::new(self.octets, self.times.into())
    }

    /// Takes an event; how many octets of memory that needs.
    fn take(&mut self, event: &InputEvent<'_>) -> usize {
        let InputEvent::Data { octets, at, .. } = *event else { return 0 };
        self.octets.extend_from_slice(octets);
        let end = self.octets.len() as u64;
        match (self.times.last_mut(), at.filter(|at| at.is_known())) {
            (Some(last), Some(at)) if at <= last.at => last.end = end,
            (_, Some(at)) => {
                self.times.push(Came { end, at });
                return octets.len() + size_of::<Came>();
            }
            (Some(last), None) => last.end = end,
            (None, None) => {}
        }
        octets.len()
    }
}

fn streams(path: &Path, format: InputFormat, held: &mut usize) -> Result<Vec<Stream>, Failure> {
    let fail = |e: &dyn Display| Failure::run(format!("{}: {e}", path.display()));
    let source = input::open(path).map_err(|e| fail(&e))?;
    let mut streams: Vec<Stream> = Vec::new();
    let size = std::fs::metadata(path).map_or(0, |meta| meta.len());
    let size = usize::try_from(size).unwrap_or(0).min(RECORDINGS_MAX);
    let options = InputOptions { format, ..InputOptions::default() };
    let summary = input::read(source, &options, &mut |event| {
        match event {
            InputEvent::Open { .. } => {
                // Most files hold one stream: room for it once, instead of growing again and again.
                let size = if streams.is_empty() { size } else { 0 };
                streams.push(Stream { octets: Vec::with_capacity(size), ..Stream::default() });
            }
            InputEvent::Data { stream, .. } | InputEvent::Close { stream, .. } => {
                *held += streams.get_mut(stream).map_or(0, |s| s.take(&event));
            }
        }
        match *held > RECORDINGS_MAX {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if *held > RECORDINGS_MAX {
        return Err(fail(&"more than 4 GiB to replay: a recording is held in memory"));
    }
    if let Some(fault) = &summary.fault {
        match fault.is_cut() {
            true => tracing::warn!(file = %path.display(), error = %fault, "input-fault"),
            false => return Err(fail(fault)),
        }
    }
    if let Some(first) = &summary.first_malformed {
        let (file, records) = (path.display(), summary.malformed_records);
        tracing::warn!(%file, records, %first, "input-records-skipped");
    }
    if streams.is_empty() {
        return Err(fail(&"there is no BMP in this file, and nothing to make BMP of"));
    }
    Ok(streams)
}
