//! Templates for the words of notices: placeholders and nothing else.

use std::collections::BTreeMap;

use crate::settings::Wording;
use crate::value::one_line;

use super::NoticeKind;

/// What a template may name, each between braces.
pub const PLACEHOLDERS: [&str; 7] = [
    "number",
    "subject",
    "requester",
    "author",
    "queue",
    "desk",
    "status",
];

/// A template that was checked: it only names what there is.
///
/// It has no loops, conditions, includes or calls, so it can neither run long nor read anything;
/// every placeholder has a value, so it can't fail at sending time.
///
/// ```
/// use ticket_core::notice::Template;
/// assert!(Template::parse("[#{number}] {subject}").is_ok());
/// assert!(Template::parse("{password}").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found}; allowed are {{{}}}, and \\{{ for a brace", PLACEHOLDERS.join("}, {"))]
pub struct TemplateError {
    found: String,
}

impl Template {
    /// Checks a template.
    ///
    /// # Errors
    /// When a brace is not closed or a placeholder is unknown.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let parsed = leon::Template::parse(text).map_err(|_| TemplateError {
            found: "a brace is not closed".to_owned(),
        })?;
        match parsed.keys().find(|key| !PLACEHOLDERS.contains(key)) {
            Some(key) => Err(TemplateError {
                found: format!("{{{key}}} is unknown"),
            }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text with all values put in.
    pub fn render(&self, values: &BTreeMap<&'static str, String>) -> String {
        leon::Template::parse(&self.0)
            .ok()
            .and_then(|template| template.render(values).ok())
            .unwrap_or_default()
    }
}

/// The three templates of a kind of notice, with all values put in.
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) intro: String,
    pub(crate) outro: String,
}

impl Words {
    pub(crate) fn of(wording: &Wording, values: &BTreeMap<&'static str, String>) -> Self {
        let fill = |text: &str| {
            Template::parse(text)
                .map(|template| template.render(values))
                .unwrap_or_default()
        };
        Self {
            subject: one_line(&fill(&wording.subject)),
            intro: fill(&wording.intro).trim().to_owned(),
            outro: fill(&wording.outro).trim().to_owned(),
        }
    }
}

impl NoticeKind {
    /// The wording that is used when the settings have none of their own.
    pub fn default_wording(self) -> Wording {
        let (subject, intro, outro) = match self {
            // No word of the sender's choice: the address may be a stranger's (RFC 3834, 4).
            Self::Received => (
                "Your request [#{number}]",
                "Thank you for your message. We have received it and will answer here.",
                "Answer this mail to add to your request.\n\n{desk}",
            ),
            Self::OpenedForYou => (
                RE,
                "{author} has opened this request for you:",
                "Answer this mail to add to your request.\n\n{desk}",
            ),
            Self::Replied => (RE, "", ""),
            Self::Solved => (
                RE,
                "Your request is solved. If anything is left, answer this mail.",
                "{desk}",
            ),
            Self::Access => ("Your access to {desk}", "", "{desk}"),
            Self::NewTicket => (TEAM, "New in {queue}, from {requester}:", ""),
            Self::TeamReplied => (TEAM, "{author} wrote:", ""),
            Self::Noted => (TEAM, "{author} wrote an internal note:", NOT_FOR_CUSTOMERS),
            Self::Mentioned => (
                TEAM,
                "{author} mentions you in an internal note:",
                NOT_FOR_CUSTOMERS,
            ),
            Self::AssignedToYou => (
                TEAM,
                "{author} has made you responsible. Status: {status}.",
                "",
            ),
            Self::DeliveryFailed => (
                TEAM,
                "A mail of ours could not be delivered:",
                NOT_FOR_CUSTOMERS,
            ),
        };
        Wording {
            subject: subject.to_owned(),
            intro: intro.to_owned(),
            outro: outro.to_owned(),
        }
    }
}

/// Subject line in the thread of a customer.
const RE: &str = "Re: {subject} [#{number}]";
/// Subject line for the team.
const TEAM: &str = "[#{number}] {subject}";
/// Tells the team what an answer by mail becomes.
const NOT_FOR_CUSTOMERS: &str =
    "The requester can't see this note. What you answer to this mail becomes a note, too.";

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [NoticeKind; 11] = [
        NoticeKind::Access,
        NoticeKind::Received,
        NoticeKind::OpenedForYou,
        NoticeKind::Replied,
        NoticeKind::Solved,
        NoticeKind::NewTicket,
        NoticeKind::TeamReplied,
        NoticeKind::Noted,
        NoticeKind::Mentioned,
        NoticeKind::AssignedToYou,
        NoticeKind::DeliveryFailed,
    ];

    #[test]
    fn every_default_wording_is_a_template() {
        for kind in KINDS {
            let wording = kind.default_wording();
            for text in [&wording.subject, &wording.intro, &wording.outro] {
                assert!(Template::parse(text).is_ok(), "{kind:?}: {text}");
            }
        }
    }

    #[test]
    fn values_are_put_in_once_and_never_read_as_templates() {
        let values = PLACEHOLDERS
            .into_iter()
            .map(|key| (key, "{number}".to_owned()))
            .collect();
        let template = Template::parse("{subject} \\{number\\}").expect("a template");
        assert_eq!(template.render(&values), "{number} {number}");
    }

    #[test]
    fn what_is_unknown_or_unclosed_is_refused_with_what_is_allowed() {
        for bad in ["{env}", "{", "{ticket.number}", "{number"] {
            let error = Template::parse(bad).expect_err(bad).to_string();
            assert!(error.contains("{number}"), "{error}");
        }
    }
}
