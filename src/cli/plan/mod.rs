//! `ribcage plan`: the machine, who would run where on it and why, and the line that pins it; with
//! `--check`, what is badly tuned on it.

mod check;
mod report;
mod text;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::Exit;
use super::args::PlanArgs;
use crate::config::units::CpuList;
use crate::engine::placement::{Host, Placement, PlacementError, Wishes, place};
use crate::engine::probe_io_uring;
use check::{Facts, Findings};
use report::Report;

/// Output streams that are planned for: the default output is one.
const OUTPUT_STREAMS: usize = 1;

/// Prints the plan for this machine to `out`, or what is badly tuned on it: [`Exit::Failed`] when
/// some of that matters.
///
/// # Errors
/// [`PlanError`] when the machine cannot be read, nothing can be placed, or `out` takes nothing.
pub fn run(args: &PlanArgs, out: &mut dyn Write) -> Result<Exit, PlanError> {
    let host = Host::here().map_err(PlanError::Machine)?;
    let placement = planned(&host, args)?;
    if !args.check {
        print(&host, &placement, args.json, out)?;
        return Ok(Exit::Done);
    }
    // The trial raises limits, so they are read before it.
    let facts = Facts::new(Path::new("/"), &host, &placement);
    let facts = facts.with_io_uring(probe_io_uring(placement.reactors.len()));
    let findings = check::all(&facts);
    print_findings(&findings, args.json, out)?;
    Ok(if findings.matters > 0 { Exit::Failed } else { Exit::Done })
}

fn planned(host: &Host, args: &PlanArgs) -> Result<Placement, PlanError> {
    let wishes = Wishes {
        reactors: args.reactor_cores.as_ref(),
        writers: args.writer_cores.as_ref(),
        output_streams: OUTPUT_STREAMS,
    };
    place(host, wishes).map_err(|error| match error {
        PlacementError::NothingUsable { .. } => PlanError::Machine(error.to_string()),
        refused => PlanError::Refused(refused),
    })
}

fn print(
    host: &Host,
    placement: &Placement,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<(), PlanError> {
    let text = match as_json {
        true => json(&Report::new(host, placement))?,
        false => text::plan(host, placement),
    };
    write(&text, out)
}

fn print_findings(
    findings: &Findings,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<(), PlanError> {
    write(&if as_json { json(findings)? } else { findings.to_string() }, out)
}

fn json(value: &impl Serialize) -> Result<String, PlanError> {
    Ok(serde_json::to_string_pretty(value).map_err(|e| PlanError::Output(e.into()))? + "\n")
}

fn write(text: &str, out: &mut dyn Write) -> Result<(), PlanError> {
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(PlanError::Output)
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// The machine cannot be read, or has no place for a collector.
    Machine(String),
    /// CPUs that were asked for cannot be had.
    Refused(PlacementError),
    /// The plan cannot be written; a closed pipe is among the errors.
    Output(io::Error),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::Machine(problem) => f.write_str(problem),
            PlanError::Refused(refused) => refused.fmt(f),
            PlanError::Output(e) => write!(f, "the plan cannot be written: {e}"),
        }
    }
}

impl std::error::Error for PlanError {}

/// The `collect` line that asks for CPUs.
fn command(reactors: &CpuList, writers: &CpuList) -> String {
    format!("ribcage collect --reactor-cores {reactors} --writer-cores {writers}")
}

/// The `collect` line that asks for a placement.
fn command_of(placement: &Placement) -> String {
    let list = |cpus: &[usize]| cpus.iter().copied().collect::<CpuList>();
    command(&list(&placement.reactors), &list(&placement.writers))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::engine::placement::testing::Tree;

    fn shown(json: bool) -> String {
        let tree = Tree::new("plan")
            .system("cpu/online", "0-4")
            .system("cpu/offline", "5-7")
            .system("cpu/isolated", "3")
            .system("cpu/nohz_full", "3")
            .system("node/node0/cpulist", "0-4")
            .system("cpu/cpu0/topology/thread_siblings_list", "0-1")
            .system("cpu/cpu1/topology/thread_siblings_list", "0-1")
            .file("proc/self/cgroup", "0::/system.slice/ribcage.service")
            .file("sys/fs/cgroup/system.slice/cpu.max", "350000 100000")
            .file("sys/fs/cgroup/system.slice/cpuset.cpus.effective", "0-3")
            .nic("eth0", 0, &[(60, "eth0-TxRx-0", "4")]);
        let host = tree.host("0-3");
        let mut out = Vec::new();
        print(&host, &planned(&host, &PlanArgs::default()).unwrap(), json, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_text_has_the_machine_the_placement_its_reasons_and_the_line() {
        let text = shown(false);
        for part in [
            "  online     0-4 (5 CPUs, 4 physical cores)\n",
            "  offline    5-7\n",
            "  node 0     0-4\n",
            "  siblings   0-1\n",
            "  isolated   3\n",
            "  nohz_full  3\n",
            "  rcu_nocbs  3\n",
            "  affinity   0-3\n",
            "  cgroup     /system.slice/ribcage.service: CPUs 0-3, quota 3.5 CPUs\n",
            "  nic eth0   node 0, 1 receive queue, served by CPU 4\n",
            "  reactors   0 1\n",
            "  writers    2\n",
            "isolated CPUs (3) are left alone",
            "\n  ribcage collect --reactor-cores 0-1 --writer-cores 2\n",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
    }

    #[test]
    fn the_json_says_the_same() {
        let report: serde_json::Value = serde_json::from_str(&shown(true)).unwrap();
        assert_eq!(report["placement"]["reactors"], serde_json::json!([0, 1]));
        assert_eq!(report["placement"]["writers"], serde_json::json!([2]));
        assert_eq!(report["topology"]["physical_cores"], 4);
        assert_eq!(report["topology"]["offline"], "5-7");
        assert_eq!(report["topology"]["cpus"][1]["core"], 0);
        assert_eq!(report["topology"]["nodes"][0]["cpus"], "0-4");
        assert_eq!(report["topology"]["allowed"], "0-3");
        assert_eq!(report["cgroup"]["quota_cpus"], 3.5);
        assert_eq!(report["cgroup"]["cpus"], "0-3");
        assert_eq!(report["nics"][0]["node"], 0);
        assert_eq!(report["nics"][0]["receive_cpus"], "4");
        assert_eq!(report["nics"][0]["interrupts"][0]["number"], 60);
        assert_eq!(report["command"], "ribcage collect --reactor-cores 0-1 --writer-cores 2");
        assert!(report["reasons"][0].as_str().unwrap().contains("isolated"));
    }

    #[test]
    fn this_machine_has_a_plan_and_findings() {
        let run = |check| {
            let mut out = Vec::new();
            run(&PlanArgs { check, ..PlanArgs::default() }, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert!(run(false).contains("ribcage collect --reactor-cores"));
        assert!(run(true).contains("io-uring"));
    }
}
