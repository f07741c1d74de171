//! The keys that several kinds of record share: peers, views, distinguishers.

use super::super::text;
use super::dialect::Part;
use crate::bmp::msg::peer_up::PeerUp;
use crate::bmp::{PeerHeader, RibView};
use crate::wire::{Family, RouteDistinguisher};

/// pmacct's name of a RIB view.
fn rib_type(view: RibView) -> &'static str {
    match view {
        RibView::AdjRibInPre => "Adj-Rib-In Pre-Policy",
        RibView::AdjRibInPost => "Adj-Rib-In Post-Policy",
        RibView::AdjRibOutPre => "Adj-Rib-Out Pre-Policy",
        RibView::AdjRibOutPost => "Adj-Rib-Out Post-Policy",
        RibView::LocRib => "Loc-Rib",
    }
}

/// The flags of a RIB view.
fn rib_flags(view: RibView) -> &'static [u8] {
    match view {
        RibView::AdjRibInPre => b", \"is_post\": 0, \"is_in\": 1",
        RibView::AdjRibInPost => b", \"is_post\": 1, \"is_in\": 1",
        RibView::AdjRibOutPre => b", \"is_post\": 0, \"is_out\": 1",
        RibView::AdjRibOutPost => b", \"is_post\": 1, \"is_out\": 1",
        RibView::LocRib => b", \"is_loc\": 1",
    }
}

/// Of whom a record tells, and how.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) header: &'a PeerHeader,
    /// The message, where it is a Peer Up.
    pub(super) up: Option<&'a PeerUp<'a>>,
    /// What the distinguisher of the per-peer header is called.
    pub(super) distinguisher: Distinguisher,
}

/// What the distinguisher of the per-peer header is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distinguisher {
    /// `rd`, as that of a route, which takes its place.
    Route,
    /// `pd`
    Peer,
}

impl Subject<'_> {
    /// Appends these keys, each with `, ` in front.
    pub(super) fn write(&self, out: &mut Vec<u8>, parts: &[Part]) {
        parts.iter().for_each(|part| self.write_one(out, *part));
    }

    fn write_one(&self, out: &mut Vec<u8>, part: Part) {
        let peer = self.header;
        match part {
            Part::Address => address(out, peer, Some(peer.asn)),
            Part::LocalAs => {
                if let Some(up) = self.up {
                    out.extend_from_slice(b", \"local_as\": ");
                    text::number(out, up.sent_open.asn());
                }
            }
            Part::BgpId => {
                out.extend_from_slice(b", \"bgp_id\": \"");
                text::ipv4(out, peer.bgp_id);
                out.push(b'"');
            }
            Part::Type => {
                out.extend_from_slice(b", \"peer_type\": ");
                text::number(out, peer.kind.0);
            }
            Part::TypeName => {
                if let Some(name) = peer.kind.name() {
                    out.extend_from_slice(b", \"peer_type_str\": \"");
                    out.extend_from_slice(name.as_bytes());
                    out.push(b'"');
                }
            }
            Part::RibType => {
                out.extend_from_slice(b", \"bmp_rib_type\": \"");
                out.extend_from_slice(rib_type(peer.view()).as_bytes());
                out.push(b'"');
            }
            Part::Filtered => filtered(out, peer.is_filtered()),
            Part::NotFiltered => filtered(out, false),
            Part::FilteredOfLocRib => {
                if peer.view() == RibView::LocRib {
                    filtered(out, peer.is_filtered());
                }
            }
            Part::Flags => out.extend_from_slice(rib_flags(peer.view())),
            Part::Ports => self.up.into_iter().for_each(|up| ports(out, up)),
            Part::Distinguisher => self.instance(out),
        }
    }

    /// The distinguisher of the per-peer header, where the peer's type gives it a meaning.
    pub(super) fn instance(&self, out: &mut Vec<u8>) {
        if let Some(rd) = self.header.instance() {
            distinguisher(out, self.distinguisher, rd, "bmp");
        }
    }
}

