//! `router`: that a router has introduced itself, and that its last session has ended.

use std::net::Ipv4Addr;

use super::super::ids::Id;
use super::fields::{fields, row};
use super::values::{self, Cleaner};
use crate::bmp::msg::initiation::InitiationTlv;
use crate::bmp::msg::termination::{TerminationReason, TerminationTlv};
use crate::bmp::{TlvOwner, Tlvs};
use crate::output::format::text;
use crate::record::CloseReason;
use crate::wire::Timestamp;

fields! {
    enum Field[12] {
        Action, Seq, Name, Hash, IpAddress, Description, TermCode, TermReason, InitData, TermData,
        Timestamp, BgpId,
    }
}

/// Widths of columns.
const NAME: usize = 200;
const TEXT: usize = 255;
const DATA: usize = 4096;

/// The private TLV of an Initiation that holds the router's BGP identifier, 65531, without the
/// bit that is the one for enterprises now: the identifier is where their number would be.
const BGP_ID: u16 = 65_531 & 0x7fff;

/// The code of an end that the router did not announce.
const LOST: u32 = 65_534;

/// What a router says of itself. Of a TLV that is repeated the last one counts.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Introduction<'a> {
    pub(super) name: &'a [u8],
    pub(super) bgp_id: Option<Ipv4Addr>,
    description: &'a [u8],
    data: &'a [u8],
}

impl<'a> Introduction<'a> {
    /// What the TLVs of an Initiation say.
    pub(super) fn of(tlvs: Tlvs<'a>) -> Self {
        let mut this = Self::default();
        for tlv in tlvs.iter() {
            match (tlv.owner, tlv.kind) {
                (TlvOwner::Enterprise(id), BGP_ID) if tlv.value.is_empty() => {
                    this.bgp_id = Some(Ipv4Addr::from(id));
                }
                (owner, _) if owner.enterprise().is_some() => {}
                (_, kind) => match InitiationTlv(kind) {
                    InitiationTlv::String => this.data = tlv.value,
                    InitiationTlv::SysDescr => this.description = tlv.value,
                    InitiationTlv::SysName => this.name = tlv.value,
                    _ => {}
                },
            }
        }
        this
    }
}

/// Why a router's last session has ended.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Ending<'a> {
    code: u32,
    reason: &'a str,
    data: &'a [u8],
}

impl<'a> Ending<'a> {
    /// What a Termination says.
    pub(super) fn of(tlvs: Tlvs<'a>, scratch: &'a mut String) -> Self {
        let (mut code, mut data) = (None, &[][..]);
        for tlv in tlvs.iter().filter(|tlv| tlv.owner.enterprise().is_none()) {
            match (TerminationTlv(tlv.kind), tlv.value) {
                (TerminationTlv::String, text) => data = text,
                (TerminationTlv::Reason, &[a, b]) => code = Some(u16::from_be_bytes([a, b])),
                _ => {}
            }
        }
        let code = TerminationReason(code.unwrap_or(TerminationReason::Unspecified.0));
        let reason = match code {
            TerminationReason::AdministrativelyClosed => "Remote session administratively closed",
            TerminationReason::Unspecified => "Remote closed with unspecified reason",
            TerminationReason::OutOfResources => "Remote out of resources",
            TerminationReason::RedundantConnection => "Remote considers connection redundant",
            TerminationReason(n) => {
                *scratch = format!("Unknown {n} termination reason, which is not part of draft.");
                scratch
            }
        };
        Self { code: code.0.into(), reason, data }
    }

    /// Without a Termination.
    pub(super) fn lost(reason: CloseReason) -> Self {
        let reason = match reason {
            CloseReason::BrokenFraming => "ERROR: Unsupported BMP message version",
            CloseReason::Idle => "ERROR: Router is silent",
            _ => "(2) Connection closed",
        };
        Self { code: LOST, reason, data: &[] }
    }

    /// The router goes on under another id.
    pub(super) fn renamed() -> Self {
        Self { code: LOST, reason: "Router has another name", data: &[] }
    }
}

/// What a row is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event<'a> {
    /// A message has come before any Initiation.
    First,
    Init(Introduction<'a>),
    Term(Ending<'a>),
}

/// Appends a row.
pub(super) fn write(
    rows: &mut Vec<u8>,
    event: Event<'_>,
    seq: u64,
    (id, ip): (Id, &str),
    at: Timestamp,
    cleaner: Cleaner,
) {
    let (action, introduction, ending) = match event {
        Event::First => ("first", Introduction::default(), Ending::default()),
        Event::Init(introduction) => ("init", introduction, Ending::default()),
        Event::Term(ending) => ("term", Introduction::default(), ending),
    };
    row(rows, &Field::ALL, |field, out| match field {
        Field::Action => out.extend_from_slice(action.as_bytes()),
        Field::Seq => text::number(out, seq),
        Field::Name => cleaner.text(out, introduction.name, NAME),
        Field::Hash => out.extend_from_slice(&id.hex()),
        Field::IpAddress => out.extend_from_slice(ip.as_bytes()),
        Field::Description => cleaner.text(out, introduction.description, TEXT),
        Field::TermCode => text::number(out, ending.code),
        Field::TermReason => cleaner.text(out, ending.reason.as_bytes(), TEXT),
        Field::InitData => cleaner.text(out, introduction.data, DATA),
        Field::TermData => cleaner.text(out, ending.data, DATA),
        Field::Timestamp => values::time(out, at),
        // A database's reader makes broken SQL of one.
        Field::BgpId => match introduction.bgp_id {
            Some(id) if !cleaner.sql_safe => values::dotted(out, id),
            _ => {}
        },
    });
}
