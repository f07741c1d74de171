#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::engine::placement::testing::{Tree, two_nodes};
use crate::engine::placement::{Host, Wishes, place};

const LIMITS: &str = "\
Limit                     Soft Limit           Hard Limit           Units     
Max open files            65536                524288               files     
Max locked memory         8388608              8388608              bytes     
Max address space         unlimited            unlimited            bytes     ";

/// Two sockets tuned for a collector: CPU 0 and its sibling for everything else.
fn good() -> Tree {
    let mut tree = two_nodes("good")
        .system("cpu/isolated", "1-7,9-15")
        .system("cpu/nohz_full", "1-7,9-15")
        .nic("eth0", 0, &[(60, "eth0-TxRx-0", "0"), (61, "eth0-TxRx-1", "8")])
        .file("proc/self/limits", LIMITS)
        .file("proc/self/status", "CapEff:\t0000000000000000\nSeccomp:\t0")
        .file("proc/self/cgroup", "0::/system.slice/ribcage.service")
        .file("proc/1/comm", "systemd")
        .file("proc/77/comm", "irqbalance")
        .file("proc/meminfo", "MemTotal:  131072000 kB\nSwapTotal:   0 kB\nSwapFree:   0 kB")
        .file("proc/sys/kernel/io_uring_disabled", "0")
        .file("proc/sys/kernel/numa_balancing", "0")
        .file("proc/sys/vm/swappiness", "60")
        .file("proc/sys/net/core/rmem_max", "16777216")
        .file("proc/sys/net/core/somaxconn", "4096")
        .file("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t33554432")
        .file("proc/sys/net/ipv4/tcp_max_syn_backlog", "4096")
        .file("proc/sys/net/ipv4/tcp_syncookies", "1")
        .file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never")
        .file("sys/kernel/mm/transparent_hugepage/defrag", "always defer [madvise] never")
        .system("clocksource/clocksource0/current_clocksource", "tsc")
        .system("clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm");
    for cpu in 0..16 {
        tree = tree
            .system(&format!("cpu/cpu{cpu}/cpufreq/scaling_governor"), "performance")
            .system(&format!("cpu/cpu{cpu}/cpufreq/scaling_driver"), "intel_pstate")
            .system(&format!("cpu/cpu{cpu}/cpuidle/state0/latency"), "0")
            .system(&format!("cpu/cpu{cpu}/cpuidle/state0/name"), "POLL")
            .system(&format!("cpu/cpu{cpu}/cpuidle/state1/latency"), "2")
            .system(&format!("cpu/cpu{cpu}/cpuidle/state1/name"), "C1")
            .system(&format!("cpu/cpu{cpu}/cpuidle/state2/latency"), "133")
            .system(&format!("cpu/cpu{cpu}/cpuidle/state2/name"), "C6")
            .system(&format!("cpu/cpu{cpu}/cpuidle/state2/disable"), "1");
    }
    tree
}

/// What is found in a tree, with the placement that these lists or nobody asked for.
fn found(tree: &Tree, affinity: &str, lists: Option<(&str, &str)>, uring: bool) -> Findings {
    let host = tree.host(affinity);
    let lists = lists.map(|(r, w)| (r.parse().unwrap(), w.parse().unwrap()));
    let wishes = Wishes {
        reactors: lists.as_ref().map(|lists| &lists.0),
        writers: lists.as_ref().map(|lists| &lists.1),
        output_streams: 1,
    };
    let placement = place(&host, wishes).unwrap();
    let facts = Facts::new(tree.root(), &host, &placement);
    all(&match uring {
        true => facts.with_io_uring(Ok(())),
        false => facts,
    })
}

fn of_good(tree: &Tree) -> Findings {
    found(tree, "0-15", Some(("1-7,9-14", "15")), true)
}

fn one<'f>(findings: &'f Findings, name: &str) -> &'f Finding {
    findings.findings.iter().find(|finding| finding.name == name).unwrap()
}

