package metrics

import (
	"sync/atomic"
	"testing"
	"time"

	"weir/system/distributor"
	"weir/system/driver"
	"weir/system/scale"
)

// knob is a gauge that a test turns while the node runs.
type knob struct{ busy *atomic.Bool }

func (k knob) Load() distributor.Load {
	if k.busy.Load() {
		return distributor.Load{Cores: 8}
	}
	return distributor.Load{}
}

// Workers that come and go on goroutines of their own are counted while they are there,
// and what they counted stays.
func TestWorkersComeAndGo(t *testing.T) {
	var busy atomic.Bool
	busy.Store(true)
	cfg := distributor.Config{Workers: 1, PacketMax: 10, Volatile: true, Analysers: []distributor.Analyser{{ID: "a1", Weight: 1}}}
	cfg.Detector.Interval, cfg.Detector.Timeout = 20*time.Millisecond, 10*time.Millisecond
	cfg.Detector.DownInterval = cfg.Detector.Interval
	cfg.Autoscale = scale.Config{Max: 5, CPU: 500, Every: 10 * time.Millisecond, StepDown: 4, WindowDown: scale.None, CooldownDown: scale.None}
	n, err := driver.Start(driver.Config{Name: "d", Role: "distributor", Incarnation: 1, Link: &deaf{}, Dir: t.TempDir(), Log: &log{},
		Boot: distributor.BootGauged(cfg, func() distributor.Gauge { return knob{&busy} })})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { n.Kill(); <-n.Done() }()
	value := func(name string) (sum uint64) {
		all, _ := n.Samples(t.Context())
		for _, s := range all {
			if s.Name == name {
				sum += s.Value
			}
		}
		return sum
	}
	await := func(workers uint64) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); value("workers") != workers; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d workers after 20 s, want %d", value("workers"), workers)
			}
		}
	}
	for range 3 {
		busy.Store(true)
		await(5)
		busy.Store(false)
		await(1)
	}
	all, _ := n.Samples(t.Context())
	histograms := 0
	for _, s := range all {
		if s.Name == "queue_time" {
			histograms++
		}
	}
	if histograms != 2 { // the worker that is left, and those that have gone
		t.Errorf("%d queue times", histograms)
	}
}
