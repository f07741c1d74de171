//! What a speaker says of itself: BGP Role (RFC 9234 §4.1), FQDN
//! (draft-walton-bgp-hostname-capability) and Software Version
//! (draft-abraitis-bgp-version-capability).

use super::Value;
use crate::bgp::describe_text;
use crate::bgp::encode::counted8;
use crate::wire::{Fields, Reader, WireError, open_enum};

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

impl Value<'_> for Role {
    fn parse(mut value: Reader<'_>) -> Result<Self, WireError> {
        let role = value.u8("BGP Role")?;
        value.finish("BGP Role")?;
        Ok(Self(role))
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.0);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, self);
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

impl<'a> Value<'a> for Fqdn<'a> {
    fn parse(mut value: Reader<'a>) -> Result<Self, WireError> {
        let host_name = counted(&mut value, "Hostname")?;
        let domain_name = counted(&mut value, "Domain Name")?;
        value.finish("FQDN")?;
        Ok(Self { host_name, domain_name })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        counted8(out, |out| out.extend_from_slice(self.host_name));
        counted8(out, |out| out.extend_from_slice(self.domain_name));
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            describe_text("host_name", self.host_name, fields);
            describe_text("domain_name", self.domain_name, fields);
        });
    }
}

/// Software Version: length(1) · text in UTF-8, or what should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoftwareVersion<'a>(pub &'a [u8]);

impl<'a> Value<'a> for SoftwareVersion<'a> {
    fn parse(mut value: Reader<'a>) -> Result<Self, WireError> {
        let version = counted(&mut value, "Software Version")?;
        value.finish("Software Version")?;
        Ok(Self(version))
    }
    fn encode(&self, out: &mut Vec<u8>) {
        counted8(out, |out| out.extend_from_slice(self.0));
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        describe_text(name, self.0, fields);
    }
}

/// Reads a text after its length of one octet.
fn counted<'a>(r: &mut Reader<'a>, what: &'static str) -> Result<&'a [u8], WireError> {
    let len = r.u8(what)?;
    r.take(what, len.into())
}
