// Package store is the memory of an instance: every noun of engagement, the rows of the federation, text and radius search, events,
// deliveries and jobs, migrations, backup. It speaks SQL to SQLite or PostgreSQL and gives out Go values; what differs between the two
// engines is in sqlite.go and postgres.go. It knows nothing of HTTP, of ActivityStreams, or of who may see what: that arrives as a value.
//
// All reading and writing happens in [Store.View] and [Store.Update]. A business change and the events that announce it are written in
// the same Update, so either both exist or neither does. Whoever handles events, jobs and deliveries leases them, does the work outside,
// and reports in another Update; a lease that nobody reports on ends by itself.
package store
