//! Memory that was swapped out has to be read before a reactor goes on.

use super::facts::size;
use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "swap", look };

/// Swappiness from which idle memory is swapped out for the sake of the page cache.
const SWAPPINESS_MAX: u64 = 10;
/// Less of it in use is of programs that sleep.
const USED_MAX: u64 = 64 << 20;

fn look(facts: &Facts<'_>) -> Finding {
    let meminfo = facts.text("proc/meminfo").unwrap_or_default();
    let octets = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
    };
    let (Some(total), Some(free)) = (octets("SwapTotal"), octets("SwapFree")) else {
        return Finding::unknown("proc/meminfo is hidden");
    };
    if total == 0 {
        return Finding::ok("none");
    }
    let used = total.saturating_sub(free);
    let Some(swappiness) = facts.number("proc/sys/vm/swappiness") else {
        return Finding::unknown(format!("{} in use, vm.swappiness is hidden", size(used)));
    };
    let seen = format!("{} of {} in use, vm.swappiness is {swappiness}", size(used), size(total));
    if swappiness <= SWAPPINESS_MAX {
        return Finding::ok(seen);
    }
    let fix = "sysctl -w vm.swappiness=1  # and a line in /etc/sysctl.d to keep it";
    let effect = "what outputs write to files fills the page cache, for which batches and the \
                  state of quiet peers are swapped out: their reactor waits for the disk";
    match used > USED_MAX {
        true => Finding::matters(seen, effect, fix),
        false => Finding::note(seen, effect, fix),
    }
}
