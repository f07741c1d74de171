//! Interrupts of network interfaces are served before reactors and writers on the same CPU.

use super::{Check, Facts, Finding};
use crate::config::units::CpuList;
use crate::engine::placement::named;

pub(super) static CHECK: Check = Check { name: "nic-interrupts", look };

/// With fewer CPUs there is none to spare for interrupts.
const CPUS_MIN: usize = 4;

fn look(facts: &Facts<'_>) -> Finding {
    let nics = &facts.host.nics;
    if nics.is_empty() {
        return Finding::unknown("no network interface with a device can be seen");
    }
    let busy = facts.host.nic_cpus();
    if busy.is_empty() {
        return Finding::unknown("the CPUs that take the interrupts are hidden");
    }
    let pinned = facts.pinned();
    let shared = pinned.and(&busy);
    let hit = nics.iter().filter(|nic| !nic.receive_cpus().and(&pinned).is_empty());
    let hit: Vec<_> = hit.collect();
    let names: Vec<&str> = hit.iter().map(|nic| nic.name.as_str()).collect();
    if shared.is_empty() {
        return Finding::ok(format!("on {}, beside reactors and writers", named(&busy)));
    }
    let seen = format!("receive queues of {} are served by {}", names.join(", "), named(&shared));
    let usable = facts.host.usable().len();
    if usable < CPUS_MIN {
        return Finding::ok(format!("{seen}: shared, there is no CPU to spare"));
    }
    let others = facts.others();
    let fix = if others.is_empty() {
        // As many queues as the placement would leave CPUs to.
        let queues = usable / CPUS_MIN;
        let command = |name: &&str| format!("ethtool -L {name} combined {queues}");
        let commands: Vec<String> = names.iter().map(command).collect();
        format!("{}  # then look at `ribcage plan` again", commands.join("; "))
    } else {
        let numbers = hit.iter().flat_map(|nic| nic.interrupts.iter()).filter(|i| i.receives);
        let numbers: Vec<String> = numbers.map(|i| i.number.to_string()).collect();
        format!(
            "for i in {}; do echo {others} > /proc/irq/$i/smp_affinity_list; done",
            numbers.join(" ")
        )
    };
    let effect = format!(
        "what arrives for any program interrupts reactors and writers on {}: some of their \
         time, and latency in bursts",
        named(&shared)
    );
    let writers: CpuList = facts.placement.writers.iter().copied().collect();
    match writers.and(&busy).is_empty() {
        true => Finding::note(seen, effect, fix),
        false => Finding::matters(seen, effect, fix), // all reactors wait for a writer
    }
}
