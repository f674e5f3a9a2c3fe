package sim

import (
	"errors"
	"fmt"
	"time"
)

// NodeConfig describes a node: a machine with one process on it.
type NodeConfig struct {
	Name            string        // unique in the world, not empty; keys the node's random streams
	Boot            func(*Booter) // spawns the first actors of every incarnation
	Cores           int           // handlers that can run at once; 0 = no limit
	Service         ServiceFunc   // virtual CPU time a handler; nil = 0
	DiskBytes       int64         // capacity of the disk; 0 = 1 GiB
	DiskLatency     Latency       // of append, read, rename, remove; zero = 0
	DiskSyncLatency Latency       // of sync and of a synced append; zero = DiskLatency
}

// Validate reports everything that is wrong with the configuration.
func (c NodeConfig) Validate() error {
	var errs []error
	if c.Name == "" {
		errs = append(errs, fmt.Errorf("%w: node without a name", ErrConfig))
	}
	if c.Boot == nil {
		errs = append(errs, fmt.Errorf("%w: node %q without Boot", ErrConfig, c.Name))
	}
	if c.Cores < 0 {
		errs = append(errs, fmt.Errorf("%w: node %q: Cores is %d, below 0", ErrConfig, c.Name, c.Cores))
	}
	if c.DiskBytes < 0 {
		errs = append(errs, fmt.Errorf("%w: node %q: DiskBytes is %d, below 0", ErrConfig, c.Name, c.DiskBytes))
	}
	errs = append(errs, c.DiskLatency.Validate(), c.DiskSyncLatency.Validate())
	return errors.Join(errs...)
}

// NodeState is what a node is doing.
type NodeState uint8

const (
	NodeDown    NodeState = iota // not started yet, or crashed
	NodeUp                       // running
	NodePaused                   // running but frozen: nothing is handled
	NodeStopped                  // left by Ctx.Exit
)

var nodeStateNames = [...]string{"down", "up", "paused", "stopped"}

// String returns the state's name in lower case.
func (s NodeState) String() string {
	if int(s) < len(nodeStateNames) {
		return nodeStateNames[s]
	}
	return "unknown"
}

// NodeInfo is a node's present state.
type NodeInfo struct {
	ID     NodeID
	Name   string
	State  NodeState
	Inc    uint32   // the latest incarnation; 0 = never started
	Actors []string // those that run, in the order of spawning
}

// node is a machine: its disk and clock outlive the process that runs on it.
type node struct {
	w       *World
	cfg     NodeConfig
	id      NodeID
	state   NodeState
	inc     uint32
	silent  bool // crashed without a trace: peers hear nothing
	slowNum int64
	slowDen int64

	actors  []*actor          // alive, in the order of spawning
	names   map[string]*actor // all of this incarnation; nil = stopped
	root    *actor
	tokens  Token
	open    table // token -> index of World.requests
	busy    int   // cores in use
	served  int64 // service time that handlers took or began to take, of all incarnations
	runHead *actor
	runTail *actor

	clock Clock
	disk  Disk
}

// AddNode adds a node, which is down until Start.
func (w *World) AddNode(c NodeConfig) (NodeID, error) {
	if err := c.Validate(); err != nil {
		return none, err
	}
	if _, ok := w.byName[c.Name]; ok {
		return none, fmt.Errorf("%w: two nodes named %q", ErrConfig, c.Name)
	}
	if len(w.nodes) >= w.limits.Nodes {
		return none, fmt.Errorf("%w: node %q is beyond Limits.Nodes, %d", ErrConfig, c.Name, w.limits.Nodes)
	}
	def(&c.DiskBytes, 1<<30)
	def(&c.DiskSyncLatency, c.DiskLatency)
	n := &node{w: w, cfg: c, id: NodeID(len(w.nodes)), slowNum: 1, slowDen: 1}
	n.clock.init(n)
	n.disk.init(n)
	w.nodes = append(w.nodes, n)
	w.byName[c.Name] = n.id
	return n.id, nil
}

// node returns a node that must exist.
func (w *World) node(id NodeID) *node {
	assert(w.hasNode(id), "the node exists")
	return w.nodes[id]
}

func (w *World) hasNode(id NodeID) bool { return id >= 0 && int(id) < len(w.nodes) }

// Nodes returns the number of nodes.
func (w *World) Nodes() int { return len(w.nodes) }

// NodeByName returns the node of this name, if there is one.
func (w *World) NodeByName(name string) (NodeID, bool) {
	id, ok := w.byName[name]
	return id, ok
}

// Node returns the present state of a node. It panics if there is none.
func (w *World) Node(id NodeID) NodeInfo {
	n := w.node(id)
	info := NodeInfo{ID: id, Name: n.cfg.Name, State: n.state, Inc: n.inc}
	for _, a := range n.actors {
		info.Actors = append(info.Actors, a.addr.Actor)
	}
	return info
}

// Usage is the service time that a node's handlers took or began to take, over all
// incarnations, and the size in bytes of what waits in its mailboxes. It panics if there
// is no such node.
func (w *World) Usage(id NodeID) (served time.Duration, waits int64) {
	n := w.node(id)
	for _, a := range n.actors {
		waits += a.mailBytes
	}
	return time.Duration(n.served), waits
}

// running reports whether the node has a process, paused or not.
func (n *node) running() bool { return n.state == NodeUp || n.state == NodePaused }

// find returns the live actor of this name, or nil. Nodes have few actors:
// comparing strings that share their bytes is cheaper than hashing them.
func (n *node) find(name string) *actor {
	if len(n.actors) <= 8 {
		for _, a := range n.actors {
			if a.addr.Actor == name {
				return a
			}
		}
		return nil
	}
	return n.names[name]
}

// token returns the next token of this incarnation.
func (n *node) token() Token {
	n.tokens++
	return n.tokens
}

// enter changes the state and tells the observer.
func (n *node) enter(s NodeState) {
	n.state = s
	n.w.observer.NodeChanged(n.id, n.inc, s)
}

// Booter is what a Boot function works with. It is valid during Boot only.
type Booter struct{ n *node }

// Node returns the node that boots.
func (b *Booter) Node() NodeID { return b.n.id }

// Name returns the node's name.
func (b *Booter) Name() string { return b.n.cfg.Name }

// Incarnation returns the number of this incarnation, from 1.
func (b *Booter) Incarnation() uint32 { return b.n.inc }

// WorldNow returns the virtual time of the world.
func (b *Booter) WorldNow() time.Duration { return time.Duration(b.n.w.now) }

// Now returns the node's monotonic time.
func (b *Booter) Now() time.Duration { return b.n.clock.Now() }

// Wall returns the node's wall time.
func (b *Booter) Wall() time.Time { return b.n.clock.Wall() }

// Spawn starts an actor; the first one is the node's root. The name must be
// new in this incarnation: ErrNameUsed.
func (b *Booter) Spawn(name string, o ActorOptions, a Actor) error {
	return b.n.w.spawn(b.n, name, o, a)
}
