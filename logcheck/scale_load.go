package logcheck

import "math/bits"

// S5 and S6 rest on the load that the emitters were made to offer: what run.json plans,
// times what the load faults say. A load that stays is an offer; another fault leaves
// nothing that could be judged by it, but what takes a signal away only until it is back.

// offer is the load since its newest change. It is judged for one distributor.
type offer struct {
	ctx      *Context
	run      *RunScale
	on       bool         // there is a load, it is known and nothing else disturbs
	off      bool         // for the rest of the run
	blind    int          // distributors without signals
	pushed   map[Sym]bool // emitters that keep arrivals out
	percent  map[Sym]int64
	emitters []Sym
	work     int64 // thousandths of a core that it keeps busy
	packets  int64 // a second
	from     int64 // world time
	ref      Ref
	refused  bool  // a packet was, since then
	settled  bool  // the queue of the load before is gone
	queueBy  int64 // by then the queue of this load is
	due      int64 // by then there are more workers; forever: enough
	n        int   // workers
	newest   Ref   // decision
	way, was int   // changes of direction, and the last direction
	wayRef   Ref
	opened   map[PacketID]opening // admitted and not picked
	waits    int64                // of those picked since queueBy, and how many
	waited   int64
	newestM  int64          // node time of the distributor
	crowds   map[Sym]*crowd // workers
}

func (o *offer) boot(c *Context, run *RunScale) {
	*o = offer{ctx: c, run: run, percent: map[Sym]int64{}, pushed: map[Sym]bool{}, opened: map[PacketID]opening{}, crowds: map[Sym]*crowd{}, due: forever, queueBy: forever}
	distributors := 0
	for _, n := range c.Run.Nodes {
		switch n.Role {
		case "emitter":
			name := c.Names.InternString(n.Name)
			o.emitters = append(o.emitters, name)
			o.percent[name] = 100
		case "distributor":
			distributors++
		}
	}
	o.off = distributors != 1 || run.Rate == 0 || run.PacketTime == 0 || run.CPU == 0
	o.n = c.Run.Distributor.Workers
}

// fault takes a record of the fault file.
func (o *offer) fault(t *Tally, r *Record) {
	if o.off {
		return
	}
	switch r.Kind {
	case KindPhase:
		switch {
		case r.Is(KeyName, "warmup"):
			o.settled = true
			o.begin(r)
		case r.Is(KeyName, "settle"), r.Is(KeyName, "end"):
			o.close(t, r.T)
			o.off = true
		}
	case KindStopped:
		o.close(t, r.T)
		o.off = true
	case KindFault:
		o.close(t, r.T)
		switch do := string(r.Bytes(KeyDo)); do {
		case "load", "unload":
			p := int64(100)
			if v, rest, ok := parseDecimal(r.Bytes(KeyVal)); do == "load" && ok && len(rest) == 0 && v <= 100_000 {
				p = int64(v)
			}
			o.percent[r.Sym(KeyN)] = p
		case "gauge_lost", "gauge_nan":
			o.blind++
		case "gauge_back":
			o.blind = 0
		default:
			o.off = true
		}
		o.begin(r)
	}
}

// begin starts anew with the load as it is now.
func (o *offer) begin(r *Record) {
	before := o.work
	o.work, o.packets = 0, 0
	for _, e := range o.emitters {
		high, low := bits.Mul64(uint64(o.run.Rate)*uint64(o.percent[e]), uint64(o.run.PacketTime))
		if high >= 100_000_000_000 {
			o.off = true // more than any machine
			return
		}
		w, _ := bits.Div64(high, low, 100_000_000_000)
		o.work += int64(min(w, 1<<30))
		o.packets += o.run.Rate * o.percent[e] / 100_000
	}
	o.settled = o.settled && o.work >= before
	o.on, o.from, o.ref = !o.off && o.blind == 0 && len(o.pushed) == 0, r.T, r.Ref()
	o.way, o.was, o.refused, o.waits, o.waited = 0, 0, false, 0, 0
	o.arm(r.T)
	o.queueBy = forever
	if enough, ok := o.enough(); o.on && ok && o.settled && o.run.Wait >= 5*o.run.PacketTime {
		o.queueBy = o.from + o.drained(enough)
	}
}

// back takes that an emitter begins or ends to keep arrivals out: what it offers is then
// less than planned.
func (o *offer) back(r *Record) {
	if !r.Bool(KeyOn) {
		delete(o.pushed, r.Node())
		return
	}
	o.pushed[r.Node()] = true
	o.on, o.settled = false, false
}

// short is how much work in thousandths of a core makes n workers too few for sure: more
// than the target and its tolerance, and so much more that a Poisson process of so many
// packets does not look like less.
func (o *offer) short(n int) int64 {
	limit := int64(n) * o.run.CPU * (1000 + o.run.Tolerance) / 1000
	count := o.packets * int64(o.run.Every) / 1_000_000_000
	return limit + limit*4/max(root(count), 1) + int64(n)
}

