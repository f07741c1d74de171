//! One file for each decoder.

mod bgpkit;
mod netgauze;
mod ours;
mod routecore;

use crate::Contestant;

/// Ours comes first: the others are compared with it.
pub const CONTESTANTS: &[Contestant] = &[
    Contestant { name: "ribcage", run: ours::run },
    Contestant { name: "netgauze-bmp-pkt 0.13.0", run: netgauze::run },
    Contestant { name: "bgpkit-parser 0.23.0", run: bgpkit::run },
    Contestant { name: "routecore 0.7.2", run: routecore::run },
];

/// Routes in a stream, for the rates.
pub fn count(octets: &[u8]) -> Result<u64, String> {
    let counts = ribcage::load::count(octets);
    match counts.bytes == octets.len() as u64 {
        true => Ok(counts.announced + counts.withdrawn),
        false => Err("the file does not hold whole BMP messages".into()),
    }
}
