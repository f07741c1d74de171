//! Filters: which records and routes an output shows.
//!
//! `--filter EXPR` of `collect` and `decode` is for every output, the option `filter=EXPR` for one;
//! where both are given, both must fit. An expression is terms joined by `and`, `or`, `not` and
//! parentheses; `and` binds closer than `or`:
//!
//! ```sh
//! ribcage decode --filter 'prefix within 10.0.0.0/8 and not message = statistics' session.bmp
//! ribcage collect -o 'pmacct-json=file:/var/log/edge.json?filter=router-name = edge-*' \
//!     -o 'bmp=tcp://192.0.2.7:11019?filter=view = adj-rib-in-post or view = loc-rib'
//! ```
//!
//! # Terms
//!
//! A term has an operator and a value, or several in parentheses of which one must fit: `peer-as in
//! (64496, 64500..64511)`. `=` and `in` are the same.
//!
//! ```text
//! router = ADDRESS|PREFIX
//!     the router's address is this one, or in this prefix
//!     router in 192.0.2.0/24
//! router-name = TEXT
//!     the name given to the router, else its sysName, is this one; * is any characters
//!     router-name = core-*
//! peer = ADDRESS|PREFIX
//!     the peer's address is this one, or in this prefix
//!     peer in (192.0.2.7, 2001:db8::/32)
//! peer-as = NUMBER|FIRST..LAST
//!     the AS number in the per-peer header is this one, or in this range
//!     peer-as in (64496..64511, 65551)
//! peer-id = ADDRESS|PREFIX
//!     the peer's BGP Identifier is this one, or in this prefix
//!     peer-id = 192.0.2.7
//! peer-rd = ASN:NUMBER|ADDRESS:NUMBER|TYPE:ADMINISTRATOR:NUMBER
//!     the peer's distinguisher (the VRF) is this one
//!     peer-rd = 65000:100
//! view = VIEW
//!     the routes are those of this RIB; a Peer Up is for all Adj-RIBs of its peer
//!     view in (adj-rib-in-pre, loc-rib)
//! message = TYPE
//!     the message is of this type; announce, withdraw and end-of-rib are what UPDATEs hold
//!     message in (announce, withdraw)
//! family = FAMILY|AFI/SAFI
//!     the routes are of this address family: a key, or AFI/SAFI in numbers
//!     family in (ipv4, ipv6, 1/128)
//! prefix = ADDRESS|PREFIX
//!     the route's prefix is this one
//!     prefix = 10.0.0.0/8
//! prefix within ADDRESS|PREFIX
//!     the route's prefix is this one or a longer one inside it
//!     prefix within (10.0.0.0/8, 2001:db8::/32)
//! prefix covers ADDRESS|PREFIX
//!     the route's prefix is this one or a shorter one around it
//!     prefix covers 10.1.2.3
//! prefix-length = NUMBER|FIRST..LAST
//!     the route's prefix has this length, or one in this range
//!     prefix-length in 8..24
//! rd = ASN:NUMBER|ADDRESS:NUMBER|TYPE:ADMINISTRATOR:NUMBER
//!     the route's distinguisher is this one
//!     rd in (65000:100, 192.0.2.7:1)
//! origin-as = NUMBER|FIRST..LAST
//!     the last AS of the path is this one, or in this range; of an AS_SET any of it
//!     origin-as = 64496
//! as-path has NUMBER|FIRST..LAST
//!     this AS, or one in this range, is in the path
//!     as-path has 64496
//! community has COMMUNITY
//!     the route has this community, large or extended community; * stands for any number
//!     community has (65000:*, 65000:1:2, rt:65000:100, no-export)
//! ```
//!
//! * Views are `adj-rib-in-pre`, `adj-rib-in-post`, `adj-rib-out-pre`, `adj-rib-out-post` and
//!   `loc-rib`.
//! * Types of messages are `route-monitoring`, `statistics`, `peer-down`, `peer-up`, `initiation`,
//!   `termination`, `route-mirroring`, `route-policy-trace`, `route-event-log`, `other`; and of
//!   what Route Monitoring holds `announce`, `withdraw` and `end-of-rib`.
//! * The keys of address families are on the page [`families`](super::families): `ipv4`, `ipv6`,
//!   `ipv4-vpn`, `evpn` …
//! * An address alone is a prefix of its full length: `prefix = 10.0.0.1` is `10.0.0.1/32`. The
//!   prefix of a route is that of unicast, multicast, labelled and VPN routes, and the one that
//!   others say as `prefix`, such as IP Prefix routes of EVPN. A route without one is none that
//!   fits: `prefix within 0.0.0.0/0` keeps back MAC addresses, and `not prefix within 0.0.0.0/0`
//!   shows them.
//! * `router-name` is the name that the operator has given the router, else the sysName of its
//!   Initiation.
//! * Numbers may be ranges: `64496..64511`. The AS number of a peer is that of the per-peer header.
//! * Communities are told by how they are written: `65000:100`, large ones `65000:1:2`, extended
//!   ones `rt:65000:100`, `rt:65000L:100` of a 4-octet AS number that would fit into 2,
//!   `soo:192.0.2.1:7`, `color:00:100`, or all octets of one that nobody knows:
//!   `0x4002fde90000006a`.
//!   Well-known ones have names: `no-export`, `blackhole`, `graceful-shutdown`. `*` stands for any
//!   number, in extended ones for any characters.
//! * A value that nothing can have is an error that says what would be right: `rt:65000`, the BGP
//!   Identifier `2001:db8::1`, a prefix length of 129.
//! * A value with blanks or one of `( ) , = "`, or that is a word of the grammar, stands in double
//!   quotes, in which `\` takes the meaning of the next character away.
//!
//! ```text
//! expression = part { "or" part }
//! part       = factor { "and" factor }
//! factor     = "not" factor | "(" expression ")" | term
//! term       = NAME operator ( VALUE | "(" VALUE { "," VALUE } ")" )
//! operator   = "=" | "in" | "within" | "covers" | "has"
//! ```
//!
//! As an option a filter ends at `&`, so it holds none. It may stand on either side of the URL;
//! before it, the filter ends at the first `=` with a URL behind it.
//!
//! # What a term cannot be asked
//!
//! A term answers yes or no where it applies, and otherwise nothing. `not` of nothing is nothing;
//! `and` with a no is no and `or` with a yes is yes, whatever the other part; else a part that
//! answers nothing leaves the whole without an answer. **What is not answered with no passes**, so
//! that no consumer is left with routes that are gone, or without the peer that they came from:
//!
//! * `router` always answers.
//! * `router-name` answers nothing of a session's beginning and end, and of what comes before its
//!   Initiation.
//! * `peer`, `peer-as`, `peer-id`, `peer-rd` and `view` answer nothing of a session's beginning and
//!   end, of Initiation and of Termination; `message` nothing of the beginning and end alone.
//! * `family` answers nothing of all that is no Route Monitoring.
//! * `prefix`, `prefix-length` and `rd` answer nothing of that either, nor of End-of-RIB, of
//!   families that are kept raw and of malformed NLRI.
//! * `origin-as`, `as-path` and `community` answer nothing of what is no Route Monitoring, nor of
//!   End-of-RIB, of withdrawals, and of attributes that are malformed.
//!
//! So `origin-as = 64496` shows the announcements with that origin, and all withdrawals, End-of-RIB
//! markers, Peer Ups, Peer Downs and statistics. `and message = announce` leaves those out for a
//! consumer that wants none of them. One thing a filter of attributes cannot do: a route that is
//! announced again with others no longer fits, and this announcement, which takes the place of the
//! one before, is not shown.
//!
//! A view is that of Route Monitoring. Of all other messages about a peer the flags do not tell one
//! (RFC 8671 §6): they are about each of its Adj-RIBs, and a filter for one of them shows them.
//!
//! # When a filter changes
//!
//! After a reload (SIGHUP) an output has its new filter from the next batch on. The ends of
//! sessions pass, as they may have begun before. A router or peer that only now fits is shown from
//! there on: what it said before, such as its Initiation and Peer Ups, is not said again. A filter
//! that asks what UPDATEs hold waits for a restart where until then no output has asked for that.
//!
//! # What is shown of an UPDATE
//!
//! `pmacct-json`, `openbmp` and `bgpdump` show the routes that fit. `bmp`, `openbmp-raw`,
//! `openbmp-raw-text` and `mrt` show messages as received: an UPDATE, whole, if one of its routes
//! fits. `seq` counts what is written: it has no gaps. A format knows of routers and peers what
//! passes: rows of `openbmp` lack what Initiations and Peer Ups say where `message` keeps those
//! back.
//!
//! Route Mirroring is passed on whole: no term about routes or attributes is asked of the message.
//! Of the UPDATEs in it `openbmp` shows the routes that fit, as of others: `not message = withdraw`
//! keeps back those that are withdrawn. The message itself is no `announce` and no `withdraw`:
//! where these alone are asked for, nothing of it is shown.
//!
//! Messages and session markers of which nothing was shown are counted for each output
//! (`filtered_records` on the page [`counters`](super::counters)). A filter that asks what UPDATEs
//! hold has them decoded, even where no format needs that.
