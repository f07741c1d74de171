//! From text to an expression.
//!
//! ```text
//! expression = part { "or" part }
//! part       = factor { "and" factor }
//! factor     = "not" factor | "(" expression ")" | test
//! test       = TERM operator ( VALUE | "(" VALUE { "," VALUE } ")" )
//! operator   = "=" | "in" | "within" | "covers" | "has"
//! ```

use std::borrow::Cow;
use std::fmt;

use super::expr::Expr;
use super::terms::{self, Op, Test};

/// How deep `not` and parentheses may go inside each other.
const DEPTH_MAX: usize = 50;

/// Words that are no values unless they stand in quotes.
const RESERVED: &[&str] = &["and", "or", "not", "in", "within", "covers", "has"];

/// What ends a word that has no quotes.
const PUNCTUATION: &[char] = &['(', ')', ',', '=', '"'];

/// A filter that makes no sense: says where, what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The character at which it is wrong, from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub what: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.column, self.what)
    }
}

impl std::error::Error for FilterError {}

/// A word, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub(super) text: Cow<'t, str>,
    /// The character at which it begins, from 1.
    pub(super) column: usize,
}

impl Word<'_> {
    /// An error about this word.
    pub(super) fn wrong(&self, what: impl Into<String>) -> FilterError {
        FilterError { column: self.column, what: what.into() }
    }
}

/// A value as it is written so that it is parsed again: in quotes where it needs them.
pub(super) fn quoted(value: &str) -> Cow<'_, str> {
    let ends = |c: char| c.is_whitespace() || PUNCTUATION.contains(&c);
    if !value.is_empty() && !value.contains(ends) && !RESERVED.contains(&value) {
        return value.into();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")).into()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Quoted,
    Mark(char),
    End,
}

/// Takes an expression apart, token by token.
struct Parser<'t> {
    rest: &'t str,
    /// The character at which `rest` begins, from 1.
    column: usize,
    /// The token in hand.
    kind: Kind,
    word: Word<'t>,
    depth: usize,
}

/// Parses an expression.
pub(super) fn expression(text: &str) -> Result<Expr, FilterError> {
    let word = Word { text: "".into(), column: 1 };
    let mut parser = Parser { rest: text, column: 1, kind: Kind::End, word, depth: 0 };
    parser.next()?;
    let whole = parser.any()?;
    match parser.kind {
        Kind::End => Ok(whole),
        _ => Err(parser.expected("`and`, `or` or the end of the filter")),
    }
}

impl<'t> Parser<'t> {
    /// Goes on to the next token.
    fn next(&mut self) -> Result<(), FilterError> {
        let blank = self.rest.len() - self.rest.trim_start().len();
        self.skip(blank);
        let column = self.column;
        let Some(first) = self.rest.chars().next() else {
            return self.found(Kind::End, "end".into(), column);
        };
        if first == '"' {
            return self.quoted();
        }
        if PUNCTUATION.contains(&first) {
            let mark = self.skip(first.len_utf8());
            return self.found(Kind::Mark(first), mark.into(), column);
        }
        let ends = |c: char| c.is_whitespace() || PUNCTUATION.contains(&c);
        let word = self.skip(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.found(Kind::Word, word.into(), column)
    }

    fn found(&mut self, kind: Kind, text: Cow<'t, str>, column: usize) -> Result<(), FilterError> {
        self.kind = kind;
        self.word = Word { text, column };
        Ok(())
    }

    /// Takes octets off the front.
    fn skip(&mut self, octets: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(octets);
        self.rest = rest;
        self.column += taken.chars().count();
        taken
    }

    /// A value in quotes, in which `\` takes what a character means away.
    fn quoted(&mut self) -> Result<(), FilterError> {
        let column = self.column;
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.skip(at + 1);
                    return self.found(Kind::Quoted, text.into(), column);
                }
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                c => text.push(c),
            }
        }
        Err(FilterError { column, what: "the quote is not closed: write \" at its end".into() })
    }

    fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.word.text == word
    }

    /// An error about the token in hand.
    fn expected(&self, what: &str) -> FilterError {
        match self.kind {
            Kind::End => self.word.wrong(format!("the filter ends where {what} is expected")),
            _ => self.word.wrong(format!("`{}` where {what} is expected", self.word.text)),
        }
    }

    fn any(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.all()?];
        while self.is_word("or") {
            self.next()?;
            parts.push(self.all()?);
        }
        Ok(Expr::any(parts))
    }

    fn all(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.factor()?];
        while self.is_word("and") {
            self.next()?;
            parts.push(self.factor()?);
        }
        Ok(Expr::all(parts))
    }

    fn factor(&mut self) -> Result<Expr, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self
                .word
                .wrong(format!("more than {DEPTH_MAX} `not` and `(` in each other")));
        }
        let factor = if self.is_word("not") {
            self.next()?;
            Expr::Not(Box::new(self.factor()?))
        } else if self.kind == Kind::Mark('(') {
            let open = self.word.clone();
            self.next()?;
            let inside = self.any()?;
            if self.kind != Kind::Mark(')') {
                let at = open.column;
                return Err(self.expected(&format!("`and`, `or` or the `)` of character {at}")));
            }
            self.next()?;
            inside
        } else {
            Expr::Test(self.test()?, None)
        };
        self.depth -= 1;
        Ok(factor)
    }

    fn test(&mut self) -> Result<Test, FilterError> {
        if self.kind != Kind::Word || RESERVED.contains(&&*self.word.text) {
            return Err(self.expected("a term, such as `prefix within 10.0.0.0/8`,"));
        }
        let term = self.word.clone();
        if !terms::TERMS.iter().any(|t| t.name == term.text) {
            return Err(term.wrong(terms::unknown(&term.text)));
        }
        self.next()?;
        let op = match self.kind {
            Kind::Mark('=') => Some(Op::Equal),
            Kind::Word => Op::of_word(&self.word.text),
            _ => None,
        };
        let known = terms::TERMS.iter().any(|t| t.name == term.text && Some(t.op) == op);
        let Some(op) = op.filter(|_| known) else {
            return Err(self.expected(&terms::forms(&term.text)));
        };
        self.next()?;
        let values = self.values()?;
        Test::parse(&term.text, op, &values)
    }

    /// One value, or several in parentheses.
    fn values(&mut self) -> Result<Vec<Word<'t>>, FilterError> {
        if self.kind != Kind::Mark('(') {
            return Ok(vec![self.value()?]);
        }
        let mut values = Vec::new();
        while values.is_empty() || self.kind == Kind::Mark(',') {
            self.next()?;
            values.push(self.value()?);
        }
        match self.kind {
            Kind::Mark(')') => self.next().map(|()| values),
            _ => Err(self.expected("`,` or `)`")),
        }
    }

    fn value(&mut self) -> Result<Word<'t>, FilterError> {
        let is_one = self.kind == Kind::Quoted
            || self.kind == Kind::Word && !RESERVED.contains(&&*self.word.text);
        if !is_one {
            return Err(self.expected("a value"));
        }
        let value = self.word.clone();
        self.next().map(|()| value)
    }
}
