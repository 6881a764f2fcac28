-- +goose Up
CREATE TABLE board (
  id      TEXT PRIMARY KEY,     -- tec
  handle  TEXT NOT NULL UNIQUE, -- pub
  kind    TEXT NOT NULL,        -- pub
  state   TEXT NOT NULL,        -- pub
  name    TEXT NOT NULL,        -- pub; folded, for lists
  version BIGINT NOT NULL,      -- tec
  doc     TEXT   NOT NULL       -- pub
);

-- What a board has announced, and which version of it.
CREATE TABLE board_entry (
  board   TEXT NOT NULL REFERENCES board (id) ON DELETE CASCADE, -- pub
  subject TEXT NOT NULL,   -- pub; opportunity or announcement
  version BIGINT NOT NULL, -- tec; grows with what everybody has to know
  at      BIGINT NOT NULL, -- pub; when it came to the board
  PRIMARY KEY (board, subject)
);
CREATE INDEX board_entry_subject ON board_entry (subject);
CREATE INDEX board_entry_at ON board_entry (board, at);
