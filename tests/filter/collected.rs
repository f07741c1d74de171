//! `collect` with filters: each output has its own, and counts what it keeps back.

use rustix::process::Signal;

use crate::collector::{
    Collector, Receiver, Router, Scratch, assert_gap_free, assert_same, await_some, by_router, key,
    lines, run, stripped, synthetic,
};

/// What the sysNames of synthetic routers begin with.
const SYNTHETIC_NAME: &str = "ribcage-load";

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

/// What `decode` gives with a filter.
fn decoded(stream: &[u8], filter: &str, format: &str) -> Vec<u8> {
    let decode = crate::collector::ribcage(&["decode", "--filter", filter, "-F", format]);
    let output = run(decode, stream);
    assert!(output.status.success());
    output.stdout
}

/// The forms that the manual names: behind the URL and before it, alone and among other options, of
/// files and of sockets, in a table.
#[test]
fn a_filter_works_wherever_it_may_stand() {
    let scratch = Scratch::new();
    let stream = synthetic(0, 2, 400);
    let [behind, before, among] = ["behind", "before", "among"].map(|name| scratch.file(name));
    let (table, relays) = (scratch.file("table"), [Receiver::tcp(), Receiver::tcp()]);
    let filter = "router-name = NAME-* and (prefix-length = 24 or message = peer-up)"
        .replace("NAME", SYNTHETIC_NAME);
    let views = "view = adj-rib-in-post or view = loc-rib";
    let outputs = [
        format!("pmacct-json=file:{behind}?name=behind&filter={filter}"),
        format!("pmacct-json?filter={filter}=file:{before}?name=before"),
        format!("pmacct-json?filter={filter}&name=among=file:{among}"),
        format!("bmp={}?name=relay&filter={views}", relays[0].url()),
        format!("bmp?name=other&filter={views}={}", relays[1].url()),
    ];
    let typed: Vec<&str> = outputs.iter().flat_map(|output| ["-o", output.as_str()]).collect();
    let text = format!(
        "listen = \"127.0.0.1:0\"\n[[output]]\nformat = \"pmacct-json\"\n\
         url = \"file:{table}\"\nfilter = \"{filter}\"\n"
    );
    let config = scratch.holding("ribcage.toml", text.as_bytes());
    let collectors = [Collector::start(&typed), Collector::start(&["--config", &config])];
    let players: Vec<_> = collectors
        .iter()
        .map(|collector| Router::connect(collector.address).play(stream.clone()))
        .collect();
    let relayed = relays.each_ref().map(Receiver::read_all);
    assert!(players.into_iter().all(|player| player.join().unwrap()));
    for path in [&behind, &before, &among, &table] {
        await_some("log_close", || {
            std::fs::read_to_string(path).unwrap_or_default().contains("log_close").then_some(())
        });
    }
    for collector in collectors {
        assert_eq!(collector.stop().status.code(), Some(0));
    }
    let lines_of = |octets: &[u8]| -> Vec<String> {
        lines(octets).iter().map(|line| stripped(line)).collect()
    };
    let want = lines_of(&decoded(&stream, &filter, "pmacct-json"));
    let all = lines_of(&decoded(&stream, "router = 0.0.0.0/0", "pmacct-json"));
    assert!(want.len() > 10 && want.len() < all.len(), "{} of {}", want.len(), all.len());
    for path in [&behind, &before, &among, &table] {
        assert_same(path, &lines_of(&std::fs::read(path).unwrap()), &want);
    }
    let want = decoded(&stream, views, "bmp");
    assert!(!want.is_empty() && want.len() < stream.len());
    for octets in relayed {
        assert!(octets.join().unwrap() == want);
    }
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
        std::thread::sleep(std::time::Duration::from_secs(1));
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
