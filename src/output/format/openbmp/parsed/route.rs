//! What the objects about routes have in common.

use super::super::ids::Id;
use super::context::Context;
use super::envelope::Object;
use super::fields::{Field, Strip, sole};
use crate::output::format::text;
use crate::wire::Prefix;

/// A route as a row of one object.
pub(super) trait Route {
    /// What a row says of the route alone.
    type Part: Copy + 'static;
    /// The object.
    const OBJECT: Object;
    /// The fields of a row behind its id, in order.
    const FIELDS: &'static [Field<Self::Part>];
    /// What numbers say that a withdrawn route has not.
    const NO_NUMBER: &'static [u8] = b"";

    /// The route's id, made in `input`, which is empty.
    fn id(&self, context: &Context, input: &mut Vec<u8>) -> Id;

    /// Appends a field.
    fn write(&self, part: Self::Part, out: &mut Vec<u8>);
}

/// Appends the rows of a message.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// How many it has appended.
    pub(super) count: usize,
    pub(super) strip: Strip,
    /// What an id is made of.
    pub(super) input: Vec<u8>,
}

impl Rows {
    /// Begins with another message.
    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.strip.clear();
    }

    /// Appends a row in the strip that was made for it.
    #[inline(always)]
    pub(super) fn push<R: Route>(&mut self, out: &mut Vec<u8>, route: &R, context: &Context) {
        self.input.clear();
        let id = route.id(context, &mut self.input);
        self.strip.begin_row(out, id);
        match const { sole(R::FIELDS) } {
            Some(part) => route.write(part, out),
            None => self.strip.several(out, R::FIELDS, |part, out| route.write(part, out)),
        }
        self.strip.end_row();
        self.count += 1;
    }
}

/// Appends the address of a prefix, with the bits beyond its length as they came.
pub(super) fn prefix_address(out: &mut Vec<u8>, prefix: &Prefix) {
    match prefix {
        Prefix::V4(octets, _) => text::ipv4(out, *octets),
        Prefix::V6(octets, _) => text::ip(out, std::net::IpAddr::from(*octets)),
    }
}
