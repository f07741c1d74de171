//! A queue of octets in blocks of one size: it grows without copying what it holds, and gives
//! memory back block by block.

use std::collections::VecDeque;
use std::ops::Range;

/// Octets of a block. Also the most that one read of the queue can give.
pub(super) const BLOCK: usize = 64 * 1024;

/// See the module. Holds at most two blocks more than its octets need, and one spare.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// All but the last are full. One that stands alone grows like any vector, so that a small
    /// queue is small.
    blocks: VecDeque<Vec<u8>>,
    /// Octets at the front of the first block that were dropped; fewer than [`BLOCK`].
    gone: usize,
    len: usize,
    /// A block that was emptied, for the next one that is needed.
    spare: Option<Vec<u8>>,
}

impl Blocks {
    /// Octets held.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Appends octets.
    pub(super) fn push(&mut self, mut octets: &[u8]) {
        self.len += octets.len();
        while !octets.is_empty() {
            let block = self.with_room(octets.len());
            let (now, later) = octets.split_at(octets.len().min(BLOCK - block.len()));
            block.extend_from_slice(now);
            octets = later;
        }
    }

    /// The last block, or a new one when that is full, with memory for `wanted` octets more, or for
    /// what a block may hold.
    fn with_room(&mut self, wanted: usize) -> &mut Vec<u8> {
        if self.blocks.len() == 1 && self.gone > 0 {
            self.make_room(wanted);
        }
        if self.blocks.back().is_none_or(|last| last.len() == BLOCK) {
            self.blocks.push_back(self.spare.take().unwrap_or_default());
        }
        let last = self.blocks.len() - 1;
        let block = &mut self.blocks[last];
        if block.len() + wanted > block.capacity() {
            // Not left to the vector, which might grow beyond a block.
            let size = (block.len() + wanted).max(2 * block.capacity()).min(BLOCK);
            let size = if last == 0 { size } else { BLOCK };
            block.reserve_exact(size - block.len());
        }
        block
    }

    /// Uses the place of what was dropped, if `wanted` octets do not fit after what is held. What
    /// is moved is less than what was dropped.
    fn make_room(&mut self, wanted: usize) {
        let only = &mut self.blocks[0];
        if only.len() + wanted > only.capacity() && self.gone > only.len() / 2 {
            only.drain(..self.gone);
            self.gone = 0;
        }
    }

    /// The octets from the `skip`-th on as far as they lie together; none after the last.
    pub(super) fn read(&self, skip: usize) -> &[u8] {
        let at = self.gone + skip;
        let block = self.blocks.get(at / BLOCK).map_or(&[][..], Vec::as_slice);
        block.get(at % BLOCK..).unwrap_or_default()
    }

    /// The octets from the `skip`-th on, piece by piece.
    pub(super) fn pieces(&self, skip: usize) -> impl Iterator<Item = &[u8]> {
        let mut at = skip;
        std::iter::from_fn(move || {
            let piece = self.read(at);
            at += piece.len();
            (!piece.is_empty()).then_some(piece)
        })
    }

    /// A few octets, one by one.
    pub(super) fn range(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = u8> {
        let gone = self.gone;
        range.map(move |at| self.blocks[(gone + at) / BLOCK][(gone + at) % BLOCK])
    }

    /// Drops the first `n` octets.
    pub(super) fn drop_front(&mut self, n: usize) {
        self.len -= n;
        self.gone += n;
        while self.gone >= BLOCK {
            self.gone -= BLOCK;
            let block = self.blocks.pop_front();
            self.keep(block);
        }
        if self.len == 0 {
            self.gone = 0;
            let block = self.blocks.pop_front();
            self.keep(block);
        }
    }

    /// Keeps an emptied block, if there is no other.
    fn keep(&mut self, block: Option<Vec<u8>>) {
        if self.spare.is_none()
            && let Some(mut block) = block
        {
            block.clear();
            self.spare = Some(block);
        }
    }

    /// Octets of memory.
    pub(super) fn capacity(&self) -> usize {
        self.blocks.iter().chain(&self.spare).map(Vec::capacity).sum()
    }

    /// Gives back memory that the octets held now do not need.
    pub(super) fn shrink(&mut self) {
        self.spare = None;
        if self.blocks.len() == 1 {
            let only = &mut self.blocks[0];
            only.drain(..self.gone);
            self.gone = 0;
            only.shrink_to(2 * only.len());
        }
        self.blocks.shrink_to(2 * self.blocks.len());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn octets(len: usize, seed: usize) -> Vec<u8> {
        let mut out = vec![0; len];
        out.iter_mut().zip(seed..).for_each(|(octet, n)| *octet = (n % 251) as u8);
        out
    }

    /// Everything, as a reader would get it.
    fn all(blocks: &Blocks) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            match blocks.read(out.len()) {
                [] => return out,
                part => out.extend_from_slice(part),
            }
        }
    }

