//! A private folder for a server's data, and who clears it away.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The user that owns nothing. PostgreSQL refuses to run as root.
const NOBODY: u32 = 65534;

/// Ends what runs in the folder, and removes it, as soon as its standard input is closed.
///
/// So it works after a panic, for values in statics, and when the tests are killed.
const WARDEN: &str = r#"
cat >/dev/null
stop() {
  pid=$(head -n 1 "$0/$1") || return 0
  kill -CONT "$pid"
  kill "-$2" "$pid"
  for wait in 1 2 3 4 5 6 7 8 9 10; do [ -e "$0/$1" ] || return 0; sleep 0.2; done
  kill -KILL "$pid"
}
stop data/postmaster.pid QUIT
stop redis.pid TERM
stop front.pid TERM
rm -rf "$0"
"#;

/// A folder that is removed with all that runs in it.
///
/// Its path is short, because that of a socket must stay under 107 bytes.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    warden: Child,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let path = tempfile::Builder::new()
            .prefix("kit-")
            .tempdir_in("/tmp")
            .expect("a folder under /tmp")
            .keep();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a folder of our own");
        if is_root() {
            chown(&path, Some(NOBODY), Some(NOBODY)).expect("root gives a folder away");
        }
        // Its own group: an interrupt at the terminal must not end it before its work.
        let warden = Command::new("sh")
            .args([OsStr::new("-c"), OsStr::new(WARDEN), path.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh");
        Self { path, warden }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file that the servers in the folder can read.
    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, content).expect("a file in our own folder");
        // PostgreSQL takes no key that others can read.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a file of our own");
        if is_root() {
            chown(&path, Some(NOBODY), Some(NOBODY)).expect("root gives a file away");
        }
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.warden.stdin.take());
        let _ = self.warden.wait();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A command that runs as a user without rights, in a folder which that user can enter.
pub(crate) fn unprivileged(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
        .current_dir("/tmp")
        .stdin(Stdio::null())
        .env("LC_ALL", "C.UTF-8");
    command
}

/// Runs a command to its end; the test fails with its output if it fails.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}

/// A port that nobody uses now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}
