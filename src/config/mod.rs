//! Configuration: what was typed ([`CollectSettings`]) → what it means ([`CollectConfig`]).
//!
//! Contract: every default and every limit stands here, once. Whoever holds a [`CollectConfig`]
//! holds values that have been checked.

pub mod units;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use self::units::{CpuList, Dur, Size};

/// The port that is listened on when none is named.
pub const PORT_DEFAULT: u16 = 11019;

/// The output that is used when none is named.
pub const OUTPUT_DEFAULT: &str = "pmacct-json=stdout:";

/// A number's default and limits, both inclusive.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<T> {
    /// The value when nothing is typed.
    pub default: T,
    /// The smallest value allowed.
    pub min: T,
    /// The largest value allowed.
    pub max: T,
}

/// Memory for batches, all reactors together, in octets: the bound on data inside the collector.
pub const BATCH_MEMORY: Bounds<Size> =
    Bounds { default: Size(64 << 20), min: Size(1 << 20), max: Size(1 << 40) };

/// The longest that a record waits before it is written. Batches that are not full are handed on a
/// little earlier, so that there is time to write them.
pub const FLUSH_INTERVAL: Bounds<Dur> = Bounds {
    default: Dur(Duration::from_millis(10)),
    min: Dur(Duration::from_millis(1)),
    max: Dur(Duration::from_secs(10)),
};

/// The largest BMP message in octets. RFC 8654 messages and TLVs exceed 65 535 octets.
pub const MAX_FRAME: Bounds<Size> =
    Bounds { default: Size(1 << 20), min: Size(4 << 10), max: Size(16 << 20) };

/// How long a stop waits for outputs to take what is on its way; 0 waits for nothing.
pub const DRAIN_TIMEOUT: Bounds<Dur> = Bounds {
    default: Dur(Duration::from_secs(30)),
    min: Dur(Duration::ZERO),
    max: Dur(Duration::from_secs(86_400)),
};

/// Batch memory must hold this many of the largest messages: one filling and one on its way, with
/// as much again for what was decoded from them.
const FRAMES_IN_BATCH_MEMORY: u64 = 4;

/// What was typed for `collect`; what was not is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CollectSettings {
    /// `--listen`
    pub listen: Vec<SocketAddr>,
    /// `--output`
    pub outputs: Vec<String>,
    /// `--reactor-cores`
    pub reactor_cores: Option<CpuList>,
    /// `--writer-cores`
    pub writer_cores: Option<CpuList>,
    /// `--batch-memory`
    pub batch_memory: Option<Size>,
    /// `--flush-interval`
    pub flush_interval: Option<Dur>,
    /// `--max-frame`
    pub max_frame: Option<Size>,
    /// `--drain-timeout`
    pub drain_timeout: Option<Dur>,
}

/// What `collect` shall do: checked, with defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectConfig {
    /// Addresses to accept router connections on, at least one. Default `[::]:11019`, which takes
    /// IPv4 as well (dual stack).
    pub listen: Vec<SocketAddr>,
    /// Outputs as typed, `FORMAT=URL`, at least one. Default [`OUTPUT_DEFAULT`].
    pub outputs: Vec<String>,
    /// CPUs for reactors; `None` leaves the choice to the placement.
    pub reactor_cores: Option<CpuList>,
    /// CPUs for writers; `None` leaves the choice to the placement.
    pub writer_cores: Option<CpuList>,
    /// Octets of batches, all reactors together ([`BATCH_MEMORY`]).
    pub batch_memory: u64,
    /// The longest that a record waits before it is written ([`FLUSH_INTERVAL`]).
    pub flush_interval: Duration,
    /// The largest BMP message in octets ([`MAX_FRAME`]); a longer one is broken framing.
    pub max_frame: usize,
    /// How long a stop waits for outputs ([`DRAIN_TIMEOUT`]).
    pub drain_timeout: Duration,
}

impl Default for CollectConfig {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), PORT_DEFAULT)],
            outputs: vec![OUTPUT_DEFAULT.to_owned()],
            reactor_cores: None,
            writer_cores: None,
            batch_memory: BATCH_MEMORY.default.0,
            flush_interval: FLUSH_INTERVAL.default.0,
            max_frame: octets(MAX_FRAME.default),
            drain_timeout: DRAIN_TIMEOUT.default.0,
        }
    }
}

