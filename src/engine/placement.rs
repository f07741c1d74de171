//! Which core does what: the machine's topology, and the CPUs of reactors and writers.
//!
//! Contract: a placement is decided once, before anything runs, and can be explained. What was
//! asked for is either done exactly or refused with an answer that would be right.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
    /// CPUs that the kernel keeps free of other work (`isolcpus=`).
    pub isolated: CpuList,
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
                    "{} names no CPUs: this process's own ({allowed}) are taken for the online ones",
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
        let isolated = list(&system.join("cpu/isolated"))?.unwrap_or_default();
        Ok(Self { cpus, isolated, notes })
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

/// A file of the topology that makes no sense or cannot be read.
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

/// The CPUs on which the kernel lets this process run.
///
/// # Errors
/// The system's error, on machines with more than 1024 CPUs too.
pub fn allowed_cpus() -> io::Result<CpuList> {
    let set = rustix::thread::sched_getaffinity(None)?;
    Ok((0..rustix::thread::CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect())
}

/// A CPU list in a file; `None` when there is no such file.
fn list(path: &Path) -> Result<Option<CpuList>, TopologyError> {
    let error = |problem| TopologyError { path: path.to_owned(), problem };
    match fs::read_to_string(path) {
        Ok(text) => CpuList::from_kernel(&text).map(Some).map_err(|e| error(e.to_string())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(error(e.to_string())),
    }
}

/// The node of each CPU, from `node*/cpulist`.
fn nodes(folder: &Path) -> Result<BTreeMap<usize, usize>, TopologyError> {
    let mut node_of = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(node_of),
        Err(e) => return Err(TopologyError { path: folder.to_owned(), problem: e.to_string() }),
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("node")?.parse().ok());
        if let Some(node) = number {
            // A node may have memory and no CPU.
            let cpus = list(&entry.path().join("cpulist"))?.unwrap_or_default();
            node_of.extend(cpus.iter().map(|cpu| (cpu, node)));
        }
    }
    Ok(node_of)
}

/// Which CPU each reactor and each writer is pinned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The reactors' CPUs, best first.
    pub reactors: Vec<usize>,
    /// The writers' CPUs, best first.
    pub writers: Vec<usize>,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
}

/// Chooses CPUs: `reactors` and `writers` are what was asked for, `output_streams` how many writers
/// could have work (0 counts as 1).
///
/// # Errors
/// [`PlacementError`] when what was asked for cannot be done.
pub fn place(
    topology: &Topology,
    allowed: &CpuList,
    reactors: Option<&CpuList>,
    writers: Option<&CpuList>,
    output_streams: usize,
) -> Result<Placement, PlacementError> {
    let usable = topology.online().and(allowed);
    if usable.is_empty() {
        return Err(PlacementError::NothingUsable {
            online: topology.online(),
            allowed: allowed.clone(),
        });
    }
    for (flag, asked) in [(REACTOR_FLAG, reactors), (WRITER_FLAG, writers)] {
        if let Some(asked) = asked {
            check(flag, asked, topology, allowed)?;
        }
    }
    let streams = output_streams.max(1);
    match (reactors, writers) {
        (Some(reactors), Some(writers)) => Ok(both_given(&usable, reactors, writers)),
        (Some(reactors), None) => {
            writers_beside(&Machine::new(topology, allowed), &usable, reactors, streams)
        }
        (None, Some(writers)) => {
            reactors_beside(&Machine::new(topology, allowed), &usable, writers)
        }
        (None, None) => Ok(Machine::new(topology, allowed).place(streams)),
    }
}

const REACTOR_FLAG: &str = "--reactor-cores";
const WRITER_FLAG: &str = "--writer-cores";

/// A list that was asked for must name CPUs that this process can have.
fn check(
    flag: &'static str,
    asked: &CpuList,
    topology: &Topology,
    allowed: &CpuList,
) -> Result<(), PlacementError> {
    let online = topology.online();
    if asked.is_empty() {
        return Err(PlacementError::Empty { flag, usable: online.and(allowed) });
    }
    let offline = asked.minus(&online);
    if !offline.is_empty() {
        return Err(PlacementError::Offline { flag, cpus: offline, online });
    }
    let outside = asked.minus(allowed);
    if !outside.is_empty() {
        return Err(PlacementError::Outside { flag, cpus: outside, allowed: allowed.clone() });
    }
    Ok(())
}

