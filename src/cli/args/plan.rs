//! Flags of `plan`.

use std::str::FromStr as _;

use clap::Args;

use crate::config::units::CpuList;

/// Flags of `plan`.
#[derive(Debug, Clone, Default, Args)]
pub struct PlanArgs {
    /// Tell instead what is badly tuned on this host, with its effect and its fix
    #[arg(long)]
    pub check: bool,

    /// Print as JSON
    #[arg(long)]
    pub json: bool,

    /// With these CPUs for reactors, as `collect` takes them
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub reactor_cores: Option<CpuList>,

    /// With these CPUs for writers, as `collect` takes them
    #[arg(long, value_name = "LIST", value_parser = CpuList::from_str)]
    pub writer_cores: Option<CpuList>,
}

pub(super) const EXAMPLES: &str = "  \
  # What `collect` would do here
  ribcage plan

  # With half the machine
  taskset -c 0-3 ribcage plan --json

  # What is badly tuned here, with the limits that a service has
  systemd-run --pipe -p LimitNOFILE=65536 ribcage plan --check

  # The same for CPUs that are pinned
  ribcage plan --check --reactor-cores 2-6 --writer-cores 7
";

pub(super) const EXIT: &str = "\
Exit codes:
  0  done
  1  the machine cannot be read, or --check found something that matters
  2  wrong usage";
