use std::fs;
use std::path::{Path, PathBuf};

use crate::collector::{
    Collector, Router, Scratch, assert_same, by_router, expected, lines, shared,
};

/// Every file below `dir` whose name ends in `end`.
fn files(dir: &Path, end: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, end, found);
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
}

#[test]
fn recorded_routers_over_tcp_give_what_decode_gives() {
    let Some(shared) = shared("recorded routers over TCP") else { return };
    let mut paths = Vec::new();
    files(&shared.join("data/pmacct"), ".bin", &mut paths);
    files(&shared.join("data/captures"), ".bmp", &mut paths);
    paths.sort();
    assert!(paths.len() > 5, "only {} streams in {}", paths.len(), shared.display());

    let scratch = Scratch::new();
    let out = scratch.file("all.json");
    let collector = Collector::start(&["-o", &format!("pmacct-json=file:{out}")]);
    let mut sent = Vec::new();
    for path in &paths {
        let stream = fs::read(path).unwrap();
        if stream.first() != Some(&3) {
            continue; // another version of BMP, or none
        }
        let router = Router::connect(collector.address);
        let port = router.port();
        assert!(router.play(stream.clone()).join().unwrap(), "{}", path.display());
        sent.push((path, port, stream));
    }
    collector.wait_events("session-close", sent.len());
    let ended = collector.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log.join("\n"));

    let got = by_router(&lines(&fs::read(&out).unwrap()));
    for (path, port, stream) in sent {
        assert_same(&path.display().to_string(), &got[&port], &expected(&stream));
    }
}
