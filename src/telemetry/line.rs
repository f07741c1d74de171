//! One log line as text or JSON. Whatever a value holds, it stays inside its value: no input can
//! end a line, start another one or move the terminal's cursor.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use tracing::Level;
use tracing::field::{Field, Visit};

use super::log::LogFormat;

/// Characters of one value that are printed; the rest is cut off and marked by `…`.
const VALUE_CHARS_MAX: usize = 1024;

/// Keys that a line has anyway.
const OWN_KEYS: [&str; 3] = ["time", "level", "event"];

/// An event's keys, rendered, and its message.
pub(super) struct Fields {
    format: LogFormat,
    /// ` key=value…` or `,"key":value…`.
    pub(super) rendered: String,
    /// The message: the event word, or a library's sentence.
    pub(super) message: String,
}

impl Fields {
    /// No keys yet.
    pub(super) fn new(format: LogFormat) -> Self {
        Self { format, rendered: String::new(), message: String::new() }
    }

    /// Appends a key whose value is a number or a truth value: nothing in it needs care.
    pub(super) fn plain(&mut self, key: &str, value: impl fmt::Display) {
        self.key(key);
        let _ = write!(self.rendered, "{value}"); // writing to a String cannot fail
    }

    /// Appends a key with a text value.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        match self.format {
            LogFormat::Json => quoted(&mut self.rendered, value, LogFormat::Json),
            LogFormat::Text if value.is_empty() || value.chars().any(needs_quotes) => {
                quoted(&mut self.rendered, value, LogFormat::Text);
            }
            LogFormat::Text => cut(value, |c| self.rendered.push(c)),
        }
    }

    fn key(&mut self, key: &str) {
        let mark = if OWN_KEYS.contains(&key) { "_" } else { "" };
        let _ = match self.format {
            LogFormat::Text => write!(self.rendered, " {key}{mark}="),
            LogFormat::Json => write!(self.rendered, ",\"{key}{mark}\":"),
        };
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        self.record_str(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message = value.to_owned(),
            name => self.text(name, value),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON knows neither infinity nor "not a number".
        if value.is_finite() {
            self.plain(field.name(), value);
        } else {
            self.text(field.name(), &value.to_string());
        }
    }
}

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) format: LogFormat,
    /// Whether text is coloured.
    pub(super) color: bool,
}

/// A whole line with its line feed. `event` is a word; `fields` are rendered in the same format.
pub(super) fn line(
    style: Style,
    time: Timestamp,
    level: Level,
    event: &str,
    fields: &str,
) -> String {
    match style.format {
        LogFormat::Text if style.color => {
            let color = match level {
                Level::ERROR => "31",
                Level::WARN => "33",
                Level::INFO => "32",
                _ => "2",
            };
            format!(
                "\x1b[2m{time:.3}\x1b[0m \x1b[{color}m{level}\x1b[0m \x1b[1m{event}\x1b[0m{fields}\n"
            )
        }
        LogFormat::Text => format!("{time:.3} {level} {event}{fields}\n"),
        LogFormat::Json => {
            let level = level.as_str().to_ascii_lowercase();
            format!(
                "{{\"time\":\"{time:.3}\",\"level\":\"{level}\",\"event\":\"{event}\"{fields}}}\n"
            )
        }
    }
}

/// Whether a message can stand as a line's event: letters, digits, `-`, `_` and `.`.
pub(super) fn is_word(message: &str) -> bool {
    (1..=64).contains(&message.len())
        && message.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// Characters that act on a terminal or a reader instead of being seen: controls, line and
/// paragraph separators, and marks that turn the direction of text.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn needs_quotes(c: char) -> bool {
    c == '"' || c.is_whitespace() || is_control(c)
}

/// Hands on at most [`VALUE_CHARS_MAX`] characters.
fn cut(value: &str, mut push: impl FnMut(char)) {
    let mut chars = value.chars();
    chars.by_ref().take(VALUE_CHARS_MAX).for_each(&mut push);
    if chars.next().is_some() {
        push('…');
    }
}

