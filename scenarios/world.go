package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"weir/sim"
	"weir/system/node"
)

// world joins one simulated world to the system that runs in it.
type world struct {
	sim    *sim.World
	hosts  []*host // by sim.NodeID
	byName map[string]sim.NodeID
	codec  node.Codec // nil: messages are passed as they are
	wire   []byte     // scratch for the codec
	broken error      // why a message did not pass through it

	watch func(h *host, line []byte) // sees every line of every node; may be nil
	trace *tracer                    // shows the run; may be nil
	lines uint64                     // of the logs that are finished

	written    int64       // bytes of all lines
	writtenMax int64       // beyond it the run is halted
	sunk       uint64      // lines written
	halt       func() bool // asked now and then; true halts the run; may be nil
}

// add creates a node in the simulator; it is started by the caller.
func (w *world) add(name, role string, boot node.Boot, cfg sim.NodeConfig) (*host, error) {
	h := &host{w: w, name: name, role: role, boot: boot}
	cfg.Name = name
	cfg.Boot = h.start
	id, err := w.sim.AddNode(cfg)
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", name, err)
	}
	assert(int(id) == len(w.hosts), "node ids are dense: got %d, want %d", id, len(w.hosts))
	h.id = id
	w.hosts = append(w.hosts, h)
	w.byName[name] = id
	return h, nil
}

// nameOf is the system's name of a simulated node.
func (w *world) nameOf(id sim.NodeID) string {
	if id == sim.Outside {
		return ""
	}
	return w.hosts[id].name
}

// addr is the system's form of a simulated address.
func (w *world) addr(a sim.Addr) node.Addr {
	return node.Addr{Node: w.nameOf(a.Node), Inc: a.Inc, Actor: a.Actor}
}

// simAddr is the simulator's form of a system's address.
func (w *world) simAddr(a node.Addr) (sim.Addr, bool) {
	id, ok := w.byName[a.Node]
	return sim.Addr{Node: id, Inc: a.Inc, Actor: a.Actor}, ok
}

// pass takes a message between two nodes through the wire codec, if there is one.
// What stays within a node has no wire form. A message that is too large is the
// sender's to handle, as over a real wire; any other failure ends the run with an
// error, for the system and its encoding do not fit each other.
func (w *world) pass(from, to sim.NodeID, m node.Message) (node.Message, error) {
	if w.codec == nil || from == to {
		return m, nil
	}
	wire, err := w.codec.Encode(w.wire[:0], m)
	if err != nil {
		return nil, w.codecFailed(fmt.Errorf("encode %s from %s to %s: %w", m.Name(), w.nameOf(from), w.nameOf(to), err))
	}
	w.wire = wire
	back, err := w.codec.Decode(wire)
	if err != nil {
		return nil, w.codecFailed(fmt.Errorf("decode %s from %s to %s: %w", m.Name(), w.nameOf(from), w.nameOf(to), err))
	}
	return back, nil
}

func (w *world) codecFailed(err error) error {
	if w.broken == nil && !errors.Is(err, node.ErrTooLarge) {
		w.broken = err
		w.sim.Halt("codec")
	}
	return err
}

var drainedPrefix = []byte(`{"k":"drained",`)

// A record held says whether a distributor's spool holds something.
var (
	heldPrefix = []byte(`{"k":"held",`)
	heldOn     = []byte(`,"on":true}`)
)

// held reports whether the spool of a distributor holds something. One that crashed holds
// what it did.
func (w *world) held() bool {
	for _, h := range w.hosts {
		if h.holds {
			return true
		}
	}
	return false
}

// sinkFor returns what sees the lines of a node's log as they are written.
func (w *world) sinkFor(h *host) func([]byte) {
	return func(line []byte) {
		if bytes.HasPrefix(line, drainedPrefix) {
			h.drained = true
		}
		if bytes.HasPrefix(line, heldPrefix) {
			h.holds = bytes.HasSuffix(bytes.TrimSpace(line), heldOn)
		}
		if w.watch != nil {
			w.watch(h, line)
		}
		if w.trace != nil {
			w.trace.record(h.fileName(), line)
		}
		w.meter(len(line))
	}
}

// drained is how many nodes have said that they are done. One that was started again
// since has to say so again.
func (w *world) drained() (n int) {
	for _, h := range w.hosts {
		if h.drained {
			n++
		}
	}
	return n
}

// meterEvery is how many lines pass between two questions whether to go on.
const meterEvery = 1 << 14

// meter ends a run whose logs grow beyond their limit, and one that was
// interrupted while no virtual time passes.
func (w *world) meter(size int) {
	w.written += int64(size)
	w.sunk++
	switch {
	case w.written > w.writtenMax:
		w.sim.Halt(StopLogBytes)
	case w.sunk%meterEvery == 0 && w.halt != nil && w.halt():
		w.sim.Halt(StopInterrupted)
	}
}

// NodeChanged implements part of sim.Observer: it opens and closes logs.
func (w *world) nodeChanged(id sim.NodeID, s sim.NodeState) {
	switch s {
	case sim.NodeDown:
		w.hosts[id].crashed()
	case sim.NodeStopped:
		w.hosts[id].ended()
	}
}

// files returns all logs, in name order of nodes and order of incarnations, and
// a checksum over them.
func (w *world) files() ([]File, uint64) {
	var all []finished
	for _, h := range w.hosts {
		h.ended()
		all = append(all, h.done...)
	}
	slices.SortFunc(all, func(a, b finished) int { return strings.Compare(a.Name, b.Name) })
	files := make([]File, len(all))
	var sum uint64
	for i, f := range all {
		files[i] = f.File
		sum = sum*0x9e3779b97f4a7c15 + uint64(crc32.Checksum([]byte(f.Name), logTable))<<32 + uint64(f.crc)
	}
	return files, sum
}

var logTable = crc32.MakeTable(crc32.Castagnoli)

// fieldOf returns the value of a key in a finished line, as text, or "".
func fieldOf(line []byte, key string) string {
	i := bytes.Index(line, []byte(`"`+key+`":`))
	if i < 0 {
		return ""
	}
	rest := line[i+len(key)+3:]
	if rest[0] != '"' {
		return string(rest[:bytes.IndexAny(rest, ",}")])
	}
	end := 1
	for rest[end] != '"' {
		if rest[end] == '\\' {
			end++
		}
		end++
	}
	s, err := strconv.Unquote(string(rest[:end+1]))
	if err != nil {
		return string(rest[1:end])
	}
	return s
}
