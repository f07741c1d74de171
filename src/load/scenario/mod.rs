//! Scenarios: what happens besides and after the initial dump. Each is one file and one row of
//! [`SCENARIOS`], which is also the help.
//!
//! ```text
//! every router:  connect ─ Initiation, Peer Ups, table, End-of-RIBs ─┐
//!                          (all of it: the dump)                      │ all routers are that far
//!                                                                     ▼
//!                                           0 ── schedule: churn, flaps, storms ──▶ end
//! ```
//!
//! The schedule of a router depends on the seed and its number only: what is due first is sent
//! first, however late the collector takes it. So the same seed gives the same octets.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use crate::config::units::{Dur, Size};

/// The rows, a module each.
macro_rules! scenarios {
    ($($name:ident)*) => {
        $(pub(super) mod $name;)*
        /// Every scenario there is.
        pub static SCENARIOS: &[&Row] = &[$(&$name::ROW),*];
    };
}

scenarios! { dump churn flap storm hot slow malformed families }

/// A scenario as it is listed.
#[derive(Debug)]
pub struct Row {
    /// What it is called in `--scenario NAME`.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// What can be said of it.
    pub keys: &'static [Key],
    add: fn(&Values<'_>, &mut Program) -> Result<(), ScenarioError>,
}

/// A key of a scenario.
#[derive(Debug)]
pub struct Key {
    /// The KEY of `KEY=VALUE`.
    pub name: &'static str,
    /// Its value when it is not given; none for one that then has no effect.
    pub default: Option<&'static str>,
    /// What it is, in a line.
    pub about: &'static str,
}

/// A scenario as it was typed.
#[derive(Debug, Clone)]
pub struct Scenario {
    row: &'static Row,
    pairs: Vec<(String, String)>,
}

/// A scenario that is not understood: says what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioError(String);

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScenarioError {}

impl FromStr for Scenario {
    type Err = ScenarioError;

    /// `NAME` or `NAME:KEY=VALUE,KEY=VALUE…`.
    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let Some(row) = SCENARIOS.iter().find(|row| row.name == name) else {
            let names = list(SCENARIOS.iter().map(|row| row.name));
            return Err(ScenarioError(format!("`{name}` is no scenario: there are {names}")));
        };
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in rest.split(',').filter(|part| !part.is_empty()) {
            let Some((key, value)) = part.split_once('=') else {
                return Err(row.error(&format!("`{part}` has no value: write KEY=VALUE")));
            };
            if !row.keys.iter().any(|known| known.name == key) {
                let known = match row.keys {
                    [] => "it has none".to_owned(),
                    keys => format!("its keys are {}", list(keys.iter().map(|key| key.name))),
                };
                return Err(row.error(&format!("there is no key `{key}`: {known}")));
            }
            if pairs.iter().any(|(before, _)| before == key) {
                return Err(row.error(&format!("`{key}` stands twice: name it once")));
            }
            pairs.push((key.to_owned(), value.to_owned()));
        }
        let new = Self { row, pairs };
        new.add_to(&mut Program::default())?;
        Ok(new)
    }
}

impl Scenario {
    fn add_to(&self, program: &mut Program) -> Result<(), ScenarioError> {
        (self.row.add)(&Values { row: self.row, pairs: &self.pairs }, program)
    }
}

impl Row {
    fn error(&self, why: &str) -> ScenarioError {
        ScenarioError(format!("scenario {}: {why}", self.name))
    }
}

/// All scenarios of a run together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Program {
    pub(super) churn: Option<churn::Churn>,
    pub(super) flap: Option<flap::Flap>,
    pub(super) storm: Option<storm::Storm>,
    pub(super) hot: Option<hot::Hot>,
    pub(super) slow: Option<slow::Slow>,
    pub(super) malformed: Option<malformed::Malformed>,
    pub(super) families: Option<families::List>,
}

