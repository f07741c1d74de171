//! How much the kernel receives of a router before the reactor reads it: the window.

use super::facts::size;
use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "tcp-receive-memory", look };

/// The kernel's own default, and a limit below which dumps crawl.
const DEFAULT: u64 = 6 << 20;
const SMALL: u64 = 1 << 20;
/// Of the buffer, half is the window; a router at this distance sends one in each round trip.
const ROUND_TRIPS_PER_SECOND: u64 = 20;

fn look(facts: &Facts<'_>) -> Finding {
    let text = facts.text("proc/sys/net/ipv4/tcp_rmem").unwrap_or_default();
    let values: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [least, initial, most] = values[..] else {
        return Finding::unknown("net.ipv4.tcp_rmem is hidden");
    };
    let seen = format!("net.ipv4.tcp_rmem is {least} {initial} {most}");
    if most >= DEFAULT {
        return Finding::ok(seen);
    }
    let effect = format!(
        "a router 50 ms away sends at most {} per second, so its first dump takes long",
        size(most / 2 * ROUND_TRIPS_PER_SECOND)
    );
    let fix = format!(
        "sysctl -w net.ipv4.tcp_rmem='{least} {initial} {DEFAULT}'  # and a line in /etc/sysctl.d \
         to keep it"
    );
    match most < SMALL {
        true => Finding::matters(seen, effect, fix),
        false => Finding::note(seen, effect, fix),
    }
}
