-- Whether an actor has reacted already is found without reading everybody's reactions to the same thing.

-- +goose Up
CREATE INDEX reaction_actor ON reaction (subject, kind, actor, at, id);
