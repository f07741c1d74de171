//! How single values are written, the same in every object.

use std::net::{IpAddr, Ipv4Addr};

use crate::output::format::{pen, text};
use crate::wire::{RouteDistinguisher, Timestamp};

/// The first second that a router's clock is believed: 2000-01-01.
const CLOCK_BELIEVED: u64 = 946_684_800;

/// The router's time of an event; none where it has no clock that is set.
pub(super) fn believed(router: Timestamp) -> Option<Timestamp> {
    let time = Timestamp::new(router.secs, router.micros % 1_000_000);
    (router.secs >= CLOCK_BELIEVED).then_some(time)
}

/// Appends `2017-07-14 02:40:00.123456`, in UTC.
pub(super) fn time(out: &mut Vec<u8>, time: Timestamp) {
    out.extend_from_slice(&time_text(time));
}

/// The text of a time.
pub(super) type TimeText = [u8; 26];
/// Room for one.
pub(super) const TIME: TimeText = [b'0'; size_of::<TimeText>()];

fn time_text(time: Timestamp) -> TimeText {
    let (year, month, day) = civil(time.secs / 86_400);
    let date = (year % 10_000 * 10_000 + month * 100 + day) as u32;
    let second = (time.secs % 86_400) as u32;
    let clock = second / 3600 * 10_000 + second / 60 % 60 * 100 + second % 60;
    let [a, b, c, d, e, f, g, h] = pen::padded(date);
    let [_, _, i, j, k, l, m, n] = pen::padded(clock);
    let [_, _, o, p, q, r, s, t] = pen::padded(time.micros % 1_000_000);
    [a, b, c, d, b'-', e, f, b'-', g, h, b' ', i, j, b':', k, l, b':', m, n, b'.', o, p, q, r, s, t]
}

/// Keeps the text of the last time: the next one often differs by the microseconds alone.
#[derive(Debug)]
pub(super) struct Clock {
    secs: u64,
    text: TimeText,
}

impl Default for Clock {
    fn default() -> Self {
        Self { secs: 0, text: time_text(Timestamp::default()) }
    }
}

impl Clock {
    /// What [`time`] appends.
    #[inline]
    pub(super) fn text(&mut self, time: Timestamp) -> &TimeText {
        if self.secs == time.secs {
            let [_, _, micros @ ..] = pen::padded(time.micros % 1_000_000);
            self.text[20..].copy_from_slice(&micros);
        } else {
            (self.secs, self.text) = (time.secs, time_text(time));
        }
        &self.text
    }
}

/// The day of the Gregorian calendar that begins `days` after 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years that begin in March have their leap day last.
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * month + 2) / 5 + 1, (month + 2) % 12 + 1);
    (400 * era + year + u64::from(month <= 2), month, day)
}

/// Appends `1` or `0`.
pub(super) fn flag(out: &mut Vec<u8>, value: bool) {
    out.push(if value { b'1' } else { b'0' });
}

/// Appends `aa:bb:cc:dd:ee:ff`.
pub(super) fn mac(out: &mut Vec<u8>, octets: &[u8]) {
    for (i, octet) in octets.iter().enumerate() {
        if i > 0 {
            out.push(b':');
        }
        text::hex(out, &[*octet]);
    }
}

/// Appends an address.
pub(super) fn ip(out: &mut Vec<u8>, address: IpAddr) {
    text::ip(out, address);
}

/// Appends the digits of a hexadecimal number, without leading zeros.
pub(super) fn hex_number(out: &mut Vec<u8>, value: u64) {
    let digits = (u64::BITS - value.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        out.push(b"0123456789abcdef"[(value >> (4 * place) & 15) as usize]);
    }
}

/// Appends the administrator of a route distinguisher; for a type that nobody knows the type.
pub(super) fn rd_administrator(out: &mut Vec<u8>, rd: RouteDistinguisher) {
    let [_, _, a, b, c, d, ..] = rd.0;
    match rd.kind() {
        0 => text::number(out, u16::from_be_bytes([a, b])),
        1 => text::ipv4(out, [a, b, c, d]),
        2 => text::number(out, u32::from_be_bytes([a, b, c, d])),
        kind => text::number(out, kind),
    }
}

