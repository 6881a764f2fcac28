package store

import "context"

// Backup writes a verified copy of the database to a new file that [Restore] reads.
func (s *Store) Backup(ctx context.Context, path string) error { return s.engine.backup(ctx, path) }
