//! The keys that several kinds of record share: peers, views, distinguishers.

use super::super::text;
use crate::bmp::{PeerHeader, PeerType, RibView};
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
fn rib_flags(view: RibView) -> &'static str {
    match view {
        RibView::AdjRibInPre => "\"is_post\": 0, \"is_in\": 1",
        RibView::AdjRibInPost => "\"is_post\": 1, \"is_in\": 1",
        RibView::AdjRibOutPre => "\"is_post\": 0, \"is_out\": 1",
        RibView::AdjRibOutPost => "\"is_post\": 1, \"is_out\": 1",
        RibView::LocRib => "\"is_loc\": 1",
    }
}

/// `, "bmp_rib_type": …, "is_filtered": …, ` and the flags of the view.
pub(super) fn view(out: &mut Vec<u8>, peer: &PeerHeader, filtered: bool) {
    let view = peer.view();
    out.extend_from_slice(b", \"bmp_rib_type\": \"");
    out.extend_from_slice(rib_type(view).as_bytes());
    out.extend_from_slice(b"\", \"is_filtered\": ");
    out.push(if filtered { b'1' } else { b'0' });
    out.extend_from_slice(b", ");
    out.extend_from_slice(rib_flags(view).as_bytes());
}

/// `, "bgp_id": "…"`
pub(super) fn bgp_id(out: &mut Vec<u8>, peer: &PeerHeader) {
    out.extend_from_slice(b", \"bgp_id\": \"");
    text::ipv4(out, peer.bgp_id);
    out.push(b'"');
}

/// `, "peer_ip": "…", "peer_asn": …`
pub(super) fn peer(out: &mut Vec<u8>, peer: &PeerHeader, asn: u32) {
    out.extend_from_slice(b", \"peer_ip\": \"");
    text::ip(out, peer.ip());
    out.extend_from_slice(b"\", \"peer_asn\": ");
    text::number(out, asn);
}

/// `, "peer_type": …` and, for a known type, `, "peer_type_str": "…"`
pub(super) fn peer_type(out: &mut Vec<u8>, kind: PeerType, with_name: bool) {
    out.extend_from_slice(b", \"peer_type\": ");
    text::number(out, kind.0);
    if let (true, Some(name)) = (with_name, kind.name()) {
        out.extend_from_slice(b", \"peer_type_str\": \"");
        out.extend_from_slice(name.as_bytes());
        out.push(b'"');
    }
}

/// All that an event says of the peer of its header.
pub(super) fn about_peer(out: &mut Vec<u8>, header: &PeerHeader, type_name: bool, filtered: bool) {
    peer(out, header, header.asn);
    bgp_id(out, header);
    peer_type(out, header.kind, type_name);
    view(out, header, filtered);
    instance(out, header);
}

/// `, "rd": "…", "rd_origin": "…"`
pub(super) fn distinguisher(out: &mut Vec<u8>, rd: RouteDistinguisher, origin: &str) {
    out.extend_from_slice(b", \"rd\": \"");
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
    out.extend_from_slice(b"\", \"rd_origin\": \"");
    out.extend_from_slice(origin.as_bytes());
    out.push(b'"');
}

fn numbers(out: &mut Vec<u8>, kind: &[u8], administrator: u32, number: u32) {
    out.extend_from_slice(kind);
    text::number(out, administrator);
    out.push(b':');
    text::number(out, number);
}

/// The distinguisher of the per-peer header, where the peer's type gives it a meaning.
pub(super) fn instance(out: &mut Vec<u8>, peer: &PeerHeader) {
    if let Some(rd) = peer.instance() {
        distinguisher(out, rd, "bmp");
    }
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
            let mut out = vec![];
            distinguisher(&mut out, rd, "bgp");
            let want = format!(", \"rd\": \"{rd}\", \"rd_origin\": \"bgp\"");
            assert_eq!(String::from_utf8_lossy(&out), want);
        }
    }
}