/// Appends the assigned number of a route distinguisher; for a type that nobody knows the octets.
pub(super) fn rd_number(out: &mut Vec<u8>, rd: RouteDistinguisher) {
    let [_, _, a, b, c, d, e, f] = rd.0;
    match rd.kind() {
        0 => text::number(out, u32::from_be_bytes([c, d, e, f])),
        1 | 2 => text::number(out, u16::from_be_bytes([e, f])),
        _ => text::hex(out, &[a, b, c, d, e, f]),
    }
}

/// Appends `administrator:number`.
pub(super) fn rd(out: &mut Vec<u8>, rd: RouteDistinguisher) {
    rd_administrator(out, rd);
    out.push(b':');
    rd_number(out, rd);
}

/// Appends octets of 4 as a dotted quad.
pub(super) fn dotted(out: &mut Vec<u8>, address: Ipv4Addr) {
    text::ipv4(out, address.octets());
}

/// What is done to text that comes from routers, for consumers that build SQL of it without
/// escaping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cleaner {
    /// Whether quotes are replaced and what is longer than a column of the database is cut.
    pub(super) sql_safe: bool,
}

impl Cleaner {
    /// Appends a text of at most `width` characters that has no tabulator and no end of a line.
    pub(super) fn text(self, out: &mut Vec<u8>, octets: &[u8], width: usize) {
        let mut left = if self.sql_safe { width } else { usize::MAX };
        for c in characters(octets) {
            let mut room = [0; 4];
            let written = match c {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => " ",
                '\0' => "",
                '\'' if self.sql_safe => "\u{2019}",
                c => c.encode_utf8(&mut room),
            };
            left = match left.checked_sub(written.chars().count()) {
                Some(left) => left,
                None => return,
            };
            out.extend_from_slice(written.as_bytes());
        }
    }

    /// Appends octets in hexadecimal, of which no more than `width` digits will stay.
    pub(super) fn hex(self, out: &mut Vec<u8>, octets: &[u8], width: usize) {
        let needed = if self.sql_safe { width } else { usize::MAX };
        text::hex(out, &octets[..octets.len().min(needed)]);
    }

    /// Whether what was written from `begin` on will be cut to `width`: no more need be.
    pub(super) fn is_full(self, out: &[u8], begin: usize, width: usize) -> bool {
        self.sql_safe && out.len() - begin > width
    }

    /// Cuts what was written from `begin` on, which is ASCII, to `width`: at the last `separator`
    /// where there is one.
    pub(super) fn cut(self, out: &mut Vec<u8>, begin: usize, width: usize, separator: &[u8]) {
        let Some(written) = out.get(begin..).filter(|t| self.sql_safe && t.len() > width) else {
            return;
        };
        let reach = &written[..(width + separator.len()).min(written.len())];
        let len = memchr::memmem::rfind(reach, separator).unwrap_or(width);
        out.truncate(begin + len);
    }
}

