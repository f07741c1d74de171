//! Peer Down: per-peer header · reason(1) · data (RFC 7854 §4.9, RFC 9069 §4.5).

use super::peer_up::describe_tlv;
use crate::bgp::{Header, MessageType as BgpType, Notification};
use crate::bmp::{MessageType, PeerHeader, Tlvs, encode};
use crate::wire::{Fields, Reader, WireError, open_enum};

open_enum! {
    /// Peer Down reasons. 0 is reserved.
    pub struct PeerDownReason(u8) {
        LocalNotification = 1 => "Local system closed, NOTIFICATION PDU follows",
        LocalNoNotification = 2 => "Local system closed, FSM Event follows",
        RemoteNotification = 3 => "Remote system closed, NOTIFICATION PDU follows",
        RemoteNoData = 4 => "Remote system closed, no data",
        DeConfigured = 5 => "Peer de-configured",
        LocalTlvs = 6 => "Local system closed, TLV data follows",
    }
}

open_enum! {
    /// Events of the BGP finite state machine (RFC 4271 §8.1; 29: RFC 9687 §3.2).
    pub struct FsmEvent(u16) {
        NoRelevantEvent = 0 => "no relevant event",
        ManualStart = 1 => "ManualStart",
        ManualStop = 2 => "ManualStop",
        AutomaticStart = 3 => "AutomaticStart",
        ManualStartPassive = 4 => "ManualStart_with_PassiveTcpEstablishment",
        AutomaticStartPassive = 5 => "AutomaticStart_with_PassiveTcpEstablishment",
        AutomaticStartDamped = 6 => "AutomaticStart_with_DampPeerOscillations",
        AutomaticStartDampedPassive = 7 => "AutomaticStart_with_DampPeerOscillations_and_PassiveTcpEstablishment",
        AutomaticStop = 8 => "AutomaticStop",
        ConnectRetryTimerExpires = 9 => "ConnectRetryTimer_Expires",
        HoldTimerExpires = 10 => "HoldTimer_Expires",
        KeepaliveTimerExpires = 11 => "KeepaliveTimer_Expires",
        DelayOpenTimerExpires = 12 => "DelayOpenTimer_Expires",
        IdleHoldTimerExpires = 13 => "IdleHoldTimer_Expires",
        TcpConnectionValid = 14 => "TcpConnection_Valid",
        TcpConnectionRequestInvalid = 15 => "Tcp_CR_Invalid",
        TcpConnectionRequestAcked = 16 => "Tcp_CR_Acked",
        TcpConnectionConfirmed = 17 => "TcpConnectionConfirmed",
        TcpConnectionFails = 18 => "TcpConnectionFails",
        BgpOpen = 19 => "BGPOpen",
        BgpOpenDelayed = 20 => "BGPOpen with DelayOpenTimer running",
        BgpHeaderErr = 21 => "BGPHeaderErr",
        BgpOpenMsgErr = 22 => "BGPOpenMsgErr",
        OpenCollisionDump = 23 => "OpenCollisionDump",
        NotifMsgVerErr = 24 => "NotifMsgVerErr",
        NotifMsg = 25 => "NotifMsg",
        KeepAliveMsg = 26 => "KeepAliveMsg",
        UpdateMsg = 27 => "UpdateMsg",
        UpdateMsgErr = 28 => "UpdateMsgErr",
        SendHoldTimerExpires = 29 => "SendHoldTimer_Expires",
    }
}

/// What a reason is followed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerDownData<'a> {
    /// Nothing that the reason defines.
    None,
    /// Reasons 1 and 3: the NOTIFICATION, which has a BGP header on the wire.
    Notification(Notification<'a>),
    /// Reason 2: the event for which the router closed the session.
    FsmEvent(FsmEvent),
    /// Reason 6: TLVs of Peer Up's registry; VRF/Table Name says which Loc-RIB (RFC 9069 §4.5).
    Tlvs(Tlvs<'a>),
}

/// The parts of a Peer Down Notification. Its data may be missing or cut short: that is never an
/// error.
#[derive(Debug, Clone, Copy)]
pub struct PeerDown<'a> {
    /// Per-peer header.
    pub peer: PeerHeader,
    /// Reason.
    pub reason: PeerDownReason,
    /// The data that the reason defines, as far as they are whole.
    pub data: PeerDownData<'a>,
    /// Octets after them; none when the router keeps to the standard.
    pub extra: Reader<'a>,
}

impl<'a> PeerDown<'a> {
    /// A message without anything beyond what its reason defines. Callers choose data that belong
    /// to the reason.
    #[must_use]
    pub fn new(peer: PeerHeader, reason: PeerDownReason, data: PeerDownData<'a>) -> Self {
        Self { peer, reason, data, extra: Reader::EMPTY }
    }

