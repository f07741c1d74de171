//! What placement knows of the machine and of this process's share of it.

use std::io;
use std::path::Path;

use super::{Cgroup, Nic, Topology, TopologyError};
use crate::config::units::CpuList;

/// Threads that every collector has: a reactor and a writer.
const THREADS_MIN: usize = 2;

/// The machine, and how much of it this process may use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// Its CPUs.
    pub topology: Topology,
    /// The CPUs of this process's affinity mask.
    pub affinity: CpuList,
    /// The limits of this process's control group.
    pub cgroup: Cgroup,
    /// The network interfaces that are up.
    pub nics: Vec<Nic>,
    /// What could not be found and what was taken for granted instead.
    pub notes: Vec<String>,
}

impl Host {
    /// Reads `/proc` and `/sys` under `root` (`/` but for tests); `affinity` is this process's.
    ///
    /// # Errors
    /// [`TopologyError`] when a file of the topology is there but is not a CPU list. All else that
    /// is hidden or makes no sense limits nothing.
    pub fn read(root: &Path, affinity: &CpuList) -> Result<Self, TopologyError> {
        let topology = Topology::read(root, affinity)?;
        let mut notes = topology.notes.clone();
        let cgroup = Cgroup::read(root);
        if let Some(cpus) = &cgroup.cpus
            && cpus.and(affinity).is_empty()
        {
            notes.push(format!(
                "the control group names CPUs {cpus}, the affinity mask {affinity}: the mask is \
                 what holds"
            ));
        }
        let nics = Nic::read_all(root);
        let unseen = |nic: &&Nic| nic.receive_cpus().is_empty();
        let unseen: Vec<&str> = nics.iter().filter(unseen).map(|nic| nic.name.as_str()).collect();
        if !unseen.is_empty() {
            notes.push(format!(
                "which CPUs take the interrupts of {} cannot be seen here: nothing is kept clear \
                 of them",
                unseen.join(", ")
            ));
        }
        Ok(Self { topology, affinity: affinity.clone(), cgroup, nics, notes })
    }

    /// Reads this machine.
    ///
    /// # Errors
    /// What cannot be read, in words.
    pub fn here() -> Result<Self, String> {
        let affinity =
            allowed_cpus().map_err(|e| format!("the CPU affinity mask cannot be read: {e}"))?;
        Self::read(Path::new("/"), &affinity).map_err(|e| e.to_string())
    }

    /// The CPUs that the control group leaves of the affinity mask.
    #[must_use]
    pub fn allowed(&self) -> CpuList {
        let both = self.cgroup.cpus.as_ref().map(|cpus| cpus.and(&self.affinity));
        both.filter(|both| !both.is_empty()).unwrap_or_else(|| self.affinity.clone())
    }

    /// The allowed CPUs that are online.
    #[must_use]
    pub fn usable(&self) -> CpuList {
        self.topology.online().and(&self.allowed())
    }

    /// How many threads may be busy at once under the quota, but never less than a reactor and a
    /// writer; `None` without a quota.
    #[must_use]
    pub fn threads_max(&self) -> Option<usize> {
        self.cgroup.quota.map(|quota| quota.threads().max(THREADS_MIN))
    }

    /// The CPUs that serve what network interfaces receive.
    #[must_use]
    pub fn nic_cpus(&self) -> CpuList {
        self.nics.iter().fold(CpuList::default(), |all, nic| all.or(&nic.receive_cpus()))
    }

    /// The nodes that network interfaces are attached to.
    #[must_use]
    pub fn nic_nodes(&self) -> Vec<usize> {
        let mut nodes: Vec<usize> = self.nics.iter().filter_map(|nic| nic.node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}

/// The CPUs on which the kernel lets this process run.
///
/// # Errors
/// The system's error, on machines with more than 1024 CPUs too.
pub fn allowed_cpus() -> io::Result<CpuList> {
    let set = rustix::thread::sched_getaffinity(None)?;
    Ok((0..rustix::thread::CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect())
}
