//! Traffic Engineering: Switching Capability Descriptors of 36 octets and what is specific to the
//! switching capability (RFC 5543 §3, as RFC 4202 and RFC 4203 §1.4 have them).

use super::Value;
use crate::bgp::AsWidth;
pub use crate::wire::Bandwidth;
use crate::wire::{Fields, Item, List, Reader, WireError, open_enum};

/// Octets of a descriptor before what is specific to its switching capability.
const FIXED_LEN: usize = 36;

open_enum! {
    /// Switching capability (RFC 3471 §3.1.1).
    pub struct SwitchingCapability(u8) {
        Psc1 = 1 => "PSC-1",
        Psc2 = 2 => "PSC-2",
        Psc3 = 3 => "PSC-3",
        Psc4 = 4 => "PSC-4",
        L2sc = 51 => "L2SC",
        Tdm = 100 => "TDM",
        Lsc = 150 => "LSC",
        Fsc = 200 => "FSC",
    }
}

open_enum! {
    /// LSP encoding type (RFC 3471 §3.1.1).
    pub struct LspEncoding(u8) {
        Packet = 1 => "Packet",
        Ethernet = 2 => "Ethernet",
        Pdh = 3 => "ANSI/ETSI PDH",
        Sdh = 5 => "SDH/SONET",
        DigitalWrapper = 7 => "Digital Wrapper",
        Lambda = 8 => "Lambda",
        Fiber = 9 => "Fiber",
        FiberChannel = 11 => "FiberChannel",
    }
}

/// What is specific to a switching capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Specific {
    /// Of PSC-1 to PSC-4.
    Packet {
        /// The least bandwidth of an LSP.
        min_lsp_bandwidth: Bandwidth,
        /// Interface MTU, octets.
        mtu: u16,
    },
    /// Of TDM.
    Tdm {
        /// The least bandwidth of an LSP.
        min_lsp_bandwidth: Bandwidth,
        /// 0 for Standard, 1 for Arbitrary SONET/SDH.
        indication: u8,
    },
}

/// A Switching Capability Descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchingDescriptor<'a> {
    /// Switching capability.
    pub capability: SwitchingCapability,
    /// How LSPs are encoded.
    pub encoding: LspEncoding,
    /// Reserved octets, as received.
    pub reserved: u16,
    /// The most bandwidth of an LSP at each priority, from 0 to 7.
    pub max_lsp_bandwidth: [Bandwidth; 8],
    /// What is specific to the capability; see [`SwitchingDescriptor::specific`].
    pub specific: &'a [u8],
}

impl SwitchingDescriptor<'_> {
    /// What is specific to the capability, where its form is known, with padding or without.
    #[must_use]
    pub fn specific(&self) -> Option<Specific> {
        let (bandwidth, rest) = self.specific.split_first_chunk()?;
        let min_lsp_bandwidth = Bandwidth(u32::from_be_bytes(*bandwidth));
        match (self.capability.0, rest) {
            (1..=4, &[a, b] | &[a, b, _, _]) => {
                Some(Specific::Packet { min_lsp_bandwidth, mtu: u16::from_be_bytes([a, b]) })
            }
            (100, &[indication] | &[indication, _, _, _]) => {
                Some(Specific::Tdm { min_lsp_bandwidth, indication })
            }
            _ => None,
        }
    }
}

/// How many octets of `left` are specific to a capability. No length says it: what is too short to
/// be another descriptor belongs to this one, and all that is left does if its form is not known.
fn specific_len(capability: SwitchingCapability, left: usize) -> usize {
    let len = match capability {
        SwitchingCapability(1..=4) => 6,
        SwitchingCapability::Tdm => 5,
        SwitchingCapability::L2sc | SwitchingCapability::Lsc | SwitchingCapability::Fsc => 0,
        _ => left,
    };
    match left.checked_sub(len) {
        Some(FIXED_LEN..) => len,
        _ => left,
    }
}