    /// Reads the body of the message.
    ///
    /// # Errors
    /// The per-peer header or the reason is cut short.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = PeerHeader::parse(&mut body)?;
        let reason = PeerDownReason(body.u8("Peer Down reason")?);
        Ok(Self::of(peer, reason, body))
    }

    /// Reads what follows the reason.
    #[must_use]
    pub fn of(peer: PeerHeader, reason: PeerDownReason, mut after: Reader<'a>) -> Self {
        let (data, extra) = match reason {
            PeerDownReason::LocalNotification | PeerDownReason::RemoteNotification => {
                notification(after).unwrap_or((PeerDownData::None, after))
            }
            PeerDownReason::LocalNoNotification => match after.u16("FSM event code") {
                Ok(event) => (PeerDownData::FsmEvent(FsmEvent(event)), after),
                Err(_) => (PeerDownData::None, after),
            },
            PeerDownReason::LocalTlvs => {
                let (tlvs, extra) = Tlvs::split(after);
                (PeerDownData::Tlvs(tlvs), extra)
            }
            _ => (PeerDownData::None, after),
        };
        Self { peer, reason, data, extra }
    }

    /// The FSM event code of reason 2 (RFC 4271 §8.1).
    #[must_use]
    pub fn fsm_event(&self) -> Option<u16> {
        match self.data {
            PeerDownData::FsmEvent(event) => Some(event.0),
            _ => None,
        }
    }

    /// The NOTIFICATION of reasons 1 and 3, if it is whole.
    #[must_use]
    pub fn notification(&self) -> Option<Notification<'a>> {
        match self.data {
            PeerDownData::Notification(notification) => Some(notification),
            _ => None,
        }
    }

    /// The whole TLVs of reason 6: the VRF/Table Name of a Loc-RIB (RFC 9069 §4.5).
    #[must_use]
    pub fn tlvs(&self) -> Option<Tlvs<'a>> {
        match self.data {
            PeerDownData::Tlvs(tlvs) => Some(tlvs),
            _ => None,
        }
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::message(out, MessageType::PeerDown.0, |out| {
            self.peer.encode(out);
            out.push(self.reason.0);
            match self.data {
                PeerDownData::None => {}
                PeerDownData::Notification(notification) => notification.encode(out),
                PeerDownData::FsmEvent(event) => out.extend_from_slice(&event.0.to_be_bytes()),
                PeerDownData::Tlvs(tlvs) => tlvs.encode(out),
            }
            out.extend_from_slice(self.extra.peek());
        });
    }

    /// Describes the message.
    pub fn describe(&self, fields: &mut dyn Fields) {
        self.peer.describe(fields);
        fields.text("reason", &self.reason);
        match self.data {
            PeerDownData::None => {}
            PeerDownData::Notification(notification) => {
                fields.group("notification", &mut |fields| notification.describe(fields));
            }
            PeerDownData::FsmEvent(event) => fields.text("fsm_event", &event),
            PeerDownData::Tlvs(tlvs) => tlvs.describe(fields, describe_tlv),
        }
        if !self.extra.is_empty() {
            fields.octets("extra", self.extra.peek());
        }
    }
}

/// A whole NOTIFICATION at the front of `data`, and what is after it.
fn notification(mut data: Reader<'_>) -> Option<(PeerDownData<'_>, Reader<'_>)> {
    let header = Header::parse(&mut data).ok()?;
    match header.kind {
        BgpType::Notification => {
            let notification = Notification::parse(header.body).ok()?;
            Some((PeerDownData::Notification(notification), data))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn down(data: &[u8]) -> Vec<u8> {
        [vec![0; 42], data.to_vec()].concat()
    }

    #[test]
    fn data_that_is_missing_is_no_error() {
        for reason in 0..=255 {
            let b = down(&[reason]);
            let d = PeerDown::parse(Reader::new(&b)).unwrap();
            assert_eq!((d.fsm_event(), d.notification()), (None, None));
        }
        assert!(PeerDown::parse(Reader::new(&down(&[]))).is_err());
    }

    #[test]
    fn reason_2_has_an_event_and_reason_3_a_notification() {
        let b = down(&[2, 0, 24]);
        assert_eq!(PeerDown::parse(Reader::new(&b)).unwrap().fsm_event(), Some(24));
        let mut data = vec![3];
        data.extend([0xff; 16]);
        data.extend([0, 21, 3, 6, 4]);
        let b = down(&data);
        let n = PeerDown::parse(Reader::new(&b)).unwrap().notification().unwrap();
        assert_eq!((n.code.0, n.subcode), (6, 4));
        data[19] = 4; // a KEEPALIVE is none
        let b = down(&data);
        assert_eq!(PeerDown::parse(Reader::new(&b)).unwrap().notification(), None);
    }

    #[test]
    fn what_follows_the_data_and_what_is_cut_is_kept() {
        let mut cut = vec![1];
        cut.extend([0xff; 16]);
        cut.extend([0, 23, 3, 6, 4]);
        for (data, extra) in [
            (&[2, 0, 24, 9][..], 1), // more than the event
            (&[2, 7], 1),            // half an event
            (&[4, 7, 7], 2),         // a reason that has no data
            (&[6, 0, 3, 0, 1, b'v', 0, 3, 0, 2, b'x'], 5),
            (&[99, 1], 1),
            (&cut, cut.len() - 1),
        ] {
            let b = down(data);
            let d = PeerDown::parse(Reader::new(&b)).unwrap();
            assert_eq!(d.extra.len(), extra, "{data:?}");
            let mut out = Vec::new();
            d.encode(&mut out);
            assert_eq!(out[6..], b);
        }
    }
}
