//! Programs that stand before servers: balancers, and a pool of connections.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::folder::{Folder, free_port, unprivileged};
use crate::postgres::Postgres;
use crate::process::{Server, program};
use crate::shared::skip;
use crate::tls::Certificates;

/// A program that stands before servers, on a port of its own on 127.0.0.1.
///
/// It ends when it is dropped, when the test panics, and when the tests are killed.
#[derive(Debug)]
pub struct Front {
    server: Option<Server>,
    port: u16,
    folder: Folder,
}

/// What a configuration names: where to listen, and with which certificate.
#[derive(Debug)]
pub struct Site<'a> {
    /// The port on 127.0.0.1.
    pub port: u16,
    folder: &'a Folder,
}

impl Site<'_> {
    /// The certificate for this machine, in PEM.
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    /// Its key, in PEM.
    pub fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// Both in one file.
    pub fn both(&self) -> PathBuf {
        self.folder.join("both.pem")
    }
}

impl Front {
    /// Starts nginx with a configuration for its `http` block.
    ///
    /// Without the program there is nothing, and a line that says that the test was skipped; with `CI=true` the test
    /// fails.
    pub fn nginx(site: impl Fn(&Site<'_>) -> String) -> Option<Self> {
        let program = installed("nginx", "nginx-light")?;
        Self::start(|front| {
            let folder = front.path().display();
            let frame = format!(
                "worker_processes 2;\npid {folder}/nginx.pid;\nevents {{ worker_connections 512; }}\n\
                 http {{\n\
                 access_log off;\n\
                 client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n\
                 fastcgi_temp_path {folder}/fastcgi;\nuwsgi_temp_path {folder}/uwsgi;\n\
                 scgi_temp_path {folder}/scgi;\n\
                 include {folder}/site.conf;\n}}\n"
            );
            front.folder.write("frame.conf", &frame);
            front.folder.write("site.conf", &site(&front.site()));
            let mut command = unprivileged(&program);
            command.args(["-e", "stderr", "-g", "daemon off;", "-p"]);
            command.arg(front.path()).arg("-c");
            command.arg(front.folder.join("frame.conf"));
            let began = front.folder.join("nginx.pid");
            (command, Box::new(move || began.exists()))
        })
    }

    /// Starts HAProxy with a configuration; see [`Front::nginx`].
    pub fn haproxy(site: impl Fn(&Site<'_>) -> String) -> Option<Self> {
        let program = installed("haproxy", "haproxy")?;
        Self::start(|front| {
            let socket = front.folder.join("haproxy.sock");
            let frame = format!("global\n    stats socket {}\n", socket.display());
            let frame = front.folder.write("frame.cfg", &frame);
            let site = front.folder.write("site.cfg", &site(&front.site()));
            let mut command = unprivileged(&program);
            command.arg("-db").arg("-f").arg(frame).arg("-f").arg(site);
            (
                command,
                Box::new(move || UnixStream::connect(&socket).is_ok()),
            )
        })
    }

    /// Starts PgBouncer before a PostgreSQL, with this `pool_mode`; see [`Front::nginx`].
    pub fn pgbouncer(server: &Postgres, mode: &str) -> Option<Self> {
        let program = installed("pgbouncer", "pgbouncer")?;
        Self::start(|front| {
            let (folder, port) = (front.path().display(), front.port);
            let (socket, own) = (server.socket_folder().display(), server.port());
            let settings = format!(
                "[databases]\n* = host={socket} port={own} user=postgres\n\
                 [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir = {folder}\n\
                 auth_type = any\npool_mode = {mode}\nmax_client_conn = 200\ndefault_pool_size = 60\n"
            );
            let settings = front.folder.write("pgbouncer.ini", &settings);
            let socket = front.folder.join(&format!(".s.PGSQL.{port}"));
            let mut command = unprivileged(&program);
            command.arg(settings);
            (
                command,
                Box::new(move || UnixStream::connect(&socket).is_ok()),
            )
        })
    }

    fn start(prepare: impl Fn(&Self) -> (Command, Ready)) -> Option<Self> {
        let folder = Folder::new();
        let own = Certificates::new();
        folder.write("authority.pem", &own.authority);
        folder.write("certificate.pem", &own.certificate);
        folder.write("key.pem", &own.key);
        folder.write("both.pem", &format!("{}{}", own.certificate, own.key));
        let mut front = Self {
            server: None,
            port: 0,
            folder,
        };
        // Another process may take a free port before the program does.
        for _ in 0..5 {
            front.port = free_port();
            let (mut command, ready) = prepare(&front);
            front.server = Server::start(&mut command, &front.log(), ready);
            if let Some(server) = &front.server {
                front.folder.write("front.pid", &server.id().to_string());
                return Some(front);
            }
        }
        panic!("it does not start: {}", front.logged());
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The file with the certificate of the authority that signed the one for this machine.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// What it logged.
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn site(&self) -> Site<'_> {
        Site {
            port: self.port,
            folder: &self.folder,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

/// Whether a program that was started listens.
type Ready = Box<dyn Fn() -> bool>;

impl Drop for Front {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(Signal::TERM);
            // Whatever process gets its number next is not ours.
            let _ = fs::remove_file(self.folder.join("front.pid"));
        }
    }
}

fn installed(name: &str, package: &str) -> Option<PathBuf> {
    let found = program(name);
    if found.is_none() {
        skip(&format!(
            "{name} is not installed; on Debian: apt-get install {package}"
        ));
    }
    found
}
