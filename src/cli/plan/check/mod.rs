//! `plan --check`: what is badly tuned on a host, each with its effect and its fix.
//!
//! A check is one file with one `CHECK`, and one word in the table below. It looks at [`Facts`]
//! only, never at this machine by itself, so that it can be tested against made-up hosts.

mod facts;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

pub(super) use facts::Facts;

/// A row of the table.
struct Check {
    name: &'static str,
    look: fn(&Facts<'_>) -> Finding,
}

/// Declares the table: one word for each file.
macro_rules! checks {
    ($($file:ident)+) => {
        $(mod $file;)+
        /// Every check, roughly by how much a collector depends on it.
        static CHECKS: &[&Check] = &[$(&$file::CHECK),+];
    };
}

checks! {
    io_uring
    locked_memory
    open_files
    cpu_quota
    nic_interrupts
    irqbalance
    isolation
    numa_balancing
    cpu_governor
    idle_states
    clock_source
    swap
    huge_pages
    tcp_receive_memory
    socket_buffers
    accept_queue
    syn_backlog
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// The collector does not start, or loses much of what it could do.
    Matters,
    /// Better otherwise, for some uses.
    Note,
    /// Hidden, or not of a kind that is known.
    Unknown,
    /// As it should be.
    Ok,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Self::Matters => "matters",
            Self::Note => "note",
            Self::Unknown => "unknown",
            Self::Ok => "ok",
        }
    }
}

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    name: &'static str,
    severity: Severity,
    /// What was seen.
    seen: String,
    /// What comes of it, where something does.
    effect: Option<String>,
    /// A command line or a setting against it, to be pasted.
    fix: Option<String>,
}

impl Finding {
    fn new(severity: Severity, seen: impl Into<String>) -> Self {
        Self { name: "", severity, seen: seen.into(), effect: None, fix: None }
    }

    fn ok(seen: impl Into<String>) -> Self {
        Self::new(Severity::Ok, seen)
    }

    fn unknown(seen: impl Into<String>) -> Self {
        Self::new(Severity::Unknown, seen)
    }

    fn bad(
        severity: Severity,
        seen: impl Into<String>,
        effect: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let (effect, fix) = (Some(effect.into()), Some(fix.into()));
        Self { effect, fix, ..Self::new(severity, seen) }
    }

    fn note(seen: impl Into<String>, effect: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::bad(Severity::Note, seen, effect, fix)
    }

    fn matters(seen: impl Into<String>, effect: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::bad(Severity::Matters, seen, effect, fix)
    }
}

/// What all checks have found, the worst first.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    /// How many matter.
    pub(super) matters: usize,
    notes: usize,
    unknown: usize,
    ok: usize,
    findings: Vec<Finding>,
}

/// Runs every check.
pub(super) fn all(facts: &Facts<'_>) -> Findings {
    let found = CHECKS.iter().map(|check| Finding { name: check.name, ..(check.look)(facts) });
    let mut findings: Vec<Finding> = found.collect();
    findings.sort_by_key(|finding| finding.severity);
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    Findings {
        matters: count(Severity::Matters),
        notes: count(Severity::Note),
        unknown: count(Severity::Unknown),
        ok: count(Severity::Ok),
        findings,
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { name, severity, seen, effect, fix } in &self.findings {
            writeln!(f, "{:<7}  {name}: {seen}", severity.word())?;
            for (title, text) in [("effect", effect), ("fix", fix)] {
                if let Some(text) = text {
                    writeln!(f, "         {title:<6}  {text}")?;
                }
            }
        }
        let Self { matters, notes, unknown, ok, .. } = self;
        writeln!(f, "\n{matters} matter, {notes} to note, {unknown} unknown, {ok} ok")
    }
}
