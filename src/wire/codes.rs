//! Open enums: a newtype over the wire integer with named constants, so that a code which nobody
//! here has heard of survives the journey (it prints as its number).

/// Declares an open enum: `open_enum! { /// doc  pub struct Name(u8) { Const = 1 => "text", … } }`.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub struct $name:ident($int:ty) { $( $(#[$vmeta:meta])* $konst:ident = $value:literal => $text:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $int);

        #[allow(non_upper_case_globals)]
        impl $name {
            $( $(#[$vmeta])* #[doc = concat!("`", $text, "` = ", stringify!($value))] pub const $konst: $name = $name($value); )*

            /// Every code that has a name here, in the order of the registry.
            pub const KNOWN: &'static [($name, &'static str)] = &[ $( ($name($value), $text), )* ];

            /// The registry's name for this code, if it has one here.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                match self.0 { $( $value => Some($text), )* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() { Some(name) => f.write_str(name), None => write!(f, "{}", self.0) }
            }
        }

        $crate::wire::layout::wraps! { $name($int) |code, name, fields| {
            fields.text(name, code);
        } }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() { Some(name) => write!(f, "{}({})", name, self.0), None => write!(f, "{}({})", stringify!($name), self.0) }
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    #![allow(unreachable_pub)] // the macro makes public types

    open_enum! {
        /// A register for the test.
        pub struct Colour(u8) { Red = 1 => "red", Green = 2 => "green", }
    }

    #[test]
    fn unknown_codes_survive_and_print_as_numbers() {
        assert_eq!(Colour::Red.to_string(), "red");
        assert_eq!(Colour(77).to_string(), "77");
        assert_eq!(Colour(77).0, 77);
        assert_eq!(Colour::Green.name(), Some("green"));
        assert_eq!(Colour::KNOWN.len(), 2);
    }
}
