//! Outputs as they are written: `FORMAT=URL`, or an `[[output]]` table.

use super::file::{FileError, Table, Value};

/// An output: what it means is checked by those who know formats and transports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputSetting {
    /// `FORMAT=URL`, with options in either.
    Text(String),
    /// `[[output]]`: a key for the format, one for the URL, and one for each option.
    Table {
        /// `format`
        format: String,
        /// `url`; none is standard output.
        url: Option<String>,
        /// Every other key, in the order written.
        options: Vec<(String, String)>,
    },
}

impl OutputSetting {
    /// Reads an `[[output]]` table.
    ///
    /// # Errors
    /// There is no format, or a value is of a kind that no option has.
    pub fn new(table: &Table) -> Result<Self, FileError> {
        let (mut format, mut url, mut options) = (None, None, Vec::new());
        for key in &table.keys {
            let text = match &key.value {
                // As options with several values have them.
                Value::List(list) if !["format", "url"].contains(&&*key.name) => {
                    list.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(",")
                }
                _ => key.text()?.to_owned(),
            };
            match key.name.as_str() {
                "format" => format = Some(text),
                "url" => url = Some(text),
                name => options.push((name.to_owned(), text)),
            }
        }
        let format = format.ok_or_else(|| {
            let right = "[[output]] has no format: write format = \"pmacct-json\" or another one";
            FileError::at(table.line, right.into())
        })?;
        Ok(Self::Table { format, url, options })
    }

    /// `FORMAT=URL`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Table { format, url: Some(url), .. } => format!("{format}={url}"),
            Self::Table { format, url: None, .. } => format.clone(),
        }
    }

    /// The options that stand beside the text.
    #[must_use]
    pub fn options(&self) -> &[(String, String)] {
        match self {
            Self::Text(_) => &[],
            Self::Table { options, .. } => options,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::config::file::{File, Output};

    fn read(keys: &str) -> Result<OutputSetting, FileError> {
        let file = File::parse(&format!("[[output]]\n{keys}")).unwrap();
        let Output::Table(table) = &file.outputs[0] else { panic!() };
        OutputSetting::new(table)
    }

    #[test]
    fn every_key_but_two_is_an_option() {
        let output = read(
            "format = 'bmp'\nurl = 'file:/x'\ndirect = 'on'\nwriters = 2\nx = true\ny = ['a', 1]",
        )
        .unwrap();
        assert_eq!(output.text(), "bmp=file:/x");
        let options: Vec<_> = output.options().iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(options, ["direct=on", "writers=2", "x=true", "y=a,1"]);
        assert_eq!(read("format = 'bmp'").unwrap().text(), "bmp");
        let error = read("url = 'null:'").unwrap_err();
        assert!(error.message.contains("format = "), "{error}");
        assert!(read("format = ['bmp']").is_err());
    }
}
