package logcheck

import (
	"errors"
	"fmt"
	"time"
)

// RunScale is the autoscaler of every distributor, FORMAT.md section 10, and the load
// that the emitters are to make. Targets of 0 are no signals.
type RunScale struct {
	// Min and Max bound the workers.
	Min int `json:"min"`
	Max int `json:"max"`
	// Every is the time between two decisions.
	Every time.Duration `json:"every_ns"`
	// Wait and Response are targets, as are CPU, in thousandths of a core, Memory, in
	// thousandths, and Emitters.
	Wait     time.Duration `json:"wait_ns"`
	Response time.Duration `json:"response_ns"`
	CPU      int64         `json:"cpu"`
	Memory   int64         `json:"memory"`
	Emitters int64         `json:"emitters"`
	// Tolerance is in thousandths of the target.
	Tolerance int64 `json:"tolerance"`
	// StepUp and StepDown are the most workers of one change.
	StepUp   int `json:"step_up"`
	StepDown int `json:"step_down"`
	// WindowUp and WindowDown are the stabilisation windows; 0: only the newest counts.
	WindowUp   time.Duration `json:"window_up_ns"`
	WindowDown time.Duration `json:"window_down_ns"`
	// CooldownUp and CooldownDown are the least times after a change.
	CooldownUp   time.Duration `json:"cooldown_up_ns"`
	CooldownDown time.Duration `json:"cooldown_down_ns"`

	// Rate is the packets that each emitter is to make in 1000 s; 0: not told.
	Rate int64 `json:"rate"`
	// Regular says that it makes them at equal distances.
	Regular bool `json:"regular"`
	// PacketTime is the processor time that a packet takes a distributor on average; 0: not told.
	PacketTime time.Duration `json:"packet_ns"`
	// Cores is how many workers of a distributor run at once; 0: all.
	Cores int `json:"cores"`
	// Late is what messages and queues add to a decision's time.
	Late time.Duration `json:"late_ns"`
}

func (s *RunScale) validate() (errs []error) {
	if s == nil {
		return nil
	}
	if s.Min < 1 || s.Max < s.Min || s.Max > 1000 || s.StepUp < 1 || s.StepDown < 1 {
		errs = append(errs, fmt.Errorf("scale: %d to %d workers by %d or %d, not 1 to 1000 by 1 or more", s.Min, s.Max, s.StepUp, s.StepDown))
	}
	if s.Every <= 0 || s.Tolerance < 0 || s.Tolerance > 1000 || s.Cores < 0 {
		errs = append(errs, errors.New("scale: every_ns, tolerance or cores is out of range"))
	}
	for _, v := range []int64{int64(s.Wait), int64(s.Response), s.CPU, s.Memory, s.Emitters, int64(s.WindowUp), int64(s.WindowDown),
		int64(s.CooldownUp), int64(s.CooldownDown), s.Rate, int64(s.PacketTime), int64(s.Late)} {
		if v < 0 || v > scaleMost {
			errs = append(errs, fmt.Errorf("scale: a value is %d, not 0 to 2^47", v))
		}
	}
	return errs
}

// scaleMost bounds the numbers of the header, so that products of two small ones fit.
const scaleMost = 1 << 47

// signal is one that a run promises to scale by.
type signal struct {
	name    string
	target  int64
	latency bool // it never asks for fewer by itself
}

// signals lists them in the order of the log.
func (s *RunScale) signals() []signal {
	all := []signal{{"wait", int64(s.Wait), true}, {"response", int64(s.Response), true}, {"cpu", s.CPU, false}, {"memory", s.Memory, false}, {"emitters", s.Emitters * 1000, false}}
	kept := all[:0]
	for _, g := range all {
		if g.target > 0 {
			kept = append(kept, g)
		}
	}
	return kept
}
