package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"weir/system/analyser"
	"weir/system/digest"
	"weir/system/store"
	"weir/system/store/redisstore"
)

// storeConfig is where an analyser keeps its effects.
type storeConfig struct {
	// Kind is files (the node's own, in the data folder), bolt (a database there) or
	// redis (a server, for workers on many machines). Default (empty): files with one
	// worker, bolt with more.
	Kind string `yaml:"kind"`
	// Redis says which server, for kind redis.
	Redis redisstore.Config `yaml:"redis"`
}

// kind is the kind in force.
func (c *config) storeKind() string {
	switch {
	case c.Store.Kind != "":
		return c.Store.Kind
	case c.Analyser.Workers > 1:
		return "bolt"
	}
	return "files"
}

// checkStore says what is wrong with it.
func (c *config) checkStore(role string) error {
	if c.Store == (storeConfig{}) {
		return nil
	}
	var errs []error
	if role != "analyse" {
		errs = append(errs, errors.New("store: only an analyser has one"))
	}
	switch kind := c.storeKind(); kind {
	case "files", "bolt":
		if c.Store.Redis != (redisstore.Config{}) {
			errs = append(errs, fmt.Errorf("store: redis is for kind redis, this is %s", kind))
		}
	case "redis":
		errs = append(errs, c.Store.Redis.Validate())
	default:
		errs = append(errs, fmt.Errorf("store: kind %.80q: want files, bolt or redis", kind))
	}
	return errors.Join(errs...)
}

// outsideStore is a store outside the node's files.
type outsideStore interface {
	analyser.Store
	io.Closer
	// Results is what the messages of this analyser's effects add up to, and how many
	// messages are not in it. It may be called beside the other methods.
	Results() (d *digest.Digest, missing uint64, err error)
}

// openStore opens the store of an analyser and gives it to the role; nothing to do for
// the node's own files.
func (c *config) openStore(inc uint32, log *slog.Logger) (outsideStore, error) {
	kind := c.storeKind()
	if err := c.otherStore(kind); err != nil {
		return nil, err
	}
	a := c.Analyser.WithDefaults()
	limits := store.Limits{IDs: a.DedupMax, Emitters: a.EmittersMax, Sources: a.SourcesMax}
	if !a.NoResults {
		limits.Results = &a.Results
	}
	var s outsideStore
	var err error
	switch kind {
	case "bolt":
		s, err = openBolt(filepath.Join(c.Data, boltFile), limits)
	case "redis":
		s, err = redisstore.New(c.Store.Redis, c.Name, inc, limits)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.Analyser.Store = &toldStore{Store: s, log: log}
	return s, nil
}

// boltFile is the database in the data folder.
const boltFile = "store.bolt"

// storeFiles are what each kind keeps in the data folder.
var storeFiles = map[string][]string{"files": {"snapshot", "log.0", "log.1"}, "bolt": {boltFile}}

// otherStore refuses to begin an empty store of a kind beside one of another kind: what
// that remembers would be committed again.
func (c *config) otherStore(kind string) error {
	for _, other := range []string{"files", "bolt"} {
		for _, name := range storeFiles[other] {
			info, err := os.Stat(filepath.Join(c.Data, name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("store: %w", err)
			}
			if err == nil && other != kind && info.Size() > 0 {
				return fmt.Errorf("store: kind %s, and %s holds effects of kind %s (%s): name that kind, or take another data folder", kind, c.Data, other, name)
			}
		}
	}
	return nil
}

// toldStore tells on standard error when the store goes away and when it is back.
type toldStore struct {
	analyser.Store
	log  *slog.Logger
	away bool
}

// Load implements analyser.Store, as does Commit.
func (s *toldStore) Load() (store.Held, *digest.Digest, error) {
	held, d, err := s.Store.Load()
	s.tell(err)
	return held, d, err
}

func (s *toldStore) Commit(b store.Batch) ([]store.Result, store.Held, error) {
	results, held, err := s.Store.Commit(b)
	s.tell(err)
	return results, held, err
}

func (s *toldStore) tell(err error) {
	switch {
	case err != nil && !s.away:
		s.log.Error("the store is away: packets are answered unavailable until it is back", "err", err)
	case err == nil && s.away:
		s.log.Info("the store is back")
	}
	s.away = err != nil
}
