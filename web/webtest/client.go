package webtest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Client is one person's browser without scripts: it keeps cookies, follows redirects, fills in forms.
type Client struct {
	Base  string // "http://127.0.0.1:40123"
	t     testing.TB
	http  *http.Client
	extra http.Header
}

// Serve starts a server on a free port of this machine for the length of the test. make gets the base URL first, because a
// site knows its own address.
func Serve(t testing.TB, make func(base string) http.Handler) *Client {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	base := "http://" + s.Listener.Addr().String()
	s.Config.Handler = make(base)
	s.Start()
	t.Cleanup(s.Close)
	return Visit(t, base)
}

// Visit is a new browser on a site that runs already.
func Visit(t testing.TB, base string) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{Base: strings.TrimSuffix(base, "/"), t: t, http: &http.Client{Jar: jar}, extra: http.Header{}}
}

// Another is the browser of somebody else on the same site.
func (c *Client) Another() *Client { return Visit(c.t, c.Base) }

// Header sets a header that every further request carries; an empty value removes it.
func (c *Client) Header(name, value string) *Client {
	if value == "" {
		c.extra.Del(name)
	} else {
		c.extra.Set(name, value)
	}
	return c
}

// Cookies that the browser would send to the site.
func (c *Client) Cookies() []*http.Cookie {
	u, err := url.Parse(c.Base)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.http.Jar.Cookies(u)
}

// SetCookie plants a cookie.
func (c *Client) SetCookie(cookie *http.Cookie) {
	u, err := url.Parse(c.Base)
	if err != nil {
		c.t.Fatal(err)
	}
	c.http.Jar.SetCookies(u, []*http.Cookie{cookie})
}

// Get opens a path of the site, or an absolute address.
func (c *Client) Get(path string) *Page {
	c.t.Helper()
	return c.Do(http.MethodGet, path, nil)
}

// Post sends fields to a path, as a form of the site would.
func (c *Client) Post(path string, fields url.Values) *Page {
	c.t.Helper()
	return c.Do(http.MethodPost, path, fields)
}

// Do sends a request and follows redirects. Fields, if not nil, are the body.
func (c *Client) Do(method, path string, fields url.Values) *Page {
	c.t.Helper()
	return c.send(method, path, fields, nil, nil)
}

func (c *Client) send(method, path string, fields url.Values, files map[string][]byte, meanwhile func()) *Page {
	c.t.Helper()
	address := path
	if !strings.Contains(path, "://") {
		address = c.Base + path
	}
	var body io.Reader
	kind := "application/x-www-form-urlencoded"
	switch {
	case files != nil:
		body, kind = multipartBody(c.t, fields, files)
	case fields != nil:
		body = strings.NewReader(fields.Encode())
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, address, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if fields != nil {
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Origin", c.Base)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if meanwhile != nil { // the transport reads the body when the server asks for it
		req.Header.Set("Expect", "100-continue")
		req.Body = io.NopCloser(&late{req.Body, meanwhile})
	}
	for name, values := range c.extra {
		req.Header[name] = values
	}
	var hops []string
	client := *c.http
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		hops = append(hops, next.URL.RequestURI())
		next.Header.Del("Origin")
		if len(via) > 5 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	resp, err := client.Do(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return c.page(resp, text, hops)
}

// multipartBody is a form with files, as browsers send it.
func multipartBody(t testing.TB, fields url.Values, files map[string][]byte) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, values := range fields {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, content := range files {
		part, err := w.CreateFormFile(name, "../../etc/logo.svg")
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}

// late is a body before which something else happens.
type late struct {
	io.Reader
	before func()
}

func (l *late) Read(b []byte) (int, error) {
	if l.before != nil {
		l.before()
		l.before = nil
	}
	return l.Reader.Read(b)
}

// Raw sends a request, with the headers of the client that it does not set itself, without following redirects and returns the answer with its body read.
func (c *Client) Raw(req *http.Request) (*http.Response, string) {
	c.t.Helper()
	for name, values := range c.extra {
		if req.Header.Get(name) == "" {
			req.Header[name] = values
		}
	}
	client := *c.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp, string(body)
}

func (c *Client) page(resp *http.Response, body []byte, hops []string) *Page {
	c.t.Helper()
	doc, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		c.t.Fatal(err)
	}
	return &Page{Status: resp.StatusCode, Header: resp.Header, Path: resp.Request.URL.RequestURI(), Hops: hops, Body: string(body), client: c, doc: doc}
}
