//! `unicast_prefix`: IPv4 and IPv6 unicast routes, with labels and without.

use super::super::ids::{self, Id};
use super::context::Context;
use super::envelope::Object;
use super::fields::Field::{self, All, Owns};
use super::fields::{Shared::*, columns};
use super::route::{Route, prefix_address};
use super::values::Cleaner;
use crate::bgp::nlri::LabelStack;
use crate::output::format::text;
use crate::wire::Prefix;

/// A route.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnicastPrefix<'a> {
    pub(super) path_id: Option<u32>,
    pub(super) labels: Option<LabelStack<'a>>,
    pub(super) prefix: Prefix,
    pub(super) cleaner: Cleaner,
}

/// A route that is a prefix alone, as nearly all are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain(pub(super) Prefix);

/// What a row says of the route alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// `prefix`, `prefix_len` and `is_ipv4`.
    Prefix,
    /// `path_id` and `labels`.
    Path,
}

/// The width of the column.
const LABELS: usize = 255;

impl Route for UnicastPrefix<'_> {
    type Part = Part;
    const OBJECT: Object = Object::UnicastPrefix;
    const FIELDS: &'static [Field<Part>] = &[
        All(Whose),
        Owns(3, Part::Prefix),
        All(Attributes),
        Owns(2, Part::Path),
        All(View),
        All(LargeCommunities),
    ];

    fn id(&self, context: &Context, input: &mut Vec<u8>) -> Id {
        match context.hash {
            ids::Hash::Md5 => {
                prefix_address(input, &self.prefix);
                input.push(self.prefix.bits());
                self.identify_rest(context, input);
                context.hash.of(&[input])
            }
            ids::Hash::Xxh3 => {
                match self.identity(context) {
                    // Constant lengths, of which the hash is quicker.
                    (octets, IDENTITY_V4) => Id::xxh3(&octets[..IDENTITY_V4]),
                    (octets, _) => Id::xxh3(&octets),
                }
            }
        }
    }

    fn write(&self, part: Part, out: &mut Vec<u8>) {
        match part {
            Part::Prefix => text::prefix_fields(out, &self.prefix),
            Part::Path => {
                text::number(out, self.path_id.unwrap_or(0));
                out.push(b'\t');
                let begin = out.len();
                for label in self.labels.iter().flat_map(LabelStack::labels) {
                    if out.len() > begin {
                        out.push(b',');
                    }
                    text::number(out, label);
                }
                self.cleaner.cut(out, begin, LABELS, b",");
            }
        }
    }
}

impl Route for Plain {
    type Part = Part;
    const OBJECT: Object = Object::UnicastPrefix;
    const FIELDS: &'static [Field<Part>] = &[
        All(Whose),
        Owns(3, Part::Prefix),
        All(Attributes),
        All(NoPathView),
        All(LargeCommunities),
    ];

    #[inline(always)]
    fn id(&self, context: &Context, input: &mut Vec<u8>) -> Id {
        match (context.hash, &self.0) {
            (ids::Hash::Xxh3, Prefix::V4(..)) => {
                Id::xxh3(&identity(context, None, false, &self.0).0[..IDENTITY_V4])
            }
            _ => self.id_by_md5_or_of_ipv6(context, input),
        }
    }

    #[inline(always)]
    fn write(&self, _: Part, out: &mut Vec<u8>) {
        text::prefix_fields(out, &self.0);
    }
}

impl Plain {
    #[inline(never)]
    fn id_by_md5_or_of_ipv6(&self, context: &Context, input: &mut Vec<u8>) -> Id {
        let cleaner = Cleaner { sql_safe: false }; // there is nothing to clean
        let route = UnicastPrefix { path_id: None, labels: None, prefix: self.0, cleaner };
        route.id(context, input)
    }
}

/// Octets that tell a route from all others of its object: those before its address, and with one
/// of IPv4 or IPv6.
const IDENTITY: usize = 24;
const IDENTITY_V4: usize = IDENTITY + 4;
const IDENTITY_V6: usize = IDENTITY + 16;

impl UnicastPrefix<'_> {
    /// See [`identity`].
    #[inline]
    pub(super) fn identity(&self, context: &Context) -> ([u8; IDENTITY_V6], usize) {
        identity(context, self.path_id, self.labels.is_some(), &self.prefix)
    }

    /// Appends the peer's id, and what stands behind it in what a route's id is made of.
    pub(super) fn identify_rest(&self, context: &Context, input: &mut Vec<u8>) {
        input.extend_from_slice(&context.peer.hex());
        if let Some(id) = self.path_id.filter(|id| *id > 0) {
            input.extend_from_slice(&id.to_le_bytes());
        }
        if self.labels.is_some() {
            input.push(1);
        }
        input.extend(context.policy());
    }
}

/// All that an id is made of in places of their own, and how many octets of it count.
#[inline(always)]
fn identity(
    context: &Context,
    path_id: Option<u32>,
    has_labels: bool,
    prefix: &Prefix,
) -> ([u8; IDENTITY_V6], usize) {
    let mut octets = [0; IDENTITY_V6];
    octets[..16].copy_from_slice(&context.peer.0);
    let [a, b, c, d] = path_id.unwrap_or(0).to_be_bytes();
    let rest = [a, b, c, d, prefix.bits(), has_labels.into(), context.policy_or_zero(), 0];
    octets[16..IDENTITY].copy_from_slice(&rest);
    match prefix {
        Prefix::V4(prefix, _) => {
            octets[IDENTITY..IDENTITY_V4].copy_from_slice(prefix);
            (octets, IDENTITY_V4)
        }
        Prefix::V6(prefix, _) => {
            octets[IDENTITY..].copy_from_slice(prefix);
            (octets, IDENTITY_V6)
        }
    }
}

const _: () = assert!(columns(UnicastPrefix::FIELDS) == 32);
const _: () = assert!(columns(Plain::FIELDS) == 32);
