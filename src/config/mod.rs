//! Configuration: what was typed ([`CollectSettings`]) → what it means ([`CollectConfig`]).
//!
//! Contract: every default and every limit stands here, once. Whoever holds a [`CollectConfig`]
//! holds values that have been checked.

pub mod dialect;
pub mod endpoint;
pub mod file;
pub mod keys;
pub mod limits;
pub mod near;
pub mod network;
pub mod output;
pub mod router;
pub mod units;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use self::dialect::DialectSettings;
use self::endpoint::Endpoint;
use self::limits::{LimitSettings, Limits, SocketOptions};
use self::output::OutputSetting;
use self::router::RouterSetting;
use self::units::{CpuList, Dur, Size};
use crate::filter::Filter;

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
    pub listen: Vec<Endpoint>,
    /// `--connect`
    pub connect: Vec<Endpoint>,
    /// `--output`, or `[[output]]`
    pub outputs: Vec<OutputSetting>,
    /// `--filter`
    pub filter: Option<Filter>,
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
    /// `--busy-poll`
    pub busy_poll: bool,
    /// The limits, and what is set on sockets.
    pub limits: LimitSettings,
    /// How routers speak.
    pub dialect: DialectSettings,
    /// `[[router]]`
    pub routers: Vec<RouterSetting>,
}

/// What `collect` shall do: checked, with defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectConfig {
    /// Addresses to accept router connections on. Default `[::]:11019`, which takes IPv4 as well
    /// (dual stack); none when only `connect` is given.
    pub listen: Vec<Endpoint>,
    /// Routers to connect to (RFC 7854 §3.2: either side may be the active one).
    pub connect: Vec<Endpoint>,
    /// Outputs as typed, at least one. Default [`OUTPUT_DEFAULT`].
    pub outputs: Vec<OutputSetting>,
    /// What every output shows, besides what its own filter says.
    pub filter: Option<Filter>,
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
    /// Whether reactors and writers look for work all the time instead of sleeping.
    pub busy_poll: bool,
    /// Which routers are taken.
    pub limits: Limits,
    /// What is set on the sockets that routers are connected to.
    pub sockets: SocketOptions,
    /// How routers speak where their messages do not tell.
    pub dialect: DialectSettings,
    /// What is written down of single routers, in the order in which it is looked at.
    pub routers: Vec<RouterSetting>,
}

impl Default for CollectConfig {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), PORT_DEFAULT).into()],
            connect: Vec::new(),
            outputs: vec![OutputSetting::Text(OUTPUT_DEFAULT.to_owned())],
            filter: None,
            reactor_cores: None,
            writer_cores: None,
            batch_memory: BATCH_MEMORY.default.0,
            flush_interval: FLUSH_INTERVAL.default.0,
            max_frame: octets(MAX_FRAME.default),
            drain_timeout: DRAIN_TIMEOUT.default.0,
            busy_poll: false,
            limits: Limits::default(),
            sockets: SocketOptions::default(),
            dialect: DialectSettings::default(),
            routers: Vec::new(),
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
        // Who only dials out wants no open door.
        let listens = !typed.listen.is_empty() || typed.connect.is_empty();
        let listen = if typed.listen.is_empty() { defaults.listen } else { typed.listen };
        Ok(Self {
            listen: once_each("listen", if listens { listen } else { Vec::new() })?,
            connect: once_each("connect", typed.connect)?,
            outputs: if typed.outputs.is_empty() { defaults.outputs } else { typed.outputs },
            filter: typed.filter,
            reactor_cores: typed.reactor_cores,
            writer_cores: typed.writer_cores,
            batch_memory: batch_memory.0,
            flush_interval: within("flush-interval", typed.flush_interval, FLUSH_INTERVAL)?.0,
            max_frame: octets(max_frame),
            drain_timeout: within("drain-timeout", typed.drain_timeout, DRAIN_TIMEOUT)?.0,
            busy_poll: typed.busy_poll,
            limits: Limits {
                rules: typed.routers.iter().filter_map(RouterSetting::source_rule).collect(),
                ..limits::limits(&typed.limits)?
            },
            sockets: limits::sockets(&typed.limits)?,
            dialect: typed.dialect,
            routers: typed.routers,
        })
    }
}

