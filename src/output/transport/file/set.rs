//! Paths that say whose records a file has: a series of files for each router session, router,
//! peer, view or topic, or what the path has of these.
//!
//! However many there are, only so many files are open at a time, only so many octets wait for all
//! of them together, and only so many are known.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use super::options::{Interval, Plan};
use super::pack::FRAME;
use super::recover::Recovered;
use super::series::{Series, Shared};
use super::{SyncClock, direct, explain};
use crate::output::frames::{About, FrameKind, Frames, Run};
use crate::output::transport::appender::BUFFER_MAX;
use crate::output::transport::path::Names;
use crate::output::transport::{Notice, OpenError, Progress, Transport};
use crate::record::SessionId;

/// Files open at a time at most; others are closed between writes.
const OPEN_FILES_MAX: usize = 256;
/// Series known at a time at most: room is made by completing the oldest that are quiet.
const SERIES_MAX: usize = if cfg!(test) { 512 } else { 16_384 };
/// Octets that may wait for all files together where large writes are wanted of each.
const DIRECT_HELD_MAX: usize = 16 * BUFFER_MAX;
/// Octets that may wait to be compressed for all files together.
const PACKED_HELD_MAX: usize = 32 * FRAME;
/// The longest time for which one call waits for the disk when there are many files: it completes
/// them, or has the disk have them, or closes some for others that are opened. The rest comes next.
// Tests say themselves when a disk is slow.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 600_000 } else { 50 });

/// See the module.
pub(super) struct FileSet {
    shared: Shared,
    /// Octets that may wait for all files together.
    held_max: usize,
    routers: HashMap<SessionId, IpAddr>,
    /// Series by what frames say; what is missing is found by its name.
    known: HashMap<Key, u64>,
    topics: Vec<Box<str>>,
    by_name: HashMap<String, u64>,
    members: HashMap<u64, Member>,
    /// The series that each session writes to.
    sessions: HashMap<SessionId, BTreeSet<u64>>,
    serial: u64,
    /// Series with octets that wait.
    dirty: HashSet<u64>,
    /// Series that hold a descriptor, the one opened first in front.
    open: VecDeque<u64>,
    /// How many may: fewer once there were no descriptors for so many.
    open_max: usize,
    /// Series whose live file is to be completed.
    due: VecDeque<u64>,
    /// That of live files.
    interval: Interval,
    sync_clock: SyncClock,
    /// Series that the disk is to have.
    unsynced: VecDeque<u64>,
    /// See [`PATIENCE`].
    patience: Duration,
    held: usize,
    pending: u64,
    written: u64,
    /// Something came since the last poll: more may follow.
    news: bool,
    /// Not all that is to be handed over has been offered.
    is_behind: bool,
    /// Nothing may wait for company any more.
    draining: bool,
}

/// What tells series apart in a frame: of whom it is about and its topic, what the path has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    session: SessionId,
    about: About,
    topic: usize,
}

struct Member {
    series: Series,
    name: String,
    /// Sessions that write to it; without any it goes once it has everything.
    sessions: BTreeSet<SessionId>,
}

impl FileSet {
    /// Checks what can be checked before there is a session.
    pub(super) fn open(plan: Plan, recovered: Recovered) -> Result<Self, OpenError> {
        let template = plan.template();
        if !template.directory_varies() {
            let path = template.expand(Names::default());
            let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            if !parent.is_dir() {
                return Err(explain(&path, &ErrorKind::NotFound.into()));
            }
            if plan.manner.direct.is_some() {
                direct::probe(parent).map_err(|e| explain(&path, &e))?;
            }
        }
        let held_max = match (&plan.manner.direct, plan.manner.packed) {
            (Some(_), _) => DIRECT_HELD_MAX,
            (_, Some(_)) => PACKED_HELD_MAX,
            _ => BUFFER_MAX,
        };
        let interval = plan.interval(plan.clock.now());
        let mut shared = Shared::new(plan)?;
        shared.tell(recovered);
        shared.retain(Instant::now());
        Ok(Self {
            shared,
            held_max,
            routers: HashMap::new(),
            known: HashMap::new(),
            topics: Vec::new(),
            by_name: HashMap::new(),
            members: HashMap::new(),
            sessions: HashMap::new(),
            serial: 0,
            dirty: HashSet::new(),
            open: VecDeque::new(),
            open_max: OPEN_FILES_MAX,
            due: VecDeque::new(),
            interval,
            sync_clock: SyncClock::default(),
            unsynced: VecDeque::new(),
            patience: PATIENCE,
            held: 0,
            pending: 0,
            written: 0,
            news: false,
            is_behind: false,
            draining: false,
        })
    }

