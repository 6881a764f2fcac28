package federation_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"testing"

	"seestern/engagement"
	"seestern/federation"
	"seestern/store"
)

func TestEverySentinelHasAnAnswer(t *testing.T) {
	want := map[string]struct {
		err        error
		status     int
		retryAfter string
	}{
		"ErrIgnored":              {federation.ErrIgnored, 202, ""},
		"ErrReplayed":             {federation.ErrReplayed, 202, ""},
		"ErrMalformed":            {federation.ErrMalformed, 400, ""},
		"ErrSignature":            {federation.ErrSignature, 401, ""},
		"ErrUnsigned":             {federation.ErrUnsigned, 401, ""},
		"ErrTooLarge":             {federation.ErrTooLarge, 413, ""},
		"ErrMediaType":            {federation.ErrMediaType, 415, ""},
		"ErrWrongHost":            {federation.ErrWrongHost, 421, ""},
		"ErrMethod":               {federation.ErrMethod, 405, ""},
		"ErrKeyTrouble":           {federation.ErrKeyTrouble, 503, "300"},
		"ErrOverloaded":           {federation.ErrOverloaded, 503, "30"},
		"ErrFrozen":               {federation.ErrFrozen, 503, "600"},
		"store.ErrBroken":         {store.ErrBroken, 503, "600"},
		"engagement.ErrForbidden": {engagement.ErrForbidden, 403, ""},
		"engagement.ErrNotFound":  {engagement.ErrNotFound, 404, ""},
		"engagement.ErrGone":      {engagement.ErrGone, 410, ""},
		"engagement.ErrTooMany":   {engagement.ErrTooMany, 429, "300"},
		"engagement.ErrConflict":  {engagement.ErrConflict, 500, ""},
		"engagement.ErrStale":     {engagement.ErrStale, 500, ""},
		"store.ErrBusy":           {store.ErrBusy, 503, "30"},
		"store.ErrFull":           {store.ErrFull, 503, "300"},
		"anything else":           {errors.New("x"), 500, ""},
	}
	for name, tt := range want {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			federation.WriteError(w, httptest.NewRequest("POST", "/ap/inbox", nil), fmt.Errorf("secret reason: %w", tt.err))
			if w.Code != tt.status || w.Header().Get("Retry-After") != tt.retryAfter {
				t.Errorf("got %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
			}
			body := fmt.Sprintf(`{"title":%q,"status":%d}`+"\n", statusText(tt.status), tt.status)
			if tt.status == 202 {
				body = ""
			}
			if w.Body.String() != body {
				t.Errorf("got body %q, want %q", w.Body, body)
			}
		})
	}
	t.Run("the table above names all of them", func(t *testing.T) {
		for prefix, name := range map[string]string{"": "errors.go", "engagement.": "../engagement/errors.go"} {
			for _, sentinel := range sentinels(t, name) {
				if _, ok := want[prefix+sentinel]; !ok {
					t.Errorf("%s%s is missing", prefix, sentinel)
				}
			}
		}
	})
}

func statusText(status int) string {
	return map[int]string{
		400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 410: "Gone", 413: "Request Entity Too Large",
		405: "Method Not Allowed",
		415: "Unsupported Media Type", 421: "Misdirected Request", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable",
	}[status]
}

// sentinels are the exported variables of a file whose names begin with Err.
func sentinels(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			for _, n := range s.(*ast.ValueSpec).Names {
				if ast.IsExported(n.Name) && len(n.Name) > 3 && n.Name[:3] == "Err" {
					names = append(names, n.Name)
				}
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("no sentinel in %s", name)
	}
	return names
}
