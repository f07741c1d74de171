//! A control group's quota stops all of its threads when it is used up.

use super::facts::read;
use super::{Check, Facts, Finding};

pub(super) static CHECK: Check = Check { name: "cpu-quota", look };

fn look(facts: &Facts<'_>) -> Finding {
    let cgroup = &facts.host.cgroup;
    let Some(quota) = cgroup.quota else {
        return match facts.text("proc/self/cgroup") {
            Some(_) => Finding::ok("the control group has none"),
            None => Finding::unknown("proc/self/cgroup is hidden"),
        };
    };
    let cpus = facts.pinned().len();
    let throttled = cgroup.quota_folder.as_deref().and_then(|folder| {
        let stat = read(&folder.join("cpu.stat"))?;
        stat.lines().find_map(|line| line.strip_prefix("nr_throttled ")?.parse::<u64>().ok())
    });
    let mut seen = format!("{quota} for reactors and writers on {cpus}");
    if let Some(periods) = throttled.filter(|periods| *periods > 0) {
        seen += &format!("; throttled in {periods} periods so far");
    }
    if quota.threads() >= cpus {
        return Finding::ok(seen);
    }
    Finding::matters(
        seen,
        "when they are busy, all of them stand still for the rest of each period (100 ms)",
        format!(
            "CPUQuota={}%  # or more, in the systemd unit; for a container: --cpus={cpus}",
            cpus * 100
        ),
    )
}
