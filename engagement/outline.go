package engagement

import (
	"time"

	"seestern/geo"
)

// OutlineLayer is a set of borders that every map of the instance shows: of the region, or of its parts (UI: Umrisse). An operator imports it.
type OutlineLayer struct {
	Layer       Code      `class:"pub"` // vocabulary outline_layer
	Attribution string    `class:"pub"` // whom the terms want named, ≤ 200; stands under every map that shows it
	Licence     string    `class:"pub"` // ≤ 100
	Date        Date      `class:"pub"` // of the data
	Lines       int       `class:"tec"`
	Points      int       `class:"tec"`
	Imported    time.Time `class:"tec"`
}

// Outline is a border of a layer.
type Outline struct {
	Layer Code
	Line  geo.Line
}

// ImportOutlines puts the borders of a layer in place of those that it had.
func ImportOutlines(tx Tx, by Actor, l OutlineLayer, lines []geo.Line) error {
	if err := must(by, Change, Thing{Noun: AnInstance}); err != nil {
		return err
	}
	var bad Invalids
	bad.Code("layer", OutlineLayers, l.Layer, true)
	bad.Text("attribution", l.Attribution, 3, 200)
	bad.Text("licence", l.Licence, 2, 100)
	if !l.Date.Valid() || l.Date > DateOf(tx.Now()) {
		bad.Add("date", "error.date.unknown")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	l.Lines, l.Points, l.Imported = len(lines), 0, tx.Now()
	for _, line := range lines {
		l.Points += len(line)
	}
	if err := tx.PutOutlines(l, lines); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: "outlines.import", Object: ID(l.Layer)})
}

// RemoveOutlines takes a layer off the maps.
func RemoveOutlines(tx Tx, by Actor, layer Code) error {
	if err := must(by, Change, Thing{Noun: AnInstance}); err != nil {
		return err
	}
	if err := tx.DeleteOutlines(layer); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: "outlines.remove", Object: ID(layer)})
}