impl Program {
    /// # Errors
    /// When one is named twice.
    pub(super) fn new(scenarios: &[Scenario]) -> Result<Self, ScenarioError> {
        let mut program = Self::default();
        for (i, scenario) in scenarios.iter().enumerate() {
            let name = scenario.row.name;
            if scenarios.iter().take(i).any(|before| before.row.name == name) {
                return Err(scenario.row.error("it stands twice: name it once, with all its keys"));
            }
            scenario.add_to(&mut program)?;
        }
        Ok(program)
    }

    /// Whether something is to happen after the dump.
    pub(super) fn has_schedule(&self) -> bool {
        self.churn.is_some() || self.flap.is_some() || self.storm.is_some()
    }

    /// A scenario that needs synthetic routers.
    pub(super) fn needs_synthetic(&self) -> Option<&'static str> {
        [
            (self.churn.is_some(), churn::ROW.name),
            (self.flap.is_some(), flap::ROW.name),
            (self.families.is_some(), families::ROW.name),
        ]
        .into_iter()
        .find_map(|(there, name)| there.then_some(name))
    }
}

/// The values of a scenario's keys.
pub(super) struct Values<'a> {
    row: &'static Row,
    pairs: &'a [(String, String)],
}

impl Values<'_> {
    /// What was typed, or the default.
    fn text(&self, key: &str) -> Option<&str> {
        let typed = self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| &**value);
        let default = || self.row.keys.iter().find(|k| k.name == key).and_then(|k| k.default);
        typed.or_else(default)
    }

    fn error(&self, key: &str, why: &str) -> ScenarioError {
        let value = self.text(key).unwrap_or_default();
        self.row.error(&format!("{key}={value}: {why}"))
    }

    /// A whole number; 0 where it is neither given nor has a default.
    fn number(&self, key: &str, min: u64, max: u64) -> Result<u64, ScenarioError> {
        let Some(text) = self.text(key) else { return Ok(0) };
        match text.parse() {
            Ok(n) if (min..=max).contains(&n) => Ok(n),
            _ => Err(self.error(key, &format!("write a whole number from {min} to {max}"))),
        }
    }

    /// A duration of more than nothing; none where it is neither given nor has a default.
    fn duration(&self, key: &str) -> Result<Option<Duration>, ScenarioError> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let Dur(dur) = text.parse().map_err(|e| self.error(key, &format!("{e}")))?;
        if dur.is_zero() || dur > DURATION_MAX {
            return Err(self.error(key, "write more than 0s and at most 365d"));
        }
        Ok(Some(dur))
    }

    /// A rate as `1000/s`.
    fn messages_per_second(&self, key: &str) -> Result<u64, ScenarioError> {
        let text = self.text(key).unwrap_or_default();
        match text.strip_suffix("/s").map(str::parse) {
            Some(Ok(n @ 1..=RATE_MAX)) => Ok(n),
            _ => Err(self.error(key, "write messages per second from 1/s to 1000000000/s")),
        }
    }

    /// A rate as `10KiB/s`.
    fn octets_per_second(&self, key: &str) -> Result<u64, ScenarioError> {
        let text = self.text(key).unwrap_or_default();
        match text.strip_suffix("/s").map(str::parse) {
            Some(Ok(Size(n @ 1..))) => Ok(n),
            _ => Err(self.error(key, "write octets per second, such as 10KiB/s")),
        }
    }
}

const DURATION_MAX: Duration = Duration::from_secs(365 * 86_400);
const RATE_MAX: u64 = 1_000_000_000;

