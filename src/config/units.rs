//! What people type: sizes, durations, rates, CPU lists and addresses. Each parser is exact, and
//! each error says what is wrong with the value and what would be right.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

/// A value that is not understood: what is wrong with it and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitError(String);

impl UnitError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnitError {}

/// A whole number from `MIN` to `MAX`.
///
/// # Errors
/// It is something else.
pub fn whole<T: TryFrom<u64>, const MIN: u64, const MAX: u64>(text: &str) -> Result<T, UnitError> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|number| is_plain && (MIN..=MAX).contains(number));
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| UnitError::new(format!("`{text}` is no whole number from {MIN} to {MAX}")))
}

/// Octets: a whole number, alone or with `KiB`, `MiB`, `GiB` or `TiB` (powers of 1024).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// Units of [`Size`], largest first.
const SIZE_UNITS: [(&str, u64); 4] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = split_number(text);
        if number.is_empty() {
            return Err(UnitError::new(format!(
                "`{text}` is not a size: write octets or a whole number with KiB, MiB or GiB, \
                 such as 64KiB"
            )));
        }
        let factor = match unit {
            "" => 1,
            _ => match SIZE_UNITS.iter().find(|(name, _)| *name == unit) {
                Some((_, factor)) => *factor,
                None => return Err(size_unit_error(text, number, unit)),
            },
        };
        number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).map(Size).ok_or_else(|| {
            UnitError::new(format!("`{text}` is too large: sizes end at {} octets", u64::MAX))
        })
    }
}

impl fmt::Display for Size {
    /// The largest unit that divides it exactly; what is printed parses to the same value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SIZE_UNITS.iter().find(|(_, factor)| self.0 > 0 && self.0.is_multiple_of(*factor)) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}", self.0),
        }
    }
}

/// The right spelling of a unit that is nearly one.
fn size_unit_error(text: &str, number: &str, unit: &str) -> UnitError {
    if unit.starts_with('.') {
        return UnitError::new(format!(
            "`{text}` is not a whole number: use the next smaller unit, such as 1536KiB for 1.5MiB"
        ));
    }
    let first = unit.chars().next().map(|c| c.to_ascii_uppercase());
    let near = SIZE_UNITS.iter().find(|(name, _)| name.chars().next() == first);
    match near {
        Some((name, _)) => UnitError::new(format!(
            "`{text}` has the unknown unit `{unit}`: write {number}{name} (powers of 1024)"
        )),
        None => UnitError::new(format!(
            "`{text}` has the unknown unit `{unit}`: write {number} for octets, or KiB, MiB, GiB \
             or TiB"
        )),
    }
}

/// A duration: one whole number and one unit of `us`, `ms`, `s`, `m`, `h` and `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dur(pub Duration);

/// Units of [`Dur`] in microseconds, largest first.
const DUR_UNITS: [(&str, u64); 6] = [
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
];

impl FromStr for Dur {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = split_number(text);
        if number.is_empty() {
            return Err(UnitError::new(format!(
                "`{text}` is not a duration: write a whole number and a unit, such as 250ms, 10s, \
                 5m, 1h or 1d"
            )));
        }
        if unit.is_empty() {
            return Err(UnitError::new(format!(
                "`{text}` has no unit: write {number}s for seconds or {number}ms for milliseconds"
            )));
        }
        if unit.starts_with('.') {
            return Err(UnitError::new(format!(
                "`{text}` is not a whole number: use the next smaller unit, such as 1500ms for 1.5s"
            )));
        }
        let Some((_, factor)) = DUR_UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(UnitError::new(format!(
                "`{text}` has the unknown unit `{unit}`: write one number and one of us, ms, s, m, \
                 h and d, such as 90m for an hour and a half"
            )));
        };
        number
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(*factor))
            .map(|micros| Dur(Duration::from_micros(micros)))
            .ok_or_else(|| UnitError::new(format!("`{text}` is too long: write it in days")))
            .and_then(|dur| {
                // A deadline further away than this is a typing mistake, and `Instant` sums with it
                // might not fit.
                if dur.0 > DUR_MAX {
                    return Err(UnitError::new(format!(
                        "`{text}` is too long: durations end at {}",
                        Dur(DUR_MAX)
                    )));
                }
                Ok(dur)
            })
    }
}

/// The longest duration that can be typed: 100 years of 365 days.
const DUR_MAX: Duration = Duration::from_secs(36_500 * 86_400);

