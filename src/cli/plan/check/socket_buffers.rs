//! The largest receive buffer that a program may ask for.

use super::facts::size;
use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "socket-buffers", look };

/// Enough for 100 MB/s over 40 ms.
const ENOUGH: u64 = 4 << 20;

fn look(facts: &Facts<'_>) -> Finding {
    let Some(most) = facts.number("proc/sys/net/core/rmem_max") else {
        return Finding::unknown("net.core.rmem_max is hidden");
    };
    let seen = format!("net.core.rmem_max is {most} ({})", size(most));
    if most >= ENOUGH {
        return Finding::ok(seen);
    }
    Finding::note(
        seen,
        "a --receive-buffer above it is cut to it; without that flag tcp_rmem holds, and this does \
         nothing",
        format!("sysctl -w net.core.rmem_max={ENOUGH}  # and a line in /etc/sysctl.d to keep it"),
    )
}
