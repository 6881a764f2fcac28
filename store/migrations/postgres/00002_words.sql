-- +goose Up

CREATE INDEX search_words_words ON search_words USING gin (array_to_tsvector(string_to_array(words, ' '))) WITH (fastupdate = off);