/// Both lists as they are. CPUs in both work, at the price of waiting.
fn both_given(usable: &CpuList, reactors: &CpuList, writers: &CpuList) -> Placement {
    let mut reasons = vec![
        format!("reactors on {reactors}: asked for by {REACTOR_FLAG}"),
        format!("writers on {writers}: asked for by {WRITER_FLAG}"),
    ];
    let shared = reactors.and(writers);
    if !shared.is_empty() && usable.len() > 1 {
        reasons.push(format!("CPUs {shared} are in both lists: reactors and writers wait there"));
    }
    Placement { reactors: reactors.iter().collect(), writers: writers.iter().collect(), reasons }
}

/// Writers on what is left beside given reactors, near to them but not on their physical cores.
fn writers_beside(
    machine: &Machine,
    usable: &CpuList,
    reactors: &CpuList,
    streams: usize,
) -> Result<Placement, PlacementError> {
    let mut reasons = vec![format!("reactors on {reactors}: asked for by {REACTOR_FLAG}")];
    let left: Vec<Cpu> =
        machine.cpus.iter().copied().filter(|cpu| !reactors.contains(cpu.id)).collect();
    if usable.len() == 1 {
        reasons.push(ONE_CPU.to_owned());
        let cpus: Vec<usize> = usable.iter().collect();
        return Ok(Placement { reactors: cpus.clone(), writers: cpus, reasons });
    }
    if left.is_empty() {
        return Err(PlacementError::NoneLeft {
            flag: REACTOR_FLAG,
            other: WRITER_FLAG,
            usable: usable.clone(),
        });
    }
    let taken: Vec<Cpu> =
        machine.cpus.iter().copied().filter(|cpu| reactors.contains(cpu.id)).collect();
    let half = (usable.len() / 2).max(1);
    let mut left = siblings_last(&left);
    // Stable sorts: the first matters most, so it comes last.
    left.sort_by_key(|cpu| !taken.iter().any(|r| r.node == cpu.node));
    left.sort_by_key(|cpu| taken.iter().any(|r| r.core == cpu.core));
    let count = streams.min(half).min(left.len());
    let writers: Vec<usize> = left.iter().take(count).map(|cpu| cpu.id).collect();
    reasons.push(format!(
        "{} for {}: on CPUs beside the reactors, of other physical cores and the same NUMA nodes \
         first",
        plural(count, "writer"),
        plural(streams, "output stream")
    ));
    reasons.extend(machine.reasons.iter().cloned());
    Ok(Placement { reactors: reactors.iter().collect(), writers, reasons })
}

/// Reactors on all that is left beside given writers.
fn reactors_beside(
    machine: &Machine,
    usable: &CpuList,
    writers: &CpuList,
) -> Result<Placement, PlacementError> {
    let mut reasons = vec![format!("writers on {writers}: asked for by {WRITER_FLAG}")];
    if usable.len() == 1 {
        reasons.push(ONE_CPU.to_owned());
        let cpus: Vec<usize> = usable.iter().collect();
        return Ok(Placement { reactors: cpus.clone(), writers: cpus, reasons });
    }
    let reactors = machine.reactors_beside(&writers.iter().collect::<Vec<_>>());
    if reactors.is_empty() {
        return Err(PlacementError::NoneLeft {
            flag: WRITER_FLAG,
            other: REACTOR_FLAG,
            usable: usable.clone(),
        });
    }
    reasons.push(format!("{} on the other CPUs", plural(reactors.len(), "reactor")));
    reasons.extend(machine.reasons.iter().cloned());
    Ok(Placement { reactors, writers: writers.iter().collect(), reasons })
}

const ONE_CPU: &str = "one CPU is allowed: reactor and writer share it";

/// The CPUs among which a default is chosen.
struct Machine {
    cpus: Vec<Cpu>,
    reasons: Vec<String>,
}

