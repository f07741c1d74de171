//! What a speaker says of itself: BGP Role (RFC 9234 §4.1), FQDN
//! (draft-walton-bgp-hostname-capability) and Software Version
//! (draft-abraitis-bgp-version-capability).

use crate::wire::layout::counted8;
use crate::wire::{Fields, Part, Reader, Text, WireError, open_enum};

open_enum! {
    /// What the sender is to its peer (RFC 9234 §4.1). 1 octet.
    pub struct Role(u8) {
        Provider = 0 => "Provider",
        RouteServer = 1 => "RS",
        RouteServerClient = 2 => "RS-Client",
        Customer = 3 => "Customer",
        Peer = 4 => "Peer",
    }
}

/// FQDN: length(1) · host name · length(1) · domain name. Both are UTF-8, or should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fqdn<'a> {
    /// Host name.
    pub host_name: &'a [u8],
    /// Domain name; often empty.
    pub domain_name: &'a [u8],
}

impl<'a> Part<'a> for Fqdn<'a> {
    fn read(r: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
        let host_name = counted(r, "Hostname")?;
        let domain_name = counted(r, "Domain Name")?;
        Ok(Self { host_name, domain_name })
    }
    fn write(&self, out: &mut Vec<u8>) {
        counted8(out, |out| out.extend_from_slice(self.host_name));
        counted8(out, |out| out.extend_from_slice(self.domain_name));
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            Text(self.host_name).describe_as("host_name", fields);
            Text(self.domain_name).describe_as("domain_name", fields);
        });
    }
}

/// Software Version: length(1) · text in UTF-8, or what should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoftwareVersion<'a>(pub &'a [u8]);

impl<'a> Part<'a> for SoftwareVersion<'a> {
    fn read(r: &mut Reader<'a>, _: &'static str) -> Result<Self, WireError> {
        let version = counted(r, "Software Version")?;
        Ok(Self(version))
    }
    fn write(&self, out: &mut Vec<u8>) {
        counted8(out, |out| out.extend_from_slice(self.0));
    }
    fn describe_as(&self, name: &'static str, fields: &mut dyn Fields) {
        Text(self.0).describe_as(name, fields);
    }
}

/// Reads a text after its length of one octet.
fn counted<'a>(r: &mut Reader<'a>, what: &'static str) -> Result<&'a [u8], WireError> {
    let len = r.u8(what)?;
    r.take(what, len.into())
}
