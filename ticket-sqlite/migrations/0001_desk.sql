-- The whole desk in one file. The tenant leads every key and index.
--
-- Times are microseconds since 1970-01-01T00:00:00Z; identities are the 16 bytes of a UUID;
-- `json` holds the value as the domain writes it, and the columns beside it are copies of what
-- lists and checks ask for. A ticket is named by its number inside the file: it never changes
-- and is narrower than the identity.

-- The tenants of the file, each with the last ticket number that it was given. `slot` stands for
-- the tenant in the search index, where there is room for small numbers only.
CREATE TABLE counters (
    slot INTEGER NOT NULL PRIMARY KEY,
    tenant INTEGER NOT NULL UNIQUE,
    number INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Tickets. `done` says that the category is solved or closed; `texts` counts the messages and
-- notes that it ever had.
CREATE TABLE tickets (
    tenant INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    queue TEXT NOT NULL,
    status TEXT NOT NULL,
    category INTEGER NOT NULL,
    done INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    requester TEXT NOT NULL,
    organization TEXT,
    assignee TEXT,
    snoozed_until INTEGER,
    due INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    public_updated_at INTEGER NOT NULL,
    status_since INTEGER NOT NULL,
    texts INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant, number),
    UNIQUE (tenant, id)
) STRICT;

CREATE INDEX tickets_updated ON tickets (tenant, updated_at, number);
CREATE INDEX tickets_created ON tickets (tenant, created_at, number);
CREATE INDEX tickets_queue ON tickets (tenant, queue, number);
CREATE INDEX tickets_queue_updated ON tickets (tenant, queue, updated_at, number);
CREATE INDEX tickets_requester ON tickets (tenant, requester, number);
CREATE INDEX tickets_organization ON tickets (tenant, organization, number)
    WHERE organization IS NOT NULL;
