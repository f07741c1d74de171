//! The configuration file: TOML whose keys are the flags of `collect` without their dashes, and two
//! kinds of tables, `[[output]]` and `[[router]]`. Here its form is read; what the values mean is
//! checked where those of the flags are.

use std::fmt;

use toml::de::{DeTable, DeValue};

use super::near::did_you_mean;

/// The tables that a file may hold any number of.
const TABLES: [&str; 2] = ["output", "router"];

/// A mistake in a file: where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The line, from 1; none where it is the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl FileError {
    /// A mistake in a line.
    #[must_use]
    pub fn at(line: usize, message: String) -> Self {
        Self { line: Some(line), message }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{line}: {}", self.message),
            None => write!(f, " {}", self.message),
        }
    }
}

impl std::error::Error for FileError {}

/// A text, number or truth value, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// As a flag or an option of a URL would have it.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
}

/// What stands behind a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Flag(bool),
    /// A text or a number.
    One(Scalar),
    /// Texts and numbers in brackets.
    List(Vec<Scalar>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its value.
    pub value: Value,
}

impl Key {
    /// A mistake in the value of this key.
    #[must_use]
    pub fn error(&self, message: impl fmt::Display) -> FileError {
        FileError::at(self.line, format!("{}: {message}", self.name))
    }

    /// All values as text, each with its line.
    #[must_use]
    pub fn scalars(&self) -> Vec<Scalar> {
        match &self.value {
            Value::Flag(flag) => vec![Scalar { text: flag.to_string(), line: self.line }],
            Value::One(one) => vec![one.clone()],
            Value::List(list) => list.clone(),
        }
    }

    /// The one value as text.
    ///
    /// # Errors
    /// There are several, or none.
    pub fn text(&self) -> Result<&str, FileError> {
        match &self.value {
            Value::One(one) => Ok(&one.text),
            Value::Flag(true) => Ok("true"),
            Value::Flag(false) => Ok("false"),
            Value::List(_) => Err(self.error("takes one value: leave the brackets out")),
        }
    }

    /// The value as a truth value.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self) -> Result<bool, FileError> {
        match self.value {
            Value::Flag(flag) => Ok(flag),
            _ => Err(self.error("is either on or off: write true or false, without quotes")),
        }
    }
}

/// A table of an array: `[[output]]` or `[[router]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The line at which it begins, from 1.
    pub line: usize,
    /// Its keys, in the order of the file.
    pub keys: Vec<Key>,
}

/// An output: as the flag has it, or in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// `FORMAT=URL`.
    Text(Scalar),
    /// `[[output]]`.
    Table(Table),
}

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct File {
    /// Keys outside of tables, in the order of the file, but for `output`.
    pub keys: Vec<Key>,
    /// Outputs, in the order of the file.
    pub outputs: Vec<Output>,
    /// The tables of routers, in the order of the file.
    pub routers: Vec<Table>,
}

impl File {
    /// Reads a file's text.
    ///
    /// # Errors
    /// It is no TOML, or holds values and tables of a kind that no key has.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let lines = Lines::new(text);
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map(|span| lines.at(span.start));
            let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            FileError { line, message: format!("this is no TOML: {message}") }
        })?;
        let mut file = Self::default();
        let mut entries: Vec<_> = table.get_ref().iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let (name, line) = (key.get_ref().to_string(), lines.at(key.span().start));
            match value.get_ref() {
                DeValue::Table(_) => return Err(no_table(&name, line)),
                DeValue::Array(items) if name == "output" => {
                    for item in items.iter() {
                        let line = lines.at(item.span().start);
                        file.outputs.push(match item.get_ref() {
                            DeValue::Table(table) => Output::Table(lines.table(line, table)?),
                            value => Output::Text(scalar(&name, line, value)?),
                        });
                    }
                }
                DeValue::Array(items) if name == "router" => {
                    for item in items.iter() {
                        let line = lines.at(item.span().start);
                        let DeValue::Table(table) = item.get_ref() else {
                            return Err(no_table(&name, line));
                        };
                        file.routers.push(lines.table(line, table)?);
                    }
                }
                value if name == "output" => {
                    file.outputs.push(Output::Text(scalar(&name, line, value)?));
                }
                value => {
                    let value = lines.value(&name, line, value)?;
                    file.keys.push(Key { name, line, value });
                }
            }
        }
        Ok(file)
    }
}

