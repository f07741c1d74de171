//! Small file systems in mount namespaces of their own: nothing of them is left when the process
//! that holds the namespace has ended, however the test ends.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::skip;
use crate::collector::{Collector, Scratch};

/// A file system that can be filled.
pub(super) struct Disk {
    holder: Child,
    scratch: Scratch,
    wrapper: Vec<String>,
}

/// What fills it.
const BALLAST: &str = "ballast";

impl Disk {
    /// A tmpfs with these mount options, or `None` and a word why not.
    pub(super) fn tmpfs(test: &str, options: &str) -> Option<Self> {
        Self::mounted(test, &format!("mount -t tmpfs -o {options} tmpfs \"$0\""))
    }

    /// An ext4 of so many MiB in a file.
    pub(super) fn ext4(test: &str, mib: u32) -> Option<Self> {
        let image = "\"$0.image\"";
        Self::mounted(
            test,
            &format!(
                "truncate -s {mib}M {image} && mkfs.ext4 -q -F -b 4096 -m 0 {image} && \
                 mount -o loop {image} \"$0\""
            ),
        )
    }

    fn mounted(test: &str, mount: &str) -> Option<Self> {
        let scratch = Scratch::new();
        let disk = scratch.path().join("disk");
        fs::create_dir(&disk).unwrap();
        let is_root = rustix::process::geteuid().is_root();
        let mut command = Command::new("unshare");
        command.args(if is_root { &["-m"][..] } else { &["-r", "-m"] });
        command.args(["sh", "-c", &format!("{mount} && echo ready && exec cat")]).arg(&disk);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut holder = match command.spawn() {
            Ok(holder) => holder,
            Err(error) => return skipped(test, &format!("no `unshare`: {error}")),
        };
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let pid = holder.id();
        let mut wrapper = vec!["nsenter".to_owned(), format!("--mount=/proc/{pid}/ns/mnt")];
        if !is_root {
            wrapper.push(format!("--user=/proc/{pid}/ns/user"));
            wrapper.push("--preserve-credentials".to_owned());
        }
        let mut disk = Self { holder, scratch, wrapper };
        if said != "ready\n" {
            let mut why = String::new();
            disk.holder.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            return skipped(test, &format!("no file system of its own: {}", why.trim()));
        }
        Some(disk)
    }

    /// A path as the collector sees it.
    pub(super) fn path(&self, name: &str) -> String {
        self.scratch.path().join("disk").join(name).to_str().unwrap().to_owned()
    }

    /// The same file as this process sees it.
    pub(super) fn seen(&self, name: &str) -> PathBuf {
        let inside = self.path(name);
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(inside.trim_start_matches('/'))
    }

    /// Beside the disk, where there is room.
    pub(super) fn elsewhere(&self, name: &str) -> String {
        self.scratch.file(name)
    }

    /// What is in a file.
    pub(super) fn read(&self, name: &str) -> Vec<u8> {
        let path = self.seen(name);
        fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Starts a collector that sees the disk.
    pub(super) fn collector(&self, args: &[&str]) -> Collector {
        let wrapper: Vec<&str> = self.wrapper.iter().map(String::as_str).collect();
        Collector::start_under(&wrapper, args)
    }

    /// The command in front of a program that is to see the disk.
    pub(super) fn wrapper(&self) -> Vec<&str> {
        self.wrapper.iter().map(String::as_str).collect()
    }

    /// Fills the disk until at most `leave` octets are free.
    pub(super) fn fill(&self, leave: u64) {
        let mut file = fs::File::create(self.seen(BALLAST)).unwrap();
        let block = vec![b'#'; 1 << 16];
        while file.write_all(&block).is_ok() {}
        let _ = file.sync_all();
        let length = file.metadata().unwrap().len();
        assert!(length > leave, "the disk has only {length} octets");
        file.set_len(length - leave).unwrap();
        file.sync_all().unwrap();
    }

    /// Makes room again.
    pub(super) fn free(&self) {
        fs::remove_file(self.seen(BALLAST)).unwrap();
    }

    /// The names of all files but the ballast.
    pub(super) fn names(&self) -> Vec<String> {
        let directory = self.seen("x");
        let entries = fs::read_dir(directory.parent().unwrap_or(Path::new("/"))).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| ![BALLAST, "lost+found"].contains(&name.as_str())).collect()
    }
}

fn skipped(test: &str, why: &str) -> Option<Disk> {
    skip(test, why);
    None
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
