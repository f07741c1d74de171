use serde_json::Value;

use crate::collector::{Collector, key, ribcage, ribcage_under, run, skipped};

/// The CPUs that this process may use.
fn allowed() -> Vec<String> {
    let cores = core_affinity::get_core_ids().unwrap();
    cores.iter().map(|core| core.id.to_string()).collect()
}

/// Runs something that ends by itself: its exit code and what it says on both streams.
fn said(command: std::process::Command) -> (Option<i32>, String, String) {
    let output = run(command, b"");
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_cpu_in_both_lists_is_refused_with_lists_that_work() {
    let cpus = allowed();
    let [first, _, ..] = &cpus[..] else {
        return skipped("a CPU in both lists", "this process has one CPU");
    };
    let args = ["collect", "-o", "bmp=null:", "--reactor-cores", first, "--writer-cores", first];
    let (code, _, text) = said(ribcage(&args));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains(&format!("CPU {first} is in both")), "{text}");
    let instead = text.trim_end().split_once("such as ").expect("lists that would be right").1;
    let mut args = vec!["-o", "bmp=null:"];
    args.extend(instead.split(' '));
    let collector = Collector::start(&args);
    let line = collector.wait_line("the placement", |l| l.contains(" placement reactors="));
    assert_eq!([key(&line, "reactors"), key(&line, "writers")], [args[3], args[5]]);
    assert!(line.contains("asked for by --reactor-cores"), "{line}");
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn where_one_cpu_is_allowed_it_may_be_in_both_lists() {
    let cpus = allowed();
    let wrapper = ["taskset", "-c", &cpus[0]];
    if said(ribcage_under(&wrapper, &["--version"])).0 != Some(0) {
        return skipped("one CPU", "there is no `taskset`");
    }
    let args = ["-o", "bmp=null:", "--reactor-cores", &cpus[0], "--writer-cores", &cpus[0]];
    let collector = Collector::start_under(&wrapper, &args);
    let line = collector.wait_line("the placement", |l| l.contains(" placement reactors="));
    assert!(line.contains("reactor and writer share it"), "{line}");
    assert_eq!(collector.stop().status.code(), Some(0));
    // Any other is outside of the mask, or not there.
    let other = cpus.get(1).map_or("4000", String::as_str);
    let args = ["collect", "-o", "bmp=null:", "--reactor-cores", other];
    let (code, _, text) = said(ribcage_under(&wrapper, &args));
    assert_eq!(code, Some(2), "{text}");
    let words = if cpus.len() > 1 { "affinity mask" } else { "online" };
    assert!(text.contains(words) && text.contains(other), "{text}");
    let (code, text, _) = said(ribcage_under(&wrapper, &["plan"]));
    assert_eq!(code, Some(0));
    assert!(text.contains(&format!("--reactor-cores {0} --writer-cores {0}", cpus[0])), "{text}");
}

#[test]
fn lists_without_a_cpu_are_refused() {
    for flag in ["--reactor-cores", "--writer-cores"] {
        let (code, _, text) = said(ribcage(&["collect", "-o", "bmp=null:", flag, ""]));
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(flag) && text.contains("0-3"), "{text}");
    }
    let cpus = allowed();
    if cpus.len() > 1 {
        let args = ["collect", "-o", "bmp=null:", "--reactor-cores", &cpus.join(",")];
        let (code, _, text) = said(ribcage(&args));
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("leaves none") && text.contains("name fewer"), "{text}");
    }
}

#[test]
fn a_plan_is_accepted_by_collect() {
    let (code, text, _) = said(ribcage(&["plan", "--json"]));
    assert_eq!(code, Some(0));
    let plan: Value = serde_json::from_str(&text).unwrap();
    let command = plan["command"].as_str().unwrap();
    let mut args = vec!["-o", "bmp=null:"];
    args.extend(command.strip_prefix("ribcage collect ").unwrap().split(' '));
    let collector = Collector::start(&args);
    collector.wait_line("the placement", |l| l.contains(" placement reactors="));
    assert_eq!(collector.stop().status.code(), Some(0));
}