fn no_table(name: &str, line: usize) -> FileError {
    let message = match TABLES.contains(&name) {
        true => format!("each of them is a table in double brackets: write [[{name}]]"),
        false => format!(
            "there is no table '{name}'{}: keys stand outside of tables, above the first one; \
             tables are [[output]] and [[router]]",
            did_you_mean(name, TABLES)
        ),
    };
    FileError::at(line, message)
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        Self(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
    }

    /// The line of an octet, from 1.
    fn at(&self, octet: usize) -> usize {
        self.0.partition_point(|start| *start <= octet)
    }

    fn table(&self, line: usize, table: &DeTable<'_>) -> Result<Table, FileError> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let keys = entries.into_iter().map(|(key, value)| {
            let (name, line) = (key.get_ref().to_string(), self.at(key.span().start));
            let value = self.value(&name, line, value.get_ref())?;
            Ok(Key { name, line, value })
        });
        Ok(Table { line, keys: keys.collect::<Result<_, _>>()? })
    }

    fn value(&self, name: &str, line: usize, value: &DeValue<'_>) -> Result<Value, FileError> {
        match value {
            DeValue::Boolean(flag) => Ok(Value::Flag(*flag)),
            DeValue::Array(items) => {
                let item = |item: &toml::Spanned<DeValue<'_>>| {
                    scalar(name, self.at(item.span().start), item.get_ref())
                };
                Ok(Value::List(items.iter().map(item).collect::<Result<_, _>>()?))
            }
            value => Ok(Value::One(scalar(name, line, value)?)),
        }
    }
}

fn scalar(name: &str, line: usize, value: &DeValue<'_>) -> Result<Scalar, FileError> {
    let text = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        other => {
            return Err(FileError::at(
                line,
                format!(
                    "{name}: a value of the kind {} has no meaning here: write a text in quotes, \
                     or a whole number",
                    other.type_str()
                ),
            ));
        }
    };
    Ok(Scalar { text, line })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tables_know_their_lines() {
        let text = "# first\nlisten = [\"[::]:1\",\n  \"[::]:2\"]\nmax-routers = 1_000\n\
                    busy-poll = true\n\n[[output]]\nformat = \"bmp\"\n\n[[router]]\n\
                    source = \"192.0.2.0/24\"\ntags = [1, 2]\n[[router]]\nname = 'x'\n";
        let file = File::parse(text).unwrap();
        let lines: Vec<_> = file.keys.iter().map(|k| (k.name.as_str(), k.line)).collect();
        assert_eq!(lines, [("listen", 2), ("max-routers", 4), ("busy-poll", 5)]);
        let listen = file.keys[0].scalars();
        assert_eq!((listen[0].line, listen[1].line), (2, 3));
        assert_eq!(file.keys[1].text().unwrap(), "1000");
        assert!(file.keys[2].flag().unwrap());
        let Output::Table(output) = &file.outputs[0] else { panic!() };
        assert_eq!((output.line, output.keys[0].line), (7, 8));
        assert_eq!(file.routers[0].keys[1].scalars().len(), 2);
        assert_eq!((file.routers[0].line, file.routers[1].line), (10, 13));
        let both = File::parse("output = ['bmp=null:', { format = 'bmp' }]").unwrap();
        assert_eq!(both.outputs.len(), 2);
        assert_eq!(File::parse("").unwrap(), File::default());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, part) in [
            ("a = 1\nb = = 2", 2, "no TOML"),
            ("a = 1\na = 2", 2, "no TOML"),
            ("\n[outputs]\na = 1", 2, "did you mean 'output'?"),
            ("[router]\na = 1", 1, "write [[router]]"),
            ("router = [1]", 1, "write [[router]]"),
            ("x = 1.5", 1, "write a text in quotes"),
            ("\n\nx = 2026-01-01", 3, "write a text in quotes"),
            ("x = [1,\n [2]]", 2, "write a text in quotes"),
            ("x = 0x10", 1, "a whole number"),
        ] {
            let error = File::parse(text).unwrap_err();
            assert_eq!(error.line, Some(line), "{text}: {error}");
            assert!(error.message.contains(part), "{text}: {error}");
            assert!(!error.message.contains('\n'), "{text}: one line");
        }
    }
}
