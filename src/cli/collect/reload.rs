//! The configuration is read again while the collector runs (SIGHUP, SIGUSR2).
//!
//! What can change without a session noticing changes; what cannot is named in the log. A file that
//! cannot be read leaves everything as it is.

use std::cell::RefCell;
use std::net::TcpListener;
use std::sync::Arc;

use super::{Read, Reread, joined, routers, routers_that_fit};
use crate::config::endpoint::Endpoint;
use crate::config::keys::{KEYS, Reload};
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
    /// Whether sessions decode UPDATEs, because an output or its filter looked into them at the
    /// start.
    pub(super) reads_updates: bool,
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
        let (read, specs) = match (self.reread)() {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%error, "config-reload-failed");
                return None;
            }
        };
        if let Some(log) = self.log {
            log.set_level(read.log.level);
        }
        let mut state = self.state.borrow_mut();
        let mut changed = keys(&state.read, &read);
        self.outputs(&specs, &mut changed);
        if !changed.later.is_empty() {
            tracing::warn!(keys = joined(&changed.later), "config-needs-restart");
        }
        if changed.now.is_empty() {
            changed.now.push("none".into());
        }
        tracing::info!(keys = joined(&changed.now), "config-reloaded");
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
    /// Gives outputs the filters that they have now. Whatever else is new of them, and those that
    /// come or go, wait for a restart.
    fn outputs(&self, specs: &[OutputSpec], changed: &mut Changed) {
        let named = |list: &[OutputSpec], name: &str| list.iter().any(|spec| spec.name == name);
        for old in self.specs {
            match specs.iter().find(|new| new.name == old.name && is_same(old, new)) {
                None => changed.later.push(format!("output.{}", old.name)),
                Some(new) if old.filter.get() == new.filter.get() => {}
                Some(new) => {
                    let needs_updates = new.filter.get().is_some_and(|f| f.reads_updates());
                    let key = format!("output.{}.filter", old.name);
                    if needs_updates && !self.reads_updates {
                        changed.later.push(key); // sessions do not decode what it looks at
                    } else {
                        old.filter.set(new.filter.get().map(|filter| (*filter).clone()));
                        changed.now.push(key);
                    }
                }
            }
        }
        let added = specs.iter().filter(|new| !named(self.specs, &new.name));
        changed.later.extend(added.map(|new| format!("output.{}", new.name)));
    }

    /// Makes `read` hold, as far as it can.
    fn take(&self, state: &mut State, read: Read) -> Changes {
        let read = kept(&state.read, read);
        let table = routers::table(&read.config.routers);
        if *state.table != table {
            state.table = Arc::new(table); // sessions look up their router again
        }
        let mut routers = super::engine_routers(&read.config, &state.table);
        routers.limits.max_routers =
            routers_that_fit(&read.config.limits, read.max_routers_typed, self.specs);
        let (drain_timeout, flush_interval) =
            (read.config.drain_timeout, read.config.flush_interval);
        state.read = read;
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

/// What has changed, by key.
#[derive(Debug, Default)]
struct Changed {
    /// What holds now.
    now: Vec<String>,
    /// What would hold after a restart.
    later: Vec<String>,
}

/// The keys whose values differ; of outputs and their filters see [`Running::outputs`].
fn keys(old: &Read, new: &Read) -> Changed {
    let mut changed = Changed::default();
    for row in KEYS.iter().filter(|row| !["output", "filter"].contains(&row.name)) {
        if (row.shown)(&old.config, &old.log) != (row.shown)(&new.config, &new.log) {
            match row.reload {
                _ if row.name == "receive-buffer"
                    && new.config.sockets.receive_buffer.is_none() =>
                {
                    changed.later.push(row.name.into());
                }
                Reload::Restart => changed.later.push(row.name.into()),
                Reload::AtOnce | Reload::NewSessions => changed.now.push(row.name.into()),
            }
        }
    }
    if old.config.routers != new.config.routers {
        changed.now.push("router".into());
    }
    changed
}

/// Whether two outputs are the same but for their filters.
fn is_same(old: &OutputSpec, new: &OutputSpec) -> bool {
    let options = |spec: &OutputSpec| {
        let own = spec.url.options.iter().filter(|(key, _)| key != "filter");
        own.cloned().collect::<Vec<_>>()
    };
    (old.format.name, &old.url.scheme, &old.url.target)
        == (new.format.name, &new.url.scheme, &new.url.target)
        && options(old) == options(new)
}

/// What was read, with the old values of what only a restart changes: they still hold, and are told
/// of again when the file is read again.
fn kept(old: &Read, mut new: Read) -> Read {
    let (from, to) = (&old.config, &mut new.config);
    to.reactor_cores.clone_from(&from.reactor_cores);
    to.writer_cores.clone_from(&from.writer_cores);
    (to.batch_memory, to.max_frame, to.busy_poll) =
        (from.batch_memory, from.max_frame, from.busy_poll);
    // A socket that was told how large its buffer is cannot be told to leave that to the kernel.
    to.sockets.receive_buffer = to.sockets.receive_buffer.or(from.sockets.receive_buffer);
    (new.log.format, new.log.color) = (old.log.format, old.log.color);
    new
}
