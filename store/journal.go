package store

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"seestern/engagement"
)

// The deletion journal is a file that says what was deleted here lately: hash, noun and time of each, nothing personal. It belongs to no
// backup, so that restoring one can delete again what was deleted since. Its name is Config.Journal; without one nothing is written.

// journalLife is longer than backups may be kept (security.md §4.5).
const journalLife = 35 * day1

// grave is a line of the journal: a row of the table of tombstones.
type grave struct {
	hash, noun string
	at         int64 // ms
	own        int
}

// WriteJournal brings the file up to date if something was deleted since it was written last. Who calls it decides how much a crash that
// takes the database with it may forget.
func (s *Store) WriteJournal(ctx context.Context) error {
	if s.config.Journal == "" {
		return nil
	}
	var graves []grave
	err := s.View(ctx, func(tx *Tx) (err error) {
		graves, err = list(tx, func(row func(...any) error) (g grave, err error) { return g, row(&g.hash, &g.noun, &g.at, &g.own) },
			`SELECT hash, noun, at, own FROM tombstone WHERE at > $1 ORDER BY at, hash`, ms(tx.now.Add(-journalLife)))
		return err
	})
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, g := range graves {
		fmt.Fprintf(&text, "%s\t%s\t%d\t%d\n", g.hash, g.noun, g.at, g.own)
	}
	if old, err := os.ReadFile(s.config.Journal); err == nil && string(old) == text.String() {
		return nil
	}
	return replaceFile(s.config.Journal, text.String())
}

// replaceFile writes a file that only its owner can read, so that at every moment the old or the new one is there.
func replaceFile(path, text string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// readJournal returns what the file says, nothing if there is none.
func readJournal(path string) (graves []grave, err error) {
	file, err := os.Open(path)
	if path == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		cells := strings.Split(lines.Text(), "\t")
		if len(cells) != 4 {
			return nil, fmt.Errorf("%s: line %d is no line of a deletion journal", path, n)
		}
		when, timeErr := strconv.ParseInt(cells[2], 10, 64)
		own, ownErr := strconv.Atoi(cells[3])
		if err := cmp.Or(timeErr, ownErr); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		graves = append(graves, grave{cells[0], cells[1], when, own})
	}
	return graves, lines.Err()
}

// mortal are the things that leave a tombstone, by the noun on it: how to list what it may stand for, as id and name that was hashed, and
// how to delete one.
var mortal = map[string]struct {
	list   string
	delete func(*Tx, string) error
}{
	"account": {`SELECT id, id FROM account`, func(tx *Tx, id string) error {
		_, err := engagement.EraseAccount(tx, engagement.ID(id))
		return err
	}},
	"match request":  {`SELECT id, id FROM match_request`, func(tx *Tx, id string) error { return tx.DeleteMatchRequest(engagement.ID(id)) }},
	nounSignUp:       {`SELECT id, id FROM sign_up`, func(tx *Tx, id string) error { return tx.DeleteSignUp(engagement.ID(id)) }},
	NounOpportunity:  {`SELECT id, coalesce(iri, id) FROM opportunity`, func(tx *Tx, id string) error { return tx.DeleteOpportunity(engagement.ID(id)) }},
	nounDirected:     {`SELECT id, id FROM opportunity`, func(tx *Tx, id string) error { return tx.DeleteOpportunity(engagement.ID(id)) }},
	NounHelpOffer:    {`SELECT id, coalesce(iri, id) FROM help_offer`, func(tx *Tx, id string) error { return tx.DeleteHelpOffer(engagement.ID(id)) }},
	nounShared:       {`SELECT id, id FROM help_offer`, func(tx *Tx, id string) error { return tx.DeleteHelpOffer(engagement.ID(id)) }},
	"actor":          {`SELECT iri, iri FROM remote_actor`, (*Tx).DeleteRemoteActor},
	nounCertificate:  {`SELECT id, id FROM certificate WHERE account IS NOT NULL`, func(tx *Tx, id string) error { return engagement.ForgetCertificate(tx, engagement.ID(id)) }},
	nounHours:        {`SELECT id, id FROM hours WHERE account IS NOT NULL`, func(tx *Tx, id string) error { return engagement.ForgetHours(tx, engagement.ID(id)) }},
	nounCalendar:     {`SELECT account, secret FROM calendar_feed`, func(tx *Tx, id string) error { return tx.DeleteCalendarFeed(engagement.ID(id)) }},
	nounHelperLink:   {`SELECT id, id FROM helper_link`, func(tx *Tx, id string) error { return tx.DeleteHelperLink(engagement.ID(id)) }},
	nounSubscription: {`SELECT id, id FROM subscription`, func(tx *Tx, id string) error { return tx.DeleteSubscription(engagement.ID(id)) }},
}

// deleteAgain deletes what the journal says was deleted, and keeps its tombstones. It returns how many things it found alive.
func (tx *Tx) deleteAgain(graves []grave) (n int, err error) {
	byNoun := map[string]map[string]bool{}
	for _, g := range graves {
		if byNoun[g.noun] == nil {
			byNoun[g.noun] = map[string]bool{}
		}
		byNoun[g.noun][g.hash] = true
	}
	for noun, m := range mortal {
		if len(byNoun[noun]) == 0 {
			continue
		}
		found, err := list(tx, func(row func(...any) error) (pair [2]string, err error) { return pair, row(&pair[0], &pair[1]) }, m.list)
		if err != nil {
			return n, err
		}
		for _, pair := range found {
			if !byNoun[noun][idHash(pair[1])] {
				continue
			}
			if err := m.delete(tx, pair[0]); err != nil && !errors.Is(err, engagement.ErrNotFound) { // gone with something else
				return n, fmt.Errorf("delete %s again: %w", noun, err)
			}
			n++
		}
	}
	for _, g := range graves { // with the time of the first deletion
		if err := tx.run(`INSERT INTO tombstone (hash, noun, at, own) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO UPDATE SET at = excluded.at`, g.hash, g.noun, g.at, g.own); err != nil {
			return n, err
		}
	}
	return n, nil
}
