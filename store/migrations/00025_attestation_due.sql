-- +goose Up

-- When somebody has to be reminded that an own statement ends: a month before. Those that are left are looked at once, and get their time.
ALTER TABLE attestation ADD COLUMN due BIGINT NOT NULL DEFAULT 0; -- tec; 0: never
UPDATE attestation SET due = 1 WHERE iri IS NULL;
CREATE INDEX attestation_due ON attestation (due, id) WHERE due > 0;
