-- +goose Up

-- words are analysed: see analyse.go. The index keeps no text of its own and forgets deleted words at once (security.md §5.2).
CREATE TABLE search_words (
  n     BIGINT PRIMARY KEY REFERENCES search (n) ON DELETE CASCADE, -- tec
  words TEXT NOT NULL -- pub
);
CREATE VIRTUAL TABLE search_text USING fts5 (words, content = 'search_words', content_rowid = 'n', detail = none, tokenize = 'ascii', prefix = '3 4');
INSERT INTO search_text (search_text, rank) VALUES ('secure-delete', 1);
