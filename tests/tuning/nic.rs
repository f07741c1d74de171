use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{has, said, tuning};
use crate::collector::Scratch;

/// A card of four queues with settings in a file: what `ethtool` says of it and does to it.
const ETHTOOL: &str = r#"#!/usr/bin/env bash
. "$NIC_CARD"
case $1 in
-l) printf '%s\n' 'Channel parameters for eth0:' 'Pre-set maximums:' $'RX:\t\tn/a' $'Combined:\t8' \
    'Current hardware settings:' $'RX:\t\tn/a' "Combined: $combined" ;;
-g) printf '%s\n' 'Ring parameters for eth0:' 'Pre-set maximums:' $'RX:\t\t4096' $'TX:\t\t4096' \
    'Current hardware settings:' "RX: $rx" $'TX:\t\t512' ;;
-c) printf '%s\n' "Adaptive RX: $adaptive  TX: off" 'stats-block-usecs: 0' "rx-usecs: $usecs" ;;
-L) combined=$4 ;;
-G) rx=$4 ;;
-C) shift 2
    while [ $# -gt 0 ]; do
        case $1 in adaptive-rx) adaptive=$2 ;; rx-usecs) usecs=$2 ;; esac
        shift 2
    done ;;
esac
echo "combined=$combined rx=$rx adaptive=$adaptive usecs=$usecs" >"$NIC_CARD"
"#;

/// A made-up machine: eight CPUs, and a card with four receive queues and another interrupt.
struct Machine {
    scratch: Scratch,
    ethtool: Option<PathBuf>,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { scratch: Scratch::new(), ethtool: None };
        machine.write("sys/devices/system/cpu/online", "0-7\n");
        let mut interrupts = String::from("      CPU0  CPU1\n 9:  0  0 IO-APIC 9-fasteoi acpi\n");
        for number in 0..5 {
            let name = if number < 4 { format!("TxRx-{number}") } else { "config0".to_owned() };
            let irq = 24 + number;
            interrupts.push_str(&format!(" {irq}:  1  2 PCI-MSI {number}-edge eth0-{name}\n"));
            machine.write(&format!("proc/irq/{irq}/smp_affinity_list"), "0-7\n");
            machine.write(&format!("sys/class/net/eth0/device/msi_irqs/{irq}"), "");
        }
        machine.write("proc/interrupts", &interrupts);
        for queue in 0..4 {
            machine.write(&format!("sys/class/net/eth0/queues/rx-{queue}/rps_cpus"), "000000ff\n");
            machine.write(&format!("sys/class/net/eth0/queues/tx-{queue}/xps_cpus"), "00000000\n");
        }
        machine
    }

    fn with_ethtool() -> Self {
        let mut machine = Self::new();
        let path = machine.scratch.path().join("ethtool");
        fs::write(&path, ETHTOOL).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(machine.card(), "combined=4 rx=512 adaptive=on usecs=3\n").unwrap();
        machine.ethtool = Some(path);
        machine
    }

    fn root(&self) -> PathBuf {
        self.scratch.path().join("tree")
    }

    fn card(&self) -> PathBuf {
        self.scratch.path().join("card")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap().trim().to_owned()
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("NIC_ROOT", self.root()).env("NIC_CARD", self.card());
        match &self.ethtool {
            Some(path) => command.env("NIC_ETHTOOL", path),
            None => command.env_remove("NIC_ETHTOOL"),
        };
        command
    }

    fn nic(&self, arguments: &str) -> Output {
        let mut command = self.command(&tuning("nic"));
        command.args(["--interface", "eth0"]).args(arguments.split_whitespace());
        command.output().unwrap()
    }

    #[track_caller]
    fn done(&self, arguments: &str) -> String {
        let output = self.nic(arguments);
        assert!(output.status.success(), "{arguments}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// All files of the tree but the script's memory, and the card.
    fn everything(&self) -> BTreeMap<PathBuf, String> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.root()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.root()).unwrap().to_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if !name.starts_with("run") {
                    all.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        all.insert("card".into(), fs::read_to_string(self.card()).unwrap_or_default());
        all
    }
}

const SETTINGS: &str = "--cpus 2-3 --coalesce 20 --rps 0,1,33";

