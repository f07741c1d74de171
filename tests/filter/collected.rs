//! `collect` with filters: each output has its own, and counts what it keeps back.

use rustix::process::Signal;

use crate::collector::{
    Collector, Router, Scratch, assert_gap_free, assert_same, await_some, by_router, key, lines,
    run, stripped, synthetic,
};

#[test]
fn each_output_shows_what_its_filter_and_the_commands_say() {
    let scratch = Scratch::new();
    let stream = synthetic(0, 2, 500);
    let (all, one, bmp) = (scratch.file("all"), scratch.file("one"), scratch.file("{session}.bmp"));
    let command = "not message in (statistics, termination)";
    let own = "prefix-length in 20..24 or message = peer-up";
    let collector = Collector::start(&[
        "--filter",
        command,
        "-o",
        &format!("pmacct-json=file:{all}?name=all"),
        "-o",
        &format!("pmacct-json=file:{one}?name=one&filter={own}"),
        "-o",
        &format!("bmp=file:{bmp}?name=bmp&filter=message = initiation"),
    ]);
    let router = Router::connect(collector.address);
    let port = router.port();
    assert!(router.play(stream.clone()).join().unwrap());
    await_some("log_close", || {
        let ends = |path| std::fs::read_to_string(path).unwrap_or_default().contains("log_close");
        (ends(&all) && ends(&one)).then_some(())
    });
    collector.signal(Signal::USR1);
    let status = |output: &str| {
        let line = collector.wait_line("the status", |line| {
            line.contains(" status ") && line.contains(&format!(" output={output} "))
        });
        let count = |name| key(&line, name).parse::<u64>().unwrap();
        (count("filtered_records"), count("taken_records"))
    };
    let [all_status, one_status, bmp_status] = ["all", "one", "bmp"].map(status);
    assert_eq!(collector.stop().status.code(), Some(0));

    let decoded = |filter: &str| -> Vec<String> {
        let decode = crate::collector::ribcage(&["decode", "--filter", filter]);
        let output = run(decode, &stream);
        lines(&output.stdout).iter().map(|line| stripped(line)).collect()
    };
    let both = format!("{command} and ({own})");
    for (path, filter) in [(&all, command), (&one, &both)] {
        let got = lines(&std::fs::read(path).unwrap());
        assert_gap_free(&got);
        assert_same(filter, &by_router(&got)[&port], &decoded(filter));
    }
    assert!(decoded(command).len() > decoded(&both).len() && decoded(&both).len() > 10);
    // Of all messages one Initiation is left, with the markers.
    assert_eq!(bmp_status.1 - bmp_status.0, 3);
    assert!(all_status.0 < one_status.0 && one_status.0 < one_status.1, "{one_status:?}");
    let relayed = std::fs::read_dir(std::path::Path::new(&bmp).parent().unwrap()).unwrap();
    let relayed = relayed.filter_map(|entry| Some(entry.ok()?.path()));
    let relayed: Vec<_> = relayed.filter(|path| path.extension().is_some()).collect();
    assert_eq!(relayed.len(), 1);
    let octets = std::fs::read(&relayed[0]).unwrap();
    let len = u32::from_be_bytes([octets[1], octets[2], octets[3], octets[4]]) as usize;
    assert_eq!((octets[5], octets.len()), (4, len));
}

/// No format looks into UPDATEs here, but a filter does.
#[test]
fn updates_are_decoded_where_a_filter_asks_for_what_they_hold() {
    let scratch = Scratch::new();
    let stream = synthetic(0, 1, 300);
    let path = scratch.file("{router}.bmp");
    let output = format!("bmp=file:{path}?filter=message = end-of-rib");
    let collector = Collector::start(&["-o", &output]);
    assert!(Router::connect(collector.address).play(stream).join().unwrap());
    let file = path.replace("{router}", "127.0.0.1");
    let octets = await_some("the file", || std::fs::read(&file).ok().filter(|o| !o.is_empty()));
    assert_eq!(collector.stop().status.code(), Some(0));
    assert_eq!(octets[5], 0, "Route Monitoring");
    assert!(octets.len() < 1_000, "{} octets of End-of-RIB markers", octets.len());
}

/// A session that is open when the first filter by name comes is known by the name that it has
/// told.
#[test]
fn a_first_filter_by_name_knows_sessions_that_are_open() {
    let scratch = Scratch::new();
    let stream = synthetic(0, 1, 300);
    let path = scratch.file("out.json");
    let config = |filter: &str| {
        format!(
            "listen = \"127.0.0.1:0\"\n[[output]]\nformat = \"pmacct-json\"\n\
             url = \"file:{path}\"\n{filter}\n"
        )
    };
    let file = scratch.holding("ribcage.toml", config("").as_bytes());
    let collector = Collector::start(&["--config", &file]);
    let half = stream.len() / 2;
    let mut router = Router::connect(collector.address);
    router.send(&stream[..half]);
    await_some("routes", || {
        std::fs::read_to_string(&path).unwrap_or_default().contains("\"update\"").then_some(())
    });
    std::fs::write(&file, config("filter = \"router-name = somebody-else\"")).unwrap();
    collector.signal(Signal::USR2);
    collector.wait_event("config-reloaded");
    // What was read before may still be written.
    let settled = || std::fs::read(&path).unwrap().len();
    let mut before = settled();
    await_some("quiet", || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let now = settled();
        (std::mem::replace(&mut before, now) == now).then_some(())
    });
    router.send(&stream[half..]);
    router.finish();
    collector.wait_event("session-close");
    assert_eq!(collector.stop().status.code(), Some(0));
    let after = std::fs::read(&path).unwrap().split_off(before);
    let after = lines(&after);
    assert_eq!(after.len(), 1, "{after:?}");
    assert!(after[0].contains("log_close"), "{after:?}");
}
