//! What holds for any octets, as plain functions: libFuzzer calls them by `fuzz_targets/*.rs`, and
//! a test of every build feeds them a seeded corpus (`tests/smoke.rs`).

mod messages;
mod parts;
mod streams;
mod work;

pub use streams::within;
pub use work::Work;

/// One target.
pub struct Target {
    /// Its name, and that of its binary.
    pub name: &'static str,
    /// Takes any octets. It panics where a promise is broken.
    pub run: fn(&[u8]),
    /// What its input is.
    pub input: Input,
}

/// What a target's octets are, so that seeds can be made of sound messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// BMP messages one after the other.
    Stream,
    /// Five octets that say in which pieces and contexts, then a stream.
    Pieces,
    /// Version (odd: 4) and BMP message type, then the body.
    Body,
    /// One BGP message with its header.
    Pdu,
    /// Width and families with path identifiers in two octets, then the body of an UPDATE.
    Update,
    /// A list of path attributes, or the body of an UPDATE.
    Attributes,
    /// Type code, how, then the attribute's value.
    Attribute,
    /// Which family and how in two octets, then an NLRI list.
    Nlri,
    /// A file of any kind.
    File,
    /// MRT, or RIS Live where the first octet is odd, then the file.
    Recording,
}

/// Declares the targets, one row for each.
macro_rules! targets {
    ($( $(#[$meta:meta])* $name:ident $module:ident $input:ident )+) => {
        $( pub use $module::$name; )+
        /// Every target.
        pub const TARGETS: &[Target] = &[
            $( Target { name: stringify!($name), run: $module::$name, input: Input::$input } ),+
        ];
    };
}

targets! {
    frame messages Stream
    message messages Body
    pdu messages Pdu
    update messages Update
    attributes parts Attributes
    attribute parts Attribute
    nlri parts Nlri
    session streams Pieces
    decode streams Stream
    capture streams File
    recording streams Recording
}
