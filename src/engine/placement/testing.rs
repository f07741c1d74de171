//! Made-up hosts for tests: a `/proc` and a `/sys` below a folder of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::{Cpu, Host, Topology};
use crate::config::units::CpuList;

/// A root that is removed at the end.
pub(crate) struct Tree(PathBuf);

impl Tree {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Relaxed);
        let name = format!("ribcage-host-{}-{number}-{name}", std::process::id());
        let root = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        Self(root)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// A file below the root, which may replace one.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{text}\n")).unwrap();
        self
    }

    /// A file below `sys/devices/system`.
    pub(crate) fn system(self, path: &str, text: &str) -> Self {
        self.file(&format!("sys/devices/system/{path}"), text)
    }

    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
        self
    }

    /// A line of `proc/interrupts` and the CPUs that take the interrupt.
    pub(crate) fn interrupt(self, number: u32, name: &str, cpus: &str) -> Self {
        let table = self.0.join("proc/interrupts");
        let before = fs::read_to_string(table).unwrap_or("           CPU0       CPU1".into());
        let line = format!("{number:4}:       7     0  PCI-MSIX-0000:00:03.0   1-edge      {name}");
        self.file("proc/interrupts", &format!("{}\n{line}", before.trim_end()))
            .file(&format!("proc/irq/{number}/smp_affinity_list"), "0-4095")
            .file(&format!("proc/irq/{number}/effective_affinity_list"), cpus)
    }

    /// A PCI interface that is up, with its node and interrupts (number, name, CPUs).
    pub(crate) fn nic(mut self, name: &str, node: i32, interrupts: &[(u32, &str, &str)]) -> Self {
        let folder = format!("sys/class/net/{name}");
        self = self
            .file(&format!("{folder}/operstate"), "up")
            .file(&format!("{folder}/device/numa_node"), &node.to_string())
            .file(&format!("{folder}/queues/rx-0/rps_cpus"), "0");
        for (number, name, cpus) in interrupts {
            self = self
                .file(&format!("{folder}/device/msi_irqs/{number}"), "msix")
                .interrupt(*number, name, cpus);
        }
        self
    }

    pub(crate) fn host(&self, affinity: &str) -> Host {
        Host::read(self.root(), &cpus(affinity)).unwrap()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn cpus(list: &str) -> CpuList {
    CpuList::from_kernel(list).unwrap()
}

/// CPUs in one node, each a core of its own, all allowed.
pub(crate) fn flat(online: &str) -> Host {
    let affinity = cpus(online);
    let cpus = affinity.iter().map(|id| Cpu { id, core: id, node: 0 }).collect();
    Host { topology: Topology { cpus, ..Topology::default() }, affinity, ..Host::default() }
}

/// Eight cores with two threads (N and N+8), four cores a node; node 2 has memory only.
pub(crate) fn two_nodes(name: &str) -> Tree {
    let mut tree = Tree::new(name)
        .system("cpu/online", "0-15")
        .system("cpu/offline", "")
        .system("cpu/isolated", "")
        .system("node/node0/cpulist", "0-3,8-11")
        .system("node/node1/cpulist", "4-7,12-15")
        .system("node/node2/cpulist", "")
        .system("node/online", "0-2");
    for cpu in 0..16 {
        let path = format!("cpu/cpu{cpu}/topology/thread_siblings_list");
        tree = tree.system(&path, &format!("{},{}", cpu % 8, cpu % 8 + 8));
    }
    tree
}
