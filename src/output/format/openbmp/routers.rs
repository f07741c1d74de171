//! What is known of the router of each session.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use super::groups::{GroupId, Subject};
use super::ids::Id;
use super::settings::Settings;
use super::topics::{Place, Sorting};
use crate::bmp::msg::initiation::{Initiation, InitiationTlv};
use crate::bmp::{COMMON_HEADER_LEN, CommonHeader, MessageType, PeerHeader, PeerKey, TlvOwner};
use crate::output::format::text;
use crate::record::{RouterContext, SessionId};
use crate::wire::Reader;

/// The private TLV of an Initiation that holds the router's BGP identifier: type 65531, whose
/// highest bit has since become that of TLVs of enterprises.
const BGP_ID_TLV: u16 = 65_531 & 0x7fff;

/// Peers of a router whose groups are remembered.
const PEERS_MAX: usize = 65_536;

/// A router.
#[derive(Debug)]
pub(in crate::output::format) struct Router {
    pub(in crate::output::format) id: Id,
    /// The digits of `id`.
    pub(in crate::output::format) hex: [u8; 32],
    /// Where it connected from.
    pub(in crate::output::format) address: IpAddr,
    /// The same as text.
    pub(in crate::output::format) ip: Vec<u8>,
    pub(in crate::output::format) group: GroupId,
    /// The groups of its peers, as far as they were asked for.
    peers: HashMap<(PeerKey, bool, u32), GroupId>,
}

impl Router {
    fn new(settings: &Settings, address: IpAddr) -> Self {
        let mut ip = Vec::new();
        text::ip(&mut ip, address);
        let id = settings.hash.router(&ip, settings.collector);
        let subject = Subject { name: &String::from_utf8_lossy(&ip), address, asn: None };
        let group = settings.groups.routers.of(&subject);
        Self { id, hex: id.hex(), address, ip, group, peers: HashMap::new() }
    }

    /// Takes the group and the id of what the router says of itself; without that its address
    /// names it.
    fn rename(&mut self, settings: &Settings, initiation: &Initiation<'_>) {
        let sys_name = initiation.tlvs.of(InitiationTlv::SysName.0).last();
        let sys_name = sys_name.filter(|name| !name.is_empty());
        let name = String::from_utf8_lossy(sys_name.unwrap_or(&self.ip));
        let subject = Subject { name: &name, address: self.address, asn: None };
        self.group = settings.groups.routers.of(&subject);
        if !settings.pat_enabled {
            return;
        }
        let bgp_id = bgp_id(initiation).map(|id| id.to_string().into_bytes());
        let source = bgp_id.as_deref().or(sys_name).unwrap_or(&self.ip);
        self.id = settings.hash.router(source, settings.collector);
        self.hex = self.id.hex();
    }
}

impl Router {
    /// Where messages from `peer` of it belong.
    pub(in crate::output::format) fn place(
        &mut self,
        peer: Option<&PeerHeader>,
        groups: &Sorting,
    ) -> Place {
        let mut group = |header: &PeerHeader| match groups.peers.is_one() {
            true => GroupId::default(),
            false => self.peer_group(header, groups),
        };
        let peer = peer.map(|header| (group(header), header.asn));
        Place { router: self.group, peer }
    }

    fn peer_group(&mut self, header: &PeerHeader, groups: &Sorting) -> GroupId {
        let key = (header.key(), header.is_ipv6(), header.asn);
        if let Some(known) = self.peers.get(&key) {
            return *known;
        }
        let found = groups.peer(header.ip(), header.asn);
        if self.peers.len() >= PEERS_MAX {
            self.peers.clear();
        }
        self.peers.insert(key, found);
        found
    }
}

fn bgp_id(initiation: &Initiation<'_>) -> Option<Ipv4Addr> {
    let mut ids = initiation.tlvs.iter().filter(|tlv| tlv.kind == BGP_ID_TLV);
    ids.find_map(|tlv| match tlv.owner {
        TlvOwner::Enterprise(id) if tlv.value.is_empty() => Some(Ipv4Addr::from_bits(id)),
        _ => None,
    })
}

/// The routers of all sessions that an output stream has seen and that have not ended.
#[derive(Debug, Default)]
pub(in crate::output::format) struct Routers(HashMap<SessionId, Router>);

impl Routers {
    /// The router of a session, after this message of it.
    pub(in crate::output::format) fn after(
        &mut self,
        message: &[u8],
        context: &RouterContext,
        settings: &Settings,
    ) -> &mut Router {
        let new = || Router::new(settings, context.address.ip());
        let router = self.0.entry(context.session).or_insert_with(new);
        // Asked of every message: the type stands in the sixth octet.
        if message.get(5) == Some(&MessageType::Initiation.0)
            && let Some(initiation) = initiation(message)
        {
            router.rename(settings, &initiation);
        }
        router
    }

