//! Network Layer Reachability Information: one file per family, one row in the table below.
//!
//! A family describes each of its routes in neutral terms ([`Visit`]); no format ever names a
//! family. Families without a row are kept raw.

mod labeled;
mod unicast;
mod vpn;

use crate::wire::{Family, Prefix, Reader, RouteDistinguisher, WireError};

/// Receives the fields of one route. Formats take what they can print and ignore the rest.
pub trait Visit {
    /// Path identifier (RFC 7911 §3).
    fn path_id(&mut self, _id: u32) {}
    /// Route distinguisher (RFC 4364 §4.1).
    fn distinguisher(&mut self, _rd: RouteDistinguisher) {}
    /// A label stack entry's 20-bit label (RFC 8277 §2); of several the last call is the bottom
    /// one.
    fn label(&mut self, _label: u32) {}
    /// IP prefix.
    fn prefix(&mut self, _prefix: Prefix) {}
    /// All fields of a route were given; whether [`visit_all`] is to go on with the next one.
    fn end(&mut self) -> bool {
        true
    }
}

/// A visitor that wants nothing.
impl Visit for () {}

/// One route of a family, found at the front of the NLRI octets.
trait Nlri<'a>: Sized {
    /// Reads one route, without path identifier. Withdrawn routes carry one label field that need
    /// not end a stack (RFC 8277 §2.4).
    fn parse(r: &mut Reader<'a>, announced: bool) -> Result<Self, WireError>;

    /// Describes the route.
    fn visit<V: Visit>(&self, v: &mut V);

    /// Whether the route's prefix has bits set beyond its length.
    fn has_host_bits(&self) -> bool;

    /// How many routes `octets` hold, if they are sound and there is a faster way than reading each.
    #[inline]
    fn count(_octets: &[u8], _add_path: bool) -> Option<u32> {
        None
    }

    /// Visits routes at the front of `octets`, where there is a faster way than reading each: the
    /// octets of those that were visited, and whether [`Visit::end`] said that it is enough.
    #[inline]
    fn visit_front<V: Visit>(_octets: &[u8], _v: &mut V) -> (usize, bool) {
        (0, false)
    }

    /// Reads one route as [`Nlri::parse`] does, for nothing but whether it has host bits.
    #[inline]
    fn skip(r: &mut Reader<'a>, announced: bool) -> Result<bool, WireError> {
        Self::parse(r, announced).map(|route| route.has_host_bits())
    }
}

/// Declares the families: `(AFI, SAFI) => "name" module::Type,` is one row.
macro_rules! families {
    ($( ($afi:literal, $safi:literal) => $name:literal $ty:ty, )+) => {
        /// Every family that is decoded, with the name that its documents use.
        pub const FAMILIES: &[(Family, &str)] = &[$( (Family { afi: $afi, safi: $safi }, $name) ),+];

        /// Whether the routes of `family` are decoded (or kept raw).
        #[must_use]
        pub fn is_decoded(family: Family) -> bool {
            matches!((family.afi, family.safi), $( ($afi, $safi) )|+)
        }

        /// Reads one route of `family` and describes it to `v`.
        ///
        /// # Errors
        /// The route is malformed, or the family is not one of [`FAMILIES`]. Nothing was described.
        #[inline]
        pub fn read_one<V: Visit>(
            family: Family, add_path: bool, announced: bool, r: &mut Reader<'_>, v: &mut V,
        ) -> Result<(), WireError> {
            match (family.afi, family.safi) {
                $( ($afi, $safi) => one::<$ty, V>(add_path, announced, r, v), )+
                _ => Err(WireError::invalid("address family", r.offset(), raw_family(family))),
            }
        }

        /// Reads the routes of `family` and describes each to `v`, until there is none left or
        /// [`Visit::end`] says that it is enough. Returns the octets of the routes that were
        /// described.
        ///
        /// # Errors
        /// A route is malformed, or the family is not one of [`FAMILIES`]. The routes before it
        /// were described.
        #[inline]
        pub fn visit_all<V: Visit>(
            family: Family, add_path: bool, announced: bool, octets: &[u8], v: &mut V,
        ) -> Result<usize, WireError> {
            match (family.afi, family.safi) {
                $( ($afi, $safi) => all::<$ty, V>(add_path, announced, octets, v), )+
                _ => Err(WireError::invalid("address family", 0, raw_family(family))),
            }
        }

        /// How many routes `octets` hold, if there is a faster way than [`scan`] to see that they
        /// are sound; `None` says nothing.
        #[inline]
        #[must_use]
        pub fn count(family: Family, add_path: bool, octets: &[u8]) -> Option<u32> {
            match (family.afi, family.safi) {
                $( ($afi, $safi) => <$ty>::count(octets, add_path), )+
                _ => None,
            }
        }

        /// Reads every route of an NLRI list without describing any.
        #[must_use]
        pub fn scan(family: Family, add_path: bool, announced: bool, octets: Reader<'_>) -> Scan {
            match (family.afi, family.safi) {
                $( ($afi, $safi) => scan_all::<$ty>(add_path, announced, octets), )+
                _ => Scan { used: octets.len(), count: 0, host_bits: false, error: None },
            }
        }
    };
}

