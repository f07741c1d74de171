//! Recordings through outputs with filters, against all that `pmacct-json` and `openbmp` say of
//! them, filtered by another reading of the same words.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::util::{TempDir, decode, decoded, files, line, read, shared};

/// A record of `pmacct-json`.
struct Record(Value);

impl Record {
    fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.0[key].as_u64()
    }

    fn is(&self, words: &[&str]) -> bool {
        words.contains(&self.text("log_type")) || words.contains(&self.text("bmp_msg_type"))
    }

    fn is_marker(&self) -> bool {
        self.text("event_type") != "log"
    }

    fn has_peer(&self) -> bool {
        !self.text("peer_ip").is_empty()
    }

    /// Of a record about a peer.
    fn peer(&self, fits: impl Fn(&Self) -> bool) -> Option<bool> {
        self.has_peer().then(|| fits(self))
    }

    /// Of a route, by its prefix, if it has one.
    fn prefix(&self, fits: impl Fn(IpAddr, u8) -> bool) -> Option<bool> {
        if !self.is(&["update", "withdraw"]) || !self.text("nlri_raw").is_empty() {
            return None;
        }
        let prefix = match self.text("ip_prefix") {
            "" => self.text("prefix"),
            prefix => prefix,
        };
        let Some((address, bits)) = prefix.split_once('/') else { return Some(false) };
        Some(fits(address.parse().unwrap(), bits.parse().unwrap()))
    }

    /// Of a route that is announced.
    fn attributes(&self, fits: impl Fn(&Self) -> bool) -> Option<bool> {
        self.is(&["update"]).then(|| fits(self))
    }

    /// Whether an AS number is in the last part of the path.
    fn origin(&self, fits: impl Fn(u64) -> bool) -> Option<bool> {
        self.attributes(|r| {
            let path = r.text("as_path").trim_end();
            let last = match path.rfind(['{', '[']) {
                Some(at) if path.ends_with(['}', ']']) => &path[at..],
                _ => path.rsplit([' ', '(']).next().unwrap_or_default(),
            };
            numbers(last).any(&fits)
        })
    }

    fn communities(&self, key: &str, fits: impl Fn(&str) -> bool) -> Option<bool> {
        self.attributes(|r| r.text(key).split(' ').any(&fits))
    }

    /// The views that it may be of.
    fn views(&self) -> Option<Vec<&str>> {
        let view = self.text("bmp_rib_type");
        if view.is_empty() {
            return None;
        }
        let is_adj_rib = view.starts_with("Adj");
        let is_route = self.text("bmp_msg_type") == "route_monitor";
        Some(match is_adj_rib && !is_route {
            true => vec![
                "Adj-Rib-In Pre-Policy",
                "Adj-Rib-In Post-Policy",
                "Adj-Rib-Out Pre-Policy",
                "Adj-Rib-Out Post-Policy",
            ],
            false => vec![view],
        })
    }

    fn view(&self, wanted: &[&str]) -> Option<bool> {
        let views = self.views()?;
        match views.iter().filter(|view| wanted.contains(view)).count() {
            0 => Some(false),
            some if some == views.len() => Some(true),
            _ => None,
        }
    }

    fn family(&self, wanted: &[(u64, u64)]) -> Option<bool> {
        if self.text("log_type").is_empty() {
            return None; // a counter of a family is of none itself
        }
        let family = (self.number("afi")?, self.number("safi")?);
        Some(wanted.contains(&family))
    }

    fn message(&self, words: &[&str]) -> Option<bool> {
        (!self.is_marker()).then(|| self.is(words))
    }
}

fn numbers(text: &str) -> impl Iterator<Item = u64> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok())
}

fn is_in(address: IpAddr, of: &str, len: u32) -> bool {
    match (address, of.parse().unwrap()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            let differ = a.to_bits() ^ b.to_bits();
            differ.leading_zeros() >= len
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= len,
        _ => false,
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), b) => b,
        (None, _) => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    and(a.map(|a| !a), b.map(|b| !b)).map(|neither| !neither)
}

