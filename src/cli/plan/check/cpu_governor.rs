//! The governor decides how fast a CPU runs, and how late it notices that it should.

use super::{Check, Facts, Finding};
use crate::config::units::CpuList;

pub(super) static CHECK: Check = Check { name: "cpu-governor", look };

/// Drivers whose `powersave` raises the frequency under load all the same.
const DYNAMIC: [&str; 3] = ["intel_pstate", "amd-pstate-epp", "amd-pstate"];

fn look(facts: &Facts<'_>) -> Finding {
    let of = |cpu: usize, file: &str| {
        facts.text(&format!("sys/devices/system/cpu/cpu{cpu}/cpufreq/{file}"))
    };
    let pinned = facts.pinned();
    let governors: Vec<(usize, String)> =
        pinned.iter().filter_map(|cpu| Some((cpu, of(cpu, "scaling_governor")?))).collect();
    let Some((_, first)) = governors.first() else {
        return Finding::unknown("no governor is here: firmware or a hypervisor decides");
    };
    let slow: CpuList =
        governors.iter().filter(|(_, name)| name != "performance").map(|(cpu, _)| *cpu).collect();
    if slow.is_empty() {
        return Finding::ok(format!("{first} on CPUs {pinned}"));
    }
    let fix = format!("cpupower -c {slow} frequency-set -g performance");
    let is_stuck = |(cpu, name): &&(usize, String)| {
        let driver = of(*cpu, "scaling_driver").unwrap_or_default();
        name == "powersave" && !DYNAMIC.contains(&driver.as_str())
    };
    let stuck: CpuList = governors.iter().filter(is_stuck).map(|(cpu, _)| *cpu).collect();
    if !stuck.is_empty() {
        return Finding::matters(
            format!("powersave on CPUs {stuck}"),
            "with this driver they run at their lowest frequency always",
            fix,
        );
    }
    let mut names: Vec<&str> = governors.iter().map(|(_, name)| name.as_str()).collect();
    names.retain(|name| *name != "performance");
    names.sort_unstable();
    names.dedup();
    Finding::note(
        format!("{} on CPUs {slow}", names.join(", ")),
        "a burst after quiet time begins at a low frequency: latency, not throughput",
        fix,
    )
}
