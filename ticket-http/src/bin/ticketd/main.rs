//! `ticketd`: the support desk as a server. The one place where adapters are chosen and wired.

mod check;
mod cli;
mod exit;
mod first;
mod log;
mod mail_in;
mod mails;
mod output;
mod people;
mod secret;
mod serve;
mod settings;
mod smtp;
mod wire;
mod worker;

use std::process::ExitCode;

use clap::Parser;
use cli::{Arguments, Command, MailCommand, PersonCommand, SettingsCommand};
use exit::Exit;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::of_usage(&error),
    };
    log::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(code) => code,
        Err(error) => exit::of_error(&error),
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { options, command } = arguments;
    match command.unwrap_or_default() {
        Command::Serve { no_worker } => serve::run(&options, !no_worker).await?,
        Command::Worker => worker::run_alone(&options).await?,
        Command::MailIn { queue } => mail_in::run(&options, &queue).await?,
        Command::Migrate { check } => return wire::migrate(&options, check).await,
        Command::Createsuperuser { email, name } => {
            people::create_superuser(&options, email, name).await?;
        }
        Command::Token {
            person,
            label,
            days,
        } => people::token(&options, &person, &label, days).await?,
        Command::Person {
            command: PersonCommand::Add(new),
        } => people::add(&options, new).await?,
        Command::Settings { command } => match command {
            SettingsCommand::Show => settings::show(&options).await?,
            SettingsCommand::Check { file } => settings::check(&file)?,
            SettingsCommand::Load { file } => settings::load(&options, &file).await?,
        },
        Command::Mail { command } => match command {
            MailCommand::List { limit } => mails::list(&options, limit).await?,
            MailCommand::RunAgain { id } => mails::run_again(&options, id).await?,
        },
        Command::Verify { json } => return check::run(&options, json).await,
    }
    Ok(Exit::Done.into())
}