/// The other reading of a filter: whether it fits a record.
type Fits = fn(&Record) -> Option<bool>;
/// And a row.
type FitsRow = fn(&Row<'_>) -> Option<bool>;

const PRE: &str = "Adj-Rib-In Pre-Policy";
const POST: &str = "Adj-Rib-In Post-Policy";

/// Filters, and whether each fits a record: `None` where that cannot be told of one.
#[rustfmt::skip]
const CASES: &[(&str, Fits)] = &[
    ("router in 192.0.2.0/25", |_| Some(true)),
    ("not router = 192.0.2.1", |_| Some(false)),
    ("peer in (10.0.0.0/8, 2001:db8::/32)", |r| r.peer(|r| {
        let peer = r.text("peer_ip").parse().unwrap();
        is_in(peer, "10.0.0.0", 8) || is_in(peer, "2001:db8::", 32)
    })),
    ("peer = 0.0.0.0", |r| r.peer(|r| r.text("peer_ip") == "0.0.0.0")),
    ("peer-id in 10.99.0.12/30", |r| r.peer(|r| {
        is_in(r.text("bgp_id").parse().unwrap(), "10.99.0.12", 30)
    })),
    ("view = adj-rib-in-pre", |r| r.view(&[PRE])),
    ("view in (adj-rib-in-post, loc-rib)", |r| r.view(&[POST, "Loc-Rib"])),
    ("not view = adj-rib-in-pre", |r| r.view(&[PRE]).map(|is| !is)),
    ("message = route-monitoring", |r| r.message(&["route_monitor"])),
    ("message in (statistics, peer-up, peer-down)", |r| {
        r.message(&["stats", "peer_up", "peer_down"])
    }),
    ("message = withdraw", |r| r.message(&["withdraw"])),
    ("not message in (announce, end-of-rib)", |r| {
        r.message(&["update", "end-of-rib"]).map(|is| !is)
    }),
    ("message in (initiation, termination)", |r| r.message(&["init", "term"])),
    ("family = ipv4", |r| r.family(&[(1, 1)])),
    ("not family in (ipv4, ipv6)", |r| r.family(&[(1, 1), (2, 1)]).map(|is| !is)),
    ("family in (25/70, ipv4-vpn, ipv6-vpn)", |r| r.family(&[(25, 70), (1, 128), (2, 128)])),
    ("prefix in (203.0.113.21/32, 20.0.128.0/24)", |r| r.prefix(|a, len| {
        is_in(a, "203.0.113.21", 32) && len == 32 || is_in(a, "20.0.128.0", 32) && len == 24
    })),
    ("prefix within (20.0.0.0/8, 203.0.113.0/24)", |r| r.prefix(|a, len| {
        is_in(a, "20.0.0.0", 8) && len >= 8 || is_in(a, "203.0.113.0", 24) && len >= 24
    })),
    ("not prefix within (0.0.0.0/1, 2001:db8::/32)", |r| r.prefix(|a, len| {
        is_in(a, "0.0.0.0", 1) && len >= 1 || is_in(a, "2001:db8::", 32) && len >= 32
    }).map(|is| !is)),
    ("prefix covers 20.0.128.0/20", |r| r.prefix(|a, len| {
        a.is_ipv4() && len <= 20 && is_in(a, "20.0.128.0", len.into())
    })),
    ("prefix-length in (0..20, 24, 48..64)", |r| {
        r.prefix(|_, len| len <= 20 || len == 24 || (48..=64).contains(&len))
    }),
    ("origin-as = 65540", |r| r.origin(|asn| asn == 65540)),
    ("not origin-as in (64512..65535, 4200000000..4294967295)", |r| {
        r.origin(|asn| (64512..=65535).contains(&asn) || asn >= 4_200_000_000).map(|is| !is)
    }),
    ("as-path has (174, 65013)", |r| r.attributes(|r| {
        numbers(r.text("as_path")).any(|asn| asn == 174 || asn == 65013)
    })),
    ("community has 64497:1", |r| r.communities("comms", |c| c == "64497:1")),
    ("community has (5957:*, *:1)", |r| {
        r.communities("comms", |c| c.starts_with("5957:") || c.ends_with(":1") && !c.is_empty())
    }),
    ("community has 65011:*:*", |r| r.communities("lcomms", |c| c.starts_with("65011:"))),
    ("community has rt:*", |r| r.communities("ecomms", |c| c.starts_with("RT:"))),
    ("prefix within 20.0.0.0/8 and origin-as = 65540", |r| and(
        r.prefix(|a, len| is_in(a, "20.0.0.0", 8) && len >= 8),
        r.origin(|asn| asn == 65540),
    )),
    ("view = adj-rib-in-post or as-path has 23460 and not message = peer-down", |r| or(
        r.view(&[POST]),
        and(
            r.attributes(|r| numbers(r.text("as_path")).any(|asn| asn == 23460)),
            r.message(&["peer_down"]).map(|is| !is),
        ),
    )),
];

/// Recordings as files of BMP.
fn recordings(folder: &TempDir, shared: &Path) -> Vec<PathBuf> {
    let mut all = files(&shared.join("data/captures"), ".bmp");
    for packed in files(&shared.join("data/lab"), ".bmp.gz") {
        let name = packed.file_name().unwrap().to_string_lossy().into_owned();
        all.push(folder.file(name.trim_end_matches(".gz"), &read(&packed)));
    }
    assert!(all.len() >= 30, "{}", all.len());
    all
}

const ROUTER: [&str; 2] = ["--router", "192.0.2.1:20"];

/// Decodes a recording once with all of it to the first output, and what fits each filter to one of
/// its own; the octets of each.
fn written(folder: &TempDir, format: &str, filters: &[&str], file: &Path) -> Vec<Vec<u8>> {
    let path = |n: usize| folder.path().join(format!("out-{n}"));
    let mut args: Vec<String> = ROUTER.map(str::to_owned).into();
    for n in 0..=filters.len() {
        let filter = n.checked_sub(1).map_or(String::new(), |n| format!("?filter={}", filters[n]));
        args.extend(["-o".to_owned(), format!("{format}=file:{}{filter}", path(n).display())]);
    }
    let out = decode(&args, file);
    let log = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{}: {log}", file.display());
    let all = (0..=filters.len()).map(|n| std::fs::read(path(n)).unwrap_or_default()).collect();
    (0..=filters.len()).for_each(|n| drop(std::fs::remove_file(path(n))));
    all
}

fn records(octets: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(octets).unwrap();
    // Of what cannot be read no record says what it is.
    let readable = text.lines().filter(|record| line::kind(record) != "error");
    readable.map(|record| line::blank(record, &["seq"])).collect()
}

#[test]
fn what_passes_is_what_fits_of_all_records() {
    let Some(shared) = shared("what_passes_is_what_fits_of_all_records") else { return };
    let folder = TempDir::new("filter");
    let filters: Vec<&str> = CASES.iter().map(|(filter, _)| *filter).collect();
    let mut passed = vec![(0, 0); CASES.len()];
    for file in &recordings(&folder, &shared) {
        let all = written(&folder, "pmacct-json", &filters, file);
        let everything = records(&all[0]);
        assert!(everything.len() > 2, "{}", file.display());
        let parsed: Vec<_> = everything
            .iter()
            .map(|line| Record(serde_json::from_str(&line.replacen(": _", ": 0", 1)).unwrap()))
            .collect();
        for (n, (filter, fits)) in CASES.iter().enumerate() {
            let is_router = filter.contains("router");
            let passes = |record: &Record| match record.is_marker() && !is_router {
                true => true,
                false => fits(record) != Some(false),
            };
            let both = everything.iter().zip(&parsed);
            let expected: Vec<_> =
                both.filter(|(_, record)| passes(record)).map(|(line, _)| line).collect();
            let got = records(&all[n + 1]);
            let differs = got.iter().zip(&expected).find(|(a, b)| a != *b);
            assert!(differs.is_none(), "{}: {filter}: {differs:#?}", file.display());
            assert_eq!(got.len(), expected.len(), "{}: {filter}", file.display());
            passed[n].0 += got.len();
            passed[n].1 += everything.len() - got.len();
        }
    }
    for ((filter, _), (kept, dropped)) in CASES.iter().zip(passed) {
        assert!(kept > 0 || filter.contains("not router"), "{filter}: nothing passed");
        assert!(dropped > 0 || filter.contains("router in"), "{filter}: everything passed");
    }
}

/// A row about a route, of `unicast_prefix`.
struct Row<'r>(Vec<&'r str>);

