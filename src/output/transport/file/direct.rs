//! Writing around the page cache (`direct=on`): what comes in large pieces goes to the disk
//! straight from memory, the rest through the page cache.
//!
//! ```text
//!   ├── page cache ──┼──────── direct ────────┼──── direct ────┼─ page cache ─┤ end of the file
//!                    multiples of `align`                      the tail of a stream gone quiet
//! ```
//! Both append, each octet is written once, and no block is written both ways: a reader sees whole
//! octets in order and never padding, whenever it looks and wherever the writer was killed.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, OFlags, StatxFlags, fdatasync, statx};
use rustix::io::Errno;

/// Octets of a block: writes of a stream that flows end at multiples of it.
pub(super) const BLOCK: usize = 1024 * 1024;
/// Octets below which a write is not worth waiting for the disk.
const WORTHWHILE: usize = BLOCK / 2;
/// Octets of one write when they need not be copied.
const WRITE_MAX: usize = 2 * BLOCK;
/// The least alignment, in the file and in memory: a page's, whatever the disk would take.
const ALIGN_MIN: usize = 4096;

/// Memory for what does not lie as a direct write needs it: made when it is first needed, and
/// shared by all files of an output.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounce(Arc<Mutex<Vec<u8>>>);

/// The ways into a file.
pub(super) trait Disk {
    /// Appends through the page cache.
    fn cached(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Appends around it.
    fn direct(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Waits until the disk has what went through the page cache.
    fn sync(&mut self) -> io::Result<()>;
    /// The file's length.
    fn len(&self) -> io::Result<u64>;
}

/// See the module: how one file is written.
#[derive(Debug)]
pub(super) struct Direct {
    file: File,
    writer: Writer,
}

#[derive(Debug)]
struct Writer {
    align: usize,
    /// Something went through the page cache since the last direct write.
    is_cached: bool,
    bounce: Bounce,
}

impl Direct {
    /// Opens `path` a second time, around the page cache. `cached` is the same file.
    pub(super) fn open(path: &Path, cached: &File, bounce: Bounce) -> io::Result<Self> {
        if !cached.metadata()?.is_file() {
            return Err(refused("this is no regular file"));
        }
        let flags = (OFlags::DIRECT | OFlags::CLOEXEC).bits() as i32;
        let file =
            File::options().append(true).custom_flags(flags).open(path).map_err(|e| {
                match e.raw_os_error().map(Errno::from_raw_os_error) {
                    Some(Errno::INVAL | Errno::OPNOTSUPP) => refused(REFUSED),
                    _ => e,
                }
            })?;
        let align = alignment(&file)?;
        Ok(Self { file, writer: Writer { align, is_cached: true, bounce } })
    }

    /// What writes should be aligned to, octets.
    pub(super) fn align(&self) -> usize {
        self.writer.align
    }

    /// Appends some of `parts`; `position` is where they go.
    pub(super) fn write(
        &mut self,
        cached: &File,
        position: u64,
        parts: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        self.writer.write(&mut Ways { cached, direct: &self.file }, position, parts)
    }
}

/// Checks whether new files in `directory` can be written directly. No answer is a yes: opening one
/// then tells.
pub(super) fn probe(directory: &Path) -> io::Result<()> {
    let open = |flags: OFlags| {
        File::options().write(true).custom_flags(flags.bits() as i32).open(directory)
    };
    let unnamed = OFlags::TMPFILE | OFlags::CLOEXEC;
    match open(unnamed).and_then(|_| open(unnamed | OFlags::DIRECT)) {
        Ok(file) => alignment(&file).map(drop),
        Err(e) if is_refusal(&e) && open(unnamed).is_ok() => Err(refused(REFUSED)),
        Err(_) => Ok(()),
    }
}

/// Whether an error says that the file system knows no direct writes.
fn is_refusal(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(errno, Some(Errno::INVAL | Errno::OPNOTSUPP))
}

const REFUSED: &str = "the file system refuses it";

/// `direct=on` cannot be, and why.
fn refused(why: &str) -> io::Error {
    let text = format!("direct=on cannot write around the page cache here: {why}; leave it out");
    io::Error::new(io::ErrorKind::Unsupported, text)
}

/// The alignment that the file needs for direct writes; a page where the system does not say.
fn alignment(file: &File) -> io::Result<usize> {
    let asked = StatxFlags::DIOALIGN;
    let Ok(stat) = statx(file.as_fd(), c"", AtFlags::EMPTY_PATH, asked) else {
        return Ok(ALIGN_MIN);
    };
    if stat.stx_mask & asked.bits() == 0 {
        return Ok(ALIGN_MIN);
    }
    let (octets, memory) = (stat.stx_dio_offset_align as usize, stat.stx_dio_mem_align as usize);
    match octets.max(memory).max(ALIGN_MIN).next_power_of_two() {
        _ if octets == 0 => Err(refused(REFUSED)),
        align if align > BLOCK => Err(refused("the file system wants too large pieces")),
        align => Ok(align),
    }
}

impl Writer {
    fn write(
        &mut self,
        disk: &mut impl Disk,
        position: u64,
        parts: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        let total: usize = parts.iter().map(|part| part.len()).sum();
        let beyond = (position % self.align as u64) as usize;
        if beyond > 0 {
            return self.cached(disk, parts, self.align - beyond);
        }
        if total < WORTHWHILE {
            return self.cached(disk, parts, total);
        }
        if self.is_cached {
            // The file must not become longer on the disk than what precedes is there.
            disk.sync()?;
            self.is_cached = false;
        }
        match self.direct(disk, parts, total) {
            Err(e) if e.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => {
                // Somebody else has changed the file's length, perhaps: go on to the next multiple.
                let beyond = (disk.len()? % self.align as u64) as usize;
                self.cached(disk, parts, self.align - beyond)
            }
            other => other,
        }
    }

    fn cached(
        &mut self,
        disk: &mut impl Disk,
        parts: &[IoSlice<'_>],
        limit: usize,
    ) -> io::Result<usize> {
        self.is_cached = true;
        disk.cached(&up_to(parts, limit))
    }

    fn direct(
        &mut self,
        disk: &mut impl Disk,
        parts: &[IoSlice<'_>],
        total: usize,
    ) -> io::Result<usize> {
        let align = self.align;
        let whole = |len: usize| len - len % align;
        let mut memory = self.bounce.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let [heads @ .., last] = parts {
            let head: usize = heads.iter().map(|part| part.len()).sum();
            // Octets of `last` that complete the block that the heads begin.
            let add = (align - head % align) % align;
            if head < align && add < last.len() && last[add..].as_ptr().addr().is_multiple_of(align)
            {
                let len = whole(share(total, WRITE_MAX));
                if head == 0 {
                    return disk.direct(&[IoSlice::new(&last[..len])]);
                }
                let block = aligned(&mut memory, align, align);
                gather(parts, block);
                let rest = &last[add..len - head];
                return disk.direct(&[IoSlice::new(block), IoSlice::new(rest)]);
            }
        }
        let block = aligned(&mut memory, whole(share(total, BLOCK)), align);
        gather(parts, block);
        disk.direct(&[IoSlice::new(block)])
    }
}

/// How many of `total` octets one write takes: `max`, or all where what is left would not be worth
/// another one.
fn share(total: usize, max: usize) -> usize {
    if total < max + WORTHWHILE { total } else { max }
}

/// `len` octets at a multiple of `align`.
fn aligned(memory: &mut Vec<u8>, len: usize, align: usize) -> &mut [u8] {
    if memory.len() < len + align {
        memory.resize(len + align, 0);
    }
    let from = memory.as_ptr().align_offset(align);
    &mut memory[from..from + len]
}

/// Fills `out` from the beginning of `parts`.
fn gather(parts: &[IoSlice<'_>], mut out: &mut [u8]) {
    for part in parts {
        let (now, later) = out.split_at_mut(part.len().min(out.len()));
        now.copy_from_slice(&part[..now.len()]);
        out = later;
    }
}

/// The first octets of `parts`.
fn up_to<'a>(parts: &'a [IoSlice<'_>], mut limit: usize) -> Vec<IoSlice<'a>> {
    let cut = parts.iter().map(|part| {
        let now = part.len().min(limit);
        limit -= now;
        IoSlice::new(&part[..now])
    });
    cut.filter(|part| !part.is_empty()).collect()
}

struct Ways<'a> {
    cached: &'a File,
    direct: &'a File,
}

impl Disk for Ways<'_> {
    fn cached(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.cached.write_vectored(parts)
    }

    fn direct(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.direct.write_vectored(parts)
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(fdatasync(self.cached)?)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.cached.metadata()?.len())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::output::frames::{FrameKind, Frames};
    use crate::output::transport::appender::{Appender, BUFFER_MAX, Grid, Target};
    use crate::output::transport::notices::Notices;
    use crate::output::transport::testing::add;

    /// What a call should come to; without one it takes everything.
    #[derive(Debug, Clone, Copy)]
    enum Act {
        Take(usize),
        Fail(Errno),
    }

    /// A disk that does what its script says and refuses what is not aligned.
    #[derive(Default)]
    struct Scripted {
        got: Vec<u8>,
        script: VecDeque<Act>,
        /// Where each direct write began and its length.
        direct: Vec<(usize, usize)>,
        /// Octets through the page cache, in all and since the last sync.
        cached: usize,
        unsynced: usize,
        syncs: usize,
    }

    impl Scripted {
        fn take(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
            let act = self.script.pop_front().unwrap_or(Act::Take(usize::MAX));
            let Act::Take(limit) = act else {
                let Act::Fail(errno) = act else { unreachable!() };
                return Err(errno.into());
            };
            let before = self.got.len();
            for part in parts {
                let left = limit - (self.got.len() - before);
                self.got.extend_from_slice(&part[..part.len().min(left)]);
            }
            Ok(self.got.len() - before)
        }
    }

    impl Disk for Scripted {
        fn cached(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
            let n = self.take(parts)?;
            self.cached += n;
            self.unsynced += n;
            Ok(n)
        }

        fn direct(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
            let sound = |p: &IoSlice<'_>| {
                let places = [p.as_ptr().addr(), p.len()];
                places.iter().all(|n| n.is_multiple_of(ALIGN_MIN)) && !p.is_empty()
            };
            if !self.got.len().is_multiple_of(ALIGN_MIN) || !parts.iter().all(sound) {
                return Err(Errno::INVAL.into());
            }
            assert_eq!(self.unsynced, 0, "what precedes may not be on the disk yet");
            let begins = self.got.len();
            let n = self.take(parts)?;
            self.direct.push((begins, n));
            Ok(n)
        }

        fn sync(&mut self) -> io::Result<()> {
            self.unsynced = 0;
            self.syncs += 1;
            Ok(())
        }

        fn len(&self) -> io::Result<u64> {
            Ok(self.got.len() as u64)
        }
    }

    /// A whole way: an appender's target that writes to a scripted disk.
    struct Way {
        writer: Writer,
        disk: Scripted,
    }

    impl Write for Way {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(octets)])
        }

        fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
            let position = self.disk.got.len() as u64;
            self.writer.write(&mut self.disk, position, parts)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Target for Way {
        fn grid(&self) -> Option<Grid> {
            let position = self.disk.got.len() as u64;
            Some(Grid { position, step: BLOCK, align: ALIGN_MIN })
        }
    }

    fn writer() -> Writer {
        Writer { align: ALIGN_MIN, is_cached: true, bounce: Bounce::default() }
    }

    /// Writes all of `octets`, cut into two parts at `cut`; tries again what was refused.
    fn write_all(writer: &mut Writer, disk: &mut Scripted, octets: &[u8], cut: usize) {
        let mut n = 0;
        while n < octets.len() {
            let (first, second) = octets.split_at(cut.max(n).min(octets.len()));
            let parts = [&first[n.min(first.len())..], second].map(IoSlice::new);
            let second = [IoSlice::new(&octets[n..])];
            let parts = if n < first.len() { &parts[..] } else { &second[..] };
            n += writer.write(disk, disk.got.len() as u64, parts).unwrap_or(0);
        }
    }

    fn octets(len: usize) -> Vec<u8> {
        let mut out = vec![0; len];
        out.iter_mut().zip(0_usize..).for_each(|(octet, n)| *octet = (n % 251) as u8);
        out
    }

    #[test]
    fn large_pieces_are_direct_from_the_next_multiple_on_and_small_ones_are_not() {
        let (mut writer, mut disk) = (writer(), Scripted::default());
        let all = octets(2 * BLOCK + 10_000);
        write_all(&mut writer, &mut disk, &all[..100], 0);
        assert!(disk.direct.is_empty());
        write_all(&mut writer, &mut disk, &all[100..], 50);
        assert!(disk.got == all);
        let direct: usize = disk.direct.iter().map(|(_, len)| len).sum();
        assert_eq!((disk.direct[0].0, direct % ALIGN_MIN), (ALIGN_MIN, 0));
        assert!(direct >= BLOCK && direct <= all.len(), "{direct}");
    }

    #[test]
    fn what_lies_aligned_is_not_copied() {
        let (mut writer, mut disk) = (writer(), Scripted::default());
        let memory = octets(BLOCK + 3 * ALIGN_MIN);
        let from = memory.as_ptr().align_offset(ALIGN_MIN);
        let all = &memory[from..][..BLOCK + ALIGN_MIN + 100];
        for (heads, kept) in [(0, 0), (100, ALIGN_MIN), (ALIGN_MIN - 1, ALIGN_MIN)] {
            disk.got.clear();
            let copy = all[..heads].to_vec();
            let parts = [&copy[..], &all[heads..]].map(IoSlice::new);
            assert_eq!(writer.write(&mut disk, 0, &parts).unwrap(), BLOCK + ALIGN_MIN);
            assert!(disk.got == all[..BLOCK + ALIGN_MIN]);
            let memory = writer.bounce.0.lock().unwrap().len();
            assert!(memory <= 2 * kept, "{memory} octets for {heads}");
        }
    }

    #[test]
    fn a_file_that_somebody_else_makes_longer_or_shorter_is_followed() {
        let (mut writer, mut disk) = (writer(), Scripted::default());
        let all = octets(BLOCK);
        disk.got.extend_from_slice(b"five.");
        // The position says 0.
        assert_eq!(writer.write(&mut disk, 0, &[IoSlice::new(&all)]).unwrap(), ALIGN_MIN - 5);
        disk.got.clear();
        let position = ALIGN_MIN as u64;
        assert!(writer.write(&mut disk, position, &[IoSlice::new(&all)]).unwrap() >= BLOCK / 2);
        // A system that takes no direct write after all.
        disk.script.push_back(Act::Fail(Errno::INVAL));
        let len = disk.got.len() as u64;
        assert_eq!(writer.write(&mut disk, len, &[IoSlice::new(&all)]).unwrap(), ALIGN_MIN);
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            2 => (1..2 * BLOCK).prop_map(Act::Take),
            1 => (1..300_usize).prop_map(|n| Act::Take(n * 512)),
            1 => Just(Act::Fail(Errno::INTR)),
            1 => Just(Act::Fail(Errno::NOSPC)),
            1 => Just(Act::Fail(Errno::INVAL)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn whatever_the_disk_does_each_octet_is_written_once(
            begins in 0..9000_usize,
            pieces in proptest::collection::vec((1..BLOCK * 3 / 2, 0..5000_usize), 1..4),
            script in proptest::collection::vec(act(), 0..20),
        ) {
            let (mut writer, mut disk) = (writer(), Scripted::default());
            disk.got = octets(begins);
            disk.script = script.into();
            let mut expected = disk.got.clone();
            for (len, cut) in pieces {
                let piece = octets(len);
                write_all(&mut writer, &mut disk, &piece, cut);
                expected.extend_from_slice(&piece);
            }
            prop_assert!(disk.got == expected);
        }

        /// Frames come as a pipeline brings them: rendered for one run after the other, each no
        /// longer than what its batch has left.
        #[test]
        fn a_stream_that_flows_never_goes_through_the_page_cache(
            begins in prop_oneof![Just(0), 1..9000_usize],
            batches in proptest::collection::vec(1..5 * BLOCK / 2, 1..8),
            line in 1..2000_usize,
        ) {
            let disk = Scripted { got: octets(begins), ..Scripted::default() };
            let mut appender = Appender::new(Way { writer: writer(), disk }, "x".into());
            let (mut frames, mut notices) = (Frames::new(), Notices::default());
            let (now, text, mut given) = (Instant::now(), octets(line), begins);
            for mut left in batches.iter().copied() {
                while left > 0 {
                    frames.begin(appender.run());
                    while left > 0 && !frames.is_full() {
                        let len = line.min(left);
                        add(&mut frames, FrameKind::Record, 1, &text[..len]);
                        (left, given) = (left - len, given + len);
                    }
                    let mut next = 0;
                    while next < frames.len() {
                        let range = next..frames.len();
                        let taken = appender.write(&frames, range, BUFFER_MAX, now, &mut notices);
                        prop_assert!(taken > 0, "the disk takes everything");
                        next += taken;
                    }
                }
                prop_assert!(appender.lingers(now), "the next batch is on its way");
            }
            let disk = &appender.out.disk;
            prop_assert!(disk.cached < ALIGN_MIN, "{} octets went through it", disk.cached);
            prop_assert!(disk.direct.iter().all(|(_, len)| *len >= WORTHWHILE), "{:?}", disk.direct);
            prop_assert!(disk.syncs <= 1, "{} times", disk.syncs);
            prop_assert!(given - disk.got.len() <= BLOCK, "{} wait", given - disk.got.len());
            appender.flush(now, &mut notices);
            prop_assert_eq!(appender.out.disk.got.len(), given);
        }
    }
}
