//! What a running engine can be told to do otherwise, and how all who are concerned hear of it.
//! Nothing here ends a session or keeps one waiting.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::accept::Acceptor;
use super::{Engine, Routers};

/// What the engine asks of the command that runs it, on its thread. A closure only ticks.
pub trait Host {
    /// Called about once a second.
    fn tick(&self);

    /// The configuration is to be read again; `None` where it stays as it is.
    fn reload(&self) -> Option<Changes> {
        None
    }

    /// Listeners that come to those there are, called when those that go are closed: a new one may
    /// want the port of an old one.
    fn listen(&self) -> Vec<TcpListener> {
        Vec::new()
    }
}

impl<F: Fn()> Host for F {
    fn tick(&self) {
        self();
    }
}

/// A configuration in the place of the one that holds.
#[derive(Debug)]
pub struct Changes {
    /// Who may come in and how they speak. What this does to sessions that are open: their router's
    /// entry in the table and how long they may be silent.
    pub routers: Routers,
    /// See [`EngineConfig::drain_timeout`](super::EngineConfig::drain_timeout).
    pub drain_timeout: Duration,
    /// See [`EngineConfig::flush_interval`](super::EngineConfig::flush_interval).
    pub flush_interval: Duration,
    /// Listeners that are closed, by number: those of [`Engine::run`] in order, then those that
    /// [`Host::listen`] gave. Their sessions stay.
    pub closed: Vec<usize>,
}

/// What concerns a reactor.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) routers: Routers,
    pub(super) flush_interval: Duration,
}

/// Has `host` read the configuration again, and tells everybody.
pub(super) fn reload(engine: &mut Engine, acceptor: &mut Acceptor, host: &dyn Host) {
    engine.stop.reload();
    super::run::wake_all(&engine.threads);
    let Some(changes) = host.reload() else { return };
    let Changes { routers, drain_timeout, flush_interval, closed } = changes;
    engine.drain_timeout = drain_timeout;
    acceptor.reload(&routers, &closed, Instant::now());
    acceptor.listen(host.listen());
    let settings = Settings { routers, flush_interval };
    for door in acceptor.doors() {
        // A reactor that has ended needs to know nothing.
        let _ = door.settings.send(settings.clone());
        door.mail.notify();
    }
}
