//! Isolated CPUs run nothing but what is pinned to them.

use super::super::command;
use super::{Check, Facts, Finding};
use crate::config::units::CpuList;

pub(super) static CHECK: Check = Check { name: "isolation", look };

/// With fewer CPUs none can be kept from all other programs.
const CPUS_MIN: usize = 4;
/// What comes of isolated CPUs that a collector does not use.
const IDLE: &str = "they idle unless another program is pinned to them";

fn look(facts: &Facts<'_>) -> Finding {
    let topology = &facts.host.topology;
    let (usable, pinned) = (facts.host.usable(), facts.pinned());
    if topology.isolated.is_empty() {
        return none(&usable, &pinned);
    }
    let isolated = usable.and(&topology.isolated);
    if isolated.is_empty() {
        return outside(&usable, &topology.isolated);
    }
    let used = pinned.and(&isolated);
    if used.is_empty() {
        return unused(&isolated);
    }
    let others = pinned.minus(&isolated);
    if !others.is_empty() {
        return Finding::note(
            format!("isolated are {used}, not isolated {others}"),
            format!("other programs may run beside reactors and writers on {others}"),
            split(&isolated),
        );
    }
    if usable.minus(&isolated).is_empty() {
        return Finding::note(
            format!("all CPUs that may be used are isolated ({isolated})"),
            "the scheduler moves no thread there: those that are not pinned (log, signals) stay \
             on the CPU that they start on, beside a reactor",
            format!("taskset -c 0,{isolated} {}", split(&isolated)),
        );
    }
    let ticking = pinned.minus(&topology.nohz_full);
    let callbacks = pinned.minus(&topology.rcu_nocbs);
    if ticking.is_empty() && callbacks.is_empty() {
        return Finding::ok(format!("CPUs {pinned} are isolated, without ticks and RCU callbacks"));
    }
    let list = |cpus: CpuList| if cpus.is_empty() { "no CPU".into() } else { cpus.to_string() };
    Finding::note(
        format!(
            "CPUs {pinned} are isolated; nohz_full lacks {}, rcu_nocbs {}",
            list(ticking),
            list(callbacks)
        ),
        "the kernel's timer ticks and RCU callbacks interrupt reactors and writers, each time for \
         microseconds",
        boot(&pinned),
    )
}

/// No CPU is isolated.
fn none(usable: &CpuList, pinned: &CpuList) -> Finding {
    let housekeeping: CpuList = usable.iter().take(1).collect();
    let kept = pinned.minus(&housekeeping);
    if usable.len() < CPUS_MIN {
        return Finding::ok("no CPUs are isolated, and there is none to spare");
    }
    Finding::note(
        "no CPUs are isolated",
        "the scheduler may run threads of other programs on the CPUs of reactors and writers; on \
         a host of its own a collector does not need this",
        format!("{}; then {}", boot(&kept), split(&kept)),
    )
}

/// The mask has none of them: the kernel keeps them out of every mask until somebody asks.
fn outside(usable: &CpuList, isolated: &CpuList) -> Finding {
    Finding::note(
        format!("isolated CPUs {isolated} are not in this process's affinity mask ({usable})"),
        IDLE,
        format!("taskset -c {} {}", usable.or(isolated), split(isolated)),
    )
}

/// The placement left them alone.
fn unused(isolated: &CpuList) -> Finding {
    Finding::note(format!("isolated CPUs {isolated} are not used"), IDLE, split(isolated))
}

/// Boot parameters that keep `cpus` free.
fn boot(cpus: &CpuList) -> String {
    format!(
        "isolcpus=managed_irq,domain,{cpus} nohz_full={cpus} rcu_nocbs={cpus}  # kernel boot parameters"
    )
}

/// The line that uses all of `cpus`, the last one for writers.
fn split(cpus: &CpuList) -> String {
    if let [only] = *cpus.as_slice() {
        return format!("ribcage collect --reactor-cores {only}");
    }
    let writer: CpuList = cpus.as_slice().last().copied().into_iter().collect();
    command(&cpus.minus(&writer), &writer)
}
