package crdt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
)

// magic begins every encoded delta; its last byte is the version of the form.
const magic = "wcrdt\x01"

// Encode returns the one form that a delta has: the sites that occur, in order,
// each with what seen, base and floor say of it, then the entries. Numbers are
// shortest varints, texts have their length before them.
func (d Delta) Encode() ([]byte, error) {
	sites := d.sites()
	w := writer{buf: append(make([]byte, 0, 64+24*len(sites)+64*len(d.entries)), magic...), sites: sites}
	w.bool(d.full)
	w.uint(uint64(len(sites)))
	for _, s := range sites {
		w.text(s.Replica)
		w.uint(uint64(s.Inc))
		for _, x := range []Vector{d.seen, d.base, d.floor} {
			w.counter(x, s)
		}
	}
	w.uint(uint64(len(d.entries)))
	for i := range d.entries {
		w.entry(&d.entries[i])
	}
	if len(w.buf) > MessageMax {
		return nil, fmt.Errorf("%w: a message of %d bytes, at most %d", ErrLimit, len(w.buf), MessageMax)
	}
	return w.buf, nil
}

// sites returns all sites that occur in a delta, ascending.
func (d Delta) sites() []Site {
	var all []Site
	for _, x := range []Vector{d.seen, d.base, d.floor} {
		for _, v := range x {
			all = append(all, v.Site)
		}
	}
	slices.SortFunc(all, Site.compare)
	all = slices.Compact(all)
	add := func(s Site) { // in a digest, which has no vectors
		if i, ok := slices.BinarySearchFunc(all, s, Site.compare); !ok {
			all = slices.Insert(all, i, s)
		}
	}
	for i := range d.entries {
		for j := range d.entries[i].dots {
			x := &d.entries[i].dots[j]
			add(x.Site)
			if !x.removed {
				add(x.addressV.Site)
				add(x.weightV.Site)
			}
		}
	}
	return all
}

type writer struct {
	buf   []byte
	sites []Site
}

func (w *writer) uint(v uint64) { w.buf = binary.AppendUvarint(w.buf, v) }

func (w *writer) bool(b bool) {
	if b {
		w.buf = append(w.buf, 1)
	} else {
		w.buf = append(w.buf, 0)
	}
}

func (w *writer) text(s string) {
	w.uint(uint64(len(s)))
	w.buf = append(w.buf, s...)
}

// counter writes what a vector says of a site: 0 is nothing.
func (w *writer) counter(x Vector, s Site) {
	if i, ok := x.find(s); ok {
		w.uint(x[i].Counter)
	} else {
		w.uint(0)
	}
}

func (w *writer) version(v Version) {
	i, _ := slices.BinarySearchFunc(w.sites, v.Site, Site.compare)
	w.uint(uint64(i))
	w.uint(v.Counter)
}

func (w *writer) entry(e *entry) {
	w.text(e.id)
	w.uint(uint64(len(e.dots)))
	for i := range e.dots {
		d := &e.dots[i]
		w.version(d.Version)
		w.bool(d.removed)
		if d.removed {
			continue
		}
		w.text(d.address)
		w.version(d.addressV)
		w.uint(uint64(d.weight))
		w.version(d.weightV)
		w.uint(uint64(d.drains))
	}
}

// Decode reads what Encode wrote and refuses everything else, with an error that
// wraps ErrInvalid. It checks the form; Merge checks the counters against what the replica knows.
func Decode(data []byte) (Delta, error) {
	if len(data) > MessageMax {
		return Delta{}, fmt.Errorf("%w: a message of %d bytes, at most %d", ErrInvalid, len(data), MessageMax)
	}
	r := reader{rest: data}
	d := r.delta()
	if r.err != nil {
		return Delta{}, fmt.Errorf("%w: byte %d of %d: %w", ErrInvalid, len(data)-len(r.rest), len(data), r.err)
	}
	again, err := d.Encode()
	if err != nil {
		return Delta{}, err
	}
	if !bytes.Equal(again, data) {
		return Delta{}, fmt.Errorf("%w: not in the canonical form", ErrInvalid)
	}
	return d, nil
}

// Digest returns a 64-bit FNV-1a hash of the registered analysers with their
// versions: equal where the same changes were seen, whatever was collected.
func (t *Table) Digest() uint64 {
	d := Delta{full: true}
	for i := range t.entries {
		e := entry{id: t.entries[i].id}
		for _, x := range t.entries[i].dots {
			if !x.removed {
				e.dots = append(e.dots, x)
			}
		}
		if len(e.dots) > 0 {
			d.entries = append(d.entries, e)
		}
	}
	w := writer{sites: d.sites()}
	for _, s := range w.sites {
		w.text(s.Replica)
		w.uint(uint64(s.Inc))
	}
	for i := range d.entries {
		w.entry(&d.entries[i])
	}
	h := fnv.New64a()
	h.Write(w.buf)
	return h.Sum64()
}
