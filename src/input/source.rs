//! Where the octets come from: a file or standard input, decompressed as its first octets tell.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::InputError;

/// Octets taken from the file at once.
const READ_BYTES: usize = 128 * 1024;

/// Compressions around each other that are undone: one, and one nested in it.
const LAYERS_MAX: usize = 2;

/// Octets that tell a format. No BMP message is shorter (RFC 7854 §4.1), so that asking for them
/// never holds back a message that waits in a pipe.
const TELLTALE_BYTES: usize = 4;

/// Octets that tell MRT and RIS Live, of which neither begins as BMP does.
const TELLTALE_BYTES_MORE: usize = 12;

/// The versions of BMP, with which its messages begin.
const BMP_VERSIONS: std::ops::RangeInclusive<u8> = 3..=4;

/// A way to compress, told by its first octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// gzip (RFC 1952), one member or many.
    Gzip,
    /// bzip2, one stream or many.
    Bzip2,
    /// zstd (RFC 8878), one frame or many, skippable ones among them.
    Zstd,
}

impl Compression {
    fn told_by(first: &[u8]) -> Option<Self> {
        match first {
            [0x1f, 0x8b, 0x08, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// All decoders here go on with the next member, stream or frame where one ends.
    fn decoder(self, reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
        let buffered = BufReader::with_capacity(READ_BYTES, reader);
        Ok(match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(buffered)?),
        })
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "zstd",
        })
    }
}

/// The compressions of an input, the outermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layers([Option<Compression>; LAYERS_MAX]);

impl Layers {
    /// The compressions, the outermost first.
    pub fn iter(&self) -> impl Iterator<Item = Compression> {
        self.0.into_iter().flatten()
    }

    /// Whether the input is not compressed.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, layer) in self.iter().enumerate() {
            write!(f, "{}{layer}", if n == 0 { "" } else { " around " })?;
        }
        if self.is_plain() { f.write_str("plain") } else { Ok(()) }
    }
}

#[derive(Debug, Default)]
struct Meter {
    taken: AtomicU64,
    failed: AtomicBool,
}

/// How far an input has been read. Clones look at the same input; any thread may ask.
#[derive(Debug, Clone)]
pub struct Progress {
    meter: Arc<Meter>,
    total: Option<u64>,
}

impl Progress {
    /// Octets of the file, as stored (compressed), taken so far.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.meter.taken.load(Ordering::Relaxed)
    }

    /// Octets of the file, as stored; none for pipes and other things without a length.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }
}

/// An opened input, not yet looked at.
pub struct Source {
    reader: Box<dyn Read + Send>,
    progress: Progress,
    /// What a router is called that the content does not name.
    name: String,
}

impl Source {
    /// An input that `reader` gives; `total` is its length in octets where that is known.
    #[must_use]
    pub fn new(reader: Box<dyn Read + Send>, total: Option<u64>) -> Self {
        let progress = Progress { meter: Arc::default(), total };
        let reader = Box::new(Metered { reader, meter: Arc::clone(&progress.meter) });
        Self { reader, progress, name: "recording".to_owned() }
    }

    /// A handle that tells how far this input has been read.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("progress", &self.progress).finish_non_exhaustive()
    }
}

/// Opens the file at `path`, or standard input for `-`.
///
/// # Errors
/// [`InputError::Open`] when the system refuses.
pub fn open(path: &Path) -> Result<Source, InputError> {
    let opened = if path.as_os_str() == "-" {
        // A descriptor of our own, because the lock of `Stdin` cannot move to another thread.
        io::stdin().as_fd().try_clone_to_owned().map(File::from)
    } else {
        File::open(path)
    };
    let told = opened.and_then(|file| Ok((file.metadata()?, file)));
    let (about, file) =
        told.map_err(|source| InputError::Open { path: path.to_path_buf(), source })?;
    if about.is_dir() {
        let source = io::ErrorKind::IsADirectory.into();
        return Err(InputError::Open { path: path.to_path_buf(), source });
    }
    let mut source = Source::new(Box::new(file), about.is_file().then_some(about.len()));
    if let Some(name) = path.file_name().filter(|name| *name != "-") {
        source.name = name.to_string_lossy().into_owned();
    }
    Ok(source)
}

/// Counts what is taken from the file, and remembers that it was the file which failed.
struct Metered {
    reader: Box<dyn Read + Send>,
    meter: Arc<Meter>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.reader.read(buffer) {
                Ok(n) => {
                    self.meter.taken.fetch_add(n as u64, Ordering::Relaxed);
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.meter.failed.store(true, Ordering::Relaxed);
                    return Err(e);
                }
            }
        }
    }
}

/// The content of an input: read in order, with errors that say whose fault it was.
pub(super) struct Content {
    reader: Box<dyn Read + Send>,
    meter: Arc<Meter>,
    layers: Layers,
    offset: u64,
    name: String,
}

impl Content {
    /// Looks at the first octets and puts the decompressors in place. Also returns the first octets
    /// of the content, up to four of BMP and twelve of anything else; reading gives them again.
    pub(super) fn new(source: Source) -> Result<(Self, Vec<u8>), InputError> {
        let mut content = Self {
            reader: source.reader,
            meter: source.progress.meter,
            layers: Layers::default(),
            offset: 0,
            name: source.name,
        };
        for layer in 0..LAYERS_MAX {
            let Some(compression) = Compression::told_by(&content.peek(TELLTALE_BYTES)?) else {
                break;
            };
            content.layers.0[layer] = Some(compression);
            let inner = std::mem::replace(&mut content.reader, Box::new(io::empty()));
            content.reader = compression.decoder(inner).map_err(|e| content.blame(e))?;
        }
        let mut first = content.peek(TELLTALE_BYTES)?;
        if first.first().is_some_and(|version| !BMP_VERSIONS.contains(version)) {
            first = content.peek(TELLTALE_BYTES_MORE)?;
        }
        Ok((content, first))
    }

    /// What the input is called: its file's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn layers(&self) -> Layers {
        self.layers
    }

    /// Octets of content given so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads some octets into `buffer`; none only at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, InputError> {
        loop {
            match self.reader.read(buffer) {
                Ok(n) => {
                    self.offset += n as u64;
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.blame(e)),
            }
        }
    }

    fn peek(&mut self, octets: usize) -> Result<Vec<u8>, InputError> {
        let mut first = Vec::with_capacity(octets);
        let limited = &mut (&mut self.reader).take(octets as u64);
        let told = limited.read_to_end(&mut first);
        told.map_err(|e| self.blame(e))?;
        let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = Box::new(Cursor::new(first.clone()).chain(rest));
        Ok(first)
    }

    fn blame(&self, source: io::Error) -> InputError {
        let (layers, offset) = (self.layers, self.offset);
        if layers.is_plain() || self.meter.failed.load(Ordering::Relaxed) {
            InputError::Read { offset, source }
        } else if source.kind() == io::ErrorKind::UnexpectedEof {
            InputError::CompressionCut { layers, offset }
        } else {
            InputError::Compression { layers, offset, source }
        }
    }
}