/// Appends `value` in quotes. Both formats escape alike but for `\u{9b}` (text) and `\u009b`
/// (JSON).
fn quoted(out: &mut String, value: &str, format: LogFormat) {
    out.push('"');
    cut(value, |c| {
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            // Every such character has at most 16 bits.
            c if is_control(c) && format == LogFormat::Json => write!(out, "\\u{:04x}", c as u32),
            c if is_control(c) => write!(out, "\\u{{{:x}}}", c as u32),
            c => out.write_char(c),
        };
    });
    out.push('"');
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut fields = Fields::new(LogFormat::Text);
        fields.text("k", value);
        fields.rendered
    }

    fn json(value: &str) -> serde_json::Value {
        let mut fields = Fields::new(LogFormat::Json);
        fields.text("k", value);
        let style = Style { format: LogFormat::Json, color: true };
        let line = line(style, Timestamp::UNIX_EPOCH, Level::WARN, "odd", &fields.rendered);
        assert!(!line.trim_end_matches('\n').contains(is_control), "{line:?}");
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn plain_values_stand_without_quotes() {
        for value in ["10.0.0.1:179", "[::1]:11019", "a=b", "C:\\x", "Zürich", "1/128"] {
            assert_eq!(text(value), format!(" k={value}"));
        }
    }

    #[test]
    fn values_with_spaces_quotes_or_controls_are_quoted() {
        for (value, want) in [
            ("", r#" k="""#),
            ("a b", r#" k="a b""#),
            ("say \"hi\"", r#" k="say \"hi\"""#),
            ("back\\ slash", r#" k="back\\ slash""#),
            ("a\nb\r\t", r#" k="a\nb\r\t""#),
            ("\x1b[2J", r#" k="\u{1b}[2J""#),
            ("\u{9b}2J", r#" k="\u{9b}2J""#),
            ("\0", r#" k="\u{0}""#),
            ("\u{202e}evil", r#" k="\u{202e}evil""#),
            ("a\u{2028}b", r#" k="a\u{2028}b""#),
            ("a\u{a0}b", " k=\"a\u{a0}b\""),
        ] {
            assert_eq!(text(value), want, "{value:?}");
        }
    }

    #[test]
    fn no_value_forges_a_line() {
        let evil = "x\n2026-01-01T00:00:00.000Z ERROR collector-stopped\r\u{85}\u{2028}\u{2029}";
        let style = Style { format: LogFormat::Text, color: false };
        let line = line(style, Timestamp::UNIX_EPOCH, Level::INFO, "session-open", &text(evil));
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(line.lines().count(), 1);
        assert!(!line.trim_end_matches('\n').contains(is_control), "{line:?}");
    }

    #[test]
    fn json_gives_every_value_back() {
        for value in ["", "plain", "a \"b\" \\ \n\r\t", "\0\x1b\u{7f}\u{9b}\u{2028}\u{feff}", "Ü😀"]
        {
            let line = json(value);
            assert_eq!(line["k"], value);
            assert_eq!(line["time"], "1970-01-01T00:00:00.000Z");
            assert_eq!(line["level"], "warn");
            assert_eq!(line["event"], "odd");
        }
    }

    #[test]
    fn long_values_are_cut() {
        let long = "ä".repeat(5000);
        assert_eq!(text(&long).chars().count(), " k=".len() + VALUE_CHARS_MAX + 1);
        assert!(text(&long).ends_with('…'));
        assert_eq!(json(&long)["k"].as_str().unwrap().chars().count(), VALUE_CHARS_MAX + 1);
        let fits = "a".repeat(VALUE_CHARS_MAX);
        assert!(text(&fits).ends_with('a'));
    }

    #[test]
    fn keys_of_the_line_itself_are_not_repeated() {
        let mut fields = Fields::new(LogFormat::Json);
        fields.text("time", "x");
        fields.plain("event", 7);
        assert_eq!(fields.rendered, r#","time_":"x","event_":7"#);
    }

    #[test]
    fn words_are_short_and_plain() {
        assert!(is_word("session-open") && is_word("x.y_z9"));
        for message in ["", "two words", "a\n", "a=b", "Ü", &"a".repeat(65)] {
            assert!(!is_word(message), "{message:?}");
        }
    }

    #[test]
    fn a_coloured_line_has_the_same_words() {
        let style = Style { format: LogFormat::Text, color: true };
        let line = line(style, Timestamp::UNIX_EPOCH, Level::ERROR, "signal", " name=TERM");
        assert!(line.contains("\x1b[31mERROR\x1b[0m"));
        assert!(line.ends_with("\x1b[1msignal\x1b[0m name=TERM\n"));
    }
}
