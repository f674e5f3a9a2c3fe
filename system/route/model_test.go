package route

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is a second, slow reading of the policies: exact fractions, a map of
// credits, no view kept, no laziness. Credits are in parts.
type model struct {
	policy  string
	max     int64
	version uint64
	credit  map[string]*big.Rat
	others  map[string]int64
}

// sum is the credit that decisions rest on.
func (m *model) sum(id string) *big.Rat { return new(big.Rat).Add(m.credit[id], rat(m.others[id])) }

func newModel(policy string, packetMax int) *model {
	return &model{policy: policy, max: int64(packetMax), credit: map[string]*big.Rat{}}
}

func rat(x int64) *big.Rat { return new(big.Rat).SetInt64(x) }

// shares divides One by the rule in words: floors, then one part each by
// remainder, then zeros are raised.
func (m *model) shares(entries []Entry) map[string]int64 {
	var ids []string
	total := rat(0)
	exact, floor := map[string]*big.Rat{}, map[string]int64{}
	for _, e := range entries {
		if e.Status == Up && e.Weight > 0 {
			ids = append(ids, e.ID)
			total.Add(total, rat(int64(e.Weight)))
		}
	}
	left := One
	for _, e := range entries {
		if slices.Contains(ids, e.ID) {
			x := new(big.Rat).Quo(rat(int64(e.Weight)), total)
			exact[e.ID] = x.Mul(x, rat(One))
			floor[e.ID] = new(big.Int).Div(x.Num(), x.Denom()).Int64()
			left -= floor[e.ID]
		}
	}
	if len(ids) == 0 {
		return floor
	}
	order := slices.Clone(ids)
	slices.SortFunc(order, func(a, b string) int {
		ra := new(big.Rat).Sub(exact[a], rat(floor[a]))
		rb := new(big.Rat).Sub(exact[b], rat(floor[b]))
		if c := rb.Cmp(ra); c != 0 {
			return c
		}
		return compareIDs(a, b)
	})
	for _, id := range order[:left] {
		floor[id]++
	}
	slices.Sort(ids)
	for _, id := range ids {
		if floor[id] == 0 {
			floor[id] = 1
			rich := slices.MaxFunc(ids, func(a, b string) int {
				if floor[a] != floor[b] {
					return int(floor[a] - floor[b])
				}
				return compareIDs(b, a)
			})
			floor[rich]--
		}
	}
	return floor
}

// register applies the membership rule.
func (m *model) register(entries []Entry, version uint64) {
	listed := map[string]bool{}
	for _, e := range entries {
		listed[e.ID] = true
	}
	var gone, stay []string
	for id := range m.credit {
		if listed[id] {
			stay = append(stay, id)
		} else {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	slices.Sort(stay)
	if version >= m.version {
		m.version = version
		for _, id := range gone {
			m.divide(m.credit[id], stay)
			delete(m.credit, id)
		}
	}
	for id := range listed {
		if m.credit[id] == nil {
			m.credit[id] = rat(0)
		}
	}
}

func (m *model) divide(c *big.Rat, stay []string) {
	if len(stay) == 0 {
		return
	}
	each, rest := new(big.Int).DivMod(c.Num(), big.NewInt(int64(len(stay))), new(big.Int))
	for i, id := range stay {
		m.credit[id].Add(m.credit[id], new(big.Rat).SetInt(each))
		if int64(i) < rest.Int64() {
			m.credit[id].Add(m.credit[id], rat(1))
		}
	}
}

// pick makes one decision; "" means none is possible.
func (m *model) pick(entries []Entry, version uint64, messages int64, tried []string, raw uint64) string {
	share := m.shares(entries)
	var ids []string
	for id := range share {
		if !slices.Contains(tried, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return ""
	}
	m.register(entries, version)
	unit := messages
	if m.policy == Smooth || m.policy == Original {
		unit = 1
	}
	chosen := ""
	if m.policy == Original {
		chosen = m.best(ids, m.sum)
	}
	for id, s := range share {
		m.credit[id].Add(m.credit[id], new(big.Rat).Mul(rat(unit), rat(s)))
	}
	if chosen == "" {
		chosen = m.choose(ids, share, messages, raw)
	}
	m.credit[chosen].Sub(m.credit[chosen], rat(unit*One))
	return chosen
}

// best returns the id of the largest key, the first of equal ones.
func (m *model) best(ids []string, key func(string) *big.Rat) string {
	best := ids[0]
	for _, id := range ids[1:] {
		if key(id).Cmp(key(best)) > 0 {
			best = id
		}
	}
	return best
}

func (m *model) choose(ids []string, share map[string]int64, messages int64, raw uint64) string {
	lateness := func(limit *big.Rat) func(string) *big.Rat { // minus (limit - c) / share
		return func(id string) *big.Rat {
			x := new(big.Rat).Sub(m.sum(id), limit)
			return x.Quo(x, rat(share[id]))
		}
	}
	switch m.policy {
	case Finish:
		return m.best(ids, lateness(rat(m.max*One)))
	case Eligible:
		limit := rat(m.max * One)
		if n := int64(len(share)); n > 1 {
			limit.Sub(limit, rat(m.max*One/(2*n-2)))
		}
		least := new(big.Rat).Sub(rat(messages*One), limit)
		var fit []string
		for _, id := range ids {
			if m.sum(id).Cmp(least) >= 0 {
				fit = append(fit, id)
			}
		}
		if len(fit) > 0 {
			return m.best(fit, lateness(limit))
		}
	case Random:
		return m.draw(ids, share, raw)
	}
	return m.best(ids, m.sum)
}

func (m *model) draw(ids []string, share map[string]int64, raw uint64) string {
	total := int64(0)
	for _, id := range ids {
		total += share[id]
	}
	x := new(big.Int).Mul(new(big.Int).SetUint64(raw), big.NewInt(total))
	x.Rsh(x, 64)
	sum := int64(0)
	for _, id := range ids {
		if sum += share[id]; big.NewInt(sum).Cmp(x) > 0 {
			return id
		}
	}
	return "none"
}

// Every policy decides as the model does and keeps the same credits, whatever
// views, versions, sizes, tried analysers, start credits and others' credits it meets.
func TestPoliciesAgreeWithModel(t *testing.T) {
	for _, name := range Policies() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { runAgainstModel(t, name) })
		})
	}
}

