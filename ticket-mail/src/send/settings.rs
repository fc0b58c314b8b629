//! Where and how mail is handed over.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Security {
    /// Plain at first, then TLS by the STARTTLS command, or not at all: a server that doesn't
    /// offer it gets no mail. Usually port 587.
    #[default]
    StartTls,
    /// TLS from the first byte (RFC 8314). Usually port 465.
    Tls,
    /// No TLS; only for a server on the same machine.
    None,
}

/// User name and password for the server. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// Takes a user name and a password.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            password: password.into(),
        }
    }

    pub(super) fn for_lettre(&self) -> lettre::transport::smtp::authentication::Credentials {
        (self.user.clone(), self.password.clone()).into()
    }

    /// A text without the password, should somebody repeat it.
    pub(super) fn hide_in(&self, text: &str) -> String {
        if self.password.is_empty() {
            text.to_owned()
        } else {
            text.replace(&self.password, "***")
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// Settings of an [`SmtpNotifier`](crate::SmtpNotifier); [`Self::new`] fills in defaults.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SmtpSettings {
    /// Name or address of the server; its certificate must be for it.
    pub host: String,
    /// Port; 587 unless told otherwise.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// What to sign in with, if the server wants that.
    pub credentials: Option<Credentials>,
    /// Certificates (DER) of authorities that are trusted besides those of the web.
    pub roots: Vec<Vec<u8>>,
    /// The name to say EHLO with; that of this machine if none.
    pub hello: Option<String>,
    /// Longest wait for a connection, and for the answer to a command; 30 s.
    pub command_timeout: Duration,
    /// Longest time for one letter, waiting for a connection included; 180 s.
    pub total_timeout: Duration,
    /// Most connections at a time; 4.
    pub connections: usize,
    /// A connection that was not used for this long is not used again; 30 s.
    pub idle: Duration,
    /// Most letters over one connection; 100, since many servers stop there.
    pub letters_per_connection: u32,
    /// Most bytes of all files of a letter; 20 MiB. Larger ones are left out, and named in a
    /// file of their own.
    pub files_max: u64,
}

impl SmtpSettings {
    /// Settings for a server, with STARTTLS on port 587.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: 587,
            security: Security::StartTls,
            credentials: None,
            roots: Vec::new(),
            hello: None,
            command_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(180),
            connections: 4,
            idle: Duration::from_secs(30),
            letters_per_connection: 100,
            files_max: 20 * 1024 * 1024,
        }
    }

    pub(super) fn check(&self) -> Result<(), WrongSmtpSettings> {
        let wrong = |field: &'static str, allowed: &'static str| {
            Err(WrongSmtpSettings {
                field,
                allowed: allowed.to_owned(),
            })
        };
        if self.host.trim().is_empty() {
            return wrong("host", "the name or address of a server is needed");
        }
        if self.security == Security::None && !is_loopback(&self.host) {
            return wrong(
                "security",
                "none is allowed for a server on this machine only",
            );
        }
        if self.connections == 0 || self.letters_per_connection == 0 {
            return wrong(
                "connections",
                "at least one connection with one letter is needed",
            );
        }
        let hello = self.hello.as_deref().unwrap_or("localhost");
        if hello.is_empty() || !hello.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong(
                "hello",
                "a domain or an address in brackets is (RFC 5321, 4.1.1.1)",
            );
        }
        Ok(())
    }
}

/// Settings that can't work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("smtp {field}: {allowed}")]
pub struct WrongSmtpSettings {
    /// Which setting is wrong.
    pub field: &'static str,
    /// What is allowed instead.
    pub allowed: String,
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
