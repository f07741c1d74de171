//! How routers speak where their messages do not tell.

/// Which draft's numbers the TLVs of BMP version 4 have (draft-ietf-grow-bmp-tlv).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum BmpV4 {
    /// Told from each session's messages
    #[default]
    Auto,
    /// Those of draft-ietf-grow-bmp-tlv-17 and before
    #[value(name = "draft-17")]
    Draft17,
    /// Those of -18 and -19
    #[value(name = "draft-19")]
    Draft19,
    /// Those of -20
    #[value(name = "draft-20")]
    Draft20,
    /// Those of -21
    #[value(name = "draft-21")]
    Draft21,
}

/// What was typed of it; it is checked where it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DialectSettings {
    /// `--bmp-v4`
    pub bmp_v4: BmpV4,
    /// `--rel-type`: the message type of Route Event Logging, which has none assigned.
    pub rel_type: Option<u8>,
}
