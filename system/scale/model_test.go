package scale

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is the controller once more, from its description: the whole history, fractions
// and no queue.
type model struct {
	cfg     Config
	n       int
	history []wanted
	changes []change
}

type change struct {
	at   time.Duration
	from int
	to   int
}

func (m *model) want(v *Values) int {
	n, loads := 1, false
	for s, target := range m.cfg.targets() {
		if target == 0 {
			continue
		}
		loads = loads || Signal(s) == CPU || Signal(s) == Memory || Signal(s) == Emitters
		ask := m.n
		if v[s].Known {
			ratio := big.NewRat(v[s].Amount, target)
			off := new(big.Rat).Sub(ratio, big.NewRat(1, 1))
			if off.Abs(off).Cmp(big.NewRat(int64(max(m.cfg.Tolerance, 0)), 1000)) > 0 {
				r := new(big.Rat).Mul(ratio, big.NewRat(int64(m.n), 1))
				q, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
				if rest.Sign() > 0 {
					q.Add(q, big.NewInt(1))
				}
				ask = int(min(q.Int64(), askMost))
			}
		}
		n = max(n, ask)
	}
	if !loads {
		n = max(n, m.n)
	}
	return n
}

// decide returns the new number.
func (m *model) decide(now time.Duration, v *Values) int {
	m.history = append(m.history, wanted{now, min(max(m.want(v), m.cfg.Min), m.cfg.Max)})
	least, most := 1<<30, 0
	for i, h := range m.history {
		newest := i == len(m.history)-1
		if newest || m.cfg.WindowUp >= 0 && now-h.at <= m.cfg.WindowUp {
			least = min(least, h.n)
		}
		if newest || m.cfg.WindowDown >= 0 && now-h.at <= m.cfg.WindowDown {
			most = max(most, h.n)
		}
	}
	to := m.n
	if least > m.n {
		to = min(least, m.n+m.cfg.StepUp)
	} else if most < m.n {
		to = max(most, m.n-m.cfg.StepDown)
	}
	for _, c := range m.changes {
		if to > m.n && c.to > c.from && now-c.at < m.cfg.CooldownUp || to < m.n && now-c.at < m.cfg.CooldownDown {
			return m.n
		}
	}
	if to != m.n {
		m.changes = append(m.changes, change{now, m.n, to})
		m.n = to
	}
	return m.n
}

// configs draws valid configurations.
func configs(t *rapid.T) Config {
	c := Config{Max: rapid.IntRange(1, 40).Draw(t, "max")}
	c.Min = rapid.IntRange(1, c.Max).Draw(t, "min")
	c.Every = time.Second
	some := func(name string, low, high int) int {
		if rapid.Bool().Draw(t, name+" on") {
			return rapid.IntRange(low, high).Draw(t, name)
		}
		return 0
	}
	c.Wait = time.Duration(some("wait", 1, 500)) * time.Millisecond
	c.Response = time.Duration(some("response", 1, 500)) * time.Millisecond
	c.CPU, c.Memory, c.Emitters = some("cpu", 10, 2000), some("memory", 10, 1000), some("emitters", 1, 20)
	c.Tolerance = rapid.SampledFrom([]int{None, 1, 50, 100, 500}).Draw(t, "tolerance")
	c.StepUp, c.StepDown = rapid.IntRange(1, 10).Draw(t, "step up"), rapid.IntRange(1, 10).Draw(t, "step down")
	span := func(name string) time.Duration {
		return rapid.SampledFrom([]time.Duration{None, time.Millisecond, 2 * time.Second, 5 * time.Second, 20 * time.Second}).Draw(t, name)
	}
	c.WindowUp, c.WindowDown = span("window up"), span("window down")
	c.CooldownUp, c.CooldownDown = span("cooldown up"), span("cooldown down")
	return c
}

// values draws signals around the targets, some missing.
func values(t *rapid.T, c *Config) *Values {
	v := &Values{}
	for s, target := range c.targets() {
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0: // missing
		case 1:
			v[s] = Of(0)
		case 2:
			v[s] = Of(rapid.Int64Range(-5, 1<<50).Draw(t, "wild"))
		default:
			v[s] = Of(target * rapid.Int64Range(100, 3000).Draw(t, "ratio") / 1000)
		}
	}
	return v
}

