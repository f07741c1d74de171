//! Flags of `plan`.

use clap::Args;

/// Flags of `plan`.
#[derive(Debug, Clone, Default, Args)]
pub struct PlanArgs {
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
}

pub(super) const EXAMPLES: &str = "  \
  # What `collect` would do here
  ribcage plan

  # With half the machine
  taskset -c 0-3 ribcage plan --json
";

pub(super) const EXIT: &str = "\
Exit codes:
  0  done
  1  the machine cannot be read
  2  wrong usage";
