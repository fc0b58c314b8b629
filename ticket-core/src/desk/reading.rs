//! Reading: single tickets, lists, searches, counts and history.

use std::collections::BTreeMap;

use super::{Caller, DeskError, Request};
use crate::authority::{Action, Actor, Level, Reach, Scope, TokenScope, permit};
use crate::plan::Plan;
use crate::port::{NoticeStatus, Reference, Whole};
use crate::query::{Page, PageRequest, Query, parse, parse_for_customer};
use crate::refusal::Refusal;
use crate::ticket::{EventRecord, Ticket};
use crate::value::{Invalid, TicketId};
use crate::view::{CustomerMessage, CustomerTicket, CustomerView, TeamView};

/// A ticket as the caller may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownTicket {
    /// With everything in it.
    Team(Box<TeamView>),
    /// With what customers may know.
    Customer(CustomerView),
}

/// A page of tickets as the caller may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// With everything in them.
    Team(Page<Ticket>),
    /// With what customers may know.
    Customer(Page<CustomerTicket>),
}

impl Caller {
    /// A ticket with its messages, as far as the caller may see it.
    ///
    /// # Errors
    /// Refused, when there is no such ticket or the caller may not see it; or the store fails.
    pub async fn show(&self, ticket: impl Into<Reference>) -> Result<ShownTicket, DeskError> {
        let whole = self.whole(&ticket.into()).await?;
        match Scope::of(&self.actor).level(&whole.ticket) {
            Some(Level::Team) => Ok(team_view(whole)),
            Some(Level::Customer) | None => self.customer_view(whole).await,
        }
    }

