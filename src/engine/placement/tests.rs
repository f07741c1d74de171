#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::testing::{Tree, cpus, flat, two_nodes};
use super::*;

/// The same machine with another affinity mask.
fn masked(host: &Host, affinity: &str) -> Host {
    Host { affinity: cpus(affinity), ..host.clone() }
}

fn placed(host: &Host, r: Option<&str>, w: Option<&str>, streams: usize) -> Placement {
    let (r, w) = (r.map(cpus), w.map(cpus));
    let wishes = Wishes { reactors: r.as_ref(), writers: w.as_ref(), output_streams: streams };
    place(host, wishes).unwrap()
}

fn default_of(host: &Host, streams: usize) -> (Vec<usize>, Vec<usize>) {
    let placement = placed(host, None, None, streams);
    assert!(!placement.reasons.is_empty());
    let (reactors, writers) = (placement.reactors, placement.writers);
    // What a plan prints can be typed.
    let lists: (CpuList, CpuList) =
        (reactors.iter().copied().collect(), writers.iter().copied().collect());
    let wishes =
        Wishes { reactors: Some(&lists.0), writers: Some(&lists.1), output_streams: streams };
    let pinned = place(host, wishes);
    assert!(pinned.is_ok(), "{pinned:?}");
    (reactors, writers)
}

fn reason(placement: &Placement, part: &str) -> bool {
    placement.reasons.iter().any(|reason| reason.contains(part))
}

fn error(host: &Host, r: Option<&str>, w: Option<&str>) -> String {
    let (r, w) = (r.map(cpus), w.map(cpus));
    let wishes = Wishes { reactors: r.as_ref(), writers: w.as_ref(), output_streams: 1 };
    place(host, wishes).unwrap_err().to_string()
}

#[test]
fn one_cpu_is_shared() {
    assert_eq!(default_of(&flat("0"), 3), (vec![0], vec![0]));
    assert_eq!(default_of(&masked(&flat("0-7"), "5"), 1), (vec![5], vec![5]));
    let one = masked(&flat("0-1"), "1");
    for (r, w) in [(Some("1"), None), (None, Some("1")), (Some("1"), Some("1"))] {
        let given = placed(&one, r, w, 1);
        assert_eq!((given.reactors, given.writers), (vec![1], vec![1]));
    }
}

#[test]
fn two_cpus_are_a_reactor_and_a_writer() {
    assert_eq!(default_of(&flat("0-1"), 1), (vec![0], vec![1]));
    assert_eq!(default_of(&flat("0-1"), 8), (vec![0], vec![1]));
    let mut smt = flat("0-1");
    smt.topology.cpus[1].core = 0;
    assert_eq!(default_of(&smt, 1), (vec![0], vec![1]));
}

#[test]
fn writers_are_as_many_as_streams_and_at_most_half() {
    assert_eq!(default_of(&flat("0-4"), 0), (vec![0, 1, 2, 3], vec![4]));
    assert_eq!(default_of(&flat("0-4"), 2), (vec![0, 1, 2], vec![4, 3]));
    assert_eq!(default_of(&flat("0-4"), 9), (vec![0, 1, 2], vec![4, 3]));
}

#[test]
fn nodes_take_turns_and_siblings_come_last() {
    let tree = two_nodes("turns");
    let host = tree.host("0-15");
    assert_eq!((host.topology.cores(), host.topology.nodes().len()), (8, 2));
    let (reactors, writers) = default_of(&host, 2);
    assert_eq!(writers, [3, 7]);
    assert_eq!(reactors, [0, 4, 1, 5, 2, 6, 8, 12, 9, 13, 10, 14, 11, 15]);
    let (reactors, writers) = default_of(&host, 1);
    assert_eq!(writers, [3]);
    assert_eq!(reactors.first(), Some(&0));
    assert_eq!(reactors.last(), Some(&11), "the writer's sibling is the last choice");
    assert!(reason(&placed(&host, None, None, 1), "reactors are on 0-1 and writers on 0"));
}

#[test]
fn many_writers_take_whole_cores() {
    let (reactors, mut writers) = default_of(&two_nodes("many").host("0-15"), 8);
    writers.sort_unstable();
    assert_eq!(writers, [2, 3, 6, 7, 10, 11, 14, 15]);
    assert_eq!(reactors, [0, 4, 1, 5, 8, 12, 9, 13]);
}

#[test]
fn a_small_node_keeps_a_core_for_its_reactor() {
    let mut host = flat("0-3");
    host.topology.cpus[0].node = 1; // node 0: CPUs 1-3, node 1: CPU 0
    let (reactors, writers) = default_of(&host, 2);
    assert_eq!(writers, [3, 2]);
    assert_eq!(reactors, [1, 0], "the writers' node first");
}

