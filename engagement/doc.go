// Package engagement is the language and the rules of volunteering: the nouns (organization, opportunity, profile, match
// request, partner …), their states, who may do what, deadlines and the controlled vocabularies. A rule is a function over a
// [Tx]; it reads, decides, writes and emits the events that announce the change, all in the caller's transaction. The package
// knows codes, never sentences for people, and nothing of HTTP, SQL, HTML or the wire.
package engagement
