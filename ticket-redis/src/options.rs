//! Where Redis is, and how much patience we have with it.

use std::fmt;
use std::time::Duration;

use redis::{Client, ConnectionAddr, IntoConnectionInfo, TlsCertificates};

/// Longest prefix of keys, in bytes.
const PREFIX_MAX: usize = 64;

/// Options that can't be used; it tells no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Redis can't be used so: {0}")]
pub struct InvalidOptions(String);

/// Where Redis is, and how much patience we have with it.
#[derive(Clone)]
pub struct RedisOptions {
    client: Client,
    prefix: String,
    deadline: Duration,
    pause: Duration,
}

impl RedisOptions {
    /// Takes the address: `redis://`, `rediss://` (TLS) or `redis+unix://`.
    ///
    /// User and password stand before the host, the number of the database is the path:
    /// `rediss://user:password@redis.example.org:6379/2`. With a socket they are the arguments
    /// `user`, `pass` and `db`: `redis+unix:///run/redis.sock?db=2`.
    ///
    /// # Errors
    /// When it is no such address.
    pub fn new(url: &str) -> Result<Self, InvalidOptions> {
        let refuse = |error: redis::RedisError| InvalidOptions(error.to_string());
        let info = url.into_connection_info().map_err(refuse)?;
        if let ConnectionAddr::TcpTls { insecure: true, .. } = info.addr() {
            let detail = "TLS without checking certificates; give the authority instead";
            return Err(InvalidOptions(detail.to_owned()));
        }
        if info.redis_settings().db() < 0 {
            let detail = "the number of the database is negative";
            return Err(InvalidOptions(detail.to_owned()));
        }
        Ok(Self {
            client: Client::open(info).map_err(refuse)?,
            prefix: "ticket".to_owned(),
            deadline: Duration::from_millis(150),
            pause: Duration::from_secs(1),
        })
    }

    /// What every key and channel begins with, `ticket` unless told otherwise.
    ///
    /// Desks that share a Redis need different ones.
    ///
    /// # Errors
    /// When it is empty, longer than 64 bytes, or holds anything but ASCII letters, digits and
    /// `-_.:`.
    pub fn prefix(mut self, prefix: &str) -> Result<Self, InvalidOptions> {
        let is_plain = |own: u8| own.is_ascii_alphanumeric() || b"-_.:".contains(&own);
        if prefix.is_empty() || prefix.len() > PREFIX_MAX || !prefix.bytes().all(is_plain) {
            let detail = "a prefix has 1 to 64 letters, digits and `-_.:`";
            return Err(InvalidOptions(detail.to_owned()));
        }
        prefix.clone_into(&mut self.prefix);
        Ok(self)
    }

    /// The authority that signed the server's certificate, as PEM; without it, those that the web
    /// trusts.
    ///
    /// # Errors
    /// When it is no certificate, or the address is not one for TLS.
    pub fn authority(mut self, pem: &[u8]) -> Result<Self, InvalidOptions> {
        let has_one = pem.windows(11).any(|own| own == b"-----BEGIN ");
        if !has_one {
            return Err(InvalidOptions("the authority is not in PEM".to_owned()));
        }
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: Some(pem.to_vec()),
        };
        let info = self.client.get_connection_info().clone();
        self.client = Client::build_with_tls(info, certificates)
            .map_err(|error| InvalidOptions(error.to_string()))?;
        Ok(self)
    }

    /// How long one call may take, 150 ms unless told otherwise.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long Redis is left alone after it failed, a second unless told otherwise.
    #[must_use]
    pub const fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn key_prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn patience(&self) -> (Duration, Duration) {
        (self.deadline, self.pause)
    }

    pub(crate) fn has_tls(&self) -> bool {
        matches!(
            self.client.get_connection_info().addr(),
            ConnectionAddr::TcpTls { .. }
        )
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("address", self.client.get_connection_info().addr())
            .field("prefix", &self.prefix)
            .field("deadline", &self.deadline)
            .field("pause", &self.pause)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood() {
        for url in [
            "redis://127.0.0.1",
            "redis://127.0.0.1:6380/3",
            "redis://:secret@localhost/0",
            "rediss://user:s%40cret@redis.example.org:6379/2",
            "redis+unix:///run/redis.sock?db=2&pass=secret",
        ] {
            let options = RedisOptions::new(url);
            let shown = format!("{:?}", options.expect("an address"));
            assert!(
                !shown.contains("cret@") && !shown.contains("=secret"),
                "{shown}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_secrets() {
        for url in [
            "",
            "127.0.0.1:6379",
            "http://:hunter2@localhost",
            "redis://:hunter2@localhost/two",
            "redis://:hunter2@localhost/-1",
            "rediss://:hunter2@localhost/#insecure",
        ] {
            let error = RedisOptions::new(url).expect_err(url).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_prefix_is_plain() {
        let options = RedisOptions::new("redis://localhost").expect("an address");
        for wrong in ["", "a b", "a*", "ü", &"x".repeat(65)] {
            assert!(options.clone().prefix(wrong).is_err(), "{wrong}");
        }
        let options = options.prefix("desk-1.test:a_b").expect("a prefix");
        assert_eq!(options.key_prefix(), "desk-1.test:a_b");
    }

    #[test]
    fn an_authority_is_for_tls() {
        let plain = RedisOptions::new("redis://localhost").expect("an address");
        assert!(plain.authority(b"-----BEGIN CERTIFICATE-----").is_err());
        let tls = RedisOptions::new("rediss://localhost").expect("an address");
        assert!(tls.authority(b"no certificate").is_err());
    }
}
