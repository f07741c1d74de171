//! The choice: which of the CPUs that are left are whose, best first.
//!
//! In this order of importance: a thread of its own for each; physical cores before their SMT
//! siblings; near to the network interface; away from its interrupts; nodes in turn.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Cpu, Host, REACTOR_FLAG, WRITER_FLAG, named, plural};
use crate::config::units::CpuList;

/// Interrupts' CPUs are left to them when they are at most one in so many.
const INTERRUPT_SHARE: usize = 4;

/// The CPUs among which is chosen.
pub(super) struct Candidates {
    /// Ascending by number.
    pub(super) cpus: Vec<Cpu>,
    /// CPUs that have a use already.
    taken: Vec<Cpu>,
    /// Nodes of network interfaces.
    near: Vec<usize>,
    /// CPUs that serve network interfaces, and the physical cores of these.
    busy: CpuList,
    busy_cores: CpuList,
    pub(super) reasons: Vec<String>,
}

impl Candidates {
    /// The usable CPUs besides `taken`, without those that are better left to something else, as
    /// long as `wanted` remain.
    pub(super) fn new(host: &Host, taken: &CpuList, wanted: usize) -> Self {
        let usable = host.usable();
        let all = host.topology.cpus.iter().copied().filter(|cpu| usable.contains(cpu.id));
        let (taken, cpus): (Vec<Cpu>, Vec<Cpu>) = all.partition(|cpu| taken.contains(cpu.id));
        let (near, busy) = (host.nic_nodes(), host.nic_cpus());
        let is_busy = |cpu: &&Cpu| busy.contains(cpu.id);
        let busy_cores = host.topology.cpus.iter().filter(is_busy).map(|cpu| cpu.core).collect();
        let mut new = Self { cpus, taken, near, busy, busy_cores, reasons: Vec::new() };
        new.leave_isolated(&host.topology.isolated, wanted);
        new.leave_interrupts(host, wanted);
        new
    }

    fn ids(&self) -> CpuList {
        self.cpus.iter().map(|cpu| cpu.id).collect()
    }

    /// Someone may keep isolated CPUs for something else. Where the others are too few for a
    /// reactor and a writer, the isolated ones are in the mask for a purpose: ours.
    fn leave_isolated(&mut self, isolated: &CpuList, wanted: usize) {
        let isolated = self.ids().and(isolated);
        if isolated.is_empty() {
            // Nothing to decide.
        } else if self.cpus.len() - isolated.len() < wanted {
            self.reasons
                .push(format!("isolated CPUs ({isolated}) are used: there are too few others"));
        } else {
            self.cpus.retain(|cpu| !isolated.contains(cpu.id));
            self.reasons.push(format!(
                "isolated CPUs ({isolated}) are left alone: name them in {REACTOR_FLAG} or \
                 {WRITER_FLAG} to use them"
            ));
        }
    }

    /// An interrupt is served before any thread. A few CPUs that serve the network interfaces are
    /// left to them; where they are many, reactors share them (`explain` says which).
    fn leave_interrupts(&mut self, host: &Host, wanted: usize) {
        let busy = self.ids().and(&self.busy);
        let left = self.cpus.len() - busy.len();
        if busy.is_empty() || left < wanted || busy.len() * INTERRUPT_SHARE > self.cpus.len() {
            return;
        }
        self.cpus.retain(|cpu| !busy.contains(cpu.id));
        self.reasons.push(format!(
            "the receive queues of {} have {} for themselves: name these in {REACTOR_FLAG} or \
             {WRITER_FLAG} to use them",
            interfaces_on(host, &busy),
            named(&busy)
        ));
    }

    /// Keeps the best `threads` CPUs: physical cores of one node before those of the next, the
    /// node of those that are taken first.
    pub(super) fn narrow(&mut self, threads: usize) {
        let rank = |cpu: &Cpu| {
            let sibling = sharing(cpu, &self.cpus, &self.taken);
            let apart = !self.taken.is_empty() && self.is_apart(cpu);
            (sibling, apart, self.is_far(cpu), cpu.node, self.disturbed(cpu), cpu.id)
        };
        let mut ranked: Vec<_> = self.cpus.iter().map(rank).collect();
        ranked.sort_unstable();
        ranked.truncate(threads);
        self.cpus.retain(|cpu| ranked.iter().any(|(.., id)| *id == cpu.id));
    }

