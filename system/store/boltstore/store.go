package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"go.etcd.io/bbolt"

	"weir/system/digest"
	"weir/system/node"
	"weir/system/store"
)

// Store is an open database. It implements analyser.Store.
type Store struct {
	db     *bbolt.DB
	limits store.Limits
	foldAt func(whole int) int // bytes of results that are folded, by those of the whole
}

// Open opens the database at path, made if it is not there. It fails if another
// process has it, if it is damaged, or if its form is another.
func Open(path string, limits store.Limits) (*Store, error) {
	if err := limits.Validate(); err != nil {
		return nil, err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: openWithin})
	if err != nil {
		return nil, openError(path, err)
	}
	s := &Store{db: db, limits: limits, foldAt: store.FoldAt}
	if err := db.Update(s.prepare); err != nil {
		return nil, errors.Join(fmt.Errorf("store %s: %w", path, err), db.Close())
	}
	return s, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Name implements analyser.Store, as do the methods below.
func (*Store) Name() string { return "bolt" }

// The buckets. Numbers are big-endian, so that keys are in the order of numbers.
var (
	bucketMeta     = []byte("meta")     // name -> number; last -> the newest batch
	bucketIDs      = []byte("ids")      // window, seq -> hash, number
	bucketWindows  = []byte("windows")  // source, inc -> low-watermark
	bucketEmitters = []byte("emitters") // =source -> packets, messages
	bucketSources  = []byte("sources")  // =name -> messages
	bucketResults  = []byte("results")  // number -> what messages say (results.go); may be missing
)

// form is the version of all this. Form 1 had no results; it is read, and becomes 2.
const form = 2

func (s *Store) prepare(tx *bbolt.Tx) error {
	for _, name := range [][]byte{bucketMeta, bucketIDs, bucketWindows, bucketEmitters, bucketSources} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	t := s.begin(tx)
	if v := t.number("form"); v > form {
		return fmt.Errorf("its form is %d, this program reads 1 to %d", v, form)
	}
	t.set("form", form)
	return errors.Join(t.err, s.keepResults(tx))
}

// Load returns what the store holds, and what the messages of that add up to, nil if
// the limits ask for none.
func (s *Store) Load() (held store.Held, d *digest.Digest, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		t := s.begin(tx)
		held = t.held()
		if s.limits.Results != nil {
			d, _, err = t.readAll(*s.limits.Results)
		}
		return err
	})
	return held, d, diskError(err)
}

// Commit takes the batch's effects in, in one transaction.
func (s *Store) Commit(b store.Batch) (results []store.Result, held store.Held, err error) {
	err = s.db.Update(func(tx *bbolt.Tx) error {
		t := s.begin(tx)
		results = t.repeated(b)
		if results == nil {
			for _, e := range b.Effects {
				results = append(results, t.effect(e))
			}
			t.flush()
			t.addResults()
			t.remember(b, results)
		}
		held = t.held()
		return t.err
	})
	return results, held, diskError(err)
}

// Totals are the counts of all effects.
func (s *Store) Totals() (total store.Totals, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		t := s.begin(tx)
		total = store.Totals{Packets: t.number("packets"), Messages: t.number("messages"), Bytes: t.number("bytes"), Others: t.number("others")}
		for i, name := range store.LevelNames {
			total.Levels[i] = t.number("level " + name)
		}
		return errors.Join(
			t.emitters.ForEach(func(k, v []byte) error {
				if packets, messages := emitted(v); packets > 0 {
					total.Emitters = append(total.Emitters, store.Named{Name: string(k[1:]), Packets: packets, Messages: messages})
				}
				return nil
			}),
			t.sources.ForEach(func(k, v []byte) error {
				total.Sources = append(total.Sources, store.Named{Name: string(k[1:]), Messages: number(v)})
				return nil
			}))
	})
	return total, diskError(err)
}

// diskError returns the seam's error for one of the database's.
func diskError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%w: %w", node.ErrDiskFull, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", node.ErrNoFile, err)
	}
	return fmt.Errorf("%w: %w", node.ErrDiskIO, err)
}