// react is how long the autoscaler may take to see a load and to decide: a sample may
// have begun before it, and a window and a cooldown may have to pass.
func (o *offer) react() int64 {
	return 2*int64(o.run.Every) + int64(o.run.WindowUp+o.run.CooldownUp+o.run.Late)
}

// arm sets by when there must be more workers than there are.
func (o *offer) arm(at int64) {
	o.due = forever
	can := int64(1000) // thousandths of a core that a worker can keep busy
	if c := int64(o.run.Cores); c > 0 && c < int64(o.n) {
		can = c * 1000 / int64(o.n)
	}
	seen := o.run.CPU * (1000 + o.run.Tolerance) / 1000
	if o.on && o.n < o.run.Max && o.work > o.short(o.n) && can > seen+seen/50+2 {
		o.due = at + o.react()
	}
}

// enough is how many workers the load needs, and whether they may be and run.
func (o *offer) enough() (int64, bool) {
	n := (o.work + o.run.CPU - 1) / o.run.CPU
	room := int64(o.run.Max)
	if o.run.Cores > 0 {
		room = min(room, int64(o.run.Cores))
	}
	return max(n, 1), n <= room && o.run.CPU <= 900
}

// drained is how long it takes at most until there are enough workers and the queue that
// grew meanwhile is gone.
func (o *offer) drained(enough int64) int64 {
	rounds := max((enough-int64(o.n)+int64(o.run.StepUp)-1)/int64(o.run.StepUp), 1)
	ramp := rounds * o.react()
	return ramp + o.work*(ramp/1000)/(enough*1000-o.work)*1000
}

// decided takes a decision of the autoscaler.
func (o *offer) decided(t6, t5 *Tally, r *Record, n, to int) {
	if o.on && r.T > o.due {
		o.late(t6, r.Ref())
	}
	o.newest, o.n = r.Ref(), to
	if to > n {
		o.met(t6)
		o.arm(r.T)
	}
	if way := to - n; way != 0 && o.on {
		if way > 0 != (o.was > 0) && o.was != 0 {
			o.way++
		}
		if o.regular() {
			t5.Case()
			if o.way > 1 {
				t5.Failf([]Ref{o.ref, o.wayRef, r.Ref()}, "the number of workers changes its direction for the %d. time while the load stays", o.way)
			}
		}
		o.was, o.wayRef = way, r.Ref()
	}
}

// regular reports whether the load is so even that the number of workers must come to
// rest: with packets at equal distances and enough of them to measure, and no signal by
// which it depends on more than the load.
func (o *offer) regular() bool {
	n := int64(len(o.emitters))
	rounding := 1000 / max(o.run.CPU, 1) // of the value, in thousandths of the target
	return o.run.Regular && o.run.Response == 0 && o.run.Memory == 0 &&
		o.packets*int64(o.run.Every)/1_000_000_000 >= 40*n && o.run.Tolerance > 50+rounding &&
		(o.run.Wait == 0 || int64(o.run.Wait) >= max(5, n)*int64(o.run.PacketTime)) && o.run.CPU <= 800
}

// met counts that more workers came in time.
func (o *offer) met(t *Tally) {
	if o.due != forever {
		t.Case()
	}
}

// late judges that they did not.
func (o *offer) late(t *Tally, at Ref) {
	if o.due = forever; o.refused {
		return // what is refused is offered again later
	}
	t.Case()
	t.Failf([]Ref{o.ref, o.newest, at}, "the load of %d thousandths of a core is too much for %d workers, and there are no more within %d ns", o.work, o.n, o.react())
}

// close judges what a load leaves when it ends.
func (o *offer) close(t *Tally, at int64) {
	if !o.on {
		return
	}
	o.on = false
	if at > o.due {
		o.late(t, Ref{})
	}
	o.settled = o.settled && (at > o.queueBy || o.queueBy == forever && o.due == forever)
	if o.queueBy == forever || o.refused {
		return
	}
	o.unpicked()
	if o.waited < 50 {
		return
	}
	t.Case()
	if mean, most := o.waits/o.waited, int64(o.run.Wait)*(1000+o.run.Tolerance)/1000; mean > most {
		t.Failf([]Ref{o.ref, o.newest}, "packets wait %d ns on average, %d or more after the load came, the target is %d", mean, o.queueBy-o.from, int64(o.run.Wait))
	}
}

// finish ends the judgement of a run that nobody stopped.
func (o *offer) finish(t *Tally) {
	if !o.off {
		o.close(t, o.ctx.Truth.Now())
	}
}

// root is the whole square root.
func root(n int64) int64 {
	r := int64(0)
	for (r+1)*(r+1) <= n && r < 1<<20 {
		r++
	}
	return r
}
