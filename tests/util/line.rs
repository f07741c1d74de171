//! Reading single keys of JSON records, and blanking them.

/// The raw text of a key's value: with quotes where it is a string. Records are flat.
pub(crate) fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let (start, end) = span(line, key)?;
    Some(&line[start..end])
}

/// A key's value without quotes, or nothing.
pub(crate) fn text<'l>(line: &'l str, key: &str) -> &'l str {
    value(line, key).unwrap_or_default().trim_matches('"')
}

/// What a record is: `update`, `peer_up`, `log_init` …
pub(crate) fn kind(line: &str) -> &str {
    ["log_type", "bmp_msg_type", "event_type"]
        .iter()
        .map(|key| text(line, key))
        .find(|kind| !kind.is_empty())
        .unwrap_or_default()
}

/// The record with the values of `keys` replaced by `_`.
pub(crate) fn blank(line: &str, keys: &[&str]) -> String {
    let mut line = line.to_owned();
    for key in keys {
        if let Some((start, end)) = span(&line, key) {
            line.replace_range(start..end, "_");
        }
    }
    line
}

/// The record without these keys.
pub(crate) fn without(line: &str, keys: &[&str]) -> String {
    let mut line = line.to_owned();
    for key in keys {
        if let Some((start, end)) = span(&line, key) {
            let start = start - key.len() - 4; // "key": and what parts it from the key before
            let start = line[..start].trim_end_matches([',', ' ']).len();
            line.replace_range(start..end, "");
        }
    }
    line
}

fn span(line: &str, key: &str) -> Option<(usize, usize)> {
    let name = format!("\"{key}\": ");
    let start = line.find(&name)? + name.len();
    let rest = &line.as_bytes()[start..];
    let quoted = rest.first() == Some(&b'"');
    let mut at = usize::from(quoted);
    while let Some(&octet) = rest.get(at) {
        match octet {
            b'\\' => at += 1,
            b'"' if quoted => return Some((start, start + at + 1)),
            b',' | b'}' if !quoted => return Some((start, start + at)),
            _ => {}
        }
        at += 1;
    }
    None
}

#[test]
fn keys_are_read_blanked_and_left_out() {
    let line = r#"{"seq": 7, "log_type": "update", "as_path": "1 {2,3}", "x": "a\"b", "n": -1}"#;
    assert_eq!(value(line, "seq"), Some("7"));
    assert_eq!(text(line, "as_path"), "1 {2,3}");
    assert_eq!(value(line, "x"), Some(r#""a\"b""#));
    assert_eq!(value(line, "n"), Some("-1"));
    assert_eq!(value(line, "path"), None);
    assert_eq!(kind(line), "update");
    let blanked = r#"{"seq": _, "log_type": "update", "as_path": _, "x": "a\"b", "n": -1}"#;
    assert_eq!(blank(line, &["seq", "as_path", "none"]), blanked);
    assert_eq!(
        without(line, &["as_path", "n"]),
        r#"{"seq": 7, "log_type": "update", "x": "a\"b"}"#
    );
}
