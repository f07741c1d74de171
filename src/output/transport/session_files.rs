//! `file:PATH` with `{session}` or `{router}`: a file for each router session, or for each router.
//!
//! However many sessions there are, only so many files are open at a time, and only so many octets
//! wait for all of them together.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::appender::{Appender, BUFFER_MAX};
use super::direct;
use super::file::{explain, label};
use super::log_file::{LogFile, Manner};
use super::notices::Notices;
use super::path::{Names, PathTemplate};
use super::{Notice, OpenError, Progress, Transport};
use crate::output::frames::{FrameKind, Frames};
use crate::record::SessionId;

/// Files open at a time at most; others are closed between writes.
const OPEN_FILES_MAX: usize = 256;
/// Octets that may wait for all files together where large writes are wanted of each.
const DIRECT_HELD_MAX: usize = 16 * BUFFER_MAX;

/// See the module.
pub(super) struct SessionFiles {
    template: PathTemplate,
    stream: usize,
    manner: Manner,
    /// Octets that may wait for all files together.
    held_max: usize,
    routers: HashMap<SessionId, IpAddr>,
    sessions: HashMap<SessionId, u64>,
    by_path: HashMap<PathBuf, u64>,
    files: HashMap<u64, SessionFile>,
    serial: u64,
    /// Files with octets that wait.
    dirty: HashSet<u64>,
    /// Files that hold a descriptor, the one opened first in front.
    open: VecDeque<u64>,
    /// How many may: fewer once there were no descriptors for so many.
    open_max: usize,
    notices: Notices,
    held: usize,
    pending: u64,
    written: u64,
    /// Something came since the last poll: more may follow.
    news: bool,
}

struct SessionFile {
    appender: Appender<LogFile>,
    /// Sessions that write to it; without any it goes once its octets are written.
    sessions: usize,
    names: Names,
}

impl SessionFiles {
    /// Checks what can be checked before there is a session.
    pub(super) fn open(
        template: PathTemplate,
        stream: usize,
        manner: Manner,
    ) -> Result<Self, OpenError> {
        if !template.directory_varies() {
            let path = template.expand(Names::default());
            let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            if !parent.is_dir() {
                return Err(explain(&path, &std::io::ErrorKind::NotFound.into()));
            }
            if manner.direct.is_some() {
                direct::probe(parent).map_err(|e| explain(&path, &e))?;
            }
        }
        Ok(Self {
            template,
            stream,
            held_max: if manner.direct.is_some() { DIRECT_HELD_MAX } else { BUFFER_MAX },
            manner,
            routers: HashMap::new(),
            sessions: HashMap::new(),
            by_path: HashMap::new(),
            files: HashMap::new(),
            serial: 0,
            dirty: HashSet::new(),
            open: VecDeque::new(),
            open_max: OPEN_FILES_MAX,
            notices: Notices::default(),
            held: 0,
            pending: 0,
            written: 0,
            news: false,
        })
    }

    /// The file of a session, made if there is none yet.
    fn file_of(&mut self, session: SessionId) -> u64 {
        if let Some(id) = self.sessions.get(&session) {
            return *id;
        }
        let router = self.routers.get(&session).copied();
        let names = Names { stream: self.stream, session, router, ..Names::default() };
        let path = self.template.expand(names);
        let id = *self.by_path.entry(path.clone()).or_insert_with(|| {
            self.serial += 1;
            self.serial
        });
        let file = self.files.entry(id).or_insert_with(|| {
            let name = label(&path);
            let log = LogFile::new(path, self.manner.clone());
            SessionFile { appender: Appender::new(log, name), sessions: 0, names }
        });
        file.sessions += 1;
        self.sessions.insert(session, id);
        id
    }

    /// Runs `act` on a file and keeps the sums and lists true.
    fn with<T>(
        &mut self,
        id: u64,
        act: impl FnOnce(&mut Appender<LogFile>, &mut Notices) -> T,
    ) -> Option<T> {
        let a = &mut self.files.get_mut(&id)?.appender;
        let (held, pending, written) = (a.held(), a.pending(), a.written());
        let was_open = a.out.is_open();
        let result = act(a, &mut self.notices);
        self.held = self.held - held + a.held();
        self.pending = self.pending - pending + a.pending();
        self.written += a.written() - written;
        if a.held() > 0 {
            self.dirty.insert(id);
        } else {
            self.dirty.remove(&id);
            a.shrink(); // ten thousand quiet sessions must not keep their largest buffers
        }
        if a.out.is_open() && !was_open {
            self.open.push_back(id);
        }
        Some(result)
    }

    /// Closes files beyond the limit; one with octets that wait stays, for it may be inside a
    /// record.
    fn close_surplus(&mut self) {
        for _ in 0..self.open.len().saturating_sub(self.open_max) {
            let Some(id) = self.open.pop_front() else { return };
            match self.files.get_mut(&id) {
                Some(file) if file.appender.held() > 0 => self.open.push_back(id),
                Some(file) => file.appender.out.close(),
                None => {}
            }
        }
    }

