package store

import (
	"math"

	"seestern/engagement"
	"seestern/geo"
)

// PutOutlines stores a layer with its borders instead of those it had.
func (tx *Tx) PutOutlines(l engagement.OutlineLayer, lines []geo.Line) error {
	if err := tx.DeleteOutlines(l.Layer); err != nil {
		return err
	}
	text, err := encode(l)
	if err != nil {
		return err
	}
	if err := tx.run(`INSERT INTO outline_layer (layer, doc) VALUES ($1, $2)`, string(l.Layer), text); err != nil {
		return err
	}
	for n, line := range lines {
		text, err := encode(line)
		if err != nil {
			return err
		}
		south, west, north, east := corners(geo.BoxOf(line...))
		if err := tx.run(`INSERT INTO outline (layer, line, south, west, north, east, points) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			string(l.Layer), n, south, west, north, east, text); err != nil {
			return err
		}
	}
	return nil
}

// DeleteOutlines removes a layer.
func (tx *Tx) DeleteOutlines(layer engagement.Code) error {
	if err := tx.run(`DELETE FROM outline WHERE layer = $1`, string(layer)); err != nil {
		return err
	}
	return tx.run(`DELETE FROM outline_layer WHERE layer = $1`, string(layer))
}

// OutlineLayers are all layers.
func (tx *Tx) OutlineLayers() ([]engagement.OutlineLayer, error) {
	return docs[engagement.OutlineLayer](tx, `SELECT doc FROM outline_layer ORDER BY layer`)
}

// Outlines are the borders that may be seen in a box, layer by layer.
func (tx *Tx) Outlines(b geo.Box) ([]engagement.Outline, error) {
	south, west, north, east := corners(b)
	return list(tx, func(row func(...any) error) (o engagement.Outline, err error) {
		var text []byte
		if err := row(&o.Layer, &text); err != nil {
			return o, err
		}
		return o, decode(text, &o.Line)
	}, `SELECT layer, points FROM outline WHERE north >= $1 AND south <= $2 AND east >= $3 AND west <= $4 ORDER BY layer, line`, south, north, west, east)
}

// corners are the sides of a box in the unit of the columns, 1e-5 degrees.
func corners(b geo.Box) (south, west, north, east int64) {
	unit := func(degrees float64) int64 { return int64(math.Round(degrees * 1e5)) }
	return unit(b.South), unit(b.West), unit(b.North), unit(b.East)
}
