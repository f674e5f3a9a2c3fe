package store

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weir/system/message"
)

// history is a store's life: what was committed, and the files it left.
type history struct {
	store *Store
	files Files
	ids   []message.ID // by commit number - 1
	ends  []int        // by commit number - 1: where its frame ends in its log
}

// live makes a history: some commits covered by a snapshot, some in the log.
func live(covered, logged int) *history {
	h := &history{store: New(limits)}
	for i := 1; i <= covered+logged; i++ {
		p := id([]string{"e1", "e2"}[i%2], uint32(i%3), uint64(i))
		b := put(h.store, p, uint64(max(1, i-20)))
		h.ids = append(h.ids, p)
		h.files.Logs[0] = append(h.files.Logs[0], b...)
		h.ends = append(h.ends, len(h.files.Logs[0]))
		if i == covered {
			h.files.Snapshot = h.store.Snapshot(nil)
			h.files.Logs[0] = nil
		}
	}
	return h
}

func (h *history) recover() *Store { return Recover(limits, h.files) }

func same(t interface{ Fatalf(string, ...any) }, what string, got, want *Store) {
	if got.N() != want.N() || got.IDs() != want.IDs() || got.Lost() != want.Lost() {
		t.Fatalf("%s: n=%d ids=%d lost=%d, want n=%d ids=%d lost=%d", what, got.N(), got.IDs(), got.Lost(), want.N(), want.IDs(), want.Lost())
	}
	if d := cmp.Diff(want.Totals(), got.Totals()); d != "" {
		t.Fatalf("%s: totals differ (-want +got)\n%s", what, d)
	}
	if !bytes.Equal(got.Snapshot(nil), want.Snapshot(nil)) {
		t.Fatalf("%s: states differ", what)
	}
}

func TestRecoverIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := live(rapid.IntRange(0, 30).Draw(t, "covered"), rapid.IntRange(0, 30).Draw(t, "logged"))
		same(t, "sound files", h.recover(), h.store)
		// A crash between the rename and the removal of the old log: both are there.
		h.files.Logs[1] = live(0, len(h.ids)).files.Logs[0]
		same(t, "with the log that the snapshot covers", h.recover(), h.store)
		h.files.Snapshot, h.files.Logs[0] = nil, nil
		same(t, "from effects only", h.recover(), h.store)
	})
}

func TestRecoverFromTwoLogs(t *testing.T) {
	h := live(0, 20)
	log := h.files.Logs[0]
	h.files.Logs = [2][]byte{log[h.ends[9]:], log[:h.ends[12]]} // 11..13 are in both
	same(t, "split", h.recover(), h.store)
}

// A cut at any place keeps exactly the effects whose frames are whole, and loses
// nothing that was durable.
func TestTornTailKeepsThePrefix(t *testing.T) {
	h := live(5, 12)
	log := h.files.Logs[0]
	for keep := 0; keep <= len(log); keep++ {
		h.files.Logs[0] = log[:keep]
		whole := 5
		for _, end := range h.ends[5:] {
			if end <= keep {
				whole++
			}
		}
		s := h.recover()
		if int(s.N()) != whole || s.Lost() != 0 {
			t.Fatalf("cut at %d: n=%d lost=%d, want n=%d lost=0", keep, s.N(), s.Lost(), whole)
		}
		for i, p := range h.ids[:whole] {
			if got := look(s, p); got != Seen && got != Below {
				t.Fatalf("cut at %d: commit %d is %v", keep, i+1, got)
			}
		}
		for i, p := range h.ids[whole:] {
			if got := look(s, p); got != Fresh {
				t.Fatalf("cut at %d: phantom commit %d is %v", keep, whole+i+1, got)
			}
		}
	}
}

