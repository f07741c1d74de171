//! Rows: fields in an order that each object states, with a tabulator between them.

/// Declares the fields of a row in their order; the number of them is checked.
macro_rules! fields {
    ($(#[$meta:meta])* enum $name:ident[$count:literal] { $($field:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum $name { $($field),+ }

        impl $name {
            /// All, in the order of the row.
            const ALL: [Self; $count] = [$(Self::$field),+];
        }
    };
}
pub(super) use fields;

/// Appends a row whose fields `write` writes.
pub(super) fn row<F: Copy>(
    out: &mut Vec<u8>,
    fields: &[F],
    mut write: impl FnMut(F, &mut Vec<u8>),
) {
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            out.push(b'\t');
        }
        write(*field, out);
    }
    out.push(b'\n');
}

/// A field that all routes of a list in an UPDATE have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    Action,
    RouterHash,
    RouterIp,
    BaseAttrHash,
    PeerHash,
    PeerIp,
    PeerAsn,
    Timestamp,
    Origin,
    AsPath,
    AsPathCount,
    OriginAs,
    NextHop,
    Med,
    LocalPref,
    Aggregator,
    Communities,
    ExtCommunities,
    ClusterList,
    IsAtomicAgg,
    IsNextHopIpv4,
    OriginatorId,
    LargeCommunities,
    IsPrePolicy,
    IsAdjIn,
}

/// A field of a row about a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field<Own> {
    /// The same for all of the list.
    All(Shared),
    /// The number of the row.
    Seq,
    /// The route's id.
    Hash,
    /// What the route itself says.
    Own(Own),
}

/// What the rows of a list share, rendered once, with holes for what they do not.
#[derive(Debug, Default)]
pub(super) struct Strip {
    text: Vec<u8>,
    /// Where the holes are in `text`.
    holes: Vec<usize>,
}

impl Strip {
    /// Renders what is shared.
    pub(super) fn make<Own>(
        &mut self,
        fields: &[Field<Own>],
        mut write: impl FnMut(Shared, &mut Vec<u8>),
    ) {
        self.text.clear();
        self.holes.clear();
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                self.text.push(b'\t');
            }
            match field {
                Field::All(shared) => write(*shared, &mut self.text),
                _ => self.holes.push(self.text.len()),
            }
        }
        self.text.push(b'\n');
    }

    /// Octets of a row without what fills its holes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Appends a row; `fill` writes what is not shared.
    pub(super) fn row<Own: Copy>(
        &self,
        out: &mut Vec<u8>,
        fields: &[Field<Own>],
        mut fill: impl FnMut(Field<Own>, &mut Vec<u8>),
    ) {
        let own = fields.iter().filter(|field| !matches!(field, Field::All(_)));
        let mut from = 0;
        for (field, &hole) in own.zip(&self.holes) {
            out.extend_from_slice(&self.text[from..hole]);
            fill(*field, out);
            from = hole;
        }
        out.extend_from_slice(&self.text[from..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_has_its_holes_where_the_fields_are() {
        let fields = [
            Field::All(Shared::Action),
            Field::Seq,
            Field::Hash,
            Field::All(Shared::PeerIp),
            Field::Own('x'),
        ];
        let mut strip = Strip::default();
        for action in ["add", "del"] {
            strip.make(&fields, |field, out| match field {
                Shared::Action => out.extend_from_slice(action.as_bytes()),
                _ => out.extend_from_slice(b"::1"),
            });
            let mut out = Vec::new();
            for n in [b'1', b'2'] {
                strip.row(&mut out, &fields, |field, out| match field {
                    Field::Seq => out.push(n),
                    Field::Own(c) => out.push(c as u8),
                    _ => {}
                });
            }
            let want = format!("{action}\t1\t\t::1\tx\n{action}\t2\t\t::1\tx\n");
            assert_eq!(String::from_utf8_lossy(&out), want);
        }
    }
}
