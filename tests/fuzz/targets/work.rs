//! Work that can be counted: calls, not time.

use std::fmt::Display;
use std::io::Write;

use ribcage::wire::Fields;

/// Counts what a description says, and how deep it goes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Fields, groups and lists.
    pub calls: usize,
    /// Octets given as octets or as text.
    pub octets: usize,
    /// Groups and lists around the innermost field.
    pub depth_max: usize,
    depth: usize,
}

impl Work {
    /// What `describe` takes.
    pub fn of(describe: impl FnOnce(&mut dyn Fields)) -> Self {
        let mut work = Self::default();
        describe(&mut work);
        work
    }

    /// Asserts that it is in proportion to the `octets` that are described.
    pub fn assert_linear(self, octets: usize) {
        assert!(self.calls <= 64 + 8 * octets, "{self:?} for {octets} octets");
        assert!(self.octets <= 1024 + 64 * octets, "{self:?} for {octets} octets");
        assert!(self.depth_max <= 16, "{self:?} for {octets} octets");
    }

    fn inside(&mut self, body: &mut dyn FnMut(&mut dyn Fields)) {
        self.calls += 1;
        self.depth += 1;
        self.depth_max = self.depth_max.max(self.depth);
        body(self);
        self.depth -= 1;
    }
}

impl Fields for Work {
    fn number(&mut self, _: &'static str, _: u64) {
        self.calls += 1;
    }
    fn float(&mut self, _: &'static str, _: f32) {
        self.calls += 1;
    }
    fn flag(&mut self, _: &'static str, _: bool) {
        self.calls += 1;
    }
    fn text(&mut self, _: &'static str, value: &dyn Display) {
        self.calls += 1;
        let mut octets = Vec::new();
        write!(octets, "{value}").expect("a vector takes everything");
        self.octets += octets.len();
    }
    fn octets(&mut self, _: &'static str, value: &[u8]) {
        self.calls += 1;
        self.octets += value.len();
    }
    fn group(&mut self, _: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        self.inside(body);
    }
    fn list(&mut self, _: &'static str, body: &mut dyn FnMut(&mut dyn Fields)) {
        self.inside(body);
    }
}
