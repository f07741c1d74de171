use std::fmt;

use ribcage::bgp::attr::mp_reach::MpReach;
use ribcage::bgp::attr::mp_unreach::MpUnreach;
use ribcage::bgp::attr::{self, Attribute, AttributeCode, Attributes, ErrorAction};
use ribcage::bgp::encode::{self, attribute_with};
use ribcage::bgp::{AsWidth, Header, Message, MessageType, Negotiated, Update, nlri};
use ribcage::bmp::msg::peer_down::PeerDownReason;
use ribcage::bmp::{self, CommonHeader, FrameError, MessageError};
use ribcage::wire::{Family, Outline, Reader, WireError};

use super::table::{Context, Kind, Vector};

/// One thing that is wrong with a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) what: String,
    pub(super) offset: usize,
    /// What RFC 7606 has a speaker do about it, in an UPDATE.
    pub(super) action: Option<ErrorAction>,
    /// Whether it is about a route, and not about an attribute.
    pub(super) of_route: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} @{}", self.what, self.offset)?;
        self.action.map_or(Ok(()), |action| write!(f, " ({})", action.name()))
    }
}

/// What a vector comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) findings: Vec<Finding>,
    /// The octets as the library's types write them; what they do not read is there as it came.
    pub(super) written: Vec<u8>,
}

impl Judged {
    fn found(&mut self, error: WireError) {
        self.in_update(error, None);
    }

    fn in_update(&mut self, error: WireError, action: impl Into<Option<ErrorAction>>) {
        let (what, action) = (error.what.to_owned(), action.into());
        self.findings.push(Finding { what, offset: error.offset, action, of_route: false });
    }
}

/// Decodes a vector in its context. One whose context names no width must come to the same at both.
pub(super) fn judge(vector: &Vector, context: &Context) -> Judged {
    let at = |as_width| {
        let mut judge = Judge { as_width, add_path: &context.add_path, judged: Judged::default() };
        match vector.kind {
            Kind::Bgp => judge.pdus(Reader::new(&vector.octets)),
            Kind::Bmp => judge.stream(&vector.octets),
        }
        judge.judged
    };
    match context.as_width {
        Some(as_width) => at(as_width),
        None => {
            let judged = at(AsWidth::Four);
            assert_eq!(judged, at(AsWidth::Two), "{} depends on the width", vector.name);
            judged
        }
    }
}

struct Judge<'c> {
    as_width: AsWidth,
    add_path: &'c [Family],
    judged: Judged,
}

