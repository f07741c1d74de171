//! Which core does what: the machine, this process's share of it, and the CPUs of reactors and
//! writers.
//!
//! Contract: a placement is decided once, before anything runs, and can be explained. What was
//! asked for is either done exactly or refused with an answer that would be right.
//!
//! ```text
//!   tree ─▶ topology, cgroup, nic ─▶ host ─▶ choose ─▶ Placement
//! ```
//!
//! What is chosen where nothing was asked for:
//!
//! * **A CPU does one thing.** Reactor and writer share one only where it is the only one allowed;
//!   lists that overlap are refused.
//! * **No more threads than the control group's quota allows**, but a reactor and a writer at
//!   least: beyond it all threads stand still together for the rest of a period.
//! * **Writers are as many as output streams, and at most half.** They take whole physical cores;
//!   reactors take what is left, distinct physical cores before SMT siblings, and the siblings of
//!   writers last.
//! * **Memory is near who uses it.** A reactor makes its batches on its own thread after it is
//!   pinned, so their pages lie on its node (first touch). Reactors on the node of the network
//!   interface come first, and writers are on the nodes of the first reactors: they read what
//!   reactors filled.
//! * **Interrupts of network interfaces are served before any thread.** When at most a quarter of
//!   the CPUs serve receive queues, these are left to them. Otherwise they are shared, by reactors
//!   first: what arrives is then in the cache of its reader, and all reactors wait for a writer.
//! * **Isolated CPUs are left alone** unless the others are too few: whoever isolated them names
//!   them.

mod cgroup;
mod choose;
mod error;
mod host;
mod nic;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod topology;
mod tree;

pub use cgroup::{Cgroup, Quota};
pub use error::PlacementError;
pub use host::{Host, allowed_cpus};
pub use nic::{Interrupt, Nic};
pub use topology::{Cpu, Topology};
pub use tree::TopologyError;

use crate::config::units::CpuList;
use choose::{Candidates, explain};

const REACTOR_FLAG: &str = "--reactor-cores";
const WRITER_FLAG: &str = "--writer-cores";

/// Which CPU each reactor and each writer is pinned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The reactors' CPUs, best first.
    pub reactors: Vec<usize>,
    /// The writers' CPUs, best first.
    pub writers: Vec<usize>,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes<'a> {
    /// CPUs for reactors; `None` leaves the choice to us.
    pub reactors: Option<&'a CpuList>,
    /// CPUs for writers; `None` leaves the choice to us.
    pub writers: Option<&'a CpuList>,
    /// How many writers could have work; 0 counts as 1.
    pub output_streams: usize,
}

/// Chooses CPUs.
///
/// # Errors
/// [`PlacementError`] when what was asked for cannot be done.
pub fn place(host: &Host, wishes: Wishes<'_>) -> Result<Placement, PlacementError> {
    let usable = host.usable();
    if usable.is_empty() {
        let (online, allowed) = (host.topology.online(), host.allowed());
        return Err(PlacementError::NothingUsable { online, allowed });
    }
    for (flag, asked) in [(REACTOR_FLAG, wishes.reactors), (WRITER_FLAG, wishes.writers)] {
        if let Some(asked) = asked {
            check(flag, asked, host)?;
        }
    }
    let mut reasons = Vec::new();
    for (what, flag, asked) in
        [("reactors", REACTOR_FLAG, wishes.reactors), ("writers", WRITER_FLAG, wishes.writers)]
    {
        reasons.extend(asked.map(|asked| format!("{what} on {asked}: asked for by {flag}")));
    }
    let streams = wishes.output_streams.max(1);
    let ids = |list: &CpuList| list.iter().collect::<Vec<_>>();
    let (reactors, writers) = if let [only] = *usable.as_slice() {
        reasons.push("one CPU is allowed: reactor and writer share it".to_owned());
        (vec![only], vec![only])
    } else {
        match (wishes.reactors, wishes.writers) {
            (Some(reactors), Some(writers)) => {
                check_apart(host, reactors, writers)?;
                (ids(reactors), ids(writers))
            }
            (Some(given), None) => {
                (ids(given), writers_beside(host, given, streams, &mut reasons)?)
            }
            (None, Some(given)) => (reactors_beside(host, given, &mut reasons)?, ids(given)),
            (None, None) => both(host, streams, &mut reasons),
        }
    };
    explain(host, &reactors, &writers, &mut reasons);
    Ok(Placement { reactors, writers, reasons })
}

/// A list that was asked for must name CPUs that this process can have.
fn check(flag: &'static str, asked: &CpuList, host: &Host) -> Result<(), PlacementError> {
    let (online, allowed) = (host.topology.online(), host.allowed());
    if asked.is_empty() {
        return Err(PlacementError::Empty { flag, usable: host.usable() });
    }
    let offline = asked.minus(&online);
    if !offline.is_empty() {
        return Err(PlacementError::Offline { flag, cpus: offline, online });
    }
    let cpus = asked.minus(&allowed);
    if cpus.is_empty() {
        return Ok(());
    }
    // A mask can be widened only within the group.
    let within = |group: &CpuList| cpus.minus(group).is_empty();
    Err(match host.cgroup.cpus.as_ref().is_none_or(within) {
        true => PlacementError::Outside { flag, cpus, allowed },
        false => PlacementError::OutsideGroup { flag, cpus, allowed },
    })
}

