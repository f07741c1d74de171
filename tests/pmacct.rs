//! `pmacct-json?extra=none` against pmacct's own output, record by record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use xxhash_rust::xxh3::xxh3_64;

use crate::util::golden::{Blanks, cases, compare};
use crate::util::rules::RULES;
use crate::util::{decoded, read, ribcage, shared};

/// XXH3 of our whole output where pmacct's lacks or garbles hundreds of routes, so that comparing
/// with it says little of them. Every route behind these digests (prefix, path identifier,
/// distinguisher, label, next hop, path, origin, MED, local preference) was the same as an
/// independent decoder's that was told how each of these senders uses path identifiers; only 14
/// 2-octet paths of 10.99.0.15 in GoBGP's post-policy views, which fit both widths, it read with 4
/// octets.
const VERIFIED: &[(&str, u64)] = &[
    ("bird2.17-both", 0x5af7_944e_fd34_5749),
    ("frr10.3-crash-midway", 0xb2cc_fab7_d12b_4196),
    ("frr8.4-mirror", 0x7520_ffc3_7aac_e87e),
    ("frr8.4-prepost", 0x3093_685e_620f_d261),
    ("gobgp3.10-all", 0x341a_894d_6226_2c56),
    ("gobgp3.10-local-rib", 0x9163_1ce7_7ba4_1724),
    ("gobgp3.10-post-policy", 0xbf8d_a028_63a8_dc3d),
    ("gobgp3.10-pre-policy", 0xfa91_6d01_f26e_ad30),
];

#[test]
fn the_same_words_as_pmacct() {
    let Some(shared) = shared("the_same_words_as_pmacct") else { return };
    let cases = cases(&shared);
    assert_eq!(cases.len(), 5 + 19 + 8, "streams with pmacct's output");
    for rule in RULES {
        let known = cases.iter().any(|case| case.name == rule.case);
        assert!(known, "a rule for {}, which is no case", rule.case);
    }
    let mut faults = Vec::new();
    let mut verified = 0;
    for case in &cases {
        let args = ["--format", "pmacct-json?extra=none", "--router", &case.router];
        let ours = decoded(&args, &case.stream);
        let golden = read(&case.golden);
        assert!(!golden.is_empty(), "{}: pmacct's output is empty", case.name);
        faults.extend(compare(&case.name, &golden, &ours, &Blanks::default()).err());
        if let Some((_, want)) = VERIFIED.iter().find(|(name, _)| *name == case.name) {
            verified += 1;
            let digest = xxh3_64(&ours);
            if digest != *want {
                faults.push(format!("case {}: other output: {digest:#018x}", case.name));
            }
        }
    }
    assert_eq!(verified, VERIFIED.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// pmacct's time formats: the mode's name, its zone, our options, and the frozen clock, which was
/// 03:04:05 of local time in every zone.
const TIMES: &[(&str, &str, &str, &str)] = &[
    ("fmt-rfc9557-utc", "UTC", "&timestamps_rfc9557=true&timestamps_utc=true", "Z"),
    ("fmt-rfc9557-Asia_Kolkata", "Asia/Kolkata", "&timestamps_rfc9557=true", "+05:30"),
    ("fmt-rfc9557-America_St_Johns", "America/St_Johns", "&timestamps_rfc3339=true", "-03:30"),
    ("fmt-default-Asia_Kolkata", "Asia/Kolkata", "", "+05:30"),
    ("fmt-epoch", "UTC", "&timestamps_since_epoch=true", "Z"),
];

#[test]
fn the_same_times_as_pmacct() {
    let Some(shared) = shared("the_same_times_as_pmacct") else { return };
    let mut faults = Vec::new();
    let mut compared = 0;
    for (mode, zone, options, offset) in TIMES {
        for case in &cases(&shared) {
            let golden = case.golden.with_file_name("").join(format!("../{mode}/msglog.json"));
            if !golden.is_file() {
                continue;
            }
            compared += 1;
            let format = format!("pmacct-json?extra=none{options}");
            let arrival = format!("2026-01-02T03:04:05{offset}");
            let out = ribcage()
                .env("TZ", zone)
                .args(["decode", "--format", &format, "--router", &case.router])
                .args(["--arrival", &arrival])
                .arg(&case.stream)
                .output()
                .unwrap();
            let compared = compare(&case.name, &read(&golden), &out.stdout, &Blanks::default());
            faults.extend(compared.err().map(|fault| format!("{mode}: {fault}")));
        }
    }
    assert_eq!(compared, 9, "streams with pmacct's output in another time format");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
