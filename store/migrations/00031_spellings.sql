-- +goose Up

-- Which words search_words has, as hashes of 24 bits: see spelling.go. It is written anew with them.
CREATE TABLE search_spelling (
  hash INTEGER PRIMARY KEY -- tec
);