    /// A ticket as customers see it, though the caller might see more.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub async fn show_as_customer(
        &self,
        ticket: impl Into<Reference>,
    ) -> Result<ShownTicket, DeskError> {
        let whole = self.whole(&ticket.into()).await?;
        self.customer_view(whole).await
    }

    async fn customer_view(&self, whole: Whole) -> Result<ShownTicket, DeskError> {
        let settings = self.desk.settings().await?;
        let messages = whole.thread.messages.into_iter();
        let messages = messages
            .map(|message| CustomerMessage::of(message, &whole.authors))
            .collect();
        let ticket = CustomerTicket::of(&whole.ticket, &settings);
        Ok(ShownTicket::Customer(CustomerView { ticket, messages }))
    }

    /// One page of the tickets that match, among those that the caller may see.
    ///
    /// Members of the team see them as such; what they asked themselves elsewhere they find by
    /// [`Self::find_as_customer`].
    ///
    /// # Errors
    /// Refused, when a customer asks for what only the team may know, or the order can't be
    /// [had](Query::check); or the store fails.
    pub async fn find(&self, query: &Query, page: &PageRequest) -> Result<Listing, DeskError> {
        self.list(query, &self.reach(query)?, page).await
    }

    /// One page of the tickets that match, among those in which the caller takes part.
    ///
    /// # Errors
    /// Refused, when the query asks for what only the team may know; or the store fails.
    pub async fn find_as_customer(
        &self,
        query: &Query,
        page: &PageRequest,
    ) -> Result<Listing, DeskError> {
        let reach = customer_reach(&self.actor, query)?;
        self.list(query, &reach, page).await
    }

    /// One page of what a search line asks for, such as `status:open "printer jam"`.
    ///
    /// # Errors
    /// Refused, with the place in the line that is not understood; or as [`Self::find`].
    pub async fn search(&self, line: &str, page: &PageRequest) -> Result<Listing, DeskError> {
        let query = self.query(line).await?;
        self.find(&query, page).await
    }

    /// The query of a search line, with people looked up.
    ///
    /// # Errors
    /// Refused, with the place in the line that is not understood; or the store fails.
    pub async fn query(&self, line: &str) -> Result<Query, DeskError> {
        self.actor.may(TokenScope::TicketsRead)?;
        let settings = self.desk.settings().await?;
        let refuse = |error: crate::query::QueryError| {
            let place = format!("query at {}", error.at.start + 1);
            Invalid::new(place, &error.found, error.allowed)
        };
        let parsed = if self.is_staff() {
            parse(line, &settings)
        } else {
            parse_for_customer(line)
        };
        let parsed = parsed.map_err(refuse)?;
        let mut people = BTreeMap::new();
        for address in parsed.addresses() {
            if let Some(person) = self.desk.ports.directory.by_address(&address).await? {
                people.insert(address, person.id);
            }
        }
        Ok(parsed.bind(self.actor.id(), &people).map_err(refuse)?)
    }

    /// How many tickets match among those that the caller may see, counted up to `at_most`.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn count(&self, query: &Query, at_most: u32) -> Result<u32, DeskError> {
        let reach = self.reach(query)?;
        Ok(self.desk.ports.store.count(query, &reach, at_most).await?)
    }

    /// Everything that happened to a ticket, for the team.
    ///
    /// # Errors
    /// Refused, when the caller does not see the ticket as a member of the team; or the store
    /// fails.
    pub async fn history(
        &self,
        ticket: impl Into<Reference>,
    ) -> Result<Vec<EventRecord>, DeskError> {
        let ticket = self.for_team(&ticket.into()).await?;
        Ok(self.desk.ports.store.history(ticket, None).await?)
    }

    /// Who was told what of a ticket, and whether it arrived, for the team.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub async fn notices(
        &self,
        ticket: impl Into<Reference>,
    ) -> Result<Vec<NoticeStatus>, DeskError> {
        let ticket = self.for_team(&ticket.into()).await?;
        Ok(self.desk.ports.store.notices(ticket).await?)
    }

    /// What a request would do, rules and notices included, with nothing written; for the team.
    ///
    /// # Errors
    /// As [`Self::perform`].
    pub async fn preview(&self, request: &Request) -> Result<Option<Plan>, DeskError> {
        self.for_team(&request.ticket).await?;
        self.desk.preview(&self.actor, &self.cause, request).await
    }

    async fn list(
        &self,
        query: &Query,
        reach: &Reach,
        page: &PageRequest,
    ) -> Result<Listing, DeskError> {
        let found = self.desk.ports.store.find(query, reach, page).await?;
        Ok(match reach.level() {
            Level::Team => Listing::Team(found),
            Level::Customer => {
                let settings = self.desk.settings().await?;
                let rows = found
                    .rows
                    .iter()
                    .map(|row| CustomerTicket::of(row, &settings));
                Listing::Customer(Page {
                    rows: rows.collect(),
                    next: found.next,
                })
            }
        })
    }

    fn reach(&self, query: &Query) -> Result<Reach, DeskError> {
        self.actor.may(TokenScope::TicketsRead)?;
        query.check()?;
        if self.is_staff() {
            return Ok(Reach::Team(Scope::of(&self.actor).team));
        }
        customer_reach(&self.actor, query)
    }

    /// Whether the caller searches as a member of the team.
    fn is_staff(&self) -> bool {
        self.actor
            .as_person()
            .is_none_or(|person| person.role.is_staff())
    }

    /// A ticket that the caller may see, with all that belongs to it.
    async fn whole(&self, reference: &Reference) -> Result<Whole, DeskError> {
        let unknown = Refusal::NotFound { what: "ticket" };
        let whole = self.desk.ports.lookup.whole(reference).await?;
        let whole = whole.ok_or(unknown)?;
        permit(&self.actor, Action::View, &whole.ticket)?;
        Ok(whole)
    }

    /// A ticket that the caller may see.
    pub(super) async fn visible(&self, reference: &Reference) -> Result<Ticket, DeskError> {
        let ticket = self.desk.load(reference).await?;
        permit(&self.actor, Action::View, &ticket)?;
        Ok(ticket)
    }

    async fn for_team(&self, reference: &Reference) -> Result<TicketId, DeskError> {
        let ticket = self.visible(reference).await?;
        permit(&self.actor, Action::ViewAll, &ticket)?;
        Ok(ticket.id)
    }
}

fn team_view(whole: Whole) -> ShownTicket {
    ShownTicket::Team(Box::new(TeamView {
        ticket: whole.ticket,
        entries: whole.thread.entries(),
        linked_from: whole.linked_from,
    }))
}

fn customer_reach(actor: &Actor, query: &Query) -> Result<Reach, DeskError> {
    actor.may(TokenScope::TicketsRead)?;
    query.check()?;
    if query.is_for_team() {
        let allowed =
            "words, number, category, requester, cc, organization, created and updated are";
        return Err(Invalid::new("query", "what only the team may ask for", allowed).into());
    }
    let customer = Scope::of(actor).customer;
    Ok(Reach::Customer(
        customer.ok_or(Refusal::NotFound { what: "person" })?,
    ))
}
