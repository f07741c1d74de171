//! The CPUs of a machine: which are online, who shares a core or a node, who is kept free.

use std::collections::BTreeMap;
use std::path::Path;

use super::tree::{TopologyError, list, names, text};
use crate::config::units::CpuList;

/// One online CPU, as far as placement cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpu {
    /// Its number.
    pub id: usize,
    /// The lowest CPU number on the same physical core: SMT siblings have it in common.
    pub core: usize,
    /// Its NUMA node; 0 where the kernel names none.
    pub node: usize,
}

/// The CPUs of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topology {
    /// Every online CPU, ascending by number.
    pub cpus: Vec<Cpu>,
    /// CPUs that are there and switched off.
    pub offline: CpuList,
    /// CPUs that the kernel keeps free of other threads (`isolcpus=`).
    pub isolated: CpuList,
    /// CPUs without a timer tick while one thread runs on them (`nohz_full=`).
    pub nohz_full: CpuList,
    /// CPUs whose RCU callbacks run elsewhere (`rcu_nocbs=`, and all of `nohz_full=`).
    pub rcu_nocbs: CpuList,
    /// What could not be found and what was taken for granted instead.
    pub notes: Vec<String>,
}

impl Topology {
    /// Reads `sys/devices/system` under `root` (`/` but for tests). Where nothing says which CPUs
    /// are online, `allowed` is taken for them, each a core of its own: containers may hide the
    /// tree.
    ///
    /// # Errors
    /// [`TopologyError`] when a file is there but is not a CPU list.
    pub fn read(root: &Path, allowed: &CpuList) -> Result<Self, TopologyError> {
        let system = root.join("sys/devices/system");
        let mut notes = Vec::new();
        let online = match list(&system.join("cpu/online"))? {
            Some(online) if !online.is_empty() => online,
            _ => {
                notes.push(format!(
                    "{} names no CPUs: this process's own ({allowed}) are taken for the online \
                     ones",
                    system.join("cpu/online").display()
                ));
                allowed.clone()
            }
        };
        let node_of = nodes(&system.join("node"))?;
        let mut cpus = Vec::with_capacity(online.len());
        for id in online.iter() {
            let file = format!("cpu/cpu{id}/topology/thread_siblings_list");
            let siblings = list(&system.join(file))?.unwrap_or_default();
            let core = siblings.iter().next().unwrap_or(id);
            cpus.push(Cpu { id, core, node: node_of.get(&id).copied().unwrap_or(0) });
        }
        let offline = list(&system.join("cpu/offline"))?.unwrap_or_default();
        let boot = text(&root.join("proc/cmdline")).unwrap_or_default();
        let last = online.iter().chain(offline.iter()).max().unwrap_or(0);
        let of_boot = |parameter| boot_list(&boot, parameter, last);
        let isolated = list(&system.join("cpu/isolated"))?;
        let nohz_full = list(&system.join("cpu/nohz_full"))?;
        let nohz_full = nohz_full.unwrap_or_else(|| of_boot("nohz_full"));
        Ok(Self {
            cpus,
            offline,
            isolated: isolated.unwrap_or_else(|| of_boot("isolcpus")),
            // No other file has this one.
            rcu_nocbs: of_boot("rcu_nocbs").or(&nohz_full),
            nohz_full,
            notes,
        })
    }

    /// The online CPUs.
    #[must_use]
    pub fn online(&self) -> CpuList {
        self.cpus.iter().map(|cpu| cpu.id).collect()
    }

    /// The NUMA nodes with their online CPUs, ascending.
    #[must_use]
    pub fn nodes(&self) -> BTreeMap<usize, CpuList> {
        let mut nodes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for cpu in &self.cpus {
            nodes.entry(cpu.node).or_default().push(cpu.id);
        }
        nodes.into_iter().map(|(node, cpus)| (node, cpus.into_iter().collect())).collect()
    }

    /// How many physical cores are online.
    #[must_use]
    pub fn cores(&self) -> usize {
        self.cpus.iter().map(|cpu| cpu.core).collect::<CpuList>().len()
    }
}

