//! A private PostgreSQL.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::folder::{Folder, free_port, run, unprivileged};
use crate::process::{Server, postgres_programs, signal_to};
use crate::shared::skip;
use crate::tls::Certificates;

/// The name under which a standby is known to its primary, as for `synchronous_standby_names`.
const STANDBY: &str = "standby";

/// How a [`Postgres`] is set up.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Whether commits wait for the disk. Tests whose machine does not lose power need not.
    pub fsync: bool,
    /// How many connections it takes.
    pub max_connections: u16,
    /// Whether it speaks TLS to those who ask for it; see [`Postgres::authority`].
    pub tls: bool,
    /// Further settings, as for `-c`.
    pub settings: Vec<(String, String)>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            fsync: false,
            max_connections: 50,
            tls: false,
            settings: Vec::new(),
        }
    }
}

/// How to stop a [`Postgres`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Ends all sessions and shuts down in order.
    Fast,
    /// Ends at once; the next start recovers.
    Immediate,
}

/// A PostgreSQL of a test's own, in a folder that is removed with it.
///
/// It has the user `postgres`, one port of its own on 127.0.0.1, and a socket that asks for no password. It ends when
/// it is dropped, when the test panics, and when the tests are killed.
#[derive(Debug)]
pub struct Postgres {
    server: Option<Server>,
    programs: PathBuf,
    port: u16,
    password: String,
    options: PostgresOptions,
    folder: Folder,
}

impl Postgres {
    /// Makes a cluster with the installed programs, and starts it.
    ///
    /// Without programs there is nothing, and a line that says that the test was skipped; with `CI=true` the test
    /// fails.
    pub fn start(options: PostgresOptions) -> Option<Self> {
        let programs = installed()?;
        let folder = Folder::new();
        let password = secret();
        run(unprivileged(programs.join("initdb"))
            .args([
                "-U",
                "postgres",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ])
            .arg("--pwfile")
            .arg(folder.write("password", &password))
            .arg("-D")
            .arg(folder.join("data")));
        if options.tls {
            let own = Certificates::new();
            folder.write("authority.pem", &own.authority);
            folder.write("certificate.pem", &own.certificate);
            folder.write("key.pem", &own.key);
        }
        Some(Self::begin(programs, folder, password, options))
    }

    /// Copies a running cluster without TLS, and starts the copy as a standby that follows it.
    ///
    /// To its primary it is known as `standby`: with `synchronous_standby_names` set to that, commits wait for it.
    pub fn standby_of(primary: &Self) -> Self {
        let folder = Folder::new();
        let source = format!(
            "host={} port={} user=postgres application_name={STANDBY}",
            primary.folder.path().display(),
            primary.port
        );
        run(unprivileged(primary.programs.join("pg_basebackup"))
            .args([
                "--write-recovery-conf",
                "--wal-method=stream",
                "--checkpoint=fast",
                "--no-sync",
                "-d",
                &source,
            ])
            .arg("-D")
            .arg(folder.join("data")));
        Self::begin(
            primary.programs.clone(),
            folder,
            primary.password.clone(),
            primary.options.clone(),
        )
    }

    fn begin(
        programs: PathBuf,
        folder: Folder,
        password: String,
        options: PostgresOptions,
    ) -> Self {
        let mut cluster = Self {
            server: None,
            programs,
            port: 0,
            password,
            options,
            folder,
        };
        // Another process may take a free port before the server does.
        for _ in 0..5 {
            cluster.port = free_port();
            cluster.server = cluster.launch();
            if cluster.server.is_some() {
                return cluster;
            }
        }
        panic!(
            "PostgreSQL does not start: {}",
            fs::read_to_string(cluster.log()).unwrap_or_default()
        );
    }

    fn launch(&self) -> Option<Server> {
        let state = self.folder.join("data/postmaster.pid");
        // Its eighth line says how far it is.
        let ready = || {
            fs::read_to_string(&state).is_ok_and(|text| {
                text.lines()
                    .nth(7)
                    .is_some_and(|line| line.trim() == "ready")
            })
        };
        Server::start(&mut self.command(), &self.log(), ready)
    }