CREATE INDEX tickets_assignee ON tickets (tenant, assignee, number) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_due ON tickets (tenant, due, number) WHERE due IS NOT NULL;
CREATE INDEX tickets_snoozed ON tickets (tenant, snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX tickets_status ON tickets (tenant, status, queue, status_since);

-- The views that are open all day ask for tickets that are not done. These indexes hold only
-- such tickets, with what those views filter and sort by, so closed ones cost them nothing.
CREATE INDEX open_number ON tickets (tenant, number, queue, category, assignee) WHERE done = 0;
CREATE INDEX open_updated ON tickets (tenant, updated_at, number, queue, category, assignee)
    WHERE done = 0;
CREATE INDEX open_queue
    ON tickets (tenant, queue, number, category, assignee, priority, due, created_at)
    WHERE done = 0;
CREATE INDEX open_queue_updated ON tickets (tenant, queue, updated_at, number, category, assignee)
    WHERE done = 0;
CREATE INDEX open_assignee ON tickets (tenant, assignee, number, category) WHERE done = 0;

-- What a ticket has many of, to find it by: tags, people, field terms, things of the host.
-- `kind` says which, `name` is the key of a field or the kind of a thing.
CREATE TABLE terms (
    tenant INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    term TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, name, term, ticket),
    FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX terms_ticket ON terms (tenant, ticket, kind, name, term);

-- Links between tickets, to find them from their other end.
CREATE TABLE links (
    tenant INTEGER NOT NULL,
    target BLOB NOT NULL,
    ticket INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    PRIMARY KEY (tenant, target, ticket, kind),
    FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX links_ticket ON links (tenant, ticket);

-- History.
CREATE TABLE events (
    tenant INTEGER NOT NULL,
    ticket INTEGER NOT NULL,
    version INTEGER NOT NULL,
    place INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant, ticket, version, place),
    FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
) STRICT, WITHOUT ROWID;

-- Public messages. `place` is that of the message among the texts of its ticket in the search
-- index; none once it is redacted.
CREATE TABLE messages (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    ticket INTEGER NOT NULL,
    at INTEGER NOT NULL,
    place INTEGER,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
) STRICT;

CREATE INDEX messages_ticket ON messages (tenant, ticket, at, id);

-- Internal notes, apart from the messages.
CREATE TABLE notes (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    ticket INTEGER NOT NULL,
    at INTEGER NOT NULL,
    place INTEGER,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
) STRICT;

CREATE INDEX notes_ticket ON notes (tenant, ticket, at, id);

-- The words of subjects and public messages, and those of notes apart. The words come split and
-- folded by the domain; `ascii` keeps every one of them whole. The texts themselves are not kept.
--
-- A document's number is, from its highest bits on: 15 bits for the slot of the tenant, 33 for the
-- ticket's number, 15 for the place among the texts of the ticket, where the subject is 0. So the
-- index can be walked from the newest ticket on, and asked about one ticket.
CREATE VIRTUAL TABLE public_words USING fts5 (
    words, tokenize = 'ascii', content = '', contentless_delete = 1
);
CREATE VIRTUAL TABLE note_words USING fts5 (
    words, tokenize = 'ascii', content = '', contentless_delete = 1
);

-- Which ticket has the mail of a Message-ID: the one that had it first.
CREATE TABLE mail_ids (
    tenant INTEGER NOT NULL,
    mail TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    PRIMARY KEY (tenant, mail),
    FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
) STRICT, WITHOUT ROWID;

-- Answers to requests with an idempotency key.
CREATE TABLE keys (
    tenant INTEGER NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    ticket INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (tenant, scope, key),
    FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
) STRICT, WITHOUT ROWID;

-- Notices on their way out. `state`: 0 waiting, 1 claimed, 2 sent, 3 dead, 4 suppressed.
-- `moment`: when it is due, until when it is claimed, or when it was sent.
CREATE TABLE notices (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    ticket INTEGER NOT NULL,
    version INTEGER NOT NULL,
    person TEXT NOT NULL,
    address TEXT NOT NULL,
    automatic INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    moment INTEGER NOT NULL,
    error TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
) STRICT;

CREATE INDEX notices_ticket ON notices (tenant, ticket, created_at, id);
CREATE INDEX notices_address ON notices (tenant, address, created_at, id) WHERE automatic = 1;
CREATE INDEX notices_unsettled ON notices (tenant, created_at, id, moment) WHERE state < 2;
CREATE INDEX notices_reader ON notices (tenant, ticket, person, created_at, id) WHERE state < 2;

-- Raw mail. `state`: 0 waiting, 1 claimed, 2 done, 3 in quarantine. `outcome` is what became of it;
-- `message` or `note` is what a done one became.
CREATE TABLE mails (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    queue TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    moment INTEGER NOT NULL,
    error TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    message BLOB,
    note BLOB,
    outcome TEXT,
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX mails_unsettled ON mails (tenant, received_at, id, moment) WHERE state < 2;
CREATE INDEX mails_quarantined ON mails (tenant, id) WHERE state = 3;

-- The bytes of a raw mail, apart from its state: an update rewrites a whole row.
CREATE TABLE mail_bytes (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, id) REFERENCES mails (tenant, id)
) STRICT;

-- Attachments by their digest; `upload` names their chunks.
CREATE TABLE blobs (
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    size INTEGER NOT NULL,
    upload BLOB NOT NULL,
    PRIMARY KEY (tenant, digest)
) STRICT, WITHOUT ROWID;

-- The bytes of attachments, all chunks of one size but the last.
CREATE TABLE chunks (
    tenant INTEGER NOT NULL,
    upload BLOB NOT NULL,
    place INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (tenant, upload, place)
) STRICT;

-- Uploads that are not finished; what a crash left is removed when the file is opened.
CREATE TABLE uploads (
    tenant INTEGER NOT NULL,
    upload BLOB NOT NULL,
    PRIMARY KEY (tenant, upload)
) STRICT, WITHOUT ROWID;

-- Credentials by the digest of their secret.
CREATE TABLE credentials (
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    person TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX credentials_person ON credentials (tenant, person, created_at);

-- What a rate limiter counted; it may be lost.
CREATE TABLE counted (
    tenant INTEGER NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (tenant, key, at, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX counted_at ON counted (tenant, at);

-- People of ours.
CREATE TABLE people (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- Their addresses in normal form: each belongs to one person.
CREATE TABLE addresses (
    tenant INTEGER NOT NULL,
    address TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (tenant, address),
    FOREIGN KEY (tenant, person) REFERENCES people (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX addresses_person ON addresses (tenant, person);

-- The active agents and light agents of each queue.
CREATE TABLE members (
    tenant INTEGER NOT NULL,
    queue TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (tenant, queue, person),
    FOREIGN KEY (tenant, person) REFERENCES people (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_person ON members (tenant, person);

-- Organizations.
CREATE TABLE organizations (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- The settings: one value.
CREATE TABLE settings (
    tenant INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (tenant)
) STRICT, WITHOUT ROWID;
