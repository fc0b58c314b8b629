-- The whole desk in one schema. The tenant leads every key and index, and no statement crosses
-- tenants.
--
-- Times are microseconds since 1970-01-01T00:00:00Z. `json` holds the value as the domain writes
-- it, as text: nothing in the database looks into it. The columns beside it are copies of what
-- lists and checks ask for. A ticket is named by its number inside the database: it never changes
-- and is narrower than the identity.
--
-- Texts that are compared are compared byte by byte, whatever the database's locale.
--
-- There are no foreign keys: each would look up and lock a row of its own for every row that a
-- commit writes, and the function `commit_plan` is the only writer of what belongs to a ticket.
-- What belongs to nothing is found by `ticketd verify`.

-- Tickets. `done` says that the category is solved or closed. `found_by` is a digest of what the
-- tables `terms`, `links` and `public_words` (the subject) hold of the ticket, and `refound` says
-- whether the last commit changed it, so that an update can tell without reading first.
CREATE TABLE tickets (
    tenant bigint NOT NULL,
    number bigint NOT NULL,
    id uuid NOT NULL,
    version bigint NOT NULL,
    queue text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    category smallint NOT NULL,
    priority smallint NOT NULL,
    done boolean NOT NULL,
    refound boolean NOT NULL,
    requester text COLLATE "C" NOT NULL,
    organization text COLLATE "C",
    assignee text COLLATE "C",
    snoozed_until bigint,
    due bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    public_updated_at bigint NOT NULL,
    status_since bigint NOT NULL,
    found_by uuid NOT NULL,
    json text NOT NULL,
    CONSTRAINT tickets_pkey PRIMARY KEY (tenant, number),
    CONSTRAINT tickets_id UNIQUE (tenant, id)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- One index for each order of a list, and for each list that is shorter than all tickets; what a
-- page walks is decided in `src/search`, which rests on these.
CREATE INDEX tickets_updated ON tickets (tenant, updated_at, number);
CREATE INDEX tickets_created ON tickets (tenant, created_at, number);
CREATE INDEX tickets_priority ON tickets (tenant, priority, number);
CREATE INDEX tickets_due ON tickets (tenant, due, number) WHERE due IS NOT NULL;
CREATE INDEX tickets_queue ON tickets (tenant, queue, updated_at, number);
CREATE INDEX tickets_status ON tickets (tenant, status, queue, status_since);
CREATE INDEX tickets_requester ON tickets (tenant, requester, number);
CREATE INDEX tickets_organization ON tickets (tenant, organization, number)
    WHERE organization IS NOT NULL;
CREATE INDEX tickets_shared ON tickets (tenant, organization, public_updated_at, number)
    WHERE organization IS NOT NULL;
CREATE INDEX tickets_assignee ON tickets (tenant, assignee, number) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_snoozed ON tickets (tenant, snoozed_until) WHERE snoozed_until IS NOT NULL;

-- The views that are open all day ask for tickets that are not done. These indexes hold only
-- such tickets, so closed ones cost them nothing.
CREATE INDEX open_number ON tickets (tenant, number) WHERE NOT done;
CREATE INDEX open_updated ON tickets (tenant, updated_at, number) WHERE NOT done;
CREATE INDEX open_created ON tickets (tenant, created_at, number) WHERE NOT done;
CREATE INDEX open_priority ON tickets (tenant, priority, number) WHERE NOT done;
CREATE INDEX open_due ON tickets (tenant, due, number) WHERE NOT done;
CREATE INDEX open_queue ON tickets (tenant, queue, number) WHERE NOT done;
CREATE INDEX open_queue_updated ON tickets (tenant, queue, updated_at, number) WHERE NOT done;
CREATE INDEX open_assignee ON tickets (tenant, assignee, number) WHERE NOT done;

-- What a ticket has many of, to find it by: tags, people, field terms, things of the host.
-- `kind` says which, `name` is the key of a field or the kind of a thing.
CREATE TABLE terms (
    tenant bigint NOT NULL,
    kind smallint NOT NULL,
    name text COLLATE "C" NOT NULL,
    term text COLLATE "C" NOT NULL,
    ticket bigint NOT NULL,
    CONSTRAINT terms_pkey PRIMARY KEY (tenant, kind, name, term, ticket)
);

CREATE INDEX terms_ticket ON terms (tenant, ticket);

-- Links between tickets, to find them from their other end.
CREATE TABLE links (
    tenant bigint NOT NULL,
    target uuid NOT NULL,
    ticket bigint NOT NULL,
    kind smallint NOT NULL,
    CONSTRAINT links_pkey PRIMARY KEY (tenant, target, ticket, kind)
);

CREATE INDEX links_ticket ON links (tenant, ticket);

-- History.
CREATE TABLE events (
    tenant bigint NOT NULL,
    ticket bigint NOT NULL,
    version bigint NOT NULL,
    place integer NOT NULL,
    json text NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (tenant, ticket, version, place)
);

-- Public messages, in the order in which a thread is read. One index: nothing asks for a message
-- without its ticket.
CREATE TABLE messages (
    tenant bigint NOT NULL,
    ticket bigint NOT NULL,
    at bigint NOT NULL,
    id uuid NOT NULL,
    author text COLLATE "C" NOT NULL,
    json text NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (tenant, ticket, at, id)
);

-- Internal notes, apart from the messages.
CREATE TABLE notes (
    tenant bigint NOT NULL,
    ticket bigint NOT NULL,
    at bigint NOT NULL,
    id uuid NOT NULL,
    json text NOT NULL,
    CONSTRAINT notes_pkey PRIMARY KEY (tenant, ticket, at, id)
);

-- The words of subjects and public messages, as `src/text.rs` splits and joins them: a document is
-- a subject (it has the id of the ticket) or a message, in pieces when it is very long; `overlap` is
-- how many characters a piece has in common with the one before it. A document without words has
-- no row.
--
-- The index makes lexemes `TENANT.REGION:WORD.BLOCK`; `src/text.rs` says why.
CREATE TABLE public_words (
    tenant bigint NOT NULL,
    ticket bigint NOT NULL,
    document uuid NOT NULL,
    piece integer NOT NULL,
    overlap integer NOT NULL,
    words text COLLATE "C" NOT NULL,
    CONSTRAINT public_words_pkey PRIMARY KEY (tenant, ticket, document, piece)
);

CREATE INDEX public_words_index ON public_words USING gin (array_to_tsvector(string_to_array(
    (tenant::text || '.' || (ticket >> 17)::text || ':') ||
    replace(btrim(words), ' ', '.' || ((ticket >> 11) & 63)::text || ' ' ||
    tenant::text || '.' || (ticket >> 17)::text || ':') ||
    '.' || ((ticket >> 11) & 63)::text, ' '))) WITH (fastupdate = off);

-- The words of notes, which only the team may search.
CREATE TABLE note_words (
    tenant bigint NOT NULL,
    ticket bigint NOT NULL,
    document uuid NOT NULL,
    piece integer NOT NULL,
    overlap integer NOT NULL,
    words text COLLATE "C" NOT NULL,
    CONSTRAINT note_words_pkey PRIMARY KEY (tenant, ticket, document, piece)
);

CREATE INDEX note_words_index ON note_words USING gin (array_to_tsvector(string_to_array(
    (tenant::text || '.' || (ticket >> 17)::text || ':') ||
    replace(btrim(words), ' ', '.' || ((ticket >> 11) & 63)::text || ' ' ||
    tenant::text || '.' || (ticket >> 17)::text || ':') ||
    '.' || ((ticket >> 11) & 63)::text, ' '))) WITH (fastupdate = off);

-- By which language the words of both are reduced to their stems, in every tenant: one row.
CREATE TABLE search_language (
    sole boolean NOT NULL DEFAULT true CHECK (sole),
    name text COLLATE "C" NOT NULL,
    CONSTRAINT search_language_pkey PRIMARY KEY (sole)
);

-- Which ticket has the mail of a Message-ID: the one that had it first.
CREATE TABLE mail_ids (
    tenant bigint NOT NULL,
    mail text COLLATE "C" NOT NULL,
    ticket bigint NOT NULL,
    CONSTRAINT mail_ids_pkey PRIMARY KEY (tenant, mail)
);

-- Answers to requests with an idempotency key. `key` is a digest of the key and its scope.
CREATE TABLE keys (
    tenant bigint NOT NULL,
    key bytea NOT NULL,
    ticket bigint NOT NULL,
    used_at bigint NOT NULL,
    fingerprint bytea NOT NULL,
    receipt text NOT NULL,
    CONSTRAINT keys_pkey PRIMARY KEY (tenant, key)
);

-- Notices on their way out. `state`: 0 waiting, 1 claimed, 2 sent, 3 dead, 4 suppressed.
-- `moment`: when it is due, until when it is claimed, or when it was sent.
CREATE TABLE notices (
    tenant bigint NOT NULL,
    id uuid NOT NULL,
    ticket bigint NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    moment bigint NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    state smallint NOT NULL DEFAULT 0,
    automatic boolean NOT NULL,
    person text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    error text,
    json text NOT NULL,
    CONSTRAINT notices_pkey PRIMARY KEY (tenant, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX notices_ticket ON notices (tenant, ticket, created_at, id);
CREATE INDEX notices_address ON notices (tenant, address, created_at, id) WHERE automatic;
CREATE INDEX notices_unsettled ON notices (tenant, created_at, id, moment) WHERE state < 2;
CREATE INDEX notices_reader ON notices (tenant, ticket, person, created_at, id) WHERE state < 2;

-- Raw mail. `state`: 0 waiting, 1 claimed, 2 done, 3 in quarantine. `outcome` is what became of it;
-- `message` or `note` is what a done one became. `raw` has the bytes, apart from the row unless
-- they are few, so that a claim does not write them again.
CREATE TABLE mails (
    tenant bigint NOT NULL,
    id uuid NOT NULL,
    received_at bigint NOT NULL,
    size bigint NOT NULL,
    moment bigint NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    state smallint NOT NULL DEFAULT 0,
    queue text COLLATE "C" NOT NULL,
    error text,
    message uuid,
    note uuid,
    outcome text,
    raw bytea NOT NULL,
    CONSTRAINT mails_pkey PRIMARY KEY (tenant, id)
) WITH (fillfactor = 80);

ALTER TABLE mails ALTER COLUMN raw SET STORAGE EXTERNAL;

CREATE INDEX mails_unsettled ON mails (tenant, received_at, id, moment) WHERE state < 2;
CREATE INDEX mails_quarantined ON mails (tenant, id) WHERE state = 3;

-- Attachments by their digest; `upload` names their chunks.
CREATE TABLE blobs (
    tenant bigint NOT NULL,
    digest bytea NOT NULL,
    size bigint NOT NULL,
    upload uuid NOT NULL,
    CONSTRAINT blobs_pkey PRIMARY KEY (tenant, digest)
);

-- The bytes of attachments, all chunks of one size but the last.
CREATE TABLE chunks (
    tenant bigint NOT NULL,
    upload uuid NOT NULL,
    place integer NOT NULL,
    bytes bytea NOT NULL,
    CONSTRAINT chunks_pkey PRIMARY KEY (tenant, upload, place)
);

-- Attachments are compressed already, mostly; a part of a chunk is read without the rest.
ALTER TABLE chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Uploads that are not finished, and when they last got a chunk by the clock of the database.
CREATE TABLE uploads (
    tenant bigint NOT NULL,
    upload uuid NOT NULL,
    touched_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uploads_pkey PRIMARY KEY (tenant, upload)
);

-- Credentials by the digest of their secret.
CREATE TABLE credentials (
    tenant bigint NOT NULL,
    digest bytea NOT NULL,
    person text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    json text NOT NULL,
    CONSTRAINT credentials_pkey PRIMARY KEY (tenant, digest)
);

CREATE INDEX credentials_person ON credentials (tenant, person, created_at, digest);

-- What a rate limiter counted: the times of each key. It may be lost.
CREATE UNLOGGED TABLE counted (
    tenant bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    until bigint NOT NULL,
    allowed boolean NOT NULL,
    times bigint[] NOT NULL,
    CONSTRAINT counted_pkey PRIMARY KEY (tenant, key)
) WITH (fillfactor = 70);

-- People of ours.
CREATE TABLE people (
    tenant bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    organization text COLLATE "C",
    json text NOT NULL,
    CONSTRAINT people_pkey PRIMARY KEY (tenant, id)
) WITH (fillfactor = 90);

-- Their addresses in normal form: each belongs to one person.
CREATE TABLE addresses (
    tenant bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    CONSTRAINT addresses_pkey PRIMARY KEY (tenant, address)
);

CREATE INDEX addresses_person ON addresses (tenant, person);

-- The active agents and light agents of each queue.
CREATE TABLE members (
    tenant bigint NOT NULL,
    queue text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    CONSTRAINT members_pkey PRIMARY KEY (tenant, queue, person)
);

CREATE INDEX members_person ON members (tenant, person);

-- Organizations.
CREATE TABLE organizations (
    tenant bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    json text NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (tenant, id)
);

-- The settings: one value.
CREATE TABLE settings (
    tenant bigint NOT NULL,
    generation bigint NOT NULL,
    json text NOT NULL,
    CONSTRAINT settings_pkey PRIMARY KEY (tenant)
);
