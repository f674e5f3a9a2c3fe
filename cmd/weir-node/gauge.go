package main

import (
	"errors"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"weir/system/distributor"
)

// gauge tells the autoscaler what this process uses. The processor's time comes from the
// operating system: the runtime's own account is only brought up to date by collections.
type gauge struct {
	used time.Duration
	at   time.Time
}

func newGauge() distributor.Gauge { return &gauge{} }

// Load implements distributor.Gauge.
func (g *gauge) Load() distributor.Load {
	l := distributor.Load{Cores: math.NaN(), Memory: memoryShare()}
	used, ok := processorTime()
	if !ok {
		return l
	}
	now := time.Now()
	if passed := now.Sub(g.at); !g.at.IsZero() && passed > 0 {
		l.Cores = float64(used-g.used) / float64(passed)
	}
	g.used, g.at = used, now
	return l
}

// memoryShare is what the process holds of the limit that GOMEMLIMIT sets; NaN without one.
func memoryShare() float64 {
	limit, ok := memoryLimit()
	if !ok {
		return math.NaN()
	}
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return float64(s[0].Value.Uint64()-s[1].Value.Uint64()) / float64(limit)
}

// memoryLimit is the limit that GOMEMLIMIT sets, if it sets one.
func memoryLimit() (bytes int64, ok bool) {
	limit := debug.SetMemoryLimit(-1)
	return limit, limit > 0 && limit != math.MaxInt64
}

// checkGauge refuses a target for what cannot be measured here.
func (c *config) checkGauge() error {
	if _, ok := memoryLimit(); c.Distributor.Autoscale.Memory > 0 && !ok {
		return errors.New("distributor.autoscale.memory is a part of the limit that the environment sets: GOMEMLIMIT=512MiB, for example")
	}
	if _, ok := processorTime(); c.Distributor.Autoscale.WithDefaults().CPU > 0 && !ok {
		return errors.New("distributor.autoscale.cpu: this platform does not tell a process's processor time")
	}
	return nil
}
