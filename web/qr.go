package web

import (
	"fmt"
	"strings"

	qr "github.com/piglig/go-qr"
)

// QRCode is a code as one SVG path, drawn by the template part "qr". It never holds a sign-in, calendar or
// personal token; the page that sets a second factor up is the one that shows a secret.
type QRCode struct {
	Size int      // width and height in modules, with the quiet zone
	Path string   // SVG path data, one unit per module
	Runs [][3]int // the same as dark stripes: left, top and length, in modules
	Says string   // what it leads to, without the scheme: stands beside it as text
}

// quietZone is the white border that readers need, in modules.
const quietZone = 4

// NewQRCode encodes an address with error correction M, or a better one that needs no more room.
func NewQRCode(address string) (QRCode, error) {
	code, err := qr.EncodeText(address, qr.Medium)
	if err != nil {
		return QRCode{}, fmt.Errorf("QR code of %d bytes: %w", len(address), err)
	}
	size := code.Size()
	var path strings.Builder
	var runs [][3]int
	for y := range size {
		for x := 0; x < size; x++ {
			run := 0
			for code.Module(x+run, y) { // nothing beyond the edge is dark
				run++
			}
			if run > 0 {
				at := [3]int{x + quietZone, y + quietZone, run}
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", at[0], at[1], run, run)
				runs = append(runs, at)
				x += run
			}
		}
	}
	_, says, found := strings.Cut(address, "://")
	if !found {
		says = address
	}
	return QRCode{Size: size + 2*quietZone, Path: path.String(), Runs: runs, Says: says}, nil
}
