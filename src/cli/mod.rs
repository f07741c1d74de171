//! The command line: one file per subcommand, and the flags of all of them in [`args`].

pub mod args;
pub mod plan;