#[test]
fn what_is_set_is_undone_and_the_dry_run_does_the_same() {
    if !has("what_is_set_is_undone_and_the_dry_run_does_the_same", "bash", &["--version"]) {
        return;
    }
    let (applied, dry) = (Machine::with_ethtool(), Machine::with_ethtool());
    let before = applied.everything();
    applied.done(SETTINGS);
    assert_eq!(applied.read("proc/irq/24/smp_affinity_list"), "2");
    assert_eq!(applied.read("proc/irq/25/smp_affinity_list"), "3");
    assert_eq!(applied.read("proc/irq/27/smp_affinity_list"), "3");
    assert_eq!(applied.read("proc/irq/28/smp_affinity_list"), "0-7", "no receive queue");
    assert_eq!(applied.read("sys/class/net/eth0/queues/rx-1/rps_cpus"), "00000002,00000003");
    assert_eq!(applied.read("sys/class/net/eth0/queues/tx-3/xps_cpus"), "00000008");
    let card = fs::read_to_string(applied.card()).unwrap();
    assert_eq!(card, "combined=2 rx=4096 adaptive=off usecs=20\n");
    let dropin = "etc/systemd/system/irqbalance.service.d/90-ribcage-eth0.conf";
    let bans = applied.read(dropin);
    assert!(bans.ends_with("--banirq=24 --banirq=25 --banirq=26 --banirq=27"), "{bans}");
    let after = applied.everything();

    // The dry run changes nothing; what it prints does the same.
    let script = dry.done(&format!("{SETTINGS} --dry-run"));
    assert_eq!(dry.everything(), before);
    let path = dry.scratch.holding("script.sh", script.as_bytes());
    let output = dry.command(Path::new("sh")).arg(path).output().unwrap();
    assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
    assert_eq!(dry.everything(), after);

    // Once more, and with something else in between: undo leads back to the beginning.
    applied.done(SETTINGS);
    assert_eq!(applied.everything(), after);
    applied.done("--cpus 5 --rps off --xps off");
    assert_eq!(applied.read("sys/class/net/eth0/queues/rx-1/rps_cpus"), "00000000");
    let script = applied.done("--undo --dry-run");
    assert!(script.contains("put '/proc/irq/24/smp_affinity_list' '0-7'"), "{script}");
    applied.done("--undo");
    assert_eq!(applied.everything(), before);
    let output = applied.nic("--undo");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("nothing to undo"));
}

#[test]
fn without_ethtool_the_rest_is_done() {
    if !has("without_ethtool_the_rest_is_done", "bash", &["--version"]) {
        return;
    }
    let machine = Machine::new();
    let output = machine.nic("--cpus 0,4");
    assert!(output.status.success() && said(&output).contains("no ethtool"), "{}", said(&output));
    assert_eq!(machine.read("proc/irq/25/smp_affinity_list"), "4");
    let output = machine.nic("--cpus 4 --queues keep --ring keep");
    assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
    assert_eq!(machine.read("proc/irq/24/smp_affinity_list"), "4", "0,4 is not 4");
}

#[test]
fn a_mistake_is_told_before_anything_is_touched() {
    if !has("a_mistake_is_told_before_anything_is_touched", "bash", &["--version"]) {
        return;
    }
    let machine = Machine::with_ethtool();
    let before = machine.everything();
    for (arguments, part) in [
        ("", "--cpus"),
        ("--cpus 3-1", "write 0-3,8"),
        ("--cpus 9", "no CPU 9"),
        ("--cpus 1 --queues none", "write a number"),
        ("--cpus 1 --ring big", "write a number"),
        ("--cpus 1 --rps maybe", "list of CPUs"),
        ("--cpus 1 --xps maybe", "on, off or keep"),
        ("--cpus 1 --interface eth9", "no card eth9"),
        ("--cpus 1 --state /dev/null/x", "--state"),
        ("--bogus", "--help"),
    ] {
        let output = machine.nic(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {}", said(&output));
        assert!(said(&output).contains(part), "{arguments}: {}", said(&output));
        assert_eq!(machine.everything(), before, "{arguments}");
    }
}

#[test]
fn what_cannot_be_set_is_told_and_the_rest_is_done() {
    if !has("what_cannot_be_set_is_told_and_the_rest_is_done", "bash", &["--version"]) {
        return;
    }
    let machine = Machine::with_ethtool();
    fs::remove_dir_all(machine.root().join("proc/irq/25")).unwrap();
    let output = machine.nic("--cpus 6");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("/proc/irq/25/smp_affinity_list"), "{}", said(&output));
    assert_eq!(machine.read("proc/irq/26/smp_affinity_list"), "6");
}

#[test]
fn the_script_passes_its_linter() {
    if !has("the_script_passes_its_linter", "shellcheck", &["--version"]) {
        return;
    }
    let output = Command::new("shellcheck").arg(tuning("nic")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}
