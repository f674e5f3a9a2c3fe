package spool

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/system/message"
)

func packet(source string, seq uint64, text string) *message.Packet {
	return message.NewPacket(message.ID{Source: source, Inc: 1, Seq: seq}, []message.Entry{
		{Time: -5, Severity: message.Error, Source: "app", Text: text, Attrs: []message.Attribute{{Key: "k", Value: text}}}, {Text: "second"},
	})
}

// world is a spool with its files, as a distributor and its disk would have them.
type world struct {
	t     *rapid.T
	s     *Spool
	files [Slots][]byte
	held  map[message.ID]*message.Packet // acknowledged and not over
	over  map[message.ID]bool
	next  uint64
	lo    uint64
}

func (w *world) boot() Report {
	w.s = New(Limits{Bytes: 64 << 10, Items: 1000})
	for _, slot := range rapid.Permutation(slots()).Draw(w.t, "slots") {
		w.s.Load(slot, w.files[slot])
	}
	return w.s.Begin()
}

func slots() (all []int) {
	for i := range Slots {
		all = append(all, i)
	}
	return all
}

// write takes in some packets; keep < 0: the append succeeds, else so many bytes of it
// reach the file and it is said to fail.
func (w *world) write(n, keep int) {
	var entries []*Entry
	for range n {
		w.next++
		p := packet("e1", w.next, fmt.Sprint("line ", w.next))
		if w.s.Room(p) {
			entries = append(entries, w.s.Reserve(p, w.lo))
		}
	}
	b, ok := w.s.Start(len(entries) > 0)
	if !ok {
		for _, e := range entries {
			w.s.Withdraw(e)
		}
		return
	}
	for _, e := range entries {
		w.s.Add(b, e, w.s.Now(time.Duration(w.next)))
	}
	slot := b.file.slot
	if keep < 0 {
		w.files[slot] = append(w.files[slot], b.Data...)
		w.s.Written(b)
		for _, e := range entries {
			w.held[e.ID] = e.Packet
		}
		return
	}
	w.files[slot] = append(w.files[slot], b.Data[:min(keep, len(b.Data))]...)
	w.s.Failed(b)
	for _, e := range entries {
		w.s.Withdraw(e)
	}
}

// end ends one of the oldest packets that are held.
func (w *world) end(entries []*Entry, how Ending) {
	for _, e := range entries {
		if e.State == Waiting {
			e.State = Away
			w.s.End(e, how)
			delete(w.held, e.ID)
			w.over[e.ID] = true
			return
		}
	}
}

func (w *world) sweep() {
	for {
		slot, ok := w.s.Oldest()
		if !ok {
			return
		}
		w.files[slot] = nil
		w.s.Removed()
	}
}

// check holds a recovery to what was acknowledged.
func (w *world) check(rep Report, rotten bool) {
	lost := uint64(0)
	for _, r := range rep.Lost {
		lost += r.To - r.From + 1
	}
	if lost > 1 && !rotten { // two torn appends can make up one frame that looks damaged
		w.t.Fatalf("%v are lost, and nothing was damaged", rep.Lost)
	}
	have := map[message.ID]bool{}
	for _, e := range rep.Held {
		if have[e.ID] {
			w.t.Fatalf("%s is held twice", e.ID)
		}
		have[e.ID] = true
		if e.ID.Seq > w.next {
			w.t.Fatalf("%s never was", e.ID)
		}
		if low := w.s.Low(e.ID); low > e.ID.Seq {
			w.t.Fatalf("analysers are told to forget what is below %d, and %s is held", low, e.ID)
		}
	}
	missing := uint64(0)
	for id := range w.held { //weir:anyorder only a count
		if !have[id] {
			missing++
		}
	}
	if missing > lost || missing > 0 && !rotten {
		w.t.Fatalf("%d packets are missing, %d are reported lost: %v of %d", missing, lost, rep.Lost, rep.Last)
	}
}

// TestSpool holds a spool to its promise through appends that fail, crashes in the middle
// of one, and restarts: what was acknowledged is there, what was not is never made up.
func TestSpool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, held: map[message.ID]*message.Packet{}, over: map[message.ID]bool{}, lo: 1}
		entries := w.boot().Held
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "do") {
			case 0, 1, 2, 3:
				w.write(rapid.IntRange(0, 20).Draw(t, "packets"), -1)
			case 4:
				w.write(rapid.IntRange(0, 5).Draw(t, "packets"), rapid.IntRange(0, 2000).Draw(t, "kept"))
			case 5, 6:
				for range rapid.IntRange(1, 30).Draw(t, "ended") {
					w.end(entries, Ending(rapid.IntRange(0, 2).Draw(t, "how")))
				}
				w.sweep()
			case 7:
				w.lo = max(w.lo, rapid.Uint64Range(1, w.next+1).Draw(t, "lo"))
				w.s.Learn(message.ID{Source: "e1", Inc: 1, Seq: 1}, w.lo)
			default:
				rep := w.boot()
				w.check(rep, false)
				w.after(rep)
			}
			entries = w.entries()
		}
		w.check(w.boot(), false)
	})
}

