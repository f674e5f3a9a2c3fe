package swarm

import (
	"fmt"
	"time"

	"weir/scenarios"
)

// autoscale has the workers of one world in six follow the load. Targets are low and
// packets cheap: so that workers come and go without a queue behind which a probe would
// be late, which no detector could know.
func (w *world) autoscale() {
	d := w.dice("autoscale")
	if !d.chance(16) || w.lone() || w.sc.Distributors.State == "crdt-counts" {
		return
	}
	x, e := &w.sc.Distributors, &w.sc.Emitters
	a := &x.Autoscale
	a.Max = d.between(2, 6)
	a.Min = d.between(1, a.Max/2)
	x.Workers = d.between(a.Min, a.Max)
	if x.Service == (scenarios.Service{}) {
		x.Service.Packet = time.Duration(d.between(100, 1000)) * time.Microsecond
	}
	a.CPU = scenarios.PPM(d.between(10, 60)) * 1000
	switch d.IntN(5) {
	case 0:
		a.Wait = d.time(2*time.Millisecond, 50*time.Millisecond)
	case 1:
		a.Response = d.time(10*time.Millisecond, 500*time.Millisecond)
	case 2:
		a.Emitters = d.between(1, 2)
	case 3:
		a.Memory = scenarios.PPM(d.between(1, 90)) * 10_000
	}
	a.Every = d.time(100*time.Millisecond, 1000*time.Millisecond)
	a.Tolerance = scenarios.PPM(one(d, 0, 50, 100, 300)) * 1000
	a.StepUp, a.StepDown = d.between(1, 4), d.between(1, 3)
	a.WindowUp, a.WindowDown = one(d, 0, 0, d.time(0, 1000*time.Millisecond)), d.time(0, 2000*time.Millisecond)
	if w.loadOnly = d.chance(30); w.loadOnly { // the load is known, and all else well
		x.Count, e.Arrivals, e.Poison.Every = 1, one(d, "poisson", "constant"), 0
		e.Giant, e.Buffer = scenarios.Giant{}, scenarios.Default().Emitters.Buffer
	}
	a.CooldownUp, a.CooldownDown = one(d, 0, d.time(0, 1000*time.Millisecond)), one(d, 0, d.time(0, 1500*time.Millisecond))
}

// signals adds what makes an autoscaler decide, and what hides it from it: loads and
// gauges that fail, in periods that are not calm.
func (w *world) signals(p *plan, loud []int) {
	d := w.dice("signals")
	if w.sc.Distributors.Autoscale.Max == 0 || len(loud) == 0 {
		return
	}
	at := func() time.Duration {
		return w.sc.Phases.Warmup + time.Duration(one(d, loud...))*period + d.time(0, period-time.Millisecond)
	}
	for range d.between(1, 4) {
		p.addAt(at(), "for %v load e%d %d%%", d.time(500*ms, 4000*ms), d.between(1, w.sc.Emitters.Count), one(d, 10, 50, 200, 400))
	}
	for range one(d, 0, 0, 1, 2) {
		p.addAt(at(), "for %v %s %s", d.time(200*ms, 3000*ms), one(d, "gauge_lost", "gauge_nan"), one(d, "d*", fmt.Sprintf("d%d", d.between(1, w.sc.Distributors.Count))))
	}
}