impl Machine {
    /// The usable CPUs without isolated ones, which someone may keep for something else. Where
    /// these are too few for a reactor and a writer, the isolated ones are in the mask for a
    /// purpose: ours.
    fn new(topology: &Topology, allowed: &CpuList) -> Self {
        let mut cpus: Vec<Cpu> =
            topology.cpus.iter().copied().filter(|cpu| allowed.contains(cpu.id)).collect();
        let usable: CpuList = cpus.iter().map(|cpu| cpu.id).collect();
        let isolated = usable.and(&topology.isolated);
        let mut reasons = Vec::new();
        if isolated.is_empty() {
            // Nothing to decide.
        } else if cpus.len() - isolated.len() < 2 {
            reasons.push(format!("isolated CPUs ({isolated}) are used: there are too few others"));
        } else {
            cpus.retain(|cpu| !isolated.contains(cpu.id));
            reasons.push(format!(
                "isolated CPUs ({isolated}) are left alone: name them in {REACTOR_FLAG} or \
                 {WRITER_FLAG} to use them"
            ));
        }
        Self { cpus, reasons }
    }

    fn place(mut self, streams: usize) -> Placement {
        let all: CpuList = self.cpus.iter().map(|cpu| cpu.id).collect();
        let mut reasons = std::mem::take(&mut self.reasons);
        if let [only] = self.cpus.as_slice() {
            reasons.push(ONE_CPU.to_owned());
            return Placement { reactors: vec![only.id], writers: vec![only.id], reasons };
        }
        let half = (all.len() / 2).max(1);
        let count = streams.min(half);
        let writers = self.writers(count);
        let reactors = self.reactors_beside(&writers);
        reasons.push(format!(
            "{} for {}, at most half of the {} CPUs {all}",
            plural(count, "writer"),
            plural(streams, "output stream"),
            all.len()
        ));
        reasons.push(format!("{} on the other CPUs", plural(reactors.len(), "reactor")));
        self.explain(&reactors, &writers, &mut reasons);
        Placement { reactors, writers, reasons }
    }

    /// Writers take whole physical cores, the last ones of each node in turn (the first ones are
    /// where kernels do their housekeeping), and at most half of the cores; more writers share
    /// those.
    fn writers(&self, count: usize) -> Vec<usize> {
        let mut firsts = by_node(&first_threads(&self.cpus));
        let cores: usize = firsts.values().map(Vec::len).sum();
        let on_cores = count.min((cores / 2).max(1));
        let mut chosen: Vec<Cpu> = Vec::new();
        if cores > 1 {
            while chosen.len() < on_cores {
                let before = chosen.len();
                // A node's last free core is taken only when no node has two: its reactors want
                // one.
                let keep = usize::from(firsts.values().any(|cores| cores.len() > 1));
                for cores in firsts.values_mut().filter(|cores| cores.len() > keep) {
                    if chosen.len() < on_cores {
                        chosen.extend(cores.pop());
                    }
                }
                if chosen.len() == before {
                    break;
                }
            }
        }
        let cores: Vec<usize> = chosen.iter().map(|cpu| cpu.core).collect();
        let mut rest: Vec<Cpu> = self.cpus.iter().rev().copied().collect();
        rest.retain(|cpu| !chosen.contains(cpu));
        rest.sort_by_key(|cpu| !cores.contains(&cpu.core));
        chosen.extend(rest.into_iter().take(count.saturating_sub(chosen.len())));
        chosen.into_iter().map(|cpu| cpu.id).collect()
    }

    /// All CPUs but the writers': nodes in turn, those with writers first; distinct physical cores
    /// first, then their siblings, and those that share a core with a writer last.
    fn reactors_beside(&self, writers: &[usize]) -> Vec<usize> {
        let (taken, free): (Vec<Cpu>, Vec<Cpu>) =
            self.cpus.iter().partition(|cpu| writers.contains(&cpu.id));
        let mut turns: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut ranked = Vec::with_capacity(free.len());
        for cpu in &free {
            let rank = sharing(cpu, &free, &taken);
            let turn = turns.entry((rank, cpu.node)).or_default();
            let far = !taken.iter().any(|writer| writer.node == cpu.node);
            ranked.push((rank, *turn, far, cpu.node, cpu.id));
            *turn += 1;
        }
        ranked.sort_unstable();
        ranked.into_iter().map(|(.., id)| id).collect()
    }