/// The node of each CPU, from `node*/cpulist`.
fn nodes(folder: &Path) -> Result<BTreeMap<usize, usize>, TopologyError> {
    let mut node_of = BTreeMap::new();
    for name in names(folder) {
        let number = name.strip_prefix("node").and_then(|number| number.parse().ok());
        if let Some(node) = number {
            // A node may have memory and no CPU.
            let cpus = list(&folder.join(name).join("cpulist"))?.unwrap_or_default();
            node_of.extend(cpus.iter().map(|cpu| (cpu, node)));
        }
    }
    Ok(node_of)
}

/// The CPUs of a boot parameter, in the kernel's longer syntax: flags such as `domain` before them,
/// `all`, `N` for the last CPU, and strides such as `0-15:2/4` (2 of every 4). What makes no sense
/// to us is left out.
fn boot_list(boot: &str, parameter: &str, last: usize) -> CpuList {
    let values = boot.split_whitespace().filter_map(|word| word.split_once('='));
    let named = values.filter(|(name, _)| *name == parameter);
    let items = named.flat_map(|(_, value)| value.split(','));
    items.flat_map(|item| boot_item(item, last.min(CpuList::CPU_MAX)).unwrap_or_default()).collect()
}

fn boot_item(item: &str, last: usize) -> Option<Vec<usize>> {
    if item == "all" {
        return Some((0..=last).collect());
    }
    let number = |text: &str| if text == "N" { Some(last) } else { text.parse().ok() };
    let (range, stride) = item.split_once(':').unwrap_or((item, "1/1"));
    let (first, end) = range.split_once('-').unwrap_or((range, range));
    let (used, group) = stride.split_once('/')?;
    let (used, group) = (used.parse::<usize>().ok()?, group.parse::<usize>().ok()?);
    let (first, end) = (number(first)?, number(end)?.min(last));
    let is_used = |cpu: &usize| (cpu - first) % group < used;
    (group > 0).then(|| (first..=end).filter(is_used).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::super::testing::{Tree, cpus};
    use super::*;

    #[test]
    fn boot_parameters_have_flags_words_and_strides() {
        for (line, expected) in [
            ("quiet isolcpus=managed_irq,domain,2-3 ro", "2-3"),
            ("isolcpus=1,3 isolcpus=5", "1,3,5"),
            ("isolcpus=all", "0-7"),
            ("isolcpus=6-N", "6-7"),
            ("isolcpus=N", "7"),
            ("isolcpus=0-7:2/4", "0-1,4-5"),
            ("isolcpus=2-1000000000", "2-7"),
            ("isolcpus=nohz,0-7:0/0,x", ""),
            ("rcu_nocbs=4", ""),
            ("isolcpus", ""),
        ] {
            assert_eq!(boot_list(line, "isolcpus", 7), cpus(expected), "{line}");
        }
    }

    #[test]
    fn lists_of_the_kernel_are_read_and_those_of_the_boot_line_where_there_are_none() {
        let tree = Tree::new("lists")
            .system("cpu/online", "0-5")
            .system("cpu/offline", "6-7")
            .system("cpu/isolated", "2-3")
            .system("cpu/nohz_full", "(null)")
            .file("proc/cmdline", "ro isolcpus=1 nohz_full=4 rcu_nocbs=5,N");
        let topology = Topology::read(tree.root(), &cpus("0-5")).unwrap();
        assert_eq!((topology.offline, topology.isolated), (cpus("6-7"), cpus("2-3")));
        assert_eq!((topology.nohz_full, topology.rcu_nocbs), (cpus("4"), cpus("4-5,7")));
        let tree = Tree::new("boot").file("proc/cmdline", "isolcpus=1");
        let topology = Topology::read(tree.root(), &cpus("0-1")).unwrap();
        assert_eq!(topology.isolated, cpus("1"));
    }

    #[test]
    fn a_hidden_tree_leaves_the_mask() {
        let tree = Tree::new("hidden");
        let topology = Topology::read(tree.root(), &cpus("2-3")).unwrap();
        assert_eq!(topology.online(), cpus("2-3"));
        assert_eq!(topology.notes.len(), 1);
    }

    #[test]
    fn a_file_that_makes_no_sense_is_named() {
        let tree = Tree::new("nonsense").system("cpu/online", "many");
        let error = Topology::read(tree.root(), &cpus("0")).unwrap_err().to_string();
        assert!(error.contains("cpu/online: `many`"), "{error}");
    }
}
