//! What scopes of a token take away from what its owner may do.

use ticket_core::authority::{
    Action, Actor, Denial, TokenScope, TokenScopes, permit, permit_credentials, permit_open,
    permit_settings, permit_token,
};
use ticket_core::ticket::Ticket;

use crate::world::{actor, id, open_by, read};

/// Each question, and the scope that a token of somebody needs to whom it is allowed otherwise.
#[test]
fn what_each_scope_allows() {
    use TokenScope::{Credentials, SettingsWrite, TicketsRead, TicketsWrite};
    type Question = fn(&Actor, &Ticket) -> Result<(), Denial>;
    let questions: [(&str, Question, &[TokenScope]); 12] = [
        (
            "view",
            |me, t| permit(me, Action::View, t),
            &[TicketsRead, TicketsWrite],
        ),
        (
            "view all",
            |me, t| permit(me, Action::ViewAll, t),
            &[TicketsRead, TicketsWrite],
        ),
        (
            "attend",
            |me, t| permit(me, Action::Attend, t),
            &[TicketsRead, TicketsWrite],
        ),
        (
            "reply",
            |me, t| permit(me, Action::Reply, t),
            &[TicketsWrite],
        ),
        ("note", |me, t| permit(me, Action::Note, t), &[TicketsWrite]),
        (
            "follow",
            |me, t| permit(me, Action::Follow, t),
            &[TicketsWrite],
        ),
        (
            "change",
            |me, t| permit(me, Action::Change, t),
            &[TicketsWrite],
        ),
        (
            "redact",
            |me, t| permit(me, Action::Redact, t),
            &[TicketsWrite],
        ),
        (
            "open",
            |me, _| permit_open(me, &read("support"), None),
            &[TicketsWrite],
        ),
        ("settings", |me, _| permit_settings(me), &[SettingsWrite]),
        (
            "own tokens",
            |me, _| permit_credentials(me, &id("root")),
            &[Credentials],
        ),
        (
            "others' tokens",
            |me, _| permit_credentials(me, &id("ada")),
            &[Credentials],
        ),
    ];
    let (admin, ticket) = (actor("root"), open_by("ada"));
    for (name, question, needed) in questions {
        assert_eq!(question(&admin, &ticket), Ok(()), "{name}, with all scopes");
        for own in TokenScope::ALL.iter().copied() {
            let actor = admin.clone().within([own].into_iter().collect());
            let answer = question(&actor, &ticket);
            match answer {
                Ok(()) => assert!(needed.contains(&own), "{name} by {own}"),
                Err(denial) => {
                    assert_eq!(denial.code(), "scope_missing", "{name} by {own}");
                    assert!(!needed.contains(&own), "{name} by {own}");
                }
            }
        }
    }
}

/// No scope gives a right that the role does not, and who sees nothing learns nothing of scopes.
#[test]
fn scopes_only_take_away() {
    let (stranger, ticket) = (actor("eve"), open_by("ada"));
    let bare = stranger.clone().within(TokenScopes::default());
    for actor in [&stranger, &bare] {
        assert_eq!(
            permit(actor, Action::View, &ticket),
            Err(Denial::NotVisible)
        );
        assert_eq!(permit_settings(actor), Err(Denial::AdminsOnly));
        assert_eq!(
            permit_credentials(actor, &id("ada")),
            Err(Denial::AdminsOnly)
        );
    }
    let own = [TokenScope::Credentials, TokenScope::TicketsRead];
    let actor = stranger.within(own.into_iter().collect());
    let wanted = |scopes: &[TokenScope]| {
        let scopes = scopes.iter().copied().collect();
        permit_token(&actor, &id("eve"), &scopes)
    };
    assert_eq!(wanted(&own), Ok(()));
    let scope = TokenScope::TicketsWrite;
    assert_eq!(wanted(&[scope]), Err(Denial::ScopeMissing { scope }));
}
