package main

import (
	"math"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"weir/system/scale"
)

// TestGauge holds that the gauge tells what the process used since it was last asked.
func TestGauge(t *testing.T) {
	g := newGauge()
	if l := g.Load(); !math.IsNaN(l.Cores) {
		t.Errorf("the first answer tells of %v cores", l.Cores)
	}
	for end, x := time.Now().Add(50*time.Millisecond), 0; time.Now().Before(end); x++ {
		_ = x * x
	}
	if l := g.Load(); !(l.Cores > 0.01 && l.Cores < 1000) {
		t.Errorf("a busy process tells of %v cores", l.Cores)
	}
}

// TestMemoryShare holds that memory is told as a part of the limit and not at all
// without one.
func TestMemoryShare(t *testing.T) {
	before := debug.SetMemoryLimit(1 << 40)
	defer debug.SetMemoryLimit(before)
	if m := memoryShare(); !(m > 0 && m < 0.1) {
		t.Errorf("%v of a TiB", m)
	}
	c := &config{}
	c.Distributor.Autoscale = scale.Config{Max: 4, Memory: 500}
	if err := c.checkGauge(); err != nil {
		t.Error(err)
	}
	debug.SetMemoryLimit(math.MaxInt64)
	if m := memoryShare(); !math.IsNaN(m) {
		t.Errorf("%v without a limit", m)
	}
	if err := c.checkGauge(); err == nil || !strings.Contains(err.Error(), "GOMEMLIMIT") {
		t.Errorf("a memory target without a limit: %v", err)
	}
}
