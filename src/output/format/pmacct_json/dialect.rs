//! What the versions of pmacct print differently, in one table: a dialect is a row.

use Part::{
    Address, BgpId, Distinguisher, Filtered, FilteredOfLocRib, Flags, LocalAs, NotFiltered, Ports,
    RibType, Type, TypeName,
};

/// Keys that tell of a peer, in the order in which a record has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// `peer_ip`, `peer_asn`
    Address,
    /// `local_as`; of `peer_up` alone
    LocalAs,
    /// `bgp_id`
    BgpId,
    /// `peer_type`
    Type,
    /// `peer_type_str`, of the types that have a name
    TypeName,
    /// `bmp_rib_type`
    RibType,
    /// `is_filtered`
    Filtered,
    /// `is_filtered`, always 0
    NotFiltered,
    /// `is_filtered`, of the Loc-RIB alone
    FilteredOfLocRib,
    /// `is_post`, `is_in`, `is_out`, `is_loc`, as the view has them
    Flags,
    /// `local_port`, `remote_port`, `local_ip`; of `peer_up` alone
    Ports,
    /// `rd`, `rd_origin` of the per-peer header, or `pd`, `pd_origin`
    Distinguisher,
}

/// Which extended communities have a form of their own; all others are a question mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extended {
    /// Route targets and sites of origin, whatever the two high bits of their type say.
    AnyType,
    /// Those alone whose type is 0, 1 or 2.
    PlainType,
}

/// What one version of pmacct prints.
#[derive(Debug)]
pub(super) struct Dialect {
    /// Its version.
    pub(super) version: &'static str,
    pub(super) peer_up: &'static [Part],
    pub(super) peer_down: &'static [Part],
    pub(super) stats: &'static [Part],
    /// Route Monitoring, behind its time; the distinguisher follows.
    pub(super) route: &'static [Part],
    /// Records that pmacct has not.
    pub(super) others: &'static [Part],
    /// Whether Route Monitoring has `peer_asn`.
    pub(super) route_asn: bool,
    /// Whether End-of-RIB markers have a record.
    pub(super) end_of_rib: bool,
    /// The key of an MPLS label.
    pub(super) label: &'static str,
    /// Whether `otc` is there.
    pub(super) otc: bool,
    pub(super) extended: Extended,
    /// Whether `bgp_comms_num` shows extended communities with their type and subtype in front;
    /// else it takes `RT:` and `SoO:` away.
    pub(super) extended_types: bool,
    /// Whether the Initiation's TLVs 3 and 4 and the Peer Up's 1 to 4 have names.
    pub(super) tlv_names: bool,
    /// Whether `timestamps_rfc3339` has `Z` in place of an offset of zero.
    pub(super) utc_is_z: bool,
}

impl Dialect {
    /// Whether `label` is free for what a map says of a router.
    pub(super) fn has_router_labels(&self) -> bool {
        self.label != "label"
    }
}

/// The oldest first.
pub(super) static DIALECTS: [Dialect; 4] = [
    Dialect {
        version: "1.7.7",
        peer_down: &[Address, Type, TypeName, Distinguisher],
        end_of_rib: false,
        label: "label",
        otc: false,
        ..V1_7_9
    },
    V1_7_9,
    Dialect {
        version: "1.8.0",
        peer_up: &[Address, Type, TypeName, RibType, Filtered, Flags, BgpId, Ports, Distinguisher],
        peer_down: &[Address, Type, TypeName, RibType, NotFiltered, Flags, Distinguisher],
        stats: &[Address, Type, RibType, Filtered, Flags, Distinguisher, BgpId],
        route: &[RibType, Filtered, Flags],
        extended: Extended::PlainType,
        extended_types: false,
        ..V1_8_1
    },
    V1_8_1,
];

/// The dialect that is meant when none is named.
pub(super) static NEWEST: &Dialect = &DIALECTS[DIALECTS.len() - 1];

const V1_7_9: Dialect = Dialect {
    version: "1.7.9",
    peer_up: &[Address, Type, TypeName, FilteredOfLocRib, Flags, BgpId, Ports, Distinguisher],
    peer_down: &[Address, Type, TypeName, Flags, Distinguisher],
    stats: &[Address, Type, FilteredOfLocRib, Flags, Distinguisher],
    route: &[FilteredOfLocRib, Flags],
    others: &[Address, Type, TypeName, FilteredOfLocRib, Flags, BgpId, Distinguisher],
    route_asn: false,
    end_of_rib: true,
    label: "mpls_label",
    otc: true,
    extended: Extended::PlainType,
    extended_types: false,
    tlv_names: false,
    utc_is_z: true,
};

const V1_8_1: Dialect = Dialect {
    version: "1.8.1",
    peer_up: &[
        Address,
        LocalAs,
        BgpId,
        Type,
        TypeName,
        RibType,
        Filtered,
        Flags,
        Ports,
        Distinguisher,
    ],
    peer_down: &[Address, BgpId, Type, TypeName, RibType, NotFiltered, Flags, Distinguisher],
    stats: &[Address, BgpId, Type, RibType, Filtered, Flags, Distinguisher],
    route: &[RibType, Filtered, Flags, BgpId],
    others: &[Address, BgpId, Type, TypeName, RibType, Filtered, Flags, Distinguisher],
    route_asn: true,
    end_of_rib: true,
    label: "mpls_label",
    otc: true,
    extended: Extended::AnyType,
    extended_types: true,
    tlv_names: true,
    utc_is_z: false,
};

/// The dialect of a version.
pub(super) fn of(version: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.version == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_stands_twice_in_a_record() {
        for dialect in &DIALECTS {
            let lists =
                [dialect.peer_up, dialect.peer_down, dialect.stats, dialect.route, dialect.others];
            for list in lists {
                for (i, part) in list.iter().enumerate() {
                    assert!(!list[..i].contains(part), "{}: {part:?} twice", dialect.version);
                }
            }
        }
    }
}
