//! A session as plain data: what moves when the session moves to another core or process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::version_4::Version4State;
use super::{Peers, Session, SessionLimits};
use crate::bmp::PeerKey;
use crate::record::SessionId;
use crate::session::PeerState;
use crate::session::Version4;

/// All that a session knows.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionState {
    /// Its id.
    pub id: SessionId,
    /// The router's address and port.
    pub router: SocketAddr,
    /// Messages so far.
    pub ordinal: u64,
    /// Octets of whole messages so far.
    pub offset: u64,
    /// Octets after them that are not yet decoded.
    pub tail: Vec<u8>,
    /// The last Initiation as received; empty before one.
    pub initiation: Vec<u8>,
    /// The sysName that it has told last, up to [`crate::record::SYS_NAME_MAX`] octets of it.
    pub sys_name: Option<Arc<str>>,
    /// The BGP Identifier in the first OPEN that the router has sent.
    pub bgp_id: Option<Ipv4Addr>,
    /// Its peers, sorted by key.
    pub peers: Vec<(PeerKey, PeerState)>,
    /// What its messages of version 4 have shown.
    pub version_4: Version4,
}

impl Session {
    /// The session's state. Take events and counters first: they stay behind.
    #[must_use]
    pub fn export(&self) -> SessionState {
        SessionState {
            id: self.id,
            router: self.router,
            ordinal: self.ordinal,
            offset: self.offset,
            tail: self.tail[self.tail_at..].to_vec(),
            initiation: self.initiation.clone(),
            sys_name: self.known.sys_name.clone(),
            bgp_id: self.known.bgp_id,
            peers: self.peers.export(),
            version_4: self.version_4.told(),
        }
    }

    /// A session that goes on where `state` stopped. What is known of routers is not part of it:
    /// see [`Session::follow`].
    #[must_use]
    pub fn import(state: SessionState, limits: SessionLimits) -> Self {
        let mut session = Session::new(state.id, state.router, limits);
        session.ordinal = state.ordinal;
        session.offset = state.offset;
        session.tail = state.tail;
        session.initiation = state.initiation;
        session.known.sys_name = state.sys_name;
        session.known.bgp_id = state.bgp_id;
        session.peers = Peers::import(state.peers);
        session.version_4 = Version4State::new(limits.dialect, state.version_4);
        session
    }
}
