//! What routers may do, and how their sockets are set: the flags of `collect` for both.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use super::network::Network;
use super::units::{Dur, Size, UnitError};
use super::{Bounds, ConfigError, in_bounds, octets, within};

/// Router sessions in all. Twice the ten thousand that a collector is expected to hold, at a few
/// KiB for each that is quiet: more than that is a mistake in the network, or an attack.
pub const MAX_ROUTERS: Bounds<u32> = Bounds { default: 20_000, min: 1, max: 1_000_000 };

/// Router sessions from one address, at least and at most; there is no limit by default, because a
/// router may have one for each VRF or process, and many may stand behind one translated address.
pub const MAX_ROUTERS_PER_SOURCE: (u32, u32) = (MAX_ROUTERS.min, MAX_ROUTERS.max);

/// Connections admitted within a second. Ten thousand routers that come at once are in after two
/// seconds; a storm faster than this waits in the kernel's backlog.
pub const ACCEPT_RATE: Bounds<PerSecond> =
    Bounds { default: PerSecond(5_000), min: PerSecond(1), max: PerSecond(1_000_000) };

/// Silence after which a router session is closed, at least and at most; there is no such limit by
/// default, because BMP has no keepalive: a router in a calm network is silent for hours.
pub const IDLE_TIMEOUT: (Dur, Dur) =
    (Dur(Duration::from_secs(1)), Dur(Duration::from_secs(365 * 86_400)));

/// The kernel's bounds on the times of TCP keepalive.
const KEEPALIVE_TIME_MAX: Duration = Duration::from_secs(32_767);
/// The kernel's bound on the probes of TCP keepalive.
const KEEPALIVE_PROBES_MAX: u32 = 127;

/// Octets of a socket's receive buffer, at least and at most; by default the kernel sizes it as it
/// goes (autotuning).
pub const RECEIVE_BUFFER: (Size, Size) = (Size(4 << 10), Size(1 << 30));

/// Events within a second: `N/s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PerSecond(pub u32);

impl FromStr for PerSecond {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let number = text.strip_suffix("/s").unwrap_or(text);
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(UnitError::new(format!(
                "`{text}` is not a rate: write a whole number and /s, such as 5000/s"
            )));
        }
        if number == text {
            return Err(UnitError::new(format!("`{text}` has no unit: write {number}/s")));
        }
        number.parse().map(Self).map_err(|_| {
            UnitError::new(format!("`{text}` is too large: rates end at {}", ACCEPT_RATE.max))
        })
    }
}

impl fmt::Display for PerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// How TCP finds out that a router has vanished: `DUR,DUR,N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepalive {
    /// Quiet time after which the kernel probes; whole seconds.
    pub idle: Duration,
    /// Time between two probes; whole seconds.
    pub interval: Duration,
    /// Unanswered probes after which the connection is broken.
    pub probes: u32,
}

/// A router that has vanished is noticed within two minutes.
pub const KEEPALIVE: Keepalive =
    Keepalive { idle: Duration::from_secs(60), interval: Duration::from_secs(10), probes: 6 };

impl FromStr for Keepalive {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let parts: Vec<&str> = text.split(',').collect();
        let [idle, interval, probes] = parts[..] else {
            return Err(UnitError::new(format!(
                "`{text}` is not DUR,DUR,N: write the quiet time, the time between probes and \
                 their number, such as {KEEPALIVE}"
            )));
        };
        let time = |part: &str| {
            let Dur(time) = part.parse()?;
            let is_whole = time.subsec_nanos() == 0;
            if !is_whole || time.is_zero() || time > KEEPALIVE_TIME_MAX {
                return Err(UnitError::new(format!(
                    "`{part}` in `{text}`: TCP keepalive counts in whole seconds from 1s to {}s",
                    KEEPALIVE_TIME_MAX.as_secs()
                )));
            }
            Ok(time)
        };
        let is_possible = |n: &u32| (1..=KEEPALIVE_PROBES_MAX).contains(n);
        let count = probes.parse().ok().filter(is_possible).ok_or_else(|| {
            UnitError::new(format!(
                "`{probes}` in `{text}` is not a number of probes: write 1 to \
                 {KEEPALIVE_PROBES_MAX}"
            ))
        })?;
        Ok(Self { idle: time(idle)?, interval: time(interval)?, probes: count })
    }
}

impl fmt::Display for Keepalive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { idle, interval, probes } = self;
        write!(f, "{}s,{}s,{probes}", idle.as_secs(), interval.as_secs())
    }
}

