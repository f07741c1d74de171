//! A file that is appended to: opened when needed, its torn last line closed first.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::appender::{Grid, Target};
use super::direct::{self, Bounce, Direct};

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
}

impl LogFile {
    /// A file that is not open yet.
    pub(super) fn new(path: PathBuf, manner: Manner) -> Self {
        let (file, direct, newline_owed, position) = (None, None, false, 0);
        Self { path, file, direct, manner, newline_owed, position, is_starved: false }
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
        if self.manner.make_directories
            && let Some(parent) = path.parent()
        {
            fs::create_dir_all(parent)?;
        }
        let file = open_append(&path)?;
        let bounce = self.manner.direct.clone();
        self.direct = bounce.map(|bounce| Direct::open(&path, &file, bounce)).transpose()?;
        self.newline_owed = self.manner.line_oriented && is_torn(&path, &file)?;
        self.position = file.metadata().map_or(0, |meta| meta.len());
        self.file = Some(file);
        self.path = path;
        Ok(())
    }

    /// Closes the file until the next write.
    pub(super) fn close(&mut self) {
        (self.file, self.direct) = (None, None);
    }

    /// Whether it holds a descriptor.
    pub(super) fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Whether it is open and `path` leads to the same file.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        let known = |meta: fs::Metadata| (meta.dev(), meta.ino());
        let open = self.file.as_ref().and_then(|file| file.metadata().ok()).map(known);
        open.is_some() && open == fs::metadata(path).ok().map(known)
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
fn open_append(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY).bits() as i32;
    OpenOptions::new().append(true).create(true).custom_flags(flags).open(path)
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
