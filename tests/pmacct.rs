//! `pmacct-json?extra=none` against pmacct's own output, record by record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::util::golden::{Blanks, cases, compare};
use crate::util::rules::RULES;
use crate::util::{decoded, read, shared};

#[test]
fn the_same_words_as_pmacct() {
    let Some(shared) = shared("the_same_words_as_pmacct") else { return };
    let cases = cases(&shared);
    assert_eq!(cases.len(), 5 + 18 + 8, "streams with pmacct's output");
    for rule in RULES {
        let known = cases.iter().any(|case| case.name == rule.case);
        assert!(known, "a rule for {}, which is no case", rule.case);
    }
    let mut faults = Vec::new();
    for case in &cases {
        let args = ["--format", "pmacct-json?extra=none", "--router", &case.router];
        let ours = decoded(&args, &case.stream);
        let golden = read(&case.golden);
        assert!(!golden.is_empty(), "{}: pmacct's output is empty", case.name);
        faults.extend(compare(&case.name, &golden, &ours, &Blanks::default()).err());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
