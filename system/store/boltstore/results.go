package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"weir/system/digest"
	"weir/system/store"
)

// What the messages of the effects add up to is a digest and what batches added to it
// since, each under a number of its own. A batch writes what it adds, in the transaction
// of its effects; after FoldAt bytes of that, one folds them into the whole.

// whole is the key of the digest; what was added since has numbers from 1.
var whole = make([]byte, 8)

// pending is the name of the number of bytes that were added since.
const pending = "results pending"

// keepResults makes the bucket, or removes it where none is wanted.
func (s *Store) keepResults(tx *bbolt.Tx) error {
	if s.limits.Results != nil {
		_, err := tx.CreateBucketIfNotExists(bucketResults)
		return err
	}
	if err := tx.DeleteBucket(bucketResults); err != nil && !errors.Is(err, bbolt.ErrBucketNotFound) {
		return err
	}
	t := s.begin(tx)
	t.set(pending, 0)
	return t.err
}

// addResults writes what the batch's effects add, and folds if there is enough of it.
func (t *transaction) addResults() {
	if t.results == nil || len(t.added) == 0 || t.err != nil {
		return
	}
	d, err := store.FoldResults(*t.limits.Results, t.added...)
	if err != nil {
		t.err = err
		return
	}
	b := d.Append(nil)
	n, err := t.results.NextSequence()
	if err != nil {
		t.err = err
		return
	}
	t.put(t.results, binary.BigEndian.AppendUint64(nil, n), b)
	sum := t.number(pending) + uint64(len(b))
	if sum >= uint64(t.foldAt(len(t.results.Get(whole)))) {
		t.fold()
		sum = 0
	}
	t.set(pending, sum)
}

// fold makes one digest of all.
func (t *transaction) fold() {
	d, keys, err := readResults(t.results, *t.limits.Results)
	if err != nil {
		t.err = errors.Join(t.err, err)
		return
	}
	for _, k := range keys {
		if t.err == nil {
			t.err = t.results.Delete(k)
		}
	}
	t.put(t.results, whole, d.Append(nil))
}

// readResults merges what the bucket holds. The keys are those of what was added since
// the last fold.
func readResults(b *bbolt.Bucket, l digest.Limits) (*digest.Digest, [][]byte, error) {
	parts := [][]byte{nil}
	var keys [][]byte
	err := b.ForEach(func(k, v []byte) error {
		if string(k) == string(whole) {
			parts[0] = v
			return nil
		}
		keys, parts = append(keys, append([]byte{}, k...)), append(parts, v)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	d, err := store.FoldResults(l, parts...)
	return d, keys, err
}

// Results returns what the messages of the effects add up to, and how many messages are
// not in it, because they came while it was not kept. It may be called beside the other
// methods.
func (s *Store) Results() (d *digest.Digest, missing uint64, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		d, missing, err = s.begin(tx).readAll(digest.Most)
		return err
	})
	return d, missing, diskError(err)
}

func (t *transaction) readAll(l digest.Limits) (*digest.Digest, uint64, error) {
	d := digest.New(l)
	if t.results != nil {
		var err error
		if d, _, err = readResults(t.results, l); err != nil {
			return nil, 0, err
		}
	}
	all := d.Total()
	return d, t.number("messages") - all.Messages(), nil
}

// ErrInUse says that another process has the file.
var ErrInUse = errors.New("another process has it")

// ReadResults is Results of a file that no process has open.
func ReadResults(path string) (d *digest.Digest, missing uint64, err error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: openWithin, ReadOnly: true})
	if err != nil {
		return nil, 0, openError(path, err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			return errors.New("it holds no effects of an analyser")
		}
		t := &transaction{meta: meta, results: tx.Bucket(bucketResults)}
		if v := t.number("form"); v == 0 || v > form {
			return fmt.Errorf("its form is %d, this program reads 1 to %d", v, form)
		}
		d, missing, err = t.readAll(digest.Most)
		return err
	})
	if err != nil {
		err = fmt.Errorf("store %s: %w", path, err)
	}
	return d, missing, err
}

func openError(path string, err error) error {
	if errors.Is(err, bbolt.ErrTimeout) {
		err = ErrInUse
	}
	return fmt.Errorf("store %s: %w", path, err)
}

// openWithin is how long an open waits for another process to give the file up.
const openWithin = time.Second
