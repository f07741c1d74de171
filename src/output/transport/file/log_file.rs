//! A file that is appended to: opened when needed, its torn last line closed first.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, IoSlice, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::direct::{self, Bounce, Direct};
use super::pack::Method;
use super::recover;
use crate::output::transport::appender::{Grid, Target};

/// Writes that begin and end at multiples of this cost the page cache least: it then holds them in
/// few large pieces. Larger ones leave the processor's cache before the kernel copies them.
const STEP: usize = 256 * 1024;

/// How files are opened.
#[derive(Debug, Clone, Default)]
pub(super) struct Manner {
    /// Closes a torn last line.
    pub(super) line_oriented: bool,
    /// Makes the directories that a path needs.
    pub(super) make_directories: bool,
    /// Writes around the page cache, with this memory.
    pub(super) direct: Option<Bounce>,
    /// What is written are whole frames of this kind: a torn one at the end is cut off.
    pub(super) packed: Option<Method>,
    /// Has the disk have everything when the file is closed.
    pub(super) sync_at_close: bool,
}

/// See the module. It may be closed at any time between writes and opens itself again.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: Option<File>,
    direct: Option<Direct>,
    manner: Manner,
    /// The last line in the file has no end yet.
    newline_owed: bool,
    /// Where the next octet goes, if nobody else writes to it.
    position: u64,
    /// It could not be opened for want of a descriptor.
    is_starved: bool,
    /// It has been open: its end is as it was left.
    is_known: bool,
    /// A lock tells others that it is not complete.
    locks: bool,
    /// Octets of it that the disk is known to have.
    synced: u64,
}

impl LogFile {
    /// A file that is not open yet.
    pub(super) fn new(path: PathBuf, manner: Manner) -> Self {
        let (file, direct, newline_owed, position) = (None, None, false, 0);
        let (is_starved, is_known, locks, synced) = (false, false, false, 0);
        Self {
            path,
            file,
            direct,
            manner,
            newline_owed,
            position,
            is_starved,
            is_known,
            locks,
            synced,
        }
    }

    /// Opens the file, if it is not open.
    pub(super) fn open(&mut self) -> io::Result<()> {
        if self.file.is_some() {
            return Ok(());
        }
        let opened = self.change_to(self.path.clone());
        self.is_starved = opened.as_ref().is_err_and(is_starvation);
        opened
    }

    /// Opens `path` and lets go of the file that was open; keeps that one on errors.
    pub(super) fn change_to(&mut self, path: PathBuf) -> io::Result<()> {
        self.make_directory(&path)?;
        let file = open_append(&path, false)?;
        let is_known = self.is_known && path == self.path;
        match self.manner.packed {
            Some(method) if !is_known => cut_torn_frame(&path, &file, method)?,
            _ => {}
        }
        let is_text = self.manner.line_oriented && self.manner.packed.is_none();
        let newline_owed = is_text && is_torn(&path, &file)?;
        self.take(path, file)?;
        (self.newline_owed, self.locks) = (newline_owed, self.locks && is_known);
        if let (true, Some(file)) = (self.locks, &self.file) {
            recover::lock(file)?;
        }
        Ok(())
    }

    /// Makes the file `path`, which must not exist, and lets go of the one that was open; keeps
    /// that on errors. A lock on it tells others that it is written to.
    pub(super) fn create(&mut self, path: PathBuf) -> io::Result<()> {
        self.make_directory(&path)?;
        let made = open_append(&path, true).and_then(|file| {
            let taken = match recover::lock(&file) {
                Ok(true) if recover::is_at(&file, &path) => self.take(path.clone(), file),
                // Another collector, which has just begun, took it for what a crash has left.
                Ok(_) => return Err(ErrorKind::AlreadyExists.into()),
                Err(e) => Err(e),
            };
            if taken.is_err() {
                let _ = fs::remove_file(&path); // it was made just now
            }
            taken
        });
        self.is_starved = made.as_ref().is_err_and(is_starvation);
        made?;
        (self.newline_owed, self.locks) = (false, true);
        Ok(())
    }

    fn make_directory(&self, path: &Path) -> io::Result<()> {
        match path.parent() {
            Some(parent) if self.manner.make_directories => fs::create_dir_all(parent),
            _ => Ok(()),
        }
    }

    /// Goes on with this file.
    fn take(&mut self, path: PathBuf, file: File) -> io::Result<()> {
        let bounce = self.manner.direct.clone();
        let direct = bounce.map(|bounce| Direct::open(&path, &file, bounce)).transpose()?;
        self.direct = direct;
        self.position = file.metadata().map_or(0, |meta| meta.len());
        self.synced = 0; // nobody knows of what is there
        self.file = Some(file);
        (self.path, self.is_known) = (path, true);
        Ok(())
    }

    /// Closes the file until the next write.
    pub(super) fn close(&mut self) {
        if self.manner.sync_at_close {
            let _ = self.sync(); // as good as it gets: the kernel has told of errors before
        }
        (self.file, self.direct) = (None, None);
    }

    /// Whether the disk is known to have what was written.
    pub(super) fn is_synced(&self) -> bool {
        self.synced >= self.position
    }

