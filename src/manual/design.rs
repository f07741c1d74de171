//! Why things are as they are: questions that a reader of the sources comes to ask.
//!
//! # Why one acceptor, and not `SO_REUSEPORT`?
//!
//! Router sessions are few, live long and are very unequal: one may carry more than a hundred
//! others. The kernel's hash would put two large ones on one core and leave another idle, for
//! months. One thread accepts and hands each socket to the reactor with the least load. It also
//! means that a second collector on the same port is refused instead of silently taking half
//! of the routers: the listening socket is bound without `SO_REUSEPORT` and only then given to the
//! runtime's threads.
//!
//! # Why is accepting on the main thread, and not on a reactor?
//!
//! Signals, accepting and ending are one small loop over `poll(2)` that must answer while every
//! reactor is busy or held back. A reactor that stands still because its batches are away must not
//! keep a router from connecting to another one, nor a signal from being obeyed.
//!
//! # How does a session move to another core without a record out of order?
//!
//! Each reactor has a lane of its own to each output stream, and a writer takes from them in turn:
//! what the new reactor sends could overtake what the old one has sent. So the session stops
//! reading between two turns, its reactor seals the batch, and only when every writer has given
//! back all that was sealed until then does the session go, with its connection and the first part
//! of a message that may be there. TCP holds the router back meanwhile, for milliseconds. Where a
//! writer does not get there within 100 ms, or the collector stops, the session stays. Nothing of
//! this costs anything while sessions do not move. They move only away from a reactor that has been
//! busy for seconds to one that is much less so, and only where that makes the busier of the two
//! well less busy; a session that has moved stays for a minute.
//!
//! # Why do routers that come too fast wait, while those that are too many are refused?
//!
//! Too many is a state that does not pass by itself: a connection that is not taken would wait for
//! a place for hours and look alive to its router, so it is closed and told. Too fast passes within
//! seconds. A refused router comes back after its own delay together with all that were refused
//! with it, so the storm would begin again; in the kernel's backlog they stand in line instead, and
//! are taken in the order in which they came. What is not allowed, or over a limit, uses up nothing
//! of the rate: it cannot keep out those who may come in.
//!
//! # Who knows how many sessions there are?
//!
//! The acceptor counts those that it lets in, in all and by address. Each carries a pass for as
//! long as it lives, on whichever reactor; when it is dropped, however the session has ended, the
//! acceptor hears of it. So nobody looks at all sessions to count them, and no count is written to
//! by two cores. The dialer learns in the same way that a router is to be dialed again. Silence is
//! looked for in a queue ordered by the time at which each session could be overdue: each is looked
//! at once per timeout, busy or not, and none has a timer.
//!
//! # Why batches of raw octets with offsets?
//!
//! A batch is an arena with the messages as received and records that say where their parts lie. It
//! has no lifetimes and can cross to another thread; it is emptied in no time and used again, so
//! that nothing is allocated for a message; several outputs read it at once; and whatever the
//! decoder does not understand is still there, octet for octet, for an output that can carry it. A
//! tree of decoded values would be allocated on one core, freed on another, and have lost what it
//! had no field for.
//!
//! # Why is an UPDATE read twice?
//!
//! The reactor scans it: where attributes and NLRI lie, whether they are well formed, how wide its
//! AS numbers are, whether its NLRI carry path identifiers. That needs what the session knows of
//! the peer, and it is cheap. The writer walks the same octets and renders them, knowing that they
//! are sound. What would have to be carried from one to the other (every attribute, every prefix)
//! is larger than the message itself, and writing it to memory and reading it on another core costs
//! more than walking the message once more in a cache that has just received it.
//!
//! # Why does a collector that only passes BMP on count no routes?
//!
//! Where every output is `bmp`, nobody needs what is in an UPDATE: its message goes on as it came,
//! and to look into it all the same would be more than half of what the collector does. So it
//! counts messages and octets, follows Peer Up and Peer Down, and leaves UPDATEs alone: routes,
//! End-of-RIB markers and malformed UPDATEs are not counted. With any output that reads UPDATEs
//! beside it, `pmacct-json=null:` for one, they are; so are they in `decode`.
//!
//! # Why a lane for each pair of reactor and output stream, not of reactor and writer?
//!
//! A lane is a ring of full batches one way and of empty ones the other. Were outputs to share one,
//! the slowest of a writer's outputs would hold back the others behind it: an output that may drop
//! could delay one that may not. With a lane each, every output goes at its own pace and every
//! batch goes home when the last of them is done with it. Rings have one producer and one consumer,
//! so that no lock and no locked instruction stands between two cores.
//!
//! # Why is the number of batches fixed at the start?
//!
//! It is the memory bound (each is made when it is first needed, and then kept), and it is the
//! back-pressure: with no empty batch left a reactor does not
//! read, its sockets' buffers fill, and TCP slows the routers down. An output that may drop can
//! hold only a few batches at a time; the pool is larger than what all such outputs can
//! hold together, so they cannot starve the rest.
//!
//! # Why do files block the writer?
//!
//! A write to a file returns when the page cache has the data; it waits only when the disk is
//! behind, and then the output is slow however it is written. A writer is a thread of its own, away
//! from the reactors, which go on reading until the batches are used up. In return there is one
//! plain `write(2)` in order, no buffers to be aligned and no ring whose completions can fail out
//! of order, and what a reader sees is always a prefix of whole records, but for the last one while
//! it is written.
//!
//! # Why does `direct=on` still write some octets through the page cache?
//!
//! A direct write takes whole blocks, and a stream that goes quiet hardly ever does so at the end
//! of one. Filling the block up would show a reader padding, and so would a crash; keeping the rest
//! back would show him nothing. So what does not fill a block goes through the page cache, as
//! without `direct=on`, up to the next block once more comes. Each octet is written once and no
//! block both ways, so that neither way has to know of the other: nothing is overwritten, nothing
//! invalidated, and the file is a prefix of the stream at any moment. Before a direct write goes
//! beyond what the page cache was given, that is made to be on the disk (`fdatasync`), lest a power
//! failure leave a hole in front of it. Small pieces are not worth waiting for a disk: below half
//! a MiB the page cache takes all.
//!
//! # Why do direct writes take turns in four buffers?
//!
//! The device reads a direct write from the writer's memory; for a guest that is another core,
//! which copies it. To write the next records over what was read just now waits for that core's
//! cache line after line: 600 MB written in pieces of 1 MiB from one buffer that is filled anew
//! each time took 0.26 and 0.37 CPU-seconds on an EPYC (medians of two hours), from four buffers
//! 0.14 and 0.12, from eight 0.08 and 0.10, and from one that was not filled anew 0.05. Four are
//! 4 to 7 MiB; more would be memory to clear at the start for little gain. Only runs of 256 KiB
//! and more take turns: a stream that trickles stays in one buffer.
//!
//! # Why do writes to a file end at multiples of 256 KiB?
//!
//! The page cache holds a file in pieces as large as the writes that made them, if these begin and
//! end at multiples of powers of two; otherwise in many small ones, and each of them costs. The
//! last record of a run hardly ever ends there, so what is beyond waits for the next run, or for
//! the next turn when nothing follows. Larger writes would leave the processor's cache before the
//! kernel copies them.
//!
//! # Why does `tcp:` keep octets that were acknowledged?
//!
//! A TCP acknowledgement comes from the receiver's kernel, not from the program that reads. When
//! the program dies, what lay in its receive buffer is gone, although it was acknowledged. Linux
//! lets that buffer grow to 6 MiB, and to 32 MiB in recent kernels. So the last octets that were
//! acknowledged are kept, up to a bound, and sent again after a reset. A receiver that closes in
//! order has read everything that it had acknowledged, and is not sent it again. Unix sockets need
//! nothing of the kind: there the send queue counts what has not been read.
//!
//! # Why can the bytes overrule the OPENs?
//!
//! Whether NLRI carry path identifiers (RFC 7911) is negotiated in the OPENs of the Peer Up; some
//! routers put other OPENs there than they act on, or monitor a view that the peer's session does
//! not determine. A list of NLRI that is well formed in one reading only is read that way; after
//! three in a row the session remembers it (`peer-add-path-switched`). The same holds for the width
//! of AS numbers: what consumes a path exactly decides.
//!
//! # Why does a session outlive an odd message?
//!
//! A lost session makes the router ask all its peers for everything again: it is the most expensive
//! thing that can happen. As long as the framing is sound, the next message can be found, and an
//! odd one harms nobody: it is counted, told, and passed on raw.
//!
//! # Why is the decoder sans-io?
//!
//! Everything under [`wire`](crate::wire), [`bgp`](crate::bgp), [`bmp`](crate::bmp),
//! [`record`](crate::record) and [`session`](crate::session) takes octets and the time and returns
//! effects. The same code serves sockets, files, tests and benchmarks, and a session's state can be
//! taken out and put back between any two octets.
