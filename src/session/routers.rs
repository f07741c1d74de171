//! What the operator has written down of routers, and how a router is found among it: by its
//! address when it connects, by its sysName once its Initiation is there, by its BGP Identifier
//! once a Peer Up shows the OPEN that it has sent.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::bgp::AsWidth;
use crate::bmp::COMMON_HEADER_LEN;
use crate::bmp::msg::initiation::Initiation;
use crate::bmp::v4::{Dialect, Profile};
use crate::record::{Marks, SYS_NAME_MAX};
use crate::wire::{Prefix, Reader};

/// What holds for a router whatever its OPENs say: for those whose Peer Ups do not tell the truth.
/// Octets that can only be read the other way are read the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overrides {
    /// NLRI carry path identifiers (RFC 7911), or none do.
    pub add_path: Option<bool>,
    /// The width of AS numbers in AS_PATH.
    pub as_width: Option<AsWidth>,
    /// Whose numbers the TLVs of version 4 have.
    pub v4: Option<Profile>,
}

impl Overrides {
    /// What OPENs say holds.
    pub(super) const NONE: Self = Self { add_path: None, as_width: None, v4: None };
}

/// Who a router must be for an entry to hold: all that is there must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Criteria {
    /// Its address is in one of these; without any, wherever it is.
    pub sources: Vec<Prefix>,
    /// Its sysName, in which `*` stands for any characters and `?` for one; the case of ASCII
    /// letters does not matter.
    pub sys_name: Option<String>,
    /// The BGP Identifier in the OPENs that it sends.
    pub bgp_id: Option<Ipv4Addr>,
}

/// What is known of a router.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// Where it connects from.
    pub address: IpAddr,
    /// Its sysName, once it has told it.
    pub sys_name: Option<&'a str>,
    /// Its BGP Identifier, once it has told it.
    pub bgp_id: Option<Ipv4Addr>,
}

impl Criteria {
    /// Whether they hold for a router as far as it is known: what it has not told holds for none.
    #[must_use]
    pub fn hold(&self, router: &Identity<'_>) -> bool {
        let address = router.address.to_canonical();
        let is_one = |wanted: &String| router.sys_name.is_some_and(|name| matches(wanted, name));
        (self.sources.is_empty() || self.sources.iter().any(|prefix| holds(prefix, address)))
            && self.sys_name.as_ref().is_none_or(is_one)
            && self.bgp_id.is_none_or(|id| router.bgp_id == Some(id))
    }
}

/// Whether an address is in a prefix.
fn holds(prefix: &Prefix, address: IpAddr) -> bool {
    let (prefix, address, bits) = match (prefix, address) {
        (Prefix::V4(octets, bits), IpAddr::V4(ip)) => (
            u128::from(u32::from_be_bytes(*octets)),
            u128::from(ip.to_bits()),
            32 - (*bits).min(32),
        ),
        (Prefix::V6(octets, bits), IpAddr::V6(ip)) => {
            (u128::from_be_bytes(*octets), ip.to_bits(), 128 - (*bits).min(128))
        }
        _ => return false,
    };
    // All bits shifted out is no shift.
    (prefix ^ address).checked_shr(bits.into()).unwrap_or(0) == 0
}

/// Whether `name` is what `wanted` describes. Takes at most the product of their lengths in steps.
fn matches(wanted: &str, name: &str) -> bool {
    let (wanted, name) = (wanted.as_bytes(), name.as_bytes());
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < name.len() {
        match wanted.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(b) if *b == b'?' || b.eq_ignore_ascii_case(&name[seen]) => {
                at += 1;
                seen += 1;
            }
            // The last star takes one octet more.
            _ => match &mut star {
                Some((place, taken)) => {
                    *taken += 1;
                    (at, seen) = (*place + 1, *taken);
                }
                None => return false,
            },
        }
    }
    wanted[at..].iter().all(|b| *b == b'*')
}

/// What is written down of one router, or of several.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouterEntry {
    /// Whom it is about.
    pub criteria: Criteria,
    /// What records say of them.
    pub marks: Option<Arc<Marks>>,
    /// How what they send is read.
    pub overrides: Overrides,
}