#[test]
fn every_cpu_is_used_once_on_every_machine() {
    let host = two_nodes("once").host("0-15");
    for allowed in ["0-15", "0,8", "0-1", "3,7,11,15", "8-15", "0,4-7", "0-6", "2,5,12"] {
        let host = masked(&host, allowed);
        for streams in 1..10 {
            let (reactors, writers) = default_of(&host, streams);
            let all: CpuList = reactors.iter().chain(&writers).copied().collect();
            assert_eq!(all, cpus(allowed));
            assert_eq!(reactors.len() + writers.len(), all.len(), "{allowed} {streams}");
            assert_eq!(writers.len(), streams.min((all.len() / 2).max(1)));
        }
    }
}

#[test]
fn mask_and_control_group_limit_the_choice() {
    let tree = two_nodes("mask");
    assert_eq!(default_of(&tree.host("4-7"), 2), (vec![4, 5], vec![7, 6]));
    let tree =
        tree.file("proc/self/cgroup", "0::/a").file("sys/fs/cgroup/a/cpuset.cpus.effective", "4-6");
    let host = tree.host("5-15");
    assert_eq!(host.usable(), cpus("5-6"));
    assert_eq!(default_of(&host, 1), (vec![5], vec![6]));
    // The group of another mount: the kernel's own mask is what holds.
    let host = tree.host("9-10");
    assert_eq!((host.usable(), host.notes.len()), (cpus("9-10"), 1));
}

#[test]
fn isolated_cpus_are_left_alone_unless_there_are_too_few_others() {
    let tree = Tree::new("isolated").system("cpu/online", "0-3").system("cpu/isolated", "2-3");
    let host = tree.host("0-3");
    assert_eq!(default_of(&host, 1), (vec![0], vec![1]));
    assert_eq!(default_of(&masked(&host, "2-3"), 1), (vec![2], vec![3]));
    assert_eq!(default_of(&masked(&host, "1-3"), 1), (vec![1, 2], vec![3]));
    let given = placed(&host, Some("2-3"), None, 2);
    assert_eq!((given.reactors, given.writers), (vec![2, 3], vec![0, 1]));
    let given = placed(&host, Some("0-1"), None, 1);
    assert_eq!(given.writers, [2], "there is no other");
}

#[test]
fn a_quota_allows_so_many_threads_on_cores_of_one_node() {
    let mut host = two_nodes("quota").host("0-15");
    for (millis, streams, expected) in [
        (4_000, 1, (vec![0, 1, 2], vec![3])),
        (4_900, 2, (vec![0, 1], vec![3, 2])),
        (6_000, 1, (vec![0, 4, 1, 5, 2], vec![3])),
        (2_000, 9, (vec![0], vec![1])),
        (500, 1, (vec![0], vec![1])),
    ] {
        host.cgroup.quota = Some(Quota(millis));
        assert_eq!(default_of(&host, streams), expected, "{millis}");
    }
    assert!(reason(&placed(&host, None, None, 1), "quota is 0.5 CPUs, less than the 2 threads"));
    host.cgroup.quota = Some(Quota(4_000));
    assert!(reason(&placed(&host, None, None, 1), "4 threads on 4 CPUs: the control group's"));
    assert_eq!(placed(&host, None, Some("3"), 1).reactors, [0, 1, 2]);
    assert_eq!(placed(&host, Some("0-2"), None, 4).writers, [3]);
    let given = placed(&host, Some("0-3"), Some("4"), 1);
    assert!(reason(&given, "less than the 5 threads"), "{:?}", given.reasons);
    host.cgroup.quota = Some(Quota(64_000));
    assert_eq!(default_of(&host, 1).0.len(), 15);
    let mut one = flat("0");
    one.cgroup.quota = Some(Quota(1_000));
    assert!(!reason(&placed(&one, None, None, 1), "quota"));
}

#[test]
fn the_node_of_the_network_interface_comes_first() {
    let host = two_nodes("near").nic("eth0", 1, &[(60, "eth0-TxRx-0", "0-15")]).host("0-15");
    let (reactors, writers) = default_of(&host, 1);
    assert_eq!((&reactors[..4], writers), (&[4, 5, 6, 0][..], vec![7]));
    assert!(reason(&placed(&host, None, None, 1), "reactors near eth0 (on node 1) come first"));
    let quota = Host { cgroup: Cgroup { quota: Some(Quota(3000)), ..Cgroup::default() }, ..host };
    assert_eq!(default_of(&quota, 1), (vec![4, 5], vec![6]));
}

