-- What takes more than one statement, so that it is one round trip and one transaction.
--
-- A released function is never changed: nodes of the version before still call it while a new
-- version starts. Its successor has a new name.

-- Writes a plan, all of it or nothing: the only writer of what belongs to a ticket.
--
-- outcome: 0 written; 1 the key was used before, and this is what for; 2 the ticket has another
-- version, `seen`. Nothing is written but with outcome 0. `expected_version` is null for a plan
-- that opens a ticket.
--
-- Of commits with one key, one inserts it and the others wait for it. A key is looked at before the
-- version, and again when the version is another: then it may have been used meanwhile.
CREATE FUNCTION commit_plan(
    of_tenant bigint,
    new_key bytea,
    new_fingerprint bytea,
    new_receipt text,
    expected_version bigint,
    new_number bigint,
    new_id uuid,
    new_version bigint,
    new_queue text,
    new_status text,
    new_category smallint,
    new_priority smallint,
    new_done boolean,
    new_requester text,
    new_organization text,
    new_assignee text,
    new_snoozed_until bigint,
    new_due bigint,
    new_created_at bigint,
    new_updated_at bigint,
    new_public_updated_at bigint,
    new_status_since bigint,
    new_found_by uuid,
    new_json text,
    new_subject text,
    term_kinds smallint[],
    term_names text[],
    term_terms text[],
    link_targets uuid[],
    link_kinds smallint[],
    event_versions bigint[],
    event_places integer[],
    event_jsons text[],
    message_ids uuid[],
    message_ats bigint[],
    message_authors text[],
    message_jsons text[],
    public_documents uuid[],
    public_pieces integer[],
    public_overlaps integer[],
    public_texts text[],
    note_ids uuid[],
    note_ats bigint[],
    note_jsons text[],
    note_documents uuid[],
    note_pieces integer[],
    note_overlaps integer[],
    note_texts text[],
    erased_messages uuid[],
    erased_message_jsons text[],
    erased_notes uuid[],
    erased_note_jsons text[],
    new_mails text[],
    notice_ids uuid[],
    notice_versions bigint[],
    notice_persons text[],
    notice_addresses text[],
    notice_automatics boolean[],
    notice_created_ats bigint[],
    notice_jsons text[],
    are_told boolean,
    OUT outcome smallint,
    OUT seen bigint,
    OUT used_fingerprint bytea,
    OUT used_receipt text
) LANGUAGE plpgsql AS $$
DECLARE
    is_refound boolean := true;
