-- +goose Up
-- Pictures that everybody may see, encoded anew.
CREATE TABLE picture (
  id      TEXT   PRIMARY KEY, -- pub: random, the name in addresses
  type    TEXT   NOT NULL,    -- pub: image/png or image/jpeg
  width   BIGINT NOT NULL,    -- pub: pixels
  height  BIGINT NOT NULL,    -- pub
  bytes   BYTEA  NOT NULL,    -- pub
  kept    BIGINT NOT NULL,    -- tec: 0 while nothing uses it
  created BIGINT NOT NULL     -- tec
);
