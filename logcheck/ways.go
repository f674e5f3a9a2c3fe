package logcheck

// ways says whether the faults left an emitter a way to deliver at the end of the
// run: an excuse by name, from the ground truth and the accepted weights alone.
type ways struct {
	ctx     *Context
	weights *configState
	memo    map[Sym]string
}

func newWays(c *Context, w *configState) *ways {
	return &ways{ctx: c, weights: w, memo: map[Sym]string{}}
}

// blocked returns why the emitter cannot be held to its packets; empty when it
// can: it, every distributor and some analyser with weight are free of faults,
// and so are the links between them.
func (w *ways) blocked(emitter Sym) string {
	why, ok := w.memo[emitter]
	if !ok {
		why = w.find(emitter)
		w.memo[emitter] = why
	}
	return why
}

func (w *ways) find(emitter Sym) string {
	t, n := w.ctx.Truth, w.ctx.Names
	if t.load {
		return "load at the end"
	}
	if t.Active(emitter) {
		return "a fault on " + n.Name(emitter) + " at the end"
	}
	for _, node := range w.ctx.Run.Nodes {
		if node.Role != "distributor" {
			continue
		}
		d := n.InternString(node.Name)
		if t.Active(d) {
			return "a fault on " + node.Name + " at the end"
		}
		if t.LinkTouched(emitter, d) || t.LinkTouched(d, emitter) {
			return "a fault between " + n.Name(emitter) + " and " + node.Name + " at the end"
		}
		if !w.outlet(d) {
			return "no analyser free of faults for " + node.Name + " at the end"
		}
	}
	return ""
}

// outlet reports whether the distributor has an analyser with weight and free of
// faults.
func (w *ways) outlet(d Sym) bool {
	t := w.ctx.Truth
	for _, a := range w.weights.of(d) {
		if a.weight > 0 && !a.drain && !t.Active(a.id) && !t.LinkTouched(d, a.id) && !t.LinkTouched(a.id, d) {
			return true
		}
	}
	return false
}