/// What was typed of the limits and the sockets' options; what was not is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitSettings {
    /// `--allow`
    pub allow: Vec<Network>,
    /// `--max-routers`
    pub max_routers: Option<u32>,
    /// `--max-routers-per-source`
    pub max_routers_per_source: Option<u32>,
    /// `--accept-rate`
    pub accept_rate: Option<PerSecond>,
    /// `--idle-timeout`
    pub idle_timeout: Option<Dur>,
    /// `--keepalive`
    pub keepalive: Option<Keepalive>,
    /// `--receive-buffer`
    pub receive_buffer: Option<Size>,
    /// `--dscp`
    pub dscp: Option<u8>,
}

/// What a `[[router]]` entry says of who may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRule {
    /// Whom it is about; without any, everybody.
    pub sources: Vec<Network>,
    /// Whether they may connect; `None` leaves it to [`Limits::allow`].
    pub allow: Option<bool>,
}

/// Which routers are taken, and for how long they may be silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Where routers may connect from; without any, from everywhere.
    pub allow: Vec<Network>,
    /// What is said of single routers: the first rule about an address is the one that counts.
    pub rules: Vec<SourceRule>,
    /// Router sessions in all ([`MAX_ROUTERS`]).
    pub max_routers: u32,
    /// Router sessions from one address ([`MAX_ROUTERS_PER_SOURCE`]); `None` for no limit.
    pub max_routers_per_source: Option<u32>,
    /// Connections admitted within a second ([`ACCEPT_RATE`]).
    pub accept_rate: PerSecond,
    /// Silence after which a session is closed ([`IDLE_TIMEOUT`]); `None` for never.
    pub idle_timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            rules: Vec::new(),
            max_routers: MAX_ROUTERS.default,
            max_routers_per_source: None,
            accept_rate: ACCEPT_RATE.default,
            idle_timeout: None,
        }
    }
}

impl Limits {
    /// Whether a router may connect from `address`.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        let holds = |list: &[Network]| {
            list.is_empty() || list.iter().any(|network| network.contains(address))
        };
        let rule = self.rules.iter().find(|rule| holds(&rule.sources));
        rule.and_then(|rule| rule.allow).unwrap_or_else(|| holds(&self.allow))
    }
}

/// What is set on the sockets that routers are connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketOptions {
    /// TCP keepalive.
    pub keepalive: Keepalive,
    /// Octets of the receive buffer ([`RECEIVE_BUFFER`]); `None` leaves it to the kernel.
    pub receive_buffer: Option<usize>,
    /// Differentiated services code point (RFC 2474) of what is sent, 0 to 63; `None` leaves it.
    pub dscp: Option<u8>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self { keepalive: KEEPALIVE, receive_buffer: None, dscp: None }
    }
}

/// Checks what was typed and fills in the defaults.
///
/// # Errors
/// [`ConfigError`] for the first value out of its bounds.
pub(super) fn limits(typed: &LimitSettings) -> Result<Limits, ConfigError> {
    let per_source = in_bounds(
        "max-routers-per-source",
        typed.max_routers_per_source,
        MAX_ROUTERS_PER_SOURCE,
        "there is no limit",
    )?;
    let idle_timeout =
        in_bounds("idle-timeout", typed.idle_timeout, IDLE_TIMEOUT, "none is closed for silence")?;
    Ok(Limits {
        allow: typed.allow.clone(),
        rules: Vec::new(),
        max_routers: within("max-routers", typed.max_routers, MAX_ROUTERS)?,
        max_routers_per_source: per_source,
        accept_rate: within("accept-rate", typed.accept_rate, ACCEPT_RATE)?,
        idle_timeout: idle_timeout.map(|Dur(time)| time),
    })
}