    /// What a frame says of the series that it belongs to.
    fn key(&mut self, frames: &Frames, index: usize) -> Key {
        let template = self.shared.plan.template();
        let session = frames.frame(index).session;
        let about = match template.per_peer() {
            true => template.mask(frames.whom(index)),
            false => About::default(),
        };
        if !template.per_topic() {
            return Key { session, about, topic: 0 };
        }
        let name = frames.topic(index).map_or("", |topic| topic.name);
        let at = self.topics.iter().position(|known| **known == *name);
        let topic = at.unwrap_or_else(|| {
            self.topics.push(name.into());
            self.topics.len() - 1
        });
        Key { session, about, topic }
    }

    /// The series of a key, made if there is none yet.
    fn series_of(&mut self, key: Key, now: Instant) -> u64 {
        if let Some(id) = self.known.get(&key).filter(|id| self.members.contains_key(*id)) {
            return *id;
        }
        self.make_room(now);
        let router = self.routers.get(&key.session).copied();
        let plan = &self.shared.plan;
        let names = Names { stream: plan.stream, session: key.session, router, about: key.about };
        let topic = self.topics.get(key.topic).map_or("", |name| name);
        let name = plan.names.series(names, topic);
        let id = *self.by_name.entry(name.clone()).or_insert_with(|| {
            self.serial += 1;
            self.serial
        });
        let member = self.members.entry(id).or_insert_with(|| {
            let series = Series::new(names, topic, plan);
            Member { series, name, sessions: BTreeSet::new() }
        });
        member.sessions.insert(key.session);
        self.sessions.entry(key.session).or_default().insert(id);
        self.known.insert(key, id);
        id
    }

    /// Completes and forgets the oldest quiet series when there are too many: a few at a time, for
    /// the disk may have to be waited for.
    fn make_room(&mut self, now: Instant) {
        if self.known.len() >= 4 * SERIES_MAX {
            self.known.clear();
        }
        if self.members.len() < SERIES_MAX {
            return;
        }
        let quiet = |(id, member): (&u64, &Member)| (member.series.held() == 0).then_some(*id);
        let mut ids: Vec<u64> = self.members.iter().filter_map(quiet).collect();
        ids.sort_unstable();
        ids.truncate(SERIES_MAX / 64);
        for id in ids {
            if self.with(id, |series, shared| series.complete(now, shared)) == Some(true) {
                self.remove(id);
            }
        }
    }

    /// Runs `act` on a series and keeps the sums and lists true.
    fn with<T>(&mut self, id: u64, act: impl FnOnce(&mut Series, &mut Shared) -> T) -> Option<T> {
        let s = &mut self.members.get_mut(&id)?.series;
        let (held, pending) = (s.held(), s.pending());
        let (written, was_open) = (s.written(), s.appender.out.is_open());
        let result = act(s, &mut self.shared);
        self.held = self.held - held + s.held();
        self.pending = self.pending - pending + s.pending();
        self.written += s.written() - written;
        if s.held() > 0 {
            self.dirty.insert(id);
        } else {
            self.dirty.remove(&id);
            s.shrink(); // ten thousand quiet sessions must not keep their largest buffers
        }
        match (was_open, s.appender.out.is_open()) {
            (false, true) => self.open.push_back(id),
            (true, false) => self.open.retain(|open| *open != id),
            _ => {}
        }
        Some(result)
    }

    /// Closes files beyond the limit, once they have what is on its way to them; one that takes
    /// none stays, for it may be inside a record.
    fn close_surplus(&mut self, now: Instant) {
        for _ in 0..self.open.len().saturating_sub(self.open_max) {
            let Some(id) = self.open.pop_front() else { return };
            let is_idle = self.with(id, |series, shared| {
                if series.is_on_its_way() {
                    series.flush(false, now, shared);
                }
                !series.is_on_its_way()
            });
            match self.members.get_mut(&id) {
                Some(member) if is_idle == Some(true) => member.series.appender.out.close(),
                Some(_) => self.open.push_back(id),
                None => {}
            }
        }
    }