impl fmt::Display for Dur {
    /// The largest unit that divides it exactly; parts of a microsecond are cut off.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        if micros == 0 {
            return f.write_str("0s");
        }
        match DUR_UNITS.iter().find(|(_, factor)| micros.is_multiple_of(u128::from(*factor))) {
            Some((unit, factor)) => write!(f, "{}{unit}", micros / u128::from(*factor)),
            None => write!(f, "{micros}us"), // unreachable: every number is a multiple of 1
        }
    }
}

/// The digits at the front and the rest.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// CPU numbers, sorted and without duplicates, in the kernel's list syntax: `0-3,8`.
///
/// What is typed has at least one; what the kernel lists may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpuList(Vec<usize>);

impl CpuList {
    /// The largest CPU number that is accepted: a bound, above every kernel's usual limit.
    pub const CPU_MAX: usize = 4095;

    /// Reads a list as the kernel prints it: like [`FromStr`], but white space around it and an
    /// empty list are fine.
    ///
    /// # Errors
    /// [`UnitError`] when it is not a CPU list.
    pub fn from_kernel(text: &str) -> Result<Self, UnitError> {
        match text.trim() {
            "" => Ok(Self::default()),
            list => list.parse(),
        }
    }

    /// The CPU numbers in ascending order.
    #[must_use]
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// The CPU numbers in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().copied()
    }

    /// Whether `cpu` is in it.
    #[must_use]
    pub fn contains(&self, cpu: usize) -> bool {
        self.0.binary_search(&cpu).is_ok()
    }

    /// How many CPUs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The CPUs that are in both.
    #[must_use]
    pub fn and(&self, other: &CpuList) -> CpuList {
        self.iter().filter(|cpu| other.contains(*cpu)).collect()
    }

    /// The CPUs that are in this list only.
    #[must_use]
    pub fn minus(&self, other: &CpuList) -> CpuList {
        self.iter().filter(|cpu| !other.contains(*cpu)).collect()
    }

    /// The CPUs that are in either.
    #[must_use]
    pub fn or(&self, other: &CpuList) -> CpuList {
        self.iter().chain(other.iter()).collect()
    }
}

impl FromIterator<usize> for CpuList {
    fn from_iter<I: IntoIterator<Item = usize>>(cpus: I) -> Self {
        let mut cpus: Vec<usize> = cpus.into_iter().collect();
        cpus.sort_unstable();
        cpus.dedup();
        Self(cpus)
    }
}

impl FromStr for CpuList {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.is_empty() {
            return Err(UnitError::new("a CPU list needs at least one CPU, such as 0 or 0-3,8"));
        }
        // A map of bits, so that repeated ranges cost no memory.
        let mut chosen = vec![false; Self::CPU_MAX + 1];
        for item in text.split(',') {
            let (first, last) = cpu_range(text, item)?;
            chosen[first..=last].fill(true);
        }
        Ok(chosen.iter().enumerate().filter(|(_, on)| **on).map(|(cpu, _)| cpu).collect())
    }
}

/// The ends of `item`, both at most [`CpuList::CPU_MAX`] and in order.
fn cpu_range(text: &str, item: &str) -> Result<(usize, usize), UnitError> {
    if item.contains([':', '/']) {
        return Err(UnitError::new(format!(
            "`{item}` in `{text}` has a stride: write the CPUs out, such as 0,2,4"
        )));
    }
    let number = |digits: &str| -> Result<usize, UnitError> {
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(UnitError::new(format!(
                "`{item}` in `{text}` is not a CPU or a range of CPUs: write a list such as 0-3,8"
            )));
        }
        match digits.parse::<usize>() {
            Ok(cpu) if cpu <= CpuList::CPU_MAX => Ok(cpu),
            _ => Err(UnitError::new(format!(
                "CPU {digits} in `{text}` is above {}, the largest CPU number",
                CpuList::CPU_MAX
            ))),
        }
    };
    let (first, last) = match item.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(item)?, number(item)?),
    };
    if first > last {
        return Err(UnitError::new(format!(
            "`{item}` in `{text}` runs backwards: write {last}-{first}"
        )));
    }
    Ok((first, last))
}

impl fmt::Display for CpuList {
    /// The canonical form: ascending, neighbours joined to ranges as the kernel prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_slice();
        let mut separator = "";
        while let Some(&first) = rest.first() {
            let run = rest.iter().zip(first..).take_while(|(cpu, want)| **cpu == *want).count();
            write!(f, "{separator}{first}")?;
            if run > 1 {
                write!(f, "-{}", first + run - 1)?;
            }
            rest = &rest[run..];
            separator = ",";
        }
        Ok(())
    }
}

