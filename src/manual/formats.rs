//! What is written, key by key, and where it differs from pmacct.
//!
//! # `pmacct-json`
//!
//! One JSON object per line: what pmacct's pmbmpd writes to its real-time log when it keeps no RIB,
//! in the dialect of one of its versions. The order of keys, the spacing (`", "` and `": "`), the
//! words and the value formats are pmacct's, byte for byte. In `seq` every record of an output
//! stream has a number, without gaps, from 0; after 2⁶³-1 comes 0. To sockets the last key is
//! `writer_id`, `NAME/PID` (`NAME-STREAM/PID` with several writers), or what `writer_id_string`
//! makes of it.
//!
//! An option stands behind the format's name or behind the URL; the README has the table of all.
//! This page shows the records of the newest dialect.
//!
//! ## Dialects
//!
//! `compat=` names the version of pmacct whose words are wanted: `1.7.7` (Debian 12), `1.7.9`,
//! `1.8.0` or `1.8.1`, the default, which is pmacct's development of August 2026. What differs:
//!
//! ```text
//!                                   1.7.7          1.7.9          1.8.0          1.8.1
//! bmp_rib_type                      no             no             yes            yes
//! is_filtered                       Loc-RIB alone  Loc-RIB alone  yes            yes
//!   of a Peer Down                  no             no             always 0       always 0
//! flags (is_post ...) of a          no             yes            yes            yes
//!   Peer Down
//! local_as of a Peer Up             no             no             no             yes
//! bgp_id of a Peer Up               behind flags   behind flags   behind flags   behind peer_asn
//! bgp_id of a Peer Down             no             no             no             behind peer_asn
//! bgp_id of statistics              no             no             behind rd      behind peer_asn
//! bgp_id of routes                  no             no             no             behind flags
//! peer_asn of routes                no             no             yes            yes
//! End-of-RIB markers                no             yes            yes            yes
//! an MPLS label                     label          mpls_label     mpls_label     mpls_label
//! otc                               no             yes            yes            yes
//! TLVs 3 and 4 of an Initiation,    by number      by number      by name        by name
//!   1 to 4 of a Peer Up             in hex         in hex
//! RT and SoO of other types         ?              ?              ?              RT:..., SoO:...
//!   (0x40, 0x80)
//! bgp_comms_num: extended           RT:, SoO:      RT:, SoO:      RT:, SoO:      TYPE:SUBTYPE:...
//!   communities                     left out       left out       left out
//! timestamps_rfc9557 in UTC         ...Z           ...Z           ...+00:00      ...+00:00
//! ```
//!
//! Options that a version had not yet have their effect in its dialect, too. `extra=records` adds
//! its records in every dialect, with 1.7.7 also those of End-of-RIB markers; BMP version 4 is
//! written as 1.8.1 does. What older versions lose or garble is printed, as it is in the newest:
//! with 1.7.7 among it next hops of IPv6 for routes of IPv4, and 4-octet paths of a session that
//! had agreed on 2 octets.
//!
//! ## Other forms of values
//!
//! `as_path_encode_as_array=true` and `bgp_comms_encode_as_array=true` make arrays of `as_path` and
//! of `comms`, `ecomms` and `lcomms`, whose elements are the words between the spaces of the plain
//! text. `bgp_comms_num=true` writes `65535:65281` for `no-export`, and in 1.8.1 every extended
//! community with its type and subtype in front: `0:2:65001:100`, `1:3:192.0.2.1:103`, and in hex
//! those of other types than 0 to 2, `6:3:0x001122334455`. `tmp_bgp_daemon_origin_type_int=true`
//! writes `origin` as the number received.
//!
//! The distinguisher of a per-peer header is in `rd`, where that of a VPN route takes its place.
//! `bmp_daemon_set_pd=true` calls it `pd`, with `pd_origin`, and a route then has both.
//! `tmp_bgp_lookup_compare_ports=true` adds `peer_id`, the peer's address, to records of routes.
//!
//! ## Tags and labels
//!
//! `bmp_daemon_tag_map=FILE` marks each record with what a map says of the router's address: `tag`,
//! or where no tag is set `label`. Where it says nothing of a router, the first tag, or else the
//! label, that the configuration file gives the router is said. They stand behind
//! `bmp_router_port`, in `log_init` and `log_close` in front of it, and in records of routes in
//! front of `event_type`. A map is of pmacct's syntax, and its first line that fits counts:
//!
//! ```text
//! ! core routers, then everything else
//! set_tag=100 ip=192.0.2.0/24
//! set_label=site%zurich,role%edge ip=2001:db8::/32
//! set_tag=1
//! ```
//!
//! `ip` is an address or a prefix, and without it a line fits all. With `jeq=NAME` a line that fits
//! goes on to the next one below with `label=NAME` (`jeq=next`: to the line below); there
//! `stack=sum` and `stack=or` make one tag of two, and labels are joined by a comma. `set_tag2` is
//! taken and not printed, as with pmacct. Keys that a BMP session has not are refused. A map is
//! read again with the configuration; when it makes no sense then, the one read before stays.
//! `pre_tag_label_encode_as_map=true` writes a label `k%v,l%w` as an object. In the dialect of
//! 1.7.7 `label` is the MPLS label: there a map with labels is refused, and one of the
//! configuration file is left out.
//!
//! ## Sessions: `log_init`, `log_close`
//!
//! A router has connected, and a router session has ended, for whatever reason.
//!
//! ```json
//! {"seq": 0, "timestamp": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "event_type": "log_init"}
//! ```
//!
//! ## `init`, `term`
//!
//! Initiation and Termination, with a key for each kind of TLV (`bmp_init_info_…`,
//! `bmp_term_info_…`). They have no time of their own. A Termination does not end the session: the
//! router does.
//!
//! ```json
//! {"event_type": "log", "seq": 1, "timestamp": "0000-00-00 00:00:00.000000", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "init", "bmp_init_info_sysname": "r"}
//! ```
//!
//! ```json
//! {"event_type": "log", "seq": 2, "timestamp": "0000-00-00 00:00:00.000000", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "term", "bmp_term_info_reason": "Session administratively closed"}
//! ```
//!
//! ## `peer_up`, `peer_down`
//!
//! ```json
//! {"event_type": "log", "seq": 2, "timestamp": "2023-11-14 22:13:20.123456", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "peer_up", "peer_ip": "10.0.0.1", "peer_asn": 65001, "local_as": 65000, "bgp_id": "10.0.0.1", "peer_type": 0, "peer_type_str": "Global Instance Peer", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "local_port": 179, "remote_port": 40000, "local_ip": "10.0.0.254"}
//! ```
//!
//! ```json
//! {"event_type": "log", "seq": 30, "timestamp": "2023-11-14 22:13:20.123456", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "peer_down", "peer_ip": "10.0.0.1", "peer_asn": 65001, "bgp_id": "10.0.0.1", "peer_type": 0, "peer_type_str": "Global Instance Peer", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "reason_type": 1, "reason_str": "The local system closed the session"}
//! ```
//!
//! ## `stats`
//!
//! A record for each counter of a Statistics Report.
//!
//! ```json
//! {"event_type": "log", "seq": 2, "timestamp": "2023-11-14 22:13:20.123456", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "stats", "peer_ip": "10.0.0.1", "peer_asn": 65001, "bgp_id": "10.0.0.1", "peer_type": 0, "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "counter_type": 0, "counter_type_str": "Number of prefixes rejected by inbound policy", "counter_value": 100}
//! ```
//!
//! ## `route_monitor`
//!
//! A record for each route, `update` or `withdraw`, and one for an End-of-RIB marker. A withdraw
//! carries what the router sent: the prefix, and with it the route distinguisher, the label and the
//! path identifier where there are any. `peer_asn` is that of the OPEN which the router received,
//! or the per-peer header's when there was no Peer Up. `bmp_rib_type`, `is_post`, `is_in`,
//! `is_out`, `is_loc` name the view; `rd_origin` tells where a distinguisher stood, in the route
//! (`bgp`) or in the per-peer header (`bmp`).
//!
//! ```json
//! {"seq": 3, "log_type": "update", "timestamp": "2023-11-14 22:13:20.123456", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "bgp_id": "10.0.0.1", "event_type": "log", "afi": 1, "safi": 1, "ip_prefix": "192.0.2.0/24", "bgp_nexthop": "10.0.0.1", "as_path": "65001 65010", "origin": "i", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "peer_ip": "10.0.0.1", "peer_asn": 65001, "peer_tcp_port": 0, "bmp_msg_type": "route_monitor"}
//! ```
//!
//! ```json
//! {"seq": 10, "log_type": "withdraw", "timestamp": "2023-11-14 22:16:40.123456", "bmp_rib_type": "Adj-Rib-In Post-Policy", "is_filtered": 0, "is_post": 1, "is_in": 1, "bgp_id": "10.0.0.1", "event_type": "log", "afi": 1, "safi": 1, "ip_prefix": "192.0.2.0/24", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "peer_ip": "10.0.0.1", "peer_asn": 65001, "peer_tcp_port": 0, "bmp_msg_type": "route_monitor"}
//! ```
//!
//! ```json
//! {"seq": 53, "log_type": "end-of-rib", "timestamp": "2023-11-14 22:13:20.123456", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "bgp_id": "10.0.2.1", "event_type": "log", "afi": 1, "safi": 1, "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "peer_ip": "10.0.2.1", "peer_asn": 65001, "peer_tcp_port": 0, "bmp_msg_type": "route_monitor"}
//! ```
//!
//! ## BMP version 4
//!
//! The records are those of version 3. A route whose message marks its path has `path_status` and,
//! where the router tells why, `reason_code` in front of `event_type`. A marking is for the routes
//! that its index names: one of the message, those of a group, or (index 0) all; the nearest one
//! counts, and of several alike the last. Routes are counted as they stand in the BGP message.
//!
//! ```json
//! {"seq": 7, "log_type": "update", "timestamp": "2023-11-14 22:13:20.123456", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "bgp_id": "10.0.0.1", "path_status": ["Non-selected", "Backup"], "reason_code": "0x0014", "event_type": "log", "afi": 1, "safi": 1, "ip_prefix": "192.0.2.0/24", "bgp_nexthop": "10.0.0.1", "as_path": "65001 65010", "origin": "i", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "peer_ip": "10.0.0.1", "peer_asn": 65001, "peer_tcp_port": 0, "bmp_msg_type": "route_monitor"}
//! ```
//!
//! A Peer Down has its TLVs in `bmp_peer_down_info_…`, by their type and behind the enterprise's
//! number, in hex:
//!
//! ```json
//! {"event_type": "log", "seq": 62, "timestamp": "2023-11-14 22:13:20.123456", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "peer_down", "peer_ip": "10.0.0.1", "peer_asn": 65001, "bgp_id": "10.0.0.1", "peer_type": 0, "peer_type_str": "Global Instance Peer", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "reason_type": 1, "reason_str": "The local system closed the session", "bmp_peer_down_info_0": "77-68-79", "bmp_peer_down_info_9": "01", "bmp_peer_down_info_55_1": "70"}
//! ```
//!
//! The types of these TLVs changed from draft to draft; which ones a router uses is told from its
//! messages, or by `--bmp-v4`. Path Marking has a type (5) in those of draft-19 only.
//!
//! These keys are in the records with `extra=none`, too.
//!
//! ## What `extra=records` adds (the default)
//!
//! Records for what pmacct never writes. A consumer that knows `log_type` and `bmp_msg_type` only
//! by pmacct's words can pass over them, or ask for `extra=none`. To records that pmacct has too it
//! adds keys in one place only: those named `bmp_rm_info_…` to Route Monitoring of BMP version 4.
//!
//! Address families other than unicast, labelled and VPN of IPv4 and IPv6: one record for each
//! route, with keys of its family, which [`families`](super::families) has; of families that nobody
//! here knows one record for each list of NLRI, with its octets in `nlri_raw`. The same key has
//! what is left of a list from its first malformed NLRI on:
//!
//! ```json
//! {"seq": 79, "log_type": "error", "timestamp": "2023-11-14 22:13:20.123456", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "bgp_id": "10.0.0.1", "event_type": "log", "error": "prefix length at octet 95 has the invalid value 33", "nlri_raw": "210102030405", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "peer_ip": "10.0.0.1", "peer_asn": 65001, "peer_tcp_port": 0, "bmp_msg_type": "route_monitor"}
//! ```
//!
//! An UPDATE that is malformed, whole in `bgp_pdu_raw`; when only the end of a list of NLRI is, the
//! routes before it have been written and the rest is in `nlri_raw`:
//!
//! ```json
//! {"seq": 68, "log_type": "error", "timestamp": "2023-11-14 22:13:20.123456", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "bgp_id": "10.0.0.1", "event_type": "log", "error": "AIGP length at octet 98 has the invalid value 12", "bgp_pdu_raw": "ffffffffffffffffffffffffffffffff004202000000274001010040020a02020000fde90000fdf24003040a000001801a0c01000c00000000000000000018c00002", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "peer_ip": "10.0.0.1", "peer_asn": 65001, "peer_tcp_port": 0, "bmp_msg_type": "route_monitor"}
//! ```
//!
//! Any other message that makes no sense inside a sound frame, in `bmp_message_raw`:
//!
//! ```json
//! {"event_type": "log", "seq": 11, "timestamp": "0000-00-00 00:00:00.000000", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "init", "log_type": "error", "error": "TLV value at octet 16 needs 50 octets, but 5 are left", "bmp_message_raw": "030000001504000200026f6b0001003273686f7274"}
//! ```
//!
//! Messages of an unknown type:
//!
//! ```json
//! {"event_type": "log", "seq": 12, "timestamp": "0000-00-00 00:00:00.000000", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "unknown", "bmp_version": 3, "bmp_type": 9, "bmp_message_raw": "030000000a0961626364"}
//! ```
//!
//! Route Mirroring, with its TLVs in order; a mirrored BGP message is in `bgp_pdu_raw`:
//!
//! ```json
//! {"event_type": "log", "seq": 13, "timestamp": "2023-11-14 22:13:20.123456", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "route_mirror", "peer_ip": "10.0.0.1", "peer_asn": 65001, "bgp_id": "10.0.0.1", "peer_type": 0, "peer_type_str": "Global Instance Peer", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "bmp_mirror_tlvs": [{"type": "bgp_message", "bgp_pdu_raw": "ffffffffffffffffffffffffffffffff003302000000184001010040020a02020000fde90000fdf24003040a00000118c00002"}]}
//! ```
//!
//! In Route Monitoring of version 4, behind `reason_code`, what pmacct has wrong names for. A key
//! with a name of its own is of a TLV for all NLRIs of the message (index 0), the first where
//! there can be but one. All others are in `bmp_rm_info_tlvs`: TLVs for one NLRI or a group, of
//! an unknown type, of enterprises (`enterprise` is null where the E-bit is set and no number
//! follows), or with a value that is not of their type's form; and path markings for which not
//! every route is found, because the message has fewer, because those before it could not be
//! counted, or because nothing defines their group. Errors have these keys as well:
//!
//! ```text
//! bmp_rm_info_vrf_table_name     text
//! bmp_rm_info_stateless_parsing  array of the message's own capabilities, code and value in hex
//! bmp_rm_info_timestamps         array of objects: type, time
//! bmp_rm_info_sequence           number of the message in its session
//! bmp_rm_info_extended_flags     hex
//! bmp_rm_info_groups             array of objects: group, nlris (an array of indexes)
//! bmp_rm_info_tlvs               array of objects: type, enterprise, index or group, value in hex
//! bmp_rm_info_too_long           octets of the keys left out, so that all take 16384 at most
//! ```
//!
//! ```json
//! {"seq": 51, "log_type": "update", "timestamp": "2023-11-14 22:13:20.123456", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "bgp_id": "10.0.0.1", "bmp_rm_info_tlvs": [{"type": 0, "index": 0, "value": "00"}, {"type": 6, "index": 0, "value": "06"}, {"type": 7, "index": 0, "value": "07"}, {"type": 8, "index": 0, "value": "08"}, {"type": 9, "index": 0, "value": "09"}, {"type": 100, "index": 0, "value": "64"}], "event_type": "log", "afi": 1, "safi": 1, "ip_prefix": "192.0.2.0/24", "bgp_nexthop": "10.0.0.1", "as_path": "65001 65010", "origin": "i", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "peer_ip": "10.0.0.1", "peer_asn": 65001, "peer_tcp_port": 0, "bmp_msg_type": "route_monitor"}
//! ```
//!
//! `stats_tlvs` is a record for the TLVs that follow the statistics of a version 4 report: what
//! `stats` says of the peer, and in `bmp_stats_tlvs` an array of objects: `type`, `enterprise`,
//! `value` in hex.
//!
//! `rpat` is a record for each event of a Route Policy and Attribute Trace, which Huawei's
//! routers send, with the keys that pmacct wrote up to its version 1.7.9: `rd` and `rd_origin`
//! where there is a distinguisher, `prefix`, `prefix_len`, `bgp_id`, `path_id` where it is not 0,
//! `afi`, `safi`, then as the TLVs come `vrf_id` and `vrf_name`; `policy_is_match`,
//! `policy_is_permit`, `policy_is_diff`, `policy_class`, `peer_bgp_id`, `peer_ip`, `peer_asn`,
//! `policy_name`, `policy_id`, `policy_nf`, with several policies `policy_nf_is_chained` and
//! `policy_nf_is_recursive`; `bmp_rpat_info_pre_policy_attr`, `bmp_rpat_info_post_policy_attr`;
//! `bmp_rpat_info_string`, an array of all texts. Texts that are no UTF-8 are in hex. Of several
//! TLVs of one type the last has the keys, as with pmacct; those before it are in
//! `bmp_rpat_info_before`, an array of objects with the same keys. A message without events is one
//! record, with the keys of the route alone; one whose events are cut short, or are not as many or
//! as long as it says, has a record with `error` behind those of its whole events.
//!
//! `rel` is a record for each Route Event Logging message, whose type `--rel-type` must name: what
//! `peer_down` says of the peer, `event_type_code` and `event_type_str`, and in `rel_tlvs` each
//! TLV with `type`, `index` (or `group`), `value` in hex, `name` where it has one, and
//! `event_reason` or `policy` where the value is such.
//!
//! ## What `extra=all` adds
//!
//! Keys in pmacct's own records, which strict consumers may not expect.
//!
//! `peer_up`: what both OPENs hold, in `sent_open` and `received_open`; capabilities that are not
//! known, or not well formed, with code and octets:
//!
//! ```json
//! {"event_type": "log", "seq": 2, "timestamp": "2023-11-14 22:13:20.123456", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "peer_up", "peer_ip": "10.0.0.1", "peer_asn": 65001, "local_as": 65000, "bgp_id": "10.0.0.1", "peer_type": 0, "peer_type_str": "Global Instance Peer", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "local_port": 179, "remote_port": 40000, "local_ip": "10.0.0.254", "sent_open": {"version": 4, "asn": 65000, "hold_time": 180, "bgp_id": "10.0.0.9", "capabilities": [{"multiprotocol": {"afi": 1, "safi": 1}}, {"four_octet_as": 65000}]}, "received_open": {"version": 4, "asn": 65001, "hold_time": 180, "bgp_id": "10.0.0.9", "capabilities": [{"multiprotocol": {"afi": 1, "safi": 1}}, {"four_octet_as": 65001}]}}
//! ```
//!
//! `peer_down`: what the NOTIFICATION holds, in `notification`, the event of reason 2 by name, in
//! `fsm_event`, TLVs in `bmp_peer_down_info_…`, and in `bmp_peer_down_raw` in hex what is none of
//! these, such as a NOTIFICATION that is cut short:
//!
//! ```json
//! {"event_type": "log", "seq": 30, "timestamp": "2023-11-14 22:13:20.123456", "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "bmp_msg_type": "peer_down", "peer_ip": "10.0.0.1", "peer_asn": 65001, "bgp_id": "10.0.0.1", "peer_type": 0, "peer_type_str": "Global Instance Peer", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "reason_type": 1, "reason_str": "The local system closed the session", "notification": {"error_code": "Cease", "error_subcode": "Administrative Shutdown"}}
//! ```
//!
//! `update`: every path attribute with all that it holds, in `path_attributes`, under the names of
//! its standard; those that are malformed or of an unknown type with code, flags and octets. Where
//! RFC 7606 has a speaker do something about the UPDATE, `error_handling` says what.
//!
//! ```json
//! {"seq": 19, "log_type": "update", "timestamp": "2023-11-14 22:13:20.123456", "bmp_rib_type": "Adj-Rib-In Pre-Policy", "is_filtered": 0, "is_post": 0, "is_in": 1, "bgp_id": "10.0.0.1", "event_type": "log", "afi": 1, "safi": 1, "ip_prefix": "192.0.2.0/24", "bgp_nexthop": "10.0.0.1", "as_path": "65001 4200000000", "comms": "65001:1 65001:2", "ecomms": "RT:65001:100", "lcomms": "65001:1:2", "origin": "e", "local_pref": 100, "med": 0, "aigp": 77, "psid_li": 33, "otc": 65001, "path_attributes": {"origin": "EGP", "as_path": [{"type": "AS_SEQUENCE", "asns": [65001, 4200000000]}], "next_hop": "10.0.0.1", "multi_exit_disc": 0, "local_pref": 100, "atomic_aggregate": true, "aggregator": {"asn": 65001, "address": "1.1.1.1"}, "communities": ["65001:1", "65001:2"], "originator_id": "9.9.9.9", "cluster_list": ["8.8.8.8"], "extended_communities": [{"type": "Route Target", "global_administrator": 65001, "local_administrator": 100}], "aigp": [{"metric": 77}], "large_communities": ["65001:1:2"], "only_to_customer": 65001, "prefix_sid": [{"type": "Label-Index", "flags": 0, "label_index": 33}]}, "timestamp_arrival": "2026-01-02 03:04:05.000000", "bmp_router": "192.0.2.61", "bmp_router_port": 40001, "peer_ip": "10.0.0.1", "peer_asn": 65001, "peer_tcp_port": 0, "bmp_msg_type": "route_monitor"}
//! ```
//!
//! `stats`: `afi` and `safi` with every counter that has a family, not only with types 9 and 10;
//! and for types from 18 on, which pmacct has no names for, `counter_name` and `counter_number`.
//!
//! # The difference from pmacct with a RIB
//!
//! pmacct keeps a RIB when a table dump is configured, when it runs inside nfacctd or sfacctd, or
//! for its looking glass. Its real-time log then says other things than without, and so other
//! things than ours:
//!
//! * a `withdraw` carries all attributes of the route that was stored;
//! * a withdraw of a route that was not stored gives no record;
//! * a Peer Down is followed by a record with `log_type` `delete` for each stored route of the
//!   peer, and the end of a session is preceded by them;
//! * an update that changes nothing but label, path identifier or BMP flags shows the old ones.
//!
//! A consumer of such a log must find the routes that go with a peer by `peer_down` and `log_close`
//! here. The option `rib=on` is reserved for a RIB to come, and refused until then.
//!
//! # Where pmacct has a defect
//!
//! Where pmacct loses or garbles what a router sent, and no consumer can rely on it, ours does what
//! the standards say:
//!
//! * **Two-octet AS paths.** pmacct decides by the OPENs of the Peer Up, and else prints an empty
//!   path. Here the A flag of the per-peer header and the OPENs give the first guess, and what
//!   consumes the attribute exactly decides, also where pmacct takes a 2-octet path for a 4-octet
//!   one by its length.
//! * **AS4_PATH** longer than AS_PATH is ignored, as RFC 6793 has it, instead of appended; without
//!   an AS_PATH there is still a record.
//! * **ADD-PATH on labelled and VPN routes** is read; pmacct takes the identifier for part of the
//!   route.
//! * **ADD-PATH agreed but not used**, and used but not agreed (FRR, GoBGP): the bytes decide.
//!   pmacct prints prefixes that no router sent.
//! * **VPN routes** with two labels, with a label that lacks the bottom of stack (FRR), or with a
//!   distinguisher of unknown type are printed.
//! * **Route Monitoring without a Peer Up** is printed.
//! * **A repeated Peer Up** replaces what was negotiated; for a Loc-RIB it is merged.
//! * **A Loc-RIB whose peer address is not zero** is a peer like any other; pmacct drops its
//!   messages.
//! * **A statistic of the wrong length** is stepped over by its length; pmacct loses its place in
//!   the message.
//! * **Words of one octet in arrays**, AS numbers below 10 and `?`, are there; pmacct drops them.
//! * **Peers that differ in nothing but their type** are kept apart.
//! * **BMP version 4**: pmacct leaks the whole BGP message into a key, gives other TLVs wrong
//!   names, applies the marking of one route to all of its message, can be crashed by groups and
//!   repeated markings, and drops a Peer Down of reason 2; status bits without a name it prints
//!   with their octets swapped.
//! * **A BGP length larger than what is there** makes an odd message, which is kept.
//!
//! Kept as they are, since consumers see them every day: unsigned 64-bit values from 2⁶³ on print
//! as negative numbers, a text that is not UTF-8 drops its key, extended communities without a name
//! print as `?`, and a `timestamp` of zero seconds prints zeros.
//!
//! # Records on connections
//!
//! To `tcp:` and `unix:` records go as their format writes them, one after the other: lines end
//! with a newline, BMP messages hold their length, and so do the envelopes of `openbmp` (`L:` tells
//! the octets after the empty line) and the headers of `openbmp-raw`. With `framing=length` before
//! each record, whatever its format, stand its octets as a number of 4 octets, highest first.
//! `framing=newline` is for scripts that must be sure: it is refused for formats whose records are
//! not lines. A connection made anew begins with a whole record. To `udp:` each record is one
//! datagram, never several; one with more than 65 507 octets (65 527 over IPv6) is dropped, counted
//! and logged with its size.
//!
//! # `openbmp`
//!
//! What OpenBMP's own collector sends to the topics of its message bus (API 1.7), message by
//! message: an envelope of lines, an empty line, then rows of fields with tabulators between them.
//! Its consumers, such as obmp-psql, need not know who wrote them.
//!
//! ```text
//! V: 1.7
//! C_HASH_ID: aa646df756a9ae4803536eaadb5ba4d2
//! T: router
//! L: 118
//! R: 1
//!
//! ```
//!
//! | object                          | fields      | when                                     |
//! |---------------------------------|-------------|------------------------------------------|
//! | `collector`                     | 7           | by the clock: see below                  |
//! | `router`                        | 12          | a router comes, and goes                 |
//! | `peer`                          | 31          | a peer comes up, or goes down            |
//! | `bmp_stat`                      | 17          | statistics of types 0 to 8               |
//! | `base_attribute`                | 24          | the path attributes of an UPDATE         |
//! | `unicast_prefix`                | 32          | IPv4 and IPv6, with labels and without   |
//! | `l3vpn`                         | 34          | IPv4 and IPv6 VPN routes                 |
//! | `evpn`                          | 39          | EVPN routes of types 1 to 5              |
//! | `ls_node` `ls_link` `ls_prefix` | 27 46 34    | BGP-LS nodes, links, prefixes            |
//!
//! There is no object for routes of other families and types: multicast (SAFI 2 and 129), which
//! nothing would tell from unicast in a row, BGP-LS VPN and SPF (SAFI 72 and 80), SRv6 SIDs and
//! TE policies of BGP-LS, EVPN from type 6 on, MCAST-VPN, VPLS, flow specifications, route targets
//! and all the rest. They are counted (`left_out_routes`), and the raw formats, `pmacct-json` and
//! `bmp` have them. Nor is there a field for statistics from type 9 on, for many path attributes,
//! and for TLVs of a Peer Up but the name of its table: `info_data` stays empty, as the original's
//! does.
//!
//! The collector is `started`; its routers `change`, which is said once a second at most; it has a
//! `heartbeat` where there was no other news for that long; it is `stopped`. A router has an `init`
//! for each Initiation, a `term` with its last session, and a `first` where it tells of a peer
//! before. A peer is `up` and `down`, and has a `first` where a message comes before its Peer Up.
//! Where a router has several sessions, one that says a peer is down is not believed as long as
//! another one has that peer: it is `down` with the last of them.
//!
//! The times of a peer are those of its router, or the collector's where its first message has
//! none; consumers compare them, and so the two are never mixed, in no session of the router. A
//! message without a time among others that have one came no earlier than the one before. A second
//! session that tells of the same BGP session (the same addresses, ports and speakers) says `up`
//! with the time of the first: consumers forget a peer's older routes. Routers and the collector
//! have the collector's time.
//!
//! Topic and key travel with each message to transports that have such: `openbmp.parsed.OBJECT`
//! and the 32 hex digits of the id of the collector, the router or the peer. `topic=lab.{object}`
//! names others, `topics=peer:lab.{peer_group}.peer,evpn:` those of some objects, with the groups
//! that `openbmp-raw` tells of (one without a name is not sent), and `without=evpn,ls_node`
//! switches objects off. All others get messages one after the other;
//! envelopes say where each ends. The routes of an UPDATE are one message for each object and
//! action, or several where they are more than `message-size`; a row that is longer by itself is a
//! message of its own.
//!
//! Of one session 65 536 peers are known. Those beyond are not said to be heard of or lost, and
//! their messages are sent as all others.
//!
//! The streams of an output (`writers=N`) are one collector: the first one tells of it and of the
//! routers of all, before any of them is heard of, and `stopped` is the last word of the last
//! stream. A router or a peer that has sessions in several streams is gone with the last one. What
//! streams write at the same time has no order among them.
//!
//! A receiver on a socket that comes back first hears what stands where it goes on: the collector's
//! last row, then of each session the router's and those of its peers that are up.
//!
//! Ids are made as `openbmp-raw` says, and those of peers, attributes and routes by the original's
//! recipes. `hash=xxh3` is quicker: ids of attributes are XXH3 of 128 bits of their fields in a row
//! and the peer's id, those of unicast and VPN routes of the octets of peer, prefix, path
//! identifier and view. They are the same in every session and process, and tell apart what the
//! recipes mix up: attributes that differ in large communities, cluster list, originator or atomic
//! aggregate alone; EVPN routes without a MAC address; BGP-LS nodes that have a BGP Router-ID
//! alone.
//!
//! With `sql-safe=true` what obmp-psql could not insert is written so that it can: apostrophes
//! become U+2019, texts and lists end where their column does, hold times are 32767 and counters
//! 2⁶³-1 at most, a router's BGP identifier and the protocol `EPE` are left out. Of BGP-LS,
//! identifiers of instances and topologies are decimal, as its reader takes them, and not
//! hexadecimal, and an administrative group is a number with a sign. A link without addresses has
//! `::`, with the option or without. Names are never asked of the DNS:
//! the fields for them hold what routers say, or nothing.
//!
//! Where the original has a defect, the right thing is written:
//!
//! * **Ids of post-policy, Adj-RIB-Out and Loc-RIB routes** hold chance bits there, so that a
//!   withdrawal does not find its route.
//! * **A lost session** says nothing of its peers there; here each goes `down`, later than its last
//!   message. So do they when an Initiation gives the router another id.
//! * **Path attributes**: 4-octet AS numbers beside 2-octet ones are used, atomic aggregate is
//!   seen, an IPv6 next hop of IPv4 routes is whole, each next hop in an UPDATE has its own row.
//! * **Extended communities**: flags are numbers, the rate of a flow specification is itself, those
//!   without a word are `0xTYPE:0xSUBTYPE:VALUE`.
//! * **Signs** in distinguishers and Ethernet segment identifiers; **path attributes in
//!   withdrawals** of EVPN and BGP-LS; **second ranges** of global blocks; **letters of IS-IS** for
//!   flags of OSPF.
//! * **EVPN routes of type 5** are rows without sense there. Here they have their prefix where
//!   others have an IP address, and no MAC address; there is no field for their gateway.
//! * **IPv6-address-specific extended communities** are left out there. Here they stand behind the
//!   others.
//! * **Malformed messages** end a session there. Here they have no rows; the routes of an UPDATE
//!   that RFC 7606 treats as withdrawn are withdrawn, unless it only lacks attributes: a router
//!   that tells of such routes has them. Those without a next hop have no `base_attribute`, as
//!   there, and name none.
//!
//! UPDATEs that are mirrored (Route Mirroring) are routes of Adj-RIB-In, as they are there, unless
//! they are malformed or the router says that it has found them wrong. Filters hold for them as for
//! others.
//!
//! # `openbmp-raw`
//!
//! Each BMP message as received behind a binary OBMP header of version 1.7, as RouteViews and CAIDA
//! publish them in Kafka; libbgpstream and bgpkit-parser read it. Numbers have their high octet
//! first:
//!
//! ```text
//! octets  what
//! 4       "OBMP"
//! 1 1     version: 1, 7
//! 2       length of this header
//! 4       length of the BMP message
//! 1       flags: 0x80, with 0x40 for a router with an IPv6 address
//! 1       object type: 12
//! 4 4     when the message came: seconds, microseconds
//! 16      id of the collector
//! 2 N     admin id, behind its length
//! 16      id of the router
//! 16      address of the router; IPv4 in the first four octets, the others zero
//! 2 M     group of the router, behind its length
//! 4       1: what follows is one message
//! ```
//!
//! Options have the names and meanings of OpenBMP's configuration: `admin-id` names the collector;
//! `router-group=wan~^pe[0-9]+,core@192.0.2.0/24,edge@2001:db8::/32,others` gives each router the
//! group of the first expression that its sysName matches, whatever the case (without a sysName:
//! its address as text), else of the first prefix that its address is in, and the last name, which
//! stands alone, to all others (`default` where there is none). `peer-group=` does the same for
//! peers, by their addresses, with AS numbers last: `customers#64500`. Expressions here have no
//! commas; `groups=FILE` reads what is longer, with the keys of OpenBMP's own:
//!
//! ```toml
//! [[router_group]]
//! name = "wan"
//! regexp_hostname = ["^pe[0-9]{1,3}\\."]
//! prefix_range = ["192.0.2.0/24"]
//!
//! [[peer_group]]
//! name = "customers"
//! asn = [64500, 64501]
//! ```
//!
//! No name is ever looked up in the DNS. The topic, `openbmp.bmp_raw`, may be made of these:
//! `topic=routeviews.{router_group}.{peer_asn}.bmp_raw`; messages of no peer go to AS number 0 and
//! the group `default`. Signs in a group's name that no topic has become `_`.
//!
//! Ids are those of OpenBMP's collector: MD5 of the admin id, and MD5 of the router's address in
//! text and the 32 hex digits of the collector's id. With `pat-enabled=true` the router's id is
//! made of its BGP identifier (TLV 65531 of its Initiation), else its sysName, else its address:
//! for routers behind a translator of addresses. Two routers of one name then are one. With
//! `hash=xxh3` it is XXH3 of 128 bits of the same octets. RouteViews' ids of routers are another
//! recipe's, MD5 of the address in octets; no reader known looks at them.
//!
//! Every message of every session is written, in the order in which the router sent it, also those
//! that make no sense inside. Nothing in this form tells a session's beginning and end, or two
//! sessions of one address from each other. A receiver on a socket that comes back first hears of
//! each session its Initiation and the Peer Ups of the peers that are up, with the times at which
//! they came.
//!
//! # `openbmp-raw-text`
//!
//! The same messages as OpenBMP's own collector writes them to its topic `openbmp.bmp_raw`: five
//! lines, an empty one, the message.
//!
//! ```text
//! V: 1.7
//! C_HASH_ID: aa646df756a9ae4803536eaadb5ba4d2
//! R_HASH: 7bc11df0d2c61c8a556184ebdd3f0c8a
//! R_IP: 127.0.0.5
//! L: 33
//!
//! ```
//!
//! It has neither the time nor the collector's name. Where the original differs: it drops what a
//! router sends before its Initiation, which is written here, with the id made of the address; and
//! it ends a session at a message that makes no sense, which is passed on here.
//!
//! # `bmp`
//!
//! The messages as received, octet for octet, one after the other, without any framing besides
//! BMP's own. To `tcp:` and `unix:` each router session has a connection of its own, opened with
//! its first message and closed with its end, so that a BMP station sees each router as if it had
//! connected itself, but for its address. When that connection breaks, the one made anew begins
//! with what the router had said first and what still stands: its Initiation and the Peer Ups of
//! the peers that are up; then follows what the receiver has not got. Messages that make no sense
//! inside are passed on like any other; after broken framing nothing follows. Into files,
//! `{session}` or `{router}` must be in the path.
//!
//! # `mrt` and `bgpdump`
//!
//! MRT, and the lines that bgpdump prints of it, have a page of their own: [`mrt`](super::mrt).
