package web

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
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

// NewQRCode encodes an address in byte mode with error correction M.
func NewQRCode(address string) (QRCode, error) {
	code, err := qr.Encode(address, qr.M, qr.Unicode)
	if err != nil {
		return QRCode{}, fmt.Errorf("QR code of %d bytes: %w", len(address), err)
	}
	bounds := code.Bounds()
	var path strings.Builder
	var runs [][3]int
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			run := 0
			for x+run < bounds.Max.X {
				if lightness, _, _, _ := code.At(x+run, y).RGBA(); lightness > 0x7fff {
					break
				}
				run++
			}
			if run > 0 {
				at := [3]int{x - bounds.Min.X + quietZone, y - bounds.Min.Y + quietZone, run}
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
	return QRCode{Size: bounds.Dx() + 2*quietZone, Path: path.String(), Runs: runs, Says: says}, nil
}
