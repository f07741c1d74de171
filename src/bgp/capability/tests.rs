//! Every capability from its standard's layout, and what is kept of others.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::bgp::attr::testing::octets;
use crate::wire::{Items, Outline};

/// What the capability that `hex` says holds; it must be written as it was read.
fn said(hex: &str) -> String {
    let octets = octets(hex);
    let mut r = Reader::new(&octets);
    let capability = Capability::parse(&mut r).unwrap_or_else(|e| panic!("{hex}: {e}"));
    assert!(r.is_empty(), "{hex}");
    assert_eq!(capability.code().0, octets[0]);
    assert_eq!(Items::of([capability]).octets(), octets, "{hex}");
    Outline::of(|fields| fields.list("", &mut |fields| capability.describe(fields)))
        .trim_start_matches('=')
        .trim_matches(['[', ']'])
        .to_owned()
}

/// A capability of each code in hex, and what it says.
const SAID: &[(&str, &str)] = &[
    ("01 04 0002 00 80", "multiprotocol={afi=2 safi=128}"),
    ("02 00", "route_refresh=true"),
    (
        "03 0e 0001 00 01 02 40 03 80 01 0002 00 01 00",
        "outbound_route_filtering=[{afi=1 safi=1 types=[{type=Address Prefix ORF \
         send_receive=both}, {type=128 send_receive=receive}]}, {afi=2 safi=1 types=[]}]",
    ),
    ("04 00", "multiple_routes=true"),
    (
        "05 0c 0001 0001 0002 0001 0080 0002",
        "extended_next_hop_encoding=[{nlri_afi=1 nlri_safi=1 next_hop_afi=2}, \
         {nlri_afi=1 nlri_safi=128 next_hop_afi=2}]",
    ),
    ("06 00", "extended_message=true"),
    ("07 03 08 0002", "bgpsec={version=0 sends=true afi=2}"),
    ("08 04 0001 04 03", "multiple_labels=[{afi=1 safi=4 count=3}]"),
    ("09 01 02", "role=RS-Client"),
    ("09 01 09", "role=9"),
    (
        "40 06 c078 0001 01 80",
        "graceful_restart={restart_state=true notification=true restart_time=120 \
         families=[{afi=1 safi=1 forwarding_state=true}]}",
    ),
    (
        "40 02 0fff",
        "graceful_restart={restart_state=false notification=false restart_time=4095 \
         families=[]}",
    ),
    ("41 04 fa56ea00", "four_octet_as=4200000000"),
    ("42 00", "dynamic_capability_deprecated="),
    ("43 03 01 40 63", "dynamic_capability=[Multiprotocol Extensions, Graceful Restart, 99]"),
    ("44 02 80 01", "multisession={grouping=true session_id=[Multiprotocol Extensions]}"),
    (
        "45 08 0001 01 01 0002 01 07",
        "add_path=[{afi=1 safi=1 send_receive=receive}, {afi=2 safi=1 send_receive=7}]",
    ),
    ("46 00", "enhanced_route_refresh=true"),
    (
        "47 07 0001 85 80 000168",
        "long_lived_graceful_restart=[{afi=1 safi=133 forwarding_state=true stale_time=360}]",
    ),
    ("48 01 00", "routing_policy_distribution=00"),
    ("49 08 02 6e31 04 6c616221", "fqdn={host_name=n1 domain_name=lab!}"),
    ("49 04 02 c3c3 00", "fqdn={host_name=c3c3 domain_name=}"),
    ("4a 00", "bfd_strict_mode=true"),
    ("4b 06 05 46525231 30", "software_version=FRR10"),
    ("4c 05 0001 01 0008", "paths_limit=[{afi=1 safi=1 limit=8}]"),
    ("4d 00", "link_local_next_hop=true"),
    ("80 00", "prestandard_route_refresh=true"),
    ("81 01 07", "prestandard_filtering_or_policy=07"),
    (
        "82 07 0001 00 01 01 80 03",
        "prestandard_outbound_route_filtering=[{afi=1 safi=1 types=[{type=128 \
         send_receive=both}]}]",
    ),
    ("83 01 00", "prestandard_multisession=00"),
    ("b8 01 00", "prestandard_fqdn=00"),
    ("b9 00", "prestandard_operational="),
    ("c8 02 ffee", "code=200 value=ffee"),
];

#[test]
fn every_capability_says_what_it_holds() {
    for (hex, want) in SAID {
        assert_eq!(said(hex), format!("{{{want}}}"), "{hex}");
    }
    for (code, name) in CapabilityCode::KNOWN {
        let is_it = |(hex, _): &&(&str, &str)| octets(hex).first() == Some(&code.0);
        assert!(SAID.iter().any(|row| is_it(&row)), "{name}");
    }
}