#[track_caller]
fn assert_found(findings: &Findings, name: &str, severity: Severity, parts: &[&str]) {
    let finding = one(findings, name);
    assert_eq!(finding.severity, severity, "{finding:?}");
    let text = format!("{finding:?}");
    for part in parts {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

#[test]
fn a_good_host_is_good() {
    let findings = of_good(&good());
    assert_eq!((findings.ok, findings.matters), (CHECKS.len(), 0), "{findings}");
}

#[test]
fn names_are_unique_words_and_every_bad_finding_has_effect_and_fix() {
    let mut names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CHECKS.len());
    for findings in [of_good(&good()), of_bad(), of_container()] {
        for finding in &findings.findings {
            let is_bad = matches!(finding.severity, Severity::Matters | Severity::Note);
            assert!(names.contains(&finding.name) && !finding.seen.is_empty());
            assert_eq!((finding.effect.is_some(), finding.fix.is_some()), (is_bad, is_bad));
            assert!(finding.fix.iter().all(|fix| !fix.contains('\n')), "{finding:?}");
        }
    }
}

/// The same machine as it comes out of its box, and worse.
fn of_bad() -> Findings {
    let mut tree = good()
        .system("cpu/isolated", "")
        .system("cpu/nohz_full", "")
        .nic("eth0", 0, &[(60, "eth0-TxRx-0", "0-7"), (61, "eth0-TxRx-1", "8-15")])
        .file("proc/self/limits", &LIMITS.replace("524288", "1024").replace("8388608", "65536"))
        .file("proc/meminfo", "SwapTotal:   2097152 kB\nSwapFree:   1048576 kB")
        .file("proc/sys/kernel/io_uring_disabled", "2")
        .file("proc/sys/kernel/numa_balancing", "1")
        .file("proc/sys/net/core/rmem_max", "212992")
        .file("proc/sys/net/core/somaxconn", "128")
        .file("proc/sys/net/ipv4/tcp_rmem", "4096 87380 262144")
        .file("proc/sys/net/ipv4/tcp_max_syn_backlog", "128")
        .file("proc/sys/net/ipv4/tcp_syncookies", "0")
        .file("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never")
        .file("sys/kernel/mm/transparent_hugepage/defrag", "[always] defer madvise never")
        .file("sys/fs/cgroup/cpu.max", "200000 100000")
        .file("sys/fs/cgroup/cpu.stat", "nr_periods 90\nnr_throttled 42")
        .system("clocksource/clocksource0/current_clocksource", "hpet");
    for cpu in 0..16 {
        tree = tree
            .system(&format!("cpu/cpu{cpu}/cpufreq/scaling_governor"), "powersave")
            .system(&format!("cpu/cpu{cpu}/cpufreq/scaling_driver"), "acpi-cpufreq")
            .system(&format!("cpu/cpu{cpu}/cpuidle/state2/disable"), "0");
    }
    found(&tree, "0-15", Some(("0-14", "15")), false)
}

#[test]
fn everything_bad_is_found_with_its_effect_and_its_fix() {
    let findings = of_bad();
    let (matters, note) = (Severity::Matters, Severity::Note);
    for (name, severity, parts) in [
        ("io-uring", matters, &["does not start", "sysctl -w kernel.io_uring_disabled=0"][..]),
        ("locked-memory", matters, &["at most 64 KiB", "LimitMEMLOCK=8M", "ulimit -l 8192"]),
        ("open-files", matters, &["at most 1024", "some 768 are refused", "LimitNOFILE=65536"]),
        ("cpu-quota", matters, &["2 CPUs for", "on 16; throttled in 42", "CPUQuota=1600%"]),
        (
            "nic-interrupts",
            matters,
            &["of eth0 are served by CPUs 0-15", "ethtool -L eth0 combined 4"],
        ),
        ("irqbalance", note, &["systemctl disable --now irqbalance"]),
        (
            "isolation",
            note,
            &["isolcpus=managed_irq,domain,1-15 nohz_full=1-15", "--writer-cores 15"],
        ),
        ("numa-balancing", note, &["kernel.numa_balancing=0"]),
        ("cpu-governor", matters, &["powersave on CPUs 0-15", "frequency-set -g performance"]),
        ("idle-states", note, &["C6, 133 us", "idle-set -D 100"]),
        ("clock-source", matters, &["hpet", "echo tsc > /sys/devices/system/clocksource"]),
        ("swap", matters, &["1 GiB of 2 GiB", "vm.swappiness=1"]),
        ("huge-pages", note, &["echo defer+madvise > /sys/kernel"]),
        ("tcp-receive-memory", matters, &["2 MiB per second", "tcp_rmem='4096 87380 6291456'"]),
        ("socket-buffers", note, &["208 KiB", "net.core.rmem_max=4194304"]),
        ("accept-queue", matters, &["128", "net.core.somaxconn=4096"]),
        ("syn-backlog", matters, &["128", "tcp_max_syn_backlog=4096"]),
    ] {
        assert_found(&findings, name, severity, parts);
    }
    assert_eq!((findings.matters + findings.notes, findings.ok), (CHECKS.len(), 0));
    let text = findings.to_string();
    assert!(text.starts_with("matters  io-uring: kernel.io_uring_disabled is 2\n"), "{text}");
    assert!(text.contains("\n         effect  the collector does not start\n"), "{text}");
    assert!(text.ends_with("\n11 matter, 6 to note, 0 unknown, 0 ok\n"), "{text}");
    let data = serde_json::to_value(&findings).unwrap();
    assert_eq!(
        (&data["matters"], &data["findings"][0]["severity"]),
        (&11.into(), &"matters".into())
    );
}

/// A container that shows nothing but its own process and group.
fn of_container() -> Findings {
    let tree = Tree::new("container")
        .file("proc/self/cgroup", "0::/")
        .file("sys/fs/cgroup/cpuset.cpus.effective", "2-3");
    found(&tree, "2-3", None, false)
}

#[test]
fn what_a_container_hides_is_unknown_and_no_failure() {
    let findings = of_container();
    assert_eq!((findings.matters, findings.notes), (0, 0), "{findings}");
    for name in ["cpu-quota", "isolation", "numa-balancing"] {
        assert_found(&findings, name, Severity::Ok, &[]);
    }
    assert_eq!(findings.unknown, CHECKS.len() - 3, "{findings}");
    assert!(findings.to_string().contains("unknown  irqbalance: processes are hidden\n"));
}

#[test]
fn io_uring_that_is_refused_comes_with_what_may_help() {
    let look = |tree: &Tree, tried| {
        let host: Host = tree.host("0-1");
        let placement = place(&host, Wishes::default()).unwrap();
        let facts = Facts::new(tree.root(), &host, &placement);
        all(&facts.with_io_uring(tried))
    };
    let refused = || Err("setup refused".to_owned());
    let tree = Tree::new("seccomp").file("proc/self/status", "Seccomp:\t2");
    assert_found(&look(&tree, refused()), "io-uring", Severity::Matters, &["--security-opt"]);
    let tree = tree.file("proc/sys/kernel/io_uring_disabled", "1");
    let parts = ["io_uring_disabled is 1: setup refused", "sysctl -w"];
    assert_found(&look(&tree, refused()), "io-uring", Severity::Matters, &parts);
    // Members of io_uring_group may use it all the same.
    assert_found(&look(&tree, Ok(())), "io-uring", Severity::Ok, &[]);
    let tree = Tree::new("refused");
    assert_found(&look(&tree, refused()), "io-uring", Severity::Matters, &["CONFIG_IO_URING"]);
}

#[test]
fn limits_are_judged_by_what_can_be_had() {
    let look = |limits: &str, status: &str| {
        of_good(&good().file("proc/self/limits", limits).file("proc/self/status", status))
    };
    let small = LIMITS.replace("8388608              8388608", "65536                65536  ");
    let root = "CapEff:\t000001ffffffffff";
    assert_found(&look(&small, root), "locked-memory", Severity::Ok, &["may raise it"]);
    let some = LIMITS.replace("8388608              8388608", "65536                1048576");
    let parts = ["at most 1 MiB", "13 reactors", "LimitMEMLOCK=8M"];
    assert_found(&look(&some, ""), "locked-memory", Severity::Note, &parts);
    let free = LIMITS.replace("8388608  ", "unlimited").replace("524288", "unlimited");
    assert_found(&look(&free, ""), "locked-memory", Severity::Ok, &["no limit"]);
    assert_found(&look(&free, ""), "open-files", Severity::Ok, &["no limit"]);
}

#[test]
fn interrupts_are_sent_where_nobody_is_pinned() {
    let tree = good().interrupt(61, "eth0-TxRx-1", "7");
    let findings = of_good(&tree);
    let parts = ["of eth0 are served by CPU 7", "for i in 60 61; do echo 0,8 >"];
    assert_found(&findings, "nic-interrupts", Severity::Note, &parts);
    let findings = of_good(&good().interrupt(61, "eth0-TxRx-1", "15"));
    assert_found(&findings, "nic-interrupts", Severity::Matters, &["served by CPU 15"]);
    // Three CPUs have none to spare.
    let findings = found(&tree.system("cpu/isolated", ""), "5-7", None, true);
    assert_found(&findings, "nic-interrupts", Severity::Ok, &["no CPU to spare"]);
}

#[test]
fn irqbalance_may_be_told_to_keep_away() {
    let tree = good().system("cpu/isolated", "").system("cpu/nohz_full", "");
    let findings = of_good(&tree);
    let parts = ["CPUs 1-7,9-15 of", "IRQBALANCE_BANNED_CPULIST=1-7,9-15"];
    assert_found(&findings, "irqbalance", Severity::Note, &parts);
    let setting = "# IRQBALANCE_BANNED_CPULIST=0\nIRQBALANCE_BANNED_CPULIST=\"1-7,9-15\"";
    let findings = of_good(&tree.file("etc/default/irqbalance", setting));
    assert_found(&findings, "irqbalance", Severity::Ok, &["leaves the CPUs"]);
}

#[test]
fn isolation_is_judged_by_the_placement() {
    let unused = found(&good().system("cpu/isolated", "4-7"), "0-15", None, true);
    let parts = ["isolated CPUs 4-7 are not used", "--reactor-cores 4-6 --writer-cores 7"];
    assert_found(&unused, "isolation", Severity::Note, &parts);
    let outside = found(&good().system("cpu/isolated", "4-7"), "0-3", None, true);
    let parts = ["affinity mask (0-3)", "taskset -c 0-7 ribcage collect --reactor-cores 4-6 "];
    assert_found(&outside, "isolation", Severity::Note, &parts);
    let mixed = found(&good(), "0-15", Some(("0-3", "4")), true);
    assert_found(&mixed, "isolation", Severity::Note, &["isolated are 1-4, not isolated 0"]);
    let only = found(&good(), "1-2", None, true);
    assert_found(&only, "isolation", Severity::Note, &["taskset -c 0,1-2 ribcage collect"]);
    let ticking = of_good(&good().system("cpu/nohz_full", "1-7"));
    let parts = ["nohz_full lacks 9-15, rcu_nocbs 9-15", "rcu_nocbs=1-7,9-15"];
    assert_found(&ticking, "isolation", Severity::Note, &parts);
}

#[test]
fn values_between_good_and_bad_are_notes() {
    let mut tree = good()
        .file("proc/meminfo", "SwapTotal:   2097152 kB\nSwapFree:   2097152 kB")
        .file("proc/sys/net/core/somaxconn", "1024")
        .file("proc/sys/net/ipv4/tcp_rmem", "4096 131072 4194304")
        .file("proc/sys/net/ipv4/tcp_max_syn_backlog", "512");
    for cpu in 0..16 {
        tree = tree.system(&format!("cpu/cpu{cpu}/cpufreq/scaling_governor"), "powersave");
    }
    let findings = of_good(&tree);
    let names = ["swap", "accept-queue", "tcp-receive-memory", "syn-backlog", "cpu-governor"];
    for name in names {
        assert_found(&findings, name, Severity::Note, &[]);
    }
    assert_eq!((findings.notes, findings.matters), (names.len(), 0), "{findings}");
    let findings = of_good(&tree.file("proc/sys/vm/swappiness", "1"));
    assert_found(&findings, "swap", Severity::Ok, &["vm.swappiness is 1"]);
}

#[test]
fn a_slow_clock_without_a_better_one_is_the_kernels_doing() {
    let folder = "clocksource/clocksource0";
    let tree = good()
        .system(&format!("{folder}/current_clocksource"), "acpi_pm")
        .system(&format!("{folder}/available_clocksource"), "hpet acpi_pm");
    let findings = of_good(&tree);
    assert_found(&findings, "clock-source", Severity::Matters, &["tsc=reliable"]);
    let tree = tree.system(&format!("{folder}/current_clocksource"), "kvm-clock");
    assert_found(&of_good(&tree), "clock-source", Severity::Ok, &["kvm-clock"]);
}
