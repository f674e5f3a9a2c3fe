package logcheck

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// step is one record of a chooser: a view, or a pick.
type step struct {
	view map[string]entryText // a view when not nil
	n    int64
	to   string
	x    string
}

type entryText struct {
	weight int64
	status string
}

// ratioCase is a random history of one chooser in state shared form (credits from
// zero), with now and then a wrong choice.
type ratioCase struct {
	pol   string
	steps []step
	text  string
}

func drawRatioCase(t *rapid.T) ratioCase {
	c := ratioCase{pol: rapid.SampledFrom([]string{"deficit", "smooth", "original"}).Draw(t, "policy")}
	wrong := rapid.SampledFrom([]int{0, 0, 5, 40}).Draw(t, "wrong")
	ids := []string{"a1", "a2", "a3", "a4"}[:rapid.IntRange(2, 4).Draw(t, "n")]
	view := map[string]entryText{}
	for _, id := range ids {
		view[id] = entryText{rapid.Int64Range(0, 5).Draw(t, "w"), "up"}
	}
	m := newNaive(c.pol)
	lines := []string{"run m=10 policy=" + c.pol, fmt.Sprintf("1 d/w1 view v=1 ver=1 set=%s", setText(view))}
	c.steps = append(c.steps, step{view: copyView(view)})
	m.see(view)
	v, p := 1, 0
	for k := range rapid.IntRange(5, 60).Draw(t, "steps") {
		if rapid.IntRange(0, 9).Draw(t, "flip") == 0 {
			id := rapid.SampledFrom(ids).Draw(t, "id")
			_, had := view[id]
			view[id] = entryText{rapid.Int64Range(0, 5).Draw(t, "w"), rapid.SampledFrom([]string{"up", "up", "full", "down"}).Draw(t, "status")}
			set := setText(map[string]entryText{id: view[id]})
			if had && len(view) == len(ids) && rapid.IntRange(0, 5).Draw(t, "remove") == 0 {
				delete(view, id)
				set = id + "=-"
			}
			v++
			lines = append(lines, fmt.Sprintf("%d d/w1 view v=%d ver=1 set=%s", 2+k, v, set))
			c.steps = append(c.steps, step{view: copyView(view)})
			m.see(view)
			continue
		}
		s := step{n: rapid.Int64Range(1, 10).Draw(t, "size")}
		elig := m.eligible()
		if len(elig) == 0 {
			continue
		}
		if len(elig) > 1 && rapid.IntRange(0, 9).Draw(t, "retry") == 0 {
			s.x = rapid.SampledFrom(elig).Draw(t, "x")
		}
		m.settle()
		s.to = m.choose(s)
		if rapid.IntRange(0, 99).Draw(t, "luck") < wrong {
			s.to = rapid.SampledFrom(elig).Draw(t, "to")
		}
		p++
		x := ""
		if s.x != "" {
			x = " x=" + s.x
		}
		lines = append(lines, fmt.Sprintf("%d d/w1 pick p=%d id=e/1/%d att=1 n=%d to=%s v=%d%s", 2+k, p, p, s.n, s.to, v, x))
		c.steps = append(c.steps, s)
		m.charge(s)
	}
	c.text = strings.Join(append(lines, "99 a1/s recover n=0 lost=0"), "\n")
	return c
}

func copyView(v map[string]entryText) map[string]entryText {
	out := map[string]entryText{}
	for id, e := range v {
		out[id] = e
	}
	return out
}

func setText(v map[string]entryText) string {
	var items []string
	for id, e := range v {
		items = append(items, fmt.Sprintf("%s=%d:%s", id, e.weight, e.status))
	}
	slices.Sort(items)
	return strings.Join(items, ",")
}

// naive is the plainest reading of FORMAT.md section 8 for the three policies that
// choose by credit: maps of exact rationals in parts, nothing remembered.
type naive struct {
	pol    string
	view   map[string]entryText
	credit map[string]*big.Rat
}

func newNaive(pol string) *naive { return &naive{pol: pol, credit: map[string]*big.Rat{}} }

