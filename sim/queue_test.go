package sim

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The queue against a sorted list, through any mix of its operations.
func TestQueueOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var want []key
		seq := uint64(0)
		sorted := func() {
			slices.SortFunc(want, func(a, b key) int {
				return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.ord, b.ord))
			})
		}
		for range rapid.IntRange(1, 300).Draw(t, "ops") {
			switch op := rapid.IntRange(0, 9).Draw(t, "op"); {
			case op < 5:
				seq++
				k := key{at: rapid.Int64Range(0, 20).Draw(t, "at"), ord: rapid.Uint64Range(0, 3).Draw(t, "tie")<<seqBits | seq}
				q.push(k)
				want = append(want, k)
			case op < 9 && len(want) > 0:
				sorted()
				q.settle()
				if got := q.take(); got != want[0] {
					t.Fatalf("took %v, want %v", got, want[0])
				}
				want = want[1:]
			case op == 9:
				drop := rapid.Int64Range(0, 20).Draw(t, "drop")
				f := func(k *key) bool { k.at += drop % 3; return k.at%5 != drop%5 }
				q.rework(f)
				kept := []key{}
				for _, k := range want {
					if f(&k) {
						kept = append(kept, k)
					}
				}
				want = kept
			}
			if q.size() != len(want) {
				t.Fatalf("size %d, want %d", q.size(), len(want))
			}
		}
		sorted()
		for _, k := range want {
			q.settle()
			if got := q.take(); got != k {
				t.Fatalf("at the end took %v, want %v", got, k)
			}
		}
	})
}

func TestTableAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab table
		ref := map[uint64]int32{}
		for range rapid.IntRange(1, 400).Draw(t, "ops") {
			if tab.get(0) != none || tab.del(0) != none {
				t.Fatal("key 0 is in the table")
			}
			k := rapid.Uint64Range(1, 60).Draw(t, "k")
			want, ok := ref[k]
			if !ok {
				want = none
			}
			if got := tab.get(k); got != want {
				t.Fatalf("get(%d) = %d, want %d", k, got, want)
			}
			if ok && rapid.Bool().Draw(t, "del") {
				if got := tab.del(k); got != want {
					t.Fatalf("del(%d) = %d, want %d", k, got, want)
				}
				delete(ref, k)
			} else if !ok {
				v := rapid.Int32Range(0, 1<<30).Draw(t, "v")
				tab.put(k, v)
				ref[k] = v
			}
			if tab.count != len(ref) {
				t.Fatalf("%d entries, want %d", tab.count, len(ref))
			}
		}
	})
}
