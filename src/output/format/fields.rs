//! Neutral fields as JSON, for formats whose records are JSON objects.

use std::fmt::{Display, Write};

use super::text;
use crate::wire::Fields;

/// Writes fields as members of a JSON object, or as the values of a list: keys in order, octets in
/// lower-case hex, with `", "` and `": "` as pmacct has them.
pub(super) struct JsonFields<'o> {
    out: &'o mut Vec<u8>,
    in_list: bool,
}

impl<'o> JsonFields<'o> {
    /// Members are appended after `{` or after others.
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, in_list: false }
    }

    fn key(&mut self, name: &str) {
        if !self.out.ends_with(b"{") && !self.out.ends_with(b"[") {
            self.out.extend_from_slice(b", ");
        }
        if !self.in_list {
            self.out.push(b'"');
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"\": ");
        }
    }

    fn inside(
        &mut self,
        [open, close]: [u8; 2],
        in_list: bool,
        body: &mut dyn FnMut(&mut dyn Fields),
    ) {
        self.out.push(open);
        let before = std::mem::replace(&mut self.in_list, in_list);
        body(self);
        self.in_list = before;
        self.out.push(close);
    }
}

impl Fields for JsonFields<'_> {
    fn number(&mut self, name: &'static str, value: u64) {
        self.key(name);
        text::number(self.out, value);
    }

    fn float(&mut self, name: &'static str, value: f32) {
        self.key(name);
        match value.is_finite() {
            // Writing to a Vec cannot fail.
            true => drop(write!(Escaped(self.out), "{value}")),
            false => self.out.extend_from_slice(b"null"),
        }
    }

    fn flag(&mut self, name: &'static str, value: bool) {
        self.key(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn text(&mut self, name: &'static str, value: &dyn Display) {
        self.key(name);
        self.out.push(b'"');
        let _ = write!(Escaped(self.out), "{value}");
        self.out.push(b'"');
    }

    fn octets(&mut self, name: &'static str, value: &[u8]) {
        self.key(name);
        self.out.push(b'"');
        text::hex(self.out, value);
        self.out.push(b'"');
    }

    fn group(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        self.key(name);
        self.inside(*b"{}", false, body);
    }

    fn list(&mut self, name: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        self.key(name);
        self.inside(*b"[]", true, body);
    }
}

/// What is written goes to the inside of a JSON string.
struct Escaped<'o>(&'o mut Vec<u8>);

impl Write for Escaped<'_> {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        text::json_escaped(self.0, s);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_nest_and_texts_are_escaped() {
        let mut out = b"{".to_vec();
        let mut fields = JsonFields::new(&mut out);
        fields.number("a", u64::MAX);
        fields.list("b", &mut |fields| {
            fields.text("", &"x\"\u{1}");
            fields.group("", &mut |fields| fields.octets("c", &[0xab]));
            fields.list("", &mut |_| ());
        });
        fields.flag("d", true);
        fields.float("e", 1.5);
        fields.float("f", f32::NAN);
        fields.group("g", &mut |_| ());
        out.push(b'}');
        let want = r#"{"a": 18446744073709551615, "b": ["x\"\u0001", {"c": "ab"}, []], "#;
        let rest = r#""d": true, "e": 1.5, "f": null, "g": {}}"#;
        assert_eq!(String::from_utf8(out).as_deref(), Ok(format!("{want}{rest}").as_str()));
    }
}
