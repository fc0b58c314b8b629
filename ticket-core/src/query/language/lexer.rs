//! Splitting a line into words, phrases and keys with values.

use std::ops::Range;

use super::{LINE_MAX, QueryError};
use crate::query::Comparison;

/// A part of the line, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) text: String,
    pub(super) at: Range<usize>,
}

impl Spot {
    pub(super) fn refuse(&self, allowed: impl Into<String>) -> QueryError {
        QueryError::new(self.at.clone(), &self.text, allowed)
    }
}

/// One condition as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) negated: bool,
    /// The whole of it, with the `-`.
    pub(super) whole: Spot,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Word(Spot),
    Phrase(Spot),
    Keyed {
        key: Spot,
        operator: Operator,
        /// At least one.
        values: Vec<Spot>,
    },
}

/// The sign between key and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) comparison: Comparison,
    pub(super) spot: Spot,
}

/// The longer signs first, so that they are not taken for the shorter ones.
const OPERATORS: [(&str, Comparison); 10] = [
    (":<=", Comparison::LessOrEqual),
    (":>=", Comparison::GreaterOrEqual),
    (":<", Comparison::Less),
    (":>", Comparison::Greater),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    (":", Comparison::Equal),
    ("=", Comparison::Equal),
];

/// Splits a line; each character is looked at a few times at most.
pub(super) fn split(line: &str) -> Result<Vec<Token>, QueryError> {
    let chars: Vec<char> = line.chars().take(LINE_MAX + 1).collect();
    if chars.len() > LINE_MAX {
        let allowed = "a line of at most 2,000 characters is allowed";
        let rest: String = line.chars().skip(LINE_MAX).take(20).collect();
        return Err(QueryError::new(
            LINE_MAX..LINE_MAX + rest.chars().count(),
            &rest,
            allowed,
        ));
    }
    let control = |c: &char| c.is_control() && !c.is_whitespace();
    if let Some(at) = chars.iter().position(control) {
        let found = chars[at].to_string();
        return Err(QueryError::new(
            at..at + 1,
            &found,
            "control characters are not allowed",
        ));
    }
    let mut lexer = Lexer { chars, at: 0 };
    let mut tokens = Vec::new();
    while lexer.skip_space() {
        tokens.push(lexer.token()?);
    }
    Ok(tokens)
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_space(&mut self) -> bool {
        self.skip(char::is_whitespace);
        self.peek().is_some()
    }

    fn skip(&mut self, matches: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&matches) {
            self.at += 1;
        }
    }

    fn spot(&self, at: Range<usize>) -> Spot {
        let text = self.chars[at.clone()].iter().collect();
        Spot { text, at }
    }

    fn refuse(&self, at: Range<usize>, allowed: &str) -> QueryError {
        self.spot(at).refuse(allowed)
    }

    fn token(&mut self) -> Result<Token, QueryError> {
        let begin = self.at;
        let negated = self.peek() == Some('-');
        self.at += usize::from(negated);
        let kind = match self.peek() {
            Some(c) if is_quote(c) => Kind::Phrase(self.quoted()?),
            Some(c) if !c.is_whitespace() => self.word_or_keyed()?,
            Some(_) | None => {
                let allowed = "what must not hold follows the - directly";
                return Err(self.refuse(begin..self.at, allowed));
            }
        };
        if matches!(kind, Kind::Phrase(_)) && self.peek().is_some_and(|c| !c.is_whitespace()) {
            let allowed = "a space is needed after the quotes";
            return Err(self.refuse(self.at..self.at + 1, allowed));
        }
        Ok(Token {
            negated,
            whole: self.spot(begin..self.at),
            kind,
        })
    }

    fn word_or_keyed(&mut self) -> Result<Kind, QueryError> {
        let begin = self.at;
        if self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            self.skip(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
            let key = self.spot(begin..self.at);
            if let Some(operator) = self.operator() {
                let values = self.values()?;
                return Ok(Kind::Keyed {
                    key,
                    operator,
                    values,
                });
            }
        }
        self.skip(|c| !c.is_whitespace());
        Ok(Kind::Word(self.spot(begin..self.at)))
    }

    fn operator(&mut self) -> Option<Operator> {
        let rest = &self.chars[self.at..];
        let begins = |sign: &str| {
            let mut rest = rest.iter();
            sign.chars().all(|c| rest.next() == Some(&c))
        };
        let (sign, comparison) = OPERATORS.into_iter().find(|(sign, _)| begins(sign))?;
        let begin = self.at;
        self.at += sign.len();
        Some(Operator {
            comparison,
            spot: self.spot(begin..self.at),
        })
    }

    fn values(&mut self) -> Result<Vec<Spot>, QueryError> {
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            match self.peek() {
                Some(',') => self.at += 1,
                Some(c) if !c.is_whitespace() => {
                    let allowed = "a comma or a space is needed after a value; \
                        a value with quotes inside stands in quotes, with \\ before them";
                    return Err(self.refuse(self.at..self.at + 1, allowed));
                }
                Some(_) | None => return Ok(values),
            }
        }
    }

    fn value(&mut self) -> Result<Spot, QueryError> {
        if self.peek().is_some_and(is_quote) {
            return self.quoted();
        }
        let begin = self.at;
        self.skip(|c| !c.is_whitespace() && c != ',' && !is_quote(c));
        if self.at == begin && self.peek().is_none_or(|c| !is_quote(c)) {
            let end = (begin + 1).min(self.chars.len());
            let allowed = "a value is needed here; one with spaces stands in quotes";
            return Err(self.refuse(begin..end, allowed));
        }
        Ok(self.spot(begin..self.at))
    }

    /// What stands in quotes; the place has the quotes too.
    fn quoted(&mut self) -> Result<Spot, QueryError> {
        let begin = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if is_quote(c) {
                let at = begin..self.at;
                if text.trim().is_empty() {
                    return Err(self.refuse(at, "something is needed between the quotes"));
                }
                return Ok(Spot { text, at });
            }
            let escaped = self.peek().filter(|next| is_quote(*next) || *next == '\\');
            match escaped.filter(|_| c == '\\') {
                Some(next) => {
                    self.at += 1;
                    text.push(next);
                }
                None => text.push(c),
            }
        }
        Err(self.refuse(begin..self.at, "the quotes are not closed"))
    }
}

/// Straight quotes, and those that telephones make of them.
pub(super) const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}
