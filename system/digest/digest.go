package digest

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Width is the span of a bucket of time. It is fixed, because digests of different
// widths could not be merged.
const Width = 10 * time.Second

// nameMax is the longest name of an emitter or source in bytes; longer ones are cut.
const nameMax = 256

// Limits bound a digest's tables. Each entry takes about 100 bytes and its text: at
// most 256 bytes of a name or template.
type Limits struct {
	Names     int `yaml:"names"`     // emitters, and sources. 0: 1024
	Buckets   int `yaml:"buckets"`   // of time. 0: 8640, a day
	Templates int `yaml:"templates"` // 0: 1024
}

// limitMost is the largest of each.
const limitMost = 1 << 20

// Most are the largest limits.
var Most = Limits{Names: limitMost, Buckets: limitMost, Templates: limitMost}

// WithDefaults returns the limits with every zero set to its default.
func (l Limits) WithDefaults() Limits {
	set := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	set(&l.Names, 1024)
	set(&l.Buckets, 8640)
	set(&l.Templates, 1024)
	return l
}

// Validate returns every reason why the limits, with their defaults, cannot be used.
func (l Limits) Validate() error {
	l = l.WithDefaults()
	var errs []error
	check := func(name string, v int) {
		if v < 1 || v > limitMost {
			errs = append(errs, fmt.Errorf("digest: %s %d: want 1 to %d", name, v, limitMost))
		}
	}
	check("names", l.Names)
	check("buckets", l.Buckets)
	check("templates", l.Templates)
	return errors.Join(errs...)
}

// The tables of a digest.
const (
	byEmitter = iota
	bySource
	byTime
	byTemplate
	tables
)

// salt tells the tables apart in sums.
func salt(table int) uint64 { return mix(uint64(table + 1)) }

// What is no cell of a table has a salt too.
const (
	saltPackets = tables + iota
	saltUntimed
)

// Digest is what a set of packets adds up to. Use New. Not safe for concurrent use.
type Digest struct {
	packets uint64
	untimed Counts // messages without a time: they are in no bucket
	tables  [tables]table
}

// New returns an empty digest. The limits must be valid.
func New(l Limits) *Digest {
	if err := l.Validate(); err != nil {
		panic(err)
	}
	d := &Digest{}
	for i := range d.tables {
		d.tables[i].salt = salt(i)
	}
	d.Limit(l)
	return d
}

// Limit changes the bounds. Where something has left a table already, a larger bound
// has no effect.
func (d *Digest) Limit(l Limits) {
	l = l.WithDefaults()
	for i, max := range [tables]int{l.Names, l.Names, l.Buckets, l.Templates} {
		d.tables[i].limit(max)
	}
}

// Merge adds what o adds up to. o stays as it is; they may share texts afterwards.
func (d *Digest) Merge(o *Digest) {
	d.packets += o.packets
	d.untimed.add(&o.untimed)
	for i := range d.tables {
		d.tables[i].merge(&o.tables[i])
	}
}

// Packets is the number of packets.
func (d *Digest) Packets() uint64 { return d.packets }

// Total is all messages together.
func (d *Digest) Total() Counts {
	t := d.tables[byEmitter].rest
	for i := range d.tables[byEmitter].cells {
		t.add(&d.tables[byEmitter].cells[i].Counts)
	}
	return t
}

// Sum is the linear sum: Sum of a merge is the sum of the Sums, modulo 2^64. Every
// count under every key has its part in it; the first and last times have none.
func (d *Digest) Sum() uint64 {
	sum := d.packets*salt(saltPackets) + d.untimed.sum(salt(saltUntimed))
	for i := range d.tables {
		sum += d.tables[i].sum()
	}
	return sum
}

// Hash is a hash of everything in the digest. Equal digests have equal hashes.
func (d *Digest) Hash() uint64 { return hashOf(d.Append(nil)) }

// orderOf is the place of a time's bucket among all: the newest is the least.
func orderOf(at int64) uint64 { return ^(uint64(bucket(at)) + 1<<63) }

// bucket is the number of the bucket that holds a time.
func bucket(at int64) int64 {
	n := at / int64(Width)
	if at%int64(Width) < 0 {
		n--
	}
	return n
}

// bucketOf turns an order back into the bucket's number.
func bucketOf(order uint64) int64 { return int64(^order - 1<<63) }

// clean makes a name short and valid UTF-8.
func clean(s string) string {
	if len(s) > nameMax {
		s = s[:wholeRunes(s, nameMax)]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// wholeRunes is the largest place up to max at which s can be cut without cutting a
// character in two.
func wholeRunes(s string, max int) int {
	n := max
	for n > max-utf8.UTFMax && n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}
