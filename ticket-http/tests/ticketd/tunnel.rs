//! Plain TCP before a server that speaks TLS, for clients that don't.

use std::net::SocketAddr;
use std::sync::Arc;

use test_kit::Front;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A tunnel; it ends with this value.
pub(crate) struct Tunnel {
    pub(crate) address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Tunnel {
    pub(crate) async fn to(server: &Front) -> Self {
        let authority = CertificateDer::from_pem_file(server.authority()).expect("a certificate");
        let mut trusted = RootCertStore::empty();
        trusted.add(authority).expect("an authority");
        let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(client));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, connector, server.address()));
        Self {
            address,
            _tasks: tasks,
        }
    }
}

async fn accept(listener: TcpListener, connector: TlsConnector, server: String) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((mut client, _)) = listener.accept().await else {
            continue;
        };
        let (connector, server) = (connector.clone(), server.clone());
        connections.spawn(async move {
            let name = ServerName::try_from("localhost").expect("a name");
            let Ok(stream) = TcpStream::connect(server).await else {
                return;
            };
            let _ = (client.set_nodelay(true), stream.set_nodelay(true));
            if let Ok(mut stream) = connector.connect(name, stream).await {
                let _ = copy_bidirectional(&mut client, &mut stream).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}
