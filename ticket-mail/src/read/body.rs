//! Which parts are the text, which the HTML, and which are files (RFC 8621, 4.1.4).

use ticket_core::mail::{InboundMail, InboundPart};

use super::field::one_line;
use super::split::{Part, Split};
use super::{decode, flowed, limits};
use crate::html;

/// The parts that make up the text, and those that make up the HTML.
#[derive(Default)]
struct Bodies {
    text: Vec<usize>,
    html: Vec<usize>,
}

/// Which of the two a branch of an alternative still adds to.
#[derive(Clone, Copy)]
struct Wanted {
    text: bool,
    html: bool,
    in_alternative: bool,
}

/// Fills text, HTML and files.
pub(super) fn fill(mail: &mut InboundMail, split: &Split<'_>) {
    let parts = &split.parts;
    let mut bodies = Bodies::default();
    let wanted = Wanted {
        text: true,
        html: true,
        in_alternative: false,
    };
    choose(parts, &[0], "multipart/mixed", wanted, &mut bodies);
    fill_text(mail, parts, &bodies);
    fill_html(mail, parts, &bodies);
    if mail.text.trim().is_empty()
        && let Some(html) = &mail.html
    {
        mail.text = html::to_text(html);
    }
    keep_long_texts(mail);
    for (id, part) in parts.iter().enumerate() {
        let shown = is_text(part) && (bodies.text.contains(&id) || bodies.html.contains(&id));
        if !part.is_multipart() && !shown {
            add_file(mail, part);
        }
    }
}

/// The algorithm of RFC 8621, 4.1.4. Its depth is bounded by [`limits::NESTING`].
fn choose(parts: &[Part<'_>], ids: &[usize], kind: &str, mut wanted: Wanted, bodies: &mut Bodies) {
    let (text_before, html_before) = (bodies.text.len(), bodies.html.len());
    for (position, &id) in ids.iter().enumerate() {
        let part = &parts[id];
        if part.is_multipart() {
            let inner = Wanted {
                in_alternative: wanted.in_alternative || part.media_type == "multipart/alternative",
                ..wanted
            };
            choose(parts, &part.children, &part.media_type, inner, bodies);
        } else if is_inline(part, position, kind) {
            let (plain, html) = (
                part.media_type == "text/plain",
                part.media_type == "text/html",
            );
            if kind == "multipart/alternative" {
                if plain && wanted.text {
                    bodies.text.push(id);
                } else if html && wanted.html {
                    bodies.html.push(id);
                }
                continue;
            }
            if wanted.in_alternative {
                wanted.html &= !plain;
                wanted.text &= !html;
            }
            if wanted.text {
                bodies.text.push(id);
            }
            if wanted.html {
                bodies.html.push(id);
            }
        }
    }
    if kind == "multipart/alternative" && wanted.text && wanted.html {
        let no_text = bodies.text.len() == text_before;
        let no_html = bodies.html.len() == html_before;
        if no_text && !no_html {
            bodies.text.extend_from_slice(&bodies.html[html_before..]);
        } else if no_html && !no_text {
            bodies.html.extend_from_slice(&bodies.text[text_before..]);
        }
    }
}

fn is_text(part: &Part<'_>) -> bool {
    matches!(part.media_type.as_str(), "text/plain" | "text/html")
}

fn is_inline(part: &Part<'_>, position: usize, kind: &str) -> bool {
    let attached = part
        .disposition
        .as_ref()
        .is_some_and(|found| found.ctype().eq_ignore_ascii_case("attachment"));
    let media = ["image/", "audio/", "video/"]
        .iter()
        .any(|kind| part.media_type.starts_with(kind));
    !attached
        && (is_text(part) || media)
        && (position == 0 || (kind != "multipart/related" && (media || part.name().is_none())))
}

fn fill_text(mail: &mut InboundMail, parts: &[Part<'_>], bodies: &Bodies) {
    for &id in &bodies.text {
        let part = &parts[id];
        let text = match part.media_type.as_str() {
            "text/plain" => plain_text(mail, part),
            "text/html" => html::to_text(&decoded_text(mail, part)),
            _ => continue,
        };
        append(&mut mail.text, &text);
    }
}

fn fill_html(mail: &mut InboundMail, parts: &[Part<'_>], bodies: &Bodies) {
    let mut html = None;
    for &id in &bodies.html {
        if parts[id].media_type == "text/html" {
            let text = decoded_text(mail, &parts[id]);
            append(html.get_or_insert_default(), &text);
        }
    }
    mail.html = html;
}

/// Appends a text on a line of its own.
fn append(whole: &mut String, text: &str) {
    if !whole.is_empty() && !whole.ends_with('\n') && !text.is_empty() {
        whole.push('\n');
    }
    whole.push_str(text);
}

fn plain_text(mail: &mut InboundMail, part: &Part<'_>) -> String {
    let text = decoded_text(mail, part);
    let is = |name: &str, value: &str| {
        part.parameter(name)
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    if is("format", "flowed") {
        flowed::join(&text, is("delsp", "yes"))
    } else {
        text
    }
}

fn decoded_text(mail: &mut InboundMail, part: &Part<'_>) -> String {
    let bytes = decoded(mail, part);
    decode::text(&bytes, part.parameter("charset"))
}

fn decoded<'a>(mail: &mut InboundMail, part: &Part<'a>) -> std::borrow::Cow<'a, [u8]> {
    let (bytes, right) = decode::bytes(part);
    if !right {
        let text = format!(
            "wrong {} in a part of type {}",
            part.encoding, part.media_type
        );
        if !mail.left_out.contains(&text) {
            mail.left_out.push(text);
        }
    }
    bytes
}

/// A text beyond the limit is cut, an HTML left away; both are kept whole as files.
fn keep_long_texts(mail: &mut InboundMail) {
    let whole = |media_type: &str, text: String| InboundPart {
        name: String::new(),
        media_type: media_type.to_owned(),
        content_id: None,
        bytes: text.into_bytes(),
    };
    if let Some(html) = mail.html.take_if(|html| html.len() > limits::TEXT) {
        mail.left_out.push("a long HTML, kept as a file".to_owned());
        mail.parts.push(whole("text/html", html));
    }
    if mail.text.len() > limits::TEXT {
        let mut end = limits::TEXT;
        while !mail.text.is_char_boundary(end) {
            end -= 1;
        }
        let cut = mail.text[..end].to_owned();
        mail.left_out
            .push("the end of a long text, kept as a file".to_owned());
        mail.parts
            .push(whole("text/plain", std::mem::replace(&mut mail.text, cut)));
    }
}

fn add_file(mail: &mut InboundMail, part: &Part<'_>) {
    let bytes = decoded(mail, part).into_owned();
    let name = part.name().map(one_line).unwrap_or_default();
    if bytes.is_empty() && name.is_empty() && is_text(part) {
        return;
    }
    mail.parts.push(InboundPart {
        name,
        media_type: one_line(&part.media_type),
        content_id: part.content_id.clone(),
        bytes,
    });
}
