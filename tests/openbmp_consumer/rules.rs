//! What rows have to say together: who was introduced when, which ids were sent before they are
//! referred to, and that nothing is missing between two rows.

use std::collections::{HashMap, HashSet, VecDeque};

use super::columns::{OBJECTS, Object, accept};
use super::envelope::{Fault, Message, want};
use crate::openbmp_parsed::recipes::{self, Row};

/// Messages of a topic with the key by which they are spread, where a transport has one.
pub(super) type Keyed<'m> = (Option<(&'m str, &'m str)>, &'m [u8]);

/// A peer that is known.
#[derive(Debug)]
struct Peer {
    router: String,
    address: String,
}

/// Path attributes of this many messages are compared with the routes that name them.
const RECENT: usize = 4;

/// A consumer's view of all that it has read.
#[derive(Debug, Default)]
pub(super) struct Consumer {
    collector: String,
    started: bool,
    stopped: bool,
    /// The next row's number of each connection that a router has, by its id and the object.
    numbers: HashMap<(String, &'static str), Vec<u64>>,
    /// The addresses of routers that are there.
    routers: HashMap<String, String>,
    /// Those that were introduced once: only before that a row may be without an address.
    introduced: HashSet<String>,
    peers: HashMap<String, Peer>,
    /// Ids of path attributes, with those of their peers.
    bases: HashSet<(String, String)>,
    recent: VecDeque<Vec<String>>,
    /// Rows read, by object.
    pub(super) rows: HashMap<&'static str, usize>,
    /// Ids that were made again from what rows say.
    pub(super) ids: usize,
}

impl Consumer {
    /// Reads a message, and says what in it a consumer would stumble over.
    pub(super) fn read(&mut self, (topic, octets): Keyed<'_>) -> Result<(), Fault> {
        let message = Message::read(octets)?;
        let object = OBJECTS.iter().find(|object| object.name == message.object);
        let object = object.ok_or_else(|| format!("no object is called '{}'", message.object))?;
        want(!self.stopped, || format!("{} after the collector has stopped", object.name))?;
        let first = self.collector.is_empty();
        want(first == (!self.started && object.name == "collector"), || "not started".into())?;
        if first {
            message.collector.clone_into(&mut self.collector);
        }
        want(self.collector == message.collector, || "another collector".into())?;
        for row in &message.rows {
            let told = |fault| format!("{} {row:?}: {fault}", object.name);
            accept(object, row).map_err(told)?;
            self.follow(object, row).map_err(told)?;
            *self.rows.entry(object.name).or_default() += 1;
            if let Some((topic, key)) = topic {
                let at = if object.peer > 0 { object.peer } else { object.hash };
                want(key == row[at - 1], || told(format!("the key is {key}")))?;
                want(topic == format!("openbmp.parsed.{}", object.name), || topic.to_owned())?;
            }
        }
        Ok(())
    }

    /// Nothing may be left up.
    pub(super) fn end(&self) -> Result<(), Fault> {
        want(self.stopped, || "the collector has not stopped".into())?;
        want(self.peers.is_empty(), || format!("up at the end: {:?}", self.peers))?;
        want(self.routers.is_empty(), || format!("there at the end: {:?}", self.routers))
    }

    fn follow(&mut self, object: &'static Object, row: &[&str]) -> Result<(), Fault> {
        let router = if object.router > 0 { row[object.router - 1] } else { "" };
        self.number(object, router, row[1])?;
        self.id(object, row)?;
        match object.name {
            "collector" => self.collector(row),
            "router" => self.router(row),
            "peer" => self.peer(row),
            _ => {
                self.belongs(object, row, router)?;
                match object.name {
                    "bmp_stat" => Ok(()),
                    "base_attribute" => self.base(row),
                    _ => self.route(object, row),
                }
            }
        }
    }

    /// Rows of one connection and object count up from 0, without a gap. Connections of a router
    /// that has several are not told apart by its rows.
    fn number(&mut self, object: &Object, router: &str, seq: &str) -> Result<(), Fault> {
        let seq: u64 = seq.parse().map_err(|e| format!("number '{seq}': {e}"))?;
        let expected = self.numbers.entry((router.to_owned(), object.name)).or_default();
        match expected.iter_mut().rev().find(|next| **next == seq) {
            Some(next) => *next += 1,
            None if seq == 0 => expected.push(1),
            None => return Err(format!("row {seq}; expected one of {expected:?}")),
        }
        Ok(())
    }

    /// Ids that rows show all parts of are what the original makes of these.
    fn id(&mut self, object: &Object, row: &[&str]) -> Result<(), Fault> {
        // The AS number of a node is in none of its columns, and of a link's only here and there.
        if object.name.starts_with("ls_") {
            return Ok(());
        }
        let owned: Vec<String> = row.iter().map(|field| (*field).to_owned()).collect();
        let Some((place, id)) = recipes::id(object.name, Row(&owned)) else { return Ok(()) };
        self.ids += 1;
        want(row[place - 1] == id, || format!("the id ought to be {id}"))
    }

