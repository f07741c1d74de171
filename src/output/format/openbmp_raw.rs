//! `openbmp-raw`: each BMP message behind a binary OBMP header of version 1.7, as RouteViews and
//! CAIDA publish them.
//!
//! ```text
//! 0  magic "OBMP"(4) · version 1(1).7(1) · header length(2) · message length(4)
//! 12 flags(1): 0x80 of a router, 0x40 its address is IPv6 · object type 12(1)
//! 14 time: seconds(4) microseconds(4) · collector id(16) · N(2) · collector's admin id(N)
//!    router id(16) · router address(16), IPv4 in the first 4 · M(2) · router group(M) · rows(4)
//! ```

use std::net::IpAddr;

use super::Entry;
use super::openbmp::raw::{Form, Head, TOPIC, build};
use super::openbmp::settings::{ADMIN_ID, GROUPS, HASH, PAT_ENABLED, PEER_GROUP, ROUTER_GROUP};
use crate::output::frames::Layout;

pub(super) static ENTRY: Entry = Entry {
    name: "openbmp-raw",
    about: "each BMP message as received behind a binary header of OpenBMP 1.7, as RouteViews and CAIDA publish them",
    options: &[ADMIN_ID, ROUTER_GROUP, PEER_GROUP, GROUPS, TOPIC, HASH, PAT_ENABLED],
    per_session: false,
    layout: Layout::Counted { header: LENGTHS, len: message_len },
    has_topics: true,
    reads_updates: false,
    build: |options| build(options, &FORM),
};

/// Octets at the beginning of a record up to the end of its two lengths.
const LENGTHS: usize = 12;

/// Octets of a record: of its header and its message.
fn message_len(head: &[u8]) -> Option<u64> {
    let [magic @ .., _, _, a, b, c, d, e, f] = *head.first_chunk::<LENGTHS>()?;
    let lens = (u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f]));
    (magic == *b"OBMP").then(|| u64::from(lens.0) + u64::from(lens.1))
}

static FORM: Form = Form { head, key: |router| &router.id.0 };

/// Octets of the header without the admin id and the router group.
const HEAD_LEN: usize = 78;
/// The object type of raw messages.
const BMP_RAW: u8 = 12;
const FLAG_ROUTER: u8 = 0x80;
const FLAG_IPV6: u8 = 0x40;

fn head(out: &mut Vec<u8>, head: &Head<'_>) {
    let Head { settings, router, arrival, len } = head;
    // Names have 64 octets at most, and a message's own length field has 32 bits.
    let group = settings.groups.routers.name(router.group);
    let (admin_id, group) = (settings.admin_id.as_bytes(), group.as_bytes());
    let head_len = (HEAD_LEN + admin_id.len() + group.len()) as u16;
    let (flags, address) = match router.address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            (FLAG_ROUTER, [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        }
        IpAddr::V6(v6) => (FLAG_ROUTER | FLAG_IPV6, v6.octets()),
    };
    out.extend_from_slice(b"OBMP\x01\x07");
    out.extend_from_slice(&head_len.to_be_bytes());
    out.extend_from_slice(&(*len as u32).to_be_bytes());
    out.extend_from_slice(&[flags, BMP_RAW]);
    out.extend_from_slice(&(arrival.secs as u32).to_be_bytes());
    out.extend_from_slice(&arrival.micros.to_be_bytes());
    out.extend_from_slice(&settings.collector.0);
    counted(out, admin_id);
    out.extend_from_slice(&router.id.0);
    out.extend_from_slice(&address);
    counted(out, group);
    out.extend_from_slice(&1_u32.to_be_bytes());
}

/// Appends a name behind its length.
fn counted(out: &mut Vec<u8>, name: &[u8]) {
    out.extend_from_slice(&(name.len() as u16).to_be_bytes());
    out.extend_from_slice(name);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::output::format::Options;
    use crate::output::format::openbmp::routers::Routers;
    use crate::output::format::openbmp::settings::Settings;
    use crate::record::{RouterContext, SessionId};
    use crate::wire::Timestamp;

    #[test]
    fn an_ipv6_router_fills_its_field() {
        let pairs = [("admin-id", "ab"), ("router-group", "core@2001:db8::/32")];
        let pairs = pairs.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let options = Options { pairs: &pairs, name: "", socket: false, stream: 0, streams: 1 };
        let (settings, mut routers) = (Settings::new(&options).unwrap(), Routers::default());
        let context = RouterContext::new(SessionId(1), "[2001:db8::7]:9".parse().unwrap());
        let router = routers.after(b"", &context, &settings);
        let (mut out, arrival) = (Vec::new(), Timestamp::new(0x0102_0304, 999_999));
        head(&mut out, &Head { settings: &settings, router, arrival, len: 0x0a0b });
        let fields: [&[u8]; 11] = [
            b"OBMP\x01\x07",
            &[0, 78 + 2 + 4],
            &[0, 0, 0x0a, 0x0b],
            &[0xc0, 12],
            &[1, 2, 3, 4, 0, 0x0f, 0x42, 0x3f],
            &settings.collector.0,
            b"\0\x02ab",
            &router.id.0,
            &[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
            b"\0\x04core",
            &[0, 0, 0, 1],
        ];
        assert_eq!((out.len(), out), (84, fields.concat()));
    }
}
