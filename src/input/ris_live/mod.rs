//! RIS Live: one JSON object in each line, as the stream of RIPE's Routing Information Service
//! sends them. Each host becomes a router session, and its peers the peers of that.
//!
//! A line that is not understood is counted and skipped, whatever it holds.

mod json;
#[cfg(test)]
mod tests;
mod update;

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::emitter::Emitter;
use super::router::{How, Router, Who};
use super::window::{Line, Window};
use super::{InputError, InputFormat, InputOptions, StreamEnd, Summary};
use crate::bgp::MessageType;
use crate::bgp::encode::{self as bgp, HEADER_LEN};
use crate::bmp::encode::PeerDown;
use crate::wire::Timestamp;
use json::Message;

/// The longest line that is believed: the hex digits of an extended message (RFC 8654) and what it
/// says once more in words.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Braces and brackets inside each other; RIS Live has five of them. What reads JSON calls itself
/// for each.
const DEPTH_MAX: usize = 16;

/// Hosts of one recording, each a session; RIS has a few dozen.
const HOSTS_MAX: usize = 1024;

/// The longest name of a host (RFC 1035 §2.3.4).
const HOST_BYTES_MAX: usize = 255;

/// Whether a file that begins with these octets may be RIS Live.
pub(super) fn told_by(first: &[u8]) -> bool {
    match first.trim_ascii_start() {
        [b'{', inside @ ..] => matches!(inside.trim_ascii_start(), [] | [b'"', ..]),
        _ => false,
    }
}

/// Why a line is not understood.
#[derive(Debug)]
enum Odd {
    Json(simd_json::Error),
    Missing(&'static str),
    /// A field with a value that it cannot have.
    Value(&'static str, String),
    Deep,
    Long,
    TooMany(&'static str, usize),
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "{error}"),
            Self::Missing(field) => write!(f, "`{field}` is missing"),
            Self::Value(field, value) => {
                write!(f, "`{field}` cannot be `{}`", value.escape_debug())
            }
            Self::Deep => write!(f, "more than {DEPTH_MAX} braces and brackets inside each other"),
            Self::Long => write!(f, "longer than {LINE_BYTES_MAX} octets"),
            Self::TooMany(what, most) => write!(f, "more than {most} {what}"),
        }
    }
}

/// A value for an error, cut to what a line of the log can bear.
fn odd(field: &'static str, value: &str) -> Odd {
    Odd::Value(field, value.chars().take(64).collect())
}

/// Reads a recording to its end.
pub(super) fn recorded(mut window: Window, options: &InputOptions, out: Emitter<'_>) -> Summary {
    let mut recording = Recording {
        address: options.router_or_none(),
        name: window.name().to_owned(),
        routers: Vec::new(),
        by_host: HashMap::new(),
        out,
    };
    let fault = recording.walk(&mut window).err();
    let end = if fault.is_some() { StreamEnd::Fault } else { StreamEnd::EndOfInput };
    let Recording { routers, mut out, .. } = recording;
    for router in routers {
        router.close(&mut out, end);
    }
    Summary { format: InputFormat::RisLive, octets: window.octets(), fault, ..out.summary }
}

struct Recording<'e> {
    address: SocketAddr,
    /// The host of lines that name none.
    name: String,
    routers: Vec<Router>,
    by_host: HashMap<String, usize>,
    out: Emitter<'e>,
}