impl<'a> Item<'a> for SwitchingDescriptor<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let capability = SwitchingCapability(r.u8("switching capability")?);
        let encoding = LspEncoding(r.u8("LSP encoding type")?);
        let reserved = r.u16("switching capability reserved octets")?;
        let bandwidths = r.chunk::<32>("maximum LSP bandwidth")?.as_chunks::<4>().0;
        let mut max_lsp_bandwidth = [Bandwidth(0); 8];
        for (max, octets) in max_lsp_bandwidth.iter_mut().zip(bandwidths) {
            *max = Bandwidth(u32::from_be_bytes(*octets));
        }
        let len = specific_len(capability, r.len());
        let specific = r.take("switching capability-specific information", len)?;
        Ok(Self { capability, encoding, reserved, max_lsp_bandwidth, specific })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.capability.0, self.encoding.0]);
        out.extend_from_slice(&self.reserved.to_be_bytes());
        for max in self.max_lsp_bandwidth {
            out.extend_from_slice(&max.0.to_be_bytes());
        }
        out.extend_from_slice(self.specific);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("switching_capability", &self.capability);
            fields.text("encoding", &self.encoding);
            fields.list("max_lsp_bandwidth", &mut |fields| {
                for max in self.max_lsp_bandwidth {
                    fields.float("", max.octets_per_second());
                }
            });
            match self.specific() {
                Some(Specific::Packet { min_lsp_bandwidth, mtu }) => {
                    fields.float("min_lsp_bandwidth", min_lsp_bandwidth.octets_per_second());
                    fields.number("interface_mtu", mtu.into());
                }
                Some(Specific::Tdm { min_lsp_bandwidth, indication }) => {
                    fields.float("min_lsp_bandwidth", min_lsp_bandwidth.octets_per_second());
                    fields.number("indication", indication.into());
                }
                None if self.specific.is_empty() => {}
                None => fields.octets("specific", self.specific),
            }
        });
    }
}

/// The descriptors of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrafficEngineering<'a>(pub List<'a, SwitchingDescriptor<'a>>);

impl<'a> Value<'a> for TrafficEngineering<'a> {
    /// There is at least one descriptor.
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        List::one_or_more(value, "switching capability").map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::TrafficEngineering;

    /// 1000 octets per second at priority 0, and 0.5 at the seven others.
    const BANDWIDTHS: &str = "447a0000 3f000000 3f000000 3f000000 \
                              3f000000 3f000000 3f000000 3f000000";
    const PACKET: &str = "min_lsp_bandwidth=500 interface_mtu=1500";
    const TDM: &str = "min_lsp_bandwidth=500 indication=1";
    const SAID: &str = "max_lsp_bandwidth=[1000, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]";

    #[test]
    fn what_is_specific_to_the_capability_is_read_with_and_without_padding() {
        for (octets, said) in [
            ("01010000 + 43fa0000 05dc", format!("PSC-1 encoding=Packet + {PACKET}")),
            ("04020000 + 43fa0000 05dc 0000", format!("PSC-4 encoding=Ethernet + {PACKET}")),
            ("64050000 + 43fa0000 01", format!("TDM encoding=SDH/SONET + {TDM}")),
            ("64050000 + 43fa0000 01 000000", format!("TDM encoding=SDH/SONET + {TDM}")),
            ("01010000 + 43fa0000", "PSC-1 encoding=Packet + specific=43fa0000".to_owned()),
            ("fefd0000 + deadbeef", "254 encoding=253 + specific=deadbeef".to_owned()),
        ] {
            let said = said.replace('+', SAID);
            let want = format!("traffic_engineering=[{{switching_capability={said}}}]");
            sound(CODE, &octets.replace('+', BANDWIDTHS), &want);
        }
    }

    #[test]
    fn descriptors_follow_each_other() {
        let octets = format!(
            "3302ffff {BANDWIDTHS} 01010000 {BANDWIDTHS} 43fa0000 05dc c8090000 {BANDWIDTHS}"
        );
        sound(
            CODE,
            &octets,
            &format!(
                "traffic_engineering=[{{switching_capability=L2SC encoding=Ethernet {SAID}}}, \
                 {{switching_capability=PSC-1 encoding=Packet {SAID} {PACKET}}}, \
                 {{switching_capability=FSC encoding=Fiber {SAID}}}]"
            ),
        );
    }

    #[test]
    fn a_cut_descriptor_is_malformed() {
        malformed(CODE, "", "switching capability", 0);
        malformed(CODE, "01010000 447a0000", "maximum LSP bandwidth", 4);
    }
}
