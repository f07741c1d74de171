//! Expressions: terms joined by `and`, `or` and `not`.

use std::fmt;
use std::str::FromStr;

use super::Truth;
use super::facts::Facts;
use super::parse::{self, FilterError};
use super::terms::{Scope, Test};

/// A filter: an expression, and what has to be known for its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    expr: Expr,
    asks: Asks,
}

/// What the terms of a filter ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Asks {
    /// What UPDATEs hold.
    pub(super) updates: bool,
    /// What single routes are.
    pub(super) routes: bool,
    /// How many terms there are about path attributes.
    pub(super) attributes: usize,
}

/// An expression. How deep they go is bounded where they are parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// A term. One about path attributes has a number among those of its filter.
    Test(Test, Option<usize>),
    /// `not`
    Not(Box<Expr>),
    /// `and`, of two parts and more, none of which is an `and`.
    All(Vec<Expr>),
    /// `or`, of two parts and more, none of which is an `or`.
    Any(Vec<Expr>),
}

impl Expr {
    /// `and` of one part and more.
    pub(super) fn all(parts: Vec<Expr>) -> Expr {
        Self::joined(parts, Expr::All, |part| match part {
            Expr::All(parts) => Ok(parts),
            other => Err(other),
        })
    }

    /// `or` of one part and more.
    pub(super) fn any(parts: Vec<Expr>) -> Expr {
        Self::joined(parts, Expr::Any, |part| match part {
            Expr::Any(parts) => Ok(parts),
            other => Err(other),
        })
    }

    /// Joins parts, and takes those apart that are joined in the same way.
    fn joined(
        parts: Vec<Expr>,
        join: fn(Vec<Expr>) -> Expr,
        apart: fn(Expr) -> Result<Vec<Expr>, Expr>,
    ) -> Expr {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match apart(part) {
                Ok(parts) => flat.extend(parts),
                Err(part) => flat.push(part),
            }
        }
        match flat.len() {
            1 => flat.swap_remove(0),
            _ => join(flat),
        }
    }

    /// Whether what the facts say fits.
    pub(super) fn fits(&self, facts: &Facts<'_>) -> Truth {
        match self {
            Expr::Test(test, None) => test.fits(facts),
            Expr::Test(test, Some(number)) => {
                facts.attributes?.answer(*number, || test.fits(facts))
            }
            Expr::Not(part) => part.fits(facts).map(|fits| !fits),
            Expr::All(parts) => settle(parts, facts, false),
            Expr::Any(parts) => settle(parts, facts, true),
        }
    }

    /// Numbers the terms about path attributes, and says what all of them ask for.
    fn number(&mut self, asks: &mut Asks) {
        match self {
            Expr::Test(test, number) => {
                let scope = test.term().scope;
                *number = (scope == Scope::Attributes).then_some(asks.attributes);
                asks.attributes += usize::from(number.is_some());
                asks.routes |= scope == Scope::Route;
                asks.updates |= test.reads_updates();
            }
            Expr::Not(part) => part.number(asks),
            Expr::All(parts) | Expr::Any(parts) => parts.iter_mut().for_each(|p| p.number(asks)),
        }
    }
}

/// One part with the decisive answer settles the whole; else one without an answer leaves it open.
fn settle(parts: &[Expr], facts: &Facts<'_>, decisive: bool) -> Truth {
    let mut whole = Some(!decisive);
    for part in parts {
        match part.fits(facts) {
            Some(fits) if fits == decisive => return Some(decisive),
            Some(_) => {}
            None => whole = None,
        }
    }
    whole
}

impl Filter {
    pub(super) fn new(mut expr: Expr) -> Self {
        let mut asks = Asks::default();
        expr.number(&mut asks);
        Self { expr, asks }
    }

