//! The plan as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::command_of;
use crate::config::units::CpuList;
use crate::engine::placement::{Host, Nic, Placement, named};

/// Cores whose SMT siblings are shown one by one.
const SIBLINGS_SHOWN: usize = 32;

/// The machine, the placement, its reasons, and the line that pins it.
pub(super) fn plan(host: &Host, placement: &Placement) -> String {
    let mut text = String::from("machine\n");
    // Writing to a String cannot fail.
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<9}  {value}");
    };
    let topology = &host.topology;
    let (cpus, cores) = (topology.cpus.len(), topology.cores());
    line("online", &format!("{} ({cpus} CPUs, {cores} physical cores)", topology.online()));
    let mut list = |name: &str, cpus: &CpuList| {
        if !cpus.is_empty() {
            line(name, &cpus.to_string());
        }
    };
    list("offline", &topology.offline);
    for (node, cpus) in topology.nodes() {
        list(&format!("node {node}"), &cpus);
    }
    list("isolated", &topology.isolated);
    list("nohz_full", &topology.nohz_full);
    list("rcu_nocbs", &topology.rcu_nocbs);
    list("affinity", &host.affinity);
    let siblings = siblings(host);
    if !siblings.is_empty() {
        line("siblings", &siblings);
    }
    let cgroup = cgroup(host);
    if !cgroup.is_empty() {
        line("cgroup", &cgroup);
    }
    for nic in &host.nics {
        line(&format!("nic {}", nic.name), &interface(nic));
    }
    let join = |cpus: &[usize]| cpus.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let _ = writeln!(text, "\nplacement (best first)");
    let _ = writeln!(text, "  reactors   {}", join(&placement.reactors));
    let _ = writeln!(text, "  writers    {}", join(&placement.writers));
    let _ = writeln!(text, "\nreasons");
    for reason in host.notes.iter().chain(&placement.reasons) {
        let _ = writeln!(text, "  {reason}");
    }
    let _ = writeln!(text, "\nto pin it\n  {}", command_of(placement));
    text
}

/// The threads of each physical core that has several.
fn siblings(host: &Host) -> String {
    let mut cores: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for cpu in &host.topology.cpus {
        cores.entry(cpu.core).or_default().push(cpu.id);
    }
    cores.retain(|_, threads| threads.len() > 1);
    let shown = cores.values().take(SIBLINGS_SHOWN);
    let shown: Vec<String> =
        shown.map(|threads| threads.iter().copied().collect::<CpuList>().to_string()).collect();
    let more = if cores.len() > SIBLINGS_SHOWN { " …" } else { "" };
    shown.join(" ") + more
}

/// What the control group is limited to; nothing when it is not.
fn cgroup(host: &Host) -> String {
    let cgroup = &host.cgroup;
    let cpus = cgroup.cpus.as_ref().map(|cpus| format!("CPUs {cpus}"));
    let quota = cgroup.quota.map(|quota| format!("quota {quota}"));
    let limits: Vec<String> = cpus.into_iter().chain(quota).collect();
    match limits.is_empty() {
        true => String::new(),
        false => format!("{}: {}", cgroup.path, limits.join(", ")),
    }
}

fn interface(nic: &Nic) -> String {
    let node = nic.node.map_or("node unknown".into(), |node| format!("node {node}"));
    let noun = if nic.receive_queues == 1 { "receive queue" } else { "receive queues" };
    let served = nic.receive_cpus();
    let served = match served.is_empty() {
        true => "served by CPUs that cannot be seen here".to_owned(),
        false => format!("served by {}", named(&served)),
    };
    format!("{node}, {} {noun}, {served}", nic.receive_queues)
}
