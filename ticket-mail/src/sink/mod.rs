//! An SMTP server for tests and demonstrations: it takes every mail, keeps it, and can be told to
//! misbehave.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let sink = ticket_mail::sink::Sink::start().await?;
//! println!("listening on {}", sink.address());
//! assert!(sink.received().is_empty());
//! # Ok(())
//! # }
//! ```

mod script;
mod session;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use script::Shared;
pub use script::{Behaviour, Step};

/// A mail that the sink took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The name that the client said EHLO with.
    pub hello: String,
    /// The envelope sender; empty for the null sender.
    pub from: String,
    /// The envelope recipients.
    pub to: Vec<String>,
    /// The mail, with the dots removed that SMTP adds.
    pub mail: Vec<u8>,
    /// Which connection it came over, from 1.
    pub connection: usize,
    /// Whether the connection was encrypted.
    pub encrypted: bool,
}

/// How the sink protects its connections.
#[derive(Clone, Default)]
pub enum SinkTls {
    /// Not at all.
    #[default]
    None,
    /// By the STARTTLS command.
    StartTls(Arc<ServerConfig>),
    /// From the first byte.
    Tls(Arc<ServerConfig>),
}

/// A running sink; it ends with this value.
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Sink {
    /// Starts a sink on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start() -> io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), SinkTls::None).await
    }

    /// Starts a sink at an address.
    ///
    /// # Errors
    /// When the address can't be listened on.
    pub async fn start_at(address: SocketAddr, tls: SinkTls) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(accept(listener, tls, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            task,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it does the next time a client comes to this step; several are done one by one.
    pub fn script(&self, step: Step, behaviour: Behaviour) {
        self.shared.script(step, behaviour);
    }

    /// All mails that it took, the oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received()
    }

    /// Waits until it has taken this many mails, and answers them.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        self.shared.wait_for(count).await
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.shared.connections()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, tls: SinkTls, shared: Arc<Shared>) {
    // Sessions end with the task.
    let mut sessions = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let connection = shared.connected();
        sessions.spawn(serve(stream, tls.clone(), Arc::clone(&shared), connection));
        while sessions.try_join_next().is_some() {}
    }
}

/// Errors end the session, as they would for a server.
async fn serve(
    stream: TcpStream,
    tls: SinkTls,
    shared: Arc<Shared>,
    connection: usize,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        SinkTls::None => {
            session::run(stream, &shared, connection, session::Tls::None).await?;
        }
        SinkTls::Tls(config) => {
            let stream = TlsAcceptor::from(config).accept(stream).await?;
            session::run(stream, &shared, connection, session::Tls::Encrypted).await?;
        }
        SinkTls::StartTls(config) => {
            let offered = session::Tls::Offered;
            if let Some(plain) = session::run(stream, &shared, connection, offered).await? {
                let stream = TlsAcceptor::from(config).accept(plain).await?;
                session::run(stream, &shared, connection, session::Tls::Upgraded).await?;
            }
        }
    }
    Ok(())
}
