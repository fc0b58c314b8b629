//! What an administrator says of a webhook.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::ticket::{EventKind, Side};
use crate::value::{Invalid, QueueKey, WebhookKey};

/// Longest URL, in bytes.
const URL_MAX: usize = 2_000;

/// A program that is told of what happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Key by which its log and its secrets are found.
    pub key: WebhookKey,
    /// What is called.
    pub url: WebhookUrl,
    /// What it may know: what the team knows, or only what customers do.
    pub side: Side,
    /// The kinds of events that it is told of; none named: all that its side may know.
    #[serde(default)]
    pub events: BTreeSet<EventKind>,
    /// It is told of tickets that are in one of these queues, or leave it; none named: of all.
    #[serde(default)]
    pub queues: BTreeSet<QueueKey>,
    /// Whether it is called at all.
    #[serde(default = "yes")]
    pub active: bool,
}

const fn yes() -> bool {
    true
}

impl Webhook {
    /// Whether it is told of events of this kind.
    pub fn hears_of(&self, kind: EventKind) -> bool {
        self.events.is_empty() || self.events.contains(&kind)
    }

    /// Whether it is told of tickets in this queue.
    pub fn hears_from(&self, queue: &QueueKey) -> bool {
        self.queues.is_empty() || self.queues.contains(queue)
    }
}

/// The URL of a webhook: `https` or `http`, with a host and without a user or a fragment.
///
/// Numbers that stand for addresses are written out: `http://127.1/` is `http://127.0.0.1/`.
/// Whether an address may be called is asked of whoever calls it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebhookUrl(Arc<str>);

impl WebhookUrl {
    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebhookUrl {
    type Err = Invalid;

    /// Reads a URL; the error repeats nothing of its path or query, which may hold a secret.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refuse = |found: &str, allowed: &str| Err(Invalid::new("url", found, allowed));
        if text.len() > URL_MAX {
            return refuse(&format!("{} bytes", text.len()), "at most 2,000 bytes are");
        }
        let Ok(url) = Url::parse(text) else {
            return refuse("", "a URL such as https://example.org/hooks is");
        };
        if !matches!(url.scheme(), "https" | "http") {
            return refuse(url.scheme(), "https is");
        }
        if !url.has_host() {
            return refuse("", "a URL with a host is");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("", "a URL without user and password is");
        }
        if url.fragment().is_some() {
            return refuse("", "a URL without a fragment (#) is");
        }
        Ok(Self(String::from(url).into()))
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({})", self.0)
    }
}

impl TryFrom<String> for WebhookUrl {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<WebhookUrl> for String {
    fn from(url: WebhookUrl) -> Self {
        url.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let url = text.parse::<WebhookUrl>();
        url.map(String::from).map_err(|error| error.allowed)
    }

    #[test]
    fn addresses_are_written_out() {
        for (text, written) in [
            ("https://example.org/a?b=c", "https://example.org/a?b=c"),
            ("HTTPS://Example.ORG", "https://example.org/"),
            ("http://127.1", "http://127.0.0.1/"),
            ("http://0x7f.1", "http://127.0.0.1/"),
            ("http://0177.0.0.1", "http://127.0.0.1/"),
            ("http://2130706433", "http://127.0.0.1/"),
            ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(written));
        }
    }

    #[test]
    fn only_plain_web_urls_are_urls_of_webhooks() {
        for bad in [
            "",
            "example.org/hook",
            "gopher://example.org/",
            "file:///etc/passwd",
            "http://a@127.0.0.1",
            "https://:secret@example.org/",
            "http://127.0.0.1#@ok.test",
            "https://",
            &format!("https://example.org/{}", "x".repeat(2_000)),
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_error_repeats_no_secret() {
        let error = "https://example.org/s3cr3t#x".parse::<WebhookUrl>();
        assert!(!format!("{error:?}").contains("s3cr3t"));
    }
}
