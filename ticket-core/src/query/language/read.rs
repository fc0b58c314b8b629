//! Making conditions of what the lexer found.

use std::collections::BTreeSet;

use super::key::{FIELD, Key, field, meant};
use super::lexer::{Kind, Operator, Spot, Token, split};
use super::person::{People, Side};
use super::value::{about, categories, category, is, priority, refused, text, words};
use super::{Audience, CONDITIONS_MAX, Draft, DraftTest, Parsed, QueryError, moment};
use crate::field::{FieldDefinition, FieldKind};
use crate::query::{BEST_COMES_FIRST, Comparison, RELEVANCE_NEEDS_WORDS, Sort, SortKey, Test};
use crate::settings::CheckedSettings;
use crate::value::{OrganizationId, QueueKey, StatusKey, Tag, Timestamp, listed};

/// Reads lines by the settings of the desk; a customer's without them.
pub(super) struct Reader<'a> {
    settings: Option<&'a CheckedSettings>,
}

/// What a part of the line means.
enum Meaning {
    Conditions(Vec<Draft>),
    Order(Sort),
}

impl Meaning {
    fn test(negated: bool, test: Test) -> Self {
        Self::Conditions(vec![Draft::ready(negated, test)])
    }
}

/// A key with its sign and values.
struct Keyed {
    negated: bool,
    operator: Operator,
    values: Vec<Spot>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(settings: Option<&'a CheckedSettings>) -> Self {
        Self { settings }
    }

    pub(super) fn line(&self, line: &str) -> Result<Parsed, QueryError> {
        let mut conditions = Vec::new();
        let mut sort = None;
        for token in split(line)? {
            let whole = token.whole.clone();
            match self.token(token)? {
                Meaning::Conditions(drafts) => conditions.extend(drafts),
                Meaning::Order(_) if sort.is_some() => {
                    return Err(whole.refuse("sort is allowed once"));
                }
                Meaning::Order(order) => sort = Some((order, whole.clone())),
            }
            if conditions.len() > CONDITIONS_MAX {
                return Err(whole.refuse("at most 50 conditions are allowed"));
            }
        }
        if let Some((order, whole)) = &sort
            && order.key == SortKey::Relevance
            && !conditions.iter().any(Draft::asks_for_words)
        {
            return Err(whole.refuse(RELEVANCE_NEEDS_WORDS));
        }
        let audience = match self.settings {
            Some(_) => Audience::Team,
            None => Audience::Customer,
        };
        Ok(Parsed {
            conditions,
            sort: sort.map(|(order, _)| order).unwrap_or_default(),
            audience,
        })
    }

    fn token(&self, token: Token) -> Result<Meaning, QueryError> {
        let negated = token.negated;
        let test = match token.kind {
            Kind::Word(word) => text(&word)?,
            Kind::Phrase(phrase) => words(&phrase)?,
            Kind::Keyed {
                key,
                operator,
                values,
            } => {
                let key = Key::find(&key, self.settings)?;
                let keyed = Keyed {
                    negated,
                    operator,
                    values,
                };
                return self.keyed(key, keyed, &token.whole);
            }
        };
        Ok(Meaning::test(negated, test))
    }

