//! Whether this system lets reactors run, found out before one is started, in words that help.

use std::fs;
use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::{Arc, OnceLock};

use glommio::{LocalExecutorBuilder, Placement};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::StartError;

/// Locked memory without which a reactor refuses to start, octets.
pub const LOCKED_MEMORY_MIN: u64 = 512 * 1024;
/// The thread that tries; its panics are findings, not news.
const PROBE_THREAD: &str = "io-uring-probe";

/// Whether `reactors` reactors could run here; the limit of locked memory is raised for them.
///
/// # Errors
/// Why not, and what would help.
pub fn probe_io_uring(reactors: usize) -> Result<(), String> {
    probe(reactors).map_err(|error| error.to_string())
}

/// Checks what `reactors` reactors need, and raises the limit of locked memory as far as allowed.
pub(super) fn probe(reactors: usize) -> Result<(), StartError> {
    static FOUND: OnceLock<Result<(), String>> = OnceLock::new();
    raise_memlock(reactors)?;
    let found = FOUND.get_or_init(|| try_executor().map_err(|error| explain(&error)));
    found.clone().map_err(StartError::System)
}

/// Raises the soft limit of locked memory towards what all reactors could ask for.
fn raise_memlock(reactors: usize) -> Result<(), StartError> {
    let wanted = LOCKED_MEMORY_MIN.saturating_mul(reactors.max(1) as u64);
    let limit = getrlimit(Resource::Memlock);
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    if limit.current.unwrap_or(u64::MAX) >= wanted {
        return Ok(());
    }
    let raised = Rlimit { current: Some(wanted.min(maximum)), maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Memlock, raised) {
        tracing::debug!(%error, "memlock-not-raised");
    }
    let current = getrlimit(Resource::Memlock).current.unwrap_or(u64::MAX);
    if current < LOCKED_MEMORY_MIN {
        return Err(StartError::System(format!(
            "the limit of locked memory is {} KiB, but io_uring needs at least {} KiB: raise it with \
             `ulimit -l 8192`, LimitMEMLOCK=8M in a systemd unit, or --ulimit memlock=8388608 for \
             a container",
            current / 1024,
            LOCKED_MEMORY_MIN / 1024,
        )));
    }
    Ok(())
}

/// Makes an executor and throws it away.
fn try_executor() -> Result<(), String> {
    let shown = Arc::new(take_hook());
    let filtered = Arc::clone(&shown);
    set_hook(Box::new(move |info| {
        if std::thread::current().name() != Some(PROBE_THREAD) {
            filtered(info);
        }
    }));
    let tried = std::thread::Builder::new().name(PROBE_THREAD.into()).spawn(|| {
        catch_unwind(|| {
            let builder = LocalExecutorBuilder::new(Placement::Unbound).io_memory(0);
            builder.make().map(drop).map_err(|error| error.to_string())
        })
    });
    let outcome = tried.map(std::thread::JoinHandle::join);
    set_hook(Box::new(move |info| shown(info)));
    match outcome {
        Ok(Ok(Ok(made))) => made,
        // glommio panics without saying what the system said.
        Ok(_) => Err("setup refused".into()),
        Err(error) => Err(format!("no thread can be started: {error}")),
    }
}

/// Why io_uring does not work here and what would help, from what the system tells of itself.
fn explain(error: &str) -> String {
    let disabled = fs::read_to_string("/proc/sys/kernel/io_uring_disabled").unwrap_or_default();
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let filtered = status.lines().any(|line| {
        line.strip_prefix("Seccomp:").is_some_and(|mode| !matches!(mode.trim(), "0" | ""))
    });
    advice(error, disabled.trim(), release.trim(), filtered)
}

/// The text of [`explain`].
fn advice(error: &str, disabled: &str, release: &str, filtered: bool) -> String {
    let cause = if matches!(disabled, "1" | "2") {
        format!(
            "kernel.io_uring_disabled is {disabled}: allow it with \
             `sysctl kernel.io_uring_disabled=0`{}",
            if disabled == "1" {
                ", or put the user into the group that kernel.io_uring_group names"
            } else {
                ""
            }
        )
    } else if is_too_old(release) {
        format!("this kernel is {release}, but Linux 5.8 or newer is needed")
    } else if filtered {
        "a seccomp filter is active and may refuse it, as container runtimes do by default: allow \
         the io_uring system calls in its profile (--security-opt seccomp=…)"
            .into()
    } else {
        "the kernel may be built without CONFIG_IO_URING, or a security policy may refuse it".into()
    };
    format!("the reactors cannot use io_uring ({error}): {cause}")
}

/// Whether a release such as `5.4.0-150-generic` is older than 5.8.
fn is_too_old(release: &str) -> bool {
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => (major, minor) < (5, 8),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_comes_with_its_remedy() {
        let cases = [
            ("2", "6.8.0", false, "sysctl kernel.io_uring_disabled=0"),
            ("1", "6.8.0", false, "kernel.io_uring_group"),
            ("0", "5.4.0-150-generic", true, "Linux 5.8 or newer"),
            ("0", "6.8.0", true, "seccomp"),
            ("", "6.1.0", false, "CONFIG_IO_URING"),
        ];
        for (disabled, release, filtered, words) in cases {
            let text = advice("refused", disabled, release, filtered);
            assert!(text.contains(words), "{text}");
        }
        assert!(!is_too_old("6.1") && !is_too_old("5.8.0") && is_too_old("4.19.0"));
    }

    #[test]
    fn the_machine_of_the_tests_is_good_enough_twice() {
        probe(2).unwrap();
        probe(2).unwrap();
    }
}
