-- +goose Up

-- The index keeps no text of its own and forgets deleted words at once (security.md §5.2).
CREATE VIRTUAL TABLE search_text USING fts5 (words, content = 'search_words', content_rowid = 'n', detail = none, tokenize = 'ascii', prefix = '3 4');
INSERT INTO search_text (search_text, rank) VALUES ('secure-delete', 1);
