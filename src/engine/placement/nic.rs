//! Network interfaces: the node that each is attached to, and the CPUs that serve what it receives.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::tree::{list, names, text};
use crate::config::units::CpuList;

/// A network interface with a device behind it (not a bridge, a bond or a tunnel) that is up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nic {
    /// Its name.
    pub name: String,
    /// The NUMA node of its slot; `None` where the system does not tell.
    pub node: Option<usize>,
    /// How many receive queues it has.
    pub receive_queues: usize,
    /// Its interrupts, ascending.
    pub interrupts: Vec<Interrupt>,
    /// CPUs to which software passes on what was received (RPS).
    pub steered: CpuList,
}

/// An interrupt of a network interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interrupt {
    /// Its number.
    pub number: u32,
    /// The name that its driver gave it; empty where the system hides it.
    pub name: String,
    /// The CPUs that take it.
    pub cpus: CpuList,
    /// Whether it tells of received packets, by its name.
    pub receives: bool,
}

impl Nic {
    /// Reads the interfaces of `sys/class/net` under `root` and their interrupts in `proc`, by
    /// name. What is hidden is left out.
    #[must_use]
    pub fn read_all(root: &Path) -> Vec<Self> {
        let folder = root.join("sys/class/net");
        let mut table = None;
        let nic = |name: String| {
            let path = folder.join(&name);
            let state = text(&path.join("operstate")).unwrap_or_default();
            if !path.join("device").exists() || !matches!(state.as_str(), "up" | "unknown" | "") {
                return None;
            }
            let names = table.get_or_insert_with(|| interrupt_names(root));
            Some(Self::read(root, &path, name, names))
        };
        names(&folder).into_iter().filter_map(nic).collect()
    }

    fn read(root: &Path, path: &Path, name: String, names_of: &BTreeMap<u32, String>) -> Self {
        // Of a virtio interface the device is a part of the PCI function, which has the rest.
        let devices = [path.join("device"), path.join("device/..")];
        let node = devices.iter().find_map(|device| text(&device.join("numa_node")));
        let queues = path.join("queues");
        let receive: Vec<PathBuf> = names(&queues)
            .into_iter()
            .filter(|queue| queue.starts_with("rx-"))
            .map(|queue| queues.join(queue))
            .collect();
        let masks = receive.iter().filter_map(|queue| text(&queue.join("rps_cpus")));
        let mut numbers: Vec<u32> = devices
            .iter()
            .map(|device| names(&device.join("msi_irqs")))
            .find(|numbers| !numbers.is_empty())
            .unwrap_or_default()
            .iter()
            .filter_map(|number| number.parse().ok())
            .collect();
        if numbers.is_empty() {
            let own = names_of.iter().filter(|(_, of)| is_of(of, &name));
            numbers.extend(own.map(|(number, _)| *number));
        }
        numbers.sort_unstable();
        let interrupt = |number| {
            let of = names_of.get(&number).cloned().unwrap_or_default();
            Interrupt {
                number,
                receives: receives(&of, &name),
                cpus: served_by(root, number),
                name: of,
            }
        };
        Self {
            node: node.and_then(|node| node.parse().ok()), // -1: not known
            receive_queues: receive.len(),
            interrupts: numbers.into_iter().map(interrupt).collect(),
            steered: masks.fold(CpuList::default(), |all, mask| all.or(&cpus_of_mask(&mask))),
            name,
        }
    }

    /// The CPUs that serve what it receives.
    #[must_use]
    pub fn receive_cpus(&self) -> CpuList {
        let receiving = self.interrupts.iter().filter(|interrupt| interrupt.receives);
        receiving.fold(self.steered.clone(), |all, interrupt| all.or(&interrupt.cpus))
    }
}

/// The names of the interrupts in `proc/interrupts`: what stands last on each line.
fn interrupt_names(root: &Path) -> BTreeMap<u32, String> {
    let table = text(&root.join("proc/interrupts")).unwrap_or_default();
    let name = |line: &str| {
        let (number, rest) = line.split_once(':')?;
        Some((number.trim().parse().ok()?, rest.split_whitespace().last()?.to_owned()))
    };
    table.lines().filter_map(name).collect()
}

/// The CPUs that take an interrupt: none where it is not in use.
fn served_by(root: &Path, number: u32) -> CpuList {
    let folder = root.join(format!("proc/irq/{number}"));
    let files = ["effective_affinity_list", "smp_affinity_list"];
    let lists = files.iter().filter_map(|file| list(&folder.join(file)).ok().flatten());
    lists.into_iter().next().unwrap_or_default()
}

/// Whether an interrupt of this name is one of the interface's: `eth0`, `eth0-rx-0`, `i40e-eth0-…`.
fn is_of(interrupt: &str, interface: &str) -> bool {
    interrupt.split(['-', ':', '@', ',']).any(|part| part == interface)
}