impl Row<'_> {
    fn prefix(&self, fits: impl Fn(IpAddr, u8) -> bool) -> Option<bool> {
        Some(fits(self.0[10].parse().unwrap(), self.0[11].parse().unwrap()))
    }

    fn attributes(&self, fits: impl Fn(&Self) -> bool) -> Option<bool> {
        (self.0[0] == "add").then(|| fits(self))
    }
}

/// The same of rows.
const ROWS: &[(&str, FitsRow)] = &[
    ("prefix within 20.0.0.0/8", |r| r.prefix(|a, len| is_in(a, "20.0.0.0", 8) && len >= 8)),
    ("prefix covers 20.0.128.0/20", |r| {
        r.prefix(|a, len| a.is_ipv4() && len <= 20 && is_in(a, "20.0.128.0", len.into()))
    }),
    ("as-path has 174", |r| r.attributes(|r| numbers(r.0[14]).any(|asn| asn == 174))),
    ("community has 5957:*", |r| {
        r.attributes(|r| r.0[21].split(' ').any(|c| c.starts_with("5957:")))
    }),
    ("prefix-length in 17..24 and not as-path has 65013", |r| {
        and(
            r.prefix(|_, len| (17..=24).contains(&len)),
            r.attributes(|r| !numbers(r.0[14]).any(|asn| asn == 65013)),
        )
    }),
    ("not message = withdraw", |r| Some(r.0[0] == "add")),
    ("view = adj-rib-in-pre", |r| Some(r.0[29] == "1" && r.0[30] == "1")),
    ("family = ipv6", |r| Some(r.0[12] == "0" && r.0[28].is_empty())),
];

