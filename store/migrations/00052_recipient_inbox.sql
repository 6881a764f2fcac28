-- What the inbox of an actor that is gone got is found without reading what everybody got.

-- +goose Up
CREATE INDEX recipient_inbox ON recipient (inbox);