    /// Takes descriptors from other files for one that finds none left. Sessions may stay for
    /// months: to wait until one ends and gives its descriptor back could be for ever.
    fn relieve(&mut self, id: u64, now: Instant) {
        let open = self.open.len();
        let member = self.members.get(&id);
        let is_starved = member.is_some_and(|member| member.series.appender.out.is_starved());
        if !is_starved || open == 0 {
            return;
        }
        self.open_max = (open - open.div_ceil(4)).max(1);
        self.close_surplus(now);
        // Only if one was free to go; else as after any other failure.
        if self.open.len() < open
            && let Some(member) = self.members.get_mut(&id)
        {
            member.series.appender.retry_now();
        }
    }

    /// Lets a series go that no session writes to any more, once its file has everything. While
    /// files follow each other, the session may come again before the file is complete, unless
    /// that is its own.
    fn release(&mut self, id: u64, now: Instant) {
        let Some(member) = self.members.get(&id) else { return };
        if !member.sessions.is_empty() || member.series.held() > 0 {
            return;
        }
        if member.series.is_live() {
            if !self.shared.plan.template().has_session() {
                return;
            }
            if self.with(id, |series, shared| series.complete(now, shared)) != Some(true) {
                return self.complete_later(id);
            }
        }
        self.remove(id);
    }

    fn remove(&mut self, id: u64) {
        let Some(mut member) = self.members.remove(&id) else { return };
        member.series.forget_all(&mut self.shared);
        self.by_name.remove(&member.name);
        self.dirty.remove(&id);
        if member.series.appender.out.is_open() {
            self.open.retain(|open| *open != id);
        }
        for session in member.sessions {
            if let Some(ids) = self.sessions.get_mut(&session) {
                ids.remove(&id);
            }
        }
    }

    /// Ends a session: series of which it was the last are released when all is written. Live files
    /// are completed in the next polls: there may be thousands, and the disk is waited for.
    fn end(&mut self, session: SessionId, now: Instant) {
        self.routers.remove(&session);
        for id in self.sessions.remove(&session).unwrap_or_default() {
            let last = self.members.get_mut(&id).is_some_and(|member| {
                member.sessions.remove(&session);
                member.sessions.is_empty()
            });
            self.with(id, |series, shared| {
                series.forget(session, shared);
                series.flush(last, now, shared);
            });
            let is_live = self.members.get(&id).is_some_and(|member| member.series.is_live());
            match last && is_live && self.shared.plan.template().has_session() {
                true => self.complete_later(id),
                false => self.release(id, now),
            }
        }
    }

    /// Has a live file completed, whatever the time.
    fn complete_later(&mut self, id: u64) {
        if let Some(member) = self.members.get_mut(&id) {
            member.series.reopen(&self.shared.plan);
            self.due.push_back(id);
        }
    }

    /// The end of the run of frames from `first` on that have this key and do not end the session.
    fn run_end(&mut self, frames: &Frames, first: usize, key: Key) -> usize {
        let is_split = {
            let template = self.shared.plan.template();
            template.per_peer() || template.per_topic()
        };
        let mut end = first + 1;
        while end < frames.len()
            && frames.frame(end).session == key.session
            && frames.frame(end - 1).kind != FrameKind::SessionClose
            && (!is_split || self.key(frames, end) == key)
        {
            end += 1;
        }
        end
    }

    /// Hands over what waits for all files; what waits to be compressed only when it is due, or
    /// `must` go.
    fn flush(&mut self, must: bool, now: Instant) {
        let news = std::mem::take(&mut self.news);
        let mut lingers = |id: &u64| {
            let member = self.members.get_mut(id);
            news && !must && member.is_some_and(|m| m.series.appender.lingers(now))
        };
        let mut due: VecDeque<u64> = self.dirty.iter().filter(|id| !lingers(id)).copied().collect();
        let begun = Instant::now();
        while let Some(id) = due.pop_front() {
            self.with(id, |series, shared| series.flush(must, now, shared));
            self.close_surplus(now);
            self.relieve(id, now);
            self.release(id, now);
            if begun.elapsed() >= self.patience {
                break;
            }
        }
        self.is_behind = !due.is_empty();
    }

    /// A file that is full is completed soon, whether or not another record comes.
    fn note_full(&mut self, id: u64) {
        let plan = &self.shared.plan;
        let is_due = |member: &Member| member.series.is_due(plan);
        let is_full = plan.size.is_some() && self.members.get(&id).is_some_and(is_due);
        if is_full && !self.due.contains(&id) {
            self.due.push_back(id);
        }
    }

