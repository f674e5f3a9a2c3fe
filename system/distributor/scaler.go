package distributor

import (
	"weir/system/node"
	"weir/system/scale"
)

// scaler has the number of workers follow the load: it measures on a timer, asks the
// controller, and starts or retires workers. It is a part of the supervisor.
type scaler struct {
	cfg     scale.Config
	ctl     *scale.Controller
	gauge   Gauge // nil: what the process uses is not known
	tick    alarm
	crew    crew
	fresh   pace // of all workers, since the latest decision
	callers int  // emitters at the ingress; -1: it did not say since the latest decision
	seen    [scale.Signals]scale.Value
	made    [scale.Whys]uint64 // decisions
}

func newScaler(cfg *Config, g Gauge) *scaler {
	if !cfg.Autoscale.On() {
		return nil
	}
	return &scaler{cfg: cfg.Autoscale, gauge: g, tick: alarm{key: keyScale}, crew: newCrew(cfg.Workers), callers: -1}
}

// startScale begins to measure.
func (s *supervisor) startScale(env node.Env) {
	if c := s.scale; c != nil {
		c.ctl = scale.New(c.cfg, env.Now(), len(s.workers))
		if c.gauge != nil {
			c.gauge.Load() // from here on
		}
		s.ask(env)
		c.tick.by(env, env.Now()+c.cfg.Every)
	}
}

// rescale decides anew how many workers there are to be. While as many as there may be
// are on their way out, for example because an actor is stuck, the number stays.
func (s *supervisor) rescale(env node.Env) {
	c := s.scale
	c.tick.by(env, env.Now()+c.cfg.Every)
	if s.stop.begun {
		return
	}
	v := s.signals(env)
	if s.leaving() < c.cfg.Max {
		d := c.ctl.Decide(env.Now(), v)
		c.made[d.Why]++
		env.Log("scale").Int("n", int64(d.From)).Int("want", int64(d.Want)).Int("to", int64(d.To)).
			Str("why", d.Why.String()).Str("set", c.cfg.Text(v)).End()
		for range d.To - d.From {
			s.hire(env)
		}
		for range d.From - d.To {
			s.retire(env)
		}
	}
	s.ask(env)
}

// signals are the values since the latest decision.
func (s *supervisor) signals(env node.Env) *scale.Values {
	c, n := s.scale, int64(s.scale.ctl.Workers())
	v := &scale.Values{}
	for i := range s.workers {
		if f := &s.workers[i]; f.hand.asked && env.Now()-f.hand.since >= c.cfg.Every {
			c.fresh.waited.add(env.Now() - f.hand.since) // it does not come to answer
		}
	}
	v[scale.Wait], v[scale.Response] = c.fresh.waited.mean(), c.fresh.answered.mean()
	if c.callers >= 0 {
		v[scale.Emitters] = scale.Of(int64(c.callers) * 1000 / n)
	}
	if c.gauge != nil {
		l := c.gauge.Load()
		v[scale.Memory] = scale.Thousandths(l.Memory)
		if v[scale.CPU] = scale.Thousandths(l.Cores); v[scale.CPU].Known {
			v[scale.CPU].Amount /= n
		}
	}
	c.fresh, c.callers = pace{}, -1
	return v
}

// ask asks everybody who has answered the latest question what there is by now. Who has
// no room for it is asked the next time.
func (s *supervisor) ask(env node.Env) {
	to := env.Self()
	for i := range s.workers {
		f := &s.workers[i]
		to.Actor = f.name
		if f.hand.asked {
			continue
		}
		if _, err := env.Request(to, &gauge{}); err == nil {
			f.hand.asked, f.hand.since = true, env.Now()
		}
	}
	if s.scale.cfg.Uses(scale.Emitters) {
		to.Actor = Ingress
		_, _ = env.Request(to, &gauge{})
	}
}

// gauged takes in an answer.
func (s *supervisor) gauged(from string, m *gauged) {
	if from == Ingress {
		s.scale.callers = m.emitters
		return
	}
	f := s.follower(from)
	if f == nil {
		return // it has gone meanwhile
	}
	waited, answered := m.pace.waited.since(f.hand.read.waited), m.pace.answered.since(f.hand.read.answered)
	s.scale.fresh.waited.sum += waited.sum
	s.scale.fresh.waited.n += waited.n
	s.scale.fresh.answered.sum += answered.sum
	s.scale.fresh.answered.n += answered.n
	f.hand.asked, f.hand.read = false, m.pace
}

// samples tells of the decisions; of none if c is nil.
func (c *scaler) samples(s []node.Sample) []node.Sample {
	if c == nil {
		return s
	}
	for w := range scale.Whys {
		s = append(s, node.Count("scale_decisions", w.String(), c.made[w]))
	}
	if c.ctl != nil {
		s = append(s, node.Level("wanted_workers", "", c.ctl.Workers()))
	}
	return c.crew.samples(s)
}
