//! The kinds of problem: which status and code each has, and what it means.

use axum::http::StatusCode;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $code:literal $status:ident $title:literal $meaning:literal;)+) => {
        /// A kind of problem; its code is part of the interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ProblemKind {
            $($(#[$doc])* $name,)+
        }

        impl ProblemKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// What it is, in a few words that never change.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What it means and what to do.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }
        }
    };
}

kinds! {
    /// The request can't be read.
    Malformed "malformed" BAD_REQUEST "The request can't be read"
        "The request is no valid HTTP, JSON or UTF-8. Send it again as the detail says.";
    /// A parameter or header is wrong.
    InvalidParameter "invalid_parameter" BAD_REQUEST "A parameter is wrong"
        "A parameter of the address or a header is not understood. The errors name it and say what is allowed.";
    /// Nobody is signed in.
    Unauthenticated "unauthenticated" UNAUTHORIZED "Sign in first"
        "The request names nobody, or its token is unknown, expired or revoked.";
    /// Not allowed.
    Denied "denied" FORBIDDEN "Not allowed"
        "You may see this, but not do what was asked. The reason is a stable word.";
    /// People without an account are not admitted.
    GuestsNotAdmitted "guests_not_admitted" FORBIDDEN "An account is needed"
        "People without an account are not admitted here.";
    /// The mailbox must be proven first.
    ProofRequired "proof_required" FORBIDDEN "Prove the mailbox first"
        "Ask for a code; it is sent to the mailbox.";
    /// There is no such thing.
    NotFound "not_found" NOT_FOUND "Not found"
        "There is no such thing, or you may not see it.";
    /// The method does not exist here.
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The method does not exist here"
        "The address exists, but not with this method. The header Allow names those that do.";
    /// The request took too long.
    TimedOut "timed_out" REQUEST_TIMEOUT "The request took too long"
        "The request was not complete, or not answered, in time. A write may have happened: repeat it with the same Idempotency-Key.";
    /// Somebody wrote at the same time.
    Conflict "conflict" CONFLICT "Somebody else wrote at the same time"
        "Nothing was written. Read again, then repeat the request.";
    /// It is there already.
    AlreadyExists "already_exists" CONFLICT "It is there already"
        "What should be made is there already. Nothing was written.";
    /// The workflow has no such step.
    NoTransition "no_transition" CONFLICT "The workflow has no such step"
        "From its present status the ticket can't go there. The detail names where it can go.";
    /// Fields must be set first.
    FieldsMissing "fields_missing" CONFLICT "Fields must be set first"
        "The status needs values in some fields. The detail names them.";
    /// The status has no counterpart in the other queue.
    NoCounterpart "no_counterpart" CONFLICT "The status has no counterpart there"
        "Change the status before the ticket goes to the other queue.";
    /// The person does not work on the queue.
    NotInQueue "not_in_queue" CONFLICT "The person does not work on this queue"
        "Only somebody who works on the ticket's queue can be made responsible for it.";
    /// The ticket is closed.
    Closed "closed" CONFLICT "The ticket is closed"
        "A closed ticket does not change. Open a new one.";
    /// The link would lead in a circle.
    LinkCycle "link_cycle" CONFLICT "The link would lead in a circle"
        "Such links must not lead back to where they begin.";
    /// The ticket changed.
    Stale "stale" PRECONDITION_FAILED "The ticket changed"
        "The ticket is not as the header If-Match says. Read it again.";
    /// The body is too large.
    TooLarge "too_large" PAYLOAD_TOO_LARGE "The body is too large"
        "A body may have 1 MiB.";
    /// The body is no JSON.
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body must be JSON"
        "Send JSON in UTF-8, with the header Content-Type: application/json and without Content-Encoding.";
    /// Values are wrong.
    Invalid "invalid" UNPROCESSABLE_ENTITY "Some values are wrong"
        "The errors name each value and say what is allowed. Nothing was written.";
    /// The key was used for another request.
    KeyReused "key_reused" UNPROCESSABLE_ENTITY "The idempotency key was used for another request"
        "Use a new key for each request, and the same key only to repeat one.";
    /// Too often.
    TooOften "too_often" TOO_MANY_REQUESTS "Too often"
        "Wait as long as the header Retry-After says.";
    /// A fault of ours.
    Internal "internal" INTERNAL_SERVER_ERROR "Something went wrong here"
        "A fault of the server; its log tells more under the request's id.";
    /// The store can't be reached.
    Unavailable "unavailable" SERVICE_UNAVAILABLE "Not available for the moment"
        "Try again after the header Retry-After. A write may have happened: repeat it with the same Idempotency-Key.";
}

impl ProblemKind {
    /// The kind of a bare status, as the web framework answers with.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let same = |kind: &&Self| kind.status() == status;
        let kind = Self::ALL.iter().find(same).copied();
        kind.unwrap_or(if status.is_server_error() {
            Self::Internal
        } else {
            Self::Malformed
        })
    }
}
