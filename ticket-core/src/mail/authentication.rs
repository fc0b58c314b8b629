//! What our own mail host found out about a sender: `Authentication-Results` (RFC 8601).
//!
//! Only the topmost field of the configured host counts. That host has to remove fields that
//! carry its name from incoming mail (RFC 8601, 5), as the usual ones do.
//!
//! A parser of our own, because a verifier such as `mail-auth` brings a resolver and all of
//! cryptography for what is a list of words here. Whatever it can't read proves nothing.
//!
//! Alignment: a domain speaks for itself and for its subdomains, not for its parent. DMARC's
//! relaxed alignment needs the list of public suffixes; a host that knows it says `dmarc=pass`.

use super::InboundMail;

/// What our own mail host found out about the From field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The domain of the From field vouches for the mail.
    Authenticated,
    /// The domain of the From field disowns the mail: DMARC failed.
    Failed,
    /// Nothing is known.
    Silent,
}

/// One result: a method, what came of it, and its properties.
struct Finding {
    method: String,
    result: String,
    properties: Vec<(String, String)>,
}

/// What the host with this name found out about the From field; nothing without a name.
pub fn verdict(mail: &InboundMail, authserv_id: Option<&str>) -> Verdict {
    let Some(from) = &mail.from else {
        return Verdict::Silent;
    };
    let host = authserv_id.unwrap_or_default().trim();
    if host.is_empty() {
        return Verdict::Silent;
    }
    // With two From fields, the host may have looked at the other one.
    if mail.header("From").count() > 1 {
        return Verdict::Silent;
    }
    let topmost = mail
        .header("Authentication-Results")
        .find(|value| names(value, host));
    let findings = topmost.and_then(findings).unwrap_or_default();
    weigh(&findings, from.address.domain())
}

fn weigh(findings: &[Finding], from: &str) -> Verdict {
    let failed = |finding: &Finding| finding.method == "dmarc" && finding.result == "fail";
    if findings.iter().any(failed) {
        return Verdict::Failed;
    }
    let vouched = |finding: &Finding| {
        finding.result == "pass"
            && match finding.method.as_str() {
                "dmarc" => finding.domain("header.from").is_some_and(|d| d == from),
                "dkim" => finding
                    .domain("header.d")
                    .or_else(|| finding.domain("header.i"))
                    .is_some_and(|d| speaks_for(&d, from)),
                "spf" => finding
                    .domain("smtp.mailfrom")
                    .is_some_and(|d| speaks_for(&d, from)),
                _ => false,
            }
    };
    if findings.iter().any(vouched) {
        Verdict::Authenticated
    } else {
        Verdict::Silent
    }
}

/// Whether the domain is the other or a parent of it, and more than a top-level domain.
fn speaks_for(domain: &str, other: &str) -> bool {
    domain == other
        || (domain.contains('.')
            && other
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.')))
}

impl Finding {
    /// The domain in a property, in lower-case ASCII; none when it is given twice.
    fn domain(&self, property: &str) -> Option<String> {
        let mut values = self.properties.iter().filter(|(key, _)| key == property);
        let (_, value) = values.next()?;
        if values.next().is_some() {
            return None;
        }
        let domain = value.rsplit('@').next()?.trim_end_matches('.');
        idna::domain_to_ascii(domain).ok().filter(|d| !d.is_empty())
    }
}

/// Whether a field is that of the host.
///
/// Looks at the name alone: one that can't be read further is still the host's, so that nobody
/// spoils it to have the next one believed.
fn names(value: &str, host: &str) -> bool {
    let mut rest = value.trim_start();
    while let Some(comment) = rest.strip_prefix('(') {
        let mut chars = comment.chars();
        if skip_comment(&mut chars).is_none() {
            return false;
        }
        rest = chars.as_str().trim_start();
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, ';' | '(');
    let name = rest.split(ends).next().unwrap_or_default();
    name.trim_matches('"').eq_ignore_ascii_case(host)
}

/// The results of a field; `None` when it can't be read or has another version.
fn findings(value: &str) -> Option<Vec<Finding>> {
    let words = words(value)?;
    let mut statements = words.split(|word| matches!(word, Word::Semicolon));
    match statements.next()? {
        [_] => {}
        [_, Word::Text(version)] if version == "1" => {}
        _ => return None,
    }
    Some(statements.filter_map(finding).collect())
}

fn finding(statement: &[Word]) -> Option<Finding> {
    let mut pairs = statement.iter().filter_map(|word| match word {
        Word::Text(text) => Some(text.split_once('=').unwrap_or((text, ""))),
        Word::Semicolon => None,
    });
    let (method, result) = pairs.next()?;
    let (method, _version) = method.split_once('/').unwrap_or((method, ""));
    Some(Finding {
        method: method.to_ascii_lowercase(),
        result: result.to_ascii_lowercase(),
        properties: pairs
            .map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned()))
            .collect(),
    })
}

enum Word {
    Text(String),
    Semicolon,
}

/// The words of a structured field (RFC 5322, 3.2): comments out, quotation marks off.
///
/// `None` when a comment or quoted string does not end: then nothing in it can be trusted.
fn words(value: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = value.chars();
    let end = |word: &mut String, words: &mut Vec<Word>| {
        if !word.is_empty() {
            words.push(Word::Text(std::mem::take(word)));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '(' => {
                skip_comment(&mut chars)?;
                end(&mut word, &mut words);
            }
            '"' => word.push_str(&quoted(&mut chars)?),
            ';' => {
                end(&mut word, &mut words);
                words.push(Word::Semicolon);
            }
            c if c.is_whitespace() => end(&mut word, &mut words),
            c => word.push(c),
        }
    }
    end(&mut word, &mut words);
    Some(words)
}

fn skip_comment(chars: &mut std::str::Chars<'_>) -> Option<()> {
    let mut depth = 1_usize;
    while depth > 0 {
        match chars.next()? {
            '(' => depth += 1,
            ')' => depth -= 1,
            '\\' => {
                chars.next()?;
            }
            _ => {}
        }
    }
    Some(())
}

fn quoted(chars: &mut std::str::Chars<'_>) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => text.push(chars.next()?),
            c => text.push(c),
        }
    }
}
