//! How well a ticket fits the words of a query: the ranking that other stores may refine.

use super::{Query, Searchable};
use crate::authority::Level;

/// Hits in one text that count; more of them say nothing new.
const HITS: usize = 3;
/// Texts with hits that count.
const TEXTS: usize = 8;
/// What a hit in the subject counts beside those in texts.
const SUBJECT: usize = 2 * HITS * TEXTS;
/// What it counts that all phrases are in one text, and once more that they are near there.
const TOGETHER: usize = 4 * HITS;
/// Within how many words phrases are near.
const NEAR: usize = 12;

impl Query {
    /// The words that must be found, by which [relevance](super::SortKey::Relevance) is judged:
    /// each list stands for words one after the other.
    pub fn phrases(&self) -> Vec<&[String]> {
        let conditions = self.conditions.iter();
        let asked = conditions.filter(|condition| !condition.negated);
        asked
            .filter_map(|condition| condition.test.phrase())
            .collect()
    }
}

/// How well the [phrases](Query::phrases) of a query are found, for somebody who sees the ticket
/// at this level; more is better, and nothing else counts.
pub fn rank(query: &Query, texts: &Searchable, level: Level) -> i64 {
    let phrases = query.phrases();
    let notes: &[Vec<String>] = match level {
        Level::Team => &texts.notes,
        Level::Customer => &[],
    };
    let found: Vec<Vec<Vec<usize>>> = texts
        .public
        .iter()
        .chain(notes)
        .map(|text| phrases.iter().map(|phrase| places(text, phrase)).collect())
        .collect();
    let of_phrase = |at: usize| {
        let hits = || found.iter().map(move |text| text[at].len());
        let subject = usize::from(hits().next().is_some_and(|hits| hits > 0)) * SUBJECT;
        let texts = hits().skip(1).filter(|hits| *hits > 0).take(TEXTS);
        subject + texts.map(|hits| hits.min(HITS)).sum::<usize>()
    };
    let best = found.iter().map(|text| nearness(text)).max();
    let sum: usize = (0..phrases.len()).map(of_phrase).sum();
    i64::try_from(sum + best.unwrap_or(0)).unwrap_or(i64::MAX)
}

/// Where the phrase begins in the text.
fn places(text: &[String], phrase: &[String]) -> Vec<usize> {
    let windows = text.windows(phrase.len()).enumerate();
    let hits = windows.filter(|(_, window)| *window == phrase);
    hits.map(|(at, _)| at).collect()
}

/// What it counts how near the phrases are in one text.
fn nearness(places: &[Vec<usize>]) -> usize {
    if places.len() < 2 || places.iter().any(Vec::is_empty) {
        return 0;
    }
    let starts = places.iter().flatten();
    let near = starts.into_iter().any(|start| {
        let within = |at: &usize| (*start..*start + NEAR).contains(at);
        places.iter().all(|own| own.iter().any(within))
    });
    TOGETHER * (1 + usize::from(near))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{SortKey, Test, normalize};

    fn texts(public: &[&str], notes: &[&str]) -> Searchable {
        let words = |texts: &[&str]| texts.iter().map(|text| normalize(text)).collect();
        Searchable {
            public: words(public),
            notes: words(notes),
        }
    }

    fn asked(phrases: &[&str]) -> Query {
        let query = Query::all().sorted(SortKey::Relevance, true);
        let asked = phrases.iter().map(|text| Test::Text(normalize(text)));
        asked.fold(query, Query::and)
    }

    #[test]
    fn better_hits_rank_higher() {
        let query = asked(&["paper", "jam"]);
        let far = "paper ".to_owned() + &"and so on ".repeat(20) + "jam";
        let order = [
            texts(&["x", "paper", "jam"], &[]),
            texts(&["x", "paper", "jam", "jam"], &[]),
            texts(&["x", &far], &[]),
            texts(&["x", "paper jam"], &[]),
            texts(&["x", "paper jam, jam"], &[]),
            texts(&["jam", "paper jam"], &[]),
            texts(&["paper jam", "paper jam"], &[]),
        ];
        let ranks = order.map(|texts| rank(&query, &texts, Level::Team));
        assert!(ranks.is_sorted_by(|one, two| one < two), "{ranks:?}");
    }

    #[test]
    fn notes_count_for_the_team_alone() {
        let query = asked(&["jam"]);
        let (plain, noted) = (texts(&["x", "jam"], &[]), texts(&["x", "jam"], &["jam"]));
        let differ = |level| rank(&query, &plain, level) != rank(&query, &noted, level);
        assert!(differ(Level::Team));
        assert!(!differ(Level::Customer));
    }

    #[test]
    fn words_that_must_not_be_found_do_not_count() {
        let query = asked(&["jam"]).and_not(Test::Text(normalize("paper")));
        let query = query.and(Test::Text(Vec::new()));
        assert_eq!(query.phrases(), [["jam".to_owned()]]);
    }
}