func (m *naive) ids() []string {
	var ids []string
	for id := range m.view {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (m *naive) eligible() []string {
	var out []string
	for _, id := range m.ids() {
		if e := m.view[id]; e.status == "up" && e.weight > 0 {
			out = append(out, id)
		}
	}
	return out
}

func (m *naive) see(view map[string]entryText) { m.view = copyView(view) }

// settle brings the registered analysers to the view that a decision cites: views
// that no decision cites have no effect, however many came between two decisions.
func (m *naive) settle() {
	old := m.credit
	m.credit = map[string]*big.Rat{}
	var stay, removed []string
	for _, id := range m.ids() {
		m.credit[id] = new(big.Rat)
		if c, ok := old[id]; ok {
			m.credit[id].Set(c)
			stay = append(stay, id)
		}
	}
	for id := range old {
		if _, ok := m.view[id]; !ok {
			removed = append(removed, id)
		}
	}
	slices.Sort(removed)
	for _, id := range removed {
		lost := old[id].Num().Int64() // credits are whole parts
		for i, to := range stay {
			k := int64(len(stay))
			each := floorDiv(lost, k)
			if int64(i) < lost-each*k {
				each++
			}
			m.credit[to].Add(m.credit[to], new(big.Rat).SetInt64(each))
		}
	}
}

// shares are the weights' largest-remainder parts of 2^32, found by giving one part
// at a time.
func (m *naive) shares() map[string]*big.Rat {
	elig := m.eligible()
	total := int64(0)
	for _, id := range elig {
		total += m.view[id].weight
	}
	out, rest, left := map[string]*big.Rat{}, map[string]int64{}, one
	for _, id := range elig {
		q := m.view[id].weight * one / total
		rest[id] = m.view[id].weight * one % total
		left -= q
		out[id] = new(big.Rat).SetInt64(q)
	}
	for ; left > 0; left-- {
		best := ""
		for _, id := range elig {
			if best == "" || rest[id] > rest[best] {
				best = id
			}
		}
		rest[best] = -1
		out[best].Add(out[best], big.NewRat(1, 1))
	}
	return out
}

func (m *naive) unit(s step) int64 {
	if m.pol == "deficit" {
		return s.n
	}
	return 1
}

func (m *naive) credited(s step) map[string]*big.Rat {
	out := map[string]*big.Rat{}
	for id, sh := range m.shares() {
		out[id] = new(big.Rat).Mul(sh, new(big.Rat).SetInt64(m.unit(s)))
		out[id].Add(out[id], m.credit[id])
	}
	return out
}

func (m *naive) choose(s step) string {
	key := m.credited(s)
	if m.pol == "original" {
		key = m.credit
	}
	best := ""
	for _, id := range m.eligible() {
		if id != s.x && (best == "" || key[id].Cmp(key[best]) > 0) {
			best = id
		}
	}
	return best
}

func (m *naive) charge(s step) {
	for id, c := range m.credited(s) {
		m.credit[id] = c
	}
	m.credit[s.to].Sub(m.credit[s.to], new(big.Rat).SetInt64(m.unit(s)*one))
}

// judge reads the history and reports whether R3 and R6 are broken: for R3 every
// prefix of every epoch and window is compared with bounds made from its start.
func (c *ratioCase) judge() (r3, r6 bool) {
	m := newNaive(c.pol)
	var start [2]map[string]*big.Rat
	var most [2]int64
	last, picks := "", 0
	for _, s := range c.steps {
		if s.view != nil {
			m.see(s.view)
			continue
		}
		m.settle()
		r6 = r6 || m.choose(s) != s.to
		now := fmt.Sprint(m.shares(), m.ids())
		for k := range start {
			if now != last || k == 1 && picks%windowDecisions == 0 {
				start[k], most[k] = copyCredits(m.credit), 0
			}
			most[k] = max(most[k], m.unit(s))
		}
		if now != last {
			picks = 0
		}
		last, picks = now, picks+1
		m.charge(s)
		if s.x != "" {
			last = ""
			continue
		}
		for k := range start {
			r3 = r3 || len(m.eligible()) > 1 && m.beyond(start[k], most[k], s.to)
		}
	}
	return r3, r6
}

func copyCredits(c map[string]*big.Rat) map[string]*big.Rat {
	out := map[string]*big.Rat{}
	for id, v := range c {
		out[id] = new(big.Rat).Set(v)
	}
	return out
}

// beyond compares the credits with the bounds of FORMAT.md, in rationals.
func (m *naive) beyond(start map[string]*big.Rat, most int64, to string) bool {
	var begin []int64
	sigma, n := new(big.Rat), int64(len(m.eligible()))
	for _, id := range m.eligible() {
		begin = append(begin, start[id].Num().Int64())
		sigma.Add(sigma, start[id])
	}
	pol := parsePolicy(m.pol)
	top := new(big.Rat).SetInt(exactTop(pol, begin, most))
	for _, id := range m.eligible() {
		if m.credit[id].Cmp(top) > 0 {
			return true
		}
	}
	p := big.NewRat(1, n)
	if pol == policyOriginal {
		p = new(big.Rat).Quo(m.shares()[to], new(big.Rat).SetInt64(one))
	}
	over := new(big.Rat).Sub(big.NewRat(1, 1), p)
	over.Mul(over, new(big.Rat).SetInt64(most*one)).Sub(over, sigma.Quo(sigma, new(big.Rat).SetInt64(n)))
	if own := new(big.Rat).Neg(start[to]); own.Cmp(over) > 0 {
		over = own
	}
	return new(big.Rat).Neg(m.credit[to]).Cmp(over) > 0
}

// TestRatioAgainstNaive holds the streaming R3 and R6 against the plain reading, on
// sound and on broken histories.
func TestRatioAgainstNaive(t *testing.T) {
	broken, sound := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		c := drawRatioCase(t)
		run, files := parseWatch(rapidTB{t}, c.text)
		v, err := Check(files, run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		r3, r6 := c.judge()
		if got := watchOf(v, "R3"); (got.Status == Fail) != r3 {
			t.Fatalf("R3 is %s (%s), naively broken: %v\n%s", got.Status, got.Detail, r3, c.text)
		}
		if got := watchOf(v, "R6"); (got.Status == Fail) != r6 {
			t.Fatalf("R6 is %s (%s), naively broken: %v\n%s", got.Status, got.Detail, r6, c.text)
		}
		if !r6 {
			sound++
			for _, id := range []string{"R1", "R3", "R4", "R8", "R9", "R11", "R12"} {
				if got := watchOf(v, id); got.Status == Fail {
					t.Fatalf("false alarm of %s: %s\n%s", id, got.Detail, c.text)
				}
			}
		}
		if r3 {
			broken++
		}
	})
	if broken == 0 || sound == 0 {
		t.Errorf("%d histories broke R3 and %d were sound: nothing was compared", broken, sound)
	}
}

// rapidTB lets helpers that want a testing.TB fail a rapid check.
type rapidTB struct{ *rapid.T }

func (rapidTB) Helper() {}
