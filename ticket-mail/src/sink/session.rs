//! One SMTP session (RFC 5321), as strict as a test needs it.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

use super::Received;
use super::script::{Behaviour, Shared, Step};

/// Longest mail, in bytes.
const MAIL_MAX: usize = 64 * 1024 * 1024;

/// The protection of a session's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    /// None, and none offered.
    None,
    /// None yet; STARTTLS is offered.
    Offered,
    /// From the first byte.
    Encrypted,
    /// By STARTTLS: there is no second greeting.
    Upgraded,
}

struct Session<'a, S> {
    stream: BufReader<S>,
    shared: &'a Shared,
    tls: Tls,
    mail: Received,
    has_sender: bool,
}

/// What comes after a line of the client.
enum Next {
    Line,
    Upgrade,
    End,
}

/// Serves a session; answers the stream when it is to be encrypted.
pub(super) async fn run<S>(
    stream: S,
    shared: &Shared,
    connection: usize,
    tls: Tls,
) -> io::Result<Option<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mail = Received {
        hello: String::new(),
        from: String::new(),
        to: Vec::new(),
        mail: Vec::new(),
        connection,
        encrypted: matches!(tls, Tls::Encrypted | Tls::Upgraded),
    };
    let stream = BufReader::new(stream);
    let mut session = Session {
        stream,
        shared,
        tls,
        mail,
        has_sender: false,
    };
    if tls != Tls::Upgraded {
        match session
            .answer(Step::Greeting, "220 sink.example ESMTP")
            .await?
        {
            Next::Line => {}
            Next::Upgrade | Next::End => return Ok(None),
        }
    }
    loop {
        let mut line = Vec::new();
        if session.stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        match session.obey(&line).await? {
            Next::Line => {}
            Next::Upgrade => return Ok(Some(session.stream.into_inner())),
            Next::End => return Ok(None),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    async fn obey(&mut self, line: &str) -> io::Result<Next> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" => self.hello(rest).await,
            "STARTTLS" if self.tls == Tls::Offered => {
                let (next, obeyed) = self
                    .answer_or_not(Step::StartTls, "220 2.0.0 go on")
                    .await?;
                let upgrade = obeyed && !matches!(next, Next::End);
                Ok(if upgrade { Next::Upgrade } else { next })
            }
            "AUTH" => self.answer(Step::Auth, "235 2.7.0 welcome").await,
            "MAIL" => self.sender(rest).await,
            "RCPT" if self.has_sender => self.recipient(rest).await,
            "DATA" if !self.mail.to.is_empty() => self.data().await,
            "RSET" => {
                self.forget();
                self.say("250 2.0.0 forgotten").await
            }
            "NOOP" => self.say("250 2.0.0 nothing done").await,
            "QUIT" => {
                self.say("221 2.0.0 bye").await?;
                Ok(Next::End)
            }
            "RCPT" | "DATA" => self.say("503 5.5.1 not now").await,
            _ => self.say("500 5.5.2 what?").await,
        }
    }

    async fn hello(&mut self, name: &str) -> io::Result<Next> {
        name.clone_into(&mut self.mail.hello);
        let start_tls = if self.tls == Tls::Offered {
            "250-STARTTLS\r\n"
        } else {
            ""
        };
        let text = format!(
            "250-sink.example\r\n{start_tls}250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN"
        );
        self.answer(Step::Hello, &text).await
    }

    async fn sender(&mut self, rest: &str) -> io::Result<Next> {
        let Some(from) = path(rest, "FROM:") else {
            return self.say("501 5.5.4 MAIL FROM:<address>").await;
        };
        self.forget();
        self.mail.from = from;
        let (next, obeyed) = self
            .answer_or_not(Step::Mail, "250 2.1.0 sender ok")
            .await?;
        self.has_sender = obeyed;
        Ok(next)
    }

    async fn recipient(&mut self, rest: &str) -> io::Result<Next> {
        let Some(to) = path(rest, "TO:") else {
            return self.say("501 5.5.4 RCPT TO:<address>").await;
        };
        let (next, obeyed) = self
            .answer_or_not(Step::Rcpt, "250 2.1.5 recipient ok")
            .await?;
        if obeyed {
            self.mail.to.push(to);
        }
        Ok(next)
    }

    async fn data(&mut self) -> io::Result<Next> {
        let (next, obeyed) = self
            .answer_or_not(Step::Data, "354 end with <CRLF>.<CRLF>")
            .await?;
        if !obeyed || matches!(next, Next::End) {
            return Ok(next);
        }
        let mut last_ended = true;
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Ok(Next::End);
            }
            // Only a dot between two CRLF ends a mail; a bare LF ends no line.
            if last_ended && line == b".\r\n" {
                break;
            }
            let dotted = last_ended && line.first() == Some(&b'.');
            last_ended = line.ends_with(b"\r\n");
            self.mail
                .mail
                .extend_from_slice(&line[usize::from(dotted)..]);
            if self.mail.mail.len() > MAIL_MAX {
                return Ok(Next::End);
            }
        }
        self.taken().await
    }

    async fn taken(&mut self) -> io::Result<Next> {
        let behaviour = self.shared.next(Step::Message);
        let obeys = match behaviour {
            None | Some(Behaviour::ObeyWith(_) | Behaviour::ObeyThenDrop) => true,
            Some(Behaviour::Answer(_) | Behaviour::Drop | Behaviour::Stall) => false,
        };
        if obeys {
            self.shared.take(self.mail.clone());
        }
        self.forget();
        let (next, _) = self.act(behaviour, "250 2.0.0 taken").await?;
        Ok(next)
    }

    fn forget(&mut self) {
        self.mail.from.clear();
        self.mail.to.clear();
        self.mail.mail.clear();
        self.has_sender = false;
    }

    async fn answer(&mut self, step: Step, text: &str) -> io::Result<Next> {
        let (next, _) = self.answer_or_not(step, text).await?;
        Ok(next)
    }

    async fn answer_or_not(&mut self, step: Step, text: &str) -> io::Result<(Next, bool)> {
        let behaviour = self.shared.next(step);
        self.act(behaviour, text).await
    }

    /// Does as told, or answers; says whether it was the ordinary answer.
    async fn act(&mut self, behaviour: Option<Behaviour>, text: &str) -> io::Result<(Next, bool)> {
        match behaviour {
            None => Ok((self.say(text).await?, true)),
            Some(Behaviour::Answer(other)) => Ok((self.say(&other).await?, false)),
            Some(Behaviour::ObeyWith(other)) => Ok((self.say(&other).await?, true)),
            Some(Behaviour::Drop) => Ok((Next::End, false)),
            Some(Behaviour::Stall) => std::future::pending().await,
            Some(Behaviour::ObeyThenDrop) => {
                self.say(text).await?;
                Ok((Next::End, true))
            }
        }
    }

    async fn say(&mut self, text: &str) -> io::Result<Next> {
        self.stream
            .write_all(format!("{text}\r\n").as_bytes())
            .await?;
        self.stream.flush().await?;
        Ok(Next::Line)
    }
}

/// The address of `FROM:<ada@example.org> BODY=8BITMIME`.
fn path(rest: &str, name: &str) -> Option<String> {
    let rest = rest.trim();
    let value = rest
        .get(..name.len())?
        .eq_ignore_ascii_case(name)
        .then(|| &rest[name.len()..])?;
    let inner = value.trim_start().strip_prefix('<')?;
    inner.split_once('>').map(|(address, _)| address.to_owned())
}
