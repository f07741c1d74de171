//! MRT, and the lines that bgpdump prints of it.
//!
//! # `mrt`
//!
//! What route collectors publish, and bgpdump, BGPStream, bgpkit-parser and `decode` read: MRT
//! records of type BGP4MP_ET with microseconds (RFC 6396, RFC 8050); with `et=off` of type BGP4MP,
//! in seconds. Each peer of a router is a peer of the collector:
//!
//! * Route Monitoring: its UPDATE, `BGP4MP_MESSAGE_AS4`, or `BGP4MP_MESSAGE_AS4_ADDPATH` where
//!   routes have path identifiers.
//! * Peer Up: the OPEN that the router sent (`BGP4MP_MESSAGE_AS4_LOCAL`), the one that it received
//!   (`BGP4MP_MESSAGE_AS4`), and `BGP4MP_STATE_CHANGE_AS4` from OpenConfirm to Established.
//! * Peer Down: the NOTIFICATION, if there is one (with `_LOCAL` the router's own), and
//!   `BGP4MP_STATE_CHANGE_AS4` from Established to Idle.
//! * The end of a router session: the same change of state for each of its peers that was not down,
//!   at the time of arrival.
//! * All others: nothing.
//!
//! Route Mirroring has none because it repeats what Route Monitoring says, and would be counted
//! twice. Routes of Adj-RIB-Out have the subtypes with `_LOCAL`: the router sends them.
//!
//! The peer is that of the per-peer header, the local side that of the Peer Up: its local address
//! and the AS number of the OPEN that the router sent, zero without a Peer Up. The peer of a
//! Loc-RIB, whose address is zero, is the router itself, as the collector sees its address. The
//! time is the per-peer header's, else that of arrival; microseconds beyond a second are carried
//! over. The interface index is 0.
//!
//! MRT has no word for the RIB that a message speaks of. `view=` chooses: `adj-rib-in-pre`,
//! `adj-rib-in-post`, `adj-rib-out-pre`, `adj-rib-out-post`, `loc-rib`, several of them joined by
//! commas, or `all`, in which views are mixed. The default, `adj-rib-in`, is each peer's Adj-RIB-In
//! before the policy, and after it as long as the peer has sent none before it since it came up:
//! so a router that sends either is written whole, and of one that sends both the state of the
//! routes before the policy is what remains. Routers that send nothing but Loc-RIB or Adj-RIB-Out
//! have to be asked for by name. `{view}` in a file's name takes views apart, so that `view=all` is
//! the right choice there; a peer's changes of state are in the file of the view that its Peer Up
//! names.
//!
//! UPDATEs are passed on as received, also malformed ones and others in Route Monitoring that make
//! no sense, but for these:
//!
//! * AS numbers of 2 octets become 4 octets: AS_PATH and AGGREGATOR hold what AS4_PATH and
//!   AS4_AGGREGATOR said, which have no place beside them (RFC 6793). Of those four that are
//!   repeated the first stays (RFC 7606 §3). Where that cannot be, because the path is malformed or
//!   would be too long, the UPDATE is as received in `BGP4MP_MESSAGE`.
//! * An UPDATE of which some routes have path identifiers and others none becomes two, as a subtype
//!   holds for all: those without come first.
//! * Octets behind the BGP message are left out.
//!
//! A Peer Up of a peer that is up, with other addresses or OPENs, means that a Peer Down was
//! missed: a change to Idle comes before it. The same once more, as routers send it for each view,
//! is nothing new; nor are the Peer Ups of a Loc-RIB beyond its first.
//!
//! Names like those of RouteViews are `file:/data/updates.%Y%m%d.%H%M?rotate=15m&compress=gzip`. A
//! file is that of the interval in which its records were written, by the clock: with routers whose
//! clocks are right, records of the last seconds of an interval may stand at the beginning of the
//! next.
//!
//! ## Read back
//!
//! `decode` makes of it the routes that it was made of, in their order, with time, peer, prefix,
//! path identifier and attributes. What is lost: the view (`_LOCAL` is Adj-RIB-Out post-policy, all
//! others Adj-RIB-In pre-policy), the peer's type, distinguisher and flags, the address of a
//! Loc-RIB, the AS number of an OPEN that is not that of the per-peer header, BGP Identifiers of
//! peers whose Peer Up is not in it, and all BMP beside.
//!
//! # `bgpdump`
//!
//! The lines that libbgpdump's `bgpdump -m` (1.6.2, Debian's) prints of `mrt?et=off`, byte for
//! byte:
//!
//! ```text
//! BGP4MP|1700000000|A|10.0.0.1|65001|192.0.2.0/24|65001 65010|IGP|10.0.0.1|0|0|65001:1|NAG||
//! BGP4MP|1700000000|W|10.0.0.1|65001|192.0.2.0/24
//! BGP4MP|1700000000|STATE|10.0.0.1|65001|6|1
//! ```
//!
//! With `et=on` they are those of `mrt` as it is by default: `BGP4MP_ET|1700000000.123456|…`. Of
//! routes with path identifiers `_AP` stands behind the first word and the identifier behind the
//! prefix, and of routes of Adj-RIB-Out `_LOCAL` behind the first word. `view=` is that of `mrt`.
//! OPENs, NOTIFICATIONs and routes of families other than unicast and multicast of IPv4 and IPv6
//! have no lines; extended and large communities are not in them.
//!
//! Where bgpdump has a defect, the right thing is written:
//!
//! * of Adj-RIB-Out with path identifiers it prints the router as the peer, and `_AP` for
//!   `_LOCAL_AP`;
//! * of an IPv6 withdrawal in Adj-RIB-Out of an IPv4 peer it prints the peer's address as IPv6;
//! * repeated attributes, which are malformed (RFC 7606 §3), end it where it stands; next hops of
//!   unusual lengths make it take other octets for routes;
//! * LOCAL_PREF and MED of IPv4 routes in MP_REACH_NLRI beyond 2147483647 are negative there;
//! * prefixes with more bits than their family has are printed, and octets of other memory where
//!   COMMUNITIES is empty; a path with an empty segment, malformed (RFC 7606 §7.2), is printed
//!   without it, where here `! Error !` stands, as it has for others;
//! * paths of more than 7900 characters, communities of more than 8191 and more than 2050 routes
//!   of an UPDATE are cut there.