    /// Waits until the disk has what was written since the last time, if the file is open.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        let is_synced = self.is_synced();
        if let Some(file) = self.file.as_ref().filter(|_| !is_synced) {
            match rustix::fs::fdatasync(file) {
                // A FIFO or a device has no disk.
                Ok(()) | Err(Errno::INVAL | Errno::ROFS) => self.synced = self.position,
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    /// Where the next octet goes.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Whether it holds a descriptor.
    pub(super) fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Whether it is open and `path` leads to the same file.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.file.as_ref().is_some_and(|file| recover::is_at(file, path))
    }

    /// Whether the last attempt to open it failed because this process (or the system) has as many
    /// open files as it may have.
    pub(super) fn is_starved(&self) -> bool {
        self.is_starved
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Write for LogFile {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(octets)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.open()?;
        let Some(file) = &mut self.file else { return Ok(0) };
        if self.newline_owed {
            file.write_all(b"\n")?;
            self.newline_owed = false;
            self.position += 1;
        }
        let n = match &mut self.direct {
            Some(direct) => direct.write(file, self.position, parts)?,
            None => file.write_vectored(parts)?,
        };
        self.position += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Target for LogFile {
    fn grid(&self) -> Option<Grid> {
        let position = self.position;
        Some(match &self.direct {
            Some(direct) => Grid { position, step: direct::BLOCK, align: direct.align() },
            None => Grid { position, step: STEP, align: 1 },
        })
    }
}

/// Opens for appending. Without blocking: a FIFO that nobody reads would hold the program up.
fn open_append(path: &Path, is_new: bool) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY).bits() as i32;
    let mut options = OpenOptions::new();
    options.append(true).custom_flags(flags);
    if is_new {
        options.create_new(true)
    } else {
        options.create(true)
    };
    options.open(path)
}

/// Cuts off what a crash has left of a frame. What is no regular file is taken to be whole.
fn cut_torn_frame(path: &Path, file: &File, method: Method) -> io::Result<()> {
    let meta = file.metadata()?;
    if !meta.is_file() || meta.len() == 0 {
        return Ok(());
    }
    let end = recover::sound_end(&File::open(path)?, method)?;
    if end < meta.len() { file.set_len(end) } else { Ok(()) }
}

/// Whether a regular file ends inside a line. One that may not be read is taken to be whole.
fn is_torn(path: &Path, file: &File) -> io::Result<bool> {
    let Ok(meta) = file.metadata() else { return Ok(false) };
    let Some(last) = meta.len().checked_sub(1).filter(|_| meta.is_file()) else {
        return Ok(false);
    };
    let mut octet = [b'\n'];
    match File::open(path) {
        Ok(file) => Ok(file.read_exact_at(&mut octet, last).is_ok() && octet != *b"\n"),
        Err(error) if is_starvation(&error) => Err(error),
        Err(_) => Ok(false),
    }
}

/// Whether an error says that there are too many open files.
fn is_starvation(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(errno, Some(Errno::MFILE | Errno::NFILE))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::output::transport::testing::Scratch;

    fn write_to(path: &Path, line_oriented: bool) {
        let manner = Manner { line_oriented, ..Manner::default() };
        let mut log = LogFile::new(path.into(), manner);
        log.write_all(b"new\n").unwrap();
    }

    #[test]
    fn a_torn_last_line_is_closed_and_a_whole_one_is_left_alone() {
        let dir = Scratch::new();
        let path = dir.path().join("x");
        fs::write(&path, "whole\nto").unwrap();
        write_to(&path, true);
        write_to(&path, true);
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole\nto\nnew\nnew\n");
        fs::write(&path, "bin").unwrap();
        write_to(&path, false);
        assert_eq!(fs::read_to_string(&path).unwrap(), "binnew\n");
        fs::write(&path, "").unwrap();
        write_to(&path, true);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
    }

    #[test]
    fn a_new_file_must_be_new_and_is_locked_while_it_is_open() {
        let dir = Scratch::new();
        let path = dir.path().join("x");
        let mut log = LogFile::new(PathBuf::new(), Manner::default());
        log.create(path.clone()).unwrap();
        log.write_all(b"1\n").unwrap();
        let is_free = || recover::lock(&File::open(&path).unwrap()).unwrap();
        assert!(!is_free());
        log.close();
        assert!(is_free());
        log.write_all(b"2\n").unwrap();
        assert!(!is_free(), "also when it opens again");
        assert_eq!((log.position(), fs::read_to_string(&path).unwrap()), (4, "1\n2\n".into()));
        let taken = log.create(path.clone()).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        log.write_all(b"3\n").unwrap();
        log.sync().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n3\n");
    }

    #[test]
    fn a_torn_frame_is_cut_off_before_the_first_write_and_something_else_is_refused() {
        use crate::output::transport::file::pack::Packer;
        let dir = Scratch::new();
        let path = dir.path().join("x.zst");
        let mut packer = Packer::new(Method::Zstd(1)).unwrap();
        let frame = packer.pack(b"whole\n").unwrap().to_vec();
        fs::write(&path, [&frame[..], &frame[..10]].concat()).unwrap();
        let manner =
            Manner { packed: Some(Method::Zstd(1)), line_oriented: true, ..Manner::default() };
        LogFile::new(path.clone(), manner.clone()).write_all(&frame).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [&frame[..], &frame].concat());
        fs::write(&path, "text\n").unwrap();
        assert!(LogFile::new(path.clone(), manner).write_all(&frame).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "text\n");
    }

    #[test]
    fn a_closed_file_opens_again_and_appends() {
        let dir = Scratch::new();
        let path = dir.path().join("a/b/x");
        let manner = Manner { make_directories: true, ..Manner::default() };
        let mut log = LogFile::new(path.clone(), manner);
        log.write_all(b"1\n").unwrap();
        log.close();
        assert!(!log.is_open());
        log.write_all(b"2\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
    }
}
