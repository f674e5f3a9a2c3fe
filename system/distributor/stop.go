package distributor

import (
	"time"

	"weir/system/node"
)

// stopSlack is how much longer than DrainMax a stop may take before the node
// ends without its counters.
const stopSlack = 2 * time.Second

// stop is the state of an orderly stop. The ingress admits nothing more, the
// workers finish what they have or give it back after DrainMax; once nothing is
// in progress the supervisor collects the totals of workers and router. The ingress
// refuses packets to the last moment, so it adds its own, writes them and exits.
type stop struct {
	begun  bool
	halted bool // the ingress has the halt
	idle   bool // nothing is in progress any more
	asked  int  // actors that were asked for their totals, in the order of counters
	heard  int  // of them those that answered
	told   bool // the ingress has the farewell
	counts totals
	limit  alarm
}

func (s *supervisor) beginStop(env node.Env) {
	if s.stop.begun {
		return
	}
	s.stop.begun = true
	if s.scale != nil {
		s.stop.counts = s.scale.crew.past
	}
	s.stop.limit.by(env, env.Now()+s.cfg.DrainMax+stopSlack)
	s.askStop(env)
	s.push(env)
	s.nextOrder(env)
}

// askStop sends what the stop needs next and what no mailbox took so far.
func (s *supervisor) askStop(env node.Env) {
	if !s.stop.begun {
		return
	}
	to := env.Self()
	if !s.stop.halted {
		to.Actor = Ingress
		if _, err := env.Request(to, &halt{}); err != nil {
			s.repush.by(env, env.Now()+repushWait)
			return
		}
		s.stop.halted = true
	}
	for s.stop.idle && s.stop.asked < s.counters() {
		to.Actor = Router
		if s.stop.asked < len(s.workers) {
			to.Actor = s.workers[s.stop.asked].name
		}
		if _, err := env.Request(to, &count{}); err != nil {
			s.repush.by(env, env.Now()+repushWait)
			return
		}
		s.stop.asked++
	}
	if s.stop.heard == s.counters() && !s.stop.told {
		to.Actor = Ingress
		if _, err := env.Request(to, &farewell{counts: s.stop.counts}); err != nil {
			s.repush.by(env, env.Now()+repushWait)
			return
		}
		s.stop.told = true
	}
}

// counters is how many actors are asked for their totals.
func (s *supervisor) counters() int {
	if s.cfg.State == Shared {
		return len(s.workers) + 1
	}
	return len(s.workers)
}

func (s *supervisor) ingressIdle(env node.Env) {
	s.stop.idle = true
	s.askStop(env)
}

// countedOne adds an actor's totals.
func (s *supervisor) countedOne(env node.Env, m *counted) {
	s.stop.heard++
	s.stop.counts.add(m.counts)
	s.askStop(env)
}
