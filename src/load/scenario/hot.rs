//! One router that says much more than the others.

use super::churn::Part;
use super::{Key, Row};

pub(super) static ROW: Row = Row {
    name: "hot",
    about: "router 0 sends more than each of the others: its dump more often, more of the churn",
    keys: &[
        Key { name: "factor", default: None, about: "how much more, 10 unless share= is given" },
        Key { name: "share", default: None, about: "instead: its percent of all messages" },
    ],
    add: |values, program| {
        let factor = values.number("factor", 2, 1_000_000)?;
        program.hot = Some(match (factor, values.number("share", 1, 99)?) {
            (0, 0) => Hot::Factor(10),
            (factor, 0) => Hot::Factor(factor),
            (0, share) => Hot::Share(share),
            _ => return Err(values.error("share", "give factor or share, not both")),
        });
        Ok(())
    },
};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) enum Hot {
    Factor(u64),
    /// Percent.
    Share(u64),
}

impl Hot {
    fn factor(self, routers: u32) -> u64 {
        match self {
            Hot::Factor(factor) => factor,
            Hot::Share(share) => {
                let (part, rest) = (share * u64::from(routers.saturating_sub(1)), 100 - share);
                ((part + rest / 2) / rest).max(1)
            }
        }
    }

    /// A router's part when there is, or is not, a hot one.
    pub(in crate::load) fn part(hot: Option<Self>, router: u32, routers: u32) -> Part {
        let factor = hot.map_or(1, |hot| hot.factor(routers));
        let weights = u64::from(routers) - 1 + factor;
        let weight = if router == 0 { factor } else { 1 };
        Part { router, routers, weight, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_router_is_as_hot_as_asked_for() {
        let weight = |hot, routers| Hot::part(Some(hot), 0, routers).weight;
        assert_eq!(weight(Hot::Factor(7), 3), 7);
        assert_eq!(weight(Hot::Share(50), 11), 10);
        assert_eq!(weight(Hot::Share(90), 2), 9);
        assert_eq!(weight(Hot::Share(1), 2), 1);
        assert_eq!(Hot::part(Some(Hot::Factor(7)), 1, 3).weight, 1);
        assert_eq!(Hot::part(None, 0, 3).weights, 3);
    }
}
