//! Answers that have one form for the team and another for customers.

/// Makes types that are one of two, the team's or the customer's.
///
/// As a schema each is any of both: what customers see is a part of what the team sees.
macro_rules! by_side {
    ($(#[$doc:meta] $name:ident $title:literal { $team:ty, $customer:ty })+) => {$(
        #[$doc]
        #[derive(serde::Serialize)]
        #[serde(untagged)]
        pub(crate) enum $name {
            Team($team),
            Customer($customer),
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let named = |name| utoipa::openapi::Ref::from_schema_name(name);
                let any = utoipa::openapi::schema::AnyOfBuilder::new()
                    .item(named(<$team as utoipa::ToSchema>::name()))
                    .item(named(<$customer as utoipa::ToSchema>::name()))
                    .build();
                utoipa::openapi::Schema::AnyOf(any).into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $title.into()
            }

            fn schemas(
                schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                use utoipa::PartialSchema as _;
                schemas.push((<$team>::name().into(), <$team>::schema()));
                <$team>::schemas(schemas);
                schemas.push((<$customer>::name().into(), <$customer>::schema()));
                <$customer>::schemas(schemas);
            }
        }
    )+};
}
