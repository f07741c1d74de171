//! Numbers and ranges of them.

use super::Values;
use crate::filter::parse::{FilterError, Word};

/// A set of numbers: ranges from the first to the second, in order and apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::filter) struct Numbers(Box<[(u32, u32)]>);

impl Numbers {
    /// Whether a number is one of them.
    pub(in crate::filter) fn hold(&self, number: u32) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, last)| number <= *last)
    }
}

fn range(text: &str) -> Result<(u32, u32), String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
        (Ok(first), Ok(last)) => {
            Err(format!("`{text}` ends before it begins: write {last}..{first}"))
        }
        _ => Err(format!(
            "`{text}` is no number of 32 bits and no range: write one such as 64496 or 64496..64511"
        )),
    }
}

impl Values for Numbers {
    const SYNTAX: &'static str = "NUMBER|FIRST..LAST";

    fn parse(words: &[Word<'_>]) -> Result<Self, FilterError> {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for (first, last) in super::set(words, range)? {
            match ranges.last_mut() {
                // They overlap or touch.
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last)
                }
                _ => ranges.push((first, last)),
            }
        }
        Ok(Self(ranges.into()))
    }

    fn texts(&self) -> Vec<String> {
        let text = |(first, last): &(u32, u32)| match first == last {
            true => first.to_string(),
            false => format!("{first}..{last}"),
        };
        self.0.iter().map(text).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn numbers(texts: &[&str]) -> Result<Numbers, FilterError> {
        let words: Vec<_> =
            texts.iter().map(|text| Word { text: (*text).into(), column: 7 }).collect();
        Numbers::parse(&words)
    }

    #[test]
    fn ranges_that_touch_are_one() {
        let set =
            numbers(&["5..7", "8", "1..2", "6..6", "4294967295", "20..30", "25..40"]).unwrap();
        assert_eq!(set.texts(), ["1..2", "5..8", "20..40", "4294967295"]);
        for (number, held) in [(0, false), (1, true), (2, true), (3, false), (8, true), (9, false)]
        {
            assert_eq!(set.hold(number), held, "{number}");
        }
        assert!(set.hold(u32::MAX) && !set.hold(u32::MAX - 1) && set.hold(40));
    }

    #[test]
    fn what_is_no_range_is_told_with_what_would_be() {
        for (text, remedy) in [
            ("9..3", "write 3..9"),
            ("4294967296", "32 bits"),
            ("1.10", "64496"),
            ("..", "64496..64511"),
            ("AS1", "64496"),
        ] {
            let error = numbers(&["1", text]).unwrap_err();
            assert!(error.what.contains(remedy) && error.column == 7, "{error}");
        }
    }
}
