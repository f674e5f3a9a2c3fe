//go:build !wasip1

// Package swim watches which nodes of a cluster are there, with hashicorp/memberlist
// (SWIM): over UDP and TCP of its own, encrypted if there is a key. It tells of names and
// incarnations, and carries nothing else. It imports memberlist and nothing of ours;
// cmd/weir-node imports it.
package swim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

// Config says who this node is and where the others are.
type Config struct {
	// Name and Inc are the node's name and incarnation, which others are told.
	Name string
	Inc  uint32
	// Bind is the address, host:port, for UDP and TCP. Required.
	Bind string
	// Join are the addresses, host:port, of other nodes. Default: none; others join this one.
	Join []string
	// Key encrypts and authenticates all that is said: 16, 24 or 32 bytes, the same at all
	// nodes. Default (nil): in clear, and whoever comes is believed.
	Key []byte
	// Report is told of a change; it returns false to be told again later. Inc is 0 if it is
	// not known. Never called by two goroutines at once. Required.
	Report func(name string, inc uint32, alive bool) bool
	// Log takes what memberlist says. Required.
	Log *log.Logger
}

// The times of a watcher.
const (
	joinFirst  = 100 * time.Millisecond // between attempts at addresses of which nobody is there, doubled up to
	joinEvery  = 3 * time.Second
	againEvery = 100 * time.Millisecond
	leaveWait  = time.Second
)

// Watcher watches until it is closed.
type Watcher struct {
	cfg  Config
	list *memberlist.Memberlist
	done chan struct{}
	wake chan struct{}
	all  sync.WaitGroup

	mu      sync.Mutex
	pending map[string]state // the newest of each name that Report was not told
}

type state struct {
	inc   uint32
	alive bool
}

// Start begins to watch.
func Start(cfg Config) (*Watcher, error) {
	host, text, err := net.SplitHostPort(cfg.Bind)
	if err != nil {
		return nil, fmt.Errorf("memberlist: bind %.80q: %w", cfg.Bind, err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("memberlist: bind %.80q: want a port of 0..65535", cfg.Bind)
	}
	w := &Watcher{cfg: cfg, done: make(chan struct{}), wake: make(chan struct{}, 1), pending: map[string]state{}}
	c := memberlist.DefaultLANConfig()
	c.Name, c.BindAddr, c.BindPort, c.AdvertisePort = cfg.Name, host, int(port), int(port)
	c.SecretKey, c.Logger = cfg.Key, cfg.Log
	c.Events, c.Delegate = (*events)(w), meta(cfg.Inc)
	c.DeadNodeReclaimTime = time.Second // a node comes back under its name, elsewhere too
	if w.list, err = memberlist.Create(c); err != nil {
		return nil, fmt.Errorf("memberlist: %w", err)
	}
	w.all.Add(2)
	go w.join()
	go w.report()
	return w, nil
}

// join asks for the addresses at which nobody is there, again and again: also after a
// partition, of which both sides have given the other up.
func (w *Watcher) join() {
	defer w.all.Done()
	for wait := joinFirst; ; wait = min(2*wait, joinEvery) {
		here := map[string]bool{}
		for _, n := range w.list.Members() {
			here[n.Address()] = true
		}
		for _, addr := range w.cfg.Join {
			if !here[addr] && addr != w.cfg.Bind {
				_, _ = w.list.Join([]string{addr}) // it says in its log why not
			}
			if w.ended(0) {
				return
			}
		}
		if w.ended(wait) {
			return
		}
	}
}

// report tells of changes, in the order of their coming a name.
func (w *Watcher) report() {
	defer w.all.Done()
	for {
		select {
		case <-w.wake:
		case <-w.done:
			return
		}
		w.mu.Lock()
		now := w.pending
		w.pending = map[string]state{}
		w.mu.Unlock()
		failed := false
		for name, s := range now {
			if w.cfg.Report(name, s.inc, s.alive) {
				continue
			}
			failed = true
			w.mu.Lock()
			if _, newer := w.pending[name]; !newer {
				w.pending[name] = s
			}
			w.mu.Unlock()
		}
		if failed && !w.ended(againEvery) {
			w.poke()
		}
	}
}

func (w *Watcher) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// ended reports whether the watcher is closed, within some time.
func (w *Watcher) ended(within time.Duration) bool {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-w.done:
		return true
	case <-t.C:
		return false
	}
}

// Close says goodbye to the others and ends.
func (w *Watcher) Close() error {
	close(w.done)
	w.all.Wait()
	return errors.Join(w.list.Leave(leaveWait), w.list.Shutdown())
}

// events takes what memberlist notices, which never waits for anybody.
type events Watcher

func (e *events) note(n *memberlist.Node, alive bool) {
	w := (*Watcher)(e)
	if n.Name == w.cfg.Name {
		return
	}
	s := state{alive: alive}
	if len(n.Meta) == metaSize {
		s.inc = binary.BigEndian.Uint32(n.Meta)
	}
	w.mu.Lock()
	w.pending[n.Name] = s
	w.mu.Unlock()
	w.poke()
}

// NotifyJoin, NotifyLeave and NotifyUpdate implement memberlist.EventDelegate.

func (e *events) NotifyJoin(n *memberlist.Node)   { e.note(n, true) }
func (e *events) NotifyLeave(n *memberlist.Node)  { e.note(n, false) }
func (e *events) NotifyUpdate(n *memberlist.Node) { e.note(n, true) }

// meta is what others are told of this node: its incarnation. There is nothing else to say.
type meta uint32

const metaSize = 4

// NodeMeta implements memberlist.Delegate, as do the others, which carry nothing.
func (m meta) NodeMeta(int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(m)) }

// NotifyMsg ignores messages: none are sent.
func (meta) NotifyMsg([]byte) {}

// GetBroadcasts has none.
func (meta) GetBroadcasts(int, int) [][]byte { return nil }

// LocalState has none.
func (meta) LocalState(bool) []byte { return nil }

// MergeRemoteState ignores it.
func (meta) MergeRemoteState([]byte, bool) {}
