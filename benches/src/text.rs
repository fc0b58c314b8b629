//! Texts as people write them to a support desk.

use std::fmt::Write;

use crate::Chance;

/// A word that about every second ticket has.
pub const COMMON_WORD: &str = "printer";
/// A word that eight tickets have, however many there are.
pub const RARE_WORD: &str = "turnstile";

/// The words that people use most at a desk like ours, the most frequent first.
const FREQUENT: &str = "the to and is my a i not it in for on we with this please can that you have \
when from but our after since printer order invoice account login password mail page error device \
screen update again today yesterday still does work working stopped shows says button file report \
team customer delivery address number card payment refund wrong twice missing late broken slow new \
old change open close send sent receive received print paper tray jam toner cable network wireless \
router office floor meeting room phone call line busy voice message calendar invite link expired \
reset code app version browser window blank white red blue light blinks noise loud hot cold door \
key badge access denied granted permission folder shared drive disk full backup restore server down \
up time zone hour minute day week month year first second third last next step guide manual help \
question answer thanks regards hello dear team best kind soon urgent waiting waited nobody somebody \
export import table row column total sum tax rate price offer contract customer signed copy scan \
upload download attachment picture camera video sound speaker headset mouse keyboard battery charge";

/// How many different words there are: the frequent ones, and compounds of two of them.
const VOCABULARY: usize = 12_000;

/// Draws words by Zipf's law: the word of rank n is drawn in proportion to 1/n.
#[derive(Debug, Clone)]
pub struct Words {
    frequent: Vec<&'static str>,
    /// The sum of 1/n up to each rank.
    sums: Vec<f64>,
}

impl Default for Words {
    fn default() -> Self {
        Self::new()
    }
}

impl Words {
    /// The vocabulary.
    pub fn new() -> Self {
        let mut sum = 0.0;
        let sums = (1..=VOCABULARY).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Self {
            sums: sums.collect(),
            frequent: FREQUENT.split_whitespace().collect(),
        }
    }

    /// One word.
    pub fn word(&self, chance: &mut Chance) -> String {
        let whole = self.sums.last().copied().unwrap_or_default();
        let drawn = chance.share() * whole;
        self.of_rank(self.sums.partition_point(|sum| *sum <= drawn))
    }

    fn of_rank(&self, rank: usize) -> String {
        let count = self.frequent.len();
        let at = |index: usize| self.frequent[index % count];
        if rank < count {
            return at(rank).to_owned();
        }
        format!("{}{}", at(rank / count), at(rank))
    }

    /// A subject of three to seven words.
    pub fn subject(&self, chance: &mut Chance) -> String {
        let length = 3 + chance.below(5);
        self.line(chance, length)
    }

    /// A text of sentences, with about so many words.
    pub fn text(&self, chance: &mut Chance, words: usize) -> String {
        let mut text = String::new();
        let mut left = words.max(1);
        while left > 0 {
            let length = (4 + chance.below(12)).min(left);
            left -= length;
            let end = if chance.happens(0.2) { "\n\n" } else { " " };
            let _ = write!(text, "{}.{end}", self.line(chance, length));
        }
        text.trim_end().to_owned()
    }

    fn line(&self, chance: &mut Chance, length: usize) -> String {
        let words: Vec<String> = (0..length).map(|_| self.word(chance)).collect();
        words.join(" ")
    }
}

/// A mail of about so many bytes: a short answer, and under it the thread that it quotes, each
/// mail in it quoted once deeper than the one before.
pub fn quoting_mail(size: usize) -> String {
    let (words, mut chance) = (Words::new(), Chance::new(1));
    let mut text = String::from("It works again, thank you!\n\nAda\n\n");
    let mut depth = 0;
    while text.len() < size {
        let marks = "> ".repeat(depth);
        let (day, minute) = (1 + chance.below(28), chance.below(60));
        let _ = writeln!(
            text,
            "{marks}On {day} March 2026 at 9:{minute:02}, Support wrote:"
        );
        depth = (depth + 1) % 8;
        let marks = "> ".repeat(depth);
        for line in words.text(&mut chance, 120).lines() {
            for piece in pieces(line, 70) {
                let _ = writeln!(text, "{marks}{piece}");
            }
        }
    }
    text
}

/// A line folded at spaces to about so many bytes.
fn pieces(line: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for word in line.split(' ') {
        match pieces.last_mut() {
            Some(last) if last.is_empty() || last.len() + word.len() < width => {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    pieces
}

/// A mail with headers, a text and an HTML part, of about so many bytes.
pub fn mail(size: usize) -> Vec<u8> {
    let text = quoting_mail(size / 2);
    let html: String = text
        .lines()
        .map(|line| format!("<p>{line}</p>\n"))
        .collect();
    let mail = format!(
        "Return-Path: <ada@example.org>\n\
         Received: from mail.example.org by mx.example.com; Sat, 31 Jan 2026 12:00:00 +0000\n\
         From: Ada <ada@example.org>\n\
         To: Support <support@example.com>\n\
         Subject: Re: [#7] Printer jam\n\
         Date: Sat, 31 Jan 2026 12:00:00 +0000\n\
         Message-ID: <1@mail.example.org>\n\
         In-Reply-To: <0@mail.example.com>\n\
         References: <0@mail.example.com>\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/alternative; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n\
         --b\nContent-Type: text/html; charset=utf-8\n\n<html><body>{html}</body></html>\n\
         --b--\n"
    );
    mail.replace('\n', "\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_words_are_common_and_most_are_rare() {
        let (words, mut chance) = (Words::new(), Chance::new(7));
        let drawn: Vec<String> = (0..20_000).map(|_| words.word(&mut chance)).collect();
        let count = |word: &str| drawn.iter().filter(|own| *own == word).count();
        assert!(count("the") > 1_500, "{}", count("the"));
        assert!(count(COMMON_WORD) > 20, "{}", count(COMMON_WORD));
        let different: std::collections::BTreeSet<&String> = drawn.iter().collect();
        assert!(different.len() > 4_000, "{}", different.len());
        assert_eq!(count(RARE_WORD), 0, "only planted");
    }

    #[test]
    fn a_mail_has_about_the_size_that_was_asked_for() {
        for size in [10_000, 100_000, 767_000] {
            for length in [quoting_mail(size).len(), mail(size).len()] {
                let fits = (size..size * 3 / 2).contains(&length);
                assert!(fits, "{length} for {size}");
            }
        }
    }
}
