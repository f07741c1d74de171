//! A map that finds at once what it found last: messages of a router come in runs, and so do those
//! of a peer.

use std::cell::Cell;
use std::hash::Hash;

use crate::bmp::Keyed;

/// A map from short keys that are what routers send.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    items: Vec<(K, V)>,
    places: Keyed<K, usize>,
    /// Where the item lies that was found last, or another one, or none.
    last: Cell<usize>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { items: Vec::new(), places: Keyed::default(), last: Cell::default() }
    }
}

impl<K: Copy + Eq + Hash, V> Recent<K, V> {
    #[inline]
    fn place(&self, key: &K) -> Option<usize> {
        let last = self.last.get();
        match self.items.get(last) {
            Some((found, _)) if found == key => Some(last),
            _ => self.look_up(key),
        }
    }

    #[inline(never)]
    fn look_up(&self, key: &K) -> Option<usize> {
        let place = *self.places.get(key)?;
        self.last.set(place);
        Some(place)
    }

    /// What is known of `key`.
    #[inline]
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.items.get(self.place(key)?).map(|(_, value)| value)
    }

    /// The same, to be changed.
    #[inline]
    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = self.place(key)?;
        self.items.get_mut(place).map(|(_, value)| value)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether anything is known of `key`.
    #[inline]
    pub(super) fn contains_key(&self, key: &K) -> bool {
        self.place(key).is_some()
    }

    /// Keeps a value in the place of the one before.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if let Some(known) = self.get_mut(&key) {
            *known = value;
            return;
        }
        self.places.insert(key, self.items.len());
        self.items.push((key, value));
    }

    /// Takes a value out.
    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.places.remove(key)?;
        if place >= self.items.len() {
            return None;
        }
        let (_, value) = self.items.swap_remove(place);
        if let Some((moved, _)) = self.items.get(place) {
            self.places.insert(*moved, place);
        }
        Some(value)
    }

    /// All keys, in no order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.items.iter().map(|(key, _)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_what_was_kept_whatever_was_found_before() {
        let mut recent = Recent::default();
        for key in 0..5_u64 {
            recent.insert(key, key * 10);
        }
        recent.insert(3, 33);
        assert_eq!(recent.get(&4), Some(&40));
        assert_eq!(recent.remove(&1), Some(10), "the last one takes its place");
        assert_eq!(recent.remove(&1), None);
        let found: Vec<_> = (0..6).map(|key| recent.get(&key).copied()).collect();
        assert_eq!(found, [Some(0), None, Some(20), Some(33), Some(40), None]);
        assert_eq!(recent.get(&4), Some(&40));
        assert_eq!(recent.remove(&4), Some(40));
        assert!(!recent.contains_key(&4), "not even where it was found last");
        if let Some(value) = recent.get_mut(&2) {
            *value = 21;
        }
        recent.insert(4, 41);
        let mut keys: Vec<u64> = recent.keys().copied().collect();
        keys.sort_unstable();
        assert_eq!(
            (keys, recent.get(&2), recent.get(&4)),
            (vec![0, 2, 3, 4], Some(&21), Some(&41))
        );
    }
}
