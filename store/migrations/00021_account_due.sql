-- +goose Up

-- When a timer has to look at an account: to delete it, or to ask about one that nobody uses. Of accounts from before it is only known when
-- they began; the first look sets the time anew.
DROP INDEX account_delete;
ALTER TABLE account DROP COLUMN delete_after;
ALTER TABLE account ADD COLUMN due BIGINT NOT NULL DEFAULT 0; -- tec
UPDATE account SET due = created + 28857600000;
CREATE INDEX account_due ON account (due);
CREATE INDEX audit_account ON audit (account) WHERE account <> '';