/// The characters of a text, one by one: of 64 KiB a column may have room for a few. What is no
/// UTF-8 is replaced as `String::from_utf8_lossy` does.
fn characters(octets: &[u8]) -> impl Iterator<Item = char> {
    let mut left = octets;
    std::iter::from_fn(move || {
        let chunk = left[..left.len().min(char::MAX_LEN_UTF8)].utf8_chunks().next()?;
        let first = chunk.valid().chars().next();
        let len = first.map_or(chunk.invalid().len(), char::len_utf8);
        left = left.get(len..).unwrap_or_default();
        Some(first.unwrap_or(char::REPLACEMENT_CHARACTER))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_no_further_than_their_column_reaches() {
        let pieces: [&[u8]; 9] = [
            b"a",
            b"\0",
            "\u{e9}".as_bytes(),
            "\u{20ac}".as_bytes(),
            "\u{1f600}".as_bytes(),
            b"\xf0\x9f\x98",
            b"\xe2\x82",
            b"\xff",
            b"\xed\xa0\x80",
        ];
        for n in 0..pieces.len().pow(4) {
            let text = [0, 1, 2, 3].map(|place| pieces[n / pieces.len().pow(place) % 9]).concat();
            let all: String = characters(&text).collect();
            assert_eq!(all, String::from_utf8_lossy(&text), "{text:x?}");
        }
        // Of these only the first is ever asked for.
        let mut read = 0;
        let long = [b'x'; 60_000];
        let first: String = characters(&long).inspect(|_| read += 1).take(3).collect();
        assert_eq!((&*first, read), ("xxx", 3));
        let mut out = Vec::new();
        Cleaner { sql_safe: true }.hex(&mut out, &[0xab; 60_000], 46);
        assert_eq!(out.len(), 2 * 46);
        Cleaner { sql_safe: false }.hex(&mut out, &[0xab; 1000], 46);
        assert_eq!(out.len(), 2 * 1046);
    }

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        let mut clock = Clock::default();
        assert_eq!(clock.text(Timestamp::new(0, 7)), b"1970-01-01 00:00:00.000007");
        for (secs, micros, text) in [
            (0, 0, "1970-01-01 00:00:00.000000"),
            (951_782_399, 999_999, "2000-02-28 23:59:59.999999"),
            (951_782_400, 5, "2000-02-29 00:00:00.000005"),
            (1_500_000_000, 123_456, "2017-07-14 02:40:00.123456"),
            (4_102_444_799, 0, "2099-12-31 23:59:59.000000"),
            (4_107_542_400, 0, "2100-03-01 00:00:00.000000"),
        ] {
            assert_eq!(written(|out| time(out, Timestamp::new(secs, micros))), text);
            assert_eq!(
                clock.text(Timestamp::new(secs, 1)),
                format!("{}000001", &text[..20]).as_bytes()
            );
            assert_eq!(clock.text(Timestamp::new(secs, micros)), text.as_bytes());
        }
        for day in (0..60_000_u64).step_by(37) {
            let at = jiff::Timestamp::from_second(day as i64 * 86_400).unwrap();
            let want = at.strftime("%Y-%m-%d 00:00:00.000000").to_string();
            assert_eq!(written(|out| time(out, Timestamp::new(day * 86_400, 0))), want);
        }
    }

    #[test]
    fn a_clock_that_was_never_set_is_not_believed() {
        assert_eq!(believed(Timestamp::new(946_684_799, 1)), None);
        let router = Timestamp::new(946_684_800, 1_000_009);
        assert_eq!(believed(router), Some(Timestamp::new(946_684_800, 9)));
    }

    #[test]
    fn distinguishers_and_numbers() {
        let of = |octets| written(|out| rd(out, RouteDistinguisher(octets)));
        assert_eq!(of([0; 8]), "0:0");
        assert_eq!(of([0, 0, 0xfd, 0xe9, 0, 0, 0, 100]), "65001:100");
        assert_eq!(of([0, 1, 10, 0, 0, 1, 0, 200]), "10.0.0.1:200");
        assert_eq!(of([0, 2, 0xfa, 0x56, 0xea, 1, 1, 44]), "4200000001:300");
        assert_eq!(of([0, 9, 1, 2, 3, 4, 5, 6]), "9:010203040506");
        let hex = |n| written(|out| hex_number(out, n));
        assert_eq!([hex(0), hex(0x1f), hex(u64::MAX)], ["0", "1f", "ffffffffffffffff"]);
        assert_eq!(written(|out| mac(out, &[0xaa, 0, 1])), "aa:00:01");
    }

    #[test]
    fn text_of_routers_stays_one_field_and_fits_its_column() {
        let clean = |sql_safe, width| {
            written(|out| Cleaner { sql_safe }.text(out, b"a\nb\tc'd\r\0\xffe", width))
        };
        assert_eq!(clean(false, 3), "a\\nb c'd\\r\u{fffd}e");
        assert_eq!(clean(true, 99), "a\\nb c\u{2019}d\\r\u{fffd}e");
        assert_eq!([clean(true, 7), clean(true, 2)], ["a\\nb c\u{2019}", "a"]);
        let cut = |sql_safe, width| {
            written(|out| {
                out.extend_from_slice(b"x10,20,30");
                Cleaner { sql_safe }.cut(out, 1, width, b",");
            })
        };
        assert_eq!([cut(true, 8), cut(true, 5), cut(true, 4)], ["x10,20,30", "x10,20", "x10"]);
        assert_eq!([cut(true, 1), cut(false, 1)], ["x1", "x10,20,30"]);
    }
}
