//! `pmacct-json?extra=none` against pmacct's own output, record by record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use xxhash_rust::xxh3::xxh3_64;

/// Runs a pmbmpd that is installed.
mod pmbmpd;

use crate::util::golden::{Blanks, Case, NEWEST, cases, compare};
use crate::util::rules::RULES;
use crate::util::{decoded, files, lines, read, ribcage, shared, skipped};

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
    let known = cases(&shared, NEWEST);
    for rule in RULES {
        let known = known.iter().any(|case| case.name == rule.case);
        assert!(known, "a rule for {}, which is no case", rule.case);
    }
    let mut faults = Vec::new();
    let mut verified = 0;
    for (version, streams) in [("1.7.9", 5 + 17), ("1.8.0", 5 + 17), (NEWEST, 5 + 19 + 8)] {
        let cases = cases(&shared, version);
        assert_eq!(cases.len(), streams, "streams with pmacct's output, {version}");
        let mut records = [0; 2];
        for case in &cases {
            let format = format!("pmacct-json?extra=none&compat={version}");
            let ours = decoded(&["--format", &format, "--router", &case.router], &case.stream);
            let golden = read(&case.golden);
            assert!(!golden.is_empty(), "{}: pmacct's output is empty", case.name);
            match compare(&case.name, version, &golden, &ours, &Blanks::default()) {
                Ok(known) => records = [records[0] + lines(&golden).len(), records[1] + known],
                Err(fault) => faults.push(fault),
            }
            let digest = VERIFIED.iter().find(|(name, _)| *name == case.name);
            if let (Some((_, want)), NEWEST) = (digest, version) {
                verified += 1;
                let digest = xxh3_64(&ours);
                if digest != *want {
                    faults.push(format!("case {}: other output: {digest:#018x}", case.name));
                }
            }
        }
        let [all, known] = records;
        println!("{version}: {all} records of pmacct's, {known} on one side by a rule");
    }
    assert_eq!(verified, VERIFIED.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What pmacct wrote with an option that is not as ever: the mode's name, its zone, our options
/// (`{maps}` is where its maps are), and the frozen clock, which was 03:04:05 of local time in
/// every zone.
const MODES: &[(&str, &str, &str, &str)] = &[
    ("fmt-rfc9557-utc", "UTC", "timestamps_rfc9557=true&timestamps_utc=true", "Z"),
    ("fmt-rfc9557-Asia_Kolkata", "Asia/Kolkata", "timestamps_rfc9557=true", "+05:30"),
    ("fmt-rfc9557-America_St_Johns", "America/St_Johns", "timestamps_rfc3339=true", "-03:30"),
    ("fmt-default-Asia_Kolkata", "Asia/Kolkata", "compat=1.8.1", "+05:30"),
    ("fmt-epoch", "UTC", "timestamps_since_epoch=true", "Z"),
    ("fmt-arrays", "UTC", "as_path_encode_as_array=true&bgp_comms_encode_as_array=true", "Z"),
    ("fmt-commsnum", "UTC", "bgp_comms_num=true", "Z"),
    ("fmt-originint", "UTC", "tmp_bgp_daemon_origin_type_int=true", "Z"),
    ("fmt-setpd", "UTC", "bmp_daemon_set_pd=true", "Z"),
    ("fmt-compareports", "UTC", "tmp_bgp_lookup_compare_ports=true", "Z"),
    ("fmt-tag", "UTC", "bmp_daemon_tag_map={maps}/tag-tag.map", "Z"),
    ("fmt-label", "UTC", "bmp_daemon_tag_map={maps}/tag-label.map", "Z"),
    (
        "fmt-labelmap",
        "UTC",
        "bmp_daemon_tag_map={maps}/tag-label.map&pre_tag_label_encode_as_map=true",
        "Z",
    ),
];

#[test]
fn the_same_form_as_pmacct() {
    let Some(shared) = shared("the_same_form_as_pmacct") else { return };
    let maps = shared.join("data/pmacct/synthetic/golden");
    let mut faults = Vec::new();
    let mut compared = Vec::new();
    for (mode, zone, options, offset) in MODES {
        for case in &cases(&shared, NEWEST) {
            let golden = case.golden.with_file_name("").join(format!("../{mode}/msglog.json"));
            if !golden.is_file() {
                continue;
            }
            compared.push(*mode);
            let options = options.replace("{maps}", &maps.display().to_string());
            let format = format!("pmacct-json?extra=none&{options}");
            let arrival = format!("2026-01-02T03:04:05{offset}");
            let out = ribcage()
                .env("TZ", zone)
                .args(["decode", "--format", &format, "--router", &case.router])
                .args(["--arrival", &arrival])
                .arg(&case.stream)
                .output()
                .unwrap();
            let told = compare(&case.name, mode, &read(&golden), &out.stdout, &Blanks::default());
            faults.extend(told.err());
        }
    }
    assert_eq!(compared.len(), 33, "streams with pmacct's output in another form: {compared:?}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// No folder of pmacct's output is left out but those that only a RIB can fill: `rib`, whose
/// withdraws have the attributes of the routes before and which has `delete` records, and `dump`.
#[test]
fn nothing_of_pmacct_is_forgotten() {
    let Some(shared) = shared("nothing_of_pmacct_is_forgotten") else { return };
    let compared: Vec<_> = ["1.7.9", "1.8.0", NEWEST]
        .iter()
        .flat_map(|version| cases(&shared, version))
        .map(|case| case.golden)
        .collect();
    let mut left_out = Vec::new();
    for golden in files(&shared.join("data/pmacct"), ".json") {
        let folder = golden.parent().and_then(|folder| folder.file_name()).unwrap_or_default();
        let folder = folder.to_string_lossy();
        let is_bgp =
            ["/300-", "/302-", "/500-"].iter().any(|c| golden.to_string_lossy().contains(c));
        let is_mode = MODES.iter().any(|(mode, ..)| folder == *mode);
        if !(compared.contains(&golden) || is_mode || is_bgp || folder == "rib" || folder == "dump")
        {
            left_out.push(golden);
        }
    }
    assert!(left_out.is_empty(), "{left_out:?}");
}

/// What Debian's pmacct, version 1.7.7, makes of the same streams.
#[test]
fn the_same_words_as_an_installed_pmacct() {
    let test = "the_same_words_as_an_installed_pmacct";
    let Some(shared) = shared(test) else { return };
    if let Err(why) = pmbmpd::version_1_7_7() {
        return skipped(test, why);
    }
    let cases = cases(&shared, NEWEST);
    let work = std::sync::Mutex::new(cases.iter());
    let faults = std::sync::Mutex::new(Vec::new());
    let blanks = Blanks { keys: &["timestamp_arrival"], marker_times: true };
    let each = |case: &Case| {
        let (golden, router) = pmbmpd::run(case)?;
        let format = "pmacct-json?extra=none&compat=1.7.7";
        let ours = decoded(&["--format", format, "--router", &router], &case.stream);
        compare(&case.name, "1.7.7", &golden, &ours, &blanks)
    };
    let worker = || {
        loop {
            let Some(case) = work.lock().unwrap().next() else { break };
            faults.lock().unwrap().extend(each(case).err());
        }
    };
    std::thread::scope(|threads| (0..8).for_each(|_| drop(threads.spawn(worker))));
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
