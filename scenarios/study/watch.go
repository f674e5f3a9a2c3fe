package study

import (
	"slices"
	"strconv"
	"strings"

	"weir/logcheck"
)

// Watcher hands out what a run's rule has seen.
type Watcher struct{ *watch }

func (w *Watcher) rule(c *logcheck.Context) logcheck.Rule {
	w.watch = newWatch(c.Names)
	return w.watch
}

// watch reads a run's records as the judge does, in their order, and adds up what the
// studies measure. It is a rule that never fails.
type watch struct {
	logcheck.Tally
	names  *logcheck.Names
	views  map[actor]*views
	share  shares
	order  orders
	wire   wire
	alarm  alarms
	times  times
	crew   crews
	effect effects
}

// actor is one actor of a node.
type actor struct{ node, name logcheck.Sym }

func newWatch(names *logcheck.Names) *watch {
	return &watch{
		Tally: logcheck.Tally{Name: "x_study"}, names: names, views: map[actor]*views{},
		share: shares{owed: map[string]int64{}, packets: map[string]int64{}},
		order: newOrders(), wire: newWire(), alarm: newAlarms(), times: newTimes(), crew: newCrews(), effect: newEffects(),
	}
}

// Kinds are the records that are read.
func (w *watch) Kinds() logcheck.KindSet {
	return logcheck.Kinds(logcheck.KindView, logcheck.KindPick, logcheck.KindHealth, logcheck.KindProbed, logcheck.KindAttemptFailed,
		logcheck.KindFault, logcheck.KindEmit, logcheck.KindOutcome, logcheck.KindAdmit, logcheck.KindStart, logcheck.KindStop,
		logcheck.KindSend, logcheck.KindScale, logcheck.KindCommit, logcheck.KindRecover, logcheck.KindSynced)
}

// Feed takes the next record.
func (w *watch) Feed(r *logcheck.Record) {
	w.Case()
	switch r.Kind {
	case logcheck.KindView:
		w.view(r)
	case logcheck.KindPick:
		w.pick(r)
	case logcheck.KindFault:
		w.alarm.fault(r)
		w.order.fault(r)
	case logcheck.KindSend:
		w.wire.sent(r)
	case logcheck.KindHealth:
		w.alarm.verdict(w.actorOf(r), r)
	case logcheck.KindStop:
		w.alarm.stopped(w.actorOf(r), r.T)
		w.crew.see(w.actorOf(r), r)
	case logcheck.KindStart, logcheck.KindScale:
		w.crew.see(w.actorOf(r), r)
	case logcheck.KindCommit, logcheck.KindRecover, logcheck.KindSynced:
		w.effect.see(r)
	case logcheck.KindOutcome:
		w.effect.see(r)
		w.times.see(r)
	case logcheck.KindProbed:
		w.alarm.probes++
	case logcheck.KindAttemptFailed:
		w.alarm.failed++
	default:
		w.times.see(r)
	}
}

// Finish ends the rule, which judges nothing.
func (w *watch) Finish(*logcheck.End) logcheck.Result { return w.Result() }

func (w *watch) actorOf(r *logcheck.Record) actor {
	return actor{r.Node(), r.Sym(logcheck.KeyA)}
}

// views are a worker's numbered views.
type views struct {
	weights map[string]int64 // of the newest view: those that are up
	away    map[string]bool  // of the newest view: those that are down or full
	all     map[uint64]view
}

// view is what picks that cite it need of a view: the shares of the eligible analysers, and
// who was passed over for what the worker itself saw.
type view struct {
	shares []share
	away   []string
}

// share is an analyser's part in 2^-32.
type share struct {
	id    string
	parts int64
}

// view notes a view, which is told as what changed.
func (w *watch) view(r *logcheck.Record) {
	who := w.actorOf(r)
	v := w.views[who]
	if v == nil || r.Uint(logcheck.KeyV) == 1 {
		v = &views{weights: map[string]int64{}, away: map[string]bool{}, all: map[uint64]view{}}
		w.views[who] = v
	}
	for item := range strings.SplitSeq(r.Str(logcheck.KeySet), ",") {
		id, rest, _ := strings.Cut(item, "=")
		text, status, _ := strings.Cut(rest, ":")
		delete(v.weights, id)
		delete(v.away, id)
		weight, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			continue
		}
		w.order.shown(who, id, weight, r.T)
		if weight > 0 && status == "up" {
			v.weights[id] = weight
		}
		if status == "down" || status == "full" {
			v.away[id] = true
		}
	}
	v.all[r.Uint(logcheck.KeyV)] = view{sharesOf(v.weights), sortedIDs(v.away)}
}

func sortedIDs(set map[string]bool) (list []string) {
	for id := range set { //weir:anyorder they are sorted
		list = append(list, id)
	}
	slices.Sort(list)
	return list
}

// sharesOf are the parts of weights above 0.
func sharesOf(weights map[string]int64) (list []share) {
	total := int64(0)
	for _, n := range weights { //weir:anyorder only a sum is made
		total += n
	}
	for id, n := range weights { //weir:anyorder each share is added to its own analyser
		list = append(list, share{id, n << 32 / total})
	}
	return list
}

// pick notes who got an attempt.
func (w *watch) pick(r *logcheck.Record) {
	worker := w.actorOf(r)
	if r.Has(logcheck.KeyW) {
		worker.name = r.Sym(logcheck.KeyW)
	}
	to, n := r.Str(logcheck.KeyTo), r.Int(logcheck.KeyN)
	cited := view{}
	if v := w.views[worker]; v != nil {
		cited = v.all[r.Uint(logcheck.KeyV)]
	}
	w.share.pick(cited.shares, to, n)
	w.order.pick(cited.away, to, n)
	w.alarm.pick(to, r.T)
	w.times.see(r)
}

// checkpoints are the numbers of decisions after which a deviation is noted.
var checkpoints = []int64{30, 100, 300, 1000, 3000}

// shares follows how far all decisions of a run together are from the wanted shares.
type shares struct {
	owed      map[string]int64 // messages that an analyser should have had and had not, 2^-32
	packets   map[string]int64 // the same counted in packets
	decisions int64
	worst     int64 // the largest deviation so far, of either side, 2^-32 messages
	inPackets int64 // the same in packets
	at        []int64
}

func (s *shares) pick(list []share, to string, n int64) {
	for _, a := range list {
		s.owed[a.id] += n * a.parts
		s.packets[a.id] += a.parts
	}
	s.owed[to] -= n << 32
	s.packets[to] -= 1 << 32
	for _, a := range list {
		s.worst = max(s.worst, s.owed[a.id], -s.owed[a.id])
		s.inPackets = max(s.inPackets, s.packets[a.id], -s.packets[a.id])
	}
	if s.decisions++; len(s.at) < len(checkpoints) && s.decisions == checkpoints[len(s.at)] {
		s.at = append(s.at, s.worst)
	}
}

// milliParts is 2^-32 in thousandths, rounded; parts below 2^53.
func milliParts(parts int64) int64 { return (parts>>10*1000 + 1<<21) >> 22 }
