//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ticket_core::value::{EmailAddress, QueueKey, SpoolId};

/// A support desk: mail becomes tickets, tickets are answered, answers become mail.
///
/// Without a command it serves. Each option can also be given by the environment variable that is
/// named with it.
#[derive(Debug, Parser)]
#[command(name = "ticketd", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What all commands share.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// The folder of the database and the secret key; made when it is missing
    #[arg(
        long,
        global = true,
        env = "TICKETD_DATA",
        default_value = "ticketd-data",
        value_name = "FOLDER"
    )]
    pub(crate) data: PathBuf,
    /// The address to listen on
    #[arg(
        long,
        global = true,
        env = "TICKETD_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT"
    )]
    pub(crate) listen: SocketAddr,
    /// The address under which people reach the server, such as <https://help.example.org>
    #[arg(long, global = true, env = "TICKETD_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// For how many seconds it serves on after the signal to stop, while /readyz says that it
    /// stops, so that a balancer sends people elsewhere
    #[arg(
        long,
        global = true,
        env = "TICKETD_DRAIN",
        default_value_t = 0,
        value_parser = clap::value_parser!(u16).range(..=300),
        value_name = "SECONDS"
    )]
    pub(crate) drain: u16,
    #[command(flatten)]
    pub(crate) database: DatabaseOptions,
    #[command(flatten)]
    pub(crate) redis: RedisOptions,
    #[command(flatten)]
    pub(crate) smtp: SmtpOptions,
}

/// Where everything is stored; without a database server, in a file of the data folder.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct DatabaseOptions {
    /// The PostgreSQL that all nodes share, such as <postgres://user:password@host/database>;
    /// without one, everything is in a file of the data folder
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) database_url: Option<String>,
    /// A standby of it that may answer lists and searches; what a decision rests on never goes
    /// there. Several, divided by spaces
    #[arg(
        long,
        global = true,
        env = "DATABASE_REPLICA_URL",
        hide_env_values = true,
        value_delimiter = ' ',
        value_name = "URL"
    )]
    pub(crate) database_replica_url: Vec<String>,
    /// How many connections to it each process opens at most
    #[arg(
        long,
        global = true,
        env = "TICKETD_DATABASE_CONNECTIONS",
        default_value_t = 16,
        value_parser = clap::value_parser!(u16).range(2..=1000),
        value_name = "COUNT"
    )]
    pub(crate) database_connections: u16,
}

/// What nodes share and may lose: news, limits, who looks at what.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Redis")]
pub(crate) struct RedisOptions {
    /// The Redis that all nodes share, such as <rediss://user:password@host:6379/0>; without one,
    /// live screens hear only of their own node, and each node counts for itself
    #[arg(
        long,
        global = true,
        env = "REDIS_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) redis_url: Option<String>,
    /// What all keys there begin with; desks that share a Redis need different ones
    #[arg(
        long,
        global = true,
        env = "TICKETD_REDIS_PREFIX",
        default_value = "ticket",
        value_name = "WORD"
    )]
    pub(crate) redis_prefix: String,
}

/// The server that takes our mail; without one, notices wait.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Outgoing mail")]
pub(crate) struct SmtpOptions {
    /// The server that takes our mail; without one, notices wait
    #[arg(long, global = true, env = "TICKETD_SMTP_HOST", value_name = "HOST")]
    pub(crate) smtp_host: Option<String>,
    /// Its port; 587, 465 or 25 by the kind of security
    #[arg(long, global = true, env = "TICKETD_SMTP_PORT", value_name = "PORT")]
    pub(crate) smtp_port: Option<u16>,
    /// How the connection is protected; none is for this machine only
    #[arg(
        long,
        global = true,
        env = "TICKETD_SMTP_SECURITY",
        value_enum,
        default_value_t
    )]
    pub(crate) smtp_security: SmtpSecurity,
    /// The user name, if the server wants one; the password comes from the environment, from
    /// `TICKETD_SMTP_PASSWORD` or the file that `TICKETD_SMTP_PASSWORD_FILE` names
    #[arg(long, global = true, env = "TICKETD_SMTP_USER", value_name = "NAME")]
    pub(crate) smtp_user: Option<String>,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum SmtpSecurity {
    /// TLS by the STARTTLS command, or no mail
    #[default]
    Starttls,
    /// TLS from the first byte
    Tls,
    /// No TLS
    None,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API, and work unless told otherwise
    Serve {
        /// Leave mail, notices and timers to another process
        #[arg(long, env = "TICKETD_NO_WORKER")]
        no_worker: bool,
    },
    /// Work: turn mail into messages, deliver notices, do what the clock makes due
    Worker,
    /// Take one mail from the standard input; a worker makes a message of it
    ///
    /// Exit codes are those of sysexits: 0 stored, 75 try again later, 64 wrong usage, 65 no mail
    /// or one of more than 50 MiB.
    MailIn {
        /// The queue that the mail was sent to
        #[arg(long, value_name = "KEY")]
        queue: QueueKey,
    },
    /// Bring the database up to date
    Migrate {
        /// Only say what is missing; exit 1 if something is
        #[arg(long)]
        check: bool,
    },
    /// Make somebody an admin, and print a token to sign in with
    Createsuperuser {
        /// The e-mail address; asked for when it is missing
        #[arg(long)]
        email: Option<EmailAddress>,
        /// The name; asked for when it is missing
        #[arg(long)]
        name: Option<String>,
    },
    /// Print a new token for somebody
    Token {
        /// The e-mail address of its owner
        #[arg(long, value_name = "EMAIL")]
        person: EmailAddress,
        /// A name by which its owner knows it
        #[arg(long, default_value = "command line")]
        label: String,
        /// For how many days it is valid; for ever if not given
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
        days: Option<u16>,
    },
    /// People
    Person {
        #[command(subcommand)]
        command: PersonCommand,
    },
    /// The settings of the desk: queues, workflows, fields, rules, wordings
    Settings {
        #[command(subcommand)]
        command: SettingsCommand,
    },
    /// Mail that was kept aside
    Mail {
        #[command(subcommand)]
        command: MailCommand,
    },
    /// Check that everything stored is as it must be; exit 1 if something is not
    Verify {
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Default for Command {
    fn default() -> Self {
        let no_worker = std::env::var("TICKETD_NO_WORKER").is_ok_and(|value| value == "true");
        Self::Serve { no_worker }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Add somebody
    Add(NewPerson),
}

#[derive(Debug, Args)]
pub(crate) struct NewPerson {
    /// The e-mail address
    #[arg(long)]
    pub(crate) email: EmailAddress,
    /// The name
    #[arg(long)]
    pub(crate) name: String,
    /// What the person may do
    #[arg(long, value_enum)]
    pub(crate) role: RoleWord,
    /// A queue that the agent works on; may be given several times
    #[arg(long = "queue", value_name = "KEY")]
    pub(crate) queues: Vec<QueueKey>,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleWord {
    /// Asks
    Customer,
    /// Works on the tickets of some queues
    Agent,
    /// Reads the tickets of some queues and writes notes
    LightAgent,
    /// May do everything
    Admin,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Print the settings in force, as JSON
    Show,
    /// Check a file of settings, TOML or JSON, and say what is wrong in it
    Check {
        /// The file
        file: PathBuf,
    },
    /// Replace the settings by those of a file, TOML or JSON
    Load {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// List the mails that were kept aside, the newest first
    List {
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Let a mail that was kept aside be processed again
    RunAgain {
        /// Its id, as the list shows it
        id: SpoolId,
    },
}
