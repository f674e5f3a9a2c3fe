package swarm

import (
	"time"

	"weir/scenarios"
)

// spool gives the distributors of one world in fourteen a disk of their own to acknowledge
// from, large or so small that it fills, and faults that it is there for.
func (w *world) spool() {
	d := w.dice("spool")
	if !d.chance(spoolPercent) || w.lone() {
		return
	}
	s := &w.sc.Distributors.Spool
	s.Bytes = one[scenarios.Bytes](d, 64<<10, 256<<10, 2<<20, 16<<20)
	s.Retry = d.time(50*time.Millisecond, 1500*time.Millisecond)
	if d.chance(25) {
		s.Age = d.time(2000*time.Millisecond, 8000*time.Millisecond)
	}
	if d.chance(50) { // most wait on disk
		w.sc.Distributors.Queue.Items = d.between(8, 64)
	}
	w.sc.Distributors.Hold = d.time(300*time.Millisecond, 2000*time.Millisecond)
	if len(w.favour) == 0 {
		w.favour = append(w.favour, one(d, "crash", "torn write", "disk full", "stop"))
	}
}

// spoolPercent is how many worlds in a hundred have a spool.
const spoolPercent = 7
