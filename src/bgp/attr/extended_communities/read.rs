//! Extended communities from their text.

use std::fmt::Write;
use std::net::Ipv4Addr;

use super::{Definition, ExtendedCommunity, Field, Form};

/// Parts of a MAC address, which are told apart by the sign that tells fields apart.
const MAC_PARTS: usize = 6;
/// Digits of a community whose octets nobody knows.
const DIGITS: usize = 16;

impl ExtendedCommunity {
    /// The community that displays as `text`, or would if numbers in it had no leading zeros, say.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        if let Some(digits) = text.strip_prefix("0x") {
            let all = number(digits, 16, u64::MAX).filter(|_| digits.len() == DIGITS)?;
            return Some(Self(all.to_be_bytes()));
        }
        let (key, parts) = split(text);
        let mut first = None;
        for definition in Definition::of_key(key) {
            let mut values = Vec::new();
            if read(definition.layout, &parts, &mut values) {
                let community = definition.with(&values);
                if community.to_string() == text {
                    return Some(community);
                }
                first = first.or(Some(community));
            }
        }
        first
    }

    /// Whether there may be a community whose text this is if `*` in it stands for any characters.
    /// It is not said no of one that there is.
    #[must_use]
    pub fn may_be_like(pattern: &str) -> bool {
        if let Some(digits) = pattern.strip_prefix("0x") {
            let count = digits.bytes().filter(|b| *b != b'*').count();
            return count <= DIGITS && Form::Hex.may_have(digits);
        }
        let (key, parts) = split(pattern);
        Definition::of_key(key).any(|definition| fits(definition.layout, &parts))
    }
}

impl Definition {
    /// Those whose communities begin with this word.
    pub fn of_key(key: &str) -> impl Iterator<Item = &'static Self> {
        Self::ALL.iter().filter(move |definition| definition.key == key)
    }

    /// What the texts of its communities look like: `rt:0..65535:0..4294967295`, with what may be
    /// left out in brackets.
    #[must_use]
    pub fn syntax(&self) -> String {
        let mut text = self.key.to_owned();
        for field in self.layout {
            let (max, digits) = (field.mask(), usize::from(field.bits));
            // Writing to a string cannot fail.
            let _ = match field.form {
                Form::Number => write!(text, ":0..{max}"),
                Form::Binary => write!(text, ":{:0digits$}..{max:b}", 0),
                Form::LongAs => write!(text, ":0L..65535L|65536..{max}"),
                Form::Address => write!(text, ":ADDRESS"),
                Form::Mac => write!(text, ":MAC"),
                Form::Float => write!(text, ":FLOAT"),
                Form::Hex => write!(text, ":0x{}", "H".repeat(digits / 4)),
                Form::Reserved => Ok(()),
                Form::Flags([]) => write!(text, "[:0xBITS]"),
                Form::Flags(names) => {
                    let names: Vec<_> = names.iter().map(|(_, name)| *name).collect();
                    write!(text, "[:{}]", names.join("+"))
                }
                Form::Code(names) => {
                    let names: Vec<_> = names.iter().map(|(_, name)| *name).collect();
                    write!(text, ":{}|0..{max}", names.join("|"))
                }
            };
        }
        text
    }
}

/// The key, and what stands behind it.
fn split(text: &str) -> (&str, Vec<&str>) {
    let mut parts = text.split(':');
    (parts.next().unwrap_or_default(), parts.collect())
}

/// A number of nothing but digits.
fn number(digits: &str, base: u32, max: u64) -> Option<u64> {
    let is_plain = digits.bytes().all(|b| b.is_ascii_alphanumeric());
    u64::from_str_radix(digits, base).ok().filter(|number| is_plain && *number <= max)
}

/// Reads the fields of a layout, all of them and nothing else.
fn read(fields: &[Field], parts: &[&str], values: &mut Vec<u64>) -> bool {
    let Some((field, fields)) = fields.split_first() else { return parts.is_empty() };
    let at = values.len();
    let wanted = if matches!(field.form, Form::Mac) { MAC_PARTS } else { 1 };
    if let Some((own, parts)) = parts.split_at_checked(wanted)
        && let Some(value) = field.read(own)
    {
        values.push(value);
        if read(fields, parts, values) {
            return true;
        }
    }
    values.truncate(at);
    values.push(0);
    field.is_optional() && read(fields, parts, values)
}

