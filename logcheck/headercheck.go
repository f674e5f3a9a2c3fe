package logcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// ParseRun reads and validates the content of a run.json: strict JSON, no unknown
// keys, at most 4 MiB.
func ParseRun(b []byte) (*Run, error) {
	if len(b) > headerMax {
		return nil, fmt.Errorf("logcheck: run.json is longer than %d bytes", headerMax)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	r := &Run{}
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("logcheck: run.json: %w", explain(b, err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("logcheck: run.json: text after the object")
	}
	if err := strictKeys(b); err != nil {
		return nil, fmt.Errorf("logcheck: run.json: %w", err)
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("logcheck: run.json: %w", err)
	}
	return r, nil
}

// Validate reports everything that keeps the run from being judged by this header.
func (r *Run) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Format != 1 {
		bad("format is %d, only 1 is known", r.Format)
	}
	if r.World != "sim" && r.World != "tcp" {
		bad("world is %q, not sim or tcp", r.World)
	}
	if r.ClockError < 0 || r.World == "sim" && r.ClockError != 0 {
		bad("clock_error_ns is %d in world %s", int64(r.ClockError), r.World)
	}
	if r.Expect != "" && r.Expect != "pass" && r.Expect != "fail" {
		bad("expect is %q, not pass or fail", r.Expect)
	}
	if r.SettleMax < 0 || r.MinPackets < 0 || r.Limits.DetectWithin < 0 || r.Limits.RecoverWithin < 0 {
		bad("a limit is negative")
	}
	errs = append(errs, r.validateNodes()...)
	errs = append(errs, r.Distributor.validate()...)
	errs = append(errs, r.validateRest()...)
	return errors.Join(errs...)
}

func (r *Run) validateNodes() (errs []error) {
	if len(r.Nodes) == 0 || len(r.Nodes) > filesMax {
		errs = append(errs, fmt.Errorf("%d nodes, not 1..%d", len(r.Nodes), filesMax))
	}
	seen := map[string]bool{}
	for _, n := range r.Nodes {
		role, ok := parseRole([]byte(n.Role))
		if !validName([]byte(n.Name)) || seen[n.Name] || n.Name == "faults" {
			errs = append(errs, fmt.Errorf("node name %q is no name, reserved or there twice", n.Name))
		}
		if !ok || role == RoleFaults {
			errs = append(errs, fmt.Errorf("role %q of node %q is not known", n.Role, n.Name))
		}
		seen[n.Name] = true
	}
	return errs
}

func (r *Run) validateRest() (errs []error) {
	if r.Emitter.Horizon < 0 || r.Emitter.BufferPackets < 0 || r.Emitter.RetryMax < 0 || r.Emitter.SubmitTimeout < 0 || r.Emitter.Avoid < 0 {
		errs = append(errs, errors.New("a value of emitter is negative"))
	}
	if r.Analyser.Ack != "" && r.Analyser.Ack != "synced" {
		errs = append(errs, fmt.Errorf("analyser ack is %q, only synced is known", r.Analyser.Ack))
	}
	if r.Analyser.Workers < 0 || r.Analyser.StoreTimeout < 0 || r.Analyser.DiskRetry < 0 {
		errs = append(errs, errors.New("a value of analyser is negative"))
	}
	for _, p := range r.Phases {
		if p.From < 0 || p.To < p.From {
			errs = append(errs, fmt.Errorf("phase %q is from %d to %d", p.Name, int64(p.From), int64(p.To)))
		}
	}
	for _, id := range r.Require {
		if !premiseKnown(id) {
			errs = append(errs, fmt.Errorf("require names %q, which is no premise and no property", id))
		}
	}
	for _, id := range r.Ignore {
		if !slices.Contains(Ignorable(), id) {
			errs = append(errs, fmt.Errorf("ignore names %q, which is no property or one without which nothing can be judged", id))
		}
	}
	return errs
}

var (
	policies  = []string{"deficit", "finish", "eligible", "smooth", "random", "original"}
	detectors = []string{"threshold", "phi", "central"}
)

func (d *RunDistributor) validate() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if d.Policy != "" && !slices.Contains(policies, d.Policy) {
		bad("policy %q is not known", d.Policy)
	}
	if d.State != "" && d.State != "shared" && !d.alone() {
		bad("state is %q, not shared, local, crdt or crdt-counts", d.State)
	}
	if d.OnFull != "" && d.OnFull != "skip" && d.OnFull != "wait" {
		bad("on_full is %q, not skip or wait", d.OnFull)
	}
	if d.PacketMax < 0 || d.PacketMax > 1<<20 || d.Policy != "" && d.PacketMax == 0 {
		bad("packet_max is %d, not 1..%d", d.PacketMax, 1<<20)
	}
	if k := d.Detector.Kind; k != "" && !slices.Contains(detectors, k) {
		bad("detector %q is not known", k)
	}
	for _, v := range []int64{int64(d.Workers), int64(d.Window), int64(d.AttemptTimeout), int64(d.AttemptsMax),
		int64(d.BackoffBase), int64(d.BackoffMax), int64(d.JitterPPM), int64(d.RetryMin), int64(d.RetryPercent),
		d.QueueItems, d.QueueBytes, int64(d.ApplyWithin), int64(d.Hold), int64(d.ConvergeWithin)} {
		if v < 0 {
			bad("a value of distributor is negative: %d", v)
		}
	}
	errs = append(errs, d.Detector.validate()...)
	errs = append(errs, d.Scale.validate()...)
	return append(errs, d.validateAnalysers()...)
}

func (d *RunDistributor) validateAnalysers() (errs []error) {
	if len(d.Analysers) > 4096 {
		errs = append(errs, fmt.Errorf("%d analysers, at most 4096", len(d.Analysers)))
	}
	last := ""
	for _, a := range d.Analysers {
		if !validName([]byte(a.ID)) || a.ID <= last || a.Weight < 0 || a.Weight > 1_000_000 {
			errs = append(errs, fmt.Errorf("analyser %q with weight %d: no name, not in ascending order or weight not 0..1000000", a.ID, a.Weight))
		}
		last = a.ID
	}
	return errs
}

func (d *RunDetector) validate() (errs []error) {
	for _, v := range []time.Duration{d.Interval, d.Jitter, d.Timeout, d.DownInterval, d.Pause, d.SilenceMin, d.DetectMax, d.RecoverMax} {
		if v < 0 {
			errs = append(errs, fmt.Errorf("a time of detector is negative: %d", int64(v)))
		}
	}
	if d.Failures < 0 || d.Successes < 0 || d.DataFailures < 0 {
		errs = append(errs, errors.New("a count of detector is negative"))
	}
	return errs
}
