//! What is known of that which is judged. What is not known, or does not apply, is `None`.

use std::fmt::{Display, Write};
use std::net::IpAddr;

use super::attributes::Attributes;
use super::values::{MessageSet, Net, ViewSet};
use crate::bgp::nlri::Visit;
use crate::bmp::PeerHeader;
use crate::wire::{Family, Fields, Prefix, RouteDistinguisher};

/// What the terms of a filter are asked about: a message, a list of routes or one route.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    /// The router's address.
    pub(super) router: IpAddr,
    /// The name that it was given, else its sysName.
    pub(super) name: Option<&'a str>,
    /// The per-peer header.
    pub(super) peer: Option<PeerHeader>,
    /// The views that the message is for.
    pub(super) views: Option<ViewSet>,
    /// What the message is.
    pub(super) messages: Option<MessageSet>,
    /// The address family.
    pub(super) family: Option<Family>,
    /// The path attributes, of routes that are announced.
    pub(super) attributes: Option<Attributes<'a>>,
    /// One route.
    pub(super) route: Option<Route>,
}

impl Facts<'_> {
    /// What is known of a session's beginning and end.
    pub(super) fn of_router(router: IpAddr) -> Self {
        Self {
            router,
            name: None,
            peer: None,
            views: None,
            messages: None,
            family: None,
            attributes: None,
            route: None,
        }
    }
}

/// What a route is, as far as filters ask. A route without a prefix is none that any prefix fits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Route {
    /// Its prefix.
    pub(super) net: Option<Net>,
    /// Its route distinguisher.
    pub(super) rd: Option<RouteDistinguisher>,
}

impl Visit for Route {
    fn distinguisher(&mut self, rd: RouteDistinguisher) {
        self.rd = Some(rd);
    }

    fn prefix(&mut self, prefix: Prefix) {
        self.net = Some(Net::of_prefix(&prefix));
    }

    /// Routes of many families, such as EVPN's of type 5, have a prefix among other things.
    fn route(&mut self, describe: &dyn Fn(&mut dyn Fields)) {
        let mut named = Named { net: None };
        describe(&mut named);
        self.net = named.net;
    }
}

/// Takes the prefix out of a description: the first field of that name that is in no group.
struct Named {
    net: Option<Net>,
}

impl Fields for Named {
    fn number(&mut self, _: &'static str, _: u64) {}
    fn float(&mut self, _: &'static str, _: f32) {}
    fn flag(&mut self, _: &'static str, _: bool) {}
    fn octets(&mut self, _: &'static str, _: &[u8]) {}
    fn group(&mut self, _: &'static str, _: &mut dyn FnMut(&mut dyn Fields)) {}
    fn list(&mut self, _: &'static str, _: &mut dyn FnMut(&mut dyn Fields)) {}

    fn text(&mut self, name: &'static str, value: &dyn Display) {
        if name != "prefix" || self.net.is_some() {
            return;
        }
        let mut line = Line::<64>::default();
        if write!(line, "{value}").is_ok() {
            self.net = std::str::from_utf8(line.octets()).ok().and_then(|text| text.parse().ok());
        }
    }
}

/// Text in a place of its own of `N` octets: writing more fails.
#[derive(Debug)]
pub(super) struct Line<const N: usize> {
    octets: [u8; N],
    len: usize,
}

impl<const N: usize> Default for Line<N> {
    fn default() -> Self {
        Self { octets: [0; N], len: 0 }
    }
}

impl<const N: usize> Line<N> {
    /// What was written.
    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

impl<const N: usize> Write for Line<N> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let free = self.octets.get_mut(self.len..self.len + text.len()).ok_or(std::fmt::Error)?;
        free.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
