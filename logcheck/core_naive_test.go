package logcheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEffectsAgreeWithNaive compares C2 and C6 on random histories of two stores, or of
// two analysers that share one, with a model that keeps everything in plain sets.
func TestEffectsAgreeWithNaive(t *testing.T) {
	both := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		n := naiveEffects{shared: rapid.Bool().Draw(t, "shared"), standing: [2]map[uint64]string{{}, {}}, last: [2]uint64{}}
		script := n.draw(t)
		src, run, _ := parseCase(quiet{}, script)
		v, err := Check(src, run, Options{Only: []string{"C2", "C6"}})
		if err != nil {
			t.Fatal(err)
		}
		for id, bad := range map[string]bool{"C2": n.lost(), "C6": n.twice} { //weir:anyorder each alone
			r, _ := v.Result(id)
			if (r.Status == Fail) != bad {
				t.Fatalf("%s is %v, the model says broken=%v\n%s\n%s", id, r.Status, bad, script, dumpRun(v, src))
			}
			both[fmt.Sprint(id, bad, n.shared)]++
		}
	})
	if len(both) != 8 {
		t.Errorf("the histories did not show every case: %v", both)
	}
}

// quiet is a testing.TB for scripts that are right by construction.
type quiet struct{ testing.TB }

func (quiet) Helper() {}

// naiveEffects is the model: what each store holds, and which ids were acked.
type naiveEffects struct {
	shared   bool
	standing [2]map[uint64]string
	last     [2]uint64
	inc      [2]int
	acked    []string
	unheld   bool // acked while no store held it
	twice    bool
}

func (n *naiveEffects) draw(t *rapid.T) string {
	n.inc = [2]int{1, 1}
	header := fmt.Sprintf(`{"analyser":{"ack":"synced","shared_store":%v}}`, n.shared)
	lines := []string{header, "1 d1.1/x x_a", "1 a1.1/x x_a", "1 a2.1/x x_a"}
	now := 10
	add := func(format string, args ...any) {
		now++
		lines = append(lines, fmt.Sprintf("%d ", now)+fmt.Sprintf(format, args...))
	}
	for i := 1; i <= 4; i++ {
		add("e1.1/main emit id=e1/1/%d n=1 b=1 h:000000aa", i)
	}
	for range rapid.IntRange(1, 25).Draw(t, "steps") {
		store := rapid.IntRange(0, 1).Draw(t, "store")
		id := fmt.Sprintf("e1/1/%d", rapid.IntRange(1, 4).Draw(t, "id"))
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0, 1, 2:
			n.last[store]++
			n.twice = n.twice || n.holds(store, id) || n.shared && n.holds(1-store, id)
			n.standing[store][n.last[store]] = id
			add("a%d.%d/main commit id=%s n=1 h:000000aa cs=%d op=%d", store+1, n.inc[store], id, n.last[store], now)
		case 3:
			keep := uint64(rapid.IntRange(0, int(n.last[store])).Draw(t, "keep"))
			n.crash(store, keep)
			add("fault do=crash n=a%d inc=%d", store+1, n.inc[store])
			lines = append(lines, fmt.Sprintf("- crashed a%d.%d", store+1, n.inc[store]))
			n.inc[store]++
			add("fault do=restart n=a%d inc=%d", store+1, n.inc[store])
			add("a%d.%d/main recover n=%d", store+1, n.inc[store], keep)
		default:
			if !slices.Contains(n.acked, id) {
				n.acked = append(n.acked, id)
				n.unheld = n.unheld || !n.holds(0, id) && !n.holds(1, id)
				add("e1.1/main outcome id=%s out=acked", id)
			}
		}
	}
	return strings.Join(lines, "\n")
}

func (n *naiveEffects) holds(store int, id string) bool {
	for _, x := range n.standing[store] { //weir:anyorder only whether one exists
		if x == id {
			return true
		}
	}
	return false
}

func (n *naiveEffects) crash(store int, keep uint64) {
	for cs := keep + 1; cs <= n.last[store]; cs++ {
		delete(n.standing[store], cs)
	}
	n.last[store] = keep
}

func (n *naiveEffects) lost() bool {
	for _, id := range n.acked {
		if !n.holds(0, id) && !n.holds(1, id) {
			return true
		}
	}
	return n.unheld
}

// TestMergeOrder compares the merge with sorting everything by (t, g, file, line).
func TestMergeOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type at struct {
			t, g, file, line int
		}
		var want []at
		var readers []*reader
		for f := range rapid.IntRange(1, 9).Draw(t, "files") {
			var b strings.Builder
			now, g := 0, 0
			for line := range rapid.IntRange(0, 8).Draw(t, "lines") {
				if now += rapid.IntRange(0, 2).Draw(t, "dt"); rapid.Bool().Draw(t, "later") {
					g++
				}
				want = append(want, at{now, g, f, line + 1})
				fmt.Fprintf(&b, `{"k":"x_a","a":"m","s":1,"t":%d,"m":0,"g":%d}`+"\n", now, g)
			}
			rd := &reader{file: &File{Index: f}, j: &formJudge{}, buf: []byte(b.String()), end: b.Len(), eof: true}
			rd.rec.names, rd.rec.File = NewNames(), rd.file
			readers = append(readers, rd)
		}
		slices.SortFunc(want, func(a, b at) int {
			return 1000*(1000*(10*(a.t-b.t))) + 10000*(a.g-b.g) + 100*(a.file-b.file) + a.line - b.line
		})
		m, err := newMerger(readers, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []at
		for r := m.top(); r != nil; r = m.top() {
			got = append(got, at{int(r.T), int(r.G), r.File.Index, r.Line})
			if err := m.pop(); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
	})
}

// TestIDSetIsASet compares idSet with a map.
func TestIDSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, model := newIDSet(), map[PacketID]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			id := PacketID{Source: Sym(rapid.IntRange(1, 2).Draw(t, "source")), Inc: 1,
				Seq: uint64(rapid.SampledFrom([]int{0, 1, 63, 64, 4094, 4095, 4096, 1 << 40}).Draw(t, "seq"))}
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				s.add(id)
				model[id] = true
			case 1:
				s.remove(id)
				delete(model, id)
			}
			if s.has(id) != model[id] {
				t.Fatalf("%v: %v", id, s.has(id))
			}
		}
	})
	s := newIDSet()
	for i := range uint64(3 * 4096) {
		s.add(PacketID{1, 1, i})
	}
	s.remove(PacketID{1, 1, 5000})
	if s.pages[pageKey{1, 1, 0}] != fullPage || s.has(PacketID{1, 1, 5000}) || !s.has(PacketID{1, 1, 904}) || fullPage.n != 4096 {
		t.Error("full pages are not shared, or a shared one was changed")
	}
}
