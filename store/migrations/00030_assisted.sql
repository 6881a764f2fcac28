-- +goose Up
-- Accounts that the volunteer center keeps for people without e-mail, and sessions in which somebody acts for one of them.
ALTER TABLE account ADD COLUMN assisted BIGINT NOT NULL DEFAULT 0; -- org
CREATE INDEX account_assisted ON account (id) WHERE assisted = 1;
ALTER TABLE session ADD COLUMN helps TEXT REFERENCES account (id) ON DELETE CASCADE; -- per; empty: none
CREATE INDEX session_helps ON session (helps) WHERE helps IS NOT NULL;
