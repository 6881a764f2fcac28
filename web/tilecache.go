package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"seestern/engagement"
	"seestern/geo"
)

// tileCache keeps tiles on disk, so that one that many people look at is asked for once a week.
type tileCache struct {
	dir     string // empty: nothing is kept
	now     func() time.Time
	picture func(context.Context, engagement.Tiles, geo.Tile) ([]byte, error)
	flights singleflight.Group
	asking  chan struct{} // slots

	mu   sync.Mutex
	size int64 // bytes on disk; -1: not counted yet
}

const (
	tileFresh    = 7 * 24 * time.Hour
	tileStale    = 30 * 24 * time.Hour // how old one may be when there is no newer to be had
	tilesAtOnce  = 8                   // asked for, so that partners are never kept waiting by maps
	mostTileSize = 512 << 10           // bytes
)

// tileTypes are the pictures that are passed on, as their first bytes tell.
var tileTypes = []string{"image/png", "image/jpeg", "image/webp"}

func newTileCache(dir string, now func() time.Time, picture func(context.Context, engagement.Tiles, geo.Tile) ([]byte, error)) *tileCache {
	return &tileCache{dir: dir, now: now, picture: picture, asking: make(chan struct{}, tilesAtOnce), size: -1}
}

// get is a tile and its media type. Several people who want the same one wait for one request.
func (c *tileCache) get(ctx context.Context, from engagement.Tiles, t geo.Tile) (picture []byte, kind string, err error) {
	path := c.path(from, t)
	kept, age := c.read(path)
	if kept == nil || age > tileFresh {
		fetched, err, _ := c.flights.Do(path, func() (any, error) { return c.fetch(context.WithoutCancel(ctx), from, t, path) })
		switch {
		case err == nil:
			kept = fetched.([]byte)
		case kept == nil || age > tileStale:
			return nil, "", err
		}
	}
	return kept, http.DetectContentType(kept), nil
}

func (c *tileCache) fetch(ctx context.Context, from engagement.Tiles, t geo.Tile, path string) ([]byte, error) {
	c.asking <- struct{}{}
	defer func() { <-c.asking }()
	picture, err := c.picture(ctx, from, t)
	if err != nil {
		return nil, err
	}
	if kind := http.DetectContentType(picture); len(picture) > mostTileSize || !slices.Contains(tileTypes, kind) {
		return nil, fmt.Errorf("%d bytes of %s are no tile", len(picture), kind)
	}
	c.write(path, picture, int64(from.CacheMB)<<20)
	return picture, nil
}

// path is where a tile is kept: one folder for each place they come from.
func (c *tileCache) path(from engagement.Tiles, t geo.Tile) string {
	sum := sha256.Sum256([]byte(from.Template))
	return filepath.Join(c.dir, hex.EncodeToString(sum[:8]), fmt.Sprintf("%d-%d-%d", t.Zoom, t.X, t.Y))
}

func (c *tileCache) read(path string) (picture []byte, age time.Duration) {
	if c.dir == "" {
		return nil, 0
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0
	}
	if picture, err = os.ReadFile(path); err != nil || len(picture) == 0 {
		return nil, 0
	}
	return picture, c.now().Sub(info.ModTime())
}

// write keeps a tile. Where that does not work, it is asked for again next time.
func (c *tileCache) write(path string, picture []byte, most int64) {
	if c.dir == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size < 0 {
		c.size = total(c.files())
	}
	if c.size+int64(len(picture)) > most {
		c.shrink(most * 9 / 10)
	}
	if os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	if before, err := os.Stat(path); err == nil {
		c.size -= before.Size()
	}
	fresh := path + ".new"
	if errors.Join(os.WriteFile(fresh, picture, 0o600), os.Chtimes(fresh, c.now(), c.now()), os.Rename(fresh, path)) == nil {
		c.size += int64(len(picture))
	}
}

// tileFile is a file of the cache.
type tileFile struct {
	path string
	size int64
	at   time.Time
}

func (c *tileCache) files() (all []tileFile) {
	_ = filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what cannot be read is not there
		}
		if info, err := d.Info(); err == nil {
			all = append(all, tileFile{path, info.Size(), info.ModTime()})
		}
		return nil
	})
	return all
}

func total(files []tileFile) (size int64) {
	for _, f := range files {
		size += f.size
	}
	return size
}

// shrink removes the oldest tiles until the rest is small enough.
func (c *tileCache) shrink(most int64) {
	files := c.files()
	c.size = total(files)
	slices.SortFunc(files, func(a, b tileFile) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.path, b.path)) })
	for _, f := range files {
		if c.size <= most {
			return
		}
		if os.Remove(f.path) == nil {
			c.size -= f.size
		}
	}
}
