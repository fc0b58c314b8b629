//! Listening to what is said to a database: a proxy that writes down the statements that pass.
//!
//! It reads the messages of PostgreSQL's protocol, version 3, as far as it takes to know which
//! statement was run with which values (see "Message Formats" in PostgreSQL's manual). So a
//! benchmark runs exactly what the server runs, and can't drift apart from it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What a client asks to talk TLS, instead of a version.
const TLS: u32 = 80_877_103;
/// The longest message that is taken for one.
const LONGEST: usize = 64 << 20;

/// A statement that was run, with its values as they were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The values, in the order of `$1`, `$2`, …
    pub values: Vec<Value>,
}

/// A value as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The number of its type; 0 when the server was left to find out.
    pub oid: u32,
    /// Whether the bytes are in the binary form.
    pub binary: bool,
    /// The bytes; none for NULL.
    pub bytes: Option<Vec<u8>>,
}

/// What was heard, in the order in which it was said.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    statements: Arc<Mutex<Vec<Statement>>>,
    round_trips: Arc<Mutex<usize>>,
}

impl Heard {
    /// Takes what was heard until now: the statements, and how often the client waited.
    pub fn take(&self) -> (Vec<Statement>, usize) {
        let mut statements = self
            .statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut trips = self
            .round_trips
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        (
            std::mem::take(&mut *statements),
            std::mem::take(&mut *trips),
        )
    }

    fn ran(&self, statement: Statement) {
        let mut statements = self
            .statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        statements.push(statement);
    }

    fn waits(&self) {
        *self
            .round_trips
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += 1;
    }
}

/// Listens on a port of its own, passes everything on to `database` and writes down what is run;
/// answers the port.
///
/// # Errors
/// When it can't listen.
pub async fn listen(database: String, heard: Heard) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (database, heard) = (database.clone(), heard.clone());
            tokio::spawn(async move {
                // Whoever talks through it notices when a connection ends badly.
                let _ = pass(client, &database, heard).await;
            });
        }
    });
    Ok(port)
}

async fn pass(client: TcpStream, database: &str, heard: Heard) -> Result<()> {
    let server = TcpStream::connect(database).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mut from_client = BufReader::new(from_client);
    begin(&mut from_client, &mut to_client, &mut to_server).await?;
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut talk = Talk {
        heard,
        prepared: HashMap::new(),
    };
    loop {
        let Ok(kind) = from_client.read_u8().await else {
            return Ok(());
        };
        let body = body(&mut from_client).await?;
        talk.hear(kind, &body)?;
        to_server.write_u8(kind).await?;
        send(&mut to_server, &body).await?;
    }
}

/// The first message has no kind; a wish for TLS is refused, so that we understand the rest.
async fn begin(
    from_client: &mut BufReader<OwnedReadHalf>,
    to_client: &mut OwnedWriteHalf,
    to_server: &mut OwnedWriteHalf,
) -> Result<()> {
    loop {
        let body = body(from_client).await?;
        if body.first_chunk() == Some(&TLS.to_be_bytes()) {
            to_client.write_all(b"N").await?;
            continue;
        }
        return send(to_server, &body).await;
    }
}

async fn body(from: &mut BufReader<OwnedReadHalf>) -> Result<Vec<u8>> {
    let length = (from.read_u32().await? as usize).checked_sub(4);
    let length = length.filter(|length| *length <= LONGEST);
    let mut body = vec![0; length.context("a length that is none")?];
    from.read_exact(&mut body).await?;
    Ok(body)
}

async fn send(to: &mut OwnedWriteHalf, body: &[u8]) -> Result<()> {
    let mut message = u32::try_from(body.len() + 4)?.to_be_bytes().to_vec();
    message.extend_from_slice(body);
    Ok(to.write_all(&message).await?)
}

/// One connection as it is overheard.
struct Talk {
    heard: Heard,
    /// Prepared statements by their names: text and types.
    prepared: HashMap<String, (String, Vec<u32>)>,
}

