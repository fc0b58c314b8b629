-- Webhooks: their calls on the way out, and the secrets that sign them.

-- Calls of webhooks. `state`: 0 waiting, 1 claimed, 2 delivered, 3 dead. `moment`: when it is due,
-- until when it is claimed, or when it was delivered. A call that tells of no commit has neither
-- ticket nor version. `in_order`: it waits for those of earlier versions to the same webhook, and
-- later ones for it. `log`: what came of its attempts.
CREATE TABLE calls (
    tenant bigint NOT NULL,
    id uuid NOT NULL,
    ticket bigint,
    version bigint,
    created_at bigint NOT NULL,
    moment bigint NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    state smallint NOT NULL DEFAULT 0,
    in_order boolean NOT NULL,
    webhook text COLLATE "C" NOT NULL,
    error text,
    log text NOT NULL DEFAULT '[]',
    json text NOT NULL,
    CONSTRAINT calls_pkey PRIMARY KEY (tenant, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX calls_webhook ON calls (tenant, webhook, id);
CREATE INDEX calls_ticket ON calls (tenant, ticket, created_at, id) WHERE ticket IS NOT NULL;
CREATE INDEX calls_unsettled ON calls (tenant, webhook, moment, id) WHERE state < 2;
CREATE INDEX calls_turn ON calls (tenant, webhook, ticket, version) WHERE state < 2 AND in_order;

-- Secrets by their names, sealed with a key that is elsewhere.
CREATE TABLE sealed (
    tenant bigint NOT NULL,
    generation bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    bytes bytea NOT NULL,
    CONSTRAINT sealed_pkey PRIMARY KEY (tenant, name)
);
