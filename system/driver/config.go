package driver

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"weir/system/node"
)

// Config says what runs and on what.
type Config struct {
	// Name is the node's name, [A-Za-z0-9._-]{1,64}. Required.
	Name string
	// Role is what the log's header says of it: emitter, distributor, analyser or
	// operator. Required.
	Role string
	// Incarnation counts the node's lives from 1 and only grows; NextIncarnation
	// keeps it. Required.
	Incarnation uint32
	// Boot creates the node's actors. Required.
	Boot node.Boot
	// Link carries messages to other nodes. Default (nil): there are none.
	Link Link
	// Dir is the folder that holds the node's disk; it must exist. Default (empty):
	// every disk operation fails with node.ErrDiskIO.
	Dir string
	// Log takes the event log, whole lines at a time. Default (nil): no event log is
	// kept, and sends wait for nothing.
	Log io.Writer
	// OneIn keeps the records of one packet in so many, and all that are about no packet;
	// the header says so. Default (0): those of all.
	OneIn uint32
	// Build says in the log's header which program writes it. Default (empty): nothing.
	Build string
	// Epoch is when world time was zero, the same for all nodes of a run. Default
	// (zero): when the node starts.
	Epoch time.Time
	// Seed seeds the actors' random streams. Default (0): from the machine's entropy.
	Seed uint64

	// RequestsMax is the open requests that an actor may have, 1..2^30. Default (0): 65536.
	RequestsMax int
	// MessageMax is the size in bytes beyond which a message is refused, 1..2^31-1.
	// Default (0): 64 MiB.
	MessageMax int
	// PeerItems and PeerBytes bound what waits to be sent to one other node; beyond
	// them a send is refused as full. Defaults (0): 8192 and 64 MiB.
	PeerItems, PeerBytes int
	// LogBytes bounds the lines in bytes that wait for Log to take them; what comes
	// then is dropped and counted as log_dropped. Default (0): 64 MiB.
	LogBytes int
}

// The world's default mailbox, as package node states it.
const (
	mailboxItems = 1024
	mailboxBytes = 64 << 20
)

// WithDefaults returns the configuration with every zero field that has a default
// set to it.
func (c Config) WithDefaults() Config {
	setInt(&c.RequestsMax, 1<<16)
	setInt(&c.MessageMax, 64<<20)
	setInt(&c.PeerItems, 8192)
	setInt(&c.PeerBytes, 64<<20)
	setInt(&c.LogBytes, 64<<20)
	return c
}

func setInt(v *int, def int) {
	if *v == 0 {
		*v = def
	}
}

// Validate returns every reason why the configuration, with its defaults, cannot
// be used.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("driver: "+format, args...)) }
	if !node.ValidName(c.Name) {
		bad("node name %.80q: want [A-Za-z0-9._-]{1,64}", c.Name)
	}
	if c.Role == "" {
		bad("no role")
	}
	if c.Incarnation == 0 {
		bad("incarnation 0: they count from 1")
	}
	if c.Boot == nil {
		bad("no boot function")
	}
	for _, f := range []struct {
		name string
		v    int
		high int
	}{
		{"open requests", c.RequestsMax, 1 << 30},
		{"message bytes", c.MessageMax, math.MaxInt32},
		{"items waiting for a node", c.PeerItems, 1 << 30},
		{"bytes waiting for a node", c.PeerBytes, 1 << 40},
		{"bytes of waiting log lines", c.LogBytes, 1 << 40},
	} {
		if f.v < 1 || f.v > f.high {
			bad("%s %d: want 1 to %d", f.name, f.v, f.high)
		}
	}
	return errors.Join(errs...)
}
