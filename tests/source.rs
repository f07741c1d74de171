//! The sources as the tests of their layout see them: code without comments, literals and tests.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file under `src/`.
pub(crate) struct Source {
    /// Its path below the project, with `/`.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
    /// The text with comments, literals and test code blanked; lines and columns are kept.
    pub(crate) code: String,
    /// Lines of test code.
    pub(crate) test_lines: usize,
}

impl Source {
    /// The names of the modules that lead here: none for `lib.rs` and `main.rs`.
    pub(crate) fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|part| !["mod", "lib", "main"].contains(part)).collect()
    }

    /// Whether the whole file is there for tests only.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.ends_with("/testing.rs")
    }
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every source file that is not there for tests only.
pub(crate) fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root().join("src"), &mut paths);
    paths.sort();
    let files = paths.iter().map(|path| {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(path).unwrap();
        let (code, test_lines) = without_tests(&blanked(&text));
        Source { path: name, text, code, test_lines }
    });
    let files: Vec<Source> = files.filter(|file| !file.is_test()).collect();
    assert!(files.len() > 50, "the sources are not where this test looks for them");
    files
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|e| e == "rs") {
            paths.push(path);
        }
    }
}

/// The text with comments and the insides of literals turned into spaces.
pub(crate) fn blanked(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < text.len() {
        let end = match text[at..] {
            ['/', '/', ..] => line_comment(&text, at),
            ['/', '*', ..] => block_comment(&text, at),
            ['"', ..] => string(&text, at),
            ['r', ..] if !is_name(at.checked_sub(1).map(|i| text[i])) => raw_string(&text, at),
            ['\'', ..] => character(&text, at),
            _ => at,
        };
        if end == at {
            out.push(text[at]);
            at += 1;
            continue;
        }
        out.extend(text[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

fn is_name(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn line_comment(text: &[char], from: usize) -> usize {
    (from..text.len()).find(|i| text[*i] == '\n').unwrap_or(text.len())
}

fn block_comment(text: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    while at < text.len() {
        match text[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(text: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < text.len() && text[at] != '"' {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// The end of a raw string that begins here, or the place itself.
fn raw_string(text: &[char], from: usize) -> usize {
    let hashes = text[from + 1..].iter().take_while(|c| **c == '#').count();
    if text.get(from + 1 + hashes) != Some(&'"') {
        return from;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let mut at = from + 2 + hashes;
    while at < text.len() && !text[at..].starts_with(&closing) {
        at += 1;
    }
    (at + closing.len()).min(text.len())
}

/// The end of a character that begins here; the place itself for a lifetime.
fn character(text: &[char], from: usize) -> usize {
    match text[from + 1..] {
        ['\\', 'u', ..] => {
            (from + 3..text.len()).find(|i| text[*i] == '\'').map_or(from, |i| i + 1)
        }
        ['\\', 'x', _, _, '\'', ..] => from + 6,
        ['\\', _, '\'', ..] => from + 4,
        [c, '\'', ..] if c != '\'' => from + 3,
        _ => from,
    }
}

/// Blanks every item behind `#[cfg(test)]`, and tells how many lines those have.
fn without_tests(code: &str) -> (String, usize) {
    let mut code: Vec<char> = code.chars().collect();
    let mark: Vec<char> = "#[cfg(test)]".chars().collect();
    let (mut at, mut lines) = (0, 0);
    while at + mark.len() <= code.len() {
        if code[at..].starts_with(&mark) {
            let end = end_of_item(&code, at + mark.len());
            lines += code[at..end].iter().filter(|c| **c == '\n').count() + 1;
            code[at..end].iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
            at = end;
        }
        at += 1;
    }
    (code.into_iter().collect(), lines)
}

/// The end of the item that begins here: its `;`, or the brace that closes its first one.
pub(crate) fn end_of_item(code: &[char], from: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code.iter().enumerate().skip(from) {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | '}') {
            return at + 1;
        }
    }
    code.len()
}

#[test]
fn code_is_what_is_neither_comment_nor_literal_nor_test() {
    let text = r##"
        fn a<'a>(x: &'a str) -> char { '"' } // "unsafe"
        /* panic!() /* nested */ still */ let s = "a \" panic!()"; let r = r#"todo!(")"#;
        #[cfg(test)]
        #[allow(x)]
        mod tests { fn b() { x.unwrap() } }
        fn after() { '\u{7d}'; b'\''; '}' }
    "##;
    let (code, test_lines) = without_tests(&blanked(text));
    assert_eq!(test_lines, 3);
    assert_eq!(code.lines().count(), text.lines().count());
    for gone in ["panic", "unsafe", "todo", "unwrap", "nested", "tests"] {
        assert!(!code.contains(gone), "{gone} in {code}");
    }
    for kept in ["fn a<'a>(x: &'a str) -> char", "let s =", "let r =", "fn after() {"] {
        assert!(code.contains(kept), "{kept} in {code}");
    }
    assert_eq!(code.matches('{').count(), code.matches('}').count());
}
