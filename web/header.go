package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
)

// policy is the Content-Security-Policy of pages: own origin only, nothing inline, no data: URL.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; media-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types seestern default"

// securityHeaders are on every answer, be it page, error, redirect or asset.
func securityHeaders(base *url.URL) map[string]string {
	h := map[string]string{
		"Content-Security-Policy":      policy,
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Permissions-Policy":           "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), interest-cohort=(), browsing-topics=()",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
	}
	if base.Scheme == "https" {
		h["Content-Security-Policy"] += "; upgrade-insecure-requests"
		h["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
	}
	return h
}

// forEverybody is the Cache-Control of what everybody gets alike and everybody's cache may keep.
const forEverybody = "public, max-age=60"

// vary is what every page depends on.
const vary = "Cookie, Accept-Encoding, Seestern-Part"

// cacheHeaders sets who may keep an answer of a route, and for how long.
func (w *Response) cacheHeaders() {
	r, h := w.request, w.header
	set := func(name, value string) {
		if h.Get(name) == "" {
			h.Set(name, value)
		}
	}
	set("Vary", vary)
	if r.route != nil && r.route.token {
		h.Set("X-Robots-Tag", "noindex, nofollow")
		if !r.issued { // under no-referrer browsers send "Origin: null" with a form
			h.Set("Referrer-Policy", "no-referrer")
		}
	}
	private := r.hadCookie || r.issued || r.Method == http.MethodPost || // what somebody sent may stand in the answer
		r.route != nil && r.route.private() || h.Get("Set-Cookie") != ""
	switch {
	case w.Status >= 400, w.Status == http.StatusSeeOther && !private:
		set("Cache-Control", "no-store")
	case private:
		set("Cache-Control", "private, no-store")
	default:
		set("Cache-Control", forEverybody)
		if w.body != nil && h.Get("ETag") == "" {
			sum := sha256.Sum256(w.body.Bytes())
			h.Set("ETag", `W/"`+hex.EncodeToString(sum[:10])+`"`) // weak: the same for both encodings
		}
	}
}
