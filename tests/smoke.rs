//! A short run of every fuzz target over changed sound messages, the same in every run. Longer ones
//! are `scripts/fuzz.sh`'s.

/// Sound inputs of each kind, taken out of streams.
pub(crate) mod seeds;

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use seeds::Seeds;

use ribcage::bgp::nlri::FAMILIES;

use crate::any_bytes::mutate::Rng;
use crate::targets::{Input, TARGETS, Target};
use crate::util::shared;

/// Inputs for each target; of NLRI for each family.
fn rounds(input: Input) -> usize {
    match input {
        Input::Nlri => 1_000,
        Input::Stream | Input::Pieces => 2_000,
        Input::File | Input::Recording => 500,
        _ => 10_000,
    }
}

/// The seeds that are changed and mixed together: all, but NLRI of each family apart.
fn parts(input: Input, sound: &[Vec<u8>]) -> Vec<Vec<Vec<u8>>> {
    if input != Input::Nlri {
        return vec![sound.to_vec()];
    }
    let of_row = |row: usize| sound.iter().filter(move |octets| usize::from(octets[0]) == row);
    let parts: Vec<Vec<_>> =
        (0..FAMILIES.len()).map(|row| of_row(row).cloned().collect()).collect();
    assert!(parts.iter().all(|seeds| seeds.len() >= 16));
    parts
}

/// One input: a seed, changed in one of many ways, or made up.
fn next(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut octets = seeds[rng.below(seeds.len())].clone();
    let other = &seeds[rng.below(seeds.len())];
    match rng.below(8) {
        0 => octets.truncate(rng.below(octets.len())),
        1 => {
            octets.truncate(rng.below(octets.len()));
            octets.extend_from_slice(&other[rng.below(other.len())..]);
        }
        2 => {
            let (at, n) = (rng.below(octets.len()), 1 + rng.below(8));
            let more = rng.octets(n);
            octets.splice(at..at, more);
        }
        3 => {
            let at = rng.below(octets.len());
            let end = octets.len().min(at + 1 + rng.below(8));
            octets.drain(at..end);
        }
        4 => {
            let at = rng.below(octets.len());
            let again = octets[at..octets.len().min(at + 64)].repeat(1 + rng.below(4));
            octets.splice(at..at, again);
        }
        _ => {}
    }
    for _ in 0..rng.below(6) {
        let at = rng.below(octets.len());
        // The early octets hold what the rest depends on: codes, lengths, counts.
        let at = if rng.below(2) == 0 { at % 24 } else { at };
        if let Some(octet) = octets.get_mut(at) {
            *octet = match rng.below(6) {
                0 => 0,
                1 => 0xff,
                2 => octet.wrapping_add(1),
                3 => octet.wrapping_sub(1),
                4 => *octet ^ 1 << rng.below(8),
                _ => rng.next() as u8,
            };
        }
    }
    octets
}

/// Runs a target, and tells the input that broke it, to be kept as a test.
fn run(target: &Target, octets: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(octets))).is_err() {
        let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        panic!("target {} fails for {hex}", target.name);
    }
}

#[test]
fn every_target_holds_for_a_seeded_corpus() {
    let shared = shared("smoke: seeds of recordings and vectors");
    let seeds = Seeds::gather(shared.as_deref());
    // The targets are independent, and there is more than one core.
    std::thread::scope(|scope| {
        for (number, target) in TARGETS.iter().enumerate() {
            let seeds = &seeds;
            scope.spawn(move || {
                let mut rng = Rng(20_260_400 + number as u64);
                let sound = seeds.of(target.input, &mut rng);
                assert!(sound.len() >= 3, "{} seeds for {}", sound.len(), target.name);
                sound.iter().for_each(|octets| run(target, octets));
                for seeds in parts(target.input, &sound) {
                    for _ in 0..rounds(target.input) {
                        run(target, &next(&mut rng, &seeds));
                    }
                }
            });
        }
    });
}

#[test]
fn every_target_has_its_binary() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    let mut bins = Vec::new();
    for line in manifest.split("[[bin]]").skip(1) {
        bins.push(line.split('"').nth(1).unwrap());
    }
    assert_eq!(bins, names);
    for name in names {
        let path = root.join(format!("fuzz_targets/{name}.rs"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("ribcage_fuzz::{name}(octets)")), "{}", path.display());
    }
}

/// What the seeds are, to begin a long run with: `RIBCAGE_SEEDS=FOLDER` writes one file for each
/// into a folder for each target.
#[test]
fn seeds_are_written_where_they_are_asked_for() {
    let Some(folder) = std::env::var_os("RIBCAGE_SEEDS").map(std::path::PathBuf::from) else {
        return;
    };
    let seeds = Seeds::gather(shared("smoke: seeds of recordings and vectors").as_deref());
    for target in TARGETS {
        let folder = folder.join(target.name);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, octets) in seeds.of(target.input, &mut Rng(1)).iter().enumerate() {
            let mut file = std::fs::File::create(folder.join(format!("seed-{number}"))).unwrap();
            file.write_all(octets).unwrap();
        }
    }
}
