package distributor

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/system/crdt"
	"weir/system/node"
	"weir/system/record"
	"weir/system/route"
)

// With State CrdtCounts all choosers share what they decided, beside the table: the
// credits of each worker, in parts, are a PN-counter of its analysers, of which a
// distributor tells the sum over its workers. In each round of gossip the supervisor
// publishes what its workers told it, tells one peer all that it knows, and trades with
// each worker: the others' credits for the worker's own. Between two trades a worker's own
// decisions count at once, everybody else's not at all. Nothing of this is kept on disk: a
// new incarnation counts anew, and folds what is left of the earlier ones once it has had
// the time to hear of it.

// sharing is the supervisor's side; nil with another State, which all methods take.
type sharing struct {
	counts  *crdt.Counts
	lenders []lender // workers
	serial  uint64   // of the latest trade
	records uint64   // of the replica of the counts, logged
	began   time.Duration
	refused bool // the own counts are beyond what can be told
}

// lender is a worker's part in the counts.
type lender struct {
	name   string
	serial uint64         // of the trade that it answered last, 0: none
	own    []route.Credit // its answer, ascending in ids
	told   []route.Credit // what of it is published
}

// trade tells a worker what the others' credits add up to. The answer is a traded.
type trade struct {
	local
	serial uint64
	at     uint64 // the record of the counts that it rests on
	others []route.Credit
}

// Size counts the credits.
func (m *trade) Size() int { return localSize + creditSize*len(m.others) }

// traded tells what a worker's own credits are.
type traded struct {
	local
	serial uint64
	own    []route.Credit
}

// Size counts the credits.
func (m *traded) Size() int { return localSize + creditSize*len(m.own) }

// creditSize is the size in bytes that a credit counts for in a mailbox.
const creditSize = 32

func newSharing(cfg *Config) *sharing {
	if cfg.State != CrdtCounts {
		return nil
	}
	h := &sharing{}
	for i := range cfg.Workers {
		h.lenders = append(h.lenders, lender{name: workerName(i + 1)})
	}
	return h
}

func (h *sharing) begin(env node.Env, self crdt.Site) {
	if h == nil {
		return
	}
	counts, err := crdt.NewCounts(self)
	assert(err == nil, "counts of node %s: %v", self.Replica, err)
	h.counts, h.began = counts, env.Now()
}

// publish makes what the workers told last this distributor's counts of the registered
// analysers. wait is how long an incarnation hears others before it folds.
func (h *sharing) publish(env node.Env, t *table, wait time.Duration) {
	if h == nil {
		return
	}
	values := make([]crdt.Count, len(t.members))
	for i, m := range t.members {
		values[i].ID = m.id
	}
	for i := range h.lenders {
		l := &h.lenders[i]
		eachCommon(values, l.own, func(v *crdt.Count, c *route.Credit) { v.Value += c.Parts })
	}
	changed, err := h.counts.Set(values)
	if h.refused = err != nil; h.refused {
		return // the others go on with what they know
	}
	if changed { // else what is published stays made of what it was
		h.record(env.Log("tally").Str("from", "own").Str("of", h.tell()))
	}
	if env.Now()-h.began >= wait && h.counts.Fold() {
		h.record(env.Log("tally").Str("from", "fold").Uint("folds", uint64(h.counts.Folded())))
	}
}

// tell notes that the workers' latest answers are published, and returns their trades.
func (h *sharing) tell() string {
	var of []string
	for i := range h.lenders {
		l := &h.lenders[i]
		l.told = l.own
		if l.serial > 0 {
			of = append(of, l.name+"="+strconv.FormatUint(l.serial, 10))
		}
	}
	return strings.Join(of, ",")
}

// eachCommon calls f for the pairs with the same id of two ascending lists.
func eachCommon(values []crdt.Count, credits []route.Credit, f func(*crdt.Count, *route.Credit)) {
	j := 0
	for i := range values {
		for j < len(credits) && credits[j].ID < values[i].ID {
			j++
		}
		if j < len(credits) && credits[j].ID == values[i].ID {
			f(&values[i], &credits[j])
		}
	}
}

// record ends a record of what the counts are now.
func (h *sharing) record(ln *record.Line) {
	h.records++
	var own []route.Credit
	for _, c := range h.counts.Own() {
		own = append(own, route.Credit{ID: c.ID, Parts: c.Value})
	}
	ln.Uint("n", h.records).Str("set", string(route.AppendCredits(nil, own))).Str("seen", vectorText(h.counts.Seen())).End()
}