/// Whether an interrupt tells of received packets. Drivers name them as they like (`eth0-TxRx-3`,
/// `virtio2-input.0`, `mlx5_comp7@pci:…`), so those that tell of something else are left out.
fn receives(interrupt: &str, interface: &str) -> bool {
    const OTHERS: [&str; 8] =
        ["tx", "output", "config", "control", "async", "mgm", "misc", "event"];
    let name = interrupt.to_ascii_lowercase();
    let has_one = |words: &[&str]| words.iter().any(|word| name.contains(word));
    has_one(&["rx", "input"]) || !(has_one(&OTHERS) || interrupt == interface)
}

/// The CPUs of a mask such as `00000000,000000ff`: the last digit has CPUs 0 to 3.
fn cpus_of_mask(mask: &str) -> CpuList {
    let digits = mask.chars().rev().filter_map(|digit| digit.to_digit(16));
    let cpus = digits.enumerate().flat_map(|(place, digit)| {
        (0..4).filter(move |bit| digit >> bit & 1 == 1).map(move |bit| place * 4 + bit)
    });
    cpus.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::super::testing::{Tree, cpus};
    use super::*;

    #[test]
    fn queues_and_interrupts_are_those_of_the_device() {
        let tree = Tree::new("nic")
            .nic(
                "eth0",
                1,
                &[(60, "eth0", "0"), (61, "eth0-TxRx-0", "4"), (62, "eth0-TxRx-1", "6")],
            )
            .file("sys/class/net/eth0/queues/rx-1/rps_cpus", "00000001,00000100")
            .file("sys/class/net/lo/operstate", "unknown")
            .nic("eth1", 0, &[(70, "eth1-rx-0", "2")])
            .file("sys/class/net/eth1/operstate", "down");
        let nics = Nic::read_all(tree.root());
        assert_eq!(nics.len(), 1, "{nics:?}");
        let nic = &nics[0];
        assert_eq!((nic.name.as_str(), nic.node, nic.receive_queues), ("eth0", Some(1), 2));
        assert_eq!((nic.interrupts.len(), nic.interrupts[0].receives), (3, false));
        assert_eq!((nic.receive_cpus(), nic.steered.clone()), (cpus("4,6,8,32"), cpus("8,32")));
    }

    #[test]
    fn a_virtio_interface_is_a_part_of_its_pci_function() {
        let pci = "sys/devices/pci0000:00/0000:00:03.0";
        let tree = Tree::new("virtio")
            .file(&format!("{pci}/numa_node"), "-1")
            .file(&format!("{pci}/msi_irqs/38"), "msix")
            .file(&format!("{pci}/msi_irqs/39"), "msix")
            .file(&format!("{pci}/virtio2/vendor"), "0x1af4")
            .file("sys/class/net/ens3/queues/rx-0/rps_cpus", "0")
            .interrupt(38, "virtio2-input.0", "1")
            .interrupt(39, "virtio2-output.0", "0")
            .link("sys/class/net/ens3/device", &format!("../../../../{pci}/virtio2"));
        let nics = Nic::read_all(tree.root());
        assert_eq!((nics[0].node, nics[0].interrupts.len()), (None, 2));
        assert_eq!(nics[0].receive_cpus(), cpus("1"));
    }

    #[test]
    fn without_a_list_interrupts_are_found_by_name_and_hidden_ones_serve_nowhere() {
        let tree = Tree::new("named")
            .file("sys/class/net/eno1/device/vendor", "0x8086")
            .interrupt(19, "eno1", "3")
            .interrupt(20, "i40e-eno1-TxRx-0", "2")
            .interrupt(22, "i40e-eno1-TxRx-1", "")
            .interrupt(21, "i40e-eno10-TxRx-0", "5");
        let nics = Nic::read_all(tree.root());
        assert_eq!(nics[0].receive_cpus(), cpus("2"));
        let tree = Tree::new("unseen").file("sys/class/net/eth0/device/msi_irqs/44", "msix");
        let nics = Nic::read_all(tree.root());
        assert_eq!((nics[0].interrupts.len(), nics[0].receive_cpus()), (1, cpus("")));
        assert!(Nic::read_all(Tree::new("no-net").root()).is_empty());
    }

    #[test]
    fn names_of_drivers_tell_what_an_interrupt_is_for() {
        for name in ["eth0-TxRx-3", "eth0-Tx-Rx-0", "virtio2-input.0", "mlx5_comp7@pci:0", "eth0-0"]
        {
            assert!(receives(name, "eth0"), "{name}");
        }
        for name in ["eth0", "eth0-tx-0", "virtio2-output.0", "virtio2-config", "mlx5_async0@pci:0"]
        {
            assert!(!receives(name, "eth0"), "{name}");
        }
    }
}
