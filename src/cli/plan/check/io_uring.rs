//! Reactors wait with io_uring: without it there is no collector.

use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "io-uring", look };

fn look(facts: &Facts<'_>) -> Finding {
    let disabled = facts.text("proc/sys/kernel/io_uring_disabled").unwrap_or_default();
    let effect = "the collector does not start";
    match (&facts.io_uring, disabled.as_str()) {
        (Some(Ok(())), _) => Finding::ok("a reactor could be made"),
        (tried @ (Some(Err(_)) | None), "1" | "2") => {
            let tried = match tried {
                Some(Err(error)) => format!(": {error}"),
                _ => String::new(),
            };
            let seen = format!("kernel.io_uring_disabled is {disabled}{tried}");
            Finding::matters(seen, effect, "sysctl -w kernel.io_uring_disabled=0")
        }
        (Some(Err(error)), _) => Finding::matters(error, effect, remedy(facts)),
        (None, "0") => Finding::ok("kernel.io_uring_disabled is 0; not tried"),
        (None, _) => Finding::unknown("not tried, and kernel.io_uring_disabled is hidden"),
    }
}

/// What may help where the system allows it and something refuses it.
fn remedy(facts: &Facts<'_>) -> &'static str {
    let status = facts.text("proc/self/status").unwrap_or_default();
    let mode = status.lines().find_map(|line| line.strip_prefix("Seccomp:")).unwrap_or("0");
    if mode.trim() == "0" {
        "LimitMEMLOCK=8M  # in the systemd unit; and a kernel of 5.8 or newer with CONFIG_IO_URING"
    } else {
        "--security-opt seccomp=unconfined  # or a profile that allows io_uring_setup, io_uring_enter \
         and io_uring_register"
    }
}
