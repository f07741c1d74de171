//! `file:PATH` appends to a file, or writes one after the other. What a full disk or an I/O error
//! refuses is kept and tried again.
//!
//! ```text
//!   options ─▶ Plan ─┬─▶ one Series                        file:PATH
//!                    └─▶ FileSet: a Series for each name   {session} {router} {peer} {view} {topic}
//!   Series = names + (Packer) + Appender over LogFile (page cache or Direct) + what stands
//! ```

mod direct;
mod log_file;
mod names;
mod options;
mod pack;
mod recover;
mod retain;
mod series;
mod set;

use std::io;
use std::path::Path;
use std::time::Instant;

use options::{Fsync, Plan};
use pack::FRAME;
use recover::Recovered;
use series::{Series, Shared};
use set::FileSet;

use super::appender::BUFFER_MAX;
use super::path::{Names, PathTemplate};
use super::{Entry, Notice, OpenError, Progress, Setup, Transport};
use crate::output::frames::{Frames, Run};
use crate::output::url::OutputUrl;

/// The row of the table.
pub(super) static ENTRY: Entry = Entry {
    scheme: "file",
    usage: "file:PATH",
    about: "appends to a file; {writer} {session} {router} {peer} {view} {topic} and \
            %Y%m%d%H%M%S (UTC) are filled in; PATH/ has a file for each topic",
    options: options::HELP,
    lossy: false,
    socket: false,
    check,
    open,
};

fn check(url: &OutputUrl) -> Result<(), OpenError> {
    Plan::new(url, &PathTemplate::target(url), 0, false).map(drop)
}

/// The path of the file that an output writes, with what its options add to the name and its parts
/// as they are typed.
pub(crate) fn file_of(url: &OutputUrl) -> String {
    let target = PathTemplate::target(url);
    let plan = Plan::new(url, &target, 0, false);
    plan.map_or_else(|_| target.to_string(), |plan| plan.names.typed(&target, plan.rotates()))
}

fn open(setup: &Setup<'_>) -> Result<Box<dyn Transport>, OpenError> {
    let mut target = PathTemplate::target(setup.url).into_owned();
    if !setup.topics.is_empty() && Path::new(&target).is_dir() {
        target.push_str("/{topic}");
    }
    let plan = Plan::of(setup, &target)?;
    let recovered = match plan.rotates() {
        true => recover::recover(&plan.names, plan.manner.packed, setup.layout)
            .map_err(|e| OpenError(format!("cannot complete what the last run left: {e}")))?,
        false => Recovered::default(),
    };
    let template = plan.template();
    if template.per_session() || template.per_peer() || template.per_topic() {
        return FileSet::open(plan, recovered).map(|t| Box::new(t) as Box<dyn Transport>);
    }
    SingleFile::open(plan, recovered).map(|t| Box::new(t) as Box<dyn Transport>)
}

/// How notices call a file.
fn label(path: &Path) -> String {
    format!("file:{}", path.display())
}

/// Says why a file cannot be opened and what would help.
fn explain(path: &Path, error: &io::Error) -> OpenError {
    let shown = path.display();
    OpenError(match error.kind() {
        io::ErrorKind::NotFound => {
            let parent = path.parent().unwrap_or(Path::new("")).display();
            format!(
                "cannot open '{shown}': the directory '{parent}' does not exist; create it first"
            )
        }
        io::ErrorKind::IsADirectory => {
            format!("cannot open '{shown}': it is a directory; give the path of a file")
        }
        _ if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            format!("cannot open '{shown}': nobody reads this FIFO; start its reader first")
        }
        _ => format!("cannot open '{shown}': {error}"),
    })
}

/// When the disk is to have everything next, where that is wanted every so often.
#[derive(Debug, Default)]
struct SyncClock(Option<Instant>);

