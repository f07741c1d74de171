//! UPDATEs with nothing wrong but that attributes are absent.

use crate::bgp::attr::{self, Attributes, ErrorAction};
use crate::record::Update;
use crate::wire::Reader;

/// The UPDATE as one without an error, where RFC 7606 (§3 d) has a speaker take its routes for
/// withdrawn for want of attributes alone. A router that tells of such routes has them: some leave
/// out NEXT_HOP or AS_PATH of what they say to a monitoring station.
pub(super) fn excused(update: &Update, octets: &[u8]) -> Option<Update> {
    if update.error != Some(ErrorAction::TreatAsWithdraw) {
        return None;
    }
    let span = update.attributes;
    let mut attributes = Attributes::new(Reader::at(span.of(octets), span.start as usize));
    while let Some(a) = attributes.next_whole() {
        let sound = attr::check(&a, update.as_width).is_ok()
            || attr::action(&a) < ErrorAction::TreatAsWithdraw;
        if !sound || !a.has_its_flags() {
            return None;
        }
    }
    attributes.cut().is_none().then_some(Update { error: None, ..*update })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::encode as bgp;
    use crate::record::Span;

    fn is_excused(error: Option<ErrorAction>, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut octets = Vec::new();
        write(&mut octets);
        let attributes = Span { start: 0, len: octets.len() as u32 };
        excused(&Update { error, attributes, ..Update::empty() }, &octets).is_some()
    }

    #[test]
    fn what_is_absent_is_excused_and_what_is_malformed_is_not() {
        let withdraw = Some(ErrorAction::TreatAsWithdraw);
        assert!(is_excused(withdraw, |out| bgp::origin(out, 0)));
        assert!(is_excused(withdraw, |_| ()));
        assert!(!is_excused(None, |_| ()), "nothing to excuse");
        assert!(!is_excused(Some(ErrorAction::SessionReset), |_| ()));
        assert!(!is_excused(withdraw, |out| bgp::origin(out, 9)));
        assert!(!is_excused(withdraw, |out| bgp::attribute(out, 0xc0, 4, &[0; 4])), "flags");
        assert!(!is_excused(withdraw, |out| out.extend([0x40, 1, 2, 0])), "overruns");
        assert!(is_excused(withdraw, |out| bgp::attribute(out, 0xc0, 7, &[0; 5])), "discarded");
    }
}