    fn collector(&mut self, row: &[&str]) -> Result<(), Fault> {
        let action = row[0];
        want(self.started != (action == "started"), || format!("{action} at the wrong time"))?;
        want(row[3] == self.collector, || "not the collector of the header".into())?;
        let routers = row[4].split(", ").filter(|router| !router.is_empty()).count();
        want(routers.to_string() == row[5], || format!("{routers} routers are listed"))?;
        (self.started, self.stopped) = (true, action == "stopped");
        Ok(())
    }

    fn router(&mut self, row: &[&str]) -> Result<(), Fault> {
        let (action, id, ip) = (row[0], row[3], row[4]);
        if action != "term" {
            self.routers.insert(id.to_owned(), ip.to_owned());
            self.introduced.insert(id.to_owned());
            return want((row[6], row[7], row[9]) == ("0", "", ""), || "it goes?".into());
        }
        want(self.routers.remove(id).is_some(), || "a router that was not there".into())?;
        let left = self.peers.values().filter(|peer| peer.router == id).count();
        want(left == 0, || format!("{left} of its peers are still up"))
    }

    fn peer(&mut self, row: &[&str]) -> Result<(), Fault> {
        let (action, id, router, ip) = (row[0], row[2], row[3], row[6]);
        self.of_router(router, ip)?;
        let of_up = row[11..21].iter().chain([&row[30]]).any(|field| !field.is_empty());
        let of_down = row[21..25].iter().any(|field| !field.is_empty());
        let there = action != "up" || self.routers.contains_key(router);
        want(there, || "up before its router".into())?;
        want(!of_up || action == "up", || "what only a Peer Up says".into())?;
        want(!of_down || action == "down", || "what only a Peer Down says".into())?;
        if action == "down" {
            self.peers.remove(id);
            return Ok(());
        }
        let [router, address] = [router, row[9]].map(str::to_owned);
        let known = self.peers.insert(id.to_owned(), Peer { router, address });
        // A database takes `first` for down.
        want(action == "up" || known.is_none(), || "known already".into())
    }

    /// The router's address stands in all rows from its introduction on.
    fn of_router(&self, router: &str, ip: &str) -> Result<(), Fault> {
        match self.routers.get(router) {
            Some(known) => want(known == ip, || format!("the router is {known}")),
            None if self.introduced.contains(router) => Ok(()),
            None => want(ip.is_empty(), || "the router was not introduced".into()),
        }
    }

    /// A row about a peer is about one that is known.
    fn belongs(&self, object: &Object, row: &[&str], router: &str) -> Result<(), Fault> {
        let field = |place: usize| row[place - 1];
        let peer = self.peers.get(field(object.peer)).ok_or("a peer that is not up")?;
        want(peer.router == router, || format!("its peer is one of {}", peer.router))?;
        // A router may give a peer another AS number in another message; its address is its id.
        let ip = match object.name {
            "bmp_stat" | "base_attribute" => field(object.router + 1),
            name if name.starts_with("ls_") => row[5],
            _ => row[4],
        };
        self.of_router(router, ip)?;
        let address = field(object.peer + 1);
        want(peer.address == address, || format!("the peer is {}", peer.address))
    }

    fn base(&mut self, row: &[&str]) -> Result<(), Fault> {
        self.bases.insert((row[5].to_owned(), row[2].to_owned()));
        self.recent.truncate(RECENT - 1);
        self.recent.push_front(row.iter().map(|field| (*field).to_owned()).collect());
        Ok(())
    }

    /// Routes follow their path attributes, and say the same of them.
    fn route(&self, object: &Object, row: &[&str]) -> Result<(), Fault> {
        let (base, peer) = (row[object.base - 1], row[object.peer - 1]);
        if row[0] == "del" {
            let path = match object.name {
                "unicast_prefix" | "l3vpn" => 13..27,
                "evpn" => 10..24,
                _ => return Ok(()),
            };
            let none = row[path].iter().all(|field| field.is_empty()) && base.is_empty();
            return want(none, || "path attributes of a withdrawn route".into());
        }
        let next_hop = match object.name {
            "unicast_prefix" | "l3vpn" => row[17],
            "evpn" => row[14],
            "ls_node" => row[22],
            _ => row[20],
        };
        if base.is_empty() {
            return want(next_hop.is_empty(), || "a next hop without path attributes".into());
        }
        let key = (peer.to_owned(), base.to_owned());
        want(self.bases.contains(&key), || "its path attributes were not sent".into())?;
        let recent = self.recent.iter().find(|recent| recent[2] == base && recent[5] == peer);
        let Some(recent) = recent else { return Ok(()) };
        let same = |from: usize| {
            let path = recent[9..23].iter().zip(&row[from..]).all(|(base, own)| base == own);
            want(path, || format!("path attributes are {:?}", &recent[9..23]))
        };
        match object.name {
            "unicast_prefix" | "l3vpn" => {
                want(row.last() == recent.last().map(|l| &**l).as_ref(), || "communities".into())?;
                same(13)
            }
            "evpn" => same(10),
            _ => Ok(()),
        }
    }
}