impl Talk {
    fn hear(&mut self, kind: u8, body: &[u8]) -> Result<()> {
        let mut rest = Rest(body);
        match kind {
            b'P' => {
                let (name, sql) = (rest.text()?, rest.text()?);
                let types = (0..rest.count()?).map(|_| rest.number());
                self.prepared
                    .insert(name, (sql, types.collect::<Result<_>>()?));
            }
            b'B' => {
                let (_portal, name) = (rest.text()?, rest.text()?);
                let (sql, types) = self.prepared.get(&name).context("an unknown statement")?;
                let forms = (0..rest.count()?).map(|_| rest.count());
                let forms: Vec<usize> = forms.collect::<Result<_>>()?;
                let mut values = Vec::new();
                for place in 0..rest.count()? {
                    // One form stands for all values, none for text.
                    let form = forms
                        .get(place)
                        .or(forms.first())
                        .copied()
                        .unwrap_or_default();
                    values.push(Value {
                        oid: types.get(place).copied().unwrap_or_default(),
                        binary: form == 1,
                        bytes: rest.value()?,
                    });
                }
                let sql = sql.clone();
                self.heard.ran(Statement { sql, values });
            }
            b'Q' => {
                let (sql, values) = (rest.text()?, Vec::new());
                self.heard.ran(Statement { sql, values });
                self.heard.waits();
            }
            b'S' => self.heard.waits(),
            _ => {}
        }
        Ok(())
    }
}

/// What is left of a message.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let Some((own, rest)) = self.0.split_at_checked(length) else {
            bail!("a message ends too soon");
        };
        self.0 = rest;
        Ok(own)
    }

    fn text(&mut self) -> Result<String> {
        let end = self.0.iter().position(|byte| *byte == 0);
        let own = self.take(end.context("a text without an end")?)?;
        self.take(1)?;
        Ok(String::from_utf8(own.to_vec())?)
    }

    fn count(&mut self) -> Result<usize> {
        Ok(u16::from_be_bytes(self.take(2)?.try_into()?).into())
    }

    fn number(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(self.take(4)?.try_into()?))
    }

    fn value(&mut self) -> Result<Option<Vec<u8>>> {
        match self.number()? {
            u32::MAX => Ok(None),
            length => Ok(Some(self.take(length as usize)?.to_vec())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk() -> (Talk, Heard) {
        let heard = Heard::default();
        let talk = Talk {
            heard: heard.clone(),
            prepared: HashMap::new(),
        };
        (talk, heard)
    }

    #[test]
    fn a_statement_is_heard_with_its_values() {
        let (mut talk, heard) = talk();
        let parse = b"s1\0SELECT $1, $2\0\0\x02\0\0\0\x14\0\0\0\x19";
        talk.hear(b'P', parse).expect("parsed");
        let bind = b"\0s1\0\0\x01\0\x01\0\x02\0\0\0\x02\0\x07\xff\xff\xff\xff\0\0";
        talk.hear(b'B', bind).expect("bound");
        talk.hear(b'S', b"").expect("synced");
        let value = |oid, bytes: Option<&[u8]>| Value {
            oid,
            binary: true,
            bytes: bytes.map(<[u8]>::to_vec),
        };
        let statement = Statement {
            sql: "SELECT $1, $2".to_owned(),
            values: vec![value(20, Some(&[0, 7])), value(25, None)],
        };
        assert_eq!(heard.take(), (vec![statement], 1));
        assert_eq!(heard.take(), (Vec::new(), 0));
    }

    #[test]
    fn a_message_that_is_cut_off_is_an_error() {
        let (mut talk, _) = talk();
        for (kind, body) in [(b'P', &b"s1"[..]), (b'B', b"\0s1\0\0\x01"), (b'Q', b"")] {
            assert!(talk.hear(kind, body).is_err());
        }
    }
}
