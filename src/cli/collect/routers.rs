//! What `[[router]]` entries mean to sessions.

use std::net::IpAddr;
use std::sync::Arc;

use crate::bgp::AsWidth;
use crate::cli::args::profile;
use crate::config::network::Network;
use crate::config::router::RouterSetting;
use crate::record::Marks;
use crate::session::{Criteria, Overrides, RouterEntry, RouterTable};
use crate::wire::Prefix;

/// The entries as sessions look them up.
pub(super) fn table(settings: &[RouterSetting]) -> RouterTable {
    RouterTable::new(settings.iter().map(entry).collect())
}

fn entry(setting: &RouterSetting) -> RouterEntry {
    let marks = Marks {
        name: setting.name.clone(),
        tags: setting.tags.clone(),
        label: setting.label.clone(),
    };
    RouterEntry {
        criteria: Criteria {
            sources: setting.source.iter().map(prefix).collect(),
            sys_name: setting.sysname.clone(),
            bgp_id: setting.bgp_id,
        },
        marks: (!marks.is_empty()).then(|| Arc::new(marks)),
        overrides: Overrides {
            add_path: setting.add_path,
            as_width: setting.as_width.map(|octets| match octets {
                2 => AsWidth::Two,
                _ => AsWidth::Four,
            }),
            v4: setting.bmp_v4.and_then(profile),
        },
    }
}

fn prefix(network: &Network) -> Prefix {
    match network.parts() {
        (IpAddr::V4(address), len) => Prefix::V4(address.octets(), len),
        (IpAddr::V6(address), len) => Prefix::V6(address.octets(), len),
    }
}