impl SyncClock {
    fn is_due(&mut self, fsync: Fsync, now: Instant) -> bool {
        let Fsync::Every(time) = fsync else { return false };
        let is_due = self.0.is_none_or(|at| now.saturating_duration_since(at) >= time);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

/// One file, or one after the other, for the whole stream.
struct SingleFile {
    series: Series,
    shared: Shared,
    sync_clock: SyncClock,
    /// Something came since the last poll: more may follow.
    news: bool,
    /// Nothing may wait for company any more.
    draining: bool,
}

impl SingleFile {
    fn open(plan: Plan, recovered: Recovered) -> Result<Self, OpenError> {
        let names = Names { stream: plan.stream, ..Names::default() };
        let mut series = Series::new(names, "", &plan);
        let mut shared = Shared::new(plan)?;
        let path = series.appender.out.path().to_owned();
        series.open(&mut shared).map_err(|e| explain(&path, &e))?;
        shared.tell(recovered);
        shared.retain(Instant::now());
        let sync_clock = SyncClock::default();
        Ok(Self { series, shared, sync_clock, news: false, draining: false })
    }

    /// Octets that may wait.
    fn limit(&self) -> usize {
        match self.shared.plan.manner.packed {
            Some(_) => 2 * FRAME,
            None => BUFFER_MAX,
        }
    }
}

impl Transport for SingleFile {
    fn write(&mut self, frames: &Frames, first: usize, now: Instant) -> usize {
        if self.series.is_reopening() {
            self.news = false;
            self.poll(now);
        }
        self.news = true;
        let (range, limit) = (first..frames.len(), self.limit());
        self.series.write(frames, range, limit, now, &mut self.shared)
    }

    fn run(&self) -> Run {
        self.series.run(&self.shared.plan)
    }

    fn poll(&mut self, now: Instant) -> Progress {
        if std::mem::take(&mut self.news) && self.series.appender.lingers(now) {
            return Progress::Waiting;
        }
        let (series, shared) = (&mut self.series, &mut self.shared);
        let written = series.written();
        series.flush(self.draining, now, shared);
        if series.is_due(&shared.plan) {
            series.complete(now, shared);
        }
        series.change_file(now, shared);
        if self.sync_clock.is_due(shared.plan.fsync, now) {
            series.sync(now, shared);
        }
        shared.retain(now);
        match () {
            () if series.written() > written => Progress::Moved,
            () if series.is_on_its_way() => Progress::Waiting,
            () => Progress::Idle,
        }
    }

    fn pending(&self) -> u64 {
        self.series.pending()
    }

    fn bytes_written(&self) -> u64 {
        self.series.written()
    }

    fn dropped(&self) -> u64 {
        self.series.appender.dropped()
    }

    fn notice(&mut self) -> Option<Notice> {
        self.shared.notices.pop()
    }

    fn reopen(&mut self) {
        self.series.reopen(&self.shared.plan);
    }

    fn drain(&mut self) {
        self.draining = true;
    }
}

impl Drop for SingleFile {
    fn drop(&mut self) {
        self.series.close(Instant::now(), &mut self.shared);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;
    use crate::output::frames::FrameKind;
    use crate::output::transport::testing::{Scratch, frames_of, setup, url};
    use crate::record::SessionId;

    fn open_path(path: &str) -> Result<Box<dyn Transport>, OpenError> {
        let url = url("file", path, &[]);
        open(&Setup { stream: 2, ..setup(&url) })
    }

    #[test]
    fn records_reach_the_file_at_the_next_poll() {
        let dir = Scratch::new();
        let path = dir.file("out-{writer}.json");
        let mut t = open_path(&path).unwrap();
        let now = Instant::now();
        assert_eq!(t.write(&frames_of(&[b"skipped\n", b"a\n", b"b\n"]), 1, now), 2);
        assert_eq!((t.pending(), t.bytes_written()), (2, 0));
        assert_eq!(t.poll(now), Progress::Moved);
        assert_eq!((t.pending(), t.bytes_written()), (0, 4));
        assert_eq!(t.poll(now), Progress::Idle);
        assert_eq!(fs::read_to_string(dir.path().join("out-2.json")).unwrap(), "a\nb\n");
    }

    #[test]
    fn reopening_finishes_the_old_file_and_opens_the_path_anew() {
        let dir = Scratch::new();
        let (path, old) = (dir.file("x"), dir.file("x.1"));
        let mut t = open_path(&path).unwrap();
        let now = Instant::now();
        t.write(&frames_of(&[b"before\n"]), 0, now);
        fs::rename(&path, &old).unwrap();
        t.reopen();
        t.write(&frames_of(&[b"after\n"]), 0, now);
        t.poll(now);
        assert_eq!(fs::read_to_string(&old).unwrap(), "before\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "after\n");
    }

    #[test]
    fn a_path_that_cannot_be_opened_anew_leaves_the_old_file_in_use() {
        let dir = Scratch::new();
        fs::create_dir(dir.path().join("d")).unwrap();
        let mut t = open_path(&dir.file("d/x")).unwrap();
        fs::rename(dir.path().join("d"), dir.path().join("e")).unwrap();
        t.reopen();
        let mut now = Instant::now();
        t.write(&frames_of(&[b"kept\n"]), 0, now);
        t.poll(now);
        assert!(matches!(t.notice(), Some(Notice::WriteFailed { .. })));
        assert_eq!(fs::read_to_string(dir.path().join("e/x")).unwrap(), "kept\n");
        fs::create_dir(dir.path().join("d")).unwrap();
        now += Duration::from_secs(1);
        t.poll(now);
        t.write(&frames_of(&[b"moved\n"]), 0, now);
        t.poll(now);
        assert_eq!(fs::read_to_string(dir.path().join("d/x")).unwrap(), "moved\n");
    }

    #[test]
    fn a_full_disk_loses_nothing_and_a_new_file_gets_what_was_kept() {
        let dir = Scratch::new();
        let path = dir.file("x");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let mut t = open_path(&path).unwrap();
        let mut now = Instant::now();
        let frames = frames_of(&[&[b'r'; 99_999][..]; 12]);
        let taken = t.write(&frames, 0, now);
        assert!(taken > 0 && taken < 12, "{taken}");
        let Some(Notice::WriteFailed { error, .. }) = t.notice() else { unreachable!() };
        assert!(error.contains("No space left"), "{error}");
        for _ in 0..5 {
            now += Duration::from_secs(10);
            assert_eq!(t.poll(now), Progress::Waiting);
        }
        assert_eq!((t.notice(), t.pending(), t.bytes_written()), (None, taken as u64, 0));
        fs::remove_file(&path).unwrap();
        t.reopen();
        t.poll(now);
        t.poll(now);
        assert!(matches!(t.notice(), Some(Notice::Recovered { .. })));
        assert_eq!(t.write(&frames, taken, now), 12 - taken);
        t.poll(now);
        assert_eq!(fs::read(&path).unwrap(), frames.bytes);
        assert_eq!(t.pending(), 0);
    }

    /// Appends `total` octets of records as a running output would, and looks at the file as often
    /// as it polls.
    fn fill(path: &str, direct: &str, total: usize) {
        let url = url("file", path, &[("direct", direct)]);
        let (mut t, mut frames) = (open(&setup(&url)).unwrap(), Frames::new());
        let (before, mut made) = (fs::metadata(path).unwrap().len(), 0);
        while made < total {
            frames.begin(t.run());
            while !frames.is_full() && made < total {
                let len = (total - made).min(600 + made % 401);
                let line = (0..len - 1).map(|n| b'a' + ((made + n) % 26) as u8);
                frames.bytes.extend(line.chain([b'\n']));
                frames.end(FrameKind::Record, SessionId(1));
                made += len;
            }
            assert_eq!(t.write(&frames, 0, Instant::now()), frames.len());
            t.poll(Instant::now());
            let seen = fs::metadata(path).unwrap().len();
            assert!(seen <= before + 1 + made as u64, "{seen} of {made}");
        }
        t.poll(Instant::now());
        assert_eq!((t.pending(), t.bytes_written()), (0, total as u64), "quiet, so all is there");
    }

    #[test]
    fn direct_writes_make_the_same_file_whatever_its_end_and_however_much_comes() {
        let dir = Scratch::new();
        let (direct, cached) = (dir.file("direct"), dir.file("cached"));
        fs::write(&direct, "").unwrap();
        if let Err(e) = direct::Direct::open(
            Path::new(&direct),
            &fs::File::open(&direct).unwrap(),
            direct::Bounce::default(),
        ) {
            eprintln!("skipped: direct_writes_make_the_same_file: {e}");
            return;
        }
        let mib = direct::BLOCK;
        let around = |n: usize| [n - 1, n, n + 1];
        let totals = [around(4096), around(mib / 2), around(mib), around(2 * mib + 4096)].concat();
        let ends =
            [vec![], b"torn".to_vec(), b"whole\n".to_vec(), vec![b'\n'; 4095], vec![b't'; 4096]];
        for (n, total) in totals.into_iter().enumerate() {
            let begins = &ends[n % ends.len()];
            for path in [&direct, &cached] {
                fs::write(path, begins).unwrap();
            }
            fill(&direct, "on", total);
            fill(&cached, "off", total);
            let (direct, cached) = (fs::read(&direct).unwrap(), fs::read(&cached).unwrap());
            assert!(direct == cached, "{total} octets after {}", begins.len());
            let torn = usize::from(begins.last().is_some_and(|octet| *octet != b'\n'));
            assert_eq!(direct.len(), begins.len() + torn + total);
        }
    }

    #[test]
    fn a_target_that_cannot_be_written_says_why() {
        let dir = Scratch::new();
        let error = |path: &str| open_path(path).err().unwrap().0;
        assert!(error(&dir.file("no/x")).contains("does not exist; create it first"));
        assert!(error(dir.path().to_str().unwrap()).contains("is a directory"));
        assert!(error("a{b}").contains("{writer}"));
    }
}