/// No CPU may be in both lists. What is refused comes with lists that are as near as possible to
/// those that were asked for.
fn check_apart(host: &Host, reactors: &CpuList, writers: &CpuList) -> Result<(), PlacementError> {
    let cpus = reactors.and(writers);
    if cpus.is_empty() {
        return Ok(());
    }
    let instead = match (reactors.minus(&cpus), writers.minus(&cpus)) {
        (rest, _) if !rest.is_empty() => (rest, writers.clone()),
        (_, rest) if !rest.is_empty() => (reactors.clone(), rest),
        _ => match reactors.as_slice() {
            [first @ .., last] if !first.is_empty() => {
                (first.iter().copied().collect(), [*last].into_iter().collect())
            }
            _ => {
                let beside = Candidates::new(host, reactors, 1).writers_beside(1);
                (reactors.clone(), beside.into_iter().collect())
            }
        },
    };
    Err(PlacementError::Overlap { cpus, instead })
}

/// Writers on what is left beside given reactors, near to them but not on their physical cores.
fn writers_beside(
    host: &Host,
    reactors: &CpuList,
    streams: usize,
    reasons: &mut Vec<String>,
) -> Result<Vec<usize>, PlacementError> {
    let left = Candidates::new(host, reactors, 1);
    if left.cpus.is_empty() {
        return Err(none_left(host, REACTOR_FLAG, WRITER_FLAG));
    }
    let half = (host.usable().len() / 2).max(1);
    let quota = threads_left(host, reactors.len());
    let writers = left.writers_beside(streams.min(half).min(quota));
    reasons.push(format!(
        "{} for {}: on CPUs beside the reactors, of other physical cores and the same NUMA nodes \
         first",
        plural(writers.len(), "writer"),
        plural(streams, "output stream")
    ));
    reasons.extend(left.reasons);
    Ok(writers)
}

/// Reactors on all that is left beside given writers.
fn reactors_beside(
    host: &Host,
    writers: &CpuList,
    reasons: &mut Vec<String>,
) -> Result<Vec<usize>, PlacementError> {
    let mut left = Candidates::new(host, writers, 1);
    let quota = threads_left(host, writers.len());
    let is_limited = left.cpus.len() > quota;
    left.narrow(quota);
    let reactors = left.reactors_beside(&[]);
    if reactors.is_empty() {
        return Err(none_left(host, WRITER_FLAG, REACTOR_FLAG));
    }
    let what = plural(reactors.len(), "reactor");
    reasons.push(match is_limited {
        true => format!("{what} beside the writers: as many as the control group's quota allows"),
        false => format!("{what} beside the writers"),
    });
    reasons.extend(left.reasons);
    Ok(reactors)
}

/// Nothing was asked for. There are two usable CPUs or more.
fn both(host: &Host, streams: usize, reasons: &mut Vec<String>) -> (Vec<usize>, Vec<usize>) {
    let mut candidates = Candidates::new(host, &CpuList::default(), 2);
    reasons.append(&mut candidates.reasons);
    if let (Some(threads), Some(quota)) = (host.threads_max(), host.cgroup.quota)
        && threads < candidates.cpus.len()
    {
        candidates.narrow(threads);
        reasons.push(format!(
            "{} on {} CPUs: the control group's quota is {quota}, and more busy threads would be \
             throttled",
            plural(threads, "thread"),
            candidates.cpus.len(),
        ));
    }
    let all: CpuList = candidates.cpus.iter().map(|cpu| cpu.id).collect();
    let count = streams.min((all.len() / 2).max(1));
    let writers = candidates.writers(count);
    let reactors = candidates.reactors_beside(&writers);
    reasons.push(format!(
        "{} for {}, at most half of the {} CPUs {all}",
        plural(count, "writer"),
        plural(streams, "output stream"),
        all.len()
    ));
    reasons.push(match reactors.len() {
        1 => "the other CPU is a reactor's".to_owned(),
        several => format!("the other {several} are reactors'"),
    });
    (reactors, writers)
}

/// How many threads the quota allows besides `taken`, at least one.
fn threads_left(host: &Host, taken: usize) -> usize {
    host.threads_max().map_or(usize::MAX, |threads| threads.saturating_sub(taken).max(1))
}

/// All usable CPUs are in one list: the last of them, or all but it, would be right.
fn none_left(host: &Host, flag: &'static str, other: &'static str) -> PlacementError {
    let usable = host.usable();
    let last: CpuList = usable.as_slice().last().copied().into_iter().collect();
    let instead = if flag == WRITER_FLAG { last } else { usable.minus(&last) };
    PlacementError::NoneLeft { flag, other, usable, instead }
}

/// `CPU 3` or `CPUs 3-4`.
#[must_use]
pub fn named(cpus: &CpuList) -> String {
    format!("{} {cpus}", if cpus.len() == 1 { "CPU" } else { "CPUs" })
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
