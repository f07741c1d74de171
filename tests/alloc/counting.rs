//! An allocator that counts. Each thread counts for itself, so that what the harness and other
//! tests do is no noise; the counts of threads that are watched can be read from others, too.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// Calls that were traced, at most: traces are large and all tell the same.
const TRACES_MAX: usize = 4_000;

thread_local! {
    static OWN: Cell<u64> = const { Cell::new(0) };
    static ROLE: Cell<usize> = const { Cell::new(0) };
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

static CALLS: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];
static LIVE: AtomicI64 = AtomicI64::new(0);
static TRACING: AtomicBool = AtomicBool::new(false);
static TRACES: Mutex<Vec<(Role, Backtrace)>> = Mutex::new(Vec::new());

/// What a watched thread is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It reads from routers.
    Reactor = 1,
    /// It owns outputs.
    Writer = 2,
}

/// Counts calls that get memory or more of it, and the octets that are held; passes everything on to the system's allocator.
pub(crate) struct Counting;

// SAFETY: every call goes to `System` unchanged, which keeps the contract; counting touches
// thread-locals without destructors and atomics, and never allocates by itself. Tracing allocates,
// but `INSIDE` keeps those calls from tracing again.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller's promises are passed on with the arguments.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        hold(layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: the caller's promises are passed on with the arguments.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        hold(layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    // SAFETY: the caller's promises are passed on with the arguments.
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        hold(size as i64 - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.realloc(old, layout, size) }
    }

    // SAFETY: the caller's promises are passed on with the arguments.
    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        hold(-(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(old, layout) }
    }
}

fn hold(octets: i64) {
    LIVE.fetch_add(octets, Ordering::Relaxed);
}

fn count() {
    if INSIDE.get() {
        return;
    }
    OWN.set(OWN.get() + 1);
    let role = match ROLE.get() {
        1 => Role::Reactor,
        2 => Role::Writer,
        _ => return,
    };
    CALLS[role as usize].fetch_add(1, Ordering::Relaxed);
    if TRACING.load(Ordering::Relaxed) {
        INSIDE.set(true);
        if let Ok(mut traces) = TRACES.lock()
            && traces.len() < TRACES_MAX
        {
            traces.push((role, Backtrace::force_capture()));
        }
        INSIDE.set(false);
    }
}

/// Octets that the process holds now.
pub(crate) fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

/// Calls of this thread so far.
pub(crate) fn own() -> u64 {
    OWN.get()
}

/// Watches this thread from now on.
pub(crate) fn watch(role: Role) {
    ROLE.set(role as usize);
}

/// Calls of all threads of a role so far.
pub(crate) fn calls(role: Role) -> u64 {
    CALLS[role as usize].load(Ordering::Relaxed)
}

/// Whether the calls of watched threads are traced from now on.
pub(crate) fn trace(on: bool) {
    TRACING.store(on, Ordering::Relaxed);
}

/// The traces so far.
pub(crate) fn traces() -> Vec<(Role, Backtrace)> {
    std::mem::take(&mut TRACES.lock().unwrap())
}