families! {
    (1, 1) => "IPv4 unicast" unicast::Ipv4,
    (1, 4) => "IPv4 labeled unicast" labeled::Ipv4,
    (1, 128) => "IPv4 VPN" vpn::Ipv4,
    (2, 1) => "IPv6 unicast" unicast::Ipv6,
    (2, 4) => "IPv6 labeled unicast" labeled::Ipv6,
    (2, 128) => "IPv6 VPN" vpn::Ipv6,
}

/// What [`scan`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scan {
    /// Octets of the well-formed routes at the front.
    pub used: usize,
    /// How many those are; 0 for a family that is kept raw.
    pub count: u32,
    /// Whether one of them has bits set beyond its prefix length.
    pub host_bits: bool,
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

#[inline]
fn one<'a, N: Nlri<'a>, V: Visit>(
    add_path: bool,
    announced: bool,
    r: &mut Reader<'a>,
    v: &mut V,
) -> Result<(), WireError> {
    let id = if add_path { Some(r.u32("path identifier")?) } else { None };
    let route = N::parse(r, announced)?;
    if let Some(id) = id {
        v.path_id(id);
    }
    route.visit(v);
    Ok(())
}

#[inline]
fn all<'a, N: Nlri<'a>, V: Visit>(
    add_path: bool,
    announced: bool,
    octets: &'a [u8],
    v: &mut V,
) -> Result<usize, WireError> {
    let mut r = Reader::new(octets);
    if !add_path {
        let (used, enough) = N::visit_front(octets, v);
        if enough || used == octets.len() {
            return Ok(used);
        }
        r = Reader::at(octets.get(used..).unwrap_or_default(), used);
    }
    while !r.is_empty() {
        one::<N, V>(add_path, announced, &mut r, v)?;
        if !v.end() {
            break;
        }
    }
    Ok(r.offset())
}

fn scan_all<'a, N: Nlri<'a>>(add_path: bool, announced: bool, octets: Reader<'a>) -> Scan {
    let begin = octets.offset();
    let mut r = octets;
    let mut scan = Scan { used: 0, count: 0, host_bits: false, error: None };
    while !r.is_empty() {
        let route = match add_path {
            true => r.u32("path identifier").and_then(|_| N::skip(&mut r, announced)),
            false => N::skip(&mut r, announced),
        };
        match route {
            Ok(host_bits) => {
                scan.count += 1;
                scan.host_bits |= host_bits;
                scan.used = r.offset() - begin;
            }
            Err(e) => {
                scan.error = Some(e);
                break;
            }
        }
    }
    scan
}

/// Reads what stands in front of an NLRI of `family` up to its length, and gives the octets that
/// follow. That much is known of more families than are decoded: enough to tell their NLRI apart.
///
/// # Errors
/// It is cut short, or nothing is known of the family.
pub fn read_length(family: Family, r: &mut Reader<'_>) -> Result<usize, WireError> {
    Ok(match (family.afi, family.safi) {
        // A length in bits: unicast, multicast, labeled unicast, VPN, route target.
        (1 | 2, 1 | 2 | 4 | 128 | 129 | 132) => usize::from(r.u8("NLRI length")?).div_ceil(8),
        // Flow specification: a length in octets, of one or two octets (RFC 8955 §4.1).
        (1 | 2, 133 | 134) => match r.u8("NLRI length")? {
            high @ 0xf0.. => usize::from(high & 0x0f) << 8 | usize::from(r.u8("NLRI length")?),
            len => usize::from(len),
        },
        // EVPN and multicast VPN: type and length in octets.
        (25, 70) | (1 | 2, 5) => {
            r.u8("route type")?;
            usize::from(r.u8("NLRI length")?)
        }
        // BGP-LS: the same with two octets each.
        (16388, 71 | 72) => {
            r.u16("NLRI type")?;
            usize::from(r.u16("NLRI length")?)
        }
        _ => {
            let what = "AFI/SAFI whose NLRI have a known length";
            return Err(WireError::invalid(what, r.offset(), raw_family(family)));
        }
    })
}