/// The rows about unicast routes in the messages of a stream.
fn rows(octets: &[u8]) -> Vec<Vec<&str>> {
    let text = std::str::from_utf8(octets).unwrap();
    let fields = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    // Of labelled routes, too; of VPN routes there are two fields more.
    let routes = fields.filter(|f| ["add", "del"].contains(&f[0]) && f.len() == 32);
    routes
        .map(|mut row| {
            // Its number; the router's address, which is there once an Initiation was; the time,
            // which is that of messages before where a router does not say it.
            (row[1], row[4], row[9]) = ("", "", "");
            row
        })
        .collect()
}

#[test]
fn rows_of_openbmp_are_those_of_routes_that_fit() {
    let Some(shared) = shared("rows_of_openbmp_are_those_of_routes_that_fit") else { return };
    let folder = TempDir::new("filter");
    let filters: Vec<&str> = ROWS.iter().map(|(filter, _)| *filter).collect();
    let mut passed = vec![(0, 0); ROWS.len()];
    for file in &recordings(&folder, &shared) {
        // Of announcements without a next hop rows may be withdrawals (RFC 7606 §7.3).
        if file.to_string_lossy().contains("205-") {
            continue;
        }
        let all = written(&folder, "openbmp", &filters, file);
        let everything = rows(&all[0]);
        for (n, (filter, fits)) in ROWS.iter().enumerate() {
            let expected: Vec<_> =
                everything.iter().filter(|row| fits(&Row((*row).clone())) != Some(false)).collect();
            let got = rows(&all[n + 1]);
            let differs = got.iter().zip(&expected).find(|(a, b)| a != *b);
            assert!(differs.is_none(), "{}: {filter}: {differs:?}", file.display());
            assert_eq!(got.len(), expected.len(), "{}: {filter}", file.display());
            passed[n].0 += got.len();
            passed[n].1 += everything.len() - got.len();
        }
    }
    for ((filter, _), (kept, dropped)) in ROWS.iter().zip(passed) {
        assert!(kept > 0 && dropped > 0, "{filter}: {kept} passed and {dropped} did not");
    }
}

