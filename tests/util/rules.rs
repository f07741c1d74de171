//! Where pmacct's output and ours differ, and why ours is right: every record that only one side
//! has must be of one of these rules, as often as it says. Checked against the bytes of each
//! stream.

/// Records that only one side has.
pub(crate) struct Rule {
    /// Of which case.
    pub(crate) case: &'static str,
    /// `update`, `withdraw`, `end-of-rib`, `peer_up`, `stats` …
    pub(crate) kind: &'static str,
    /// `peer_ip`.
    pub(crate) peer: &'static str,
    /// `bmp_rib_type`.
    pub(crate) view: &'static str,
    /// `afi/safi`, or nothing.
    pub(crate) family: &'static str,
    /// How many only pmacct has, and what they look like.
    pub(crate) pmacct: (usize, Is),
    /// How many only ours has, and what they look like.
    pub(crate) ours: (usize, Is),
    /// In which versions of pmacct, or with which options.
    pub(crate) of: Variants,
    /// When not empty: both sides have the same records in the same order, but for these keys.
    pub(crate) but: &'static [&'static str],
    /// Why.
    pub(crate) why: &'static str,
}

/// Versions of pmacct, and names of the options that its output was made with.
#[derive(Clone, Copy)]
pub(crate) enum Variants {
    All,
    Only(&'static [&'static str]),
    Not(&'static [&'static str]),
}

impl Variants {
    pub(crate) fn has(self, variant: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(&variant),
            Self::Not(names) => !names.contains(&variant),
        }
    }
}

impl Rule {
    /// The same rule in these variants only.
    const fn only(self, names: &'static [&'static str]) -> Self {
        Self { of: Variants::Only(names), ..self }
    }

    /// The same rule in all other variants.
    const fn not(self, names: &'static [&'static str]) -> Self {
        Self { of: Variants::Not(names), ..self }
    }
}

/// What a record looks like.
type Is = fn(&str) -> bool;

/// Kind, peer, view, family.
type Of = (&'static str, &'static str, &'static str, &'static str);

const fn rule(
    case: &'static str,
    of: Of,
    pmacct: (usize, Is),
    ours: (usize, Is),
    but: &'static [&'static str],
    why: &'static str,
) -> Rule {
    let (kind, peer, view, family) = of;
    Rule { case, kind, peer, view, family, pmacct, ours, of: Variants::All, but, why }
}

const PRE: &str = "Adj-Rib-In Pre-Policy";
const POST: &str = "Adj-Rib-In Post-Policy";
const LOC: &str = "Loc-Rib";

// Versions that differ from the newest together.
const V1_7: &[&str] = &["1.7.7", "1.7.9"];
const V1_7_7: &[&str] = &["1.7.7"];
const CRASHING: &[&str] = &["1.7.7", "1.7.9", "1.8.0"];
const ARRAYS: &[&str] = &["fmt-arrays"];

// Why: pmacct's defects and what it drops.
const TYPE: &str = "pmacct's peers have no peer type: it takes the Peer Up of 0.0.0.0, type 0, AS 0, for the \
    Loc-RIB's; the per-peer header of these Loc-RIB messages says AS 4226809914";
const WIDTH: &str = "pmacct reads the path only at the width that the OPENs agree on; the octets fit only the \
    other (defect 7)";
const BOTH: &str =
    "as the two reasons above: the peer without its type, and the path's width (defect 7)";
const FOUR: &str =
    "a 2-octet path of several segments that pmacct takes for a 4-octet one (defect 17)";
const FOUR_AS4: &str = "as before, and AS4_PATH appended to what came of it (defects 17 and 14)";
const TWO_SEGMENTS: &str = "a 4-octet path of two segments in a 2-octet session: pmacct prints an empty path \
    (defect 7). Its record is the same as ours of the AS4_PATH without AS_PATH, of which it has none (14)";
const AS4: &str = "an AS4_PATH longer than the AS_PATH is ignored (RFC 6793 4.2.3); pmacct appends it (defect 14)";
const LOC_ADDRESS: &str =
    "a Loc-RIB's Peer Up with an address that is not zero: pmacct drops it (defect 4)";
const STATS: &str =
    "the statistic before has the wrong length: pmacct reads on inside its value (defect 11)";
const NO_UP: &str = "routes of a peer that has no Peer Up: pmacct drops them (defect 18)";
const LEAK: &str = "the whole BGP message under the name of another TLV, and other TLVs under wrong names (defect 9); \
    pmacct's own keys of path markings are the same";
const INDEX: &str = "as before, and two markings that are for one route each: pmacct takes index 1 and 2 for 0 (defect 9)";
const BITS: &str =
    "status bits without a name: pmacct writes them with their octets swapped (defect 9)";
