//! The streams under lettre's connection.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Most bytes that are looked at for the end of a line.
const PEEK: usize = 1024;

/// A TCP stream that is read by lines, never further.
///
/// Under STARTTLS nothing that came before the handshake may count after it. What somebody
/// slips in behind the server's `220` stays in the socket, and the handshake fails on it.
#[derive(Debug)]
pub(super) struct Lines(pub(super) TcpStream);

impl AsyncRead for Lines {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut peeked = [0; PEEK];
        let want = PEEK.min(buf.remaining());
        let mut window = ReadBuf::new(&mut peeked[..want]);
        let seen = ready!(Pin::new(&mut self.0).poll_peek(cx, &mut window))?;
        let line = window.filled().iter().position(|byte| *byte == b'\n');
        let mut part = buf.take(line.map_or(seen, |at| at + 1));
        if seen == 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buf.initialize_unfilled_to(read);
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

/// A stream with TLS from the first byte.
#[derive(Debug)]
pub(super) struct Encrypted(pub(super) Box<TlsStream<TcpStream>>);

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

macro_rules! write_through {
    ($stream:ty) => {
        impl AsyncWrite for $stream {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.0).poll_write(cx, bytes)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.0).poll_flush(cx)
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.0).poll_shutdown(cx)
            }
        }
    };
}

write_through!(Lines);
write_through!(Encrypted);

impl AsyncTokioStream for Lines {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}
