//! irqbalance moves interrupts to other CPUs while the collector runs.

use super::{Check, Facts, Finding};
use crate::config::units::CpuList;

pub(super) static CHECK: Check = Check { name: "irqbalance", look };

/// Where distributions keep its settings.
const SETTINGS: [&str; 2] = ["etc/default/irqbalance", "etc/sysconfig/irqbalance"];

fn look(facts: &Facts<'_>) -> Finding {
    let entries = std::fs::read_dir(facts.path("proc")).into_iter().flatten().flatten();
    let is_process = |name: &String| name.bytes().all(|b| b.is_ascii_digit());
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let programs =
        names.filter(is_process).filter_map(|pid| facts.text(&format!("proc/{pid}/comm")));
    let programs: Vec<String> = programs.collect();
    if facts.text("proc/1/comm").is_none() {
        return Finding::unknown("processes are hidden"); // all, or those of other users
    }
    if !programs.iter().any(|program| program == "irqbalance") {
        return Finding::ok("not among the processes that can be seen");
    }
    let topology = &facts.host.topology;
    let pinned = facts.pinned();
    // It leaves isolated CPUs and those of nohz_full alone by itself.
    let spared = topology.isolated.or(&topology.nohz_full).or(&banned(facts));
    let exposed = pinned.minus(&spared);
    if exposed.is_empty() {
        return Finding::ok("it runs, and leaves the CPUs of reactors and writers alone");
    }
    let seen = format!("it runs, and may use CPUs {exposed} of reactors and writers");
    let effect = "it moves interrupts to their CPUs at any time, and the choice of CPUs is true \
                  only until then";
    let fix = match facts.others().is_empty() {
        true => "systemctl disable --now irqbalance".to_owned(),
        false => format!(
            "IRQBALANCE_BANNED_CPULIST={pinned}  # in /etc/default/irqbalance; then: systemctl \
             restart irqbalance"
        ),
    };
    Finding::note(seen, effect, fix)
}

/// CPUs that its settings keep it from.
fn banned(facts: &Facts<'_>) -> CpuList {
    let settings = SETTINGS.iter().filter_map(|path| facts.text(path));
    let lists = settings.flat_map(|text| {
        let values =
            text.lines().filter_map(|line| line.trim().strip_prefix("IRQBALANCE_BANNED_CPULIST="));
        let lists =
            values.filter_map(|list| CpuList::from_kernel(list.trim_matches(['"', '\''])).ok());
        lists.collect::<Vec<_>>()
    });
    lists.fold(CpuList::default(), |all, list| all.or(&list))
}
