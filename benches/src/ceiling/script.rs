//! Scripts for `pgbench`, made of statements that were overheard.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{AssertSqlSafe, Connection as _, Encode, PgConnection, Postgres, Row as _, Type};

use super::wire::{Statement, Value};

/// A script, and the values of its variables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// What `pgbench` runs again and again.
    pub text: String,
    /// The variables of the texts in it: they are sent each time, as a server sends its values.
    pub variables: Vec<(String, String)>,
}

/// What is new each time a script runs.
#[derive(Debug, Clone, Default)]
pub struct Fresh {
    /// Values as the database writes them, each with the expression that takes its place.
    pub values: Vec<(String, String)>,
    /// The expression that takes the place of every other identity; none keeps them.
    pub identity: Option<String>,
    /// A part of the statement, and what takes its place: it must be there.
    pub part: Option<(&'static str, String)>,
}

/// A value as the database writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Literal {
    type_name: String,
    text: Option<String>,
}

/// Writes scripts; it asks a database how values are written.
#[derive(Debug)]
pub struct Writer {
    connection: PgConnection,
}

impl Writer {
    /// Asks this database.
    ///
    /// # Errors
    /// When it can't be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        let connection = PgConnection::connect(url).await?;
        Ok(Self { connection })
    }

    /// Adds statements to a script.
    ///
    /// # Errors
    /// When the database can't read a value.
    pub async fn add(
        &mut self,
        script: &mut Script,
        statements: &[Statement],
        fresh: &Fresh,
    ) -> Result<()> {
        for statement in statements {
            let mut literals = Vec::new();
            for value in &statement.values {
                literals.push(self.literal(value).await?);
            }
            script.add(&statement.sql, &literals, fresh)?;
        }
        Ok(())
    }

    async fn literal(&mut self, value: &Value) -> Result<Literal> {
        let oid = value.oid;
        ensure!(oid != 0, "a value whose type the server found out");
        let name: String = sqlx::query_scalar("SELECT format_type($1, NULL)")
            .bind(Oid(oid))
            .fetch_one(&mut self.connection)
            .await?;
        let Some(bytes) = &value.bytes else {
            return Ok(Literal {
                type_name: name,
                text: None,
            });
        };
        let text = if value.binary {
            let row = sqlx::query("SELECT $1::text")
                .bind(Sent { oid, bytes })
                .persistent(false)
                .fetch_one(&mut self.connection)
                .await
                .with_context(|| format!("a value of type {name}"))?;
            row.try_get(0)?
        } else {
            String::from_utf8(bytes.clone())?
        };
        Ok(Literal {
            type_name: name,
            text: Some(text),
        })
    }

    /// Statements with their values, as a script for `psql`: each is prepared and run.
    ///
    /// # Errors
    /// When the database can't read a value.
    pub async fn prepared(&mut self, statements: &[Statement]) -> Result<String> {
        let mut script = String::new();
        for (place, statement) in statements.iter().enumerate() {
            let (mut types, mut values) = (Vec::new(), Vec::new());
            for value in &statement.values {
                let literal = self.literal(value).await?;
                values.push(
                    literal
                        .text
                        .map_or_else(|| "NULL".to_owned(), |text| quoted(&text)),
                );
                types.push(literal.type_name);
            }
            let in_brackets = |own: Vec<String>| match own.is_empty() {
                true => String::new(),
                false => format!("({})", own.join(", ")),
            };
            let sql = statement.sql.trim().trim_end_matches(';');
            let (types, values) = (in_brackets(types), in_brackets(values));
            let _ = writeln!(
                script,
                "PREPARE s{place}{types} AS {sql};\nEXECUTE s{place}{values};"
            );
        }
        Ok(script)
    }

    /// Runs a statement of ours.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn run(&mut self, sql: String) -> Result<()> {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Runs a statement of ours, and answers the text that it gives.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn text(&mut self, sql: String) -> Result<String> {
        let query = sqlx::query_scalar(AssertSqlSafe(sql));
        Ok(query.fetch_one(&mut self.connection).await?)
    }
}

/// A value as it was sent, sent again.
struct Sent<'a> {
    oid: u32,
    bytes: &'a [u8],
}

impl Type<Postgres> for Sent<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("unknown")
    }
}

impl<'q> Encode<'q, Postgres> for Sent<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.oid)))
    }
}