fn raw_family(family: Family) -> u64 {
    u64::from(family.afi) << 8 | u64::from(family.safi)
}

/// Reads the octets of a prefix of `bits` bits.
#[inline]
fn prefix_octets<const N: usize>(
    r: &mut Reader<'_>,
    bits: u8,
    at: usize,
) -> Result<[u8; N], WireError> {
    if usize::from(bits) > N * 8 {
        return Err(WireError::invalid("prefix length", at, bits.into()));
    }
    let len = usize::from(bits).div_ceil(8);
    let mut address = [0; N];
    // A masked copy of fixed size stays in registers; one of `len` octets is a call.
    if let (4, Some(all)) = (N, r.peek().first_chunk::<4>()) {
        r.take("prefix", len)?;
        let keep = u32::MAX.checked_shl(32 - 8 * len as u32).unwrap_or(0);
        address.copy_from_slice(&(u32::from_be_bytes(*all) & keep).to_be_bytes()[..N.min(4)]);
    } else if let (16, Some(all)) = (N, r.peek().first_chunk::<16>()) {
        r.take("prefix", len)?;
        let keep = u128::MAX.checked_shl(128 - 8 * len as u32).unwrap_or(0);
        address.copy_from_slice(&(u128::from_be_bytes(*all) & keep).to_be_bytes()[..N.min(16)]);
    } else {
        let octets = r.take("prefix", len)?;
        address[..octets.len()].copy_from_slice(octets);
    }
    Ok(address)
}

/// Reads a label stack off the front of an NLRI of `bits` bits; returns the bits that are left and
/// the last label (20 bits).
///
/// A label field of 0x800000 or 0x000000 ends the stack even without the bottom-of-stack bit: the
/// first is the withdrawal value of RFC 3107, the second is what FRR sends for "no label yet".
#[inline]
fn label_stack(r: &mut Reader<'_>, mut bits: u8, announced: bool) -> Result<(u8, u32), WireError> {
    loop {
        let at = r.offset();
        let Some(left) = bits.checked_sub(24) else {
            return Err(WireError::invalid("prefix length with labels", at, bits.into()));
        };
        bits = left;
        let [a, b, c] = r.array("label")?;
        let field = u32::from_be_bytes([0, a, b, c]);
        if field & 1 == 1 || !announced || field == 0x80_0000 || field == 0 {
            return Ok((bits, field >> 4));
        }
    }
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
        let s = scan(Family::new(25, 70), false, true, Reader::new(&bytes));
        assert_eq!((s.used, s.count, s.fits()), (10, 0, true), "a raw family is one piece");
    }

    #[test]
    fn a_count_is_what_a_scan_finds_or_nothing() {
        for family in FAMILIES.iter().map(|(family, _)| *family).chain([Family::new(25, 70)]) {
            for bits in 0..=255u8 {
                for len in 0..20 {
                    let route = [&[bits][..], &vec![0x81; len]].concat();
                    for octets in [route.clone(), [&[8, 10][..], &route].concat()] {
                        for add_path in [false, true] {
                            let scan = scan(family, add_path, true, Reader::new(&octets));
                            let sound = scan.fits().then_some(scan.count);
                            let counted = count(family, add_path, &octets);
                            let fast = matches!((family.afi, family.safi), (1 | 2, 1));
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
        let parsed = N::parse(&mut a, announced).map(|route| route.has_host_bits());
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
        let family = Family::IPV4_UNICAST;
        for bits in 0..=40u8 {
            for len in 0..12 {
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
        for (family, name) in FAMILIES {
            assert!(is_decoded(*family), "{name}");
            for seed in 0..2000u32 {
                let bytes: Vec<u8> = (0..seed % 40)
                    .map(|i| (seed.wrapping_mul(2_654_435_761) >> (i % 24)) as u8)
                    .collect();
                for (add_path, announced) in [(false, true), (true, true), (false, false)] {
                    let s = scan(*family, add_path, announced, Reader::new(&bytes));
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
            let (family, _) = FAMILIES[row];
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
