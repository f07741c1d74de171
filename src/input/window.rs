//! A sliding view of the content, as wide as what is looked at.

use super::InputError;
use super::source::Content;

/// Octets that the view holds at least; it grows for larger packets.
const WINDOW_BYTES: usize = 256 * 1024;

/// A line, or a part of one that is too long.
pub(super) struct Line<'w> {
    /// Without the line feed; theirs to change.
    pub(super) octets: &'w mut [u8],
    /// Longer than was asked for: of no use but to be passed over.
    pub(super) is_long: bool,
    /// Whether the line ends here.
    pub(super) is_end: bool,
}

/// The octets that come next. Callers bound what they ask for: the window grows to that.
pub(super) struct Window {
    content: Content,
    buffer: Vec<u8>,
    head: usize,
    tail: usize,
    ended: bool,
}

impl Window {
    pub(super) fn new(content: Content) -> Self {
        Self { content, buffer: vec![0; WINDOW_BYTES], head: 0, tail: 0, ended: false }
    }

    /// The place in the content of the first octet of the view.
    pub(super) fn offset(&self) -> u64 {
        self.content.offset() - (self.tail - self.head) as u64
    }

    /// Octets of content read so far.
    pub(super) fn octets(&self) -> u64 {
        self.content.offset()
    }

    /// What the input is called.
    pub(super) fn name(&self) -> &str {
        self.content.name()
    }

    /// The octets up to the next line feed or the end; a line of more than `max` comes in parts.
    /// None at the end of the content.
    pub(super) fn line(&mut self, max: usize) -> Result<Option<Line<'_>>, InputError> {
        let mut looked = 0;
        loop {
            let have = &self.buffer[self.head..self.tail];
            if let Some(at) = memchr::memchr(b'\n', &have[looked..]) {
                let len = looked + at;
                return Ok(Some(self.give(len, len + 1, max, true)));
            }
            looked = have.len();
            if looked > max || (self.ended && looked > 0) {
                return Ok(Some(self.give(looked, looked, max, self.ended)));
            }
            if self.ended {
                return Ok(None);
            }
            self.more()?;
        }
    }

    /// Gives `len` octets and moves on by `step`.
    fn give(&mut self, len: usize, step: usize, max: usize, is_end: bool) -> Line<'_> {
        let begin = self.head;
        self.head += step;
        let is_long = len > max;
        Line { octets: &mut self.buffer[begin..begin + len], is_long, is_end }
    }

    /// Reads once what there is.
    fn more(&mut self) -> Result<(), InputError> {
        self.buffer.copy_within(self.head..self.tail, 0);
        self.tail -= self.head;
        self.head = 0;
        if self.tail == self.buffer.len() {
            self.buffer.resize(2 * self.tail, 0);
        }
        let got = self.content.read(&mut self.buffer[self.tail..])?;
        self.tail += got;
        self.ended = got == 0;
        Ok(())
    }

    /// The octets that come next: `n` of them, or all that are left.
    pub(super) fn next(&mut self, n: usize) -> Result<&[u8], InputError> {
        if self.tail - self.head < n {
            self.buffer.copy_within(self.head..self.tail, 0);
            self.tail -= self.head;
            self.head = 0;
            if self.buffer.len() < n {
                self.buffer.resize(n, 0);
            }
            while self.tail < n && !self.ended {
                let got = self.content.read(&mut self.buffer[self.tail..])?;
                self.tail += got;
                self.ended = got == 0;
            }
        }
        let end = self.tail.min(self.head + n);
        Ok(&self.buffer[self.head..end])
    }

    /// Moves the view forward over `n` octets that [`Window::next`] has shown.
    pub(super) fn consume(&mut self, n: usize) {
        self.head = self.tail.min(self.head + n);
    }

    /// Moves the view forward over `n` octets unseen; returns how many there were.
    pub(super) fn skip(&mut self, n: u64) -> Result<u64, InputError> {
        let mut left = n;
        while left > 0 {
            let step = left.min(WINDOW_BYTES as u64) as usize;
            let got = self.next(step)?.len();
            self.consume(got);
            left -= got as u64;
            if got < step {
                break;
            }
        }
        Ok(n - left)
    }
}
