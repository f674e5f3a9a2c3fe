package scenarios

import (
	"math"
	"time"

	"weir/faults"
	"weir/logcheck"
	"weir/sim"
	"weir/system/distributor"
	"weir/system/scale"
)

// Autoscale has each distributor's workers follow its load.
type Autoscale struct {
	// Max is the most workers. Default 0: there are always distributors.workers.
	Max int `yaml:"max" help:"the most workers; 0: their number never changes" range:"0..1000"`
	// Min is the fewest workers. Default 1.
	Min int `yaml:"min" help:"the fewest workers" range:"1..1000"`
	// Every is the time between two decisions. Default 1s.
	Every time.Duration `yaml:"every" help:"time between two decisions" range:"10ms..1h"`
	// CPU is the target of what a worker keeps busy of a core. Default 70%.
	CPU PPM `yaml:"cpu" help:"target: what a worker keeps busy of a core; 0%: no signal" range:"0%..900%"`
	// Wait is the target of the mean wait for a worker. Default 0: no signal.
	Wait time.Duration `yaml:"wait" help:"target: mean time from the admission until a worker has the packet; 0s: no signal" range:"0s..15m"`
	// Response is the target of the mean time to the commit. Default 0: no signal.
	Response time.Duration `yaml:"response" help:"target: mean time from the admission to the commit; 0s: no signal" range:"0s..15m"`
	// Memory is the target of what the waiting packets take of queue.bytes. Default 0: no signal.
	Memory PPM `yaml:"memory" help:"target: what waiting packets take of queue.bytes; 0%: no signal" range:"0%..100%"`
	// Emitters is the target of emitters for each worker. Default 0: no signal.
	Emitters int `yaml:"emitters" help:"target: emitters for each worker; 0: no signal" range:"0..10000"`
	// Tolerance is how far from its target a signal asks for no change. Default 10%.
	Tolerance PPM `yaml:"tolerance" help:"how far from its target a signal asks for no change" range:"0%..90%"`
	// StepUp and StepDown are the most workers of one change. Defaults 4 and 1.
	StepUp   int `yaml:"step_up" help:"the most workers that start at once" range:"1..1000"`
	StepDown int `yaml:"step_down" help:"the most workers that go at once" range:"1..1000"`
	// WindowUp and WindowDown are the stabilisation windows. Defaults 0 and 10s.
	WindowUp   time.Duration `yaml:"window_up" help:"there are more workers only if all decisions of so long wanted more" range:"0s..24h"`
	WindowDown time.Duration `yaml:"window_down" help:"there are no fewer than the most that one of so long wanted" range:"0s..24h"`
	// CooldownUp is the least time between two increases, CooldownDown from any change to
	// a decrease. Defaults 0 and 5s.
	CooldownUp   time.Duration `yaml:"cooldown_up" help:"least time from one increase to the next" range:"0s..24h"`
	CooldownDown time.Duration `yaml:"cooldown_down" help:"least time from any change to a decrease" range:"0s..24h"`
}

func defaultAutoscale() Autoscale {
	return Autoscale{Min: 1, Every: time.Second, CPU: 700_000, Tolerance: 100_000, StepUp: 4, StepDown: 1,
		WindowDown: 10 * time.Second, CooldownDown: 5 * time.Second}
}

// config is the autoscaler's configuration.
func (a *Autoscale) config() scale.Config {
	if a.Max == 0 {
		return scale.Config{}
	}
	thousandths := func(p PPM) int { return int(p) / 1000 }
	return scale.Config{
		Max: a.Max, Min: a.Min, Every: a.Every,
		Wait: a.Wait, Response: a.Response, CPU: thousandths(a.CPU), Memory: thousandths(a.Memory), Emitters: a.Emitters,
		Tolerance: none(thousandths(a.Tolerance), scale.None), StepUp: a.StepUp, StepDown: a.StepDown,
		WindowUp: time.Duration(none(int(a.WindowUp), scale.None)), WindowDown: time.Duration(none(int(a.WindowDown), scale.None)),
		CooldownUp: time.Duration(none(int(a.CooldownUp), scale.None)), CooldownDown: time.Duration(none(int(a.CooldownDown), scale.None)),
	}
}

