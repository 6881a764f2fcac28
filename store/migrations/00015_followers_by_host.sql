-- +goose Up

-- What a server is told of its own accounts among the followers of an actor.
CREATE INDEX follower_owner_host ON follower (owner, host);
