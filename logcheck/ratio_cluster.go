package logcheck

// wholeSum is R14: the choosers of all distributors added up, whenever all of them are in
// epochs with the same shares, be these the first or later ones.
type wholeSum struct {
	count    int
	choosers []*chooser // scratch
	off      bool       // it failed: once tells enough
}

// wholeEvery is the least distance of two looks, in decisions of the whole run.
const wholeEvery = 64

// clusterDecision counts a decision and looks at the sum now and then.
func (o *overseer) clusterDecision(r *Record) {
	w := &o.whole
	if w.count++; w.count < max(wholeEvery, 4*len(w.choosers)) || w.off || len(o.live) < 2 {
		return
	}
	w.count = 0
	if set := o.gather(); set != nil {
		o.judgeWhole(set, r)
	}
}

// gather lists the choosers that have decided, and returns the shares of all their epochs;
// nil if these are not the same, or if it is one distributor only.
func (o *overseer) gather() (set *shareSet) {
	w := &o.whole
	w.choosers = w.choosers[:0]
	sites := 0
	for _, s := range o.live {
		before := len(w.choosers)
		for _, a := range s.agents {
			c := a.chooser
			if c == nil || c.epochs == 0 {
				continue
			}
			if set == nil {
				set = c.epoch.set
			}
			if c.lost || c.epoch.set == nil || c.epoch.set != set || !c.epoch.judged {
				return nil
			}
			w.choosers = append(w.choosers, c)
		}
		if len(w.choosers) > before {
			sites++
		}
	}
	if sites < 2 {
		return nil
	}
	return set
}

func (o *overseer) judgeWhole(set *shareSet, r *Record) {
	t := &o.tally[ruleR14]
	t.Case()
	for _, i := range set.elig {
		dev, up, down := int64(0), int64(0), int64(0)
		for _, c := range o.whole.choosers {
			w := &c.epoch.whole
			if w.m == 0 {
				continue // nothing decided in this epoch yet
			}
			dev += c.credit[i] - w.start[i]
			up += w.starvedTopFor(o.pol, &o.harm, i, o.m) - w.start[i]
			down += w.overfed(o.pol, i, o.m) + w.start[i]
		}
		if dev > up || -dev > down {
			t.Failf([]Ref{r.Ref()}, "the %d choosers of %d distributors together are off the share of %s by %s messages", len(o.whole.choosers),
				len(o.live), o.names.Name(set.members.ids[i]), partsText(abs(dev)))
			o.whole.off = true
			return
		}
	}
}
