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
	if !d.chance(16) || w.lone() {
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
	cost := int64(x.Service.Packet) + int64(x.Service.Message)*int64(e.Messages.Min+e.Messages.Max)/2
	work := int64(e.Rate) * int64(e.Count) / int64(x.Count) * cost / 1e9 // thousandths of a core
	perWorker := work / int64(d.between(1, a.Max))
	a.CPU = scenarios.PPM(min(max(perWorker, 10), 700)) * 1000
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
	a.CooldownUp, a.CooldownDown = one(d, 0, d.time(0, 1000*time.Millisecond)), one(d, 0, d.time(0, 1500*time.Millisecond))
}

// signals adds what makes an autoscaler decide, and what hides it from it: loads and
// gauges that fail.
func (w *world) signals(p *plan) {
	d := w.dice("signals")
	if w.sc.Distributors.Autoscale.Max == 0 {
		return
	}
	at := func() time.Duration { return w.sc.Phases.Warmup + d.time(0, w.sc.Phases.Faults-time.Second) }
	for range d.between(0, 3) {
		p.addAt(at(), "for %v load e%d %d%%", d.time(500*ms, 4000*ms), d.between(1, w.sc.Emitters.Count), one(d, 10, 50, 200, 400))
	}
	for range d.between(0, 2) {
		p.addAt(at(), "for %v %s %s", d.time(200*ms, 3000*ms), one(d, "gauge_lost", "gauge_nan"), one(d, "d*", fmt.Sprintf("d%d", d.between(1, w.sc.Distributors.Count))))
	}
}