    #[track_caller]
    fn assert_holds(blocks: &Blocks, model: &[u8]) {
        assert!(all(blocks) == model, "{} of {} octets", blocks.len(), model.len());
        assert_eq!(blocks.len(), model.len());
        assert!(blocks.blocks.iter().all(|b| b.capacity() <= BLOCK));
        let most = (blocks.len().div_ceil(BLOCK) + 2) * BLOCK;
        assert!(blocks.capacity() <= most, "{} for {}", blocks.capacity(), blocks.len());
    }

    #[test]
    fn what_ends_at_a_block_goes_on_in_the_next() {
        for len in [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let (mut blocks, all_of_it) = (Blocks::default(), octets(len, 7));
            let (first, rest) = all_of_it.split_at(len - 1);
            blocks.push(first);
            blocks.push(rest);
            assert_eq!((blocks.len(), all(&blocks) == all_of_it), (len, true));
            assert_eq!(blocks.read(len), b"");
            assert_eq!(blocks.range(len - 2..len).collect::<Vec<_>>(), all_of_it[len - 2..]);
            blocks.drop_front(len - 1);
            assert_eq!(all(&blocks), rest);
            blocks.drop_front(1);
            assert_eq!((blocks.len(), blocks.read(0)), (0, &[][..]));
            blocks.push(b"again");
            assert_eq!(blocks.read(0), b"again");
        }
    }

    #[test]
    fn a_small_queue_takes_little_memory_however_long_it_is_used() {
        let mut blocks = Blocks::default();
        blocks.push(&octets(100, 1));
        for _ in 0..10_000 {
            blocks.push(&octets(100, 1));
            blocks.drop_front(100);
        }
        assert!(blocks.capacity() < 1000, "{}", blocks.capacity());
    }

    #[test]
    fn memory_is_given_back_except_for_one_block() {
        let mut blocks = Blocks::default();
        blocks.push(&octets(20 * BLOCK, 1));
        assert!(blocks.capacity() <= 21 * BLOCK);
        blocks.drop_front(20 * BLOCK - 10);
        assert!(blocks.capacity() <= 2 * BLOCK, "{}", blocks.capacity());
        blocks.shrink();
        assert!((10..=20).contains(&blocks.capacity()), "{}", blocks.capacity());
        assert_eq!(blocks.read(0), &octets(20 * BLOCK, 1)[20 * BLOCK - 10..]);
        blocks.drop_front(10);
        blocks.shrink();
        assert_eq!(blocks.capacity(), 0);
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Push(usize),
        Drop(usize),
        Shrink,
    }

    fn step() -> impl Strategy<Value = Step> {
        let len = prop_oneof![0..300_usize, BLOCK - 3..BLOCK + 3, 0..3 * BLOCK];
        prop_oneof![
            4 => len.clone().prop_map(Step::Push),
            3 => len.prop_map(Step::Drop),
            1 => Just(Step::Shrink),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn holds_what_a_plain_queue_would(steps in proptest::collection::vec(step(), 1..30)) {
            let (mut blocks, mut model) = (Blocks::default(), Vec::new());
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Push(len) => {
                        let octets = octets(len, number);
                        blocks.push(&octets);
                        model.extend(octets);
                    }
                    Step::Drop(n) => {
                        let n = n.min(model.len());
                        let (from, to) = (n - n.min(200), n);
                        prop_assert!(blocks.range(from..to).eq(model[from..to].iter().copied()));
                        blocks.drop_front(n);
                        model.drain(..n);
                    }
                    Step::Shrink => blocks.shrink(),
                }
                assert_holds(&blocks, &model);
            }
        }
    }
}