/// Whether parts in which `*` stands for any characters may be the texts of these fields.
fn fits(fields: &[Field], parts: &[&str]) -> bool {
    let Some((field, rest)) = fields.split_first() else { return parts.is_empty() };
    if field.is_optional() && fits(rest, parts) {
        return true;
    }
    if matches!(field.form, Form::Mac) {
        // No other field stands beside one.
        let is_open = parts.iter().any(|part| part.contains('*'));
        let count = (1..=MAC_PARTS).contains(&parts.len()) && (is_open || parts.len() == MAC_PARTS);
        return count && parts.iter().all(|part| Form::Mac.may_have(part));
    }
    let Some((part, parts)) = parts.split_first() else { return false };
    let (Some((begin, _)), Some((_, end))) = (part.split_once('*'), part.rsplit_once('*')) else {
        return field.read(&[part]).is_some() && fits(rest, parts);
    };
    if field.form.may_have(part) && fits(rest, parts) {
        return true;
    }
    // The `*` may stand for the end of this field, for others and for the beginning of the last.
    field.form.may_have(begin)
        && rest.iter().enumerate().any(|(n, last)| {
            let behind = rest.get(n + 1..).unwrap_or_default();
            (last.form.may_have(end) || last.is_optional()) && fits(behind, parts)
        })
}

impl Field {
    /// Whether some values have no text.
    fn is_optional(&self) -> bool {
        matches!(self.form, Form::Reserved | Form::Flags(_))
    }

    /// The value with this text.
    fn read(&self, parts: &[&str]) -> Option<u64> {
        let ([text, ..], max) = (parts, self.mask()) else { return None };
        match self.form {
            Form::Number => number(text, 10, max),
            Form::Binary => number(text, 2, max),
            Form::LongAs => number(text.strip_suffix('L').unwrap_or(text), 10, max),
            Form::Address => text.parse().ok().map(|ip: Ipv4Addr| ip.to_bits().into()),
            Form::Mac => parts.iter().try_fold(0, |all, part| {
                number(part, 16, 0xff).filter(|_| part.len() == 2).map(|octet| all << 8 | octet)
            }),
            Form::Float => text.parse().ok().map(|number: f32| number.to_bits().into()),
            Form::Hex => number(text.strip_prefix("0x")?, 16, max),
            Form::Reserved => {
                let digits = text.strip_prefix(self.name)?.strip_prefix("=0x")?;
                number(digits, 16, max)
            }
            Form::Flags(names) => text.split('+').try_fold(0, |all, flag| {
                let known = names.iter().find(|(_, name)| *name == flag).map(|(bit, _)| *bit);
                let value = known.or_else(|| number(flag.strip_prefix("0x")?, 16, max))?;
                Some(all | value)
            }),
            Form::Code(names) => {
                let known = names.iter().find(|(_, name)| *name == *text).map(|(code, _)| *code);
                known.or_else(|| number(text, 10, max))
            }
        }
    }
}

impl Form {
    /// Whether each character may stand in such a field, or is a `*`.
    fn may_have(self, text: &str) -> bool {
        let is_one = |b: u8| match self {
            Form::Number => b.is_ascii_digit(),
            Form::Binary => matches!(b, b'0' | b'1'),
            Form::LongAs => b.is_ascii_digit() || b == b'L',
            Form::Address => b.is_ascii_digit() || b == b'.',
            Form::Mac => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
            Form::Float => b.is_ascii_digit() || b"+-.eNainf".contains(&b),
            Form::Hex => matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'x'),
            Form::Reserved | Form::Flags(_) | Form::Code(_) => true,
        };
        text.bytes().all(|b| b == b'*' || is_one(b))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read_back(text: &str) -> Option<String> {
        ExtendedCommunity::of_text(text).map(|community| community.to_string())
    }

    #[test]
    fn what_was_not_written_like_this_is_read_all_the_same() {
        for (text, canonical) in [
            ("rt:65000:100", "rt:65000:100"),
            ("rt:065000:00100", "rt:65000:100"),
            ("rt:65000L:100", "rt:65000L:100"),
            ("rt:4200000000:107", "rt:4200000000:107"),
            ("rt:192.0.2.1:7", "rt:192.0.2.1:7"),
            ("generic:65000:1", "generic:65000L:1"),
            ("es-import:F2:0c:dd:80:9f:f8", "es-import:f2:0c:dd:80:9f:f8"),
            ("esi-label:24001", "esi-label:24001"),
            ("esi-label:single-active:24001", "esi-label:single-active:24001"),
            ("encap:8", "encap:vxlan"),
            ("0x0002fde900000064", "rt:65001:100"),
            ("0x4002FDE90000006A", "0x4002fde90000006a"),
            ("color:10:reserved=0x0:1", "color:10:1"),
        ] {
            assert_eq!(read_back(text).as_deref(), Some(canonical), "{text}");
        }
    }

