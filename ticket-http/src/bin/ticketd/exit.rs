//! Exit codes: 0, 1 and 2 as usual, and those of sysexits(3) for mail servers.

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

/// How a command ended, where it is not simply a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// Something was found or is missing.
    Found,
    /// The command line is wrong (`EX_USAGE`).
    Usage,
    /// The input is wrong (`EX_DATAERR`).
    Data,
    /// It may work later (`EX_TEMPFAIL`): the mail server keeps the mail and tries again.
    Later,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Found => 1,
            Exit::Usage => 64,
            Exit::Data => 65,
            Exit::Later => 75,
        })
    }
}

/// A failure with an exit code of its own.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Says what is wrong and answers with what code to exit.
pub(crate) fn of_error(error: &anyhow::Error) -> ExitCode {
    // Nobody can be told when the standard error is closed too.
    let _ = writeln!(std::io::stderr(), "ticketd: {error:#}");
    match error.downcast_ref::<Failure>() {
        Some(failure) => failure.exit.into(),
        None => ExitCode::FAILURE,
    }
}

/// Prints help, or what is wrong with the command line. A mail server understands only sysexits.
pub(crate) fn of_usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    let is_mail = std::env::args().any(|argument| argument == "mail-in");
    match (error.use_stderr(), is_mail) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => Exit::Usage.into(),
        (true, false) => ExitCode::from(2),
    }
}
