//! Measuring: what `load` and `bench` find out, how, and the keys of their JSON.
//!
//! # Latency
//!
//! With a sink, every message with a per-peer header carries there the time (CLOCK_REALTIME) at
//! which it was *due* to be sent: at a rate, by the schedule of that rate, whether or not the
//! collector was taking octets at that moment. So a collector that stands still for a second is
//! seen with all the messages that had to wait, not with the one that was on its way (coordinated
//! omission). Without a limit (`max`) a message is due when it is handed to the kernel, and
//! what is measured is mostly the length of the queues between: measure latency at a rate.
//!
//! The sink takes the time once for each read, when the octets are there. Latency is that time less
//! the stamp. It is recorded in a histogram of three significant digits, from one microsecond to an
//! hour: once for each record of Route Monitoring in `pmacct-json` (each route, each End-of-RIB),
//! once for each Route Monitoring message in `bmp`. Both clocks must be one: the sink runs in the
//! program that sends.
//!
//! Included are the generator's own delay, the kernel's buffers on both connections, the time that
//! records wait in the collector to be handed on together, and the reading. The collector hands on
//! what there is when its output has nothing to do and a quarter of a batch is there: 64 KiB of
//! messages, or 1024 of them. Less than that waits until its first record is 8.5 ms old: of the
//! flush interval (10 ms unless `--flush-interval` says otherwise) 1.5 ms, but no more than a
//! quarter, are left for writing. At a low rate the higher percentiles are therefore close to the
//! flush interval; at a higher one, before the collector is saturated, all are lower.
//!
//! What the measuring itself adds shows when there is no collector in between, but the routers
//! connect to the sink:
//!
//! ```sh
//! ribcage load --target 127.0.0.1:5170 --sink bmp=tcp://127.0.0.1:5170 --rate 5000/s
//! ```
//!
//! Times of the records are read in every form that `pmacct-json` prints. A time without a zone is
//! taken for local time or UTC, whichever is nearer to the clock.
//!
//! # Completeness
//!
//! After the last message the sink waits until as many routes (in `bmp`: and messages) have come
//! out as were sent, and in `pmacct-json` until every session has its `log_close`; or until nothing
//! has come for `--sink-wait`. Whatever is missing then makes the exit code 1. An output whose
//! connection breaks sends some records again: these are surplus, not failures. `bench` also
//! asks the collector for its own counters (SIGUSR1), and compares those with what was sent.
//!
//! # CPUs
//!
//! `bench` gives the collector the first half of the CPUs that it may use (of an odd number one
//! more), the last of them to the writers; the second half to the routers, the last of them to the
//! receiver. On two CPUs, reactor and writer share the first, routers and receiver the second. On
//! one, all share it, which is told (`bench-cores-shared`): then rates and latencies are those of
//! both sides together. `--reactor-cores`, `--writer-cores` and `--cores` choose otherwise.
//!
//! CPU times are the kernel's, in steps of 10 ms, over the collector's whole life, and over the
//! run for the other side, which is this program with its receiver. The collector's memory and
//! context switches are read right before its end.
//!
//! # `load --json`
//!
//! Times are in seconds or, with `_us`, in microseconds.
//!
//! ```text
//! target                     the collector
//! connections                connections that were made
//! finished                   routers that sent everything
//! not_connected              routers that could not connect
//! lost                       connections lost midway
//! stopped                    whether the run was ended early
//! messages                   BMP messages that the kernel took
//! announced                  NLRIs in them that are announced
//! withdrawn                  NLRIs in them that are withdrawn
//! bytes                      octets of BMP
//! reconnects                 connections dropped on purpose and made again
//! flaps                      peers that went down and up again
//! malformed                  malformed messages among those sent: they announce nothing
//! seconds                    from the start to the last octet
//! messages_per_second        over these seconds
//! routes_per_second          announced and withdrawn
//! bytes_per_second           octets of BMP
//! latency                    null without a sink
//!   count                    records with a latency
//!   mean_us                  their mean
//!   p50_us                   half of them took no longer
//!   p90_us                   nine in ten
//!   p99_us                   99 in a hundred
//!   p99_9_us                 999 in a thousand
//!   max_us                   the longest
//!   early                    came before their time (a clock was set back), counted as 0
//!   unstamped                had no usable time, not in count
//! sink                       null without a sink
//!   format                   what it read
//!   target                   where it listened
//!   connections              that the collector made
//!   bytes                    octets received
//!   records                  JSON lines, BMP messages
//!   routes                   announced and withdrawn
//!   sessions_closed          log_close records
//!   odd                      error records, and what made no sense
//!   complete                 whether nothing is missing
//!   missing_routes           sent, and not come
//!   missing_messages         sent, and not come; null where there are none
//!   surplus_routes           come beyond those sent: an output resends, malformed messages
//!   seconds                  from the start to the last record
//!   routes_per_second        over these seconds
//!   bytes_per_second         octets received
//!   cpu_seconds              of the thread that receives
//! routers                    one for each
//!   router                   its number, from 0
//!   outcome                  finished, stopped, stopped-in-message, not-connected, lost
//!   error                    what went wrong, where something did
//!   messages                 as above, of this router
//!   announced                as above
//!   withdrawn                as above
//!   bytes                    as above
//!   reconnects               as above
//!   flaps                    as above
//!   malformed                as above
//!   seconds                  from its connection to its last octet
//! ```
//!
//! # `bench --json`
//!
//! ```text
//! setup                      what was measured, where and how
//!   version                  of this program
//!   command                  the whole command line
//!   seed                     of made-up routers
//!   output                   what the collector wrote
//!   rate                     as typed
//!   kernel                   its release
//!   cpu_model                the CPU's name
//!   cpus_allowed             CPUs that this program may use
//!   cores                    who ran where
//!     reactors               of the collector
//!     writers                of the collector
//!     generator              the threads that send
//!     sink                   the thread that receives
//!     shared                 CPUs of both sides
//! saturation                 the run without limit of --rate half, or null
//! runs                       each run
//!   seconds                  from the start until everything had come out
//!   messages                 sent
//!   routes                   announced and withdrawn
//!   bytes                    octets of BMP
//!   messages_per_second      over these seconds
//!   routes_per_second        over these seconds
//!   bytes_per_second         over these seconds
//!   connections              of routers
//!   reconnects               connections dropped on purpose and made again
//!   flaps                    peers that went down and up again
//!   malformed                malformed messages among those sent: they announce nothing
//!   latency                  as in load --json, null with an output elsewhere
//!   sink                     as in load --json, null with an output elsewhere
//!   collector                its side
//!     cpu_user_seconds       CPU time in its own code
//!     cpu_system_seconds     CPU time in the kernel
//!     cpu_seconds_per_million_routes  both
//!     peak_memory_bytes      the most memory that was resident (VmHWM)
//!     voluntary_context_switches      its threads waited
//!     involuntary_context_switches    its threads were put off the CPU
//!     counted                its own counters, summed up
//!       sessions_open        0 when all is done
//!       messages             received
//!       routes               announced and withdrawn
//!       odd_messages         that break a rule in a sound frame
//!       malformed_updates    among them
//!       backpressure_stalls  times that a reactor stood still
//!       records_written      rendered by the output
//!       bytes_written        taken by the transport
//!       records_waiting      not yet delivered
//!       records_dropped      not delivered
//!     exit_code              of the process, null when a signal ended it
//!     warnings               first lines of its log with WARN and ERROR
//!   generator                the other side
//!     cpu_user_seconds       CPU time of routers and receiver
//!     cpu_system_seconds     the same in the kernel
//!     sink_cpu_seconds       the receiver's part
//!     cpu_seconds_per_million_routes  without the receiver
//!     peak_memory_bytes      of the whole program so far
//!     seconds                until the last message was sent
//!   complete                 whether nothing failed and nothing is missing
//! median                     a run made of the median of each figure
//! stopped                    whether a signal ended it early
//! complete                   whether every run is
//! failures                   what failed
//! ```
