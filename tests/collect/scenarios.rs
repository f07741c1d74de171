use std::collections::BTreeMap;

use ribcage::bgp::nlri::FAMILIES;

use crate::collector::{Collector, Scratch, await_some, field, lines, ribcage, run};

/// Routers of one run.
const ROUTERS: u64 = 60;

#[test]
fn a_mixed_run_arrives_to_the_last_route() {
    let scratch = Scratch::new();
    let (path, report) = (scratch.file("out.json"), scratch.file("report.json"));
    let collector = Collector::start(&["-o", &format!("pmacct-json=file:{path}")]);
    let target = collector.address.to_string();
    let routers = ROUTERS.to_string();
    let output = run(
        ribcage(&[
            "load",
            "--target",
            &target,
            "--routers",
            &routers,
            "--peers",
            "2",
            "--prefixes",
            "50",
            "--scenario",
            "churn:rate=2000/s,for=3s",
            "--scenario",
            "flap:every=1s,for=3s",
            "--scenario",
            "storm:times=2,every=1s",
            "--scenario",
            "hot:factor=5",
            "--scenario",
            "slow:routers=2,rate=64KiB/s",
            "--scenario",
            "malformed:per=25",
            "--json",
            &report,
        ]),
        &[],
    );
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let count = |key: &str| report[key].as_u64().unwrap();
    assert_eq!((count("finished"), count("lost"), count("not_connected")), (ROUTERS, 0, 0));
    assert_eq!((count("reconnects"), count("flaps")), (2 * ROUTERS, 3 * ROUTERS));
    assert!(count("malformed") > 100, "{text}");

    let sessions = 3 * ROUTERS;
    await_some("log_close of every session", || {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        (text.matches("\"log_close\"").count() as u64 == sessions).then_some(())
    });
    assert_eq!(collector.stop().status.code(), Some(0));
    let mut events: BTreeMap<String, u64> = BTreeMap::new();
    let mut addresses = std::collections::BTreeSet::new();
    for line in lines(&std::fs::read(&path).unwrap()) {
        let event = field(&line, "event_type").unwrap_or_default();
        let kind = field(&line, "bmp_msg_type").unwrap_or_default();
        *events.entry(format!("{event} {kind}")).or_default() += 1;
        addresses.insert(field(&line, "bmp_router").unwrap_or_default().to_owned());
        if field(&line, "log_type") == Some("update") {
            *events.entry("update".to_owned()).or_default() += 1;
        }
        if field(&line, "log_type") == Some("withdraw") {
            *events.entry("withdraw".to_owned()).or_default() += 1;
        }
    }
    let seen = |key: &str| events.get(key).copied().unwrap_or(0);
    assert_eq!(seen("update"), count("announced"), "{events:?}");
    assert_eq!(seen("withdraw"), count("withdrawn"), "{events:?}");
    assert_eq!(seen("log peer_down"), count("flaps"), "{events:?}");
    assert_eq!(addresses.len() as u64, ROUTERS, "each has an address of its own");
}

#[test]
fn routes_of_every_family_arrive() {
    let scratch = Scratch::new();
    let path = scratch.file("out.json");
    let collector = Collector::start(&["-o", &format!("pmacct-json=file:{path}")]);
    let list: Vec<&str> = FAMILIES.iter().map(|known| known.key).collect();
    // Each family has so many routes of each of two peers, or the table has them in its place.
    let routes = 30;
    let prefixes = (routes * list.len()).to_string();
    let (mut announced, mut withdrawn) = (0, 0);
    for add_path in ["off", "on"] {
        let report = scratch.file(add_path);
        let families = format!("families:list={},add-path={add_path}", list.join("+"));
        let target = collector.address.to_string();
        let args = ["load", "--target", &target, "--peers", "2", "--prefixes", &prefixes, "--json"];
        let churn = ["--scenario", "churn:rate=1000/s,for=1s", "--scenario"];
        let output = run(ribcage(&[&args[..], &[&report], &churn, &[&families]].concat()), &[]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
        announced += report["announced"].as_u64().unwrap();
        withdrawn += report["withdrawn"].as_u64().unwrap();
    }
    await_some("log_close of both sessions", || {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        (text.matches("\"log_close\"").count() == 2).then_some(())
    });
    assert_eq!(collector.stop().status.code(), Some(0));

    let mut seen: BTreeMap<(&str, String, String), u64> = BTreeMap::new();
    let text = lines(&std::fs::read(&path).unwrap());
    for line in &text {
        let kind = field(line, "log_type").unwrap_or("none");
        assert_ne!(kind, "error", "{line}");
        assert!(!line.contains("nlri_raw") && !line.contains("error_handling"), "{line}");
        let number = |key| field(line, key).unwrap_or_default().to_owned();
        *seen.entry((kind, number("afi"), number("safi"))).or_default() += 1;
    }
    let of = |kind| seen.iter().filter(move |(key, _)| key.0 == kind).map(|(_, n)| n).sum::<u64>();
    assert_eq!((of("update"), of("withdraw")), (announced, withdrawn), "{seen:?}");
    for known in FAMILIES {
        let of = |kind| {
            let key = (kind, known.family.afi.to_string(), known.family.safi.to_string());
            seen.get(&key).copied().unwrap_or(0)
        };
        // Two runs of two peers.
        assert!(of("update") >= 2 * 2 * routes as u64 / 3, "{}: {seen:?}", known.name);
    }
}
