//! What the integration tests share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

pub(crate) mod diff;
pub(crate) mod golden;
pub(crate) mod line;
pub(crate) mod rules;

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// Says that a test, or a part of it, is skipped. Not `eprintln!`, which the harness swallows.
pub(crate) fn skipped(what: &str, why: impl std::fmt::Display) {
    let _ = std::io::stderr().write_all(format!("skipped: {what}: {why}\n").as_bytes());
}

/// Whether long recordings are to be looked at as a whole, which takes minutes without
/// optimisation: with that, or where `RIBCAGE_WHOLE` asks for it.
pub(crate) fn whole() -> bool {
    std::env::var_os("RIBCAGE_WHOLE").is_some() || !cfg!(debug_assertions)
}

/// The folder of shared recordings, or `None` after saying that `test` is skipped.
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let root = std::env::var_os("RIBCAGE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    if root.join("data").is_dir() {
        return Some(root);
    }
    skipped(test, format!("no recordings at {}; set RIBCAGE_SHARED", root.display()));
    None
}

/// A file's octets, unpacked where its name ends in `.gz`.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    let octets = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if path.extension() != Some(OsStr::new("gz")) {
        return octets;
    }
    let mut all = Vec::new();
    let mut unpack = flate2::read::MultiGzDecoder::new(octets.as_slice());
    unpack.read_to_end(&mut all).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    all
}

/// Files under `folder`, however deep, whose name ends in `ending`; sorted.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder:?}: {e}")) {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.to_string_lossy().ends_with(ending) => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// The binary under test, with times in UTC.
pub(crate) fn ribcage() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ribcage"));
    command.env("TZ", "UTC");
    command
}

/// Runs `ribcage decode` with `args` on `file`, its arrival time fixed.
pub(crate) fn decode<S: AsRef<OsStr>>(args: &[S], file: &Path) -> Output {
    let mut command = ribcage();
    command.args(["decode", "--arrival", "2026-01-02T03:04:05Z"]).args(args).arg(file);
    command.output().expect("the binary runs")
}

/// Runs `ribcage decode` and wants exit code 0.
pub(crate) fn decoded<S: AsRef<OsStr>>(args: &[S], file: &Path) -> Vec<u8> {
    let out = decode(args, file);
    let log = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{}: {}\n{log}", file.display(), out.status);
    out.stdout
}

/// The lines of `octets`, without their ends.
pub(crate) fn lines(octets: &[u8]) -> Vec<&str> {
    std::str::from_utf8(octets).expect("output is UTF-8").lines().collect()
}

/// A folder that is removed when this is dropped.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("ribcage-{name}-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file of this name and returns its path.
    pub(crate) fn file(&self, name: &str, octets: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, octets).expect("a temporary file");
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
