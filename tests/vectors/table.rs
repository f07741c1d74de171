use std::fmt::Write as _;
use std::path::Path;

use ribcage::bgp::AsWidth;
use ribcage::wire::Family;

use super::judge::{Finding, judge};
use crate::util::files;

const TABLE: &str = include_str!("outcomes.txt");

/// What a vector is one or several of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bgp,
    Bmp,
}

/// One vector as its file has it.
pub(super) struct Vector {
    /// File without `.hex`, number in it from 1, and where it is from.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) octets: Vec<u8>,
}

/// Under what a vector is to be read.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    /// `None` where it says the same at either width.
    pub(super) as_width: Option<AsWidth>,
    /// Families whose NLRI have path identifiers.
    pub(super) add_path: Vec<Family>,
}

impl Context {
    fn parse(text: &str) -> Option<Self> {
        let mut context = Self::default();
        for word in text.split(' ') {
            match word {
                "-" => {}
                "as2" => context.as_width = Some(AsWidth::Two),
                "as4" => context.as_width = Some(AsWidth::Four),
                family => {
                    let (afi, safi) = family.split_once('/')?;
                    context.add_path.push(Family::new(afi.parse().ok()?, safi.parse().ok()?));
                }
            }
        }
        Some(context)
    }
}

/// A line of the table.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) context: Context,
    pub(super) outcome: String,
}

impl Row {
    pub(super) fn parse(file: &str, line: &str) -> Option<Self> {
        let mut parts = line.split(" | ");
        let (number, source) = (parts.next()?, parts.next()?);
        let name = format!("{file} {number} {source}");
        let context = Context::parse(parts.next()?)?;
        Some(Self { name, context, outcome: parts.next()?.to_owned() })
    }
}

/// The table: `[file]`, then one line for each of its vectors; `#` begins a comment.
pub(super) fn rows() -> Vec<Row> {
    let (mut file, mut rows) = ("", Vec::new());
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => file = name,
            None => rows.push(Row::parse(file, line).unwrap_or_else(|| panic!("{file}: {line}"))),
        }
    }
    rows
}

/// Every vector: `# path:line types=[…]`, then a line of hex.
pub(super) fn vectors(shared: &Path) -> Vec<Vector> {
    let mut all = Vec::new();
    for path in files(&shared.join("data/vectors"), ".hex") {
        let file = path.file_stem().unwrap().to_str().unwrap();
        let kind = if file.ends_with(".bgp") { Kind::Bgp } else { Kind::Bmp };
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        for number in 1.. {
            let (Some(head), Some(hex)) = (lines.next(), lines.next()) else { break };
            let source = head.strip_prefix("# ").unwrap().split(" types=").next().unwrap();
            let name = format!("{file} {number} {source}");
            all.push(Vector { name, kind, octets: octets(hex) });
        }
    }
    all
}

fn octets(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|p| u8::from_str_radix(std::str::from_utf8(p).unwrap(), 16).unwrap()).collect()
}

/// What a vector comes to, as the table says it.
pub(super) fn outcome(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "valid".to_owned();
    }
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The table as it would be, with the contexts and comments that it has; to be read by people
/// before it is taken over. Vectors without a line come last.
pub(super) fn printed(vectors: &[Vector]) -> String {
    let (mut out, mut file, mut seen) = (String::new(), "", Vec::new());
    for line in TABLE.lines() {
        let header = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        file = header.unwrap_or(file);
        let row = Row::parse(file, line).filter(|_| !line.starts_with('#'));
        let vector = row.as_ref().and_then(|row| vectors.iter().find(|v| v.name == row.name));
        let (Some(row), Some(vector)) = (row, vector) else {
            writeln!(out, "{line}").unwrap();
            continue;
        };
        let (kept, _) = line.rsplit_once(" | ").unwrap();
        writeln!(out, "{kept} | {}", outcome(&judge(vector, &row.context).findings)).unwrap();
        seen.push(row.name);
    }
    for vector in vectors.iter().filter(|vector| !seen.contains(&vector.name)) {
        writeln!(out, "# no line: {}", vector.name).unwrap();
    }
    out
}
