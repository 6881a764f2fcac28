package web

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"seestern/engagement"
	"seestern/store"
)

// pictureArea shows the pictures that everybody may see.
var pictureArea = area{
	name:   "picture",
	routes: []route{{path: picturePath + "{id:[0-9a-f]{32}}", get: (*Server).picture}},
}

const picturePath = "/bilder/"

// picturePolicy keeps a browser from doing anything with a picture but showing it.
const picturePolicy = "default-src 'none'; sandbox"

func (s *Server) picture(w *Response, r *Request) error {
	var p engagement.Picture
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		p, err = tx.Picture(engagement.ID(r.Var("id")))
		return err
	})
	if err != nil {
		return err
	}
	w.header.Set("Content-Security-Policy", picturePolicy)
	w.header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.header.Set("Cache-Control", "public, max-age=86400")
	return w.File(p.Type, "", p.Bytes)
}

// Limits of a logo: bytes of the file, and of the form around it; pixels of it; and the box into which it is made to fit, twice as large
// as it is shown.
const (
	logoFile   = 2 << 20
	logoBytes  = logoFile + bodyBytes
	logoPixels = 4_000_000
)

var logoBox = image.Pt(480, 176)

// What can be wrong with a file: the end of the locale key error.picture.
var (
	errPictureKind  = errors.New("kind")
	errPictureLarge = errors.New("large")
)

// readPicture takes PNG and JPEG, whatever they are called, and makes a new picture of their pixels that fits into a box: nothing else of
// the file remains. How large a picture is is known before it is decoded.
func readPicture(file []byte, box image.Point) (p engagement.Picture, err error) {
	if len(file) > logoFile {
		return p, errPictureLarge
	}
	decode, encode, kind := png.Decode, func(b *bytes.Buffer, m image.Image) error { return png.Encode(b, m) }, "image/png"
	config, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		if config, err = jpeg.DecodeConfig(bytes.NewReader(file)); err != nil {
			return p, errPictureKind
		}
		decode, encode, kind = jpeg.Decode, func(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, &jpeg.Options{Quality: 88}) }, "image/jpeg"
	}
	if config.Width*config.Height > logoPixels || config.Width > logoPixels || config.Height > logoPixels {
		return p, errPictureLarge
	}
	pixels, err := decode(bytes.NewReader(file))
	if err != nil || pixels.Bounds().Empty() {
		return p, errPictureKind
	}
	small := shrunk(pixels, box)
	var b bytes.Buffer
	if err := encode(&b, small); err != nil {
		return p, err
	}
	return engagement.Picture{Type: kind, Width: small.Bounds().Dx(), Height: small.Bounds().Dy(), Bytes: b.Bytes()}, nil
}

// shrunk is a copy of a picture, made smaller until it fits into the box: every pixel is the mean of those it stands for.
func shrunk(m image.Image, box image.Point) *image.NRGBA {
	from := m.Bounds()
	width, height := from.Dx(), from.Dy()
	if scale := min(float64(box.X)/float64(width), float64(box.Y)/float64(height)); scale < 1 {
		width, height = max(1, int(float64(width)*scale)), max(1, int(float64(height)*scale))
	}
	to := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			to.Set(x, y, mean(m, image.Rect(from.Min.X+x*from.Dx()/width, from.Min.Y+y*from.Dy()/height, from.Min.X+(x+1)*from.Dx()/width, from.Min.Y+(y+1)*from.Dy()/height)))
		}
	}
	return to
}

func mean(m image.Image, of image.Rectangle) color.Color {
	var r, g, b, a, n uint64
	for y := of.Min.Y; y < of.Max.Y; y++ {
		for x := of.Min.X; x < of.Max.X; x++ {
			pr, pg, pb, pa := m.At(x, y).RGBA()
			r, g, b, a, n = r+uint64(pr), g+uint64(pg), b+uint64(pb), a+uint64(pa), n+1
		}
	}
	return color.RGBA64{uint16(r / n), uint16(g / n), uint16(b / n), uint16(a / n)}
}