    fn keyed(&self, key: Key<'_>, keyed: Keyed, whole: &Spot) -> Result<Meaning, QueryError> {
        let negated = keyed.negated;
        let test = match key {
            Key::Status => keyed
                .equal()
                .and_then(|values| self.status(values, whole))?,
            Key::Category => Test::Category(keyed.set(|value| {
                category(value)
                    .ok_or_else(|| value.refuse(format!("the categories are {}", categories())))
            })?),
            Key::Queue => Test::Queue(keyed.set(|value| self.queue(value))?),
            Key::Person(Side::Assignee) if keyed.is("none") => {
                keyed.equal()?;
                return Ok(Meaning::test(!negated, Test::Assigned));
            }
            Key::Person(Side::Assignee) if keyed.is("any") => {
                keyed.equal()?;
                Test::Assigned
            }
            Key::Person(side) => return keyed.people(side).map(Meaning::Conditions),
            Key::Organization => Test::Organization(keyed.set(|value| {
                OrganizationId::new(&value.text).map_err(|wrong| refused(value, &wrong))
            })?),
            Key::Tag => Test::Tag(
                keyed.set(|value| Tag::new(&value.text).map_err(|wrong| refused(value, &wrong)))?,
            ),
            Key::Priority => Test::Priority(keyed.operator.comparison, priority(keyed.one()?)?),
            Key::Created => return keyed.times(Test::Created).map(Meaning::Conditions),
            Key::Updated => return keyed.times(Test::Updated).map(Meaning::Conditions),
            Key::Due => return keyed.times(Test::Due).map(Meaning::Conditions),
            Key::Has => self.has(keyed.only()?)?,
            Key::Is => is(keyed.only()?)?,
            Key::About => about(keyed.only()?)?,
            Key::Field(definition) => return keyed.field(definition).map(Meaning::Conditions),
            Key::Sort => return self.sort(whole, &keyed).map(Meaning::Order),
        };
        Ok(Meaning::test(negated, test))
    }

    /// Statuses by their keys; when no workflow has them, categories by their words.
    fn status(&self, values: &[Spot], whole: &Spot) -> Result<Test, QueryError> {
        let workflows = self
            .settings
            .into_iter()
            .flat_map(|checked| &checked.settings().workflows);
        let statuses = workflows.flat_map(|workflow| &workflow.statuses);
        let known: BTreeSet<&StatusKey> = statuses.map(|status| &status.key).collect();
        let status = |value: &Spot| {
            let key = StatusKey::new(&value.text.to_ascii_lowercase()).ok();
            key.filter(|key| known.contains(key))
        };
        if let Some(keys) = values.iter().map(status).collect::<Option<_>>() {
            return Ok(Test::Status(keys));
        }
        if let Some(found) = values.iter().map(category).collect::<Option<_>>() {
            return Ok(Test::Category(found));
        }
        let strange = |value: &&Spot| status(value).is_none() && category(value).is_none();
        let Some(strange) = values.iter().find(strange) else {
            let first = values.iter().find(|value| status(value).is_none());
            return Err(first
                .unwrap_or(whole)
                .refuse("a list holds either statuses or categories"));
        };
        let words = known.iter().map(|key| key.as_str());
        let meant = meant(&strange.text.to_ascii_lowercase(), words.clone());
        let allowed = format!(
            "{meant}the statuses are: {}; the categories: {}",
            listed(words),
            categories()
        );
        Err(strange.refuse(allowed))
    }

    fn queue(&self, value: &Spot) -> Result<QueueKey, QueryError> {
        let queues = self
            .settings
            .into_iter()
            .flat_map(|checked| &checked.settings().queues);
        let mut keys = queues.map(|queue| &queue.key);
        let lower = value.text.to_ascii_lowercase();
        let words = keys.clone().map(QueueKey::as_str);
        keys.find(|key| key.as_str() == lower)
            .cloned()
            .ok_or_else(|| {
                let meant = meant(&lower, words.clone());
                value.refuse(format!("{meant}the queues are: {}", listed(words)))
            })
    }

    fn has(&self, value: &Spot) -> Result<Test, QueryError> {
        let lower = value.text.to_ascii_lowercase();
        let name = lower.strip_prefix(FIELD).unwrap_or(&lower);
        match (lower.as_str(), self.settings) {
            ("assignee", _) => Ok(Test::Assigned),
            ("due", _) => Ok(Test::Due(Comparison::GreaterOrEqual, Timestamp::MIN)),
            (_, Some(settings)) => field(value, name, settings)
                .map(|found| Test::FieldSet(found.key.clone()))
                .map_err(|mut wrong| {
                    wrong.allowed =
                        format!("assignee, due or a field is needed; {}", wrong.allowed);
                    wrong
                }),
            (_, None) => Err(value.refuse("assignee or due is needed")),
        }
    }

