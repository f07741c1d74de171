//! What a crash has left: a file's end is made sound, and parts become complete files.

use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, RenameFlags, flock};
use rustix::io::Errno;

use super::names::FileNames;
use super::pack::Method;
use crate::output::frames::Layout;

/// The most octets after the last whole frame that are taken for the rest of one: a frame has about
/// a mebibyte of records, or one that is larger.
const TORN_MAX: u64 = 64 * 1024 * 1024;

/// What was done about what the last run left.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    /// How many parts became complete files, or went because nothing in them was whole.
    pub(super) parts: usize,
    /// Files whose end was no whole record, under the names that they have got, and how many octets
    /// were cut off.
    pub(super) cut: Vec<(PathBuf, u64)>,
}

/// Completes the parts that are there and that nobody writes to.
///
/// # Errors
/// A directory or file that cannot be read or changed; the text names it.
pub(super) fn recover(
    names: &FileNames,
    method: Option<Method>,
    layout: Layout,
) -> io::Result<Recovered> {
    let mut recovered = Recovered::default();
    for part in names.own()?.into_iter().filter(|found| found.is_part) {
        recover_part(&part.path, names, method, layout, &mut recovered)
            .map_err(|e| named(&part.path, &e))?;
    }
    Ok(recovered)
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("'{}': {error}", path.display()))
}

/// Completes a part if it is ours to complete.
fn recover_part(
    part: &Path,
    names: &FileNames,
    method: Option<Method>,
    layout: Layout,
    recovered: &mut Recovered,
) -> io::Result<()> {
    let file = match File::options().read(true).write(true).open(part) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()), // completed meanwhile
        file => file?,
    };
    if !lock(&file)? || !is_at(&file, part) {
        return Ok(());
    }
    let len = file.metadata()?.len();
    let sound = match (method, layout) {
        (Some(method), _) => sound_end(&file, method)?,
        (None, Layout::Lines) => line_end(&file, len)?,
        (None, Layout::Counted { header, len: record_len }) => {
            records_end(&file, len, header, record_len)?
        }
        (None, Layout::Read) => len,
    };
    if sound < len {
        file.set_len(sound)?;
    }
    let mut path = part.to_owned();
    if sound == 0 {
        fs::remove_file(part)?;
    } else if let Some(complete) = FileNames::of_part(part) {
        path = rename_to_free(part, &complete, names)?;
    }
    recovered.parts += 1;
    if sound < len {
        recovered.cut.push((path, len - sound));
    }
    Ok(())
}

/// Takes the lock that tells others that a part is written to; whether it was free.
pub(super) fn lock(file: &File) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        // A file system without locks: one must do without.
        Err(Errno::NOTSUP | Errno::NOLCK | Errno::INVAL | Errno::NOSYS) => Ok(true),
        Err(e) => Err(e.into()),
    }
}

/// Whether `path` leads to this file.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    let known = |meta: io::Result<Metadata>| meta.ok().map(|meta| (meta.dev(), meta.ino()));
    let own = known(file.metadata());
    own.is_some() && own == known(fs::metadata(path))
}

/// Gives a part its name, or that name with the first free number after it; returns which.
pub(super) fn rename_to_free(
    part: &Path,
    complete: &Path,
    names: &FileNames,
) -> io::Result<PathBuf> {
    let mut name = complete.to_owned();
    let mut serial = 0;
    loop {
        match rename_new(part, &name) {
            // A crash has come between its new name and the end of its old one.
            Err(e) if e.kind() == ErrorKind::AlreadyExists && is_same(part, &name) => {
                return fs::remove_file(part).map(|()| name);
            }
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                serial += 1;
                name = names.numbered(complete, serial);
            }
            done => return done.map(|()| name),
        }
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    File::open(one).is_ok_and(|file| is_at(&file, other))
}

/// Renames to a name that must be free: no file is ever replaced.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let cwd = rustix::fs::CWD;
    match rustix::fs::renameat_with(cwd, from, cwd, to, RenameFlags::NOREPLACE) {
        // The file system does not know how: a second name fails as well when it is taken.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        done => Ok(done?),
    }
}

