//! The collector as a process: its clock runs while nothing comes, and it has the last word.

use super::feed::Message;
use crate::collector::{Collector, Router, Scratch, await_some, synthetic};

/// Objects with their actions, as far as they are in a file by now.
fn said(path: &str) -> Vec<(String, Vec<String>)> {
    let octets = std::fs::read(path).unwrap_or_default();
    let mut left = &octets[..];
    let next = || Message::read(&mut left);
    std::iter::from_fn(next)
        .map(|m| (format!("{} {}", m.object, m.rows[0][0]), m.rows[0].clone()))
        .collect()
}

fn wait_for(path: &str, what: &str) {
    await_some(what, || {
        let octets = std::fs::read(path).unwrap_or_default();
        let [object, action] = <[&str; 2]>::try_from(what.split(' ').collect::<Vec<_>>()).unwrap();
        let text = String::from_utf8_lossy(&octets);
        let mut messages = text.split("V: 1.7\n");
        let is_it = |m: &str| {
            m.contains(&format!("T: {object}\n")) && m.contains(&format!("\n\n{action}\t"))
        };
        messages.any(is_it).then_some(())
    });
}

#[test]
fn the_first_and_the_last_word_are_the_collectors() {
    let scratch = Scratch::new();
    let path = scratch.file("all.obmp");
    let output = format!("openbmp?admin-id=lab&heartbeat=1s=file:{path}");
    let collector = Collector::start(&["-o", &output]);
    wait_for(&path, "collector started");
    wait_for(&path, "collector heartbeat");
    let mut router = Router::connect(collector.address);
    router.send(&synthetic(0, 1, 10));
    wait_for(&path, "collector change");
    wait_for(&path, "unicast_prefix add");
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));
    let said = said(&path);
    let at = |what: &str| said.iter().position(|(said, _)| said == what).expect(what);
    let order = [
        "collector started",
        "collector heartbeat",
        "router init",
        "peer up",
        "base_attribute add",
        "unicast_prefix add",
        "peer down",
        "router term",
        "collector stopped",
    ];
    assert!(order.map(at).is_sorted(), "{said:?}");
    assert_eq!((at("collector started"), at("collector stopped")), (0, said.len() - 1));
    assert_eq!(said[at("collector change")].1[4], "127.0.0.1");
    let numbers = said.iter().filter(|(s, _)| s.starts_with("collector")).map(|(_, row)| &row[1]);
    assert!(numbers.enumerate().all(|(i, number)| *number == i.to_string()), "{said:?}");
}
