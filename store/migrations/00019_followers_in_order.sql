-- +goose Up

-- What a server is told of its own accounts among the followers of an actor, in the order in which it is told. Without the actor in it the
-- index is passed over for the primary key, which has that order, and every delivery reads all followers.
DROP INDEX follower_owner_host;
CREATE INDEX follower_owner_host ON follower (owner, host, actor);
