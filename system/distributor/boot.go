package distributor

import (
	"fmt"

	"weir/system/node"
)

// Boot returns what starts an incarnation of a distributor with that
// configuration, zero fields replaced by their defaults. The Boot reports an
// invalid configuration, with all that is wrong with it.
//
// The world must let an actor have Config.QueueItems open requests, and a worker
// Window for each analyser.
func Boot(cfg Config) node.Boot { return BootGauged(cfg, nil) }

// BootGauged is Boot with what tells the autoscaler what the process uses: a gauge for
// each incarnation. Without one, those signals have no value.
func BootGauged(cfg Config, gauge func() Gauge) node.Boot {
	return func(b node.Booter) error {
		if err := cfg.Validate(); err != nil {
			return fmt.Errorf("distributor %s: %w", b.Name(), err)
		}
		c := cfg.WithDefaults() // this incarnation's own, never changed
		var g Gauge
		if gauge != nil {
			g = gauge()
		}
		if err := b.Spawn(Supervisor, node.Mailbox{}, newSupervisor(&c, g)); err != nil {
			return fmt.Errorf("distributor %s: %w", b.Name(), err)
		}
		if err := b.Spawn(Ingress, node.Mailbox{}, newIngress(&c)); err != nil {
			return fmt.Errorf("distributor %s: %w", b.Name(), err)
		}
		if c.State == Shared {
			// Each worker has at most one question under way.
			n := crewMost(&c) + boxSlack
			box := node.Mailbox{Items: n, Bytes: n * localSize}
			if err := b.Spawn(Router, box, &router{chooser: newChooser(&c)}); err != nil {
				return fmt.Errorf("distributor %s: %w", b.Name(), err)
			}
		}
		for i := range c.Workers {
			if err := b.Spawn(workerName(i+1), workerBox(&c), newWorker(&c, i+1)); err != nil {
				return fmt.Errorf("distributor %s: %w", b.Name(), err)
			}
		}
		return nil
	}
}

// boxSlack is room in a mailbox for the supervisor's messages.
const boxSlack = 64

// workerBox is large enough that an admitted packet always fits: a packet is
// refused because of the configured bounds and for no other reason.
func workerBox(c *Config) node.Mailbox {
	items := c.QueueItems + boxSlack
	return node.Mailbox{Items: items, Bytes: c.QueueBytes + items*localSize}
}