/// `, "peer_ip": "…"` and, where there is one, `, "peer_asn": …`
pub(super) fn address(out: &mut Vec<u8>, peer: &PeerHeader, asn: Option<u32>) {
    out.extend_from_slice(b", \"peer_ip\": \"");
    text::ip(out, peer.ip());
    out.push(b'"');
    if let Some(asn) = asn {
        out.extend_from_slice(b", \"peer_asn\": ");
        text::number(out, asn);
    }
}

fn filtered(out: &mut Vec<u8>, is_filtered: bool) {
    out.extend_from_slice(b", \"is_filtered\": ");
    out.push(if is_filtered { b'1' } else { b'0' });
}

fn ports(out: &mut Vec<u8>, up: &PeerUp<'_>) {
    out.extend_from_slice(b", \"local_port\": ");
    text::number(out, up.local_port);
    out.extend_from_slice(b", \"remote_port\": ");
    text::number(out, up.remote_port);
    out.extend_from_slice(b", \"local_ip\": \"");
    text::ip(out, up.local_ip());
    out.push(b'"');
}

/// `, "rd": "…", "rd_origin": "…"`, or with `pd`.
pub(super) fn distinguisher(
    out: &mut Vec<u8>,
    name: Distinguisher,
    rd: RouteDistinguisher,
    origin: &str,
) {
    let (key, origin_key) = match name {
        Distinguisher::Route => (b", \"rd\": \"", b"\", \"rd_origin\": \""),
        Distinguisher::Peer => (b", \"pd\": \"", b"\", \"pd_origin\": \""),
    };
    out.extend_from_slice(key);
    let o = rd.0;
    let high = u32::from(u16::from_be_bytes([o[2], o[3]]));
    let high4 = u32::from_be_bytes([o[2], o[3], o[4], o[5]]);
    let low = u32::from(u16::from_be_bytes([o[6], o[7]]));
    let low4 = u32::from_be_bytes([o[4], o[5], o[6], o[7]]);
    match rd.kind() {
        0 => numbers(out, b"0:", high, low4),
        1 => {
            out.extend_from_slice(b"1:");
            text::ipv4(out, [o[2], o[3], o[4], o[5]]);
            out.push(b':');
            text::number(out, low);
        }
        2 => numbers(out, b"2:", high4, low),
        _ => out.extend_from_slice(b"unknown"),
    }
    out.extend_from_slice(origin_key);
    out.extend_from_slice(origin.as_bytes());
    out.push(b'"');
}

fn numbers(out: &mut Vec<u8>, kind: &[u8], administrator: u32, number: u32) {
    out.extend_from_slice(kind);
    text::number(out, administrator);
    out.push(b':');
    text::number(out, number);
}

/// `, "event_type": "log", "afi": …, "safi": …`
pub(super) fn family(out: &mut Vec<u8>, family: Family) {
    out.extend_from_slice(b", \"event_type\": \"log\", \"afi\": ");
    text::number(out, family.afi);
    out.extend_from_slice(b", \"safi\": ");
    text::number(out, family.safi);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishers_are_written_as_they_display() {
        for octets in [
            [0, 0, 0xfb, 0xf3, 0, 0, 0, 82],
            [0, 1, 192, 0, 2, 7, 0, 15],
            [0, 2, 250, 86, 234, 0, 0, 7],
            [0, 3, 0, 0, 0, 0, 0, 0],
        ] {
            let rd = RouteDistinguisher(octets);
            for (name, key) in [(Distinguisher::Route, "rd"), (Distinguisher::Peer, "pd")] {
                let mut out = vec![];
                distinguisher(&mut out, name, rd, "bgp");
                let want = format!(", \"{key}\": \"{rd}\", \"{key}_origin\": \"bgp\"");
                assert_eq!(String::from_utf8_lossy(&out), want);
            }
        }
    }
}
