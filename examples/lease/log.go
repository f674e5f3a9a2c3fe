package lease

import (
	"fmt"
	"strconv"
	"time"

	"weir/faults/simfault"
	"weir/sim"
)

// The kinds of records.
const (
	Granted = "granted" // by the lock service
	Written = "written" // by the store
	Acked   = "acked"   // by a client: its write was confirmed
)

// Record is one line of the log that the nodes write, in the order of what happened.
type Record struct {
	At     time.Duration // since the run began
	Node   string        // who wrote it
	Kind   string
	Client string
	Token  uint64 // of the client's lease
	Seq    uint64 // of the write under the lease; 0: none
	Value  uint64
}

// String is the record in a line.
func (r Record) String() string {
	s := fmt.Sprintf("%4d.%03ds %-5s %s %s lease %d", r.At/time.Second, r.At%time.Second/time.Millisecond, r.Node, r.Kind, r.Client, r.Token)
	if r.Seq > 0 {
		s += fmt.Sprintf(" write %d value %d", r.Seq, r.Value)
	}
	return s
}

// recorder takes the records of all nodes of a world, and shows each to the fault
// injector, whose plan may wait for it.
type recorder struct {
	world    *sim.World
	injector *simfault.Injector
	records  []Record
}

func (l *recorder) name(id sim.NodeID) string { return l.world.Node(id).Name }

func (l *recorder) note(c *sim.Ctx, r Record) {
	r.At, r.Node = c.WorldNow(), l.name(c.Self().Node)
	l.records = append(l.records, r)
	l.injector.OnRecord(r.Node, c.Self().Actor, r.Kind, func(key string) string {
		switch key {
		case "client":
			return r.Client
		case "token":
			return strconv.FormatUint(r.Token, 10)
		}
		return ""
	})
}
