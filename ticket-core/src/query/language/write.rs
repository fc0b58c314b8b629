//! Writing a query back as a line.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::lexer::is_quote;
use super::{moment, parse, person};
use crate::field::FieldKind;
use crate::query::{Comparison, Condition, Query, Sort, SortKey, Test};
use crate::settings::CheckedSettings;
use crate::ticket::Priority;
use crate::workflow::Category;

impl Query {
    /// The query as a line that [`parse`] reads as the same query; people are written by id.
    ///
    /// None when there is no such line: for sets without values, keys that the settings don't
    /// have, or more than a line can hold.
    pub fn to_line(&self, settings: &CheckedSettings) -> Option<String> {
        let mut parts = self
            .conditions
            .iter()
            .map(|condition| write(condition, settings))
            .collect::<Option<Vec<_>>>()?;
        if self.sort != Sort::default() {
            let signed = self.sort.descending && self.sort.key != SortKey::Relevance;
            let minus = if signed { "-" } else { "" };
            parts.push(format!("sort:{minus}{}", sort_word(self.sort.key)));
        }
        let line = parts.join(" ");
        let read = parse(&line, settings).ok()?;
        let same = read.bind(None, &BTreeMap::new()).ok()? == *self;
        same.then_some(line)
    }
}

fn write(condition: &Condition, settings: &CheckedSettings) -> Option<String> {
    let test = match &condition.test {
        Test::Number(number) => format!("#{number}"),
        Test::Status(keys) => any("status", keys),
        Test::Category(set) => any("category", set.iter().map(|one| Category::as_str(*one))),
        Test::Queue(keys) => any("queue", keys),
        Test::Assigned => "has:assignee".to_owned(),
        Test::Assignee(people) => any(
            "assignee",
            people.iter().map(|id| person::write(id.as_str())),
        ),
        Test::Requester(people) => any(
            "requester",
            people.iter().map(|id| person::write(id.as_str())),
        ),
        Test::Follower(people) => any(
            "follower",
            people.iter().map(|id| person::write(id.as_str())),
        ),
        Test::Cc(people) => any("cc", people.iter().map(|id| person::write(id.as_str()))),
        Test::Organization(ids) => any("organization", ids),
        Test::Tag(tags) => any("tag", tags),
        Test::Priority(comparison, priority) => {
            format!(
                "priority{}{}",
                sign(*comparison),
                Priority::as_str(*priority)
            )
        }
        Test::FieldSet(key) => format!("has:field.{key}"),
        Test::Field(key, comparison, term) => {
            let definition = settings.field(key)?;
            let text = if definition.kind == FieldKind::Person {
                person::write(term)
            } else {
                definition.typed(term)?
            };
            format!("field.{key}{}{}", sign(*comparison), value(&text))
        }
        Test::About(subject) => format!("about:{}", value(&subject.to_string())),
        Test::Created(comparison, at) => time("created", *comparison, *at),
        Test::Updated(comparison, at) => time("updated", *comparison, *at),
        Test::Due(Comparison::GreaterOrEqual, crate::value::Timestamp::MIN) => "has:due".to_owned(),
        Test::Due(comparison, at) => time("due", *comparison, *at),
        Test::Snoozed => "is:snoozed".to_owned(),
        Test::Text(words) => match words.as_slice() {
            [word] => word.clone(),
            words => format!("\"{}\"", words.join(" ")),
        },
    };
    Some(if condition.negated {
        format!("-{test}")
    } else {
        test
    })
}

fn any<T: Display>(key: &str, values: impl IntoIterator<Item = T>) -> String {
    let values = values.into_iter().map(|one| value(&one.to_string()));
    format!("{key}:{}", values.collect::<Vec<_>>().join(","))
}

fn time(key: &str, comparison: Comparison, at: crate::value::Timestamp) -> String {
    format!("{key}{}{}", sign(comparison), moment::write(comparison, at))
}

/// A value as typed: in quotes where it would otherwise end early.
fn value(text: &str) -> String {
    let begins = |c: char| matches!(c, '<' | '>');
    let plain = |c: char| !c.is_whitespace() && c != ',' && c != '\\' && !is_quote(c);
    if !text.is_empty() && !text.starts_with(begins) && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if is_quote(c) || c == '\\' {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

const fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal => ":",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Greater => ">",
    }
}

const fn sort_word(key: SortKey) -> &'static str {
    match key {
        SortKey::Number => "number",
        SortKey::Created => "created",
        SortKey::Updated => "updated",
        SortKey::Priority => "priority",
        SortKey::Due => "due",
        SortKey::Relevance => "relevance",
    }
}
