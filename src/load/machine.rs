//! What a run needs of the machine: descriptors for its connections, CPUs for its threads.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::LoadError;
use crate::config::units::CpuList;

/// Descriptors besides those of connections: standard streams, files, one epoll per thread …
const OTHERS: u64 = 64;

/// Raises the soft limit of descriptors so that `routers` can be connected.
///
/// # Errors
/// When the hard limit is too small: says what would be right.
pub(super) fn make_room(routers: u32, threads: usize) -> Result<(), LoadError> {
    let needed = u64::from(routers) + threads as u64 + OTHERS;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if let Some(hard) = limit.maximum.filter(|&hard| hard < needed) {
        return Err(LoadError::Config(format!(
            "{routers} routers need {needed} file descriptors, but the hard limit is {hard}: \
             raise it (ulimit -Hn {needed}, LimitNOFILE= of a service) or use at most {} routers",
            hard.saturating_sub(threads as u64 + OTHERS)
        )));
    }
    let raised = Rlimit { current: Some(needed), maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).map_err(|error| {
        LoadError::Config(format!("cannot raise the limit of file descriptors: {error}"))
    })
}

/// Checks that threads may run on these CPUs.
///
/// # Errors
/// When one is outside the process's affinity mask: says which may be named.
pub(super) fn check_cores(cores: &CpuList) -> Result<(), LoadError> {
    let failed = |error| LoadError::Config(format!("cannot read the affinity mask: {error}"));
    let mask = sched_getaffinity(None).map_err(failed)?;
    let allowed: CpuList = (0..CpuSet::MAX_CPU).filter(|&cpu| mask.is_set(cpu)).collect();
    let outside: CpuList = cores.iter().filter(|&cpu| !allowed.contains(cpu)).collect();
    if outside.is_empty() {
        return Ok(());
    }
    Err(LoadError::Config(format!(
        "--cores: this process may not run on {outside}: choose from {allowed}"
    )))
}

/// Pins this thread. A CPU that has meanwhile gone leaves it where it is.
pub(super) fn pin(cpu: usize) {
    let mut set = CpuSet::new();
    if cpu < CpuSet::MAX_CPU {
        set.set(cpu);
        let _ = sched_setaffinity(None, &set);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_up_to_the_hard_limit_and_not_beyond() {
        make_room(10, 2).unwrap();
        let before = getrlimit(Resource::Nofile);
        let Some(hard) = before.maximum.filter(|&hard| hard < u64::from(u32::MAX)) else {
            eprintln!("skipped: there is no hard limit of descriptors");
            return;
        };
        let text = make_room(u32::MAX, 2).unwrap_err().to_string();
        assert!(text.contains(&format!("the hard limit is {hard}")), "{text}");
        assert_eq!(getrlimit(Resource::Nofile), before);
    }

    #[test]
    fn cores_outside_the_mask_are_refused_with_those_that_may_be_named() {
        let error = check_cores(&CpuList::from_kernel("4095").unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("--cores: this process may not run on 4095: choose"), "{error}");
    }
}
