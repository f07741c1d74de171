//! UPDATE: withdrawn length(2) · withdrawn routes · attribute length(2) · path attributes · NLRI
//! (RFC 4271 §4.3).

use super::attr::mp_reach::MpReach;
use super::attr::mp_unreach::MpUnreach;
use super::attr::{AttributeCode, Attributes, describe_all};
use super::encode::{counted16, message};
use super::nlri::{Visit, describe_one, is_decoded, read_one, scan};
use super::{AsWidth, MessageType};
use crate::wire::{Family, Fields, Prefix, Reader, RouteDistinguisher, WireError};

/// What two peers' OPENs settled about reading an UPDATE of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Negotiated {
    /// The width of AS numbers (RFC 6793).
    pub as_width: AsWidth,
    /// Whether Withdrawn Routes and NLRI, which are IPv4 unicast, carry path identifiers
    /// (RFC 7911).
    pub add_path: bool,
}

/// An UPDATE without its BGP header: its three parts, each with true offsets. 4 octets and more.
#[derive(Debug, Clone, Copy)]
pub struct Update<'a> {
    /// Withdrawn Routes; see [`Update::withdrawn_routes`].
    pub withdrawn: Reader<'a>,
    /// Path Attributes; see [`Update::path_attributes`].
    pub attributes: Reader<'a>,
    /// Network Layer Reachability Information; see [`Update::announced_routes`].
    pub nlri: Reader<'a>,
}

/// Splits the body of an UPDATE.
///
/// # Errors
/// A length runs past the message.
pub fn split(mut body: Reader<'_>) -> Result<Update<'_>, WireError> {
    let len = body.u16("Withdrawn Routes Length")?;
    let withdrawn = body.sub("Withdrawn Routes", len.into())?;
    let len = body.u16("Total Path Attribute Length")?;
    let attributes = body.sub("Path Attributes", len.into())?;
    let at = body.offset();
    Ok(Update { withdrawn, attributes, nlri: Reader::at(body.rest(), at) })
}

impl<'a> Update<'a> {
    /// Reads the body of an UPDATE. What its parts hold is not looked at: see
    /// [`super::attr::check`] and [`super::nlri::scan`].
    ///
    /// # Errors
    /// A length runs past the message.
    pub fn parse_body(body: Reader<'a>) -> Result<Self, WireError> {
        split(body)
    }

    /// Appends the body: the inverse of [`Update::parse_body`].
    pub fn encode_body(&self, out: &mut Vec<u8>) {
        for part in [&self.withdrawn, &self.attributes] {
            counted16(out, |out| out.extend_from_slice(part.peek()));
        }
        out.extend_from_slice(self.nlri.peek());
    }

    /// Appends the whole message, with its BGP header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        message(out, MessageType::Update.0, |out| self.encode_body(out));
    }

    /// The path attributes in order; ends after one that overruns.
    #[must_use]
    pub fn path_attributes(&self) -> Attributes<'a> {
        Attributes::new(self.attributes)
    }

    /// The withdrawn IPv4 unicast routes in order; ends after one that is malformed.
    #[must_use]
    pub fn withdrawn_routes(&self, add_path: bool) -> Routes<'a> {
        Routes { left: self.withdrawn, add_path, announced: false }
    }

    /// The announced IPv4 unicast routes in order; ends after one that is malformed.
    #[must_use]
    pub fn announced_routes(&self, add_path: bool) -> Routes<'a> {
        Routes { left: self.nlri, add_path, announced: true }
    }

    /// Whether it is the End-of-RIB marker of IPv4 unicast: nothing at all (RFC 4724 §2). Those of
    /// other families are an empty MP_UNREACH_NLRI.
    #[must_use]
    pub fn is_end_of_rib(&self) -> bool {
        self.withdrawn.is_empty() && self.attributes.is_empty() && self.nlri.is_empty()
    }

    /// Says what it holds: withdrawn routes, path attributes, NLRI, and the routes of MP_REACH_NLRI
    /// and MP_UNREACH_NLRI; those that there are. The last are octets where their family is not
    /// decoded, or where they are no routes without path identifiers: whether other families than
    /// IPv4 unicast have those is not asked.
    pub fn describe(&self, negotiated: Negotiated, fields: &mut dyn Fields) {
        let Negotiated { as_width, add_path } = negotiated;
        self.withdrawn_routes(add_path).describe("withdrawn_routes", fields);
        if !self.attributes.is_empty() {
            fields.group("path_attributes", &mut |fields| {
                describe_all(self.attributes, as_width, fields);
                if let Some(rest) = self.cut_attribute() {
                    fields.octets("cut_attribute", rest);
                }
            });
        }
        self.announced_routes(add_path).describe("nlri", fields);
        for attribute in self.path_attributes().flatten() {
            let value = attribute.reader();
            match attribute.code {
                AttributeCode::MpReachNlri => {
                    if let Ok(MpReach { family, nlri, .. }) = MpReach::parse(value) {
                        let names = ["mp_reach_routes", "mp_reach_nlri_raw"];
                        describe_nlri(family, true, nlri, names, fields);
                    }
                }
                AttributeCode::MpUnreachNlri => {
                    if let Ok(MpUnreach { family, nlri }) = MpUnreach::parse(value) {
                        let names = ["mp_unreach_routes", "mp_unreach_nlri_raw"];
                        describe_nlri(family, false, nlri, names, fields);
                    }
                }
                _ => {}
            }
        }
    }

    /// The octets after the last whole attribute.
    fn cut_attribute(&self) -> Option<&'a [u8]> {
        let mut left = self.path_attributes();
        let mut used = 0;
        while let Some(attribute) = left.next_whole() {
            let value = attribute.reader();
            used = value.offset().saturating_add(value.len());
        }
        left.cut()?;
        self.attributes.peek().get(used.saturating_sub(self.attributes.offset())..)
    }
}

