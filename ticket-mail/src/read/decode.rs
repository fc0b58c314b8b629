//! Transfer encodings and charsets.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;

use super::split::Part;

/// The bytes of a part, decoded; `false` when its encoding was wrong in places.
pub(super) fn bytes<'a>(part: &Part<'a>) -> (Cow<'a, [u8]>, bool) {
    match part.encoding.as_str() {
        "base64" => base64(part.body),
        "quoted-printable" => match quoted_printable_decode(part.body) {
            Some(bytes) => (bytes.into(), true),
            None => (quoted_printable_by_line(part.body).into(), false),
        },
        _ => (part.body.into(), true),
    }
}

/// Base64 with strangers in it is read without them (RFC 2045, 6.8), unless they are so many
/// that it can't be base64.
fn base64(body: &[u8]) -> (Cow<'_, [u8]>, bool) {
    if let Some(bytes) = base64_decode(body) {
        return (bytes.into(), true);
    }
    let fits = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let kept: Vec<u8> = body.iter().filter(fits).copied().collect();
    let solid = body
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .count();
    let decoded = base64_decode(&kept).filter(|_| kept.len() * 10 > solid * 9);
    (decoded.map_or(body.into(), Cow::from), false)
}

/// Lines that are no quoted-printable stay as they are (RFC 2045, 6.7).
fn quoted_printable_by_line(body: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        match quoted_printable_decode(line) {
            Some(bytes) => decoded.extend(bytes),
            None => decoded.extend_from_slice(line),
        }
    }
    decoded
}

/// The text of some bytes in a charset, with `\n` line breaks and without a byte order mark.
pub(super) fn text(bytes: &[u8], charset: Option<&str>) -> String {
    let charset = charset.map(|name| name.trim().to_ascii_lowercase());
    // Mails that say ASCII or nothing and are valid UTF-8 mean UTF-8.
    let vague = matches!(charset.as_deref(), None | Some("us-ascii" | "ascii" | ""));
    let is_utf_8 = matches!(charset.as_deref(), Some("utf-8" | "utf8"));
    let decoder = charset
        .filter(|_| !vague)
        .and_then(|name| charset_decoder(name.as_bytes()));
    let text = match (decoder, std::str::from_utf8(bytes)) {
        (Some(decode), _) => decode(bytes),
        (None, Ok(text)) => text.to_owned(),
        (None, Err(_)) if is_utf_8 => String::from_utf8_lossy(bytes).into_owned(),
        (None, Err(_)) => windows_1252(bytes),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    }
}

/// Reads bytes as Windows-1252, which can't fail.
pub(super) fn windows_1252(bytes: &[u8]) -> String {
    charset_decoder(b"windows-1252").map_or_else(
        || String::from_utf8_lossy(bytes).into_owned(),
        |decode| decode(bytes),
    )
}
