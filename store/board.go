package store

import (
	"time"

	"seestern/engagement"
)

// Board is a page that people can follow.
func (tx *Tx) Board(id engagement.ID) (engagement.Board, error) {
	return doc[engagement.Board](tx, `SELECT doc FROM board WHERE id = $1`, string(id))
}

// BoardByHandle finds one by its name in addresses.
func (tx *Tx) BoardByHandle(handle string) (engagement.Board, error) {
	return doc[engagement.Board](tx, `SELECT doc FROM board WHERE handle = $1`, handle)
}

// Boards are the active ones: places first, then topics, by name.
func (tx *Tx) Boards() (engagement.Boards, error) {
	return docs[engagement.Board](tx, `SELECT doc FROM board WHERE state = 'active' ORDER BY kind, name, id`)
}

// AllBoards are all of them, archived ones last.
func (tx *Tx) AllBoards() ([]engagement.Board, error) {
	return docs[engagement.Board](tx, `SELECT doc FROM board ORDER BY state, kind, name, id`)
}

// PutBoard writes a board. It returns ErrConflict when another one has its handle.
func (tx *Tx) PutBoard(b *engagement.Board) error {
	return tx.put("board", "id", string(b.ID), &b.Version, b,
		column{"handle", b.Handle},
		column{"kind", string(b.Kind)},
		column{"state", string(b.State)},
		column{"name", fold(b.Name)})
}

// BoardEntry is something that a board has announced.
type BoardEntry struct {
	Board   engagement.ID
	Subject engagement.ID // opportunity or announcement
	Version int           // of the subject, in whatever way it counts
	At      time.Time     // when it came to the board
}

func scanBoardEntry(row func(...any) error) (e BoardEntry, err error) {
	var since int64
	err = row(&e.Board, &e.Subject, &e.Version, &since)
	e.At = at(since)
	return e, err
}

// BoardEntry is what a board has announced of a subject.
func (tx *Tx) BoardEntry(board, subject engagement.ID) (BoardEntry, error) {
	return scanBoardEntry(func(targets ...any) error {
		return tx.scan(`SELECT board, subject, version, at FROM board_entry WHERE board = $1 AND subject = $2`, []any{string(board), string(subject)}, targets...)
	})
}

// BoardsWith are the active boards that have announced a subject.
func (tx *Tx) BoardsWith(subject engagement.ID) (engagement.Boards, error) {
	return docs[engagement.Board](tx, `SELECT b.doc FROM board_entry e JOIN board b ON b.id = e.board WHERE e.subject = $1 AND b.state = 'active' ORDER BY b.id`, string(subject))
}

// BoardEntries are the latest that came to a board.
func (tx *Tx) BoardEntries(board engagement.ID, limit int) ([]BoardEntry, error) {
	return list(tx, scanBoardEntry, `SELECT board, subject, version, at FROM board_entry WHERE board = $1 ORDER BY at DESC, subject DESC LIMIT $2`, string(board), limit)
}

// PutBoardEntry notes that a board has announced a version; the time of the first one stays.
func (tx *Tx) PutBoardEntry(e BoardEntry) error {
	return tx.run(`INSERT INTO board_entry (board, subject, version, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (board, subject) DO UPDATE SET version = excluded.version`, string(e.Board), string(e.Subject), e.Version, ms(e.At))
}

// DeleteBoardEntries takes a subject off every board.
func (tx *Tx) DeleteBoardEntries(subject engagement.ID) error {
	return tx.run(`DELETE FROM board_entry WHERE subject = $1`, string(subject))
}

// CountBoardFollowers counts the accepted followers of every board that has some.
func (tx *Tx) CountBoardFollowers() (map[engagement.ID]int, error) {
	return counts[engagement.ID](tx, `SELECT b.id, count(*) FROM board b JOIN follower f ON f.owner = 'board/' || b.id WHERE f.state = 'accepted' GROUP BY b.id`)
}
