//! Flags of `collect` and `decode`: how routers speak where their messages do not tell.

use clap::Args;

use crate::bmp::MessageType;
use crate::bmp::v4::{Dialect, Profile};
use crate::config::dialect::{BmpV4, DialectSettings};

/// Flags of `collect` and `decode`: drafts of BMP.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Drafts of BMP")]
pub struct DialectArgs {
    /// Whose numbers the TLVs of BMP version 4 have: auto tells them from each session's messages
    #[arg(
        long,
        value_enum,
        value_name = "auto|draft-17|draft-19|draft-20|draft-21",
        default_value_t
    )]
    pub bmp_v4: BmpV4,
    /// The message type of Route Event Logging, which has none assigned yet [default: none]
    #[arg(long, value_name = "N", value_parser = rel_type)]
    pub rel_type: Option<u8>,
}

/// A message type that is not taken.
fn rel_type(text: &str) -> Result<u8, String> {
    let right = "write a number from 1 to 255 that is no other message's";
    let number: u8 =
        text.parse().map_err(|_| format!("`{text}` is not a message type: {right}"))?;
    match MessageType(number).name() {
        Some(name) => Err(format!("{number} is the type of the {name}: {right}, such as 7")),
        None => Ok(number),
    }
}

impl From<DialectArgs> for DialectSettings {
    fn from(args: DialectArgs) -> Self {
        Self { bmp_v4: args.bmp_v4, rel_type: args.rel_type }
    }
}

/// What the settings mean to those who read messages.
pub(in crate::cli) fn dialect(settings: DialectSettings) -> Dialect {
    Dialect { v4: profile(settings.bmp_v4), rel: settings.rel_type }
}

/// The profile that is named, if one is.
pub(in crate::cli) fn profile(setting: BmpV4) -> Option<Profile> {
    match setting {
        BmpV4::Auto => None,
        BmpV4::Draft17 => Some(Profile::Draft17),
        BmpV4::Draft19 => Some(Profile::Draft19),
        BmpV4::Draft20 => Some(Profile::Draft20),
        BmpV4::Draft21 => Some(Profile::Draft21),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_profile_can_be_named() {
        let named = |settings: BmpV4| settings.to_possible_value().unwrap().get_name().to_owned();
        for (profile, name) in Profile::ALL {
            let of = |bmp_v4| dialect(DialectSettings { bmp_v4, rel_type: Some(9) });
            let found = BmpV4::value_variants().iter().find(|v| named(**v) == name).unwrap();
            assert_eq!(of(*found), Dialect { v4: Some(profile), rel: Some(9) });
        }
        assert_eq!(dialect(DialectSettings::default()), Dialect::default());
    }

    #[test]
    fn a_type_that_is_taken_is_refused() {
        assert_eq!(rel_type("7"), Ok(7));
        assert_eq!(rel_type("255"), Ok(255));
        for (text, part) in [
            ("0", "0 is the type of the Route Monitoring"),
            ("3", "3 is the type of the Peer Up Notification"),
            ("100", "100 is the type of the Route Policy"),
            ("256", "`256` is not a message type: write a number from 1 to 255"),
            ("rel", "`rel` is not a message type"),
        ] {
            let error = rel_type(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
