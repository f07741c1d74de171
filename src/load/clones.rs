//! Clones: several routers that play one recording, each with a name of its own.

use crate::bmp::encode as bmp;

/// Appends `message` with this clone's sysName, if it is an Initiation (RFC 7854 §4.3); gives
/// whether it is one. A name `edge` becomes `edge-2`; an Initiation without a name gets `clone-2`.
pub(super) fn rename(message: &[u8], clone: u32, out: &mut Vec<u8>) -> bool {
    if message.get(5) != Some(&INITIATION) {
        return false;
    }
    let suffix = format!("-{clone}");
    let mut left = message.get(bmp::COMMON_HEADER_LEN..).unwrap_or_default();
    let mut named = false;
    bmp::message(out, INITIATION, |out| {
        while let [a, b, c, d, rest @ ..] = left {
            let (kind, len) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
            let Some((value, next)) = rest.split_at_checked(len.into()) else { break };
            let longer = usize::from(len) + suffix.len();
            if let (bmp::INFO_SYS_NAME, Ok(len)) = (kind, u16::try_from(longer)) {
                put(out, kind, len, value);
                out.extend_from_slice(suffix.as_bytes());
                named = true;
            } else {
                put(out, kind, len, value);
            }
            left = next;
        }
        if !named {
            let name = format!("clone{suffix}");
            put(out, bmp::INFO_SYS_NAME, name.len() as u16, name.as_bytes());
        }
        // What is no TLV stays as it is.
        out.extend_from_slice(left);
    });
    true
}

fn put(out: &mut Vec<u8>, kind: u16, len: u16, value: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(value);
}

const INITIATION: u8 = 4;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn initiation(tlvs: &[bmp::Tlv<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        bmp::initiation(&mut out, tlvs);
        out
    }

    #[test]
    fn a_clone_has_a_name_of_its_own() {
        let renamed = |message: &[u8]| {
            let mut out = Vec::new();
            assert!(rename(message, 12, &mut out));
            out
        };
        let edge = initiation(&[(bmp::INFO_SYS_DESCR, b"x"), (bmp::INFO_SYS_NAME, b"edge")]);
        let other = initiation(&[(bmp::INFO_SYS_DESCR, b"x"), (bmp::INFO_SYS_NAME, b"edge-12")]);
        assert_eq!(renamed(&edge), other);
        assert_eq!(renamed(&initiation(&[])), initiation(&[(bmp::INFO_SYS_NAME, b"clone-12")]));
        let mut cut = edge.clone();
        cut.truncate(edge.len() - 2);
        assert!(renamed(&cut).ends_with(b"ed"), "a cut TLV stays at the end");
        assert!(!rename(&[3, 0, 0, 0, 6, 5], 12, &mut Vec::new()));
    }
}
