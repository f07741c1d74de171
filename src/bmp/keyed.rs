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
