//! `l3vpn`: VPN routes of IPv4 and IPv6.

use super::super::ids::{self, Id};
use super::context::Context;
use super::envelope::Object;
use super::fields::Field::{self, All, Own, Owns};
use super::fields::{Shared::*, columns};
use super::route::{Route, prefix_address};
use super::unicast_prefix::{self, UnicastPrefix};
use super::values;
use crate::output::format::text;
use crate::wire::RouteDistinguisher;

/// A route.
#[derive(Debug, Clone, Copy)]
pub(super) struct L3vpn<'a> {
    pub(super) distinguisher: RouteDistinguisher,
    /// All else.
    pub(super) route: UnicastPrefix<'a>,
}

/// What a row says of the route alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Of(unicast_prefix::Part),
    Rd,
    RdType,
}

impl Route for L3vpn<'_> {
    type Part = Part;
    const OBJECT: Object = Object::L3vpn;
    const FIELDS: &'static [Field<Part>] = &FIELDS;

    fn id(&self, context: &Context, input: &mut Vec<u8>) -> Id {
        match context.hash {
            ids::Hash::Md5 => {
                prefix_address(input, &self.route.prefix);
                input.push(self.route.prefix.bits());
                values::rd_administrator(input, self.distinguisher);
                values::rd_number(input, self.distinguisher);
                self.route.identify_rest(context, input);
            }
            ids::Hash::Xxh3 => {
                let (octets, len) = self.route.identity(context);
                input.extend_from_slice(&octets[..len]);
                input.extend_from_slice(&self.distinguisher.0);
            }
        }
        context.hash.of(&[input])
    }

    fn write(&self, part: Part, out: &mut Vec<u8>) {
        match part {
            Part::Of(part) => self.route.write(part, out),
            Part::Rd => values::rd(out, self.distinguisher),
            Part::RdType => text::number(out, self.distinguisher.kind()),
        }
    }
}

/// The fields of a row.
const FIELDS: [Field<Part>; 8] = [
    All(Whose),
    Owns(3, Part::Of(unicast_prefix::Part::Prefix)),
    All(Attributes),
    Owns(2, Part::Of(unicast_prefix::Part::Path)),
    All(View),
    Own(Part::Rd),
    Own(Part::RdType),
    All(LargeCommunities),
];
const _: () = assert!(columns(&FIELDS) == 34);
