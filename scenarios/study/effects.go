package study

import "weir/logcheck"

// effects follows what became of packets: what emitters were told, and which effects
// stand in the analysers' stores.
type effects struct {
	stands map[logcheck.Sym]map[uint64]logcheck.PacketID // by analyser and number
	acked  map[logcheck.PacketID]bool
	gaveUp int64 // packets of which an emitter was told something else
	syncs  int64 // synced writes of analysers and distributors
	made   int64 // effects, whether they stand or not
}

func newEffects() effects {
	return effects{stands: map[logcheck.Sym]map[uint64]logcheck.PacketID{}, acked: map[logcheck.PacketID]bool{}}
}

// see takes commits, recoveries, syncs and outcomes.
func (e *effects) see(r *logcheck.Record) {
	switch r.Kind {
	case logcheck.KindSynced:
		if r.File.Role == logcheck.RoleAnalyser || r.File.Role == logcheck.RoleDistributor {
			e.syncs++
		}
	case logcheck.KindCommit:
		if e.stands[r.Node()] == nil {
			e.stands[r.Node()] = map[uint64]logcheck.PacketID{}
		}
		id, _ := r.ID()
		e.stands[r.Node()][r.Uint(logcheck.KeyCS)] = id
		e.made++
	case logcheck.KindRecover: // effects above n are gone
		for cs := range e.stands[r.Node()] { //weir:anyorder each is looked at alone
			if cs > r.Uint(logcheck.KeyN) {
				delete(e.stands[r.Node()], cs)
			}
		}
	case logcheck.KindOutcome:
		if id, _ := r.ID(); r.Is(logcheck.KeyOut, "acked") {
			e.acked[id] = true
		} else {
			e.gaveUp++
		}
	}
}

// judge counts the packets that were acknowledged and of which no effect stands, and those
// of which more than one does.
func (e *effects) judge() (lost, doubled int64) {
	times := map[logcheck.PacketID]int{}
	for _, list := range e.stands { //weir:anyorder only sums are made
		for _, id := range list { //weir:anyorder only sums are made
			times[id]++
		}
	}
	for id := range e.acked { //weir:anyorder only a sum is made
		if times[id] == 0 {
			lost++
		}
	}
	for _, n := range times { //weir:anyorder only a sum is made
		if n > 1 {
			doubled++
		}
	}
	return lost, doubled
}
