//! Hash ids: 128 bits that name a collector, a router, … in every message about it.
//!
//! Consumers compare them and never make them anew. MD5 gives those of OpenBMP's own collector, so
//! that both may feed one database; XXH3 is quicker. An id that goes into another one goes in as
//! its 32 hex digits.

use md5::{Digest, Md5};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// An id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::output::format) struct Id(pub(in crate::output::format) [u8; 16]);

/// The digits of an id.
pub(in crate::output::format) type Hex = [u8; 32];

impl Id {
    /// Its 32 hex digits, lower case.
    #[inline]
    pub(in crate::output::format) fn hex(self) -> Hex {
        let mut hex = [0; 32];
        self.hex_into(&mut hex);
        hex
    }

    /// The same where they are wanted.
    #[inline(always)]
    pub(in crate::output::format) fn hex_into(self, hex: &mut Hex) {
        // Two digits in 16 bits each: without a table, those of 8 octets are found side by side.
        for (pair, octet) in hex.as_chunks_mut().0.iter_mut().zip(self.0.map(u16::from)) {
            let nibbles = (octet >> 4 | octet << 8) & 0x0f0f;
            // Ten and more are letters: 39 places after where a digit would be.
            let letters = (nibbles + 0x0606) >> 4 & 0x0101;
            *pair = (nibbles + 0x3030 + letters * 39).to_le_bytes();
        }
    }

    /// The XXH3 of 128 bits of these octets, in its canonical order (high octet first).
    #[inline]
    pub(in crate::output::format) fn xxh3(octets: &[u8]) -> Self {
        Self(xxh3_128(octets).to_be_bytes())
    }
}

/// What ids are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::output::format) enum Hash {
    Md5,
    /// See [`Id::xxh3`].
    Xxh3,
}

impl Hash {
    /// The id of these octets, one after the other.
    pub(in crate::output::format) fn of(self, parts: &[&[u8]]) -> Id {
        match self {
            Self::Md5 => {
                let mut md5 = Md5::new();
                parts.iter().for_each(|part| md5.update(part));
                Id(md5.finalize().into())
            }
            Self::Xxh3 if parts.len() == 1 => Id::xxh3(parts[0]),
            Self::Xxh3 => {
                let mut xxh3 = Xxh3::new();
                parts.iter().for_each(|part| xxh3.update(part));
                Id(xxh3.digest128().to_be_bytes())
            }
        }
    }

    /// The id of a collector.
    pub(in crate::output::format) fn collector(self, admin_id: &str) -> Id {
        self.of(&[admin_id.as_bytes()])
    }

    /// The id of a router: of its address in text, or of what stands for that.
    pub(in crate::output::format) fn router(self, source: &[u8], collector: Id) -> Id {
        self.of(&[source, &collector.hex()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(id: Id) -> String {
        String::from_utf8_lossy(&id.hex()).into_owned()
    }

    #[test]
    fn md5_gives_the_ids_of_the_original() {
        let collector = Hash::Md5.collector("test-collector");
        assert_eq!(hex(collector), "aa646df756a9ae4803536eaadb5ba4d2");
        // RFC 1321 A.5.
        assert_eq!(hex(Hash::Md5.of(&[b"a", b"", b"bc"])), "900150983cd24fb0d6963f7d28e17f72");
    }

    #[test]
    fn xxh3_gives_other_ids_from_the_same_octets() {
        let whole = Hash::Xxh3.of(&[b"192.0.2.1", b"x"]);
        assert_eq!(Hash::Xxh3.of(&[b"192.0.2", b".1x"]), whole);
        assert_eq!(whole.0, xxhash_rust::xxh3::xxh3_128(b"192.0.2.1x").to_be_bytes());
        assert_ne!(Hash::Md5.of(&[b"192.0.2.1x"]), whole);
    }

    #[test]
    fn a_router_is_another_one_to_another_collector() {
        let [a, b] = ["a", "b"].map(|name| Hash::Md5.collector(name));
        assert_ne!(Hash::Md5.router(b"192.0.2.1", a), Hash::Md5.router(b"192.0.2.1", b));
        assert_ne!(Hash::Md5.router(b"192.0.2.1", a), Hash::Md5.router(b"192.0.2.2", a));
    }
}
