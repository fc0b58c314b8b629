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
        .map(|(path, field, reason)| Disagreement {
            path,
            field,
            reason,
        })
        .collect()
}

/// mail-parser keeps an empty or broken multipart as a file named after nothing.
const EMPTY_MULTIPART: &str =
    "a multipart in which no part begins has its lines, if any, as text: there is no file in it";
/// Delimiters are lines of their own (RFC 2046, 5.1.1).
const NEXT_PART: &str =
    "the inner multipart ends where the delimiter of the outer one stands: what follows is a part";
/// `From: Whomever`.
const NO_ADDRESS: &str = "a From field without an address is no sender";

/// The same rule as `email_reply_parser`'s.
const ANSWER_BELOW: &str = "a quote with an answer below it is part of the conversation, and shown";
/// Upstream separates signatures in a second step.
const SIGNATURE: &str = "signatures are set apart together with the quotes";

const LIST: &[(&str, &str, &str)] = &[
    ("malformed/001.eml", "attachment_count", EMPTY_MULTIPART),
    (
        "malformed/001.eml",
        "body_text",
        "`--a` is no delimiter outside of its multipart, so it is text that somebody wrote",
    ),
    ("malformed/002.eml", "attachment_count", EMPTY_MULTIPART),
    ("malformed/004.eml", "attachment_count", EMPTY_MULTIPART),
    ("malformed/006.eml", "attachment_count", EMPTY_MULTIPART),
    ("malformed/007.eml", "attachment_count", EMPTY_MULTIPART),
    ("malformed/008.eml", "attachment_count", NEXT_PART),
    ("malformed/008.eml", "body_text", NEXT_PART),
    ("malformed/009.eml", "attachment_count", NEXT_PART),
    ("malformed/009.eml", "body_text", NEXT_PART),
    ("malformed/012.eml", "attachment_count", NEXT_PART),
    (
        "malformed/020.eml",
        "body_text",
        "delimiters and headers are no text; the HTML is read, the lines before it are a preamble",
    ),
    ("rfc/001.eml", "from_name", NO_ADDRESS),
    ("rfc/004.eml", "from_name", NO_ADDRESS),
    ("thirdparty/007.eml", "from", NO_ADDRESS),
    ("thirdparty/007.eml", "from_name", NO_ADDRESS),
    (
        "attachment_message_rfc822.eml",
        "attachment_count",
        "an attached mail is one file; the files in it are in that file",
    ),
    (
        "multiple_references_with_one_invalid.eml",
        "references",
        "the valid ids of all References fields count, not those of the first field only",
    ),
    (
        "email_1_1.txt",
        "reply_text",
        "a name behind one dash is no signature by any rule: `-Abhishek` may be an item of a list",
    ),
    (
        "regular_blockquote.html",
        "reply_html_no_space",
        "every blockquote is a quote: HTML has no other mark for one",
    ),
    ("reply_after_quotations.txt", "reply_text", ANSWER_BELOW),
    ("reply_wraps_quotations.txt", "reply_text", ANSWER_BELOW),
    ("thunderbird.eml", "reply_text", ANSWER_BELOW),
    (
        "reply-separated-by-hr.html",
        "reply_html_no_space",
        "the quote begins at the line; upstream takes the whole element that holds the line",
    ),
    ("iphone.eml", "reply_text", SIGNATURE),
    ("sparrow.eml", "reply_text", SIGNATURE),
];