    /// The session has ended.
    pub(in crate::output::format) fn forget(&mut self, session: SessionId) {
        self.0.remove(&session);
    }
}

/// The message, if it is an Initiation that makes sense.
fn initiation(message: &[u8]) -> Option<Initiation<'_>> {
    let header = CommonHeader::parse(message, usize::MAX).ok().flatten()?;
    let body = message.get(COMMON_HEADER_LEN..)?;
    (header.kind == MessageType::Initiation)
        .then(|| Initiation::parse(Reader::at(body, COMMON_HEADER_LEN)).ok())?
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bmp::encode;
    use crate::output::format::Options;
    use crate::output::format::openbmp::ids::Hash;

    fn settings(pat_enabled: &str) -> Settings {
        let pairs = [("admin-id", "c"), ("pat-enabled", pat_enabled)];
        let pairs = pairs.map(|(k, v)| (k.to_owned(), v.to_owned()));
        Settings::new(&Options { pairs: &pairs, name: "", socket: false, stream: 0, streams: 1 })
            .unwrap()
    }

    fn context(session: u64, address: &str) -> RouterContext {
        RouterContext::new(SessionId(session), address.parse().unwrap())
    }

    fn introduced(tlvs: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = Vec::new();
        encode::initiation(&mut message, tlvs);
        message
    }

    #[test]
    fn its_address_names_a_router() {
        let (mut routers, settings) = (Routers::default(), settings("false"));
        let message = introduced(&[(2, b"edge"), (65_531, &[192, 0, 2, 9])]);
        for (address, text) in [("192.0.2.1:5", "192.0.2.1"), ("[2001:db8::1]:5", "2001:db8::1")] {
            let context = context(text.len() as u64, address);
            let router = routers.after(&message, &context, &settings);
            assert_eq!(router.id, Hash::Md5.router(text.as_bytes(), settings.collector));
            assert_eq!((&*router.ip, router.hex), (text.as_bytes(), router.id.hex()));
        }
    }

    #[test]
    fn what_it_calls_itself_puts_it_into_a_group() {
        let pairs = [("router-group", "core~^pe,near@192.0.2.0/24,far"), ("peer-group", "a#7")];
        let pairs = pairs.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let options = Options { pairs: &pairs, name: "", socket: false, stream: 0, streams: 1 };
        let (mut routers, settings) = (Routers::default(), Settings::new(&options).unwrap());
        let at = context(1, "192.0.2.1:5");
        for (message, group) in [
            (vec![], "near"),
            (introduced(&[(2, b"PE7")]), "core"),
            (b"\x03\0\0\0\x06\x05".to_vec(), "core"),
            (introduced(&[(2, b"x\xff")]), "near"),
        ] {
            let router = routers.after(&message, &at, &settings);
            assert_eq!(settings.groups.routers.name(router.group), group, "{message:?}");
            assert_eq!(router.id, Hash::Md5.router(b"192.0.2.1", settings.collector));
        }
        let router = routers.after(b"", &at, &settings);
        for asn in [7, 8, 7] {
            let header = PeerHeader::new([192, 0, 2, 1].into(), asn, [192, 0, 2, 1].into());
            let (group, found) = router.place(Some(&header), &settings.groups).peer.unwrap();
            assert_eq!(found, asn);
            let name = if asn == 7 { "a" } else { "default" };
            assert_eq!(settings.groups.peers.name(group), name);
        }
        assert_eq!(router.place(None, &settings.groups).peer, None);
    }

    #[test]
    fn behind_a_translator_of_addresses_it_names_itself() {
        let (mut routers, settings) = (Routers::default(), settings("true"));
        let at = context(1, "192.0.2.1:5");
        let by = |source: &[u8]| Hash::Md5.router(source, settings.collector);
        let own = [192, 0, 2, 9];
        for (message, source) in [
            (vec![], &b"192.0.2.1"[..]),
            (introduced(&[(2, b"other"), (2, b"edge")]), b"edge"),
            (b"\x03\0\0\0\x06\x05".to_vec(), b"edge"),
            (introduced(&[(65_531, &own), (2, b"edge")]), b"192.0.2.9"),
            (introduced(&[(2, b"")]), b"192.0.2.1"),
            (introduced(&[(2, b"new"), (65_531, b"five!")]), b"new"),
            (b"\x03\0\0\0\x0a\x04\0\x02\0\x09".to_vec(), b"new"),
        ] {
            assert_eq!(routers.after(&message, &at, &settings).id, by(source), "{message:?}");
        }
        assert_eq!(routers.after(b"", &context(2, "192.0.2.1:6"), &settings).id, by(b"192.0.2.1"));
        routers.forget(SessionId(1));
        assert_eq!(routers.after(b"", &at, &settings).id, by(b"192.0.2.1"), "forgotten");
    }
}