// TestModel holds the controller against the model, and S1, S2 and S4 for every decision.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		if err := cfg.Validate(); err != nil {
			t.Fatalf("%+v: %v", cfg, err)
		}
		cfg = cfg.WithDefaults()
		n := rapid.IntRange(cfg.Min, cfg.Max).Draw(t, "n")
		now := time.Duration(rapid.Int64Range(0, 10).Draw(t, "from")) * time.Second
		c, m := New(cfg, now, n), &model{cfg: cfg, n: n, history: []wanted{{now, n}}}
		for range rapid.IntRange(1, 60).Draw(t, "decisions") {
			now += time.Duration(rapid.Int64Range(0, 3000).Draw(t, "pass")) * time.Millisecond
			v := values(t, &cfg)
			want := m.want(v)
			d := c.Decide(now, v)
			if to := m.decide(now, v); d.To != to || d.From != n || d.Want != want || c.Workers() != to {
				t.Fatalf("%+v at %v with %s, the model wants %d and has %d after %d", d, now, cfg.Text(v), want, to, n)
			}
			if d.To < cfg.Min || d.To > cfg.Max || d.To > n+cfg.StepUp || d.To < n-cfg.StepDown {
				t.Fatalf("%+v leaves limits or step of %+v", d, cfg)
			}
			if (d.To > n) != (d.Why == Up) || (d.To < n) != (d.Why == Down) {
				t.Fatalf("%+v: the reason is not true", d)
			}
			n = d.To
			if len(c.down.queue) > cfg.Max+1 || len(c.up.queue) > cfg.Max+1 {
				t.Fatalf("windows of %d and %d entries for at most %d workers", len(c.up.queue), len(c.down.queue), cfg.Max)
			}
		}
	})
}

// TestMissing holds S1: without values nothing ever changes, and a signal without a
// value never makes fewer.
func TestMissing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		n := rapid.IntRange(cfg.Min, cfg.Max).Draw(t, "n")
		c := New(cfg, 0, n)
		cfg = cfg.WithDefaults()
		for i := range 40 {
			v := &Values{}
			if d := c.Decide(time.Duration(i)*time.Minute, v); d.To != n || d.Why != Blind {
				t.Fatalf("%+v without a value", d)
			}
		}
		gone := Signals
		for s := range Signals {
			if cfg.Uses(s) {
				gone = s
			}
		}
		v := values(t, &cfg)
		v[gone] = Value{}
		if d := c.Decide(time.Hour, v); d.To < n {
			t.Fatalf("%+v with %s", d, cfg.Text(v))
		}
	})
}

// TestTolerance holds S3: within the tolerance of every target nothing changes.
func TestTolerance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t).WithDefaults()
		n := rapid.IntRange(cfg.Min, cfg.Max).Draw(t, "n")
		c := New(cfg, 0, n)
		for i := range 20 {
			v := &Values{}
			for s, target := range cfg.targets() {
				off := target * int64(max(cfg.Tolerance, 0)) / 1000
				v[s] = Of(target + rapid.Int64Range(-off, off).Draw(t, "off"))
			}
			if d := c.Decide(time.Duration(i)*time.Minute, v); d.To != n || d.Why != Steady {
				t.Fatalf("%+v with %s", d, cfg.Text(v))
			}
		}
	})
}

// TestNoFlapping holds S5: with a load that stays, which n workers share, the number
// changes its direction once at most and then stays.
func TestNoFlapping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t)
		cfg.Wait, cfg.Response, cfg.Memory, cfg.Emitters = 0, 0, 0, 0
		cfg.CPU = rapid.IntRange(100, 2000).Draw(t, "cpu target")
		cfg = cfg.WithDefaults()
		n := rapid.IntRange(cfg.Min, cfg.Max).Draw(t, "n")
		busy := rapid.Float64Range(0, 60).Draw(t, "cores")
		c := New(cfg, 0, n)
		ways, last, since := 0, 0, 0
		for i := range 1200 {
			v := &Values{CPU: Thousandths(busy / float64(n))}
			d := c.Decide(time.Duration(i)*cfg.Every, v)
			if way := d.To - d.From; way != 0 {
				if way*last <= 0 {
					ways++
				}
				last, since = way, i
			}
			n = d.To
		}
		if ways > 2 { // one change of direction: rounding may take one worker back
			t.Fatalf("%d ways at %.3f cores of work: %+v", ways, busy, cfg)
		}
		if since > 1000 {
			t.Fatalf("still changing after %d decisions", since)
		}
	})
}

// TestWindowHoldsUp holds S5's second half with loads that change at random.
func TestWindowHoldsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := configs(t).WithDefaults()
		c := New(cfg, 0, rapid.IntRange(cfg.Min, cfg.Max).Draw(t, "n"))
		var grown []change
		now := time.Duration(0)
		for range 80 {
			now += time.Duration(rapid.Int64Range(1, 2000).Draw(t, "pass")) * time.Millisecond
			d := c.Decide(now, values(t, &cfg))
			if d.To > d.From {
				grown = append(grown, change{now, d.From, d.To})
			}
			for _, g := range grown {
				if d.To < min(d.From, g.to) && now-g.at <= cfg.WindowDown {
					t.Fatalf("%+v at %v, though %d were wanted at %v", d, now, g.to, g.at)
				}
			}
		}
	})
}
