//! The keys of the path attributes as options and older dialects have them.

use super::keys::{communities, extended, extended_value, large, next_hop, numbers, otc, sorted};
use super::{COMMUNITIES, EXTENDED, Found, LARGE, ORIGIN, Scratch, Sets, keys};
use crate::bgp::AsWidth;
use crate::bgp::attr::{communities as words, extended_communities};
use crate::output::format::pen::{self, Pen, Room, Text};
use crate::output::format::pmacct_json::dialect::{Dialect, Extended};
use crate::output::format::text;

/// The form that options give to attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::output::format::pmacct_json) struct Form {
    /// `as_path` is an array.
    pub(in crate::output::format::pmacct_json) path_array: bool,
    /// `comms`, `ecomms` and `lcomms` are arrays.
    pub(in crate::output::format::pmacct_json) communities_array: bool,
    /// Communities have no names.
    pub(in crate::output::format::pmacct_json) numbers: bool,
    /// `origin` is a number.
    pub(in crate::output::format::pmacct_json) origin_number: bool,
}

/// How attributes are written where it is not the plain way.
#[derive(Debug, Clone, Copy)]
pub(in crate::output::format::pmacct_json) struct Style {
    form: Form,
    dialect: &'static Dialect,
}

impl Style {
    /// The style of a form in a dialect; `None` for the plain form.
    pub(in crate::output::format::pmacct_json) fn new(
        form: Form,
        dialect: &'static Dialect,
    ) -> Option<Self> {
        (form != Form::default()).then_some(Self { form, dialect })
    }
}

/// Appends the keys from `bgp_nexthop` to `otc`.
pub(super) fn write(
    out: &mut Vec<u8>,
    scratch: &mut Scratch,
    found: &Found<'_>,
    width: AsWidth,
    style: Style,
) {
    let Style { form, dialect } = style;
    let Scratch { sheet, sets, list } = scratch;
    let mut part = |out: &mut Vec<u8>, part: Part| {
        pen::append(out, sheet, &mut Of { part, found, width, style, sets });
    };
    out.extend_from_slice(b", \"bgp_nexthop\": \"");
    part(out, Part::NextHop);
    out.push(b'"');
    for (which, place, key, as_array) in [
        (Part::Path, None, "as_path", form.path_array),
        (Part::Communities, Some(COMMUNITIES), "comms", form.communities_array),
        (Part::Extended, Some(EXTENDED), "ecomms", form.communities_array),
        (Part::Large, Some(LARGE), "lcomms", form.communities_array),
    ] {
        // A path has its key in any case.
        if place.is_none_or(|place| !found.values[place].is_empty()) {
            list.clear();
            part(list, which);
            write_list(out, key, list.trim_ascii_end(), as_array);
        }
    }
    let origin = found.values[ORIGIN].first().copied();
    out.extend_from_slice(b", \"origin\": ");
    match (form.origin_number, origin) {
        (true, origin) => text::number(out, origin.unwrap_or_default()),
        (false, None | Some(0)) => out.extend_from_slice(b"\"i\""),
        (false, Some(1)) => out.extend_from_slice(b"\"e\""),
        (false, Some(2)) => out.extend_from_slice(b"\"u\""),
        (false, Some(_)) => out.extend_from_slice(b"\"\""),
    }
    part(out, Part::Numbers);
    if dialect.otc {
        part(out, Part::Otc);
    }
}

/// `, "KEY": …`: words with spaces between them, as one text or as an array.
fn write_list(out: &mut Vec<u8>, key: &str, list: &[u8], as_array: bool) {
    out.extend_from_slice(b", \"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(if as_array { b"\": [" } else { b"\": \"" });
    if !as_array {
        out.extend_from_slice(list);
        return out.push(b'"');
    }
    let words = list.split(|octet| *octet == b' ').filter(|word| !word.is_empty());
    for (i, word) in words.enumerate() {
        out.extend_from_slice(if i == 0 { b"\"" } else { b", \"" });
        out.extend_from_slice(word);
        out.push(b'"');
    }
    out.push(b']');
}

/// What a pen writes at once.
#[derive(Clone, Copy)]
enum Part {
    NextHop,
    Path,
    Communities,
    Extended,
    Large,
    Numbers,
    Otc,
}

struct Of<'a> {
    part: Part,
    found: &'a Found<'a>,
    width: AsWidth,
    style: Style,
    sets: &'a mut Sets,
}

