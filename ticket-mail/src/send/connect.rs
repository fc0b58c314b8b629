//! A connection that is ready for letters.

use std::io;
use std::sync::Arc;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use ticket_core::port::NotifyError;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::outcome::{Stage, failure};
use super::settings::{Security, SmtpSettings, WrongSmtpSettings};
use super::stream::{Encrypted, Lines};

/// Knows how to connect.
pub(super) struct Connector {
    settings: SmtpSettings,
    hello: ClientId,
    /// For STARTTLS.
    upgrade: TlsParameters,
    /// For TLS from the first byte. lettre would connect by itself then, and without
    /// `TCP_NODELAY` each letter waits 40 ms.
    tls: TlsConnector,
    name: ServerName<'static>,
}

impl Connector {
    pub(super) fn new(settings: SmtpSettings) -> Result<Self, WrongSmtpSettings> {
        settings.check()?;
        let host = settings
            .host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let name = ServerName::try_from(host.clone()).map_err(|error| WrongSmtpSettings {
            field: "host",
            allowed: error.to_string(),
        })?;
        let hello = match &settings.hello {
            Some(name) => ClientId::Domain(name.clone()),
            None => ClientId::default(),
        };
        Ok(Self {
            hello,
            upgrade: upgrade(host, &settings.roots)?,
            tls: TlsConnector::from(Arc::new(config(&settings.roots)?)),
            name,
            settings,
        })
    }

    pub(super) fn settings(&self) -> &SmtpSettings {
        &self.settings
    }

    /// Connects, protects the connection and signs in.
    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, NotifyError> {
        let longest = self.settings.command_timeout;
        match timeout(longest, self.open()).await {
            Ok(connected) => connected,
            Err(_) => Err(self.slow("connecting")),
        }
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, NotifyError> {
        let Security::StartTls = self.settings.security else {
            let stream = self
                .stream()
                .await
                .map_err(|error| NotifyError::Later(format!("connecting: {error}")))?;
            return self.greet(stream).await;
        };
        let stream = self
            .tcp()
            .await
            .map_err(|error| NotifyError::Later(format!("connecting: {error}")))?;
        let failed = |error: Error| failure(Stage::Connect, &error, None);
        let mut connection =
            AsyncSmtpConnection::connect_with_transport(Box::new(Lines(stream)), &self.hello)
                .await
                .map_err(failed)?;
        connection
            .starttls(self.upgrade.clone(), &self.hello)
            .await
            .map_err(failed)?;
        self.sign_in(connection).await
    }

    async fn greet(
        &self,
        stream: Box<dyn AsyncTokioStream>,
    ) -> Result<AsyncSmtpConnection, NotifyError> {
        let connection = AsyncSmtpConnection::connect_with_transport(stream, &self.hello)
            .await
            .map_err(|error| failure(Stage::Connect, &error, None))?;
        self.sign_in(connection).await
    }

    async fn sign_in(
        &self,
        mut connection: AsyncSmtpConnection,
    ) -> Result<AsyncSmtpConnection, NotifyError> {
        if let Some(credentials) = &self.settings.credentials {
            connection
                .auth(
                    &[Mechanism::Plain, Mechanism::Login],
                    &credentials.for_lettre(),
                )
                .await
                .map_err(|error| failure(Stage::SignIn, &error, Some(credentials)))?;
        }
        Ok(connection)
    }

    async fn stream(&self) -> io::Result<Box<dyn AsyncTokioStream>> {
        let stream = self.tcp().await?;
        Ok(match self.settings.security {
            Security::Tls => {
                let encrypted = self.tls.connect(self.name.clone(), stream).await?;
                Box::new(Encrypted(Box::new(encrypted)))
            }
            Security::StartTls | Security::None => Box::new(Lines(stream)),
        })
    }

    async fn tcp(&self) -> io::Result<TcpStream> {
        let host = self
            .settings
            .host
            .trim_start_matches('[')
            .trim_end_matches(']');
        let stream = TcpStream::connect((host, self.settings.port)).await?;
        // lettre writes a mail and its final dot apart; without this the dot waits for the
        // server's delayed acknowledgement.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    pub(super) fn slow(&self, what: &str) -> NotifyError {
        let seconds = self.settings.command_timeout.as_secs();
        NotifyError::Later(format!("{what}: no answer within {seconds} s"))
    }
}

fn upgrade(host: String, roots: &[Vec<u8>]) -> Result<TlsParameters, WrongSmtpSettings> {
    let wrong = |error: Error| wrong_root(&error);
    let mut builder = TlsParameters::builder(host);
    for root in roots {
        builder = builder.add_root_certificate(Certificate::from_der(root.clone()).map_err(wrong)?);
    }
    builder.build_rustls().map_err(wrong)
}

fn config(roots: &[Vec<u8>]) -> Result<ClientConfig, WrongSmtpSettings> {
    let mut store = RootCertStore::empty();
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in roots {
        let root = CertificateDer::from(root.clone());
        store.add(root).map_err(|error| wrong_root(&error))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong_root(&error))?;
    Ok(config.with_root_certificates(store).with_no_client_auth())
}

fn wrong_root(error: &dyn std::fmt::Display) -> WrongSmtpSettings {
    WrongSmtpSettings {
        field: "roots",
        allowed: format!("certificates in DER are ({error})"),
    }
}
