package main

import (
	"context"
	"net"
	"net/http"
	"path/filepath"

	"seestern/web"
)

// serveMailbox shows all mails of the demo on one page.
func serveMailbox(ctx context.Context, address string, instances []*demoInstance) error {
	var folders []string
	for _, i := range instances {
		folders = append(folders, filepath.Join(i.dir, "mail"))
	}
	mailbox, err := web.Mailbox(folders...)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: readHeaderTimeout, Handler: mailbox}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	go func() { _ = server.Serve(listener) }()
	return nil
}
