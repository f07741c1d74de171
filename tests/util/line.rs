//! Reading single keys of JSON records, and blanking them.

/// The raw text of a key's value: with quotes where it is a string. Records are flat, but for
/// values that are arrays or objects of texts.
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

/// The record with lists that can be arrays as texts.
pub(crate) fn plain(line: &str) -> String {
    let mut line = line.to_owned();
    for key in ["as_path", "comms", "ecomms", "lcomms"] {
        if let Some((start, end)) = span(&line, key)
            && let Some(list) = line[start..end].strip_prefix('[')
        {
            let text = list.trim_end_matches(']').replace("\", \"", " ");
            let text = format!("\"{}\"", text.trim_matches('"'));
            line.replace_range(start..end, &text);
        }
    }
    line
}

fn span(line: &str, key: &str) -> Option<(usize, usize)> {
    let name = format!("\"{key}\": ");
    let start = line.find(&name)? + name.len();
    let rest = &line.as_bytes()[start..];
    let (mut quoted, mut depth, mut at) = (false, 0, 0);
    while let Some(&octet) = rest.get(at) {
        match octet {
            b'\\' => at += 1,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b',' | b'}' if depth == 0 => return Some((start, start + at)),
            b']' | b'}' => depth -= 1,
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

#[test]
fn lists_are_read_in_both_forms() {
    let line = r#"{"as_path": ["1", "{2,3}"], "comms": [], "label": {"k": "v"}, "n": -1}"#;
    assert_eq!(value(line, "as_path"), Some(r#"["1", "{2,3}"]"#));
    assert_eq!(value(line, "label"), Some(r#"{"k": "v"}"#));
    assert_eq!(value(line, "n"), Some("-1"));
    let text = r#"{"as_path": "1 {2,3}", "comms": "", "label": {"k": "v"}, "n": -1}"#;
    assert_eq!(plain(line), text);
    assert_eq!(plain(text), text);
    assert_eq!(without(line, &["as_path", "label"]), r#"{, "comms": [], "n": -1}"#);
}
