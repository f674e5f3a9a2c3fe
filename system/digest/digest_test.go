package digest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"weir/system/message"
)

var second = int64(time.Second)

// drawPacket makes a packet of few different things, so that tables overflow and meet.
func drawPacket(t *rapid.T, seq int) *message.Packet {
	p := &message.Packet{ID: message.ID{Source: rapid.SampledFrom([]string{"e1", "e2", "e3", "e4", "e5"}).Draw(t, "emitter"), Inc: 1, Seq: uint64(seq + 1)}}
	for range rapid.IntRange(0, 6).Draw(t, "messages") {
		p.Entries = append(p.Entries, message.Entry{
			Time:     rapid.SampledFrom([]int64{0, -second, 5, 12 * second, 25 * second, 31 * second, 99 * second, 1e18}).Draw(t, "time"),
			Severity: message.Severity(rapid.IntRange(0, 25).Draw(t, "severity")),
			Source:   rapid.SampledFrom([]string{"", "a", "b", "c", "d"}).Draw(t, "source"),
			Text:     rapid.SampledFrom([]string{"up", "down 7", "down 8", "up again", "gone away", "no way", "x y z", "user 'a'"}).Draw(t, "text"),
		})
	}
	return p
}

func drawLimits(t *rapid.T) Limits {
	n := rapid.IntRange(1, 9)
	return Limits{Names: n.Draw(t, "names"), Buckets: n.Draw(t, "buckets"), Templates: n.Draw(t, "templates")}
}

// A digest is the same whatever the order of the packets, who counted which, in which
// order the parts were put together, and whether they were stored in between; and its
// sum is that of its packets.
func TestOrderAndPartsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLimits(t)
		n := rapid.IntRange(0, 30).Draw(t, "packets")
		packets := make([]*message.Packet, n)
		want, sum := New(l), uint64(0)
		meter := NewMeter(l, want)
		for i := range packets {
			packets[i] = drawPacket(t, i)
			d := meter.Packet(packets[i])
			sum += d.Sum()
			want.Merge(d)
		}
		if want.Sum() != sum {
			t.Fatalf("sum %x, of its packets %x", want.Sum(), sum)
		}
		parts := []*Digest{}
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			parts = append(parts, New(l))
		}
		for _, p := range rapid.Permutation(packets).Draw(t, "order") {
			i := rapid.IntRange(0, len(parts)-1).Draw(t, "part")
			parts[i].Merge(NewMeter(l, nil).Packet(p))
			if rapid.IntRange(0, 3).Draw(t, "restart") == 0 {
				again := New(l)
				if err := again.Read(parts[i].Append(nil)); err != nil {
					t.Fatal(err)
				}
				parts[i] = again
			}
		}
		for len(parts) > 1 {
			i := rapid.IntRange(1, len(parts)-1).Draw(t, "merged")
			parts[i-1].Merge(parts[i])
			parts = slices.Delete(parts, i, i+1)
		}
		same(t, parts[0], want)
	})
}

func same(t *rapid.T, got, want *Digest) {
	t.Helper()
	if got.Sum() != want.Sum() || got.Hash() != want.Hash() {
		t.Fatalf("%s", gocmp.Diff(want, got, gocmp.AllowUnexported(Digest{}, table{}, cell{}), cmpopts.EquateEmpty()))
	}
}

// Parts with other bounds give what one with the least bound of those that had to
// leave something out would: no count of a key that is told is short.
func TestOtherBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := New(Most)
		var got *Digest
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			l := drawLimits(t)
			part := New(l)
			for i := range rapid.IntRange(0, 12).Draw(t, "packets") {
				p := drawPacket(t, i)
				part.Merge(NewMeter(l, nil).Packet(p))
				all.Merge(NewMeter(Most, nil).Packet(p))
			}
			if got == nil {
				got = part
			} else {
				got.Merge(part)
			}
		}
		if got.Sum() != all.Sum() {
			t.Fatalf("sum %x, want %x", got.Sum(), all.Sum())
		}
		for i := range got.tables {
			g, a := got.tables[i], all.tables[i]
			a.cells = slices.Clone(a.cells)
			a.limit(min(len(g.cells), g.max))
			if a.max == 0 {
				a.max = 1
			}
			if !slices.EqualFunc(g.cells, a.cells, func(x, y cell) bool { return x == y }) || g.rest != a.rest || g.restSum != a.restSum {
				t.Fatalf("table %d: %+v, want %+v", i, g, a)
			}
		}
	})
}