    /// Takes descriptors from other files for one that finds none left. Sessions may stay for
    /// months: to wait until one ends and gives its descriptor back could be for ever.
    fn relieve(&mut self, id: u64) {
        let open = self.open.len();
        let is_starved = self.files.get(&id).is_some_and(|file| file.appender.out.is_starved());
        if !is_starved || open == 0 {
            return;
        }
        self.open_max = (open - open.div_ceil(4)).max(1);
        self.close_surplus();
        // Only if one was free to go; else as after any other failure.
        if self.open.len() < open
            && let Some(file) = self.files.get_mut(&id)
        {
            file.appender.retry_now();
        }
    }

    /// Lets a file go that no session writes to any more, once it has everything.
    fn release(&mut self, id: u64) {
        let idle = self.files.get(&id).is_some_and(|f| f.sessions == 0 && f.appender.held() == 0);
        if idle && let Some(file) = self.files.remove(&id) {
            self.by_path.remove(file.appender.out.path());
            if file.appender.out.is_open() {
                self.open.retain(|open| *open != id);
            }
        }
    }

    /// Ends a session: its file is released when all is written.
    fn end(&mut self, session: SessionId, now: Instant) {
        self.routers.remove(&session);
        let Some(id) = self.sessions.remove(&session) else { return };
        self.with(id, |a, notices| a.flush(now, notices));
        if let Some(file) = self.files.get_mut(&id) {
            file.sessions -= 1;
        }
        self.release(id);
    }
}

/// The end of the run of frames from `first` on that belong to one session and do not end it.
fn run_end(frames: &Frames, first: usize) -> usize {
    let session = frames.frame(first).session;
    let goes_on = |i: &usize| {
        let frame = frames.frame(*i);
        frame.session == session && frames.frame(*i - 1).kind != FrameKind::SessionClose
    };
    first + 1 + (first + 1..frames.len()).take_while(goes_on).count()
}

impl Transport for SessionFiles {
    fn write(&mut self, frames: &Frames, first: usize, now: Instant) -> usize {
        self.news = true;
        let mut next = first;
        while next < frames.len() {
            let end = run_end(frames, next);
            let session = frames.frame(next).session;
            let id = self.file_of(session);
            let own = self.files.get(&id).map_or(0, |f| f.appender.held());
            // The bound is for all files. One that holds nothing takes a frame beyond it, but not
            // once the bound is reached.
            if self.held - own > 0 && self.held >= self.held_max {
                self.news = false;
                self.poll(now);
                if self.held >= self.held_max {
                    break;
                }
                continue;
            }
            let limit = self.held_max.saturating_sub(self.held - own);
            let taken = self.with(id, |a, n| a.write(frames, next..end, limit, now, n));
            next += taken.unwrap_or(0);
            self.close_surplus();
            self.relieve(id);
            if next < end {
                break;
            }
            if frames.frame(end - 1).kind == FrameKind::SessionClose {
                self.end(session, now);
            }
        }
        next - first
    }

    fn poll(&mut self, now: Instant) -> Progress {
        let (written, news) = (self.written, std::mem::take(&mut self.news));
        let files = &mut self.files;
        let mut lingers =
            |id: &u64| news && files.get_mut(id).is_some_and(|f| f.appender.lingers(now));
        let due: Vec<u64> = self.dirty.iter().filter(|id| !lingers(id)).copied().collect();
        for id in due {
            self.with(id, |a, notices| a.flush(now, notices));
            self.close_surplus();
            self.relieve(id);
            self.release(id);
        }
        match () {
            () if self.written > written => Progress::Moved,
            () if self.held > 0 => Progress::Waiting,
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
        self.notices.pop()
    }

    /// Every file is closed and opens anew at its next write; time parts are filled in again.
    /// Octets that a failing file refused go to the new one.
    fn reopen(&mut self) {
        let now = Instant::now();
        let ids: Vec<u64> = self.files.keys().copied().collect();
        for id in ids {
            self.with(id, |a, notices| a.flush(now, notices));
            let Some(file) = self.files.get_mut(&id) else { continue };
            let path = self.template.expand(file.names);
            if file.appender.is_inside_record() && file.appender.out.is_at(&path) {
                continue; // the rest of what was cut belongs there
            }
            self.by_path.remove(file.appender.out.path());
            file.appender.rename(label(&path));
            file.appender.out = LogFile::new(path.clone(), self.manner.clone());
            file.appender.restart();
            self.by_path.insert(path, id);
        }
        let files = &self.files;
        self.open.retain(|id| files.get(id).is_some_and(|file| file.appender.out.is_open()));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;
    use crate::output::transport::testing::{Scratch, add};

    fn files(path: &str) -> Result<SessionFiles, OpenError> {
        let template = PathTemplate::parse(path).unwrap();
        let make_directories = template.directory_varies();
        SessionFiles::open(template, 0, Manner { make_directories, ..Manner::default() })
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
        assert_eq!((t.files.len(), t.pending(), t.sessions.len()), (1, 1, 1));
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
        assert!(t.files.is_empty() && t.by_path.is_empty() && t.routers.is_empty());
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
            let really = t.files.values().filter(|f| f.appender.out.is_open()).count();
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
    fn a_missing_directory_is_told_at_open() {
        let error = files("/nonexistent/{session}").err().unwrap();
        assert!(error.0.contains("'/nonexistent' does not exist"), "{}", error.0);
    }
}
