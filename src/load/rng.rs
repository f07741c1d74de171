//! A small seeded generator (SplitMix64): the same seed gives the same numbers on every machine.

/// Seeded random numbers. Not for secrets.
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

impl Rng {
    /// A generator for one purpose: `parts` tell apart the uses of one seed.
    pub(super) fn new(seed: u64, parts: &[u64]) -> Self {
        let state = parts.iter().fold(mix(seed), |state, part| mix(state ^ mix(*part)));
        Self(state)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        finish(self.0)
    }

    /// A number below `bound`, which must not be 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        // Multiply and shift: the bias of at most 2^-32 does not matter here.
        (((self.next() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// Whether an event of this many per thousand happens.
    pub(super) fn per_mille(&mut self, chance: u32) -> bool {
        self.below(1000) < chance
    }
}

/// Scrambles a number: a bijection of 64 bits.
pub(super) fn mix(value: u64) -> u64 {
    finish(value.wrapping_add(GOLDEN))
}

fn finish(mut z: u64) -> u64 {
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut rng = Rng(1_234_567);
        assert_eq!(rng.next(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let mut rng = Rng::new(1, &[2, 3]);
        let mut seen = [0_u32; 7];
        (0..7000).for_each(|_| seen[rng.below(7) as usize] += 1);
        assert!(seen.iter().all(|&n| (800..1200).contains(&n)), "{seen:?}");
        assert_ne!(Rng::new(1, &[2, 3]).next(), Rng::new(1, &[3, 2]).next());
    }
}
