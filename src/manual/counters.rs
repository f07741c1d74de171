//! What is counted. SIGUSR1 writes every counter to the log (event `status`), a line for each
//! reactor and each output.
//!
//! The program's own tables are in [`telemetry::counters`](crate::telemetry::counters):
//!
//! ```text
//! The acceptor:
//!   sessions (gauge, sessions)
//!     Router sessions that were admitted and are not over.
//!   accepted (counter, sessions)
//!     Router connections that were accepted and admitted.
//!   dialed (counter, connections)
//!     Connections made to routers (--connect).
//!   dial_failures (counter, attempts)
//!     Attempts to connect to a router that came to nothing.
//!   refused_not_allowed (counter, connections)
//!     Router connections closed because no --allow has their address.
//!   refused_max_routers (counter, connections)
//!     Router connections closed because of --max-routers.
//!   refused_per_source (counter, connections)
//!     Router connections closed because of --max-routers-per-source.
//!   accept_rate_waits (counter, rests)
//!     Times that connections were left in the kernel's backlog for a while because of
//!     --accept-rate.
//! Each reactor:
//!   sessions_opened (counter, sessions)
//!     Router sessions handed to this reactor.
//!   sessions_closed (counter, sessions)
//!     Router sessions that have ended.
//!   sessions_open (gauge, sessions)
//!     Router sessions that are open now.
//!   octets_received (counter, octets)
//!     Octets read from routers.
//!   messages (counter, messages)
//!     BMP messages decoded.
//!   routes_announced (counter, routes)
//!     NLRI announced, each prefix of an UPDATE by itself; none where no output reads
//!     UPDATEs.
//!   routes_withdrawn (counter, routes)
//!     NLRI withdrawn, each prefix of an UPDATE by itself; none where no output reads
//!     UPDATEs.
//!   end_of_rib (counter, markers)
//!     End-of-RIB markers; none where no output reads UPDATEs.
//!   odd_messages (counter, messages)
//!     Messages that break a rule inside a sound frame; kept and passed on raw.
//!   malformed_updates (counter, messages)
//!     UPDATEs with malformed path attributes or NLRI; none where no output reads UPDATEs.
//!   unknown_messages (counter, messages)
//!     Messages of a type that is not known; kept and passed on raw.
//!   broken_framing (counter, sessions)
//!     Router sessions ended because their framing was broken.
//!   idle_timeouts (counter, sessions)
//!     Router sessions closed because of their silence (--idle-timeout).
//!   backpressure_stalls (counter, stalls)
//!     Times that reading stopped because no empty batch was left.
//!   backpressure_ns (counter, nanoseconds)
//!     Time during which reading was stopped.
//!   batches_sealed (counter, batches)
//!     Batches handed to writers.
//!   batches_in_flight (gauge, batches)
//!     Batches that writers have not yet returned.
//!   sessions_moved (counter, sessions)
//!     Router sessions that came here from another reactor.
//!   busy_ns (counter, nanoseconds)
//!     CPU time that the reactor has used; with --busy-poll, time spent on sessions.
//! Each output stream:
//!   taken_records (counter, records)
//!     BMP messages and session markers of the batches that the output is done with.
//!   records (counter, records)
//!     Records rendered; a format may render none or many for one BMP message.
//!   octets (counter, octets)
//!     Octets handed to the other side.
//!   dropped_records (counter, records)
//!     Rendered records that were given up.
//!   skipped_records (counter, records)
//!     Records that never came here because the output's lane was full; added up from the
//!     lanes.
//!   left_out_routes (counter, routes)
//!     Routes for which the output's format has no record, by their family or type.
//!   pending_records (gauge, records)
//!     Records taken and not yet known to be delivered.
//!   batches (counter, batches)
//!     Batches worked off.
//!   filtered_records (counter, records)
//!     BMP messages and session markers of which the filter has let nothing pass.
//! ```