#[test]
fn a_plan_of_lists_is_what_collect_would_do_with_them() {
    let (code, _, text) = said(ribcage(&["plan", "--check", "--reactor-cores", "4000"]));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("CPU 4000 is offline"), "{text}");
    let cpus = allowed();
    let last = cpus.last().unwrap();
    let (code, text, _) = said(ribcage(&["plan", "--json", "--reactor-cores", last]));
    assert_eq!(code, Some(0), "{text}");
    let plan: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["placement"]["reactors"][0].to_string(), *last);
}

#[test]
fn the_manual_names_every_key_and_check() {
    let page = crate::source::read("src/manual/placement.rs");
    let mut missing = Vec::new();
    let mut look = |word: &str| {
        if !page.contains(&format!("`{word}`")) {
            missing.push(word.to_owned());
        }
    };
    let (_, text, _) = said(ribcage(&["plan", "--json"]));
    let plan: Value = serde_json::from_str(&text).unwrap();
    plan.as_object().unwrap().keys().for_each(|key| look(key));
    plan["topology"].as_object().unwrap().keys().for_each(|key| look(key));
    plan["cgroup"].as_object().unwrap().keys().for_each(|key| look(key));
    let (_, text, _) = said(ribcage(&["plan", "--check", "--json"]));
    let report: Value = serde_json::from_str(&text).unwrap();
    report.as_object().unwrap().keys().for_each(|key| look(key));
    for finding in report["findings"].as_array().unwrap() {
        look(finding["name"].as_str().unwrap());
        finding.as_object().unwrap().keys().for_each(|key| look(key));
    }
    assert!(missing.is_empty(), "src/manual/placement.rs does not name {missing:?}");
}

#[test]
fn the_exit_code_of_a_check_tells_whether_something_matters() {
    let (code, text, _) = said(ribcage(&["plan", "--check", "--json"]));
    let report: Value = serde_json::from_str(&text).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let matters = findings.iter().filter(|finding| finding["severity"] == "matters").count();
    assert_eq!(report["matters"], matters);
    assert_eq!(code, Some(i32::from(matters > 0)), "{text}");
    assert!(findings.iter().all(|finding| finding["seen"].is_string()));
    let (again, text, _) = said(ribcage(&["plan", "--check"]));
    assert_eq!(again, code, "{text}");
    // Too few open files are this process's own doing, so they can be arranged.
    let wrapper = ["prlimit", "--nofile=1024:1024"];
    if said(ribcage_under(&wrapper, &["--version"])).0 != Some(0) {
        return skipped("too few open files", "there is no `prlimit`");
    }
    let (code, text, _) = said(ribcage_under(&wrapper, &["plan", "--check"]));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("matters  open-files: at most 1024\n"), "{text}");
}

#[test]
fn a_container_that_hides_the_machine_is_no_obstacle() {
    let hide = "mount -t tmpfs none /sys && exec \"$0\" \"$@\"";
    let wrapper = ["unshare", "-rm", "sh", "-c", hide];
    if said(ribcage_under(&wrapper, &["--version"])).0 != Some(0) {
        return skipped("a hidden machine", "/sys cannot be covered here");
    }
    let (code, text, _) = said(ribcage_under(&wrapper, &["plan"]));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("names no CPUs") && text.contains("--reactor-cores"), "{text}");
    let (_, text, _) = said(ribcage_under(&wrapper, &["plan", "--check"]));
    assert!(text.contains("unknown  clock-source: hidden\n"), "{text}");
    let collector = Collector::start_under(&wrapper, &["-o", "bmp=null:"]);
    let line = collector.wait_line("the placement", |l| l.contains(" placement reactors="));
    let pinned = format!("\nCpus_allowed_list:\t{}\n", key(&line, "reactors"));
    let threads = std::fs::read_dir(format!("/proc/{}/task", collector.pid())).unwrap();
    let is_pinned_reactor = |path: std::path::PathBuf| {
        let status = std::fs::read_to_string(path.join("status")).unwrap_or_default();
        status.contains("Name:\treactor") && status.contains(&pinned)
    };
    let one_reactor = !key(&line, "reactors").contains(',');
    let found = threads.flatten().filter(|thread| is_pinned_reactor(thread.path())).count();
    assert!(found > 0 || !one_reactor, "no reactor thread is pinned");
    assert_eq!(collector.stop().status.code(), Some(0));
}
