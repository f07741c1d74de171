//! Connections that are made and not accepted yet wait in a queue.

use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "accept-queue", look };

/// What the collector asks for, and a length that a storm of routers fills at once.
const ASKED: u64 = 4096;
const SHORT: u64 = 1024;

fn look(facts: &Facts<'_>) -> Finding {
    let Some(length) = facts.number("proc/sys/net/core/somaxconn") else {
        return Finding::unknown("net.core.somaxconn is hidden");
    };
    let seen = format!("net.core.somaxconn is {length}");
    if length >= ASKED {
        return Finding::ok(seen);
    }
    let effect = format!(
        "when more than {length} routers connect at once, the rest try again after 1 s, 3 s and \
         more"
    );
    let fix =
        format!("sysctl -w net.core.somaxconn={ASKED}  # and a line in /etc/sysctl.d to keep it");
    match length < SHORT {
        true => Finding::matters(seen, effect, fix),
        false => Finding::note(seen, effect, fix),
    }
}