    /// The filter that both make: what fits both fits it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(Expr::all(vec![self.expr, other.expr]))
    }

    /// Whether it asks what UPDATEs hold. Where sessions do not decode them, such terms have no
    /// answer and let everything pass.
    #[must_use]
    pub fn reads_updates(&self) -> bool {
        self.asks.updates
    }

    pub(super) fn asks(&self) -> &Asks {
        &self.asks
    }

    pub(super) fn fits(&self, facts: &Facts<'_>) -> Truth {
        self.expr.fits(facts)
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        parse::expression(text).map(Self::new)
    }
}

impl fmt::Display for Filter {
    /// The expression as it is parsed again, with as few parentheses as can be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Test(test, _) => write!(f, "{test}"),
            Expr::Not(part) => match **part {
                Expr::All(_) | Expr::Any(_) => write!(f, "not ({part})"),
                _ => write!(f, "not {part}"),
            },
            Expr::All(parts) => joined(f, parts, " and "),
            Expr::Any(parts) => joined(f, parts, " or "),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], word: &str) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        f.write_str(if i == 0 { "" } else { word })?;
        match part {
            // `and` binds closer.
            Expr::Any(_) => write!(f, "({part})")?,
            _ => write!(f, "{part}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<Filter>().unwrap_or_else(|e| unreachable!("{text}: {e}")).to_string()
    }

    #[test]
    fn the_canonical_text_has_no_more_parentheses_than_it_needs() {
        for (typed, canonical) in [
            ("view=loc-rib", "view = loc-rib"),
            ("((view = loc-rib))", "view = loc-rib"),
            ("view in (loc-rib)", "view = loc-rib"),
            ("view = (loc-rib, adj-rib-in-pre)", "view in (adj-rib-in-pre, loc-rib)"),
            (
                "peer-as = 1 and (peer-as = 2 and peer-as = 3)",
                "peer-as = 1 and peer-as = 2 and peer-as = 3",
            ),
            (
                "(peer-as = 1 and peer-as = 2) or peer-as = 3",
                "peer-as = 1 and peer-as = 2 or peer-as = 3",
            ),
            (
                "peer-as = 1 and (peer-as = 2 or peer-as = 3)",
                "peer-as = 1 and (peer-as = 2 or peer-as = 3)",
            ),
            ("not (peer-as = 1)", "not peer-as = 1"),
            ("not not peer-as = 1", "not not peer-as = 1"),
            ("not (peer-as = 1 or peer-as = 2)", "not (peer-as = 1 or peer-as = 2)"),
        ] {
            assert_eq!(shown(typed), canonical);
            assert_eq!(shown(canonical), canonical);
        }
    }

    /// Each answer as a term that gives it, and facts for that.
    #[test]
    fn the_logic_is_kleenes() {
        let facts = Facts::of_router([192, 0, 2, 1].into());
        let terms = [
            ("router = 192.0.2.1", Some(true)),
            ("router = 192.0.2.2", Some(false)),
            ("peer-as = 1", None),
        ];
        let fits = |text: &str| text.parse::<Filter>().unwrap().fits(&facts);
        for (a, x) in terms {
            assert_eq!(fits(a), x);
            assert_eq!(fits(&format!("not {a}")), x.map(|x| !x));
            for (b, y) in terms {
                let and = match (x, y) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                let or = match (x, y) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                assert_eq!(fits(&format!("{a} and {b}")), and, "{a} and {b}");
                assert_eq!(fits(&format!("{a} or {b}")), or, "{a} or {b}");
                let of_both = fits(&format!("not ({a} and {b})"));
                assert_eq!(of_both, fits(&format!("not {a} or not {b}")), "De Morgan");
            }
        }
    }

    #[test]
    fn two_filters_make_one() {
        let filter = |text: &str| text.parse::<Filter>().unwrap();
        let both = filter("peer-as = 1 or peer-as = 2").and(filter("origin-as = 3"));
        assert_eq!(both.to_string(), "(peer-as = 1 or peer-as = 2) and origin-as = 3");
        assert_eq!(both, filter(&both.to_string()));
        assert!(both.reads_updates() && !filter("peer-as = 1").reads_updates());
    }
}
