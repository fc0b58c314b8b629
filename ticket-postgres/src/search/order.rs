//! What a list is sorted by.

use ticket_core::authority::Level;
use ticket_core::query::{Cursor, Sort, SortKey};

use super::Statement;

/// What a part of a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing: it is counted.
    Any,
    Number,
    Created,
    Updated,
    PublicUpdated,
    Priority,
    /// The due date, of those that have one.
    Dated,
    /// The number, of those that have no due date.
    Undated,
}

/// In which order a part of a list is, and where it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) value: Value,
    pub(super) descending: bool,
    after: Option<Cursor>,
}

impl Order {
    /// No order at all.
    pub(super) const ANY: Self = Self {
        value: Value::Any,
        descending: true,
        after: None,
    };

    /// The parts of a list, one behind the other: those without a due date come last.
    pub(super) fn parts(sort: Sort, level: Level, after: Option<Cursor>) -> Vec<Self> {
        let part = |value| Self {
            value,
            descending: sort.descending,
            after,
        };
        match sort.key {
            // Relevance is judged over the newest.
            SortKey::Number | SortKey::Relevance => vec![part(Value::Number)],
            SortKey::Created => vec![part(Value::Created)],
            SortKey::Updated => vec![part(match level {
                Level::Team => Value::Updated,
                Level::Customer => Value::PublicUpdated,
            })],
            SortKey::Priority => vec![part(Value::Priority)],
            SortKey::Due => {
                let is_past = |cursor: Cursor| matches!(cursor.value, i64::MIN | i64::MAX);
                if after.is_some_and(is_past) {
                    return vec![part(Value::Undated)];
                }
                let undated = Self {
                    after: None,
                    ..part(Value::Undated)
                };
                vec![part(Value::Dated), undated]
            }
        }
    }

    /// The number from which on tickets are left out, if it is the order of numbers downwards.
    pub(super) fn below(&self) -> Option<i64> {
        self.after.map(|cursor| crate::row::number(cursor.number))
    }

    /// Whether the newest come first.
    pub(super) fn is_newest_first(&self) -> bool {
        self.value == Value::Number && self.descending
    }

    const fn column(&self) -> &'static str {
        match (self.value, self.descending) {
            (Value::Any | Value::Number, _) => "t.number",
            (Value::Created, _) => "t.created_at",
            (Value::Updated, _) => "t.updated_at",
            (Value::PublicUpdated, _) => "t.public_updated_at",
            (Value::Priority, _) => "t.priority",
            (Value::Dated, _) => "t.due",
            (Value::Undated, true) => "(-9223372036854775808)",
            (Value::Undated, false) => "9223372036854775807",
        }
    }

    const fn is_number(&self) -> bool {
        matches!(self.value, Value::Any | Value::Number | Value::Undated)
    }

    /// The columns that a page is made of.
    pub(super) fn push_columns(&self, sql: &mut Statement) {
        sql.push(match self.value {
            Value::Any => "t.number",
            _ => "t.json, ",
        });
        if self.value != Value::Any {
            sql.push(self.column()).push("::bigint AS value, t.number");
        }
    }

    /// The conditions that make it this part, and what is behind the cursor.
    pub(super) fn push_conditions(&self, sql: &mut Statement) {
        match self.value {
            Value::Dated => {
                sql.push(" AND t.due IS NOT NULL");
            }
            Value::Undated => {
                sql.push(" AND t.due IS NULL");
            }
            _ => {}
        }
        let Some(cursor) = self.after else {
            return;
        };
        let after = if self.descending { " < " } else { " > " };
        let number = crate::row::number(cursor.number);
        if self.is_number() {
            sql.push(" AND t.number").push(after).push_bind(number);
            return;
        }
        sql.push(" AND (").push(self.column()).push(", t.number)");
        sql.push(after).push("(");
        if self.value == Value::Priority {
            // As wide as the column, so that the index is used.
            let code = cursor.value.clamp(i16::MIN.into(), i16::MAX.into());
            sql.push_bind(i16::try_from(code).unwrap_or_default());
        } else {
            sql.push_bind(cursor.value);
        }
        sql.push(", ").push_bind(number).push(")");
    }

    /// The condition that a list of numbers is behind the cursor.
    pub(super) fn push_after(&self, sql: &mut Statement, column: &'static str) {
        if let Some(number) = self.below() {
            sql.push(" AND ").push(column);
            sql.push(if self.descending { " < " } else { " > " });
            sql.push_bind(number);
        }
    }

    /// The order of the tickets `t`.
    pub(super) fn push_order(&self, sql: &mut Statement) {
        let direction = self.direction();
        if self.value == Value::Any {
            return;
        }
        sql.push(" ORDER BY ");
        if !self.is_number() {
            sql.push(self.column()).push(direction).push(", ");
        }
        sql.push("t.number").push(direction);
    }

    /// The order of rows that were found, by the name of their list.
    pub(super) fn push_order_of(&self, sql: &mut Statement, list: &'static str) {
        if self.value == Value::Any {
            return;
        }
        let direction = self.direction();
        sql.push(" ORDER BY ")
            .push(list)
            .push(".value")
            .push(direction);
        sql.push(", ").push(list).push(".number").push(direction);
    }

    pub(super) const fn direction(&self) -> &'static str {
        if self.descending { " DESC" } else { " ASC" }
    }
}