    /// Completes files whose interval is over or that were told to end: as many as there is time
    /// for.
    fn complete_due(&mut self, now: Instant) {
        let plan = &self.shared.plan;
        if plan.is_over(self.interval) {
            // Those that were due before are among them.
            let is_due = |(id, m): (&u64, &Member)| m.series.is_due(plan).then_some(*id);
            self.due = self.members.iter().filter_map(is_due).collect();
            self.interval = plan.interval(plan.clock.now());
        }
        let begun = Instant::now();
        for _ in 0..self.due.len() {
            let Some(id) = self.due.pop_front() else { return };
            let is_due = |member: &Member| member.series.is_due(&self.shared.plan);
            let mut is_left = false;
            if self.members.get(&id).is_some_and(is_due) {
                let done = self.with(id, |series, shared| series.complete(now, shared));
                self.relieve(id, now);
                is_left = done == Some(false);
            }
            match is_left {
                true => self.due.push_back(id),
                false => self.release(id, now),
            }
            if begun.elapsed() >= self.patience {
                return;
            }
        }
    }

    /// Has the disk have the open files when that is due: as many as there is time for. Those that
    /// are closed meanwhile it has from then on.
    fn sync(&mut self, now: Instant) {
        if self.sync_clock.is_due(self.shared.plan.fsync, now) {
            // Those that were due before come first.
            let waits = |id: &u64| self.unsynced.contains(id);
            let open: Vec<u64> = self.open.iter().filter(|id| !waits(id)).copied().collect();
            self.unsynced.extend(open);
        }
        let begun = Instant::now();
        while let Some(id) = self.unsynced.pop_front() {
            self.with(id, |series, shared| series.sync(now, shared));
            if begun.elapsed() >= self.patience {
                return;
            }
        }
    }
}

impl Transport for FileSet {
    fn write(&mut self, frames: &Frames, first: usize, now: Instant) -> usize {
        self.news = true;
        let (mut next, begun) = (first, Instant::now());
        while next < frames.len() {
            let key = self.key(frames, next);
            let end = self.run_end(frames, next, key);
            let id = self.series_of(key, now);
            let own = self.members.get(&id).map_or(0, |member| member.series.held());
            // The bound is for all files. One that holds nothing takes a frame beyond it, but not
            // once the bound is reached.
            if self.held - own > 0 && self.held >= self.held_max {
                self.flush(true, now);
                if self.held >= self.held_max {
                    break;
                }
                continue;
            }
            let limit = self.held_max.saturating_sub(self.held - own);
            let taken =
                self.with(id, |series, shared| series.write(frames, next..end, limit, now, shared));
            next += taken.unwrap_or(0);
            self.close_surplus(now);
            self.relieve(id, now);
            self.note_full(id);
            if next < end {
                break;
            }
            if frames.frame(end - 1).kind == FrameKind::SessionClose {
                self.end(key.session, now);
            }
            if begun.elapsed() >= self.patience {
                break;
            }
        }
        next - first
    }

    fn run(&self) -> Run {
        let (wants_peers, wants_topics) = self.shared.plan.template().wants();
        Run { wants_peers, wants_topics, ..Run::default() }
    }

    fn poll(&mut self, now: Instant) -> Progress {
        let written = self.written;
        self.flush(self.draining, now);
        self.complete_due(now);
        self.sync(now);
        self.shared.retain(now);
        let is_on_its_way =
            |id: &u64| self.members.get(id).is_some_and(|m| m.series.is_on_its_way());
        match () {
            () if self.written > written => Progress::Moved,
            () if self.is_behind || !self.due.is_empty() || !self.unsynced.is_empty() => {
                Progress::Waiting
            }
            () if self.dirty.iter().any(is_on_its_way) => Progress::Waiting,
            () => Progress::Idle,
        }
    }

    fn pending(&self) -> u64 {
        self.pending
    }

    fn bytes_written(&self) -> u64 {
        self.written
    }

    fn wants_sessions(&self) -> bool {
        true
    }

    fn session_opens(&mut self, session: SessionId, router: SocketAddr) {
        self.routers.insert(session, router.ip());
    }

    fn notice(&mut self) -> Option<Notice> {
        self.shared.notices.pop()
    }

    /// Live files are completed. Without rotation every file is closed and opens anew at its next
    /// write; time parts are filled in again. Octets that a failing file refused go to the new one.
    fn reopen(&mut self) {
        let (now, plan) = (Instant::now(), self.shared.plan.clone());
        let ids: Vec<u64> = self.members.keys().copied().collect();
        if plan.rotates() {
            self.members.values_mut().for_each(|member| member.series.reopen(&plan));
            self.due = ids.into();
            return;
        }
        for id in ids {
            self.with(id, |series, shared| series.reopen_later(now, shared));
        }
    }

