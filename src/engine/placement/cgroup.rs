//! The CPU limits of this process's control group, version 2 or 1, where they are usually mounted.

use std::fmt;
use std::path::{Path, PathBuf};

use super::tree::{list, text};
use crate::config::units::CpuList;

/// Controllers of version 1, and what their folder may be called.
const CPU_V1: (&str, &[&str]) = ("cpu", &["cpu", "cpu,cpuacct", "cpuacct,cpu"]);
const CPUSET_V1: (&str, &[&str]) = ("cpuset", &["cpuset"]);

/// What the control group of this process is limited to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cgroup {
    /// Its path; empty where the system tells none.
    pub path: String,
    /// The CPUs that it may use; `None` where that is not limited or hidden.
    pub cpus: Option<CpuList>,
    /// The CPU time that it may use.
    pub quota: Option<Quota>,
    /// The folder of the group that has that quota: this one or one above.
    pub quota_folder: Option<PathBuf>,
}

/// CPU time in each period, as thousandths of a CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quota(pub u64);

impl Quota {
    /// How many threads may be busy all the time.
    #[must_use]
    pub fn threads(self) -> usize {
        usize::try_from(self.0 / 1000).unwrap_or(usize::MAX)
    }

    /// The quota in CPUs.
    #[must_use]
    pub fn cpus(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// `quota` and `period` in microseconds; `None` when it is no limit.
    fn new(quota: &str, period: &str) -> Option<Self> {
        let (quota, period) = (quota.parse::<u64>().ok()?, period.parse::<u64>().ok()?);
        quota.checked_mul(1000)?.checked_div(period).map(Self)
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.0 == 1000 { "CPU" } else { "CPUs" };
        write!(f, "{} {noun}", self.cpus())
    }
}

impl Cgroup {
    /// Reads `proc/self/cgroup` and what `sys/fs/cgroup` says of it, under `root`. What is not
    /// there or makes no sense limits nothing.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let table = text(&root.join("proc/self/cgroup")).unwrap_or_default();
        let mount = root.join("sys/fs/cgroup");
        let mut found = Self::default();
        for line in table.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
            let before = (found.cpus.is_some(), found.quota);
            if controllers.is_empty() {
                for base in [mount.clone(), mount.join("unified")] {
                    found.take(&base, path, &["cpuset.cpus.effective"], quota_v2);
                }
            }
            for (controller, folders) in [CPU_V1, CPUSET_V1] {
                if controllers.split(',').any(|name| name == controller) {
                    for folder in folders {
                        let files = ["cpuset.effective_cpus", "cpuset.cpus"];
                        found.take(&mount.join(folder), path, &files, quota_v1);
                    }
                }
            }
            // The group that is shown is the one with the limits; of version 2 where none has.
            let has_limits = before != (found.cpus.is_some(), found.quota);
            if found.path.is_empty() || controllers.is_empty() || has_limits {
                path.clone_into(&mut found.path);
            }
        }
        found
    }

    /// Takes the limits of the group at `path` below `base`: the CPUs of the nearest group that
    /// names some, and the smallest quota of all that it is in. In a container `path` may be the
    /// host's, and `base` already be the group itself.
    fn take(&mut self, base: &Path, path: &str, lists: &[&str], quota: fn(&Path) -> Option<Quota>) {
        let mut names: Vec<&str> =
            path.split('/').filter(|name| !matches!(*name, "" | "." | "..")).collect();
        loop {
            let folder = names.iter().fold(base.to_owned(), |path, name| path.join(name));
            let mut cpus = lists.iter().filter_map(|file| list(&folder.join(file)).ok().flatten());
            if self.cpus.is_none() {
                self.cpus = cpus.find(|cpus| !cpus.is_empty());
            }
            if let Some(quota) = quota(&folder)
                && self.quota.is_none_or(|least| quota < least)
            {
                self.quota = Some(quota);
                self.quota_folder = Some(folder);
            }
            if names.pop().is_none() {
                break;
            }
        }
    }
}

fn quota_v2(folder: &Path) -> Option<Quota> {
    let text = text(&folder.join("cpu.max"))?;
    let (quota, period) = text.split_once(' ').unwrap_or((&text, "100000"));
    Quota::new(quota, period)
}

fn quota_v1(folder: &Path) -> Option<Quota> {
    let quota = text(&folder.join("cpu.cfs_quota_us"))?;
    Quota::new(&quota, &text(&folder.join("cpu.cfs_period_us"))?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::super::testing::{Tree, cpus};
    use super::*;

    #[test]
    fn version_2_limits_by_every_group_above() {
        let tree = Tree::new("v2")
            .file("proc/self/cgroup", "0::/system.slice/ribcage.service")
            .file("sys/fs/cgroup/cpuset.cpus.effective", "0-15")
            .file("sys/fs/cgroup/system.slice/cpuset.cpus.effective", "0-7")
            .file("sys/fs/cgroup/system.slice/cpu.max", "250000 100000")
            .file("sys/fs/cgroup/system.slice/ribcage.service/cpu.max", "max 100000");
        let found = Cgroup::read(tree.root());
        assert_eq!(found.path, "/system.slice/ribcage.service");
        assert_eq!((found.cpus, found.quota), (Some(cpus("0-7")), Some(Quota(2500))));
        assert!(found.quota_folder.unwrap().ends_with("system.slice"));
        assert_eq!((Quota(2500).threads(), Quota(2500).to_string()), (2, "2.5 CPUs".into()));
        assert_eq!(Quota(1000).to_string(), "1 CPU");
    }

    #[test]
    fn in_a_container_the_mount_is_the_group_itself() {
        for path in ["/", "/docker/8f3c", "/../../docker/8f3c"] {
            let tree = Tree::new("container")
                .file("proc/self/cgroup", &format!("0::{path}"))
                .file("sys/fs/cgroup/cpuset.cpus.effective", "2-3")
                .file("sys/fs/cgroup/cpu.max", "50000 100000");
            let found = Cgroup::read(tree.root());
            assert_eq!((found.cpus, found.quota), (Some(cpus("2-3")), Some(Quota(500))), "{path}");
        }
    }

    #[test]
    fn version_1_has_a_folder_for_each_controller() {
        let tree = Tree::new("v1")
            .file("proc/self/cgroup", "5:cpuset:/a\n4:cpu,cpuacct:/a/b\n1:name=systemd:/c\n0::/c")
            .file("sys/fs/cgroup/cpuset/a/cpuset.cpus", "1-2")
            .file("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1")
            .file("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000")
            .file("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "20000")
            .file("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "10000");
        let found = Cgroup::read(tree.root());
        assert_eq!((found.cpus, found.quota), (Some(cpus("1-2")), Some(Quota(2000))));
    }

    #[test]
    fn nothing_and_nonsense_limit_nothing() {
        assert_eq!(Cgroup::read(Tree::new("none").root()), Cgroup::default());
        let tree = Tree::new("odd")
            .file("proc/self/cgroup", "0::/x\nfrob\n7:")
            .file("sys/fs/cgroup/x/cpuset.cpus.effective", "many")
            .file("sys/fs/cgroup/x/cpu.max", "1000 0");
        let found = Cgroup::read(tree.root());
        assert_eq!((found.path.as_str(), found.cpus, found.quota), ("/x", None, None));
    }
}
