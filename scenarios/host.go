package scenarios

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"weir/sim"
	"weir/system/node"
	"weir/system/record"
)

// finished is the log of an incarnation that ended, with its CRC-32C.
type finished struct {
	File
	crc uint32
}

// host is the adapter's side of one node: its identity in both worlds, and the
// log and the actors of its running incarnation.
type host struct {
	w    *world
	id   sim.NodeID
	name string
	role string
	boot node.Boot

	inc     uint32
	log     *record.Log   // of the running incarnation; nil if none runs
	text    Text          // what was put aside of it
	done    []finished    // logs of the incarnations that ended
	latest  time.Duration // node time of the newest record
	actors  []*actor      // of the running incarnation, in order of creation
	last    *actor        // the newest that ended before its node
	drained bool          // the newest incarnation wrote a record drained
	holds   bool          // its spool held something, by the newest record held
}

// spawner is what sim.Booter and sim.Ctx have in common.
type spawner interface {
	Spawn(name string, o sim.ActorOptions, a sim.Actor) error
}

func (h *host) spawn(s spawner, name string, box node.Mailbox, behind node.Actor) error {
	if !node.ValidName(name) {
		return node.ErrBadName
	}
	a := newActor(h, name, behind)
	err := s.Spawn(name, sim.ActorOptions{MailboxItems: box.Items, MailboxBytes: int64(box.Bytes)}, a)
	if err != nil {
		h.actors = h.actors[:len(h.actors)-1]
		return seamError(err)
	}
	return nil
}

// booter implements node.Booter on the simulator's.
type booter struct {
	h *host
	b *sim.Booter
}

func (b booter) Name() string        { return b.h.name }
func (b booter) Incarnation() uint32 { return b.h.inc }
func (b booter) Spawn(name string, box node.Mailbox, a node.Actor) error {
	return b.h.spawn(b.b, name, box, a)
}

// start is the node's sim boot function: a new incarnation with its own log.
func (h *host) start(b *sim.Booter) {
	assert(h.log == nil, "node %s boots while incarnation %d is open", h.name, h.inc)
	h.inc = b.Incarnation()
	h.latest = b.Now()
	h.actors = nil
	h.drained = false
	head := record.Header{Node: h.name, Inc: h.inc, Role: h.role}
	h.log = record.NewLog(head, h.w.sim.Now(), h.latest, h.w.sim.Events(), h.w.sinkFor(h))
	if err := h.boot(booter{h, b}); err != nil {
		// Configurations were validated before the run: this is a bug.
		panic("scenarios: boot of node " + h.name + ": " + err.Error())
	}
}

// crashed keeps the log of an incarnation as it was when it crashed.
func (h *host) crashed() {
	if h.log == nil {
		return
	}
	h.done = append(h.done, finished{File{h.fileName(), append(h.text, h.log.Bytes())}, h.log.CRC()})
	h.w.lines += h.log.Lines()
	h.log, h.text = nil, nil
}

// ended closes the log of an incarnation that ended in order: a stop record for
// each actor, then the end line.
func (h *host) ended() {
	if h.log == nil {
		return
	}
	for _, a := range h.actors {
		a.line("stop").End()
	}
	h.log.Close(h.w.sim.Now(), h.latest, h.w.sim.Events())
	h.crashed()
}

// pageSize is how much of a log is gathered before it is put aside, in bytes: so
// it grows without being copied again and again, and lines are built in the cache.
const pageSize = 64 << 10

// turn puts a full page aside.
func (h *host) turn() {
	if h.log.Pending() < pageSize {
		return
	}
	err := h.log.Flush(func(b []byte) error {
		h.text = append(h.text, bytes.Clone(b))
		return nil
	})
	assert(err == nil, "memory takes every page: %v", err)
}

// gone takes one actor off the list while its node goes on.
func (h *host) gone(name string) {
	i := slices.IndexFunc(h.actors, func(a *actor) bool { return a.name == name })
	assert(i >= 0, "node %s has no actor %s that could end", h.name, name)
	h.last = h.actors[i]
	h.actors = slices.Delete(h.actors, i, i+1)
}

// stopped notes that the node itself ended an actor.
func (h *host) stopped(name string) {
	a := h.last
	assert(a != nil && a.name == name, "node %s stops actor %s, which it does not have", h.name, name)
	a.line("stop").End()
}

func (h *host) fileName() string {
	return "logs/" + h.name + "." + strconv.FormatUint(uint64(h.inc), 10) + ".jsonl"
}