impl PartialEq for Update<'_> {
    fn eq(&self, other: &Self) -> bool {
        let parts =
            |update: &Self| [update.withdrawn.peek(), update.attributes.peek(), update.nlri.peek()];
        parts(self) == parts(other)
    }
}

impl Eq for Update<'_> {}

/// One IPv4 unicast route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Path identifier, where the peers agreed on those (RFC 7911 §3).
    pub path_id: Option<u32>,
    /// Prefix.
    pub prefix: Prefix,
}

/// Takes what the routes of IPv4 unicast have.
#[derive(Default)]
struct Taken {
    path_id: Option<u32>,
    prefix: Option<Prefix>,
    /// Has more than a prefix.
    more: bool,
}

impl Visit for Taken {
    fn path_id(&mut self, id: u32) {
        self.path_id = Some(id);
        self.more = true;
    }
    fn distinguisher(&mut self, _: RouteDistinguisher) {
        self.more = true;
    }
    fn label(&mut self, _: u32) {
        self.more = true;
    }
    fn prefix(&mut self, prefix: Prefix) {
        self.prefix = Some(prefix);
    }
}

/// Describes the route at the front: by its prefix alone, if that is all.
///
/// # Errors
/// It is malformed; then nothing was said.
fn describe_route(
    family: Family,
    add_path: bool,
    announced: bool,
    r: &mut Reader<'_>,
    fields: &mut dyn Fields,
) -> Result<(), WireError> {
    let begin = *r;
    let mut taken = Taken::default();
    read_one(family, add_path, announced, r, &mut taken)?;
    match taken {
        Taken { prefix: Some(prefix), more: false, .. } => fields.text("", &prefix),
        _ => fields.group("", &mut |fields| {
            // It was read: this one is no error either.
            let _ = describe_one(family, add_path, announced, &mut { begin }, fields);
        }),
    }
    Ok(())
}

/// Describes the routes of an attribute's NLRI as the first of `names`, or its octets as the
/// second.
fn describe_nlri(
    family: Family,
    announced: bool,
    mut nlri: Reader<'_>,
    [routes, raw]: [&'static str; 2],
    fields: &mut dyn Fields,
) {
    if nlri.is_empty() {
        return;
    }
    if !is_decoded(family) || !scan(family, false, announced, nlri).fits() {
        return fields.octets(raw, nlri.peek());
    }
    fields.list(routes, &mut |fields| {
        // All of them were sound.
        while !nlri.is_empty()
            && describe_route(family, false, announced, &mut nlri, fields).is_ok()
        {}
    });
}

/// Iterates over IPv4 unicast routes in the order of the message; ends after a malformed one.
#[derive(Debug, Clone, Copy)]
pub struct Routes<'a> {
    left: Reader<'a>,
    add_path: bool,
    announced: bool,
}

impl Routes<'_> {
    fn one(&mut self) -> Result<Route, WireError> {
        let (at, family) = (self.left.offset(), Family::IPV4_UNICAST);
        let mut taken = Taken::default();
        read_one(family, self.add_path, self.announced, &mut self.left, &mut taken)?;
        let prefix = taken.prefix.ok_or_else(|| WireError::short("prefix", at, 1, 0))?;
        Ok(Route { path_id: taken.path_id, prefix })
    }

    /// Says which there are, if any; what is malformed and all after it as octets.
    fn describe(mut self, name: &'static str, fields: &mut dyn Fields) {
        if self.left.is_empty() {
            return;
        }
        fields.list(name, &mut |fields| {
            while !self.left.is_empty() {
                let before = self.left;
                let (add_path, announced) = (self.add_path, self.announced);
                let family = Family::IPV4_UNICAST;
                if describe_route(family, add_path, announced, &mut self.left, fields).is_err() {
                    fields.octets("", before.peek());
                    self.left = Reader::EMPTY;
                }
            }
        });
    }
}