/// The same for the sockets' options. The code point's bounds are the parser's.
///
/// # Errors
/// [`ConfigError`] for the first value out of its bounds.
pub(super) fn sockets(typed: &LimitSettings) -> Result<SocketOptions, ConfigError> {
    let buffer = in_bounds(
        "receive-buffer",
        typed.receive_buffer,
        RECEIVE_BUFFER,
        "the kernel sizes it by itself",
    )?;
    Ok(SocketOptions {
        keepalive: typed.keepalive.unwrap_or(KEEPALIVE),
        receive_buffer: buffer.map(octets),
        dscp: typed.dscp,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_a_unit() {
        assert_eq!("5000/s".parse(), Ok(PerSecond(5000)));
        assert_eq!(PerSecond(7).to_string(), "7/s");
        let error = |text: &str| text.parse::<PerSecond>().unwrap_err().to_string();
        assert!(error("5000").contains("write 5000/s"));
        assert!(error("fast").contains("such as 5000/s"));
        assert!(error("99999999999/s").contains("rates end at 1000000/s"));
    }

    #[test]
    fn keepalive_is_two_times_and_a_number() {
        let keepalive: Keepalive = "30s,5s,3".parse().unwrap();
        assert_eq!(keepalive.to_string(), "30s,5s,3");
        assert_eq!((keepalive.idle.as_secs(), keepalive.interval.as_secs()), (30, 5));
        assert_eq!(KEEPALIVE.to_string().parse(), Ok(KEEPALIVE));
        let error = |text: &str| text.parse::<Keepalive>().unwrap_err().to_string();
        for (text, part) in [
            ("30s,5s", "such as 60s,10s,6"),
            ("30s,5s,0", "`0` in `30s,5s,0` is not a number of probes: write 1 to 127"),
            ("30s,5s,128", "write 1 to 127"),
            ("30s,500ms,3", "whole seconds from 1s to 32767s"),
            ("10h,5s,3", "whole seconds from 1s to 32767s"),
            ("30,5s,3", "write 30s for seconds"),
        ] {
            let error = error(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn values_out_of_bounds_are_refused_with_the_bounds() {
        let none = LimitSettings::default;
        assert_eq!(limits(&none()), Ok(Limits::default()));
        assert_eq!(sockets(&none()), Ok(SocketOptions::default()));
        let error = |typed: LimitSettings| {
            limits(&typed).map(drop).and(sockets(&typed).map(drop)).unwrap_err().to_string()
        };
        assert_eq!(
            error(LimitSettings { max_routers: Some(0), ..none() }),
            "--max-routers: 0 is below 1: write 1 to 1000000 (the default is 20000)"
        );
        assert_eq!(
            error(LimitSettings { max_routers_per_source: Some(0), ..none() }),
            "--max-routers-per-source: 0 is below 1: write 1 to 1000000 (without it there is no \
             limit)"
        );
        assert_eq!(
            error(LimitSettings { accept_rate: Some(PerSecond(0)), ..none() }),
            "--accept-rate: 0/s is below 1/s: write 1/s to 1000000/s (the default is 5000/s)"
        );
        let idle_timeout = Some(Dur(Duration::from_millis(10)));
        assert!(error(LimitSettings { idle_timeout, ..none() }).contains("10ms is below 1s"));
        let receive_buffer = Some(Size(1 << 40));
        assert!(error(LimitSettings { receive_buffer, ..none() }).contains("1TiB is above 1GiB"));
    }

    #[test]
    fn without_a_list_all_are_allowed() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(Limits::default().allows(address("203.0.113.1")));
        let allow = ["192.0.2.0/24", "2001:db8::/32"].map(|text| text.parse().unwrap()).into();
        let limits = Limits { allow, ..Limits::default() };
        assert!(limits.allows(address("192.0.2.9")) && limits.allows(address("2001:db8::9")));
        assert!(limits.allows(address("::ffff:192.0.2.9")));
        assert!(!limits.allows(address("203.0.113.1")) && !limits.allows(address("::1")));
    }

    #[test]
    fn the_first_rule_about_an_address_decides_and_else_the_list() {
        let list = |prefixes: &[&str]| prefixes.iter().map(|p| p.parse().unwrap()).collect();
        let rule = |prefixes: &[&str], allow| SourceRule { sources: list(prefixes), allow };
        let limits = Limits {
            allow: list(&["192.0.2.0/24"]),
            rules: vec![
                rule(&["10.0.0.0/8"], None),
                rule(&["10.0.0.0/8", "192.0.2.7"], Some(false)),
                rule(&["203.0.113.0/24"], Some(true)),
            ],
            ..Limits::default()
        };
        for (address, allowed) in [
            ("192.0.2.1", true),
            ("192.0.2.7", false),
            ("203.0.113.9", true),
            ("10.1.2.3", false),
            ("198.51.100.1", false),
        ] {
            assert_eq!(limits.allows(address.parse().unwrap()), allowed, "{address}");
        }
        let closed = Limits { rules: vec![rule(&[], Some(false))], ..Limits::default() };
        assert!(!closed.allows("192.0.2.1".parse().unwrap()), "a rule about everybody");
    }
}
