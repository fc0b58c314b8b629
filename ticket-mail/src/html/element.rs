//! What the elements of HTML mean for a text.

use html5gum::StartTag;

/// What an open element does to the text inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing.
    Plain,
    /// Its text is left out.
    Hidden,
    /// Its text is quoted.
    Quote,
    /// Its text is quoted, unless it begins like a forwarded mail.
    QuoteUnlessForwarded,
    /// Its white space is kept.
    Verbatim,
}

/// Elements whose end is waited for.
pub(super) fn is_container(name: &[u8]) -> bool {
    matches!(
        name,
        b"blockquote"
            | b"div"
            | b"head"
            | b"pre"
            | b"script"
            | b"section"
            | b"span"
            | b"style"
            | b"table"
            | b"template"
            | b"textarea"
            | b"title"
            | b"noscript"
            | b"object"
    )
}

pub(super) fn is_block(name: &[u8]) -> bool {
    matches!(
        name,
        b"address"
            | b"article"
            | b"aside"
            | b"blockquote"
            | b"body"
            | b"center"
            | b"dd"
            | b"div"
            | b"dl"
            | b"dt"
            | b"fieldset"
            | b"footer"
            | b"form"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"header"
            | b"html"
            | b"li"
            | b"main"
            | b"nav"
            | b"ol"
            | b"p"
            | b"pre"
            | b"section"
            | b"table"
            | b"tr"
            | b"ul"
    )
}

/// Blocks with an empty line before and after.
pub(super) fn has_gap(name: &[u8]) -> bool {
    matches!(
        name,
        b"blockquote"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"ol"
            | b"p"
            | b"pre"
            | b"table"
            | b"ul"
    )
}

pub(super) fn role(tag: &StartTag<()>) -> Role {
    let name: &[u8] = &tag.name;
    let style = attribute(tag, b"style").unwrap_or_default();
    let hidden = style
        .to_ascii_lowercase()
        .split(';')
        .any(|rule| rule.split_whitespace().collect::<String>() == "display:none");
    match name {
        _ if hidden => Role::Hidden,
        b"head" | b"script" | b"style" | b"template" | b"textarea" | b"title" | b"object" => {
            Role::Hidden
        }
        b"pre" => Role::Verbatim,
        b"blockquote" => Role::Quote,
        b"div" | b"section" | b"table" => container_role(tag),
        _ => Role::Plain,
    }
}

/// Whether a line is drawn above: that is how Outlook and Windows Mail set a quote apart.
pub(super) fn has_rule_above(tag: &StartTag<()>) -> bool {
    let style = attribute(tag, b"style")
        .unwrap_or_default()
        .to_ascii_lowercase();
    style
        .split(';')
        .filter_map(|rule| rule.split_once(':'))
        .any(|(name, value)| {
            matches!(name.trim(), "border-top" | "border-top-style") && value.contains("solid")
        })
}

/// What mail programs wrap a quote in that is no `<blockquote>`.
fn container_role(tag: &StartTag<()>) -> Role {
    let class = attribute(tag, b"class").unwrap_or_default();
    let id = attribute(tag, b"id").unwrap_or_default();
    let has = |wanted: &str| class.split_whitespace().any(|word| word == wanted);
    if has("gmail_quote") || has("zmail_extra") || has("protonmail_quote") {
        Role::QuoteUnlessForwarded
    } else if has("yahoo_quoted") || id.starts_with("yahoo_quoted") {
        Role::Quote
    } else {
        Role::Plain
    }
}

pub(super) fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    let value = tag.attributes.get(name)?;
    Some(String::from_utf8_lossy(value).into_owned())
}