impl CollectConfig {
    /// Checks what was typed and fills in the defaults. Output specifications and CPU lists are
    /// checked by those who know formats and the machine.
    ///
    /// # Errors
    /// [`ConfigError`] for the first value out of its bounds or against another.
    pub fn new(typed: CollectSettings) -> Result<Self, ConfigError> {
        let defaults = Self::default();
        let batch_memory = within("batch-memory", typed.batch_memory, BATCH_MEMORY)?;
        let max_frame = within("max-frame", typed.max_frame, MAX_FRAME)?;
        let needed = Size(max_frame.0.saturating_mul(FRAMES_IN_BATCH_MEMORY));
        if batch_memory < needed {
            return Err(ConfigError::new(
                "batch-memory",
                format!(
                    "{batch_memory} is too little for messages of up to {max_frame}: write \
                     --batch-memory {needed} or more, or a smaller --max-frame"
                ),
            ));
        }
        Ok(Self {
            listen: listen(typed.listen, defaults.listen)?,
            outputs: if typed.outputs.is_empty() { defaults.outputs } else { typed.outputs },
            reactor_cores: typed.reactor_cores,
            writer_cores: typed.writer_cores,
            batch_memory: batch_memory.0,
            flush_interval: within("flush-interval", typed.flush_interval, FLUSH_INTERVAL)?.0,
            max_frame: octets(max_frame),
            drain_timeout: within("drain-timeout", typed.drain_timeout, DRAIN_TIMEOUT)?.0,
        })
    }
}

/// A size as a length in memory. Nothing is cut off: every bounded size fits, on 32 bits too.
fn octets(size: Size) -> usize {
    usize::try_from(size.0).unwrap_or(usize::MAX)
}

/// The addresses typed, or the default; the same one twice is a mistake (port 0 is another one each
/// time).
fn listen(
    typed: Vec<SocketAddr>,
    default: Vec<SocketAddr>,
) -> Result<Vec<SocketAddr>, ConfigError> {
    if typed.is_empty() {
        return Ok(default);
    }
    for (i, address) in typed.iter().enumerate() {
        if address.port() != 0 && typed[..i].contains(address) {
            return Err(ConfigError::new(
                "listen",
                format!("{address} is there twice: once will do"),
            ));
        }
    }
    Ok(typed)
}

/// The value typed, or the default; refused outside its bounds.
fn within<T: Copy + PartialOrd + fmt::Display>(
    key: &'static str,
    typed: Option<T>,
    bounds: Bounds<T>,
) -> Result<T, ConfigError> {
    let value = typed.unwrap_or(bounds.default);
    let Bounds { default, min, max } = bounds;
    let problem = if value < min {
        "below"
    } else if value > max {
        "above"
    } else {
        return Ok(value);
    };
    let limit = if value < min { min } else { max };
    Err(ConfigError::new(
        key,
        format!("{value} is {problem} {limit}: write {min} to {max} (the default is {default})"),
    ))
}

/// A value that is refused: which one, what is wrong with it, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The flag without its dashes; the TOML key has the same name.
    pub key: &'static str,
    message: String,
}

impl ConfigError {
    fn new(key: &'static str, message: String) -> Self {
        Self { key, message }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{}: {}", self.key, self.message)
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_gives_the_defaults() {
        let config = CollectConfig::new(CollectSettings::default()).unwrap();
        assert_eq!(config, CollectConfig::default());
        assert_eq!(config.listen[0].to_string(), "[::]:11019");
        assert_eq!(config.outputs, ["pmacct-json=stdout:"]);
        assert_eq!(config.batch_memory, 64 << 20);
        assert_eq!(config.flush_interval, Duration::from_millis(10));
        assert_eq!(config.max_frame, 1 << 20);
        assert_eq!(config.drain_timeout, Duration::from_secs(30));
    }

    #[test]
    fn what_is_typed_replaces_the_defaults() {
        let config = CollectConfig::new(CollectSettings {
            listen: vec!["127.0.0.1:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()],
            outputs: vec!["bmp=null:".to_owned()],
            drain_timeout: Some(Dur(Duration::ZERO)),
            max_frame: Some(Size(16 << 20)),
            ..CollectSettings::default()
        })
        .unwrap();
        assert_eq!(config.listen.len(), 2);
        assert_eq!(config.outputs, ["bmp=null:"]);
        assert_eq!(config.drain_timeout, Duration::ZERO);
        assert_eq!(config.max_frame, 16 << 20);
    }

    #[test]
    fn values_out_of_bounds_are_refused_with_the_bounds() {
        let error = |settings| CollectConfig::new(settings).unwrap_err().to_string();
        let default = CollectSettings::default;
        assert_eq!(
            error(CollectSettings {
                flush_interval: Some(Dur(Duration::from_secs(20))),
                ..default()
            }),
            "--flush-interval: 20s is above 10s: write 1ms to 10s (the default is 10ms)"
        );
        assert_eq!(
            error(CollectSettings { max_frame: Some(Size(100)), ..default() }),
            "--max-frame: 100 is below 4KiB: write 4KiB to 16MiB (the default is 1MiB)"
        );
        assert_eq!(
            error(CollectSettings { batch_memory: Some(Size(2 << 20)), ..default() }),
            "--batch-memory: 2MiB is too little for messages of up to 1MiB: write \
             --batch-memory 4MiB or more, or a smaller --max-frame"
        );
        let twice = vec!["[::]:1790".parse().unwrap(); 2];
        assert_eq!(
            error(CollectSettings { listen: twice, ..default() }),
            "--listen: [::]:1790 is there twice: once will do"
        );
    }
}