// Any damage is either survived or counted; what is recovered was committed.
func TestDamageIsCountedAndNothingIsInvented(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := live(rapid.IntRange(0, 10).Draw(t, "covered"), rapid.IntRange(1, 15).Draw(t, "logged"))
		file := &h.files.Logs[0]
		if len(h.files.Snapshot) > 0 && rapid.Bool().Draw(t, "in the snapshot") {
			file = &h.files.Snapshot
		}
		*file = slices.Clone(*file)
		flips := rapid.IntRange(1, 3).Draw(t, "flips")
		for k := 0; k < flips; k++ {
			(*file)[rapid.IntRange(0, len(*file)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		s := h.recover()
		// One flip never hides the last commit. Several can, if they hit the length of
		// one header and the number of the next.
		if want := h.store.N(); s.N() > want || s.N()+uint64(flips-1) < want {
			t.Fatalf("n=%d, want %d: damage was taken for a torn end", s.N(), h.store.N())
		}
		if s.Totals().Packets+s.Lost() != s.N() {
			t.Fatalf("%d packets and %d lost of %d", s.Totals().Packets, s.Lost(), s.N())
		}
		known := 0
		for _, p := range h.ids {
			switch look(s, p) {
			case Seen, Below:
				known++
			case Conflict, Pending, NoRoom:
				t.Fatalf("%s is %v", p, look(s, p))
			}
		}
		if uint64(known)+s.Lost() < s.N() {
			t.Fatalf("%d known and %d lost of %d", known, s.Lost(), s.N())
		}
		same(t, "what was recovered survives again", Recover(limits, Files{Snapshot: s.Snapshot(nil)}), s)
	})
}

func TestOneDamagedCopyOfASnapshotLosesNothing(t *testing.T) {
	h := live(12, 3)
	sound := h.files.Snapshot
	for i := range sound {
		h.files.Snapshot = slices.Clone(sound)
		h.files.Snapshot[i] ^= 0x10
		same(t, "one flip", h.recover(), h.store)
	}
}

func TestReservedIsNotPartOfASnapshot(t *testing.T) {
	h := live(3, 0)
	p := packet(id("e7", 1, 1))
	h.store.Reserve(p.ID, p.Hash, 1)
	s := Recover(limits, Files{Snapshot: h.store.Snapshot(nil)})
	if got := look(s, p.ID); got != Fresh || s.N() != 3 {
		t.Fatalf("%v after recovery", got)
	}
}

// FuzzRecover: whatever the files hold, recovery ends, and its result is a sound
// store that survives a snapshot.
func FuzzRecover(f *testing.F) {
	h := live(4, 4)
	f.Add(h.files.Snapshot, h.files.Logs[0], []byte(nil))
	f.Add([]byte(nil), h.files.Logs[0][:40], h.files.Logs[0][20:])
	f.Add([]byte(magic), []byte(magic+"c\xff\xff\xff\xff"), []byte("junk"))
	f.Add(h.files.Logs[0], h.files.Snapshot, h.files.Snapshot)
	f.Fuzz(func(t *testing.T, snapshot, log0, log1 []byte) {
		s := Recover(limits, Files{Snapshot: snapshot, Logs: [2][]byte{log0, log1}})
		if s.Lost() > s.N() {
			t.Fatalf("%d lost of %d", s.Lost(), s.N())
		}
		b := s.Snapshot(nil)
		same(t, "again", Recover(limits, Files{Snapshot: b}), s)
		put(s, id("fresh-source", 9, 9), 1)
	})
}

// The dedup window against a map.
func TestWindowAgainstMap(t *testing.T) { rapid.Check(t, windowAgainstMap) }

func FuzzWindowAgainstMap(f *testing.F) {
	for seed := range byte(4) {
		draws := make([]byte, 16<<10)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(draws) // never fails
		f.Add(draws)
	}
	f.Fuzz(rapid.MakeFuzz(windowAgainstMap))
}

func windowAgainstMap(t *rapid.T) {
	w := &window{inc: 1, lo: 1}
	ref := map[uint64]uint32{}
	count, lo := 0, uint64(1)
	t.Repeat(map[string]func(*rapid.T){
		"put": func(t *rapid.T) {
			seq, hash := rapid.Uint64Range(lo, lo+50).Draw(t, "seq"), rapid.Uint32().Draw(t, "hash")
			count += w.put(item{seq: seq, hash: hash})
			ref[seq] = hash
		},
		"drop": func(t *rapid.T) {
			seq := rapid.Uint64Range(1, lo+50).Draw(t, "seq")
			count -= w.drop(seq)
			delete(ref, seq)
		},
		"raise": func(t *rapid.T) {
			to := rapid.Uint64Range(1, lo+20).Draw(t, "lo")
			count -= w.raise(to)
			lo = max(lo, to)
			for seq := range ref {
				if seq < lo {
					delete(ref, seq)
				}
			}
		},
		"": func(t *rapid.T) {
			if count != len(ref) || len(w.items) != len(ref) {
				t.Fatalf("%d counted, %d held, want %d", count, len(w.items), len(ref))
			}
			for seq := uint64(1); seq < lo+60; seq++ {
				i, found := w.find(seq)
				hash, in := ref[seq]
				if found != in || found && w.items[i].hash != hash {
					t.Fatalf("sequence %d: found %v, want %v", seq, found, in)
				}
			}
		},
	})
}
