-- +goose Up
-- Entries of the audit log are sealed one after the other, so that one that was changed or is missing is found.
ALTER TABLE audit ADD COLUMN place BIGINT NOT NULL DEFAULT 0; -- tec; number in the chain, 0: not sealed yet
ALTER TABLE audit ADD COLUMN link TEXT NOT NULL DEFAULT ''; -- tec; seal of the entry before
ALTER TABLE audit ADD COLUMN seal TEXT NOT NULL DEFAULT ''; -- tec
CREATE INDEX audit_place ON audit (place);
