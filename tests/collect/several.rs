use std::collections::{BTreeMap, BTreeSet};

use crate::collector::{
    Collector, Router, Scratch, assert_gap_free, assert_same, await_some, by_router, expected,
    field, key, lines, skipped, synthetic,
};

#[test]
fn two_reactors_two_writers_four_routers_two_outputs() {
    let cores: Vec<String> =
        core_affinity::get_core_ids().unwrap().iter().map(|core| core.id.to_string()).collect();
    if cores.len() < 2 {
        return skipped("several cores", "this process has one CPU");
    }
    // Reactors and writers have CPUs of their own: two each where there are four.
    let (reactors, writers) = cores.split_at(2.min(cores.len() - 1));
    let writers = &writers[..2.min(writers.len())];
    if cores.len() < 4 {
        let (r, w) = (reactors.len(), writers.len());
        skipped("two reactors and two writers", format!("{r} and {w} on {} CPUs", cores.len()));
    }
    let scratch = Scratch::new();
    let paths = [scratch.file("one.json"), scratch.file("two.json")];
    let outputs: Vec<String> =
        paths.iter().map(|path| format!("pmacct-json=file:{path}")).collect();
    let lists = [reactors.join(","), writers.join(",")];
    let mut args = vec!["--reactor-cores", &lists[0], "--writer-cores", &lists[1]];
    args.extend(outputs.iter().flat_map(|output| ["-o", output]));
    let collector = Collector::start(&args);
    let line = collector.wait_line("the placement", |l| l.contains(" placement reactors="));
    assert_eq!([key(&line, "reactors"), key(&line, "writers")], [&lists[0], &lists[1]]);
    let address = collector.address;

    let streams: Vec<_> = (0..4).map(|number| synthetic(number, 2, 2_000)).collect();
    let routers: Vec<_> = streams.iter().map(|_| Router::connect(address)).collect();
    let ports: Vec<u16> = routers.iter().map(Router::port).collect();
    let senders: Vec<_> =
        routers.into_iter().zip(&streams).map(|(router, s)| router.play(s.clone())).collect();
    for sender in senders {
        assert!(sender.join().unwrap());
    }
    let expected: BTreeMap<u16, Vec<String>> =
        ports.iter().zip(&streams).map(|(port, stream)| (*port, expected(stream))).collect();
    await_some("log_close of every router", || {
        let text = std::fs::read_to_string(&paths[0]).unwrap_or_default();
        (text.matches("log_close").count() == streams.len()).then_some(())
    });
    let log = collector.log();
    let used: BTreeSet<_> = log.iter().filter_map(|l| field_of(l, "reactor=")).collect();
    let all = (0..reactors.len()).map(|index| index.to_string()).collect();
    assert_eq!(used, all, "each reactor has sessions");
    assert_eq!(collector.stop().status.code(), Some(0));

    for path in &paths {
        let got = lines(&std::fs::read(path).unwrap());
        assert_gap_free(&got);
        assert_markers(&got, &ports);
        let got = by_router(&got);
        for (port, expected) in &expected {
            assert_same(&format!("{path}, router {port}"), &got[port], expected);
        }
    }
}

/// Each router's first line is log_init and its last one log_close, and there is one of each.
#[track_caller]
fn assert_markers(lines: &[String], ports: &[u16]) {
    for port in ports {
        let port = port.to_string();
        let own = |line: &&String| field(line, "bmp_router_port") == Some(&port);
        let mut events: Vec<_> =
            lines.iter().filter(own).map(|line| field(line, "event_type").unwrap()).collect();
        assert_eq!((events.first(), events.last()), (Some(&"log_init"), Some(&"log_close")));
        events.retain(|event| ["log_init", "log_close"].contains(event));
        assert_eq!(events.len(), 2);
    }
}

/// The value of a log line's key.
fn field_of(line: &str, key: &str) -> Option<String> {
    let (_, value) = line.split_once(&format!(" {key}"))?;
    value.split(' ').next().map(str::to_owned)
}
