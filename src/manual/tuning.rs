//! Tuning: each knob in the order of what it does, why, how that was measured, and how to undo it.
//!
//! The files that go with this page are in the folder `tuning/` beside the sources: a systemd unit,
//! profiles of flags for classes of machines, kernel settings, a script that places a network
//! card's queues, a seccomp profile, man pages and completions. Its README says how to install
//! them.
//!
//! What was measured was measured on a virtual machine of two cores (Xeon, Linux 6.18) over
//! loopback, beside other work: ratios within one run hold, seconds do not travel. What such a
//! machine cannot show is marked: *not measured here*. Do it again on yours before you believe it.
//!
//! Begin with `ribcage plan --check`: it looks at the machine that it runs on and names, in order,
//! what is set badly there, what that does to the collector, and a line to paste against it.
//!
//! ```sh
//! ribcage plan --check
//! ```
//!
//! # 1. What is written
//!
//! CPU-seconds of the collector for a million routes, medians of three turns of each output:
//!
//! ```text
//! bmp=null:                            0.05     octets counted and forgotten
//! pmacct-json=null:                    0.31     formatted and forgotten
//! pmacct-json=file:PATH?direct=on      0.44     to the disk around the page cache
//! pmacct-json=file:PATH                0.53     through the page cache
//! ```
//!
//! Of these the reactor takes about 0.12 in each case of JSON (0.04 for `bmp`) and the writer the
//! rest: two to three times as much. So the first question is who needs JSON on this machine. A
//! collector that relays `bmp` to one that formats costs a tenth.
//!
//! ```sh
//! ribcage bench --routers 4 --peers 2 --prefixes 125000 -o bmp=null:
//! ribcage bench --routers 4 --peers 2 --prefixes 125000 \
//!     -o 'pmacct-json=file:/var/tmp/b.json?direct=on'
//! ```
//!
//! Undo: another `--output`. `direct=on` pays where half a MiB and more come at a time, and wants a
//! file system that can do it; leave it out where records trickle.
//!
//! # 2. How many writers
//!
//! A stream of an output lives on one writer, and a router session on one stream. One writer is
//! soon the limit of JSON, long before one reactor is: `writers=N` makes N streams (a file each,
//! with `{writer}` in its name), `--writer-cores` gives them CPUs. Two to three writers for each
//! reactor is the ratio that the figures above give for JSON; for `bmp` one writer serves many
//! reactors.
//!
//! Reactors share the sessions out among themselves: a busy one gives some up to one with less to
//! do (`session-moved`, and `busy_ns` in the status report of each). Writers do not.
//!
//! With the writer on a CPU of its own instead of the reactor's, three turns of the same dump took
//! 1/1.3 of the time (1.2 to 1.4), although the routers' CPU was the writer's, too; the CPU-seconds
//! were the same:
//!
//! ```sh
//! ribcage bench --routers 4 --peers 2 --prefixes 100000 -o pmacct-json=null: \
//!     --reactor-cores 0 --writer-cores 1 --cores 1
//! ```
//!
//! Undo: without the two flags the collector places its threads as `ribcage plan` shows.
//!
//! # 3. CPUs for nothing else
//!
//! Reactors and writers are pinned: whatever else runs on their CPUs, they wait for. With one busy
//! program on the CPU of reactor and writer (two turns each) the 99th percentile of the latency was
//! 1.3 to 1.4 times that without; with more programs it is worse. Where the machine is the
//! collector's, keep everything else away: the distribution's services with `CPUAffinity=` in
//! `/etc/systemd/system.conf.d`, the network card's interrupts with `tuning/nic` (below), the
//! kernel's own with `isolcpus=` or, milder, `rcu_nocbs=` and `irqaffinity=` on its command line
//! (*not measured here*).
//!
//! ```sh
//! taskset -c 0 sh -c 'while :; do :; done' &
//! ribcage bench --routers 4 --peers 2 --prefixes 25000 --rate 20000/s
//! ```
//!
//! Undo: take the lines out again. On a machine with several NUMA nodes reactors, writers and the
//! card belong on one node, as `ribcage plan` and the profile `two-socket-2x32.env` have it (*not
//! measured here*: this machine has one node).
//!
//! # 4. `--flush-interval`
//!
//! How long a record may wait for others to be handed on together. At 20 000 messages a second:
//!
//! ```text
//! interval    p50        p99       CPU-seconds, times that of 10 ms
//! 1 ms        0.7 ms     4.7 ms    1.8
//! 10 ms       6.5 ms     16 ms     1
//! 100 ms      13 ms      26 ms     0.9
//! ```
//!
//! A batch that is worth a rested writer's while leaves before the interval is over, so 100 ms is
//! not ten times 10 ms. Less than 10 ms buys latency with wake-ups; more buys next to nothing.
//!
//! ```sh
//! ribcage bench --routers 4 --peers 2 --prefixes 50000 --rate 20000/s --flush-interval 1ms
//! ```
//!
//! Undo: leave the flag out (10 ms).
//!
//! `--busy-poll` goes further: reactors and writers look for work all the time and need not be
//! woken. They use their CPUs whole, also when no router says anything, so each must have one of
//! its own; on this machine of two, with the routers on the same, it can only lose (*not measured
//! here*). It is for collectors where tens of microseconds count, and with it `--flush-interval
//! 1ms`.
//!
//! # 5. `--batch-memory`
//!
//! How long an output may hesitate before routers are held back: 64 MiB are a second and more of
//! the fastest dump that one reactor takes. It changes no cost: with 16 MiB, 64 MiB, 256 MiB and 1
//! GiB a dump of a million routes took the same CPU-seconds within the noise; with more memory more
//! of it was touched while the writer was behind (20, 32, 82 and 78 MiB at most).
//! `backpressure_stalls` and `backpressure_ns` in the status report (SIGUSR1) say whether it was
//! too little for a dump: held back, routers are slower, and nothing is lost.
//!
//! ```sh
//! ribcage collect --batch-memory 256MiB -o pmacct-json=file:/var/lib/ribcage/bmp.json
//! ```
//!
//! Undo: leave the flag out (64 MiB).
//!
//! Memory comes in pages of 4 KiB: in huge ones, which each thread would hold for a few octets,
//! 10 000 quiet routers took 39 MiB instead of 22 (`scripts/measure/quiet_routers.py`) and a
//! collector under `bench` 112 to 127 MiB at most instead of 41 to 46, for the same CPU-seconds
//! within the noise. With `direct=on`, which took 1/12 more CPU-seconds without them, huge pages
//! stay.
//!
//! # 6. The network card
//!
//! `tuning/nic` sets, in this order: as many queues as there are CPUs for them, the longest receive
//! ring, on request interrupts that wait (`--coalesce`), each receive queue's interrupt on a CPU
//! where no reactor and no writer runs, RPS off (a queue is already where it belongs), XPS on, and
//! irqbalance told to leave those interrupts alone. BMP is a few long TCP streams: a card's hash
//! spreads them badly over few queues, so two or four queues will do; coalescing costs at most its
//! own microseconds of a latency of milliseconds.
//!
//! ```text
//! tuning/nic --interface eth0 --cpus 0-1 --dry-run      what would be done, as a script
//! tuning/nic --interface eth0 --cpus 0-1                do it
//! tuning/nic --interface eth0 --undo                    what was there before the first time
//! ```
//!
//! *Not measured here*: this machine's card has one queue. Where it pays shows in the third column
//! of `/proc/net/softnet_stat` (a softirq that ran out of time), in `rx_missed` or `rx_no_buffer`
//! of `ethtool -S`, and in `%soft` of the reactors' CPUs in `mpstat -P ALL`.
//!
//! # 7. Buffers and queues of the kernel
//!
//! `tuning/sysctl.d/90-ribcage.conf`, each line with its reason. Over loopback the largest receive
//! buffer made no difference: a dump of a million routes took as long with `tcp_rmem` at 16 KiB,
//! 128 KiB, 1 MiB and 16 MiB (0.09 to 0.15 s in two turns of each, in no order). It matters where a
//! fast router is far away: one connection is no faster than buffer divided by round-trip time
//! (*not measured here*: this kernel cannot delay packets). `net.core.somaxconn` and
//! `net.ipv4.tcp_max_syn_backlog` matter when all routers come back at once; without them some
//! handshakes are made again after a second.
//!
//! `--receive-buffer` fixes the size instead, for each router, and ends the kernel's own growing
//! and shrinking: for a few far and fast routers, after `net.core.rmem_max` has been raised; the
//! kernel gives less where that is less, and the log says so (`receive-buffer-capped`).
//! `--keepalive` and `--idle-timeout` are about how soon a dead router is noticed, not about speed;
//! `--dscp` marks acknowledgements, where the way back is congested (*not measured here*).
//!
//! `vm.dirty_bytes` is for files without `direct=on`: less to write at once, so that the writer
//! stands still for shorter times (*not measured here*).
//!
//! ```text
//! install -m 644 tuning/sysctl.d/90-ribcage.conf /etc/sysctl.d/ && sysctl --system
//! ```
//!
//! Undo: `sysctl -a` before, remove the file, write the old values back or start anew.
//!
//! # 8. Limits of the process
//!
//! A descriptor for each router and each file or relayed session of an output (`LimitNOFILE=`), and
//! 512 KiB of locked memory for each reactor on kernels before 5.12 (`LimitMEMLOCK=`). These have
//! no effect until they are too small: then `accept-failed` names the limit, or the start is
//! refused with the value that would do.
//!
//! `--max-routers` (20 000) is lowered to what the limit of open files allows, and the log says so
//! (`max-routers-lowered`). `--accept-rate` (5000/s) spreads a storm of returning routers: lower,
//! if other work on the machine must not notice. Neither costs anything below its limit.
//!
//! # 9. The service
//!
//! `tuning/ribcage.service` runs the collector as a user of its own without any capability.
//! `systemd-analyze security --offline=true` (version 252) rates its exposure 1.5 of 10; what is
//! left is mostly the network, which it is there for. The manager hears when the listeners are
//! bound and the outputs open (`READY=1`), how many router sessions are open (`STATUS=`), and that
//! it stops (`STOPPING=1`).
//!
//! The watchdog is fed by work, not by a timer: each reactor and each writer counts its turns, four
//! and two a second at least when there is nothing to do, and only when every one of them has moved
//! since the last time does the control thread say `WATCHDOG=1`, every `WatchdogSec=`/2. A thread
//! that has not moved for five looks, a second apart, is named in the log (`thread-still`), with or
//! without a service manager. `WatchdogSec=` below four seconds would be too near to how often a
//! resting thread moves; 120 is long, because a restart makes every router tell everything again.
//!
//! Tests run the collector under the unit's list of system calls, where any other would kill it,
//! and with a manager made up for the purpose: the thread of a reactor or a writer that is held in
//! a system call stops the feeding, and letting it go brings it back. They do not boot a systemd.
//!
//! What it costs: a store to a cache line of its own for each turn of a writer; reactors counted
//! already. Undo: `WatchdogSec=0`.
//!
//! # 10. System call filters
//!
//! `tuning/seccomp.json` for containers, `SystemCallFilter=` in the unit. With the former, at 60
//! 000 messages a second, where the reactor mostly sleeps and wakes and most of what it does are
//! calls, five turns took 0.95 to 1.2 times the CPU-seconds, 1.02 in the middle: noise. What goes
//! through io_uring passes by any such filter, which is why container runtimes refuse io_uring by
//! default; weigh that, or give the collector a machine.
//!
//! Undo: without the profile the runtime's own applies, and the collector does not start, saying
//! why.
