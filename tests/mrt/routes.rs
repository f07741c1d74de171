//! Routes of different programs as lines of one shape: what happened, time, peer, prefix and path
//! identifier; of announced ones path, origin, next hop, LOCAL_PREF, MED and communities.

use std::net::IpAddr;

use crate::util::line::{kind, text};

/// The parts of a route as its program has them; empty where it has none.
#[derive(Debug, Default)]
pub(crate) struct Route<'r> {
    pub(crate) announced: bool,
    /// Seconds and six digits of microseconds.
    pub(crate) time: &'r str,
    pub(crate) peer: &'r str,
    pub(crate) asn: &'r str,
    pub(crate) prefix: &'r str,
    pub(crate) path_id: &'r str,
    pub(crate) as_path: &'r str,
    pub(crate) origin: &'r str,
    pub(crate) next_hop: &'r str,
    pub(crate) local_pref: &'r str,
    pub(crate) med: &'r str,
    pub(crate) communities: &'r str,
}

impl Route<'_> {
    pub(crate) fn line(&self) -> String {
        let address =
            |text: &str| text.parse::<IpAddr>().map_or(text.to_owned(), |a| a.to_string());
        let (network, bits) = self.prefix.split_once('/').unwrap_or((self.prefix, "?"));
        let (network, peer) = (address(network), address(self.peer));
        let what = if self.announced { "A" } else { "W" };
        let route =
            format!("{what} {} {peer} {} {network}/{bits} {}", self.time, self.asn, self.path_id);
        if !self.announced {
            return route;
        }
        // Who prints an address where none is: neither is one.
        let next_hop = match self.next_hop {
            "" | "0.0.0.0" | "255.255.255.255" => "none".to_owned(),
            next_hop => address(next_hop),
        };
        let mut communities: Vec<_> = self.communities.split_whitespace().collect();
        // pmacct sorts them, and has each once.
        communities.sort_unstable();
        communities.dedup();
        let communities = communities.join(" ");
        let zero = |text: &str| if text.is_empty() { "0".to_owned() } else { text.to_owned() };
        let numbers = format!("{} {}", zero(self.local_pref), zero(self.med));
        let origin = match self.origin {
            "IGP" | "i" => "IGP",
            "EGP" | "e" => "EGP",
            _ => "INCOMPLETE",
        };
        format!("{route} [{}] {origin} {next_hop} {numbers} {communities}", sorted(self.as_path))
    }
}

/// A path whose sets are sorted, as pmacct has them.
fn sorted(path: &str) -> String {
    let segment = |word: &str| match word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
        Some(set) => {
            let mut asns: Vec<u32> = set.split(',').filter_map(|asn| asn.parse().ok()).collect();
            asns.sort_unstable();
            let asns: Vec<_> = asns.iter().map(u32::to_string).collect();
            format!("{{{}}}", asns.join(","))
        }
        None => word.to_owned(),
    };
    path.split(' ').map(segment).collect::<Vec<_>>().join(" ")
}

/// A line of `bgpdump -m` about a route.
pub(crate) fn of_line(line: &str) -> Option<String> {
    let mut fields = line.split('|');
    let mut next = || fields.next().unwrap_or_default();
    let (tag, time, what) = (next(), next(), next());
    if !matches!(what, "A" | "W") {
        return None;
    }
    let mut route = Route { announced: what == "A", time, ..Route::default() };
    (route.peer, route.asn, route.prefix) = (next(), next(), next());
    if tag.ends_with("_AP") {
        route.path_id = next();
    }
    (route.as_path, route.origin, route.next_hop) = (next(), next(), next());
    (route.local_pref, route.med, route.communities) = (next(), next(), next());
    Some(route.line())
}

/// Communities by pmacct's names, and by bgpdump's or in numbers.
const NAMES: [(&str, &str); 4] = [
    ("internet", "0:0"),
    ("65535:65281", "no-export"),
    ("65535:65282", "no-advertise"),
    ("65535:65283", "local-AS"),
];

/// A record of `pmacct-json` about a unicast or multicast route.
pub(crate) fn of_json(line: &str) -> Option<String> {
    let announced = match kind(line) {
        "update" => true,
        "withdraw" => false,
        _ => return None,
    };
    let family = (text(line, "afi"), text(line, "safi"));
    if !matches!(family, ("1" | "2", "1" | "2")) {
        return None;
    }
    let name = |word: &str| {
        let found = NAMES.iter().find(|(number, _)| *number == word);
        found.map_or(word.to_owned(), |(_, name)| (*name).to_owned())
    };
    let communities: Vec<_> = text(line, "comms").split_whitespace().map(name).collect();
    let route = Route {
        announced,
        // MRT has that of the arrival where the router tells none.
        time: match text(line, "timestamp") {
            "0.000000" => text(line, "timestamp_arrival"),
            time => time,
        },
        peer: text(line, "peer_ip"),
        asn: text(line, "peer_asn"),
        prefix: text(line, "ip_prefix"),
        path_id: text(line, "as_path_id"),
        as_path: text(line, "as_path"),
        origin: text(line, "origin"),
        next_hop: text(line, "bgp_nexthop"),
        local_pref: text(line, "local_pref"),
        med: text(line, "med"),
        communities: &communities.join(" "),
    };
    Some(route.line())
}
