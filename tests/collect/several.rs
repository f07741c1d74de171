use std::collections::BTreeMap;
use std::time::Duration;

use ribcage::engine::{Command, Control, Engine, EngineConfig};
use ribcage::output::{OutputSpec, open_outputs};

use crate::collector::{
    Router, Scratch, assert_gap_free, assert_same, await_some, by_router, expected, field, lines,
    ribcage, run, synthetic,
};

/// The library's engine: the command line refuses lists that share CPUs, and a small machine has too
/// few for two of each.
fn engine(outputs: &[String], cores: &[usize]) -> Engine {
    let specs = OutputSpec::parse_all(outputs).unwrap();
    let config = EngineConfig {
        reactor_cores: cores.to_vec(),
        writer_cores: cores.to_vec(),
        batch_memory: 64 << 20,
        flush_interval: Duration::from_millis(10),
        max_frame: 1 << 20,
        drain_timeout: Duration::from_secs(60),
    };
    Engine::start(config, open_outputs(&specs).unwrap()).unwrap()
}

#[test]
fn two_reactors_two_writers_four_routers_two_outputs() {
    let cores: Vec<usize> =
        core_affinity::get_core_ids().unwrap().iter().take(2).map(|core| core.id).collect();
    if cores.len() < 2 {
        return eprintln!("skipped: two reactors need two CPUs, this process has {}", cores.len());
    }
    let scratch = Scratch::new();
    let paths = [scratch.file("one.json"), scratch.file("two.json")];
    let outputs: Vec<String> =
        paths.iter().map(|path| format!("pmacct-json=file:{path}")).collect();
    let engine = engine(&outputs, &cores);
    let listener = ribcage::net::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let control = Control::new().unwrap();
    let stopper = control.clone();
    let running = std::thread::spawn(move || engine.run(vec![listener], &control, &|| ()));

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
    stopper.send(Command::Stop);
    let outcome = running.join().unwrap();
    assert!(outcome.is_clean(), "{outcome:?}");

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

#[test]
fn lists_that_share_cpus_are_refused_where_there_is_a_choice() {
    let output = run(ribcage(&["collect", "--reactor-cores", "0,1", "--writer-cores", "0,1"]), b"");
    let text = String::from_utf8(output.stderr).unwrap();
    if core_affinity::get_core_ids().unwrap().len() < 2 {
        return eprintln!("skipped: one CPU leaves no choice");
    }
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("in both --reactor-cores and --writer-cores"), "{text}");
}