func runAgainstModel(t *rapid.T, name string) {
	max := rapid.SampledFrom([]int{1, 2, 7, 100, 4096}).Draw(t, "packet max")
	p, m := mustNew(name, max), newModel(name, max)
	view := drawView(t, nil)
	if rapid.Bool().Draw(t, "start credits") {
		credits := drawCredits(t, view, max)
		if err := p.SetCredits(credits); err != nil {
			t.Fatal(err)
		}
		for _, c := range credits {
			m.credit[c.ID] = rat(c.Parts)
		}
	}
	for step := range rapid.IntRange(1, 60).Draw(t, "steps") {
		if rapid.IntRange(0, 4).Draw(t, "change view") == 0 {
			view = drawView(t, view)
		}
		if rapid.IntRange(0, 7).Draw(t, "others") == 0 {
			setOthers(t, p, m, max)
		}
		size := rapid.IntRange(1, max).Draw(t, "size")
		raw := rapid.Uint64().Draw(t, "raw")
		tried := drawTried(t, view)
		want := m.pick(view.entries, view.version, int64(size), tried, raw)
		index, ok := p.Pick(view, size, tried, raw)
		got := ""
		if ok {
			got = view.ID(index)
		}
		if got != want {
			t.Fatalf("step %d: picked %q, model %q; view %s, tried %v", step, got, want, Diff(nil, view), tried)
		}
		if ok == view.Exhausted(tried) {
			t.Fatalf("step %d: pick %v, exhausted %v", step, ok, !ok)
		}
		compareCredits(t, p.Credits(), m.credit)
	}
}

// setOthers tells both the others' credits, of some analysers that are registered or not.
func setOthers(t *rapid.T, p Policy, m *model, max int) {
	m.others = map[string]int64{}
	var list []Credit
	for _, e := range drawView(t, nil).entries {
		parts := rapid.Int64Range(-9*int64(max)*One, 9*int64(max)*One).Draw(t, "parts of others")
		m.others[e.ID] = parts
		list = append(list, Credit{ID: e.ID, Parts: parts})
	}
	if err := p.SetOthers(list); err != nil {
		t.Fatal(err)
	}
}

func compareCredits(t *rapid.T, got []Credit, want map[string]*big.Rat) {
	if len(got) != len(want) {
		t.Fatalf("%d credits, model %d", len(got), len(want))
	}
	for _, c := range got {
		if want[c.ID] == nil || want[c.ID].Cmp(rat(c.Parts)) != 0 {
			t.Fatalf("credit of %q is %d, model %v", c.ID, c.Parts, want[c.ID])
		}
	}
}
