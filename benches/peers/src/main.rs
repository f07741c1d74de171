//! The same BMP bytes through Ribcage's decoder and those of others, in one run of one process.
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- FILE [OPTIONS]
//!   --rounds N   turns (default 7)
//!   --csv FILE   writes every run
//!   --only NAME  only decoders whose name begins so
//! ```
//!
//! Everybody finds the frames, parses every UPDATE in full, and visits every attribute and every
//! NLRI: what was seen goes into a [`Seen`], which must be the same for all. The contestants run in
//! turns; a ratio compares two runs of one round, and the table shows medians.

mod contestants;

use std::fmt::Write as _;
use std::hint::black_box;
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Instant;

use contestants::CONTESTANTS;

/// The allocator is the same for all.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a decoder has seen. Sums, so that nothing that was not read can be left out.
// On one cache line, for all alike: sums on both sides of a line's end are slower to add to.
#[repr(align(64))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// NLRI announced.
    pub announced: u64,
    /// NLRI withdrawn.
    pub withdrawn: u64,
    /// Of every NLRI its length and its address.
    pub prefixes: u64,
    /// Path attributes.
    pub attributes: u64,
    /// Of every attribute its type code.
    pub codes: u64,
    /// Of every AS_PATH its AS numbers.
    pub as_numbers: u64,
    /// Of every COMMUNITIES its communities.
    pub communities: u64,
}

impl Seen {
    /// A route.
    #[inline]
    pub fn route(&mut self, announced: bool, address: IpAddr, bits: u8) {
        match announced {
            true => self.announced += 1,
            false => self.withdrawn += 1,
        }
        let high = match address {
            IpAddr::V4(v4) => u64::from(v4.to_bits()),
            IpAddr::V6(v6) => (v6.to_bits() >> 64) as u64 ^ v6.to_bits() as u64,
        };
        self.prefixes = self.prefixes.wrapping_add(high).wrapping_add(u64::from(bits));
    }

    /// An attribute.
    #[inline]
    pub fn attribute(&mut self, code: u8) {
        self.attributes += 1;
        self.codes += u64::from(code);
    }

    /// An AS number of a path.
    #[inline]
    pub fn as_number(&mut self, number: u32) {
        self.as_numbers += u64::from(number);
    }

    /// A community.
    #[inline]
    pub fn community(&mut self, value: u32) {
        self.communities += u64::from(value);
    }
}

/// A decoder: its name with its version, and how it reads a whole stream.
pub struct Contestant {
    /// Its name.
    pub name: &'static str,
    /// Reads the stream; the reason when it cannot.
    pub run: fn(&[u8]) -> Result<Seen, String>,
}

struct Arguments {
    file: String,
    rounds: usize,
    csv: Option<String>,
    only: Option<String>,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments { file: String::new(), rounds: 7, csv: None, only: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--rounds" => found.rounds = value()?.parse().map_err(|e| format!("--rounds: {e}"))?,
            "--csv" => found.csv = Some(value()?),
            "--only" => found.only = Some(value()?),
            _ if word.starts_with('-') => return Err(format!("unknown argument {word}")),
            _ => found.file = word,
        }
    }
    match found.file.is_empty() || found.rounds == 0 {
        true => Err("a stream and at least one round are needed: see scripts/stream.sh".into()),
        false => Ok(found),
    }
}

/// Seconds of every contestant (outer) in every round (inner), after one that is not counted.
fn measure(octets: &[u8], rounds: usize, who: &[&Contestant]) -> Result<Vec<Vec<f64>>, String> {
    let mut seconds = vec![Vec::new(); who.len()];
    let mut expected = None;
    for round in 0..=rounds {
        for turn in 0..who.len() {
            // Everybody comes first once in a while.
            let index = (turn + round) % who.len();
            let start = Instant::now();
            let seen = (who[index].run)(black_box(octets));
            let took = start.elapsed().as_secs_f64();
            let seen = seen.map_err(|e| format!("{}: {e}", who[index].name))?;
            let expected = expected.get_or_insert(seen);
            if *expected != seen {
                let name = who[index].name;
                return Err(format!("{name} saw {seen:?}, the first one {expected:?}"));
            }
            if round > 0 {
                seconds[index].push(took);
            }
        }
    }
    println!("everybody saw the same: {:?}", expected.unwrap_or_default());
    Ok(seconds)
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn run() -> Result<(), String> {
    let arguments = arguments()?;
    let octets = std::fs::read(&arguments.file).map_err(|e| format!("{}: {e}", arguments.file))?;
    let wanted = |c: &&Contestant| arguments.only.as_ref().is_none_or(|o| c.name.starts_with(&**o));
    let who: Vec<&Contestant> = CONTESTANTS.iter().filter(wanted).collect();
    let routes = contestants::count(&octets)? as f64;
    let seconds = measure(&octets, arguments.rounds, &who)?;
    println!(
        "{:<26}{:>10}{:>12}{:>10}{:>22}",
        "decoder", "ns/route", "M routes/s", "MB/s", "times ribcage's time"
    );
    let mut csv = String::from("decoder,round,seconds,routes,octets\n");
    for (contestant, times) in who.iter().zip(&seconds) {
        let took = median(times.clone());
        let ratios = times.iter().zip(&seconds[0]).map(|(theirs, ours)| theirs / ours);
        let ratios: Vec<f64> = ratios.collect();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        println!(
            "{:<26}{:>10.1}{:>12.2}{:>10.0}{:>8.2} ({least:.2} to {most:.2})",
            contestant.name,
            took / routes * 1e9,
            routes / took / 1e6,
            octets.len() as f64 / took / 1e6,
            median(ratios)
        );
        for (round, seconds) in times.iter().enumerate() {
            let _ = writeln!(
                csv,
                "{},{},{seconds:.6},{routes},{}",
                contestant.name,
                round + 1,
                octets.len()
            );
        }
    }
    match arguments.csv {
        Some(path) => std::fs::write(&path, csv).map_err(|e| format!("{path}: {e}")),
        None => Ok(()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}