/// All that is written down. The first entry that holds for a router is its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouterTable {
    entries: Vec<RouterEntry>,
    exact: Exact,
    /// Where the entries stand that patterns and prefixes alone are about, or nothing: in order.
    walked: Vec<usize>,
}

/// Where the entries stand that are about one router: by one thing that must hold, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Exact {
    /// In lower case.
    names: HashMap<Box<str>, Vec<usize>>,
    bgp_ids: HashMap<Ipv4Addr, Vec<usize>>,
    addresses: HashMap<IpAddr, Vec<usize>>,
}

impl RouterTable {
    /// A table of these entries, in the order in which they count.
    #[must_use]
    pub fn new(entries: Vec<RouterEntry>) -> Self {
        let (mut exact, mut walked) = (Exact::default(), Vec::new());
        for (place, entry) in entries.iter().enumerate() {
            if !exact.add(place, &entry.criteria) {
                walked.push(place);
            }
        }
        Self { entries, exact, walked }
    }

    /// Its entries.
    #[must_use]
    pub fn entries(&self) -> &[RouterEntry] {
        &self.entries
    }

    /// Takes as long as there are patterns and prefixes: an Initiation must not keep a reactor from
    /// others because many routers are written down.
    fn find(&self, router: &Identity<'_>) -> Option<&RouterEntry> {
        let holds = |place: &usize| self.entries[*place].criteria.hold(router);
        let exact = self.exact.find(router).filter_map(|places| places.iter().find(|p| holds(p)));
        let exact = exact.min().copied();
        let before = |place: &&usize| exact.is_none_or(|exact| **place < exact);
        let walked = self.walked.iter().take_while(before).find(|place| holds(place));
        self.entries.get(walked.copied().or(exact)?)
    }
}

impl Exact {
    /// Whether one thing that must hold is exact.
    fn add(&mut self, place: usize, criteria: &Criteria) -> bool {
        let name = criteria.sys_name.as_ref().filter(|name| !name.contains(['*', '?']));
        if let Some(name) = name {
            let name = name.to_ascii_lowercase().into();
            self.names.entry(name).or_default().push(place);
            return true;
        }
        if let Some(id) = criteria.bgp_id {
            self.bgp_ids.entry(id).or_default().push(place);
            return true;
        }
        let addresses: Option<HashSet<_>> = criteria.sources.iter().map(address).collect();
        let addresses = addresses.filter(|addresses| !addresses.is_empty());
        let is_exact = addresses.is_some();
        for address in addresses.into_iter().flatten() {
            self.addresses.entry(address).or_default().push(place);
        }
        is_exact
    }

    /// The places of all that may hold.
    fn find(&self, router: &Identity<'_>) -> impl Iterator<Item = &Vec<usize>> {
        let name = router.sys_name.map(str::to_ascii_lowercase);
        let by_name = name.and_then(|name| self.names.get(name.as_str()));
        let by_id = router.bgp_id.and_then(|id| self.bgp_ids.get(&id));
        let by_address = self.addresses.get(&router.address.to_canonical());
        [by_name, by_id, by_address].into_iter().flatten()
    }
}

/// The address that alone is in a prefix.
fn address(prefix: &Prefix) -> Option<IpAddr> {
    match *prefix {
        Prefix::V4(octets, 32..) => Some(octets.into()),
        Prefix::V6(octets, 128..) => Some(octets.into()),
        _ => None,
    }
}

/// What a session knows of its router beside what its peers said.
#[derive(Debug, Default)]
pub(super) struct Known {
    table: Option<Arc<RouterTable>>,
    pub(super) marks: Option<Arc<Marks>>,
    pub(super) overrides: Overrides,
    /// From the last Initiation that told one, cut to what one may have.
    pub(super) sys_name: Option<Arc<str>>,
    /// From the first OPEN that the router has sent.
    pub(super) bgp_id: Option<Ipv4Addr>,
}

impl Known {
    /// Whether it goes by `table` already.
    #[inline]
    pub(super) fn goes_by(&self, table: &Arc<RouterTable>) -> bool {
        self.table.as_ref().is_some_and(|own| Arc::ptr_eq(own, table))
    }