BEGIN
    outcome := 0;
    IF expected_version IS NULL THEN
        IF new_key IS NOT NULL THEN
            INSERT INTO keys (tenant, key, ticket, used_at, fingerprint, receipt)
            VALUES (of_tenant, new_key, new_number, new_updated_at, new_fingerprint, new_receipt)
            ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN
                SELECT 1, k.fingerprint, k.receipt INTO outcome, used_fingerprint, used_receipt
                FROM keys k WHERE k.tenant = of_tenant AND k.key = new_key;
                RETURN;
            END IF;
        END IF;
        -- Unique constraints refuse an identity or number that is there.
        INSERT INTO tickets (tenant, number, id, version, queue, status, category, priority, done,
            refound, requester, organization, assignee, snoozed_until, due, created_at, updated_at,
            public_updated_at, status_since, found_by, json)
        VALUES (of_tenant, new_number, new_id, new_version, new_queue, new_status, new_category,
            new_priority, new_done, true, new_requester, new_organization, new_assignee,
            new_snoozed_until, new_due, new_created_at, new_updated_at, new_public_updated_at,
            new_status_since, new_found_by, new_json);
        IF new_number > coalesce(pg_sequence_last_value(to_regclass('numbers_' || of_tenant)), 0) THEN
            PERFORM reserve_number(of_tenant, new_number);
        END IF;
    ELSE
        IF new_key IS NOT NULL THEN
            SELECT 1, k.fingerprint, k.receipt INTO outcome, used_fingerprint, used_receipt
            FROM keys k WHERE k.tenant = of_tenant AND k.key = new_key;
            IF FOUND THEN
                RETURN;
            END IF;
            outcome := 0;
        END IF;
        UPDATE tickets t SET version = new_version, queue = new_queue, status = new_status,
            category = new_category, priority = new_priority, done = new_done,
            refound = t.found_by <> new_found_by, requester = new_requester,
            organization = new_organization, assignee = new_assignee,
            snoozed_until = new_snoozed_until, due = new_due, created_at = new_created_at,
            updated_at = new_updated_at, public_updated_at = new_public_updated_at,
            status_since = new_status_since, found_by = new_found_by, json = new_json
        WHERE t.tenant = of_tenant AND t.number = new_number AND t.id = new_id
            AND t.version = expected_version
        RETURNING t.refound INTO is_refound;
        IF NOT FOUND THEN
            IF new_key IS NOT NULL THEN
                SELECT 1, k.fingerprint, k.receipt INTO outcome, used_fingerprint, used_receipt
                FROM keys k WHERE k.tenant = of_tenant AND k.key = new_key;
                IF FOUND THEN
                    RETURN;
                END IF;
            END IF;
            SELECT t.version INTO seen FROM tickets t WHERE t.tenant = of_tenant AND t.id = new_id;
            outcome := 2;
            RETURN;
        END IF;
        IF new_key IS NOT NULL THEN
            INSERT INTO keys (tenant, key, ticket, used_at, fingerprint, receipt)
            VALUES (of_tenant, new_key, new_number, new_updated_at, new_fingerprint, new_receipt)
            ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the key was used meanwhile' USING ERRCODE = 'TK001';
            END IF;
        END IF;
    END IF;

    INSERT INTO events (tenant, ticket, version, place, json)
    SELECT of_tenant, new_number, e.version, e.place, e.json
    FROM unnest(event_versions, event_places, event_jsons) AS e (version, place, json);

    IF is_refound THEN
        PERFORM find_ticket_by(of_tenant, new_number, new_id, expected_version IS NULL, new_subject,
            term_kinds, term_names, term_terms, link_targets, link_kinds);
    END IF;
    IF cardinality(message_ids) > 0 THEN
        INSERT INTO messages (tenant, ticket, at, id, author, json)
        SELECT of_tenant, new_number, m.at, m.id, m.author, m.json
        FROM unnest(message_ids, message_ats, message_authors, message_jsons)
            AS m (id, at, author, json);
    END IF;
    IF cardinality(note_ids) > 0 THEN
        INSERT INTO notes (tenant, ticket, at, id, json)
        SELECT of_tenant, new_number, n.at, n.id, n.json
        FROM unnest(note_ids, note_ats, note_jsons) AS n (id, at, json);
    END IF;
    IF cardinality(public_documents) > 0 THEN
        INSERT INTO public_words (tenant, ticket, document, piece, overlap, words)
        SELECT of_tenant, new_number, d.document, d.piece, d.overlap, d.words
        FROM unnest(public_documents, public_pieces, public_overlaps, public_texts)
            AS d (document, piece, overlap, words);
    END IF;
    IF cardinality(note_documents) > 0 THEN
        INSERT INTO note_words (tenant, ticket, document, piece, overlap, words)
        SELECT of_tenant, new_number, d.document, d.piece, d.overlap, d.words
        FROM unnest(note_documents, note_pieces, note_overlaps, note_texts)
            AS d (document, piece, overlap, words);
    END IF;
    IF cardinality(new_mails) > 0 THEN
        -- The ticket that had the mail first keeps it.
        INSERT INTO mail_ids (tenant, mail, ticket)
        SELECT of_tenant, m.mail, new_number FROM unnest(new_mails) AS m (mail)
        ON CONFLICT DO NOTHING;
    END IF;
    IF cardinality(notice_ids) > 0 THEN
        -- A notice is due when it was made, or was sent then.
        INSERT INTO notices (tenant, id, ticket, version, person, address, automatic, created_at,
            moment, state, attempts, json)
        SELECT of_tenant, n.id, new_number, n.version, n.person, n.address, n.automatic,
            n.created_at, n.created_at, CASE WHEN are_told THEN 2 ELSE 0 END,
            CASE WHEN are_told THEN 1 ELSE 0 END, n.json
        FROM unnest(notice_ids, notice_versions, notice_persons, notice_addresses,
            notice_automatics, notice_created_ats, notice_jsons)
            AS n (id, version, person, address, automatic, created_at, json);
    END IF;
    IF cardinality(erased_messages) > 0 OR cardinality(erased_notes) > 0 THEN
        PERFORM erase(of_tenant, new_number, erased_messages, erased_message_jsons, erased_notes,
            erased_note_jsons);
    END IF;