    /// Whether a CPU is on another node than every network interface of which the node is known.
    fn is_far(&self, cpu: &Cpu) -> bool {
        !self.near.is_empty() && !self.near.contains(&cpu.node)
    }

    /// Whether a CPU is on another node than every taken one.
    fn is_apart(&self, cpu: &Cpu) -> bool {
        !self.taken.iter().any(|taken| taken.node == cpu.node)
    }

    /// 0: no interrupts of network interfaces; 1: on a sibling; 2: on the CPU itself.
    fn disturbed(&self, cpu: &Cpu) -> u8 {
        if self.busy.contains(cpu.id) { 2 } else { self.busy_cores.contains(cpu.core).into() }
    }

    /// Writers take whole physical cores, the last ones of each node in turn (the first ones are
    /// where kernels do their housekeeping), and at most half of the cores; more writers share
    /// those. All reactors wait for a writer, so interrupts are kept off them where that is
    /// possible.
    pub(super) fn writers(&self, count: usize) -> Vec<usize> {
        let mut nodes: BTreeMap<(bool, usize), Vec<Cpu>> = BTreeMap::new();
        for cpu in first_threads(&self.cpus) {
            nodes.entry((self.is_far(&cpu), cpu.node)).or_default().push(cpu);
        }
        for cores in nodes.values_mut() {
            cores.sort_by_key(|cpu| Reverse(self.disturbed(cpu))); // the last is taken first
        }
        let cores: usize = nodes.values().map(Vec::len).sum();
        let on_cores = count.min((cores / 2).max(1));
        let mut chosen: Vec<Cpu> = Vec::new();
        if cores > 1 {
            while chosen.len() < on_cores {
                let before = chosen.len();
                // A node's last free core is taken only when no node has two: its reactors want
                // one.
                let keep = usize::from(nodes.values().any(|cores| cores.len() > 1));
                for cores in nodes.values_mut().filter(|cores| cores.len() > keep) {
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
        rest.sort_by_key(|cpu| (!cores.contains(&cpu.core), self.disturbed(cpu)));
        chosen.extend(rest.into_iter().take(count.saturating_sub(chosen.len())));
        chosen.into_iter().map(|cpu| cpu.id).collect()
    }

    /// All CPUs but the writers': distinct physical cores first, then their siblings, and those
    /// that share a core with a writer last. Among these, the nodes of network interfaces come
    /// first, and what serves their interrupts last; nodes take turns, those with writers first.
    pub(super) fn reactors_beside(&self, writers: &[usize]) -> Vec<usize> {
        let (chosen, free): (Vec<Cpu>, Vec<Cpu>) =
            self.cpus.iter().partition(|cpu| writers.contains(&cpu.id));
        let taken: Vec<Cpu> = self.taken.iter().copied().chain(chosen).collect();
        let mut turns: BTreeMap<(usize, u8, usize), usize> = BTreeMap::new();
        let mut ranked = Vec::with_capacity(free.len());
        for cpu in &free {
            let rank = sharing(cpu, &free, &taken);
            let busy = self.disturbed(cpu);
            let turn = turns.entry((rank, busy, cpu.node)).or_default();
            let apart = !taken.iter().any(|writer| writer.node == cpu.node);
            ranked.push((rank, self.is_far(cpu), busy, *turn, apart, cpu.node, cpu.id));
            *turn += 1;
        }
        ranked.sort_unstable();
        ranked.into_iter().map(|(.., id)| id).collect()
    }

    /// The best `count` CPUs for writers of reactors that have theirs: of other physical cores, of
    /// the same nodes, without interrupts.
    pub(super) fn writers_beside(&self, count: usize) -> Vec<usize> {
        let mut ranked: Vec<_> = self
            .cpus
            .iter()
            .map(|cpu| {
                let sibling = sharing(cpu, &self.cpus, &self.taken);
                (sibling == 2, self.is_apart(cpu), self.disturbed(cpu), sibling, cpu.id)
            })
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().take(count).map(|(.., id)| id).collect()
    }
}

/// 0: alone or first on its core; 1: a sibling of another free CPU; 2: a sibling of a taken one.
fn sharing(cpu: &Cpu, free: &[Cpu], taken: &[Cpu]) -> usize {
    if taken.iter().any(|other| other.core == cpu.core) {
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

/// The names of the network interfaces that some of `cpus` serve.
fn interfaces_on(host: &Host, cpus: &CpuList) -> String {
    let serves = |nic: &&super::Nic| !nic.receive_cpus().and(cpus).is_empty();
    let names: Vec<&str> = host.nics.iter().filter(serves).map(|nic| nic.name.as_str()).collect();
    names.join(", ")
}

/// Says what a reader of a placement might ask about.
pub(super) fn explain(
    host: &Host,
    reactors: &[usize],
    writers: &[usize],
    reasons: &mut Vec<String>,
) {
    let cpus = |ids: &[usize]| -> Vec<Cpu> {
        ids.iter()
            .filter_map(|id| host.topology.cpus.iter().find(|cpu| cpu.id == *id))
            .copied()
            .collect()
    };
    let (of_reactors, of_writers) = (cpus(reactors), cpus(writers));
    explain_nodes(host, &of_reactors, &of_writers, reasons);
    for writer in &of_writers {
        let sibling = |cpu: &&Cpu| cpu.core == writer.core && cpu.id != writer.id;
        let shared: CpuList = of_reactors.iter().filter(sibling).map(|cpu| cpu.id).collect();
        if !shared.is_empty() {
            reasons.push(format!(
                "reactor CPU {shared} shares a physical core with writer CPU {}",
                writer.id
            ));
        }
    }
    let all = |ids: &[usize]| ids.iter().copied().collect::<CpuList>();
    let (reactors, writers) = (all(reactors), all(writers));
    let busy = host.nic_cpus();
    let (read, written) = (reactors.and(&busy), writers.and(&busy));
    if !read.is_empty() {
        reasons.push(format!(
            "reactors share {} with the receive queues of {}: interrupts take some of the time, \
             but what arrives is in the cache of its reader",
            named(&read),
            interfaces_on(host, &read)
        ));
    }
    if !written.is_empty() {
        reasons.push(format!(
            "writers share {} with the receive queues of {}: interrupts take some of the time",
            named(&written),
            interfaces_on(host, &written)
        ));
    }
    let threads = reactors.or(&writers).len();
    if let Some(quota) = host.cgroup.quota
        && quota.threads() < threads
    {
        reasons.push(format!(
            "the control group's quota is {quota}, less than the {}: all of them stand still \
             for the rest of each period in which it is used up",
            plural(threads, "thread")
        ));
    }
}

/// Where memory is: matters with several nodes only.
fn explain_nodes(host: &Host, reactors: &[Cpu], writers: &[Cpu], reasons: &mut Vec<String>) {
    let nodes = host.topology.nodes();
    if nodes.len() < 2 {
        return;
    }
    let name = |ids: Vec<usize>| ids.into_iter().collect::<CpuList>().to_string();
    let of = |cpus: &[Cpu]| cpus.iter().map(|cpu| cpu.node).collect::<Vec<_>>();
    let near = host.nic_nodes();
    let is_near = |node: &usize| near.contains(node);
    if of(reactors).iter().any(is_near) && !of(reactors).iter().all(is_near) {
        let nics = host.nics.iter().filter(|nic| nic.node.is_some());
        let names: Vec<&str> = nics.map(|nic| nic.name.as_str()).collect();
        reasons.push(format!(
            "reactors near {} (on node {}) come first",
            names.join(", "),
            name(near.clone())
        ));
    }
    reasons.push(format!(
        "of {} NUMA nodes, reactors are on {} and writers on {}: a reactor makes its batches on \
         its own CPU, so they lie in its node's memory",
        nodes.len(),
        name(of(reactors)),
        name(of(writers))
    ));
}