    pub(super) fn set_table(&mut self, table: &Arc<RouterTable>) {
        self.table = Some(Arc::clone(table));
    }

    /// Keeps the sysName that an Initiation tells; whether it is another one than before.
    pub(super) fn learn_name(&mut self, initiation: &[u8]) -> bool {
        let Some(told) = told_name(initiation) else { return false };
        let name = &told[..told.floor_char_boundary(SYS_NAME_MAX)];
        let is_new = self.sys_name.as_deref() != Some(name);
        if is_new {
            self.sys_name = Some(name.into());
        }
        is_new
    }

    /// Looks the router up again, whose last Initiation is `initiation`; whether anything is other
    /// than before.
    pub(super) fn look_up(&mut self, address: IpAddr, initiation: &[u8]) -> bool {
        let Some(table) = &self.table else { return false };
        let identity = Identity { address, sys_name: sys_name(initiation), bgp_id: self.bgp_id };
        let entry = table.find(&identity);
        let marks = entry.and_then(|entry| entry.marks.clone());
        let overrides = entry.map(|entry| entry.overrides).unwrap_or_default();
        let is_new = (&marks, overrides) != (&self.marks, self.overrides);
        (self.marks, self.overrides) = (marks, overrides);
        is_new
    }
}

/// sysName of an Initiation message by which its router is looked up: one that is too long is
/// nobody's, and costs no time.
fn sys_name(message: &[u8]) -> Option<&str> {
    told_name(message).filter(|name| name.len() <= SYS_NAME_MAX)
}

fn told_name(message: &[u8]) -> Option<&str> {
    let body = Reader::at(message.get(COMMON_HEADER_LEN..)?, COMMON_HEADER_LEN);
    Initiation::parse(body).ok()?.sys_name()
}

