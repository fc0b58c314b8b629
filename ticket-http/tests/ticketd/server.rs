//! Starting `ticketd` and its commands, each in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::client::Client;

/// How long something may take that happens by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A data folder and the environment of its programs.
pub(crate) struct Place {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// A server that was started.
pub(crate) struct Server {
    pub(crate) process: Child,
    /// Calls it as nobody.
    pub(crate) client: Client,
    /// What it printed until it was ready.
    pub(crate) greeting: Vec<String>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            environment: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.environment.push((name.to_owned(), value.to_string()));
        self
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything that servers logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).expect("a log")
    }

    /// What servers logged as wrong.
    pub(crate) fn faults(&self) -> String {
        let log = self.log();
        let wrong = |line: &&str| line.contains("ERROR") || line.contains("WARN");
        log.lines().filter(wrong).collect::<Vec<_>>().join("\n")
    }

    /// A command on this data folder, with nothing of the environment of the tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ticketd"));
        command
            .env_clear()
            .envs(self.environment.iter().cloned())
            .arg("--data")
            .arg(self.data())
            .args(arguments)
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, b"").await
    }

    /// Runs a command to its end, with something on its standard input.
    pub(crate) async fn run_with(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("ticketd starts");
        let mut stdin = child.stdin.take().expect("its input");
        // It may end without reading everything.
        let _ = stdin.write_all(input).await;
        drop(stdin);
        child.wait_with_output().await.expect("it ends")
    }

    /// Runs a command that must succeed, and answers what it printed.
    pub(crate) async fn print(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        text(&output.stdout)
    }

    /// Pipes a mail in; the exit code.
    pub(crate) async fn mail_in(&self, mail: &str) -> Option<i32> {
        let output = self
            .run_with(&["mail-in", "--queue", "support"], mail.as_bytes())
            .await;
        output.status.code()
    }

    /// Starts a process that goes on until it is killed, and logs with the servers.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .expect("a log");
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        command.spawn().expect("ticketd starts")
    }

    /// Starts a server and waits until it is ready.
    pub(crate) async fn start(&self) -> Server {
        self.start_as(&[]).await
    }

    /// Starts a server with more arguments, and waits until it is ready.
    pub(crate) async fn start_as(&self, arguments: &[&str]) -> Server {
        self.start_at("127.0.0.1:0", arguments).await
    }

    /// Starts a server with more arguments at an address, and waits until it is ready.
    pub(crate) async fn start_at(&self, listen: &str, arguments: &[&str]) -> Server {
        let mut process = self.spawn(&[&["--listen", listen], arguments].concat());
        let mut output = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut greeting = Vec::new();
        let mut address = None;
        // What a first start prints ends with an empty line after the last command.
        while address.is_none() || !is_greeting_over(&greeting) {
            let line = output.next_line().await.expect("readable");
            let line = line.unwrap_or_else(|| panic!("it ended: {}", self.log()));
            if let Some(at) = line.trim().strip_prefix("Address:") {
                let at = at.trim().trim_start_matches("http://");
                address = Some(at.parse().expect("an address"));
            }
            greeting.push(line);
        }
        let client = Client {
            server: address.expect("an address"),
            token: None,
        };
        Server {
            process,
            client,
            greeting,
            output,
        }
    }
}

fn is_greeting_over(lines: &[String]) -> bool {
    let first = lines.iter().any(|line| line.contains("Token:"));
    let tried = lines.iter().any(|line| line.contains("Content-Type"));
    let told = lines.iter().any(|line| line.contains("For a new one"));
    told || (first && tried)
}

impl Server {
    /// The token that the first start printed.
    pub(crate) fn token(&self) -> String {
        let line = self.greeting.iter().find(|line| line.contains("Token:"));
        let token = line.and_then(|line| line.split_whitespace().last());
        token.expect("a token").to_owned()
    }

    /// The first admin.
    pub(crate) fn admin(&self) -> Client {
        self.with(&self.token())
    }

    /// Somebody with a token.
    pub(crate) fn with(&self, token: &str) -> Client {
        Client {
            server: self.client.server,
            token: Some(token.to_owned()),
        }
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.process.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for the end; the exit code and what was printed besides the greeting.
    pub(crate) async fn ended(mut self) -> (Option<i32>, Vec<String>) {
        let status = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        let mut rest = Vec::new();
        while let Some(line) = self.output.next_line().await.expect("readable") {
            rest.push(line);
        }
        (status.expect("in time").expect("an end").code(), rest)
    }
}

/// Asks again and again until there is an answer.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    ask: impl FnMut() -> F,
) -> T {
    eventually_within(PATIENCE, what, ask).await
}

/// The same, for so long.
pub(crate) async fn eventually_within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < patience, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A mail in its raw form.
pub(crate) fn mail(from: &str, subject: &str, id: &str, more: &str, body: &str) -> String {
    format!(
        "From: {from}\r\nTo: support@localhost\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n\
         Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n{more}\r\n{body}\r\n"
    )
}

/// Whether a file is there.
pub(crate) fn exists(path: &Path) -> bool {
    std::fs::exists(path).expect("a readable folder")
}
