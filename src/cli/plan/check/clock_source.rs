//! Every read and every log line asks for the time.

use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "clock-source", look };

const FOLDER: &str = "sys/devices/system/clocksource/clocksource0";
/// Read with a system call, from a device outside of the CPU.
const SLOW: [&str; 5] = ["hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies"];
/// Best first.
const FAST: [&str; 3] = ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page"];

fn look(facts: &Facts<'_>) -> Finding {
    let Some(current) = facts.text(&format!("{FOLDER}/current_clocksource")) else {
        return Finding::unknown("hidden");
    };
    if !SLOW.contains(&current.as_str()) {
        return Finding::ok(current);
    }
    let available = facts.text(&format!("{FOLDER}/available_clocksource")).unwrap_or_default();
    let fast = FAST.iter().find(|fast| available.split_whitespace().any(|name| name == **fast));
    let fix = match fast {
        Some(fast) => format!("echo {fast} > /{FOLDER}/current_clocksource"),
        None => "tsc=reliable  # kernel boot parameter, if `dmesg | grep -i tsc` shows that the \
                 kernel gave it up although it is sound"
            .to_owned(),
    };
    Finding::matters(
        current,
        "asking for the time takes a system call and a slow device, about a microsecond instead \
         of some 20 ns, on every read of a reactor",
        fix,
    )
}