// after takes over what a restart found: marks that were not written are undone.
func (w *world) after(rep Report) {
	for _, e := range rep.Held {
		w.held[e.ID] = nil
		delete(w.over, e.ID)
	}
}

// entries are those held, by sequence.
func (w *world) entries() (all []*Entry) {
	src := w.s.sources[key{"e1", 1}]
	if src == nil {
		return nil
	}
	for _, it := range src.items {
		if it.entry != nil {
			all = append(all, it.entry)
		}
	}
	return all
}

// TestRot flips bits anywhere: what is missing is reported, what is there is what was.
func TestRot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, held: map[message.ID]*message.Packet{}, over: map[message.ID]bool{}, lo: 1}
		w.boot()
		for range rapid.IntRange(1, 12).Draw(t, "appends") {
			w.write(rapid.IntRange(1, 20).Draw(t, "packets"), -1)
		}
		for range rapid.IntRange(1, 4).Draw(t, "places") {
			var slots []int
			for i, f := range w.files {
				if len(f) > 0 {
					slots = append(slots, i)
				}
			}
			f := w.files[rapid.SampledFrom(slots).Draw(t, "slot")]
			f[rapid.IntRange(0, len(f)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		want := w.held
		rep := w.boot()
		w.check(rep, true)
		for _, e := range rep.Held {
			w.s.Fill(e, w.files[e.file.slot])
			if e.Packet == nil || e.Packet.Hash != want[e.ID].Hash || len(e.Packet.Entries) != 2 {
				t.Fatalf("%s comes back as %v", e.ID, e.Packet)
			}
		}
		again := w.boot()
		if len(again.Held) != len(rep.Held) {
			t.Fatalf("%d packets are held, then %d", len(rep.Held), len(again.Held))
		}
	})
}

// TestLostOnce holds that a loss is told once: it is noted as over.
func TestLostOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, held: map[message.ID]*message.Packet{}, over: map[message.ID]bool{}, lo: 1}
		w.boot()
		w.write(3, -1)
		w.files[0][len(w.files[0])/2] ^= 4 // the second of three
		if rep := w.boot(); !slices.Equal(rep.Lost, []Range{{2, 2}}) {
			t.Fatalf("lost %v, want 2", rep.Lost)
		}
		w.write(1, -1)
		if rep := w.boot(); len(rep.Lost) != 0 || len(rep.Held) != 3 {
			t.Fatalf("lost %v again, %d held", rep.Lost, len(rep.Held))
		}
	})
}

// TestKnown holds that a resubmission is recognised, over restarts too, until its source
// needs it no more.
func TestKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, held: map[message.ID]*message.Packet{}, over: map[message.ID]bool{}, lo: 1}
		w.boot()
		w.write(3, -1)
		for i, e := range w.entries() {
			e.State = Away
			w.s.End(e, Ending(i)) // committed, dead, forgotten
		}
		w.write(1, -1)
		for range 2 {
			id := message.ID{Source: "e1", Inc: 1}
			want := []Known{{Hash: packet("e1", 1, "line 1").Hash}, {Hash: packet("e1", 2, "line 2").Hash, Dead: true}}
			for i := range want {
				id.Seq = uint64(i + 1)
				if k, known := w.s.Find(id); !known || k != want[i] {
					t.Fatalf("%s is %v %v, want %v", id, k, known, want[i])
				}
			}
			id.Seq = 3
			if k, known := w.s.Find(id); known {
				t.Fatalf("%s is %v, and nobody has it", id, k)
			}
			w.boot()
		}
		w.s.Learn(message.ID{Source: "e1", Inc: 1, Seq: 1}, 4)
		if _, known := w.s.Find(message.ID{Source: "e1", Inc: 1, Seq: 2}); known {
			t.Fatal("an id is remembered that its source needs no more")
		}
	})
}

// FuzzLoad reads anything without a panic, and holds nothing that no sound frame tells.
func FuzzLoad(f *testing.F) {
	s := New(Limits{Bytes: 64 << 10, Items: 10})
	s.Begin()
	e := s.Reserve(packet("e1", 1, "a line"), 1)
	b, _ := s.Start(true)
	s.Add(b, e, 7)
	f.Add(b.Data, []byte(nil))
	f.Add(b.Data[:len(b.Data)/2], b.Data)
	f.Add(appendOver(nil, 1, []mark{{1, Committed}, {9, Dead}, {12, Forgotten}}), b.Data)
	f.Fuzz(func(t *testing.T, one, two []byte) {
		s := New(Limits{Bytes: 64 << 10, Items: 10})
		s.Load(3, one)
		s.Load(0, two)
		rep := s.Begin()
		for _, e := range rep.Held {
			if e.Number > rep.Last {
				t.Fatalf("number %d is held, the highest is %d", e.Number, rep.Last)
			}
			s.Fill(e, one)
		}
	})
}
