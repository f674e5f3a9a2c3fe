package distributor

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"weir/system/detect"
	"weir/system/message"
	"weir/system/node"
)

// watcher runs the failure detectors of one observer: a worker, or with Central
// the supervisor. It sends their probes, logs what each counted as and every
// change of a verdict, and tells its owner.
type watcher struct {
	cfg     detect.Config
	number  int // of the worker, 0: the supervisor; keeps the ids of data probes apart
	probes  uint64
	targets []*target // ascending ids
	waiting map[node.Token]*target
	wake    alarm
	changed func(env node.Env, id string, to detect.State)
	paused  func(env node.Env, gap time.Duration) // a detector noticed a pause of the observer
	results [detect.Results]uint64                // probes by what they counted as
	turns   [2]uint64                             // verdicts: up, down
}

// target is one analyser that is watched.
type target struct {
	id    string
	addr  node.Addr
	det   detect.Detector
	probe node.Token // the request that is awaited, 0: none
	asked uint64     // its number
	data  bool       // it is a data probe
}

// numberShift leaves room for the worker's number above the sequence number of a
// data probe: 2^40 probes are some thousand years of them.
const numberShift = 40

func newWatcher(cfg *Config, number int, key uint64) *watcher {
	return &watcher{cfg: cfg.Detector, number: number, waiting: map[node.Token]*target{}, wake: alarm{key: key}}
}

func (x *watcher) find(id string) (int, bool) {
	return slices.BinarySearchFunc(x.targets, id, func(t *target, id string) int { return strings.Compare(t.id, id) })
}

// sync makes exactly these analysers watched; ids are ascending. One that was
// removed and comes back begins anew.
func (x *watcher) sync(env node.Env, ids []string) {
	kept := make([]*target, 0, len(ids))
	for _, t := range x.targets {
		if _, ok := slices.BinarySearch(ids, t.id); ok {
			kept = append(kept, t)
		} else {
			x.settle(env, t)
		}
	}
	x.targets = kept
	for _, id := range ids {
		if i, ok := x.find(id); !ok {
			x.targets = slices.Insert(x.targets, i, x.target(env, id))
		}
	}
}

func (x *watcher) target(env node.Env, id string) *target {
	rng := env.Rand()
	det, err := detect.New(x.cfg, env.Now(), rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64())))
	assert(err == nil, "detector of a valid configuration: %v", err)
	t := &target{id: id, addr: node.Addr{Node: id, Actor: analyseActor}, det: det}
	x.wake.by(env, det.Next())
	return t
}

// state is the verdict on an analyser; Up for one that is not watched.
func (x *watcher) state(id string) detect.State {
	if i, ok := x.find(id); ok {
		return x.targets[i].det.State()
	}
	return detect.Up
}

// tick handles what is due.
func (x *watcher) tick(env node.Env) {
	now := env.Now()
	for _, t := range x.targets {
		if t.det.Next() <= now {
			x.apply(env, t, t.det.Tick(now))
		}
	}
	for _, t := range x.targets {
		x.wake.by(env, t.det.Next())
	}
}

// resumed tells every detector that the observer was paused until now.
func (x *watcher) resumed(env node.Env) {
	for _, t := range x.targets {
		x.apply(env, t, t.det.Resumed(env.Now()))
	}
}

// apply logs and does what a detector asks for.
func (x *watcher) apply(env node.Env, t *target, out detect.Output) {
	if out.Gap > 0 {
		x.paused(env, out.Gap)
	}
	if out.Counted != detect.ResultNone {
		ln := env.Log("probed").Str("an", t.id).Uint("pn", out.CountedNumber).Str("res", out.Counted.String())
		ln.Bool("dp", out.CountedData).End()
		x.results[out.Counted]++
		if t.asked == out.CountedNumber {
			x.settle(env, t)
		}
	}
	if out.Changed {
		c := &out.Change
		env.Log("health").Str("an", t.id).Str("to", c.To.String()).Str("why", c.Cause.String()).
			Int("f", int64(c.Failures)).Int("ok", int64(c.Successes)).Bool("dp", c.DataProbe).
			Uint("inc", uint64(c.Incarnation)).End()
		x.turns[c.To]++
		x.changed(env, t.id, c.To)
	}
	if out.Send != detect.SendNothing {
		x.send(env, t, out)
	}
	x.wake.by(env, t.det.Next())
}

// send sends a probe.
func (x *watcher) send(env node.Env, t *target, out detect.Output) {
	x.settle(env, t)
	t.asked, t.data = out.Number, out.Send == detect.SendDataProbe
	var m node.Message = &message.Probe{Number: out.Number}
	if t.data {
		x.probes++
		id := message.ID{Source: message.ProbeSource, Inc: env.Self().Inc, Seq: uint64(x.number)<<numberShift | x.probes}
		m = &message.Dispatch{Packet: message.NewPacket(id, nil), Attempt: 1}
	}
	tok, err := env.Request(t.addr, m)
	if err != nil {
		x.apply(env, t, t.det.ProbeFailed(env.Now(), out.Number, probeReason(err)))
		return
	}
	t.probe = tok
	x.waiting[tok] = t
}

// settle stops waiting for the target's probe, if it waits for one.
func (x *watcher) settle(env node.Env, t *target) {
	if t.probe != 0 {
		delete(x.waiting, t.probe)
		env.Forget(t.probe)
		t.probe = 0
	}
}

// answered handles the answer to a probe and reports whether it was one that is
// awaited.
func (x *watcher) answered(env node.Env, ev *node.Event) bool {
	t := x.waiting[ev.Token]
	if t == nil {
		return false
	}
	delete(x.waiting, ev.Token)
	t.probe = 0
	now, inc := env.Now(), ev.From.Inc
	switch m := ev.Msg.(type) {
	case *message.ProbeOK:
		x.apply(env, t, t.det.ProbeReply(now, t.asked, inc, m.Ready))
	case *message.Receipt:
		if t.data && (m.Status == message.StCommitted || m.Status == message.StDuplicate) {
			x.apply(env, t, t.det.DataProbeOK(now, t.asked, inc))
		} else {
			x.apply(env, t, t.det.ProbeFailed(now, t.asked, detect.NotReady))
		}
	default:
		x.apply(env, t, t.det.ProbeFailed(now, t.asked, detect.Reset))
	}
	return true
}

// failed handles the failure of a probe and reports whether it was one that is
// awaited.
func (x *watcher) failed(env node.Env, ev *node.Event) bool {
	t := x.waiting[ev.Token]
	if t == nil {
		return false
	}
	delete(x.waiting, ev.Token)
	t.probe = 0
	x.apply(env, t, t.det.ProbeFailed(env.Now(), t.asked, probeReason(ev.Err)))
	return true
}

// dataOK tells the detector that a packet was answered by that incarnation.
func (x *watcher) dataOK(env node.Env, id string, inc uint32) {
	if i, ok := x.find(id); ok {
		x.apply(env, x.targets[i], x.targets[i].det.DataOK(env.Now(), inc))
	}
}

// dataFailed tells the detector that a packet sent at that time failed.
func (x *watcher) dataFailed(env node.Env, id string, sent time.Duration, why detect.Reason) {
	if i, ok := x.find(id); ok {
		x.apply(env, x.targets[i], x.targets[i].det.DataFailed(env.Now(), sent, why))
	}
}

// probeReason says how a probe failed. A queue without room says nothing about
// the analyser.
func probeReason(err error) detect.Reason {
	switch whyOf(err) {
	case whyRefused:
		return detect.Refused
	case whyReset:
		return detect.Reset
	}
	return detect.Unsent
}
