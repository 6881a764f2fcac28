package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// recorder stands in front of the instances and keeps everything they say to each other.
type recorder struct {
	mu      sync.Mutex
	traffic []string // request and answer, headers and bodies, one entry each
}

// serve passes requests for an instance on and records those of other instances.
func (r *recorder) serve(ctx context.Context, i *demoInstance) error {
	target := &url.URL{Scheme: "http", Host: i.listen}
	base, err := url.Parse(i.base)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:"+base.Port())
	if err != nil {
		return err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = p.In.Host
		},
		ModifyResponse: func(answer *http.Response) error {
			if answer.Request.Header.Get("User-Agent") == browserAgent {
				return nil
			}
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				return err
			}
			answer.Body = io.NopCloser(bytes.NewReader(body))
			head, err := httputil.DumpResponse(answer, false)
			r.keep(string(head) + string(body))
			return err
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := &http.Server{ReadHeaderTimeout: readHeaderTimeout, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("User-Agent") != browserAgent {
			dump, err := httputil.DumpRequest(req, true)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.keep(string(dump))
		}
		proxy.ServeHTTP(w, req)
	})}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	go func() { _ = server.Serve(listener) }()
	return nil
}

func (r *recorder) keep(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.traffic = append(r.traffic, s)
}

// count says in how many entries one of the words occurs, as it is or as JSON and addresses write it, and how many entries there are.
func (r *recorder) count(words ...string) (found, entries int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, entry := range r.traffic {
		lower := strings.ToLower(entry)
		for _, w := range words {
			w = strings.ToLower(w)
			if strings.Contains(lower, w) || strings.Contains(lower, url.QueryEscape(w)) {
				found++
				break
			}
		}
	}
	return found, len(r.traffic)
}
