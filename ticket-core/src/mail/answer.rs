//! What an answer by mail becomes: what the team quotes must not become public.

use super::{InboundMail, PartKind, separate};
use crate::value::{Body, Invalid};

/// What an answer by mail becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A public message.
    Public(Body),
    /// An internal note.
    Note(Body),
}

/// What an answer by mail to a ticket becomes.
///
/// What a customer wrote is kept whole. A member of the team quotes what they were sent, notes
/// among it: of their mail only the own words become public, and nothing of it does when it
/// answers a letter that shows a note, holds no words of their own, or was written by a machine.
/// The whole stays in the raw mail.
///
/// # Errors
/// When a part is longer than a body may be.
pub fn answer(
    mail: &InboundMail,
    by_team: bool,
    shows_note: bool,
    by_machine: bool,
) -> Result<Answer, Invalid> {
    let whole = || Body::received(&mail.text, mail.html.as_deref());
    if !by_team {
        return whole().map(Answer::Public);
    }
    let separated = separate(&mail.text);
    let own = separated
        .parts()
        .iter()
        .filter(|part| part.kind != PartKind::Quoted);
    let own: String = own.map(|part| part.text).collect();
    if shows_note || by_machine || own.trim().is_empty() {
        return whole().map(Answer::Note);
    }
    Body::received(own.trim_end(), None).map(Answer::Public)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> InboundMail {
        let html = Some(format!("<p>{text}</p>"));
        InboundMail {
            text: text.to_owned(),
            html,
            ..InboundMail::default()
        }
    }

    const ANSWERED: &str = "Fixed.\n\nOn 3 March 2026 at 9:15, Max wrote:\n> SECRET\n";

    #[test]
    fn a_customers_mail_is_kept_whole() {
        let whole = Body::received(ANSWERED, mail(ANSWERED).html.as_deref()).expect("a body");
        assert_eq!(
            answer(&mail(ANSWERED), false, false, false),
            Ok(Answer::Public(whole))
        );
    }

    #[test]
    fn of_the_teams_mail_only_the_own_words_become_public() {
        for text in [
            ANSWERED,
            "> SECRET\nFixed.\n",
            "> SECRET\nFixed.\n> SECRET\nand oiled.\n",
        ] {
            let Ok(Answer::Public(body)) = answer(&mail(text), true, false, false) else {
                panic!("{text} is an answer");
            };
            assert!(body.text().contains("Fixed."), "{text}");
            assert!(!body.text().contains("SECRET"), "{text}");
            assert_eq!(body.html(), None);
        }
    }

    #[test]
    fn what_answers_a_note_or_says_nothing_or_comes_from_a_machine_is_a_note() {
        let is_note = |text: &str, shows_note, by_machine| {
            matches!(
                answer(&mail(text), true, shows_note, by_machine),
                Ok(Answer::Note(_))
            )
        };
        assert!(is_note(ANSWERED, true, false));
        assert!(is_note("> SECRET\n", false, false));
        assert!(is_note("I am away.", false, true));
    }
}
