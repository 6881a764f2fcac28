package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOutlinesAreImportedAtTheCommandLine(t *testing.T) {
	o := newOperator(t)
	file := filepath.Join(t.TempDir(), "bezirk.geojson")
	if err := os.WriteFile(file, []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon",
		"coordinates":[[[13.5,52.4],[13.6,52.4],[13.6,52.5],[13.5,52.4]]]}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"geo", "outlines", file, "--layer", "region", "--attribution", "Landesamt", "--licence", "dl-de/zero-2-0", "--date"}
	if got := o.must(append(args, "2026-01-01")...); got["Areas"] != 1.0 || got["After"] != 4.0 {
		t.Errorf("got %v", got)
	}
	for wrong, args := range map[string][]string{
		"a date that does not come": append(args, "2026-02-30"),
		"no outlines":               {"geo", "outlines", o.config, "--layer", "part", "--attribution", "x", "--licence", "y", "--date", "2026-01-01"},
		"another layer":             {"geo", "outlines", file, "--layer", "world", "--attribution", "x", "--licence", "y", "--date", "2026-01-01"},
	} {
		if code, _, errs := o.run(args...); code == 0 || strings.TrimSpace(errs) == "" {
			t.Errorf("%s: exit %d: %s", wrong, code, errs)
		}
	}
}
