package logcheck

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// chooser is the replayed state of one chooser: credits by position in the
// registered set of the view that it applied last.
type chooser struct {
	agent   *agent
	names   *Names
	view    *viewState
	ver     uint64        // newest configuration of any view decided from
	aside   []parked      // registered, but not in view
	credit  []int64       // that it decides by: with the others', if it knows any
	others  map[Sym]int64 // state crdt-counts: the others' credits
	other   []int64       // of them by position; nil: none
	begun   []int64       // start credits, kept while the first epoch lasts
	p       uint64        // number of the last decision
	raw     uint64        // the last draw, policy random
	drawn   bool          // there was one
	started bool          // a decision was made
	primed  bool          // start credits were logged
	lost    bool          // the credits left the range that can be judged
	clean   bool          // the credits are zero or the start phase's own, up to now
	first   bool          // still in the first epoch
	epochs  int64         // epochs begun
	share   *shareStat
	barred  []bool // scratch for the excluded positions
	epoch   epoch
	past    []uint8 // by position: pastEver, pastLast
}

// What is remembered of an analyser for R11 and R12.
const (
	pastEver = 1 << iota // it was eligible in an earlier epoch
	pastLast             // it was eligible in the epoch before
)

func (a *agent) choosing(names *Names) *chooser {
	if a.chooser == nil {
		a.chooser = &chooser{agent: a, names: names, clean: true, first: true}
	}
	return a.chooser
}

// parked is the credit of a registered analyser that the newest view does not
// list: it stays registered until a view of the newest configuration leaves it out.
type parked struct {
	id     Sym
	credit int64
	past   uint8
}

// keeps reports whether adopt leaves the registered analysers, and so the credits,
// as they are.
func (c *chooser) keeps(v *viewState, ver uint64) bool {
	return c.view != nil && c.view.set.members == v.set.members && (len(c.aside) == 0 || ver < c.ver)
}

// adopt makes v, a view of configuration ver, the view of a decision (FORMAT.md
// section 8). New analysers start at 0. If ver is not older than that of any
// decision before, the registered ones that v leaves out are removed and their
// credits given away; else they are parked. O(1) when the registered set is the same.
func (c *chooser) adopt(v *viewState, ver uint64) {
	old, same := c.view, c.keeps(v, ver)
	c.view = v
	removes := ver >= c.ver
	c.ver = max(c.ver, ver)
	if same {
		return
	}
	known := c.registered(old)
	ids := v.set.members.ids
	c.credit, c.past, c.aside, c.other = make([]int64, len(ids)), make([]uint8, len(ids)), nil, nil
	if c.others != nil {
		defer func() { c.owe(c.others) }() // what is divided are own credits
	}
	var stay []int    // positions in ids of those that were registered before, ascending
	var gone []parked // the other way round
	for _, k := range known {
		if i, ok := v.set.members.index[k.id]; ok {
			c.credit[i], c.past[i] = k.credit, k.past
			stay = append(stay, int(i))
		} else {
			gone = append(gone, k)
		}
	}
	if !removes {
		c.aside = gone
		return
	}
	kept := make([]int64, len(stay))
	for _, g := range gone {
		for k, i := range stay {
			kept[k] = c.credit[i]
		}
		giveAway(g.credit, kept)
		for k, i := range stay {
			c.credit[i] = kept[k]
		}
	}
}

// registered lists all registered analysers in ascending id order: those of the
// view and the parked ones.
func (c *chooser) registered(view *viewState) []parked {
	all := slices.Clone(c.aside)
	if view != nil {
		assert(len(c.credit) == len(view.set.members.ids), "%d credits, %d analysers", len(c.credit), len(view.set.members.ids))
		for j, id := range view.set.members.ids {
			all = append(all, parked{id, c.credit[j] - c.otherAt(j), c.past[j]})
		}
	}
	slices.SortFunc(all, func(a, b parked) int { return strings.Compare(c.names.Name(a.id), c.names.Name(b.id)) })
	return all
}

// startMax bounds a start credit: 4n - 1 decisions of one message, n <= 4096.
const startMax = 4 * analysersMax * one

// seeCredit takes a chooser's start credits.
func (o *overseer) seeCredit(a *agent, r *Record) {
	c, t := a.choosing(o.names), &o.tally[ruleR6]
	if c.started || c.primed {
		t.Failf([]Ref{r.Ref()}, "start credits come once and before the first decision")
		return
	}
	c.primed = true
	if a.view == nil {
		t.Failf([]Ref{r.Ref()}, "start credits without a view")
		return
	}
	c.adopt(a.view, a.ver)
	if !readCredits(r.Bytes(KeySet), c, o.names) {
		t.Failf([]Ref{a.viewRef, r.Ref()}, "start credits do not name registered analysers as id=parts")
		return
	}
	if o.pol != policyNone && !startPhase(o.pol, a.view.set, o.m, c.credit) {
		c.clean = false
		t.Failf([]Ref{a.viewRef, r.Ref()}, "start credits are not those of 0..4n-1 virtual decisions of policy %s", o.ctx.Run.Distributor.Policy)
	}
}

// reachEvery is how often, in decisions, the range of the credits is looked at.
const reachEvery = 4

// reach bounds the credits that are followed: sums of n of them, reachEvery
// decisions further on, still fit. Beyond it a chooser's credits are not judged any
// more. Sound credits stay within a few M messages, so that only n * M near 2^27 is
// too large; a broken or random chooser may walk there.
func reach(n int, m int64) int64 { return 1<<62/int64(n+1) - reachEvery*m*one }

// inReach reports whether every credit can be judged.
func (c *chooser) inReach(m int64) bool {
	limit := reach(len(c.credit), m)
	for _, v := range c.credit {
		if v > limit || v < -limit {
			return false
		}
	}
	return limit > 0
}

// readCredits parses id=parts,... into the credits of c.
func readCredits(set []byte, c *chooser, names *Names) bool {
	for len(set) > 0 {
		item := set
		if i := bytes.IndexByte(set, ','); i >= 0 {
			item, set = set[:i], set[i+1:]
		} else {
			set = nil
		}
		eq := bytes.IndexByte(item, '=')
		if eq < 0 || !validName(item[:eq]) {
			return false
		}
		i := c.view.find(names.Intern(item[:eq]))
		v, err := strconv.ParseInt(string(item[eq+1:]), 10, 64)
		if err != nil || i < 0 || v > startMax || v < -startMax {
			return false
		}
		c.credit[i] = v
	}
	return true
}

// bar reads the excluded analysers of a pick; those not registered any more do
// not matter. It returns nil when there are none.
func (c *chooser) bar(x []byte, names *Names) []bool {
	if len(x) == 0 {
		return nil
	}
	c.barred = slices.Grow(c.barred[:0], len(c.credit))[:len(c.credit)]
	clear(c.barred)
	any := false
	for len(x) > 0 {
		item := x
		if i := bytes.IndexByte(x, ','); i >= 0 {
			item, x = x[:i], x[i+1:]
		} else {
			x = nil
		}
		if i := c.view.find(names.Intern(item)); i >= 0 {
			c.barred[i], any = true, true
		}
	}
	if !any {
		return nil
	}
	return c.barred
}