#[test]
fn a_value_of_another_length_stays_raw_and_says_why() {
    for (hex, what) in [
        ("01 03 000100", "AFI and SAFI"),
        ("01 05 0001 00 01 00", "Multiprotocol Extensions"),
        ("02 01 00", "capability value"),
        ("03 06 0001 00 01 01 40", "ORF types"),
        ("05 05 0001 0001 00", "Extended Next Hop Encoding"),
        ("07 02 0000", "BGPsec AFI"),
        ("08 05 0001 04 03 00", "AFI and SAFI"),
        ("09 00", "BGP Role"),
        ("40 01 00", "restart flags and time"),
        ("40 03 0000 01", "AFI and SAFI"),
        ("41 02 fde8", "4-octet AS number"),
        ("44 00", "Multisession flags"),
        ("45 07 0001 01 01 0002 01", "Send/Receive"),
        ("47 04 0001 01 80", "Long-lived family"),
        ("49 03 02 6e31", "Domain Name"),
        ("49 05 02 6e31 00 00", "FQDN"),
        ("4b 02 05 46", "Software Version"),
        ("4c 04 0001 01 00", "Paths Limit"),
    ] {
        let octets = octets(hex);
        let raw = RawCapability::parse(&mut Reader::new(&octets)).unwrap();
        assert_eq!(Capability::from(raw), Capability::Raw(raw), "{hex}");
        assert_eq!(raw.check().unwrap_err().what, what, "{hex}");
        assert!(said(hex).starts_with(&format!("{{code={} value=", raw.code)), "{hex}");
    }
}

#[test]
fn a_capability_that_runs_past_its_parameter_is_an_error() {
    for (octets, what) in [
        (&[65_u8][..], "capability length"),
        (&[65, 4, 0, 0, 0], "capability value"),
        (&[2, 0, 70], "capability length"),
    ] {
        let error = List::<RawCapability<'_>>::parse(Reader::new(octets)).unwrap_err();
        assert_eq!(error.what, what);
    }
}

/// Asks of an item that it is read as it was written, to its last octet.
macro_rules! kept {
    ($($item:expr;)+) => {$(
        let item = $item;
        let mut out = Vec::new();
        Item::encode(&item, &mut out);
        let mut r = Reader::new(&out);
        prop_assert_eq!(Item::parse(&mut r), Ok(item));
        prop_assert!(r.is_empty());
    )+};
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        (afi, safi, reserved, flags, wide, asn) in any::<(u16, u8, u8, u8, u16, u32)>(),
        codes in vec(any::<u8>(), 0..20),
        text in vec(any::<u8>(), 0..120),
    ) {
        let family = Family::new(afi, safi);
        let mode = SendReceive(flags);
        let support = Items::of(codes.iter().map(|c| OrfSupport { kind: OrfType(*c), mode }));
        let orf = OrfFamily { family, reserved, types: support.list().unwrap() };
        let orfs = Items::of([orf, orf]);
        let next_hops = Items::of(codes.iter().map(|c| {
            NextHopEncoding { nlri_afi: afi, nlri_safi: wide, next_hop_afi: u16::from(*c) }
        }));
        let labels = Items::of(codes.iter().map(|count| LabelCount { family, count: *count }));
        let restart = Items::of(codes.iter().map(|flags| RestartFamily { family, flags: *flags }));
        let stale_time = asn >> 8;
        let long = Items::of(
            codes.iter().map(|flags| LongLivedFamily { family, flags: *flags, stale_time }),
        );
        let paths = Items::of(codes.iter().map(|m| AddPath { family, mode: SendReceive(*m) }));
        let limits = Items::of([PathsLimit { family, limit: wide }]);
        let codes = Items::of(codes.iter().map(|c| CapabilityCode(*c)));
        kept! {
            Capability::Multiprotocol(Multiprotocol { family, reserved });
            Capability::RouteRefresh;
            Capability::OutboundRouteFiltering(orfs.list().unwrap());
            Capability::ExtendedNextHop(next_hops.list().unwrap());
            Capability::Bgpsec(Bgpsec { version_and_direction: flags, afi });
            Capability::MultipleLabels(labels.list().unwrap());
            Capability::Role(Role(flags));
            Capability::GracefulRestart(GracefulRestart {
                flags: flags >> 4,
                restart_time: wide >> 4,
                families: restart.list().unwrap(),
            });
            Capability::FourOctetAs(asn);
            Capability::Dynamic(codes.list().unwrap());
            Capability::Multisession(Multisession { flags, session_id: codes.list().unwrap() });
            Capability::AddPath(paths.list().unwrap());
            Capability::LongLivedGracefulRestart(long.list().unwrap());
            Capability::Fqdn(Fqdn { host_name: &text, domain_name: &text });
            Capability::SoftwareVersion(SoftwareVersion(&text));
            Capability::PathsLimit(limits.list().unwrap());
            Capability::PrestandardFqdn(Octets(&text));
            Capability::Raw(RawCapability { code: CapabilityCode(200), value: &text });
        }
    }

    #[test]
    fn any_value_of_any_code_is_written_as_it_was_read(
        code in prop_oneof![
            any::<u8>(),
            proptest::sample::select(CapabilityCode::KNOWN).prop_map(|(code, _)| code.0),
        ],
        value in prop_oneof![vec(any::<u8>(), 0..=255), vec(0..4_u8, 0..24)],
    ) {
        let raw = RawCapability { code: CapabilityCode(code), value: &value };
        let capability = Capability::from(raw);
        prop_assert_eq!(capability.code(), raw.code);
        prop_assert_eq!(Items::of([capability]), Items::of([raw]));
        prop_assert_eq!(matches!(capability, Capability::Raw(_)),
            raw.check().is_err() || raw.code.name().is_none());
        let said = Outline::of(|fields| capability.describe(fields));
        prop_assert!(said.len() <= 64 + 64 * value.len(), "{}", said);
    }
}
