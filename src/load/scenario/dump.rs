//! The initial dump, which every router sends whatever else it does.

use super::Row;

pub(super) static ROW: Row = Row {
    name: "dump",
    about: "the initial table dump; every run begins with it, named or not",
    keys: &[],
    add: |_, _| Ok(()),
};