impl Judge<'_> {
    fn keep(&mut self, octets: &[u8]) {
        self.judged.written.extend_from_slice(octets);
    }

    // ---- BGP -----------------------------------------------------------------------------------

    /// BGP messages one after the other.
    fn pdus(&mut self, mut left: Reader<'_>) {
        while !left.is_empty() {
            let begin = left;
            let Ok(header) = Header::parse(&mut { left }) else {
                let error = Message::parse(&mut left).unwrap_err();
                self.judged.found(error);
                return self.keep(begin.peek());
            };
            match Message::parse(&mut left) {
                Ok(Message::Update(update)) => self.update(update),
                Ok(message) => {
                    message.encode(&mut self.judged.written);
                    let said = Outline::of(|f| message.describe(Negotiated::default(), f));
                    assert!(said.starts_with("type="), "{said}");
                }
                Err(error) => {
                    let reset =
                        (header.kind == MessageType::Update).then_some(ErrorAction::SessionReset);
                    self.judged.in_update(error, reset);
                    self.keep(&begin.peek()[..header.len]);
                }
            }
        }
    }

    fn update(&mut self, parts: Update<'_>) {
        let before = self.judged.findings.len();
        let withdrawn = self.routes(Family::IPV4_UNICAST, false, parts.withdrawn);
        let (mut attributes, mut seen, mut at) = (Vec::new(), Vec::new(), 0);
        for attribute in Attributes::new(parts.attributes) {
            match attribute {
                Ok(a) => {
                    let begin = parts.attributes.offset() + at;
                    self.headed(&a, begin, seen.contains(&a.code));
                    self.attribute(&a, &mut attributes);
                    at = a.reader().offset() + a.reader().len() - parts.attributes.offset();
                    seen.push(a.code);
                }
                // RFC 7606 §4, at its end.
                Err(cut) => self.judged.in_update(cut, ErrorAction::TreatAsWithdraw),
            }
        }
        attributes.extend_from_slice(&parts.attributes.peek()[at..]);
        let nlri = self.routes(Family::IPV4_UNICAST, true, parts.nlri);
        self.lacks(&seen, !parts.nlri.is_empty(), parts.attributes.offset());
        let announces = !parts.nlri.is_empty() || seen.contains(&AttributeCode::MpReachNlri);
        let withdraw = |f: &Finding| f.action == Some(ErrorAction::TreatAsWithdraw);
        if !announces && self.judged.findings[before..].iter().any(withdraw) {
            // RFC 7606 §5.2: there is nothing to take as withdrawn.
            let error = WireError::invalid("nothing announced", parts.nlri.offset(), 0);
            self.judged.in_update(error, ErrorAction::SessionReset);
        }
        encode::update(&mut self.judged.written, &withdrawn, &attributes, &nlri);
    }

    /// An attribute's flags, and whether it is the first of its type.
    fn headed(&mut self, a: &Attribute<'_>, begin: usize, is_repeated: bool) {
        let of_type = a.flags & (attr::FLAG_OPTIONAL | attr::FLAG_TRANSITIVE);
        let wrong = match attr::flags(a.code) {
            Some(flags) => flags != of_type,
            None => a.code.name().is_none() && a.flags & attr::FLAG_OPTIONAL == 0,
        };
        if wrong {
            let action = match a.code.0 {
                14 | 15 => ErrorAction::SessionReset, // RFC 7606 §5.3
                26 => ErrorAction::AttributeDiscard,  // RFC 7311 §3.2
                _ if a.code.name().is_none() => ErrorAction::SessionReset, // RFC 4271 §6.3
                _ => ErrorAction::TreatAsWithdraw,    // RFC 7606 §3 c
            };
            let error = WireError::invalid("attribute flags", begin, a.flags.into());
            self.judged.in_update(error, action);
        }
        if is_repeated {
            // RFC 7606 §3 g.
            let action = match a.code {
                AttributeCode::MpReachNlri | AttributeCode::MpUnreachNlri => {
                    ErrorAction::SessionReset
                }
                _ => ErrorAction::AttributeDiscard,
            };
            let error = WireError::invalid("repeated attribute", begin, a.code.0.into());
            self.judged.in_update(error, action);
        }
    }

    /// Routes without the attributes that they need (RFC 7606 §3 d).
    fn lacks(&mut self, seen: &[AttributeCode], has_nlri: bool, at: usize) {
        if !has_nlri && !seen.contains(&AttributeCode::MpReachNlri) {
            return;
        }
        for (code, what, needed) in [
            (AttributeCode::Origin, "no ORIGIN", true),
            (AttributeCode::AsPath, "no AS_PATH", true),
            (AttributeCode::NextHop, "no NEXT_HOP", has_nlri),
        ] {
            // A BGPsec_PATH stands in the place of AS_PATH (RFC 8205 §3).
            let instead = AttributeCode(if code == AttributeCode::AsPath { 33 } else { code.0 });
            if needed && !seen.contains(&code) && !seen.contains(&instead) {
                let error = WireError::invalid(what, at, 0);
                self.judged.in_update(error, ErrorAction::TreatAsWithdraw);
            }
        }
    }

    fn attribute(&mut self, a: &Attribute<'_>, out: &mut Vec<u8>) {
        let mut value = Vec::new();
        match attr::rewrite(a, self.as_width, &mut value) {
            Ok(()) => {
                let said = Outline::of(|f| attr::describe(a, self.as_width, f).unwrap());
                assert_eq!(said.is_empty(), a.code.name().is_none(), "{} says {said:?}", a.code);
            }
            Err(error) => {
                self.judged.in_update(error, attr::action(a));
                value = a.value().to_vec();
            }
        }
        if let (AttributeCode::MpReachNlri, Ok(mp)) = (a.code, MpReach::parse(a.reader())) {
            value.truncate(value.len() - mp.nlri.len());
            value.extend(self.routes(mp.family, true, mp.nlri));
        }
        if let (AttributeCode::MpUnreachNlri, Ok(mp)) = (a.code, MpUnreach::parse(a.reader())) {
            value.truncate(value.len() - mp.nlri.len());
            value.extend(self.routes(mp.family, false, mp.nlri));
        }
        attribute_with(out, a.flags, a.code.0, |out| out.extend_from_slice(&value));
    }

    /// The routes of a list as their types write them: what is after them is there as it came, and
    /// so are the octets of a family that is not decoded.
    fn routes(&mut self, family: Family, announced: bool, octets: Reader<'_>) -> Vec<u8> {
        let add_path = self.add_path.contains(&family);
        let scan = nlri::scan(family, add_path, announced, octets);
        if let Some(error) = scan.error {
            // RFC 7606 §3 j and §5.3.
            self.judged.in_update(error, ErrorAction::SessionReset);
            self.judged.findings.last_mut().unwrap().of_route = true;
        }
        let (mut left, mut written) = (octets, Vec::new());
        for _ in 0..scan.count {
            let route = &mut { left };
            let said = Outline::of(|fields| {
                nlri::describe_one(family, add_path, announced, route, fields).unwrap();
            });
            assert!(said.contains('='), "{family} says {said:?}");
            nlri::rewrite_one(family, add_path, announced, &mut left, &mut written).unwrap();
            assert_eq!(left.offset(), route.offset(), "{family}: {said}");
        }
        if scan.count > 0 || scan.error.is_some() {
            assert_eq!(left.offset(), octets.offset() + scan.used, "{family}");
        }
        written.extend_from_slice(left.peek());
        written
    }

    // ---- BMP -----------------------------------------------------------------------------------

    /// BMP messages one after the other.
    fn stream(&mut self, octets: &[u8]) {
        let mut at = 0;
        while at < octets.len() {
            let left = &octets[at..];
            match CommonHeader::parse(left, 1 << 20) {
                Ok(Some(header)) if header.len <= left.len() => {
                    self.message(at, &left[..header.len]);
                    at += header.len;
                }
                framing => {
                    let what = match framing {
                        Ok(_) => "message that goes on",
                        Err(FrameError::Version(_)) => "BMP version",
                        Err(FrameError::TooShort(_)) => "BMP length that is too short",
                        Err(FrameError::TooLong { .. }) => "BMP length that is too long",
                    };
                    let what = what.to_owned();
                    self.judged.findings.push(Finding {
                        what,
                        offset: at,
                        action: None,
                        of_route: false,
                    });
                    return self.keep(left);
                }
            }
        }
    }

    fn message(&mut self, at: usize, octets: &[u8]) {
        let message = match bmp::Message::parse(octets) {
            Ok((message, _)) => message,
            Err(MessageError::Body { error, .. }) => {
                self.judged.found(WireError { offset: at + error.offset, ..error });
                return self.keep(octets);
            }
            Err(error) => panic!("a whole message with a sound header: {error}"),
        };
        let said = Outline::of(|f| message.describe(f));
        assert!(said.starts_with("version="), "{said}");
        match &message {
            bmp::Message::RouteMonitoring(rm) => {
                // Its UPDATE is judged in its context, and written with the message, below.
                let (pdu_at, kept) = (at + rm.pdu_offset, self.judged.written.len());
                let pdu = &octets[rm.pdu_offset..][..rm.bgp.len];
                self.pdus(Reader::at(pdu, pdu_at));
                assert_eq!(self.judged.written[kept..], *pdu);
                self.judged.written.truncate(kept);
            }
            bmp::Message::StatisticsReport(report) => {
                if let Some(error) = report.cut() {
                    self.judged.found(WireError { offset: at + error.offset, ..error });
                }
            }
            bmp::Message::PeerDown(down) => {
                let sends = [PeerDownReason::LocalNotification, PeerDownReason::RemoteNotification];
                if sends.contains(&down.reason) && down.notification().is_none() {
                    let at = at + down.extra.offset();
                    self.judged.found(WireError::invalid("NOTIFICATION", at, 0));
                }
            }
            _ => {}
        }
        message.encode(&mut self.judged.written);
    }
}
