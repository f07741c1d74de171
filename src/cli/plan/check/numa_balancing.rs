//! Automatic NUMA balancing looks for memory that lies on the wrong node.

use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "numa-balancing", look };

fn look(facts: &Facts<'_>) -> Finding {
    let nodes = facts.host.topology.nodes().len();
    if nodes < 2 {
        return Finding::ok("one NUMA node");
    }
    match facts.number("proc/sys/kernel/numa_balancing") {
        Some(0) => Finding::ok(format!("off, with {nodes} NUMA nodes")),
        Some(mode) => Finding::note(
            format!("kernel.numa_balancing is {mode}, with {nodes} NUMA nodes"),
            "it unmaps memory again and again to see who uses it, so reactors and writers take \
             page faults; pinned threads have their memory on their node already",
            "sysctl -w kernel.numa_balancing=0  # and a line in /etc/sysctl.d to keep it",
        ),
        None => Finding::unknown("kernel.numa_balancing is hidden"),
    }
}
