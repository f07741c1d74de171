//! `base_attribute`: the path attributes that the routes of an UPDATE share.

use super::fields::Field::{self, All};
use super::fields::{Shared::*, columns};

/// Of no route's own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Nothing {}

/// The fields of a row.
pub(super) const FIELDS: [Field<Nothing>; 4] =
    [All(Router), All(Peer), All(Attributes), All(LargeCommunities)];
const _: () = assert!(columns(&FIELDS) == 24);
