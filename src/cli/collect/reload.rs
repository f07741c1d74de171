//! The configuration is read again while the collector runs (SIGHUP, SIGUSR2).
//!
//! What can change without a session noticing changes; what cannot is named in the log. A file that
//! cannot be read leaves everything as it is.

use std::cell::RefCell;
use std::net::TcpListener;
use std::sync::Arc;

use super::{Read, Reread, joined, routers, routers_that_fit};
use crate::config::endpoint::Endpoint;
use crate::config::keys::{KEYS, KeyRow, Reload};
use crate::engine::{Changes, Command, Control, Host};
use crate::net;
use crate::output::{OutputSpec, reader_gone};
use crate::session::RouterTable;
use crate::telemetry::log::LogGuard;

/// What the engine runs for: the command line, as it holds now.
pub(super) struct Running<'a> {
    pub(super) log: Option<&'a LogGuard>,
    pub(super) control: Control,
    pub(super) reread: &'a Reread<'a>,
    pub(super) specs: &'a [OutputSpec],
    pub(super) state: RefCell<State>,
}

/// What holds now.
pub(super) struct State {
    pub(super) read: Read,
    pub(super) table: Arc<RouterTable>,
    /// The listeners that are open, with their numbers, and how many there ever were.
    pub(super) listeners: Vec<(Endpoint, usize)>,
    pub(super) listeners_ever: usize,
}

impl Host for Running<'_> {
    fn tick(&self) {
        if let Some(log) = self.log {
            log.tick();
        }
        let only_stdout = self.specs.iter().all(|spec| spec.transport.scheme == "stdout");
        if only_stdout && reader_gone() {
            self.control.send(Command::Stop); // there is nobody left to collect for
        }
    }

    fn reload(&self) -> Option<Changes> {
        let read = match (self.reread)() {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%error, "config-reload-failed");
                return None;
            }
        };
        let mut state = self.state.borrow_mut();
        let changed = changed(&state.read, &read);
        let (later, now): (Vec<_>, Vec<_>) =
            changed.into_iter().partition(|(_, reload)| *reload == Reload::Restart);
        let names =
            |keys: Vec<(&'static str, Reload)>| joined(keys.into_iter().map(|(key, _)| key));
        if !later.is_empty() {
            tracing::warn!(keys = names(later), "config-needs-restart");
        }
        tracing::info!(keys = names(now), "config-reloaded");
        Some(self.take(&mut state, read))
    }

    fn listen(&self) -> Vec<TcpListener> {
        let state = &mut *self.state.borrow_mut();
        let mut opened = Vec::new();
        for endpoint in &state.read.config.listen {
            if state.listeners.iter().any(|(open, _)| open == endpoint) {
                continue;
            }
            match net::bind(endpoint, &state.read.config.sockets) {
                Ok(listener) => {
                    let address = listener.local_addr().unwrap_or(endpoint.address);
                    tracing::info!(%address, "listening");
                    state.listeners.push((endpoint.clone(), state.listeners_ever));
                    state.listeners_ever += 1;
                    opened.push(listener);
                }
                // It is tried again when the configuration is read again.
                Err(error) => tracing::error!(address = %endpoint, %error, "listen-failed"),
            }
        }
        opened
    }
}

impl Running<'_> {
    /// Makes `read` hold, as far as it can.
    fn take(&self, state: &mut State, read: Read) -> Changes {
        if let Some(log) = self.log {
            log.set_level(read.log.level);
        }
        let table = routers::table(&read.config.routers);
        if *state.table != table {
            state.table = Arc::new(table); // sessions look up their router again
        }
        let mut routers = super::engine_routers(&read.config, &state.table);
        routers.limits.max_routers =
            routers_that_fit(&read.config.limits, read.max_routers_typed, self.specs);
        let (drain_timeout, flush_interval) =
            (read.config.drain_timeout, read.config.flush_interval);
        state.read = kept(&state.read, read);
        Changes { routers, drain_timeout, flush_interval, closed: closed(state) }
    }
}

/// The listeners that are not wanted any more.
fn closed(state: &mut State) -> Vec<usize> {
    let wanted = &state.read.config.listen;
    let (stay, gone): (Vec<_>, Vec<_>) =
        state.listeners.drain(..).partition(|(endpoint, _)| wanted.contains(endpoint));
    state.listeners = stay;
    for (endpoint, _) in &gone {
        tracing::info!(address = %endpoint, "listening-ended");
    }
    gone.into_iter().map(|(_, number)| number).collect()
}

/// The keys whose values differ, and the tables.
fn changed(old: &Read, new: &Read) -> Vec<(&'static str, Reload)> {
    let differs =
        |row: &&KeyRow| (row.shown)(&old.config, &old.log) != (row.shown)(&new.config, &new.log);
    let mut keys: Vec<_> = KEYS.iter().filter(differs).map(|row| (row.name, row.reload)).collect();
    let outputs_differ = old.config.outputs != new.config.outputs;
    if outputs_differ && !keys.iter().any(|(key, _)| *key == "output") {
        keys.push(("output", Reload::Restart));
    }
    if old.config.routers != new.config.routers {
        keys.push(("router", Reload::AtOnce));
    }
    keys
}

/// What was read, with the old values of what only a restart changes: they still hold, and are told
/// of again when the file is read again.
fn kept(old: &Read, mut new: Read) -> Read {
    let (from, to) = (&old.config, &mut new.config);
    to.outputs.clone_from(&from.outputs);
    to.reactor_cores.clone_from(&from.reactor_cores);
    to.writer_cores.clone_from(&from.writer_cores);
    (to.batch_memory, to.max_frame, to.busy_poll) =
        (from.batch_memory, from.max_frame, from.busy_poll);
    (new.log.format, new.log.color) = (old.log.format, old.log.color);
    new
}
