//! Texts in which `*` stands for any characters.

use super::Values;
use crate::filter::parse::{FilterError, Word, quoted};

/// A set of texts: those without `*` in order, then the patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filter) struct Texts {
    whole: Box<[Box<str>]>,
    patterns: Box<[Box<str>]>,
}

impl Texts {
    pub(super) fn new(texts: impl Iterator<Item = Box<str>>) -> Self {
        let (patterns, whole): (Vec<Box<str>>, _) = texts.partition(|text| text.contains('*'));
        Self { whole: super::in_order(whole), patterns: super::in_order(patterns) }
    }

    /// Whether a text is one of them.
    pub(in crate::filter) fn hold(&self, text: &[u8]) -> bool {
        self.whole.binary_search_by(|own| own.as_bytes().cmp(text)).is_ok()
            || self.patterns.iter().any(|pattern| is_like(pattern.as_bytes(), text))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.patterns.is_empty()
    }
}

/// Whether `text` is what `pattern` says, in which `*` stands for any characters.
#[must_use]
pub fn is_like(mut pattern: &[u8], mut text: &[u8]) -> bool {
    // Where the last `*` was, and the text that it has not taken: it takes more when what is
    // behind it does not fit.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', behind)), _) => {
                star = Some((behind, text));
                pattern = behind;
            }
            (Some((a, rest)), Some((b, after))) if a == b => (pattern, text) = (rest, after),
            (None, None) => return true,
            _ => match star {
                Some((behind, [_, left @ ..])) => {
                    star = Some((behind, left));
                    (pattern, text) = (behind, left);
                }
                _ => return false,
            },
        }
    }
}

impl Values for Texts {
    const SYNTAX: &'static str = "TEXT";

    fn parse(words: &[Word<'_>]) -> Result<Self, FilterError> {
        Ok(Self::new(words.iter().map(|word| word.text.as_ref().into())))
    }

    fn texts(&self) -> Vec<String> {
        self.whole.iter().chain(&self.patterns).map(|text| quoted(text).into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, is_one) in [
            ("core", "core", true),
            ("core", "core-1", false),
            ("core*", "core", true),
            ("core*", "score", false),
            ("*-1", "a-1-1", true),
            ("*-1", "a-1-2", false),
            ("*", "", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "acb", false),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(is_like(pattern.as_bytes(), text.as_bytes()), is_one, "{pattern} {text}");
        }
    }

    #[test]
    fn texts_and_patterns_are_one_set() {
        let texts = Texts::new(["b", "a", "c*", "a"].into_iter().map(Into::into));
        assert_eq!(texts.texts(), ["a", "b", "c*"]);
        assert!(texts.hold(b"a") && texts.hold(b"b") && texts.hold(b"cd") && !texts.hold(b"d"));
    }
}