/// The dialect with which a session reads: what holds for all routers but for this one's profile.
pub(super) fn dialect_of(all: Dialect, overrides: Overrides) -> Dialect {
    Dialect { v4: overrides.v4.or(all.v4), ..all }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bgp::encode as bgp;
    use crate::bmp::msg::initiation::InitiationTlv;
    use crate::bmp::{PeerHeader, encode as bmp};
    use crate::record::{Batch, BatchLimits, Event, SessionId, Update};
    use crate::session::{Session, SessionLimits};
    use crate::wire::{Family, Timestamp};

    #[test]
    fn names_match_with_stars_and_question_marks() {
        for (wanted, name, is_one) in [
            ("edge1", "edge1", true),
            ("edge1", "EDGE1", true),
            ("edge1", "edge12", false),
            ("edge?", "edge1", true),
            ("edge?", "edge", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*.lab", "a.b.lab", true),
            ("*.lab", "a.lab.net", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("***", "abc", true),
            ("é*", "érable", true),
        ] {
            assert_eq!(matches(wanted, name), is_one, "{wanted} {name}");
        }
        // No worse than the product of the lengths.
        assert!(!matches(&"*a".repeat(200), &format!("{}b", "a".repeat(20_000))));
    }

    #[test]
    fn all_criteria_must_hold() {
        let router = |name, id| Identity {
            address: "::ffff:192.0.2.7".parse().unwrap(),
            sys_name: name,
            bgp_id: id,
        };
        let id = Ipv4Addr::new(10, 0, 0, 1);
        let sources = vec![Prefix::V6([0; 16], 0), Prefix::V4([192, 0, 2, 0], 24)];
        let criteria = Criteria { sources, sys_name: Some("edge*".into()), bgp_id: Some(id) };
        assert!(criteria.hold(&router(Some("edge1"), Some(id))));
        assert!(!criteria.hold(&router(None, Some(id))), "not told yet");
        assert!(!criteria.hold(&router(Some("edge1"), None)));
        assert!(!criteria.hold(&router(Some("core1"), Some(id))));
        let elsewhere = Criteria { sources: vec![Prefix::V6([0; 16], 0)], ..Criteria::default() };
        assert!(!elsewhere.hold(&router(None, None)), "IPv4 is no IPv6");
        let everywhere = Criteria { sources: vec![Prefix::V4([0; 4], 0)], ..Criteria::default() };
        assert!(
            everywhere.hold(&router(None, None)) && Criteria::default().hold(&router(None, None))
        );
    }

    fn named(criteria: Criteria, name: &str) -> RouterEntry {
        let marks = Marks { name: Some(name.into()), tags: vec![7], label: None };
        let marks = Some(Arc::new(marks));
        RouterEntry { criteria, marks, overrides: Overrides::default() }
    }

    fn peer() -> PeerHeader {
        PeerHeader::new([192, 0, 2, 9].into(), 65009, [192, 0, 2, 9].into())
    }

    fn open(id: Ipv4Addr, capabilities: &[bgp::Capability<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        let open = bgp::Open { asn: 65009, hold_time: 90, bgp_id: id, capabilities };
        bgp::open(&mut out, &open);
        out
    }

    fn peer_up(capabilities: &[bgp::Capability<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        let sent = open([10, 0, 0, 1].into(), capabilities);
        let received = open([10, 0, 0, 2].into(), capabilities);
        let up = bmp::PeerUp {
            local_address: [192, 0, 2, 1].into(),
            local_port: 179,
            remote_port: 179,
            sent_open: &sent,
            received_open: &received,
            tlvs: &[],
        };
        bmp::peer_up(&mut out, &peer(), &up);
        out
    }

    /// A session and its batch.
    struct Run(Session, Batch);

    impl Run {
        fn new() -> Self {
            let limits = SessionLimits::default();
            let session = Session::new(SessionId(1), "192.0.2.1:1".parse().unwrap(), limits);
            Self(session, Batch::new(BatchLimits::for_messages(limits.max_frame)))
        }

        fn say(&mut self, message: &[u8]) {
            self.0.receive(Timestamp::new(1, 0), message, &mut self.1);
        }

        /// The name in the last record.
        fn name(&self) -> Option<&str> {
            let marks = self.1.router(self.1.records().last()?).marks.as_ref()?;
            assert_eq!(marks.tags, [7]);
            marks.name.as_deref()
        }

        /// What is found in an UPDATE.
        fn update(&mut self, path: &[u8], nlri: &[u8]) -> Update {
            let (mut attributes, mut pdu, mut message) = (Vec::new(), Vec::new(), Vec::new());
            bgp::origin(&mut attributes, 0);
            bgp::attribute(&mut attributes, 0x40, 2, path);
            bgp::next_hop(&mut attributes, [192, 0, 2, 9].into());
            bgp::update(&mut pdu, &[], &attributes, nlri);
            bmp::route_monitoring(&mut message, &peer(), &pdu);
            self.say(&message);
            match self.1.records().last().unwrap().event {
                Event::RouteMonitoring(update) => update,
                ref other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_router_is_found_by_what_it_has_told() {
        let by_name = Criteria { sys_name: Some("edge*".into()), ..Criteria::default() };
        let by_id = Criteria { bgp_id: Some([10, 0, 0, 1].into()), ..Criteria::default() };
        let source = vec![Prefix::V4([192, 0, 2, 0], 24)];
        let by_source = Criteria { sources: source, ..Criteria::default() };
        let table = Arc::new(RouterTable::new(vec![
            named(by_name, "by name"),
            named(by_id, "by id"),
            named(by_source, "by source"),
            named(Criteria::default(), "by nothing"),
        ]));
        let mut run = Run::new();
        run.0.follow(&table);
        run.0.open(Timestamp::new(1, 0), &mut run.1).unwrap();
        assert_eq!(run.name(), Some("by source"));
        run.say(&peer_up(&[]));
        assert_eq!(run.name(), Some("by id"), "from the Peer Up on");
        let mut initiation = Vec::new();
        bmp::initiation(&mut initiation, &[(InitiationTlv::SysName.0, &b"edge7"[..])]);
        run.say(&initiation);
        assert_eq!(run.name(), Some("by name"), "from the Initiation on");
        let first = run.1.router(&run.1.records()[0]).marks.clone().unwrap();
        assert_eq!(first.name.as_deref(), Some("by source"), "what was said stays");

        // What it has told is known when the session goes on elsewhere, or by another table.
        let state = run.0.export();
        let mut run = Run(Session::import(state, SessionLimits::default()), run.1);
        run.0.follow(&table);
        run.say(&initiation);
        assert_eq!(run.name(), Some("by name"));
        run.0.follow(&Arc::new(RouterTable::new(table.entries()[1..].to_vec())));
        run.update(&[], &[0]);
        assert_eq!(run.name(), Some("by id"));
        run.0.follow(&Arc::default());
        run.update(&[], &[0]);
        assert_eq!(run.name(), None);
    }

    #[test]
    fn the_name_is_known_of_every_record_and_travels_with_the_session() {
        let mut run = Run::new();
        let told = |run: &Run| {
            let record = run.1.records().last().unwrap();
            run.1.router(record).sys_name.as_deref().map(str::to_owned)
        };
        run.say(&peer_up(&[]));
        assert_eq!(told(&run), None);
        let initiation = |name: &str| {
            let mut message = Vec::new();
            bmp::initiation(&mut message, &[(InitiationTlv::SysName.0, name.as_bytes())]);
            message
        };
        run.say(&initiation("edge7"));
        assert_eq!(told(&run).as_deref(), Some("edge7"), "from the Initiation on");
        let mut unnamed = Vec::new();
        bmp::initiation(&mut unnamed, &[(InitiationTlv::SysDescr.0, &b"a router"[..])]);
        run.say(&unnamed);
        let state = run.0.export();
        let mut run = Run(Session::import(state, SessionLimits::default()), run.1);
        run.update(&[], &[0]);
        assert_eq!(told(&run).as_deref(), Some("edge7"), "it stays");
        run.say(&initiation(&"é".repeat(300)));
        assert_eq!(told(&run), Some("é".repeat(127)), "as much as there may be of one");
    }

    /// What the table is asked is answered as if each entry were looked at.
    #[test]
    fn the_first_entry_counts_however_it_is_found() {
        let names = [None, Some("edge1"), Some("EDGE1"), Some("edge2"), Some("edge?"), Some("*")];
        let host = |n| Prefix::V4([192, 0, 2, n], 32);
        let sources: [&[Prefix]; 6] = [
            &[],
            &[host(1)],
            &[host(1), host(2), host(1)],
            &[host(3), Prefix::V4([192, 0, 2, 0], 30)],
            &[Prefix::V6([0; 16], 128)],
            &[Prefix::V4([0; 4], 0)],
        ];
        let ids = [None, Some(Ipv4Addr::new(10, 0, 0, 1)), Some(Ipv4Addr::new(10, 0, 0, 2))];
        let mut all = Vec::new();
        for (name, (sources, bgp_id)) in names.iter().flat_map(|name| {
            sources.iter().flat_map(|s| ids.iter().map(move |id| (s, id))).map(move |x| (name, x))
        }) {
            let sys_name = name.map(str::to_owned);
            all.push(Criteria { sources: sources.to_vec(), sys_name, bgp_id: *bgp_id });
        }
        let mut seed = 7_u64;
        let mut below = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as usize % n
        };
        for _ in 0..2_000 {
            let picked = (0..1 + below(12)).map(|_| all[below(all.len())].clone());
            let entries: Vec<_> =
                picked.enumerate().map(|(n, c)| named(c, &n.to_string())).collect();
            let table = RouterTable::new(entries);
            let address = IpAddr::from([192, 0, 2, 1 + below(4) as u8]);
            let sys_name = [None, Some("Edge1"), Some("edge2"), Some("edge3")][below(4)];
            let router = Identity { address, sys_name, bgp_id: ids[below(3)] };
            let wanted = table.entries().iter().find(|entry| entry.criteria.hold(&router));
            assert_eq!(table.find(&router), wanted, "{router:?} {:?}", table.entries());
        }
    }

    #[test]
    fn only_patterns_and_prefixes_are_walked() {
        let entries = (0..10_000_u32).map(|n| {
            let sys_name = (n % 3 == 0).then(|| format!("edge{n}"));
            let bgp_id = (n % 3 == 1).then(|| Ipv4Addr::from(n));
            let sources = (n % 3 == 2).then(|| Prefix::V4(n.to_be_bytes(), 32));
            let sources = sources.into_iter().collect();
            named(Criteria { sources, sys_name, bgp_id }, "x")
        });
        let pattern = Criteria { sys_name: Some("edge*".into()), ..Criteria::default() };
        let prefix = Prefix::V4([0; 4], 8);
        let sources = vec![prefix, Prefix::V4([10, 0, 0, 1], 32)];
        let within = Criteria { sources, ..Criteria::default() };
        let of_id = Criteria { bgp_id: Some([1; 4].into()), ..pattern.clone() };
        let all =
            entries.chain([pattern, within, of_id, Criteria::default()].map(|c| named(c, "y")));
        let table = RouterTable::new(all.collect());
        assert_eq!(table.walked, [10_000, 10_001, 10_003]);
    }

    /// Of one segment of three AS numbers in four octets, or of segments of three and two in two.
    const EITHER_WIDTH: &[u8] = &[2, 3, 0, 1, 0, 2, 0, 3, 2, 2, 0, 4, 0, 5];
    /// One route with the path identifier 1, or four routes without.
    const EITHER_LIST: &[u8] = &[0, 0, 0, 1, 0];

    fn overridden(overrides: Overrides) -> Arc<RouterTable> {
        Arc::new(RouterTable::new(vec![RouterEntry { overrides, ..RouterEntry::default() }]))
    }

    #[test]
    fn an_override_wins_over_the_opens_and_octets_over_both() {
        let as4 = bgp::Capability::FourOctetAs(65009);
        let add_path = [(Family::IPV4_UNICAST, 3)];
        for lie in [false, true] {
            let mut run = Run::new();
            match lie {
                true => run.say(&peer_up(&[])),
                false => run.say(&peer_up(&[as4, bgp::Capability::AddPath(&add_path)])),
            }
            let read = |run: &mut Run, path, list| {
                let update = run.update(path, list);
                (update.as_width, update.sections().next().unwrap().add_path)
            };
            let (wide, narrow) = ((AsWidth::Four, true), (AsWidth::Two, false));
            let (told, other) = if lie { (narrow, wide) } else { (wide, narrow) };
            assert_eq!(read(&mut run, EITHER_WIDTH, EITHER_LIST), told);
            let (as_width, add_path) = (Some(other.0), Some(other.1));
            run.0.follow(&overridden(Overrides { add_path, as_width, v4: None }));
            assert_eq!(read(&mut run, EITHER_WIDTH, EITHER_LIST), other);
            // These can only be read as the OPENs say, however often they come.
            let (path, list): (&[u8], &[u8]) = match told.1 {
                true => (&[2, 1, 0, 0, 253, 233], &[0, 0, 0, 255, 24, 10, 0, 1]),
                false => (&[2, 1, 253, 233], &[24, 10, 0, 1]),
            };
            for _ in 0..5 {
                assert_eq!(read(&mut run, path, list), told);
            }
            assert_eq!(read(&mut run, EITHER_WIDTH, EITHER_LIST), other, "it stays");
            run.0.follow(&Arc::default());
            assert_eq!(read(&mut run, EITHER_WIDTH, EITHER_LIST), told);
        }
    }

    #[test]
    fn a_profile_of_one_router_is_its_own() {
        let all = Dialect { v4: Some(Profile::Draft17), rel: Some(9) };
        let own = Overrides { v4: Some(Profile::Draft21), ..Overrides::default() };
        assert_eq!(dialect_of(all, own), Dialect { v4: Some(Profile::Draft21), rel: Some(9) });
        assert_eq!(dialect_of(all, Overrides::default()), all);
        let mut run = Run::new();
        run.0.follow(&overridden(own));
        run.update(&[], &[0]);
        let context = run.1.router(&run.1.records()[0]);
        assert_eq!(context.dialect.v4, Some(Profile::Draft21));
    }
}
