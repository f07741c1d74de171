//! Points in time as BMP carries them: seconds and microseconds since 1970-01-01 UTC.

/// Seconds and microseconds since the Unix epoch (RFC 7854 §4.2). Zero seconds mean "not
/// available".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z; 0 when the router gives no time.
    pub secs: u64,
    /// Microseconds within the second, as received (a router may send more than 999 999).
    pub micros: u32,
}

impl Timestamp {
    /// A time from its two fields.
    #[must_use]
    pub const fn new(secs: u64, micros: u32) -> Self {
        Self { secs, micros }
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.secs.saturating_mul(1_000_000).saturating_add(self.micros as u64)
    }

    /// The time that lies `micros` microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self { secs: micros / 1_000_000, micros: (micros % 1_000_000) as u32 }
    }

    /// Whether the router sent a time at all (RFC 7854 §4.2: zero means "not available").
    #[must_use]
    pub const fn is_known(self) -> bool {
        self.secs != 0
    }
}

impl From<std::time::SystemTime> for Timestamp {
    fn from(t: std::time::SystemTime) -> Self {
        let since = t.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self { secs: since.as_secs(), micros: since.subsec_micros() }
    }
}
