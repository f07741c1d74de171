//! Maps whose keys are what routers send.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A map that finds short keys of one size fast, and in which routers cannot make them collide.
pub type Keyed<K, V> = HashMap<K, V, Seed>;

/// Hashes a key in one go: what goes in is a write or two of a few octets.
#[derive(Debug)]
pub struct OneShot {
    seed: u64,
    hash: u64,
}

impl Hasher for OneShot {
    #[inline]
    fn write(&mut self, octets: &[u8]) {
        self.hash = xxh3_64_with_seed(octets, self.seed) ^ self.hash.rotate_left(1);
    }

    /// The length in front of an array says nothing: all keys have the same.
    #[inline]
    fn write_usize(&mut self, _: usize) {}

    #[inline]
    fn finish(&self) -> u64 {
        self.hash
    }
}

/// A seed that no router knows. Keys are what routers send, and without a seed it takes no effort
/// to make any number of them that share one hash.
#[derive(Debug, Clone)]
pub struct Seed(u64);

impl Default for Seed {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u64))
    }
}

impl BuildHasher for Seed {
    type Hasher = OneShot;

    #[inline]
    fn build_hasher(&self) -> OneShot {
        OneShot { seed: self.0, hash: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bmp::PeerKey;

    /// A key that XXH3 without a seed hashes to the same value whatever `free` is: each half of it
    /// is multiplied with zero.
    fn colliding(free: u64) -> PeerKey {
        let mut key = [0; 25];
        key[..8].copy_from_slice(&[0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe]);
        key[9..17].copy_from_slice(&[0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb]);
        key[17..].copy_from_slice(&free.to_be_bytes());
        PeerKey(key)
    }

    #[test]
    fn routers_cannot_choose_keys_that_share_a_hash() {
        let known = |key: PeerKey| xxhash_rust::xxh3::xxh3_64(&key.0);
        assert_eq!(known(colliding(1)), known(colliding(2)), "these keys prove nothing");
        let map = Keyed::<PeerKey, ()>::default();
        let hashes: std::collections::HashSet<u64> =
            (0..1000).map(|n| map.hasher().hash_one(colliding(n))).collect();
        assert_eq!(hashes.len(), 1000);
        let other = Keyed::<PeerKey, ()>::default();
        assert_ne!(map.hasher().hash_one(colliding(1)), other.hasher().hash_one(colliding(1)));
    }
}
