//! Network Layer Reachability Information: one file per family, one row in the table below.
//!
//! A family describes each of its routes in neutral terms ([`Visit`], [`Nlri::describe`]); no
//! format ever names a family. Families without a row are kept raw, and so are, inside those with
//! one, the types of routes that nobody here knows.
//!
//! After a new row help, man pages and the manual's table are behind:
//! `UPDATE_SNAPSHOTS=1 RIBCAGE_BLESS=1 cargo test --test tests -- cli::snapshots manual tuning`.

mod prefix;
#[cfg(test)]
pub(crate) mod testing;
mod walk;

pub use prefix::LabelStack;

use crate::wire::{Family, Fields, Prefix, Reader, RouteDistinguisher, WireError};

/// Receives the fields of one route. Formats take what they can print and ignore the rest.
pub trait Visit {
    /// Path identifier (RFC 7911 §3).
    fn path_id(&mut self, _id: u32) {}
    /// Route distinguisher (RFC 4364 §4.1).
    fn distinguisher(&mut self, _rd: RouteDistinguisher) {}
    /// A label stack's bottom label, 20 bits (RFC 8277 §2).
    fn label(&mut self, _label: u32) {}
    /// IP prefix, of routes that are one with or without a label and a distinguisher.
    fn prefix(&mut self, _prefix: Prefix) {}
    /// All but the distinguisher of a route that is more than that; `describe` says it.
    fn route(&mut self, _describe: &dyn Fn(&mut dyn Fields)) {}
    /// All fields of a route were given; whether [`visit_all`] is to go on with the next one.
    fn end(&mut self) -> bool {
        true
    }
    /// A route that is a prefix and nothing else: [`Visit::prefix`] and [`Visit::end`] in one, for
    /// visitors that would keep the prefix from the one to the other.
    #[inline]
    fn sole_prefix(&mut self, prefix: Prefix) -> bool {
        self.prefix(prefix);
        self.end()
    }
}

/// A visitor that wants nothing.
impl Visit for () {}

/// One route of a family, without its path identifier.
pub trait Nlri<'a>: Sized {
    /// Whether its lists are so many that each visitor has a walk over them of its own; those of
    /// the other families share one.
    const HOT: bool = false;

    /// Reads a route off the front. Withdrawn routes may have other rules (RFC 8277 §2.4).
    ///
    /// # Errors
    /// It is malformed: where the next one begins cannot be told, or need not be.
    fn parse(r: &mut Reader<'a>, announced: bool) -> Result<Self, WireError>;

    /// Appends its octets: the inverse of [`Nlri::parse`]. What parsing never gives, such as a
    /// prefix longer than its address, is written somehow and need not be a route.
    fn encode(&self, out: &mut Vec<u8>);

    /// Its route distinguisher, where it has one.
    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        None
    }

    /// Says what it holds besides its distinguisher, in the terms of its standard: names that no
    /// path attribute has in any format (a test holds that none is said twice).
    fn describe(&self, fields: &mut dyn Fields);

    /// Hands it to a visitor, all but [`Visit::end`].
    #[inline]
    fn visit<V: Visit + ?Sized>(&self, v: &mut V) {
        if let Some(rd) = self.distinguisher() {
            v.distinguisher(rd);
        }
        v.route(&|fields| self.describe(fields));
    }

    /// Appends the `index`-th example of a route: sound, announced or withdrawn, of each type of
    /// route in turn, and different from those of other indexes below 2²⁴. Tests and the load
    /// generator use these.
    fn example(index: u32, out: &mut Vec<u8>);

    /// Appends the path attributes that the `index`-th example needs besides ORIGIN, AS_PATH and a
    /// next hop, in order of their codes.
    fn example_attributes(_index: u32, _out: &mut Vec<u8>) {}

    /// Whether it is what octets often look like that are something else: of a type that nobody
    /// knows, or with bits set beyond the length of its prefix, which routers send as zero. That
    /// speaks against a way of reading that might be the wrong one.
    fn is_doubtful(&self) -> bool {
        false
    }

    /// How many routes `octets` hold, if they are sound and there is a faster way than reading
    /// each.
    #[inline]
    fn count(_octets: &[u8], _add_path: bool) -> Option<u32> {
        None
    }

    /// Visits routes at the front of `octets`, where there is a faster way than reading each: the
    /// octets of those that were visited, and whether [`Visit::end`] said that it is enough.
    #[inline]
    fn visit_front<V: Visit + ?Sized>(_octets: &[u8], _v: &mut V) -> (usize, bool) {
        (0, false)
    }

    /// Reads one route as [`Nlri::parse`] does, for nothing but whether it is doubtful.
    #[inline]
    fn skip(r: &mut Reader<'a>, announced: bool) -> Result<bool, WireError> {
        Self::parse(r, announced).map(|route| route.is_doubtful())
    }
}

