package scenarios

import (
	"strconv"
	"strings"
	"time"
)

// Live is how a running cluster stands, as its event logs tell.
type Live struct {
	Elapsed   time.Duration
	Emitted   int64 // packets
	Acked     int64 // packets
	Pressed   int   // emitters that keep arrivals out
	Analysers []LiveAnalyser
}

// LiveAnalyser is one analyser, in the order of the scenario.
type LiveAnalyser struct {
	ID       string
	Weight   int64 // in the newest accepted table of any distributor
	Drain    bool
	Packets  int64 // committed
	Messages int64 // committed
	Down     int   // detectors that hold it down
}

// liveBook follows the records that Live is made of.
type liveBook struct {
	live    Live
	index   map[string]int
	down    map[string]bool // by distributor, worker and analyser
	pressed map[string]bool // by emitter
}

func newLiveBook(sc *Scenario) *liveBook {
	b := &liveBook{index: map[string]int{}, down: map[string]bool{}, pressed: map[string]bool{}}
	for _, a := range sc.AnalyserList() {
		b.index[a.ID] = len(b.live.Analysers)
		weight := a.Weight
		if a.Spare {
			weight = 0
		}
		b.live.Analysers = append(b.live.Analysers, LiveAnalyser{ID: a.ID, Weight: weight})
	}
	return b
}

// record takes one record of a node's log.
func (b *liveBook) record(node, kind string, line []byte) {
	switch kind {
	case "emit":
		b.live.Emitted++
	case "outcome":
		if fieldOf(line, "out") == "acked" {
			b.live.Acked++
		}
	case "back":
		b.pressed[node] = fieldOf(line, "on") == "true"
	case "commit":
		if a := b.of(node); a != nil {
			n, _ := strconv.ParseInt(fieldOf(line, "n"), 10, 64) // the judge reads it strictly
			a.Packets++
			a.Messages += n
		}
	case "health":
		b.down[node+"/"+fieldOf(line, "a")+"/"+fieldOf(line, "an")] = fieldOf(line, "to") == "down"
	case "log":
		b.restarted(node)
	case "config":
		if fieldOf(line, "ok") == "true" {
			b.table(fieldOf(line, "set"))
		}
	}
}

func (b *liveBook) of(id string) *LiveAnalyser {
	if i, ok := b.index[id]; ok {
		return &b.live.Analysers[i]
	}
	return nil
}

// restarted forgets what an earlier life of a node held.
func (b *liveBook) restarted(node string) {
	delete(b.pressed, node)
	for key := range b.down {
		if strings.HasPrefix(key, node+"/") {
			delete(b.down, key)
		}
	}
}

// table takes the weights of an accepted table.
func (b *liveBook) table(set string) {
	for i := range b.live.Analysers {
		b.live.Analysers[i].Weight = 0
	}
	for item := range strings.SplitSeq(set, ",") {
		id, rest, _ := strings.Cut(item, "=")
		weight, status, _ := strings.Cut(rest, ":")
		if a := b.of(id); a != nil {
			a.Weight, _ = strconv.ParseInt(weight, 10, 64) // the judge reads it strictly
			a.Drain = status == "drain"
		}
	}
}

// now is how things stand.
func (b *liveBook) now(elapsed time.Duration) Live {
	l := b.live
	l.Elapsed = elapsed
	l.Analysers = append([]LiveAnalyser(nil), b.live.Analysers...)
	for key, down := range b.down {
		if i, ok := b.index[key[strings.LastIndexByte(key, '/')+1:]]; ok && down {
			l.Analysers[i].Down++
		}
	}
	for _, on := range b.pressed {
		if on {
			l.Pressed++
		}
	}
	return l
}
