//! Tells BMP by its content: a chain of common headers that make sense (RFC 7854 §4.1).

/// Octets of a common header: version, length, type.
pub(super) const HEADER_BYTES: usize = 6;

/// Headers of a chain that are looked at: each one makes a chance hit about 10⁷ times less likely.
const CHAIN_MAX: usize = 64;

/// Whether a direction speaks BMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Bmp,
    Foreign,
    /// Plausible so far.
    Undecided,
}

enum Header {
    Foreign,
    /// Cut short, and plausible as far as it goes.
    Part,
    Message(usize),
}

/// Judges octets that begin where a message may begin. A chance hit is the more likely the more
/// places are tried; so where it is not `certain` that a message begins there, the first header
/// alone does not suffice: the end of its message must be the end of the octets, or the place of
/// another header.
pub(super) fn judge(octets: &[u8], certain: bool, message_max: usize) -> Verdict {
    let mut rest = octets;
    for seen in 0..CHAIN_MAX {
        match header(rest, message_max) {
            Header::Foreign => return Verdict::Foreign,
            Header::Part if seen == 0 => return Verdict::Undecided,
            Header::Part => return Verdict::Bmp,
            Header::Message(len) => match rest.get(len..) {
                Some(after) => rest = after,
                None if certain || seen > 0 => return Verdict::Bmp,
                None => return Verdict::Undecided,
            },
        }
    }
    Verdict::Bmp
}

/// Whether the whole header of a plausible message stands at the start.
pub(super) fn is_plausible(octets: &[u8], message_max: usize) -> bool {
    matches!(header(octets, message_max), Header::Message(_))
}

fn header(octets: &[u8], message_max: usize) -> Header {
    let mut padded = [0; HEADER_BYTES];
    let have = octets.len().min(HEADER_BYTES);
    padded[..have].copy_from_slice(&octets[..have]);
    let [version, a, b, c, d, kind] = padded;
    let len = u32::from_be_bytes([a, b, c, d]) as usize;
    // The octets to come can only add to the length.
    let plausible = (have < 1 || matches!(version, 3 | 4))
        && len <= message_max
        && (have < 5 || len >= HEADER_BYTES)
        && (have < 6 || matches!(kind, 0..=6 | 100 | 250..=255));
    match plausible {
        false => Header::Foreign,
        true if have < HEADER_BYTES => Header::Part,
        true => Header::Message(len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INITIATION: [u8; 10] = [3, 0, 0, 0, 10, 4, 0, 2, 0, 0];
    const MAX: usize = 1 << 20;

    #[test]
    fn one_header_suffices_only_where_a_message_must_begin() {
        let part = &INITIATION[..7];
        assert_eq!(judge(part, true, MAX), Verdict::Bmp);
        assert_eq!(judge(part, false, MAX), Verdict::Undecided);
        assert_eq!(judge(&INITIATION, false, MAX), Verdict::Bmp);
        assert_eq!(judge(&[&INITIATION[..], &[4]].concat(), false, MAX), Verdict::Bmp);
        assert_eq!(judge(&[&INITIATION[..], &[5]].concat(), true, MAX), Verdict::Foreign);
    }

    #[test]
    fn each_field_of_the_header_counts() {
        assert_eq!(judge(&[4, 0, 0, 0, 6, 255], true, MAX), Verdict::Bmp);
        assert_eq!(judge(&[2, 0, 0, 0, 6, 4], true, MAX), Verdict::Foreign);
        assert_eq!(judge(&[3, 0, 0, 0, 5], true, MAX), Verdict::Foreign);
        assert_eq!(judge(&[3, 1], true, MAX), Verdict::Foreign);
        assert_eq!(judge(&[3, 0, 0, 0, 6, 7], true, MAX), Verdict::Foreign);
        assert_eq!(judge(&[3, 0, 0x10, 0, 0], true, MAX), Verdict::Undecided);
        assert_eq!(judge(&[3, 0, 0x10, 0, 1], true, MAX), Verdict::Foreign);
        assert!(!is_plausible(&[3, 0, 0, 0, 6], MAX));
    }
}