    fn sort(&self, whole: &Spot, keyed: &Keyed) -> Result<Sort, QueryError> {
        const KEYS: [(&str, SortKey); 6] = [
            ("number", SortKey::Number),
            ("created", SortKey::Created),
            ("updated", SortKey::Updated),
            ("relevance", SortKey::Relevance),
            ("priority", SortKey::Priority),
            ("due", SortKey::Due),
        ];
        if keyed.negated {
            return Err(whole.refuse("sort can't be negated; sort:-updated is the latest first"));
        }
        let value = keyed.only()?;
        let lower = value.text.to_ascii_lowercase();
        let (descending, name) = match lower.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, lower.as_str()),
        };
        let known = if self.settings.is_some() {
            &KEYS[..]
        } else {
            &KEYS[..4]
        };
        match known.iter().find(|(word, _)| *word == name) {
            Some((_, SortKey::Relevance)) if descending => Err(value.refuse(BEST_COMES_FIRST)),
            Some((_, SortKey::Relevance)) => Ok(Sort {
                key: SortKey::Relevance,
                descending: true,
            }),
            Some((_, key)) => Ok(Sort {
                key: *key,
                descending,
            }),
            None => {
                let words = known.iter().map(|(word, _)| *word);
                let allowed = format!(
                    "sorted can be by {}, with - the latest first",
                    listed(words)
                );
                Err(value.refuse(allowed))
            }
        }
    }
}

impl Draft {
    fn asks_for_words(&self) -> bool {
        let words = match &self.test {
            DraftTest::Ready(test) => test.phrase(),
            DraftTest::People(_) => None,
        };
        !self.negated && words.is_some()
    }

    const fn ready(negated: bool, test: Test) -> Self {
        Self {
            negated,
            test: DraftTest::Ready(test),
        }
    }
}

impl Keyed {
    /// The values, when the sign says that they are the same.
    fn equal(&self) -> Result<&[Spot], QueryError> {
        match self.operator.comparison {
            Comparison::Equal => Ok(&self.values),
            Comparison::Less
            | Comparison::LessOrEqual
            | Comparison::GreaterOrEqual
            | Comparison::Greater => {
                let allowed = "only : is allowed here: the values have no order";
                Err(self.operator.spot.refuse(allowed))
            }
        }
    }

    /// The one value.
    fn one(&self) -> Result<&Spot, QueryError> {
        match self.values.as_slice() {
            [_, second, ..] => Err(second.refuse("only one value is allowed here")),
            [first, ..] => Ok(first),
            [] => Err(self.operator.spot.refuse("a value is needed here")),
        }
    }

    /// The one value, when the sign says that it is the same.
    fn only(&self) -> Result<&Spot, QueryError> {
        self.equal()?;
        self.one()
    }

    fn is(&self, word: &str) -> bool {
        matches!(self.values.as_slice(), [value] if value.text.eq_ignore_ascii_case(word))
    }

    fn set<T: Ord>(
        &self,
        read: impl Fn(&Spot) -> Result<T, QueryError>,
    ) -> Result<BTreeSet<T>, QueryError> {
        self.equal()?.iter().map(read).collect()
    }

    fn people(self, side: Side) -> Result<Vec<Draft>, QueryError> {
        self.equal()?;
        Ok(vec![Draft {
            negated: self.negated,
            test: DraftTest::People(People::read(side, self.values)?),
        }])
    }

    fn field(self, definition: &FieldDefinition) -> Result<Vec<Draft>, QueryError> {
        if !definition.kind.is_ordered() {
            self.equal()?;
        }
        let value = self.one()?;
        let key = definition.key.clone();
        if definition.kind == FieldKind::Person {
            return self.people(Side::Field(key));
        }
        let term = definition
            .term(&value.text)
            .map_err(|wrong| refused(value, &wrong))?;
        let test = Test::Field(key, self.operator.comparison, term);
        Ok(vec![Draft::ready(self.negated, test)])
    }

    fn times(&self, test: fn(Comparison, Timestamp) -> Test) -> Result<Vec<Draft>, QueryError> {
        let times = moment::read(&self.operator, self.negated, self.one()?)?;
        let draft = |(comparison, at)| Draft::ready(self.negated, test(comparison, at));
        Ok(times.into_iter().map(draft).collect())
    }
}