    fn drain(&mut self) {
        self.draining = true;
    }
}

impl Drop for FileSet {
    fn drop(&mut self) {
        let now = Instant::now();
        for member in self.members.values_mut() {
            member.series.close(now, &mut self.shared);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;
    use crate::output::transport::testing::{Scratch, add, url};

    fn files(path: &str) -> Result<FileSet, OpenError> {
        let plan = Plan::new(&url("file", path, &[]), path, 0, false).unwrap();
        FileSet::open(plan, Recovered::default())
    }

    #[test]
    fn each_session_has_its_file_and_lets_go_of_it_at_its_end() {
        let dir = Scratch::new();
        let mut t = files(&dir.file("{session}.bmp")).unwrap();
        let (mut frames, now) = (Frames::new(), Instant::now());
        for session in [1, 2] {
            add(&mut frames, FrameKind::SessionOpen, session, b"");
        }
        for (session, octets) in [(1, b"one"), (2, b"two"), (1, b"ONE"), (1, b"uno")] {
            add(&mut frames, FrameKind::Record, session, octets);
        }
        add(&mut frames, FrameKind::SessionClose, 1, b"");
        assert_eq!(t.write(&frames, 0, now), frames.len());
        assert_eq!((t.members.len(), t.pending(), t.sessions.len()), (1, 1, 1));
        assert_eq!(t.poll(now), Progress::Moved);
        assert_eq!((t.pending(), t.open.len(), t.held), (0, 1, 0));
        let read = |s: u64| fs::read_to_string(dir.path().join(format!("{s:016x}.bmp"))).unwrap();
        assert_eq!((read(1), read(2)), ("oneONEuno".into(), "two".into()));
    }

    #[test]
    fn sessions_of_one_router_share_its_file() {
        let dir = Scratch::new();
        let mut t = files(&dir.file("{router}/x.bmp")).unwrap();
        let (mut frames, now) = (Frames::new(), Instant::now());
        for session in [1, 2, 3] {
            let host = if session < 3 { 7 } else { 8 };
            t.session_opens(SessionId(session), SocketAddr::from(([10, 0, 0, host], 5000)));
            add(&mut frames, FrameKind::Record, session, format!("{session}").as_bytes());
            add(&mut frames, FrameKind::SessionClose, session, b"");
        }
        t.write(&frames, 0, now);
        let read = |d: &str| fs::read_to_string(dir.path().join(d).join("x.bmp")).unwrap();
        assert_eq!((read("10.0.0.7"), read("10.0.0.8")), ("12".into(), "3".into()));
        assert!(t.members.is_empty() && t.by_name.is_empty() && t.routers.is_empty());
    }

    #[test]
    fn open_files_are_bounded_and_closed_ones_go_on_where_they_were() {
        let dir = Scratch::new();
        let mut t = files(&dir.file("{session}")).unwrap();
        let now = Instant::now();
        for round in ["a", "b"] {
            let mut frames = Frames::new();
            for session in 0..2 * OPEN_FILES_MAX as u64 {
                add(&mut frames, FrameKind::Record, session, round.as_bytes());
            }
            assert_eq!(t.write(&frames, 0, now), frames.len());
            t.poll(now);
            assert!(t.open.len() <= OPEN_FILES_MAX);
            let really = t.members.values().filter(|m| m.series.appender.out.is_open()).count();
            assert_eq!(really, t.open.len());
        }
        for entry in fs::read_dir(dir.path()).unwrap() {
            assert_eq!(fs::read_to_string(entry.unwrap().path()).unwrap(), "ab");
        }
    }

    #[test]
    fn memory_is_bounded_over_all_files_while_none_can_be_written() {
        let dir = Scratch::new();
        let inner = dir.path().join("d");
        fs::create_dir(&inner).unwrap();
        let mut t = files(&dir.file("d/{session}")).unwrap();
        fs::remove_dir(&inner).unwrap();
        let (mut frames, mut now) = (Frames::new(), Instant::now());
        for session in 0..100 {
            add(&mut frames, FrameKind::Record, session, &[session as u8; 30_000]);
        }
        let taken = t.write(&frames, 0, now);
        assert!(taken < 100 && t.held <= BUFFER_MAX + 30_000, "{taken} {}", t.held);
        t.poll(now);
        assert!(matches!(t.notice(), Some(Notice::WriteFailed { .. })));
        fs::create_dir(&inner).unwrap();
        now += std::time::Duration::from_secs(10);
        t.poll(now);
        let left = t.write(&frames, taken, now);
        t.poll(now);
        assert_eq!((taken + left, t.pending(), t.held), (100, 0, 0));
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 100);
    }

    #[test]
    fn a_file_that_cannot_be_completed_is_due_once_however_often_it_fails() {
        let dir = Scratch::new();
        let path = dir.file("{session}/x");
        let url = url("file", &path, &[("rotate", "1d")]);
        let plan = Plan::new(&url, &path, 0, false).unwrap();
        let mut t = FileSet::open(plan, Recovered::default()).unwrap();
        let (mut frames, mut now) = (Frames::new(), Instant::now());
        add(&mut frames, FrameKind::Record, 1, b"r");
        add(&mut frames, FrameKind::SessionClose, 1, b"");
        assert_eq!(t.write(&frames, 0, now), 2);
        let inner = dir.path().join(format!("{:016x}", 1));
        let away = dir.path().join("away");
        fs::rename(&inner, &away).unwrap();
        fs::write(&inner, "").unwrap(); // no directory: nothing below it can be renamed
        for _ in 0..20 {
            now += Duration::from_secs(10);
            t.poll(now);
            assert_eq!((t.due.len(), t.members.len()), (1, 1));
        }
        assert!(matches!(t.notice(), Some(Notice::WriteFailed { .. })));
        fs::remove_file(&inner).unwrap();
        fs::rename(&away, &inner).unwrap();
        t.poll(now + Duration::from_secs(10));
        assert!(t.due.is_empty() && t.members.is_empty());
        let left: Vec<_> = fs::read_dir(&inner).unwrap().map(|e| e.unwrap().path()).collect();
        assert!(left.len() == 1 && fs::read_to_string(&left[0]).unwrap() == "r", "{left:?}");
    }

    /// With no time at all each call has one file at least.
    #[test]
    fn files_that_are_due_at_once_are_synced_one_call_after_the_other() {
        let dir = Scratch::new();
        let path = dir.file("{session}");
        let url = url("file", &path, &[("fsync", "1s")]);
        let plan = Plan::new(&url, &path, 0, false).unwrap();
        let mut t = FileSet::open(plan, Recovered::default()).unwrap();
        let (mut frames, mut now) = (Frames::new(), Instant::now());
        (1..=9).for_each(|session| add(&mut frames, FrameKind::Record, session, b"r"));
        t.poll(now);
        assert_eq!(t.write(&frames, 0, now), 9);
        t.patience = Duration::ZERO;
        while t.pending() > 0 {
            t.poll(now);
        }
        let unsynced =
            |t: &FileSet| t.members.values().filter(|m| !m.series.appender.out.is_synced()).count();
        assert_eq!(unsynced(&t), 9);
        now += Duration::from_secs(1);
        for left in (0..9).rev() {
            let wanted = if left == 0 { Progress::Idle } else { Progress::Waiting };
            assert_eq!((t.poll(now), unsynced(&t)), (wanted, left));
        }
        // Due again before all were done: those that waited come first.
        for round in 0..4 {
            for member in t.members.values_mut() {
                member.series.appender.out.write_all(b"r").unwrap();
            }
            now += Duration::from_secs(1);
            for _ in 0..2 {
                t.poll(now);
            }
            assert_eq!(t.unsynced.len(), 7, "{round}");
        }
        while t.poll(now) != Progress::Idle {}
        assert_eq!(unsynced(&t), 0);
    }

    #[test]
    fn a_slow_disk_does_not_hold_a_call_up_for_all_files() {
        let dir = Scratch::new();
        let mut t = files(&dir.file("{session}")).unwrap();
        t.patience = Duration::ZERO;
        let (mut frames, now) = (Frames::new(), Instant::now());
        (1..=5).for_each(|session| add(&mut frames, FrameKind::Record, session, b"r"));
        for taken in 0..5 {
            assert_eq!(t.write(&frames, taken, now), 1);
        }
        for left in (0..5).rev() {
            assert_eq!((t.poll(now), t.pending()), (Progress::Moved, left));
            assert_eq!(t.is_behind, left > 0);
        }
        assert_eq!(t.poll(now), Progress::Idle);
    }

    #[test]
    fn a_missing_directory_is_told_at_open() {
        let error = files("/nonexistent/{session}").err().unwrap();
        assert!(error.0.contains("'/nonexistent' does not exist"), "{}", error.0);
    }
}
