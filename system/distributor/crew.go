package distributor

import (
	"slices"
	"time"

	"weir/system/node"
)

// Workers come and go in this order. A new one is spawned and given the table, and only
// then is the ingress told of it. One that is to go gets no more packets from the
// ingress, finishes those that it has, retries included, and once the last one has its
// outcome says what it counted and is stopped. Nothing is handed over, so that nothing
// can be lost or sent twice on the way. What it knew of the analysers ends with it.

// crew is what the supervisor keeps of workers that come and go.
type crew struct {
	number  int           // of the newest worker: no name is used twice
	places  []bool        // taken places, see worker.place
	errands []errand      // oldest first
	past    totals        // counted by those that have gone
	counts  []node.Sample // measured by them
	index   map[series]int
}

// series names a measured value.
type series struct{ name, label string }

// hand is a worker as the crew sees it.
type hand struct {
	place int
	stage stage
	asked bool          // it owes an answer to a gauge
	since time.Duration // it does since then
	read  pace          // its latest answer
}

// stage says how far a worker is on its way out.
type stage uint8

const (
	staying   stage = iota
	dismissed       // the ingress is, or will be, told to give it no more
	parting         // it has no packet any more and is to say what it counted
)

// errand is a message that an actor of this node is to get, after those before it.
type errand struct {
	actor  string
	m      node.Message
	answer bool // one is awaited
}

// Messages by which workers come and go.
type (
	// enlist tells the ingress of a new worker.
	enlist struct {
		local
		worker string
	}
	// dismiss tells the ingress to give a worker nothing more. The answer, the same,
	// comes once it has nothing in progress.
	dismiss struct {
		local
		worker string
	}
	// part asks a worker to go. The answer, a parted, comes when it has nothing under
	// way; it does nothing after it.
	part struct{ local }
	// parted answers a part.
	parted struct {
		local
		counts  totals
		samples []node.Sample
	}
	// unlearn tells the router that a worker has gone.
	unlearn struct {
		local
		worker string
	}
)

func newCrew(workers int) crew {
	c := crew{number: workers, index: map[series]int{}}
	for range workers {
		c.places = append(c.places, true)
	}
	return c
}

// crewMost is how many workers there may be at once, those included that go.
func crewMost(c *Config) int { return max(c.Workers, 3*c.Autoscale.Max) }

// leaving counts the workers on their way out.
func (s *supervisor) leaving() (n int) {
	for i := range s.workers {
		if s.workers[i].hand.stage != staying {
			n++
		}
	}
	return n
}

// follower is a worker by name, nil if there is none.
func (s *supervisor) follower(name string) *follower {
	if i := slices.IndexFunc(s.workers, func(f follower) bool { return f.name == name }); i >= 0 {
		return &s.workers[i]
	}
	return nil
}

// hire starts one more worker.
func (s *supervisor) hire(env node.Env) {
	c := &s.scale.crew
	place := slices.Index(c.places, false)
	if place < 0 {
		place = len(c.places)
		c.places = append(c.places, false)
	}
	c.places[place] = true
	c.number++
	w := newWorker(s.cfg, c.number)
	w.dead = newDeadFile(workerName(place+1), s.cfg.DeadBytes)
	err := env.Spawn(w.name, workerBox(s.cfg), w)
	assert(err == nil, "worker %s cannot be spawned: %v", w.name, err)
	s.workers = append(s.workers, follower{name: w.name, hand: hand{place: place}})
	env.Log("crew").Str("w", w.name).Str("st", "hired").End()
	s.pushBehind(env)
	s.errand(env, errand{actor: Ingress, m: &enlist{worker: w.name}})
}

// retire begins to take the newest worker out.
func (s *supervisor) retire(env node.Env) {
	for i := len(s.workers) - 1; i >= 0; i-- {
		if f := &s.workers[i]; f.hand.stage == staying {
			f.hand.stage = dismissed
			env.Log("crew").Str("w", f.name).Str("st", "retiring").End()
			s.errand(env, errand{actor: Ingress, m: &dismiss{worker: f.name}, answer: true})
			return
		}
	}
	fail("no worker of %d can be taken out", len(s.workers))
}

// errand sends a message as soon as those before it are sent.
func (s *supervisor) errand(env node.Env, e errand) {
	s.scale.crew.errands = append(s.scale.crew.errands, e)
	s.runErrands(env)
}

// runErrands sends what mailboxes take.
func (s *supervisor) runErrands(env node.Env) {
	if s.scale == nil {
		return
	}
	c, to := &s.scale.crew, env.Self()
	for len(c.errands) > 0 {
		e, err := c.errands[0], error(nil)
		to.Actor = e.actor
		if e.answer {
			_, err = env.Request(to, e.m)
		} else {
			_, err = env.Send(to, e.m)
		}
		if err != nil {
			s.repush.by(env, env.Now()+repushWait)
			return
		}
		c.errands = c.errands[1:]
	}
}

// idleWorker goes on with a worker that the ingress has nothing in progress at.
func (s *supervisor) idleWorker(env node.Env, name string) {
	f := s.follower(name)
	assert(f != nil && f.hand.stage == dismissed, "worker %s has nothing in progress and was not dismissed", name)
	f.hand.stage = parting
	s.errand(env, errand{actor: name, m: &part{}, answer: true})
}

// parted stops a worker that has said what it counted. A stop that has begun asks it
// itself, and ends it with all others.
func (s *supervisor) parted(env node.Env, name string, m *parted) {
	if s.stop.begun {
		return
	}
	f := s.follower(name)
	assert(f != nil && f.hand.stage == parting, "worker %s went without being asked to", name)
	c := &s.scale.crew
	c.past.add(m.counts)
	for i := range m.samples {
		c.keep(&m.samples[i])
	}
	c.places[f.hand.place] = false
	s.workers = slices.DeleteFunc(s.workers, func(f follower) bool { return f.name == name })
	env.Log("crew").Str("w", name).Str("st", "gone").End()
	env.StopActor(name)
	if s.cfg.State == Shared {
		s.errand(env, errand{actor: Router, m: &unlearn{worker: name}})
	}
}

// countsMost bounds the values that are told apart of workers that have gone: an
// operator may register any number of analysers over time.
const countsMost = 8192

// keep adds what a worker measured to that of those before it.
func (c *crew) keep(s *node.Sample) {
	k := series{s.Name, s.Label}
	i, ok := c.index[k]
	if !ok && len(c.counts) >= countsMost {
		k.label = node.Other
		i, ok = c.index[k]
	}
	if !ok {
		c.index[k] = len(c.counts)
		c.counts = append(c.counts, node.Sample{Name: k.name, Label: k.label, Value: s.Value, Times: s.Times})
		return
	}
	c.counts[i].Value += s.Value
	if s.Times != nil {
		c.counts[i].Times.Merge(s.Times)
	}
}

// samples tells what workers measured that have gone.
func (c *crew) samples(s []node.Sample) []node.Sample {
	for _, m := range c.counts {
		if m.Times != nil {
			own := *m.Times
			m.Times = &own
		}
		s = append(s, m)
	}
	return s
}
