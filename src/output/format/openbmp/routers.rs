//! What is known of the router of each session.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use super::ids::Id;
use super::settings::Settings;
use crate::bmp::msg::initiation::{Initiation, InitiationTlv};
use crate::bmp::{COMMON_HEADER_LEN, CommonHeader, MessageType, TlvOwner};
use crate::output::format::text;
use crate::record::{RouterContext, SessionId};
use crate::wire::Reader;

/// The private TLV of an Initiation that holds the router's BGP identifier: type 65531, whose
/// highest bit has since become that of TLVs of enterprises.
const BGP_ID_TLV: u16 = 65_531 & 0x7fff;

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
    pub(in crate::output::format) group: String,
}

impl Router {
    fn new(settings: &Settings, address: IpAddr) -> Self {
        let mut ip = Vec::new();
        text::ip(&mut ip, address);
        let id = settings.hash.router(&ip, settings.collector);
        let group = settings.router_groups.of(address).to_owned();
        Self { id, hex: id.hex(), address, ip, group }
    }

    /// Takes the id of what the router says of itself; without that its address names it.
    fn rename(&mut self, settings: &Settings, initiation: &Initiation<'_>) {
        let bgp_id = bgp_id(initiation).map(|id| id.to_string().into_bytes());
        let sys_name = initiation.tlvs.of(InitiationTlv::SysName.0).last();
        let sys_name = sys_name.filter(|name| !name.is_empty());
        let source = bgp_id.as_deref().or(sys_name).unwrap_or(&self.ip);
        self.id = settings.hash.router(source, settings.collector);
        self.hex = self.id.hex();
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
    ) -> &Router {
        let new = || Router::new(settings, context.address.ip());
        let router = self.0.entry(context.session).or_insert_with(new);
        if settings.pat_enabled
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
