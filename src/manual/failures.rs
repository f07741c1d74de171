//! What happens when something fails: the effect, the word in the log, the counter, and what to do.
//!
//! Words of the log are explained under [`events`](super::events), counters under
//! [`counters`](super::counters); SIGUSR1 writes the counters to the log. Where nothing is told or
//! counted, that is said, too.
//!
//! Two rules stand behind this page. What a router has sent is not lost silently: an output that
//! cannot go on holds its routers back, or drops what it counts. And a router session is not ended
//! without need, because its router then tells of all its peers again, one after the other.
//!
//! # Routers
//!
//! ```text
//! A router closes its connection
//!     effect   what was sent is handed on; log_close. Cut inside a message: reason=cut-short
//!     told     session-close
//!     counted  sessions_closed sessions_open
//!     do       nothing: the router connects again
//! A router vanishes (power, cable) without a word
//!     effect   its session stays open and quiet until TCP keepalive gives up: 60 s of silence and
//!              six probes 10 s apart (--keepalive)
//!     told     session-reset session-close
//!     counted  sessions_closed
//!     do       shorter times in --keepalive, if two minutes are long
//! A router is silent
//!     effect   none: BMP has no keepalive. With --idle-timeout the session is ended after so long
//!     told     session-close
//!     counted  idle_timeouts
//!     do       leave --idle-timeout off, unless quiet sessions are known to be dead ones
//! A router connects again before its old connection has ended
//!     effect   two sessions with the same address, each in its order; keepalive ends the old one
//!     told     session-open session-reset session-close
//!     counted  sessions_open
//!     do       nothing
//! All routers come back at once
//!     effect   --accept-rate of them begin within a second, the others wait in the kernel's
//!              backlog, which holds net.core.somaxconn; beyond that their TCP tries again
//!     told     accept-rate-reached
//!     counted  accept_rate_waits accepted
//!     do       tuning/sysctl.d, if routers time out meanwhile
//! A stranger connects
//!     effect   with --allow it is closed at once; without, it talks BMP, or its framing is broken
//!     told     router-not-allowed session-broken-framing
//!     counted  refused_not_allowed broken_framing
//!     do       --allow with the routers' prefixes
//! More routers, or more from one address, than the limits allow
//!     effect   those beyond are closed; those that are there are not touched
//!     told     router-refused max-routers-lowered
//!     counted  refused_max_routers refused_per_source
//!     do       --max-routers, --max-routers-per-source, LimitNOFILE=
//! A router that is dialed (--connect) does not answer
//!     effect   it is tried again after 1 s, then after twice as long, up to a minute
//!     told     dial-failed dial-rests dialing
//!     counted  dial_failures dialed
//!     do       look whether it waits for this collector's address
//! The device or VRF of an address (%DEV) is not there
//!     effect   at the start: refused, exit 1. One that goes later: its sessions end, --connect
//!              tries again, a listener on it hears nothing
//!     told     dial-failed session-reset
//!     counted  dial_failures
//!     do       start after the device: After= in the unit
//! ```
//!
//! # What routers send
//!
//! ```text
//! A malformed UPDATE inside a sound frame
//!     effect   counted, a sample kept, passed on raw; the session goes on
//!     told     odd-message
//!     counted  malformed_updates odd_messages
//!     do       the sample and the record's raw octets say what it was
//! A message or a code that is not known
//!     effect   passed on raw; the session goes on
//!     told     nothing, or odd-message where a rule is broken
//!     counted  unknown_messages odd_messages
//!     do       nothing
//! Broken framing: a version that is not 3 or 4, a length below 6 or above --max-frame
//!     effect   what came before is handed on; this session ends, no other one
//!     told     session-broken-framing session-close
//!     counted  broken_framing
//!     do       a larger --max-frame if the reason names the length; else it is no BMP
//! Routes of a peer without a Peer Up
//!     effect   decoded and written all the same
//!     told     nothing
//!     counted  messages
//!     do       nothing
//! NLRI with path identifiers against the Peer Up, or without
//!     effect   read as they are, peer by peer
//!     told     peer-add-path-switched
//!     counted  messages
//!     do       nothing
//! More peers, or longer Initiations and Peer Ups, than are kept of one session
//!     effect   those beyond are decoded without what they negotiated
//!     told     peer-limit state-limit
//!     counted  messages
//!     do       nothing, unless it is no router
//! Sequence numbers of BMP version 4 leave some out
//!     effect   what came is decoded and written; the router itself has lost the rest
//!     told     sequence-gap
//!     counted  messages
//!     do       look at the router's BMP buffers; a new session brings all routes again
//! A router's clock is wrong
//!     effect   its times are written as it tells them, with the arrival beside them
//!     told     nothing
//!     counted  nothing
//!     do       compare timestamp with timestamp_arrival
//! ```
//!
//! # Outputs
//!
//! ```text
//! An output is slow
//!     effect   batches fill up; when all are away its reactors stop reading and TCP holds the
//!              routers back, those of other outputs of the same reactors, too
//!     told     backpressure-start backpressure-end
//!     counted  backpressure_stalls backpressure_ns batches_in_flight pending_records
//!     do       --batch-memory for bursts, writers= for good, when-full=drop for one that may lose
//! An output with when-full=drop is slow
//!     effect   it is passed by: records are missing there, and nobody waits
//!     told     lane-dropping lane-dropping-end
//!     counted  skipped_records
//!     do       a faster receiver
//! A receiver goes away (tcp:, unix:)
//!     effect   connected again after 100 ms to 10 s; goes on at a record boundary, what may not
//!              have been read is sent again; meanwhile the output is slow
//!     told     output-disconnected output-connected
//!     counted  pending_records
//!     do       nothing; a receiver that ends with more than 8 MiB unread misses the rest
//! A relay (bmp to tcp: or unix:) is made anew in mid-session
//!     effect   it begins with Initiation and Peer Ups; a session with too many peers lacks some,
//!              and others none
//!     told     output-connected output-preamble-incomplete output-preamble-share-full
//!     counted  pending_records
//!     do       nothing
//! A file is removed or renamed before it is complete (NAME.part)
//!     effect   what was written to it is where it went, or gone; the next file is whole
//!     told     output-file-trouble
//!     counted  records octets
//!     do       leave NAME.part alone: SIGHUP completes it at once
//! A complete file that is not to be kept cannot be removed
//!     effect   it stays; the disk may fill
//!     told     output-file-trouble
//!     counted  records octets
//!     do       give the collector's user the right to remove files in the directory
//! The collector is killed, or the machine stops, while files are written
//!     effect   the next start completes what rotation left as NAME.part: whole lines, messages
//!              and compressed frames; compressed records that waited (flush=) are lost
//!     told     output-file-trouble
//!     counted  nothing
//!     do       nothing
//! A receiver of udp: is not there, or the kernel has no room
//!     effect   the datagram is dropped
//!     told     output-dropped
//!     counted  dropped_records
//!     do       tcp: where every record counts
//! The reader of standard output goes away
//!     effect   the collector ends if it has no other output; else that one drops what comes
//!     told     output-reader-gone output-dropped
//!     counted  dropped_records
//!     do       nothing
//! A disk is full, a file or its folder may not be written
//!     effect   what was refused is kept and written again from the record where it stopped, after
//!              0.1 to 5 s; meanwhile the output is slow. No record is torn
//!     told     output-write-failed output-recovered
//!     counted  pending_records
//!     do       make room; the collector goes on by itself
//! A disk hangs
//!     effect   the writer waits inside a call: all its outputs stand still, then their routers;
//!              the watchdog is not fed (WatchdogSec= is two minutes for that reason)
//!     told     thread-still thread-moves-again backpressure-start
//!     counted  backpressure_ns pending_records
//!     do       a file system that does not hang: NFS soft, or tcp: to another machine
//! A file was moved away (log rotation)
//!     effect   the collector writes on into the moved file until it is told
//!     told     signal reopened
//!     counted  nothing
//!     do       SIGHUP (systemctl reload), or strftime parts in the name
//! ```
//!
//! # The machine
//!
//! ```text
//! Out of descriptors
//!     effect   routers wait in the backlog, accepting is tried again after 0.1 to 2 s; open
//!              sessions are not touched; of an output with a file for each session idle files
//!              are closed for busy ones; connections of outputs are tried again
//!     told     accept-failed max-routers-lowered output-disconnected output-write-failed
//!     counted  accepted stands still
//!     do       LimitNOFILE=, fs.nr_open, fs.file-max
//! The kernel is short of memory for sockets (net.ipv4.tcp_mem)
//!     effect   it shrinks windows and drops packets: routers become slow; accepting may fail
//!     told     accept-failed poll-failed
//!     counted  octets_received grows more slowly
//!     do       TCPMemoryPressures in nstat; smaller buffers (--receive-buffer, tcp_rmem)
//! A receive buffer is larger than the kernel gives
//!     effect   the smaller one is used
//!     told     receive-buffer-capped
//!     counted  nothing
//!     do       net.core.rmem_max
//! The process is short of memory
//!     effect   batches are bounded by --batch-memory and made when they are needed; what else is
//!              refused ends the process, as kill -9 does
//!     told     nothing
//!     counted  nothing
//!     do       OOMScoreAdjust= in the unit, less --batch-memory, fewer tcp: outputs (14 MiB each)
//! kill -9, a crash, a power failure
//!     effect   what was in batches is gone, and no log_close is written. Routers connect again and
//!              tell everything again; seq begins at 0 under another writer_id; a last line that
//!              was torn is closed before anything is appended
//!     told     collector-started
//!     counted  nothing
//!     do       nothing: the unit starts it again (Restart=on-failure)
//! One reactor has more to do than another
//!     effect   it gives sessions up to the other; nothing of them is lost or reordered. Where an
//!              output stands still, also one that may drop, they stay: it has not yet done with
//!              what they said
//!     told     session-moved session-not-moved
//!     counted  sessions_moved busy_ns
//!     do       nothing
//! A CPU is taken away or overloaded
//!     effect   the reactor or writer pinned to it is slow, its routers are held back
//!     told     backpressure-start thread-still
//!     counted  backpressure_ns
//!     do       see the page on tuning
//! The clock is set
//!     effect   arrival times jump with it; session ids still sort in the order of accept, and
//!              timeouts, the flush interval and the order of records do not notice
//!     told     nothing
//!     counted  nothing
//!     do       let it be slewed
//! The machine was paused (a virtual machine that moved)
//!     effect   everybody goes on; connections that their routers have given up end
//!     told     session-reset
//!     counted  sessions_closed
//!     do       nothing: the watchdog's own clock may end the process if that took longer than it
//! io_uring is refused (container, kernel.io_uring_disabled, an old kernel), or locked memory
//!     effect   the start is refused with the remedy; exit 1
//!     told     memlock-not-raised
//!     counted  nothing
//!     do       tuning/seccomp.json, LimitMEMLOCK=
//! A port is taken, or an address is not there
//!     effect   the start is refused with the remedy; exit 1
//!     told     nothing
//!     counted  nothing
//!     do       port 0 picks a free one
//! A flag is wrong
//!     effect   what would be right is said; exit 2, and the unit does not start it again
//!     told     nothing
//!     counted  nothing
//!     do       what it says
//! ```
//!
//! # The collector itself
//!
//! ```text
//! A reactor or a writer dies (a defect)
//!     effect   the collector drains what is left and ends with 1; the unit starts it again
//!     told     engine-failed collector-stopping collector-stopped
//!     counted  nothing
//!     do       report it, with the lines before
//! A reactor stands still
//!     effect   it is woken from outside after a second; its routers wait, the others do not. While
//!              it stands, the watchdog is not fed, and after WatchdogSec= the manager ends it
//!     told     thread-still thread-moves-again
//!     counted  octets_received of that reactor stands still
//!     do       report it, with the stacks (gdb -p PID -batch -ex 'thread apply all bt')
//! A writer stands still
//!     effect   as a disk that hangs
//!     told     thread-still thread-moves-again
//!     counted  pending_records
//!     do       cat /proc/PID/task/*/stack says what it waits for
//! Standard error stands still (a pipe that nobody reads)
//!     effect   log lines are given up, nothing else
//!     told     log-lines-dropped
//!     counted  nothing
//!     do       read it
//! The service manager cannot be told
//!     effect   none here; a manager that waits for READY=1 or WATCHDOG=1 ends the collector
//!     told     service-notify-failed
//!     counted  nothing
//!     do       NotifyAccess=main, and a sandbox that lets AF_UNIX through
//! A library has something to say
//!     effect   it is in the log
//!     told     library-message
//!     counted  nothing
//!     do       report it
//! ```
//!
//! # Signals and the end
//!
//! ```text
//! SIGTERM, SIGINT
//!     effect   nothing is accepted any more, every session is closed with its log_close, outputs
//!              deliver; exit 0. Once more: the end at once, exit 1 if anything is left
//!     told     collector-stopping collector-stopped
//!     counted  nothing
//!     do       TimeoutStopSec= of the unit is longer than --drain-timeout
//! An output does not take everything within --drain-timeout
//!     effect   what is left is given up and counted; exit 1
//!     told     drain-timeout output-undelivered
//!     counted  pending_records
//!     do       a longer --drain-timeout, or a receiver that is there
//! SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE
//!     effect   files are opened anew and the configuration is read again; counters are written to
//!              the log; the configuration is read again; nothing
//!     told     signal reopened config-reloaded status
//!     counted  nothing
//!     do       nothing
//! The configuration that is read again makes no sense
//!     effect   everything stays as it was
//!     told     config-reload-failed output-reload-failed
//!     counted  nothing
//!     do       `ribcage collect -c FILE --check` says the same without a collector
//! The configuration that is read again differs in what cannot change in a running collector
//!     effect   the rest holds at once; no session ends
//!     told     config-needs-restart config-reloaded
//!     counted  nothing
//!     do       restart when it suits: routers send all their routes again
//! An address of the configuration that is read again cannot be listened on
//!     effect   the others are; it is tried again when the configuration is read again
//!     told     listen-failed listening listening-ended socket-options-stay
//!     counted  nothing
//!     do       the error names the reason
//! ```
