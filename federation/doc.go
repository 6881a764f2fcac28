// Package federation is everything Seestern says to and believes of other servers: identities, HTTP signatures, the envelope of
// activities, the one hardened HTTP client, and above them the documents, the inbox and the delivery of ActivityPub. What a
// signature must cover, whose word counts for which object, and how much a stranger may cost us is decided here and nowhere
// else. The package knows the wire format; it must not know HTML pages or SQL, must not dial anywhere outside client.go, and
// exports nothing that mentions the ActivityStreams library.
package federation