/// Where the last whole line of a file ends.
fn line_end(file: &File, len: u64) -> io::Result<u64> {
    let mut block = vec![0; 64 * 1024];
    let mut end = len;
    while end > 0 {
        let begin = end.saturating_sub(block.len() as u64);
        let part = &mut block[..(end - begin) as usize];
        file.read_exact_at(part, begin)?;
        if let Some(at) = memchr::memrchr(b'\n', part) {
            return Ok(begin + at as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}

/// Where the last whole record ends of those that say how long they are. Where something stands
/// between them that is none, that is not this output's to judge: the file is left as it is.
fn records_end(
    file: &File,
    len: u64,
    header: usize,
    record_len: fn(&[u8]) -> Option<u64>,
) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    reader.rewind()?;
    let (mut end, mut head) = (0, vec![0; header]);
    while len - end >= header as u64 {
        reader.read_exact(&mut head)?;
        match record_len(&head).filter(|record| *record >= header as u64) {
            Some(record) if record <= len - end => {
                reader.seek_relative((record - header as u64) as i64)?;
                end += record;
            }
            Some(_) => break,
            // What a power failure may leave is cut off.
            None if len - end <= TORN_MAX && is_blank(&head, &mut reader)? => break,
            None => return Ok(len),
        }
    }
    Ok(if len - end <= TORN_MAX { end } else { len })
}

/// Whether `head` and all that follows are zeros.
fn is_blank(head: &[u8], rest: &mut BufReader<&File>) -> io::Result<bool> {
    let is_zero = |octets: &[u8]| octets.iter().all(|octet| *octet == 0);
    let mut blank = is_zero(head);
    while blank {
        let octets = rest.fill_buf()?;
        if octets.is_empty() {
            break;
        }
        blank = is_zero(octets);
        let len = octets.len();
        rest.consume(len);
    }
    Ok(blank)
}

/// Where the last whole frame or member of a compressed file ends.
///
/// # Errors
/// The file is something else, or so much follows that end that no crash can have left it.
pub(super) fn sound_end(file: &File, method: Method) -> io::Result<u64> {
    let len = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    reader.rewind()?;
    let end = match method {
        Method::Gzip(_) => members_end(&mut reader)?,
        Method::Zstd(_) => Frames { reader: &mut reader, at: 0, len }.end()?,
    };
    if len - end > TORN_MAX {
        let text = format!(
            "its last {} octets are no whole {} frame: it was not written like this; move it away",
            len - end,
            method.suffix().trim_start_matches('.'),
        );
        return Err(io::Error::new(ErrorKind::InvalidData, text));
    }
    Ok(end)
}

fn foreign(what: &str) -> io::Error {
    let text = format!("it does not begin as {what} does; move it away, or leave compress= out");
    io::Error::new(ErrorKind::InvalidData, text)
}

/// The end of the last whole gzip member.
fn members_end(reader: &mut BufReader<&File>) -> io::Result<u64> {
    let mut end = 0;
    loop {
        let next = reader.fill_buf()?;
        if end == 0 && !next.is_empty() && !next.starts_with(&[0x1f, 0x8b][..next.len().min(2)]) {
            return Err(foreign("gzip"));
        }
        if next.is_empty() {
            return Ok(end);
        }
        let mut member = flate2::bufread::GzDecoder::new(&mut *reader);
        match io::copy(&mut member, &mut io::sink()) {
            Ok(_) => end = reader.stream_position()?,
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData
                ) =>
            {
                return Ok(end);
            }
            Err(e) => return Err(e),
        }
    }
}

/// Walks over zstd frames without reading what is in them (RFC 8878 §3.1).
struct Frames<'a, 'f> {
    reader: &'a mut BufReader<&'f File>,
    at: u64,
    len: u64,
}

const ZSTD_MAGIC: u32 = 0xfd2f_b528;
const SKIPPABLE: std::ops::RangeInclusive<u32> = 0x184d_2a50..=0x184d_2a5f;

impl Frames<'_, '_> {
    /// The end of the last whole frame.
    fn end(&mut self) -> io::Result<u64> {
        let mut end = 0;
        while self.at < self.len {
            match self.frame() {
                Ok(true) => end = self.at,
                Ok(false) if end == 0 => return Err(foreign("zstd")),
                Ok(false) => break,
                Err(e) if e.kind() == ErrorKind::UnexpectedEof => break,
                Err(e) => return Err(e),
            }
        }
        Ok(end)
    }

    /// Goes over one frame; whether there was one.
    fn frame(&mut self) -> io::Result<bool> {
        let magic = self.number(4)? as u32;
        if SKIPPABLE.contains(&magic) {
            let len = self.number(4)?;
            return self.skip(len).map(|()| true);
        }
        if magic != ZSTD_MAGIC {
            return Ok(false);
        }
        let descriptor = self.number(1)? as usize;
        let is_single = descriptor >> 5 & 1;
        let dictionary = [0, 1, 2, 4][descriptor & 3];
        let size = [is_single as u64, 2, 4, 8][descriptor >> 6];
        self.skip(1 - is_single as u64 + dictionary + size)?;
        loop {
            let head = self.number(3)?;
            let (is_last, kind, size) = (head & 1 == 1, head >> 1 & 3, head >> 3);
            match kind {
                1 => self.skip(1)?, // one octet, `size` times
                3 => return Ok(false),
                _ => self.skip(size)?,
            }
            if is_last {
                let checksum = descriptor as u64 >> 2 & 1;
                return self.skip(4 * checksum).map(|()| true);
            }
        }
    }

    /// A number of `len` octets, the least one first.
    fn number(&mut self, len: usize) -> io::Result<u64> {
        let mut octets = [0; 8];
        self.reader.read_exact(&mut octets[..len])?;
        self.at += len as u64;
        Ok(u64::from_le_bytes(octets))
    }

    fn skip(&mut self, octets: u64) -> io::Result<()> {
        if octets > self.len - self.at {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.at += octets;
        self.reader.seek_relative(octets as i64)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::output::transport::file::pack::Packer;
    use crate::output::transport::path::PathTemplate;
    use crate::output::transport::testing::Scratch;

    const METHODS: [Method; 2] = [Method::Gzip(6), Method::Zstd(3)];

    #[test]
    fn the_last_whole_frame_is_found_wherever_a_file_was_cut() {
        let dir = Scratch::new();
        let path = dir.file("x");
        for method in METHODS {
            let mut packer = Packer::new(method).unwrap();
            let (mut all, mut ends) = (Vec::new(), vec![0]);
            for len in [0_usize, 1, 300, 200_000, 7] {
                let piece: Vec<u8> = (0..len).map(|n| (n * n / 7 % 256) as u8).collect();
                all.extend_from_slice(packer.pack(&piece).unwrap());
                ends.push(all.len() as u64);
            }
            let cuts = (0..all.len()).filter(|n| n % 97 == 0 || *n < 60).chain([all.len()]);
            for cut in cuts {
                fs::write(&path, &all[..cut]).unwrap();
                let end = sound_end(&File::open(&path).unwrap(), method).unwrap();
                let wanted = ends.iter().rfind(|end| **end <= cut as u64).unwrap();
                assert_eq!(end, *wanted, "{method:?} cut at {cut}");
            }
            all.extend([0; 500]); // what a power failure may leave
            fs::write(&path, &all).unwrap();
            let end = sound_end(&File::open(&path).unwrap(), method).unwrap();
            assert_eq!(end, *ends.last().unwrap());
        }
    }

    #[test]
    fn frames_of_other_writers_are_walked_over_too() {
        let dir = Scratch::new();
        let path = dir.file("x");
        let text: Vec<u8> = (0..700_000_u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
        let mut all = zstd::stream::encode_all(&text[..], 1).unwrap(); // of unknown size
        all.extend([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]); // to be skipped
        all.extend(zstd::stream::encode_all(&[0_u8; 600_000][..], 19).unwrap());
        let end = all.len() as u64;
        all.extend_from_slice(&all.clone()[..1000]);
        fs::write(&path, &all).unwrap();
        assert_eq!(sound_end(&File::open(&path).unwrap(), Method::Zstd(3)).unwrap(), end);
    }

    #[test]
    fn something_else_is_left_alone() {
        let dir = Scratch::new();
        let path = dir.file("x");
        fs::write(&path, "{\"seq\": 0}\n".repeat(100)).unwrap();
        for method in METHODS {
            let error = sound_end(&File::open(&path).unwrap(), method).unwrap_err();
            assert!(error.to_string().contains("move it away"), "{error}");
        }
    }

    fn parts(method: Option<Method>) -> (Scratch, FileNames) {
        let dir = Scratch::new();
        let template = PathTemplate::parse(&dir.file("x.%H%M")).unwrap();
        (dir, FileNames::new(template, method.map_or("", Method::suffix), 0))
    }

    fn read(dir: &Scratch, name: &str) -> String {
        fs::read_to_string(dir.path().join(name)).unwrap()
    }

    #[test]
    fn parts_are_cut_at_a_record_and_never_replace_a_file() {
        let (dir, names) = parts(None);
        for (name, text) in [
            ("x.1500", "complete"),
            ("x.1500.part", "one\ntwo\nthr"),
            ("x.1500.1", "too"),
            ("x.1505.part", "torn"),
            ("x.1510.part", ""),
            ("y.1500.part", "foreign"),
        ] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        assert_eq!(recover(&names, None, Layout::Lines).unwrap().parts, 3);
        assert_eq!(
            (read(&dir, "x.1500"), read(&dir, "x.1500.2")),
            ("complete".into(), "one\ntwo\n".into())
        );
        assert_eq!(read(&dir, "y.1500.part"), "foreign");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4, "what is empty goes");
        assert_eq!(recover(&names, None, Layout::Lines).unwrap().parts, 0);
    }

    #[test]
    fn parts_of_other_kinds_keep_what_is_whole() {
        let (dir, names) = parts(None);
        fs::write(dir.path().join("x.1500.part"), "binary").unwrap();
        recover(&names, None, Layout::Read).unwrap();
        assert_eq!(read(&dir, "x.1500"), "binary");
        for method in METHODS {
            let (dir, names) = parts(Some(method));
            let mut packer = Packer::new(method).unwrap();
            let mut all = packer.pack(b"whole\n").unwrap().to_vec();
            let sound = all.clone();
            all.extend_from_slice(&packer.pack(b"torn\n").unwrap()[..9]);
            let name = format!("x.1500{}", method.suffix());
            fs::write(dir.path().join(format!("{name}.part")), all).unwrap();
            recover(&names, Some(method), Layout::Lines).unwrap();
            assert_eq!(fs::read(dir.path().join(name)).unwrap(), sound);
        }
    }

    /// Records of a format that each begin with `R` and their length.
    const COUNTED: Layout =
        Layout::Counted { header: 2, len: |head| (head[0] == b'R').then(|| head[1].into()) };

    #[test]
    fn parts_of_records_that_say_how_long_they_are_end_with_a_whole_one() {
        for (octets, kept) in [
            (&b"R\x05oneR\x02R\x07three"[..], 14),
            (b"R\x05oneR\x02R\x07thre", 7),
            (b"R\x05oneR\x02R\x07", 7),
            (b"R\x05oneR", 5),
            (b"R\x05one\0\0\0\0\0", 5),
            (b"R\x05on", 0),
            (b"R", 0),
            (b"\0\0\0", 0),
            // Nobody knows what these are.
            (b"R\x05oneXYZ", 8),
            (b"R\x05one\0\0\0Z", 9),
            (b"R\x05oneR\x01R", 8),
            (b"foreign", 7),
        ] {
            let (dir, names) = parts(None);
            fs::write(dir.path().join("x.1500.part"), octets).unwrap();
            let recovered = recover(&names, None, COUNTED).unwrap();
            let complete = dir.path().join("x.1500");
            let found = fs::read(&complete).unwrap_or_default();
            assert_eq!((recovered.parts, &found[..]), (1, &octets[..kept]), "{octets:?}");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), usize::from(kept > 0));
            let path = if kept > 0 { complete } else { dir.path().join("x.1500.part") };
            let cut = [(path, (octets.len() - kept) as u64)];
            assert_eq!(recovered.cut, cut[usize::from(cut[0].1 == 0)..], "{octets:?}");
        }
    }

    #[test]
    fn long_records_are_walked_over_and_a_far_end_is_left_alone() {
        let (dir, names) = parts(None);
        let path = dir.path().join("x.1500.part");
        let counted =
            Layout::Counted { header: 8, len: |h| Some(u64::from_be_bytes(h.try_into().ok()?)) };
        let mut octets = 300_000_u64.to_be_bytes().to_vec();
        octets.resize(300_000, b'x');
        let whole = [&octets[..], &octets].concat();
        for cut in [300_000, 300_001, 300_007, 300_008, 450_000, 599_999] {
            fs::write(&path, &whole[..cut]).unwrap();
            let recovered = recover(&names, None, counted).unwrap();
            assert_eq!(recovered.cut.first().map_or(0, |c| c.1), cut as u64 - 300_000);
        }
        fs::write(&path, u64::MAX.to_be_bytes()).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_len(TORN_MAX + 1).unwrap();
        assert!(recover(&names, None, counted).unwrap().cut.is_empty());
    }

    #[test]
    fn a_part_that_has_its_name_already_does_not_come_twice() {
        let (dir, names) = parts(None);
        let complete = dir.file("x.1505");
        fs::write(dir.file("x.1505.part"), "whole\n").unwrap();
        fs::hard_link(dir.file("x.1505.part"), &complete).unwrap();
        assert_eq!(recover(&names, None, Layout::Lines).unwrap().parts, 1);
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(left, [Path::new(&complete)]);
        assert_eq!(fs::read_to_string(complete).unwrap(), "whole\n");
    }

    #[test]
    fn a_part_that_somebody_writes_to_is_left_to_him() {
        let (dir, names) = parts(None);
        let path = dir.path().join("x.1500.part");
        fs::write(&path, "a\nb").unwrap();
        let held = File::open(&path).unwrap();
        assert!(lock(&held).unwrap());
        assert_eq!(recover(&names, None, Layout::Lines).unwrap().parts, 0);
        assert_eq!(read(&dir, "x.1500.part"), "a\nb");
        drop(held);
        assert_eq!(recover(&names, None, Layout::Lines).unwrap().parts, 1);
        assert_eq!(read(&dir, "x.1500"), "a\n");
    }

    #[test]
    fn long_lines_end_where_they_end() {
        let dir = Scratch::new();
        let path = dir.file("x");
        for (text, end) in [("a\n".to_owned() + &"b".repeat(200_000), 2), ("b".repeat(70_000), 0)] {
            fs::write(&path, &text).unwrap();
            assert_eq!(line_end(&File::open(&path).unwrap(), text.len() as u64).unwrap(), end);
        }
    }
}
