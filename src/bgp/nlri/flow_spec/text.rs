//! Rules as people write them: `destination 10.0.0.0/24 && protocol =6 && port =53 >=1024&<=2047`.
//! What one component says is joined by `&` or, where one of its operators is enough, by a space.

use std::fmt;

use super::{Component, Operator, Operators, Pattern, Rule, Value};
use crate::wire::{Fields, Part as _};

/// Numeric operators by their bits LT, GT and EQ (RFC 8955 §4.2.1.1). The first and the last say
/// the same of every number; drafts of the standard had these two the other way round.
const NUMERIC: [&str; 8] = ["false", "=", ">", ">=", "<", "<=", "!=", "true"];
/// Bitmask operators by their bits NOT and MATCH (RFC 8955 §4.2.1.2).
const BITMASK: [&str; 4] = ["", "=", "!", "!="];

/// Bits of an operator that are not defined: of a numeric one, and of a bitmask.
const UNDEFINED: [u8; 2] = [0x08, 0x0c];

impl fmt::Display for Rule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for component in self.components() {
            write!(f, "{between}{component}")?;
            between = " && ";
        }
        let Some((code, value)) = self.unknown().split_first() else { return Ok(()) };
        write!(f, "{between}type-{code} 0x")?;
        value.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Display for Component<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.word)?;
        match &self.value {
            Value::Prefix(prefix) => write!(f, "{prefix}"),
            Value::Pattern(pattern) => write!(f, "{pattern}"),
            Value::Mac(mac) => write!(f, "{mac}"),
            Value::Number(operators) | Value::Hex(operators) | Value::Bits(operators, _) => {
                for (at, operator) in operators.iter().enumerate() {
                    if at > 0 {
                        f.write_str(if operator.is_and() { "&" } else { " " })?;
                    }
                    self.value.one(operator, f)?;
                }
                Ok(())
            }
        }
    }
}

/// An address and its length, or where there is an offset `ADDRESS/OFFSET-LENGTH`, as RFC 8956
/// writes it.
impl fmt::Display for Pattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.prefix();
        match self.offset {
            0 => write!(f, "{prefix}"),
            offset => {
                let text = prefix.to_string();
                let address = text.split('/').next().unwrap_or_default();
                write!(f, "{address}/{offset}-{}", self.length)
            }
        }
    }
}

/// The sign of a numeric operator.
fn numeric(operator: Operator) -> &'static str {
    NUMERIC[usize::from(operator.bits & 7)]
}

/// The sign of a bitmask operator.
fn bitmask(operator: Operator) -> &'static str {
    BITMASK[usize::from(operator.bits & 3)]
}

/// Gives `say` the name of each bit that is set, and those without names together.
fn each_bit<E>(
    bits: u64,
    names: &[(u64, &'static str)],
    mut say: impl FnMut(&dyn fmt::Display) -> Result<(), E>,
) -> Result<(), E> {
    let mut unnamed = bits;
    for (bit, name) in names.iter().filter(|(bit, _)| bits & bit != 0) {
        unnamed &= !bit;
        say(name)?;
    }
    if unnamed != 0 { say(&format_args!("{unnamed:#x}")) } else { Ok(()) }
}

impl Value<'_> {
    /// Writes one operator of this value with its operand.
    fn one(&self, operator: Operator, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operator { operand, .. } = operator;
        let Self::Bits(_, names) = self else {
            return match (numeric(operator), self) {
                (sign @ ("true" | "false"), _) => f.write_str(sign),
                (sign, Self::Hex(_)) => write!(f, "{sign}{operand:#x}"),
                (sign, _) => write!(f, "{sign}{operand}"),
            };
        };
        f.write_str(bitmask(operator))?;
        let mut between = "";
        each_bit(operand, names, |bit| write!(f, "{}{bit}", std::mem::replace(&mut between, "+")))?;
        if operand == 0 { f.write_str("0") } else { Ok(()) }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        match self {
            Self::Prefix(prefix) => fields.text("prefix", prefix),
            Self::Pattern(pattern) => pattern.describe(fields),
            Self::Mac(mac) => mac.describe_as("mac", fields),
            Self::Number(operators) | Self::Hex(operators) => {
                describe(*operators, fields, &|operator, fields| {
                    fields.text("operator", &numeric(operator));
                    fields.number("number", operator.operand);
                    undefined(operator.bits & UNDEFINED[0], fields);
                });
            }
            Self::Bits(operators, names) => {
                describe(*operators, fields, &|operator, fields| {
                    fields.flag("not", operator.has(Operator::NOT));
                    fields.flag("match", operator.has(Operator::MATCH));
                    fields.list("bits", &mut |fields| {
                        let _ = each_bit(operator.operand, names, |bit| {
                            fields.text("", bit);
                            Ok::<_, fmt::Error>(())
                        });
                    });
                    undefined(operator.bits & UNDEFINED[1], fields);
                });
            }
        }
    }
}

/// Describes operators, each by what they have in common and by what `say` says of it.
fn describe(
    operators: Operators<'_>,
    fields: &mut dyn Fields,
    say: &dyn Fn(Operator, &mut dyn Fields),
) {
    fields.list("operators", &mut |fields| {
        for operator in operators.iter() {
            fields.group("", &mut |fields| {
                fields.flag("and", operator.is_and());
                say(operator, fields);
                fields.number("octets", operator.len() as u64);
            });
        }
    });
}

/// Says which undefined bits are set, if there are any.
fn undefined(bits: u8, fields: &mut dyn Fields) {
    if bits != 0 {
        fields.number("reserved", bits.into());
    }
}

impl Pattern<'_> {
    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("prefix", &self.prefix());
        if self.offset != 0 {
            fields.number("offset", self.offset.into());
            fields.octets("pattern", self.octets);
        }
    }
}

impl Component<'_> {
    /// Describes it as a value of a list.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.text("type", &self.name);
            self.value.describe(fields);
        });
    }
}