const FSM: &str = "pmacct steps over the FSM event code of reason 2 twice and drops the message";
const RD: &str =
    "a route distinguisher of unknown type, which is still 8 octets: pmacct stops at it";
const LABELS: &str = "a VPN route with two labels: pmacct drops it (defect 13)";
const IDS: &str = "path identifiers agreed but not sent: pmacct takes the prefix for one and prints what lies \
    beyond the list, or nothing (defect 16)";
const IDS_SENT: &str = "path identifiers sent but not agreed: only with them does the list end where it must; \
    pmacct prints identifiers and lengths as prefixes (compare defect 16)";
const BOTTOM: &str =
    "label 0x000000 without bottom of stack: pmacct finds no end and drops the route (defect 19)";
const BOTTOM_RD: &str = "as before; where the octets of the distinguisher look like the end of the stack pmacct \
    prints the rest as another route (defect 19)";

const CRASH: &str = "an AS4_PATH without an AS_PATH kills versions before 1.8.1 (defect 10)";
const ONE: &str = "words of one octet are missing in pmacct's arrays (defect 3)";
const ONE_OR_WIDTH: &str = "as before, and twice a path's width (defect 7)";
const NO_PATHS: &str = "the empty path of two segments (defect 7) stands before the path whose added numbers an array \
    drops (14, 3), ours of the AS4_PATH without AS_PATH behind it";
const NEXT_HOP: &str = "an IPv6 next hop of IPv4 routes (RFC 8950): 1.7.7 prints none";
const NEXT_HOP_48: &str = "VPN routes of IPv6 with two next hops (48 octets): 1.7.7 drops them";
const IDS_VPN: &str = "ADD-PATH agreed for VPN routes but not sent: 1.7 takes the route for an identifier and prints \
    nothing (compare defect 16)";
const NO_V4: &str = "1.7.7 knows no Route Monitoring of version 4";