// trade asks each worker what its credits are, and tells it what the others' are.
func (s *supervisor) trade(env node.Env) {
	h := s.cluster.shared
	if h == nil {
		return
	}
	h.serial++
	sums := h.counts.Sums()
	for i := range h.lenders {
		l := &h.lenders[i]
		others := make([]crdt.Count, 0, len(s.table.members))
		for _, x := range sums {
			if _, ok := s.table.find(x.ID); ok {
				others = append(others, x)
			}
		}
		eachCommon(others, l.told, func(v *crdt.Count, c *route.Credit) { v.Value -= c.Parts })
		m := &trade{serial: h.serial, at: h.records}
		for _, x := range others {
			if x.Value != 0 {
				// Sites keep within the limit, a worker of several need not.
				m.others = append(m.others, route.Credit{ID: x.ID, Parts: min(max(x.Value, -crdt.SumMax), crdt.SumMax)})
			}
		}
		to := env.Self()
		to.Actor = l.name
		_, _ = env.Request(to, m) // a full mailbox: the next round tells more
	}
}

// traded takes a worker's answer.
func (h *sharing) traded(worker string, m *traded) {
	i := slices.IndexFunc(h.lenders, func(l lender) bool { return l.name == worker })
	assert(i >= 0, "credits of %s, which is no worker", worker)
	if l := &h.lenders[i]; m.serial > l.serial {
		l.serial, l.own = m.serial, m.own
	}
}

// trade is the worker's side: from now on it decides by the others' credits too.
func (w *worker) trade(env node.Env, to node.ReplyTo, m *trade) {
	own := w.choose.policy.Credits()
	err := w.choose.policy.SetOthers(m.others)
	assert(err == nil, "sums of counts within their limits: %v", err)
	env.Log("trade").Uint("ser", m.serial).Uint("at", m.at).Uint("p", w.choose.picks).
		Str("own", string(route.AppendCredits(nil, own))).Str("set", string(route.AppendCredits(nil, m.others))).End()
	answer(env, to, &traded{serial: m.serial, own: own})
}

// bundleHead begins a delta with counts behind it; its last byte is the version of the form.
const bundleHead = "wboth\x01"

// bundle puts counts behind an encoded delta.
func (h *sharing) bundle(delta []byte) []byte {
	if h == nil {
		return delta
	}
	counts, err := h.counts.All().Encode()
	if err != nil || len(bundleHead)+binary.MaxVarintLen64+len(delta)+len(counts) > deltaMost {
		h.refused = true
		return delta // too many analysers and distributors: the table goes before
	}
	data := binary.AppendUvarint([]byte(bundleHead), uint64(len(delta)))
	return append(append(data, delta...), counts...)
}

// unbundle takes the counts off a delta that came, and returns the delta.
func (h *sharing) unbundle(data []byte) (delta []byte, counts crdt.CountPart, err error) {
	rest, ok := strings.CutPrefix(string(data), bundleHead)
	if h == nil || !ok {
		return data, counts, nil
	}
	body := data[len(data)-len(rest):]
	n, k := binary.Uvarint(body)
	if k <= 0 || n > uint64(len(body)-k) || k != len(binary.AppendUvarint(nil, n)) {
		return nil, counts, fmt.Errorf("%w: the length of the delta in %d bytes is wrong", crdt.ErrInvalid, len(data))
	}
	counts, err = crdt.DecodeCounts(body[k+int(n):])
	return body[k : k+int(n)], counts, err
}

// merge joins what a peer counted.
func (h *sharing) merge(env node.Env, d *news, counts crdt.CountPart) error {
	if h == nil {
		return nil
	}
	more, err := h.counts.Merge(counts)
	if more {
		h.record(env.Log("tally").Str("from", "gossip").Str("fr", d.from.Node).Uint("fi", uint64(d.from.Inc)).Uint("ser", d.serial))
	}
	return err
}

// samples appends what is measured of the counts.
func (h *sharing) samples(out []node.Sample) []node.Sample {
	sites, untold := 0, 0
	if h != nil && h.counts != nil {
		sites = len(h.counts.Seen())
	}
	if h != nil && h.refused {
		untold = 1
	}
	return append(out, node.Level("counts_sites", "", sites), node.Level("counts_untold", "", untold))
}
