package scenarios

import (
	"time"

	"weir/system/distributor"
)

// Spool is a distributor's own durability.
type Spool struct {
	// Bytes is what it may have on disk. Default 0: there is none.
	Bytes Bytes `yaml:"bytes" help:"bytes on disk; 0: no spool, an analyser acknowledges" range:"0..2GiB"`
	// Items is how many packets it may hold. Default 1,000,000.
	Items int `yaml:"items" help:"packets held at most" range:"1..10000000"`
	// Age is how old a packet becomes. Default 0: it never expires.
	Age time.Duration `yaml:"age" help:"age at which a packet goes to the dead letters; 0: never" range:"0s..10000h"`
	// Retry is the wait before a packet that was given up is tried again. Default 1s.
	Retry time.Duration `yaml:"retry" help:"wait before a packet that a worker gave up is tried again" range:"1ms..1h"`
	// Disk is the capacity of the distributor's disk. Default 0: unlimited.
	Disk Bytes `yaml:"disk" help:"capacity of the distributor's disk; 0: unlimited" range:"0..1TiB"`
}

func defaultSpool() Spool { return Spool{Items: 1_000_000, Retry: time.Second} }

func (s *Spool) config() distributor.Spool {
	if s.Bytes == 0 {
		return distributor.Spool{}
	}
	return distributor.Spool{Bytes: int(s.Bytes), Items: s.Items, Age: s.Age, Retry: s.Retry}
}

// spool checks what the distributor itself does not.
func (c *checker) spool() {
	d := &c.s.Distributors
	c.refuse(d.Spool.Bytes == 0 && d.Spool != defaultSpool(), "distributors.spool", "bytes is 0, so that nothing else of it counts: give bytes, or leave the rest out")
}
