//! Which lists may lead, and what decides between them.

use super::lead::Lead;
use super::list::List;
use super::order::{Order, Value};
use crate::text::Phrase;

/// Where the tickets of a part come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'q> {
    Lead(Lead<'q>),
    /// What words find, taken as it comes; the place of their condition.
    Hits(usize),
    /// What words find, all of it.
    Found(usize),
}

/// A condition on a part as a whole.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gate {
    /// Words find few tickets: all of them were found.
    Rare(bool),
    /// What else leads is short, all together.
    Narrow(bool),
    /// The list at this place is short.
    Short(usize, bool),
}

/// A part of a list; which of the parts are read is decided inside the statement.
pub(super) struct Part<'q> {
    pub(super) source: Source<'q>,
    pub(super) order: Order,
    pub(super) gates: Vec<Gate>,
}

/// All parts, and what their gates ask.
#[derive(Default)]
pub(super) struct Outline<'q> {
    pub(super) parts: Vec<Part<'q>>,
    pub(super) words: Option<Phrase>,
    pub(super) below: Option<i64>,
    /// Up to how many hits are few, if that is asked.
    pub(super) rare: Option<i64>,
    /// Hits are sorted: those of a common word are not even counted.
    pub(super) is_sorted: bool,
    pub(super) narrow: Vec<Lead<'q>>,
    /// Up to how many tickets that is.
    pub(super) narrowness: i64,
    pub(super) short: Vec<Lead<'q>>,
}

impl<'q> List<'q> {
    /// Which parts a list has.
    pub(super) fn outline(&self, orders: &[Order]) -> Outline<'q> {
        let Some((at, Some(phrase))) = self.wanted.words() else {
            return self.without_words(orders, &[]);
        };
        let newest = orders
            .first()
            .filter(|order| order.is_newest_first() || order.value == Value::Any);
        let mut outline = match newest {
            Some(order) => self.newest_hits(*order, at),
            None => {
                let mut outline = self.without_words(orders, &[Gate::Rare(false)]);
                for order in orders {
                    outline.parts.push(Part {
                        source: Source::Found(at),
                        order: *order,
                        gates: vec![Gate::Rare(true)],
                    });
                }
                // In the order of the parts: those of one order are beside each other.
                outline
                    .parts
                    .sort_by_key(|part| part.order.value == Value::Undated);
                outline.rare = Some(self.bounds.sortable);
                outline.is_sorted = true;
                outline
            }
        };
        outline.words = Some(phrase);
        outline
    }

    /// Words, the newest first: what they find is taken as it comes, unless something else leaves
    /// few tickets. Then the shorter list leads.
    fn newest_hits(&self, order: Order, at: usize) -> Outline<'q> {
        let part = |source, gates: &[Gate]| Part {
            source,
            order,
            gates: gates.to_vec(),
        };
        let mut narrow = self.wanted.leads();
        if narrow.is_empty() && self.wanted.queues.is_some() {
            narrow.push(Lead::Queues);
        } else if narrow.is_empty() && self.wanted.open_only {
            narrow.push(Lead::Order);
        }
        if narrow.is_empty() {
            return Outline {
                parts: vec![part(Source::Hits(at), &[])],
                below: order.below(),
                ..Outline::default()
            };
        }
        let mut parts = vec![part(Source::Hits(at), &[Gate::Narrow(false)])];
        let sort = [Gate::Narrow(true), Gate::Rare(true)];
        parts.push(part(Source::Found(at), &sort));
        let read = [Gate::Narrow(true), Gate::Rare(false)];
        parts.extend(narrow.iter().map(|lead| part(Source::Lead(*lead), &read)));
        let are_walked = narrow.iter().all(|lead| self.is_direct(lead, &order));
        Outline {
            parts,
            below: order.below(),
            rare: Some(self.bounds.rare),
            narrow,
            narrowness: if are_walked {
                self.bounds.walkable
            } else {
                self.bounds.short
            },
            ..Outline::default()
        }
    }

    /// Lists whose words, if any, are looked for in each ticket.
    fn without_words(&self, orders: &[Order], gates: &[Gate]) -> Outline<'q> {
        let mut leads = self.wanted.leads();
        if leads.is_empty() {
            leads.push(match self.wanted.queues {
                Some(_) => Lead::Queues,
                None => Lead::Order,
            });
        }
        let mut outline = Outline::default();
        let open_only = self.wanted.open_only;
        for order in orders {
            for (at, lead) in leads.iter().enumerate() {
                let mut push = |lead: Lead<'q>, gate: Option<Gate>| {
                    outline.parts.push(Part {
                        source: Source::Lead(lead),
                        order: *order,
                        gates: gates.iter().copied().chain(gate).collect(),
                    });
                };
                if self.is_direct(lead, order) {
                    push(*lead, None);
                    continue;
                }
                let by_queue = self.wanted.queues.is_some()
                    && !matches!(lead, Lead::Queues)
                    && Lead::Queues.is_direct(order.value, open_only);
                push(*lead, Some(Gate::Short(at, true)));
                let other = if by_queue { Lead::Queues } else { Lead::Order };
                push(other, Some(Gate::Short(at, false)));
                outline.short.clone_from(&leads);
            }
        }
        outline
    }

    /// Whether a list is walked as it is.
    pub(super) fn is_direct(&self, lead: &Lead<'q>, order: &Order) -> bool {
        lead.is_direct(order.value, self.wanted.open_only)
    }
}
