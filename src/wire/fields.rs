//! Neutral named fields: what the parts of a message say of themselves, so that no format has to
//! know any of them.

use std::fmt::Display;

/// Receives the fields of something, in order. Names are the standards' own terms in
/// `snake_case`; inside a [`Fields::list`] they are not shown.
pub trait Fields {
    /// A number, or a code that has no better form.
    fn number(&mut self, name: &'static str, value: u64);
    /// A number with a fraction, as IEEE 754 has it on the wire.
    fn float(&mut self, name: &'static str, value: f32);
    /// Yes or no.
    fn flag(&mut self, name: &'static str, value: bool);
    /// Anything with one usual text form: addresses, prefixes, names of codes, texts.
    fn text(&mut self, name: &'static str, value: &dyn Display);
    /// Octets that have no better form.
    fn octets(&mut self, name: &'static str, value: &[u8]);
    /// Fields that belong together.
    fn group(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields));
    /// Values of one kind, in order; each call of the body's argument is one of them.
    fn list(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields));

    /// A [`Fields::list`] whose values may hold such lists themselves: `octets` instead, where
    /// 4 of them are around it.
    fn nested(
        &mut self,
        name: &'static str,
        _octets: &[u8],
        body: &mut dyn FnMut(&mut dyn Fields),
    ) {
        self.list(name, &mut |fields| body(&mut Bounded { fields, left: DEPTH_MAX - 1 }));
    }
}

/// How deep lists of one kind inside each other are described; the standards go three deep.
const DEPTH_MAX: u8 = 4;

/// The fields inside a [`Fields::nested`] list.
struct Bounded<'f> {
    fields: &'f mut (dyn Fields + 'f),
    /// How many more there may be, one inside the other.
    left: u8,
}

impl Fields for Bounded<'_> {
    fn number(&mut self, name: &'static str, value: u64) {
        self.fields.number(name, value);
    }

    fn float(&mut self, name: &'static str, value: f32) {
        self.fields.float(name, value);
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        self.fields.flag(name, value);
    }

    fn text(&mut self, name: &'static str, value: &dyn Display) {
        self.fields.text(name, value);
    }

    fn octets(&mut self, name: &'static str, value: &[u8]) {
        self.fields.octets(name, value);
    }

    fn group(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        let left = self.left;
        self.fields.group(name, &mut |fields| body(&mut Bounded { fields, left }));
    }

    fn list(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        let left = self.left;
        self.fields.list(name, &mut |fields| body(&mut Bounded { fields, left }));
    }

    fn nested(&mut self, name: &'static str, octets: &[u8], body: &mut dyn FnMut(&mut dyn Fields)) {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.fields.list(name, &mut |fields| body(&mut Bounded { fields, left }));
            }
            None => self.fields.octets(name, octets),
        }
    }
}

/// Writes fields as one line of text: `a=1 b=[x, y] c={d=00ff}`. For tests and for people.
#[derive(Debug, Default)]
pub struct Outline {
    text: String,
    in_list: bool,
    /// Whether something was said in the innermost group or list.
    begun: bool,
}

impl Outline {
    /// What `describe` says.
    #[must_use]
    pub fn of(describe: impl FnOnce(&mut dyn Fields)) -> String {
        let mut outline = Self::default();
        describe(&mut outline);
        outline.text
    }

    fn name(&mut self, name: &str) {
        if std::mem::replace(&mut self.begun, true) {
            self.text.push_str(if self.in_list { ", " } else { " " });
        }
        if !self.in_list {
            self.text.push_str(name);
            self.text.push('=');
        }
    }

    fn inside(
        &mut self,
        (open, close): (char, char),
        in_list: bool,
        body: &mut dyn FnMut(&mut dyn Fields),
    ) {
        self.text.push(open);
        let before = std::mem::replace(&mut self.in_list, in_list);
        self.begun = false;
        body(self);
        (self.in_list, self.begun) = (before, true);
        self.text.push(close);
    }
}

impl Fields for Outline {
    fn number(&mut self, name: &'static str, value: u64) {
        self.text(name, &value);
    }

    fn float(&mut self, name: &'static str, value: f32) {
        self.text(name, &value);
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        self.text(name, &value);
    }

    fn text(&mut self, name: &'static str, value: &dyn Display) {
        self.name(name);
        self.text.push_str(&value.to_string());
    }

    fn octets(&mut self, name: &'static str, value: &[u8]) {
        self.name(name);
        value.iter().for_each(|b| self.text.push_str(&format!("{b:02x}")));
    }

    fn group(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        self.name(name);
        self.inside(('{', '}'), false, body);
    }

    fn list(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        self.name(name);
        self.inside(('[', ']'), true, body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_groups_nest() {
        let text = Outline::of(|f| {
            f.number("a", 1);
            f.list("b", &mut |f| {
                f.text("", &"x");
                f.group("", &mut |f| f.octets("y", &[0, 255]));
            });
            f.flag("c", true);
        });
        assert_eq!(text, "a=1 b=[x, {y=00ff}] c=true");
        let text = Outline::of(|f| {
            f.text("a", &"x[");
            f.list("b", &mut |f| f.group("", &mut |_| {}));
            f.list("c", &mut |f| ["", "{", "z"].iter().for_each(|text| f.text("", text)));
        });
        assert_eq!(text, "a=x[ b=[{}] c=[, {, z]");
    }

    #[test]
    fn lists_inside_each_other_end_at_a_bound() {
        fn inside(fields: &mut dyn Fields) {
            fields.nested("n", &[7], &mut |fields| fields.group("", &mut |fields| inside(fields)));
        }
        let text = Outline::of(|fields| inside(fields));
        assert_eq!(text, "n=[{n=[{n=[{n=[{n=07}]}]}]}]");
    }
}
