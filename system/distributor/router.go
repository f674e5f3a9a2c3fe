package distributor

import (
	"weir/system/node"
	"weir/system/route"
)

// chooser makes and logs decisions. With State local each worker has one, with
// State shared the router has the only one.
type chooser struct {
	policy route.Policy
	picks  uint64
}

func newChooser(cfg *Config) chooser {
	p, err := route.New(route.Config{Policy: cfg.Policy, PacketMax: cfg.PacketMax})
	assert(err == nil, "policy of a valid configuration: %v", err)
	return chooser{policy: p}
}

// pick decides who gets a packet and logs it; some eligible analyser of the view
// must be untried. worker is the one whose view it is, "" if it is the chooser.
func (c *chooser) pick(env node.Env, v *route.View, it *askItem, worker string) (index int) {
	return c.pickAs(env, v, v.Number(), it, worker)
}

// pickAs is pick from a view that is equal to the one of that number.
func (c *chooser) pickAs(env node.Env, v *route.View, number uint64, it *askItem, worker string) (index int) {
	raw := uint64(0)
	if c.policy.NeedsDraw() {
		raw = env.Rand().Uint64()
	}
	i, ok := c.policy.Pick(v, it.messages, it.tried, raw)
	if !ok {
		fail("nobody to pick for %s in view %d with %d eligible and %d tried", it.id, number, v.Eligible(), len(it.tried))
	}
	c.picks++
	ln := it.id.Log(env.Log("pick").Uint("p", c.picks)).Uint("att", uint64(it.attempt)).
		Int("n", int64(it.messages)).Str("to", v.ID(i)).Uint("v", number)
	if len(it.tried) > 0 {
		ln.Str("x", joined(it.tried))
	}
	if c.policy.NeedsDraw() {
		ln.Hex64("raw", raw)
	}
	if worker != "" {
		ln.Str("w", worker)
	}
	ln.End()
	return i
}

// joined lists ids as the log does.
func joined(ids []string) string {
	if len(ids) == 1 {
		return ids[0]
	}
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, id...)
	}
	return string(b)
}

// router is the one chooser of a distributor with State shared. Its credits
// start at zero; each decision is made from the asking worker's own view.
type router struct {
	chooser
	latest []asker
}

// asker is a worker with its newest view.
type asker struct {
	name  string
	view  *route.View
	equal *route.View // the view to decide from instead: the same but for its number
}

// Receive handles one event.
func (r *router) Receive(env node.Env, ev *node.Event) {
	if ev.Kind != node.Delivered {
		return
	}
	switch m := ev.Msg.(type) {
	case *ask:
		to := make([]int32, len(m.items))
		v := r.same(ev.From.Actor, m.view)
		for i := range m.items {
			to[i] = int32(r.pickAs(env, v, m.view.Number(), &m.items[i], ev.From.Actor))
		}
		answer(env, ev.ReplyTo, &told{to: to})
	case *unlearn:
		r.unlearn(m.worker)
	case *count:
		answer(env, ev.ReplyTo, &counted{counts: totals{picks: r.picks}})
	}
}

// same returns the view to decide from: another worker's, if it is equal, because
// a policy takes O(analysers) to turn from one view to another.
func (r *router) same(worker string, v *route.View) *route.View {
	at := -1
	for i := range r.latest {
		if r.latest[i].name == worker {
			at = i
		}
	}
	if at < 0 {
		at = len(r.latest)
		r.latest = append(r.latest, asker{name: worker})
	}
	me := &r.latest[at]
	if me.view == v {
		return me.equal
	}
	me.view, me.equal = v, v
	for i := range r.latest {
		if o := r.latest[i].equal; i != at && o.Version() == v.Version() && o.Eligible() == v.Eligible() && route.Diff(o, v) == "" {
			me.equal = o
			break
		}
	}
	return me.equal
}
