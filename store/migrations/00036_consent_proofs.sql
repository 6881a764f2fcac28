-- +goose Up

-- What is left of consents when an account is deleted: see engagement.ConsentProof. Nothing leads from here to other tables.
CREATE TABLE consent_proof (
  n       BIGSERIAL PRIMARY KEY, -- tec
  person  TEXT   NOT NULL,       -- per; keyed hash of the address
  purpose TEXT   NOT NULL,       -- per
  text    TEXT   NOT NULL,       -- per; version of the words
  paper   TEXT   NOT NULL,       -- per; number of a form, empty for none
  given   BIGINT NOT NULL,       -- per
  ended   BIGINT NOT NULL        -- per
);
CREATE INDEX consent_proof_person ON consent_proof (person);
CREATE INDEX consent_proof_paper ON consent_proof (paper) WHERE paper <> '';
CREATE INDEX consent_proof_ended ON consent_proof (ended);
