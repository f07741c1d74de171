//! Files below a root: `/`, or a made-up tree in tests. Containers may hide any of them.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::units::CpuList;

/// A file of the topology that makes no sense.
#[derive(Debug)]
pub struct TopologyError {
    path: PathBuf,
    problem: String,
}

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl std::error::Error for TopologyError {}

/// What a file says, without white space around it; `None` when it is not there or hidden.
pub(super) fn text(path: &Path) -> Option<String> {
    // Names in the kernel's tables may hold any octets.
    let octets = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&octets).trim().to_owned())
}

/// The CPU list in a file; `None` when it is not there or hidden.
pub(super) fn list(path: &Path) -> Result<Option<CpuList>, TopologyError> {
    // Older kernels write this where no list was set.
    let Some(text) = text(path).filter(|text| text != "(null)") else { return Ok(None) };
    let list = CpuList::from_kernel(&text);
    list.map(Some).map_err(|e| TopologyError { path: path.to_owned(), problem: e.to_string() })
}

/// The names in a folder, sorted; none when it is not there or hidden.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}