END $$;

-- Writes what a ticket is found by: its terms, its links and the words of its subject.
CREATE FUNCTION find_ticket_by(
    of_tenant bigint,
    of_ticket bigint,
    of_id uuid,
    is_new boolean,
    new_subject text,
    term_kinds smallint[],
    term_names text[],
    term_terms text[],
    link_targets uuid[],
    link_kinds smallint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_new THEN
        DELETE FROM terms t WHERE t.tenant = of_tenant AND t.ticket = of_ticket
        AND NOT EXISTS (SELECT 1 FROM unnest(term_kinds, term_names, term_terms)
            AS n (kind, name, term)
            WHERE n.kind = t.kind AND n.name = t.name AND n.term = t.term);
        DELETE FROM links l WHERE l.tenant = of_tenant AND l.ticket = of_ticket
        AND NOT EXISTS (SELECT 1 FROM unnest(link_targets, link_kinds) AS n (target, kind)
            WHERE n.target = l.target AND n.kind = l.kind);
        DELETE FROM public_words w WHERE w.tenant = of_tenant AND w.ticket = of_ticket
        AND w.document = of_id;
    END IF;
    IF cardinality(term_kinds) > 0 THEN
        INSERT INTO terms (tenant, kind, name, term, ticket)
        SELECT of_tenant, n.kind, n.name, n.term, of_ticket
        FROM unnest(term_kinds, term_names, term_terms) AS n (kind, name, term)
        ON CONFLICT DO NOTHING;
    END IF;
    IF cardinality(link_targets) > 0 THEN
        INSERT INTO links (tenant, target, ticket, kind)
        SELECT of_tenant, n.target, of_ticket, n.kind
        FROM unnest(link_targets, link_kinds) AS n (target, kind)
        ON CONFLICT DO NOTHING;
    END IF;
    IF new_subject IS NOT NULL THEN
        INSERT INTO public_words (tenant, ticket, document, piece, overlap, words)
        VALUES (of_tenant, of_ticket, of_id, 0, 0, new_subject);
    END IF;
END $$;

-- Replaces messages and notes of a ticket by what is left of them, and forgets their words.
CREATE FUNCTION erase(
    of_tenant bigint,
    of_ticket bigint,
    erased_messages uuid[],
    erased_message_jsons text[],
    erased_notes uuid[],
    erased_note_jsons text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE messages m SET json = e.json
    FROM unnest(erased_messages, erased_message_jsons) AS e (id, json)
    WHERE m.tenant = of_tenant AND m.ticket = of_ticket AND m.id = e.id;
    UPDATE notes n SET json = e.json
    FROM unnest(erased_notes, erased_note_jsons) AS e (id, json)
    WHERE n.tenant = of_tenant AND n.ticket = of_ticket AND n.id = e.id;
    DELETE FROM public_words w WHERE w.tenant = of_tenant AND w.ticket = of_ticket
    AND w.document = ANY (erased_messages);
    DELETE FROM note_words w WHERE w.tenant = of_tenant AND w.ticket = of_ticket
    AND w.document = ANY (erased_notes);
END $$;

-- Numbers come from a sequence for each tenant, `numbers_TENANT`, so that no commit waits for
-- another. This makes the sequence, or moves it, past `taken` and all tickets of the tenant; it
-- never goes back.
CREATE FUNCTION reserve_number(of_tenant bigint, taken bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    own text := 'numbers_' || of_tenant;
    reached bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || own, 0));
    -- Whoever had the lock before may have made it; what this session knows of names can be older.
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', own);
    -- This changes nothing, but its lock keeps `nextval` away until the transaction ends.
    EXECUTE format('ALTER SEQUENCE %I CACHE 1', own);
    SELECT greatest(taken, max(t.number)) INTO reached FROM tickets t WHERE t.tenant = of_tenant;
    IF reached > coalesce(pg_sequence_last_value(own::regclass), 0) THEN
        PERFORM setval(own::regclass, reached);
    END IF;
END $$;

-- Adds or replaces a person with addresses and memberships. The key of `addresses` refuses one that
-- somebody else has.
CREATE FUNCTION save_person(
    of_tenant bigint,
    new_id text,
    new_organization text,
    new_json text,
    new_addresses text[],
    new_queues text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Of two who save one person, the second waits here.
    INSERT INTO people (tenant, id, organization, json)
    VALUES (of_tenant, new_id, new_organization, new_json)
    ON CONFLICT (tenant, id) DO UPDATE
    SET organization = excluded.organization, json = excluded.json;
    DELETE FROM addresses a WHERE a.tenant = of_tenant AND a.person = new_id
    AND a.address <> ALL (new_addresses);
    INSERT INTO addresses (tenant, address, person)
    SELECT DISTINCT of_tenant, n.address, new_id FROM unnest(new_addresses) AS n (address)
    WHERE NOT EXISTS (SELECT 1 FROM addresses a
        WHERE a.tenant = of_tenant AND a.address = n.address AND a.person = new_id)
    ORDER BY n.address;
    DELETE FROM members m WHERE m.tenant = of_tenant AND m.person = new_id
    AND m.queue <> ALL (new_queues);
    INSERT INTO members (tenant, queue, person)
    SELECT of_tenant, n.queue, new_id FROM unnest(new_queues) AS n (queue)
    ON CONFLICT DO NOTHING;
END $$;

-- Answers who has the address; nobody: makes this person, who has it then. Of several who ask at
-- once, one makes the person and all get it.
CREATE FUNCTION admit_person(of_tenant bigint, of_address text, new_id text, new_json text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    known text;
BEGIN
    SELECT p.json INTO known FROM addresses a
    JOIN people p ON p.tenant = a.tenant AND p.id = a.person
    WHERE a.tenant = of_tenant AND a.address = of_address;
    IF FOUND THEN
        RETURN known;
    END IF;
    INSERT INTO addresses (tenant, address, person) VALUES (of_tenant, of_address, new_id)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO people (tenant, id, json) VALUES (of_tenant, new_id, new_json);
        RETURN new_json;
    END IF;
    SELECT p.json INTO known FROM addresses a
    JOIN people p ON p.tenant = a.tenant AND p.id = a.person
    WHERE a.tenant = of_tenant AND a.address = of_address;
    RETURN known;
END $$;

-- Reads what a decision rests on. Each row says what it is (`src/lookup.rs` knows the kinds) and
-- has what that kind needs. A ticket that is the subject brings the people whom it names and the
-- members of its queue. A key that was used brings its receipt, and nothing else.
CREATE FUNCTION gather(
    of_tenant bigint,
    of_key bytea,
    of_id uuid,
    of_number bigint,
    of_mail text,
    people_ids text[],
    queue_keys text[],
    ticket_ids uuid[],
    file_digests bytea[],
    draws_number boolean
) RETURNS TABLE (kind smallint, name text, bytes bytea, amount bigint, json text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    subject record;
BEGIN
    IF of_key IS NOT NULL THEN
        RETURN QUERY SELECT 0::smallint, NULL::text, k.fingerprint, NULL::bigint, k.receipt
        FROM keys k WHERE k.tenant = of_tenant AND k.key = of_key;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    IF of_mail IS NOT NULL THEN
        of_number := (SELECT m.ticket FROM mail_ids m
            WHERE m.tenant = of_tenant AND m.mail = of_mail);
    END IF;
    IF of_id IS NOT NULL OR of_number IS NOT NULL THEN
        IF of_id IS NOT NULL THEN
            SELECT t.number, t.queue, t.requester, t.assignee, t.json INTO subject
            FROM tickets t WHERE t.tenant = of_tenant AND t.id = of_id;
        ELSE
            SELECT t.number, t.queue, t.requester, t.assignee, t.json INTO subject
            FROM tickets t WHERE t.tenant = of_tenant AND t.number = of_number;
        END IF;
        IF FOUND THEN
            RETURN QUERY SELECT 1::smallint, NULL::text, NULL::bytea, NULL::bigint, subject.json;
            queue_keys := queue_keys || subject.queue;
            -- Kinds 1 and 2 are followers and those in Cc.
            people_ids := people_ids || subject.requester || subject.assignee || ARRAY(
                SELECT f.term FROM terms f WHERE f.tenant = of_tenant
                AND f.ticket = subject.number AND f.kind IN (1, 2));
        END IF;
    END IF;
    IF cardinality(people_ids) > 0 THEN
        RETURN QUERY SELECT 2::smallint, NULL::text, NULL::bytea, NULL::bigint, p.json
        FROM people p WHERE p.tenant = of_tenant AND p.id = ANY (people_ids);
    END IF;
    IF cardinality(queue_keys) > 0 THEN
        RETURN QUERY SELECT 3::smallint, m.queue, NULL::bytea, NULL::bigint, p.json
        FROM members m JOIN people p ON p.tenant = m.tenant AND p.id = m.person
        WHERE m.tenant = of_tenant AND m.queue = ANY (queue_keys) ORDER BY m.queue, m.person;
    END IF;
    IF cardinality(ticket_ids) > 0 THEN
        RETURN QUERY SELECT 4::smallint, NULL::text, NULL::bytea, NULL::bigint, t.json
        FROM tickets t WHERE t.tenant = of_tenant AND t.id = ANY (ticket_ids);
    END IF;
    IF cardinality(file_digests) > 0 THEN
        RETURN QUERY SELECT 5::smallint, NULL::text, b.digest, b.size, NULL::text
        FROM blobs b WHERE b.tenant = of_tenant AND b.digest = ANY (file_digests);
    END IF;
    IF draws_number THEN
        amount := nextval(to_regclass('numbers_' || of_tenant));
        IF amount IS NULL THEN
            PERFORM reserve_number(of_tenant, 0);
            amount := nextval(to_regclass('numbers_' || of_tenant));
        END IF;
        kind := 6;
        RETURN NEXT;
    END IF;
END $$;

-- Reads a ticket with its thread, the tickets that link to it and who wrote its public messages.
-- The kinds of its rows are those of `gather`, and further ones.
CREATE FUNCTION whole_ticket(of_tenant bigint, of_id uuid, of_number bigint, of_mail text)
RETURNS TABLE (kind smallint, name text, bytes bytea, amount bigint, json text)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    own record;
BEGIN
    IF of_mail IS NOT NULL THEN
        of_number := (SELECT m.ticket FROM mail_ids m
            WHERE m.tenant = of_tenant AND m.mail = of_mail);
    END IF;
    IF of_id IS NOT NULL THEN
        SELECT t.number, t.id, t.json INTO own
        FROM tickets t WHERE t.tenant = of_tenant AND t.id = of_id;
    ELSE
        SELECT t.number, t.id, t.json INTO own
        FROM tickets t WHERE t.tenant = of_tenant AND t.number = of_number;
    END IF;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 1::smallint, NULL::text, NULL::bytea, NULL::bigint, own.json;
    RETURN QUERY SELECT 7::smallint, NULL::text, NULL::bytea, NULL::bigint, m.json
    FROM messages m WHERE m.tenant = of_tenant AND m.ticket = own.number ORDER BY m.at, m.id;
    RETURN QUERY SELECT 8::smallint, NULL::text, NULL::bytea, NULL::bigint, n.json
    FROM notes n WHERE n.tenant = of_tenant AND n.ticket = own.number ORDER BY n.at, n.id;
    RETURN QUERY SELECT 9::smallint, NULL::text, uuid_send(t.id), l.kind::bigint, NULL::text
    FROM links l JOIN tickets t ON t.tenant = l.tenant AND t.number = l.ticket
    WHERE l.tenant = of_tenant AND l.target = own.id ORDER BY l.ticket, l.kind;
    RETURN QUERY SELECT 2::smallint, NULL::text, NULL::bytea, NULL::bigint, p.json
    FROM people p WHERE p.tenant = of_tenant AND p.id = ANY (ARRAY(
        SELECT m.author FROM messages m WHERE m.tenant = of_tenant AND m.ticket = own.number));
END $$;
