//! A CPU that sleeps deeply wakes late.

use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "idle-states", look };

/// Waking later than this is told, microseconds.
const LATENCY_MAX_US: u64 = 100;
/// The kernel has fewer states for a CPU.
const STATES_MAX: usize = 16;

fn look(facts: &Facts<'_>) -> Finding {
    let pinned = facts.pinned();
    let states = pinned.iter().flat_map(|cpu| (0..STATES_MAX).map(move |state| (cpu, state)));
    let mut seen = false;
    let mut deepest: Option<(u64, String)> = None;
    for (cpu, state) in states {
        let folder = format!("sys/devices/system/cpu/cpu{cpu}/cpuidle/state{state}");
        let Some(latency) = facts.number(&format!("{folder}/latency")) else { continue };
        seen = true;
        let is_off = facts.number(&format!("{folder}/disable")).is_some_and(|off| off != 0);
        if !is_off && deepest.as_ref().is_none_or(|(most, _)| latency > *most) {
            deepest = Some((latency, facts.text(&format!("{folder}/name")).unwrap_or_default()));
        }
    }
    let (latency, name) = match deepest {
        Some(deepest) => deepest,
        None if seen => return Finding::ok("all are switched off"),
        None => return Finding::unknown("none are here: firmware or a hypervisor decides"),
    };
    let seen = format!("the deepest is {name}, {latency} us to wake");
    if latency <= LATENCY_MAX_US {
        return Finding::ok(seen);
    }
    Finding::note(
        seen,
        format!(
            "after quiet time each wake-up of a reactor or writer takes up to {latency} us longer; \
             --flush-interval (10 ms) hides most of it"
        ),
        format!("cpupower -c {pinned} idle-set -D {LATENCY_MAX_US}  # costs power"),
    )
}
