//! One file after the other: what is written goes to the live one until that is complete.
//!
//! ```text
//!  records ─▶ (wait to be compressed) ─▶ appender ─▶ NAME.part ── interval over, full, told to ──▶ NAME
//! ```
//! Without rotation there is one file, appended to under its own name for good.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::label;
use super::log_file::LogFile;
use super::names::FileNames;
use super::options::{Fsync, Interval, Plan};
use super::pack::{FRAME, Packer, Waiting};
use super::recover::{Recovered, rename_to_free};
use crate::output::frames::{FrameKind, Frames, Run, Standing};
use crate::output::transport::appender::Appender;
use crate::output::transport::backoff::{Backoff, millis};
use crate::output::transport::notices::Notices;
use crate::output::transport::path::Names;
use crate::output::transport::standing::{Facts, Preamble};
use crate::output::transport::{Notice, OpenError};
use crate::record::SessionId;

/// Octets of what stands, over all series of an output.
const STANDING_MAX: usize = 64 * 1024 * 1024;
/// The shortest time between two looks at what is to be removed.
const RETAIN_GAP: Duration = Duration::from_secs(1);
/// And how many times as long as the last one took: there may be very many files.
const RETAIN_REST: u32 = 20;

/// What all series of an output share.
pub(super) struct Shared {
    pub(super) plan: Arc<Plan>,
    packer: Option<Packer>,
    pub(super) notices: Notices,
    /// Octets of what stands.
    standing: usize,
    /// A file was completed since what is not kept was last removed.
    completed: bool,
    /// What is not kept is not removed before.
    retain_at: Option<Instant>,
}

impl Shared {
    pub(super) fn new(plan: Plan) -> Result<Self, OpenError> {
        let packer = plan.manner.packed.map(Packer::new).transpose();
        let packer = packer.map_err(|e| OpenError(format!("cannot make a compressor: {e}")))?;
        let (notices, standing, retain_at) = (Notices::default(), 0, None);
        let completed = plan.retention.is_wanted();
        Ok(Self { plan: Arc::new(plan), packer, notices, standing, completed, retain_at })
    }

    /// Removes complete files that are not to be kept, after there was a new one.
    pub(super) fn retain(&mut self, now: Instant) {
        let (plan, begun) = (&self.plan, Instant::now());
        let is_soon = self.retain_at.is_some_and(|at| now < at);
        if !self.completed || !plan.retention.is_wanted() || is_soon {
            return;
        }
        let applied = plan.retention.apply(&plan.names, plan.clock.now().into());
        let gap = RETAIN_GAP.max(begun.elapsed().saturating_mul(RETAIN_REST));
        (self.completed, self.retain_at) = (false, now.checked_add(gap));
        if let Err((path, e)) = applied {
            self.trouble(&path, format!("cannot be removed: {e}"));
        }
    }

    /// Tells what a crash had left of records, once there is somebody to tell.
    pub(super) fn tell(&mut self, recovered: Recovered) {
        for (path, octets) in recovered.cut {
            let what = format!("its last {octets} octets were no whole record: they are cut off");
            self.trouble(&path, what);
        }
    }

    fn trouble(&mut self, path: &Path, error: String) {
        self.notices.push(Notice::FileTrouble { target: label(path), error });
    }
}

/// See the module.
pub(super) struct Series {
    names: Names,
    topic: Box<str>,
    pub(super) appender: Appender<LogFile>,
    /// Whether records are compressed.
    is_packed: bool,
    /// Records that wait to be compressed.
    waiting: Waiting,
    /// Records of the frame that the appender holds.
    in_flight: u64,
    /// The file under way, while files follow each other.
    live: Option<Live>,
    /// The first name of the last file's time, and that file's number.
    last: Option<(PathBuf, u64)>,
    /// The live file is to be completed, whatever the time.
    wants_end: bool,
    /// What the sessions have said that stands.
    facts: Facts,
    /// How far the live file was told that.
    preamble: Preamble,
    /// A change to a new file is wanted; with the delays between its attempts.
    reopening: Option<Backoff>,
}

/// A file that is not complete.
struct Live {
    /// Its name to be.
    name: PathBuf,
    interval: Interval,
}

impl Series {
    /// A series for these parts of a name; nothing is opened yet.
    pub(super) fn new(names: Names, topic: &str, plan: &Plan) -> Self {
        let path = match plan.rotates() {
            true => PathBuf::from(plan.names.series(names, topic)),
            false => plan.names.plain(names, topic, plan.clock.now()),
        };
        let target = label(&path);
        Self {
            names,
            topic: topic.into(),
            appender: Appender::new(LogFile::new(path, plan.manner.clone()), target),
            is_packed: plan.manner.packed.is_some(),
            waiting: Waiting::default(),
            in_flight: 0,
            live: None,
            last: None,
            wants_end: false,
            facts: Facts::default(),
            preamble: Preamble::default(),
            reopening: None,
        }
    }

