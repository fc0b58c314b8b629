//! A private Redis.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;

use crate::folder::{Folder, free_port, unprivileged};
use crate::process::{Server, program};
use crate::shared::skip;
use crate::tls::Certificates;

/// How a [`Redis`] is set up.
#[derive(Clone, Debug, Default)]
pub struct RedisOptions {
    /// The password that clients must give.
    pub password: Option<String>,
    /// Whether clients must come by TLS; see [`Redis::authority`].
    pub tls: bool,
}

/// A Redis of a test's own, which keeps nothing on disk.
///
/// It ends when it is dropped, when the test panics, and when the tests are killed.
#[derive(Debug)]
pub struct Redis {
    server: Option<Server>,
    program: PathBuf,
    port: u16,
    options: RedisOptions,
    certificates: Option<Certificates>,
    /// The port and password of the server that it follows.
    primary: Option<(u16, Option<String>)>,
    folder: Folder,
}

impl Redis {
    /// Starts a server with the installed program.
    ///
    /// Without a program there is nothing, and a line that says that the test was skipped; with `CI=true` the test
    /// fails.
    pub fn start(options: RedisOptions) -> Option<Self> {
        Self::begin(options, None)
    }

    /// Starts a server that follows another, and lets nobody write.
    pub fn replica_of(primary: &Self) -> Self {
        assert!(!primary.options.tls, "a replica follows by plain TCP");
        let options = RedisOptions {
            password: primary.options.password.clone(),
            tls: false,
        };
        let follows = (primary.port, primary.options.password.clone());
        let replica = Self::begin(options, Some(follows)).expect("the program of the primary");
        while !replica
            .command(&["INFO", "replication"])
            .contains("master_link_status:up")
        {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        replica
    }

    fn begin(options: RedisOptions, primary: Option<(u16, Option<String>)>) -> Option<Self> {
        let Some(program) = program("redis-server") else {
            skip("Redis is not installed; on Debian: apt-get install redis-server");
            return None;
        };
        let folder = Folder::new();
        let certificates = options.tls.then(Certificates::new);
        if let Some(certificates) = &certificates {
            folder.write("authority.pem", &certificates.authority);
            folder.write("certificate.pem", &certificates.certificate);
            folder.write("key.pem", &certificates.key);
        }
        let mut redis = Self {
            server: None,
            program,
            port: 0,
            options,
            certificates,
            primary,
            folder,
        };
        // Another process may take a free port before the server does.
        for _ in 0..5 {
            redis.port = free_port();
            redis.server = redis.launch();
            if redis.server.is_some() {
                return Some(redis);
            }
        }
        panic!(
            "Redis does not start: {}",
            fs::read_to_string(redis.folder.join("log")).unwrap_or_default()
        );
    }

    fn launch(&self) -> Option<Server> {
        let socket = self.folder.join("redis.sock");
        let _ = fs::remove_file(&socket);
        Server::start(&mut self.program(), &self.folder.join("log"), || {
            UnixStream::connect(&socket).is_ok()
        })
    }

    fn program(&self) -> Command {
        let mut command = unprivileged(&self.program);
        let path = |name: &str| self.folder.join(name).display().to_string();
        let port = self.port.to_string();
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--dir", &self.folder.path().display().to_string()]);
        command.args([
            "--unixsocket",
            &path("redis.sock"),
            "--pidfile",
            &path("redis.pid"),
        ]);
        if self.options.tls {
            command.args([
                "--port",
                "0",
                "--tls-port",
                &port,
                "--tls-auth-clients",
                "no",
            ]);
            command.args(["--tls-ca-cert-file", &path("authority.pem")]);
            command.args([
                "--tls-cert-file",
                &path("certificate.pem"),
                "--tls-key-file",
                &path("key.pem"),
            ]);
        } else {
            command.args(["--port", &port]);
        }
        if let Some(password) = &self.options.password {
            command.args(["--requirepass", password]);
        }
        if let Some((port, password)) = &self.primary {
            command.args(["--replicaof", &format!("127.0.0.1 {port}")]);
            if let Some(password) = password {
                command.args(["--masterauth", password]);
            }
        }
        command
    }

    /// Its URL, with the password and the database 0.
    pub fn url(&self) -> String {
        let scheme = if self.options.tls { "rediss" } else { "redis" };
        let user = self
            .options
            .password
            .as_ref()
            .map(|password| format!(":{password}@"))
            .unwrap_or_default();
        format!("{scheme}://{user}127.0.0.1:{}/0", self.port)
    }

    /// Its address, as for a [`Proxy`](crate::Proxy).
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The file with the certificate of the authority that its own is signed by, if it speaks TLS.
    pub fn authority(&self) -> Option<PathBuf> {
        self.certificates
            .as_ref()
            .map(|_| self.folder.join("authority.pem"))
    }

    /// Runs a command, such as `["FLUSHALL"]`, and returns the answer as it came over the wire.
    pub fn command(&self, words: &[&str]) -> String {
        let mut request = String::new();
        if let Some(password) = &self.options.password {
            request += &encode(&["AUTH", password]);
        }
        request += &encode(words);
        let mut stream =
            UnixStream::connect(self.folder.join("redis.sock")).expect("a Redis that runs");
        stream
            .write_all(request.as_bytes())
            .expect("a Redis that reads");
        stream.shutdown(Shutdown::Write).expect("a stream");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("a Redis that answers");
        if self.options.password.is_some() {
            answer = answer
                .strip_prefix("+OK\r\n")
                .expect("the right password")
                .to_owned();
        }
        answer.trim_end().to_owned()
    }

    /// Stops it and forgets its data.
    pub fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(Signal::KILL);
            // Whatever process gets its number next is not ours.
            let _ = fs::remove_file(self.folder.join("redis.pid"));
        }
    }

    /// Starts it at the same address, empty, after a stop if it runs.
    pub fn restart(&mut self) {
        self.stop();
        self.server = self.launch();
        assert!(self.server.is_some(), "Redis does not start again");
    }

    /// Holds it still: connections stay open, and nothing is answered.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        self.server
            .as_ref()
            .expect("a Redis that runs")
            .signal(signal);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A command in the protocol of Redis.
fn encode(words: &[&str]) -> String {
    let parts: String = words
        .iter()
        .map(|word| format!("${}\r\n{word}\r\n", word.len()))
        .collect();
    format!("*{}\r\n{parts}", words.len())
}