impl Recording<'_> {
    fn walk(&mut self, window: &mut Window) -> Result<(), InputError> {
        let first = window.next(1)?;
        if !first.is_empty() && !first.trim_ascii_start().is_empty() && first != b"{" {
            let first = window.next(12)?.to_vec();
            return Err(InputError::NotRisLive { first });
        }
        let mut number = 0_u64;
        let mut is_within = false;
        while !self.out.summary.stopped {
            let Some(line) = window.line(LINE_BYTES_MAX)? else { break };
            let Line { octets, is_long, is_end } = line;
            let is_first_part = !std::mem::replace(&mut is_within, !is_end);
            number += u64::from(is_first_part);
            if !is_first_part || octets.trim_ascii().is_empty() {
                continue; // the rest of a long line, or an empty one
            }
            let outcome = if is_long { Err(Odd::Long) } else { self.line(octets) };
            self.out.summary.count_record(outcome, || format!("line {number}"));
        }
        Ok(())
    }

    /// Takes a line; whether BMP has a place for what it says.
    fn line(&mut self, octets: &mut [u8]) -> Result<bool, Odd> {
        if depth(octets) > DEPTH_MAX {
            return Err(Odd::Deep);
        }
        let outer: Message<'_> = simd_json::serde::from_slice(octets).map_err(Odd::Json)?;
        let message = match (&outer.data, outer.kind) {
            (Some(data), Some("ris_message") | None) => data,
            (None, Some("ris_message")) => return Err(Odd::Missing("data")),
            // What the service says besides: errors, answers to requests.
            (_, Some(kind)) if kind.starts_with("ris_") && kind != "ris_message" => {
                return Ok(false);
            }
            (_, Some("pong")) => return Ok(false),
            _ => &outer,
        };
        let at = message.timestamp.ok_or(Odd::Missing("timestamp"))?;
        let at = time(at).ok_or_else(|| odd("timestamp", &at.to_string()))?;
        let peer = message.peer.ok_or(Odd::Missing("peer"))?;
        let address: IpAddr = peer.parse().map_err(|_| odd("peer", peer))?;
        let asn = message.peer_asn.ok_or(Odd::Missing("peer_asn"))?.0;
        let kind = message.kind.ok_or(Odd::Missing("type"))?;
        let router = self.router(message.host)?;
        let most = Odd::TooMany("peers of one host", 65_536);
        let slot = self.routers[router].slot(&Who::new(address, asn)).ok_or(most)?;
        let router = &mut self.routers[router];
        let used = say(router, slot, kind, message, at);
        router.flush(&mut self.out, at);
        used
    }

    fn router(&mut self, host: Option<&str>) -> Result<usize, Odd> {
        let host = host.unwrap_or(&self.name);
        if let Some(&known) = self.by_host.get(host) {
            return Ok(known);
        }
        if host.len() > HOST_BYTES_MAX {
            return Err(odd("host", host));
        }
        if self.routers.len() >= HOSTS_MAX {
            return Err(Odd::TooMany("hosts", HOSTS_MAX));
        }
        let router = Router::new(self.address, host.as_bytes(), "made from RIS Live");
        self.by_host.insert(host.to_owned(), self.routers.len());
        self.routers.push(router);
        Ok(self.routers.len() - 1)
    }
}

/// Makes BMP of a message; whether there is a place for it.
fn say(
    router: &mut Router,
    slot: usize,
    kind: &str,
    message: &Message<'_>,
    at: Timestamp,
) -> Result<bool, Odd> {
    let how = How { as4: true, add_path: false, is_out: false };
    match kind {
        "UPDATE" => match message.raw {
            Some(raw) => {
                router.update(slot, how, &[], at, &pdu(raw, MessageType::Update)?);
                Ok(true)
            }
            None => {
                let updates = update::made(message)?;
                for update in &updates {
                    router.update(slot, how, &[], at, update);
                }
                Ok(!updates.is_empty())
            }
        },
        "RIS_PEER_STATE" => {
            match message.state {
                Some("connected") if !router.is_up(slot) => router.up(slot, true, at),
                Some("down") => router.left_established(slot, at),
                Some(_) => return Ok(false),
                None => return Err(Odd::Missing("state")),
            }
            Ok(true)
        }
        "NOTIFICATION" if router.is_up(slot) => {
            let pdu = match (message.raw, &message.notification) {
                (Some(raw), _) => pdu(raw, MessageType::Notification)?,
                (None, Some(said)) => {
                    let mut out = Vec::new();
                    bgp::notification(&mut out, said.code, said.subcode, &[]);
                    out
                }
                (None, None) => return Err(Odd::Missing("notification")),
            };
            let reason = match message.direction {
                Some("sent") => PeerDown::LocalNotification(&pdu),
                _ => PeerDown::RemoteNotification(&pdu),
            };
            router.down(slot, &reason, at);
            Ok(true)
        }
        "OPEN" if message.direction != Some("sent") => {
            let id = message.router_id.unwrap_or_default();
            if let Ok(id) = id.parse::<Ipv4Addr>() {
                router.identify(slot, id);
            }
            Ok(true)
        }
        "NOTIFICATION" | "OPEN" | "KEEPALIVE" => Ok(false),
        other => Err(odd("type", other)),
    }
}

/// The BGP message whose octets stand in hex.
fn pdu(raw: &str, kind: MessageType) -> Result<Vec<u8>, Odd> {
    let digit = |c: u8| char::from(c).to_digit(16);
    let (pairs, rest) = raw.as_bytes().as_chunks::<2>();
    let octets = pairs.iter().map(|&[a, b]| Some((digit(a)? << 4 | digit(b)?) as u8));
    let octets: Option<Vec<u8>> = octets.collect();
    octets
        .filter(|octets| rest.is_empty() && octets.len() <= usize::from(u16::MAX))
        .filter(|octets| octets.get(HEADER_LEN - 1) == Some(&kind.0))
        .ok_or_else(|| odd("raw", raw))
}

/// Seconds since the epoch, with their fraction.
fn time(secs: f64) -> Option<Timestamp> {
    // The time must fit into what BMP has room for.
    let fits = (0.0..f64::from(u32::MAX)).contains(&secs);
    fits.then(|| Timestamp::from_micros((secs * 1e6).round() as u64))
}

/// How many braces and brackets stand inside each other at most.
fn depth(octets: &[u8]) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for octet in octets {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                now += 1;
                most = most.max(now);
            }
            b'}' | b']' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}
