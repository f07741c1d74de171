//! `file:PATH` appends to a file. What a full disk or an I/O error refuses is kept and tried again.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::appender::{Appender, BUFFER_MAX};
use super::backoff::Backoff;
use super::direct::Bounce;
use super::log_file::{LogFile, Manner};
use super::notices::Notices;
use super::path::{Names, PathTemplate};
use super::session_files::SessionFiles;
use super::{Entry, Notice, OpenError, Progress, Setup, Transport};
use crate::output::frames::{Frames, Run};
use crate::output::url::OutputUrl;

/// The row of the table.
pub(super) static ENTRY: Entry = Entry {
    scheme: "file",
    usage: "file:PATH",
    about: "appends to a file; {writer} {session} {router} and %Y%m%d%H%M%S (UTC) are filled in",
    options: &[(
        "direct",
        "off (the default); on: large pieces go to the disk around the page cache (O_DIRECT)",
    )],
    lossy: false,
    socket: false,
    check,
    open,
};

fn check(url: &OutputUrl) -> Result<(), OpenError> {
    template(url)?;
    direct(url).map(drop)
}

/// The memory of `direct=on`.
fn direct(url: &OutputUrl) -> Result<Option<Bounce>, OpenError> {
    match url.option("direct") {
        None | Some("off") => Ok(None),
        Some("on") => Ok(Some(Bounce::default())),
        Some(other) => Err(OpenError(format!("direct is on or off, not '{other}'"))),
    }
}

fn template(url: &OutputUrl) -> Result<PathTemplate, OpenError> {
    PathTemplate::parse(&url.target).map_err(|e| OpenError(format!("file: {e}; like file:/tmp/x")))
}

fn open(setup: &Setup<'_>) -> Result<Box<dyn Transport>, OpenError> {
    let template = template(setup.url)?;
    let manner = Manner {
        line_oriented: setup.line_oriented,
        make_directories: template.directory_varies(),
        direct: direct(setup.url)?,
    };
    if template.per_session() {
        let files = SessionFiles::open(template, setup.stream, manner);
        return files.map(|t| Box::new(t) as Box<dyn Transport>);
    }
    let names = Names { stream: setup.stream, ..Names::default() };
    let path = template.expand(names);
    let mut log = LogFile::new(path.clone(), manner);
    log.open().map_err(|e| explain(&path, &e))?;
    let appender = Appender::new(log, label(&path));
    let notices = Notices::default();
    Ok(Box::new(SingleFile { template, names, appender, notices, reopening: None, news: false }))
}

/// How notices call a file.
pub(super) fn label(path: &Path) -> String {
    format!("file:{}", path.display())
}

/// Says why a file cannot be opened and what would help.
pub(super) fn explain(path: &Path, error: &io::Error) -> OpenError {
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

/// One file for the whole stream.
struct SingleFile {
    template: PathTemplate,
    names: Names,
    appender: Appender<LogFile>,
    notices: Notices,
    /// A change to a new file is wanted; with the delays between its attempts.
    reopening: Option<Backoff>,
    /// Something came since the last poll: more may follow.
    news: bool,
}

impl SingleFile {
    /// Changes to a new file once the old one has what it began: its pending octets, or, when it
    /// takes none, nothing that is not given whole to the new one.
    fn change_file(&mut self, now: Instant) {
        let Some(backoff) = self.reopening.as_mut().filter(|b| b.ready(now)) else { return };
        if self.appender.held() > 0 && !self.appender.is_failing() {
            return;
        }
        let path = self.template.expand(self.names);
        if self.appender.is_inside_record() && self.appender.out.is_at(&path) {
            self.reopening = None; // the rest of what was cut belongs there
            return;
        }
        let target = label(&path);
        match self.appender.out.change_to(path) {
            Ok(()) => {
                self.reopening = None;
                self.appender.restart();
                self.appender.rename(target);
            }
            Err(e) => {
                let retry_ms = super::backoff::millis(backoff.fail(now));
                let error = format!("{e}; the file opened before is still written to");
                self.notices.push(Notice::WriteFailed { target, error, retry_ms });
            }
        }
    }
}

impl Transport for SingleFile {
    fn write(&mut self, frames: &Frames, first: usize, now: Instant) -> usize {
        if self.reopening.is_some() {
            self.news = false;
            self.poll(now);
        }
        self.news = true;
        let range = first..frames.len();
        self.appender.write(frames, range, BUFFER_MAX, now, &mut self.notices)
    }

    fn run(&self) -> Run {
        self.appender.run()
    }

    fn poll(&mut self, now: Instant) -> Progress {
        if std::mem::take(&mut self.news) && self.appender.lingers(now) {
            return Progress::Waiting;
        }
        let progress = self.appender.flush(now, &mut self.notices);
        self.change_file(now);
        progress
    }

    fn pending(&self) -> u64 {
        self.appender.pending()
    }

    fn bytes_written(&self) -> u64 {
        self.appender.written()
    }

    fn dropped(&self) -> u64 {
        self.appender.dropped()
    }

    fn notice(&mut self) -> Option<Notice> {
        self.notices.pop()
    }

    fn reopen(&mut self) {
        self.reopening = Some(Backoff::new(Duration::from_millis(100), Duration::from_secs(5)));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;
    use crate::output::frames::FrameKind;
    use crate::output::transport::direct;
    use crate::output::transport::testing::{Scratch, frames_of, url};
    use crate::record::SessionId;

    fn open_path(path: &str) -> Result<Box<dyn Transport>, OpenError> {
        let url = url("file", path, &[]);
        open(&Setup { url: &url, per_session: false, line_oriented: true, stream: 2 })
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
        let setup = Setup { url: &url, per_session: false, line_oriented: true, stream: 0 };
        let (mut t, mut frames) = (open(&setup).unwrap(), Frames::new());
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
            Bounce::default(),
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
        assert!(error(&dir.file("")).contains("is a directory"));
        assert!(error("a{b}").contains("{writer}"));
    }
}
