//! The byte vectors of other projects' unit tests, each in the context that it was written for:
//! what is sound is written back octet for octet, and what is not is told for the reason that
//! stands in `vectors/outcomes.txt`.

/// A BGP or BMP message decoded by the library's types, and written back by them.
mod judge;
/// The same vectors through a session.
mod session;
/// The files of vectors, and the table of what each comes to.
mod table;

use std::fmt::Write as _;
use std::io::Write as _;

use judge::{Judged, judge};
use table::{Kind, Row, rows, vectors};

use ribcage::wire::Family;

use crate::util::shared;

/// The vectors that there are: fewer would mean that files are not found.
const VECTORS: usize = 751;

#[test]
fn every_vector_has_one_line_in_the_table_and_every_line_its_vector() {
    let Some(shared) = shared("vectors") else { return };
    let (vectors, rows) = (vectors(&shared), rows());
    assert_eq!(vectors.len(), VECTORS);
    let have: Vec<_> = vectors.iter().map(|v| &v.name).collect();
    let want: Vec<_> = rows.iter().map(|r| &r.name).collect();
    for name in &have {
        assert_eq!(want.iter().filter(|n| n == &name).count(), 1, "{name} in the table");
    }
    for name in &want {
        assert!(have.contains(name), "{name} is no vector");
    }
}

#[test]
fn every_vector_comes_to_what_the_table_says() {
    let Some(shared) = shared("vectors") else { return };
    if std::env::var_os("RIBCAGE_BLESS").is_some() {
        // Not println!, which the test harness swallows.
        std::io::stdout().write_all(table::printed(&vectors(&shared)).as_bytes()).unwrap();
        return;
    }
    let rows = rows();
    let mut wrong = String::new();
    for vector in vectors(&shared) {
        let Some(row) = rows.iter().find(|row| row.name == vector.name) else { continue };
        let Judged { findings, written } = judge(&vector, &row.context);
        let have = table::outcome(&findings);
        if have != row.outcome {
            writeln!(wrong, "{}\n  table: {}\n  found: {have}", row.name, row.outcome).unwrap();
        }
        if vector.octets != written {
            let at = vector.octets.iter().zip(&written).take_while(|(a, b)| a == b).count();
            writeln!(wrong, "{}: written otherwise from octet {at} on", row.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_session_finds_in_every_vector_what_its_parts_show() {
    let Some(shared) = shared("vectors") else { return };
    let rows = rows();
    let mut wrong = String::new();
    for vector in vectors(&shared) {
        let Some(row) = rows.iter().find(|row| row.name == vector.name) else { continue };
        let found = match vector.kind {
            Kind::Bgp => session::of_updates(&vector, &row.context),
            Kind::Bmp => session::of_stream(&vector, &row.context),
        };
        if let Err(why) = found {
            writeln!(wrong, "{}: {why}", row.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_table_tells_sound_vectors_from_others() {
    let rows = rows();
    let sound = rows.iter().filter(|row| row.outcome == "valid").count();
    // Both kinds are well represented: a judge that finds nothing, or everything, is none.
    assert!(sound > rows.len() / 2 && rows.len() - sound > 20, "{sound} of {}", rows.len());
    let row = Row::parse("x.bgp", "3 | a/b.c:7 | as2 1/1 2/128 | AS_PATH segment @9 (x)").unwrap();
    assert_eq!((row.name.as_str(), row.context.add_path.len()), ("x.bgp 3 a/b.c:7", 2));
}

/// What BMP version 3 can carry of the sound vectors of each file: BMP messages as they are, and
/// UPDATEs in Route Monitoring after a Peer Up with what they negotiated.
pub(crate) fn valid_streams(shared: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let rows = rows();
    let mut streams: Vec<(String, Vec<u8>)> = Vec::new();
    for vector in vectors(shared) {
        let row = rows.iter().find(|row| row.name == vector.name && row.outcome == "valid");
        let Some(row) = row else { continue };
        let octets = match vector.kind {
            Kind::Bmp if vector.octets.first() == Some(&3) => vector.octets,
            Kind::Bmp => continue,
            Kind::Bgp => session::carried(&vector, &row.context),
        };
        let file = vector.name.split(' ').next().unwrap_or_default();
        match streams.last_mut().filter(|(name, _)| name == file) {
            Some((_, all)) => all.extend(octets),
            None => streams.push((file.to_owned(), octets)),
        }
    }
    streams
}

/// UPDATEs in Route Monitoring, after a Peer Up with 4-octet AS numbers, and with path identifiers
/// for some families.
pub(crate) fn monitored(updates: &[Vec<u8>], add_path: &[Family]) -> Vec<u8> {
    let octets = updates.concat();
    let vector = table::Vector { name: String::new(), kind: Kind::Bgp, octets };
    let context = table::Context { as_width: None, add_path: add_path.to_vec() };
    session::carried(&vector, &context)
}

/// The octets of every vector in files of a kind, `bgp` or `bmp`.
pub(crate) fn octets_of_all(shared: &std::path::Path, kind: &str) -> Vec<Vec<u8>> {
    let kind = if kind == "bgp" { Kind::Bgp } else { Kind::Bmp };
    let all = vectors(shared).into_iter();
    all.filter(|vector| vector.kind == kind).map(|vector| vector.octets).collect()
}
