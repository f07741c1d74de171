//! Sets of words from a table: views and types of messages.

use super::Values;
use crate::bmp::{MessageType, RibView};
use crate::filter::Truth;
use crate::filter::parse::{FilterError, Word};

/// The bit of each word is its place in the table.
type Bits = u16;

fn bits(what: &str, table: &[&str], words: &[Word<'_>]) -> Result<Bits, FilterError> {
    words.iter().try_fold(0, |bits, word| {
        let place = table.iter().position(|name| *name == word.text).ok_or_else(|| {
            word.wrong(format!("`{}` is no {what}; they are {}", word.text, table.join(" ")))
        })?;
        Ok(bits | 1 << place)
    })
}

fn texts(table: &[&str], bits: Bits) -> Vec<String> {
    let is_in = |(place, _): &(usize, &&str)| bits & 1 << place != 0;
    table.iter().enumerate().filter(is_in).map(|(_, name)| (*name).to_owned()).collect()
}

/// The views, in the order of [`RibView`].
const VIEWS: &[&str] =
    &["adj-rib-in-pre", "adj-rib-in-post", "adj-rib-out-pre", "adj-rib-out-post", "loc-rib"];

/// The views that a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::filter) struct ViewSet(Bits);

impl ViewSet {
    /// Every Adj-RIB of a peer.
    pub(in crate::filter) const ADJ_RIBS: Self = Self(0b1111);

    /// Whether it is one Adj-RIB and more, and not the Loc-RIB.
    pub(in crate::filter) fn is_adj_rib(self) -> bool {
        self.0 & Self::ADJ_RIBS.0 != 0
    }

    /// One view.
    pub(in crate::filter) fn of(view: RibView) -> Self {
        Self(match view {
            RibView::AdjRibInPre => 1,
            RibView::AdjRibInPost => 1 << 1,
            RibView::AdjRibOutPre => 1 << 2,
            RibView::AdjRibOutPost => 1 << 3,
            RibView::LocRib => 1 << 4,
        })
    }
}

/// A set of views.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::filter) struct Views(Bits);

impl Views {
    /// Whether the views that a message is for are among them: no answer where only some are.
    pub(in crate::filter) fn hold_all(self, of: ViewSet) -> Truth {
        match self.0 & of.0 {
            0 => Some(false),
            some if some == of.0 => Some(true),
            _ => None,
        }
    }
}

impl Values for Views {
    const SYNTAX: &'static str = "VIEW";

    fn parse(words: &[Word<'_>]) -> Result<Self, FilterError> {
        bits("view", VIEWS, words).map(Self)
    }

    fn texts(&self) -> Vec<String> {
        texts(VIEWS, self.0)
    }
}

/// The types of messages, then those of what an UPDATE holds.
const MESSAGES: &[&str] = &[
    "route-monitoring",
    "statistics",
    "peer-down",
    "peer-up",
    "initiation",
    "termination",
    "route-mirroring",
    "route-policy-trace",
    "route-event-log",
    "other",
    "announce",
    "withdraw",
    "end-of-rib",
];

const EVENT_LOG: Bits = 1 << 8;
const OTHER: Bits = 1 << 9;
const ANNOUNCE: Bits = 1 << 10;
const WITHDRAW: Bits = 1 << 11;
const END_OF_RIB: Bits = 1 << 12;
const OF_UPDATES: Bits = ANNOUNCE | WITHDRAW | END_OF_RIB;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::filter) struct MessageSet {
    is: Bits,
    /// What it may be besides.
    may_be: Bits,
}

impl MessageSet {
    /// A message of this type, of which no more is known. `event_log` is the type of Route Event
    /// Logging, which has none of its own.
    pub(in crate::filter) fn of(kind: MessageType, event_log: Option<u8>) -> Self {
        let may_be = if kind == MessageType::RouteMonitoring { OF_UPDATES } else { 0 };
        let is = match kind {
            MessageType::RoutePolicyTrace => 1 << 7,
            _ if event_log == Some(kind.0) => EVENT_LOG,
            MessageType(kind @ 0..=6) => 1 << kind,
            _ => OTHER,
        };
        Self { is, may_be }
    }

    /// The same message, and a part of it that announces routes or withdraws them.
    pub(in crate::filter) fn with_routes(self, announces: bool) -> Self {
        Self { is: self.is | if announces { ANNOUNCE } else { WITHDRAW }, may_be: 0 }
    }

    /// The same message, which is an End-of-RIB marker.
    pub(in crate::filter) fn ending_rib(self) -> Self {
        Self { is: self.is | END_OF_RIB, may_be: 0 }
    }
}

/// A set of types of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::filter) struct Messages(Bits);

impl Messages {
    /// Whether a message is of one of them.
    pub(in crate::filter) fn hold(self, of: MessageSet) -> Truth {
        match (self.0 & of.is, self.0 & of.may_be) {
            (0, 0) => Some(false),
            (0, _) => None,
            _ => Some(true),
        }
    }

    /// Whether some are told by what UPDATEs hold.
    pub(in crate::filter) fn read_updates(self) -> bool {
        self.0 & OF_UPDATES != 0
    }
}

impl Values for Messages {
    const SYNTAX: &'static str = "TYPE";

    fn parse(words: &[Word<'_>]) -> Result<Self, FilterError> {
        bits("type of message", MESSAGES, words).map(Self)
    }

    fn texts(&self) -> Vec<String> {
        texts(MESSAGES, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_their_words() {
        let word = |kind: u8| texts(MESSAGES, MessageSet::of(MessageType(kind), Some(200)).is);
        for (kind, name) in [
            (0, "route-monitoring"),
            (1, "statistics"),
            (2, "peer-down"),
            (3, "peer-up"),
            (4, "initiation"),
            (5, "termination"),
            (6, "route-mirroring"),
            (100, "route-policy-trace"),
            (200, "route-event-log"),
            (7, "other"),
            (255, "other"),
        ] {
            assert_eq!(word(kind), [name]);
        }
    }

    #[test]
    fn views_have_their_words() {
        for (view, name) in [
            (RibView::AdjRibInPre, "adj-rib-in-pre"),
            (RibView::AdjRibInPost, "adj-rib-in-post"),
            (RibView::AdjRibOutPre, "adj-rib-out-pre"),
            (RibView::AdjRibOutPost, "adj-rib-out-post"),
            (RibView::LocRib, "loc-rib"),
        ] {
            assert_eq!(texts(VIEWS, ViewSet::of(view).0), [name]);
        }
    }
}
