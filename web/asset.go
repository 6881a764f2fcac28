package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:static
var staticFiles embed.FS

// assets are the files that `make assets` builds: style, script, fonts, licence texts. Their names hold a hash of the
// content, so browsers keep them forever. Without a manifest there are none, and pages are served without style.
type assets struct {
	files map[string]asset // logical name, "site.css" → file
	known map[string]bool  // names of files as they are requested
	dir   fs.FS
}

type asset struct {
	File string `json:"file"`
	Size int    `json:"size"` // bytes
	Gzip int    `json:"gzip"` // bytes when compressed
}

// ErrNoAssets says that the program was built without `make assets`.
var ErrNoAssets = errors.New("assets missing: run make assets and build again; pages are served without style")

func loadAssets(files fs.FS) (*assets, error) {
	dir, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	a := &assets{files: map[string]asset{}, known: map[string]bool{}, dir: dir}
	manifest, err := fs.ReadFile(dir, "manifest.json")
	if err != nil {
		return a, ErrNoAssets
	}
	if err := json.Unmarshal(manifest, &a.files); err != nil {
		return a, fmt.Errorf("assets: manifest.json: %w", err)
	}
	for _, f := range a.files {
		a.known[f.File] = true
	}
	return a, nil
}

// CheckAssets says whether the program has its style sheets: nil or [ErrNoAssets].
func CheckAssets() error {
	_, err := loadAssets(staticFiles)
	return err
}

const assetPrefix = "/stil/"

// path is where a page finds an asset; "" if there is none.
func (a *assets) path(name string) string {
	f, ok := a.files[name]
	if !ok {
		return ""
	}
	return assetPrefix + f.File
}

// serve answers GET and HEAD of /stil/<file>, precompressed if the client takes gzip. It returns false for other names.
func (a *assets) serve(w http.ResponseWriter, r *http.Request, name string) bool {
	if !a.known[name] {
		return false
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", contentTypes[path.Ext(name)])
	if acceptsGzip(r) {
		if zipped, err := fs.ReadFile(a.dir, name+".gz"); err == nil {
			h.Set("Content-Encoding", "gzip")
			h.Set("Vary", "Accept-Encoding")
			writeBody(w, r, http.StatusOK, zipped)
			return true
		}
	}
	content, err := fs.ReadFile(a.dir, name)
	if err != nil {
		return false
	}
	if !strings.HasSuffix(name, ".woff2") {
		h.Set("Vary", "Accept-Encoding")
	}
	writeBody(w, r, http.StatusOK, content)
	return true
}

// contentTypes by ending, because the tables of the system differ.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2",
}
