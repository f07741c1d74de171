//! The options that `mrt` and `bgpdump` share.

use crate::bmp::RibView;
use crate::output::format::Options;
use crate::output::url::OptionError;

/// A row of help.
type Row = (&'static str, &'static str);

pub(in crate::output::format) const VIEW: Row = (
    "view",
    "which RIB of each peer: adj-rib-in (the default: pre-policy, and of peers that send none post-policy), adj-rib-in-pre, adj-rib-in-post, adj-rib-out-pre, adj-rib-out-post, loc-rib, several joined by commas, or all",
);
pub(in crate::output::format) const ET: Row =
    ("et", "on: times with microseconds (BGP4MP_ET); off: seconds (BGP4MP)");

/// The views of the table, each with its word.
const WORDS: [(&str, RibView); 5] = [
    ("adj-rib-in-pre", RibView::AdjRibInPre),
    ("adj-rib-in-post", RibView::AdjRibInPost),
    ("adj-rib-out-pre", RibView::AdjRibOutPre),
    ("adj-rib-out-post", RibView::AdjRibOutPost),
    ("loc-rib", RibView::LocRib),
];

/// Which views are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::output::format) struct Views {
    /// A bit for each view.
    wanted: u8,
    /// Adj-RIB-In post-policy, of peers that send none before the policy.
    fallback: bool,
}

impl Views {
    /// Whether a view is always written.
    pub(super) fn has(self, view: RibView) -> bool {
        self.wanted & bit(view) != 0
    }

    /// Whether a message of this view is written, of a peer that has sent messages of its
    /// Adj-RIB-In before the policy or has not.
    #[inline]
    pub(super) fn take(self, view: RibView, has_pre: bool) -> bool {
        self.has(view) || (self.fallback && !has_pre && view == RibView::AdjRibInPost)
    }

    /// Whether any view is written of peers that are Loc-RIBs, or of those that are none.
    pub(super) fn take_peer(self, is_loc_rib: bool) -> bool {
        match is_loc_rib {
            true => self.has(RibView::LocRib),
            false => self.wanted & !bit(RibView::LocRib) != 0,
        }
    }

    fn parse(value: &str) -> Result<Self, OptionError> {
        let mut views = Self::default();
        for word in value.split(',') {
            match (word, WORDS.iter().find(|(name, _)| *name == word)) {
                ("all", _) => views.wanted |= WORDS.iter().fold(0, |all, (_, v)| all | bit(*v)),
                ("adj-rib-in", _) => {
                    views.wanted |= bit(RibView::AdjRibInPre);
                    views.fallback = true;
                }
                (_, Some((_, view))) => views.wanted |= bit(*view),
                _ => {
                    let words = WORDS.map(|(name, _)| name).join(", ");
                    return Err(OptionError(format!(
                        "view={value}: expected adj-rib-in, {words} or all"
                    )));
                }
            }
        }
        Ok(views)
    }
}

fn bit(view: RibView) -> u8 {
    1 << view as u8
}

/// What the options mean.
#[derive(Debug, Clone, Copy)]
pub(in crate::output::format) struct Settings {
    pub(in crate::output::format) views: Views,
    /// Times have microseconds.
    pub(in crate::output::format) et: bool,
}

impl Settings {
    /// The options as typed; `et` is what holds unless they say otherwise.
    pub(in crate::output::format) fn new(
        options: &Options<'_>,
        et: bool,
    ) -> Result<Self, OptionError> {
        let mut settings = Self { views: Views::parse("adj-rib-in")?, et };
        for (key, value) in options.pairs {
            match (key.as_str(), value.as_str()) {
                ("view", value) => settings.views = Views::parse(value)?,
                ("et", "on") => settings.et = true,
                ("et", "off") => settings.et = false,
                ("et", value) => {
                    return Err(OptionError(format!("et={value}: expected on or off")));
                }
                _ => {} // the transport's, checked where outputs are parsed
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, OptionError> {
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let options = Options { pairs: &pairs, name: "", socket: false, stream: 0, streams: 1 };
        Settings::new(&options, true)
    }

    fn taken(value: &str, has_pre: bool) -> Vec<&'static str> {
        let views = settings(&[("view", value)]).unwrap().views;
        let taken = WORDS.iter().filter(|(_, view)| views.take(*view, has_pre));
        taken.map(|(name, _)| *name).collect()
    }

    #[test]
    fn views_are_chosen_by_name() {
        for (name, _) in WORDS {
            assert_eq!(taken(name, false), [name]);
        }
        assert_eq!(taken("all", true).len(), 5);
        assert_eq!(taken("loc-rib,adj-rib-out-pre", true), ["adj-rib-out-pre", "loc-rib"]);
        assert_eq!(taken("adj-rib-in", true), ["adj-rib-in-pre"]);
        assert_eq!(taken("adj-rib-in", false), ["adj-rib-in-pre", "adj-rib-in-post"]);
        assert_eq!(settings(&[]).unwrap().views, Views::parse("adj-rib-in").unwrap());
    }

    #[test]
    fn peers_are_those_of_the_views() {
        let peers =
            |value: &str| [false, true].map(|loc| Views::parse(value).unwrap().take_peer(loc));
        assert_eq!(peers("adj-rib-in"), [true, false]);
        assert_eq!(peers("adj-rib-out-post"), [true, false]);
        assert_eq!(peers("loc-rib"), [false, true]);
        assert_eq!(peers("all"), [true, true]);
    }

    #[test]
    fn errors_say_what_would_be_right() {
        assert!(settings(&[("et", "off")]).is_ok_and(|s| !s.et));
        let error = settings(&[("et", "yes")]).unwrap_err();
        assert_eq!(error.0, "et=yes: expected on or off");
        let error = settings(&[("view", "pre")]).unwrap_err();
        assert_eq!(
            error.0,
            "view=pre: expected adj-rib-in, adj-rib-in-pre, adj-rib-in-post, adj-rib-out-pre, \
             adj-rib-out-post, loc-rib or all"
        );
    }
}