    /// Says what a reader of the plan might ask about.
    fn explain(&self, reactors: &[usize], writers: &[usize], reasons: &mut Vec<String>) {
        let cpu = |id: &usize| self.cpus.iter().find(|cpu| cpu.id == *id);
        let nodes = by_node(&self.cpus).len();
        if nodes > 1 {
            reasons
                .push(format!("the {nodes} NUMA nodes take turns, so that data stays in a node"));
        }
        for writer in writers.iter().filter_map(cpu) {
            let shared: CpuList = reactors
                .iter()
                .filter_map(cpu)
                .filter(|reactor| reactor.core == writer.core)
                .map(|reactor| reactor.id)
                .collect();
            if !shared.is_empty() {
                reasons.push(format!(
                    "reactor CPU {shared} shares a physical core with writer CPU {}",
                    writer.id
                ));
            }
        }
    }
}

/// 0: alone or first on its core; 1: a sibling of another free CPU; 2: a sibling of a writer.
fn sharing(cpu: &Cpu, free: &[Cpu], taken: &[Cpu]) -> usize {
    if taken.iter().any(|writer| writer.core == cpu.core) {
        2
    } else {
        usize::from(free.iter().any(|other| other.core == cpu.core && other.id < cpu.id))
    }
}

/// The lowest CPU of each physical core.
fn first_threads(cpus: &[Cpu]) -> Vec<Cpu> {
    let first = |cpu: &&Cpu| !cpus.iter().any(|o| o.core == cpu.core && o.id < cpu.id);
    cpus.iter().filter(first).copied().collect()
}

/// The lowest CPU of each physical core, then the others.
fn siblings_last(cpus: &[Cpu]) -> Vec<Cpu> {
    let firsts = first_threads(cpus);
    let others = cpus.iter().filter(|cpu| !firsts.contains(cpu)).copied();
    firsts.iter().copied().chain(others).collect()
}

fn by_node(cpus: &[Cpu]) -> BTreeMap<usize, Vec<Cpu>> {
    let mut nodes: BTreeMap<usize, Vec<Cpu>> = BTreeMap::new();
    for cpu in cpus {
        nodes.entry(cpu.node).or_default().push(*cpu);
    }
    nodes
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Why CPUs that were asked for cannot be had, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacementError {
    /// The process may run on no CPU that is online.
    NothingUsable {
        /// CPUs that are online.
        online: CpuList,
        /// CPUs on which the process may run.
        allowed: CpuList,
    },
    /// A list without a CPU.
    Empty {
        /// The flag.
        flag: &'static str,
        /// CPUs that could be named.
        usable: CpuList,
    },
    /// CPUs that are not online.
    Offline {
        /// The flag.
        flag: &'static str,
        /// Those of its CPUs.
        cpus: CpuList,
        /// CPUs that are online.
        online: CpuList,
    },
    /// CPUs outside the process's affinity mask.
    Outside {
        /// The flag.
        flag: &'static str,
        /// Those of its CPUs.
        cpus: CpuList,
        /// CPUs on which the process may run.
        allowed: CpuList,
    },
    /// One list takes all CPUs, and the other was left to us.
    NoneLeft {
        /// The flag of the list.
        flag: &'static str,
        /// The flag of the other.
        other: &'static str,
        /// CPUs that could be named.
        usable: CpuList,
    },
}

impl fmt::Display for PlacementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingUsable { online, allowed } => write!(
                f,
                "this process may run on CPUs {allowed}, but online are {online}: start it with \
                 `taskset -c {online} ribcage …`"
            ),
            Self::Empty { flag, usable } => {
                write!(f, "{flag}: the list names no CPU: choose from {usable}")
            }
            Self::Offline { flag, cpus, online } => write!(
                f,
                "{flag}: {} offline or not there: choose from the CPUs that are online, {online}",
                CpusAre(cpus)
            ),
            Self::Outside { flag, cpus, allowed } => write!(
                f,
                "{flag}: {} outside this process's affinity mask: choose from {allowed}, or start \
                 it with `taskset -c {} ribcage …`",
                CpusAre(cpus),
                allowed.or(cpus)
            ),
            Self::NoneLeft { flag, other, usable } => write!(
                f,
                "{flag}: leaves none of the CPUs {usable} for {other}: name fewer, or name both"
            ),
        }
    }
}

