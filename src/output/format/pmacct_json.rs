//! Throw-away stand-in for the real format: passes messages on as they are.
use super::{Entry, Format, Options};
use crate::output::url::OptionError;

pub(super) static ENTRY: Entry = Entry {
    name: "pmacct-json",
    about: "pmacct's JSON",
    options: &[("compat", "dialect"), ("extra", "none, records or all")],
    per_session: false,
    line_oriented: true,
    build,
};

fn build(options: &Options<'_>) -> Result<Box<dyn Format>, OptionError> {
    for (key, value) in options.pairs {
        if key == "extra" && !["none", "records", "all"].contains(&value.as_str()) {
            return Err(OptionError(format!("extra is none, records or all, not '{value}'")));
        }
    }
    Ok(Box::new(super::bmp::Bmp))
}
