//! Why CPUs that were asked for cannot be had, and what would be right.

use std::fmt;

use crate::config::units::CpuList;

/// Why CPUs that were asked for cannot be had, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacementError {
    /// The process may run on no CPU that is online.
    NothingUsable {
        /// CPUs that are online.
        online: CpuList,
        /// CPUs on which the process may run.
        allowed: CpuList,
    },
    /// A list without a CPU.
    Empty {
        /// The flag.
        flag: &'static str,
        /// CPUs that could be named.
        usable: CpuList,
    },
    /// CPUs that are not online.
    Offline {
        /// The flag.
        flag: &'static str,
        /// Those of its CPUs.
        cpus: CpuList,
        /// CPUs that are online.
        online: CpuList,
    },
    /// CPUs outside the process's affinity mask.
    Outside {
        /// The flag.
        flag: &'static str,
        /// Those of its CPUs.
        cpus: CpuList,
        /// CPUs on which the process may run.
        allowed: CpuList,
    },
    /// CPUs that the process's control group may not use.
    OutsideGroup {
        /// The flag.
        flag: &'static str,
        /// Those of its CPUs.
        cpus: CpuList,
        /// CPUs on which the process may run.
        allowed: CpuList,
    },
    /// CPUs in both lists.
    Overlap {
        /// Those in both.
        cpus: CpuList,
        /// Lists that would be right: reactors and writers.
        instead: (CpuList, CpuList),
    },
    /// One list takes all CPUs, and the other was left to us.
    NoneLeft {
        /// The flag of the list.
        flag: &'static str,
        /// The flag of the other.
        other: &'static str,
        /// CPUs that could be named.
        usable: CpuList,
        /// A list that would be right.
        instead: CpuList,
    },
}

impl fmt::Display for PlacementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingUsable { online, allowed } => write!(
                f,
                "this process may run on CPUs {allowed}, but online are {online}: start it with \
                 `taskset -c {online} ribcage …`"
            ),
            Self::Empty { flag, usable } => {
                write!(f, "{flag}: the list names no CPU: choose from {usable}")
            }
            Self::Offline { flag, cpus, online } => write!(
                f,
                "{flag}: {} offline or not there: choose from the CPUs that are online, {online}",
                CpusAre(cpus)
            ),
            Self::Outside { flag, cpus, allowed } => write!(
                f,
                "{flag}: {} outside this process's affinity mask: choose from {allowed}, or start \
                 it with `taskset -c {} ribcage …`",
                CpusAre(cpus),
                allowed.or(cpus)
            ),
            Self::OutsideGroup { flag, cpus, allowed } => write!(
                f,
                "{flag}: {} not this process's to use, its control group names others: choose \
                 from {allowed}, or give it more with AllowedCPUs={} in a systemd unit or \
                 --cpuset-cpus={} for a container",
                CpusAre(cpus),
                allowed.or(cpus),
                allowed.or(cpus)
            ),
            Self::Overlap { cpus, instead: (reactors, writers) } => write!(
                f,
                "--reactor-cores and --writer-cores: {} in both, but a reactor and a writer on \
                 one CPU wait for each other: name each CPU once, such as --reactor-cores \
                 {reactors} --writer-cores {writers}",
                CpusAre(cpus)
            ),
            Self::NoneLeft { flag, other, usable, instead } => write!(
                f,
                "{flag}: leaves none of the CPUs {usable} for {other}: name fewer, such as \
                 {flag} {instead}"
            ),
        }
    }
}

impl std::error::Error for PlacementError {}

/// `CPU 3 is` or `CPUs 3-4 are`.
struct CpusAre<'a>(&'a CpuList);

impl fmt::Display for CpusAre<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "CPU {} is", self.0),
            _ => write!(f, "CPUs {} are", self.0),
        }
    }
}
