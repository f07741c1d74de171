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
    // The collector raises its limit to the hard one.
    let Some(hard) = limit.hard else { return Finding::ok("no limit") };
    if hard >= ROUTERS + OTHERS {
        return Finding::ok(format!("at most {hard}, enough for {ROUTERS} routers"));
    }
    Finding::matters(
        format!("at most {hard}"),
        format!(
            "routers beyond some {} are refused, whatever --max-routers says (router-refused in \
             the log)",
            hard.saturating_sub(OTHERS)
        ),
        "LimitNOFILE=65536  # in the systemd unit; in a shell: ulimit -Hn 65536",
    )
}
