//! Lists of things of one kind, one after the other to the end of what holds them: read in place
//! and never copied, written item by item.

use std::fmt;
use std::marker::PhantomData;

use super::{Fields, Reader, WireError};

/// One thing of a [`List`].
pub trait Item<'a>: Sized {
    /// Octets of each, where every value of that many octets is sound; 0 where that is not so.
    const SIZE: usize = 0;

    /// Reads one off the front; what comes after it is the next one's.
    ///
    /// # Errors
    /// It is cut short or makes no sense.
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError>;

    /// Appends its octets: the inverse of [`Item::parse`].
    fn encode(&self, out: &mut Vec<u8>);

    /// Says what it holds: one value, for it stands in a list.
    fn describe(&self, fields: &mut dyn Fields);
}

/// Items up to the end of some octets, every one of them found sound.
pub struct List<'a, T> {
    octets: Reader<'a>,
    of: PhantomData<fn() -> T>,
}

impl<'a, T: Item<'a>> List<'a, T> {
    /// A list of nothing.
    pub const EMPTY: Self = Self { octets: Reader::EMPTY, of: PhantomData };

    /// The items in `octets`.
    ///
    /// # Errors
    /// The first one that is not sound.
    pub fn parse(octets: Reader<'a>) -> Result<Self, WireError> {
        let mut left = octets;
        if T::SIZE > 0 && left.len().is_multiple_of(T::SIZE) {
            left = Reader::EMPTY;
        }
        while !left.is_empty() {
            let before = left.len();
            T::parse(&mut left)?;
            if left.len() == before {
                return Err(WireError::invalid("empty item", left.offset(), before as u64));
            }
        }
        Ok(Self { octets, of: PhantomData })
    }

    /// The items in `octets`, of which there is at least one; `what` is the item.
    ///
    /// # Errors
    /// The first one that is not sound, or that there is none.
    pub fn one_or_more(octets: Reader<'a>, what: &'static str) -> Result<Self, WireError> {
        match octets.is_empty() {
            true => Err(WireError::short(what, octets.offset(), 1, 0)),
            false => Self::parse(octets),
        }
    }

    /// The whole items at the front of `octets`, and what is left after them: the first that is
    /// not sound, and all behind it.
    #[must_use]
    pub fn split(octets: Reader<'a>) -> (Self, Reader<'a>) {
        let (mut left, mut after) = (octets, octets);
        while T::parse(&mut after).is_ok() && after.len() < left.len() {
            left = after;
        }
        let mut whole = octets;
        let len = octets.len() - left.len();
        let octets = whole.sub("items", len).unwrap_or(Reader::EMPTY);
        (Self { octets, of: PhantomData }, left)
    }

    /// The items in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let mut left = self.octets;
        std::iter::from_fn(move || match left.is_empty() {
            true => None,
            false => T::parse(&mut left).ok(), // all were sound
        })
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// How many octets they take.
    #[must_use]
    pub fn octets(&self) -> &'a [u8] {
        self.octets.peek()
    }

    /// Appends their octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.octets.peek());
    }

    /// Describes each as a value of the list `name`.
    pub fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.list(name, &mut |fields| self.iter().for_each(|item| item.describe(fields)));
    }
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

impl<T> PartialEq for List<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.octets.peek() == other.octets.peek()
    }
}

impl<T> Eq for List<'_, T> {}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self { octets: Reader::EMPTY, of: PhantomData }
    }
}

impl<'a, T: Item<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Octets of items that are put together here, to be lent to a [`List`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Items(Vec<u8>);

impl Items {
    /// The octets of `items`, one after the other.
    pub fn of<'a, T: Item<'a>>(items: impl IntoIterator<Item = T>) -> Self {
        let mut out = Vec::new();
        items.into_iter().for_each(|item| item.encode(&mut out));
        Self(out)
    }

    /// Appends one more.
    #[must_use]
    pub fn and<'a, T: Item<'a>>(mut self, item: &T) -> Self {
        item.encode(&mut self.0);
        self
    }

    /// The octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// They as a list.
    ///
    /// # Errors
    /// What was put in is no sound list of `T`: items of another kind, or an item whose content is
    /// longer than its length field can say.
    pub fn list<'a, T: Item<'a>>(&'a self) -> Result<List<'a, T>, WireError> {
        List::parse(Reader::new(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Clone, Copy)]
    struct Word(u16);

    impl Item<'_> for Word {
        fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
            r.u16("word").map(Self)
        }
        fn encode(&self, out: &mut Vec<u8>) {
            out.extend_from_slice(&self.0.to_be_bytes());
        }
        fn describe(&self, fields: &mut dyn Fields) {
            fields.number("word", self.0.into());
        }
    }

    #[test]
    fn what_is_put_in_comes_out_and_a_cut_item_is_an_error() {
        let items = Items::of([Word(1), Word(770)]).and(&Word(5));
        let list: Result<List<'_, Word>, _> = items.list();
        let seen: Vec<_> = list.iter().flat_map(List::iter).collect();
        assert_eq!(seen, [Word(1), Word(770), Word(5)]);
        assert!(List::<Word>::parse(Reader::new(&items.octets()[1..])).is_err());
        assert!(List::<Word>::EMPTY.is_empty());
        let none = List::<Word>::one_or_more(Reader::at(&[], 7), "word");
        assert_eq!(none, Err(WireError::short("word", 7, 1, 0)));
        let (list, rest) = List::<Word>::split(Reader::new(&items.octets()[..5]));
        assert_eq!((list.iter().count(), rest.peek()), (2, &[0][..]));
    }
}