    #[test]
    fn what_no_community_is_written_like_is_none() {
        for text in [
            "rt",
            "rt:",
            "rt:foo",
            "rt:65000",
            "rt:1:2:3",
            "rt:65536:65536",
            "rt:-1:1",
            "rt:+1:1",
            "rt:1.2.3:4",
            "rt:192.0.2.1:65536",
            "color:100",
            "color:2:100",
            "default-gateway:1",
            "es-import:f2:0c:dd:80:9f",
            "es-import:f2:0c:dd:80:9f:f",
            "esi-label:active:1",
            "0x4002fde9",
            "0x4002fde90000006g",
            "0x4002fde90000006a00",
            "target:1:2",
            "",
        ] {
            assert_eq!(read_back(text), None, "{text}");
        }
    }

    #[test]
    fn patterns_that_nothing_is_like_are_told() {
        for (pattern, may_be) in [
            ("rt:65000:*", true),
            ("rt:*:100", true),
            ("rt:*", true),
            ("rt:6*0", true),
            ("rt:192.0.*", true),
            ("rt:*L:*", true),
            ("rt:6*:*1", true),
            ("rt:*.1:7", true),
            ("rt:foo*", false),
            ("rt:*foo", false),
            ("rt:*:*:*", false),
            ("rt:*:x", false),
            ("rt*", false),
            ("rt:70000:70000*", true),
            ("soo:*:*", true),
            ("es-import:f2:*", true),
            ("es-import:f2:*:f8", true),
            ("es-import:g*", false),
            ("esi-label:*", true),
            ("esi-label:*:24001", true),
            ("esi-label:single*:1", true),
            ("df-election:*:D:*", true),
            ("mac-mobility:s*", true),
            ("layer2-info:*:*:*:*", true),
            ("layer2-info:*:*:*:*:*:*", false),
            ("0x4002*", true),
            ("0xg*", false),
            ("0x*6a", true),
            ("0x00000000000000000*", false),
            ("default-gateway", true),
            ("color:*:100", true),
            ("color:*:reserved=0x*:*", true),
            ("encap:vx*", true),
        ] {
            assert_eq!(ExtendedCommunity::may_be_like(pattern), may_be, "{pattern}");
        }
    }

    #[test]
    fn every_definition_says_what_its_texts_look_like() {
        let syntax = |key| Definition::of_key(key).next().unwrap().syntax();
        assert_eq!(syntax("rt"), "rt:0..65535:0..4294967295");
        assert_eq!(syntax("color"), "color:00..11:0..4294967295");
        assert_eq!(syntax("evpn-l2"), "evpn-l2[:B+P+C+F+CI]:0..65535");
        assert_eq!(syntax("default-gateway"), "default-gateway");
        assert_eq!(syntax("cp-orf"), "cp-orf:0xHHHHHHHHHHHH");
        assert!(syntax("encap").ends_with("|0..65535"));
    }

    proptest::proptest! {
        /// Also if a piece of the text is left to a `*`.
        #[test]
        fn every_text_is_read_back(
            row in 0..Definition::ALL.len(), octets: [u8; 7], sparse: bool,
            from in 0_usize..40, len in 0_usize..40,
        ) {
            let definition = &Definition::ALL[row];
            let octets = octets.map(|octet| if sparse { octet & 0x11 } else { octet });
            let [a, value @ ..] = octets;
            let sub_type = definition.sub_type.unwrap_or(a);
            let text = ExtendedCommunity::new(definition.kind, sub_type, value).to_string();
            let back = read_back(&text);
            proptest::prop_assert_eq!(back.as_deref(), Some(&*text));
            proptest::prop_assert!(ExtendedCommunity::may_be_like(&text));
            let from = (definition.key.len() + 1 + from).min(text.len());
            let behind = (from + len).min(text.len());
            let pattern = format!("{}*{}", &text[..from], &text[behind..]);
            proptest::prop_assert!(
                from == definition.key.len() || ExtendedCommunity::may_be_like(&pattern),
                "{} {}", text, pattern
            );
        }
    }
}
