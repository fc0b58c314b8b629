//! Listens for SMTP and writes each mail as a file, for demonstrations.
//!
//! `smtp-sink ADDRESS FOLDER`, such as `smtp-sink 127.0.0.1:2525 mails`. Prints the address that
//! it listens on. Each mail becomes `0001.eml`, `0002.eml` and so on, complete when its name is
//! there, with the envelope in front of it as `Return-Path` and `Delivered-To`.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use ticket_mail::sink::{Received, Sink, SinkTls};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody can be told when this fails too.
            let _ = writeln!(std::io::stderr(), "smtp-sink: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: smtp-sink ADDRESS FOLDER".into());
    };
    std::fs::create_dir_all(&folder)?;
    let sink = Sink::start_at(address.parse()?, SinkTls::None).await?;
    writeln!(std::io::stdout(), "smtp-sink listens on {}", sink.address())?;
    let mut written = 0;
    loop {
        let received = sink.wait_for(written + 1).await;
        for mail in &received[written..] {
            written += 1;
            write(Path::new(&folder), written, mail)?;
        }
    }
}

/// Writes under another name first, so that whoever waits for the file finds it whole.
fn write(folder: &Path, number: usize, mail: &Received) -> std::io::Result<()> {
    let mut text = format!("Return-Path: <{}>\r\n", mail.from).into_bytes();
    for to in &mail.to {
        text.extend(format!("Delivered-To: {to}\r\n").into_bytes());
    }
    text.extend_from_slice(&mail.mail);
    let part = folder.join(format!("{number:04}.part"));
    std::fs::write(&part, text)?;
    std::fs::rename(part, folder.join(format!("{number:04}.eml")))
}