/// Every difference.
#[rustfmt::skip]
pub(crate) const RULES: &[Rule] = &[
    // 205: 6WIND (FRR). Its Peer Up of the Loc-RIB has peer type 0 and AS 0; its UPDATEs mix path
    // widths.
    rule("205", ("update", "0.0.0.0", LOC, "1/128"), (1, no_path_of_19), (1, path_65000), &["as_path", "peer_asn"], BOTH),
    rule("205", ("update", "0.0.0.0", LOC, "1/1"), (48, peer_as_0), (48, peer_as_header), &["peer_asn"], TYPE).not(V1_7),
    rule("205", ("update", "0.0.0.0", LOC, "1/128"), (29, peer_as_0), (29, peer_as_header), &["peer_asn"], TYPE).not(V1_7),
    rule("205", ("withdraw", "0.0.0.0", LOC, "1/128"), (8, peer_as_0), (8, peer_as_header), &["peer_asn"], TYPE).not(V1_7),
    rule("205", ("end-of-rib", "0.0.0.0", LOC, "1/128"), (2, peer_as_0), (2, peer_as_header), &["peer_asn"], TYPE).not(V1_7),
    rule("205", ("end-of-rib", "0.0.0.0", LOC, "2/128"), (2, peer_as_0), (2, peer_as_header), &["peer_asn"], TYPE).not(V1_7),
    rule("205", ("update", "0.0.0.0", POST, "1/128"), (1, no_path), (1, path_65000), &["as_path"], WIDTH),
    // 204: Cisco. Next hops of IPv6.
    rule("204", ("update", "0.0.0.0", LOC, "1/128"), (10, no_next_hop), (10, next_hop_v6), &["bgp_nexthop"], NEXT_HOP).only(V1_7_7),
    rule("204", ("update", "0.0.0.0", LOC, "1/1"), (4, no_next_hop), (4, next_hop_v6), &["bgp_nexthop"], NEXT_HOP).only(V1_7_7),
    rule("204", ("update", "203.0.113.44", POST, "1/128"), (8, no_next_hop), (8, next_hop_v6), &["bgp_nexthop"], NEXT_HOP).only(V1_7_7),
    rule("204", ("update", "2001:db8:44::1", POST, "1/128"), (4, no_next_hop), (4, next_hop_v6), &["bgp_nexthop"], NEXT_HOP).only(V1_7_7),
    // Synthetic messages.
    rule("03-peer", ("peer_up", "10.0.0.254", LOC, ""), (0, any), (1, any), &[], LOC_ADDRESS),
    rule("04-stats", ("stats", "10.0.0.1", PRE, ""), (1, counter_0), (1, counter_1), &["counter_type", "counter_type_str", "counter_value"], STATS),
    rule("05-rm-attrs", ("update", "10.0.0.1", PRE, "1/1"), (2, no_path), (2, path_65001_65002), &["as_path"], WIDTH),
    rule("05-rm-attrs", ("update", "10.77.0.1", PRE, "1/1"), (0, any), (1, any), &[], NO_UP),
    rule("11-rm-attrs-aspath-always", ("update", "10.0.0.1", PRE, "1/1"), (2, no_path), (2, path_65001_65002), &["as_path"], WIDTH).not(ARRAYS),
    rule("11-rm-attrs-aspath-always", ("update", "10.77.0.1", PRE, "1/1"), (0, any), (1, any), &[], NO_UP),
    rule("11-rm-attrs-aspath-always", ("update", "10.0.0.1", PRE, "1/1"), (3, no_path), (3, path_1_or_65001_65002), &["as_path"], ONE_OR_WIDTH).only(ARRAYS),
    rule("11-rm-attrs-aspath-always", ("update", "10.0.0.1", PRE, "1/1"), (11, ecomms), (11, ecomms_odd), &["ecomms"], ONE).only(ARRAYS),
    rule("11-rm-attrs-aspath-always", ("update", "10.0.0.1", PRE, "1/1"), (2, any), (2, path_1_2_3), &["as_path"], ONE).only(ARRAYS),
    rule("06-rm-families", ("update", "10.0.0.1", PRE, "1/128"), (0, any), (1, rd_unknown), &[], RD),
    rule("06-rm-families", ("update", "10.0.0.1", PRE, "1/128"), (0, any), (1, label_31), &[], LABELS),
    rule("06-rm-families", ("update", "10.0.1.1", PRE, "1/1"), (0, any), (1, any), &[], NO_UP).not(V1_7),
    rule("06-rm-families", ("update", "10.0.3.2", PRE, "1/1"), (6, bogus_without), (1, path_id_9), &[], IDS_SENT),
    rule("06-rm-families", ("update", "10.0.3.4", PRE, "1/1"), (6, bogus_without), (1, path_id_9), &[], IDS_SENT),
    rule("06-rm-families", ("update", "10.0.3.6", PRE, "1/1"), (6, bogus_without), (1, path_id_9), &[], IDS_SENT),
    rule("06-rm-families", ("update", "10.0.3.8", PRE, "1/1"), (6, bogus_without), (1, path_id_9), &[], IDS_SENT),
    rule("06-rm-families", ("update", "10.0.3.9", PRE, "1/1"), (6, bogus_without), (1, path_id_9), &[], IDS_SENT).not(V1_7_7),
    rule("06-rm-families", ("update", "10.0.3.1", PRE, "1/1"), (1, path_id), (1, no_path_id), &["as_path_id"], IDS),
    rule("06-rm-families", ("update", "10.0.3.3", PRE, "1/1"), (1, path_id), (1, no_path_id), &["as_path_id"], IDS),
    rule("06-rm-families", ("update", "10.0.3.5", PRE, "1/1"), (1, path_id), (1, no_path_id), &["as_path_id"], IDS),
    rule("06-rm-families", ("update", "10.0.3.7", PRE, "1/1"), (1, path_id), (1, no_path_id), &["as_path_id"], IDS),
    rule("06-rm-families", ("update", "10.0.4.1", PRE, "1/1"), (0, any), (1, path_two_segments), &[], TWO_SEGMENTS),
    rule("06-rm-families", ("update", "10.0.4.1", PRE, "1/1"), (1, path_appended), (1, path_65001), &["as_path"], AS4).not(ARRAYS),
    rule("06-rm-families", ("update", "10.0.4.1", PRE, "1/1"), (1, no_path), (1, no_path), &[], NO_PATHS).only(ARRAYS),
    rule("06-rm-families", ("update", "10.0.4.1", PRE, "1/1"), (1, no_path), (1, path_two_numbers), &["as_path"], WIDTH).only(V1_7_7),
    rule("06-rm-families", ("update", "10.0.3.9", PRE, "1/1"), (1, path_id), (1, no_path_id), &["as_path_id"], IDS).only(V1_7_7),
    rule("06-rm-families", ("update", "10.0.0.1", PRE, "1/1"), (2, no_next_hop), (2, next_hop_v6), &["bgp_nexthop"], NEXT_HOP).only(V1_7_7),
    rule("06-rm-families", ("update", "10.0.0.1", PRE, "1/128"), (1, no_next_hop), (1, next_hop_v6), &["bgp_nexthop"], NEXT_HOP).only(V1_7_7),
    rule("06-rm-families", ("update", "10.0.0.1", PRE, "2/128"), (0, any), (1, any), &[], NEXT_HOP_48).only(V1_7_7),
    rule("06-rm-families", ("update", "10.0.2.1", PRE, "1/128"), (0, any), (1, any), &[], IDS_VPN).only(V1_7),
    rule("06-rm-families", ("log_close", "", "", ""), (0, any), (1, any), &[], CRASH).only(CRASHING),
    rule("07-rib", ("update", "10.0.0.2", PRE, "1/1"), (0, any), (1, any), &[], NO_UP),
    // Version 4: the leak is in every route.
    rule("08-bmpv4", ("update", "10.0.0.1", PRE, "1/1"), (30, marked_else), (30, marked_else), TLV_KEYS, LEAK).not(V1_7_7),
    rule("08-bmpv4", ("update", "10.0.0.1", PRE, "1/1"), (6, best_1), (4, best_1), TLV_KEYS, INDEX).not(V1_7_7),
    rule("08-bmpv4", ("update", "10.0.0.1", PRE, "1/1"), (4, bits_swapped), (4, bits), &[], BITS).not(V1_7_7),
    rule("08-bmpv4", ("update", "10.0.0.1", PRE, "1/1"), (7, unmarked_192), (8, unmarked_192), TLV_KEYS, INDEX).not(V1_7_7),
    rule("08-bmpv4", ("update", "10.0.0.1", PRE, "1/1"), (7, unmarked_198), (8, unmarked_198), TLV_KEYS, INDEX).not(V1_7_7),
    rule("08-bmpv4", ("withdraw", "10.0.0.1", PRE, "1/1"), (1, any), (1, any), TLV_KEYS, LEAK).not(V1_7_7),
    rule("08-bmpv4", ("end-of-rib", "10.0.0.1", PRE, "1/1"), (1, any), (1, any), TLV_KEYS, LEAK).not(V1_7_7),
    rule("08-bmpv4", ("peer_down", "10.0.0.1", PRE, ""), (0, any), (2, any), &[], FSM).not(V1_7_7),
    rule("08-bmpv4", ("update", "10.0.0.1", PRE, "1/1"), (0, any), (54, any), &[], NO_V4).only(V1_7_7),
    rule("08-bmpv4", ("withdraw", "10.0.0.1", PRE, "1/1"), (0, any), (1, any), &[], NO_V4).only(V1_7_7),
    rule("08-bmpv4", ("peer_down", "10.0.0.1", "", ""), (0, any), (2, any), &[], FSM).only(V1_7_7),
    // BIRD: 4-octet paths although an OPEN has no such capability.
    rule("bird2.17-both", ("update", "10.99.0.15", PRE, "1/1"), (35, no_path), (35, path_of_l), &["as_path"], WIDTH).not(V1_7_7),
    rule("bird2.17-both", ("update", "10.99.0.15", POST, "1/1"), (35, no_path), (35, path_of_l), &["as_path"], WIDTH).not(V1_7_7),
    rule("bird2.17-both", ("update", "10.99.0.15", PRE, "1/1"), (250, no_path), (250, path_of_l), &["as_path"], WIDTH).only(V1_7_7),
    rule("bird2.17-both", ("update", "10.99.0.15", POST, "1/1"), (250, no_path), (250, path_of_l), &["as_path"], WIDTH).only(V1_7_7),
    // FRR: no path identifiers although agreed, 2-octet paths without the A flag, labels without
    // bottom of stack.
    rule("frr10.3-crash-midway", ("update", "0.0.0.0", LOC, "1/1"), (241, no_path), (241, path_of_frr_l_odd), &["as_path"], WIDTH),
    rule("frr10.3-crash-midway", ("update", "0.0.0.0", LOC, "1/1"), (9, path_in_fours), (9, path_of_frr_l_even), &["as_path"], FOUR),
    rule("frr10.3-crash-midway", ("update", "10.99.0.15", PRE, "1/1"), (9, path_in_fours), (9, path_of_frr_l), &["as_path"], FOUR).not(V1_7_7),
    rule("frr10.3-crash-midway", ("update", "10.99.0.15", POST, "1/1"), (9, path_in_fours), (9, path_of_frr_l), &["as_path"], FOUR).not(V1_7_7),
    rule("frr10.3-crash-midway", ("update", "10.99.0.16", PRE, "1/1"), (189, path_id), (271, no_path_id), &[], IDS),
    rule("frr10.3-crash-midway", ("update", "10.99.0.16", PRE, "2/1"), (3, path_id), (73, no_path_id), &[], IDS),
    rule("frr10.3-crash-midway", ("update", "10.99.0.16", POST, "1/1"), (176, path_id), (271, no_path_id), &[], IDS),
    rule("frr10.3-crash-midway", ("update", "10.99.0.16", POST, "2/1"), (2, path_id), (69, no_path_id), &[], IDS),
    rule("frr10.3-crash-midway", ("withdraw", "10.99.0.16", PRE, "1/1"), (67, path_id), (67, no_path_id), &[], IDS),
    rule("frr10.3-crash-midway", ("withdraw", "10.99.0.16", PRE, "2/1"), (1, path_id), (17, no_path_id), &[], IDS),
    rule("frr10.3-crash-midway", ("withdraw", "10.99.0.16", POST, "1/1"), (67, path_id), (67, no_path_id), &[], IDS),
    rule("frr10.3-crash-midway", ("withdraw", "10.99.0.16", POST, "2/1"), (2, path_id), (21, no_path_id), &[], IDS),
    rule("frr8.4-prepost", ("update", "0.0.0.0", POST, "1/1"), (0, any), (1, any), &[], NO_UP),
    rule("frr8.4-prepost", ("update", "0.0.0.0", POST, "2/1"), (0, any), (1, any), &[], NO_UP),
    rule("frr8.4-prepost", ("update", "10.99.0.12", PRE, "1/128"), (0, any), (20, label_0), &[], BOTTOM),
    rule("frr8.4-prepost", ("update", "10.99.0.12", PRE, "2/128"), (3, label_32), (5, label_0), &[], BOTTOM_RD),
    rule("frr8.4-prepost", ("update", "10.99.0.13", PRE, "1/128"), (0, any), (9, label_0), &[], BOTTOM),
    rule("frr8.4-prepost", ("update", "10.99.0.13", PRE, "2/128"), (0, any), (4, label_0), &[], BOTTOM),
    rule("frr8.4-prepost", ("update", "10.99.0.12", POST, "1/128"), (0, any), (20, label_0), &[], BOTTOM),
    rule("frr8.4-prepost", ("update", "10.99.0.12", POST, "2/128"), (3, label_32), (5, label_0), &[], BOTTOM_RD),
    rule("frr8.4-prepost", ("update", "10.99.0.13", POST, "1/128"), (0, any), (9, label_0), &[], BOTTOM),
    rule("frr8.4-prepost", ("update", "10.99.0.13", POST, "2/128"), (0, any), (4, label_0), &[], BOTTOM),
    rule("frr8.4-prepost", ("update", "10.99.0.15", PRE, "1/1"), (9, path_in_fours), (9, path_of_frr_l), &["as_path"], FOUR).not(V1_7_7),
    rule("frr8.4-prepost", ("update", "10.99.0.15", POST, "1/1"), (9, path_in_fours), (9, path_of_frr_l), &["as_path"], FOUR).not(V1_7_7),
    rule("frr8.4-prepost", ("update", "10.99.0.16", PRE, "1/1"), (169, path_id), (268, no_path_id), &[], IDS),
    rule("frr8.4-prepost", ("update", "10.99.0.16", PRE, "2/1"), (2, path_id), (77, no_path_id), &[], IDS),
    rule("frr8.4-prepost", ("update", "10.99.0.16", POST, "1/1"), (161, path_id), (268, no_path_id), &[], IDS),
    rule("frr8.4-prepost", ("update", "10.99.0.16", POST, "2/1"), (2, path_id), (76, no_path_id), &[], IDS),
    rule("frr8.4-prepost", ("withdraw", "10.99.0.16", PRE, "1/1"), (67, path_id), (67, no_path_id), &[], IDS),
    rule("frr8.4-prepost", ("withdraw", "10.99.0.16", PRE, "2/1"), (1, path_id), (17, no_path_id), &[], IDS),
    rule("frr8.4-prepost", ("withdraw", "10.99.0.16", POST, "1/1"), (67, path_id), (67, no_path_id), &[], IDS),
    rule("frr8.4-prepost", ("withdraw", "10.99.0.16", POST, "2/1"), (1, path_id), (18, no_path_id), &[], IDS),
    rule("frr8.4-mirror", ("update", "0.0.0.0", POST, "1/1"), (0, any), (1, any), &[], NO_UP),
    rule("frr8.4-mirror", ("update", "0.0.0.0", POST, "2/1"), (0, any), (1, any), &[], NO_UP),
    rule("frr8.4-mirror", ("update", "10.99.0.12", PRE, "1/128"), (0, any), (20, label_0), &[], BOTTOM),
    rule("frr8.4-mirror", ("update", "10.99.0.12", PRE, "2/128"), (3, label_32), (5, label_0), &[], BOTTOM_RD),
    rule("frr8.4-mirror", ("update", "10.99.0.13", PRE, "1/128"), (0, any), (9, label_0), &[], BOTTOM),
    rule("frr8.4-mirror", ("update", "10.99.0.13", PRE, "2/128"), (0, any), (4, label_0), &[], BOTTOM),
    rule("frr8.4-mirror", ("update", "10.99.0.12", POST, "1/128"), (0, any), (20, label_0), &[], BOTTOM),
    rule("frr8.4-mirror", ("update", "10.99.0.12", POST, "2/128"), (3, label_32), (5, label_0), &[], BOTTOM_RD),
    rule("frr8.4-mirror", ("update", "10.99.0.13", POST, "1/128"), (0, any), (9, label_0), &[], BOTTOM),
    rule("frr8.4-mirror", ("update", "10.99.0.13", POST, "2/128"), (0, any), (4, label_0), &[], BOTTOM),
    rule("frr8.4-mirror", ("update", "10.99.0.15", PRE, "1/1"), (9, path_in_fours), (9, path_of_frr_l), &["as_path"], FOUR).not(V1_7_7),
    rule("frr8.4-mirror", ("update", "10.99.0.15", POST, "1/1"), (9, path_in_fours), (9, path_of_frr_l), &["as_path"], FOUR).not(V1_7_7),
    rule("frr8.4-mirror", ("update", "10.99.0.16", PRE, "1/1"), (183, path_id), (274, no_path_id), &[], IDS),
    rule("frr8.4-mirror", ("update", "10.99.0.16", PRE, "2/1"), (2, path_id), (78, no_path_id), &[], IDS),
    rule("frr8.4-mirror", ("update", "10.99.0.16", POST, "1/1"), (168, path_id), (274, no_path_id), &[], IDS),
    rule("frr8.4-mirror", ("update", "10.99.0.16", POST, "2/1"), (2, path_id), (77, no_path_id), &[], IDS),
    rule("frr8.4-mirror", ("withdraw", "10.99.0.16", PRE, "1/1"), (67, path_id), (67, no_path_id), &[], IDS),
    rule("frr8.4-mirror", ("withdraw", "10.99.0.16", PRE, "2/1"), (1, path_id), (17, no_path_id), &[], IDS),
    rule("frr8.4-mirror", ("withdraw", "10.99.0.16", POST, "1/1"), (67, path_id), (67, no_path_id), &[], IDS),
    rule("frr8.4-mirror", ("withdraw", "10.99.0.16", POST, "2/1"), (1, path_id), (18, no_path_id), &[], IDS),
    // GoBGP: path identifiers and path widths by view, and no Peer Up of its Loc-RIB.
    rule("gobgp3.10-all", ("update", "10.99.0.15", PRE, "1/1"), (14, path_in_fours), (14, path_of_l), &["as_path"], FOUR_AS4).not(V1_7_7),
    rule("gobgp3.10-all", ("update", "10.99.0.15", POST, "1/1"), (36, no_path), (36, path_of_l_no_trans), &["as_path"], WIDTH).not(V1_7_7),
    rule("gobgp3.10-all", ("update", "10.99.0.15", POST, "1/1"), (14, path_in_fours), (14, path_of_l_trans), &["as_path"], FOUR).not(V1_7_7),
    rule("gobgp3.10-all", ("update", "10.99.0.15", POST, "1/1"), (370, no_path), (370, path_of_l), &["as_path"], WIDTH).only(V1_7_7),
    rule("gobgp3.10-all", ("update", "10.99.0.16", POST, "1/1"), (471, path_id), (480, no_path_id), &[], IDS),
    rule("gobgp3.10-all", ("update", "10.99.0.16", POST, "2/1"), (0, any), (115, no_path_id), &[], IDS),
    rule("gobgp3.10-all", ("withdraw", "10.99.0.16", POST, "1/1"), (277, path_id), (277, no_path_id), &[], IDS),
    rule("gobgp3.10-all", ("withdraw", "10.99.0.16", POST, "2/1"), (0, any), (16, no_path_id), &[], IDS),
    rule("gobgp3.10-all", ("update", "0.0.0.0", LOC, "1/1"), (0, any), (1441, any), &[], NO_UP),
    rule("gobgp3.10-all", ("update", "0.0.0.0", LOC, "1/4"), (0, any), (27, any), &[], NO_UP),
    rule("gobgp3.10-all", ("update", "0.0.0.0", LOC, "1/128"), (0, any), (35, any), &[], NO_UP),
    rule("gobgp3.10-all", ("update", "0.0.0.0", LOC, "2/1"), (0, any), (383, any), &[], NO_UP),
    rule("gobgp3.10-all", ("update", "0.0.0.0", LOC, "2/128"), (0, any), (11, any), &[], NO_UP),
    rule("gobgp3.10-all", ("withdraw", "0.0.0.0", LOC, "1/1"), (0, any), (673, any), &[], NO_UP),
    rule("gobgp3.10-all", ("withdraw", "0.0.0.0", LOC, "1/4"), (0, any), (27, any), &[], NO_UP),
    rule("gobgp3.10-all", ("withdraw", "0.0.0.0", LOC, "1/128"), (0, any), (34, any), &[], NO_UP),
    rule("gobgp3.10-all", ("withdraw", "0.0.0.0", LOC, "2/1"), (0, any), (222, any), &[], NO_UP),
    rule("gobgp3.10-all", ("withdraw", "0.0.0.0", LOC, "2/128"), (0, any), (11, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("update", "0.0.0.0", LOC, "1/1"), (0, any), (1429, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("update", "0.0.0.0", LOC, "1/4"), (0, any), (27, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("update", "0.0.0.0", LOC, "1/128"), (0, any), (35, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("update", "0.0.0.0", LOC, "2/1"), (0, any), (384, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("update", "0.0.0.0", LOC, "2/128"), (0, any), (11, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("withdraw", "0.0.0.0", LOC, "1/1"), (0, any), (366, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("withdraw", "0.0.0.0", LOC, "1/4"), (0, any), (4, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("withdraw", "0.0.0.0", LOC, "1/128"), (0, any), (18, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("withdraw", "0.0.0.0", LOC, "2/1"), (0, any), (137, any), &[], NO_UP),
    rule("gobgp3.10-local-rib", ("withdraw", "0.0.0.0", LOC, "2/128"), (0, any), (4, any), &[], NO_UP),
    rule("gobgp3.10-post-policy", ("update", "10.99.0.15", POST, "1/1"), (36, no_path), (36, path_of_l_no_trans), &["as_path"], WIDTH).not(V1_7_7),
    rule("gobgp3.10-post-policy", ("update", "10.99.0.15", POST, "1/1"), (14, path_in_fours), (14, path_of_l_trans), &["as_path"], FOUR).not(V1_7_7),
    rule("gobgp3.10-post-policy", ("update", "10.99.0.15", POST, "1/1"), (370, no_path), (370, path_of_l), &["as_path"], WIDTH).only(V1_7_7),
    rule("gobgp3.10-post-policy", ("update", "10.99.0.16", POST, "1/1"), (335, path_id), (480, no_path_id), &[], IDS),
    rule("gobgp3.10-post-policy", ("update", "10.99.0.16", POST, "2/1"), (0, any), (115, no_path_id), &[], IDS),
    rule("gobgp3.10-post-policy", ("withdraw", "10.99.0.16", POST, "1/1"), (421, path_id), (421, no_path_id), &[], IDS),
    rule("gobgp3.10-post-policy", ("withdraw", "10.99.0.16", POST, "2/1"), (0, any), (50, no_path_id), &[], IDS),
    rule("gobgp3.10-pre-policy", ("update", "10.99.0.15", PRE, "1/1"), (14, path_in_fours), (14, path_of_l), &["as_path"], FOUR_AS4).not(V1_7_7),
];

// What records look like.

/// pmacct's keys of the TLVs of version 4 that are wrong, and ours that it has not.
const TLV_KEYS: &[&str] = &[
    "bmp_rm_info_stateless",
    "bmp_rm_info_vrf",
    "bmp_rm_info_bgp_pdu",
    "bmp_rm_info_unknown0",
    "bmp_rm_info_unknown5",
    "bmp_rm_info_unknown6",
    "bmp_rm_info_unknown7",
    "bmp_rm_info_9",
    "bmp_rm_info_100",
    "bmp_rm_info_999_5",
];

fn best_1(record: &str) -> bool {
    record.contains("\"path_status\": [\"Best\"], \"reason_code\": \"0x0001\"")
}

fn bits_swapped(record: &str) -> bool {
    record.contains("\"0x00001000\"]") || record.contains("[\"0x000000ffffff80\"]")
}

fn bits(record: &str) -> bool {
    record.contains("\"0x00100000\"]") || record.contains("[\"0x80000000\"]")
}

fn marked_else(record: &str) -> bool {
    let is_other = best_1(record) || bits_swapped(record) || bits(record);
    record.contains("\"path_status\": ") && !is_other
}

fn unmarked(record: &str, prefix: &str) -> bool {
    let of = format!("\"ip_prefix\": \"{prefix}\"");
    !record.contains("\"path_status\": ") && record.contains(&of)
}

fn unmarked_192(record: &str) -> bool {
    unmarked(record, "192.0.2.0/24")
}

fn unmarked_198(record: &str) -> bool {
    unmarked(record, "198.51.100.0/24")
}

fn any(_: &str) -> bool {
    true
}

fn path_id(record: &str) -> bool {
    record.contains("\"as_path_id\": ")
}

fn no_path_id(record: &str) -> bool {
    !path_id(record)
}

fn path_id_9(record: &str) -> bool {
    record.contains("\"ip_prefix\": \"192.0.2.0/24\", \"as_path_id\": 9,")
}

/// The octets `00 00 00 09 18 c0 00 02` read as prefixes.
fn bogus_without(record: &str) -> bool {
    no_path_id(record)
        && ["0.0.0.0/0", "24.192.0.0/9", "0.0.0.0/2"]
            .iter()
            .any(|prefix| record.contains(&format!("\"ip_prefix\": \"{prefix}\"")))
}

fn peer_as_0(record: &str) -> bool {
    record.contains("\"peer_asn\": 0,")
}

fn peer_as_header(record: &str) -> bool {
    record.contains("\"peer_asn\": 4226809914,")
}

fn path(record: &str) -> &str {
    super::line::text(record, "as_path")
}

fn no_path(record: &str) -> bool {
    record.contains("\"as_path\": \"\"")
}

fn no_path_of_19(record: &str) -> bool {
    no_path(record) && record.contains("\"ip_prefix\": \"192.0.2.19/32\"")
}

fn path_65000(record: &str) -> bool {
    path(record) == "65000"
}

fn path_65001(record: &str) -> bool {
    path(record) == "65001"
}

fn path_65001_65002(record: &str) -> bool {
    path(record) == "65001 65002"
}

fn path_two_segments(record: &str) -> bool {
    path(record) == "65001 4200000000 {5}"
}

fn path_appended(record: &str) -> bool {
    path(record) == "65001 1 2 3"
}

/// The neighbour 65015 has no 4-octet AS numbers.
fn path_of_l(record: &str) -> bool {
    path(record).starts_with("65015 ")
}

/// FRR puts its own number in front.
fn path_of_frr_l(record: &str) -> bool {
    path(record).starts_with("65001 65015 ")
}

/// Three paths whose 2-octet form is as well formed when it is read with 4 octets.
fn path_of_frr_l_even(record: &str) -> bool {
    [
        "65001 65015 65546 132763 174 {64498,64507,64509,4200000009}",
        "65001 65015 64504 64507 174 {64496,64507,64510,4200000030}",
        "65001 65015 1299 64508 1299 {64497,64505,64506,4200000044}",
    ]
    .contains(&path(record))
}

fn path_of_frr_l_odd(record: &str) -> bool {
    path_of_frr_l(record) && !path_of_frr_l_even(record)
}

fn path_of_l_trans(record: &str) -> bool {
    path_of_l(record) && path(record).contains(" 23456 ")
}

fn path_of_l_no_trans(record: &str) -> bool {
    path_of_l(record) && !path(record).contains(" 23456 ")
}

/// 65001 or 65015 and the number after it, read as one number of 4 octets.
fn path_in_fours(record: &str) -> bool {
    let first = path(record).split(' ').next().and_then(|number| number.parse::<u32>().ok());
    first.is_some_and(|number| matches!(number >> 16, 65001 | 65015))
}

fn rd_unknown(record: &str) -> bool {
    record.contains("\"rd\": \"unknown\"")
}

/// Version 1.7.7 calls it otherwise.
fn label(record: &str) -> &str {
    match super::line::text(record, "mpls_label") {
        "" => super::line::text(record, "label"),
        label => label,
    }
}

fn label_31(record: &str) -> bool {
    label(record) == "31"
}

fn label_32(record: &str) -> bool {
    label(record) == "32"
}

fn label_0(record: &str) -> bool {
    label(record) == "0"
}

fn counter_0(record: &str) -> bool {
    record.contains("\"counter_type\": 0,") && record.contains("\"counter_value\": 0}")
}

fn counter_1(record: &str) -> bool {
    record.contains("\"counter_type\": 1,") && record.contains("\"counter_value\": 3}")
}

fn path_1_or_65001_65002(record: &str) -> bool {
    matches!(path(record), "1" | "65001 65002")
}

fn path_1_2_3(record: &str) -> bool {
    path(record).starts_with("1 2 3")
}

fn path_two_numbers(record: &str) -> bool {
    path(record) == "65001 4200000000"
}

fn ecomms(record: &str) -> bool {
    record.contains("\"ecomms\": ")
}

fn ecomms_odd(record: &str) -> bool {
    super::line::text(record, "ecomms").split(' ').any(|word| word == "?")
}

fn no_next_hop(record: &str) -> bool {
    record.contains("\"bgp_nexthop\": \"\"")
}

fn next_hop_v6(record: &str) -> bool {
    super::line::text(record, "bgp_nexthop").contains(':')
}