    /// Opens the file, or finds out whether one can be made.
    pub(super) fn open(&mut self, shared: &mut Shared) -> io::Result<()> {
        if !shared.plan.rotates() {
            return self.appender.out.open();
        }
        self.begin(&shared.plan)?;
        self.finish(shared)?; // without an octet none is left
        self.last = None;
        Ok(())
    }

    /// Takes frames of `range` while at most `limit` octets wait; returns how many it took.
    pub(super) fn write(
        &mut self,
        frames: &Frames,
        range: Range<usize>,
        limit: usize,
        now: Instant,
        shared: &mut Shared,
    ) -> usize {
        if !shared.plan.rotates() {
            return self.put(frames, range, limit, now, shared).0;
        }
        let mut next = range.start;
        while next < range.end {
            if frames.octets(next).is_empty() {
                self.remember(frames, next, shared); // it needs no file
                next += 1;
                continue;
            }
            if !self.is_ready_for_more(now, shared) {
                break;
            }
            let end = self.room(frames, next..range.end, &shared.plan);
            let (taken, is_blocked) = self.put(frames, next..end, limit, now, shared);
            (next..next + taken).for_each(|index| self.remember(frames, index, shared));
            next += taken;
            if is_blocked {
                break;
            }
        }
        next - range.start
    }

    /// Takes frames for the file that is open; returns how many, and whether it can take no more.
    fn put(
        &mut self,
        frames: &Frames,
        range: Range<usize>,
        limit: usize,
        now: Instant,
        shared: &mut Shared,
    ) -> (usize, bool) {
        if shared.packer.is_none() {
            let (appender, len) = (&mut self.appender, range.len());
            let taken = appender.write(frames, range, limit, now, &mut shared.notices);
            return (taken, taken < len);
        }
        for index in range.clone() {
            let (octets, held) = (frames.octets(index), self.held());
            let is_enough = self.waiting.octets().len() >= FRAME;
            if is_enough || held > 0 && held + octets.len() > limit {
                if !self.pack(now, shared) {
                    return (index - range.start, true);
                }
                // What the file begins with may fill it alone: one record it takes all the same.
                if index > range.start && self.is_due(&shared.plan) {
                    return (index - range.start, false);
                }
            }
            self.waiting.push(octets, now);
        }
        (range.len(), false)
    }

    /// Makes a frame of what waits, once the one before is written; whether nothing waits now.
    fn pack(&mut self, now: Instant, shared: &mut Shared) -> bool {
        let Some(packer) = &mut shared.packer else { return true };
        if self.waiting.octets().is_empty() {
            return true;
        }
        self.appender.flush(now, &mut shared.notices);
        if self.appender.held() > 0 {
            return false;
        }
        match packer.pack(self.waiting.octets()) {
            Ok(frame) => self.appender.push(frame),
            Err(e) => {
                self.appender.fail(&e, now, &mut shared.notices);
                return false;
            }
        }
        self.in_flight = self.waiting.records();
        self.waiting.clear();
        self.appender.flush(now, &mut shared.notices);
        true
    }

    /// Hands over what is held as far as it is taken now. What waits to be compressed may wait
    /// for more, unless it `must` go.
    pub(super) fn flush(&mut self, must: bool, now: Instant, shared: &mut Shared) {
        if must || self.waiting.is_due(now, shared.plan.flush) {
            self.pack(now, shared);
        }
        self.appender.flush(now, &mut shared.notices);
    }

    /// Whether the live file is to be completed.
    pub(super) fn is_due(&self, plan: &Plan) -> bool {
        let Some(live) = &self.live else { return false };
        let on_its_way = self.appender.out.position() + self.appender.held() as u64;
        self.wants_end
            || plan.is_over(live.interval)
            || plan.size.is_some_and(|size| on_its_way >= size)
    }