#[test]
fn a_few_cpus_with_interrupts_are_left_to_them() {
    let host = two_nodes("few")
        .nic("eth0", 0, &[(60, "eth0-TxRx-0", "0"), (61, "eth0-TxRx-1", "1,8"), (62, "eth0", "2")])
        .host("0-15");
    let placement = placed(&host, None, None, 1);
    assert_eq!((placement.reactors.len(), placement.writers.clone()), (12, vec![3]));
    assert!(cpus("0-1,8").iter().all(|cpu| !placement.reactors.contains(&cpu)));
    assert!(reason(&placement, "receive queues of eth0 have CPUs 0-1,8 for themselves"));
    // Unless they are named, or nothing else is left.
    let given = placed(&host, Some("0-1"), None, 1);
    assert!(reason(&given, "reactors share CPUs 0-1 with the receive queues of eth0"));
    assert_eq!(placed(&host, Some("2-7,9-15"), None, 1).writers, [0]);
}

#[test]
fn many_cpus_with_interrupts_are_shared_by_reactors_before_writers() {
    let four = Tree::new("half")
        .system("cpu/online", "0-3")
        .nic("eth0", -1, &[(60, "eth0-rx-0", "2"), (61, "eth0-rx-1", "3")])
        .host("0-3");
    let placement = placed(&four, None, None, 1);
    assert_eq!((placement.reactors.clone(), placement.writers.clone()), (vec![0, 2, 3], vec![1]));
    assert!(reason(&placement, "reactors share CPUs 2-3"));
    let two = masked(&four, "0,3");
    assert_eq!(default_of(&two, 1), (vec![3], vec![0]));
    let every = two_nodes("every").nic("eth0", -1, &[(60, "eth0-TxRx-0", "0-15")]).host("0-15");
    assert_eq!(default_of(&every, 1).1, [3], "where all have them, nothing changes");
    assert!(reason(&placed(&every, None, None, 1), "writers share CPU 3"));
}

#[test]
fn what_was_asked_for_is_done() {
    let host = two_nodes("asked").host("0-15");
    let given = |r: Option<&str>, w: Option<&str>, streams| {
        let p = placed(&host, r, w, streams);
        (p.reactors, p.writers)
    };
    assert_eq!(given(Some("0-2"), Some("3"), 1), (vec![0, 1, 2], vec![3]));
    // Near the reactors, on cores of their own.
    assert_eq!(given(Some("4-5"), None, 2), (vec![4, 5], vec![6, 7]));
    assert_eq!(given(Some("4-6,12"), None, 2), (vec![4, 5, 6, 12], vec![7, 15]));
    let (reactors, _) = given(None, Some("4"), 1);
    assert_eq!(reactors.len(), 15);
    assert_eq!((reactors[0], reactors[14]), (5, 12));
}

#[test]
fn what_cannot_be_done_is_refused_with_what_would_be_right() {
    let four = flat("0-3");
    assert_eq!(
        error(&four, Some("3-5"), None),
        "--reactor-cores: CPUs 4-5 are offline or not there: choose from the CPUs that are \
         online, 0-3"
    );
    assert_eq!(
        error(&masked(&four, "0-1"), None, Some("2")),
        "--writer-cores: CPU 2 is outside this process's affinity mask: choose from 0-1, or \
         start it with `taskset -c 0-2 ribcage …`"
    );
    let mut grouped = masked(&four, "0-2");
    grouped.cgroup.cpus = Some(cpus("0-2"));
    let text = error(&grouped, None, Some("3"));
    assert!(text.contains("control group") && text.contains("AllowedCPUs=0-3"), "{text}");
    grouped.affinity = cpus("0-1");
    assert!(error(&grouped, None, Some("2")).contains("taskset -c 0-2"));
    assert_eq!(
        error(&four, Some("0-3"), None),
        "--reactor-cores: leaves none of the CPUs 0-3 for --writer-cores: name fewer, such as \
         --reactor-cores 0-2"
    );
    assert!(error(&four, None, Some("0-3")).ends_with("such as --writer-cores 3"));
    assert_eq!(
        error(&four, Some(""), None),
        "--reactor-cores: the list names no CPU: choose from 0-3"
    );
    assert!(error(&masked(&four, "9"), None, None).contains("taskset -c 0-3"));
}

#[test]
fn a_cpu_in_both_lists_is_refused_with_lists_that_are_accepted() {
    let four = flat("0-3");
    for (r, w, both, instead) in [
        ("0-2", "2", "CPU 2 is", "--reactor-cores 0-1 --writer-cores 2"),
        ("0", "0-1", "CPU 0 is", "--reactor-cores 0 --writer-cores 1"),
        ("0-2", "1-3", "CPUs 1-2 are", "--reactor-cores 0 --writer-cores 1-3"),
        ("0-3", "0-3", "CPUs 0-3 are", "--reactor-cores 0-2 --writer-cores 3"),
        ("0", "0", "CPU 0 is", "--reactor-cores 0 --writer-cores 1"),
        ("3", "3", "CPU 3 is", "--reactor-cores 3 --writer-cores 0"),
    ] {
        let text = error(&four, Some(r), Some(w));
        assert!(text.contains(both) && text.ends_with(instead), "{text}");
        let words: Vec<&str> = instead.split(' ').collect();
        placed(&four, Some(words[1]), Some(words[3]), 1);
    }
}

