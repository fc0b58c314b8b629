//! The server behind the proxy.

use std::io;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use url::Url;

/// A stream of bytes in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

#[derive(Clone, Debug)]
pub(super) enum Upstream {
    Tcp(String),
    Unix(PathBuf),
}

impl Upstream {
    /// Reads a path, or a host with a port.
    pub(super) fn parse(text: &str) -> Self {
        if text.starts_with('/') {
            Self::Unix(text.into())
        } else {
            Self::Tcp(text.to_owned())
        }
    }

    /// Reads where a URL of PostgreSQL or Redis leads.
    pub(super) fn of_url(url: &Url) -> Self {
        let asked = |name: &str| {
            url.query_pairs()
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.into_owned())
        };
        let usual = if url.scheme().starts_with("redis") {
            6379
        } else {
            5432
        };
        let port = url
            .port()
            .or_else(|| asked("port")?.parse().ok())
            .unwrap_or(usual);
        let host = asked("host")
            .or_else(|| url.host_str().map(str::to_owned))
            .expect("a host in the URL");
        if host.starts_with('/') {
            Self::Unix(format!("{host}/.s.PGSQL.{port}").into())
        } else {
            Self::Tcp(format!("{host}:{port}"))
        }
    }

    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
        }
    }
}