/// A size as a length in memory. Nothing is cut off: every bounded size fits, on 32 bits too.
fn octets(size: Size) -> usize {
    usize::try_from(size.0).unwrap_or(usize::MAX)
}

/// The same address twice is a mistake (port 0 is another one each time).
fn once_each(key: &'static str, typed: Vec<Endpoint>) -> Result<Vec<Endpoint>, ConfigError> {
    for (i, endpoint) in typed.iter().enumerate() {
        if endpoint.address.port() != 0 && typed[..i].contains(endpoint) {
            return Err(ConfigError::new(key, format!("{endpoint} is there twice: once will do")));
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
    let Bounds { default, min, max } = bounds;
    let value = typed.unwrap_or(default);
    check(key, value, (min, max), || format!("the default is {default}"))
}

/// The value typed, if any; refused outside its bounds. `without` says what holds when there is
/// none.
fn in_bounds<T: Copy + PartialOrd + fmt::Display>(
    key: &'static str,
    typed: Option<T>,
    bounds: (T, T),
    without: &str,
) -> Result<Option<T>, ConfigError> {
    typed.map(|value| check(key, value, bounds, || format!("without it {without}"))).transpose()
}

fn check<T: Copy + PartialOrd + fmt::Display>(
    key: &'static str,
    value: T,
    (min, max): (T, T),
    else_what: impl Fn() -> String,
) -> Result<T, ConfigError> {
    let problem = if value < min {
        "below"
    } else if value > max {
        "above"
    } else {
        return Ok(value);
    };
    let limit = if value < min { min } else { max };
    let else_what = else_what();
    Err(ConfigError::new(
        key,
        format!("{value} is {problem} {limit}: write {min} to {max} ({else_what})"),
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
        assert_eq!(config.outputs[0].text(), "pmacct-json=stdout:");
        assert_eq!(config.batch_memory, 64 << 20);
        assert_eq!(config.flush_interval, Duration::from_millis(10));
        assert_eq!(config.max_frame, 1 << 20);
        assert_eq!(config.drain_timeout, Duration::from_secs(30));
    }

    #[test]
    fn what_is_typed_replaces_the_defaults() {
        let config = CollectConfig::new(CollectSettings {
            listen: vec!["127.0.0.1:0".parse().unwrap(); 2],
            outputs: vec![OutputSetting::Text("bmp=null:".to_owned())],
            drain_timeout: Some(Dur(Duration::ZERO)),
            max_frame: Some(Size(16 << 20)),
            ..CollectSettings::default()
        })
        .unwrap();
        assert_eq!(config.listen.len(), 2);
        assert_eq!((config.outputs.len(), config.outputs[0].text().as_str()), (1, "bmp=null:"));
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
        let twice = vec!["[::1]:1790%lo".parse().unwrap(); 2];
        assert_eq!(
            error(CollectSettings { connect: twice, ..default() }),
            "--connect: [::1]:1790%lo is there twice: once will do"
        );
    }

    #[test]
    fn who_only_dials_out_does_not_listen() {
        let (here, there) = ("127.0.0.1:1790".parse().unwrap(), "192.0.2.1:1790".parse().unwrap());
        let both = |listen: &[Endpoint], connect: &[Endpoint]| {
            let (listen, connect) = (listen.to_vec(), connect.to_vec());
            let settings = CollectSettings { listen, connect, ..CollectSettings::default() };
            let config = CollectConfig::new(settings).unwrap();
            (config.listen.len(), config.connect.len())
        };
        let (here, there): ([Endpoint; 1], [Endpoint; 1]) = ([here], [there]);
        assert_eq!(both(&[], &[]), (1, 0), "the default");
        assert_eq!(both(&[], &there), (0, 1));
        assert_eq!(both(&here, &there), (1, 1));
    }
}
