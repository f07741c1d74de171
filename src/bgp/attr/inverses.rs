//! Values that are put together by hand are read back as they were.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::prelude::*;

use super::aggregator::{Aggregator, As4Aggregator};
use super::aigp::{Aigp, AigpTlv};
use super::as_path::{As4Path, AsPath, AsPathBuilder, SegmentType};
use super::as_path_limit::AsPathLimit;
use super::bfd_discriminator::{BfdDiscriminator, BfdMode, BfdTlv};
use super::bgpsec_path::{BgpsecPath, SecurePathSegment, SignatureBlock, SignatureSegment};
use super::cluster_list::{ClusterId, ClusterList};
use super::communities::{Communities, Community};
use super::connector::Connector;
use super::d_path::{DPath, Domain, DomainSegment, IsfSafiType};
use super::ipv6_extended_communities::{
    Ipv6CommunityType, Ipv6ExtendedCommunities, Ipv6ExtendedCommunity,
};
use super::large_communities::{LargeCommunities, LargeCommunity};
use super::next_hop_characteristics::{Characteristic, CharacteristicCode, NextHopCharacteristics};
use super::pe_distinguisher_labels::{LabelField, PeDistinguisherLabels, PeLabel};
use super::raw::Raw;
use super::sfp::{AssociationType, HopTlv, SfirRd, Sfp, SfpTlv, Spi};
use super::traffic_engineering::{
    Bandwidth, LspEncoding, SwitchingCapability, SwitchingDescriptor, TrafficEngineering,
};
use super::{
    AtomicAggregate, LocalPref, MultiExitDisc, NextHop, OnlyToCustomer, Origin, OriginatorId, Value,
};
use crate::bgp::AsWidth;
use crate::wire::{Family, Items, Reader, RouteDistinguisher};

