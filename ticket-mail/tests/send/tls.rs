//! Encrypted connections.

use std::net::Ipv4Addr;
use std::sync::Arc;

use ticket_core::port::{Notifier as _, NotifyError};
use ticket_mail::sink::{Behaviour, Sink, SinkTls, Step};
use ticket_mail::{Credentials, Security, SmtpSettings};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::support::{letter, notifier, settings};

/// How a sink uses its certificate.
type Protect = fn(Arc<ServerConfig>) -> SinkTls;

/// A server with a certificate for this name, and the certificate.
async fn sink(name: &str, tls: Protect) -> (Sink, Vec<u8>) {
    let certified = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let certificate = certified.cert.der().clone();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a configuration");
    let sink = Sink::start_at((Ipv4Addr::LOCALHOST, 0).into(), tls(Arc::new(config)))
        .await
        .expect("a sink");
    (sink, certificate.to_vec())
}

fn encrypted(sink: &Sink, security: Security, root: Vec<u8>) -> SmtpSettings {
    let mut settings = settings(sink);
    settings.host = "localhost".to_owned();
    settings.security = security;
    settings.roots = vec![root];
    settings.credentials = Some(Credentials::new("desk", "hunter2"));
    settings
}

#[tokio::test]
async fn letters_go_over_tls_from_the_first_byte_or_by_starttls() {
    let cases: [(Security, Protect); 2] = [
        (Security::Tls, SinkTls::Tls),
        (Security::StartTls, SinkTls::StartTls),
    ];
    for (security, tls) in cases {
        let (sink, root) = sink("localhost", tls).await;
        let notifier = notifier(encrypted(&sink, security, root));
        for _ in 0..3 {
            notifier.deliver(&letter()).await.expect("delivered");
        }
        assert!(
            sink.received().iter().all(|received| received.encrypted),
            "{security:?}"
        );
        assert_eq!(
            (sink.received().len(), sink.connections()),
            (3, 1),
            "{security:?}"
        );
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_gets_no_letter() {
    let (stranger, _) = sink("localhost", SinkTls::StartTls).await;
    let (other, root) = sink("other.example.com", SinkTls::StartTls).await;
    let (_, unrelated) = sink("localhost", SinkTls::StartTls).await;
    for settings in [
        encrypted(&stranger, Security::StartTls, unrelated),
        encrypted(&other, Security::StartTls, root),
    ] {
        let found = notifier(settings).deliver(&letter()).await;
        assert!(matches!(found, Err(NotifyError::Later(_))), "{found:?}");
    }
    assert!(stranger.received().is_empty() && other.received().is_empty());
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_letter_and_no_password() {
    let plain = Sink::start().await.expect("a sink");
    let mut settings = settings(&plain);
    settings.security = Security::StartTls;
    settings.credentials = Some(Credentials::new("desk", "hunter2"));
    let found = notifier(settings).deliver(&letter()).await;
    assert!(matches!(found, Err(NotifyError::Later(_))), "{found:?}");
    assert!(plain.received().is_empty());
}

/// Somebody in between may add lines behind the server's yes to STARTTLS; they must not be taken
/// for answers that came encrypted.
#[tokio::test]
async fn what_is_slipped_in_before_the_handshake_does_not_count() {
    let (sink, root) = sink("localhost", SinkTls::StartTls).await;
    let slipped = "220 go on\r\n250-sink.example\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok";
    sink.script(Step::StartTls, Behaviour::ObeyWith(slipped.to_owned()));
    let mut settings = encrypted(&sink, Security::StartTls, root);
    settings.command_timeout = std::time::Duration::from_secs(5);
    let error = notifier(settings)
        .deliver(&letter())
        .await
        .expect_err("no handshake");
    assert!(error.to_string().contains("connecting"), "{error}");
    assert!(!error.to_string().contains("no answer"), "{error}");
}
