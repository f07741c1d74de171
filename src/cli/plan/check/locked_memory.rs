//! io_uring locks memory for each reactor.

use super::facts::size;
use super::{Check, Facts, Finding};
use crate::engine::LOCKED_MEMORY_MIN;

pub(super) static CHECK: Check = Check { name: "locked-memory", look };

/// CAP_SYS_RESOURCE: may raise every limit. A bit of `CapEff`.
const SYS_RESOURCE: u64 = 1 << 24;

fn look(facts: &Facts<'_>) -> Finding {
    let Some(limit) = facts.limit("Max locked memory") else {
        return Finding::unknown("proc/self/limits is hidden");
    };
    let Some(hard) = limit.hard else { return Finding::ok("no limit") };
    let reactors = facts.placement.reactors.len() as u64;
    let wanted = LOCKED_MEMORY_MIN * reactors;
    let seen = format!("at most {}", size(hard));
    let needed = (wanted.div_ceil(1 << 20)).max(8);
    let fix = format!(
        "LimitMEMLOCK={needed}M  # in the systemd unit; in a shell: ulimit -l {}",
        needed << 10
    );
    if may_raise(facts) {
        Finding::ok(format!("{seen}, and this process may raise it"))
    } else if hard < LOCKED_MEMORY_MIN {
        Finding::matters(seen, "the collector does not start: io_uring wants 512 KiB", fix)
    } else if hard < wanted {
        let effect = format!(
            "enough for this kernel's io_uring or not: kernels before 5.12 count 512 KiB for each \
             of the {reactors} reactors"
        );
        Finding::note(seen, effect, fix)
    } else {
        Finding::ok(format!("{seen}, enough for the number of reactors here ({reactors})"))
    }
}

fn may_raise(facts: &Facts<'_>) -> bool {
    let status = facts.text("proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0) & SYS_RESOURCE != 0
}