/// Asserts that a value of a type is read back from what it writes.
macro_rules! kept {
    ($($value:expr),+ $(,)?) => {$({
        let value = $value;
        let mut octets = Vec::new();
        Value::encode(&value, AsWidth::Four, &mut octets);
        prop_assert_eq!(Value::parse(Reader::new(&octets), AsWidth::Four), Ok(value));
    })+};
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

proptest! {
    #[test]
    fn numbers_and_addresses(
        number: u32, address: Ipv4Addr, origin in 0..3_u8, octets in octets(),
    ) {
        kept!(
            Origin(origin),
            NextHop(address),
            MultiExitDisc(number),
            LocalPref(number),
            AtomicAggregate,
            OriginatorId(address),
            OnlyToCustomer(number),
            Raw::<'_, 11>(&octets),
        );
    }

    #[test]
    fn aggregators_and_limits(asn: u32, narrow: u16, address: Ipv4Addr, upper_bound: u8) {
        kept!(
            Aggregator { asn, address, width: AsWidth::Four },
            Aggregator { asn: narrow.into(), address, width: AsWidth::Two },
            As4Aggregator { asn, address },
            AsPathLimit { upper_bound, asn },
        );
    }

    #[test]
    fn paths(segments in vec((1..5_u8, vec(any::<u32>(), 1..300)), 1..5)) {
        let path = |width| segments.iter().fold(AsPathBuilder::new(width), |path, (kind, asns)| {
            path.and(SegmentType(*kind), asns)
        });
        let (two, four) = (path(AsWidth::Two), path(AsWidth::Four));
        kept!(four.path()?, As4Path(four.path()?));
        let mut octets = Vec::new();
        let path = two.path()?;
        path.encode(AsWidth::Two, &mut octets);
        prop_assert_eq!(AsPath::parse(Reader::new(&octets), AsWidth::Two), Ok(path));
    }

    #[test]
    fn lists(
        communities in vec(any::<[u8; 4]>(), 1..9),
        large in vec(any::<[u8; 12]>(), 1..9),
        ipv6 in vec((any::<u16>(), any::<Ipv6Addr>(), any::<u16>()), 1..9),
        metrics in vec(any::<u64>(), 0..3),
        octets in octets(),
    ) {
        let clusters = Items::of(communities.iter().map(|id| ClusterId((*id).into())));
        let communities = Items::of(communities.into_iter().map(Community));
        let large = Items::of(large.into_iter().map(LargeCommunity));
        let ipv6 = Items::of(ipv6.into_iter().map(|(kind, global_administrator, number)| {
            let kind = Ipv6CommunityType(kind);
            Ipv6ExtendedCommunity { kind, global_administrator, local_administrator: number }
        }));
        let metrics = Items::of(metrics.into_iter().map(AigpTlv::Metric));
        let metrics = metrics.and(&AigpTlv::Unknown(9, &octets));
        kept!(
            ClusterList(clusters.list()?),
            Communities(communities.list()?),
            LargeCommunities(large.list()?),
            Ipv6ExtendedCommunities(ipv6.list()?),
            Aigp(metrics.list()?),
        );
    }

    #[test]
    fn connectors_and_bfd(
        rd: [u8; 8], address: Ipv4Addr, kind in 2..9_u8, octets in octets(),
        mode: u8, discriminator: u32, source: IpAddr,
    ) {
        let tlvs = Items::of([BfdTlv::SourceAddress(source), BfdTlv::Unknown(kind, &octets)]);
        kept!(
            Connector::VpnIpv4(RouteDistinguisher(rd), address),
            Connector::Unknown(kind.into(), &octets),
            BfdDiscriminator { mode: BfdMode(mode), discriminator, tlvs: tlvs.list()? },
        );
    }

    #[test]
    fn labels(
        v4 in vec(any::<(Ipv4Addr, [u8; 3])>(), 1..9),
        v6 in vec(any::<(Ipv6Addr, u32)>(), 1..6),
    ) {
        let pair = |(pe, label)| PeLabel { pe, label: LabelField(label) };
        let v4 = Items::of(v4.into_iter().map(pair));
        let pair = |(pe, label)| PeLabel { pe, label: LabelField::new(label) };
        let v6 = Items::of(v6.into_iter().map(pair));
        kept!(
            PeDistinguisherLabels::V4(v4.list()?),
            PeDistinguisherLabels::V6(v6.list()?),
        );
    }

    #[test]
    fn a_label_is_20_bits(label in 0..1_u32 << 20) {
        prop_assert_eq!(LabelField::new(label).label(), label);
    }

    #[test]
    fn traffic_engineering(
        descriptors in vec((any::<u8>(), any::<u16>(), any::<[u32; 8]>()), 0..3),
        last in 51..101_u8, octets in octets(),
    ) {
        let descriptor = |(encoding, reserved, max): (u8, u16, [u32; 8])| SwitchingDescriptor {
            capability: SwitchingCapability::L2sc,
            encoding: LspEncoding(encoding),
            reserved,
            max_lsp_bandwidth: max.map(Bandwidth),
            specific: &[],
        };
        // Only the last one may have octets whose form is not known.
        let end = SwitchingDescriptor {
            capability: SwitchingCapability(last),
            specific: &octets[..octets.len().min(35)],
            ..descriptor((last, 0, [last.into(); 8]))
        };
        let all = Items::of(descriptors.into_iter().map(descriptor)).and(&end);
        kept!(TrafficEngineering(all.list()?));
    }

    #[test]
    fn signed_paths(
        path in vec(any::<(u8, u8, u32)>(), 1..6), ski: [u8; 20], signature in octets(), two: bool,
    ) {
        let segment = SignatureSegment { ski, signature: &signature };
        let signatures = Items::of(path.iter().map(|_| segment));
        let octets = Reader::new(signatures.octets());
        let block = SignatureBlock { algorithm_suite: 1, octets };
        let other = SignatureBlock { algorithm_suite: 2, octets: Reader::new(&signature) };
        let blocks = Items::of([block].into_iter().chain(two.then_some(other)));
        let path = Items::of(path.into_iter().map(|(p_count, flags, asn)| {
            SecurePathSegment { p_count, flags, asn }
        }));
        kept!(BgpsecPath {
            secure_path: path.list()?,
            signature_blocks: blocks.list()?,
        });
    }

    #[test]
    fn domain_paths(segments in vec(vec(any::<(u32, u16, u8)>(), 1..256), 1..4)) {
        let domain = |(global_administrator, local_administrator, kind)| Domain {
            global_administrator,
            local_administrator,
            isf_safi_type: IsfSafiType(kind),
        };
        let segments: Vec<_> =
            segments.into_iter().map(|all| Items::of(all.into_iter().map(domain))).collect();
        let segments = segments.iter().map(|all| DomainSegment(all.list().unwrap_or_default()));
        let path = Items::of(segments);
        kept!(DPath(path.list()?));
    }

    #[test]
    fn service_function_paths(
        rds in vec(any::<[u8; 8]>(), 0..4), function_type: u16, service_index: u8, spi: [u8; 3],
        kind in 6..=255_u8, octets in octets(),
    ) {
        let instances = Items::of(rds.iter().map(|rd| SfirRd(RouteDistinguisher(*rd))));
        let sfir_rds = instances.list()?;
        let hop = Items::of([
            HopTlv::ServiceFunction { function_type, sfir_rds },
            HopTlv::SwappingStacking,
            HopTlv::Unknown(kind, &octets),
        ]);
        let path = Items::of([
            SfpTlv::Association {
                association_type: AssociationType::BidirectionalSfp,
                sfpr_rd: RouteDistinguisher(rds.first().copied().unwrap_or_default()),
                spi: Spi(spi),
            },
            SfpTlv::Hop { service_index, details: hop.list()? },
            SfpTlv::LabelStackTraversal,
            SfpTlv::Unknown(kind, &octets),
        ]);
        kept!(Sfp(path.list()?));
    }

    #[test]
    fn characteristics(afi: u16, safi: u8, next_hop in octets(), code: u16, value in octets()) {
        let code = CharacteristicCode(code);
        let all = Items::of([
            Characteristic { code: CharacteristicCode::ElcV3, value: &[] },
            Characteristic { code, value: &value },
        ]);
        let characteristics = all.list()?;
        let family = Family::new(afi, safi);
        kept!(NextHopCharacteristics { family, next_hop: &next_hop, characteristics });
    }
}
