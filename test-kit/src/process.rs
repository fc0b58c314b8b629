//! A server's process, and the programs that it is started with.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

use rustix::process::{Pid, Signal, kill_process};

/// So long a server may take to start or to stop on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a program whose output goes to a log, and waits until the check passes.
    ///
    /// Nothing if the program ended instead, as it does when somebody else took its port meanwhile.
    pub(crate) fn start(
        command: &mut Command,
        log: &Path,
        ready: impl Fn() -> bool,
    ) -> Option<Self> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log");
        let errors = output.try_clone().expect("a log");
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut server = Self {
            child,
            log: log.to_owned(),
        };
        let started = Instant::now();
        while !ready() {
            if server
                .child
                .try_wait()
                .expect("the state of a child")
                .is_some()
            {
                return None;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{command:?} does not get ready: {}",
                server.log()
            );
            sleep(Duration::from_millis(10));
        }
        Some(server)
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        signal_to(self.child.id(), signal);
    }

    /// Sends the signal and waits for the end. A server that does not stop is killed.
    pub(crate) fn stop(mut self, signal: Signal) {
        self.signal(Signal::CONT);
        self.signal(signal);
        let asked = Instant::now();
        while self
            .child
            .try_wait()
            .expect("the state of a child")
            .is_none()
        {
            if asked.elapsed() > PATIENCE {
                let _ = self.child.kill();
            }
            sleep(Duration::from_millis(5));
        }
    }
}

/// Sends a signal. That the process is gone already is fine.
pub(crate) fn signal_to(process: u32, signal: Signal) {
    let process = i32::try_from(process)
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process");
    let _ = kill_process(process, signal);
}

/// The folder of PostgreSQL's programs: by `PATH`, `pg_config`, or where Debian puts them.
pub(crate) fn postgres_programs() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| {
        ["initdb", "pg_basebackup", "pg_ctl", "postgres", "psql"]
            .iter()
            .all(|name| folder.join(name).is_file())
    };
    let in_path =
        program("postgres").and_then(|path| Some(path.canonicalize().ok()?.parent()?.to_owned()));
    let told = Command::new("pg_config").arg("--bindir").output().ok();
    let told = told.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    debian.sort();
    let debian = debian.into_iter().rev().map(|(_, folder)| folder);
    in_path.into_iter().chain(told).chain(debian).find(complete)
}

/// A program in `PATH`, or where Debian puts those of administrators.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
