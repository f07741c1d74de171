//! What checks look at.

use std::path::{Path, PathBuf};

use crate::config::units::CpuList;
use crate::engine::placement::{Host, Placement};

/// A host, the placement on it, and the files under its root. Containers may hide any of them.
pub(in crate::cli::plan) struct Facts<'a> {
    root: &'a Path,
    pub(super) host: &'a Host,
    pub(super) placement: &'a Placement,
    /// Whether a reactor could be made; `None` when that was not tried.
    pub(super) io_uring: Option<Result<(), String>>,
    limits: Option<String>,
}

/// A limit of this process; `None` stands for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) soft: Option<u64>,
    pub(super) hard: Option<u64>,
}

impl<'a> Facts<'a> {
    /// Facts under `root`. This process's limits are read at once.
    pub(in crate::cli::plan) fn new(
        root: &'a Path,
        host: &'a Host,
        placement: &'a Placement,
    ) -> Self {
        let mut new = Self { root, host, placement, io_uring: None, limits: None };
        new.limits = new.text("proc/self/limits");
        new
    }

    pub(in crate::cli::plan) fn with_io_uring(mut self, tried: Result<(), String>) -> Self {
        self.io_uring = Some(tried);
        self
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// What a file says, without white space around it.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        read(&self.path(path))
    }

    /// A number that stands alone in a file.
    pub(super) fn number(&self, path: &str) -> Option<u64> {
        self.text(path)?.parse().ok()
    }

    /// The word in brackets in a file such as `always [madvise] never`.
    pub(super) fn chosen(&self, path: &str) -> Option<String> {
        let text = self.text(path)?;
        let (_, rest) = text.split_once('[')?;
        Some(rest.split_once(']')?.0.to_owned())
    }

    /// A limit of `proc/self/limits`, by its name there.
    pub(super) fn limit(&self, name: &str) -> Option<Limit> {
        let line = self.limits.as_deref()?.lines().find(|line| line.starts_with(name))?;
        let mut values = line[name.len()..].split_whitespace().map(|word| match word {
            "unlimited" => Some(None),
            number => number.parse().ok().map(Some),
        });
        Some(Limit { soft: values.next()??, hard: values.next()?? })
    }

    /// The CPUs of reactors and writers.
    pub(super) fn pinned(&self) -> CpuList {
        self.placement.reactors.iter().chain(&self.placement.writers).copied().collect()
    }

    /// Online CPUs that are neither pinned nor isolated: those for everything else.
    pub(super) fn others(&self) -> CpuList {
        let topology = &self.host.topology;
        topology.online().minus(&self.pinned()).minus(&topology.isolated)
    }
}

/// What a file says, without white space around it; `None` when it is hidden.
pub(super) fn read(path: &Path) -> Option<String> {
    let octets = std::fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&octets).trim().to_owned())
}

/// Octets in the largest unit that leaves a whole number in front.
pub(super) fn size(octets: u64) -> String {
    match octets {
        0..1024 => format!("{octets} octets"),
        1024..1_048_576 => format!("{} KiB", octets >> 10),
        1_048_576..1_073_741_824 => format!("{} MiB", octets >> 20),
        _ => format!("{} GiB", octets >> 30),
    }
}
