//! `ls_node`: nodes of BGP-LS.

use super::super::ids::Id;
use super::context::Context;
use super::envelope::Object;
use super::fields::Field::{self, All, Own};
use super::fields::{Shared::*, columns};
use super::ls::{self, Ls};
use super::route::Route;
use crate::bgp::attr::bgp_ls::Tlv;
use crate::bgp::attr::bgp_ls::node::{NodeFlags, SrCapabilitiesFlags};
use crate::output::format::text;

/// A node.
#[derive(Debug, Clone, Copy)]
pub(super) struct LsNode<'a>(pub(super) Ls<'a>);

/// What a row says of the route alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Of(ls::Part),
    MtIds,
    Flags,
    Name,
    SrCapabilities,
}

/// Widths of columns.
const MT_IDS: usize = 128;
const NAME: usize = 255;
const SR_CAPABILITIES: usize = 255;

impl Route for LsNode<'_> {
    type Part = Part;
    const OBJECT: Object = Object::LsNode;
    const FIELDS: &'static [Field<Part>] = &FIELDS;
    const NO_NUMBER: &'static [u8] = b"0";

    fn id(&self, context: &Context, _: &mut Vec<u8>) -> Id {
        self.0.local.id(context.hash)
    }

    fn write(&self, part: Part, out: &mut Vec<u8>) {
        let (begin, cleaner) = (out.len(), self.0.cleaner);
        match part {
            Part::Of(part) => self.0.write(part, out),
            Part::MtIds => {
                let lists = self.0.attribute.many().filter_map(|tlv| match tlv {
                    Tlv::MultiTopologyId(ids) => Some(ids),
                    _ => None,
                });
                for id in lists.flat_map(|ids| ids.iter()) {
                    if cleaner.is_full(out, begin, MT_IDS) {
                        break;
                    }
                    separate(out, begin);
                    text::number(out, id.0 & 0x0fff);
                }
                cleaner.cut(out, begin, MT_IDS, b", ");
            }
            Part::Flags => {
                let flags = self.0.attribute.once().find_map(|tlv| match tlv {
                    Tlv::NodeFlagBits(flags) => Some(flags.0),
                    _ => None,
                });
                for (bit, letter) in [
                    (NodeFlags::OVERLOAD, b'O'),
                    (NodeFlags::ATTACHED, b'T'),
                    (NodeFlags::EXTERNAL, b'E'),
                    (NodeFlags::ABR, b'B'),
                    (NodeFlags::ROUTER, b'R'),
                    (NodeFlags::V6, b'V'),
                ] {
                    if flags.unwrap_or(0) & bit != 0 {
                        out.push(letter);
                    }
                }
            }
            Part::Name => {
                let name = self.0.attribute.once().find_map(|tlv| match tlv {
                    Tlv::NodeName(name) => Some(name.0),
                    _ => None,
                });
                cleaner.text(out, name.unwrap_or_default(), NAME);
            }
            Part::SrCapabilities => {
                self.write_sr_capabilities(out);
                cleaner.cut(out, begin, SR_CAPABILITIES, b", ");
            }
        }
    }
}

impl LsNode<'_> {
    /// Appends `IV 8000 16000, 1000 900000`: flags, then size and first SID of each range.
    fn write_sr_capabilities(&self, out: &mut Vec<u8>) {
        let found = self.0.attribute.once().find_map(|tlv| match tlv {
            Tlv::SrCapabilities(capabilities) => Some(capabilities),
            _ => None,
        });
        let Some(capabilities) = found else { return };
        let begin = out.len();
        let flags = capabilities.flags.0;
        for (bit, letter) in [(SrCapabilitiesFlags::IPV4, b'I'), (SrCapabilitiesFlags::IPV6, b'V')]
        {
            if flags & bit != 0 {
                out.push(letter);
            }
        }
        for (i, range) in capabilities.ranges.iter().enumerate() {
            if self.0.cleaner.is_full(out, begin, SR_CAPABILITIES) {
                break;
            }
            out.extend_from_slice(if i > 0 { b", " } else { b" " });
            text::number(out, range.size.get());
            out.push(b' ');
            text::number(out, range.first().map_or(0, ls::sid_number));
        }
    }
}

fn separate(out: &mut Vec<u8>, begin: usize) {
    if out.len() > begin {
        out.extend_from_slice(b", ");
    }
}

/// The fields of a row.
const FIELDS: [Field<Part>; 16] = [
    All(BaseAttrHash),
    All(Router),
    All(Peer),
    Own(Part::Of(ls::Part::IgpRouterId)),
    Own(Part::Of(ls::Part::RouterId)),
    Own(Part::Of(ls::Part::RoutingId)),
    Own(Part::Of(ls::Part::LsId)),
    Own(Part::MtIds),
    Own(Part::Of(ls::Part::OspfArea)),
    Own(Part::Of(ls::Part::IsisArea)),
    Own(Part::Of(ls::Part::Protocol)),
    Own(Part::Flags),
    All(Path),
    Own(Part::Name),
    All(View),
    Own(Part::SrCapabilities),
];
const _: () = assert!(columns(&FIELDS) == 27);