    /// Whether there is a live file.
    pub(super) fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// The end of those frames of `range` that go to the live file: the one that fills it is the
    /// last. How much of a compressed file frames will be shows later.
    fn room(&self, frames: &Frames, range: Range<usize>, plan: &Plan) -> usize {
        let Some(size) = plan.size.filter(|_| !self.is_packed) else {
            return range.end;
        };
        let on_its_way = self.appender.out.position() + self.appender.held() as u64;
        let fills = frames.start(range.start) as u64 + size.saturating_sub(on_its_way);
        let (mut low, mut high) = (range.start, range.end - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            match (frames.frame(middle).end as u64) < fills {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low + 1
    }

    /// Completes a file that is due and begins the next one; whether records can be taken.
    fn is_ready_for_more(&mut self, now: Instant, shared: &mut Shared) -> bool {
        if self.is_due(&shared.plan) && !self.complete(now, shared) {
            return false;
        }
        if self.live.is_none() {
            if !self.appender.is_ready(now) {
                return false;
            }
            if let Err(e) = self.begin(&shared.plan) {
                self.appender.fail(&e, now, &mut shared.notices);
                return false;
            }
            self.preamble.restart();
        }
        self.introduce(now, shared)
    }

    /// Makes the next live file.
    fn begin(&mut self, plan: &Plan) -> io::Result<()> {
        let interval = plan.interval(plan.clock.now());
        let name_of = |serial| plan.names.complete(self.names, &self.topic, interval.0, serial);
        let first = name_of(0);
        let after = |(name, serial): &(PathBuf, u64)| (*name == first).then_some(serial + 1);
        let mut serial = self.last.as_ref().and_then(after).unwrap_or(0);
        loop {
            let name = name_of(serial);
            let part = FileNames::part(&name);
            let made = match fs::symlink_metadata(&name) {
                Ok(_) => Err(ErrorKind::AlreadyExists.into()),
                Err(_) => self.appender.out.create(part.clone()),
            };
            match made {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => serial += 1,
                Err(e) => return Err(e),
                Ok(()) => {
                    self.appender.rename(label(&part));
                    self.live = Some(Live { name, interval });
                    self.last = Some((first, serial));
                    return Ok(());
                }
            }
        }
    }

    /// Completes the live file; whether there is none now. What fails is tried again later.
    pub(super) fn complete(&mut self, now: Instant, shared: &mut Shared) -> bool {
        self.flush(true, now, shared);
        if self.held() > 0 {
            return false;
        }
        if self.live.is_none() {
            return true;
        }
        if !self.appender.is_ready(now) {
            return false;
        }
        match self.finish(shared) {
            Ok(()) => self.appender.recover(&mut shared.notices),
            Err(e) => self.appender.fail(&e, now, &mut shared.notices),
        }
        self.live.is_none()
    }

    /// Gives the live file its name, or removes it if it has no octets.
    fn finish(&mut self, shared: &mut Shared) -> io::Result<()> {
        let Some(live) = &self.live else { return Ok(()) };
        let (out, plan) = (&mut self.appender.out, shared.plan.clone());
        let part = out.path().to_owned();
        if plan.fsync != Fsync::Never {
            out.open()?;
            out.sync()?;
        }
        let named = match out.position() {
            0 => fs::remove_file(&part),
            _ => rename_to_free(&part, &live.name, &plan.names).map(drop),
        };
        match named {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                shared.trouble(&part, "was removed or renamed while it was written".into());
            }
            Err(e) => return Err(e),
            Ok(()) if plan.fsync != Fsync::Never => {
                if let Err(e) = sync_directory(&live.name) {
                    shared.trouble(&live.name, format!("its directory is not synced: {e}"));
                }
            }
            Ok(()) => {}
        }
        out.close();
        shared.completed = true;
        (self.live, self.wants_end) = (None, false);
        Ok(())
    }

    /// Tells the live file what stands; whether it was told everything.
    fn introduce(&mut self, now: Instant, shared: &mut Shared) -> bool {
        while !self.preamble.is_sent() {
            if self.held() > FRAME {
                self.flush(true, now, shared);
                if self.held() > FRAME {
                    return false;
                }
            }
            // Whole records, however many.
            let octets = self.preamble.unsent(&self.facts);
            let len = octets.len();
            match self.is_packed {
                true => self.waiting.push(octets, now),
                false => self.appender.push(octets),
            }
            self.preamble.advance(len);
        }
        true
    }

    /// Remembers what a frame says that stands, for the files that come.
    fn remember(&mut self, frames: &Frames, index: usize, shared: &mut Shared) {
        if !shared.plan.preamble {
            return;
        }
        let (frame, standing) = (frames.frame(index), frames.standing(index));
        if standing != Standing::None {
            let octets = frames.octets(index).iter().copied();
            self.note(frame.session, standing, octets, shared);
        }
        if frame.kind == FrameKind::SessionClose {
            self.forget(frame.session, shared);
        }
    }

    fn note(
        &mut self,
        session: SessionId,
        standing: Standing,
        octets: impl ExactSizeIterator<Item = u8>,
        shared: &mut Shared,
    ) {
        let before = self.facts.held();
        self.facts.limit = STANDING_MAX.saturating_sub(shared.standing - before);
        self.facts.apply(session, standing, octets);
        shared.standing = shared.standing - before + self.facts.held();
        while let Some(refusal) = self.facts.take_refusal() {
            let target = label(self.appender.out.path());
            shared.notices.push(refusal.notice(target));
        }
    }

    /// Forgets what a session has said.
    pub(super) fn forget(&mut self, session: SessionId, shared: &mut Shared) {
        self.note(session, Standing::End, [].into_iter(), shared);
    }

    /// Forgets what all sessions have said.
    pub(super) fn forget_all(&mut self, shared: &mut Shared) {
        shared.standing -= self.facts.held();
        self.facts = Facts::default();
    }

    /// Has the disk have what was written.
    pub(super) fn sync(&mut self, now: Instant, shared: &mut Shared) {
        if let Err(e) = self.appender.out.sync() {
            self.appender.fail(&e, now, &mut shared.notices);
        }
    }

    /// Asks for a new file: the live one is completed; without rotation the path is opened anew.
    pub(super) fn reopen(&mut self, plan: &Plan) {
        match plan.rotates() {
            true => self.wants_end = self.live.is_some(),
            false => {
                self.reopening =
                    Some(Backoff::new(Duration::from_millis(100), Duration::from_secs(5)));
            }
        }
    }

    /// Changes to a new file once the old one has what it began: its pending octets, or, when it
    /// takes none, nothing that is not given whole to the new one.
    pub(super) fn change_file(&mut self, now: Instant, shared: &mut Shared) {
        if !self.reopening.as_ref().is_some_and(|backoff| backoff.ready(now)) {
            return;
        }
        self.flush(true, now, shared);
        if self.appender.held() > 0 && !self.appender.is_failing() {
            return;
        }
        let plan = &shared.plan;
        let path = plan.names.plain(self.names, &self.topic, plan.clock.now());
        if self.appender.is_inside_record() && self.appender.out.is_at(&path) {
            self.reopening = None; // the rest of what was cut belongs there
            return;
        }
        let target = label(&path);
        match (self.appender.out.change_to(path), &mut self.reopening) {
            (Ok(()), _) => {
                self.reopening = None;
                self.appender.restart();
                self.appender.rename(target);
            }
            (Err(e), Some(backoff)) => {
                let retry_ms = millis(backoff.fail(now));
                let error = format!("{e}; the file opened before is still written to");
                shared.notices.push(Notice::WriteFailed { target, error, retry_ms });
            }
            (Err(_), None) => {}
        }
    }

    /// Closes the file; the path is opened anew at the next write. What a failing file refused
    /// goes to the new one. Without rotation only.
    pub(super) fn reopen_later(&mut self, now: Instant, shared: &mut Shared) {
        self.flush(true, now, shared);
        let plan = &shared.plan;
        let path = plan.names.plain(self.names, &self.topic, plan.clock.now());
        if self.appender.is_inside_record() && self.appender.out.is_at(&path) {
            return; // the rest of what was cut belongs there
        }
        self.appender.rename(label(&path));
        self.appender.out.close();
        self.appender.out = LogFile::new(path, plan.manner.clone());
        self.appender.restart();
    }

    /// Whether a change to a new file is wanted.
    pub(super) fn is_reopening(&self) -> bool {
        self.reopening.is_some()
    }

    /// Ends: a file that has everything is completed, and any other is left as a crash leaves it.
    pub(super) fn close(&mut self, now: Instant, shared: &mut Shared) {
        if self.complete(now, shared) {
            self.appender.out.close();
        }
    }

    /// How the next frames should come.
    pub(super) fn run(&self, plan: &Plan) -> Run {
        let (wants_peers, wants_topics) = plan.template().wants();
        match self.is_packed {
            true => Run { wants_peers, wants_topics, ..Run::default() },
            false => Run { wants_peers, wants_topics, ..self.appender.run() },
        }
    }

    /// Returns memory that is kept for more.
    pub(super) fn shrink(&mut self) {
        self.appender.shrink();
        self.waiting.shrink();
    }

    /// Octets written.
    pub(super) fn written(&self) -> u64 {
        self.appender.written()
    }

    /// Octets in memory.
    pub(super) fn held(&self) -> usize {
        self.appender.held() + self.waiting.octets().len()
    }

    /// Whether octets wait for the disk, and not for company.
    pub(super) fn is_on_its_way(&self) -> bool {
        self.appender.held() > 0
    }

    /// Records in memory.
    pub(super) fn pending(&self) -> u64 {
        let on_their_way = match self.is_packed {
            false => self.appender.pending(),
            true if self.appender.held() > 0 => self.in_flight,
            true => 0,
        };
        self.waiting.records() + on_their_way
    }
}

/// Has the disk know the name of a file.
fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match File::open(parent.unwrap_or(Path::new("."))).and_then(|directory| directory.sync_all()) {
        // Some file systems know no such thing.
        Err(e) if e.kind() == ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests;
