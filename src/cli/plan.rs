//! `ribcage plan`: the machine, who would run where on it and why, and the line that pins it.

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::args::PlanArgs;
use crate::config::units::CpuList;
use crate::engine::placement::{Placement, Topology, allowed_cpus, place};

/// Output streams that are planned for: the default output is one.
const OUTPUT_STREAMS: usize = 1;

/// Prints the plan for this machine to `out`.
///
/// # Errors
/// [`PlanError`] when the machine cannot be read, nothing can be placed, or `out` takes nothing.
pub fn run(args: &PlanArgs, out: &mut dyn Write) -> Result<(), PlanError> {
    let allowed = allowed_cpus()
        .map_err(|e| PlanError::Machine(format!("the CPU affinity mask cannot be read: {e}")))?;
    plan(Path::new("/"), &allowed, args.json, out)
}

/// Prints the plan for the machine whose `/sys` is under `root`.
fn plan(root: &Path, allowed: &CpuList, json: bool, out: &mut dyn Write) -> Result<(), PlanError> {
    let topology = Topology::read(root, allowed).map_err(|e| PlanError::Machine(e.to_string()))?;
    let placement = place(&topology, allowed, None, None, OUTPUT_STREAMS)
        .map_err(|e| PlanError::Machine(e.to_string()))?;
    let text = if json {
        let report = Report::new(&topology, allowed, &placement);
        serde_json::to_string_pretty(&report).map_err(|e| PlanError::Output(e.into()))? + "\n"
    } else {
        text(&topology, allowed, &placement)
    };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(PlanError::Output)
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// The machine cannot be read, or has no place for a collector.
    Machine(String),
    /// The plan cannot be written; a closed pipe is among the errors.
    Output(io::Error),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::Machine(problem) => f.write_str(problem),
            PlanError::Output(e) => write!(f, "the plan cannot be written: {e}"),
        }
    }
}

impl std::error::Error for PlanError {}

/// The `collect` line that asks for a placement.
fn command(placement: &Placement) -> String {
    let list = |cpus: &[usize]| cpus.iter().copied().collect::<CpuList>();
    let (reactors, writers) = (list(&placement.reactors), list(&placement.writers));
    format!("ribcage collect --reactor-cores {reactors} --writer-cores {writers}")
}

fn text(topology: &Topology, allowed: &CpuList, placement: &Placement) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "machine\n  online    {} ({} CPUs, {} physical cores)",
        topology.online(),
        topology.cpus.len(),
        topology.cores()
    );
    for (node, cpus) in topology.nodes() {
        let _ = writeln!(text, "  node {node:<4} {cpus}");
    }
    if !topology.isolated.is_empty() {
        let _ = writeln!(text, "  isolated  {}", topology.isolated);
    }
    let _ = writeln!(text, "  allowed   {allowed} (affinity mask)");
    let join = |cpus: &[usize]| cpus.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let _ = writeln!(text, "\nplacement");
    let _ = writeln!(text, "  reactors  {}", join(&placement.reactors));
    let _ = writeln!(text, "  writers   {}", join(&placement.writers));
    let _ = writeln!(text, "\nreasons");
    for reason in topology.notes.iter().chain(&placement.reasons) {
        let _ = writeln!(text, "  {reason}");
    }
    let _ = writeln!(text, "\nto pin it\n  {}", command(placement));
    text
}

/// The plan as data.
#[derive(Serialize)]
struct Report {
    topology: Machine,
    placement: Pins,
    reasons: Vec<String>,
    command: String,
}

#[derive(Serialize)]
struct Machine {
    online: String,
    allowed: String,
    isolated: String,
    physical_cores: usize,
    nodes: Vec<Node>,
    cpus: Vec<Thread>,
}

#[derive(Serialize)]
struct Node {
    node: usize,
    cpus: String,
}

#[derive(Serialize)]
struct Thread {
    cpu: usize,
    core: usize,
    node: usize,
}

#[derive(Serialize)]
struct Pins {
    reactors: Vec<usize>,
    writers: Vec<usize>,
}

impl Report {
    fn new(topology: &Topology, allowed: &CpuList, placement: &Placement) -> Self {
        let nodes = topology.nodes();
        Self {
            topology: Machine {
                online: topology.online().to_string(),
                allowed: allowed.to_string(),
                isolated: topology.isolated.to_string(),
                physical_cores: topology.cores(),
                nodes: nodes
                    .into_iter()
                    .map(|(node, cpus)| Node { node, cpus: cpus.to_string() })
                    .collect(),
                cpus: topology
                    .cpus
                    .iter()
                    .map(|cpu| Thread { cpu: cpu.id, core: cpu.core, node: cpu.node })
                    .collect(),
            },
            placement: Pins {
                reactors: placement.reactors.clone(),
                writers: placement.writers.clone(),
            },
            reasons: topology.notes.iter().chain(&placement.reasons).cloned().collect(),
            command: command(placement),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn planned(name: &str, json: bool) -> String {
        let root = std::env::temp_dir().join(format!("ribcage-plan-{}-{name}", std::process::id()));
        let system = root.join("sys/devices/system");
        for (path, content) in [
            ("cpu/online", "0-3\n"),
            ("cpu/isolated", "3\n"),
            ("node/node0/cpulist", "0-3\n"),
            ("cpu/cpu0/topology/thread_siblings_list", "0-1\n"),
            ("cpu/cpu1/topology/thread_siblings_list", "0-1\n"),
        ] {
            let path = system.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let mut out = Vec::new();
        plan(&root, &"0-3".parse().unwrap(), json, &mut out).unwrap();
        std::fs::remove_dir_all(root).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_text_has_the_machine_the_placement_its_reasons_and_the_line() {
        let text = planned("text", false);
        for part in [
            "  online    0-3 (4 CPUs, 3 physical cores)\n",
            "  node 0    0-3\n",
            "  isolated  3\n",
            "  allowed   0-3 (affinity mask)\n",
            "  reactors  0 1\n",
            "  writers   2\n",
            "isolated CPUs (3) are left alone",
            "\n  ribcage collect --reactor-cores 0-1 --writer-cores 2\n",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
    }

    #[test]
    fn the_json_says_the_same() {
        let report: serde_json::Value = serde_json::from_str(&planned("json", true)).unwrap();
        assert_eq!(report["placement"]["reactors"], serde_json::json!([0, 1]));
        assert_eq!(report["placement"]["writers"], serde_json::json!([2]));
        assert_eq!(report["topology"]["physical_cores"], 3);
        assert_eq!(report["topology"]["cpus"][1]["core"], 0);
        assert_eq!(report["topology"]["nodes"][0]["cpus"], "0-3");
        assert_eq!(report["command"], "ribcage collect --reactor-cores 0-1 --writer-cores 2");
        assert!(report["reasons"][0].as_str().unwrap().contains("isolated"));
    }

    #[test]
    fn this_machine_has_a_plan() {
        let mut out = Vec::new();
        run(&PlanArgs { json: false }, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("ribcage collect --reactor-cores"));
    }
}