/// Declares the families: `module { (AFI, SAFI) => "name" "key" [octets of next hops] Type; }` is one
/// row, or several where one layout serves several families. The name is the registry's, the key is
/// for command lines; without lengths any next hop will do.
macro_rules! families {
    ($( $module:ident {
        $( ($afi:literal, $safi:literal) => $name:literal $key:literal $next_hops:tt $ty:ty; )+
    } )+) => {
        $( pub mod $module; )+

        /// Every family that is decoded.
        pub const FAMILIES: &[Known] = &[
            $( $( Known {
                family: Family { afi: $afi, safi: $safi },
                name: $name,
                key: $key,
                next_hops: &$next_hops,
            }, )+ )+
        ];

        /// The lengths that the next hop of `family` may have, octets (RFC 7606 §7.11); nothing
        /// where any will do.
        #[must_use]
        pub fn next_hops(family: Family) -> Option<&'static [usize]> {
            let lengths: &'static [usize] = match (family.afi, family.safi) {
                $( $( ($afi, $safi) => &$next_hops, )+ )+
                _ => &[],
            };
            (!lengths.is_empty()).then_some(lengths)
        }

        /// Whether the routes of `family` are decoded (or kept raw).
        #[inline]
        #[must_use]
        pub fn is_decoded(family: Family) -> bool {
            matches!((family.afi, family.safi), $( $( ($afi, $safi) )|+ )|+)
        }

        /// Reads one route of `family` and hands it to `v`.
        ///
        /// # Errors
        /// The route is malformed, or the family is not one of [`FAMILIES`]. Nothing was said.
        #[inline]
        pub fn read_one<V: Visit>(
            family: Family, add_path: bool, announced: bool, r: &mut Reader<'_>, v: &mut V,
        ) -> Result<(), WireError> {
            match (family.afi, family.safi) {
                $( $( ($afi, $safi) if <$ty>::HOT => {
                    walk::one::<$ty, V>(add_path, announced, r, v)
                } )+ )+
                $( $( ($afi, $safi) => walk::one::<$ty, dyn Visit>(add_path, announced, r, v), )+ )+
                _ => Err(raw(family, r.offset())),
            }
        }

        /// Reads the routes of `family` and hands each to `v`, until there is none left or
        /// [`Visit::end`] says that it is enough. Returns the octets of the routes that were
        /// handed over.
        ///
        /// # Errors
        /// A route is malformed, or the family is not one of [`FAMILIES`]. The routes before it
        /// were handed over.
        #[inline]
        pub fn visit_all<V: Visit>(
            family: Family, add_path: bool, announced: bool, octets: &[u8], v: &mut V,
        ) -> Result<usize, WireError> {
            match (family.afi, family.safi) {
                $( $( ($afi, $safi) if <$ty>::HOT => {
                    walk::all::<$ty, V>(add_path, announced, octets, v)
                } )+ )+
                $( $( ($afi, $safi) => {
                    walk::all::<$ty, dyn Visit>(add_path, announced, octets, v)
                } )+ )+
                _ => Err(raw(family, 0)),
            }
        }

        /// Reads one route of `family` and says all that it holds: path identifier,
        /// distinguisher, and the rest in the terms of its standard.
        ///
        /// # Errors
        /// As [`read_one`].
        pub fn describe_one(
            family: Family,
            add_path: bool,
            announced: bool,
            r: &mut Reader<'_>,
            fields: &mut dyn Fields,
        ) -> Result<(), WireError> {
            match (family.afi, family.safi) {
                $( $( ($afi, $safi) => walk::describe::<$ty>(add_path, announced, r, fields), )+ )+
                _ => Err(raw(family, r.offset())),
            }
        }

        /// Reads one route of `family` and appends it as its type writes it.
        ///
        /// # Errors
        /// As [`read_one`]. Nothing was appended.
        pub fn rewrite_one(
            family: Family, add_path: bool, announced: bool, r: &mut Reader<'_>, out: &mut Vec<u8>,
        ) -> Result<(), WireError> {
            match (family.afi, family.safi) {
                $( $( ($afi, $safi) => walk::rewrite::<$ty>(add_path, announced, r, out), )+ )+
                _ => Err(raw(family, r.offset())),
            }
        }

        /// How many routes `octets` hold, if there is a faster way than [`scan`] to see that they
        /// are sound; `None` says nothing.
        #[inline]
        #[must_use]
        pub fn count(family: Family, add_path: bool, octets: &[u8]) -> Option<u32> {
            match (family.afi, family.safi) {
                $( $( ($afi, $safi) => <$ty>::count(octets, add_path), )+ )+
                _ => None,
            }
        }

        /// Reads every route of an NLRI list and hands none to anybody.
        #[must_use]
        pub fn scan(family: Family, add_path: bool, announced: bool, octets: Reader<'_>) -> Scan {
            match (family.afi, family.safi) {
                $( $( ($afi, $safi) => walk::scan::<$ty>(add_path, announced, octets), )+ )+
                _ => Scan { used: octets.len(), count: 0, doubtful: false, error: None },
            }
        }

        /// Appends the `index`-th example of a route of `family`, without path identifier; nothing
        /// of a family that is kept raw. See [`Nlri::example`].
        pub fn example(family: Family, index: u32, out: &mut Vec<u8>) {
            match (family.afi, family.safi) {
                $( $( ($afi, $safi) => <$ty>::example(index, out), )+ )+
                _ => {}
            }
        }

        /// Appends the path attributes that this example needs besides ORIGIN, AS_PATH and a next
        /// hop. See [`Nlri::example_attributes`].
        pub fn example_attributes(family: Family, index: u32, out: &mut Vec<u8>) {
            match (family.afi, family.safi) {
                $( $( ($afi, $safi) => <$ty>::example_attributes(index, out), )+ )+
                _ => {}
            }
        }
    };
}

