//! What types look like in JSON, for an OpenAPI document, where their form can't be derived.

use std::borrow::Cow;

use utoipa::openapi::schema::{ArrayItems, Schema, SchemaFormat, Type};
use utoipa::openapi::{ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::query::{Comparison, Cursor, Test};
use crate::react::Action;
use crate::ticket::{HostSubject, Priority};
use crate::value::{
    EmailAddress, FieldKey, OrganizationId, PersonId, QueueKey, StatusKey, Tag, TicketNumber,
    Timestamp,
};
use crate::workflow::Category;

type Named = (String, RefOr<Schema>);

impl PartialSchema for Cursor {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Where a page ended: opaque."))
            .pattern(Some("^[A-Za-z0-9_-]{26}$"))
            .into()
    }
}

impl ToSchema for Cursor {}

impl PartialSchema for EmailAddress {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::IdnEmail)))
            .description(Some("An e-mail address (RFC 5321, RFC 6531)."))
            .max_length(Some(254))
            .examples(["ada@example.org"])
            .into()
    }
}

impl ToSchema for EmailAddress {}

impl PartialSchema for Test {
    fn schema() -> RefOr<Schema> {
        let variants = [
            ("number", one::<TicketNumber>()),
            ("status", set::<StatusKey>()),
            ("category", set::<Category>()),
            ("queue", set::<QueueKey>()),
            ("assigned", None),
            ("assignee", set::<PersonId>()),
            ("requester", set::<PersonId>()),
            ("follower", set::<PersonId>()),
            ("cc", set::<PersonId>()),
            ("organization", set::<OrganizationId>()),
            ("tag", set::<Tag>()),
            ("priority", list([Comparison::schema(), Priority::schema()])),
            ("field_set", one::<FieldKey>()),
            (
                "field",
                list([FieldKey::schema(), Comparison::schema(), String::schema()]),
            ),
            ("about", one::<HostSubject>()),
            ("created", list([Comparison::schema(), Timestamp::schema()])),
            ("updated", list([Comparison::schema(), Timestamp::schema()])),
            ("due", list([Comparison::schema(), Timestamp::schema()])),
            ("snoozed", None),
            ("text", Some(<Vec<String>>::schema())),
        ];
        tagged("One test of a ticket.", "test", "value", variants)
    }
}

impl ToSchema for Test {
    fn name() -> Cow<'static, str> {
        "Test".into()
    }

    fn schemas(schemas: &mut Vec<Named>) {
        name::<TicketNumber>(schemas);
        name::<StatusKey>(schemas);
        name::<Category>(schemas);
        name::<QueueKey>(schemas);
        name::<PersonId>(schemas);
        name::<OrganizationId>(schemas);
        name::<Tag>(schemas);
        name::<FieldKey>(schemas);
        name::<HostSubject>(schemas);
    }
}

impl PartialSchema for Action {
    fn schema() -> RefOr<Schema> {
        let variants = [
            ("set_status", one::<StatusKey>()),
            ("set_priority", one::<Priority>()),
            ("move", one::<QueueKey>()),
            ("assign", one::<PersonId>()),
            ("unassign", None),
            ("tag", one::<Tag>()),
            ("untag", one::<Tag>()),
            ("set_field", list([FieldKey::schema(), String::schema()])),
            ("add_follower", one::<PersonId>()),
            ("note", Some(String::schema())),
        ];
        tagged("What a rule does.", "do", "with", variants)
    }
}

impl ToSchema for Action {
    fn name() -> Cow<'static, str> {
        "RuleAction".into()
    }

    fn schemas(schemas: &mut Vec<Named>) {
        name::<StatusKey>(schemas);
        name::<Priority>(schemas);
        name::<QueueKey>(schemas);
        name::<PersonId>(schemas);
        name::<Tag>(schemas);
        name::<FieldKey>(schemas);
    }
}

fn name<T: ToSchema>(schemas: &mut Vec<Named>) {
    schemas.push((T::name().into(), T::schema()));
    T::schemas(schemas);
}

/// A value of another schema.
fn one<T: ToSchema>() -> Option<RefOr<Schema>> {
    Some(Ref::from_schema_name(T::name()).into())
}

/// Any number of values of another schema, each once.
fn set<T: ToSchema>() -> Option<RefOr<Schema>> {
    let array = ArrayBuilder::new()
        .items(Ref::from_schema_name(T::name()))
        .unique_items(true);
    Some(array.into())
}

/// These values, in this order.
fn list<const N: usize>(items: [RefOr<Schema>; N]) -> Option<RefOr<Schema>> {
    let inline = |item| match item {
        RefOr::T(schema) => schema,
        RefOr::Ref(_) => Schema::default(),
    };
    let array = ArrayBuilder::new()
        .prefix_items(items.map(inline))
        .items(ArrayItems::False)
        .min_items(Some(N));
    Some(array.into())
}

/// An object whose kind is named by `tag`, with what it says in `content`.
fn tagged<const N: usize>(
    description: &str,
    tag: &str,
    content: &str,
    variants: [(&'static str, Option<RefOr<Schema>>); N],
) -> RefOr<Schema> {
    let mut all = OneOfBuilder::new().description(Some(description));
    for (variant, value) in variants {
        let word = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some([variant]));
        let mut object = ObjectBuilder::new().property(tag, word).required(tag);
        if let Some(value) = value {
            object = object.property(content, value).required(content);
        }
        all = all.item(object);
    }
    all.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// The words by which a schema tells its variants apart.
    fn words(schema: &RefOr<Schema>, tag: &str) -> BTreeSet<String> {
        let schema = serde_json::to_value(schema).expect("JSON");
        let variants = schema["oneOf"].as_array().expect("variants");
        let word = |variant: &Value| variant["properties"][tag]["enum"][0].clone();
        let words = variants.iter().map(word);
        words
            .map(|word| word.as_str().expect("a word").to_owned())
            .collect()
    }

    /// The words that a reader knows, from what it says of one that it doesn't.
    fn known<T: serde::de::DeserializeOwned>(unknown: &Value) -> BTreeSet<String> {
        let error = serde_json::from_value::<T>(unknown.clone())
            .err()
            .expect("an unknown variant")
            .to_string();
        let quoted = error.split('`').skip(3).step_by(2);
        quoted.map(str::to_owned).collect()
    }

    #[test]
    fn the_schemas_have_all_variants() {
        let test = serde_json::json!({"test": "?"});
        assert_eq!(words(&Test::schema(), "test"), known::<Test>(&test));
        let action = serde_json::json!({"do": "?"});
        assert_eq!(words(&Action::schema(), "do"), known::<Action>(&action));
    }
}