fn quoted(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

impl Script {
    /// The same for `psql`.
    pub fn for_psql(&self) -> String {
        let written = |text: String, (name, value): &(String, String)| {
            text.replace(&format!(":{name}::"), &format!("{}::", quoted(value)))
        };
        let text = self.variables.iter().fold(self.text.clone(), written);
        // It draws no numbers.
        let line = |line: &str| match line.starts_with("\\set r ") {
            true => "\\set r 1\n".to_owned(),
            false => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    }

    fn add(&mut self, sql: &str, literals: &[Literal], fresh: &Fresh) -> Result<()> {
        ensure!(
            !has_colon_name(sql),
            "pgbench would take a part of it for a variable: {sql}"
        );
        let mut sql = sql.to_owned();
        if let Some((part, instead)) = &fresh.part {
            ensure!(sql.contains(part), "it has no {part:?}: {sql}");
            sql = sql.replacen(part, instead, 1);
        }
        let mut rest = sql.trim().trim_end_matches(';');
        while let Some(at) = rest.find('$') {
            self.text.push_str(&rest[..at]);
            let digits: &str = rest[at + 1..]
                .split(|c: char| !c.is_ascii_digit())
                .next()
                .unwrap_or_default();
            rest = &rest[at + 1 + digits.len()..];
            match digits.parse::<usize>() {
                Ok(place) if place > 0 => {
                    let literal = literals
                        .get(place - 1)
                        .context("a value that was not sent")?;
                    let own = self.value(literal, fresh);
                    self.text.push_str(&own);
                }
                _ => {
                    self.text.push('$');
                    self.text.push_str(digits);
                }
            }
        }
        let _ = writeln!(self.text, "{rest};");
        Ok(())
    }

    /// What stands for a value: what is new each time, or a variable.
    fn value(&mut self, literal: &Literal, fresh: &Fresh) -> String {
        let Literal { type_name, text } = literal;
        let Some(text) = text else {
            return format!("NULL::{type_name}");
        };
        if let Some(expression) = fresh.of(type_name, text) {
            return format!("({expression})::{type_name}");
        }
        let name = format!("v{}", self.variables.len());
        self.variables.push((name.clone(), text.clone()));
        format!(":{name}::{type_name}")
    }
}

impl Fresh {
    /// The expression that takes the place of a value, if it is new each time.
    fn of(&self, type_name: &str, text: &str) -> Option<String> {
        let Some(element) = type_name.strip_suffix("[]") else {
            return self.of_one(type_name, text);
        };
        let inner = text.strip_prefix('{')?.strip_suffix('}')?;
        let elements: Vec<&str> = inner.split(',').collect();
        if !matches!(element, "uuid" | "bigint") || inner.is_empty() {
            return None;
        }
        let found: Vec<Option<String>> = elements
            .iter()
            .map(|own| self.of_one(element, own))
            .collect();
        if found.iter().all(Option::is_none) {
            return None;
        }
        let written = found
            .into_iter()
            .zip(elements)
            .map(|(found, own)| found.unwrap_or_else(|| format!("'{own}'::{element}")));
        Some(format!("ARRAY[{}]", written.collect::<Vec<_>>().join(", ")))
    }

    fn of_one(&self, type_name: &str, text: &str) -> Option<String> {
        if !matches!(type_name, "uuid" | "bigint") {
            return None;
        }
        let mut values = self.values.iter();
        if let Some((_, expression)) = values.find(|(own, _)| own == text) {
            return Some(expression.clone());
        }
        let identity = self.identity.as_ref();
        identity.filter(|_| type_name == "uuid").cloned()
    }
}

/// Whether a colon stands before a name, as it does in no statement but one for `pgbench`.
fn has_colon_name(sql: &str) -> bool {
    let bytes = sql.as_bytes();
    bytes.iter().enumerate().any(|(place, byte)| {
        let next = bytes.get(place + 1);
        let before = place.checked_sub(1).and_then(|before| bytes.get(before));
        *byte == b':'
            && before != Some(&b':')
            && next.is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str = "01a20000-0000-7000-8000-000000000001";
    const MESSAGE: &str = "01a20000-0000-7000-8000-000000000002";

    fn literal(type_name: &str, text: &str) -> Literal {
        Literal {
            type_name: type_name.to_owned(),
            text: Some(text.to_owned()),
        }
    }

    #[test]
    fn what_is_new_is_made_anew_and_the_rest_is_sent() {
        let fresh = Fresh {
            values: vec![
                ("7".to_owned(), "nextval('n')".to_owned()),
                (TICKET.to_owned(), "own.id".to_owned()),
            ],
            identity: Some("new_id()".to_owned()),
            part: Some(("FROM f(", "FROM own, f(".to_owned())),
        };
        let literals = [
            literal("bigint", "7"),
            literal("uuid", TICKET),
            literal("uuid[]", &format!("{{{MESSAGE},{TICKET}}}")),
            literal("text", "It's 7: \"stuck\""),
            literal("bigint", "8"),
            Literal {
                type_name: "text[]".to_owned(),
                text: None,
            },
        ];
        let mut script = Script::default();
        let sql = "SELECT 1 FROM f($1, $2, $3, $4, $5, $6::text[], '$')";
        script.add(sql, &literals, &fresh).expect("written");
        let expected = "SELECT 1 FROM own, f((nextval('n'))::bigint, (own.id)::uuid, \
             (ARRAY[new_id(), own.id])::uuid[], :v0::text, :v1::bigint, NULL::text[]::text[], \
             '$');\n";
        assert_eq!(script.text, expected);
        let sent: Vec<&str> = script
            .variables
            .iter()
            .map(|(_, own)| own.as_str())
            .collect();
        assert_eq!(sent, ["It's 7: \"stuck\"", "8"]);
        let other = script.add("SELECT 1 FROM g($1)", &literals, &fresh);
        assert!(other.is_err(), "what it should change is not there");
    }

    #[test]
    fn a_statement_that_pgbench_would_misread_is_refused() {
        let mut script = Script::default();
        let add = |script: &mut Script, sql| script.add(sql, &[], &Fresh::default());
        assert!(add(&mut script, "SELECT ':name'").is_err());
        assert!(add(&mut script, "SELECT '1'::text, a[1:]").is_ok());
        assert!(add(&mut script, "SELECT $1").is_err());
    }
}
