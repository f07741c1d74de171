//! `openbmp-raw-text`: each BMP message behind lines of text, as OpenBMP's collector sends them to
//! its topic `openbmp.bmp_raw`.

use super::openbmp::raw::{Form, Head, TOPIC, build};
use super::openbmp::settings::{ADMIN_ID, GROUPS, HASH, PAT_ENABLED, PEER_GROUP, ROUTER_GROUP};
use super::{Entry, text};
use crate::output::frames::Layout;

pub(super) static ENTRY: Entry = Entry {
    name: "openbmp-raw-text",
    about: "each BMP message as received behind lines of text, as OpenBMP's collector writes them",
    options: &[ADMIN_ID, ROUTER_GROUP, PEER_GROUP, GROUPS, TOPIC, HASH, PAT_ENABLED],
    per_session: false,
    layout: Layout::Read,
    has_topics: true,
    reads_updates: false,
    build: |options| build(options, &FORM),
};

static FORM: Form = Form { head, key: |router| &router.hex };

fn head(out: &mut Vec<u8>, head: &Head<'_>) {
    let Head { settings, router, len, .. } = head;
    for part in [
        &b"V: 1.7\nC_HASH_ID: "[..],
        &settings.collector.hex(),
        b"\nR_HASH: ",
        &router.hex,
        b"\nR_IP: ",
        &router.ip,
        b"\nL: ",
    ] {
        out.extend_from_slice(part);
    }
    text::number(out, *len);
    out.extend_from_slice(b"\n\n");
}
