//! Which CPU does what, why, and what `ribcage plan --check` looks at.
//!
//! # What is known
//!
//! `plan` and `collect` read the host at their start, from `/proc` and `/sys`: CPUs that are online
//! and offline, NUMA nodes, SMT siblings, CPUs that the kernel isolates (`isolcpus`, `nohz_full`,
//! `rcu_nocbs`), the affinity mask, the control group's CPUs and quota (version 2 or 1, and the
//! smallest quota of all groups above), and for each network interface with a device its node, its
//! receive queues and the CPUs that take their interrupts. What a container hides limits nothing
//! and is named among the reasons.
//!
//! # What is chosen
//!
//! Without `--reactor-cores` and `--writer-cores`:
//!
//! * There are as many writers as output streams, at most half of the threads; all other CPUs are
//!   reactors. Under a quota of N CPUs there are at most N threads, but one of each at least.
//! * Writers have physical cores of their own. Reactors have distinct cores before SMT siblings;
//!   siblings of writers come last.
//! * A reactor makes its batches after it is pinned, so that they lie in its node's memory.
//!   Reactors on the nodes of network interfaces come first, and writers are on the nodes of the
//!   first reactors. Under a quota all are on one node, if that has cores enough.
//! * CPUs that serve receive queues are left to these when they are at most a quarter. Otherwise
//!   reactors share them before writers do.
//! * Isolated CPUs are left alone unless the others are less than two.
//!
//! Lists that were typed are done exactly, or refused (exit code 2) with what would be right: CPUs
//! that are offline, outside the affinity mask or the control group, in both lists, or all in one.
//! Only where one CPU is allowed may it be in both lists.
//!
//! # The plan as JSON
//!
//! `plan --json` is one object. CPU lists are text as the kernel writes it: `"0-3,8"`.
//!
//! * `topology`: `online`, `offline`, `allowed` (what mask and group leave), `affinity`,
//!   `isolated`, `nohz_full`, `rcu_nocbs`, `physical_cores`, `nodes` (each with `node` and
//!   `cpus`) and `cpus` (each with `cpu`, `core`, its lowest sibling, and `node`).
//! * `cgroup`: `path`, `cpus` and `quota_cpus`; null where nothing is limited.
//! * `nics`: each with `name`, `node`, `receive_queues`, `receive_cpus`, `steered_cpus` (RPS) and
//!   `interrupts` (`number`, `name`, `cpus`, `receives`).
//! * `placement`: `reactors` and `writers`: CPU numbers, best first.
//! * `reasons`: sentences.
//! * `command`: the line that pins it.
//!
//! # The checks
//!
//! `plan --check` prints what it found, the worst first, and ends with 1 when something matters.
//! With `--json`, `matters`, `notes`, `unknown` and `ok` are counts, and `findings` has each with
//! `name`, `severity`, `seen`, `effect` and `fix`; the last two are null where all is well. Limits
//! are those of the process: run it as the service is run.
//!
//! * `io-uring` matters when a reactor cannot be made, or `kernel.io_uring_disabled` forbids it.
//! * `locked-memory` matters when the hard limit is below 512 KiB; it is a note when it is
//!   below 512 KiB for each reactor.
//! * `open-files` matters when the hard limit is below 10 256: 10 000 routers and the rest.
//! * `cpu-quota` matters when it is less than reactors and writers could use.
//! * `nic-interrupts` matters when writers share CPUs with receive queues, on four CPUs or more;
//!   it is a note when reactors do.
//! * `irqbalance` is a note when it runs and may use CPUs of reactors or writers.
//! * `isolation` is a note when no CPUs are isolated (of four or more), isolated ones are not
//!   used, only some are, all are, or ticks and RCU callbacks remain.
//! * `numa-balancing` is a note when it is on, with several nodes.
//! * `cpu-governor` matters when it is `powersave` with a driver that then stays at the lowest
//!   frequency; it is a note when it is another than `performance`.
//! * `idle-states` is a note when the deepest that is on takes more than 100 us to wake.
//! * `clock-source` matters when it is `hpet`, `acpi_pm`, `pit` or `jiffies`.
//! * `swap` matters when more than 64 MiB are in use, with `vm.swappiness` above 10; it is a note
//!   when there is swap, with that.
//! * `huge-pages` is a note when both `enabled` and `defrag` are `always`.
//! * `tcp-receive-memory` matters when the last number of `tcp_rmem` is below 1 MiB; it is a note
//!   when it is below 6 MiB.
//! * `socket-buffers` is a note when `rmem_max` is below 4 MiB.
//! * `accept-queue` matters when `somaxconn` is below 1024; it is a note when it is below 4096,
//!   which the collector asks for.
//! * `syn-backlog` matters when `tcp_max_syn_backlog` is below 1024, without SYN cookies; it is a
//!   note with them.
