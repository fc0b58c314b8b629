-- Webhooks: their calls on the way out, and the secrets that sign them.

-- Calls of webhooks. `state`: 0 waiting, 1 claimed, 2 delivered, 3 dead. `moment`: when it is due,
-- until when it is claimed, or when it was delivered. A call that tells of no commit has neither
-- ticket nor version. `in_order`: it waits for those of earlier versions to the same webhook, and
-- later ones for it. `log`: what came of its attempts.
CREATE TABLE calls (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    webhook TEXT NOT NULL,
    ticket INTEGER,
    version INTEGER,
    created_at INTEGER NOT NULL,
    in_order INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    moment INTEGER NOT NULL,
    error TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    log TEXT NOT NULL DEFAULT '[]',
    json TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
) STRICT;

CREATE INDEX calls_webhook ON calls (tenant, webhook, id);
CREATE INDEX calls_ticket ON calls (tenant, ticket, created_at, id) WHERE ticket IS NOT NULL;
CREATE INDEX calls_unsettled ON calls (tenant, webhook, moment, id) WHERE state < 2;
CREATE INDEX calls_turn ON calls (tenant, webhook, ticket, version) WHERE state < 2 AND in_order = 1;

-- Secrets by their names, sealed with a key that is elsewhere.
CREATE TABLE sealed (
    tenant INTEGER NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT;
