-- +goose Up
-- The deletion journal asks for all tombstones by time, not only for those that are deleted again.
DROP INDEX tombstone_at;
CREATE INDEX tombstone_at ON tombstone (at);