#[test]
fn offline_cpus_are_not_part_of_the_machine() {
    let tree = Tree::new("offline")
        .system("cpu/online", "0,2")
        .system("cpu/cpu0/topology/thread_siblings_list", "0")
        .system("node/node0/cpulist", "0,2");
    let host = tree.host("0-3");
    assert_eq!(default_of(&host, 1), (vec![0], vec![2]));
    assert!(error(&host, Some("1"), None).contains("CPU 1 is offline"));
}

#[test]
fn a_host_that_hides_everything_has_a_placement_and_notes() {
    let host = Tree::new("all-hidden").host("2-3");
    assert_eq!(default_of(&host, 1), (vec![2], vec![3]));
    assert_eq!(host.notes.len(), 1);
    let host = Tree::new("half-hidden")
        .system("cpu/online", "0-3")
        .file("sys/class/net/eth0/device/vendor", "0x15b3")
        .host("0-3");
    assert!(host.notes[0].contains("interrupts of eth0 cannot be seen"), "{:?}", host.notes);
}

/// A host of any shape, from the bits of a seed.
fn any_host(seed: u64) -> Host {
    let mut bits = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |n: usize| {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        (bits % n as u64) as usize
    };
    let mut host = flat(&format!("0-{}", below(12)));
    let count = host.topology.cpus.len();
    let (threads, nodes) = (1 + below(2), 1 + below(3));
    for cpu in &mut host.topology.cpus {
        cpu.core = cpu.id - cpu.id % threads;
        cpu.node = cpu.core % nodes;
    }
    let mut some = |one_in: usize| (0..count).filter(|_| below(one_in) == 0).collect::<CpuList>();
    host.topology.isolated = some(3);
    let group = some(2);
    let cpus = some(3);
    let mask = host.affinity.minus(&some(4));
    if !mask.is_empty() {
        host.affinity = mask;
    }
    host.cgroup.cpus = (below(2) == 0 && !group.is_empty()).then_some(group);
    host.cgroup.quota = (below(2) == 0).then(|| Quota(below(14_000) as u64));
    let interrupts = vec![Interrupt { number: 1, name: String::new(), cpus, receives: true }];
    let node = (below(2) == 0).then(|| below(nodes));
    host.nics = vec![Nic { name: "eth0".into(), node, interrupts, ..Nic::default() }];
    host
}

#[test]
fn any_host_has_a_placement_that_keeps_the_rules() {
    let mut limited = 0;
    for seed in 0..4000 {
        let host = any_host(seed);
        let usable = host.usable();
        let streams = 1 + (seed % 5) as usize;
        let (reactors, writers) = default_of(&host, streams);
        let all: CpuList = reactors.iter().chain(&writers).copied().collect();
        assert!(all.minus(&usable).is_empty(), "{seed}: {host:?}");
        assert!(!reactors.is_empty() && (1..=streams).contains(&writers.len()), "{seed}: {host:?}");
        if usable.len() > 1 {
            assert_eq!(all.len(), reactors.len() + writers.len(), "{seed}: {host:?}");
        }
        if let Some(threads) = host.threads_max() {
            assert!(all.len() <= threads, "{seed}: {host:?}");
            limited += usize::from(usable.len() > threads);
        }
        // One list leaves the other to us, unless it takes all.
        for (list, is_reactors) in [(&reactors, true), (&writers, false)] {
            let list: CpuList = list.iter().copied().collect();
            let wishes = match is_reactors {
                true => Wishes { reactors: Some(&list), output_streams: streams, writers: None },
                false => Wishes { writers: Some(&list), output_streams: streams, reactors: None },
            };
            let given = place(&host, wishes).unwrap();
            let both: CpuList = given.reactors.iter().chain(&given.writers).copied().collect();
            assert!(both.minus(&usable).is_empty(), "{seed}: {host:?}");
            if usable.len() > 1 {
                let threads = given.reactors.len() + given.writers.len();
                assert_eq!(both.len(), threads, "{seed}: {host:?}");
            }
        }
    }
    assert!(limited > 100, "{limited} hosts with a quota that matters");
}

#[test]
fn this_machine_can_be_placed() {
    default_of(&Host::here().unwrap(), 1);
}
