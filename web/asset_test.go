package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"seestern/web"
	"seestern/web/webtest"
)

// needAssets skips a test when the program was built without `make assets`.
func needAssets(t *testing.T) {
	t.Helper()
	if err := web.CheckAssets(); err == nil {
		return
	} else if os.Getenv("SEESTERN_REQUIRE_ASSETS") == "1" {
		t.Fatal(err)
	} else {
		t.Skip(err)
	}
}

// manifest is what the build wrote about its files.
func manifest(t *testing.T) map[string]struct {
	File       string
	Size, Gzip int
} {
	t.Helper()
	needAssets(t)
	content, err := os.ReadFile("static/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var files map[string]struct {
		File       string
		Size, Gzip int
	}
	if err := json.Unmarshal(content, &files); err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAssets(t *testing.T) {
	files := manifest(t)
	s := start(t)
	for name, file := range files {
		t.Run(name+" is served as built, to be kept forever", func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("static", file.File))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(want)
			if hash := hex.EncodeToString(sum[:])[:10]; !strings.Contains(file.File, "."+hash+".") {
				t.Errorf("%s does not hold the hash %s", file.File, hash)
			}
			for _, accept := range []string{"identity", "gzip"} {
				req, err := http.NewRequestWithContext(t.Context(), "GET", s.Base+"/stil/"+file.File, nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Accept-Encoding", accept)
				resp, body := s.Raw(req)
				got := []byte(body)
				if resp.Header.Get("Content-Encoding") == "gzip" {
					z, err := gzip.NewReader(bytes.NewReader(got))
					if err != nil {
						t.Fatal(err)
					}
					var b bytes.Buffer
					if _, err := b.ReadFrom(z); err != nil {
						t.Fatal(err)
					}
					got = b.Bytes()
				} else if accept == "gzip" && !strings.HasSuffix(name, ".woff2") {
					t.Error("not compressed")
				}
				if resp.StatusCode != 200 || !bytes.Equal(got, want) || resp.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || strings.HasPrefix(resp.Header.Get("Content-Type"), "application/octet") {
					t.Errorf("%s: status %d, %d bytes of %d, %q, %q", accept, resp.StatusCode, len(got), len(want), resp.Header.Get("Cache-Control"), resp.Header.Get("Content-Type"))
				}
			}
		})
	}
	for _, path := range []string{"/stil/", "/stil/README", "/stil/manifest.json", "/stil/../server.go", "/stil/site.css", "/stil/" + files["site.css"].File + ".gz"} {
		t.Run(path+" is not there", func(t *testing.T) {
			if resp := s.raw(t, "GET", path, nil, nil); resp.StatusCode != 404 && resp.StatusCode != 301 {
				t.Errorf("got %d", resp.StatusCode)
			}
		})
	}
}

func TestStyleSheetsKeepTheirPromises(t *testing.T) {
	files := manifest(t)
	for _, name := range []string{"kern.css", "site.css", "rtl.css"} {
		content, err := os.ReadFile(filepath.Join("static", files[name].File))
		if err != nil {
			t.Fatal(err)
		}
		for what, pattern := range map[string]string{
			"colors that older browsers do not know": `oklch\(|color-mix\(`, "data: URLs": `data:`, "imports": `@import`, "addresses elsewhere": `url\(["']?(https?:)?//`,
			"sides instead of start and end": `[;{ ](margin|padding)-(left|right):`,
		} {
			if found := regexp.MustCompile(pattern).Find(content); found != nil {
				t.Errorf("%s has %s: %s", name, what, found)
			}
		}
	}
}

func TestWeights(t *testing.T) {
	files := manifest(t)
	css := files["kern.css"].Gzip + files["site.css"].Gzip
	always := css + files["app.js"].Gzip + files["fira-sans-400.woff2"].Size + files["fira-sans-600.woff2"].Size + files["icon.svg"].Gzip
	if css > 24_000 || files["app.js"].Gzip > 10_000 {
		t.Errorf("style %d bytes of 24000, script %d of 10000", css, files["app.js"].Gzip)
	}
	s := start(t)
	for _, path := range []string{"/angebote", "/muster/frage", "/", "/nix"} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.Base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", "gzip")
		_, body := s.Raw(req)
		t.Logf("%-16s page %6d  style %6d  script %5d  cold %6d", path, len(body), css, files["app.js"].Gzip, always+len(body))
		if len(body) > 15_000 || always+len(body) > 100_000 {
			t.Errorf("%s: page %d bytes of 15000, cold %d of 100000", path, len(body), always+len(body))
		}
	}
}

func TestWithoutAssetsPagesArePlain(t *testing.T) {
	var out logs
	handler := web.SiteWithStatic(t, fstest.MapFS{"static/README": {}}, slog.New(slog.NewTextHandler(&out, nil)))
	if got := strings.Count(out.String(), "level=ERROR"); got != 1 || !strings.Contains(out.String(), "run make assets") {
		t.Errorf("%d error lines: %s", got, out.String())
	}
	page := webtest.Serve(t, handler).Get("/angebote").Want(200)
	if page.Has("link[rel=stylesheet], script") || page.Text("h1") == "" {
		t.Errorf("head: %s", page.Body[:600])
	}
	if _, err := web.LoadAssets(fstest.MapFS{"static/manifest.json": {Data: []byte("{")}}); err == nil || errors.Is(err, web.ErrNoAssets) {
		t.Errorf("a broken manifest: %v", err)
	}
}