impl Iterator for Routes<'_> {
    type Item = Result<Route, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let route = self.one();
        if route.is_err() {
            self.left = Reader::EMPTY;
        }
        Some(route)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::wire::Outline;

    #[test]
    fn the_three_parts_keep_their_offsets() {
        let p = split(Reader::at(&[0, 1, 0, 0, 2, 9, 9, 8, 10], 23)).unwrap();
        assert_eq!((p.withdrawn.offset(), p.withdrawn.len()), (25, 1));
        assert_eq!((p.attributes.offset(), p.attributes.len()), (28, 2));
        assert_eq!((p.nlri.offset(), p.nlri.peek()), (30, &[8, 10][..]));
        assert_eq!(split(Reader::new(&[0, 9, 1])).unwrap_err().what, "Withdrawn Routes");
        assert_eq!(split(Reader::new(&[0, 0, 0, 9, 1])).unwrap_err().what, "Path Attributes");
    }

    fn said(body: &[u8], add_path: bool) -> String {
        let update = Update::parse_body(Reader::new(body)).unwrap();
        let mut again = Vec::new();
        update.encode_body(&mut again);
        assert_eq!(again, body);
        let negotiated = Negotiated { add_path, ..Negotiated::default() };
        Outline::of(|fields| update.describe(negotiated, fields))
    }

    #[test]
    fn what_it_holds_is_said_in_the_order_of_the_message() {
        let body = [0, 2, 8, 10, 0, 4, 0x40, 1, 1, 0, 24, 192, 0, 2, 0];
        assert_eq!(
            said(&body, false),
            "withdrawn_routes=[10.0.0.0/8] path_attributes={origin=IGP} nlri=[192.0.2.0/24, 0.0.0.0/0]"
        );
        let body = [0, 0, 0, 0, 0, 0, 0, 7, 8, 10];
        assert_eq!(said(&body, true), "nlri=[{path_id=7 prefix=10.0.0.0/8}]");
        assert_eq!(said(&[0; 4], false), "");
        assert!(split(Reader::new(&[0; 4])).unwrap().is_end_of_rib());
    }

    #[test]
    fn routes_of_other_families_are_said_or_their_octets() {
        let update = |octets: &[u8]| {
            let mut body = vec![0, 0, 0, octets.len() as u8];
            body.extend(octets);
            said(&body, false)
        };
        let reach = [
            &[0x80, 14, 32, 0, 1, 128, 12][..],
            &[0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1, 0],
            &[112, 0, 1, 0x41, 0, 0, 0xfd, 0xe9, 0, 0, 0, 5, 10, 1, 2],
        ];
        assert_eq!(
            update(&reach.concat()),
            "path_attributes={mp_reach_nlri={afi=1 safi=128 next_hop=10.0.0.1}} \
             mp_reach_routes=[{rd=0:65001:5 labels=[20] prefix=10.1.2.0/24}]"
        );
        let unreach = [0x80, 15, 10, 0, 2, 1, 0, 32, 0x20, 1, 0xd, 0xb8, 0];
        assert_eq!(
            update(&unreach),
            "path_attributes={mp_unreach_nlri={afi=2 safi=1}} \
             mp_unreach_routes=[::/0, 2001:db8::/32, ::/0]"
        );
        // A family that is not decoded, and NLRI that are no routes.
        for octets in [[0x80, 15, 5, 0, 99, 99, 1, 2], [0x80, 15, 5, 0, 1, 1, 33, 2]] {
            let said = update(&octets);
            let raw = format!("mp_unreach_nlri_raw={:02x}02", octets[6]);
            assert!(said.ends_with(&raw), "{said}");
        }
        assert!(!update(&[0x80, 15, 3, 0, 2, 1]).contains("raw"));
    }

    #[test]
    fn what_is_malformed_is_said_in_octets() {
        let body = [0, 1, 33, 0, 7, 0x40, 1, 1, 0, 0x40, 2, 9, 8, 10, 99];
        assert_eq!(
            said(&body, false),
            "withdrawn_routes=[21] path_attributes={origin=IGP cut_attribute=400209} \
             nlri=[10.0.0.0/8, 63]"
        );
        let update = split(Reader::new(&body)).unwrap();
        let routes: Vec<_> = update.announced_routes(false).collect();
        assert_eq!((routes.len(), routes[1].unwrap_err().what), (2, "prefix length"));
        assert_eq!(update.path_attributes().count(), 2);
    }
}