#[test]
fn messages_as_received_are_those_with_routes_that_fit() {
    let Some(shared) = shared("messages_as_received_are_those_with_routes_that_fit") else {
        return;
    };
    let folder = TempDir::new("filter");
    let (mut whole, mut kept) = (0, 0);
    for file in &recordings(&folder, &shared) {
        for filter in ["prefix within 20.0.0.0/8", "community has 5957:* or view = loc-rib"] {
            let octets = decoded(&["--filter", filter, "-F", "bmp"], file);
            let all = read(file);
            assert!(is_part_of(&octets, &all), "{}: {filter}", file.display());
            (whole, kept) = (whole + all.len(), kept + octets.len());
            if octets.is_empty() {
                continue; // there is no Initiation in it
            }
            let args = |more: &[&'static str]| [&ROUTER[..], more].concat();
            let of_messages = folder.file("kept", &octets);
            let of_messages = decoded(&args(&[]), &of_messages);
            let mut filtered = args(&["--filter"]);
            filtered.push(filter);
            let fitting = decoded(&filtered, file);
            let (of_messages, fitting) = (records(&of_messages), records(&fitting));
            let mut left = of_messages.iter();
            for record in &fitting {
                assert!(left.any(|other| other == record), "{}: {record}", file.display());
            }
        }
    }
    assert!(kept > 0 && kept < whole, "{kept} of {whole}");
}

/// Whether the messages of `some` are messages of `all`, in their order.
fn is_part_of(mut some: &[u8], mut all: &[u8]) -> bool {
    fn first<'m>(octets: &mut &'m [u8]) -> Option<&'m [u8]> {
        let [_, a, b, c, d] = *octets.first_chunk()?;
        let (message, rest) = octets.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize)?;
        *octets = rest;
        Some(message)
    }
    while let Some(message) = first(&mut some) {
        loop {
            match first(&mut all) {
                Some(other) if other == message => break,
                Some(_) => {}
                None => return false,
            }
        }
    }
    some.is_empty()
}

#[test]
fn both_filters_must_fit() {
    let Some(shared) = shared("both_filters_must_fit") else { return };
    let folder = TempDir::new("filter");
    let packed = shared.join("data/lab/gobgp3.10-all.bmp.gz");
    let file = folder.file("stream", &read(&packed));
    let one = "prefix within 20.0.0.0/8 or family = ipv6";
    let other = "origin-as = 65540";
    let joined = format!("({one}) and {other}");
    let whole = decoded(&["--filter", &joined], &file);
    assert!(records(&whole).len() > 20);
    for format in
        [format!("pmacct-json?filter={other}"), format!("pmacct-json?filter={other}&extra=records")]
    {
        assert_eq!(decoded(&["--filter", one, "-F", &format], &file), whole);
    }
    for output in [
        format!("pmacct-json=stdout:?filter={other}"),
        format!("pmacct-json?filter={other}=stdout:"),
        format!("pmacct-json?filter={other}&name=x=stdout:"),
    ] {
        assert_eq!(decoded(&["--filter", one, "-o", &output], &file), whole);
    }
}
