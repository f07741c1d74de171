use std::fs;
use std::path::Path;

use ribcage::cli::args::{Command, HelpTables, parse};
use ribcage::config::CollectConfig;
use ribcage::config::output::OutputSetting;
use ribcage::output::OutputSpec;

use super::{skipped, tuning};

/// The value of a variable in an environment file: in double quotes, with backslashes doubled.
fn variable(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    let value = line.strip_prefix('"')?.strip_suffix('"')?;
    assert!(!value.contains(['"', '\\', '$', '\'']), "{value}: what a shell would change");
    Some(value.to_owned())
}

/// What `ribcage collect` makes of the words that systemd splits `$RIBCAGE_OPTS` into.
#[track_caller]
fn collect(options: &str) -> CollectConfig {
    let words = ["ribcage", "--color", "never", "collect"];
    let words = words.into_iter().chain(options.split_whitespace());
    let cli = parse(HelpTables::default(), words).unwrap_or_else(|e| panic!("{options}: {e}"));
    let Command::Collect(args) = cli.command else { panic!("{options}") };
    let config = CollectConfig::new(args.into()).unwrap_or_else(|e| panic!("{options}: {e}"));
    let outputs: Vec<_> = config.outputs.iter().map(OutputSetting::text).collect();
    OutputSpec::parse_all(&outputs).unwrap_or_else(|e| panic!("{options}: {e}"));
    config
}

#[test]
fn every_profile_is_a_command_line() {
    let readme = fs::read_to_string(tuning("README.md")).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(tuning("profiles")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let options = variable(&text, "RIBCAGE_OPTS").expect("RIBCAGE_OPTS=\"…\"");
        let config = collect(&options);
        assert!(
            !config.outputs.iter().any(|o| o.text().contains("stdout:")),
            "{name}: the journal"
        );
        assert!(text.contains("What to expect"), "{name} says nothing of what to expect");
        assert!(readme.contains(&format!("profiles/{name}")), "README.md does not name {name}");
        let others = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        assert_eq!(others.count(), 1, "{name}: one line counts");
        seen += 1;
    }
    assert!(seen >= 4);
}

#[test]
fn the_unit_has_a_command_line_without_a_profile() {
    let unit = fs::read_to_string(tuning("ribcage.service")).unwrap();
    let line = unit.lines().find_map(|line| line.strip_prefix("Environment=\"RIBCAGE_OPTS="));
    let options = line.unwrap().strip_suffix('"').unwrap().replace("%%", "%");
    assert!(collect(&options).outputs[0].text().contains("/var/lib/ribcage/%Y"));
    let config = CollectConfig::default();
    let stop = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
    let stop: u64 = stop.parse().unwrap();
    assert!(stop > config.drain_timeout.as_secs() + 2, "killed while it drains");
    for profile in fs::read_dir(tuning("profiles")).unwrap() {
        let text = fs::read_to_string(profile.unwrap().path()).unwrap();
        let config = collect(&variable(&text, "RIBCAGE_OPTS").unwrap());
        assert!(stop > config.drain_timeout.as_secs() + 2, "killed while it drains: {text}");
    }
}

#[test]
fn every_kernel_setting_has_its_reason_and_its_file() {
    let text = fs::read_to_string(tuning("sysctl.d/90-ribcage.conf")).unwrap();
    let (mut seen, mut has_reason) = (0, false);
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            has_reason = line.starts_with('#');
            continue;
        }
        // One reason may stand above two lines that belong together.
        assert!(has_reason, "no reason stands above: {line}");
        let (key, value) = line.split_once(" = ").unwrap_or_else(|| panic!("{line}"));
        assert!(!value.is_empty() && value.split(' ').all(|n| n.parse::<u64>().is_ok()), "{line}");
        let (key, may_be_missing) = key.strip_prefix('-').map_or((key, false), |key| (key, true));
        let file = Path::new("/proc/sys").join(key.replace('.', "/"));
        match fs::read_to_string(&file) {
            Ok(now) => assert_eq!(
                now.split_whitespace().count(),
                value.split(' ').count(),
                "{key} has another number of values"
            ),
            Err(_) if may_be_missing => {}
            // Some of the network's settings are those of the first network namespace only.
            Err(error) => skipped(key, format!("{}: {error}", file.display())),
        }
        seen += 1;
    }
    assert!(seen > 10);
}
