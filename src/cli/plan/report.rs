//! The plan as data.

use serde::Serialize;

use super::command_of;
use crate::engine::placement::{Host, Placement};

/// The plan as data. CPU lists are written as the kernel does: `0-3,8`.
#[derive(Serialize)]
pub(super) struct Report {
    topology: Machine,
    cgroup: Group,
    nics: Vec<Interface>,
    placement: Pins,
    reasons: Vec<String>,
    command: String,
}

#[derive(Serialize)]
struct Machine {
    online: String,
    offline: String,
    /// What the affinity mask and the control group leave.
    allowed: String,
    affinity: String,
    isolated: String,
    nohz_full: String,
    rcu_nocbs: String,
    physical_cores: usize,
    nodes: Vec<Node>,
    cpus: Vec<Thread>,
}

#[derive(Serialize)]
struct Node {
    node: usize,
    cpus: String,
}

#[derive(Serialize)]
struct Thread {
    cpu: usize,
    core: usize,
    node: usize,
}

#[derive(Serialize)]
struct Group {
    path: String,
    cpus: Option<String>,
    quota_cpus: Option<f64>,
}

#[derive(Serialize)]
struct Interface {
    name: String,
    node: Option<usize>,
    receive_queues: usize,
    receive_cpus: String,
    steered_cpus: String,
    interrupts: Vec<Interrupt>,
}

#[derive(Serialize)]
struct Interrupt {
    number: u32,
    name: String,
    cpus: String,
    receives: bool,
}

#[derive(Serialize)]
struct Pins {
    reactors: Vec<usize>,
    writers: Vec<usize>,
}

impl Report {
    pub(super) fn new(host: &Host, placement: &Placement) -> Self {
        Self {
            topology: machine(host),
            cgroup: Group {
                path: host.cgroup.path.clone(),
                cpus: host.cgroup.cpus.as_ref().map(ToString::to_string),
                quota_cpus: host.cgroup.quota.map(|quota| quota.cpus()),
            },
            nics: interfaces(host),
            placement: Pins {
                reactors: placement.reactors.clone(),
                writers: placement.writers.clone(),
            },
            reasons: host.notes.iter().chain(&placement.reasons).cloned().collect(),
            command: command_of(placement),
        }
    }
}

fn machine(host: &Host) -> Machine {
    let topology = &host.topology;
    let nodes = topology.nodes().into_iter();
    let cpus = topology.cpus.iter();
    Machine {
        online: topology.online().to_string(),
        offline: topology.offline.to_string(),
        allowed: host.allowed().to_string(),
        affinity: host.affinity.to_string(),
        isolated: topology.isolated.to_string(),
        nohz_full: topology.nohz_full.to_string(),
        rcu_nocbs: topology.rcu_nocbs.to_string(),
        physical_cores: topology.cores(),
        nodes: nodes.map(|(node, cpus)| Node { node, cpus: cpus.to_string() }).collect(),
        cpus: cpus.map(|cpu| Thread { cpu: cpu.id, core: cpu.core, node: cpu.node }).collect(),
    }
}

fn interfaces(host: &Host) -> Vec<Interface> {
    let nics = host.nics.iter().map(|nic| Interface {
        name: nic.name.clone(),
        node: nic.node,
        receive_queues: nic.receive_queues,
        receive_cpus: nic.receive_cpus().to_string(),
        steered_cpus: nic.steered.to_string(),
        interrupts: nic
            .interrupts
            .iter()
            .map(|interrupt| Interrupt {
                number: interrupt.number,
                name: interrupt.name.clone(),
                cpus: interrupt.cpus.to_string(),
                receives: interrupt.receives,
            })
            .collect(),
    });
    nics.collect()
}
