package crdt

import (
	"bytes"
	"errors"
	"testing"
)

// samples returns one delta of every kind.
func samples() []Delta {
	x, y := site("d1", 1), site("d2", 3)
	put := must(x.Put(Analyser{"a", "h:1", 5, true}))
	y.sync(x)
	must(x.SetWeight("a", 6))
	remove := must(y.Remove("a"))
	must(y.Put(Analyser{"b", "", 0, false}))
	must(y.Remove("b"))
	x.sync(y)
	all := x.State()
	since := x.Since(put.seen)
	x.Collect(nil)
	z := site("d2", 4)
	z.sync(x)
	must(z.Put(Analyser{"c", "", 1, false}))
	z.Collect(nil)
	return []Delta{{}, put, remove, all, since, x.State(), z.State()}
}

// TestDecodeRefuses: every proper prefix and every longer form is refused.
func TestDecodeRefuses(t *testing.T) {
	for _, d := range samples() {
		data := must(d.Encode())
		for n := range data {
			if _, err := Decode(data[:n]); !errors.Is(err, ErrInvalid) {
				t.Fatalf("%d of %d bytes: %v", n, len(data), err)
			}
		}
		if _, err := Decode(append(bytes.Clone(data), 0)); !errors.Is(err, ErrInvalid) {
			t.Fatalf("a byte more: %v", err)
		}
	}
}

// FuzzDecode: what is accepted has one form, and merging it keeps the table in
// order; a table that has taken it still tells others of itself.
func FuzzDecode(f *testing.F) {
	for _, d := range samples() {
		f.Add(must(d.Encode()))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Decode(data)
		if err != nil {
			return
		}
		if !bytes.Equal(must(d.Encode()), data) {
			t.Fatal("not the canonical form")
		}
		x := site("me", 1)
		must(x.Put(Analyser{"a", "", 1, false}))
		if _, err := x.Merge(d); err != nil {
			return
		}
		if news := must(x.Merge(d)); news {
			t.Fatal("the same again told something")
		}
		y := site("you", 1)
		y.clock = x.clock
		if _, err := y.Merge(must(Decode(must(x.Since(nil).Encode())))); err != nil || y.Digest() != x.Digest() {
			t.Fatalf("passed on: %v, %v and %v", err, x.Analysers(), y.Analysers())
		}
	})
}