    fn command(&self) -> Command {
        let mut command = unprivileged(self.programs.join("postgres"));
        let mut set = |name: &str, value: &str| {
            command.arg("-c").arg(format!("{name}={value}"));
        };
        set("listen_addresses", "127.0.0.1");
        set("port", &self.port.to_string());
        set(
            "unix_socket_directories",
            &self.folder.path().display().to_string(),
        );
        set("max_connections", &self.options.max_connections.to_string());
        if !self.options.fsync {
            set("fsync", "off");
            set("full_page_writes", "off");
        }
        if self.options.tls {
            let path = |name: &str| self.folder.join(name).display().to_string();
            set("ssl", "on");
            set("ssl_cert_file", &path("certificate.pem"));
            set("ssl_key_file", &path("key.pem"));
        }
        for (name, value) in &self.options.settings {
            set(name, value);
        }
        command.arg("-D").arg(self.folder.join("data"));
        command
    }

    /// The URL of the database `postgres`.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The URL of a database.
    pub fn url_of(&self, database: &str) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }

    /// Makes a database and returns its URL.
    pub fn create_database(&self, name: &str) -> String {
        self.ask(&format!("create database \"{name}\""));
        self.url_of(name)
    }

    /// Its address, as for a [`Proxy`](crate::Proxy).
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file with the certificate of the authority that its own is signed by, if it speaks TLS. Its own is for
    /// `localhost` and 127.0.0.1.
    pub fn authority(&self) -> Option<PathBuf> {
        let tls = self.options.tls;
        tls.then(|| self.folder.join("authority.pem"))
    }

    /// The folder of its socket.
    pub fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it logged.
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Runs SQL in the database `postgres` and returns its rows, with `|` between the columns.
    pub fn ask(&self, sql: &str) -> String {
        self.ask_in("postgres", sql)
    }

    /// Runs SQL in a database.
    pub fn ask_in(&self, database: &str, sql: &str) -> String {
        run(unprivileged(self.programs.join("psql"))
            .args([
                "-X",
                "-q",
                "-At",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "postgres",
                "-d",
                database,
                "-p",
            ])
            .arg(self.port.to_string())
            .arg("-h")
            .arg(self.folder.path())
            .args(["-c", sql]))
    }

    /// Stops it; [`Postgres::restart`] starts it again.
    pub fn stop(&mut self, how: Stop) {
        if let Some(server) = self.server.take() {
            server.stop(match how {
                Stop::Fast => Signal::INT,
                Stop::Immediate => Signal::QUIT,
            });
        }
    }

    /// Starts it at the same address, after a stop if it runs.
    pub fn restart(&mut self) {
        self.stop(Stop::Fast);
        self.server = self.launch();
        assert!(
            self.server.is_some(),
            "PostgreSQL does not start again: {}",
            self.logged()
        );
    }

    /// Kills the process that serves a client with SIGKILL, and returns whether there was one.
    ///
    /// PostgreSQL then ends all sessions and recovers by itself.
    pub fn kill9_backend(&self) -> bool {
        let backend = self.ask(
            "select pid from pg_stat_activity where backend_type = 'client backend' and application_name <> 'psql' limit 1",
        );
        backend
            .parse()
            .map(|process| signal_to(process, Signal::KILL))
            .is_ok()
    }

    /// Ends the sessions of all other clients by `pg_terminate_backend`, and returns how many there were.
    pub fn terminate_backends(&self) -> usize {
        let ended = self.ask(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity \
             where backend_type = 'client backend' and application_name <> 'psql'",
        );
        ended.parse().expect("a number")
    }

    /// Makes a standby a primary, and returns when it takes writes.
    pub fn promote(&self) {
        run(unprivileged(self.programs.join("pg_ctl"))
            .args(["promote", "-w", "-D"])
            .arg(self.folder.join("data")));
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop(Stop::Immediate);
    }
}

fn installed() -> Option<PathBuf> {
    let programs = postgres_programs();
    if programs.is_none() {
        skip("PostgreSQL is not installed; on Debian: apt-get install postgresql");
    }
    programs
}

/// A password that nobody else on this machine knows: a port is open to all of them.
fn secret() -> String {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut chance| chance.read_exact(&mut bytes))
        .expect("chance");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
