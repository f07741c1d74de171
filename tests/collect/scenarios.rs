use std::collections::BTreeMap;

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
