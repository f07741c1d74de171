//! Peer Down: per-peer header · reason(1) · data (RFC 7854 §4.9, RFC 9069 §4.5).

use crate::bgp::notification::Notification;
use crate::bgp::{Header, MessageType};
use crate::bmp::{PeerHeader, Tlvs};
use crate::wire::{Reader, WireError, open_enum};

open_enum! {
    /// Peer Down reasons.
    pub struct PeerDownReason(u8) {
        LocalNotification = 1 => "Local system closed, NOTIFICATION PDU follows",
        LocalNoNotification = 2 => "Local system closed, FSM Event follows",
        RemoteNotification = 3 => "Remote system closed, NOTIFICATION PDU follows",
        RemoteNoData = 4 => "Remote system closed, no data",
        DeConfigured = 5 => "Peer de-configured",
        LocalTlvs = 6 => "Local system closed, TLV data follows",
    }
}

/// The parts of a Peer Down Notification. Its data may be missing or cut short: that is never an
/// error.
#[derive(Debug, Clone, Copy)]
pub struct PeerDown<'a> {
    /// Per-peer header.
    pub peer: PeerHeader,
    /// Reason.
    pub reason: PeerDownReason,
    /// What follows the reason.
    pub data: Reader<'a>,
}

impl<'a> PeerDown<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// The per-peer header or the reason is cut short.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = PeerHeader::parse(&mut body)?;
        let reason = PeerDownReason(body.u8("Peer Down reason")?);
        Ok(Self { peer, reason, data: body })
    }

    /// The FSM event code of reason 2 (RFC 4271 §8.1).
    #[must_use]
    pub fn fsm_event(&self) -> Option<u16> {
        match self.reason {
            PeerDownReason::LocalNoNotification => {
                let mut data = self.data;
                data.u16("FSM event code").ok()
            }
            _ => None,
        }
    }

    /// The NOTIFICATION of reasons 1 and 3, if it is whole.
    #[must_use]
    pub fn notification(&self) -> Option<Notification<'a>> {
        let sends = matches!(
            self.reason,
            PeerDownReason::LocalNotification | PeerDownReason::RemoteNotification
        );
        let mut data = self.data;
        let header = if sends { Header::parse(&mut data).ok()? } else { return None };
        match header.kind {
            MessageType::Notification => Notification::parse(header.body).ok(),
            _ => None,
        }
    }

    /// The TLVs of reason 6: the VRF/Table Name of a Loc-RIB (RFC 9069 §4.5).
    #[must_use]
    pub fn tlvs(&self) -> Option<Tlvs<'a>> {
        (self.reason == PeerDownReason::LocalTlvs).then_some(Tlvs::new(self.data))
    }
}

pub(super) fn check(body: Reader<'_>) -> Result<(), WireError> {
    PeerDown::parse(body).map(drop)
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
}