impl std::error::Error for PlacementError {}

/// `CPU 3 is` or `CPUs 3-4 are`.
struct CpusAre<'a>(&'a CpuList);

impl fmt::Display for CpusAre<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "CPU {} is", self.0),
            _ => write!(f, "CPUs {} are", self.0),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    /// A made-up `/sys`, removed at the end.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str) -> Self {
            let name = format!("ribcage-placement-{}-{name}", std::process::id());
            let root = std::env::temp_dir().join(name);
            let _ = fs::remove_dir_all(&root);
            fs::create_dir_all(&root).unwrap();
            Self(root)
        }

        fn file(self, path: &str, text: &str) -> Self {
            let path = self.0.join("sys/devices/system").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
            self
        }

        fn read(&self, allowed: &str) -> Topology {
            Topology::read(&self.0, &cpus(allowed)).unwrap()
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn cpus(list: &str) -> CpuList {
        CpuList::from_kernel(list).unwrap()
    }

    /// CPUs in one node, each a core of its own.
    fn flat(online: &str) -> Topology {
        let cpus = cpus(online).iter().map(|id| Cpu { id, core: id, node: 0 }).collect();
        Topology { cpus, ..Topology::default() }
    }

    /// Eight cores with two threads (N and N+8), four cores a node.
    fn two_nodes(name: &str) -> Tree {
        let mut tree = Tree::new(name)
            .file("cpu/online", "0-15")
            .file("cpu/isolated", "")
            .file("node/node0/cpulist", "0-3,8-11")
            .file("node/node1/cpulist", "4-7,12-15")
            .file("node/node2/cpulist", "")
            .file("node/online", "0-2");
        for cpu in 0..16 {
            let path = format!("cpu/cpu{cpu}/topology/thread_siblings_list");
            tree = tree.file(&path, &format!("{},{}", cpu % 8, cpu % 8 + 8));
        }
        tree
    }

    fn default_of(topology: &Topology, allowed: &str, streams: usize) -> (Vec<usize>, Vec<usize>) {
        let placement = place(topology, &cpus(allowed), None, None, streams).unwrap();
        assert!(!placement.reasons.is_empty());
        let (reactors, writers) = (placement.reactors, placement.writers);
        // What a plan prints can be typed.
        let lists: (CpuList, CpuList) =
            (reactors.iter().copied().collect(), writers.iter().copied().collect());
        let pinned = place(topology, &cpus(allowed), Some(&lists.0), Some(&lists.1), streams);
        assert!(pinned.is_ok(), "{pinned:?}");
        (reactors, writers)
    }

    fn error(topology: &Topology, allowed: &str, r: Option<&str>, w: Option<&str>) -> String {
        let (r, w) = (r.map(cpus), w.map(cpus));
        place(topology, &cpus(allowed), r.as_ref(), w.as_ref(), 1).unwrap_err().to_string()
    }

    #[test]
    fn one_cpu_is_shared() {
        assert_eq!(default_of(&flat("0"), "0", 3), (vec![0], vec![0]));
        assert_eq!(default_of(&flat("0-7"), "5", 1), (vec![5], vec![5]));
        let given = place(&flat("0-1"), &cpus("1"), Some(&cpus("1")), None, 1).unwrap();
        assert_eq!((given.reactors, given.writers), (vec![1], vec![1]));
    }

    #[test]
    fn two_cpus_are_a_reactor_and_a_writer() {
        assert_eq!(default_of(&flat("0-1"), "0-1", 1), (vec![0], vec![1]));
        assert_eq!(default_of(&flat("0-1"), "0-1", 8), (vec![0], vec![1]));
        // Two threads of one core.
        let cpus = [0, 1].map(|id| Cpu { id, core: 0, node: 0 }).to_vec();
        let smt = Topology { cpus, ..Topology::default() };
        assert_eq!(default_of(&smt, "0-1", 1), (vec![0], vec![1]));
    }

    #[test]
    fn writers_are_as_many_as_streams_and_at_most_half() {
        assert_eq!(default_of(&flat("0-4"), "0-4", 0), (vec![0, 1, 2, 3], vec![4]));
        assert_eq!(default_of(&flat("0-4"), "0-4", 2), (vec![0, 1, 2], vec![4, 3]));
        assert_eq!(default_of(&flat("0-4"), "0-4", 9), (vec![0, 1, 2], vec![4, 3]));
    }

    #[test]
    fn nodes_take_turns_and_siblings_come_last() {
        let tree = two_nodes("turns");
        let topology = tree.read("0-15");
        assert_eq!((topology.cores(), topology.nodes().len()), (8, 2));
        let (reactors, writers) = default_of(&topology, "0-15", 2);
        assert_eq!(writers, [3, 7]);
        assert_eq!(reactors, [0, 4, 1, 5, 2, 6, 8, 12, 9, 13, 10, 14, 11, 15]);
        let (reactors, writers) = default_of(&topology, "0-15", 1);
        assert_eq!(writers, [3]);
        assert_eq!(reactors.first(), Some(&0));
        assert_eq!(reactors.last(), Some(&11), "the writer's sibling is the last choice");
    }

    #[test]
    fn many_writers_take_whole_cores() {
        let tree = two_nodes("many");
        let (reactors, mut writers) = default_of(&tree.read("0-15"), "0-15", 8);
        writers.sort_unstable();
        assert_eq!(writers, [2, 3, 6, 7, 10, 11, 14, 15]);
        assert_eq!(reactors, [0, 4, 1, 5, 8, 12, 9, 13]);
    }

    #[test]
    fn a_small_node_keeps_a_core_for_its_reactor() {
        let mut topology = flat("0-3");
        topology.cpus[0].node = 1; // node 0: CPUs 1-3, node 1: CPU 0
        let (reactors, writers) = default_of(&topology, "0-3", 2);
        assert_eq!(writers, [3, 2]);
        assert_eq!(reactors, [1, 0], "the writers' node first");
    }

    #[test]
    fn every_cpu_is_used_once_on_every_machine() {
        let tree = two_nodes("once");
        let topology = tree.read("0-15");
        for allowed in ["0-15", "0,8", "0-1", "3,7,11,15", "8-15", "0,4-7", "0-6", "2,5,12"] {
            for streams in 1..10 {
                let (reactors, writers) = default_of(&topology, allowed, streams);
                let all: CpuList = reactors.iter().chain(&writers).copied().collect();
                assert_eq!(all, cpus(allowed));
                assert_eq!(reactors.len() + writers.len(), all.len(), "{allowed} {streams}");
                assert_eq!(writers.len(), streams.min((all.len() / 2).max(1)));
            }
        }
    }

    #[test]
    fn the_affinity_mask_limits_the_choice() {
        let tree = two_nodes("mask");
        let (reactors, writers) = default_of(&tree.read("4-7"), "4-7", 2);
        assert_eq!((reactors, writers), (vec![4, 5], vec![7, 6]));
    }

    #[test]
    fn isolated_cpus_are_left_alone_unless_there_are_too_few_others() {
        let tree = Tree::new("isolated").file("cpu/online", "0-3").file("cpu/isolated", "2-3");
        let topology = tree.read("0-3");
        assert_eq!(default_of(&topology, "0-3", 1), (vec![0], vec![1]));
        assert_eq!(default_of(&topology, "2-3", 1), (vec![2], vec![3]));
        assert_eq!(default_of(&topology, "1-3", 1), (vec![1, 2], vec![3]));
        let given = place(&topology, &cpus("0-3"), Some(&cpus("2-3")), None, 2).unwrap();
        assert_eq!((given.reactors, given.writers), (vec![2, 3], vec![0, 1]));
    }

    #[test]
    fn what_was_asked_for_is_done() {
        let tree = two_nodes("asked");
        let topology = tree.read("0-15");
        let given = |r: Option<&str>, w: Option<&str>, streams| {
            let (r, w) = (r.map(cpus), w.map(cpus));
            let p = place(&topology, &cpus("0-15"), r.as_ref(), w.as_ref(), streams).unwrap();
            (p.reactors, p.writers)
        };
        assert_eq!(given(Some("0-2"), Some("3"), 1), (vec![0, 1, 2], vec![3]));
        // Near the reactors, on cores of their own.
        assert_eq!(given(Some("4-5"), None, 2), (vec![4, 5], vec![6, 7]));
        assert_eq!(given(Some("4-6,12"), None, 2), (vec![4, 5, 6, 12], vec![7, 15]));
        let (reactors, _) = given(None, Some("4"), 1);
        assert_eq!(reactors.len(), 15);
        assert_eq!((reactors[0], reactors[14]), (5, 12));
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_what_would_be_right() {
        let four = flat("0-3");
        assert_eq!(
            error(&four, "0-3", Some("3-5"), None),
            "--reactor-cores: CPUs 4-5 are offline or not there: choose from the CPUs that are \
             online, 0-3"
        );
        assert_eq!(
            error(&four, "0-1", None, Some("2")),
            "--writer-cores: CPU 2 is outside this process's affinity mask: choose from 0-1, or \
             start it with `taskset -c 0-2 ribcage …`"
        );
        assert_eq!(
            error(&four, "0-3", Some("0-3"), None),
            "--reactor-cores: leaves none of the CPUs 0-3 for --writer-cores: name fewer, or name both"
        );
        assert!(error(&four, "0-3", None, Some("0-3")).contains("for --reactor-cores"));
        assert_eq!(
            error(&four, "0-3", Some(""), None),
            "--reactor-cores: the list names no CPU: choose from 0-3"
        );
        assert!(error(&four, "9", None, None).contains("taskset -c 0-3"));
    }

    #[test]
    fn cpus_in_both_lists_are_shared_and_said() {
        let (both, one) = (cpus("0-1"), cpus("1"));
        let given = place(&flat("0-1"), &both, Some(&both), Some(&one), 1).unwrap();
        assert_eq!((given.reactors, given.writers), (vec![0, 1], vec![1]));
        assert!(given.reasons.iter().any(|r| r.starts_with("CPUs 1 are in both lists")));
    }

    #[test]
    fn offline_cpus_are_not_part_of_the_machine() {
        let tree = Tree::new("offline")
            .file("cpu/online", "0,2")
            .file("cpu/cpu0/topology/thread_siblings_list", "0")
            .file("node/node0/cpulist", "0,2");
        let topology = tree.read("0-3");
        assert_eq!(default_of(&topology, "0-3", 1), (vec![0], vec![2]));
        assert!(error(&topology, "0-3", Some("1"), None).contains("CPU 1 is offline"));
    }

    #[test]
    fn a_hidden_tree_leaves_the_mask() {
        let tree = Tree::new("hidden");
        let topology = tree.read("2-3");
        assert_eq!(topology.online(), cpus("2-3"));
        assert_eq!(topology.notes.len(), 1);
        assert_eq!(default_of(&topology, "2-3", 1), (vec![2], vec![3]));
    }

    #[test]
    fn a_file_that_makes_no_sense_is_named() {
        let tree = Tree::new("nonsense").file("cpu/online", "many");
        let error = Topology::read(&tree.0, &cpus("0")).unwrap_err().to_string();
        assert!(error.contains("cpu/online: `many`"), "{error}");
    }

    #[test]
    fn this_machine_can_be_placed() {
        let allowed = allowed_cpus().unwrap();
        let topology = Topology::read(Path::new("/"), &allowed).unwrap();
        default_of(&topology, &allowed.to_string(), 1);
    }
}