/// When the `n`-th of things that happen `every` so often happens, from 0.
fn nth(every: Duration, n: u64) -> Duration {
    let nanos = every.as_nanos().saturating_mul(u128::from(n) + 1);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

fn list(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// The table as it stands in the help.
#[must_use]
pub fn help() -> String {
    let mut text = String::from("Scenarios (--scenario NAME[:KEY=VALUE,…]):\n");
    for row in SCENARIOS {
        let _ = writeln!(text, "  {:<10} {}", row.name, row.about); // a String takes everything
        for key in row.keys {
            let default = key.default.map(|d| format!(" [default: {d}]")).unwrap_or_default();
            let _ = writeln!(text, "  {:<10}   {:<9} {}{default}", "", key.name, key.about);
        }
    }
    text.push('\n');
    text.push_str(&families::help());
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bgp::nlri::FAMILIES;

    fn refused(text: &str) -> String {
        text.parse::<Scenario>().unwrap_err().to_string()
    }

    fn program(texts: &[&str]) -> Program {
        let all: Vec<Scenario> = texts.iter().map(|text| text.parse().unwrap()).collect();
        Program::new(&all).unwrap()
    }

    #[test]
    fn every_scenario_stands_alone_with_its_defaults() {
        for row in SCENARIOS {
            row.name.parse::<Scenario>().unwrap();
            assert!(help().contains(row.about));
            for key in row.keys.iter().filter(|key| key.default.is_some()) {
                let typed = format!("{}:{}={}", row.name, key.name, key.default.unwrap());
                typed.parse::<Scenario>().unwrap();
            }
        }
        assert!(help().lines().all(|line| line.chars().count() <= 100), "{}", help());
        assert_eq!(program(&["dump"]), Program::default());
    }

    #[test]
    fn every_family_has_its_word() {
        let help = help();
        let words: Vec<&str> = help.split_whitespace().collect();
        for known in FAMILIES {
            let list = |text: String| program(&[&text]).families.unwrap().list;
            assert_eq!(list(format!("families:list={}", known.key)), [known.family]);
            assert!(words.contains(&known.key), "{help}");
        }
        let all = program(&["families"]).families.unwrap().list;
        assert_eq!(all, FAMILIES.iter().map(|known| known.family).collect::<Vec<_>>());
        for list in ["all+ipv4", "ipv4+all", "all+all"] {
            assert!(refused(&format!("families:list={list}")).contains("`all` stands alone"));
        }
    }

    #[test]
    fn mistakes_are_told_what_would_be_right() {
        let names = "dump, churn, flap, storm, hot, slow, malformed, families";
        assert_eq!(refused("chrun"), format!("`chrun` is no scenario: there are {names}"));
        for (text, why) in [
            ("dump:times=2", "scenario dump: there is no key `times`: it has none"),
            ("churn:speed=1", "no key `speed`: its keys are rate, for, withdraw"),
            ("churn:rate", "`rate` has no value: write KEY=VALUE"),
            ("churn:rate=1/s,rate=2/s", "`rate` stands twice"),
            ("churn:rate=5", "rate=5: write messages per second"),
            ("churn:rate=0/s", "rate=0/s: write messages per second"),
            ("churn:withdraw=101", "withdraw=101: write a whole number from 0 to 100"),
            ("churn:for=10", "for=10: `10` has no unit: write 10s"),
            ("storm:every=0s", "every=0s: write more than 0s"),
            ("flap:times=2,for=5s", "give times or for, not both"),
            ("hot:factor=2,share=50", "give factor or share, not both"),
            ("hot:share=100", "share=100: write a whole number from 1 to 99"),
            ("slow:rate=9", "rate=9: write octets per second, such as 10KiB/s"),
            ("malformed:per=1", "per=1: write a whole number from 2"),
            ("families:list=ipv4+ipv4", "`ipv4` stands twice"),
            ("families:list=ipv5", "`ipv5` is no family: there are ipv4, "),
            ("families:add-path=yes", "add-path=yes: write on or off"),
        ] {
            let error = refused(text);
            assert!(error.contains(why), "{text}: {error}");
        }
        let twice: Vec<Scenario> = ["storm", "storm"].map(|s| s.parse().unwrap()).into();
        assert!(Program::new(&twice).unwrap_err().to_string().contains("stands twice"));
    }

    #[test]
    fn scenarios_mix() {
        let all = program(&["churn:rate=5/s", "storm:times=2", "hot:share=50", "malformed"]);
        assert!(all.has_schedule() && all.churn.is_some() && all.flap.is_none());
        assert_eq!(all.needs_synthetic(), Some("churn"));
        assert!(!program(&["hot", "slow", "malformed"]).has_schedule());
    }
}