impl Text for Of<'_> {
    fn write<R: Room>(&mut self, pen: &mut Pen<'_, R>) {
        let Self { found, style, sets, .. } = self;
        let value = |place: usize| found.values[place];
        match self.part {
            Part::NextHop => next_hop(pen, found),
            Part::Path => keys::as_path(pen, &mut sets.words, found, self.width),
            Part::Communities if style.form.numbers => {
                sorted(&mut sets.words, words::iter(value(COMMUNITIES)));
                for &c in &sets.words {
                    pen.two_numbers_and([(c >> 16) as u16, c as u16], *b": ");
                }
            }
            Part::Communities => communities(pen, &mut sets.words, value(COMMUNITIES)),
            Part::Extended => {
                sorted(&mut sets.extended, extended_communities::iter(value(EXTENDED)));
                for c in &sets.extended {
                    extended_styled(pen, *c, *style);
                    pen.octet(b' ');
                }
            }
            Part::Large => large(pen, &mut sets.large, value(LARGE)),
            Part::Numbers => numbers(pen, found),
            Part::Otc => otc(pen, found),
        }
    }
}

/// An extended community: with its type and subtype in front where numbers are asked for and the
/// dialect has them.
fn extended_styled<R: Room>(pen: &mut Pen<'_, R>, c: [u8; 8], style: Style) {
    let Style { form, dialect } = style;
    let [kind, subtype, ref value @ ..] = c;
    if form.numbers && dialect.extended_types {
        pen.number_and(kind.into(), b':');
        pen.number_and(subtype.into(), b':');
        return match kind & 0x3f {
            0..=2 => extended_value(pen, c),
            _ => {
                pen.copy(b"0x");
                value.iter().for_each(|octet| hex(pen, *octet));
            }
        };
    }
    let is_plain_type = matches!((kind, subtype), (0..=2, 2 | 3));
    match dialect.extended {
        Extended::PlainType if !is_plain_type => pen.octet(b'?'),
        _ if form.numbers && matches!((kind & 0x3f, subtype), (0..=2, 2 | 3)) => {
            extended_value(pen, c);
        }
        which => extended(pen, c, which),
    }
}

fn hex<R: Room>(pen: &mut Pen<'_, R>, octet: u8) {
    for digit in [octet >> 4, octet & 15] {
        pen.octet(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::dialect;
    use super::*;
    use crate::output::format::pmacct_json::strip::Strip;
    use crate::wire::Reader;

    /// ORIGIN 3, a path of one digit, a community and three extended ones, OTC.
    const ATTRIBUTES: &[u8] = &[
        0x40, 1, 1, 3, 0x40, 2, 6, 2, 1, 0, 0, 0, 7, 0xc0, 8, 4, 0xff, 0xff, 0xff, 1, 0xc0, 16, 24,
        0, 2, 0, 1, 0, 0, 0, 2, 0x40, 2, 0, 3, 0, 0, 0, 4, 6, 3, 0, 0x11, 0x22, 0x33, 0xab, 0xcd,
        0xc0, 35, 4, 0, 0, 0, 9,
    ];

    fn written(form: Form, version: &str) -> String {
        let (mut out, mut scratch) = (Strip::default(), Scratch::default());
        let dialect = dialect::of(version).unwrap_or(dialect::NEWEST);
        let octets = Reader::new(ATTRIBUTES);
        let done = match Style::new(form, dialect) {
            Some(style) => out.push_with(|out| {
                super::super::write_styled(out, &mut scratch, &octets, AsWidth::Four, style)
            }),
            None => super::super::write(&mut out, &mut scratch, &octets, AsWidth::Four, dialect),
        };
        assert_eq!(done, Ok(()));
        String::from_utf8_lossy(out.from(0)).into_owned()
    }

    #[test]
    fn options_and_dialects_change_what_they_name_and_nothing_else() {
        let form = Form::default();
        let arrays = Form { path_array: true, communities_array: true, ..form };
        let numbers = Form { numbers: true, origin_number: true, ..form };
        for (form, version, path, comms, ecomms, origin, otc) in [
            (form, "1.8.1", "\"7\"", "\"no-export\"", "\"RT:1:2 ? RT:3:4\"", "\"\"", true),
            (form, "1.8.0", "\"7\"", "\"no-export\"", "\"RT:1:2 ? ?\"", "\"\"", true),
            (form, "1.7.7", "\"7\"", "\"no-export\"", "\"RT:1:2 ? ?\"", "\"\"", false),
            (
                arrays,
                "1.8.1",
                "[\"7\"]",
                "[\"no-export\"]",
                "[\"RT:1:2\", \"?\", \"RT:3:4\"]",
                "\"\"",
                true,
            ),
            (
                numbers,
                "1.8.1",
                "\"7\"",
                "\"65535:65281\"",
                "\"0:2:1:2 6:3:0x00112233abcd 64:2:3:4\"",
                "3",
                true,
            ),
            (numbers, "1.7.9", "\"7\"", "\"65535:65281\"", "\"1:2 ? ?\"", "3", true),
        ] {
            let otc = if otc { ", \"otc\": 9" } else { "" };
            let want = format!(
                ", \"bgp_nexthop\": \"0.0.0.0\", \"as_path\": {path}, \"comms\": {comms}, \
                 \"ecomms\": {ecomms}, \"origin\": {origin}{otc}"
            );
            assert_eq!(written(form, version), want, "{version}");
        }
    }
}
