package logcheck

// What S6 says of waiting is said of workers: a packet that a worker has may wait there
// for room at the analysers, which more workers need not bring. When the worker has it is
// not in the log; but one that is not behind with its work has it at once, and one that
// is behind has the answers late, too, and so seems to have no room.

// crowd is a worker's packets on their way, for how long it has had no room, and its work.
type crowd struct {
	flights map[PacketID]crowdFlight // newest attempts that are neither answered nor failed
	count   map[Sym]int              // by analyser
	full    int                      // analysers with a whole window of them, with on_full wait
	none    bool                     // it says that it has no eligible analyser
	since   int64                    // node time: it has had no room from here on
	total   int64                    // and had none for so long before
	done    int64                    // node time at which its work is done, at an average time for each packet
}

// opening is an admission.
type opening struct {
	m      int64 // node time
	work   int64 // so long its worker has work, this packet included
	before int64 // so long it had had no room until then
	worker *crowd
}

// admit takes a packet that the worker is to do.
func (c *crowd) admit(m, packet int64) opening {
	c.done = max(c.done, m) + packet
	return opening{m, c.done - m, c.without(m), c}
}

// wait is for how long the packet can have waited for its worker when it was picked at m:
// while there was room, or for as long as there was work before it.
func (a *opening) wait(m int64) int64 {
	all := m - a.m
	return max(all-(a.worker.without(m)-a.before), min(all, a.work))
}

type crowdFlight struct {
	to  Sym
	att uint64
}

// without is for how long it had no room until m.
func (c *crowd) without(m int64) int64 {
	if c.full == 0 && !c.none {
		return c.total
	}
	return c.total + m - c.since
}

// at counts up to time m, at which it may get or lose room.
func (c *crowd) at(m int64) { c.total, c.since = c.without(m), m }

// open notes that a packet is on its way.
func (c *crowd) open(id PacketID, f crowdFlight, window int) {
	c.close(id, 0, window)
	c.flights[id] = f
	if c.count[f.to]++; c.count[f.to] == window {
		c.full++
	}
}

// close notes that attempt att of a packet is not any more; 0: whichever it is.
func (c *crowd) close(id PacketID, att uint64, window int) {
	f, ok := c.flights[id]
	if !ok || att != 0 && att != f.att {
		return
	}
	delete(c.flights, id)
	if c.count[f.to]--; c.count[f.to] == window-1 {
		c.full--
	}
}

func (o *offer) crowd(worker Sym) *crowd {
	c := o.crowds[worker]
	if c == nil {
		c = &crowd{flights: map[PacketID]crowdFlight{}, count: map[Sym]int{}}
		o.crowds[worker] = c
	}
	return c
}

// room takes what a worker sends, receives and fails, and its none_up.
func (o *offer) room(r *Record) {
	if o.off {
		return
	}
	window := o.ctx.Run.Distributor.Window
	if o.ctx.Run.Distributor.OnFull != "wait" {
		window = 0 // a full one is not chosen: none_up tells when all are
	}
	if r.Kind == KindNoneUp {
		c := o.crowd(r.Actor)
		c.at(r.M)
		c.none = r.Bool(KeyOn)
		return
	}
	id, ok := r.ID()
	if !ok || window == 0 {
		return
	}
	att := r.Uint(KeyAtt)
	switch c := o.crowd(r.Actor); {
	case r.Kind == KindSend && r.Msg == MsgPacket && r.Uint(KeyN) > 0: // not a data probe
		c.at(r.M)
		c.open(id, crowdFlight{r.Sym(KeyTo), att}, window)
	case r.Kind == KindRecv && r.Msg == MsgReceipt, r.Kind == KindAttemptFailed:
		c.at(r.M)
		c.close(id, att, window)
	}
}

// admit and pick measure how long packets wait for a worker.
func (o *offer) admit(r *Record) {
	o.newestM = r.M
	id, ok := r.ID()
	if !ok || o.off {
		return
	}
	if a := o.crowd(r.Sym(KeyW)).admit(r.M, int64(o.run.PacketTime)); o.on && r.T > o.queueBy {
		o.opened[id] = a
	}
}

// over takes the end of a packet.
func (o *offer) over(r *Record) {
	if id, ok := r.ID(); ok && len(o.opened) > 0 {
		delete(o.opened, id)
	}
}

func (o *offer) pick(r *Record) {
	o.newestM = r.M
	id, ok := r.ID()
	if !ok || len(o.opened) == 0 {
		return
	}
	if a, found := o.opened[id]; found {
		delete(o.opened, id)
		if o.on && r.T > o.queueBy {
			o.waits += a.wait(r.M)
			o.waited++
		}
	}
}

// unpicked counts those that nobody picked: they have waited for so long at least.
func (o *offer) unpicked() {
	for _, a := range o.opened { //weir:anyorder it makes a sum
		o.waits += a.wait(o.newestM)
		o.waited++
	}
	clear(o.opened)
}