// autoscale says what is wrong with it beyond what its own package does.
func (c *checker) autoscale() {
	a := &c.s.Distributors.Autoscale
	if a.Max == 0 {
		c.refuse(*a != defaultAutoscale(), "distributors.autoscale", "max is 0, so that nothing else of it counts: give max, or leave the rest out")
		return
	}
	for _, f := range []struct {
		name  string
		share PPM
	}{{"cpu", a.CPU}, {"memory", a.Memory}, {"tolerance", a.Tolerance}} {
		c.refuse(f.share%1000 != 0, "distributors.autoscale."+f.name, "%s has more than one decimal", f.share)
	}
	c.refuse(a.CPU == 0 && a.Wait == 0 && a.Response == 0 && a.Memory == 0 && a.Emitters == 0, "distributors.autoscale", "want at least one signal with a target")
}

// meter is what the process of a simulated distributor uses: the virtual processor time
// of its handlers, and what waits in its mailboxes as a part of queue.bytes.
type meter struct {
	r      *run
	id     sim.NodeID
	served time.Duration
	at     time.Duration
}

// Load implements distributor.Gauge. A single division of integers below 2^53 is the
// same on every machine.
func (m *meter) Load() distributor.Load {
	served, waits := m.r.world.sim.Usage(m.id)
	now := m.r.world.sim.Now()
	switch m.r.gauges[m.r.world.nameOf(m.id)] {
	case faults.GaugeLost:
		return distributor.Load{Cores: math.NaN(), Memory: math.NaN()}
	case faults.GaugeNaN: // as one that divides zeros, or counts backwards
		return distributor.Load{Cores: math.Inf(1), Memory: -1}
	}
	l := distributor.Load{Cores: math.NaN(), Memory: float64(waits) / float64(m.r.sc.Distributors.Queue.Bytes)}
	if now > m.at {
		l.Cores = float64(served-m.served) / float64(now-m.at)
	}
	m.served, m.at = served, now
	return l
}

// breakGauge breaks or mends a distributor's gauge; the fault plan calls it.
func (r *run) breakGauge(target string, act faults.Verb) {
	if r.gauges == nil {
		r.gauges = map[string]faults.Verb{}
	}
	r.gauges[target] = act
}

// gaugeOf returns what makes the gauge of a distributor's incarnation; nil where no
// simulated world is there to be measured.
func (r *run) gaugeOf(name string) func() distributor.Gauge {
	if r.world == nil {
		return nil
	}
	return func() distributor.Gauge { return &meter{r: r, id: r.world.byName[name]} }
}

// headScale is what run.json says of the autoscaler and of the load that it has to meet;
// nil: there is none. A load that is not even is not told.
func (s *Scenario) headScale(inputs bool) *logcheck.RunScale {
	c := s.Distributor().WithDefaults().Autoscale
	if !c.On() {
		return nil
	}
	e, d := &s.Emitters, &s.Distributors
	h := &logcheck.RunScale{
		Min: c.Min, Max: c.Max, Every: c.Every, Wait: c.Wait, Response: c.Response,
		CPU: int64(c.CPU), Memory: int64(c.Memory), Emitters: int64(c.Emitters),
		Tolerance: int64(max(c.Tolerance, 0)), StepUp: c.StepUp, StepDown: c.StepDown,
		WindowUp: max(c.WindowUp, 0), WindowDown: max(c.WindowDown, 0), CooldownUp: max(c.CooldownUp, 0), CooldownDown: max(c.CooldownDown, 0),
		Cores: d.Cores, Late: s.slack(),
	}
	if d.Count == 1 && e.Arrivals != "burst" && e.Giant.Every == 0 && e.Poison.Every == 0 && e.For == 0 && e.Packets == 0 && s.Links.Rate == 0 && !inputs {
		h.Rate, h.Regular = int64(e.Rate), e.Arrivals == "constant"
		h.PacketTime = d.Service.Packet + d.Service.Message*time.Duration(e.Messages.Min+e.Messages.Max)/2
	}
	return h
}