/// Reads `ADDR:PORT`; IPv6 addresses stand in brackets. Port 0 means that the system picks one.
///
/// # Errors
/// [`UnitError`] that gives the full form of what was probably meant.
pub fn parse_address(text: &str) -> Result<SocketAddr, UnitError> {
    text.parse().map_err(|_| UnitError::new(address_error(text)))
}

/// Reads `ADDR:PORT` of something to connect to: like [`parse_address`], but port 0 is refused.
///
/// # Errors
/// [`UnitError`] that gives the full form of what was probably meant.
pub fn parse_target(text: &str) -> Result<SocketAddr, UnitError> {
    let address = parse_address(text)?;
    if address.port() == 0 {
        return Err(UnitError::new(format!(
            "`{text}` has port 0, to which nothing can connect: write the port that the collector \
             listens on, such as {}",
            SocketAddr::new(address.ip(), 11019)
        )));
    }
    Ok(address)
}

/// What is wrong with an address, told by its most likely meaning.
fn address_error(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return format!(
            "`{text}` has no address: write [::]:{text} for every IPv6 and IPv4 address or \
             127.0.0.1:{text} for this host only"
        );
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return match ip {
            IpAddr::V4(ip) => format!("`{text}` has no port: write {ip}:11019"),
            IpAddr::V6(ip) => {
                format!("`{text}` needs brackets and a port: write [{ip}]:11019")
            }
        };
    }
    let bracketed = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    if bracketed.is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok()) {
        return format!("`{text}` has no port: write {text}:11019");
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return format!("`{text}` is not ADDR:PORT: write [::]:11019 or 127.0.0.1:11019");
    };
    if port.is_empty() {
        return format!("`{text}` has no port after the colon: write {host}:11019");
    }
    if !port.bytes().all(|b| b.is_ascii_digit()) {
        return format!("`{text}` has the port `{port}`: write a number from 0 to 65535");
    }
    if port.parse::<u16>().is_err() {
        return format!("`{text}` has the port {port}: ports end at 65535");
    }
    match host {
        "" | "*" => format!(
            "`{text}` has no address: write [::]:{port} for every IPv6 and IPv4 address or \
             0.0.0.0:{port} for IPv4 only"
        ),
        _ if host.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            format!("`{host}` in `{text}` is not an IPv4 address: write four numbers up to 255")
        }
        _ if host.contains(':') => {
            format!("`{host}` in `{text}` is not an IPv6 address in brackets: write [::1]:{port}")
        }
        _ => format!(
            "`{host}` in `{text}` is not an address; names are not looked up: write an IP address, \
             such as 127.0.0.1:{port} or [::1]:{port}"
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_nothing_but_digits_within_their_bounds() {
        let read = |text: &str| whole::<u8, 1, 63>(text).map_err(|e| e.to_string());
        assert_eq!((read("1"), read("063")), (Ok(1), Ok(63)));
        for text in ["0", "64", "+1", "-1", "1.5", "", "many", "99999999999999999999"] {
            assert_eq!(read(text), Err(format!("`{text}` is no whole number from 1 to 63")));
        }
        assert_eq!(whole::<u64, 0, { u64::MAX }>("18446744073709551615").ok(), Some(u64::MAX));
    }

    fn error<T: FromStr<Err = UnitError> + fmt::Debug>(text: &str) -> String {
        text.parse::<T>().unwrap_err().to_string()
    }

    #[test]
    fn sizes_are_octets_or_powers_of_1024() {
        for (text, octets) in [
            ("0", 0),
            ("1500", 1500),
            ("64KiB", 65_536),
            ("1MiB", 1 << 20),
            ("2GiB", 2 << 30),
            ("3TiB", 3 << 40),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Size(octets)), "{text}");
            assert_eq!(Size(octets).to_string(), text);
        }
        assert_eq!("1024KiB".parse::<Size>().unwrap().to_string(), "1MiB");
    }

    #[test]
    fn a_wrong_size_says_what_would_be_right() {
        for (text, part) in [
            ("64KB", "write 64KiB (powers of 1024)"),
            ("64k", "write 64KiB"),
            ("1mib", "write 1MiB"),
            ("10B", "write 10 for octets"),
            ("1.5MiB", "1536KiB for 1.5MiB"),
            ("", "such as 64KiB"),
            ("-1", "such as 64KiB"),
            ("big", "such as 64KiB"),
            ("64 KiB", "unknown unit ` KiB`"),
            ("18446744073709551616", "too large"),
            ("16777216TiB", "too large"),
        ] {
            let error = error::<Size>(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn durations_have_one_number_and_one_unit() {
        for (text, micros) in [
            ("10us", 10),
            ("250ms", 250_000),
            ("10s", 10_000_000),
            ("5m", 300_000_000),
            ("1h", 3_600_000_000),
            ("1d", 86_400_000_000),
            ("0s", 0),
        ] {
            assert_eq!(text.parse(), Ok(Dur(Duration::from_micros(micros))), "{text}");
            assert_eq!(Dur(Duration::from_micros(micros)).to_string(), text);
        }
        assert_eq!("60s".parse::<Dur>().unwrap().to_string(), "1m");
        assert_eq!(Dur(Duration::from_nanos(1_700)).to_string(), "1us");
    }

    #[test]
    fn a_wrong_duration_says_what_would_be_right() {
        for (text, part) in [
            ("10", "write 10s for seconds or 10ms"),
            ("1.5s", "1500ms for 1.5s"),
            ("1h30m", "90m for an hour and a half"),
            ("5min", "unknown unit `min`"),
            ("5S", "unknown unit `S`"),
            ("", "such as 250ms"),
            ("-3s", "such as 250ms"),
            ("18446744073709551615d", "too long"),
            ("36501d", "durations end at 36500d"),
        ] {
            let error = error::<Dur>(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn cpu_lists_print_in_the_kernels_canonical_form() {
        for (text, canonical) in [
            ("0", "0"),
            ("0-3,8", "0-3,8"),
            ("8,3,2,1,0", "0-3,8"),
            ("0,1", "0-1"),
            ("1,1,1-1", "1"),
            ("0-2,1-4", "0-4"),
            ("4095", "4095"),
            ("0,2,4", "0,2,4"),
        ] {
            assert_eq!(text.parse::<CpuList>().unwrap().to_string(), canonical, "{text}");
        }
        assert!(CpuList::from_kernel("\n").unwrap().is_empty());
        assert_eq!(CpuList::from_kernel("0-1\n").unwrap().as_slice(), [0, 1]);
        assert!(CpuList::from_kernel("none").is_err());
    }

    #[test]
    fn a_wrong_cpu_list_says_what_would_be_right() {
        for (text, part) in [
            ("", "at least one CPU"),
            ("3-1", "write 1-3"),
            ("4096", "above 4095"),
            ("0-99999999999999999999", "above 4095"),
            ("0-15:2/4", "write the CPUs out"),
            ("0,,1", "such as 0-3,8"),
            ("1-", "such as 0-3,8"),
            ("-1", "such as 0-3,8"),
            ("a", "`a` in `a`"),
            ("0, 1", "` 1` in `0, 1`"),
            ("+1", "such as 0-3,8"),
        ] {
            let error = error::<CpuList>(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn cpu_lists_are_sets() {
        let (a, b): (CpuList, CpuList) = ("0-3".parse().unwrap(), "2-5".parse().unwrap());
        assert_eq!(a.and(&b).to_string(), "2-3");
        assert_eq!(a.minus(&b).to_string(), "0-1");
        assert_eq!(a.or(&b).to_string(), "0-5");
    }

    #[test]
    fn addresses_are_complete() {
        for text in ["[::]:11019", "0.0.0.0:0", "127.0.0.1:11019", "[fe80::1%2]:11019"] {
            assert_eq!(parse_address(text).unwrap().to_string(), text);
        }
        for (text, part) in [
            ("11019", "write [::]:11019 for every IPv6 and IPv4 address or 127.0.0.1:11019"),
            ("127.0.0.1", "has no port: write 127.0.0.1:11019"),
            ("::1", "write [::1]:11019"),
            ("[::1]", "write [::1]:11019"),
            (":5000", "write [::]:5000"),
            ("*:5000", "write [::]:5000"),
            ("localhost:5000", "write an IP address, such as 127.0.0.1:5000"),
            ("127.0.0.1:70000", "ports end at 65535"),
            ("127.0.0.1:bmp", "write a number from 0 to 65535"),
            ("127.0.0.1:", "write 127.0.0.1:11019"),
            ("300.0.0.1:5000", "is not an IPv4 address"),
            ("[::zz]:5000", "write [::1]:5000"),
            ("", "write [::]:11019"),
            ("collector", "write [::]:11019 or 127.0.0.1:11019"),
        ] {
            let error = parse_address(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_target_needs_a_port_that_exists() {
        assert!(parse_target("127.0.0.1:11019").is_ok());
        let error = parse_target("127.0.0.1:0").unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:11019"), "{error}");
    }
}
