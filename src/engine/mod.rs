//! The clockwork: pinned reactors that own router connections, pinned writers that own outputs, and
//! lanes of recycled batches between them. It knows no format.
//!
//! ```text
//!   control thread    accept, dial ─▶ admission ─▶ least loaded reactor
//!                     loads ─▶ a session moves to a quieter reactor
//!                     signals ─▶ drain, reopen, reload, status
//!   reactor (pinned)  read ─▶ session ─▶ batch ══ lane ══▶  writer (pinned) ─▶ sinks
//! ```
//!
//! Batches are made at start and circulate for good: they are the memory bound. When all are away a
//! reactor stops reading, and TCP holds the routers back.

mod accept;
mod admission;
mod balance;
mod control;
mod conversation;
mod dialer;
mod episode;
mod gate;
mod herald;
mod idle;
mod ids;
mod lane;
mod mail;
mod missed;
mod moving;
pub mod placement;
mod pool;
pub mod port;
mod probe;
mod reactor;
mod reload;
mod run;
#[doc(hidden)]
pub mod seam;
mod seat;
pub mod session_log;
mod stall;
mod start;
mod stop;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod writer;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

pub use balance::Balance;
pub use control::{Command, Control, SignalGuard, catch_signals};
pub use probe::{LOCKED_MEMORY_MIN, probe_io_uring};
pub use reload::{Changes, Host};
pub use run::{Outcome, Undelivered};
pub use start::StartError;

use port::SinkSpec;
use stop::{Alarm, Phase, StopFlag};

use crate::bmp::v4::Dialect;
use crate::config::endpoint::Endpoint;
use crate::config::limits::{Limits, SocketOptions};
use crate::session::RouterTable;
use crate::telemetry::service::ServiceManager;

/// What the engine is built from.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Cores that run a reactor each. A core may be named by reactors and writers alike.
    pub reactor_cores: Vec<usize>,
    /// Cores that run a writer each; outputs are dealt to them in turn.
    pub writer_cores: Vec<usize>,
    /// Memory for all batches, octets.
    pub batch_memory: usize,
    /// The longest that a record waits in the engine before it is written, if outputs keep up.
    pub flush_interval: Duration,
    /// The largest BMP message, octets.
    pub max_frame: usize,
    /// How long outputs may take to deliver what was decoded when the engine stops.
    pub drain_timeout: Duration,
    /// How sessions are spread over the reactors while they run.
    pub balance: Balance,
    /// Whether reactors and writers look for work all the time instead of sleeping. Each should
    /// then have a core of its own.
    pub busy_poll: bool,
    /// Which routers are taken, and which are dialed.
    pub routers: Routers,
}

/// What the engine knows of routers before they come.
#[derive(Debug, Clone, Default)]
pub struct Routers {
    /// Who may come in, how many, and for how long they may be silent.
    pub limits: Limits,
    /// What is set on the sockets of dialed routers; a listener has set its own.
    pub sockets: SocketOptions,
    /// Routers to connect to.
    pub connect: Vec<Endpoint>,
    /// How they speak, as far as messages do not tell.
    pub dialect: Dialect,
    /// What is written down of single ones.
    pub table: Arc<RouterTable>,
}

/// A running engine. Dropped without [`Engine::run`], it ends at once.
pub struct Engine {
    threads: start::Threads,
    routers: Routers,
    stop: Arc<StopFlag>,
    alarm: Arc<Alarm>,
    drain_timeout: Duration,
    balance: Balance,
    manager: ServiceManager,
}

impl Engine {
    /// Starts reactors and writers; no router is accepted before [`Engine::run`].
    ///
    /// # Errors
    /// [`StartError`] when the configuration or the system does not allow it.
    pub fn start(config: EngineConfig, sinks: Vec<SinkSpec>) -> Result<Self, StartError> {
        let (stop, alarm) = (Arc::<StopFlag>::default(), Arc::<Alarm>::default());
        let (drain_timeout, balance) = (config.drain_timeout, config.balance);
        match start::start(&config, sinks, &stop, &alarm) {
            Ok(threads) => {
                let (routers, manager) = (config.routers, ServiceManager::default());
                Ok(Self { threads, routers, stop, alarm, drain_timeout, balance, manager })
            }
            Err(error) => {
                // What was started sees the flag when its sleep ends.
                stop.enter(Phase::Abort);
                Err(error)
            }
        }
    }

    /// From [`Engine::run`] on `manager` hears that the engine is ready, that all its threads move
    /// (its watchdog), and that it stops.
    pub fn tell(&mut self, manager: ServiceManager) {
        self.manager = manager;
    }

    /// Accepts routers from `listeners` and does what `control` is told, until it is told to stop
    /// and everything is delivered, or time is up.
    ///
    /// Call it on the main thread: that is where the kernel delivers signals first.
    #[must_use]
    pub fn run(
        mut self,
        listeners: Vec<TcpListener>,
        control: &Control,
        host: &dyn Host,
    ) -> Outcome {
        run::run(&mut self, listeners, control, host)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.enter(Phase::Abort);
        run::wake_all(&self.threads);
    }
}