// Next hops: RFC 4760, 2545 and 8950, the last of which lets IPv4 routes have IPv6 next hops; with
// the distinguisher of VPN families RFC 4364 and 4659. RFC 5549, before RFC 8950, had none there.
// Of MCAST-VPN they are a PE's address (RFC 6515); one with a distinguisher is taken, too.
families! {
    unicast {
        (1, 1) => "IPv4 unicast" "ipv4" [4, 16, 32] unicast::Ipv4;
        (1, 2) => "IPv4 multicast" "ipv4-multicast" [4, 16, 32] unicast::Ipv4;
        (2, 1) => "IPv6 unicast" "ipv6" [16, 32] unicast::Ipv6;
        (2, 2) => "IPv6 multicast" "ipv6-multicast" [16, 32] unicast::Ipv6;
    }
    labeled {
        (1, 4) => "IPv4 labeled unicast" "ipv4-labeled" [4, 16, 32] labeled::Ipv4<'_>;
        (2, 4) => "IPv6 labeled unicast" "ipv6-labeled" [16, 32] labeled::Ipv6<'_>;
    }
    vpn {
        (1, 128) => "IPv4 VPN" "ipv4-vpn" [12, 16, 24, 32, 48] vpn::Ipv4<'_>;
        (1, 129) => "IPv4 VPN multicast" "ipv4-vpn-multicast"
            [4, 12, 16, 24, 32, 48] vpn::Ipv4Multicast;
        (2, 128) => "IPv6 VPN" "ipv6-vpn" [24, 48] vpn::Ipv6<'_>;
        (2, 129) => "IPv6 VPN multicast" "ipv6-vpn-multicast" [16, 24, 32, 48] vpn::Ipv6Multicast;
    }
    mcast_vpn {
        (1, 5) => "IPv4 MCAST-VPN" "ipv4-mvpn" [4, 12, 16, 24, 32] mcast_vpn::Ipv4<'_>;
        (2, 5) => "IPv6 MCAST-VPN" "ipv6-mvpn" [4, 12, 16, 24, 32] mcast_vpn::Ipv6<'_>;
    }
    mdt {
        (1, 66) => "MDT" "mdt" [] mdt::Mdt;
    }
    route_target {
        (1, 132) => "RTC" "rtc" [4, 16, 32] route_target::RouteTargetMembership<'_>;
    }
    evpn {
        (25, 70) => "L2VPN EVPN" "evpn" [4, 16, 32] evpn::Evpn<'_>;
    }
    vpls {
        (25, 65) => "VPLS" "vpls" [4, 16] vpls::Vpls<'_>;
    }
    mspw {
        (25, 6) => "multi-segment pseudowires" "mspw" [4, 16] mspw::Mspw;
    }
    flow_spec {
        (1, 133) => "IPv4 flow specification" "ipv4-flowspec" [] flow_spec::Ipv4<'_>;
        (1, 134) => "IPv4 VPN flow specification" "ipv4-vpn-flowspec" [] flow_spec::Ipv4Vpn<'_>;
        (2, 133) => "IPv6 flow specification" "ipv6-flowspec" [] flow_spec::Ipv6<'_>;
        (2, 134) => "IPv6 VPN flow specification" "ipv6-vpn-flowspec" [] flow_spec::Ipv6Vpn<'_>;
        (25, 133) => "L2VPN flow specification" "l2vpn-flowspec" [] flow_spec::L2<'_>;
        (25, 134) => "L2VPN VPN flow specification" "l2vpn-vpn-flowspec" [] flow_spec::L2Vpn<'_>;
    }
    bgp_ls {
        (16388, 71) => "BGP-LS" "bgp-ls" [4, 16, 32] bgp_ls::LinkState<'_>;
        (16388, 72) => "BGP-LS VPN" "bgp-ls-vpn" [4, 12, 16, 24, 32, 48] bgp_ls::Vpn<'_>;
        (16388, 80) => "BGP-LS SPF" "bgp-ls-spf" [4, 16, 32] bgp_ls::Spf<'_>;
    }
    sr_policy {
        (1, 73) => "IPv4 SR Policy" "ipv4-sr-policy" [4, 16, 32] sr_policy::Ipv4;
        (2, 73) => "IPv6 SR Policy" "ipv6-sr-policy" [4, 16, 32] sr_policy::Ipv6;
    }
    mup {
        (1, 85) => "IPv4 MUP" "ipv4-mup" [4, 16, 32] mup::Ipv4<'_>;
        (2, 85) => "IPv6 MUP" "ipv6-mup" [4, 16, 32] mup::Ipv6<'_>;
    }
    car {
        (1, 83) => "IPv4 CAR" "ipv4-car" [4, 16, 32] car::Ipv4<'_>;
        (1, 84) => "IPv4 VPN CAR" "ipv4-vpn-car" [4, 12, 16, 24, 32, 48] car::VpnIpv4<'_>;
        (2, 83) => "IPv6 CAR" "ipv6-car" [4, 16, 32] car::Ipv6<'_>;
        (2, 84) => "IPv6 VPN CAR" "ipv6-vpn-car" [4, 12, 16, 24, 32, 48] car::VpnIpv6<'_>;
    }
    classful_transport {
        (1, 76) => "IPv4 classful transport" "ipv4-classful-transport"
            [4, 12, 16, 24, 32, 48] classful_transport::Ipv4<'_>;
        (2, 76) => "IPv6 classful transport" "ipv6-classful-transport"
            [4, 12, 16, 24, 32, 48] classful_transport::Ipv6<'_>;
    }
    sd_wan {
        (1, 74) => "IPv4 SD-WAN" "ipv4-sd-wan" [] sd_wan::Ipv4<'_>;
        (2, 74) => "IPv6 SD-WAN" "ipv6-sd-wan" [] sd_wan::Ipv6<'_>;
    }
    tunnel_encapsulation {
        (1, 7) => "IPv4 Encapsulation" "ipv4-encapsulation" [4, 16, 32] tunnel_encapsulation::Ipv4;
        (1, 64) => "IPv4 Tunnel" "ipv4-tunnel" [4, 16, 32] tunnel_encapsulation::Ipv4Tunnel;
        (2, 7) => "IPv6 Encapsulation" "ipv6-encapsulation" [4, 16, 32] tunnel_encapsulation::Ipv6;
        (2, 64) => "IPv6 Tunnel" "ipv6-tunnel" [4, 16, 32] tunnel_encapsulation::Ipv6Tunnel;
    }
    opaque {
        (16397, 241) => "opaque" "opaque" [] opaque::Opaque<'_>;
    }
}

