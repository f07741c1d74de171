//! Connections that are being made wait for the router's last word.

use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "syn-backlog", look };

/// Connections of a storm of routers that are half made at once.
const ENOUGH: u64 = 1024;

fn look(facts: &Facts<'_>) -> Finding {
    let Some(length) = facts.number("proc/sys/net/ipv4/tcp_max_syn_backlog") else {
        return Finding::unknown("net.ipv4.tcp_max_syn_backlog is hidden");
    };
    let cookies = facts.number("proc/sys/net/ipv4/tcp_syncookies");
    let seen = match cookies {
        Some(cookies) => format!("{length}, net.ipv4.tcp_syncookies is {cookies}"),
        None => format!("{length}, net.ipv4.tcp_syncookies is hidden"),
    };
    let seen = format!("net.ipv4.tcp_max_syn_backlog is {seen}");
    if length >= ENOUGH {
        return Finding::ok(seen);
    }
    let fix = format!(
        "sysctl -w net.ipv4.tcp_max_syn_backlog={}  # and a line in /etc/sysctl.d to keep it",
        ENOUGH * 4
    );
    match cookies {
        Some(0) => Finding::matters(
            seen,
            "when more routers than this connect at once, the rest try again after 1 s, 3 s and \
             more",
            fix,
        ),
        _ => Finding::note(
            seen,
            "when more routers than this connect at once, the rest are answered with SYN cookies: \
             without window scaling unless they send timestamps, so they stay slow",
            fix,
        ),
    }
}
