//! Reading routes one after the other, whatever their family.

use super::{Nlri, Scan, Visit};
use crate::wire::{Fields, Part as _, Reader, WireError};

#[inline]
pub(super) fn one<'a, N: Nlri<'a>, V: Visit + ?Sized>(
    add_path: bool,
    announced: bool,
    r: &mut Reader<'a>,
    v: &mut V,
) -> Result<(), WireError> {
    let (id, route) = read::<N>(add_path, announced, r)?;
    if let Some(id) = id {
        v.path_id(id);
    }
    route.visit(v);
    Ok(())
}

#[inline]
pub(super) fn all<'a, N: Nlri<'a>, V: Visit + ?Sized>(
    add_path: bool,
    announced: bool,
    octets: &'a [u8],
    v: &mut V,
) -> Result<usize, WireError> {
    let mut r = Reader::new(octets);
    if !add_path {
        let (used, enough) = N::visit_front(octets, v);
        if enough || used == octets.len() {
            return Ok(used);
        }
        r = Reader::at(octets.get(used..).unwrap_or_default(), used);
    }
    while !r.is_empty() {
        one::<N, V>(add_path, announced, &mut r, v)?;
        if !v.end() {
            break;
        }
    }
    Ok(r.offset())
}

pub(super) fn scan<'a, N: Nlri<'a>>(add_path: bool, announced: bool, octets: Reader<'a>) -> Scan {
    let begin = octets.offset();
    let mut r = octets;
    let mut scan = Scan { used: 0, count: 0, doubtful: false, error: None };
    while !r.is_empty() {
        let route = match add_path {
            true => r.u32("path identifier").and_then(|_| N::skip(&mut r, announced)),
            false => N::skip(&mut r, announced),
        };
        match route {
            Ok(doubtful) => {
                scan.count += 1;
                scan.doubtful |= doubtful;
                scan.used = r.offset() - begin;
            }
            Err(e) => {
                scan.error = Some(e);
                break;
            }
        }
    }
    scan
}

/// Reads a route with what stands before it.
#[inline]
fn read<'a, N: Nlri<'a>>(
    add_path: bool,
    announced: bool,
    r: &mut Reader<'a>,
) -> Result<(Option<u32>, N), WireError> {
    let id = if add_path { Some(r.u32("path identifier")?) } else { None };
    Ok((id, N::parse(r, announced)?))
}

pub(super) fn describe<'a, N: Nlri<'a>>(
    add_path: bool,
    announced: bool,
    r: &mut Reader<'a>,
    fields: &mut dyn Fields,
) -> Result<(), WireError> {
    let (id, route) = read::<N>(add_path, announced, r)?;
    id.describe_as("path_id", fields);
    route.distinguisher().describe_as("rd", fields);
    route.describe(fields);
    Ok(())
}

pub(super) fn rewrite<'a, N: Nlri<'a>>(
    add_path: bool,
    announced: bool,
    r: &mut Reader<'a>,
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let (id, route) = read::<N>(add_path, announced, r)?;
    if let Some(id) = id {
        out.extend_from_slice(&id.to_be_bytes());
    }
    route.encode(out);
    Ok(())
}