/// A family that is decoded: a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The family.
    pub family: Family,
    /// The name that its documents use.
    pub name: &'static str,
    /// The word for it on command lines.
    pub key: &'static str,
    /// Octets that its next hop may have (RFC 7606 §7.11); empty where any will do.
    pub next_hops: &'static [usize],
}

/// What [`scan`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scan {
    /// Octets of the well-formed routes at the front.
    pub used: usize,
    /// How many those are; 0 for a family that is kept raw.
    pub count: u32,
    /// Whether one of them [is doubtful](Nlri::is_doubtful).
    pub doubtful: bool,
    /// What is wrong with the one after them.
    pub error: Option<WireError>,
}

impl Scan {
    /// Whether the list was read to its last octet.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.error.is_none()
    }
}

fn raw(family: Family, at: usize) -> WireError {
    WireError::invalid("address family", at, number(family))
}

fn number(family: Family) -> u64 {
    u64::from(family.afi) << 8 | u64::from(family.safi)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Default, Debug, PartialEq)]
    struct Seen(Vec<String>);
    impl Visit for Seen {
        fn path_id(&mut self, id: u32) {
            self.0.push(format!("id {id}"));
        }
        fn distinguisher(&mut self, rd: RouteDistinguisher) {
            self.0.push(format!("rd {rd}"));
        }
        fn label(&mut self, label: u32) {
            self.0.push(format!("label {label}"));
        }
        fn prefix(&mut self, prefix: Prefix) {
            self.0.push(prefix.to_string());
        }
    }

    fn see(family: Family, add_path: bool, announced: bool, bytes: &[u8]) -> Vec<String> {
        let mut r = Reader::new(bytes);
        let mut seen = Seen::default();
        while !r.is_empty() {
            read_one(family, add_path, announced, &mut r, &mut seen).unwrap();
        }
        seen.0
    }

    #[test]
    fn every_family_describes_its_routes() {
        assert_eq!(
            see(Family::IPV4_UNICAST, false, true, &[24, 192, 0, 2, 0]),
            ["192.0.2.0/24", "0.0.0.0/0"]
        );
        assert_eq!(
            see(Family::IPV4_UNICAST, true, true, &[0, 0, 0, 7, 8, 10]),
            ["id 7", "10.0.0.0/8"]
        );
        assert_eq!(
            see(Family::IPV6_UNICAST, false, true, &[32, 0x20, 1, 0xd, 0xb8]),
            ["2001:db8::/32"]
        );
        assert_eq!(
            see(Family::IPV4_LABELED, false, true, &[32, 0, 1, 0x41, 10]),
            ["label 20", "10.0.0.0/8"]
        );
        let vpn = [112, 0, 1, 0x41, 0, 0, 0xfd, 0xe9, 0, 0, 0, 5, 10, 1, 2];
        assert_eq!(
            see(Family::IPV4_VPN, false, true, &vpn),
            ["label 20", "rd 0:65001:5", "10.1.2.0/24"]
        );
    }

    #[test]
    fn of_two_labels_the_bottom_one_is_described() {
        let two = [56, 0, 1, 0x40, 0, 2, 0x01, 10];
        assert_eq!(see(Family::IPV4_LABELED, false, true, &two), ["label 32", "10.0.0.0/8"]);
    }

    #[test]
    fn a_withdrawn_route_has_one_label_field_whatever_it_holds() {
        assert_eq!(
            see(Family::IPV4_LABELED, false, false, &[32, 0x80, 0, 0, 10]),
            ["label 524288", "10.0.0.0/8"]
        );
        assert_eq!(
            see(Family::IPV4_LABELED, false, false, &[32, 0, 1, 0x40, 10]),
            ["label 20", "10.0.0.0/8"]
        );
    }

    #[test]
    fn a_scan_stops_at_the_malformed_route_and_keeps_those_before() {
        let bytes = [24, 192, 0, 2, 33, 1, 2, 3, 4, 5];
        let s = scan(Family::IPV4_UNICAST, false, true, Reader::at(&bytes, 50));
        assert_eq!((s.used, s.count, s.fits()), (4, 1, false));
        assert_eq!(s.error.unwrap().offset, 54);
        let s = scan(Family::new(9, 9), false, true, Reader::new(&bytes));
        assert_eq!((s.used, s.count, s.fits()), (10, 0, true), "a raw family is one piece");
    }

    #[test]
    fn a_count_is_what_a_scan_finds_or_nothing() {
        for family in FAMILIES.iter().map(|known| known.family).chain([Family::new(9, 9)]) {
            for bits in 0..=255u8 {
                for len in 0..20 {
                    let route = [&[bits][..], &vec![0x81; len]].concat();
                    for octets in [route.clone(), [&[8, 10][..], &route].concat()] {
                        for add_path in [false, true] {
                            let scan = scan(family, add_path, true, Reader::new(&octets));
                            let sound = scan.fits().then_some(scan.count);
                            let counted = count(family, add_path, &octets);
                            let fast = matches!((family.afi, family.safi), (1 | 2, 1 | 2));
                            assert_eq!(counted, sound.filter(|_| fast), "{family} {octets:?}");
                        }
                    }
                }
            }
        }
    }

    /// Skipping and parsing must agree about every octet string.
    fn same<'a, N: Nlri<'a>>(bytes: &'a [u8], announced: bool) {
        let (mut a, mut b) = (Reader::at(bytes, 7), Reader::at(bytes, 7));
        let parsed = N::parse(&mut a, announced).map(|route| route.is_doubtful());
        assert_eq!(N::skip(&mut b, announced), parsed, "{bytes:?}");
        assert_eq!((a.offset(), a.peek()), (b.offset(), b.peek()), "{bytes:?}");
    }

    #[test]
    fn skipping_a_route_finds_what_parsing_it_does() {
        for bits in 0..=255u8 {
            for len in 0..20 {
                let mut bytes = vec![0xa5; len];
                bytes.insert(0, bits);
                same::<unicast::Ipv4>(&bytes, true);
                same::<unicast::Ipv6>(&bytes, true);
                bytes.iter_mut().skip(1).for_each(|b| *b = 0x80);
                same::<unicast::Ipv4>(&bytes, false);
                same::<unicast::Ipv6>(&bytes, false);
            }
        }
    }

    #[test]
    fn visiting_all_routes_gives_what_reading_each_does() {
        let cases = [(Family::IPV4_UNICAST, 40_u8, 12), (Family::IPV6_UNICAST, 140, 40)];
        for (family, most, longest) in cases {
            for (bits, len) in (0..=most).flat_map(|bits| (0..longest).map(move |len| (bits, len)))
            {
                let octets = [&[12, 0xac, 0x1f, bits][..], &vec![0xa5; len]].concat();
                let (mut all, mut each) = (Seen::default(), Seen::default());
                let visited = visit_all(family, false, true, &octets, &mut all);
                let mut left = Reader::new(&octets);
                let wrong = loop {
                    if left.is_empty() {
                        break None;
                    }
                    if let Err(e) = read_one(family, false, true, &mut left, &mut each) {
                        break Some(e);
                    }
                };
                assert_eq!(all, each, "{octets:?}");
                assert_eq!(visited.as_ref().ok(), wrong.is_none().then_some(&octets.len()));
                assert_eq!(visited.err(), wrong, "{octets:?}");
            }
        }
    }

    #[test]
    fn octets_behind_a_prefix_are_no_part_of_its_address() {
        for behind in 0..20 {
            let bytes = [&[20, 0xac, 0x10, 0xf0][..], &vec![0xee; behind]].concat();
            let mut seen = Seen::default();
            let mut r = Reader::new(&bytes);
            read_one(Family::IPV4_UNICAST, false, true, &mut r, &mut seen).unwrap();
            assert_eq!((seen.0, r.len()), (vec!["172.16.240.0/20".to_owned()], behind));
            let mut seen = Seen::default();
            let mut r = Reader::new(&bytes);
            read_one(Family::IPV6_UNICAST, false, true, &mut r, &mut seen).unwrap();
            assert_eq!((seen.0, r.len()), (vec!["ac10:f000::/20".to_owned()], behind));
        }
    }

    #[test]
    fn every_row_is_decoded_and_no_octets_panic() {
        for known in FAMILIES {
            let family = known.family;
            assert!(is_decoded(family), "{}", known.name);
            for seed in 0..2000u32 {
                let bytes: Vec<u8> = (0..seed % 40)
                    .map(|i| (seed.wrapping_mul(2_654_435_761) >> (i % 24)) as u8)
                    .collect();
                for (add_path, announced) in [(false, true), (true, true), (false, false)] {
                    let s = scan(family, add_path, announced, Reader::new(&bytes));
                    assert!(s.used <= bytes.len());
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn what_a_scan_finds_is_what_reading_one_by_one_finds(
            octets in proptest::collection::vec(0..=255_u8, 0..120),
            row in 0..FAMILIES.len(),
            add_path: bool,
            announced: bool,
        ) {
            let family = FAMILIES[row].family;
            let s = scan(family, add_path, announced, Reader::new(&octets));
            proptest::prop_assert_eq!(s.fits(), s.used == octets.len());
            let mut r = Reader::new(&octets);
            for _ in 0..s.count {
                read_one(family, add_path, announced, &mut r, &mut ()).unwrap();
            }
            proptest::prop_assert_eq!(r.offset(), s.used);
            if !s.fits() {
                let error = read_one(family, add_path, announced, &mut r, &mut ());
                proptest::prop_assert_eq!(error.err(), s.error);
            }
        }
    }
}
