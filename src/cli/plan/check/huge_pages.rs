//! Transparent huge pages: fewer TLB misses, or stalls while the kernel makes room for them.

use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "huge-pages", look };

const FOLDER: &str = "sys/kernel/mm/transparent_hugepage";

fn look(facts: &Facts<'_>) -> Finding {
    let Some(enabled) = facts.chosen(&format!("{FOLDER}/enabled")) else {
        return Finding::unknown("hidden, or not built into the kernel");
    };
    let defrag = facts.chosen(&format!("{FOLDER}/defrag")).unwrap_or_else(|| "hidden".into());
    let seen = format!("enabled is {enabled}, defrag is {defrag}");
    if enabled != "always" || defrag != "always" {
        return Finding::ok(seen);
    }
    Finding::note(
        seen,
        "where memory is short of huge pages, a thread that takes memory first waits until the \
         kernel has made one: milliseconds in a reactor while peers and sessions come",
        format!("echo defer+madvise > /{FOLDER}/defrag"),
    )
}
