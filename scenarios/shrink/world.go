package shrink

import (
	"slices"
	"time"

	"weir/faults"
	"weir/scenarios"
)

// nodes removes nodes and workers.
func (s *search) nodes() {
	s.fewest("emitters", func(c *scenarios.Scenario) *int { return &c.Emitters.Count })
	s.fewest("distributors", func(c *scenarios.Scenario) *int { return &c.Distributors.Count })
	s.fewest("workers", func(c *scenarios.Scenario) *int { return &c.Distributors.Workers })
	if s.best.Analysers.List == nil {
		return
	}
	faults.Minimise(func() []scenarios.AnalyserEntry { return s.best.Analysers.List }, func(rest []scenarios.AnalyserEntry) bool {
		return len(rest) > 0 && s.try("fewer analysers", func(c *scenarios.Scenario) {
			c.Analysers.List = rest
			fit(c)
		})
	})
	for i := range s.best.Analysers.List {
		s.try("equal weights", func(c *scenarios.Scenario) { c.Analysers.List[i].Weight = 1 })
	}
}

// fewest makes a count as small as it can be: 1, else by halving, else one less.
func (s *search) fewest(what string, count func(*scenarios.Scenario) *int) {
	for _, step := range []func(int) int{
		func(int) int { return 1 }, func(n int) int { return n / 2 }, func(n int) int { return n - 1 },
	} {
		for {
			n := *count(s.best)
			less := step(n)
			if less < 1 || less >= n || !s.try("fewer "+what, func(c *scenarios.Scenario) {
				*count(c) = less
				fit(c)
			}) {
				break
			}
		}
	}
}

// load makes fewer and smaller packets.
func (s *search) load() {
	e := func() *scenarios.Emitters { return &s.best.Emitters }
	s.try("messages of one byte", func(c *scenarios.Scenario) { c.Emitters.Bytes = 1 })
	s.try("packets of one message", func(c *scenarios.Scenario) { c.Emitters.Messages = scenarios.Span{Min: 1, Max: 1} })
	s.try("packets of one size", func(c *scenarios.Scenario) { c.Emitters.Messages.Min = c.Emitters.Messages.Max })
	s.try("constant arrivals", func(c *scenarios.Scenario) { c.Emitters.Arrivals = "constant" })
	for _, n := range []int64{1, 3, 10, 30, 100, 300} {
		if (e().Packets == 0 || e().Packets > n) && s.try("fewer packets", func(c *scenarios.Scenario) { c.Emitters.Packets = n }) {
			break
		}
	}
	for e().Packets > 1 && s.try("fewer packets", func(c *scenarios.Scenario) { c.Emitters.Packets = c.Emitters.Packets * 2 / 3 }) {
	}
	for e().Rate > 1000 && s.try("a lower rate", func(c *scenarios.Scenario) { c.Emitters.Rate = max(c.Emitters.Rate/2/1000*1000, 1000) }) {
	}
	for e().Messages.Max > 1 && s.try("smaller packets", func(c *scenarios.Scenario) {
		m := &c.Emitters.Messages
		m.Max /= 2
		m.Min = min(m.Min, m.Max)
	}) {
	}
}

// settings gives settings their defaults, whole groups first, then one by one, and makes
// what is random in links and disks constant.
func (s *search) settings() {
	for _, group := range []string{"distributors.detector", "distributors.queue", "distributors.retry_budget", "distributors.service",
		"analyser", "links", "emitters.giant", "emitters.poison", "emitters.buffer"} {
		s.try("default "+group, func(c *scenarios.Scenario) { c.Reset(group) })
	}
	for _, path := range s.best.Settings() {
		if !slices.Contains(kept, path) {
			s.try("default "+path, func(c *scenarios.Scenario) { c.Reset(path) })
		}
	}
	s.try("constant latency", func(c *scenarios.Scenario) { c.Links.Latency = constant(time.Millisecond) })
	s.try("a disk of constant latency", func(c *scenarios.Scenario) { c.Analyser.Disk.Latency = constant(time.Millisecond) })
}

// kept are settings that other steps make smaller, by which they differ from the default.
var kept = []string{"inputs", "emitters.count", "emitters.packets", "emitters.rate", "emitters.bytes", "emitters.messages", "emitters.arrivals",
	"distributors.count", "distributors.workers", "phases.warmup", "phases.faults", "phases.heal", "phases.settle",
	"links.latency.kind", "links.latency.min", "links.latency.mean", "links.latency.max",
	"analyser.disk.latency.kind", "analyser.disk.latency.min", "analyser.disk.latency.mean", "analyser.disk.latency.max"}

func constant(d time.Duration) scenarios.Latency {
	return scenarios.Latency{Kind: "constant", Min: d, Mean: d, Max: d, Tail: scenarios.Tail{Factor: 10}}
}

// phases makes the run shorter: everything earlier, then less of each phase. The settle
// phase stays: with too little of it a sound system fails too, and its end without events
// costs nothing.
func (s *search) phases() {
	for _, d := range []time.Duration{5 * time.Second, time.Second, 500 * time.Millisecond, 100 * time.Millisecond} {
		for s.earlier(d) {
		}
	}
	for _, phase := range []func(*scenarios.Scenario) *time.Duration{
		func(c *scenarios.Scenario) *time.Duration { return &c.Phases.Heal },
		func(c *scenarios.Scenario) *time.Duration { return &c.Phases.Faults },
	} {
		for _, step := range []func(time.Duration) time.Duration{
			func(d time.Duration) time.Duration { return (d / 2).Truncate(100 * time.Millisecond) },
			func(d time.Duration) time.Duration { return d - time.Second },
			func(d time.Duration) time.Duration { return d.Truncate(time.Second) },
		} {
			for {
				d := *phase(s.best)
				less := step(d)
				if less < 0 || less >= d || !s.try("a shorter run", func(c *scenarios.Scenario) { *phase(c) = less }) {
					break
				}
			}
		}
	}
}

// earlier moves the end of the warm-up and all timed actions to an earlier time.
func (s *search) earlier(d time.Duration) bool {
	if s.best.Phases.Warmup < d {
		return false
	}
	return s.try("an earlier start", func(c *scenarios.Scenario) {
		c.Phases.Warmup -= d
		list := slices.Clone(c.Plan().Actions)
		for i := range list {
			if a := &list[i]; !a.When.IsState() {
				a.When.At = max(a.When.At-d, 0)
			}
		}
		c.Faults = faults.Plan{Actions: list}.String()
	})
}
