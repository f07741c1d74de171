//! The words of the log, with their levels, keys and meanings.
//!
//! A line is `TIME LEVEL event key=value…`, or a JSON object with `--log-format json`. More than
//! twenty lines of one event within a second are summed up by one with the key `repeated`, but for
//! events that are told one by one.
//!
//! The program's own table is [`EVENTS`](crate::telemetry::events::EVENTS):
//!
//! ```text
//! INFO collector-started
//!     version listen connect max_routers reactors writers
//!     The collector runs: its version, addresses, routers it connects to, the most it
//!     takes, and the CPUs of its reactors and writers.
//! INFO placement
//!     reactors writers reasons
//!     The CPUs of reactors and writers, best first, and why these: what `ribcage plan`
//!     tells in full.
//! INFO listening
//!     address
//!     Router connections are accepted on this address; port 0 has become a real one.
//! INFO listening-ended
//!     address
//!     The configuration was read again and names this address no more; sessions that came
//!     by it stay.
//! ERROR listen-failed
//!     address error
//!     An address that came with the configuration cannot be listened on; it is tried again
//!     when the configuration is read again.
//! WARN socket-options-stay
//!     error
//!     What the configuration now sets on routers' connections could not be set on a
//!     listening socket.
//! DEBUG memlock-not-raised
//!     error
//!     The limit on locked memory could not be raised to its hard limit; the reactors may
//!     still start.
//! DEBUG huge-pages-stay
//!     error
//!     Transparent huge pages could not be switched off for this process: it holds more
//!     memory than it uses.
//! ERROR accept-failed
//!     error retry_ms hint
//!     A router connection could not be accepted; accepting goes on after retry_ms.
//! WARN receive-buffer-capped
//!     asked given hint
//!     The kernel gives the sockets of routers a smaller receive buffer than
//!     --receive-buffer asks for, in octets.
//! WARN max-routers-lowered
//!     asked limit open_files
//!     The limit of open files allows fewer router sessions than --max-routers asks for;
//!     limit is what holds.
//! WARN router-not-allowed
//!     router
//!     A router's connection was closed: no --allow has its address.
//! WARN router-refused
//!     router reason limit
//!     A router's connection was closed, because there are as many sessions as the limit
//!     allows; the reason names the flag.
//! WARN accept-rate-reached
//!     rate
//!     Routers connect faster than --accept-rate: they wait in the kernel's backlog, none is
//!     refused.
//! DEBUG dialing
//!     router attempt
//!     A connection to a router is being made (--connect).
//! WARN dial-failed
//!     router error retry_ms
//!     A router could not be connected to; it is tried again after retry_ms.
//! DEBUG dial-rests
//!     router retry_ms
//!     A session with a dialed router is over, or was refused; it is dialed again after
//!     retry_ms.
//! ERROR poll-failed
//!     error
//!     The system could not wait for connections and signals; it is asked again.
//! ERROR engine-failed
//!     detail
//!     A thread of the collector has died: a defect. The collector drains and ends.
//! WARN service-notify-failed
//!     error
//!     The service manager could not be told how the collector fares (NOTIFY_SOCKET).
//! WARN thread-still
//!     thread still_ms
//!     A reactor or writer has not moved for so long; until it does, the watchdog is not
//!     fed.
//! INFO thread-moves-again
//!     thread still_ms
//!     It moves again, after so long.
//! INFO session-open
//!     router session reactor
//!     A router has connected.
//! INFO session-close
//!     router session reason messages octets
//!     A router session has ended; messages and octets are those of its whole life.
//! INFO session-moved
//!     router session from to
//!     A busy reactor has given a session up to a less busy one; nothing of it is lost or
//!     reordered.
//! DEBUG session-not-moved
//!     router session from to reason
//!     A session was to move to another reactor and stays where it is.
//! WARN session-reset
//!     router session error
//!     A router's connection broke; what it sent before is passed on.
//! WARN session-broken-framing
//!     router session offset reason
//!     What a router sent is not BMP from this octet of the session on; the session is
//!     ended.
//! WARN odd-message
//!     router session ordinal offset reason sample
//!     A message breaks a rule inside a sound frame; it is counted and passed on raw. The
//!     sample is its first octets in hex.
//! INFO peer-add-path-switched
//!     router session peer view family from to
//!     NLRI of a peer turned out to be with (or without) path identifiers, against its Peer
//!     Up.
//! WARN peer-limit
//!     router session limit
//!     A router has more peers than are kept; those beyond are decoded without their Peer
//!     Up.
//! WARN state-limit
//!     router session limit
//!     Initiation and Peer Up messages of a router exceed what is kept of them, in octets.
//! WARN sequence-gap
//!     router session ordinal expected found
//!     The sequence numbers of a router's messages (BMP version 4) leave some out, at the
//!     session's beginning or later, or begin again: the router has lost messages.
//! WARN backpressure-start
//!     reactor
//!     No empty batch is left: a reactor stops reading, and TCP holds its routers back.
//! INFO backpressure-end
//!     reactor held_ms stalls
//!     A reactor reads again; it stood still for held_ms in all, in so many stalls.
//! WARN lane-dropping
//!     output records
//!     An output that may drop is too slow; these records were not given to it.
//! INFO lane-dropping-end
//!     output records
//!     The output keeps up again; records is what it missed since the last line.
//! INFO output-connected
//!     output target resent
//!     An output is connected; so many records are sent once more.
//! WARN output-disconnected
//!     output target error retry_ms
//!     An output's connection is gone or could not be made; it is tried again after
//!     retry_ms.
//! ERROR output-write-failed
//!     output target error retry_ms
//!     A write failed and is tried again after retry_ms; nothing is lost yet.
//! INFO output-recovered
//!     output target
//!     Writing works again.
//! WARN output-dropped
//!     output records reason
//!     Records were given up by an output.
//! WARN output-preamble-incomplete
//!     output target
//!     Sessions have more peers than are remembered: a receiver that comes back misses some
//!     Peer Ups.
//! WARN output-preamble-share-full
//!     output target session
//!     One session has more peers than its share holds: a receiver that comes back misses
//!     some of its Peer Ups.
//! WARN output-file-trouble
//!     output target error
//!     A file was removed by somebody else, one that is not to be kept cannot be removed, or
//!     the end of one was no whole record after a crash and was cut off.
//! WARN output-reader-gone
//!     output
//!     The reader of standard output is gone for good.
//! INFO signal
//!     name action
//!     A signal arrived, and what is done about it.
//! INFO config-reloaded
//!     keys
//!     The configuration was read again, and these keys have changed and hold now: at once,
//!     or for sessions that begin.
//! WARN config-needs-restart
//!     keys
//!     These keys have changed in the configuration and do not hold before the collector is
//!     started again.
//! ERROR config-reload-failed
//!     error
//!     The configuration could not be read again; everything stays as it was.
//! ERROR output-reload-failed
//!     output error
//!     A file that an output's options name could not be read again; what was read before
//!     holds on.
//! INFO reopened
//!     output
//!     An output has opened its target anew.
//! INFO status
//!     reactor sessions_open sessions_opened sessions_closed octets_received messages
//!     routes_announced routes_withdrawn end_of_rib odd_messages malformed_updates
//!     unknown_messages broken_framing idle_timeouts backpressure_stalls backpressure_ns
//!     batches_sealed batches_in_flight sessions_moved busy_ns output batches taken_records
//!     records octets dropped_records skipped_records left_out_routes pending_records
//!     filtered_records queued_records sessions accepted dialed dial_failures
//!     refused_not_allowed refused_max_routers refused_per_source accept_rate_waits
//!     The counters of the acceptor, of one reactor or of one output, on request.
//! INFO collector-stopping
//!     sessions drain_timeout_ms
//!     No connection is accepted any more; open sessions are closed, what is on its way is
//!     delivered.
//! ERROR drain-timeout
//!     timeout_ms sessions
//!     Outputs did not take everything in time; what is left is given up.
//! ERROR output-undelivered
//!     output records pending queued
//!     The end came with these records not delivered: pending were rendered, queued are BMP
//!     messages.
//! INFO collector-stopped
//!     undelivered sessions_cut took_ms
//!     The last line of a run; took_ms is the time since collector-stopping.
//! WARN input-fault
//!     file error
//!     A file is damaged or ends too early; what came before was decoded.
//! WARN input-gap
//!     file streams
//!     Packets are missing in a capture: these streams end there.
//! WARN input-records-skipped
//!     file records first
//!     Records of an MRT file, messages of OpenBMP or lines of RIS Live make no sense and
//!     were skipped; the first is named.
//! WARN input-no-bmp
//!     file
//!     A file holds no BMP.
//! WARN input-cut-short
//!     router session octets
//!     A stream ends inside a message, of which so many octets are there.
//! DEBUG decoded
//!     sessions messages octets routes_announced routes_withdrawn end_of_rib odd_messages
//!     malformed_updates unknown_messages
//!     What was decoded in all.
//! INFO sink-listening
//!     target
//!     `load` listens there for what the collector writes.
//! INFO load-progress
//!     connected ended messages routes messages_per_second routes_per_second received_routes
//!     p99_us
//!     How a load run stands, every few seconds where there is no terminal for a bar.
//! WARN bench-cores-shared
//!     cpus
//!     `bench` has too few CPUs: the collector and the routers share these, and neither is
//!     measured alone.
//! INFO bench-run
//!     run runs rate
//!     A run of `bench` begins: a collector is started and played to at this rate.
//! WARN library-message
//!     source text
//!     A library had something to say; source is its module.
//! WARN log-lines-dropped
//!     lines
//!     Standard error was too slow, and these log lines were given up.
//! ```
