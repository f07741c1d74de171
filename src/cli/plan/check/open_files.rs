//! Every router connection is an open file.

use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "open-files", look };

/// Routers that a collector should hold.
const ROUTERS: u64 = 10_000;
/// Open files besides routers: rings, outputs, logs.
const OTHERS: u64 = 256;

fn look(facts: &Facts<'_>) -> Finding {
    let Some(limit) = facts.limit("Max open files") else {
        return Finding::unknown("proc/self/limits is hidden");
    };
    let Some(soft) = limit.soft else { return Finding::ok("no limit") };
    if soft >= ROUTERS + OTHERS {
        return Finding::ok(format!("at most {soft}, enough for {ROUTERS} routers"));
    }
    Finding::matters(
        format!("at most {soft}"),
        format!(
            "connections beyond some {} routers are refused (accept-failed in the log)",
            soft.saturating_sub(OTHERS)
        ),
        "LimitNOFILE=65536  # in the systemd unit; in a shell: ulimit -n 65536",
    )
}
