//! Where we do not do what another project's test says, and why.

/// One expectation that does not hold, on purpose.
pub(crate) struct Disagreement {
    pub(crate) path: &'static str,
    pub(crate) field: &'static str,
    #[expect(dead_code, reason = "for people who read the list")]
    pub(crate) reason: &'static str,
}

pub(crate) fn all() -> Vec<Disagreement> {
    LIST.iter()
        .map(|(path, field, reason)| Disagreement { path, field, reason })
        .collect()
}

const LIST: &[(&str, &str, &str)] = &[];