// The tables are those of a plain recount: maps of everything, of which the least keys
// are taken at the end.
func TestRecount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLimits(t)
		d := New(l)
		meter := NewMeter(l, d)
		count := [tables]map[string]Counts{{}, {}, {}, {}}
		order := [tables]map[string]uint64{{}, {}, {}, {}}
		tell := func(table int, key string, at uint64, e message.Entry) {
			c := count[table][key]
			c.Levels[levelOf(e.Severity)]++
			if e.Time != 0 {
				c.First, c.Last = min(cmp.Or(c.First, e.Time), e.Time), max(cmp.Or(c.Last, e.Time), e.Time)
			}
			count[table][key], order[table][key] = c, at
		}
		messages := 0
		for i := range rapid.IntRange(0, 20).Draw(t, "packets") {
			p := drawPacket(t, i)
			d.Merge(meter.Packet(p))
			for _, e := range p.Entries {
				messages++
				text := string(Template(nil, e.Text))
				tell(byEmitter, p.ID.Source, hashOf(p.ID.Source), e)
				tell(bySource, e.Source, hashOf(e.Source), e)
				tell(byTemplate, text, hashOf(text), e)
				if e.Time != 0 {
					tell(byTime, fmt.Sprint(bucket(e.Time)), orderOf(e.Time), e)
				}
			}
		}
		l = l.WithDefaults()
		for i, max := range [tables]int{l.Names, l.Names, l.Buckets, l.Templates} {
			keys := slices.SortedFunc(maps.Keys(count[i]), func(a, b string) int { return cmp.Compare(order[i][a], order[i][b]) })
			kept := keys[:min(len(keys), max)]
			if len(kept) != len(d.tables[i].cells) {
				t.Fatalf("table %d has %d keys, want %d", i, len(d.tables[i].cells), len(kept))
			}
			told := uint64(0)
			for j, k := range kept {
				c := d.tables[i].cells[j]
				if c.Counts != count[i][k] || i != byTime && c.text != k {
					t.Fatalf("table %d: %+v, want %s %+v", i, c, k, count[i][k])
				}
				told += c.Messages()
			}
			all := told + d.tables[i].rest.Messages()
			if i == byTime {
				all += d.untimed.Messages()
			}
			if all != uint64(messages) {
				t.Fatalf("table %d: %d messages, want %d", i, all, messages)
			}
		}
		if got := d.Total(); got.Messages() != uint64(messages) {
			t.Fatalf("%d messages, want %d", got.Messages(), messages)
		}
	})
}

// Each change of one count is seen in the sum, wherever it is.
func TestSumSeesEveryCount(t *testing.T) {
	base := message.Entry{Time: 25 * second, Severity: message.Info, Source: "s", Text: "text one"}
	sum := func(emitter string, e message.Entry, n int) uint64 {
		return NewMeter(Limits{}, nil).Packet(&message.Packet{ID: message.ID{Source: emitter, Inc: 1, Seq: 1}, Entries: slices.Repeat([]message.Entry{e}, n)}).Sum()
	}
	later, worse, other, unlike := base, base, base, base
	later.Time, worse.Severity, other.Source, unlike.Text = base.Time+int64(Width), message.Error, "s2", "text two"
	seen := map[uint64]string{}
	for name, s := range map[string]uint64{"base": sum("e", base, 1), "emitter": sum("f", base, 1), "time": sum("e", later, 1),
		"level": sum("e", worse, 1), "source": sum("e", other, 1), "text": sum("e", unlike, 1), "number": sum("e", base, 2), "none": sum("e", base, 0)} {
		if seen[s] != "" {
			t.Errorf("%s has the sum of %s", name, seen[s])
		}
		seen[s] = name
	}
}

// A bound that is raised has no effect where something was left out already.
func TestRaisedBound(t *testing.T) {
	d := New(Limits{Templates: 2})
	for i, text := range []string{"a", "b", "c"} {
		d.Merge(NewMeter(Limits{}, nil).Packet(&message.Packet{ID: message.ID{Source: "e", Inc: 1, Seq: uint64(i + 1)}, Entries: []message.Entry{{Text: text}}}))
	}
	d.Limit(Limits{Templates: 9, Names: 9})
	if d.tables[byTemplate].max != 2 || d.tables[bySource].max != 9 {
		t.Errorf("bounds %d and %d", d.tables[byTemplate].max, d.tables[bySource].max)
	}
	for _, l := range []Limits{{Names: -1}, {Buckets: limitMost + 1}, {Templates: -7}} {
		if l.Validate() == nil {
			t.Errorf("%+v is valid", l)
		}
	}
}

// FuzzRead: stored bytes are read or refused; what was read is written as it was
// meant, whatever it was.
func FuzzRead(f *testing.F) {
	d := New(Limits{Templates: 2})
	for i := range 5 {
		d.Merge(NewMeter(Limits{}, nil).Packet(&message.Packet{ID: message.ID{Source: "e", Inc: 1, Seq: uint64(i + 1)},
			Entries: []message.Entry{{Time: int64(i) * 11 * second, Severity: message.Warn, Source: "s", Text: string(rune('a' + i))}}}))
	}
	f.Add(d.Append(nil))
	f.Add([]byte{form, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := New(Most)
		if d.Read(b) != nil {
			if d.Packets() != 0 || d.Sum() != 0 {
				t.Fatal("a refused digest is not empty")
			}
			return
		}
		again := New(Most)
		if err := again.Read(d.Append(nil)); err != nil || again.Hash() != d.Hash() {
			t.Fatalf("%v: %x, then %x", err, d.Hash(), again.Hash())
		}
		d.Report()
	})
}
