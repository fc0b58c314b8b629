-- When a credential was last used, but for a minute.
ALTER TABLE credentials ADD COLUMN used_at bigint;
