-- +goose Up

-- words are analysed: see analyse.go.
CREATE TABLE search_words (
  n     BIGINT PRIMARY KEY REFERENCES search (n) ON DELETE CASCADE, -- tec
  words TSVECTOR NOT NULL -- pub
);
CREATE INDEX search_words_words ON search_words USING gin (words) WITH (fastupdate = off);
